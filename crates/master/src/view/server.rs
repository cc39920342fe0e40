//! Rows of servers.

use super::walk::{Here, Objects, in_slices, on_servers};
use super::{
    See, Sight, View, count, flag, known, maybe_text, number, problem, rows_within, samples, sized, text,
    time, whole,
};
use crate::live::{HostFigures, lock};
use std::cell::OnceCell;
use topmast_api::server::{ServerDetails, ServerRow, UnitProblem};
use topmast_api::time::Timestamp;
use topmast_engine::{Contents, ContentsByServer, PathMap, Server, State, contents};
use topmast_model::filter::fields::{SERVERS, servers};
use topmast_model::filter::{self, FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::status::Health;

/// Servers whose contents are looked up one by one, however few objects they hold.
const ONE_BY_ONE: usize = sized(200);
/// Objects on a server from which on finding them costs less than recognising each: then the contents of
/// all servers are looked up one by one as well, else taken in one pass.
const MANY_OBJECTS: usize = sized(32);
/// Servers looked up before the state is let go of: a server holds a hundred objects or so.
const AT_ONCE: usize = sized(32);

/// The view of servers.
pub(crate) struct Servers;

impl View for Servers {
    type Row = ServerRow;
    type Details = ServerDetails;
    type Object = Server;
    type Subject<'a> = ServerSubject<'a>;
    type Around = ContentsByServer;
    const NOUN: &'static str = "server";
    const LEVEL: Level = Level::Server;
    const FIELDS: &'static [FieldDef] = SERVERS;
    const AROUND: &'static [usize] =
        &[servers::HEALTH, servers::APPLICATIONS_STARTED, servers::APPLICATIONS_TOTAL, servers::SERVICES_BAD];
    const SETTLED: &'static [usize] = &[
        servers::NAME,
        servers::PATH,
        servers::TENANT,
        servers::CLUSTER,
        servers::ADDRESS,
        servers::ROLE,
        servers::PARENT,
        servers::KIND,
        servers::VERSION,
        servers::STATUS,
        servers::HEALTH,
        servers::PROBLEM,
        servers::CPU_COUNT,
        servers::APPLICATIONS_STARTED,
        servers::APPLICATIONS_TOTAL,
        servers::SERVICES_BAD,
        servers::OS,
        servers::KERNEL,
        servers::ARCHITECTURE,
        servers::VIRTUALISATION,
        servers::LABEL,
        servers::UNIT_PROBLEMS,
        servers::SINCE,
        servers::CAUSE,
    ];
    const AFAR: &'static [usize] = &[];

    fn objects(state: &State) -> &PathMap<Server> {
        state.servers()
    }

    fn around(see: See<'_>, _: &Principal, some: Option<&[ObjectPath]>) -> ContentsByServer {
        let mut found = ContentsByServer::default();
        let mut large = Vec::new();
        let few = some.filter(|some| some.len() <= ONE_BY_ONE);
        if few.is_none() {
            see(&mut |Sight { state, .. }| {
                let objects = state.applications().len() + state.services().len() + state.tasks().len();
                if objects >= state.servers().len() * MANY_OBJECTS {
                    large = state.servers().iter().map(|(path, _)| path.clone()).collect();
                }
            });
        }
        if let Some(some) = few.or((!large.is_empty()).then_some(&large)) {
            for some in some.chunks(AT_ONCE) {
                see(&mut |sight| {
                    for path in some {
                        if let Some(contents) = contents(sight.state, path) {
                            found.insert(path.clone(), contents);
                        }
                    }
                });
            }
            return found;
        }
        in_slices(see, State::servers, None, &mut |_, objects| found.add_servers(objects));
        in_slices(see, State::applications, None, &mut |sight, objects| {
            found.add_applications(sight.state, objects);
        });
        in_slices(see, State::services, None, &mut |sight, objects| found.add_services(sight.state, objects));
        in_slices(see, State::tasks, None, &mut |sight, objects| found.add_tasks(sight.state, objects));
        found
    }

    fn look<'s>(
        sight: &'s Sight<'s>,
        around: &ContentsByServer,
        objects: Objects<'_, 's, Server>,
        each: &mut dyn FnMut(&ObjectPath, &ServerSubject<'_>),
    ) {
        on_servers(sight, objects, |_, server| Some(server), &mut |on, path, server| {
            each(path, &ServerSubject { on, path, server, around, contents: OnceCell::new() });
        });
    }

    fn row(subject: &ServerSubject<'_>) -> ServerRow {
        let ServerSubject { on, path, server, .. } = subject;
        let (figures, contents) = (subject.figures(), subject.contents());
        let (registration, facts) = (&server.registration, &server.registration.facts);
        ServerRow {
            name: path.name().to_owned(),
            address: registration.address.clone(),
            role: registration.role,
            version: registration.version.clone(),
            status: server.status,
            cpu_pct: figures.cpu_pct,
            memory_pct: figures.memory_pct(),
            uptime_s: whole(figures.uptime_s),
            os: known(&facts.os).map(str::to_owned),
            age_ms: on.aged.age_ms,
            stale: on.aged.stale,
            path: (*path).clone(),
            cluster: path.parent().unwrap_or_else(|| (*path).clone()),
            kernel: known(&facts.kernel).map(str::to_owned),
            architecture: known(&facts.architecture).map(str::to_owned),
            virtualisation: known(&facts.virtualisation).map(str::to_owned),
            cpu_count: subject.cpu_count(),
            load1: figures.load1,
            memory_bytes: whole(figures.memory_total_bytes),
            memory_used_bytes: whole(figures.memory_used_bytes),
            cpu_trend: on.live.cpu_trend().to_vec(),
            swap_pct: figures.swap_pct,
            disk_pct: figures.fullest_disk.as_ref().map(|(pct, _)| *pct),
            disk_mount: figures.fullest_disk.as_ref().map(|(_, mount)| mount.to_string()),
            network_rx_bytes_per_s: figures.network_receive_bytes_per_s,
            network_tx_bytes_per_s: figures.network_transmit_bytes_per_s,
            applications_started: contents.applications_started,
            applications_total: contents.applications_total,
            services_bad: contents.services_bad,
            labels: registration.labels.clone(),
            unit_problems: server
                .unit_problems
                .iter()
                .map(|(file, problem)| UnitProblem { file: file.clone(), problem: problem.clone() })
                .collect(),
            since: Timestamp(server.since),
            cause: server.cause.to_string(),
            cause_detail: server.cause.clone(),
            connected: subject.is_connected(),
            health: contents.health,
            problem: on.sight.state.worst_problem(path),
            parent: server.guest.as_ref().map(|guest| guest.host.clone()),
            kind: server.guest.as_ref().map(|guest| guest.kind),
        }
    }

    fn details(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<ServerDetails> {
        let row = rows_within::<Self>(sight, principal, path).pop()?;
        let server = sight.state.server(path)?;
        let live = sight.live.server(path);
        let live = lock(&live);
        let facts = &server.registration.facts;
        Some(ServerDetails {
            // What its host calls it, where it does not say itself.
            hostname: known(&facts.hostname)
                .or(server.guest.as_ref().map(|guest| guest.name.as_str()))
                .map(str::to_owned),
            os_family: known(&facts.os_family).map(str::to_owned),
            addresses: facts.addresses.clone(),
            booted_at: (facts.boot_time.0 > 0).then_some(Timestamp(facts.boot_time)),
            interval_ms: server.registration.interval_ms,
            instance: server.registration.instance,
            samples: samples(&live, |series| series.label("application").is_none()),
            row,
        })
    }
}

/// A server that is looked at.
pub(crate) struct ServerSubject<'a> {
    on: &'a Here<'a>,
    path: &'a ObjectPath,
    server: &'a Server,
    around: &'a ContentsByServer,
    /// Looked up when first asked for.
    contents: OnceCell<Contents>,
}

impl ServerSubject<'_> {
    fn figures(&self) -> &HostFigures {
        self.on.live.host()
    }

    fn contents(&self) -> &Contents {
        self.contents.get_or_init(|| self.around.get(self.path).unwrap_or(NOTHING_KNOWN))
    }

    fn cpu_count(&self) -> Option<u32> {
        let count = self.server.registration.facts.cpu_count;
        (count > 0).then_some(count)
    }

    fn is_connected(&self) -> bool {
        // Who tells of a guest is its host.
        let read = self.server.guest.as_ref().map_or(self.path, |guest| &guest.host);
        self.on.sight.registry.is_connected(read)
    }
}

/// Of a server that registered after its contents were looked up.
const NOTHING_KNOWN: Contents =
    Contents { applications_started: 0, applications_total: 0, services_bad: 0, health: Health::Unknown };

impl filter::Row for ServerSubject<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let Self { on, path, server, .. } = self;
        let (registration, facts) = (&server.registration, &server.registration.facts);
        match field {
            servers::NAME => text(each, path.name()),
            servers::PATH => text(each, path.as_str()),
            servers::TENANT => maybe_text(each, path.name_at(Level::Tenant)),
            servers::CLUSTER => maybe_text(each, path.name_at(Level::Cluster)),
            servers::ADDRESS => text(each, &registration.address),
            servers::ROLE => text(each, registration.role.as_str()),
            servers::PARENT => {
                if let Some(guest) = &server.guest {
                    text(each, guest.host.name());
                    text(each, guest.host.as_str());
                }
            }
            servers::KIND => maybe_text(each, server.guest.as_ref().map(|guest| guest.kind.as_str())),
            servers::VERSION => text(each, &registration.version),
            servers::STATUS => text(each, server.status.as_str()),
            servers::HEALTH => text(each, self.contents().health.as_str()),
            servers::PROBLEM => problem(each, on, path),
            servers::CPU_PCT => number(each, self.figures().cpu_pct),
            servers::CPU_COUNT => number(each, self.cpu_count().map(f64::from)),
            servers::LOAD1 => number(each, self.figures().load1),
            servers::MEMORY_PCT => number(each, self.figures().memory_pct()),
            servers::MEMORY_BYTES => count(each, whole(self.figures().memory_total_bytes)),
            servers::MEMORY_USED_BYTES => count(each, whole(self.figures().memory_used_bytes)),
            servers::SWAP_PCT => number(each, self.figures().swap_pct),
            servers::DISK_PCT => number(each, self.figures().fullest_disk.as_ref().map(|(pct, _)| *pct)),
            servers::DISK_MOUNT => {
                maybe_text(each, self.figures().fullest_disk.as_ref().map(|(_, mount)| &**mount));
            }
            servers::NETWORK_RX_BYTES_PER_S => number(each, self.figures().network_receive_bytes_per_s),
            servers::NETWORK_TX_BYTES_PER_S => number(each, self.figures().network_transmit_bytes_per_s),
            servers::APPLICATIONS_STARTED => {
                number(each, Some(f64::from(self.contents().applications_started)));
            }
            servers::APPLICATIONS_TOTAL => number(each, Some(f64::from(self.contents().applications_total))),
            servers::SERVICES_BAD => number(each, Some(f64::from(self.contents().services_bad))),
            servers::UPTIME_S => count(each, whole(self.figures().uptime_s)),
            servers::OS => maybe_text(each, known(&facts.os)),
            servers::KERNEL => maybe_text(each, known(&facts.kernel)),
            servers::ARCHITECTURE => maybe_text(each, known(&facts.architecture)),
            servers::VIRTUALISATION => maybe_text(each, known(&facts.virtualisation)),
            servers::LABEL => {
                for (name, value) in &registration.labels {
                    text(each, &format!("{name}={value}"));
                }
            }
            servers::UNIT_PROBLEMS => server.unit_problems.keys().for_each(|file| text(each, file)),
            servers::CONNECTED => flag(each, self.is_connected()),
            servers::SINCE => time(each, Some(server.since)),
            servers::CAUSE => text(each, &server.cause.to_string()),
            servers::AGE_MS => count(each, on.aged.age_ms),
            servers::STALE => flag(each, on.aged.stale),
            _ => {}
        }
    }
}
