//! What an agent finds that was begun by one that died.

use super::*;
use crate::ledger::Begin;
use crate::platform::family::{MARKER, boot_id};
use crate::supervisor::record::Launch;

/// Leaves a data directory as an agent does that died in the middle of a start step.
fn interrupted(bench: &Bench, step: StepId, spawned: bool) -> Option<std::process::Child> {
    let ledger = Ledger::open(&bench.path("data")).unwrap();
    assert_eq!(ledger.begin_step(step, Operation::Start, "app", UnixMillis(0)).unwrap(), Begin::New);
    let marker = format!("{}/app/{}", ledger.instance(), Uuid::new_v4());
    let launch = Launch {
        marker: marker.clone(),
        process: None,
        session: None,
        started_at: UnixMillis(5),
        step: Some(step),
    };
    let record = Record {
        desired: Some(Desired::Started),
        status: Starting,
        since: UnixMillis(5),
        cause: Cause::AgentStart,
        restarts: 0,
        window: Vec::new(),
        step: Some(step),
        run: Some(launch),
        boot_id: boot_id(),
    };
    fs::create_dir_all(bench.path("data/applications")).unwrap();
    record.save(&bench.path("data/applications/app.json")).unwrap();
    spawned.then(|| {
        std::process::Command::new("sleep")
            .arg("1000")
            .env(MARKER, marker)
            .env("HERE", bench.dir.path())
            .spawn()
            .unwrap()
    })
}

#[tokio::test]
async fn agent_killed_between_intent_and_spawn_starts_once() {
    // S-1
    let mut bench = Bench::new(&[("app", &unit("echo x >> DIR/starts; exec sleep 1000", ""))]);
    let step = StepId { action: ActionId(Uuid::new_v4()), target: 0 };
    interrupted(&bench, step, false);
    bench.run();
    let outcome = bench.outcome(step).await;
    assert!(outcome.succeeded && outcome.message.ends_with("interrupted meanwhile"), "{}", outcome.message);
    assert_eq!(fs::read_to_string(bench.path("starts")).unwrap(), "x\n");
}

#[tokio::test]
async fn agent_killed_between_spawn_and_record_finds_the_process_by_its_marker() {
    // S-1
    let mut bench = Bench::new(&[("app", &unit("echo x >> DIR/starts; exec sleep 1000", ""))]);
    let step = StepId { action: ActionId(Uuid::new_v4()), target: 0 };
    let mut child = interrupted(&bench, step, true).unwrap();
    bench.run();
    assert!(bench.outcome(step).await.succeeded);
    assert_eq!(bench.status("app", Started).await.state.pid, Some(child.id()));
    assert!(!bench.path("starts").exists());
    assert!(bench.ask(Operation::Stop, "app").await.succeeded);
    child.wait().unwrap();
}

#[tokio::test]
async fn step_begun_by_a_killed_agent_before_it_did_anything_is_told_so() {
    let mut bench = Bench::new(&[("app", &unit("exec sleep 1000", "autostart = false"))]);
    let step = StepId { action: ActionId(Uuid::new_v4()), target: 0 };
    let ledger = Ledger::open(&bench.path("data")).unwrap();
    ledger.begin_step(step, Operation::Start, "app", UnixMillis(0)).unwrap();
    drop(ledger);
    bench.run();
    let outcome = bench.outcome(step).await;
    assert_eq!(outcome.message, "the agent was interrupted before it began; nothing was done");
    bench.status("app", Stopped).await;
}
