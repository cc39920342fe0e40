//! Rows of applications.

use super::{
    LiveCursor, Services, Sight, Tasks, View, Wanted, health, maybe_text, name_at, number, samples, text,
    time, whole,
};
use crate::live::lock;
use topmast_api::application::{ApplicationDetails, ApplicationRow};
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, application_health};
use topmast_model::application::{ApplicationState, Desired};
use topmast_model::filter::fields::{APPLICATIONS, applications};
use topmast_model::filter::{FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ApplicationStatus;

/// The view of applications.
pub(crate) struct Applications;

impl View for Applications {
    type Row = ApplicationRow;
    type Details = ApplicationDetails;
    const NOUN: &'static str = "application";
    const LEVEL: Level = Level::Application;
    const FIELDS: &'static [FieldDef] = APPLICATIONS;

    fn rows(sight: &Sight<'_>, within: Option<&ObjectPath>, wanted: Wanted<'_>) -> Vec<ApplicationRow> {
        let mut live = LiveCursor::new(sight);
        let objects = sight.state.applications().within(within).filter(|(path, _)| wanted(path));
        objects.map(|(path, reported)| row(&mut live, path, reported)).collect()
    }

    fn details(sight: &Sight<'_>, path: &ObjectPath) -> Option<ApplicationDetails> {
        let reported = sight.state.applications().get(path)?;
        let mut row = row(&mut LiveCursor::new(sight), path, reported);
        // One application's own health takes in what is inside it.
        row.health = topmast_engine::health(sight.state, path).map_or(row.health, health);
        let live = sight.live.server(&path.ancestor(Level::Server)?);
        let own = |series: &topmast_model::sample::Series| {
            series.label("application") == Some(row.path.name()) && series.label("service").is_none()
        };
        let samples = samples(&lock(&live), own);
        Some(ApplicationDetails {
            services: Services::rows(sight, Some(path), &mut |_| true),
            tasks: Tasks::rows(sight, Some(path), &mut |_| true),
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
            applications::DESIRED => text(each, desired(row.desired)),
            applications::VERSION => maybe_text(each, row.version.as_deref()),
            applications::PID => number(each, row.pid.map(f64::from)),
            applications::RESTARTS => number(each, Some(f64::from(row.restarts))),
            applications::HTTP_PORT => number(each, row.http_port.map(f64::from)),
            applications::MEMORY_BYTES => number(each, row.memory_bytes.map(|bytes| bytes as f64)),
            applications::CPU_PCT => number(each, row.cpu_pct),
            applications::STARTED_AT => time(each, row.started_at),
            applications::SINCE => time(each, Some(row.since)),
            applications::CAUSE => text(each, &row.cause),
            applications::AGE_MS => number(each, row.age_ms.map(|age| age as f64)),
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

fn row(live: &mut LiveCursor<'_>, path: &ObjectPath, reported: &ApplicationState) -> ApplicationRow {
    let (effective, figures, aged) = live.at(path, |server, live, aged| {
        let unknown = ApplicationStatus::Unknown;
        let effective = Effective::on(server, unknown, reported.status, reported.since);
        (effective, live.application(path.name()), aged)
    });
    let cause = effective.cause.unwrap_or_else(|| reported.cause.clone());
    ApplicationRow {
        name: path.name().to_owned(),
        server: name_at(path, Level::Server),
        status: effective.status,
        version: reported.version.clone(),
        restarts: reported.restarts,
        http_port: reported.http_port,
        memory_bytes: whole(figures.memory_bytes),
        cpu_pct: figures.cpu_pct,
        started_at: Timestamp::maybe(reported.started_at),
        cause: cause.to_string(),
        cause_detail: cause,
        path: path.clone(),
        kind: reported.kind,
        desired: reported.desired,
        pid: reported.pid,
        since: Timestamp(effective.since),
        age_ms: aged.age_ms,
        stale: aged.stale,
        health: health(application_health(effective.status, reported.desired)),
    }
}
