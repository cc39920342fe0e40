//! A small fleet, as the master tells of it.

use crate::tui::app::{App, Look, Rules};
use crate::tui::list::{Query, Subscription, Window};
use crate::tui::row::AnyRow;
use crate::tui::tab::Tab;
use crate::tui::update::{Effect, Message};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use topmast_api::overview::Overview;
use topmast_api::time::Timestamp;

/// When the pictures are of; rows are five minutes older.
pub(in crate::tui) const NOW: &str = "2026-03-01T12:05:00.000Z";
const TIME: &str = "2026-03-01T12:00:00.000Z";

pub(in crate::tui) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A time after [`NOW`].
pub(in crate::tui) fn later(seconds: i64) -> Timestamp {
    Timestamp(topmast_model::time::UnixMillis(now().as_millis() + seconds * 1_000))
}

pub(in crate::tui) fn of<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A server of a fleet of one cluster, healthy.
pub(in crate::tui) fn server(name: &str) -> AnyRow {
    server_as(&format!("default/main/{name}"), "UP", "healthy", 12.3)
}

fn server_as(path: &str, status: &str, health: &str, cpu: f64) -> AnyRow {
    let name = path.rsplit('/').next().unwrap();
    let is_up = status == "UP";
    AnyRow::Server(Box::new(of(json!({
        "name": name, "address": "10.0.0.11", "role": "agent", "version": "0.1.0", "status": status,
        "cpu_pct": is_up.then_some(cpu), "cpu_trend": [null, 12, 25, 50, 75, 100, 88, 62, 30, 12, 12, 14],
        "memory_pct": is_up.then_some(61.0), "uptime_s": 187_200, "os": "Debian GNU/Linux 13 (trixie)",
        "age_ms": if is_up { 400 } else { 754_000 }, "stale": !is_up, "path": path, "cluster": "acme/main",
        "kernel": "6.12.0", "architecture": "x86_64", "virtualisation": "kvm", "cpu_count": 4, "load1": 0.42,
        "memory_bytes": 8_589_934_592_u64, "memory_used_bytes": 5_239_860_101_u64, "swap_pct": 0.0,
        "disk_pct": 71.5, "disk_mount": "/", "network_rx_bytes_per_s": 20_480.0,
        "network_tx_bytes_per_s": 1_024.0, "applications_started": 2, "applications_total": 3,
        "services_bad": u32::from(health == "failed" && is_up), "labels": {"site": "north"}, "unit_problems": [],
        "since": TIME, "cause": if is_up { "its agent connected" } else { "nothing was heard of it for 30 s" },
        "cause_detail": {"kind": "connection", "message": "its agent connected"}, "connected": is_up,
        "health": health,
    }))))
}

fn application(server: &str, name: &str, status: &str, health: &str, cause: &str) -> AnyRow {
    AnyRow::Application(Box::new(of(json!({
        "name": name, "server": server, "status": status, "version": "2.4.1", "restarts": 1,
        "http_port": 8080, "memory_bytes": 12_897_484, "cpu_pct": 3.21, "started_at": TIME,
        "version_differs": false, "instances_started": 2, "instances_total": 2, "restarts_1h": 0, "restarts_24h": 2,
        "tps": 12.5, "errors_total": 3, "error_pct": 0.1, "last_action": null, "cause": cause,
        "cause_detail": {"kind": "restart", "attempt": 1, "delay_ms": 500},
        "path": format!("acme/main/{server}/{name}"), "kind": "process", "desired": "started", "pid": 4711,
        "since": TIME, "age_ms": 400, "stale": false, "health": health,
    }))))
}

fn service(name: &str, status: &str, health: &str, codes: &[&str]) -> AnyRow {
    AnyRow::Service(Box::new(of(json!({
        "name": name, "application": "switch", "server": "pay-1", "status": status, "codes": codes, "tps": 12.5,
        "transactions_total": 1_234_567, "errors_total": 3, "latency_p95_ms": 41.0, "since": TIME,
        "path": format!("acme/main/pay-1/switch/{name}"), "error_pct": 0.1, "latency_p50_ms": 12.0,
        "message": "no line to the scheme", "age_ms": 0, "stale": false, "health": health,
    }))))
}

fn task() -> AnyRow {
    AnyRow::Task(Box::new(of(json!({
        "name": "eod", "application": "switch", "server": "pay-1", "status": "LATE",
        "schedule": "daily at 23:00", "last_started": TIME, "last_finished": null, "duration_ms": 61_500,
        "late_s": 300, "runnable": false, "next_due": "2026-03-01T23:00:00.000Z", "message": "not started in time", "since": TIME,
        "path": "acme/main/pay-1/switch/eod", "age_ms": 900, "stale": false, "health": "degraded",
    }))))
}

/// One action on an application of two servers.
pub(in crate::tui) fn action(status: &str) -> topmast_api::action::Action {
    let target = |server: &str, status: &str, message: Option<&str>| {
        let path = format!("acme/main/{server}/switch");
        json!({"path": path, "status": status, "message": message, "started_at": TIME, "finished_at": null})
    };
    let last = if status == "RUNNING" { "RUNNING" } else { "SUCCEEDED" };
    of(json!({
        "id": "018f0000-0000-7000-8000-000000000000", "operation": "restart", "status": status,
        "principal": "user eve", "auth": "session", "reason": "new key", "created_at": TIME,
        "completed_at": null, "expires_at": NOW,
        "targets": [target("pay-1", "SUCCEEDED", Some("STARTED as process 4711")), target("pay-2", last, None)],
        "counts": {"pending": 0, "running": u32::from(status == "RUNNING"), "succeeded": 1, "failed": 0, "unknown": 0},
    }))
}

/// What would happen to the applications of two servers.
pub(in crate::tui) fn plan() -> topmast_api::action::ActionPlan {
    let target = |server: &str, batch: u32| {
        let path = format!("acme/main/{server}/switch");
        json!({"path": path, "status": "STARTED", "effect": "is stopped, then started", "batch": batch, "wave": 1})
    };
    of(
        json!({"operation": "restart", "guards": [], "approval": [], "targets": [target("pay-1", 1), target("pay-2", 2)]}),
    )
}

/// Counts, and three things to look at.
pub(in crate::tui) fn overview() -> Overview {
    let counts = |total: u64, healthy: u64| json!({"total": total, "healthy": healthy, "degraded": 0, "unknown": 0, "failed": total - healthy, "statuses": []});
    let problem = |path: &str, kind: &str, status: &str, health: &str, cause: &str, on_it: u64| {
        json!({"path": path, "kind": kind, "status": status, "health": health, "cause": cause, "on_it": on_it,
            "since": TIME})
    };
    of(json!({
        "servers": counts(3, 2), "applications": counts(3, 2), "services": counts(2, 1), "tasks": counts(1, 0),
        "problems": [], "tps": 12.5, "error_pct": 0.1, "clusters": [], "business_services": [], "unhealthy_total": 3,
        "unhealthy": [
            problem("acme/main/db-2", "server", "DOWN", "failed", "nothing was heard of it for 30 s", 30),
            problem("acme/main/pay-1/switch/MC_CREDIT", "service", "MALFUNCTION", "failed", "no line to the scheme", 0),
            problem("acme/main/pay-1/switch/eod", "task", "LATE", "degraded", "not started in time", 0),
        ],
    }))
}

fn problem(id: u64, severity: &str, object: &str, message: &str, symptoms: u32) -> AnyRow {
    AnyRow::Problem(Box::new(of(json!({
        "id": id, "status": "OPEN", "severity": severity, "rule": "a-rule", "object": object, "detail": "",
        "message": message, "value": null, "verdict": "firing", "since": TIME, "closed_at": null,
        "closed_because": null, "flapping": false, "cause": null, "symptoms": symptoms, "suppressed": null,
        "acknowledgement": null, "notices": 1, "labels": {},
    }))))
}

/// The rows of a tab.
pub(in crate::tui) fn window(tab: Tab) -> Window {
    let (rows, counts) = match tab {
        Tab::Servers => (
            vec![
                server_as("acme/main/db-2", "DOWN", "failed", 0.0),
                server_as("acme/main/pay-1", "UP", "failed", 96.4),
                server_as("acme/main/pay-2", "UP", "healthy", 12.3),
            ],
            vec![("UP", 2), ("DOWN", 1)],
        ),
        Tab::Applications => (
            vec![
                application("db-2", "postgres", "UNKNOWN", "unknown", "its server is DOWN"),
                application("pay-1", "switch", "STARTED", "healthy", "restart 1 after 500 ms"),
                application("pay-2", "switch", "STARTED", "healthy", "start was asked for by user eve"),
            ],
            vec![("STARTED", 2), ("UNKNOWN", 1)],
        ),
        Tab::Services => (
            vec![
                service("MC_CREDIT", "MALFUNCTION", "failed", &["DISCONN01", "LATE02"]),
                service("VISA_CREDIT", "STARTED", "healthy", &[]),
            ],
            vec![("STARTED", 1), ("MALFUNCTION", 1)],
        ),
        Tab::Tasks => (vec![task()], vec![("LATE", 1)]),
        Tab::Actions => (vec![AnyRow::Action(Box::new(action("RUNNING")))], Vec::new()),
        Tab::Problems => (
            vec![
                problem(
                    17,
                    "critical",
                    "acme/main/db-2",
                    "db-2 is DOWN: nothing was heard of it for 30 s",
                    30,
                ),
                problem(
                    21,
                    "major",
                    "acme/main/pay-1/switch/MC_CREDIT",
                    "MC_CREDIT of switch on pay-1 malfunctions",
                    0,
                ),
            ],
            vec![("major", 1), ("critical", 1)],
        ),
    };
    let counts = counts.into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
    Window { total: rows.len() as u64, rows, counts }
}

/// Details of a row's object, with figures, events and processes.
pub(in crate::tui) fn detail(row: &AnyRow) -> crate::tui::detail::Detail {
    use crate::tui::detail::{Detail, Facts, Process};
    fn details<T: DeserializeOwned>(row: &impl serde::Serialize, more: &Value) -> T {
        let mut value = serde_json::to_value(row).unwrap();
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of(value)
    }
    let facts = match row {
        AnyRow::Server(row) => Facts::Server(details(
            row,
            &json!({
                "hostname": "pay-1", "os_family": "linux", "addresses": [], "booted_at": TIME, "interval_ms": 1_000,
                "instance": "018f0000-0000-7000-8000-000000000000", "samples": [],
            }),
        )),
        AnyRow::Application(row) => Facts::Application(details(
            row,
            &json!({
                "services": [], "tasks": [], "samples": [],
            }),
        )),
        AnyRow::Service(row) => Facts::Service(details(row, &json!({"samples": []}))),
        AnyRow::Task(row) => Facts::Task(row.clone()),
        AnyRow::Action(action) => Facts::Action(action.clone()),
        AnyRow::Problem(row) => Facts::Problem(details(
            row,
            &json!({
                "opened_at": TIME, "advice": "Does its line work?", "explains": [],
                "comments": [{"time": TIME, "actor": {"kind": "user", "name": "eve", "auth": "session", "address": null},
                    "text": "the provider was called"}],
            }),
        )),
    };
    let chart = of(json!({
        "path": "acme/main/pay-1", "resolution_ms": 5_000, "times": [0, 5_000, 10_000, 15_000],
        "figures": [
            {"name": "cpu_pct", "unit": "percent", "values": [10.0, null, 50.0, 96.4]},
            {"name": "load1", "unit": "number", "values": [0.5, 1.0, 2.0, 4.0]},
            {"name": "swap_pct", "unit": "percent", "values": [null, null, null, null]},
        ],
    }));
    let event = of(json!({
        "seq": 4711, "time": TIME, "tenant": "acme", "action": null,
        "actor": {"kind": "agent", "name": "acme/main/pay-1", "auth": "certificate", "address": null},
        "kind": "StepFinished", "object": "acme/main/pay-1/switch",
        "payload": {
            "step": {"action": "018f0000-0000-7000-8000-000000000000", "target": 0},
            "target": "acme/main/pay-1/switch",
            "outcome": {"succeeded": true, "message": "STARTED as process 4711"},
        },
    }));
    let process = |pid: &str, name: &str, cpu, memory| Process {
        pid: pid.to_owned(),
        name: name.to_owned(),
        cpu_pct: cpu,
        memory_bytes: memory,
    };
    let processes = vec![
        process("4711", "switch", Some(87.5), Some(12_897_484.0)),
        process("1", "systemd", None, Some(8_192.0)),
    ];
    Detail { facts, chart: Some(chart), events: vec![event], processes }
}

/// What a terminal of today can show.
pub(in crate::tui) const LOOK: Look = Look { colour: true, unicode: true, attributes: true };
/// Everything is allowed.
pub(in crate::tui) const FREE: Rules = Rules { locked: false, still: false };

/// A screen that has heard of everything a moment ago.
pub(in crate::tui) fn app(size: (u16, u16), role: &str) -> App {
    let mut app = App::new("https://console.example:7400", Query::new(Tab::Servers, None), LOOK, FREE);
    app.update(Message::Resize(size.0, size.1), now());
    let who =
        json!({"kind": "user", "name": "eve", "auth": "session", "grants": [{"role": role, "path": null}]});
    app.update(Message::Who(Box::new(of(who))), now());
    app.update(Message::Overview(Box::new(overview())), now());
    answer(&mut app);
    app
}

/// The master's answer to what the screen asks for now.
pub(in crate::tui) fn answer(app: &mut App) {
    let of: Subscription = app.subscription();
    let window = window(of.query.tab);
    app.update(Message::Rows(Box::new((of, window))), now());
    if let Some(row) = app.pane.as_ref().and_then(|_| app.list().selected()).cloned() {
        app.update(Message::Detail(row.key(), Box::new(detail(&row))), now());
    }
}

pub(in crate::tui) fn press(app: &mut App, code: KeyCode) -> Option<Effect> {
    app.update(Message::Key(KeyEvent::from(code)), now())
}

pub(in crate::tui) fn chord(app: &mut App, letter: char) -> Option<Effect> {
    app.update(Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)), now())
}

/// Types characters, and lets the master answer after each.
pub(in crate::tui) fn write(app: &mut App, text: &str) {
    for letter in text.chars() {
        press(app, KeyCode::Char(letter));
        answer(app);
    }
}
