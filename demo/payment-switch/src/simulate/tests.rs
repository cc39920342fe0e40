//! Tests of the simulated switch: dependencies between services, counters, determinism.

use super::*;
use crate::fault::{Fault, FaultKind};
use crate::service::ServiceStatus;

const SETTINGS: Settings = Settings { seed: 42, tps: 1_000.0, day_ms: 600_000, log_every: 1_000 };

/// Ten simulated seconds under the given faults; the switch and all that it logged.
fn run(faults: &[FaultKind]) -> (Switch, Vec<Line>) {
    let mut switch = Switch::new(SETTINGS, 0);
    for kind in faults {
        switch.faults.insert(Fault { kind: *kind, until: None });
    }
    let lines = (1..=1_000).flat_map(|n| switch.tick(n * TICK_MS)).collect();
    (switch, lines)
}

fn broken(service: ServiceName, code: FaultCode) -> FaultKind {
    FaultKind::Malfunction { service, code }
}

fn codes(switch: &Switch, name: ServiceName) -> Vec<&'static str> {
    switch.service(name).responses().map(|(response, _)| response.code()).collect()
}

fn error_share(switch: &Switch, name: ServiceName) -> f64 {
    let service = switch.service(name);
    service.errors() as f64 / service.transactions() as f64
}

#[test]
fn same_seed_gives_the_same_day() {
    // D-1
    let totals =
        |switch: &Switch| ServiceName::ALL.map(|name| switch.service(name).responses().collect::<Vec<_>>());
    let ((first, first_lines), (second, second_lines)) = (run(&[]), run(&[]));
    assert_eq!(totals(&first), totals(&second));
    assert_eq!(first_lines, second_lines);
}

#[test]
fn healthy_switch_keeps_the_rate_and_hardly_fails() {
    let (switch, lines) = run(&[]);
    let platform = switch.service(ServiceName::Platform);
    assert!((9_600..10_400).contains(&platform.transactions()), "{}", platform.transactions());
    assert!(error_share(&switch, ServiceName::Platform) < 0.005);
    assert_eq!(codes(&switch, ServiceName::Platform).first(), Some(&"00"));
    assert!(ServiceName::ALL.iter().all(|name| switch.service(*name).status() == ServiceStatus::Started));
    let schemes: u64 = ServiceName::SCHEMES.iter().map(|name| switch.service(*name).transactions()).sum();
    assert_eq!(schemes, platform.transactions(), "D-2: every authorisation belongs to one scheme");
    let [p50, p95, p99] = platform.latencies.quantiles(switch.now(), [0.5, 0.95, 0.99]).unwrap();
    assert!(0.03 < p50 && p50 < p95 && p95 < p99 && p99 < 0.3, "{p50} {p95} {p99}");
    assert!(lines.iter().any(|line| line.text.starts_with("authorised 1000 transactions: 00=")), "{lines:?}");
}

#[test]
fn broken_database_fails_everything_and_the_platform() {
    // D-3
    for (code, response) in [(FaultCode::Disconnected, "91"), (FaultCode::Unavailable, "96")] {
        let (switch, lines) = run(&[broken(ServiceName::AcqDb, code)]);
        for name in [ServiceName::Platform, ServiceName::McCredit, ServiceName::AcqDb] {
            assert_eq!(codes(&switch, name), [response], "{name:?}");
        }
        assert_eq!(switch.service(ServiceName::HsmAdapter).transactions(), 0);
        let failure = switch.service(ServiceName::Platform).failure.clone().unwrap();
        assert_eq!(failure.code, code.as_str());
        assert!(failure.message.starts_with("AcqDB is "), "{}", failure.message);
        assert_eq!(switch.service(ServiceName::McCredit).status(), ServiceStatus::Started);
        // Ten seconds, three failing services with counts each, and two transitions: not a line a transaction.
        let errors = lines.iter().filter(|line| line.is_error).count();
        assert!((10..100).contains(&errors), "{errors} error lines");
    }
}

#[test]
fn broken_hsm_fails_transactions_with_a_pin_only() {
    // D-3
    let (switch, _) = run(&[broken(ServiceName::HsmAdapter, FaultCode::Unavailable)]);
    assert_eq!(codes(&switch, ServiceName::HsmAdapter), ["96"]);
    assert!((0.55..0.65).contains(&error_share(&switch, ServiceName::VisaDebit)));
    assert!((0.15..0.25).contains(&error_share(&switch, ServiceName::VisaCredit)));
    assert_eq!(switch.service(ServiceName::Platform).status(), ServiceStatus::Started);
}

#[test]
fn broken_link_fails_its_scheme_only_and_all_links_the_platform() {
    // D-3
    let cut = |name| broken(name, FaultCode::Disconnected);
    let (switch, _) = run(&[cut(ServiceName::McCredit)]);
    assert!(error_share(&switch, ServiceName::McCredit) > 0.99);
    assert!(error_share(&switch, ServiceName::VisaCredit) < 0.01);
    assert_eq!(switch.service(ServiceName::Platform).status(), ServiceStatus::Started);

    let (switch, _) = run(&ServiceName::SCHEMES.map(cut));
    assert_eq!(
        switch.service(ServiceName::Platform).failure.as_ref().unwrap().message,
        "no scheme link works"
    );
}

#[test]
fn slow_link_shows_in_its_latency_and_past_the_limit_in_errors() {
    let slow = |factor| [FaultKind::Slow { service: ServiceName::McDebit, factor }];
    let median =
        |switch: &Switch, name| switch.service(name).latencies.quantiles(switch.now(), [0.5]).unwrap()[0];
    let (switch, _) = run(&slow(10.0));
    assert!(median(&switch, ServiceName::McDebit) > 5.0 * median(&switch, ServiceName::McCredit));
    let (switch, _) = run(&slow(1_000.0));
    assert!(error_share(&switch, ServiceName::McDebit) > 0.9);
}

#[test]
fn fault_ends_in_time_and_both_transitions_are_logged() {
    let mut switch = Switch::new(SETTINGS, 0);
    let kind = broken(ServiceName::VisaDebit, FaultCode::Disconnected);
    switch.faults.insert(Fault { kind, until: Some(500) });
    let lines: Vec<_> = (1..=100).flat_map(|n| switch.tick(n * TICK_MS)).map(|line| line.text).collect();
    assert!(lines.contains(&"VISA_DEBIT MALFUNCTION DISCONN01: VISA_DEBIT is disconnected".to_owned()));
    assert!(lines.contains(&"VISA_DEBIT STARTED: it works again".to_owned()));
    assert_eq!(switch.service(ServiceName::VisaDebit).since, 500);
}

#[test]
fn clock_set_back_does_not_silence_the_log() {
    let mut switch = Switch::new(SETTINGS, 1_000_000_000);
    let kind = broken(ServiceName::AcqDb, FaultCode::Unavailable);
    switch.faults.insert(Fault { kind, until: None });
    let lines: Vec<_> = (1..=101).flat_map(|n| switch.tick(n * TICK_MS)).map(|line| line.text).collect();
    assert!(lines.iter().any(|text| text.starts_with("AcqDB 96 system malfunction: ")), "{lines:?}");
}
