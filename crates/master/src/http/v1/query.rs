//! `/api/v1/prometheus/api/v1`: the history asked as Prometheus is asked, so that Grafana, promtool and the like
//! work as they stand.
//!
//! Each answer is made whole on a blocking thread. Credentials that are wrong are refused as everywhere else; what is
//! wrong with a query is told in Prometheus' form. Parameters that are not known are passed over, as there.
//!
//! Elsewhere: what a query may cost and who sees what (`crate::query`).

mod answer;
mod parameters;
mod targets;

use crate::http::authenticate::Authenticated;
use crate::http::body::Named;
use crate::http::{Context, Mounting};
use crate::merged::{Far, Wide};
use crate::query::{Paths, Unanswered, Visible};
use answer::Failure;
use axum::extract::State;
use axum::response::Response;
use parameters::Parameters;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use topmast_api::query::{BAD_QUERY, LabelSet, MetricMetadata};
use topmast_api::route;
use topmast_history::promql::{self, Options, Query};
use topmast_history::{Budget, Matcher};
use topmast_model::catalogue::{CATALOGUE, Metric, MetricKind, Unit};

/// The Prometheus whose `PromQL` and HTTP API this is like; clients decide by it what they may ask.
const PROMETHEUS_VERSION: &str = "2.42.0";

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::QUERY_INSTANT, query_instant)
        .route(&route::QUERY_INSTANT_FORM, query_instant)
        .route(&route::QUERY_RANGE, query_range)
        .route(&route::QUERY_RANGE_FORM, query_range)
        .route(&route::QUERY_SERIES, query_series)
        .route(&route::QUERY_SERIES_FORM, query_series)
        .route(&route::QUERY_LABELS, query_labels)
        .route(&route::QUERY_LABELS_FORM, query_labels)
        .route(&route::QUERY_LABEL_VALUES, query_label_values)
        .route(&route::QUERY_METADATA, query_metadata)
        .route(&route::QUERY_EXEMPLARS, query_exemplars)
        .route(&route::QUERY_EXEMPLARS_FORM, query_exemplars)
        .route(&route::QUERY_BUILD, query_build)
        .route(&route::QUERY_RULES, query_rules)
        .route(&route::QUERY_ALERTS, query_alerts)
        .route(&route::QUERY_TARGETS, targets::query_targets)
}

async fn query_instant(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let now = context.bus.clock().now().0;
    let (query, options, limit) = asked(&parameters)?;
    let at = parameters.time("time")?.unwrap_or(now);
    answered(&context, &authenticated, &parameters, move |wide, budget| {
        let value = query.instant(wide, at, &options, budget)?;
        answer::of_value(value, at, limit, wide.warnings())
    })
    .await
}

async fn query_range(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let (query, options, limit) = asked(&parameters)?;
    let (start, end) = (parameters.needed_time("start")?, parameters.needed_time("end")?);
    let step = parameters.needed_duration("step")?;
    answered(&context, &authenticated, &parameters, move |wide, budget| {
        let matrix = query.range(wide, start, end, step, &options, budget)?;
        answer::of_value(promql::Value::Matrix(matrix), end, limit, wide.warnings())
    })
    .await
}

async fn query_series(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let selectors = selectors(&parameters)?;
    if selectors.is_empty() {
        return Err(Failure::bad_data("no match[] parameter provided: name a selector such as match[]=up"));
    }
    let (times, limit) = (times(&parameters)?, parameters.limit()?);
    answered(&context, &authenticated, &parameters, move |wide, budget| {
        let mut found = BTreeSet::new();
        for matchers in &selectors {
            found.extend(wide.series(matchers, times, budget)?);
            budget.charge(found.len() as u64)?;
        }
        let labels = found.iter().map(answer::labels_of).collect();
        answer::of_list::<LabelSet>(labels, limit, wide.warnings())
    })
    .await
}

async fn query_labels(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let selectors = any_or(selectors(&parameters)?);
    let (times, limit) = (times(&parameters)?, parameters.limit()?);
    answered(&context, &authenticated, &parameters, move |wide, budget| {
        let mut names = BTreeSet::new();
        for matchers in &selectors {
            names.extend(wide.label_names(matchers, times, budget)?);
        }
        answer::of_list(names.into_iter().collect(), limit, wide.warnings())
    })
    .await
}

async fn query_label_values(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
    parameters: Parameters,
) -> Result<Response, Failure> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain || name.bytes().next().is_none_or(|byte| byte.is_ascii_digit()) {
        return Err(Failure::bad_data(format!("invalid label name: {name:?}")));
    }
    let selectors = any_or(selectors(&parameters)?);
    let (times, limit) = (times(&parameters)?, parameters.limit()?);
    answered(&context, &authenticated, &parameters, move |wide, budget| {
        let mut values = BTreeSet::new();
        for matchers in &selectors {
            values.extend(wide.label_values(&name, matchers, times, budget)?);
        }
        answer::of_list(values.into_iter().collect(), limit, wide.warnings())
    })
    .await
}

async fn query_metadata(parameters: Parameters) -> Result<Response, Failure> {
    let limit = parameters.limit()?.unwrap_or(usize::MAX);
    let wanted = |metric: &&&Metric| parameters.get("metric").is_none_or(|name| name == metric.name);
    let told = |metric: &&'static Metric| {
        let kind = match metric.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        };
        let unit = match metric.unit {
            Unit::Count => "",
            Unit::Bytes => "bytes",
            Unit::Seconds => "seconds",
            Unit::Ratio => "ratio",
        };
        (metric.name, [MetricMetadata { kind: kind.into(), help: metric.help.into(), unit: unit.into() }])
    };
    let data: BTreeMap<_, _> = CATALOGUE.iter().filter(wanted).map(told).take(limit).collect();
    Ok(answer::of_data(&data))
}

async fn query_exemplars() -> Response {
    answer::of_data(&[(); 0])
}

async fn query_build() -> Response {
    answer::of_data(&serde_json::json!({
        "version": PROMETHEUS_VERSION,
        "revision": concat!("topmast-", env!("CARGO_PKG_VERSION")),
        "branch": "",
        "buildUser": "",
        "buildDate": "",
        "goVersion": "",
    }))
}

async fn query_rules() -> Response {
    answer::of_data(&serde_json::json!({ "groups": [] }))
}

async fn query_alerts() -> Response {
    answer::of_data(&serde_json::json!({ "alerts": [] }))
}

/// What both kinds of queries ask: the expression, how it is answered, and how much of it.
fn asked(parameters: &Parameters) -> Result<(Query, Options, Option<usize>), Failure> {
    let text = parameters.get("query").unwrap_or_default();
    let query = promql::parse(text).map_err(|error| Failure::bad_data(format!("{BAD_QUERY}{error}")))?;
    let lookback = parameters.duration("lookback_delta")?;
    let options = Options::default();
    let options = Options { lookback_ms: lookback.unwrap_or(options.lookback_ms), ..options };
    Ok((query, options, parameters.limit()?))
}

/// The selectors of all `match[]`.
fn selectors(parameters: &Parameters) -> Result<Vec<Vec<Matcher>>, Failure> {
    let matchers = |text: &str| {
        let wrong = |reason: String| Failure::bad_data(format!("invalid parameter \"match[]\": {reason}"));
        let query = promql::parse(text).map_err(|error| wrong(error.to_string()))?;
        query.matchers().map(<[_]>::to_vec).ok_or_else(|| wrong(format!("{text:?} is no selector of series")))
    };
    parameters.all("match[]").map(matchers).collect()
}

/// One selector that means everything where there is none.
fn any_or(selectors: Vec<Vec<Matcher>>) -> Vec<Vec<Matcher>> {
    if selectors.is_empty() { vec![Vec::new()] } else { selectors }
}

/// The times that are asked for; all when missing.
fn times(parameters: &Parameters) -> Result<(i64, i64), Failure> {
    let (start, end) = (parameters.time("start")?, parameters.time("end")?);
    Ok((start.unwrap_or(i64::MIN), end.unwrap_or(i64::MAX)))
}

/// Does the work of an answer on a thread of its own, for what the principal may see in all clusters.
async fn answered(
    context: &Arc<Context>,
    authenticated: &Authenticated,
    parameters: &Parameters,
    work: impl FnOnce(&Wide<'_>, &Budget) -> Result<Response, Failure> + Send + 'static,
) -> Result<Response, Failure> {
    let timeout = parameters.timeout()?;
    let principal = &authenticated.principal;
    let (history, paths) = (Arc::clone(&context.history), Paths::of(principal));
    let far = Far::of(context, principal);
    let work = move |budget: &Budget| {
        let damaged = history.damages().len();
        let warning = (damaged > 0).then(|| {
            format!("{damaged} places of the history are damaged and left out; see `topmast history status`")
        });
        work(&Wide::new(Visible::new(&history, &paths), &far, warning), budget)
    };
    context.queries.run(timeout, &context.stop, work).await.map_err(|unanswered| match unanswered {
        Unanswered::Full => Failure::full(),
        Unanswered::Late(after) => Failure::late(after),
        Unanswered::Stopping => Failure::stopping(),
    })?
}
