//! A standby whose copy of the journal has records that the shared one has not mends itself, once, and no copy with what
//! its master decided; and no master appends to a stream that ends before its copy.

use anyhow::ensure;
use std::path::{Path, PathBuf};
use std::process::Command;
use topmast_api::client::Client;
use topmast_api::join_token::JoinTokenRequest;
use topmast_api::master::{MasterRole, MasterRow};
use topmast_journal::{
    EmbeddedJournal, EmbeddedReader, Head, Journal as _, JournalReader as _, Options, Record,
};
use topmast_model::id::Seq;
use topmast_testkit::cluster::{MasterPlan, Plan, TestCluster};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

/// One server and two masters.
fn plan() -> Plan {
    Plan { servers: 1, masters: vec![MasterPlan::default(); 2], agents: Vec::new(), is_cuttable: false }
}

/// Repeats the last record of a copy whose master does not run: what servers told it of and then lost.
fn diverge(data: &Path) -> anyhow::Result<Head> {
    let mut copy = EmbeddedJournal::open(&data.join("journal.db"), Options::default())?;
    let last = copy.head().seq;
    let records = copy.reader()?.read(Seq(last.0 - 1), 1)?;
    copy.append(last, &records.iter().map(Record::unsealed).collect::<Vec<_>>())?;
    Ok(copy.head())
}

/// The copies that were put aside.
fn aside(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let files = std::fs::read_dir(data)?.map(|file| Ok(file?.path())).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(files.into_iter().filter(|path| path.to_string_lossy().contains("journal.db.diverged-")).collect())
}

/// Waits until a master says of itself that it has a role; its row then.
async fn is(client: &Client, role: MasterRole) -> anyhow::Result<MasterRow> {
    let row = async || {
        let rows = client.master_list().await.ok()?.items;
        rows.into_iter().find(|row| row.is_this && row.role == role)
    };
    Ok(wait_for(&format!("{} is {role:?}", client.url()), DEADLINE, row).await?)
}

/// Waits until two masters have the same journal, to the last hash.
async fn same(one: &Client, two: &Client) -> anyhow::Result<()> {
    let is_same = async || match (one.audit_verify().await, two.audit_verify().await) {
        (Ok(one), Ok(two)) => one.ok && one == two,
        _ => false,
    };
    Ok(wait_until("both have the same journal", DEADLINE, is_same).await?)
}

async fn change(client: &Client) -> anyhow::Result<()> {
    let made = async || client.join_token_create(&JoinTokenRequest::default()).await.ok();
    wait_for("a command is taken", DEADLINE, made).await?;
    Ok(())
}

#[tokio::test]
async fn standby_puts_a_diverged_copy_aside_once_and_never_what_it_decided_itself() -> anyhow::Result<()> {
    // M-3, M-4
    let mut cluster = TestCluster::start("diverged", &plan()).await?;
    let clients = cluster.clients();
    let (one, two) = (&clients[0], &clients[1]);
    let data = ["m1", "m2"].map(|name| cluster.path().join(name).join("data"));
    is(two, MasterRole::Standby).await?;
    same(one, two).await?;

    cluster.masters()[1].process().kill()?;
    let lost = diverge(&data[1])?;
    cluster.masters()[1].launch_again()?;
    let short = is(two, MasterRole::Stuck).await?.problem.unwrap_or_default();
    ensure!(short.contains("topmast journal repair"), "{short}");
    ensure!(aside(&data[1])?.is_empty(), "the servers may have lost what they had acknowledged");
    // The stream goes on without the record.
    change(one).await?;
    let row = is(two, MasterRole::Standby).await?;
    same(one, two).await?;
    let kept = aside(&data[1])?;
    let [kept] = &kept[..] else { anyhow::bail!("{kept:?}") };
    let name = kept.file_name().unwrap_or_default().to_string_lossy();
    ensure!(row.problem.as_deref().is_some_and(|problem| problem.contains(&*name)), "{row:?}");
    let verified = EmbeddedReader::open(kept)?.verify()?;
    ensure!(verified.head == lost, "{verified:?}");

    cluster.masters()[1].process().kill()?;
    diverge(&data[1])?;
    change(one).await?;
    cluster.masters()[1].launch_again()?;
    let again = is(two, MasterRole::Stuck).await?.problem.unwrap_or_default();
    ensure!(again.contains(&format!("move {name} away")), "{again}");
    ensure!(aside(&data[1])? == std::slice::from_ref(kept));
    cluster.masters()[1].process().kill()?;
    std::fs::rename(kept, cluster.path().join("looked-at"))?;
    cluster.masters()[1].launch_again()?;
    is(two, MasterRole::Standby).await?;
    same(one, two).await?;
    ensure!(aside(&data[1])?.len() == 1);

    // What a master decided itself it may have acknowledged.
    cluster.masters()[0].process().kill()?;
    is(two, MasterRole::Active).await?;
    diverge(&data[0])?;
    cluster.masters()[0].launch_again()?;
    let own = is(one, MasterRole::Stuck).await?.problem.unwrap_or_default();
    ensure!(own.contains("it decided them itself"), "{own}");
    ensure!(aside(&data[0])?.is_empty());
    Ok(cluster.finish()?)
}

/// Ends the server, and puts another store in its place.
fn swap(cluster: &mut TestCluster, other: &Path, away: &Path) -> anyhow::Result<()> {
    let store = cluster.path().join("n1/store");
    cluster.servers()[0].process().kill()?;
    std::fs::rename(&store, away)?;
    Ok(std::fs::rename(other, &store)?)
}

#[tokio::test]
async fn standby_does_not_lead_while_the_stream_ends_before_its_copy() -> anyhow::Result<()> {
    // M-1, S-1
    let mut cluster = TestCluster::start("short", &plan()).await?;
    let clients = cluster.clients();
    let (one, two) = (&clients[0], &clients[1]);
    let [store, earlier, later] = ["n1/store", "earlier", "later"].map(|name| cluster.path().join(name));
    cluster.servers()[0].process().kill()?;
    let copied = Command::new("cp").arg("-a").args([&store, &earlier]).status()?;
    ensure!(copied.success(), "{copied}");
    cluster.servers()[0].start_again()?;
    change(one).await?;
    if cluster.holder().await != Some(0) {
        one.master_promote("m1").await?;
    }
    is(one, MasterRole::Active).await?;
    is(two, MasterRole::Standby).await?;
    same(one, two).await?;
    let whole = cluster.link().last_batch().await?;

    // The servers lose their end while the active master dies.
    swap(&mut cluster, &earlier, &later)?;
    cluster.masters()[0].process().kill()?;
    cluster.servers()[0].start_again()?;
    let short = is(two, MasterRole::Stuck).await?.problem.unwrap_or_default();
    ensure!(short.contains("topmast journal repair"), "{short}");
    let end = async || cluster.link().last_batch().await.ok();
    let lost = wait_for("the stream answers", DEADLINE, end).await?;
    ensure!(lost.1.seq < whole.1.seq, "{lost:?} was appended behind what is missing");
    // However the servers get back what they lost: no start is needed.
    swap(&mut cluster, &later, &earlier)?;
    cluster.servers()[0].start_again()?;
    is(two, MasterRole::Active).await?;
    ensure!(two.audit_verify().await?.ok, "the chain is broken");
    Ok(cluster.finish()?)
}
