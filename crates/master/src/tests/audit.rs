//! The audit: deeds with their results, a journal that was altered, and its stream to a syslog server.

use super::action::request;
use super::peer::{application, finished};
use super::world::{World, refused, until, within};
use crate::config::{AuditConfig, AuditSyslog};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use topmast_api::action::ActionRequest;
use topmast_api::audit::{AuditQuery, AuditResult, ExportFormat};
use topmast_api::problem::ProblemCode;
use topmast_journal::rusqlite::Connection;
use topmast_model::application::Operation;
use topmast_model::id::Seq;
use topmast_model::notification::channel::{Facility, SyslogTransport};
use topmast_model::principal::AuthMethod;
use topmast_model::status::ApplicationStatus;

fn restart(target: &str) -> ActionRequest {
    request(Operation::Restart, &[target])
}

#[tokio::test]
async fn who_restarted_the_switch_is_one_row_with_its_result() {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent.report(vec![application("switch", ApplicationStatus::Started)]).await;
    let (eve, _) = world.user("eve", &["operator"]).await;
    let action = eve.action_create(&restart("acme/main/db/switch")).await.unwrap();
    let query =
        AuditQuery { object: Some("switch".into()), kind: Some("restart".into()), ..AuditQuery::default() };
    let open = world.admin.audit_search(&query).await.unwrap().items.remove(0);
    assert_eq!((open.result, open.ended_at), (AuditResult::Pending, None));
    let order = agent.order().await;
    agent.report(vec![finished(order.step, false, "exit code 3")]).await;
    let done = until(async || {
        let found = world.admin.audit_search(&query).await.unwrap().items.remove(0);
        (found.result != AuditResult::Pending).then_some(found)
    })
    .await;
    assert_eq!((done.result, done.event.action), (AuditResult::Failed, Some(action.id)));
    assert_eq!(
        (done.operation.as_deref(), done.reason.as_deref()),
        (Some("restart"), Some("the test asks for it"))
    );
    assert_eq!(done.message.as_deref(), Some("acme/main/db/switch: exit code 3"));
    let actor = &done.event.actor;
    assert_eq!((actor.name.as_str(), actor.auth), ("eve", AuthMethod::Session));
    assert_eq!(actor.address.as_deref(), Some("127.0.0.1"));
    assert!(done.ended_at.is_some());
}

#[tokio::test]
async fn search_shows_each_reader_what_it_may_see_page_by_page() {
    let world = World::start().await;
    let mut agents = [world.agent("db").await, world.agent("web").await];
    for agent in &mut agents {
        let applications = ["switch", "batch"].map(|name| application(name, ApplicationStatus::Started));
        agent.report(applications.to_vec()).await;
    }
    let (vera, _) = world.user("vera", &["viewer:acme/main/db"]).await;
    for target in ["db/switch", "web/switch", "db/batch"] {
        let restart = restart(&format!("acme/main/{target}"));
        // None of another server stands by while the first restarts, which a guard sees.
        world.admin.action_create(&ActionRequest { override_guards: true, ..restart }).await.unwrap();
    }
    let every = AuditQuery { kind: Some("restart".into()), ..AuditQuery::default() };
    assert_eq!(world.admin.audit_search(&every).await.unwrap().items.len(), 3);
    assert_eq!(vera.audit_search(&every).await.unwrap().items.len(), 2, "not the one of web");
    let (mut query, mut seen) = (AuditQuery { limit: Some(1), ..every }, Vec::new());
    loop {
        let page = world.admin.audit_search(&query).await.unwrap();
        seen.extend(page.items.iter().map(|deed| deed.event.seq));
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert!(seen.len() == 3 && seen.is_sorted_by(|one, next| one > next), "{seen:?}");
    let wrong = AuditQuery { limit: Some(0), ..AuditQuery::default() };
    assert_eq!(refused(world.admin.audit_search(&wrong).await), ProblemCode::Invalid);
}

#[tokio::test]
async fn verify_names_the_first_record_that_was_altered() {
    let world = World::start().await;
    for name in ["ana", "eve", "vera"] {
        world.user(name, &["viewer"]).await;
    }
    assert!(world.admin.audit_verify().await.unwrap().ok);
    let file = world.directory.path().join("master/journal.db");
    let connection = Connection::open(file).unwrap();
    // Somebody who may write the file and knows SQLite: its guard against changes is no obstacle.
    let guards = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'";
    let guards: Vec<String> = connection
        .prepare(guards)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for guard in &guards {
        connection.execute_batch(guard).unwrap();
    }
    let flip = "UPDATE record SET payload = replace(payload, '\"name\"', '\"namf\"')
                WHERE seq >= 4 AND payload LIKE '%\"name\"%'";
    assert!(connection.execute(flip, []).unwrap() > 1);
    let first = "SELECT min(seq) FROM record WHERE payload LIKE '%\"namf\"%'";
    let first: i64 = connection.query_row(first, [], |row| row.get(0)).unwrap();
    let first = first.cast_unsigned();
    let told = within(world.admin.audit_verify()).await.unwrap();
    assert_eq!((told.ok, told.broken_seq), (false, Some(Seq(first))));
    assert_eq!((told.records, told.head_seq), (first - 1, Seq(first - 1)));
    assert!(told.problem.unwrap().contains(&format!("record {first}: ")));
}

/// A syslog server over TLS: RFC 5425 frames, as the receiver's file has them.
struct Receiver {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
    /// Connections are cut before anything of them is read while this is set.
    broken: Arc<AtomicBool>,
}

impl Receiver {
    async fn start(world: &World) -> Self {
        let context = &world.master.context;
        let (chain, key) =
            context.ca.sign_server(&["localhost".to_owned()], context.bus.clock().now()).unwrap();
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().unwrap();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let tls = rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (lines, broken) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (kept, is_broken) = (Arc::clone(&lines), Arc::clone(&broken));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if is_broken.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut framed = Vec::new();
                stream.read_to_end(&mut framed).await.unwrap();
                kept.lock().unwrap().extend(frames(&framed));
                stream.shutdown().await.unwrap();
            }
        });
        Self { port, lines, broken }
    }

    fn config(&self) -> AuditConfig {
        AuditConfig {
            syslog: Some(AuditSyslog {
                host: "localhost".into(),
                port: Some(self.port),
                transport: SyslogTransport::Tls,
                facility: Facility::Local0,
                format: ExportFormat::Jsonl,
            }),
        }
    }

    /// Its lines, once one of them holds a text.
    async fn holding(&self, text: &str) -> Vec<String> {
        until(async || {
            let lines = self.lines.lock().unwrap().clone();
            lines.iter().any(|line| line.contains(text)).then_some(lines)
        })
        .await
    }
}

/// Frames with their length before them, taken apart.
fn frames(mut bytes: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(space) = bytes.iter().position(|byte| *byte == b' ') {
        let length: usize = std::str::from_utf8(&bytes[..space]).unwrap().parse().unwrap();
        let line = &bytes[space + 1..space + 1 + length];
        lines.push(std::str::from_utf8(line).unwrap().to_owned());
        bytes = &bytes[space + 1 + length..];
    }
    lines
}

#[tokio::test]
async fn stream_to_syslog_over_tls_loses_nothing_over_a_restart_and_a_receiver_that_was_away() {
    // AU-1, AU-2
    let world = World::start().await;
    let receiver = Receiver::start(&world).await;
    world.user("before", &["viewer"]).await;
    let world = world.restart_with(|config| config.audit = receiver.config()).await;
    world.user("first", &["viewer"]).await;
    receiver.holding(r#""name":"first""#).await;
    receiver.broken.store(true, Ordering::SeqCst);
    world.user("away", &["viewer"]).await;
    let world = world.restart_with(|config| config.audit = receiver.config()).await;
    world.user("again", &["viewer"]).await;
    receiver.broken.store(false, Ordering::SeqCst);
    let lines = receiver.holding(r#""name":"again""#).await;
    for name in ["before", "first", "away", "again"] {
        assert!(lines.iter().any(|line| line.contains(&format!("\"name\":\"{name}\""))), "{name}");
    }
    let line = lines.iter().find(|line| line.contains(r#""name":"away""#)).unwrap();
    assert!(line.starts_with("<134>1 ") && line.contains(" topmast - UserCreated [topmast@"), "{line}");
    assert!(line.contains(" seq=\"") && line.contains(" hash=\"") && !line.contains("argon2"), "{line}");
    // What was under way when the master ended may come twice, with the number it had.
    let mut seen = BTreeSet::new();
    let seqs: Vec<u64> = lines.iter().map(|line| seq_of(line)).filter(|seq| seen.insert(*seq)).collect();
    assert!(seqs.is_sorted(), "in the order of the journal: {seqs:?}");
}

fn seq_of(line: &str) -> u64 {
    line.split(" seq=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}
