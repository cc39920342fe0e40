//! `GET /api/v1/charts/{*path}`: how an object's figures went.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::live::{KEPT_S, Steps};
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::chart::{
    Chart, ChartFigure, ChartQuery, Figure, POINTS_DEFAULT, POINTS_MAX, SPAN_MS_DEFAULT, figures_of,
};
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;
use topmast_model::time::UnixMillis;

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
    let figures = chosen(&path, query.figures.as_deref())?;
    let steps = steps(&query, context.bus.clock().now())?;
    let figures = figures.into_iter().map(|(position, figure)| ChartFigure {
        name: figure.name.to_owned(),
        unit: figure.unit,
        values: context
            .live
            .recent(&path, position, &steps)
            .into_iter()
            .map(|value| (!value.is_nan()).then_some(value))
            .collect(),
    });
    Ok(Json(Chart {
        resolution_ms: steps.step_s.unsigned_abs() * 1_000,
        times: steps.begins().map(|second| second * 1_000).collect(),
        figures: figures.collect(),
        path,
    }))
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

/// The whole seconds asked for, as far as they are kept, in no more steps than points. Steps begin at multiples
/// of their length, so that a chart asked for again a second later has the same points and not others.
fn steps(query: &ChartQuery, now: UnixMillis) -> Result<Steps, Refusal> {
    let points = query.points.unwrap_or(POINTS_DEFAULT);
    if !(1..=POINTS_MAX).contains(&points) {
        return Err(Refusal::invalid("points", format!("points is 1 to {POINTS_MAX}")));
    }
    let asked_until = query.until.map_or(now.0, Timestamp::as_millis);
    let asked_since = query.since.map_or(asked_until.saturating_sub(SPAN_MS_DEFAULT), Timestamp::as_millis);
    if asked_since >= asked_until {
        return Err(Refusal::invalid("since", "since is not before until; ask for a time that has passed"));
    }
    // The second that is under way is written at its beginning.
    let newest = now.0.div_euclid(1_000);
    let until = asked_until.min(now.0).div_euclid(1_000) + 1;
    let since = asked_since.div_euclid(1_000).max(newest + 1 - KEPT_S).min(until);
    let points = i64::from(points);
    let mut step_s = (until - since + points - 1).div_euclid(points).max(1);
    // Cut at multiples, a span may touch one step more than fits.
    while until.div_euclid(step_s) + i64::from(until.rem_euclid(step_s) > 0) - since.div_euclid(step_s)
        > points
    {
        step_s += 1;
    }
    Ok(Steps { since: since.div_euclid(step_s) * step_s, until, step_s })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    /// Steps for seconds before now, and points.
    fn asked(since: Option<i64>, until: Option<i64>, points: u32) -> Result<Steps, String> {
        let time = |before: i64| Timestamp(UnixMillis((NOW - before) * 1_000));
        let query = ChartQuery {
            figures: None,
            since: since.map(time),
            until: until.map(time),
            points: Some(points),
        };
        steps(&query, UnixMillis(NOW * 1_000 + 400)).map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn five_minutes_until_now_are_shown_when_nothing_is_asked() {
        let steps = asked(None, None, POINTS_DEFAULT).unwrap();
        assert_eq!(steps, Steps { since: NOW - 299, until: NOW + 1, step_s: 1 });
        assert_eq!(steps.count(), 300);
    }

    #[test]
    fn never_more_points_than_asked_and_the_same_ones_a_second_later() {
        for points in 1..=POINTS_MAX {
            for span in [1, 7, 59, 299, 300, 100_000] {
                let steps = asked(Some(span), None, points).unwrap();
                let count = steps.begins().count();
                assert!((1..=points as usize).contains(&count), "{count} of {points} for {span} s");
                assert!(steps.begins().all(|begin| begin % steps.step_s == 0));
            }
        }
    }

    #[test]
    fn range_beyond_what_is_kept_is_cut_or_empty() {
        let steps = asked(Some(86_400), Some(-60), 600).unwrap();
        assert_eq!((steps.since, steps.until), (NOW - 299, NOW + 1));
        assert_eq!(asked(Some(86_400), Some(3_600), 600).unwrap().count(), 0);
    }

    #[test]
    fn wrong_ranges_and_too_many_points_are_refused() {
        assert!(asked(Some(10), Some(10), 600).unwrap_err().contains("since is not before until"));
        for points in [0, POINTS_MAX + 1] {
            assert!(asked(None, None, points).unwrap_err().contains("points is 1 to 2000"));
        }
    }
}
