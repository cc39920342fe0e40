//! A journal on its way to the stream that masters share, and back, with real masters and a real nats-server.

use crate::masters::{Master, Nats, end, here, topmast, until};
use nix::sys::signal::Signal;
use std::path::Path;
use std::process::Command;
use tokio::io::{AsyncBufReadExt as _, BufReader};

/// Commands that make more than two batches.
const COMMANDS: usize = 450;

/// Adds some records quickly.
async fn add_records(master: &Master, count: usize) {
    let client = crate::client(&master.url);
    let request = topmast_api::join_token::JoinTokenRequest::default();
    let made = (0..count).map(|_| client.join_token_create(&request));
    for made in futures_util::future::join_all(made).await {
        made.unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[tokio::test]
async fn journal_goes_to_the_stream_and_back_and_nothing_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let nats = Nats::start(folder.path());
    let mut one = Master::new(folder.path(), "one");
    let config = one.configure("");
    one.start().await;
    add_records(&one, COMMANDS).await;
    let refused = here(&["journal", "migrate", "--config", &config]).await;
    assert!(refused.code == 1 && refused.err.contains("write store = \"jetstream\""), "{}", refused.err);
    one.configure(&nats.section());
    let held = here(&["journal", "migrate", "--config", &config]).await;
    assert!(held.code == 1 && held.err.contains("has it open; stop that one first"), "{}", held.err);
    let before = one.head().await;
    one.stop().await;

    // Killed amid it, and run again.
    let mut migrating = topmast(&["journal", "migrate", "--config", &config]).spawn().unwrap();
    let mut said = BufReader::new(migrating.stderr.take().unwrap()).lines();
    while !said.next_line().await.unwrap().unwrap().starts_with("appended up to record 200") {}
    end(&mut migrating, Signal::SIGKILL).await;
    let check = here(&["journal", "check", "--config", &config]).await;
    assert!(check.code == 1 && check.err.contains("the copy goes on to"), "{}", check.err);
    let migrated = here(&["journal", "migrate", "--config", &config]).await;
    assert_eq!(migrated.code, 0, "{}", migrated.err);
    let told = format!("{} records, head {}", before.0, before.1);
    assert!(migrated.out.contains(&told), "{} is not {told}", migrated.out);
    assert!(!migrated.err.contains("record 200\n"), "it began anew: {}", migrated.err);
    let again = here(&["journal", "migrate", "--config", &config]).await;
    assert!(again.code == 1 && again.err.contains("the stream holds records 1 to"), "{}", again.err);
    let mut stray = Master::new(folder.path(), "stray");
    let foreign = stray.configure("");
    stray.start().await;
    stray.stop().await;
    stray.configure(&nats.section());
    let other = here(&["journal", "repair", "--yes", "--config", &foreign]).await;
    assert!(other.code == 1 && other.err.contains("another CA"), "{}", other.err);

    // Two masters on it have the same chain.
    one.start().await;
    let mut two = one.beside(folder.path(), "two");
    let other_config = two.configure(&nats.section());
    two.start().await;
    until("both have the same head", async || (one.head().await == two.head().await).then_some(())).await;
    assert!(two.head().await.0 > before.0);
    two.stop().await;
    one.done(&["join-tokens", "create"]).await;
    let last = one.head().await;
    one.stop().await;

    // And back: the copy that is behind says so.
    let behind = here(&["journal", "check", "--config", &other_config]).await;
    assert!(behind.code == 1 && behind.err.contains("the stream goes on to"), "{}", behind.err);
    let equal = here(&["journal", "check", "--config", &config]).await;
    assert_eq!(equal.out, format!("copy and stream both end at record {} {}\n", last.0, last.1));
    one.configure("");
    one.start().await;
    assert!(one.head().await.0 > last.0);
    one.stop().await;
}

#[tokio::test]
async fn records_that_servers_lost_are_appended_again_from_the_longest_copy() {
    let folder = tempfile::tempdir().unwrap();
    let mut nats = Nats::start(folder.path());
    let mut one = Master::new(folder.path(), "one");
    let config = one.configure(&nats.section());
    one.start().await;
    one.stop().await;
    nats.stop().await;
    let (store, earlier) = (nats.store.clone(), folder.path().join("earlier"));
    copy(&store, &earlier);
    nats.again();
    one.start().await;
    let token = one.done(&["join-tokens", "create", "--uses", "77"]).await;
    assert!(!token.is_empty());
    one.stop().await;
    let fine = here(&["journal", "check", "--config", &config]).await;
    assert_eq!(fine.code, 0, "{}", fine.err);
    let nothing = here(&["journal", "repair", "--yes", "--config", &config]).await;
    assert!(nothing.code == 1 && nothing.err.contains("nothing to repair"), "{}", nothing.err);

    nats.stop().await;
    std::fs::remove_dir_all(&store).unwrap();
    std::fs::rename(&earlier, &store).unwrap();
    nats.again();
    let short = here(&["journal", "check", "--config", &config]).await;
    assert!(short.code == 1 && short.err.contains("the copy goes on to"), "{}", short.err);
    let asked = here(&["journal", "repair", "--config", &config]).await;
    assert!(asked.code == 2 && asked.err.contains("--yes appends records"), "{}", asked.err);
    let repaired = here(&["journal", "repair", "--yes", "--config", &config]).await;
    assert_eq!(repaired.code, 0, "{}", repaired.err);
    one.start().await;
    let tokens = one.done(&["join-tokens", "-o", "json"]).await;
    assert!(tokens.contains("77"), "{tokens}");
    let end = fine.out.replace("copy and stream both end at record ", "").replace(' ', " records, head ");
    assert_eq!(repaired.out, format!("the stream is whole again: {end}"));
    one.head().await;
    one.stop().await;
}
