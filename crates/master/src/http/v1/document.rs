//! What is about the master itself: liveness, the CA, the API's document, own metrics.

use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use std::sync::Arc;
use topmast_api::liveness::Liveness;
use topmast_api::problem::ProblemCode;
use topmast_api::{openapi, route};
use topmast_model::principal::Right;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::LIVENESS_GET, liveness_get)
        .route(&route::CA_GET, ca_get)
        .route(&route::OPENAPI_GET, openapi_get)
        .route(&route::METRICS_GET, metrics_get)
}

async fn liveness_get() -> Json<Liveness> {
    Json(Liveness { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() })
}

async fn ca_get(State(context): State<Arc<Context>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/x-pem-file")], context.ca.certificate_pem().to_owned())
}

async fn openapi_get() -> Json<serde_json::Value> {
    Json(openapi::document())
}

async fn metrics_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<impl IntoResponse, Refusal> {
    // They count what all tenants have.
    if !authenticated.principal.may(Right::Read, None) {
        let detail = "the master's own metrics are over all tenants; they need a role that reads everywhere";
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    let (servers, applications, services, actions, head) = {
        let state = context.bus.state();
        let open = state.open_actions().count();
        (state.servers().len(), state.applications().len(), state.services().len(), open, state.last_seq().0)
    };
    let (scrapes, statsd) = (context.scrapes.figures(), context.statsd.figures());
    let zabbix = context.zabbix.figures();
    let (readings, failed) = context.neighbours.figures();
    let mut gauges = vec![
        (
            "topmast_agents_connected_count",
            "Agents connected to this master.",
            context.registry.connected() as u64,
        ),
        ("topmast_series_count", "Series of all servers.", context.live.series_count() as u64),
        ("topmast_servers_count", "Servers known.", servers as u64),
        ("topmast_applications_count", "Applications known.", applications as u64),
        ("topmast_services_count", "Services known.", services as u64),
        ("topmast_actions_open_count", "Actions without an outcome.", actions as u64),
        ("topmast_scrape_targets_count", "Targets that are scraped.", scrapes.targets),
        ("topmast_scrape_targets_up_count", "Targets whose last scrape was good.", scrapes.up),
        (
            "topmast_scrape_broken_files_count",
            "Files of targets that cannot be read; their last good lists are used.",
            scrapes.broken_files,
        ),
        ("topmast_statsd_series_count", "Series of StatsD that are held.", statsd.series),
        ("topmast_journal_head_count", "Position of the journal's last event.", head),
    ];
    let mut counted = vec![
        ("topmast_scrapes_total", "Scrapes of targets.", scrapes.done),
        ("topmast_scrapes_failed_total", "Scrapes that failed.", scrapes.failed),
        ("topmast_zabbix_values_total", "Values of Zabbix' senders that were taken.", zabbix.processed),
        (
            "topmast_zabbix_failed_values_total",
            "Values of Zabbix' senders that were not taken.",
            zabbix.failed,
        ),
        (
            "topmast_zabbix_refused_senders_total",
            "Connections of Zabbix' senders from networks that are not allowed.",
            zabbix.refused_senders,
        ),
        ("topmast_neighbour_readings_total", "Readings of neighbours.", readings),
        ("topmast_neighbour_readings_failed_total", "Readings of neighbours that failed.", failed),
        ("topmast_statsd_lines_total", "Lines of StatsD that were counted.", statsd.lines),
        (
            "topmast_statsd_passed_over_total",
            "Events and service checks among lines of StatsD, which are not kept.",
            statsd.passed_over,
        ),
        ("topmast_statsd_wrong_lines_total", "Lines of StatsD that are wrong.", statsd.wrong),
        (
            "topmast_statsd_refused_lines_total",
            "Lines of StatsD of new series that there is no room for.",
            statsd.refused_series,
        ),
        (
            "topmast_statsd_refused_senders_total",
            "Packets and connections of StatsD from networks that are not allowed.",
            statsd.refused_senders,
        ),
    ];
    if let Some(history) = context.history.embedded() {
        gauges.extend([
            (
                "topmast_history_series_count",
                "Series that the history writes now.",
                history.series_count() as u64,
            ),
            (
                "topmast_history_max_series_count",
                "Series that the history may write at one time.",
                history.options().series as u64,
            ),
            (
                "topmast_history_waiting_bytes",
                "Bytes that the history took and that are in no file yet.",
                history.waiting_bytes(),
            ),
            (
                "topmast_history_is_full",
                "1 while the history takes nothing, for too much waits for its disk.",
                history.is_full().into(),
            ),
        ]);
    }
    if let Some(remote) = context.history.remote() {
        counted.extend([
            ("topmast_remote_sent_samples_total", "Samples that the store outside took.", remote.sent),
            (
                "topmast_remote_refused_samples_total",
                "Samples that the store outside refused for good.",
                remote.refused,
            ),
            (
                "topmast_remote_lost_samples_total",
                "Samples that were dropped because too much waited for the store outside.",
                remote.lost,
            ),
        ]);
        let age = remote.waiting.oldest.map_or(0, |oldest| context.bus.clock().now().0 - oldest);
        gauges.extend([
            ("topmast_remote_waiting_bytes", "Bytes that wait for the store outside.", remote.waiting.bytes),
            (
                "topmast_remote_waiting_seconds",
                "For how long the oldest of them waits.",
                age.max(0).unsigned_abs() / 1_000,
            ),
            (
                "topmast_remote_failing_count",
                "1 while the store outside takes nothing, else 0.",
                u64::from(remote.health.failing_since.is_some()),
            ),
        ]);
    }
    let text = context.counters.render(&counted, &gauges);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}
