//! `GET /api/v1/history/status`: what the history keeps and what it costs.

use crate::history::History;
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::query::Unanswered;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::history::{Cardinality, HistoryStatus, HistoryTier, RemoteStatus};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_history::{self as store, Options, Status, TierStatus};
use topmast_model::principal::Right;
use topmast_model::time::UnixMillis;

const DAY_MS: i64 = 24 * 3_600_000;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::HISTORY_STATUS, history_status)
}

async fn history_status(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<Json<HistoryStatus>, Refusal> {
    // It counts the series of every server.
    if !authenticated.principal.may(Right::Read, None) {
        let detail = "the history is one over all tenants; its status needs a role that reads everywhere";
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    let history = Arc::clone(&context.history);
    let missing = context.counters.history_missing();
    let told = context.queries.run(None, &context.stop, move |_| told(&history, missing));
    told.await.map(Json).map_err(|unanswered| match unanswered {
        Unanswered::Stopping => Refusal::new(ProblemCode::Stopping, "the master is stopping"),
        Unanswered::Full | Unanswered::Late(_) => {
            Refusal::new(ProblemCode::Busy, "too many queries of the history go on; try again")
        }
    })
}

fn told(history: &History, (refused_series, lost_samples): (u64, u64)) -> HistoryStatus {
    let remote = remote_of(history);
    match history.status() {
        Some((status, options)) => {
            HistoryStatus { refused_series, lost_samples, remote, ..embedded(status, options) }
        }
        None => HistoryStatus {
            series: 0,
            series_max: 0,
            server_series_max: history.bounds().server_series as u64,
            refused_series,
            lost_samples,
            waiting_bytes: 0,
            trouble: None,
            head_bytes: 0,
            tiers: Vec::new(),
            by_metric: Vec::new(),
            by_server: Vec::new(),
            damages: Vec::new(),
            remote,
        },
    }
}

fn remote_of(history: &History) -> Option<RemoteStatus> {
    let state = history.remote()?;
    let time = |time: Option<i64>| time.map(|time| Timestamp(UnixMillis(time)));
    Some(RemoteStatus {
        write_url: state.write_url,
        query_url: history.query_url().map(str::to_owned),
        waiting_bytes: state.waiting.bytes,
        waiting_bytes_max: state.waiting_bytes_max,
        waiting_since: time(state.waiting.oldest),
        sent_samples: state.sent,
        refused_samples: state.refused,
        lost_samples: state.lost,
        failing_since: time(state.health.failing_since),
        last_error: state.health.last_error,
    })
}

fn embedded(status: Status, options: &Options) -> HistoryStatus {
    let cardinality = |all: Vec<store::Cardinality>| {
        all.into_iter().map(|one| Cardinality { name: one.value, series: one.series }).collect()
    };
    HistoryStatus {
        series: status.series as u64,
        series_max: options.series as u64,
        server_series_max: options.target_series as u64,
        refused_series: 0,
        lost_samples: 0,
        waiting_bytes: status.waiting_bytes,
        trouble: status.trouble,
        head_bytes: status.head_bytes,
        tiers: status
            .tiers
            .into_iter()
            .zip(options.keep_ms)
            .map(|(tier, keep)| tier_of(&tier, keep))
            .collect(),
        by_metric: cardinality(status.by_metric),
        by_server: cardinality(status.by_server),
        damages: status.damages,
        remote: None,
    }
}

fn tier_of(tier: &TierStatus, keep_ms: i64) -> HistoryTier {
    let time = |time: i64| Timestamp(UnixMillis(time));
    HistoryTier {
        name: tier.name.to_owned(),
        keep_days: (keep_ms / DAY_MS).unsigned_abs(),
        segments: tier.segments as u64,
        samples: tier.samples,
        bytes: tier.bytes,
        bytes_per_sample: (tier.samples > 0).then(|| tier.bytes as f64 / tier.samples as f64),
        oldest: tier.times.map(|(first, _)| time(first)),
        newest: tier.times.map(|(_, last)| time(last)),
    }
}
