//! Deeds found by who, what, when and result.

use super::*;
use crate::projection::action::Actions;
use crate::record::to_record;
use topmast_api::time::Timestamp;
use topmast_journal::{EmbeddedJournal, Journal as _, Options};
use topmast_model::application::Operation;
use topmast_model::event::Event;
use topmast_model::id::{ActionId, StepId};
use topmast_model::path::ObjectPath;
use topmast_model::principal::AuthMethod;
use topmast_model::report::StepOutcome;
use uuid::Uuid;

const ID: ActionId = ActionId(Uuid::from_u128(7));

fn path(name: &str) -> ObjectPath {
    format!("acme/main/{name}").parse().unwrap()
}

fn actor(kind: ActorKind, name: &str) -> Actor {
    Actor {
        kind,
        name: name.into(),
        auth: AuthMethod::Session,
        address: Some("10.0.0.7".into()),
        through: None,
    }
}

/// A restart by eve's token that fails on one of two targets, a password and a failed login.
fn story() -> Vec<(Actor, EventBody)> {
    let (eve, ana) = (actor(ActorKind::Token, "eve/nightly"), actor(ActorKind::User, "ana"));
    let agent = actor(ActorKind::Agent, "acme/main/db");
    let step = StepId { action: ID, target: 1 };
    let outcome = StepOutcome { succeeded: false, message: "no such file".into() };
    vec![
        (
            eve,
            EventBody::ActionAccepted {
                id: ID,
                operation: Operation::Restart,
                targets: vec![path("db/switch"), path("web/switch")],
                reason: Some("patch".into()),
                expires_at: UnixMillis(9_000),
                rolling: None,
                package: None,
                configuration: None,
                custom: None,
                terms: Box::default(),
            },
        ),
        (agent.clone(), EventBody::StepStarted { step, target: path("web/switch") }),
        (agent.clone(), EventBody::StepFinished { step, target: path("web/switch"), outcome }),
        (agent, EventBody::ActionCompleted { id: ID, status: ActionStatus::Failed }),
        (ana, EventBody::PasswordSet { name: "vera".into(), password_hash: "h".into() }),
        (Actor::master(), EventBody::LoginFailed { user: "eve".into() }),
        (
            actor(ActorKind::User, "olga"),
            EventBody::Unrecognised {
                kind: "ActionGoverned".into(),
                payload: serde_json::json!({ "id": ID.to_string(), "change": { "approved": {} } }),
            },
        ),
    ]
}

fn index(directory: &tempfile::TempDir) -> AuditIndex {
    let options = Options { projections: vec![Box::new(Actions), Box::new(Audit)] };
    let mut journal = EmbeddedJournal::open(&directory.path().join("journal.db"), options).unwrap();
    let records: Vec<_> = (1_i64..)
        .zip(story())
        .map(|(number, (actor, body))| {
            let (time, action) = (UnixMillis(number * 1_000), body.action());
            to_record(&Event { seq: Seq(0), time, tenant: "acme".into(), actor, action, body }).unwrap()
        })
        .collect();
    journal.append(Seq(0), &records).unwrap();
    AuditIndex::new(journal.connect().unwrap())
}

#[test]
fn deeds_are_found_by_who_object_kind_time_and_result() {
    let directory = tempfile::tempdir().unwrap();
    let index = index(&directory);
    let found = |query: AuditQuery| -> Vec<u64> {
        index.find(&query, 10).unwrap().iter().map(|deed| deed.seq.0).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let time = |seconds: i64| Some(Timestamp(UnixMillis(seconds * 1_000)));
    assert_eq!(found(AuditQuery::default()), [7, 6, 5, 1], "no steps and no completion");
    for by in ["eve", "EVE", "eve/nightly"] {
        assert_eq!(found(AuditQuery { by: text(by), ..AuditQuery::default() }), [1], "{by}");
    }
    assert_eq!(found(AuditQuery { by: text("ev"), ..AuditQuery::default() }), Vec::<u64>::new());
    for (object, expect) in [
        ("acme/main/web/switch", vec![1]),
        ("acme/main/db", vec![1]),
        ("acme/mai", vec![]),
        ("switch", vec![1]),
        ("vera", vec![5]),
        ("eve", vec![6]),
    ] {
        assert_eq!(found(AuditQuery { object: text(object), ..AuditQuery::default() }), expect, "{object}");
    }
    for (kind, expect) in [("restart", 1), ("Restart", 1), ("actionaccepted", 1), ("PasswordSet", 5)] {
        assert_eq!(found(AuditQuery { kind: text(kind), ..AuditQuery::default() }), [expect], "{kind}");
    }
    assert_eq!(found(AuditQuery { since: time(5), until: time(6), ..AuditQuery::default() }), [5]);
    assert_eq!(found(AuditQuery { before: Some(Seq(5)), ..AuditQuery::default() }), [1]);
    for (result, expect) in
        [(AuditResult::Failed, vec![1]), (AuditResult::Done, vec![7, 5]), (AuditResult::Refused, vec![6])]
    {
        let query = AuditQuery { result: Some(result), ..AuditQuery::default() };
        assert_eq!(found(query), expect, "{result:?}");
    }
    let all = AuditQuery {
        by: text("eve"),
        object: text("switch"),
        kind: text("restart"),
        result: Some(AuditResult::Failed),
        since: time(1),
        until: time(2),
        before: Some(Seq(2)),
        limit: None,
    };
    assert_eq!(found(all), [1]);
}

#[test]
fn action_has_the_result_that_came_later_and_what_went_wrong() {
    let directory = tempfile::tempdir().unwrap();
    let query = AuditQuery { kind: Some("restart".into()), ..AuditQuery::default() };
    let deed = index(&directory).find(&query, 1).unwrap().remove(0);
    assert_eq!((deed.result, deed.ended_at), (AuditResult::Failed, Some(UnixMillis(4_000))));
    assert_eq!(deed.approved_by, ["user olga"]);
    assert_eq!(deed.message.as_deref(), Some("acme/main/web/switch: no such file"));
}
