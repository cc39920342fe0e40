//! The fleet's own figures as metrics: what charts show of servers, applications and services.
//!
//! ```text
//! Topmast/Server       InstanceId                          cpu_pct, memory_pct, …
//! Topmast/Application  Application, InstanceId             cpu_pct, memory_bytes, …
//! Topmast/Service      Application, InstanceId, Service    tps, error_pct, …
//! ```
//!
//! Invariants
//! - F-1: there are only metrics of objects that the key may read.

use super::validation;
use crate::aws::metrics::{Metric, Point};
use crate::aws::{Asker, instance};
use crate::http::{Context, figure_points};
use std::collections::BTreeMap;
use topmast_api::chart::{Figure, Unit, figures_of};
use topmast_aws::Fault;
use topmast_aws::summary::Summary;
use topmast_history::Budget;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};

/// What the names of our namespaces begin with.
pub(in crate::aws) const PREFIX: &str = "Topmast/";
/// The level of a namespace.
const NAMESPACES: [(&str, Level); 3] = [
    ("Topmast/Application", Level::Application),
    ("Topmast/Server", Level::Server),
    ("Topmast/Service", Level::Service),
];
const INSTANCE: &str = "InstanceId";
const DAY: i64 = 86_400;

/// The objects of a tenant that a key may read.
pub(super) struct Fleet {
    servers: BTreeMap<String, ObjectPath>,
    principal: Principal,
    tenant: ObjectPath,
}

impl Fleet {
    pub(super) fn of(context: &Context, asker: &Asker) -> Self {
        let state = context.bus.state();
        let servers = state.servers().within(Some(&asker.tenant));
        Self {
            servers: servers.map(|(path, _)| (instance::id(path), path.clone())).collect(),
            principal: asker.principal.clone(),
            tenant: asker.tenant.clone(),
        }
    }

    /// F-1
    fn sees(&self, path: &ObjectPath) -> bool {
        path.is_within(&self.tenant) && self.principal.may(Right::Read, Some(path))
    }

    /// All metrics, or those of one namespace and one name.
    pub(super) fn list(&self, context: &Context, namespace: Option<&str>, name: Option<&str>) -> Vec<Metric> {
        let state = context.bus.state();
        let mut metrics = Vec::new();
        for (of, level) in NAMESPACES {
            if namespace.is_some_and(|namespace| namespace != of) {
                continue;
            }
            let mut add = |path: &ObjectPath| {
                if !self.sees(path) {
                    return;
                }
                let Some(dimensions) = dimensions(path) else { return };
                let figures =
                    figures_of(level).iter().filter(|figure| name.is_none_or(|name| name == figure.name));
                metrics.extend(figures.map(|figure| Metric {
                    namespace: of.to_owned(),
                    name: figure.name.to_owned(),
                    dimensions: dimensions.clone(),
                }));
            };
            let within = Some(&self.tenant);
            match level {
                Level::Server => state.servers().within(within).for_each(|(path, _)| add(path)),
                Level::Application => state.applications().within(within).for_each(|(path, _)| add(path)),
                _ => state.services().within(within).for_each(|(path, _)| add(path)),
            }
        }
        metrics
    }

    /// The object and the figure that a metric is of, if it is one that the key may read.
    fn find(&self, metric: &Metric) -> Option<(ObjectPath, &'static Figure)> {
        let (_, level) = NAMESPACES.iter().find(|(namespace, _)| *namespace == metric.namespace)?;
        let value = |name: &str| {
            metric.dimensions.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
        };
        let mut path = self.servers.get(value(INSTANCE)?)?.clone();
        for (name, deepest) in [("Application", Level::Application), ("Service", Level::Service)] {
            if deepest <= *level {
                path = path.join(value(name)?).ok()?;
            }
        }
        // Exactly these dimensions, no more.
        let is_it = dimensions(&path)? == metric.dimensions && self.sees(&path);
        let figure = figures_of(*level).iter().find(|figure| figure.name == metric.name)?;
        is_it.then_some((path, figure))
    }

    /// A metric's points, from the history: averages over as short a time as the age of the span tells apart.
    pub(super) fn points(
        &self,
        context: &Context,
        metric: &Metric,
        unit: Option<&str>,
        (from, before): (i64, i64),
        period: i64,
        budget: &Budget,
    ) -> Result<Vec<Point>, Fault> {
        let Some((path, figure)) = self.find(metric) else { return Ok(Vec::new()) };
        let its = unit_of(figure.unit);
        if unit.is_some_and(|unit| unit != its) {
            return Ok(Vec::new());
        }
        let now = context.bus.clock().now().0.div_euclid(1_000);
        let span = (from, before.min(now + 1));
        let points = figure_points(context, &path, figure, span, step(now - from, period), budget);
        let points = points.map_err(|refusal| validation(refusal.problem().detail.clone()))?;
        let point = |(second, value)| Point {
            second,
            unit: its.to_owned(),
            summary: Summary::of_values([(value, 1.0)]),
        };
        Ok(points.into_iter().map(point).collect())
    }
}

/// A part of the period: a minute, of what is old more.
fn step(age: i64, period: i64) -> i64 {
    let grid = match age {
        age if age <= 15 * DAY => 60,
        age if age <= 63 * DAY => 300,
        _ => 3_600,
    };
    match period {
        period if period < 60 => period.max(1),
        period if period % grid == 0 => grid,
        _ => 60,
    }
}

/// Names and values, ascending by name.
fn dimensions(path: &ObjectPath) -> Option<Vec<(String, String)>> {
    let named = |name: &str, level| Some((name.to_owned(), path.name_at(level)?.to_owned()));
    let server = (INSTANCE.to_owned(), instance::id(&path.ancestor(Level::Server)?));
    let application = named("Application", Level::Application);
    Some(application.into_iter().chain([server]).chain(named("Service", Level::Service)).collect())
}

fn unit_of(unit: Unit) -> &'static str {
    match unit {
        Unit::Percent => "Percent",
        Unit::Bytes => "Bytes",
        Unit::BytesPerSecond => "Bytes/Second",
        Unit::PerSecond => "Count/Second",
        Unit::Milliseconds => "Milliseconds",
        Unit::Number => "None",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::principal::{Actor, Grant, Role};

    fn path(text: &str) -> ObjectPath {
        text.parse().unwrap()
    }

    fn fleet(grants: &str) -> Fleet {
        let servers = ["acme/main/db", "acme/main/web"].map(|text| (instance::id(&path(text)), path(text)));
        let grants = vec![Grant { role: Role::Viewer, path: Some(path(grants)) }];
        Fleet {
            servers: servers.into_iter().collect(),
            principal: Principal { actor: Actor::master(), grants },
            tenant: path("acme"),
        }
    }

    fn metric(namespace: &str, name: &str, of: &str) -> Metric {
        let (namespace, name) = (namespace.to_owned(), name.to_owned());
        Metric { namespace, name, dimensions: dimensions(&path(of)).unwrap() }
    }

    #[test]
    fn metrics_are_found_by_exactly_their_dimensions() {
        let fleet = fleet("acme");
        let found =
            |metric: &Metric| fleet.find(metric).map(|(path, figure)| format!("{path} {}", figure.name));
        for (namespace, name, of) in [
            ("Topmast/Server", "cpu_pct", "acme/main/db"),
            ("Topmast/Application", "memory_bytes", "acme/main/db/switch"),
            ("Topmast/Service", "tps", "acme/main/db/switch/Acq.DB+1"),
        ] {
            assert_eq!(found(&metric(namespace, name, of)), Some(format!("{of} {name}")));
        }
        for wrong in [
            metric("Topmast/Server", "cpu_pct", "acme/main/other"),
            metric("Topmast/Server", "tps", "acme/main/db"),
            metric("Topmast/Server", "cpu_pct", "acme/main/db/switch"),
            metric("Topmast/Application", "cpu_pct", "acme/main/db"),
            metric("Topmast/Else", "cpu_pct", "acme/main/db"),
        ] {
            assert_eq!(found(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn what_the_key_may_not_read_is_not_there() {
        // F-1
        let fleet = fleet("acme/main/db");
        assert!(fleet.find(&metric("Topmast/Server", "cpu_pct", "acme/main/db")).is_some());
        assert!(fleet.find(&metric("Topmast/Server", "cpu_pct", "acme/main/web")).is_none());
        assert!(fleet.find(&metric("Topmast/Application", "cpu_pct", "acme/main/web/shop")).is_none());
    }

    #[test]
    fn steps_are_parts_of_the_period() {
        let steps = [(0, 10), (0, 60), (0, 3_600), (20 * DAY, 60), (20 * DAY, 300), (99 * DAY, 7_200)];
        assert_eq!(steps.map(|(age, period)| step(age, period)), [10, 60, 60, 60, 300, 3_600]);
    }
}
