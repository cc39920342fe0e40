//! Agents: how they join, prove themselves, are cut off, and what they may send.

use super::peer::{Agent, Identity, Link, application, service, signing_request};
use super::world::{World, path, refused, until, within};
use rcgen::KeyPair;
use rustls_pki_types::pem::PemObject as _;
use std::sync::Arc;
use tokio_tungstenite::tungstenite::Message;
use topmast_api::agent::EnrolRequest;
use topmast_api::join_token::JoinTokenRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_model::command::Command;
use topmast_model::report::{NumberedReport, Report};
use topmast_model::sample::Series;
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, FrameEncoder, Hello, MasterMessage};
use uuid::Uuid;

#[tokio::test]
async fn join_token_names_the_ca_and_admits_as_often_as_it_says() {
    let world = World::start().await;
    let request = JoinTokenRequest { uses: Some(2), ..JoinTokenRequest::default() };
    let made = world.admin.join_token_create(&request).await.unwrap();
    let (_, fingerprint) = made.secret.split_once('.').unwrap();
    let ca = rustls_pki_types::CertificateDer::from_pem_slice(world.master.ca_pem().as_bytes()).unwrap();
    assert_eq!(fingerprint, crate::access::secret::fingerprint(&ca));
    let anybody = world.anybody();
    for name in ["one", "two"] {
        Identity::enrol(&anybody, &made.secret, name).await.unwrap();
    }
    let third = Identity::enrol(&anybody, &made.secret, "three").await.map(drop);
    assert_eq!(refused(third), ProblemCode::Unauthenticated);
    let tokens = world.admin.join_token_list().await.unwrap().items;
    assert_eq!((tokens[0].uses, tokens[0].uses_left), (2, 0));
}

#[tokio::test]
async fn enrolment_refuses_bad_names_bad_requests_and_names_in_use() {
    let world = World::start().await;
    let token = world.master.join_token(9, super::world::DEADLINE).await.unwrap();
    let anybody = world.anybody();
    for name in ["", "a/b", "with space", &"x".repeat(300)] {
        let refusal = Identity::enrol(&anybody, &token, name).await.map(drop);
        assert_eq!(refused(refusal), ProblemCode::Invalid, "{name:?}");
    }
    let request = |csr_pem: String| EnrolRequest { join_token: token.clone(), server: "db".into(), csr_pem };
    let rsa_like = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    for csr_pem in [String::new(), "x".repeat(20_000), signing_request(&rsa_like)] {
        assert_eq!(refused(anybody.agent_enrol(&request(csr_pem)).await), ProblemCode::Invalid);
    }
    Identity::enrol(&anybody, &token, "db").await.unwrap();
    let taken = Identity::enrol(&anybody, &token, "db").await.map(drop);
    assert_eq!(refused(taken), ProblemCode::Conflict);
}

#[tokio::test]
async fn wrong_join_tokens_slow_their_own_address_down() {
    let world = World::start().await;
    let token = world.master.join_token(1, super::world::DEADLINE).await.unwrap();
    let anybody = world.anybody();
    for _ in 0..5 {
        let wrong = Identity::enrol(&anybody, "tmj_wrong.0", "db").await.map(drop);
        assert_eq!(refused(wrong), ProblemCode::Unauthenticated);
    }
    let error = Identity::enrol(&anybody, &token, "db").await.err().unwrap();
    let problem = error.problem().unwrap();
    assert_eq!((problem.code, problem.retry_after_s), (ProblemCode::TooManyRequests, Some(1)));
}

#[tokio::test]
async fn failed_logins_elsewhere_do_not_stop_enrolment() {
    let world = World::start().await;
    let elsewhere = Some("198.51.100.9".parse().unwrap());
    for name in ["", "(join token)", "admin"] {
        for _ in 0..20 {
            world.master.context.throttle.failed(name, elsewhere, std::time::Instant::now());
        }
    }
    world.enrol("db").await;
}

/// A hello that should not pass, made of two servers' identities and a challenge.
type Forge = fn(&Identity, &Identity, [u8; 32], &str) -> Hello;

#[tokio::test]
async fn proof_must_fit_nonce_master_key_and_server() {
    let world = World::start().await;
    let (db, web) = (world.enrol("db").await, world.enrol("web").await);
    let forgeries: [(&str, Forge, &str); 5] = [
        ("another nonce", |db, _, _, master| db.hello(&[7; 32], master), "signature"),
        ("another master's challenge", |db, _, nonce, _| db.hello(&nonce, "other"), "signature"),
        (
            "another key",
            |db, web, nonce, master| {
                Identity { key: Arc::clone(&web.key), ..db.clone() }.hello(&nonce, master)
            },
            "signature",
        ),
        (
            "another server's name",
            |db, web, nonce, master| {
                Identity { server: web.server.clone(), ..db.clone() }.hello(&nonce, master)
            },
            "not valid for acme/main/web",
        ),
        (
            "a certificate made by oneself",
            |db, _, nonce, master| {
                let key = KeyPair::generate().unwrap();
                let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
                let identity =
                    Identity { certificate_pem: certificate.pem(), key: Arc::new(key), ..db.clone() };
                identity.hello(&nonce, master)
            },
            "not valid for acme/main/db",
        ),
    ];
    for (what, forge, text) in forgeries {
        let (mut link, nonce, master) = Link::challenged(&world).await;
        let hello = forge(&db, &web, nonce, &master);
        link.send(&AgentMessage::Hello(Box::new(hello))).await;
        let (reason, fatal) = link.goodbye().await;
        assert!(reason.contains(text) && fatal, "{what}: {reason}");
    }
    assert!(world.master.context.bus.state().servers().is_empty());
    Agent::connect(&world, db).await;
}

#[tokio::test]
async fn what_is_no_hello_ends_the_connection_with_a_word() {
    let world = World::start().await;
    let cases = [
        (Message::Text("hello".into()), "text"),
        (Message::Binary(vec![0xff; 100].into()), "message"),
        (Message::Binary(AgentMessage::Frame(vec![1, 2, 3]).encode().into()), "not a hello"),
        (Message::Binary(AgentMessage::Pong { nonce: 1 }.encode().into()), "not a hello"),
    ];
    for (message, text) in cases {
        let (mut link, ..) = Link::challenged(&world).await;
        link.send_raw(message).await;
        let (reason, _) = link.goodbye().await;
        assert!(reason.contains(text), "{reason}");
    }
    // Too much is cut off without a word: nobody reads on.
    let (mut link, ..) = Link::challenged(&world).await;
    link.send_raw(Message::Binary(vec![0; 5 << 20].into())).await;
    while link.next().await.is_some() {}
    world.agent("db").await;
}

#[tokio::test]
async fn second_agent_with_one_identity_is_refused_and_the_same_one_takes_over() {
    let world = World::start().await;
    let identity = world.enrol("db").await;
    let mut first = Agent::connect(&world, identity.clone()).await;
    let copy = Identity { instance: Uuid::new_v4(), ..identity.clone() };
    let (reason, fatal) = Agent::try_connect(&world, copy).await.err().unwrap();
    assert!(reason.contains("another agent with the identity of acme/main/db") && fatal, "{reason}");
    first.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let mut again = Agent::connect(&world, identity).await;
    assert!(first.link.goodbye().await.0.contains("connected again"));
    again.report(vec![application("shop", ApplicationStatus::Started)]).await;
}

#[tokio::test]
async fn revoked_agent_is_cut_at_once_and_stays_out_until_it_enrols_anew() {
    let world = World::start().await;
    let identity = world.enrol("db").await;
    let mut agent = Agent::connect(&world, identity.clone()).await;
    world.admin.agent_revoke(&identity.server).await.unwrap();
    assert!(agent.link.goodbye().await.0.contains("revoked"));
    let (reason, fatal) = Agent::try_connect(&world, identity.clone()).await.err().unwrap();
    assert!(reason.contains("enrol the server again") && fatal, "{reason}");
    let row = &world.admin.agent_list().await.unwrap().items[0];
    assert!(row.revoked_at.is_some() && !row.connected);
    let anew = world.enrol("db").await;
    let mut agent = Agent::connect(&world, anew).await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    assert!(Agent::try_connect(&world, identity).await.is_err(), "the old certificate stays refused");
    world.admin.server_remove(agent.server()).await.unwrap();
    agent.link.goodbye().await;
    assert_eq!(world.admin.list::<ServerRow>(&ListQuery::default()).await.unwrap().total, 0);
}

#[tokio::test]
async fn certificate_is_renewed_over_the_connection_and_both_are_good() {
    let world = World::start().await;
    let old = world.enrol("db").await;
    let mut agent = Agent::connect(&world, old.clone()).await;
    let key = KeyPair::generate().unwrap();
    // What cannot be signed is no reason to end the connection.
    agent.link.send(&AgentMessage::RenewRequest { csr_pem: "nonsense".into() }).await;
    agent.link.send(&AgentMessage::RenewRequest { csr_pem: signing_request(&key) }).await;
    let certificate_pem = loop {
        match agent.link.next().await.unwrap() {
            MasterMessage::Certificate { pem, ca_pem } => {
                assert_eq!(ca_pem, world.master.ca_pem());
                break pem;
            }
            MasterMessage::Goodbye { reason, .. } => panic!("{reason}"),
            _ => {}
        }
    };
    drop(agent);
    Agent::connect(&world, Identity { certificate_pem, key: Arc::new(key), ..old.clone() }).await;
    Agent::connect(&world, old).await;
}

/// Frames of one service's transactions.
struct Frames {
    encoder: FrameEncoder,
    series: u32,
    time: i64,
}

impl Frames {
    fn new() -> Self {
        let mut encoder = FrameEncoder::new();
        let labels = [("application", "switch"), ("service", "AcqDB")];
        let series = encoder.define(&Series::new("service_transactions_total", labels)).unwrap();
        Self { encoder, series, time: 1_795_000_000_000 }
    }

    fn next(&mut self, value: f64) -> Vec<u8> {
        self.time += 1_000;
        self.encoder.tick(UnixMillis(self.time), &[(self.series, value)]).unwrap();
        self.encoder.take().unwrap()
    }
}

async fn transactions(world: &World) -> Option<u64> {
    let rows = world.admin.list::<ServiceRow>(&ListQuery::default()).await.unwrap();
    rows.items[0].transactions_total
}

/// Makes a bad frame of the one that is due.
type Damage = fn(&mut Frames, Vec<u8>) -> Vec<u8>;

#[tokio::test]
async fn damaged_replayed_or_missing_frames_end_the_connection_and_damage_nothing() {
    let world = World::start().await;
    let identity = world.enrol("db").await;
    let damages: [(&str, Damage, &str); 4] = [
        (
            "a bit",
            |_, mut frame| {
                frame[5] ^= 4;
                frame
            },
            "checksum",
        ),
        ("cut short", |_, frame| frame[..frame.len() / 2].to_vec(), "refused"),
        ("replayed", |_, frame| frame, "replayed"),
        (
            "one is missing",
            |frames, _| {
                frames.next(5.0);
                frames.next(6.0)
            },
            "missing",
        ),
    ];
    for (what, damage, text) in damages {
        let mut agent = Agent::connect(&world, identity.clone()).await;
        if agent.acknowledged == 0 {
            let service = service("switch", "AcqDB", ServiceStatus::Started, &[]);
            agent.report(vec![application("switch", ApplicationStatus::Started), service]).await;
        }
        let mut frames = Frames::new();
        let good = frames.next(41.0);
        agent.link.send(&AgentMessage::Frame(good.clone())).await;
        let next = if what == "replayed" { good } else { frames.next(42.0) };
        let bad = damage(&mut frames, next);
        agent.link.send(&AgentMessage::Frame(bad)).await;
        let (reason, fatal) = agent.link.goodbye().await;
        assert!(reason.contains(text) && !fatal, "{what}: {reason}");
        assert_eq!(transactions(&world).await, Some(41), "{what}");
    }
}

#[tokio::test]
async fn credit_comes_back_for_frames_and_numbers_are_shown() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    let service = service("switch", "AcqDB", ServiceStatus::Started, &[]);
    agent.report(vec![application("switch", ApplicationStatus::Started), service]).await;
    let mut frames = Frames::new();
    for count in 0..16 {
        agent.link.send(&AgentMessage::Frame(frames.next(f64::from(count) * 200.0))).await;
    }
    loop {
        match agent.link.next().await.unwrap() {
            MasterMessage::Credit { frames } => break assert_eq!(frames, 16),
            MasterMessage::Goodbye { reason, .. } => panic!("{reason}"),
            _ => {}
        }
    }
    let rows = world.admin.list::<ServiceRow>(&ListQuery::default()).await.unwrap();
    assert_eq!((rows.items[0].tps, rows.items[0].transactions_total), (Some(200.0), Some(3_000)));
    let details = world.admin.service_get(&path("acme/main/db/switch/AcqDB")).await.unwrap();
    assert_eq!(details.samples.len(), 1);
}

#[tokio::test]
async fn reports_count_once_however_often_they_come() {
    let world = World::start().await;
    let identity = world.enrol("db").await;
    let mut agent = Agent::connect(&world, identity.clone()).await;
    let reports = vec![
        application("switch", ApplicationStatus::Started),
        service("switch", "AcqDB", ServiceStatus::Started, &[]),
        service("switch", "AcqDB", ServiceStatus::Malfunction, &["DISCONN01"]),
    ];
    agent.report(reports.clone()).await;
    let head = world.master.context.bus.state().last_seq();
    let numbered = |reports: &[Report]| {
        let numbers = reports.iter().cloned().zip(1..);
        numbers.map(|(report, number)| NumberedReport { number, report }).collect::<Vec<_>>()
    };
    agent.link.send(&AgentMessage::Reports(numbered(&reports))).await;
    loop {
        if let MasterMessage::ReportsAcknowledged { up_to } = agent.link.next().await.unwrap() {
            break assert_eq!(up_to, 3);
        }
    }
    assert_eq!(world.master.context.bus.state().last_seq(), head);
    // One that is missing before them is an error of the agent, and changes nothing.
    let ahead = NumberedReport { number: 9, report: application("shop", ApplicationStatus::Started) };
    agent.link.send(&AgentMessage::Reports(vec![ahead])).await;
    assert!(agent.link.goodbye().await.0.contains("send again from 4"));
    let agent = Agent::connect(&world, identity).await;
    assert_eq!(agent.acknowledged, 3);
}

#[tokio::test]
async fn addresses_and_facts_of_a_server_are_shown() {
    let world = World::start().await;
    let agent = world.agent("db").await;
    let row = until(async || {
        let page = world.admin.list::<ServerRow>(&ListQuery::default()).await.unwrap();
        page.items.into_iter().find(|row| row.connected)
    })
    .await;
    assert_eq!((row.address.as_str(), row.status), ("192.0.2.7", ServerStatus::Up));
    drop(agent);
    until(async || (!world.admin.agent_list().await.unwrap().items[0].connected).then_some(())).await;
}

#[tokio::test]
async fn agent_that_is_gone_is_removed_with_what_it_said() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let server = agent.server().clone();
    within(world.submit(Command::RemoveServer { server: server.clone() })).await;
    agent.send_reports(vec![application("shop", ApplicationStatus::Started)]).await;
    let (reason, _) = agent.link.goodbye().await;
    assert!(reason.contains("not enrolled"), "{reason}");
    assert!(world.master.context.bus.state().applications().is_empty());
}
