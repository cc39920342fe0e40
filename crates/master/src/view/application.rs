//! Rows of applications.

use super::{
    LiveCursor, Services, Sight, Tasks, View, Wanted, flag, maybe_text, name_at, number, samples, text, time,
    visible, whole,
};
use crate::live::lock;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use topmast_api::application::{ApplicationDetails, ApplicationRow, LastAction};
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, Instances, State, application_health, instances};
use topmast_model::application::{ApplicationState, Desired};
use topmast_model::filter::fields::{APPLICATIONS, applications};
use topmast_model::filter::{FieldDef, FieldValue};
use topmast_model::id::StepId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::status::ApplicationStatus;

/// The view of applications.
pub(crate) struct Applications;

impl View for Applications {
    type Row = ApplicationRow;
    type Details = ApplicationDetails;
    const NOUN: &'static str = "application";
    const LEVEL: Level = Level::Application;
    const FIELDS: &'static [FieldDef] = APPLICATIONS;

    fn rows(
        sight: &Sight<'_>,
        principal: &Principal,
        within: Option<&ObjectPath>,
        wanted: Wanted<'_>,
    ) -> Vec<ApplicationRow> {
        let wanted = sight.state.applications().within(within).filter(|(path, _)| wanted(path));
        let wanted: Vec<_> = wanted.collect();
        let mut rows = Vec::with_capacity(wanted.len());
        let mut live = LiveCursor::new(sight);
        // The instances are counted once a cluster, and only those of which there is a row.
        let mut left = wanted.as_slice();
        while let Some(cluster) = left.first().and_then(|(path, _)| path.ancestor(Level::Cluster)) {
            let (here, later) = left.split_at(left.partition_point(|(path, _)| path.is_within(&cluster)));
            let all = instances_of(sight, principal, &cluster, here.iter().map(|(path, _)| path.name()));
            for (path, reported) in here {
                rows.push(row(&mut live, path, reported, all.get(path.name())));
            }
            left = later;
        }
        rows
    }

    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<ApplicationDetails> {
        let reported = sight.state.applications().get(path)?;
        let cluster = path.ancestor(Level::Cluster)?;
        let all = instances_of(sight, principal, &cluster, [path.name()]);
        let mut row = row(&mut LiveCursor::new(sight), path, reported, all.get(path.name()));
        // One application's own health takes in what is inside it.
        row.health = topmast_engine::health(sight.state, path).unwrap_or(row.health);
        let live = sight.live.server(&path.ancestor(Level::Server)?);
        let own = |series: &topmast_model::sample::Series| {
            series.label("application") == Some(row.path.name()) && series.label("service").is_none()
        };
        let samples = samples(&lock(&live), own);
        Some(ApplicationDetails {
            services: Services::rows(sight, principal, Some(path), &mut |_| true),
            tasks: Tasks::rows(sight, principal, Some(path), &mut |_| true),
            samples,
            row,
        })
    }

    fn values(row: &ApplicationRow, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            applications::NAME => text(each, &row.name),
            applications::PATH => text(each, row.path.as_str()),
            applications::TENANT => maybe_text(each, row.path.name_at(Level::Tenant)),
            applications::CLUSTER => maybe_text(each, row.path.name_at(Level::Cluster)),
            applications::SERVER => text(each, &row.server),
            applications::KIND => text(each, row.kind.as_str()),
            applications::STATUS => text(each, row.status.as_str()),
            applications::HEALTH => text(each, row.health.as_str()),
            applications::DESIRED => text(each, desired(row.desired)),
            applications::VERSION => maybe_text(each, row.version.as_deref()),
            applications::VERSION_DIFFERS => {
                row.version_differs.into_iter().for_each(|differs| flag(each, differs));
            }
            applications::INSTANCES_STARTED => number(each, Some(f64::from(row.instances_started))),
            applications::INSTANCES_TOTAL => number(each, Some(f64::from(row.instances_total))),
            applications::PID => number(each, row.pid.map(f64::from)),
            applications::RESTARTS => number(each, Some(f64::from(row.restarts))),
            applications::RESTARTS_1H => number(each, Some(f64::from(row.restarts_1h))),
            applications::RESTARTS_24H => number(each, Some(f64::from(row.restarts_24h))),
            applications::HTTP_PORT => number(each, row.http_port.map(f64::from)),
            applications::MEMORY_BYTES => number(each, row.memory_bytes.map(|bytes| bytes as f64)),
            applications::CPU_PCT => number(each, row.cpu_pct),
            applications::TPS => number(each, row.tps),
            applications::ERRORS_TOTAL => number(each, row.errors_total.map(|total| total as f64)),
            applications::ERROR_PCT => number(each, row.error_pct),
            applications::STARTED_AT => time(each, row.started_at),
            applications::SINCE => time(each, Some(row.since)),
            applications::CAUSE => text(each, &row.cause),
            applications::LAST_ACTION => time(each, row.last_action.as_ref().map(|action| action.at)),
            applications::AGE_MS => number(each, row.age_ms.map(|age| age as f64)),
            applications::STALE => flag(each, row.stale),
            _ => {}
        }
    }
}

const fn desired(desired: Desired) -> &'static str {
    match desired {
        Desired::Started => "started",
        Desired::Stopped => "stopped",
    }
}

/// The instances of some names in a cluster that the principal may read.
fn instances_of<'a>(
    sight: &Sight<'a>,
    principal: &Principal,
    cluster: &ObjectPath,
    names: impl IntoIterator<Item = &'a str>,
) -> BTreeMap<&'a str, Instances<'a>> {
    let names: HashSet<&str> = names.into_iter().collect();
    let mut readable = visible(principal);
    instances(sight.state, cluster, &mut |path| names.contains(path.name()) && readable(path))
}

/// What was last asked of an application, if the action is still kept.
fn last_action(state: &State, step: StepId) -> Option<LastAction> {
    let action = state.action(step.action)?;
    Some(LastAction {
        id: action.id,
        operation: action.operation,
        status: action.steps.get(usize::try_from(step.target).ok()?)?.status,
        principal: action.actor.to_string(),
        at: Timestamp(action.accepted_at),
    })
}

fn row(
    live: &mut LiveCursor<'_>,
    path: &ObjectPath,
    reported: &ApplicationState,
    instances: Option<&Instances<'_>>,
) -> ApplicationRow {
    let (state, now) = (live.sight.state, live.sight.time);
    let history = state.history(path);
    let restarts = |span| history.map_or(0, |history| history.restarts_within(span, now));
    let (effective, figures, totals, aged) = live.at(path, |server, live, aged| {
        let unknown = ApplicationStatus::Unknown;
        let effective = Effective::on(server, unknown, reported.status, reported.since);
        (effective, live.application(path.name()), live.totals(path.name()), aged)
    });
    let cause = effective.cause.unwrap_or_else(|| reported.cause.clone());
    ApplicationRow {
        name: path.name().to_owned(),
        server: name_at(path, Level::Server),
        status: effective.status,
        version: reported.version.clone(),
        version_differs: reported.version.as_deref().and_then(|version| {
            let usual = instances?.version?;
            Some(version != usual)
        }),
        instances_started: instances.map_or(0, |instances| instances.started),
        instances_total: instances.map_or(0, |instances| instances.total),
        restarts: reported.restarts,
        restarts_1h: restarts(Duration::from_hours(1)),
        restarts_24h: restarts(Duration::from_hours(24)),
        http_port: reported.http_port,
        memory_bytes: whole(figures.memory_bytes),
        cpu_pct: figures.cpu_pct,
        tps: totals.tps(),
        errors_total: whole(totals.errors_total()),
        error_pct: totals.error_pct(),
        started_at: Timestamp::maybe(reported.started_at),
        cause: cause.to_string(),
        cause_detail: cause,
        path: path.clone(),
        kind: reported.kind,
        desired: reported.desired,
        pid: reported.pid,
        last_action: history.and_then(|history| last_action(state, history.last_step?)),
        since: Timestamp(effective.since),
        age_ms: aged.age_ms,
        stale: aged.stale,
        health: application_health(effective.status, reported.desired),
    }
}
