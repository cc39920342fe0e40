//! What the board reports, keeps and shows for observations that are new, late, foreign or missing.

use super::*;
use topmast_model::catalogue::Metric;

const NOW: UnixMillis = UnixMillis(1_000);
const LATER: UnixMillis = UnixMillis(2_000);

fn source(name: &str) -> SourceKey {
    SourceKey(name.to_owned())
}

fn running() -> Board {
    let mut board = Board::default();
    board.started("switch");
    board
}

fn observation(services: &[(&str, ServiceStatus)]) -> Observation {
    let services = services.iter().map(|(name, status)| {
        let mut service = ServiceObservation::new(*name, *status);
        service.figures.transactions_total = Some(5.0);
        service
    });
    Observation { services: services.collect(), ..Observation::default() }
}

/// What a board reports, as `NAME STATUS`, `NAME gone`.
fn see(board: &mut Board, key: &str, result: Result<Observation, &str>, now: UnixMillis) -> Vec<String> {
    let took = Duration::from_millis(3);
    let reports = board.observe("switch", &source(key), "switch", result.map_err(str::to_owned), took, now);
    told(&reports)
}

fn told(reports: &[Report]) -> Vec<String> {
    let text = |report: &Report| match report {
        Report::Service { name, state, .. } => {
            let message = state.message.as_deref().map(|message| format!(" ({message})"));
            format!("{name} {}{}", state.status, message.unwrap_or_default())
        }
        Report::ServiceGone { name, .. } => format!("{name} gone"),
        Report::Task { name, state, .. } => format!("task {name} {}", state.status),
        Report::TaskGone { name, .. } => format!("task {name} gone"),
        other => panic!("not a service report: {other:?}"),
    };
    reports.iter().map(text).collect()
}

#[derive(Default)]
struct Sink(Vec<String>);

impl SampleSink for Sink {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        self.0.push(format!("{} {} {value}", metric.name, labels.join(",")));
    }
}

fn transactions(board: &Board) -> Vec<String> {
    let mut sink = Sink::default();
    board.sample(&mut sink);
    sink.0.retain(|line| line.starts_with("service_transactions_total"));
    sink.0
}

#[test]
fn only_changes_are_reported() {
    // S-4
    let mut board = running();
    let up = observation(&[("A", ServiceStatus::Started), ("B", ServiceStatus::Started)]);
    assert_eq!(see(&mut board, "s", Ok(up.clone()), NOW), ["A STARTED", "B STARTED"]);
    assert!(see(&mut board, "s", Ok(up), LATER).is_empty());
    let down = observation(&[("A", ServiceStatus::Malfunction)]);
    assert_eq!(see(&mut board, "s", Ok(down.clone()), LATER), ["A MALFUNCTION", "B gone"]);
    let mut coded = down;
    coded.services[0].codes.push("DISCONN01".to_owned());
    assert_eq!(see(&mut board, "s", Ok(coded), LATER), ["A MALFUNCTION"]);
}

#[test]
fn failed_check_makes_its_services_unknown_and_ends_their_series() {
    // B-3
    let mut board = running();
    see(&mut board, "s", Ok(observation(&[("A", ServiceStatus::Started)])), NOW);
    see(&mut board, "other", Ok(observation(&[("B", ServiceStatus::Started)])), NOW);
    assert_eq!(transactions(&board).len(), 2);
    assert_eq!(see(&mut board, "s", Err("hangs"), LATER), ["A UNKNOWN (hangs)"]);
    assert!(see(&mut board, "s", Err("hangs still"), LATER).is_empty());
    assert_eq!(transactions(&board), ["service_transactions_total switch,B 5"]);
}

#[test]
fn source_that_never_answered_is_shown_by_its_own_name() {
    let mut board = running();
    assert_eq!(see(&mut board, "s", Err("refused"), NOW), ["switch UNKNOWN (refused)"]);
    let up = observation(&[("A", ServiceStatus::Started)]);
    assert_eq!(see(&mut board, "s", Ok(up), LATER), ["A STARTED", "switch gone"]);
}

#[test]
fn stopped_application_takes_its_services_down_whatever_a_late_check_says() {
    // S-2, B-2
    let mut board = running();
    let up = observation(&[("A", ServiceStatus::Started)]);
    see(&mut board, "s", Ok(up.clone()), NOW);
    let named = [(source("nagios"), "disk".to_owned())];
    let reports = board.stopped("switch", ApplicationStatus::Stopped, &named, LATER);
    assert_eq!(told(&reports), ["disk UNKNOWN (application STOPPED)", "A UNKNOWN (application STOPPED)"]);
    assert!(see(&mut board, "s", Ok(up), LATER).is_empty());
    assert!(transactions(&board).is_empty());
    assert!(board.stopped("switch", ApplicationStatus::Stopped, &named, LATER).is_empty());
}

#[test]
fn second_source_cannot_overwrite_a_service() {
    // B-1
    let mut board = running();
    see(&mut board, "s", Ok(observation(&[("A", ServiceStatus::Started)])), NOW);
    assert!(see(&mut board, "t", Ok(observation(&[("A", ServiceStatus::Stopped)])), NOW).is_empty());
}

#[test]
fn removed_source_takes_its_services_with_it() {
    let mut board = running();
    see(&mut board, "s", Ok(observation(&[("A", ServiceStatus::Started)])), NOW);
    assert_eq!(told(&board.keep_sources("switch", &[source("t")])), ["A gone"]);
}

#[test]
fn reopened_board_reports_nothing_that_has_not_changed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("services.json");
    let up = observation(&[("A", ServiceStatus::Started)]);
    let mut board = Board::open(file.clone());
    board.started("switch");
    assert_eq!(see(&mut board, "s", Ok(up.clone()), NOW).len(), 1);
    board.save().unwrap();
    let mut board = Board::open(file);
    assert!(see(&mut board, "s", Ok(up.clone()), LATER).is_empty(), "not yet known to run");
    board.started("switch");
    assert!(see(&mut board, "s", Ok(up), LATER).is_empty());
    assert_eq!(transactions(&board).len(), 1);
}

#[test]
fn task_keeps_its_since_while_its_times_move() {
    let mut board = running();
    let task = |finished| Observation {
        tasks: vec![TaskObservation {
            name: "end-of-day".to_owned(),
            status: TaskStatus::Ok,
            schedule: None,
            last_started: None,
            last_finished: Some(UnixMillis(finished)),
            next_due: None,
            message: None,
            progress: None,
        }],
        ..Observation::default()
    };
    see(&mut board, "s", Ok(task(1)), NOW);
    see(&mut board, "s", Ok(task(2)), LATER);
    assert_eq!(board.applications["switch"].tasks["end-of-day"].state.since, NOW);
    assert_eq!(see(&mut board, "s", Err("x"), LATER), ["switch UNKNOWN (x)", "task end-of-day UNKNOWN"]);
}

#[test]
fn source_time_in_the_future_is_not_believed() {
    let mut board = running();
    let mut up = observation(&[("A", ServiceStatus::Started)]);
    up.services[0].since = Some(UnixMillis(i64::MAX));
    see(&mut board, "s", Ok(up), NOW);
    assert_eq!(board.applications["switch"].services["A"].state.since, NOW);
}
