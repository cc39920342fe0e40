//! `/api/v1/tenants/{name}/availability`: how available what a tenant has was, from the journal's transitions.
//!
//! A service or application is one thing on all servers of its cluster: it is up while one of its instances is.

use super::month;
use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked as Query, Named};
use crate::http::problem::Refusal;
use crate::projection::Became;
use axum::Json;
use axum::extract::State;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_api::availability::{
    AVAILABILITY_ROWS_MAX, Availability, AvailabilityGap, AvailabilityKind, AvailabilityPart,
    AvailabilityQuery, AvailabilityRow, AvailabilityTime, OutageRow,
};
use topmast_api::problem::ProblemCode;
use topmast_api::time::Timestamp;
use topmast_engine::availability::{Counted, Instance, Measured, Standing, Turn, is_idle, measure};
use topmast_engine::tenant::Tenant;
use topmast_model::maintenance::Period;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;
use topmast_model::tenant::Objective;
use topmast_model::time::UnixMillis;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Most changes of one answer: a second's work and some hundred megabytes.
const CHANGES_MAX: usize = 1_000_000;
/// Most pieces that are measured: things, times the changes and parts of each. Some seconds' work.
const THINGS_MAX: usize = 50_000;

pub(super) async fn tenant_availability(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(tenant): Named<ObjectPath>,
    Query(query): Query<AvailabilityQuery>,
) -> Result<Json<Availability>, Refusal> {
    let now = context.bus.clock().now();
    let span = span(&query, now)?;
    let kept = {
        let state = context.bus.state();
        let is_there = state.tenant_names().contains(tenant.as_str());
        if !is_there || !authenticated.principal.may(Right::Read, Some(&tenant)) {
            return Err(Refusal::not_found("tenant", &tenant));
        }
        state.tenants().get(tenant.as_str()).cloned()
    };
    let became = context.journal.became(tenant.clone(), span.window, CHANGES_MAX).await?;
    tokio::task::spawn_blocking(move || answer(&tenant, kept.as_ref(), &span, &became))
        .await
        .map_err(|_| Refusal::new(ProblemCode::Stopping, "the master is stopping"))?
        .map(Json)
}

/// What is asked about.
struct Span {
    /// What can be known of it now.
    window: Period,
    /// Where all of it ends.
    ends_at: UnixMillis,
    /// Where its parts begin.
    edges: Vec<UnixMillis>,
}

fn span(query: &AvailabilityQuery, now: UnixMillis) -> Result<Span, Refusal> {
    let today = now.0.div_euclid(DAY_MS);
    let (first, last) = match (query.period.as_deref(), query.month.as_deref()) {
        (Some(_), Some(_)) => return Err(Refusal::invalid("month", "give a period or a month, not both")),
        (None, Some(text)) => {
            let days = month(Some(text), now)?;
            let day = |found: Option<&(i64, String)>| found.map_or(today, |(number, _)| *number);
            (day(days.first()), day(days.last()))
        }
        (Some("today"), None) => (today, today),
        (Some("7d"), None) => (today - 6, today),
        (None | Some("30d"), None) => (today - 29, today),
        (Some("90d"), None) => (today - 89, today),
        (Some(_), None) => return Err(Refusal::invalid("period", "write today, 7d, 30d or 90d")),
    };
    let (from, ends_at) = (UnixMillis(first * DAY_MS), UnixMillis((last + 1) * DAY_MS));
    if from > now {
        return Err(Refusal::invalid("month", "is still to come"));
    }
    let step = if first == last { HOUR_MS } else { DAY_MS };
    let to = now.min(ends_at);
    let edges = (0..(ends_at.0 - from.0) / step).map(|part| UnixMillis(from.0 + part * step));
    let edges = edges.take_while(|edge| *edge < to || *edge == from).collect();
    Ok(Span { window: Period { from, to }, ends_at, edges })
}

/// Things by kind, cluster and name, each with its instances.
type Things<'a> = BTreeMap<(AvailabilityKind, ObjectPath, String), Vec<(&'a ObjectPath, Instance<'a>)>>;

fn answer(
    tenant: &ObjectPath,
    kept: Option<&Tenant>,
    span: &Span,
    became: &Became,
) -> Result<Availability, Refusal> {
    let (things, idle) = things(span.window, became);
    if things.len() > THINGS_MAX {
        let detail = format!("{tenant} has more than {THINGS_MAX} things to measure; ask PromQL instead");
        return Err(Refusal::invalid("name", detail));
    }
    let kinds = [AvailabilityKind::Service, AvailabilityKind::Application, AvailabilityKind::Server];
    let has = |kind: &AvailabilityKind| things.keys().any(|(found, ..)| found == kind);
    let judged_by = kinds.into_iter().find(has).unwrap_or(AvailabilityKind::Server);
    let mut sum = Sum { parts: vec![Counted::default(); span.edges.len()], ..Sum::default() };
    let (mut rows, mut outages) = (Vec::new(), Vec::new());
    for ((kind, cluster, name), found) in &things {
        let instances: Vec<Instance<'_>> = found.iter().map(|(_, instance)| instance.clone()).collect();
        let measured = measure(span.window, &span.edges, &became.gaps, &instances);
        let object = found.first().map_or(cluster, |(path, _)| *path);
        let objective = kept.and_then(|kept| kept.objective_of(name));
        let now = now_of(&instances, span.window.to);
        let rest_ms = if now == "GONE" { 0 } else { span.window.to.until(span.ends_at).as_millis() };
        let budget = budget(&measured.total, objective, u64::try_from(rest_ms).unwrap_or(0));
        if *kind == judged_by {
            sum.add(&measured, budget);
        }
        outages.extend(measured.outages.iter().map(|outage| OutageRow {
            kind: *kind,
            cluster: cluster.clone(),
            name: name.clone(),
            object: object.clone(),
            from: Timestamp(outage.from),
            until: outage.until.map(Timestamp),
            down_ms: outage.down_ms,
            status: outage.status.clone(),
            cause: outage.cause.clone(),
        }));
        rows.push(AvailabilityRow {
            kind: *kind,
            cluster: cluster.clone(),
            name: name.clone(),
            instances: found.len() as u64,
            object: object.clone(),
            now: now.to_owned(),
            time: time(&measured.total, budget),
            objective: objective.map(Objective::percent),
            outages: measured.outages.len() as u64,
        });
    }
    // The worst first: what lost most of its time, of equals what was down longer.
    rows.sort_by(|one, other| {
        let percent = |row: &AvailabilityRow| row.time.percent.unwrap_or(f64::INFINITY);
        let key = |row: &AvailabilityRow| (row.kind, Reverse(row.time.down_ms));
        one.kind
            .cmp(&other.kind)
            .then(percent(one).total_cmp(&percent(other)))
            .then(key(one).cmp(&key(other)))
    });
    outages.sort_by_key(|outage| Reverse(outage.from));
    let before = (rows.len(), outages.len());
    let mut places: BTreeMap<AvailabilityKind, usize> = BTreeMap::new();
    rows.retain(|row| {
        let place = places.entry(row.kind).or_default();
        *place += 1;
        *place <= AVAILABILITY_ROWS_MAX
    });
    outages.truncate(AVAILABILITY_ROWS_MAX);
    let parts = span.edges.iter().zip(&sum.parts);
    Ok(Availability {
        tenant: tenant.clone(),
        title: kept.map_or_else(|| tenant.to_string(), |kept| kept.title.clone()),
        from: Timestamp(span.window.from),
        until: Timestamp(span.window.to),
        ends_at: Timestamp(span.ends_at),
        objective: kept.and_then(|kept| kept.objective).map(Objective::percent),
        judged_by,
        total: time(&sum.total, sum.budget),
        parts: parts
            .map(|(edge, counted)| AvailabilityPart { from: Timestamp(*edge), time: time(counted, None) })
            .collect(),
        is_cut: before != (rows.len(), outages.len()),
        rows,
        outages,
        gaps: gaps(became, span.window),
        idle,
    })
}

/// All that a tenant is judged by.
#[derive(Default)]
struct Sum {
    total: Counted,
    parts: Vec<Counted>,
    /// What may be lost, and was of that which has an objective.
    budget: Option<(u64, i64)>,
}

impl Sum {
    fn add(&mut self, measured: &Measured, budget: Option<(u64, i64)>) {
        self.total.add(&measured.total);
        self.parts.iter_mut().zip(&measured.parts).for_each(|(sum, part)| sum.add(part));
        if let Some((budget, left)) = budget {
            let (sum, sum_left) = self.budget.unwrap_or_default();
            self.budget = Some((sum + budget, sum_left + left));
        }
    }
}

/// What may be lost in all, also of the time to come, and what is left of that.
fn budget(total: &Counted, objective: Option<Objective>, rest_ms: u64) -> Option<(u64, i64)> {
    let budget = objective?.budget_ms(total.known_ms() + rest_ms);
    let signed = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
    Some((budget, signed(budget) - signed(total.down_ms)))
}

fn time(counted: &Counted, budget: Option<(u64, i64)>) -> AvailabilityTime {
    AvailabilityTime {
        percent: counted.percent(),
        up_ms: counted.up_ms,
        down_ms: counted.down_ms,
        unknown_ms: counted.unknown_ms,
        maintenance_ms: counted.maintenance_ms,
        budget_ms: budget.map(|(budget, _)| budget),
        budget_left_ms: budget.map(|(_, left)| left),
    }
}

/// Everything that was there and meant to run, and how many things were not.
fn things(window: Period, became: &Became) -> (Things<'_>, u64) {
    let (mut things, mut idle) = (Things::new(), 0);
    let turns_of = |path: &ObjectPath| became.turns.get(path).map_or(&[][..], Vec::as_slice);
    for (path, turns) in &became.turns {
        let is_there = |turn: &Turn| turn.standing != Standing::Absent;
        if !turns.iter().any(is_there) {
            continue;
        }
        let chain: Vec<ObjectPath> = [Level::Server, Level::Application, Level::Service]
            .iter()
            .filter_map(|level| path.ancestor(*level))
            .collect();
        let layers: Vec<&[Turn]> = chain.iter().map(turns_of).collect();
        if layers.iter().skip(1).any(|layer| is_idle(layer, window)) {
            idle += 1;
            continue;
        }
        let (Some(cluster), Some((kind, name))) = (path.ancestor(Level::Cluster), named(path)) else {
            continue;
        };
        let concerns = |(object, _): &&(ObjectPath, Period)| path.is_within(object);
        let maintenance =
            became.maintenance.iter().filter(concerns).map(|(_, period)| *period).collect::<Vec<_>>();
        let instance = Instance { layers, maintenance };
        things.entry((kind, cluster, name)).or_default().push((path, instance));
    }
    (things, idle)
}

/// What an object is an instance of.
fn named(path: &ObjectPath) -> Option<(AvailabilityKind, String)> {
    let application = path.name_at(Level::Application);
    match path.level() {
        Level::Server => Some((AvailabilityKind::Server, path.name().to_owned())),
        Level::Application => Some((AvailabilityKind::Application, path.name().to_owned())),
        Level::Service => Some((AvailabilityKind::Service, format!("{}/{}", application?, path.name()))),
        _ => None,
    }
}

/// How a thing is at the end of the window, in a word.
fn now_of(instances: &[Instance<'_>], end: UnixMillis) -> &'static str {
    let last = Period { from: UnixMillis(end.0 - 1), to: end };
    let bare: Vec<Instance<'_>> = instances
        .iter()
        .map(|instance| Instance { layers: instance.layers.clone(), maintenance: Vec::new() })
        .collect();
    let Counted { up_ms, down_ms, unknown_ms, .. } = measure(last, &[], &[], &bare).total;
    match (up_ms, down_ms, unknown_ms) {
        (0, 0, 0) => "GONE",
        (0, 0, _) => "UNKNOWN",
        (0, ..) => "DOWN",
        _ => "UP",
    }
}

fn gaps(became: &Became, window: Period) -> Vec<AvailabilityGap> {
    let inside = became.gaps.iter().map(|gap| (gap.from.max(window.from), gap.to.min(window.to)));
    let told = inside.map(|(from, until)| AvailabilityGap { from: Timestamp(from), until: Timestamp(until) });
    told.take(AVAILABILITY_ROWS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(20_400 * DAY_MS + 5 * HOUR_MS);

    fn of(period: Option<&str>, month: Option<&str>) -> Result<Span, Refusal> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        span(&AvailabilityQuery { period: text(period), month: text(month) }, NOW)
    }

    #[test]
    fn periods_are_whole_days_by_utc_and_end_now() {
        let check = |period: &str, days: i64, parts: usize| {
            let span = of(Some(period), None).unwrap();
            assert_eq!(span.window.to, NOW, "{period}");
            assert_eq!(span.window.from, UnixMillis((20_401 - days) * DAY_MS), "{period}");
            assert_eq!(span.edges.len(), parts, "{period}");
        };
        check("today", 1, 5);
        check("7d", 7, 7);
        check("30d", 30, 30);
        check("90d", 90, 90);
        // 2025-11-08 is within the month, of which the rest is still to come.
        let month = of(None, Some("2025-11")).unwrap();
        assert_eq!((month.window.to, month.edges.len()), (NOW, 8));
        assert_eq!(month.ends_at.0 - month.window.from.0, 30 * DAY_MS);
        let past = of(None, Some("2025-10")).unwrap();
        assert_eq!((past.window.to, past.edges.len()), (past.ends_at, 31));
        for (period, month) in
            [(Some("2d"), None), (Some("7d"), Some("2025-11")), (None, Some("2025-12")), (None, Some("x"))]
        {
            assert!(of(period, month).is_err(), "{period:?} {month:?}");
        }
    }

    #[test]
    fn budget_is_of_the_known_time_and_of_what_is_still_to_come() {
        let counted = Counted { up_ms: 90_000, down_ms: 10_000, unknown_ms: 7, maintenance_ms: 9 };
        let objective = Objective::try_from(99.0).ok();
        assert_eq!(budget(&counted, objective, 900_000), Some((10_000, 0)));
        assert_eq!(budget(&counted, objective, 0), Some((1_000, -9_000)));
        assert_eq!(budget(&counted, None, 0), None);
    }
}
