//! Rows of services.

use super::{LiveCursor, Sight, View, Wanted, flag, maybe_text, name_at, number, samples, text, time, whole};
use crate::live::lock;
use topmast_api::service::{ServiceDetails, ServiceRow};
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, service_health};
use topmast_model::filter::fields::{SERVICES, services};
use topmast_model::filter::{FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::service::ServiceState;
use topmast_model::status::ServiceStatus;

/// The view of services.
pub(crate) struct Services;

impl View for Services {
    type Row = ServiceRow;
    type Details = ServiceDetails;
    const NOUN: &'static str = "service";
    const LEVEL: Level = Level::Service;
    const FIELDS: &'static [FieldDef] = SERVICES;

    fn rows(
        sight: &Sight<'_>,
        _: &Principal,
        within: Option<&ObjectPath>,
        wanted: Wanted<'_>,
    ) -> Vec<ServiceRow> {
        let mut live = LiveCursor::new(sight);
        let objects = sight.state.services().within(within).filter(|(path, _)| wanted(path));
        objects.map(|(path, reported)| row(&mut live, path, reported)).collect()
    }

    fn details(sight: &Sight<'_>, _: &Principal, path: &ObjectPath) -> Option<ServiceDetails> {
        let reported = sight.state.services().get(path)?;
        let row = row(&mut LiveCursor::new(sight), path, reported);
        let live = sight.live.server(&path.ancestor(Level::Server)?);
        let own = |series: &topmast_model::sample::Series| {
            series.label("application") == Some(&row.application)
                && series.label("service") == Some(&row.name)
        };
        let samples = samples(&lock(&live), own);
        Some(ServiceDetails { samples, row })
    }

    fn values(row: &ServiceRow, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            services::NAME => text(each, &row.name),
            services::PATH => text(each, row.path.as_str()),
            services::TENANT => maybe_text(each, row.path.name_at(Level::Tenant)),
            services::CLUSTER => maybe_text(each, row.path.name_at(Level::Cluster)),
            services::SERVER => text(each, &row.server),
            services::APPLICATION => text(each, &row.application),
            services::STATUS => text(each, row.status.as_str()),
            services::HEALTH => text(each, row.health.as_str()),
            services::CODES => row.codes.iter().for_each(|code| text(each, code)),
            services::TPS => number(each, row.tps),
            services::TRANSACTIONS_TOTAL => number(each, row.transactions_total.map(|total| total as f64)),
            services::ERRORS_TOTAL => number(each, row.errors_total.map(|total| total as f64)),
            services::ERROR_PCT => number(each, row.error_pct),
            services::LATENCY_P50_MS => number(each, row.latency_p50_ms),
            services::LATENCY_P95_MS => number(each, row.latency_p95_ms),
            services::MESSAGE => maybe_text(each, row.message.as_deref()),
            services::SINCE => time(each, Some(row.since)),
            services::AGE_MS => number(each, row.age_ms.map(|age| age as f64)),
            services::STALE => flag(each, row.stale),
            _ => {}
        }
    }
}

fn row(live: &mut LiveCursor<'_>, path: &ObjectPath, reported: &ServiceState) -> ServiceRow {
    let application = path.name_at(Level::Application).unwrap_or_default();
    let (effective, figures, aged) = live.at(path, |server, live, aged| {
        let effective = Effective::on(server, ServiceStatus::Unknown, reported.status, reported.since);
        (effective, live.service(application, path.name()), aged)
    });
    let message = match &effective.cause {
        Some(cause) => Some(cause.to_string()),
        None => reported.message.clone(),
    };
    ServiceRow {
        name: path.name().to_owned(),
        application: application.to_owned(),
        server: name_at(path, Level::Server),
        status: effective.status,
        codes: reported.codes.clone(),
        tps: figures.tps,
        transactions_total: whole(figures.transactions),
        errors_total: whole(figures.errors),
        latency_p95_ms: figures.latency_p95_s.map(|seconds| seconds * 1_000.0),
        since: Timestamp(effective.since),
        path: path.clone(),
        error_pct: figures.error_pct,
        latency_p50_ms: figures.latency_p50_s.map(|seconds| seconds * 1_000.0),
        message,
        age_ms: aged.age_ms,
        stale: aged.stale,
        health: service_health(effective.status),
    }
}
