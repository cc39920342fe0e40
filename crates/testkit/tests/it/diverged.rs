//! What servers told of and lost is brought back from the masters' copies; where the stream went on without it, a standby
//! mends its copy, once, and never one with what its master decided.

use anyhow::{Context as _, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use topmast_api::client::Client;
use topmast_api::join_token::JoinTokenRequest;
use topmast_api::master::{MasterRole, MasterRow};
use topmast_journal::{
    EmbeddedJournal, EmbeddedReader, Head, Journal as _, JournalReader as _, MAX_APPEND_RECORDS, Options,
    Record,
};
use topmast_model::id::Seq;
use topmast_testkit::cluster::{MasterPlan, Plan, TestCluster};
use topmast_testkit::proxy::Proxy;
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

/// One server and two masters.
fn plan() -> Plan {
    Plan { servers: 1, masters: vec![MasterPlan::default(); 2], agents: Vec::new(), is_cuttable: false }
}

/// Repeats the last record of a copy whose master does not run: what servers told it of and then lost.
fn diverge(data: &Path, times: usize) -> anyhow::Result<Head> {
    let mut copy = EmbeddedJournal::open(&data.join("journal.db"), Options::default())?;
    let last = copy.reader()?.read(Seq(copy.head().seq.0 - 1), 1)?;
    let last = last.first().context("a record")?.unsealed();
    for _ in 0..times {
        copy.append(copy.head().seq, std::slice::from_ref(&last))?;
    }
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

    // The stream goes on without the record.
    cluster.masters()[1].process().kill()?;
    let lost = diverge(&data[1], 1)?;
    change(one).await?;
    cluster.masters()[1].launch_again()?;
    same(one, two).await?;
    let row = is(two, MasterRole::Standby).await?;
    let kept = aside(&data[1])?;
    let [kept] = &kept[..] else { anyhow::bail!("{kept:?}") };
    let name = kept.file_name().unwrap_or_default().to_string_lossy();
    ensure!(row.problem.as_deref().is_some_and(|problem| problem.contains(&*name)), "{row:?}");
    let verified = EmbeddedReader::open(kept)?.verify()?;
    ensure!(verified.head == lost, "{verified:?}");

    cluster.masters()[1].process().kill()?;
    diverge(&data[1], 1)?;
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
    diverge(&data[0], 1)?;
    change(two).await?;
    cluster.masters()[0].launch_again()?;
    let own = is(one, MasterRole::Stuck).await?.problem.unwrap_or_default();
    ensure!(own.contains("it decided them itself"), "{own}");
    ensure!(aside(&data[0])?.is_empty());
    Ok(cluster.finish()?)
}

#[tokio::test]
async fn what_servers_lost_is_brought_back_from_the_copies() -> anyhow::Result<()> {
    // M-1, M-5, S-1
    let mut cluster = TestCluster::start("lost", &plan()).await?;
    let clients = cluster.clients();
    let (one, two) = (&clients[0], &clients[1]);
    let data = cluster.path().join("m2/data");
    is(one, MasterRole::Active).await?;
    is(two, MasterRole::Standby).await?;
    same(one, two).await?;

    // A copy that goes on where the stream ends.
    cluster.masters()[1].process().kill()?;
    let lost = diverge(&data, 3)?;
    cluster.masters()[1].launch_again()?;
    let is_back = async || cluster.link().last_batch().await.is_ok_and(|(_, last)| last.seq >= lost.seq);
    wait_until("the stream has it again", DEADLINE, is_back).await?;
    change(one).await?;
    same(one, two).await?;
    let record = EmbeddedReader::open(&data.join("journal.db"))?.read(Seq(lost.seq.0 - 1), 1)?;
    ensure!(record.first().map(Record::head) == Some(lost), "{record:?} is in the place of {lost:?}");
    ensure!(aside(&data)?.is_empty());

    // What is more than one append is looked at by a person first.
    cluster.masters()[1].process().kill()?;
    let earlier = cluster.link().last_batch().await?;
    diverge(&data, MAX_APPEND_RECORDS + 1)?;
    cluster.masters()[1].launch_again()?;
    let short = is(two, MasterRole::Stuck).await?.problem.unwrap_or_default();
    ensure!(short.contains("topmast journal repair"), "{short}");
    ensure!(cluster.link().last_batch().await?.1.seq.0 < earlier.1.seq.0 + MAX_APPEND_RECORDS as u64);
    Ok(cluster.finish()?)
}

#[tokio::test]
async fn master_that_takes_over_asks_the_others_for_what_servers_lost() -> anyhow::Result<()> {
    // M-5
    let mut cluster = TestCluster::start("regain", &Plan { is_cuttable: true, ..plan() }).await?;
    let clients = cluster.clients();
    let (one, two) = (&clients[0], &clients[1]);
    is(one, MasterRole::Active).await?;
    is(two, MasterRole::Standby).await?;
    same(one, two).await?;
    // What the server and the first master's disk are to go back to.
    let places = ["n1/store", "m1/data"].map(|place| cluster.path().join(place));
    let earlier = cluster.path().join("earlier");
    cluster.masters()[0].process().kill()?;
    cluster.servers()[0].process().kill()?;
    for place in &places {
        copy(place, &earlier.join(place.file_name().context("a name")?))?;
    }
    cluster.servers()[0].start_again()?;
    cluster.masters()[0].launch_again()?;
    change(one).await?;
    same(one, two).await?;
    let token = one.join_token_list().await?.items;
    ensure!(token.len() == 1, "{token:?}");

    cluster.lines_to_servers(1).iter().for_each(Proxy::cut);
    cluster.masters()[0].process().kill()?;
    cluster.servers()[0].process().kill()?;
    for place in &places {
        std::fs::remove_dir_all(place)?;
        copy(&earlier.join(place.file_name().context("a name")?), place)?;
    }
    cluster.servers()[0].start_again()?;
    cluster.masters()[0].launch_again()?;
    is(one, MasterRole::Active).await?;
    let kept = one.join_token_list().await?.items;
    ensure!(kept == token, "{kept:?}");
    cluster.lines_to_servers(1).iter().for_each(Proxy::mend);
    same(one, two).await?;
    Ok(cluster.finish()?)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to.parent().context("a folder")?)?;
    let copied = Command::new("cp").arg("-a").args([from, to]).status()?;
    ensure!(copied.success(), "{copied}");
    Ok(())
}
