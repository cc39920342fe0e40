//! `topmast servers`.

mod add;
mod application;
mod hosts;

use super::failure::Failure;
use super::list::{self, ListArguments, Listed, ShowArguments};
use crate::output::terminal;
use crate::output::{Cell, Column, Tone, human};
use clap::{Args, Subcommand};
use topmast_api::agentless::AgentlessRow;
use topmast_api::client::Client;
use topmast_api::server::ServerRow;
use topmast_model::agentless::HostSystem;
use topmast_model::guest::GuestKind;
use topmast_model::path::ObjectPath;
use topmast_model::status::ServerStatus;
use topmast_probe::plan::{self, Plan};

/// Arguments of `servers`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: ListArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Read servers without an agent over ssh from now on
    Add(Box<add::AddArguments>),
    /// List the servers that are read over ssh, and how
    Agentless(ShowArguments),
    /// Trust another host key of a server that is read over ssh, as after it was installed anew
    Trust {
        /// tenant/cluster/server
        path: ObjectPath,
        /// SHA256:… of the hosts between, the nearest first, then of the server
        #[arg(required = true, value_name = "SHA256:…")]
        fingerprints: Vec<String>,
    },
    /// Print the script that an account runs whose command is forced in authorized_keys
    Script {
        /// linux, aix, solaris, freebsd, macos or esxi
        #[arg(value_parser = hosts::system)]
        system: HostSystem,
    },
    /// Applications of servers without an agent: which there are, and by which commands
    Apps(application::AppsArguments),
    /// Forget a server and everything on it
    Remove {
        /// tenant/cluster/server
        path: ObjectPath,
    },
}

impl Arguments {
    /// True when no master is asked.
    pub(super) fn is_local(&self) -> bool {
        matches!(self.command, Some(Command::Script { .. }))
    }

    /// Runs what needs no master.
    pub(super) fn run_here(&self) -> Result<(), Failure> {
        match &self.command {
            Some(Command::Script { system }) => print_script(*system),
            _ => Ok(()),
        }
    }
}

fn print_script(system: HostSystem) -> Result<(), Failure> {
    let whole = Plan::of(system).whole();
    Ok(terminal::print(&format!("#!/bin/sh\n{}", plan::script(&whole)))?)
}

/// Lists servers, or changes which there are.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => list::run::<ServerRow>(client, &arguments.list).await,
        Some(Command::Add(arguments)) => add::run(client, *arguments).await,
        Some(Command::Agentless(show)) => show.print(&client.agentless_list().await?.items, AGENTLESS),
        Some(Command::Trust { path, fingerprints }) => {
            client.agentless_trust(&path, fingerprints).await?;
            Ok(terminal::print(&format!("{path} is trusted with the new key and read again\n"))?)
        }
        Some(Command::Script { system }) => print_script(system),
        Some(Command::Apps(arguments)) => application::run(client, arguments).await,
        Some(Command::Remove { path }) => {
            client.server_remove(&path).await?;
            Ok(terminal::print(&format!("removed {path}\n"))?)
        }
    }
}

const AGENTLESS: &[Column<AgentlessRow>] = &[
    Column::text("SERVER", "server", |row, _| Cell::plain(row.server.as_str())),
    Column::text("THROUGH", "through", |row, _| Cell::plain(row.through.join(" "))),
    Column::text("LOGIN", "login", |row, _| Cell::plain(&row.login)),
    Column::text("OS", "os", |row, _| Cell::plain(row.os.map_or("found out", HostSystem::as_str))),
    Column::text("SHELL", "shell", |row, _| Cell::plain(row.shell.as_str())),
    Column::number("EVERY", "interval_ms", |row, _| Cell::plain(human::millis(Some(row.interval_ms as f64)))),
    Column::text("READ", "connected", |row, _| {
        if row.connected { Cell::new("yes", Tone::Good) } else { Cell::new("no", Tone::Bad) }
    }),
    Column::text("PROBLEM", "problem", |row, _| {
        Cell::new(row.problem.as_deref().unwrap_or(human::UNKNOWN), Tone::Bad)
    }),
    Column::wide_text("HOST KEYS", "fingerprints", |row, _| {
        let keys = row.fingerprints.iter().map(|key| key.as_deref().unwrap_or("the first one shown"));
        Cell::plain(keys.collect::<Vec<_>>().join(" "))
    }),
];

impl Listed for ServerRow {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
        Column::text("ADDRESS", "address", |row, _| Cell::maybe(Some(&row.address))),
        Column::text("ROLE", "role", |row, _| Cell::plain(row.role.as_str())),
        Column::text("VERSION", "version", |row, _| Cell::maybe(Some(&row.version))),
        Column::text("STATUS", "status", |row, _| Cell::new(row.status.as_str(), tone(row.status))),
        Column::number("CPU", "cpu_pct", |row, _| share(row.cpu_pct)),
        Column::number("MEMORY", "memory_pct", |row, _| share(row.memory_pct)),
        Column::number("UPTIME", "uptime_s", |row, _| {
            Cell::plain(row.uptime_s.map_or_else(|| human::UNKNOWN.to_owned(), human::span))
        }),
        Column::text("OS", "os", |row, _| Cell::maybe(row.os.as_deref())),
        Column::number("AGE", "age_ms", |row, _| {
            Cell::new(human::age(row.age_ms), if row.stale { Tone::Warn } else { Tone::Plain })
        }),
        Column::wide_text("HOST", "parent", |row, _| Cell::maybe(row.parent.as_ref().map(ObjectPath::name))),
        Column::wide_text("KIND", "kind", |row, _| Cell::maybe(row.kind.map(GuestKind::as_str))),
        Column::wide_text("HEALTH", "health", |row, _| Cell::plain(row.health.as_str())),
        Column::wide_text("WORST PROBLEM", "problem", |row, _| {
            Cell::maybe(row.problem.map(topmast_model::status::Severity::as_str))
        }),
        Column::wide_number("APPS", "applications_started", |row, _| {
            Cell::plain(format!("{}/{}", row.applications_started, row.applications_total))
        }),
        Column::wide_number("BAD SERVICES", "services_bad", |row, _| {
            Cell::plain(row.services_bad.to_string())
        }),
        Column::wide_number("CPUS", "cpu_count", |row, _| {
            Cell::plain(human::count(row.cpu_count.map(u64::from)))
        }),
        Column::wide_number("LOAD", "load1", |row, _| {
            Cell::plain(row.load1.map_or_else(|| human::UNKNOWN.to_owned(), |load| format!("{load:.2}")))
        }),
        Column::wide_number("MEMORY SIZE", "memory_bytes", |row, _| {
            Cell::plain(human::bytes(row.memory_bytes))
        }),
        Column::wide_number("SWAP", "swap_pct", |row, _| share(row.swap_pct)),
        Column::wide_number("DISK", "disk_pct", |row, _| share(row.disk_pct)),
        Column::wide_text("FULLEST", "disk_mount", |row, _| Cell::maybe(row.disk_mount.as_deref())),
        Column::wide_number("RECEIVE/S", "network_rx_bytes_per_s", |row, _| {
            per_second(row.network_rx_bytes_per_s)
        }),
        Column::wide_number("SEND/S", "network_tx_bytes_per_s", |row, _| {
            per_second(row.network_tx_bytes_per_s)
        }),
        Column::wide_text("ARCH", "architecture", |row, _| Cell::maybe(row.architecture.as_deref())),
        Column::wide_text("VIRTUAL", "virtualisation", |row, _| Cell::maybe(row.virtualisation.as_deref())),
        Column::wide_text("KERNEL", "kernel", |row, _| Cell::maybe(row.kernel.as_deref())),
        Column::wide_text("LABELS", "labels", |row, _| {
            let labels: Vec<String> =
                row.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Cell::maybe(Some(labels.join(" ").as_str()))
        }),
        Column::wide_text("PROBLEMS", "unit_problems", |row, _| match row.unit_problems.as_slice() {
            [] => Cell::plain(human::UNKNOWN),
            [first] => Cell::new(format!("{}: {}", first.file, first.problem), Tone::Bad),
            [first, rest @ ..] => {
                Cell::new(format!("{}: {} (and {} more)", first.file, first.problem, rest.len()), Tone::Bad)
            }
        }),
        Column::wide_text("CAUSE", "cause", |row, _| Cell::plain(&row.cause)),
        Column::wide_text("PATH", "path", |row, _| Cell::plain(row.path.as_str())),
    ];
}

pub(crate) const fn tone(status: ServerStatus) -> Tone {
    match status {
        ServerStatus::Up => Tone::Good,
        ServerStatus::Stale | ServerStatus::Unknown => Tone::Warn,
        ServerStatus::Down => Tone::Bad,
    }
}

/// A share that deserves a look when little is left.
fn share(share: Option<f64>) -> Cell {
    let tone = if share.is_some_and(|share| share >= 90.0) { Tone::Warn } else { Tone::Plain };
    Cell::new(human::percent(share), tone)
}

fn per_second(bytes: Option<f64>) -> Cell {
    // Bytes a second are never negative nor near 2^53, so the cast only cuts the fraction.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the line above")]
    Cell::plain(human::bytes(bytes.map(|bytes| bytes as u64)))
}
