//! Logs of several clusters, read as one.

use super::Clusters;
use crate::tests::federation::{in_both, status};
use crate::tests::logs::{begin, end, line, server, tell};
use crate::tests::peer::Agent;
use crate::tests::world::{refused, within};
use topmast_api::audit::AuditQuery;
use topmast_api::client::{Client, ClientError, LogStream};
use topmast_api::cluster::ClusterStatus;
use topmast_api::event::EventQuery;
use topmast_api::log::{LogMessage, LogQuery, LogState};
use topmast_api::problem::ProblemCode;
use topmast_wire::PaneOutcome;

/// The clusters, with one server each, of which east is heard.
async fn clusters() -> (Clusters, Agent, Agent) {
    let clusters = Clusters::start().await;
    let (web, db) = (server(&clusters.console, "web").await, server(&clusters.east, "db").await);
    status(&clusters.console, "east", ClusterStatus::Up).await;
    (clusters, web, db)
}

fn matching(filter: &str) -> LogQuery {
    LogQuery { filter: Some(filter.into()), ..LogQuery::default() }
}

/// Says something as an agent that is asked once.
async fn say(agent: &mut Agent, text: &str) {
    let open = begin(agent).await;
    tell(agent, &open, &[line("shop", 1, text)]).await;
    end(agent, &open, PaneOutcome::Exited(0)).await;
}

/// Everything that is told until the end: lines, and what is missing.
async fn told(stream: &mut LogStream) -> (Vec<String>, Vec<String>, Vec<LogMessage>) {
    let (mut lines, mut missing, mut all) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(message) = within(stream.next()).await.unwrap() {
        match &message {
            LogMessage::Line(row) => lines.push(format!("{}: {}", row.application, row.text)),
            LogMessage::Cluster(cluster) if cluster.state == LogState::Failed => {
                missing.push(format!("{}: {}", cluster.name, cluster.detail.clone().unwrap_or_default()));
            }
            _ => {}
        }
        all.push(message);
    }
    lines.sort_unstable();
    (lines, missing, all)
}

/// The states of a cluster and of its servers, until it is in one.
async fn until_is(stream: &mut LogStream, wanted: LogState) -> Vec<(String, LogState)> {
    let mut states = Vec::new();
    loop {
        match within(stream.next()).await.unwrap().expect("the master ended it") {
            LogMessage::Cluster(cluster) if cluster.name == "east" => {
                states.push((cluster.name, cluster.state));
                if cluster.state == wanted {
                    return states;
                }
            }
            LogMessage::Server(server) => states.push((server.server.to_string(), server.state)),
            _ => {}
        }
    }
}

#[tokio::test]
async fn search_has_the_lines_of_all_and_says_which_cluster_is_missing() {
    let (Clusters { east, console, mute: _mute }, mut web, mut db) = clusters().await;
    let query = LogQuery { pattern: Some("o".into()), ..LogQuery::default() };
    let search = async {
        let mut stream = console.admin.log_search(&query).await.unwrap();
        told(&mut stream).await
    };
    let ((lines, missing, all), (), ()) = tokio::join!(search, say(&mut web, "one"), say(&mut db, "two"));
    assert_eq!(lines, ["acme/main/web/shop: one", "acme/main@east/db/shop: two"]);
    // The one that never answers is named, and held up nobody.
    let [slow] = &missing[..] else { panic!("{missing:?}") };
    assert!(slow.starts_with("slow: it is not heard from"), "{slow}");
    let begun: Vec<String> = all
        .iter()
        .filter_map(|message| if let LogMessage::Begun(begun) = message { Some(begun) } else { None })
        .map(|begun| begun.servers[0].to_string())
        .collect();
    assert_eq!(begun, ["acme/main/web", "acme/main@east/db"]);
    let Some(LogMessage::Ended(ended)) = all.last() else { panic!("not ended: {all:?}") };
    assert_eq!((ended.failed, ended.failed_clusters), (0, 1));

    // Each has in its own journal who read what there, and the console where it went.
    let read = EventQuery { kind: Some("LogsRead".into()), ..EventQuery::default() };
    for (world, object) in [(&console, "acme/main/web/shop"), (&east, "acme/main/db/shop")] {
        let events = world.admin.event_list(&read).await.unwrap().items;
        let [event] = &events[..] else { panic!("{events:?}") };
        assert_eq!(event.actor.name, "admin");
        assert_eq!(event.payload["reading"]["targets"], serde_json::json!([object]));
    }
    let passed = AuditQuery { kind: Some("RequestPassedOn".into()), ..AuditQuery::default() };
    let deeds = console.admin.audit_search(&passed).await.unwrap().items;
    let [deed] = &deeds[..] else { panic!("{deeds:?}") };
    let request = &deed.event.payload["request"];
    assert_eq!((request["join"].as_str(), request["path"].as_str()), (Some("east"), Some("logs/search")));
    assert_eq!(deed.result.as_str(), "SUCCEEDED");
}

#[tokio::test]
async fn each_cluster_decides_and_one_without_a_match_is_passed_over() {
    let (Clusters { east, console, mute: _mute }, _web, mut db) = clusters().await;
    let vera = in_both(&console, &east, "vera", "viewer", "logs:acme").await;
    let search = async |client: &Client, filter: &str| {
        let mut stream = client.log_search(&matching(filter)).await?;
        Ok::<_, ClientError>(told(&mut stream).await)
    };
    let (found, ()) = tokio::join!(search(&vera, "name=shop cluster!=*@slow"), say(&mut db, "two"));
    let (lines, missing, _) = found.unwrap();
    assert_eq!(lines, ["acme/main@east/db/shop: two"]);
    assert!(
        missing[0].starts_with("main: user vera may not read logs of any application that matches"),
        "{missing:?}"
    );
    // One that is not meant is not missing.
    let (found, ()) = tokio::join!(search(&vera, "cluster=*@east"), say(&mut db, "two"));
    assert_eq!(found.unwrap().1, Vec::<String>::new());
    let nothing = search(&console.admin, "name=none cluster!=*@slow").await;
    assert_eq!(refused(nothing), ProblemCode::NotFound);
    let (stranger, _) = console.user("stranger", &["viewer"]).await;
    let (_, missing, _) = search(&stranger, "cluster!=*@slow").await.unwrap();
    assert!(
        missing.iter().any(|words| words.contains("east: ") && words.contains("no user stranger")),
        "{missing:?}"
    );
}

#[tokio::test]
async fn tail_says_of_a_cluster_that_broke_off_and_of_its_servers() {
    let (Clusters { east, console, mute: _mute }, _web, mut db) = clusters().await;
    let query = matching("cluster=*@east");
    let (tail, open) = tokio::join!(console.admin.log_tail(&query), begin(&mut db));
    let mut tail = tail.unwrap();
    assert_eq!(until_is(&mut tail, LogState::Following).await.len(), 2);
    tell(&mut db, &open, &[line("shop", 1, "here")]).await;
    let token = east.admin.token_list().await.unwrap().items.remove(0);
    east.admin.token_revoke(token.id).await.unwrap();
    let states = until_is(&mut tail, LogState::Failed).await;
    // It broke off, was asked again, and refuses: none of its servers is left as if it were followed.
    let of_server = |state| states.contains(&("acme/main@east/db".to_owned(), state));
    assert!(of_server(LogState::Waiting), "{states:?}");
    assert!(states.contains(&("east".to_owned(), LogState::Waiting)), "{states:?}");
}

#[tokio::test]
async fn sources_and_downloads_are_of_all_clusters() {
    let (Clusters { east, console, mute: _mute }, mut web, mut db) = clusters().await;
    let text = async |client: &Client, filter: &str| {
        let mut stream = client.log_download(&matching(filter)).await.unwrap();
        let disposition = stream.disposition().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(piece) = within(stream.next()).await.unwrap() {
            bytes.extend(piece);
        }
        (disposition, String::from_utf8(bytes).unwrap())
    };
    // What one cluster alone has is its own answer, down to the name.
    let ((name, only), ()) = tokio::join!(text(&console.admin, "cluster=*@east"), say(&mut db, "two"));
    assert_eq!(
        (name.as_str(), only.as_str()),
        (r#"attachment; filename="db-shop.log""#, "==> acme/main/db/shop output <==\ntwo\n")
    );
    let ((_, all), (), ()) =
        tokio::join!(text(&console.admin, ""), say(&mut web, "one"), say(&mut db, "two"));
    let (known, slow) = all.split_once("==> the cluster slow: it is not heard from").unwrap();
    assert!(slow.ends_with(" <==\n"), "{all}");
    let of_east = "==> the cluster east <==\n==> acme/main/db/shop output <==\ntwo\n";
    assert_eq!(known, format!("==> acme/main/web/shop output <==\none\n{of_east}"));
    // Who may read there alone is told that this cluster is missing, as in a search.
    let vera = in_both(&console, &east, "vera", "viewer", "logs:acme").await;
    let ((_, half), ()) = tokio::join!(text(&vera, "name=shop cluster!=*@slow"), say(&mut db, "two"));
    let (own, rest) = half.split_at(half.find('\n').unwrap() + 1);
    assert!(
        own.starts_with("==> the cluster main: user vera may not read logs of any application"),
        "{half}"
    );
    assert_eq!(rest, of_east);

    let answer = async |agent: &mut Agent| {
        let open = begin(agent).await;
        end(agent, &open, PaneOutcome::Exited(0)).await;
    };
    let everything = LogQuery::default();
    let (sources, (), ()) =
        tokio::join!(console.admin.log_sources(&everything), answer(&mut web), answer(&mut db));
    let clusters = sources.unwrap().clusters;
    assert_eq!(clusters.iter().map(|cluster| cluster.name.as_str()).collect::<Vec<_>>(), ["slow"]);
}
