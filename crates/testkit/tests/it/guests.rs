//! Guests as servers: zones and domains of a host that calls itself Solaris, and containers of a Linux host, read over a
//! real ssh; what their tools print is ours, in the tools' own format.

use super::journey::Terminal;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::sshd::{self, Sshd};

/// As `zoneadm list -cp` prints zones.
const ZONES: &str = "0:global:running:/::solaris:shared:-:none:\n3:shop:running:/zones/shop:a1:solaris:excl:-::\n\
                     -:old:installed:/zones/old:a2:solaris:excl:-::\n";
/// The same after somebody removed one zone and booted the other.
const ZONES_LATER: &str =
    "0:global:running:/::solaris:shared:-:none:\n4:old:running:/zones/old:a2:solaris:excl:-::\n";
/// As `ldm list -p` prints domains.
const DOMAINS: &str = "VERSION 1.19\n\
    DOMAIN|name=primary|state=active|flags=normal,control,vio-service|cons=UART|ncpu=16|mem=25769803776|util=1.5|uptime=3902760|norm_util=1.2\n\
    DOMAIN|name=pay 1|state=active|flags=normal|cons=5000|ncpu=8|mem=8589934592|util=25|uptime=7260|norm_util=24\n\
    DOMAIN|name=spare|state=bound|flags=|cons=5001|ncpu=4|mem=2147483648|util=|uptime=|norm_util=\n";
/// As `docker stats --no-stream --format '{{json .}}'` prints containers.
const CONTAINERS: &str = r#"{"BlockIO":"1.2MB / 0B","CPUPerc":"12.50%","Container":"4f1e","ID":"4f1e","MemPerc":"25.00%","MemUsage":"256MiB / 1GiB","Name":"web","NetIO":"1kB / 2kB","PIDs":"3"}
"#;
/// What `uname` says of the host, whichever way it is asked.
const UNAME: &str =
    "case $1 in -s) echo SunOS;; -r) echo 5.11;; -m) echo sun4v;; -n) echo sol1;; -v) echo 11.4.66;; esac";

/// A folder of programs that print what they are told to.
struct Tools<'a>(&'a Path);

impl Tools<'_> {
    fn run(&self, name: &str, script: &str) -> anyhow::Result<()> {
        let path = self.0.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        Ok(fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?)
    }

    /// A program that prints a file, which changes at once.
    fn print(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.say(name, text)?;
        self.run(name, &format!("cat {}", self.0.join(name).with_extension("txt").display()))
    }

    fn say(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.0.join(name);
        fs::write(path.with_extension("new"), text)?;
        Ok(fs::rename(path.with_extension("new"), path.with_extension("txt"))?)
    }

    /// The options of a key whose account runs everything for a system, with these programs before all others.
    async fn account(&self, terminal: &Terminal, system: &str) -> anyhow::Result<String> {
        let script = terminal.done(&["servers", "script", system]).await?;
        let usual = "PATH=/usr/bin";
        ensure!(script.contains(usual), "{script}");
        let script = script.replacen(usual, &format!("PATH={}:/usr/bin", self.0.display()), 1);
        let path = self.0.join(format!("{system}.sh"));
        fs::write(&path, script)?;
        Ok(format!("restrict,command=\"sh {}\"", path.display()))
    }
}

/// The one row of a guest.
async fn guest(terminal: &Terminal, filter: &str) -> anyhow::Result<Value> {
    terminal.shows("servers", filter, 1).await?.into_iter().next().context("there is one")
}

#[tokio::test]
async fn guests_of_hosts_over_ssh_are_servers_below_them() -> anyhow::Result<()> {
    if !sshd::is_installed() {
        return Ok(());
    }
    let mut fleet = TestFleet::start("guests").await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let folder = fleet.path().join("tools");
    fs::create_dir_all(&folder)?;
    let tools = Tools(&folder);
    tools.run("uname", UNAME)?;
    tools.print("zoneadm", ZONES)?;
    tools.print("ldm", DOMAINS)?;
    let solaris = tools.account(&terminal, "solaris").await?;
    let engine = fleet.path().join("engine");
    fs::create_dir_all(&engine)?;
    let engine = Tools(&engine);
    engine.print("docker", CONTAINERS)?;
    let linux = engine.account(&terminal, "linux").await?;
    let mut sol = Sshd::start(&fleet.path().join("sol"), &[("sol1", &solaris)]).await?;
    let lin = Sshd::start(&fleet.path().join("lin"), &[("lin1", &linux)]).await?;
    let add = async |name: &str, sshd: &Sshd, more: &[&str]| {
        let (host, key) =
            (format!("{}@{}", sshd::own_user(), sshd.address()), sshd.key(name).display().to_string());
        let usual = ["server", "add", "--agentless", &host, "--name", name, "--key", &key, "--interval", "1"];
        terminal.done(&[&usual[..], &["--accept-new"], more].concat()).await
    };
    add("sol1", &sol, &["--label", "site=north"]).await?;
    add("lin1", &lin, &[]).await?;

    // Each with its state's word; what does not run has no figures, and what runs those that its host tells.
    terminal.shows("servers", "role=guest parent=sol1 label=site=north", 4).await?;
    let pay = guest(&terminal, "name=sol1+pay_1 status=UP kind=ldom cpu_pct>24 cpu_pct<26").await?;
    ensure!(pay["uptime_s"] == 7_260 && pay["memory_bytes"] == 8_589_934_592_u64, "{pay}");
    ensure!(pay["memory_used_bytes"].is_null() && pay["cpu_count"] == 8, "what is in use is unknown: {pay}");
    let spare = guest(&terminal, "name=sol1+spare status=DOWN").await?;
    ensure!(spare["cause"] == "bound, as sol1 says" && spare["cpu_pct"].is_null(), "{spare}");
    let old = guest(&terminal, "name=sol1+old kind=zone status=DOWN").await?;
    ensure!(old["cause"] == "installed, as sol1 says" && old["parent"] == "default/main/sol1", "{old}");
    let web = guest(&terminal, "parent=lin1 kind=container status=UP cpu_pct>0 memory_pct=25").await?;
    ensure!(web["name"] == "lin1+web", "{web}");
    let table = terminal.done(&["servers", "-o", "wide"]).await?;
    let names: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    let expected = ["lin1", "lin1+web", "sol1", "sol1+old", "sol1+pay_1", "sol1+shop", "sol1+spare"];
    ensure!(names.starts_with(&expected) && table.contains("HOST"), "{table}");

    // A restarted master shows the same, and what changed meanwhile is seen.
    tools.say("zoneadm", ZONES_LATER)?;
    fleet.master().process().kill()?;
    fleet.master().start_again().await?;
    ensure!(terminal.rows("servers", "role=guest").await?.len() == 5, "they are in the journal");
    guest(&terminal, "name=sol1+old status=UP").await?;
    let gone = guest(&terminal, "name=sol1+shop status=DOWN").await?;
    ensure!(gone["cause"] == "no longer listed by sol1", "{gone}");
    terminal.done(&["server", "remove", "default/main/sol1+shop"]).await?;
    terminal.shows("servers", "parent=sol1", 3).await?;

    // What is in a host that is gone is unknown, and never healthy.
    sol.stop()?;
    terminal.shows("servers", "name=sol1 status=DOWN", 1).await?;
    let unknown = terminal.shows("servers", "parent=sol1 status=UNKNOWN stale=true", 3).await?;
    ensure!(unknown.iter().all(|row| row["cause"] == "sol1 is DOWN"), "{unknown:?}");

    // They go with their host, or when it is to be read without them.
    terminal.done(&["server", "remove", "default/main/sol1"]).await?;
    terminal.shows("servers", "role=guest", 1).await?;
    add("lin1", &lin, &["--replace", "--no-guests"]).await?;
    terminal.shows("servers", "role=guest", 0).await?;
    terminal.shows("servers", "name=lin1 status=UP", 1).await?;
    fleet.finish()?;
    Ok(())
}
