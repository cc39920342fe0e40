//! Every action there ever was, with the outcome of each target.
//!
//! The state keeps the open and the last 10,000 actions; older ones are found here.
//!
//! ```text
//! actions(id, operation, actor…, reason, accepted_at, expires_at, completed_at, status, rolling, terms, verdict, package, custom)
//! action_targets(action, target, path, status, message, started_at, finished_at)
//! ```
//! Times are milliseconds since the Unix epoch, statuses the words of the API, `rolling`, `terms`
//! `verdict` and `custom` are JSON, `package` is `NAME@VERSION`.

use std::sync::{Arc, Mutex, PoisonError};
use topmast_api::action::{Action, ActionApproval, ActionCounts, ActionTarget, ActionVerdict, Rolling};
use topmast_api::time::Timestamp;
use topmast_journal::rusqlite::{
    Connection, Error, OptionalExtension, Row, Transaction, params, types::Type,
};
use topmast_journal::{Projection, ProjectionError, Record};
use topmast_model::action::{ActionChange, Terms};
use topmast_model::custom::{CustomOrder, CustomUse};
use topmast_model::event::EventBody;
use topmast_model::id::{ActionId, StepId};
use topmast_model::principal::Actor;
use topmast_model::rolling as model;
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

/// Keeps the tables.
pub(crate) struct Actions;

impl Projection for Actions {
    fn name(&self) -> &'static str {
        "actions"
    }

    fn version(&self) -> u32 {
        4
    }

    fn create(&self, transaction: &Transaction<'_>) -> Result<(), ProjectionError> {
        transaction.execute_batch(
            "DROP TABLE IF EXISTS actions;
             DROP TABLE IF EXISTS action_targets;
             CREATE TABLE actions (
                 id TEXT PRIMARY KEY, operation TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT,
                 accepted_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, completed_at INTEGER,
                 status TEXT NOT NULL, rolling TEXT, terms TEXT, verdict TEXT, package TEXT, custom TEXT
             ) WITHOUT ROWID;
             CREATE TABLE action_targets (
                 action TEXT NOT NULL, target INTEGER NOT NULL, path TEXT NOT NULL, status TEXT NOT NULL,
                 message TEXT, started_at INTEGER, finished_at INTEGER,
                 PRIMARY KEY (action, target)
             ) WITHOUT ROWID;",
        )?;
        Ok(())
    }

    fn apply(&self, transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError> {
        // Most records concern no action: their payload need not be read.
        if record.action.is_none() || record.kind == "ApplicationChanged" {
            return Ok(());
        }
        let time = record.time.0;
        match EventBody::from_parts(&record.kind, serde_json::from_str(&record.payload)?)? {
            EventBody::ActionAccepted {
                id,
                operation,
                targets,
                reason,
                expires_at,
                rolling,
                package,
                custom,
                terms,
                ..
            } => {
                let id = id.to_string();
                let rolling = rolling.map(|rolling| serde_json::to_string(&rolling)).transpose()?;
                let terms = (!terms.is_plain()).then(|| serde_json::to_string(&terms)).transpose()?;
                transaction
                    .prepare_cached(
                        "INSERT INTO actions VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, NULL, ?, ?)",
                    )?
                    .execute(params![
                        id,
                        operation.as_str(),
                        record.actor,
                        reason,
                        time,
                        expires_at.0,
                        ActionStatus::Pending.as_str(),
                        rolling,
                        terms,
                        package.map(|package| package.id.to_string()),
                        custom.map(|custom| serde_json::to_string(&custom)).transpose()?
                    ])?;
                let mut insert = transaction
                    .prepare_cached("INSERT INTO action_targets VALUES (?, ?, ?, ?, NULL, NULL, NULL)")?;
                for (target, path) in (0_u32..).zip(&targets) {
                    insert.execute(params![id, target, path.as_str(), ActionStatus::Pending.as_str()])?;
                }
            }
            EventBody::BatchReleased { id, expires_at, .. } => {
                transaction
                    .prepare_cached("UPDATE actions SET expires_at = ? WHERE id = ?")?
                    .execute(params![expires_at.0, id.to_string()])?;
            }
            EventBody::ActionGoverned { id, change } => {
                let (approved, comment) = match change {
                    ActionChange::Approved { comment } => (true, comment),
                    ActionChange::Rejected { comment } => (false, comment),
                    ActionChange::Continued => return Ok(()),
                };
                let by: Actor = serde_json::from_str(&record.actor)?;
                let verdict =
                    ActionVerdict { approved, by: by.to_string(), at: Timestamp(record.time), comment };
                transaction
                    .prepare_cached("UPDATE actions SET verdict = ? WHERE id = ?")?
                    .execute(params![serde_json::to_string(&verdict)?, id.to_string()])?;
            }
            EventBody::StepStarted { step, .. } => {
                let sql =
                    "UPDATE action_targets SET status = ?, started_at = ? WHERE action = ? AND target = ?";
                transaction.prepare_cached(sql)?.execute(params![
                    ActionStatus::Running.as_str(),
                    time,
                    step.action.to_string(),
                    step.target
                ])?;
            }
            EventBody::StepFinished { step, outcome, .. } => {
                let status = if outcome.succeeded { ActionStatus::Succeeded } else { ActionStatus::Failed };
                finish(transaction, step, status, &outcome.message, time)?;
            }
            EventBody::StepExpired { step, message, .. } => {
                finish(transaction, step, ActionStatus::Unknown, &message, time)?;
            }
            EventBody::ActionCompleted { id, status } => {
                transaction
                    .prepare_cached("UPDATE actions SET status = ?, completed_at = ? WHERE id = ?")?
                    .execute(params![status.as_str(), time, id.to_string()])?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn finish(
    transaction: &Transaction<'_>,
    step: StepId,
    status: ActionStatus,
    message: &str,
    time: i64,
) -> Result<(), Error> {
    let sql =
        "UPDATE action_targets SET status = ?, message = ?, finished_at = ? WHERE action = ? AND target = ?";
    transaction.prepare_cached(sql)?.execute(params![
        status.as_str(),
        message,
        time,
        step.action.to_string(),
        step.target
    ])?;
    Ok(())
}

/// Reads the tables. Cheap to clone; reads wait for one another.
#[derive(Clone)]
pub(crate) struct ActionHistory(Arc<Mutex<Connection>>);

impl ActionHistory {
    /// Over a connection that only reads.
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }

    /// One action, however old. Blocks: call it where blocking is allowed.
    pub(crate) fn find(&self, id: ActionId) -> Result<Option<Action>, Error> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = connection.prepare_cached(
            "SELECT path, status, message, started_at, finished_at FROM action_targets
             WHERE action = ? ORDER BY target",
        )?;
        let targets: Vec<ActionTarget> =
            select.query_map([id.to_string()], target)?.collect::<Result<_, Error>>()?;
        let mut select = connection.prepare_cached(
            "SELECT operation, actor, reason, accepted_at, expires_at, completed_at, status, rolling, terms, verdict,
                    package, custom
             FROM actions WHERE id = ?",
        )?;
        select.query_row([id.to_string()], |row| action(row, id, targets)).optional()
    }
}

fn target(row: &Row<'_>) -> Result<ActionTarget, Error> {
    Ok(ActionTarget {
        path: parsed(row, 0)?,
        status: parsed(row, 1)?,
        message: row.get(2)?,
        started_at: moment(row, 3)?,
        finished_at: moment(row, 4)?,
    })
}

fn action(row: &Row<'_>, id: ActionId, targets: Vec<ActionTarget>) -> Result<Action, Error> {
    let actor: String = row.get(1)?;
    let actor: Actor = serde_json::from_str(&actor).map_err(|error| not_readable(1, error))?;
    let rolling: Option<model::Rolling> = json(row, 7)?;
    let terms = json::<Terms>(row, 8)?.unwrap_or_default();
    let verdict: Option<ActionVerdict> = json(row, 9)?;
    let approval = terms.approval.map(|needed| ActionApproval {
        policies: needed.policies,
        expires_at: Timestamp(needed.expires_at),
        verdict,
    });
    Ok(Action {
        id,
        operation: parsed(row, 0)?,
        status: parsed(row, 6)?,
        principal: actor.to_string(),
        auth: actor.auth,
        reason: row.get(2)?,
        created_at: Timestamp(UnixMillis(row.get(3)?)),
        completed_at: moment(row, 5)?,
        expires_at: Timestamp(UnixMillis(row.get(4)?)),
        rolling: rolling.map(Rolling::from),
        waits: None,
        approval,
        override_guards: terms.conduct.override_guards,
        package: row
            .get::<_, Option<String>>(10)?
            .map(|id| id.parse())
            .transpose()
            .map_err(|error| not_readable(10, error))?,
        custom: json::<CustomUse>(row, 11)?
            .map(|CustomUse { name, arguments, .. }| CustomOrder { name, arguments }),
        counts: ActionCounts::of(targets.iter().map(|target| target.status)),
        targets,
    })
}

/// A column that holds JSON, or nothing.
fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>, Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| not_readable(column, error))
}

/// A column that holds the text form of something.
fn parsed<T>(row: &Row<'_>, column: usize) -> Result<T, Error>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.get::<_, String>(column)?.parse().map_err(|error: T::Err| not_readable(column, error))
}

fn moment(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(|time| Timestamp(UnixMillis(time))))
}

fn not_readable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::to_record;
    use topmast_journal::{EmbeddedJournal, Journal as _, Options};
    use topmast_model::application::Operation;
    use topmast_model::event::Event;
    use topmast_model::id::Seq;
    use topmast_model::package::{Digest, Package, PackageFormat};
    use topmast_model::path::ObjectPath;
    use topmast_model::report::StepOutcome;
    use uuid::Uuid;

    const ID: ActionId = ActionId(Uuid::from_u128(7));

    fn path(name: &str) -> ObjectPath {
        format!("acme/main/db/{name}").parse().unwrap()
    }

    /// An action on two applications: one succeeds, of the other nothing is heard in time.
    fn bodies() -> Vec<EventBody> {
        let step = |target| StepId { action: ID, target };
        let outcome = StepOutcome { succeeded: true, message: "STARTED as process 4".into() };
        vec![
            EventBody::ActionAccepted {
                id: ID,
                operation: Operation::Start,
                targets: vec![path("one"), path("two")],
                reason: Some("after the outage".into()),
                expires_at: UnixMillis(9_000),
                rolling: Some(model::Rolling { batch: 1, wait_ms: 5, on_error: model::OnError::Continue }),
                terms: Box::default(),
                package: Some(Box::new(Package {
                    id: "one@2.1".parse().unwrap(),
                    format: PackageFormat::Zip,
                    file: None,
                    sha256: Digest::of_bytes(&[1; 32]).unwrap(),
                    size: 1,
                    signature: None,
                })),
                configuration: None,
                custom: None,
            },
            EventBody::StepStarted { step: step(0), target: path("one") },
            EventBody::StepFinished { step: step(0), target: path("one"), outcome },
            EventBody::BatchReleased { id: ID, up_to: 2, expires_at: UnixMillis(12_000) },
            EventBody::StepExpired { step: step(1), target: path("two"), message: "no word from it".into() },
            EventBody::ActionCompleted { id: ID, status: ActionStatus::Unknown },
        ]
    }

    #[test]
    fn action_is_found_with_the_outcome_of_each_target() {
        let directory = tempfile::tempdir().unwrap();
        let options = Options { projections: vec![Box::new(Actions)] };
        let mut journal = EmbeddedJournal::open(&directory.path().join("journal.db"), options).unwrap();
        let records: Vec<_> = (1_i64..)
            .zip(bodies())
            .map(|(number, body)| {
                let action = body.action();
                let time = UnixMillis(number * 1_000);
                let (tenant, actor) = ("acme".to_owned(), Actor::master());
                to_record(&Event { seq: Seq(0), time, tenant, actor, action, body }).unwrap()
            })
            .collect();
        journal.append(Seq(0), &records).unwrap();
        let history = ActionHistory::new(journal.connect().unwrap());
        let action = history.find(ID).unwrap().unwrap();
        assert_eq!(
            (action.status, action.reason.as_deref()),
            (ActionStatus::Unknown, Some("after the outage"))
        );
        assert_eq!(action.completed_at, Some(Timestamp(UnixMillis(6_000))));
        assert_eq!(action.expires_at, Timestamp(UnixMillis(12_000)), "of the last batch");
        assert_eq!(action.rolling.map(|rolling| (rolling.batch, rolling.wait_ms)), Some((1, 5)));
        let [one, two] = action.targets.as_slice() else { panic!("{action:?}") };
        assert_eq!((one.path.clone(), one.status), (path("one"), ActionStatus::Succeeded));
        assert_eq!(one.message.as_deref(), Some("STARTED as process 4"));
        assert_eq!(one.started_at, Some(Timestamp(UnixMillis(2_000))));
        assert_eq!((two.status, two.started_at), (ActionStatus::Unknown, None));
        assert_eq!((action.counts.succeeded, action.counts.unknown), (1, 1));
        assert_eq!(history.find(ActionId(Uuid::from_u128(8))).unwrap(), None);
    }
}
