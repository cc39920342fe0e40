//! `GET /metrics`: the counters in Prometheus' text form.

use super::Shared;
use crate::service::{ServiceName, ServiceStatus};
use crate::simulate::Switch;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use std::fmt::Write;
use std::sync::Arc;

/// `GET /metrics`.
pub(super) async fn metrics_show(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let text = exposition(&shared.switch());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

fn exposition(switch: &Switch) -> String {
    let mut text = String::with_capacity(8 * 1024);
    family(&mut text, "up", "gauge", "1 while the service works, 0 in MALFUNCTION.");
    for name in ServiceName::ALL {
        let up = u8::from(switch.service(name).status() == ServiceStatus::Started);
        line(&mut text, "up", &[("service", name.as_str())], up);
    }
    family(&mut text, "transactions_total", "counter", "Transactions by response code.");
    for name in ServiceName::ALL {
        for (response, count) in switch.service(name).responses() {
            let labels = [("service", name.as_str()), ("code", response.code())];
            line(&mut text, "transactions_total", &labels, count);
        }
    }
    family(&mut text, "latency_seconds", "summary", "Time to an answer; quantiles over the last minute.");
    for name in ServiceName::ALL {
        let service = switch.service(name);
        let quantiles = service.latencies.quantiles(switch.now(), [0.5, 0.95, 0.99]).into_iter().flatten();
        for (quantile, seconds) in ["0.5", "0.95", "0.99"].into_iter().zip(quantiles) {
            line(
                &mut text,
                "latency_seconds",
                &[("service", name.as_str()), ("quantile", quantile)],
                seconds,
            );
        }
        let labels = [("service", name.as_str())];
        line(&mut text, "latency_seconds_sum", &labels, service.latencies.sum_s());
        line(&mut text, "latency_seconds_count", &labels, service.transactions());
    }
    text
}

// Writing to a String cannot fail, so both results are dropped.

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP payment_switch_{name} {help}\n# TYPE payment_switch_{name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
    let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
    let _ = writeln!(text, "payment_switch_{name}{{{}}} {value}", labels.join(","));
}
