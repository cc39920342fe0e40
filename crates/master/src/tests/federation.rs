//! A console and the clusters that are joined to it, each a master of its own.

use super::world::{World, grants_of, until, within};
use crate::access::secret_source::SecretSource;
use crate::config::JoinConfig;
use topmast_api::cluster::{ClusterRow, ClusterStatus};
use topmast_api::token::{TokenCreated, TokenRequest};

/// A token of a cluster for a console.
pub(super) async fn console_token(cluster: &World, name: &str, speaks_for_users: bool) -> TokenCreated {
    let request = TokenRequest {
        name: name.into(),
        owner: None,
        grants: grants_of(&["admin"]),
        expires_in_s: None,
        speaks_for_users,
    };
    cluster.admin.token_create(&request).await.unwrap()
}

/// How a console joins a cluster with the token in a file of the cluster's directory.
pub(super) fn join(name: &str, cluster: &World, secret: &str) -> JoinConfig {
    let file = cluster.directory.path().join(format!("{name}.token"));
    std::fs::write(&file, secret).unwrap();
    let urls = vec![cluster.master.url()];
    JoinConfig { name: name.into(), urls, token: SecretSource::File(file), ca: None }
}

async fn status(console: &World, name: &str, status: ClusterStatus) -> ClusterRow {
    until(async || {
        let rows = console.admin.cluster_list().await.unwrap().items;
        rows.into_iter().find(|row| row.name == name && row.status == status)
    })
    .await
}

#[tokio::test]
async fn clusters_are_listed_with_what_each_says_and_why_one_does_not() {
    let east = World::start().await;
    let _agent = east.agent("web-1").await;
    let good = console_token(&east, "good", true).await;
    let plain = console_token(&east, "plain", false).await;
    let joins = vec![
        join("east", &east, &good.secret),
        join("plain", &east, &plain.secret),
        join("wrong", &east, "tmt_wrong"),
        JoinConfig { urls: vec!["http://127.0.0.1:9".into()], ..join("gone", &east, &good.secret) },
    ];
    let console = World::start_with(|config| config.joins = joins).await;
    let row = status(&console, "east", ClusterStatus::Up).await;
    assert_eq!(row.clusters, ["acme/main".parse().unwrap()]);
    assert_eq!(row.counts.unwrap().servers.total, 1);
    assert!(row.version.is_some() && row.age_ms.is_some() && !row.is_own);
    let refused = status(&console, "plain", ClusterStatus::Refused).await;
    assert!(refused.reason.unwrap().contains("--console"));
    let refused = status(&console, "wrong", ClusterStatus::Refused).await;
    assert!(refused.reason.unwrap().contains("wrong, revoked or over"));
    let rows = console.admin.cluster_list().await.unwrap().items;
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["main", "east", "gone", "plain", "wrong"], "the own one first");
    assert!(rows[0].is_own && rows[0].status == ClusterStatus::Up);
    assert!(rows[2].status == ClusterStatus::Connecting && rows[2].counts.is_none());
    // Who may not read everything is not told how much there is.
    let (acme, _) = console.user("eve", &["viewer:acme"]).await;
    let rows = acme.cluster_list().await.unwrap().items;
    assert!(rows[1].counts.is_none() && rows[0].counts.is_some());
    // A console is told of the own cluster only: joins of joins are not followed.
    let outer = console_token(&console, "outer", true).await;
    let outer = console.bearer(&outer.secret);
    assert_eq!(outer.cluster_list().await.unwrap().items.len(), 1);
    let eve = outer.speaking_for("eve", None).unwrap();
    assert_eq!(eve.cluster_list().await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn watch_tells_that_a_token_was_revoked_and_that_a_new_one_counts() {
    let east = World::start().await;
    let old = console_token(&east, "old", true).await;
    let joins = vec![join("east", &east, &old.secret)];
    let console = World::start_with(|config| config.joins = joins).await;
    let mut watch = console.admin.cluster_watch();
    let mut told = async |status: ClusterStatus| {
        within(async {
            loop {
                let page = watch.next().await.unwrap();
                if page.is_some_and(|page| page.items[1].status == status) {
                    break;
                }
            }
        })
        .await;
    };
    told(ClusterStatus::Up).await;
    east.admin.token_revoke(old.row.id).await.unwrap();
    told(ClusterStatus::Refused).await;
    let new = console_token(&east, "new", true).await;
    join("east", &east, &new.secret);
    told(ClusterStatus::Up).await;
}
