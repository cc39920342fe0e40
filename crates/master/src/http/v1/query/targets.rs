//! `GET /api/v1/prometheus/api/v1/targets`: what the master scrapes, and how that goes, in Prometheus' form.

use super::answer::{self, Failure};
use super::parameters::Parameters;
use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::scrape::{Active, Shown};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_api::problem::ProblemCode;
use topmast_api::time::Timestamp;
use topmast_ingest::relabel::Labels;
use topmast_model::principal::Right;
use topmast_model::time::UnixMillis;

/// A time at which nothing happened, as Prometheus writes it.
const NEVER: &str = "0001-01-01T00:00:00Z";

#[derive(Default, Serialize)]
struct Targets {
    #[serde(rename = "activeTargets")]
    active: Vec<ActiveTarget>,
    #[serde(rename = "droppedTargets")]
    dropped: Vec<DroppedTarget>,
    #[serde(rename = "droppedTargetCounts")]
    dropped_counts: BTreeMap<String, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActiveTarget {
    discovered_labels: Labels,
    labels: Labels,
    scrape_pool: String,
    scrape_url: String,
    global_url: String,
    last_error: String,
    last_scrape: String,
    /// In seconds.
    last_scrape_duration: f64,
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DroppedTarget {
    discovered_labels: Labels,
    scrape_pool: String,
}

pub(super) async fn query_targets(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    parameters: Parameters,
) -> Result<Response, Response> {
    // Addresses and parameters of whatever the cluster looks at, before relabelling chose what of it is a label.
    if !authenticated.principal.may(Right::Read, None) {
        let detail = "the targets are those of the whole master; they need a role that reads everywhere";
        return Err(Refusal::new(ProblemCode::Forbidden, detail).into_response());
    }
    let (active, dropped) = match parameters.get("state").map(str::to_ascii_lowercase).as_deref() {
        None | Some("any") => (true, true),
        Some("active") => (true, false),
        Some("dropped") => (false, true),
        Some(_) => {
            let failure = Failure::parameter("state", "it is active, dropped or any");
            return Err(failure.into_response());
        }
    };
    let pool = parameters.get("scrapePool");
    let mut targets = Targets::default();
    for (job, shown) in context.scrapes.shown() {
        if pool.is_some_and(|pool| pool != job) {
            continue;
        }
        let Shown { active: of_job, dropped: dropped_of_job, .. } = shown;
        targets.dropped_counts.insert(job.clone(), dropped_of_job.len());
        if active {
            targets.active.extend(of_job.into_iter().map(|one| told(&job, one)));
        }
        if dropped {
            let told = |labels| DroppedTarget { discovered_labels: labels, scrape_pool: job.clone() };
            targets.dropped.extend(dropped_of_job.into_iter().map(told));
        }
    }
    Ok(answer::of_data(&targets))
}

fn told(job: &str, active: Active) -> ActiveTarget {
    let Active { target, discovered } = active;
    let health = target.health();
    let duration = |name: &str| discovered.get(name).cloned().unwrap_or_default();
    ActiveTarget {
        labels: target.labels.clone(),
        scrape_pool: job.to_owned(),
        scrape_url: target.url.to_string(),
        global_url: target.url.to_string(),
        last_error: health.error,
        last_scrape: health
            .time
            .map_or_else(|| NEVER.to_owned(), |time| Timestamp(UnixMillis(time)).to_string()),
        last_scrape_duration: health.took.as_secs_f64(),
        health: health.state.name(),
        scrape_interval: duration("__scrape_interval__"),
        scrape_timeout: duration("__scrape_timeout__"),
        discovered_labels: discovered,
    }
}
