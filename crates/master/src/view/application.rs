//! Rows of applications.

use super::walk::{Here, Objects, in_slices, on_servers};
use super::{
    See, Services, Sight, Tasks, View, count, flag, maybe_text, number, problem, rows_within, samples, text,
    time, visible, whole,
};
use crate::live::{ApplicationFigures, Totals, lock};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};
use std::time::Duration;
use topmast_api::application::{ApplicationDetails, ApplicationRow, LastAction};
use topmast_api::time::Timestamp;
use topmast_engine::{
    Action, Effective, History, Instances, InstancesByCluster, PathMap, State, Step, application_health,
};
use topmast_model::application::{ApplicationState, Desired};
use topmast_model::cause::Cause;
use topmast_model::filter::fields::{APPLICATIONS, applications};
use topmast_model::filter::{self, FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::status::{ApplicationStatus, Health};

/// The view of applications.
pub(crate) struct Applications;

impl View for Applications {
    type Row = ApplicationRow;
    type Details = ApplicationDetails;
    type Object = ApplicationState;
    type Subject<'a> = ApplicationSubject<'a>;
    type Around = InstancesByCluster;
    const NOUN: &'static str = "application";
    const LEVEL: Level = Level::Application;
    const FIELDS: &'static [FieldDef] = APPLICATIONS;
    const AROUND: &'static [usize] =
        &[applications::VERSION_DIFFERS, applications::INSTANCES_STARTED, applications::INSTANCES_TOTAL];
    const SETTLED: &'static [usize] = &[
        applications::NAME,
        applications::PATH,
        applications::TENANT,
        applications::CLUSTER,
        applications::SERVER,
        applications::KIND,
        applications::STATUS,
        applications::HEALTH,
        applications::PROBLEM,
        applications::DESIRED,
        applications::VERSION,
        applications::VERSION_DIFFERS,
        applications::INSTANCES_STARTED,
        applications::INSTANCES_TOTAL,
        applications::PID,
        applications::RESTARTS,
        applications::HTTP_PORT,
        applications::STARTED_AT,
        applications::SINCE,
        applications::CAUSE,
        applications::LAST_ACTION,
    ];
    const AFAR: &'static [usize] = &[
        applications::VERSION_DIFFERS,
        applications::INSTANCES_STARTED,
        applications::INSTANCES_TOTAL,
        // A later action, of others, can make the last one forgotten.
        applications::LAST_ACTION,
    ];

    fn objects(state: &State) -> &PathMap<ApplicationState> {
        state.applications()
    }

    /// The instances in the clusters of `some`, of their names only; else of all.
    fn around(see: See<'_>, principal: &Principal, some: Option<&[ObjectPath]>) -> InstancesByCluster {
        let mut found = InstancesByCluster::default();
        let mut readable = visible(principal);
        let Some(some) = some else {
            in_slices(see, Self::objects, None, &mut |sight, objects| {
                found.add(sight.state, objects.filter(|(path, _)| readable(path)));
            });
            return found;
        };
        let names: HashSet<&str> = some.iter().map(ObjectPath::name).collect();
        let clusters: BTreeSet<ObjectPath> =
            some.iter().filter_map(|path| path.ancestor(Level::Cluster)).collect();
        for cluster in clusters {
            in_slices(see, Self::objects, Some(&cluster), &mut |sight, objects| {
                let named = objects.filter(|(path, _)| names.contains(path.name()) && readable(path));
                found.add(sight.state, named);
            });
        }
        found
    }

    fn look<'s>(
        sight: &'s Sight<'s>,
        around: &InstancesByCluster,
        objects: Objects<'_, 's, ApplicationState>,
        each: &mut dyn FnMut(&ObjectPath, &ApplicationSubject<'_>),
    ) {
        on_servers(sight, objects, |server, _| sight.state.server(server), &mut |on, path, reported| {
            let unknown = ApplicationStatus::Unknown;
            let effective = Effective::on(on.server, unknown, reported.status, reported.since);
            let (history, figures, totals) = Default::default();
            each(
                path,
                &ApplicationSubject { on, path, reported, effective, around, history, figures, totals },
            );
        });
    }

    fn row(subject: &ApplicationSubject<'_>) -> ApplicationRow {
        let ApplicationSubject { on, path, reported, effective, .. } = subject;
        let (figures, totals, instances) = (subject.figures(), subject.totals(), subject.instances());
        let cause = subject.cause().into_owned();
        ApplicationRow {
            name: path.name().to_owned(),
            server: on.path.name().to_owned(),
            status: effective.status,
            version: reported.version.clone(),
            package: reported.package.clone(),
            version_differs: subject.version_differs(),
            instances_started: instances.map_or(0, |instances| instances.started),
            instances_total: instances.map_or(0, |instances| instances.total),
            restarts: reported.restarts,
            restarts_1h: subject.restarts_within(Duration::from_hours(1)),
            restarts_24h: subject.restarts_within(Duration::from_hours(24)),
            http_port: reported.http_port,
            memory_bytes: whole(figures.memory_bytes),
            cpu_pct: figures.cpu_pct,
            tps: totals.tps(),
            errors_total: whole(totals.errors_total()),
            error_pct: totals.error_pct(),
            started_at: Timestamp::maybe(reported.started_at),
            cause: cause.to_string(),
            cause_detail: cause,
            path: (*path).clone(),
            kind: reported.kind,
            desired: reported.desired,
            pid: reported.pid,
            last_action: subject.last_action().map(|(action, step)| LastAction {
                id: action.id,
                operation: action.operation,
                status: step.status,
                principal: action.actor.to_string(),
                at: Timestamp(action.accepted_at),
            }),
            since: Timestamp(effective.since),
            age_ms: on.aged.age_ms,
            stale: on.aged.stale,
            health: subject.health(),
            problem: on.sight.state.worst_problem(path),
        }
    }

    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<ApplicationDetails> {
        let mut row = rows_within::<Self>(sight, principal, path).pop()?;
        // One application's own health takes in what is inside it.
        row.health = topmast_engine::health(sight.state, path).unwrap_or(row.health);
        let live = sight.live.server(&path.ancestor(Level::Server)?);
        let own = |series: &topmast_model::sample::Series| {
            series.label("application") == Some(&row.name) && series.label("service").is_none()
        };
        let samples = samples(&lock(&live), own);
        Some(ApplicationDetails {
            services: rows_within::<Services>(sight, principal, path),
            tasks: rows_within::<Tasks>(sight, principal, path),
            actions: sight.state.custom_actions(path).cloned().collect(),
            samples,
            row,
        })
    }
}

/// An application that is looked at. What is in a cell is looked up when first asked for.
pub(crate) struct ApplicationSubject<'a> {
    on: &'a Here<'a>,
    path: &'a ObjectPath,
    reported: &'a ApplicationState,
    effective: Effective<'a, ApplicationStatus>,
    around: &'a InstancesByCluster,
    history: OnceCell<Option<&'a History>>,
    figures: OnceCell<ApplicationFigures>,
    totals: OnceCell<Totals>,
}

impl<'a> ApplicationSubject<'a> {
    fn instances(&self) -> Option<&Instances> {
        self.around.get(self.on.cluster(), self.path.name())
    }

    fn version_differs(&self) -> Option<bool> {
        let version = self.reported.version.as_deref()?;
        Some(version != self.instances()?.version()?)
    }

    fn figures(&self) -> &ApplicationFigures {
        self.figures.get_or_init(|| self.on.live.application(self.path.name()))
    }

    fn totals(&self) -> &Totals {
        self.totals.get_or_init(|| self.on.live.totals(self.path.name()))
    }

    fn history(&self) -> Option<&'a History> {
        *self.history.get_or_init(|| self.on.sight.state.history(self.path))
    }

    fn restarts_within(&self, span: Duration) -> u32 {
        self.history().map_or(0, |history| history.restarts_within(span, self.on.sight.time))
    }

    /// What was last asked of it, if the action is still kept.
    fn last_action(&self) -> Option<(&'a Action, &'a Step)> {
        let step = self.history()?.last_step?;
        let action = self.on.sight.state.action(step.action)?;
        Some((action, action.steps.get(usize::try_from(step.target).ok()?)?))
    }

    fn cause(&self) -> Cow<'_, Cause> {
        self.effective.cause().map_or(Cow::Borrowed(&self.reported.cause), Cow::Owned)
    }

    fn health(&self) -> Health {
        application_health(self.effective.status, self.reported.desired)
    }
}

impl filter::Row for ApplicationSubject<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let Self { on, path, reported, effective, .. } = self;
        match field {
            applications::NAME => text(each, path.name()),
            applications::PATH => text(each, path.as_str()),
            applications::TENANT => maybe_text(each, path.name_at(Level::Tenant)),
            applications::CLUSTER => maybe_text(each, path.name_at(Level::Cluster)),
            applications::SERVER => text(each, on.path.name()),
            applications::KIND => text(each, reported.kind.as_str()),
            applications::STATUS => text(each, effective.status.as_str()),
            applications::HEALTH => text(each, self.health().as_str()),
            applications::PROBLEM => problem(each, self.on, self.path),
            applications::DESIRED => text(each, desired(reported.desired)),
            applications::VERSION => maybe_text(each, reported.version.as_deref()),
            applications::VERSION_DIFFERS => {
                self.version_differs().into_iter().for_each(|differs| flag(each, differs));
            }
            applications::INSTANCES_STARTED => {
                number(each, Some(self.instances().map_or(0.0, |instances| f64::from(instances.started))));
            }
            applications::INSTANCES_TOTAL => {
                number(each, Some(self.instances().map_or(0.0, |instances| f64::from(instances.total))));
            }
            applications::PID => number(each, reported.pid.map(f64::from)),
            applications::RESTARTS => number(each, Some(f64::from(reported.restarts))),
            applications::RESTARTS_1H => {
                number(each, Some(f64::from(self.restarts_within(Duration::from_hours(1)))));
            }
            applications::RESTARTS_24H => {
                number(each, Some(f64::from(self.restarts_within(Duration::from_hours(24)))));
            }
            applications::HTTP_PORT => number(each, reported.http_port.map(f64::from)),
            applications::MEMORY_BYTES => count(each, whole(self.figures().memory_bytes)),
            applications::CPU_PCT => number(each, self.figures().cpu_pct),
            applications::TPS => number(each, self.totals().tps()),
            applications::ERRORS_TOTAL => count(each, whole(self.totals().errors_total())),
            applications::ERROR_PCT => number(each, self.totals().error_pct()),
            applications::STARTED_AT => time(each, reported.started_at),
            applications::SINCE => time(each, Some(effective.since)),
            applications::CAUSE => text(each, &self.cause().to_string()),
            applications::LAST_ACTION => {
                time(each, self.last_action().map(|(action, _)| action.accepted_at));
            }
            applications::AGE_MS => count(each, on.aged.age_ms),
            applications::STALE => flag(each, on.aged.stale),
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
