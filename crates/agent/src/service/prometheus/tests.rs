//! Mapping rules over pages, good and wrong, and over that of a real node exporter.

use super::*;
use crate::endpoint::Endpoint;
use crate::http;
use crate::service::source_of;
use crate::unit::service::ServiceCheck;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// The rules of `[[service.rule]]` tables.
fn rules(tables: &str) -> Vec<PrometheusRule> {
    let table = format!("source = \"prometheus\"\nurl = \"http://127.0.0.1:1/metrics\"\n{tables}");
    match source_of(&table).check {
        ServiceCheck::Prometheus { rules, .. } => rules,
        other => panic!("not a prometheus source: {other:?}"),
    }
}

const RULE: &str = r#"
[[service.rule]]
service = "{scheme}"
up = 'link_up'
transactions = 'tx_total{path!="/health"}'
errors = 'tx_total{code=~"9.",path!="/health"}'
code_label = "code"
latency = 'tx_seconds'
quantiles = [0.5]
"#;

const PAGE: &str = r#"
link_up{scheme="MC"} 1
link_up{scheme="VISA"} 0
link_up{} 1
tx_total{scheme="MC",code="00",path="/pay"} 90
tx_total{scheme="MC",code="00",path="/refund"} 5
tx_total{scheme="MC",code="91",path="/pay"} 3
tx_total{scheme="MC",code="00",path="/health"} 1000
tx_seconds{scheme="MC",quantile="0.5"} 0.02
tx_seconds{scheme="MC",quantile="0.9"} 0.1
"#;

#[test]
fn rule_makes_a_service_of_each_label_value() {
    let observation = Reader::default().read(PAGE.as_bytes(), &rules(RULE)).unwrap();
    let [mc, visa] = observation.services.as_slice() else { panic!("{observation:?}") };
    assert_eq!((mc.name.as_str(), mc.status), ("MC", ServiceStatus::Started));
    assert_eq!((mc.figures.transactions_total, mc.figures.errors_total), (Some(98.0), Some(3.0)));
    assert_eq!(mc.figures.responses, [("00".to_owned(), 95.0), ("91".to_owned(), 3.0)]);
    assert_eq!(mc.figures.latency_seconds, [("0.5".to_owned(), 0.02)]);
    assert_eq!((visa.name.as_str(), visa.status), ("VISA", ServiceStatus::Malfunction));
}

#[test]
fn histogram_gives_the_quantile_since_the_page_before() {
    let rules = rules(RULE);
    let mut reader = Reader::default();
    let page = |fast: u32, all: u32| {
        format!(
            "tx_seconds_bucket{{scheme=\"MC\",le=\"0.1\"}} {fast}\ntx_seconds_bucket{{scheme=\"MC\",le=\"+Inf\"}} {all}\n"
        )
    };
    let first = reader.read(page(1000, 1000).as_bytes(), &rules).unwrap();
    assert!(first.services[0].figures.latency_seconds.is_empty());
    let second = reader.read(page(1010, 1010).as_bytes(), &rules).unwrap();
    assert_eq!(second.services[0].figures.latency_seconds, [("0.5".to_owned(), 0.05)]);
}

#[test]
fn rule_that_finds_nothing_is_an_unknown_service() {
    let rules = rules("[[service.rule]]\nservice = \"db\"\nup = 'pg_up'\n");
    let observation = Reader::default().read(b"other 1\n", &rules).unwrap();
    assert_eq!(observation.services[0].status, ServiceStatus::Unknown);
}

#[test]
fn wrong_pages_say_what_is_wrong() {
    let rules = rules(RULE);
    let many: Vec<String> = (0..1_000).map(|number| format!("link_up{{scheme=\"s{number}\"}} 1\n")).collect();
    for (page, expected) in [
        (b"a 1\nb\xff 2\n".as_slice(), "byte 5 is not UTF-8"),
        (b"a one\n", "line 1: its value"),
        (b"link_up{scheme=\"a b\"} 1\n", "rule \"{scheme}\": \"a b\" is not"),
        (many.concat().as_bytes(), "more than 512 services"),
    ] {
        let error = Reader::default().read(page, &rules).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} does not hold {expected:?}");
    }
}

/// Debian's own exporter; `make test` installs it.
#[tokio::test]
async fn real_node_exporter_is_read_and_mapped() {
    let program = std::path::Path::new("/usr/bin/prometheus-node-exporter");
    assert!(program.exists(), "{} is missing; install prometheus-node-exporter", program.display());
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let _exporter = Command::new(program)
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let endpoint: Endpoint = format!("http://127.0.0.1:{port}/metrics").parse().unwrap();
    let fetch = async {
        loop {
            match http::get(&endpoint, None, Duration::from_mins(1)).await {
                Ok(answer) if answer.status == 200 => return answer.body,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let page =
        tokio::time::timeout(Duration::from_mins(1), fetch).await.expect("the exporter never answered");
    let rules = rules(
        r#"
[[service.rule]]
service = "collector.{collector}"
up = 'node_scrape_collector_success'
[[service.rule]]
service = "exporter"
up = 'node_exporter_build_info'
transactions = 'process_cpu_seconds_total'
"#,
    );
    let observation = Reader::default().read(&page, &rules).unwrap();
    let named = |name: &str| observation.services.iter().find(|service| service.name == name);
    let exporter = named("exporter").expect("no build info found");
    assert_eq!(exporter.status, ServiceStatus::Started);
    assert!(exporter.figures.transactions_total.is_some());
    assert!(named("collector.cpu").is_some_and(|service| service.status == ServiceStatus::Started));
    assert!(observation.services.len() > 20, "{}", observation.services.len());
}
