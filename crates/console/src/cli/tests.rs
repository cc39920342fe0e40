//! Golden tables of every noun: fixed rows in the plain and the wide form, at a fixed time.

use super::list::Listed;
use super::{action, event};
use crate::output::{Column, Form, Style, format};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use topmast_api::application::ApplicationRow;
use topmast_api::history::HistoryStatus;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::task::TaskRow;

/// Five minutes before the tables are drawn.
const TIME: &str = "2026-03-01T12:00:00.000Z";
const NOW: &str = "2026-03-01T12:05:00.000Z";

/// A row in both forms.
fn tables<R: Serialize + DeserializeOwned>(row: Value, columns: &[Column<R>]) -> String {
    let row: R = serde_json::from_value(row).unwrap();
    let style = Style { width: None, colour: false, now: serde_json::from_value(json!(NOW)).unwrap() };
    let table = |form| format(form, std::slice::from_ref(&row), columns, true, style).unwrap();
    format!("{}\n{}", table(Form::Table), table(Form::Wide))
}

fn listed<R: Listed + DeserializeOwned>(row: Value) -> String {
    tables(row, R::COLUMNS)
}

/// The words of the command line below a command, each with its aliases where it has some.
fn words(command: &clap::Command, before: &[Vec<String>], into: &mut Vec<Vec<Vec<String>>>) {
    for word in command.get_subcommands().filter(|word| !word.is_hide_set()) {
        let names =
            std::iter::once(word.get_name()).chain(word.get_all_aliases()).map(str::to_owned).collect();
        let line: Vec<Vec<String>> = before.iter().cloned().chain([names]).collect();
        words(word, &line, into);
        into.push(line);
    }
}

#[test]
fn every_word_of_the_command_line_is_in_the_guide() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guide");
    let pages = std::fs::read_dir(guide).unwrap();
    let pages: String = pages.map(|page| std::fs::read_to_string(page.unwrap().path()).unwrap()).collect();
    let mut lines = Vec::new();
    words(&<super::Arguments as clap::CommandFactory>::command(), &[], &mut lines);
    assert!(lines.len() > 100, "{}", lines.len());
    let is_told = |line: &Vec<Vec<String>>| {
        let mut ways = vec!["topmast".to_owned()];
        for names in line {
            ways =
                ways.iter().flat_map(|way| names.iter().map(move |name| format!("{way} {name}"))).collect();
        }
        ways.iter().any(|way| pages.contains(way.as_str()))
    };
    let missing: Vec<String> = lines
        .iter()
        .filter(|line| !is_told(line))
        .map(|line| line.iter().map(|names| names[0].as_str()).collect::<Vec<_>>().join(" "))
        .collect();
    assert!(missing.is_empty(), "no page of docs/guide has: topmast {}", missing.join(", topmast "));
}

#[test]
fn columns_of_servers() {
    let row = json!({
        "name": "pay-1", "address": "10.0.0.11", "role": "agent", "version": "0.1.0", "status": "UP",
        "cpu_pct": 12.34, "cpu_trend": [null, 12], "memory_pct": 61.0, "uptime_s": 187_200, "os": "Debian GNU/Linux 13 (trixie)",
        "age_ms": 400, "stale": false, "path": "acme/main/pay-1", "cluster": "acme/main", "kernel": "6.12.0",
        "architecture": "x86_64", "virtualisation": "kvm", "cpu_count": 4, "load1": 0.42,
        "memory_bytes": 8_589_934_592_u64, "memory_used_bytes": 5_239_860_101_u64, "swap_pct": 0.0,
        "disk_pct": 71.5, "disk_mount": "/", "network_rx_bytes_per_s": 20_480.0,
        "network_tx_bytes_per_s": 1_024.0, "applications_started": 2, "applications_total": 3, "services_bad": 1,
        "labels": {"role": "switch", "site": "north"}, "unit_problems": [], "since": TIME, "cause": "its agent connected",
        "cause_detail": {"kind": "connection", "message": "its agent connected"}, "connected": true,
        "health": "healthy", "problem": null,
    });
    insta::assert_snapshot!(listed::<ServerRow>(row), @"
    NAME   ADDRESS    ROLE   VERSION  STATUS    CPU  MEMORY  UPTIME  OS                            AGE
    pay-1  10.0.0.11  agent  0.1.0    UP      12.3%   61.0%    2d4h  Debian GNU/Linux 13 (trixie)   0s

    NAME   ADDRESS    ROLE   VERSION  STATUS    CPU  MEMORY  UPTIME  OS                            AGE  HOST  KIND  HEALTH   WORST PROBLEM  APPS  BAD SERVICES  CPUS  LOAD  MEMORY SIZE  SWAP   DISK  FULLEST  RECEIVE/S  SEND/S  ARCH    VIRTUAL  KERNEL  LABELS                  PROBLEMS  CAUSE                PATH
    pay-1  10.0.0.11  agent  0.1.0    UP      12.3%   61.0%    2d4h  Debian GNU/Linux 13 (trixie)   0s  -     -     healthy  -               2/3             1     4  0.42       8.0GiB  0.0%  71.5%  /          20.0KiB  1.0KiB  x86_64  kvm      6.12.0  role=switch site=north  -         its agent connected  acme/main/pay-1
    ");
}

#[test]
fn columns_of_applications() {
    let row = json!({
        "name": "switch", "server": "pay-1", "status": "STARTED", "version": "2.4.1", "restarts": 1,
        "http_port": 8080, "memory_bytes": 12_897_484, "cpu_pct": 3.21, "started_at": TIME,
        "version_differs": true, "instances_started": 3, "instances_total": 4, "restarts_1h": 1, "restarts_24h": 2,
        "tps": 12.5, "errors_total": 3, "error_pct": 0.1, "last_action": {
            "id": "018f0000-0000-7000-8000-000000000000", "operation": "restart", "status": "SUCCEEDED",
            "principal": "user eve", "at": TIME,
        },
        "cause": "restart 1 after 500 ms", "cause_detail": {"kind": "restart", "attempt": 1, "delay_ms": 500},
        "path": "acme/main/pay-1/switch", "kind": "process", "desired": "started", "pid": 4711, "since": TIME,
        "age_ms": 12_400, "stale": true, "health": "healthy", "problem": null,
    });
    insta::assert_snapshot!(listed::<ApplicationRow>(row), @"
    NAME    SERVER  STATUS             VERSION  RESTARTS  HTTP PORT   MEMORY   CPU  STARTED
    switch  pay-1   STARTED (12s old)  2.4.1           1       8080  12.3MiB  3.2%       5m

    NAME    SERVER  STATUS             VERSION  RESTARTS  HTTP PORT   MEMORY   CPU  STARTED  VERSION DIFFERS  INSTANCES  RESTARTS 1H  RESTARTS 24H   TPS  ERRORS  ERR%  LAST ACTION                            KIND      PID  HEALTH   WORST PROBLEM  SINCE  AGE  CAUSE                   PATH
    switch  pay-1   STARTED (12s old)  2.4.1           1       8080  12.3MiB  3.2%       5m  yes                    3/4            1             2  12.5       3  0.1%  restart SUCCEEDED by user eve, 5m ago  process  4711  healthy  -                 5m  12s  restart 1 after 500 ms  acme/main/pay-1/switch
    ");
}

#[test]
fn columns_of_services() {
    let row = json!({
        "name": "MC_CREDIT", "application": "switch", "server": "pay-1", "status": "MALFUNCTION",
        "codes": ["DISCONN01", "LATE02"], "tps": 12.5, "transactions_total": 1_234_567, "errors_total": 3,
        "latency_p95_ms": 41.0, "since": TIME, "path": "acme/main/pay-1/switch/MC_CREDIT", "error_pct": 0.1,
        "latency_p50_ms": 12.0, "message": "no line to the scheme", "age_ms": 0, "stale": false,
        "health": "failed",
    });
    insta::assert_snapshot!(listed::<ServiceRow>(row), @"
    SERVICE    APPLICATION  SERVER  STATUS       CODES              TPS      TOTAL  ERRORS  ERR%   P95  SINCE
    MC_CREDIT  switch       pay-1   MALFUNCTION  DISCONN01 LATE02  12.5  1,234,567       3  0.1%  41ms     5m

    SERVICE    APPLICATION  SERVER  STATUS       CODES              TPS      TOTAL  ERRORS  ERR%   P95  SINCE   P50  WORST PROBLEM  AGE  MESSAGE                PATH
    MC_CREDIT  switch       pay-1   MALFUNCTION  DISCONN01 LATE02  12.5  1,234,567       3  0.1%  41ms     5m  12ms  -               0s  no line to the scheme  acme/main/pay-1/switch/MC_CREDIT
    ");
}

#[test]
fn columns_of_tasks() {
    let row = json!({
        "name": "end-of-day", "application": "switch", "server": "pay-1", "status": "LATE",
        "schedule": "daily at 23:00", "last_started": TIME, "last_finished": null,
        "duration_ms": 61_500, "late_s": 300,
        "next_due": "2026-03-01T23:00:00.000Z", "message": "not started in time", "since": TIME,
        "path": "acme/main/pay-1/switch/end-of-day", "age_ms": 900, "stale": false, "health": "degraded",
        "runnable": false,
    });
    insta::assert_snapshot!(listed::<TaskRow>(row), @"
    TASK        APPLICATION  SERVER  STATUS  SCHEDULE        STARTED  FINISHED       NEXT  MESSAGE
    end-of-day  switch       pay-1   LATE    daily at 23:00       5m         -  in 10h55m  not started in time

    TASK        APPLICATION  SERVER  STATUS  SCHEDULE        STARTED  FINISHED       NEXT  MESSAGE              DONE   TOOK  LATE BY  SINCE  AGE  PATH
    end-of-day  switch       pay-1   LATE    daily at 23:00       5m         -  in 10h55m  not started in time     -  61.5s       5m     5m   0s  acme/main/pay-1/switch/end-of-day
    ");
}

#[test]
fn columns_of_actions_and_their_targets() {
    let target = |server: &str, status: &str, message: Option<&str>| {
        let path = format!("acme/main/{server}/switch");
        json!({"path": path, "status": status, "message": message, "started_at": TIME, "finished_at": null})
    };
    let failed = target("pay-1", "FAILED", Some("did not stop within 10 s"));
    let action = json!({
        "id": "018f0000-0000-7000-8000-000000000000", "operation": "restart", "status": "RUNNING",
        "principal": "user eve", "auth": "session", "reason": "new key", "created_at": TIME,
        "completed_at": null, "expires_at": NOW, "targets": [failed, target("pay-2", "RUNNING", None)],
        "counts": {"pending": 0, "running": 1, "succeeded": 0, "failed": 1, "unknown": 0},
    });
    insta::assert_snapshot!(tables(action, action::ACTIONS), @"
    ID                                    OPERATION  STATUS   DONE  TARGETS                            BY        REASON   AGE
    018f0000-0000-7000-8000-000000000000  restart    RUNNING   0/2  acme/main/pay-1/switch and 1 more  user eve  new key   5m

    ID                                    OPERATION  STATUS   DONE  TARGETS                            BY        REASON   AGE  APPROVAL  COMPLETED
    018f0000-0000-7000-8000-000000000000  restart    RUNNING   0/2  acme/main/pay-1/switch and 1 more  user eve  new key   5m  -         -
    ");
    insta::assert_snapshot!(tables(failed, action::TARGETS), @"
    TARGET                  STATUS  STARTED  FINISHED  MESSAGE
    acme/main/pay-1/switch  FAILED       5m         -  did not stop within 10 s

    TARGET                  STATUS  STARTED  FINISHED  MESSAGE
    acme/main/pay-1/switch  FAILED       5m         -  did not stop within 10 s
    ");
}

#[test]
fn columns_of_events() {
    let event = json!({
        "seq": 4711, "time": TIME, "tenant": "acme", "action": "018f0000-0000-7000-8000-000000000000",
        "actor": {"kind": "agent", "name": "acme/main/pay-1", "auth": "certificate", "address": null},
        "kind": "StepFinished", "object": "acme/main/pay-1/switch",
        "payload": {
            "step": {"action": "018f0000-0000-7000-8000-000000000000", "target": 0},
            "target": "acme/main/pay-1/switch",
            "outcome": {"succeeded": true, "message": "STARTED as process 4711"},
        },
    });
    insta::assert_snapshot!(tables(event, event::EVENTS), @"
     SEQ  TIME                      KIND          OBJECT                  BY                     WHAT
    4711  2026-03-01T12:00:00.000Z  StepFinished  acme/main/pay-1/switch  agent acme/main/pay-1  SUCCEEDED STARTED as process 4711

     SEQ  TIME                      KIND          OBJECT                  BY                     WHAT                               ACTION
    4711  2026-03-01T12:00:00.000Z  StepFinished  acme/main/pay-1/switch  agent acme/main/pay-1  SUCCEEDED STARTED as process 4711  018f0000-0000-7000-8000-000000000000
    ");
}

#[test]
fn status_of_the_history() {
    let tier = |name: &str, samples: u64, bytes: u64| {
        json!({
            "name": name, "keep_days": 15, "segments": 3, "samples": samples, "bytes": bytes,
            "bytes_per_sample": (samples > 0).then(|| bytes as f64 / samples as f64),
            "oldest": (samples > 0).then_some(TIME), "newest": (samples > 0).then_some(NOW),
        })
    };
    let status: HistoryStatus = serde_json::from_value(json!({
        "series": 1_700, "series_max": 2_000_000, "server_series_max": 200_000, "head_bytes": 12_897_484,
        "refused_series": 7, "lost_samples": 60_000, "waiting_bytes": 134_217_728,
        "trouble": "write the head in /srv/history/head/0: No space left on device (os error 28)",
        "tiers": [tier("raw", 5_000_000, 1_200_000), tier("1m", 0, 0)],
        "by_metric": [{"name": "host_cpu_seconds_total", "series": 80}],
        "by_server": [{"name": "pay-1", "series": 850}, {"name": "pay-2", "series": 850}],
        "damages": ["raw/1.segment: byte 7: its checksum is wrong"],
    }))
    .unwrap();
    let style = Style { width: None, colour: false, now: serde_json::from_value(json!(NOW)).unwrap() };
    insta::assert_snapshot!(super::history::text(&status, true, style), @"
    1,700 of 2,000,000 series, 12.3MiB of what is new
    7 new series were refused since the start: at most 2,000,000 of all servers, 200,000 of one (history.max_series and history.max_server_series in master.toml)
    60,000 samples were lost since the start, for the disk took nothing
    cannot be written, 128MiB wait: write the head in /srv/history/head/0: No space left on device (os error 28)

    TIER  KEPT  SEGMENTS    SAMPLES   BYTES  BYTES/SAMPLE  OLDEST                    NEWEST
    raw    15d         3  5,000,000  1.1MiB          0.24  2026-03-01T12:00:00.000Z  2026-03-01T12:05:00.000Z
    1m     15d         3          0      0B             -  -                         -

    METRIC                  SERIES
    host_cpu_seconds_total      80

    SERVER  SERIES
    pay-1      850
    pay-2      850

    damaged: raw/1.segment: byte 7: its checksum is wrong
    ");
}

#[test]
fn status_of_a_store_outside_tells_what_waits_and_why() {
    let status: HistoryStatus = serde_json::from_value(json!({
        "series": 0, "series_max": 0, "server_series_max": 0, "refused_series": 0, "lost_samples": 0,
        "waiting_bytes": 0, "trouble": null, "head_bytes": 0, "tiers": [], "by_metric": [], "by_server": [],
        "damages": [],
        "remote": {
            "write_url": "http://127.0.0.1:8428/api/v1/write", "query_url": "http://127.0.0.1:8428",
            "waiting_bytes": 3_145_728, "waiting_bytes_max": 1_073_741_824,
            "waiting_since": "2026-03-01T12:00:00Z", "sent_samples": 1_234_567, "refused_samples": 12,
            "lost_samples": 0, "failing_since": "2026-03-01T12:00:01Z", "last_error": "503 no room\u{1b}[2J"
        }
    }))
    .unwrap();
    let style = Style { width: None, colour: false, now: serde_json::from_value(json!(NOW)).unwrap() };
    insta::assert_snapshot!(super::history::text(&status, true, style), @"
    samples go to http://127.0.0.1:8428/api/v1/write, queries to http://127.0.0.1:8428
    1,234,567 sent, 12 refused by the store, 0 lost
    3.0MiB of 1.0GiB wait, the oldest since 2026-03-01T12:00:00.000Z
    the store takes nothing since 2026-03-01T12:00:01.000Z
    last error: 503 no room [2J
    ");
}
