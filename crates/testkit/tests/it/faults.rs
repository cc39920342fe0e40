//! Masters that share a journal, and what fails around them: whatever does, nothing acknowledged is lost or run twice.
//!
//! ```text
//! operators (one a master) ── restart, each with its own id ──► 3 masters ⇄ 2 agents ⇄ 6 applications
//! a test ── kill -9, SIGSTOP, lines cut, disks slow or full ──► masters, NATS servers, lines between
//! proof  ── after it: outcomes, copies, starts, ledgers, history
//! ```
//!
//! Starting and proving a cluster takes longer than most faults, so a cluster bears several, one after the other.
//! `TOPMAST_FAULT_SEED` gives other victims, commands and moments. `TOPMAST_OLDER` is the folder of an older version's
//! programs, without which no upgrade is tried: there is none in a checkout.

mod machine;
mod newer;
mod operator;
mod proof;

use crate::full_disk::SmallDisk;
use anyhow::ensure;
use operator::{Operators, TIMEOUT_MS};
use std::path::Path;
use std::time::Instant;
use topmast_api::action::ActionRequest;
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, ClientError};
use topmast_api::event::EventQuery;
use topmast_api::master::MasterRole;
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::status::{ActionStatus, ApplicationStatus, ServerStatus};
use topmast_testkit::cluster::{MasterPlan, Plan, TestCluster};
use topmast_testkit::fleet::Application;
use topmast_testkit::process::OLDER_VARIABLE;
use topmast_testkit::proxy::Proxy;
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};
use uuid::Uuid;

const MASTERS: usize = 3;
const NATS_SERVERS: usize = 3;
/// The servers that have an agent.
const SERVERS: [&str; 2] = ["default/main/server1", "default/main/server2"];
/// The application that no operator restarts.
const CALM: &str = "calm";
/// Acknowledgements that show that commands flow: more than can have been under way.
const FLOWING: usize = 3 * MASTERS;

/// A cluster with its operators, before anything fails.
struct Scene {
    cluster: TestCluster,
    operators: Operators,
    random: fastrand::Rng,
}

impl Scene {
    async fn open(name: &str) -> anyhow::Result<Self> {
        Self::open_with(name, vec![MasterPlan::default(); MASTERS]).await
    }

    #[expect(clippy::print_stdout, reason = "a failed test says how it is run again")]
    async fn open_with(name: &str, masters: Vec<MasterPlan>) -> anyhow::Result<Self> {
        let seed = std::env::var("TOPMAST_FAULT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        println!("TOPMAST_FAULT_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        // A policy that restarts by itself would hide a command that ran twice.
        let names = (0..masters.len()).map(operator::application).chain([CALM.to_owned()]);
        let applications = names.map(|name| Application::new(&name).with("[restart]\npolicy = \"never\"\n"));
        let plan = Plan {
            servers: NATS_SERVERS,
            agents: vec![applications.collect(); SERVERS.len()],
            masters,
            is_cuttable: true,
        };
        let count = SERVERS.len() * plan.agents[0].len();
        let cluster = TestCluster::start(name, &plan).await?;
        let client = &cluster.clients()[0];
        let started = async || {
            let rows = client.list_all::<ApplicationRow>(&ListQuery::default()).await;
            rows.is_ok_and(|page| {
                let started = page.items.iter().filter(|row| row.status == ApplicationStatus::Started);
                started.count() == count
            })
        };
        wait_until("all applications are STARTED", DEADLINE, started).await?;
        let mut operators = Operators::start(&cluster, &mut random)?;
        operators.acknowledged(FLOWING).await?;
        Ok(Self { cluster, operators, random })
    }

    /// The master that leads.
    async fn holder(&self) -> anyhow::Result<usize> {
        Ok(wait_for("a master leads", DEADLINE, async || self.cluster.holder().await).await?)
    }

    /// The NATS server that leads the journal's stream.
    async fn stream_leader(&self) -> anyhow::Result<usize> {
        let leader = async || self.cluster.stream_leader().await;
        Ok(wait_for("a server leads the stream", DEADLINE, leader).await?)
    }

    /// Waits until all servers have caught up, so that one fault comes after the other: of those that come at once, servers
    /// of NATS 2.9 can lose what they acknowledged.
    async fn is_whole(&mut self) -> anyhow::Result<()> {
        self.operators.acknowledged(FLOWING).await?;
        Ok(wait_until("the servers are level", DEADLINE, async || self.cluster.are_servers_level().await)
            .await?)
    }

    /// Waits until commands flow, under another master than `before`.
    async fn is_taken_over(&mut self, before: usize) -> anyhow::Result<()> {
        let taken = async || self.cluster.holder().await.is_some_and(|holder| holder != before);
        wait_until("another master leads", DEADLINE, taken).await?;
        self.operators.acknowledged(FLOWING).await
    }

    /// A master is this version from now on, and follows.
    async fn is_upgraded(&mut self, master: usize) -> anyhow::Result<()> {
        let upgraded = &mut self.cluster.masters()[master];
        upgraded.process().kill()?;
        upgraded.upgrade();
        upgraded.start_again().await?;
        self.operators.acknowledged(FLOWING).await?;
        let clients = self.cluster.clients();
        let follows = async || {
            let rows = clients[master].master_list().await.map(|page| page.items).unwrap_or_default();
            rows.len() == MASTERS
                && rows.iter().all(|row| row.problem.is_none() && row.role != MasterRole::Silent)
        };
        Ok(wait_until("all masters follow one another", DEADLINE, follows).await?)
    }

    /// Ends the operators, proves that all is as it should be, and ends the cluster.
    #[expect(clippy::print_stdout, reason = "a test that put nothing to the test is seen")]
    async fn close(self) -> anyhow::Result<()> {
        let Self { mut cluster, operators, .. } = self;
        let restarts = operators.stop().await?;
        println!("{} actions were acknowledged", restarts.len());
        proof::prove(&mut cluster, &restarts).await?;
        Ok(cluster.finish()?)
    }
}

#[tokio::test]
async fn masters_that_die_hang_or_are_cut_off_are_followed_by_others() -> anyhow::Result<()> {
    let mut scene = Scene::open("fault-masters").await?;
    for _ in 0..3 {
        let victim = scene.holder().await?;
        scene.cluster.masters()[victim].process().kill()?;
        scene.is_taken_over(victim).await?;
        scene.cluster.masters()[victim].launch_again()?;
    }
    for _ in 0..2 {
        // M-2
        let victim = scene.holder().await?;
        scene.cluster.masters()[victim].process().pause()?;
        scene.is_taken_over(victim).await?;
        scene.cluster.masters()[victim].process().resume()?;
        scene.operators.acknowledged(FLOWING).await?;
    }
    for _ in 0..2 {
        let victim = scene.holder().await?;
        scene.cluster.lines_to_servers(victim).iter().for_each(Proxy::cut);
        scene.is_taken_over(victim).await?;
        scene.cluster.lines_to_servers(victim).iter().for_each(Proxy::mend);
        scene.operators.acknowledged(FLOWING).await?;
    }
    scene.close().await
}

#[tokio::test]
async fn servers_that_die_or_lose_one_another_lose_nothing() -> anyhow::Result<()> {
    let mut scene = Scene::open("fault-servers").await?;
    for _ in 0..2 {
        let victim = scene.stream_leader().await?;
        scene.cluster.servers()[victim].process().kill()?;
        scene.operators.acknowledged(FLOWING).await?;
        scene.cluster.servers()[victim].start_again()?;
        scene.is_whole().await?;
    }
    // One is parted from the others, and goes on to take what its clients send it. Not the one that leads: cut off, that of
    // NATS 2.9 now and then loses what it acknowledged, where no master that comes after it may have it.
    let leader = scene.stream_leader().await?;
    let victim = (leader + scene.random.usize(1..NATS_SERVERS)) % NATS_SERVERS;
    scene.cluster.lines_between_servers(victim).for_each(Proxy::cut);
    scene.operators.acknowledged(FLOWING).await?;
    scene.cluster.lines_between_servers(victim).for_each(Proxy::mend);
    scene.is_whole().await?;

    // Without a majority nothing is accepted.
    let kept = scene.random.usize(..NATS_SERVERS);
    let gone: Vec<usize> = (0..NATS_SERVERS).filter(|server| *server != kept).collect();
    for server in &gone {
        scene.cluster.servers()[*server].process().kill()?;
    }
    let clients = scene.cluster.clients();
    let request = calm_restart()?;
    for client in &clients {
        let refused = async || client.action_create(&request).await.err().filter(ClientError::is_transient);
        wait_for("a command is refused for now", DEADLINE, refused).await?;
    }
    for server in gone {
        scene.cluster.servers()[server].start_again()?;
    }
    scene.operators.acknowledged(FLOWING).await?;
    scene.close().await
}

#[tokio::test]
async fn master_cut_off_from_agents_carries_out_later_what_it_accepted() -> anyhow::Result<()> {
    let scene = Scene::open("fault-cut-agents").await?;
    let victim = scene.holder().await?;
    scene.cluster.lines_from_agents(victim).for_each(Proxy::cut);
    let clients = scene.cluster.clients();
    let cut_at = Instant::now();
    let silent = async || {
        let rows = servers(&clients[victim]).await;
        rows.len() == SERVERS.len() && rows.iter().all(|row| row.status != ServerStatus::Up)
    };
    wait_until("the cut-off master shows no server as UP", DEADLINE, silent).await?;
    let standby = &clients[(victim + 1) % MASTERS];
    let hot = async || {
        let rows = servers(standby).await;
        let is_younger =
            |row: &ServerRow| row.age_ms.is_some_and(|age| u128::from(age) < cut_at.elapsed().as_millis());
        rows.len() == SERVERS.len() && rows.iter().all(is_younger)
    };
    wait_until("a standby shows data that is younger", DEADLINE, hot).await?;
    let accepted = clients[victim].action_create(&calm_restart()?).await?;
    scene.cluster.lines_from_agents(victim).for_each(Proxy::mend);
    let done = async || {
        let action = clients[victim].action_get(accepted.id).await.ok()?;
        action.status.is_final().then_some(action.status)
    };
    let status = wait_for("what was accepted is done", DEADLINE, done).await?;
    ensure!(status == ActionStatus::Succeeded, "{status}");
    scene.close().await
}

#[tokio::test]
async fn masters_whose_clocks_are_an_hour_apart_take_over_from_one_another() -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("topmast-fault-clock-").tempdir()?;
    let masters = [3_600, 0, -3_600].map(|seconds| {
        let environment = machine::skewed(folder.path(), seconds)?;
        anyhow::Ok(MasterPlan { environment, ..MasterPlan::default() })
    });
    let mut scene = Scene::open_with("fault-clock", masters.into_iter().collect::<Result<_, _>>()?).await?;
    for _ in 0..3 {
        let victim = scene.holder().await?;
        scene.cluster.masters()[victim].process().kill()?;
        scene.is_taken_over(victim).await?;
        scene.cluster.masters()[victim].launch_again()?;
    }
    scene.close().await
}

#[tokio::test]
async fn slow_or_full_disk_of_a_copy_holds_up_no_other_master() -> anyhow::Result<()> {
    let directory = tempfile::Builder::new().prefix("topmast-fault-disk-").tempdir()?;
    let slow = directory.path().join("slow");
    let mut masters = vec![MasterPlan::default(); MASTERS];
    // The first one to start is the first to lead.
    masters[0].environment = machine::slow_while(directory.path(), &slow)?;
    let disk = SmallDisk::mount(directory.path().join("disk"));
    if let Ok(disk) = &disk {
        masters[0].data = Some(disk.0.join("m1"));
    }
    let mut scene = Scene::open_with("fault-disk", masters).await?;
    ensure!(scene.holder().await? == 0, "another master than the first leads");
    std::fs::write(&slow, "")?;
    scene.operators.acknowledged(FLOWING).await?;
    std::fs::remove_file(&slow)?;
    scene.operators.acknowledged(FLOWING).await?;
    match disk {
        Ok(disk) => {
            if scene.holder().await? != 0 {
                scene.cluster.clients()[0].master_promote("m1").await?;
                let leads = async || scene.cluster.holder().await == Some(0);
                wait_until("the first master leads again", DEADLINE, leads).await?;
            }
            let filler = disk.fill()?;
            scene.is_taken_over(0).await?;
            std::fs::remove_file(filler)?;
            // Whoever runs a master starts it again.
            if scene.cluster.masters()[0].process().ended()?.is_some() {
                scene.cluster.masters()[0].launch_again()?;
            }
            scene.operators.acknowledged(FLOWING).await?;
            scene.close().await?;
            drop(disk);
        }
        Err(reason) => {
            println!("not tested with a full disk: a tmpfs cannot be mounted here: {reason}");
            scene.close().await?;
        }
    }
    Ok(directory.close()?)
}

#[tokio::test]
async fn what_a_newer_master_journaled_is_kept_by_older_ones_that_are_all_killed() -> anyhow::Result<()> {
    let mut scene = Scene::open("fault-all").await?;
    let unknown = newer::journal_one_event(&scene.cluster).await?;
    scene.operators.acknowledged(FLOWING).await?;
    for master in scene.cluster.masters() {
        master.process().kill()?;
    }
    for server in scene.cluster.servers() {
        server.process().kill()?;
    }
    for server in scene.cluster.servers() {
        server.start_again()?;
    }
    let mut order = [0, 1, 2];
    scene.random.shuffle(&mut order);
    for master in order {
        scene.cluster.masters()[master].launch_again()?;
    }
    scene.operators.acknowledged(FLOWING).await?;
    for client in scene.cluster.clients() {
        let query = EventQuery { kind: Some(newer::KIND.to_owned()), ..EventQuery::default() };
        let kept = async || client.event_list(&query).await.ok().filter(|page| !page.items.is_empty());
        let page = wait_for("the unknown event", DEADLINE, kept).await?;
        let found: Vec<_> = page.items.iter().map(|event| (event.seq, event.payload.to_string())).collect();
        ensure!(found == [(unknown, newer::PAYLOAD.to_owned())], "{}: {found:?}", client.url());
    }
    scene.close().await
}

#[tokio::test]
async fn masters_of_an_older_version_are_upgraded_one_by_one_amid_commands() -> anyhow::Result<()> {
    let Some(older) = std::env::var_os(OLDER_VARIABLE) else {
        println!("not tested: {OLDER_VARIABLE} names no folder with an older version's programs");
        return Ok(());
    };
    let program = Some(Path::new(&older).join("topmast"));
    let mut scene =
        Scene::open_with("fault-upgrade", vec![MasterPlan { program, ..MasterPlan::default() }; MASTERS])
            .await?;
    let old = scene.holder().await?;
    let [first, second] = [1, 2].map(|step| (old + step) % MASTERS);
    // Beside older ones, an older one leading; then one of this version leads an older one.
    scene.is_upgraded(first).await?;
    scene.cluster.clients()[old].master_promote(&format!("m{}", first + 1)).await?;
    scene.is_taken_over(old).await?;
    for last in [second, old] {
        scene.is_upgraded(last).await?;
    }
    scene.close().await
}

/// A command that no operator gives.
fn calm_restart() -> anyhow::Result<ActionRequest> {
    Ok(ActionRequest {
        id: Some(ActionId(Uuid::now_v7())),
        override_guards: true,
        reason: Some("system test".into()),
        timeout_ms: Some(TIMEOUT_MS),
        ..ActionRequest::new(Operation::Restart, vec![format!("{}/{CALM}", SERVERS[0]).parse()?])
    })
}

async fn servers(client: &Client) -> Vec<ServerRow> {
    client.list(&ListQuery::default()).await.map(|page| page.items).unwrap_or_default()
}
