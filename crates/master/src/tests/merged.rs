//! Lists and overviews of several clusters, each a master of its own.

mod log;

use super::federation::{console_token, join};
use super::peer::application;
use super::query::{send_load, value};
use super::world::{World, path, refused, until, within};
use std::collections::BTreeMap;
use std::net::TcpListener;
use topmast_api::client::Client;
use topmast_api::event::EventQuery;
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::page::{ListQuery, Page};
use topmast_api::problem::ProblemCode;
use topmast_api::query::{QueryResult, RangeQuery};
use topmast_api::row::Row;
use topmast_api::server::ServerRow;
use topmast_api::time::Timestamp;
use topmast_api::token::TokenRequest;
use topmast_api::watch::{WatchMessage, WatchView};
use topmast_model::status::{ApplicationStatus, ServerStatus};
use topmast_model::time::UnixMillis;

/// Two clusters, and a console that has joined them by these names; another one that it has joined never answers.
struct Clusters {
    east: World,
    console: World,
    /// Takes connections and says nothing.
    mute: TcpListener,
}

impl Clusters {
    async fn start() -> Self {
        let east = World::start().await;
        let token = console_token(&east, "console", true).await;
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut slow = join("slow", &east, &token.secret);
        slow.urls = vec![format!("http://{}", mute.local_addr().unwrap())];
        let joins = vec![join("east", &east, &token.secret), slow];
        let console = World::start_with(|config| config.joins = joins).await;
        Self { east, console, mute }
    }
}

/// A token that speaks for no user.
fn program() -> TokenRequest {
    TokenRequest {
        name: "program".into(),
        owner: None,
        grants: super::world::grants_of(&["admin"]),
        expires_in_s: None,
        speaks_for_users: false,
    }
}

fn asked(filter: &str, sort: &str) -> ListQuery {
    ListQuery { filter: Some(filter.into()), sort: Some(sort.into()), ..ListQuery::default() }
}

async fn paths(client: &Client, query: &ListQuery) -> Vec<String> {
    let page: Page<ServerRow> = within(client.list(query)).await.unwrap();
    page.items.iter().map(|row| row.path.to_string()).collect()
}

/// The one that never answers is missing, and no other.
fn is_slow_alone(missing: &[String]) {
    let [slow] = missing else { panic!("{missing:?}") };
    assert!(slow.starts_with("slow: it is not heard from"), "{slow}");
}

/// Asks until so many servers are there: a cluster that is heard late comes late.
async fn servers(client: &Client, count: u64) -> Page<ServerRow> {
    until(async || {
        let page = client.list::<ServerRow>(&ListQuery::default()).await.unwrap();
        (page.total == count).then_some(page)
    })
    .await
}

#[tokio::test]
async fn lists_of_several_clusters_are_one_list() {
    let Clusters { east, console, mute: _mute } = Clusters::start().await;
    let mut agents = Vec::new();
    for (world, name) in [(&east, "db-1"), (&east, "web-2"), (&console, "web-1"), (&console, "app-1")] {
        agents.push(world.agent(name).await);
    }
    east.observe(&path("acme/main/web-2"), ServerStatus::Down).await;
    let ask = &console.admin;
    let all = servers(ask, 4).await;
    let in_order: Vec<&str> = all.items.iter().map(|row| row.path.as_str()).collect();
    let all_of_them = ["acme/main/app-1", "acme/main/web-1", "acme/main@east/db-1", "acme/main@east/web-2"];
    assert_eq!(in_order, all_of_them);
    assert_eq!(all.items[2].cluster, path("acme/main@east"));
    is_slow_alone(&all.missing);
    // One that is not meant is not missing.
    let here = ask.list::<ServerRow>(&asked("cluster=main", "")).await.unwrap();
    assert_eq!((here.total, here.missing), (2, Vec::new()));
    for (filter, sort, expected) in [
        ("", "-name", vec!["main@east/web-2", "main/web-1", "main@east/db-1", "main/app-1"]),
        ("", "-status,name", vec!["main@east/web-2", "main/app-1", "main@east/db-1", "main/web-1"]),
        ("cluster=main", "", vec!["main/app-1", "main/web-1"]),
        ("cluster=main@east", "", vec!["main@east/db-1", "main@east/web-2"]),
        ("east", "", vec!["main@east/db-1", "main@east/web-2"]),
        ("name=web-*", "", vec!["main/web-1", "main@east/web-2"]),
        ("status=DOWN", "", vec!["main@east/web-2"]),
        ("path=acme/main@east/db-1 or path=acme/main/db-1", "", vec!["main@east/db-1"]),
    ] {
        let expected: Vec<String> = expected.iter().map(|path| format!("acme/{path}")).collect();
        assert_eq!(paths(ask, &asked(filter, sort)).await, expected, "{filter:?} {sort:?}");
    }
    for offset in 0..5_u8 {
        let window = ListQuery { limit: Some(2), offset: Some(offset.into()), ..ListQuery::default() };
        let page: Page<ServerRow> = ask.list(&window).await.unwrap();
        let shown: Vec<&str> = page.items.iter().map(|row| row.path.as_str()).collect();
        let expected: Vec<&str> = all_of_them.into_iter().skip(offset.into()).take(2).collect();
        assert_eq!((shown, page.total), (expected, 4), "{offset}");
    }
    let counted = ListQuery { facets: Some("status,cluster".into()), ..ListQuery::default() };
    let facets = ask.list::<ServerRow>(&counted).await.unwrap().facets;
    let counts = |index: usize| -> BTreeMap<String, u64> {
        facets[index].values.iter().map(|value| (value.value.clone(), value.count)).collect()
    };
    let expected = |counts: &[(&str, u64)]| -> BTreeMap<String, u64> {
        counts.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect()
    };
    assert_eq!(counts(0), expected(&[("UP", 3), ("DOWN", 1)]));
    assert_eq!(counts(1), expected(&[("main", 2), ("main@east", 2)]));
    let deep = ListQuery { offset: Some(10_000), ..ListQuery::default() };
    assert_eq!(refused(ask.list::<ServerRow>(&deep).await), ProblemCode::Invalid);
    // No cluster but the own one knows a program.
    let program = console.bearer(&ask.token_create(&program()).await.unwrap().secret);
    assert_eq!(paths(&program, &ListQuery::default()).await, all_of_them[..2]);
    // An overview is a second old at most.
    let summed = until(async || {
        let summed = ask.overview_get().await.unwrap();
        ((summed.servers.total, summed.servers.failed) == (4, 1)).then_some(summed)
    })
    .await;
    let clusters: Vec<&str> = summed.clusters.iter().map(|cluster| cluster.path.as_str()).collect();
    assert_eq!(clusters, ["acme/main", "acme/main@east"]);
    assert_eq!(summed.unhealthy[0].path, path("acme/main@east/web-2"));
    is_slow_alone(&summed.missing);
}

#[tokio::test]
async fn person_watches_so_many_lists_and_no_more() {
    // FE-5
    let Clusters { east: _east, console, mute: _mute } = Clusters::start().await;
    let list =
        |number: usize| ListQuery { filter: Some(format!("name=web-{number}")), ..ListQuery::default() };
    let mut open = Vec::new();
    for number in 0..64 {
        let mut watch = console.admin.watch::<ServerRow>(list(number));
        within(watch.next()).await.unwrap();
        open.push(watch);
    }
    let another = console.admin.list::<ServerRow>(&list(64)).await.unwrap_err();
    let problem = another.problem().unwrap();
    assert_eq!((problem.code, problem.retry_after_s), (ProblemCode::TooManyRequests, Some(2)));
    assert!(problem.detail.contains("close tabs and programs that watch"), "{}", problem.detail);
    // What is watched already is shared, and the own cluster alone is not in question.
    console.admin.list::<ServerRow>(&list(0)).await.unwrap();
    console.admin.list::<ServerRow>(&asked("cluster=main", "")).await.unwrap();
    let (eve, _) = console.user("eve", &["viewer"]).await;
    eve.list::<ServerRow>(&list(64)).await.unwrap();
    open.clear();
    until(async || console.admin.list::<ServerRow>(&list(64)).await.ok()).await;
}

#[tokio::test]
async fn each_cluster_shows_a_person_what_they_may_see_there() {
    let Clusters { east, console, mute: _mute } = Clusters::start().await;
    let _agents = [east.agent("db-1").await, east.agent("db-2").await, console.agent("web-1").await];
    // Who may see everything here need not be known there, and the other way round.
    let (stranger, _) = console.user("stranger", &["admin"]).await;
    let (guest, _) = console.user("guest", &["viewer:acme/none"]).await;
    east.user("guest", &["viewer:acme/main/db-2"]).await;
    let shown = servers(&guest, 1).await;
    assert_eq!(shown.items[0].path, path("acme/main@east/db-2"));
    servers(&console.admin, 3).await;
    let shown: Page<ServerRow> = stranger.list(&ListQuery::default()).await.unwrap();
    assert_eq!((shown.items[0].path.as_str(), shown.total), ("acme/main/web-1", 1));
    let is_told = shown.missing.iter().any(|words| words.starts_with("east: ") && words.contains("stranger"));
    assert!(is_told, "{:?}", shown.missing);
}

#[tokio::test]
async fn changes_of_joined_clusters_come_as_deltas_until_they_may_not_be_seen() {
    let Clusters { east, console, mute: _mute } = Clusters::start().await;
    let mut agent = east.agent("db-1").await;
    let _own = console.agent("web-1").await;
    servers(&console.admin, 2).await;
    let mut stream = console.admin.watch::<ServerRow>(ListQuery::default());
    let mut view: Option<WatchView<ServerRow>> = None;
    let mut shows = async |wanted: &mut dyn FnMut(&WatchView<ServerRow>) -> bool| {
        within(async {
            while !view.as_ref().is_some_and(&mut *wanted) {
                match (stream.next().await.unwrap(), view.as_mut()) {
                    (WatchMessage::Snapshot(page), _) => view = Some(WatchView::new(page)),
                    (WatchMessage::Delta(delta), Some(view)) => view.apply(delta).unwrap(),
                    (WatchMessage::Delta(_), None) => panic!("a delta before the snapshot"),
                    (WatchMessage::Heartbeat, _) => {}
                }
            }
        })
        .await;
    };
    let db = path("acme/main@east/db-1");
    shows(&mut |view| view.total() == 2).await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    shows(&mut |view| view.row(&db).is_some_and(|row| row.applications_total == 1)).await;
    east.observe(&path("acme/main/db-1"), ServerStatus::Down).await;
    shows(&mut |view| view.row(&db).is_some_and(|row| row.status == ServerStatus::Down)).await;
    let problems: Page<ProblemRow> = until(async || {
        let page = console.admin.problem_list(&ListQuery::default()).await.unwrap();
        page.items.iter().any(|row| row.object == db).then_some(page)
    })
    .await;
    assert_eq!(problems.total, problems.items.len() as u64);
    for token in east.admin.token_list().await.unwrap().items {
        east.admin.token_revoke(token.id).await.unwrap();
    }
    shows(&mut |view| {
        let is_own_alone = view.total() == 1 && view.rows().all(|row| row.path().join_name().is_none());
        is_own_alone && view.missing().iter().any(|words| words.starts_with("east: "))
    })
    .await;
}

#[tokio::test]
async fn queries_go_over_all_clusters_and_name_those_that_do_not_answer() {
    let Clusters { east, console, mute: _mute } = Clusters::start().await;
    let (mut db, mut web) = (east.agent("db").await, console.agent("web").await);
    send_load(&east, &mut db, 1.5).await;
    send_load(&console, &mut web, 4.0).await;
    let ask = &console.admin;
    until(async || (value(ask, "sum(host_load_1)").await == Some(5.5)).then_some(())).await;
    for (text, expected) in [
        ("count(host_load_1)", Some(2.0)),
        (r#"host_load_1{cluster="main@east"}"#, Some(1.5)),
        (r#"host_load_1{cluster="main"}"#, Some(4.0)),
        (r#"host_load_1{cluster=~".*@east"}"#, Some(1.5)),
        (r#"host_load_1{cluster!="main"}"#, Some(1.5)),
        (r#"host_load_1{cluster!="main@east"}"#, Some(4.0)),
        (r#"host_load_1{cluster!~".*@.*"}"#, Some(4.0)),
        (r#"host_load_1{cluster="main@west"}"#, None),
        (r#"max_over_time(host_load_1{server="db"}[1h])"#, Some(1.5)),
    ] {
        assert_eq!(value(ask, text).await, expected, "{text}");
    }
    // What each cluster evaluates for itself is together what their samples mean.
    let program = console.bearer(&ask.token_create(&program()).await.unwrap().secret);
    let now = console.master.context.bus.clock().now().0 / 1_000;
    for text in [
        "host_load_1",
        r#"host_load_1{cluster=~"main.*"} * time()"#,
        "sum by (cluster) (host_load_1)",
        "max_over_time(host_load_1[1m]) / on (cluster) group_left () count by (cluster) (host_load_1)",
        "count_over_time((host_load_1 > 1)[1m:1s])",
    ] {
        let query = RangeQuery {
            query: text.into(),
            start: (now - 10).to_string(),
            end: (now + 10).to_string(),
            step: "1s".into(),
        };
        let of = async |client: &Client| match client.query_range(&query).await.unwrap().data {
            QueryResult::Matrix(series) => series,
            other => panic!("{text}: {other:?}"),
        };
        let mut expected = of(&program).await;
        let mut joined = of(&east.admin).await;
        assert!(!expected.is_empty() && !joined.is_empty(), "{text}");
        for series in &mut joined {
            series.metric.get_mut("cluster").unwrap().push_str("@east");
        }
        expected.extend(joined);
        assert_eq!(of(ask).await, expected, "{text}");
    }
    let clusters = ask.query_label_values("cluster").await.unwrap();
    assert_eq!(clusters.data, ["main", "main@east"]);
    let [warning] = &clusters.warnings[..] else { panic!("{:?}", clusters.warnings) };
    assert!(warning.starts_with("read the history: the cluster slow: it is not heard from"), "{warning}");
    assert!(warning.ends_with("; its series are left out"), "{warning}");
    let series = ask.query_series(&["host_load_1"]).await.unwrap().data;
    let of = |label: &str| series.iter().map(|labels| labels[label].clone()).collect::<Vec<_>>();
    assert_eq!(
        (of("cluster"), of("server")),
        (vec!["main".into(), "main@east".into()], vec!["web".into(), "db".into()])
    );
    let names = ask.query_labels().await.unwrap().data;
    assert_eq!(names, ["__name__", "application", "cluster", "server", "tenant"]);
}

#[tokio::test]
async fn past_has_what_all_clusters_had_and_says_which_is_missing() {
    let Clusters { east, console, mute: _mute } = Clusters::start().await;
    let (_web, _db) = (console.agent("web-1").await, east.agent("db-1").await);
    let ask = &console.admin;
    servers(ask, 2).await;
    let then = Timestamp(console.master.context.bus.clock().now());
    let at = Some(then);
    let _later = east.agent("db-2").await;
    servers(ask, 3).await;
    let of_then = |filter: &str| ListQuery { at, sort: Some("-name".into()), ..asked(filter, "") };
    let page: Page<ServerRow> = ask.list(&of_then("")).await.unwrap();
    let shown: Vec<&str> = page.items.iter().map(|row| row.path.as_str()).collect();
    assert_eq!((shown, page.total), (vec!["acme/main/web-1", "acme/main@east/db-1"], 2));
    is_slow_alone(&page.missing);
    // One that is not meant is not missing.
    let page: Page<ServerRow> = ask.list(&of_then("cluster=*@east")).await.unwrap();
    assert_eq!((page.total, page.missing), (1, Vec::new()));
    is_slow_alone(&ask.problem_list(&ListQuery { at, ..ListQuery::default() }).await.unwrap().missing);
    let summed = ask.overview_at(then).await.unwrap();
    let clusters: Vec<(&str, u64)> =
        summed.clusters.iter().map(|cluster| (cluster.path.as_str(), cluster.servers)).collect();
    assert_eq!(clusters, [("acme/main", 1), ("acme/main@east", 1)]);
    assert_eq!((summed.servers.total, summed.at), (2, at));
    is_slow_alone(&summed.missing);
    // Who comes from a console is told of the cluster that they ask alone.
    let of_east = ask.at_cluster("east").overview_at(then).await.unwrap();
    assert_eq!((of_east.servers.total, of_east.missing), (1, Vec::new()));
    // Of a time before all journals there is nothing to show, and of one before some of them those are named.
    let began = east.admin.event_list(&EventQuery::default()).await.unwrap().items.pop().unwrap().time;
    let before = ListQuery { at: Some(began), ..ListQuery::default() };
    let page: Page<ServerRow> = ask.list(&before).await.unwrap();
    assert!(page.missing[0].starts_with("main: the journal begins later"), "{:?}", page.missing);
    let summed = ask.overview_at(began).await.unwrap();
    assert!(summed.missing[0].starts_with("main: the journal begins later"), "{:?}", summed.missing);
    let epoch = Timestamp(UnixMillis(0));
    let of_epoch = ListQuery { at: Some(epoch), ..ListQuery::default() };
    assert_eq!(refused(ask.list::<ServerRow>(&of_epoch).await), ProblemCode::Invalid);
    assert_eq!(refused(ask.overview_at(epoch).await), ProblemCode::Invalid);
}
