//! Rows of servers.

use super::{Sight, View, Wanted, aged, flag, known, maybe_text, number, samples, text, time, whole};
use crate::live::lock;
use topmast_api::server::{ServerDetails, ServerRow, UnitProblem};
use topmast_api::time::Timestamp;
use topmast_engine::{Contents, Server, contents};
use topmast_model::filter::fields::{SERVERS, servers};
use topmast_model::filter::{FieldDef, FieldValue};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::status::Health;

/// Servers whose contents are looked up one by one; of more, those of all are taken in one pass, which for a
/// window of 60 of 10,000 servers with 100,000 services took 28 ms.
const ONE_BY_ONE: usize = 200;

/// The view of servers.
pub(crate) struct Servers;

impl View for Servers {
    type Row = ServerRow;
    type Details = ServerDetails;
    const NOUN: &'static str = "server";
    const LEVEL: Level = Level::Server;
    const FIELDS: &'static [FieldDef] = SERVERS;

    fn rows(
        sight: &Sight<'_>,
        _: &Principal,
        within: Option<&ObjectPath>,
        wanted: Wanted<'_>,
    ) -> Vec<ServerRow> {
        let servers: Vec<_> = sight.state.servers().within(within).filter(|(path, _)| wanted(path)).collect();
        if servers.len() <= ONE_BY_ONE {
            let alone = |path| contents(sight.state, Some(path)).remove(path);
            return servers
                .into_iter()
                .map(|(path, server)| row(sight, path, server, alone(path).as_ref()))
                .collect();
        }
        let all = contents(sight.state, within);
        servers.into_iter().map(|(path, server)| row(sight, path, server, all.get(path))).collect()
    }

    fn details(sight: &Sight<'_>, _: &Principal, path: &ObjectPath) -> Option<ServerDetails> {
        let server = sight.state.server(path)?;
        let row = row(sight, path, server, contents(sight.state, Some(path)).get(path));
        let live = sight.live.server(path);
        let live = lock(&live);
        let facts = &server.registration.facts;
        Some(ServerDetails {
            hostname: known(&facts.hostname),
            os_family: known(&facts.os_family),
            addresses: facts.addresses.clone(),
            booted_at: (facts.boot_time.0 > 0).then_some(Timestamp(facts.boot_time)),
            interval_ms: server.registration.interval_ms,
            instance: server.registration.instance,
            samples: samples(&live, |series| series.label("application").is_none()),
            row,
        })
    }

    fn values(row: &ServerRow, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        match field {
            servers::NAME => text(each, &row.name),
            servers::PATH => text(each, row.path.as_str()),
            servers::TENANT => maybe_text(each, row.path.name_at(Level::Tenant)),
            servers::CLUSTER => maybe_text(each, row.path.name_at(Level::Cluster)),
            servers::ADDRESS => text(each, &row.address),
            servers::ROLE => text(each, row.role.as_str()),
            servers::VERSION => text(each, &row.version),
            servers::STATUS => text(each, row.status.as_str()),
            servers::HEALTH => text(each, row.health.as_str()),
            servers::CPU_PCT => number(each, row.cpu_pct),
            servers::CPU_COUNT => number(each, row.cpu_count.map(f64::from)),
            servers::LOAD1 => number(each, row.load1),
            servers::MEMORY_PCT => number(each, row.memory_pct),
            servers::MEMORY_BYTES => number(each, row.memory_bytes.map(|bytes| bytes as f64)),
            servers::MEMORY_USED_BYTES => number(each, row.memory_used_bytes.map(|bytes| bytes as f64)),
            servers::SWAP_PCT => number(each, row.swap_pct),
            servers::DISK_PCT => number(each, row.disk_pct),
            servers::DISK_MOUNT => maybe_text(each, row.disk_mount.as_deref()),
            servers::NETWORK_RX_BYTES_PER_S => number(each, row.network_rx_bytes_per_s),
            servers::NETWORK_TX_BYTES_PER_S => number(each, row.network_tx_bytes_per_s),
            servers::APPLICATIONS_STARTED => number(each, Some(f64::from(row.applications_started))),
            servers::APPLICATIONS_TOTAL => number(each, Some(f64::from(row.applications_total))),
            servers::SERVICES_BAD => number(each, Some(f64::from(row.services_bad))),
            servers::UPTIME_S => number(each, row.uptime_s.map(|seconds| seconds as f64)),
            servers::OS => maybe_text(each, row.os.as_deref()),
            servers::KERNEL => maybe_text(each, row.kernel.as_deref()),
            servers::ARCHITECTURE => maybe_text(each, row.architecture.as_deref()),
            servers::VIRTUALISATION => maybe_text(each, row.virtualisation.as_deref()),
            servers::LABEL => {
                for (name, value) in &row.labels {
                    text(each, &format!("{name}={value}"));
                }
            }
            servers::UNIT_PROBLEMS => row.unit_problems.iter().for_each(|problem| text(each, &problem.file)),
            servers::CONNECTED => flag(each, row.connected),
            servers::SINCE => time(each, Some(row.since)),
            servers::CAUSE => text(each, &row.cause),
            servers::AGE_MS => number(each, row.age_ms.map(|age| age as f64)),
            servers::STALE => flag(each, row.stale),
            _ => {}
        }
    }
}

fn row(sight: &Sight<'_>, path: &ObjectPath, server: &Server, contents: Option<&Contents>) -> ServerRow {
    let live = sight.live.server(path);
    let live = lock(&live);
    let (figures, aged) = (live.host(), aged(sight, path, &live));
    let registration = &server.registration;
    let facts = &registration.facts;
    let memory_pct = figures
        .memory_used_bytes
        .zip(figures.memory_total_bytes)
        .and_then(|(used, total)| (total > 0.0).then_some(100.0 * used / total));
    ServerRow {
        name: path.name().to_owned(),
        address: registration.address.clone(),
        role: registration.role,
        version: registration.version.clone(),
        status: server.status,
        cpu_pct: figures.cpu_pct,
        memory_pct,
        uptime_s: whole(figures.uptime_s),
        os: known(&facts.os),
        age_ms: aged.age_ms,
        stale: aged.stale,
        path: path.clone(),
        cluster: path.parent().unwrap_or_else(|| path.clone()),
        kernel: known(&facts.kernel),
        architecture: known(&facts.architecture),
        virtualisation: known(&facts.virtualisation),
        cpu_count: (facts.cpu_count > 0).then_some(facts.cpu_count),
        load1: figures.load1,
        memory_bytes: whole(figures.memory_total_bytes),
        memory_used_bytes: whole(figures.memory_used_bytes),
        cpu_trend: live.cpu_trend().to_vec(),
        swap_pct: figures.swap_pct,
        disk_pct: figures.fullest_disk.as_ref().map(|(pct, _)| *pct),
        disk_mount: figures.fullest_disk.as_ref().map(|(_, mount)| mount.to_string()),
        network_rx_bytes_per_s: figures.network_receive_bytes_per_s,
        network_tx_bytes_per_s: figures.network_transmit_bytes_per_s,
        applications_started: contents.map_or(0, |contents| contents.applications_started),
        applications_total: contents.map_or(0, |contents| contents.applications_total),
        services_bad: contents.map_or(0, |contents| contents.services_bad),
        labels: registration.labels.clone(),
        unit_problems: server
            .unit_problems
            .iter()
            .map(|(file, problem)| UnitProblem { file: file.clone(), problem: problem.clone() })
            .collect(),
        since: Timestamp(server.since),
        cause: server.cause.to_string(),
        cause_detail: server.cause.clone(),
        connected: sight.registry.is_connected(path),
        health: contents.map_or(Health::Unknown, |contents| contents.health),
    }
}
