//! `topmast why`: why an object is as it is, in words.

use super::event::summary;
use super::failure::Failure;
use super::joined;
use crate::output::{human, terminal};
use clap::Args;
use std::fmt::Write as _;
use topmast_api::client::Client;
use topmast_api::time::Timestamp;
use topmast_api::why::{Why, WhyObject};
use topmast_model::path::ObjectPath;

/// Arguments of `why`.
#[derive(Debug, Args)]
#[command(after_help = "Example: topmast why acme/main/db/switch")]
pub(super) struct Arguments {
    /// A server, application, service or task: tenant/cluster/server/application/service
    #[arg(value_name = "OBJECT")]
    object: ObjectPath,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the answer; exit code 1 when the object does not do what it is to do.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let (client, object) = joined::at(client, &arguments.object);
    let why = client.why_get(&object).await?;
    if arguments.json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(&why)?))?;
    } else {
        terminal::print(&text(&why, terminal::style().now))?;
    }
    if why.is_well { Ok(()) } else { Err(Failure::Target) }
}

/// The answer as people read it: the sentence first, then each part that has something to say.
fn text(why: &Why, now: Timestamp) -> String {
    let status = why.status.as_deref().unwrap_or("NOT THERE");
    let since = why
        .since
        .map_or_else(String::new, |since| format!(" since {since} ({} ago)", human::ago(now, Some(since))));
    let mut text = format!("{} is {status}{since}\n  {}\n", why.object, why.summary);
    if let Some(action) = &why.last_action {
        let actor = &action.actor;
        let from = actor.address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
        let reason = action.reason.as_ref().map(|reason| format!(", because: {reason}")).unwrap_or_default();
        let outcome = if action.message.is_empty() { String::new() } else { format!(", {}", action.message) };
        part(&mut text, "last asked of it");
        line(
            &mut text,
            &format!(
                "{} by {} {}{from} at {}{reason}: {}{outcome} (action {})",
                action.operation,
                actor.kind.as_str(),
                actor.name,
                action.at,
                action.status,
                action.id
            ),
        );
    }
    if !why.refusals.is_empty() {
        part(&mut text, "in the way");
        why.refusals.iter().for_each(|refusal| line(&mut text, &format!("{}: {}", refusal.by, refusal.text)));
    }
    if !why.problems.is_empty() {
        part(&mut text, "problems");
        for problem in &why.problems {
            let cause = problem.cause.map(|cause| format!(", a symptom of {cause}")).unwrap_or_default();
            let told = problem.suppressed.as_ref().map(|why| format!(", told to nobody: {why}"));
            let told = told.unwrap_or_default();
            line(
                &mut text,
                &format!(
                    "{} {} {}: {}{cause}{told}",
                    problem.id, problem.severity, problem.object, problem.message
                ),
            );
        }
    }
    objects(&mut text, "needs", &why.above);
    objects(&mut text, "is needed by", &why.below);
    if !why.changes.is_empty() {
        part(&mut text, "last changes");
        for event in &why.changes {
            line(&mut text, &format!("{} {} {}", event.time, event.kind, summary::summary(event)));
        }
    }
    text
}

fn objects(text: &mut String, title: &str, objects: &[WhyObject]) {
    if !objects.is_empty() {
        part(text, title);
        for object in objects {
            line(text, &format!("{} {} ({})", object.status, object.path, object.relation));
        }
    }
}

fn part(text: &mut String, title: &str) {
    // Writing to a string does not fail.
    let _infallible = writeln!(text, "\n{title}");
}

fn line(text: &mut String, line: &str) {
    let _infallible = writeln!(text, "  {}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answer_says_status_and_sentence_first_and_leaves_out_what_is_empty() {
        let why: Why = serde_json::from_value(json!({
            "object": "acme/main/db/switch", "status": "QUARANTINED", "is_well": false,
            "summary": "it is not started any more: 5 restarts within 60 s, last: exited with code 3; it waits for a person",
            "since": "2026-03-01T12:00:00Z", "cause": null,
            "last_action": {
                "id": "01890000-0000-7000-8000-000000000001", "operation": "restart",
                "actor": { "kind": "user", "name": "eve", "auth": "session", "address": "10.0.0.7" },
                "reason": "patch 7", "at": "2026-03-01T11:00:00Z", "status": "FAILED", "message": "exit code 3"
            },
            "refusals": [{ "by": "restart-budget", "text": "more than its budget" }],
            "problems": [{
                "id": 17, "severity": "major", "object": "acme/main/db/switch", "rule": "application-quarantined",
                "message": "switch is quarantined", "cause": 16, "suppressed": "muted"
            }],
            "above": [{ "path": "acme/main/db", "relation": "runs on", "status": "UP" }],
            "below": [], "changes": []
        }))
        .unwrap();
        let now = "2026-03-01T12:05:00Z".parse().unwrap();
        let expect = "\
acme/main/db/switch is QUARANTINED since 2026-03-01T12:00:00.000Z (5m ago)
  it is not started any more: 5 restarts within 60 s, last: exited with code 3; it waits for a person

last asked of it
  restart by user eve from 10.0.0.7 at 2026-03-01T11:00:00.000Z, because: patch 7: FAILED, exit code 3 (action 01890000-0000-7000-8000-000000000001)

in the way
  restart-budget: more than its budget

problems
  17 major acme/main/db/switch: switch is quarantined, a symptom of 16, told to nobody: muted

needs
  UP acme/main/db (runs on)
";
        assert_eq!(text(&why, now), expect);
    }
}
