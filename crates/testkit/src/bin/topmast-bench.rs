//! `topmast-bench`: measures what Topmast answers for and prints it beside the targets.

use clap::Parser;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use topmast_testkit::bench::{self, Figure, Group, Machine, Settings};

/// Measures what Topmast answers for and prints it beside the targets.
///
/// Nothing is asserted: a figure that falls short is printed as such and the exit code stays 0.
/// The programs `topmast` and `topmast-agent` are those beside this one, or in the folder that `TOPMAST_PROGRAMS` names.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// Measure for 15 seconds and 200 changes instead of 60 and 1,000.
    #[arg(long)]
    quick: bool,
    /// Simulated servers.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    servers: u32,
    /// Series of each simulated server.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(20..=10_000))]
    series: u32,
    /// Seconds over which rates are measured.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: Option<u64>,
    /// Servers of the fleet that the console shows, with ten services each.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    console_servers: u32,
    /// Minutes over which the console's memory is watched, instead of two.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=1_440))]
    console_minutes: u64,
    /// Servers of the fleet under load, instead of 10,000 (500 with `--quick`); a tenth as many watch, and a twentieth as many requests are made a second.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    load_servers: Option<u32>,
    /// Seconds under load, instead of 600 (20 with `--quick`).
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    load_seconds: Option<u64>,
    /// Clusters that the console joins, instead of 50 (5 with `--quick`).
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=100))]
    clusters: Option<u32>,
    /// Servers of each of them, instead of 200 (50 with `--quick`).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    cluster_servers: Option<u32>,
    /// Only these figures: latency, ingest, payload, dispatch, memory, tenants, agent, agentless, console, history, query, scale, aws, logs, cluster, load, federation. May be given several times.
    #[arg(long, value_name = "NAME", value_parser = group)]
    only: Vec<Group>,
    /// Also write machine and figures as JSON lines.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn group(word: &str) -> Result<Group, String> {
    let known = || Group::ALL.iter().map(|group| group.as_str()).collect::<Vec<_>>().join(", ");
    Group::find(word).ok_or_else(|| format!("it is one of {}", known()))
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "topmast-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> anyhow::Result<()> {
    let settings = Settings {
        servers: usize::try_from(options.servers)?,
        series: usize::try_from(options.series)?,
        span: Duration::from_secs(options.seconds.unwrap_or(if options.quick { 15 } else { 60 })),
        changes: if options.quick { 200 } else { 1_000 },
        console_servers: usize::try_from(options.console_servers)?,
        console_span: Duration::from_mins(options.console_minutes),
        load_servers: usize::try_from(options.load_servers.unwrap_or(if options.quick {
            500
        } else {
            10_000
        }))?,
        load_span: Duration::from_secs(options.load_seconds.unwrap_or(if options.quick { 20 } else { 600 })),
        clusters: usize::try_from(options.clusters.unwrap_or(if options.quick { 5 } else { 50 }))?,
        cluster_servers: usize::try_from(options.cluster_servers.unwrap_or(if options.quick {
            50
        } else {
            200
        }))?,
    };
    let groups = if options.only.is_empty() { Group::ALL } else { &options.only };
    let mut json = options.json.as_ref().map(File::create).transpose()?;
    let machine = Machine::read(&std::env::temp_dir());
    let mut out = io::stdout();
    writeln!(out, "topmast {}, {machine}", env!("CARGO_PKG_VERSION"))?;
    writeln!(
        out,
        "{} simulated servers × {} series at 1 s, {} servers for the console; \
         the fleet, the clients and the master share the cores\n",
        settings.servers, settings.series, settings.console_servers
    )?;
    writeln!(out, "{}", Figure::header())?;
    if let Some(json) = &mut json {
        writeln!(json, "{}", machine.to_json())?;
    }
    let mut written = Ok(());
    let mut show = |figure: Figure| {
        let write = writeln!(out, "{}", figure.row()).and_then(|()| match &mut json {
            Some(json) => writeln!(json, "{}", figure.to_json()),
            None => Ok(()),
        });
        if written.is_ok() {
            written = write;
        }
    };
    // reqwest panics without one; an error would say that there is one already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(bench::run(&settings, groups, &mut show))?;
    Ok(written?)
}
