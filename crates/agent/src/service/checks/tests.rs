//! Whole checks: views in, reports out, against real peers that behave and misbehave.

use super::*;
use crate::unit::Unit;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use topmast_model::application::{ApplicationKind, ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::service::ServiceState;
use topmast_model::status::ServiceStatus;

const LONG: Duration = Duration::from_mins(1);

struct Fixture {
    directory: tempfile::TempDir,
    loops: Loops,
    reports: mpsc::UnboundedReceiver<Report>,
    versions: mpsc::UnboundedReceiver<(String, String)>,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let board = Arc::new(Mutex::new(Board::open(directory.path().join("services.json"))));
        let (sender, reports) = mpsc::unbounded_channel();
        let report = move |reports: Vec<Report>| {
            for report in reports {
                // After the test has what it wanted, nobody listens.
                let _ = sender.send(report);
            }
        };
        let (told, versions) = mpsc::unbounded_channel();
        let version = move |application: &str, version: &str| {
            let _ = told.send((application.to_owned(), version.to_owned()));
        };
        let logs = directory.path().join("logs");
        let checks = Checks::new(board, report, version, || UnixMillis(1), logs);
        Self { directory, loops: Loops::new(Arc::new(checks)), reports, versions }
    }

    fn show(&mut self, tables: &str, status: ApplicationStatus) {
        let views = [view(tables, status)];
        self.loops.reconcile(&views);
    }

    /// Waits for the state of a service to be as wanted.
    async fn until(&mut self, service: &str, wanted: impl Fn(&ServiceState) -> bool) -> ServiceState {
        let wait = async {
            loop {
                match self.reports.recv().await.unwrap() {
                    Report::Service { name, state, .. } if name == service && wanted(&state) => return state,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(LONG, wait).await.expect("the service never became what it should")
    }
}

fn view(tables: &str, status: ApplicationStatus) -> ApplicationView {
    let text = format!("kind = \"process\"\ncommand = [\"/bin/true\"]\n{tables}");
    let unit: Unit = crate::unit::parse("switch.toml", &text).unwrap_or_else(|error| panic!("{error}"));
    let state = ApplicationState {
        declared: None,
        kind: ApplicationKind::Process,
        status,
        desired: Desired::Started,
        package: None,
        version: None,
        pid: None,
        http_port: None,
        restarts: 0,
        started_at: None,
        since: UnixMillis(0),
        cause: Cause::AgentStart,
    };
    ApplicationView { name: "switch".to_owned(), unit: Arc::new(unit), state, processes: None }
}

/// Answers every connection with the same bytes; counts them.
async fn serve(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let mut head = [0; 1024];
            let _ = tokio::io::AsyncReadExt::read(&mut socket, &mut head).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    (port, asked)
}

fn started(state: &ServiceState) -> bool {
    state.status == ServiceStatus::Started
}

fn unknown(state: &ServiceState) -> bool {
    state.status == ServiceStatus::Unknown
}

#[tokio::test]
async fn stopped_application_is_unknown_at_once_and_not_asked() {
    // S-2
    let (port, asked) = serve("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let table =
        format!("[[service]]\nsource = \"http\"\nname = \"web\"\nurl = \"http://127.0.0.1:{port}/\"\n");
    let mut fixture = Fixture::new();
    fixture.show(&table, ApplicationStatus::Stopped);
    let state = fixture.until("web", unknown).await;
    assert_eq!(state.message.as_deref(), Some("application STOPPED"));
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    fixture.show(&table, ApplicationStatus::Started);
    fixture.until("web", started).await;
    fixture.show(&table, ApplicationStatus::Failed);
    let state = fixture.until("web", unknown).await;
    assert_eq!(state.message.as_deref(), Some("application FAILED"));
    assert!(fixture.loops.running.is_empty());
}

#[tokio::test]
async fn misbehaving_endpoints_are_unknown_with_a_clear_text() {
    // S-1, S-3
    for (answer, expected) in [
        ("", "broke off"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "broke off"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{", "topmast answer: EOF"),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "answered status 404, expected 200"),
    ] {
        let (port, _) = serve(answer).await;
        let mut fixture = Fixture::new();
        fixture
            .show(&format!("[[service]]\nsource = \"topmast\"\nport = {port}\n"), ApplicationStatus::Started);
        let message = fixture.until("switch", unknown).await.message.unwrap();
        assert!(message.contains(expected), "{message:?} does not hold {expected:?}");
    }
}

#[tokio::test]
async fn topmast_endpoint_gives_services_their_end_and_a_version() {
    let body = r#"{"version":"2.4.1","services":[{"name":"MC_CREDIT","status":"STARTED"}]}"#;
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (port, _) = serve(answer.leak()).await;
    let table = format!("[[service]]\nsource = \"topmast\"\nport = {port}\n");
    let mut fixture = Fixture::new();
    fixture.show(&table, ApplicationStatus::Started);
    fixture.until("MC_CREDIT", started).await;
    let version = tokio::time::timeout(LONG, fixture.versions.recv()).await.unwrap().unwrap();
    assert_eq!(version, ("switch".to_owned(), "2.4.1".to_owned()));
    fixture.show("", ApplicationStatus::Started);
    let gone = tokio::time::timeout(LONG, fixture.reports.recv()).await.unwrap().unwrap();
    assert_eq!(gone, Report::ServiceGone { application: "switch".to_owned(), name: "MC_CREDIT".to_owned() });
}

#[tokio::test]
async fn commands_and_ports_are_checked() {
    let (port, _) = serve("").await;
    let mut fixture = Fixture::new();
    let tables = format!(
        r#"
[[service]]
source = "nagios"
name = "disk"
command = ["/bin/sh", "-c", "echo 'DISK CRITICAL - full | /=9B'; exit 2"]
[[service]]
source = "exec"
name = "ready"
command = ["/bin/true"]
[[service]]
source = "tcp"
name = "port"
tcp = {port}
"#
    );
    fixture.show(&tables, ApplicationStatus::Started);
    let disk = fixture.until("disk", |state| state.status == ServiceStatus::Malfunction).await;
    assert_eq!(
        (disk.codes, disk.message.as_deref()),
        (vec!["CRITICAL".to_owned()], Some("DISK CRITICAL - full"))
    );
    // All three run from the beginning, so the others may be reported before the disk: ask the board.
    let wait = async {
        loop {
            let board = fixture.loops.checks.board.lock().unwrap().save();
            board.unwrap();
            let kept = std::fs::read_to_string(fixture.directory.path().join("services.json")).unwrap();
            if kept.matches("STARTED").count() == 2 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("ready and port never started");
}

#[tokio::test]
async fn hanging_check_ends_at_its_time_out() {
    // S-1
    let mut fixture = Fixture::new();
    let table = "[[service]]\nsource = \"exec\"\nname = \"slow\"\ncommand = [\"/bin/sleep\", \"600\"]\ninterval = \"1s\"\ntimeout = \"50ms\"\n";
    fixture.show(table, ApplicationStatus::Started);
    let message = fixture.until("slow", unknown).await.message.unwrap();
    assert!(message.contains("within 50 ms"), "{message}");
}
