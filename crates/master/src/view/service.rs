//! Rows of services.

use super::walk::{Here, Objects, on_servers};
use super::{
    See, Sight, View, count, flag, maybe_text, name_at, number, problem, rows_within, samples, text, time,
    whole,
};
use crate::live::{ServiceReader, lock};
use std::borrow::Cow;
use std::cell::OnceCell;
use topmast_api::service::{ServiceDetails, ServiceRow};
use topmast_api::time::Timestamp;
use topmast_engine::{Effective, PathMap, State, service_health};
use topmast_model::filter::fields::{SERVICES, services};
use topmast_model::filter::{self, FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::service::ServiceState;
use topmast_model::status::{Health, ServiceStatus};

/// The view of services.
pub(crate) struct Services;

impl View for Services {
    type Row = ServiceRow;
    type Details = ServiceDetails;
    type Object = ServiceState;
    type Subject<'a> = ServiceSubject<'a>;
    type Around = ();
    const NOUN: &'static str = "service";
    const LEVEL: Level = Level::Service;
    const FIELDS: &'static [FieldDef] = SERVICES;
    const AROUND: &'static [usize] = &[];
    const SETTLED: &'static [usize] = &[
        services::NAME,
        services::PATH,
        services::TENANT,
        services::CLUSTER,
        services::SERVER,
        services::APPLICATION,
        services::STATUS,
        services::HEALTH,
        services::PROBLEM,
        services::CODES,
        services::MESSAGE,
        services::SINCE,
    ];
    const AFAR: &'static [usize] = &[];

    fn objects(state: &State) -> &PathMap<ServiceState> {
        state.services()
    }

    fn around(_: See<'_>, _: &Principal, _: Option<&[ObjectPath]>) {}

    fn look<'s>(
        sight: &'s Sight<'s>,
        (): &(),
        objects: Objects<'_, 's, ServiceState>,
        each: &mut dyn FnMut(&ObjectPath, &ServiceSubject<'_>),
    ) {
        on_servers(sight, objects, |server, _| sight.state.server(server), &mut |on, path, reported| {
            let unknown = ServiceStatus::Unknown;
            let effective = Effective::on(on.server, unknown, reported.status, reported.since);
            each(path, &ServiceSubject { on, path, reported, effective, reader: OnceCell::new() });
        });
    }

    fn row(subject: &ServiceSubject<'_>) -> ServiceRow {
        let ServiceSubject { on, path, reported, effective, .. } = subject;
        let figures = subject.reader().figures();
        ServiceRow {
            name: path.name().to_owned(),
            application: subject.application().to_owned(),
            server: on.path.name().to_owned(),
            status: effective.status,
            codes: reported.codes.clone(),
            tps: figures.tps,
            transactions_total: whole(figures.transactions),
            errors_total: whole(figures.errors),
            latency_p95_ms: milliseconds(figures.latency_p95_s),
            since: Timestamp(effective.since),
            path: (*path).clone(),
            error_pct: figures.error_pct,
            latency_p50_ms: milliseconds(figures.latency_p50_s),
            message: subject.message().map(Cow::into_owned),
            age_ms: on.aged.age_ms,
            stale: on.aged.stale,
            health: subject.health(),
            problem: on.sight.state.worst_problem(path),
        }
    }

    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<ServiceDetails> {
        let row = rows_within::<Self>(sight, principal, path).pop()?;
        let live = sight.live.server(&path.ancestor(Level::Server)?);
        let own = |series: &topmast_model::sample::Series| {
            series.label("application") == Some(&row.application)
                && series.label("service") == Some(&row.name)
        };
        let samples = samples(&lock(&live), own);
        let actions = sight.state.custom_actions(path).cloned().collect();
        Some(ServiceDetails { actions, samples, row })
    }
}

/// A service that is looked at.
pub(crate) struct ServiceSubject<'a> {
    on: &'a Here<'a>,
    path: &'a ObjectPath,
    reported: &'a ServiceState,
    effective: Effective<'a, ServiceStatus>,
    /// Looked up when first asked for.
    reader: OnceCell<ServiceReader<'a>>,
}

impl<'a> ServiceSubject<'a> {
    fn application(&self) -> &'a str {
        name_at(self.path, Level::Application)
    }

    fn reader(&self) -> ServiceReader<'a> {
        *self.reader.get_or_init(|| self.on.live.service_reader(self.application(), self.path.name()))
    }

    fn health(&self) -> Health {
        service_health(self.effective.status)
    }

    fn message(&self) -> Option<Cow<'_, str>> {
        match self.effective.cause() {
            Some(cause) => Some(cause.to_string().into()),
            None => self.reported.message.as_deref().map(Cow::Borrowed),
        }
    }
}

impl filter::Row for ServiceSubject<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            services::NAME => text(each, self.path.name()),
            services::PATH => text(each, self.path.as_str()),
            services::TENANT => maybe_text(each, self.path.name_at(Level::Tenant)),
            services::CLUSTER => maybe_text(each, self.path.name_at(Level::Cluster)),
            services::SERVER => text(each, self.on.path.name()),
            services::APPLICATION => text(each, self.application()),
            services::STATUS => text(each, self.effective.status.as_str()),
            services::HEALTH => text(each, self.health().as_str()),
            services::PROBLEM => problem(each, self.on, self.path),
            services::CODES => self.reported.codes.iter().for_each(|code| text(each, code)),
            services::TPS => number(each, self.reader().tps()),
            services::TRANSACTIONS_TOTAL => count(each, whole(self.reader().figures().transactions)),
            services::ERRORS_TOTAL => count(each, whole(self.reader().figures().errors)),
            services::ERROR_PCT => number(each, self.reader().error_pct()),
            services::LATENCY_P50_MS => number(each, milliseconds(self.reader().figures().latency_p50_s)),
            services::LATENCY_P95_MS => number(each, milliseconds(self.reader().figures().latency_p95_s)),
            services::MESSAGE => maybe_text(each, self.message().as_deref()),
            services::SINCE => time(each, Some(self.effective.since)),
            services::AGE_MS => count(each, self.on.aged.age_ms),
            services::STALE => flag(each, self.on.aged.stale),
            _ => {}
        }
    }
}

fn milliseconds(seconds: Option<f64>) -> Option<f64> {
    seconds.map(|seconds| seconds * 1_000.0)
}
