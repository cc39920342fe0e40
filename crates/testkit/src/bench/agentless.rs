//! What servers without an agent cost the master: processor time and memory of hundreds of ssh connections.
//!
//! The hosts are an ssh server inside this process, which answers every script as this machine would.

mod host;

use super::{BenchError, Figure, Settings};
use crate::fleet::TestFleet;
use crate::wait::wait_until;
use host::SshHosts;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use topmast_api::agentless::{AgentlessRequest, AgentlessServer, Endpoint, LoginRequest};
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_model::agentless::AccountShell;

/// Hosts that are read: what a site of some size has.
const HOSTS: usize = 500;
/// The default interval of a server without an agent.
const INTERVAL: Duration = Duration::from_secs(10);
/// Time for all of them to connect on a slow machine.
const CONNECT_WITHIN: Duration = Duration::from_mins(5);
const KIB: f64 = 1_024.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut fleet = TestFleet::start("bench-agentless").await?;
    let hosts = SshHosts::start(fleet.path()).await?;
    let client = fleet.client();
    let idle = fleet.master().process().usage()?;
    let server = |number: usize| AgentlessServer {
        name: format!("ssh-{number}"),
        cluster: None,
        endpoint: Endpoint {
            address: hosts.address().ip().to_string(),
            port: hosts.address().port(),
            user: "monitor".into(),
            fingerprint: Some(hosts.fingerprint().to_owned()),
        },
        jumps: Vec::new(),
        accept_new: false,
        login: 0,
        os: None,
        shell: AccountShell::Auto,
        interval_ms: Some(INTERVAL.as_millis().try_into().unwrap_or(u64::MAX)),
        guests: None,
        labels: BTreeMap::new(),
    };
    let request = AgentlessRequest {
        servers: (0..HOSTS).map(server).collect(),
        logins: vec![LoginRequest { private_key: Some(hosts.login_key().to_owned()), password: None }],
        ..AgentlessRequest::default()
    };
    let began = Instant::now();
    client.agentless_add(&request).await?;
    let query = ListQuery {
        filter: Some("role=agentless status=UP cpu_pct>=0".into()),
        limit: Some(1),
        ..ListQuery::default()
    };
    let all_up = async || client.list::<ServerRow>(&query).await.is_ok_and(|page| page.total == HOSTS as u64);
    wait_until("all hosts are UP", CONNECT_WITHIN, all_up).await?;
    let connected = fleet.master().process().usage()?;
    show(
        Figure::new(
            format!("{HOSTS} hosts over ssh, from added to UP with figures"),
            began.elapsed().as_secs_f64(),
            "s",
        )
        .note(format!(
            "{:.1} CPU-seconds of the master; two readings each",
            connected.cpu.saturating_sub(idle.cpu).as_secs_f64()
        )),
    );
    let before = (fleet.master().process().usage()?, hosts.readings());
    tokio::time::sleep(settings.span.max(2 * INTERVAL)).await;
    let (after, readings) = (fleet.master().process().usage()?, hosts.readings() - before.1);
    let cpu = after.cpu.saturating_sub(before.0.cpu).as_secs_f64();
    let span = settings.span.max(2 * INTERVAL).as_secs_f64();
    show(
        Figure::new(
            format!("master, {HOSTS} hosts over ssh every {} s", INTERVAL.as_secs()),
            100.0 * cpu / span,
            "% of a core",
        )
        .note(format!("{readings} readings, {:.2} CPU-ms each", 1_000.0 * cpu / readings.max(1) as f64)),
    );
    let grown = after.resident_bytes.saturating_sub(idle.resident_bytes) as f64;
    show(
        Figure::new("master memory a host over ssh", grown / HOSTS as f64 / KIB, "KiB")
            .note(format!("{:.0} MiB in all", after.resident_bytes as f64 / KIB / KIB)),
    );
    drop(hosts);
    Ok(fleet.finish()?)
}
