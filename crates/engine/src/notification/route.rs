//! Deciding about routes.

use crate::{Listed, Rejection, State};
use std::collections::BTreeSet;
use topmast_model::event::EventBody;
use topmast_model::maintenance::Period;
use topmast_model::notification::{ROUTES_MAX, Route};
use topmast_model::path::Level;
use topmast_model::principal::{Principal, Right};

/// Most times planned of a route.
const PERIODS_MAX: usize = 200;

/// What applying routes would do: a dry run shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoutesPlan {
    /// Routes that are new.
    pub added: Vec<String>,
    /// Routes that become others.
    pub changed: Vec<String>,
    /// Routes that are as they are to be.
    pub unchanged: Vec<String>,
    /// Routes that go.
    pub deleted: Vec<String>,
}

/// Works out what applying routes would do. Of those that are not among them, whoever asks deletes what is for them to delete.
///
/// # Errors
/// A [`Rejection`] when they cannot be applied.
pub fn plan_routes(
    state: &State,
    who: &Principal,
    routes: &[Route],
    prune: bool,
) -> Result<RoutesPlan, Rejection> {
    let (mut names, mut plan) = (BTreeSet::new(), RoutesPlan::default());
    for route in routes {
        route.check().map_err(|error| Rejection::invalid("routes", error.to_string()))?;
        if !names.insert(route.name.as_str()) {
            let message = format!("there are two routes {:?}; rename one", route.name);
            return Err(Rejection::invalid("routes", message));
        }
        check_channels(state, route)?;
        let list = match state.route(&route.name) {
            None => &mut plan.added,
            Some(kept) if kept == route => &mut plan.unchanged,
            Some(_) => &mut plan.changed,
        };
        list.push(route.name.clone());
    }
    if prune {
        let all = state.notifications.routes.values().map(|kept| &kept.route);
        let left = all.filter(|route| !names.contains(route.name.as_str()));
        let theirs = left.filter(|route| who.may(Right::ManageNotifications, route.within.as_ref()));
        plan.deleted = theirs.map(|route| route.name.clone()).collect();
    }
    if state.notifications.routes.len() + plan.added.len() - plan.deleted.len() > ROUTES_MAX {
        let message = format!("there would be more than {ROUTES_MAX} routes; delete some first");
        return Err(Rejection::limit(message));
    }
    Ok(plan)
}

/// A channel of another tenant looks as one that is not there.
fn check_channels(state: &State, route: &Route) -> Result<(), Rejection> {
    let tenant = route.within.as_ref().and_then(|within| within.ancestor(Level::Tenant));
    let is_missing = |name: &&String| {
        state
            .channel(name)
            .is_none_or(|channel| tenant.is_some() && channel.tenant.is_some() && channel.tenant != tenant)
    };
    let missing: Listed = route.all_channels().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message =
        format!("route {:?} names channel {missing}, which is not there; apply it first", route.name);
    Err(Rejection::invalid("channels", message))
}

/// Decides `ApplyRoutes`.
pub(crate) fn apply_routes(
    state: &State,
    who: &Principal,
    routes: &[Route],
    prune: bool,
) -> Result<Vec<EventBody>, Rejection> {
    let plan = plan_routes(state, who, routes, prune)?;
    let news = routes.iter().filter(|route| !plan.unchanged.contains(&route.name));
    let applied = news.map(|route| EventBody::RouteApplied { route: Box::new(route.clone()) });
    let deleted = plan.deleted.iter().filter_map(|name| state.route(name)).map(deleted);
    Ok(applied.chain(deleted).collect())
}

/// Decides `DeleteRoute`.
pub(crate) fn delete_route(state: &State, name: &str) -> Result<Vec<EventBody>, Rejection> {
    let route = state.route(name).ok_or_else(|| Rejection::NotFound {
        what: "route",
        names: Listed::one(name),
        hint: "`topmast routes` shows which there are",
    })?;
    Ok(vec![deleted(route)])
}

fn deleted(route: &Route) -> EventBody {
    EventBody::RouteDeleted { name: route.name.clone(), within: route.within.clone() }
}

/// Decides `PlanRoute`.
pub(crate) fn plan(state: &State, name: &str, periods: &[Period]) -> Result<Vec<EventBody>, Rejection> {
    let Some(kept) = state.notifications.routes.get(name) else { return Ok(Vec::new()) };
    if periods.len() > PERIODS_MAX || periods.iter().any(|period| period.from >= period.to) {
        return Err(Rejection::invalid("periods", format!("give at most {PERIODS_MAX}")));
    }
    if kept.periods == periods {
        return Ok(Vec::new());
    }
    let (name, within) = (name.to_owned(), kept.route.within.clone());
    Ok(vec![EventBody::RoutePlanned { name, within, periods: periods.to_vec() }])
}
