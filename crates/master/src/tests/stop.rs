//! Stopping and starting again: quick, clean, and nothing is forgotten.

use super::peer::{Agent, application};
use super::world::{DEADLINE, World, client, config, path, within};
use crate::config::{MasterConfig, TlsMode};
use crate::{Master, StartError};
use std::time::Instant;
use topmast_api::action::ActionRequest;
use topmast_api::client::{ClientError, Credentials};
use topmast_api::event::EventQuery;
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_api::token::TokenRequest;
use topmast_api::watch::WatchMessage;
use topmast_model::application::Operation;
use topmast_model::id::Seq;
use topmast_model::status::ApplicationStatus;
use topmast_wire::MasterMessage;

fn restart_of(target: &str) -> ActionRequest {
    ActionRequest::new(Operation::Restart, vec![path(target)])
}

#[tokio::test]
async fn stop_ends_streams_and_agents_and_frees_port_and_journal() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let action = world.admin.action_create(&restart_of("acme/main/db/switch")).await.unwrap();
    let mut watch = world.admin.watch::<ServerRow>(ListQuery::default());
    assert!(matches!(within(watch.next()).await.unwrap(), WatchMessage::Snapshot(_)));
    let mut progress = world.admin.action_watch(action.id);
    within(progress.next()).await.unwrap().unwrap();
    let mut events = world.admin.event_stream(EventQuery { after: Some(Seq(1)), ..EventQuery::default() });
    within(events.next()).await.unwrap();
    // A watch that nobody reads any more must not keep the master either.
    let mut left = world.admin.watch::<ServerRow>(ListQuery { limit: Some(7), ..ListQuery::default() });
    within(left.next()).await.unwrap();
    drop(left);

    let address = world.master.address();
    let began = Instant::now();
    let World { master, directory, .. } = world;
    within(master.stop()).await;
    // Without one that holds out until it is cut off it takes milliseconds; the bound is the machine's.
    assert!(began.elapsed() < DEADLINE / 2, "{:?}", began.elapsed());
    let goodbye = loop {
        match agent.link.next().await {
            Some(MasterMessage::Goodbye { reason, fatal, .. }) => break (reason, fatal),
            Some(_) => {}
            None => panic!("no goodbye"),
        }
    };
    assert_eq!(goodbye, ("the master is stopping".into(), false));
    while let Ok(message) = within(watch.next()).await {
        assert!(!matches!(message, WatchMessage::Snapshot(_)));
    }
    std::net::TcpListener::bind(address).unwrap();
    Master::start(config(&directory)).await.unwrap().stop().await;
}

#[tokio::test]
async fn restart_keeps_state_sessions_tokens_actions_and_agents() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let request = TokenRequest {
        name: "script".into(),
        owner: None,
        grants: super::world::grants_of(&["viewer"]),
        expires_in_s: None,
        speaks_for_users: false,
    };
    let token = world.admin.token_create(&request).await.unwrap();
    let action = world.admin.action_create(&restart_of("acme/main/db/switch")).await.unwrap();
    let order = agent.order().await;
    let before = world.admin.list::<topmast_api::application::ApplicationRow>(&ListQuery::default()).await;
    let identity = agent.identity.clone();

    let world = world.restart().await;
    assert!(world.master.first_password().is_none());
    assert_eq!(world.admin.session_get().await.unwrap().name, "admin");
    let viewer = world.bearer(&token.secret);
    let after = viewer.list::<topmast_api::application::ApplicationRow>(&ListQuery::default()).await;
    let paths =
        |page: Result<topmast_api::page::Page<topmast_api::application::ApplicationRow>, ClientError>| {
            page.unwrap().items.into_iter().map(|row| (row.path, row.status)).collect::<Vec<_>>()
        };
    assert_eq!(paths(after), paths(before));
    assert_eq!(world.admin.action_get(action.id).await.unwrap(), action);
    let mut agent = Agent::connect(&world, identity).await;
    assert_eq!(agent.acknowledged, 1);
    let again = agent.order().await;
    assert_eq!((again.step, again.operation), (order.step, order.operation));
    assert!(again.epoch > order.epoch, "a restarted master has a new epoch");
    assert!(world.admin.audit_verify().await.unwrap().ok);
}

#[tokio::test]
async fn second_master_on_the_same_directory_is_refused() {
    let world = World::start().await;
    let error = Master::start(config(&world.directory)).await.err().unwrap();
    assert!(matches!(error, StartError::Journal(_)), "{error}");
}

#[tokio::test]
async fn data_directory_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::start().await;
    let mode = std::fs::metadata(world.directory.path().join("master")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn tls_is_served_with_the_clusters_ca_and_trusted_by_nobody_else() {
    let directory = tempfile::tempdir().unwrap();
    let settings = MasterConfig { tls: TlsMode::On, ..config(&directory) };
    let master = Master::start(settings).await.unwrap();
    assert!(master.url().starts_with("https://"));
    assert_eq!(client(&master, Credentials::None).liveness().await.unwrap().status, "ok");
    assert_eq!(client(&master, Credentials::None).ca_get().await.unwrap(), master.ca_pem());

    let other_directory = tempfile::tempdir().unwrap();
    let other = Master::start(config(&other_directory)).await.unwrap();
    let stranger = topmast_api::client::Client::new(topmast_api::client::Endpoint {
        url: master.url(),
        ca_pem: Some(other.ca_pem().to_owned()),
        credentials: Credentials::None,
        timeout: DEADLINE,
    });
    let refused = stranger.unwrap().liveness().await.unwrap_err();
    assert!(refused.to_string().contains("certificate"), "{refused}");
    within(master.stop()).await;
    within(other.stop()).await;
}
