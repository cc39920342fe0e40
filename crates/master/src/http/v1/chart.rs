//! `GET /api/v1/charts/{*path}`: how an object's figures went.
//!
//! ```text
//! the last five minutes ─► live model (seconds as rows showed them) ─┐
//! anything older        ─► history, one expression a figure ─────────┴─► chart
//! ```

mod expression;
mod past;
mod steps;

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::live::Steps;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use steps::{Asked as AskedSteps, Kept, Source};
use topmast_api::chart::{Chart, ChartFigure, ChartQuery, Figure, figures_of};
use topmast_api::route;
use topmast_history::Budget;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::CHART_GET, chart_get)
}

async fn chart_get(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Asked(query): Asked<ChartQuery>,
) -> Result<Json<Chart>, Refusal> {
    let path: ObjectPath = path.parse()?;
    if !authenticated.principal.may(Right::Read, Some(&path)) || !exists(&context, &path) {
        return Err(Refusal::not_found("object", &path));
    }
    let chosen = chosen(&path, query.figures.as_deref())?;
    let kept = Kept { begins: context.history.begins(), interval_ms: interval_ms(&context, &path) };
    let AskedSteps { steps, source } = steps::asked(&query, context.bus.clock().now(), &kept)?;
    let columns = match source {
        Source::Live => {
            chosen.iter().map(|(position, _)| context.live.recent(&path, *position, &steps)).collect()
        }
        Source::History { interval_ms } => {
            let figures: Vec<&Figure> = chosen.iter().map(|(_, figure)| *figure).collect();
            past::averages(&context.history, &path, &figures, steps, interval_ms).await?
        }
    };
    let figures = chosen.into_iter().zip(columns).map(|((_, figure), values)| ChartFigure {
        name: figure.name.to_owned(),
        unit: figure.unit,
        values: values.into_iter().map(|value| value.is_finite().then_some(value)).collect(),
    });
    Ok(Json(Chart {
        resolution_ms: steps.step_s.unsigned_abs() * 1_000,
        // A beginning that is not known is none to show.
        kept_since: kept.since().filter(|since| *since != i64::MIN),
        times: steps.begins().map(|second| second * 1_000).collect(),
        figures: figures.collect(),
        path,
    }))
}

/// A figure's averages over steps from a second on and before another, for those who show it elsewhere: seconds at
/// which steps begin, and values where something was heard. Blocks.
pub(crate) fn figure_points(
    context: &Context,
    path: &ObjectPath,
    figure: &Figure,
    (since, until): (i64, i64),
    step_s: i64,
    budget: &Budget,
) -> Result<Vec<(i64, f64)>, Refusal> {
    let kept = Kept { begins: context.history.begins(), interval_ms: interval_ms(context, path) };
    let begin = kept.since().map_or(until, |begin| begin.div_euclid(1_000));
    // Whole steps of the span, from the first in which anything is kept.
    let missing = (begin - since).max(0).div_euclid(step_s) * step_s;
    let steps = Steps { since: since.saturating_add(missing).min(until), until, step_s };
    let interval_ms = kept.interval_ms(steps.since.saturating_mul(1_000).saturating_add(999));
    past::points(&context.history, path, figure, &steps, interval_ms, budget)
}

fn exists(context: &Context, path: &ObjectPath) -> bool {
    let state = context.bus.state();
    match path.level() {
        // Nothing is counted for a whole tenant.
        Level::Tenant => false,
        Level::Cluster => *path == context.cluster || state.servers().within(Some(path)).next().is_some(),
        Level::Server => state.server(path).is_some(),
        Level::Application => state.applications().get(path).is_some(),
        Level::Service => state.services().get(path).is_some(),
    }
}

/// Time between two samples: of the slowest server that the object is on, or that is in it.
fn interval_ms(context: &Context, path: &ObjectPath) -> i64 {
    let of = path.ancestor(Level::Server).unwrap_or_else(|| path.clone());
    let state = context.bus.state();
    let slowest = state.servers().within(Some(&of)).map(|(_, server)| server.registration.interval_ms).max();
    slowest.and_then(|interval| i64::try_from(interval).ok()).unwrap_or(1_000)
}

/// The figures asked for, each with its position among those that the object has.
fn chosen(path: &ObjectPath, names: Option<&str>) -> Result<Vec<(usize, &'static Figure)>, Refusal> {
    let all = || figures_of(path.level()).iter().enumerate();
    let Some(names) = names else { return Ok(all().collect()) };
    let mut chosen: Vec<(usize, &'static Figure)> = Vec::new();
    for name in names.split(',').map(str::trim) {
        let Some(found) = all().find(|(_, figure)| figure.name == name) else {
            let there_are: Vec<&str> = all().map(|(_, figure)| figure.name).collect();
            let there_are = there_are.join(", ");
            return Err(Refusal::invalid(
                "figures",
                format!("{path} has no figure {name:?}; there are {there_are}"),
            ));
        };
        // So that an answer has a bound: each figure once.
        if !chosen.contains(&found) {
            chosen.push(found);
        }
    }
    Ok(chosen)
}
