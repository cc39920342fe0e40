//! `topmast-demo-cluster`: three NATS servers, three masters and two agents with the demo switch, on loopback.

use anyhow::Context as _;
use std::io::{self, Write};
use topmast_testkit::cluster::{MasterPlan, Plan, TestCluster};
use topmast_testkit::fleet::{Application, PASSWORD, USER};
use topmast_testkit::process::program;

const SERVERS: usize = 3;
const MASTERS: usize = 3;
/// Ports of the two demo switches, which both listen on 127.0.0.1.
const SWITCHES: [u16; 2] = [7481, 7482];

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut end = std::pin::pin!(tokio::signal::ctrl_c());
    let switch = program("payment-switch")?.display().to_string();
    let switches = SWITCHES.map(|port| {
        let unit = format!(
            "kind = \"process\"\ncommand = [{switch:?}, \"--listen\", \"127.0.0.1:{port}\", \"--rate\", \"50\"]\n\
             http_port = {port}\n[health]\nhttp = \"/health\"\ninterval = \"2s\"\n\
             [[service]]\nsource = \"topmast\"\ninterval = \"1s\"\n"
        );
        vec![Application::from_unit("payment-switch", &unit)]
    });
    let plan = Plan {
        servers: SERVERS,
        masters: vec![MasterPlan::default(); MASTERS],
        agents: switches.into(),
        is_cuttable: false,
    };
    writeln!(
        io::stderr(),
        "starting {SERVERS} NATS servers, {MASTERS} masters and {} agents",
        SWITCHES.len()
    )?;
    let mut cluster = tokio::select! {
        started = TestCluster::start("demo", &plan) => started?,
        _ = &mut end => return Ok(()),
    };
    let holder = cluster.holder().await.context("no master leads")?;
    writeln!(io::stdout(), "{}", greeting(&mut cluster, holder))?;
    end.await?;
    writeln!(io::stderr(), "stopping; the folder is removed")?;
    Ok(cluster.finish()?)
}

/// What there is, and what to try.
fn greeting(cluster: &mut TestCluster, holder: usize) -> String {
    let path = cluster.path().to_owned();
    let mut lines = vec!["a cluster is running, until Ctrl-C\n".to_owned()];
    let mut urls = Vec::new();
    for (number, master) in cluster.masters().iter_mut().enumerate() {
        let role = if number == holder { "active" } else { "standby" };
        let pid = master.process().pid();
        lines.push(format!("  m{}   {}   {role:<8} process {pid}", number + 1, master.url()));
        urls.push((master.url().to_owned(), pid));
    }
    let (url, pid) = &urls[holder];
    let (other, _) = &urls[(holder + 1) % urls.len()];
    let again = format!(
        "TOPMAST_ADMIN_PASSWORD=\"{PASSWORD}\" topmast master --config {}/m{}/master.toml",
        path.display(),
        holder + 1
    );
    lines.extend([
        format!("\n  log in    {USER}, with the password: {PASSWORD}\n"),
        format!("  topmast login {other} --user {USER}"),
        "  topmast masters".to_owned(),
        "  topmast restart default/main/server1/payment-switch".to_owned(),
        format!("  kill -9 {pid}                 # the active one; another leads in some two seconds"),
        format!("  {again}   # and {url} is back, as a standby"),
        format!("\n  all of it is in {}", path.display()),
    ]);
    lines.join("\n")
}
