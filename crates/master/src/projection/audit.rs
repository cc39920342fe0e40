//! What people did, one row a deed, with the result that came later beside it.
//!
//! The journal tells everything that happened; an audit asks who did what. A *deed*
//! is a record that somebody caused, not what followed from it: the acceptance of an
//! action is one, its steps are not. A deed is found by who, by every object and name
//! that it concerns, by kind and by time, without a walk through the journal.
//!
//! ```text
//! audit(seq, time, kind, operation, actor, subject, result, ended_at)
//! audit_objects(object, seq)    each target of a bulk action
//! audit_names(name, seq)        each part of a path; names of users, rules, parameters …
//! audit_approvals(subject, actor)
//! ```
//! `subject` is the action or terminal whose end brings the result.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use topmast_api::audit::{AuditQuery, AuditResult};
use topmast_journal::rusqlite::types::Value as Sql;
use topmast_journal::rusqlite::{Connection, Error, Row, Transaction, params, params_from_iter};
use topmast_journal::{Projection, ProjectionError, Record};
use topmast_model::access::AccessChange;
use topmast_model::event::EventBody;
use topmast_model::id::Seq;
use topmast_model::principal::{Actor, ActorKind};
use topmast_model::status::ActionStatus;
use topmast_model::terminal::PaneEnd;
use topmast_model::time::UnixMillis;

/// What follows from a deed of another record, though it bears the name of who did that.
const CONSEQUENCES: &[&str] = &[
    "ActionCompleted",
    "BatchReleased",
    "MaintenancePlanned",
    "NoticeDecided",
    "NotificationBegun",
    "NotificationDue",
    "NotificationFinished",
    "NotificationWithdrawn",
    "ProblemConditionChanged",
    "ProblemFlappingChanged",
    "ProblemGrouped",
    "ProblemOpened",
    "ProblemSeverityChanged",
    "ProblemSuppressed",
    "RecoveryUntold",
    "RoutePlanned",
    "StepExpired",
    "StepStarted",
    "TaskChanged",
    "TaskRemoved",
    "TerminalClosed",
];

/// What agents and masters do by themselves and an audit still asks for.
const DEEDS_OF_MACHINES: &[&str] = &[
    "AccessChanged",
    "ActionAccepted",
    "AgentEnrolled",
    "AgentRevoked",
    "JournalRestored",
    "LoginFailed",
    "MasterActivated",
    "MasterHandedOver",
    "ServerRemoved",
    "SessionClosed",
    "SessionOpened",
    "UserCreated",
];

/// The kind of event by which another person says what is to become of an action.
const APPROVALS: &str = "ActionGoverned";

/// Keeps the tables.
pub(crate) struct Audit;

impl Projection for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    fn version(&self) -> u32 {
        1
    }

    fn create(&self, transaction: &Transaction<'_>) -> Result<(), ProjectionError> {
        transaction.execute_batch(
            "DROP TABLE IF EXISTS audit;
             DROP TABLE IF EXISTS audit_objects;
             DROP TABLE IF EXISTS audit_names;
             DROP TABLE IF EXISTS audit_approvals;
             CREATE TABLE audit (
                 seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL COLLATE NOCASE,
                 operation TEXT COLLATE NOCASE, actor TEXT NOT NULL COLLATE NOCASE, subject TEXT,
                 result TEXT NOT NULL, ended_at INTEGER
             );
             CREATE INDEX audit_by_actor ON audit (actor);
             CREATE INDEX audit_by_time ON audit (time);
             CREATE INDEX audit_by_subject ON audit (subject) WHERE subject IS NOT NULL;
             CREATE TABLE audit_objects (
                 object TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (object, seq)
             ) WITHOUT ROWID;
             CREATE TABLE audit_names (
                 name TEXT NOT NULL COLLATE NOCASE, seq INTEGER NOT NULL, PRIMARY KEY (name, seq)
             ) WITHOUT ROWID;
             CREATE TABLE audit_approvals (
                 subject TEXT NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (subject, actor)
             ) WITHOUT ROWID;",
        )?;
        Ok(())
    }

    fn apply(&self, transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError> {
        if is_end(&record.kind) {
            return close(transaction, record);
        }
        let actor: Actor = serde_json::from_str(&record.actor)?;
        if !is_deed(actor.kind, &record.kind) {
            return Ok(());
        }
        let payload: serde_json::Value = serde_json::from_str(&record.payload)?;
        let mut concerned = Concerned::of(&payload);
        if record.kind == APPROVALS && payload["change"].get("approved").is_some() {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO audit_approvals VALUES (?, ?)")?
                .execute(params![payload["id"].as_str(), actor.to_string()])?;
        }
        let (mut operation, mut subject, mut result) = (None, None, AuditResult::Done);
        match EventBody::from_parts(&record.kind, payload)? {
            EventBody::ActionAccepted { id, operation: asked, .. } => {
                (operation, subject) = (Some(asked.as_str()), Some(id.to_string()));
                result = AuditResult::Pending;
            }
            EventBody::TerminalOpened { id, .. } => {
                (subject, result) = (Some(id.to_string()), AuditResult::Pending);
            }
            EventBody::RequestPassedOn { request } => {
                (subject, result) = (Some(request.id.to_string()), AuditResult::Pending);
                concerned.names.insert(request.join);
            }
            // What a person ends before it began: agents report the end of all other steps.
            EventBody::StepFinished { .. } => operation = Some("cancel"),
            EventBody::LoginFailed { .. }
            | EventBody::AccessChanged { change: AccessChange::Locked { .. }, .. } => {
                result = AuditResult::Refused;
            }
            _ => {}
        }
        concerned.objects.extend(record.object.clone());
        concerned.write(transaction, record.seq)?;
        transaction.prepare_cached("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, NULL)")?.execute(
            params![
                number(record.seq),
                record.time.0,
                record.kind,
                operation,
                actor.name,
                subject,
                result.as_str()
            ],
        )?;
        Ok(())
    }
}

/// True when a record is one of the audit: somebody caused it, or it is the result of what somebody caused.
pub(crate) fn is_audited(record: &Record) -> bool {
    let actor = serde_json::from_str::<Actor>(&record.actor);
    is_end(&record.kind) || actor.is_ok_and(|actor| is_deed(actor.kind, &record.kind))
}

fn is_end(kind: &str) -> bool {
    matches!(kind, "ActionCompleted" | "TerminalClosed" | "RequestAnswered")
}

fn is_deed(who: ActorKind, kind: &str) -> bool {
    match who {
        ActorKind::Agent | ActorKind::Master => DEEDS_OF_MACHINES.contains(&kind),
        ActorKind::User | ActorKind::Token | ActorKind::AccessKey => !CONSEQUENCES.contains(&kind),
    }
}

/// Gives an action or a terminal its result.
fn close(transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError> {
    let (subject, result) = match EventBody::from_parts(&record.kind, serde_json::from_str(&record.payload)?)?
    {
        EventBody::ActionCompleted { id, status } => (id.to_string(), of_action(status)),
        EventBody::TerminalClosed { id, results } => {
            let is_good = |end: &PaneEnd| matches!(end, PaneEnd::Exited(0) | PaneEnd::Stopped);
            let all = results.iter().all(|result| is_good(&result.end));
            (id.to_string(), if all { AuditResult::Succeeded } else { AuditResult::Failed })
        }
        EventBody::RequestAnswered { answer } => (answer.id.to_string(), of_status(answer.status)),
        _ => return Ok(()),
    };
    transaction
        .prepare_cached("UPDATE audit SET result = ?, ended_at = ? WHERE subject = ?")?
        .execute(params![result.as_str(), record.time.0, subject])?;
    Ok(())
}

/// What an HTTP status says of what was asked for: without one nobody knows.
const fn of_status(status: Option<u16>) -> AuditResult {
    match status {
        Some(100..=399) => AuditResult::Succeeded,
        Some(401 | 403) => AuditResult::Refused,
        Some(_) => AuditResult::Failed,
        None => AuditResult::Unknown,
    }
}

const fn of_action(status: ActionStatus) -> AuditResult {
    match status {
        ActionStatus::Pending | ActionStatus::Running => AuditResult::Pending,
        ActionStatus::Succeeded => AuditResult::Succeeded,
        ActionStatus::Failed => AuditResult::Failed,
        ActionStatus::Unknown => AuditResult::Unknown,
    }
}

/// Objects and names that a deed concerns: by any of them it is found.
#[derive(Default)]
struct Concerned {
    objects: BTreeSet<String>,
    names: BTreeSet<String>,
}

impl Concerned {
    /// The targets, and every field `name`, `user` and `owner`, also one level down as in a rule.
    fn of(payload: &serde_json::Value) -> Self {
        let mut found = Self::default();
        let Some(fields) = payload.as_object() else { return found };
        for target in payload["targets"].as_array().into_iter().flatten() {
            found.objects.extend(target.as_str().map(str::to_owned));
        }
        for inner in std::iter::once(fields).chain(fields.values().filter_map(|value| value.as_object())) {
            for field in ["name", "user", "owner"] {
                found.names.extend(inner.get(field).and_then(|name| name.as_str()).map(str::to_owned));
            }
        }
        found
    }

    fn write(mut self, transaction: &Transaction<'_>, seq: Seq) -> Result<(), Error> {
        for object in &self.objects {
            self.names.extend(object.split('/').map(str::to_owned));
        }
        let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO audit_objects VALUES (?, ?)")?;
        for object in &self.objects {
            insert.execute(params![object, number(seq)])?;
        }
        let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO audit_names VALUES (?, ?)")?;
        for name in &self.names {
            insert.execute(params![name, number(seq)])?;
        }
        Ok(())
    }
}

/// A deed that was found: its record, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deed {
    /// Its record.
    pub(crate) seq: Seq,
    /// What came of it.
    pub(crate) result: AuditResult,
    /// When that was known.
    pub(crate) ended_at: Option<UnixMillis>,
    /// What the first target that went wrong says.
    pub(crate) message: Option<String>,
    /// Who approved it.
    pub(crate) approved_by: Vec<String>,
}

/// Reads the tables. Cheap to clone; reads wait for one another.
#[derive(Clone)]
pub(crate) struct AuditIndex(Arc<Mutex<Connection>>);

impl AuditIndex {
    /// Over a connection that only reads.
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }

    /// Deeds that meet a query, the newest first, at most `limit`. Blocks: call it where blocking is allowed.
    pub(crate) fn find(&self, query: &AuditQuery, limit: usize) -> Result<Vec<Deed>, Error> {
        let (mut terms, mut values) = (vec!["true"], Vec::<Sql>::new());
        let mut add = |term, found: Vec<Sql>| {
            terms.push(term);
            values.extend(found);
        };
        if let Some(cursor) = query.before {
            add("seq < ?", vec![number(cursor).into()]);
        }
        if let Some(since) = query.since {
            add("time >= ?", vec![since.as_millis().into()]);
        }
        if let Some(until) = query.until {
            add("time < ?", vec![until.as_millis().into()]);
        }
        if let Some(by) = &query.by {
            // A person, or a token or key of theirs: `eve` finds `eve/nightly`.
            add(
                "(actor = ? OR (actor >= ? AND actor < ?))",
                vec![by.clone().into(), format!("{by}/").into(), format!("{by}0").into()],
            );
        }
        if let Some(kind) = &query.kind {
            add("(kind = ? OR operation = ?)", vec![kind.clone().into(), kind.clone().into()]);
        }
        if let Some(result) = query.result {
            add("result = ?", vec![result.as_str().to_owned().into()]);
        }
        if let Some(object) = &query.object {
            // `0` is the character after `/`; see the journal's own queries by object.
            let (path, end, inside) = (object.clone(), format!("{object}0"), format!("{object}/"));
            add(
                "seq IN (SELECT seq FROM audit_objects
                         WHERE object >= ? AND object < ? AND (object = ? OR object >= ?)
                         UNION SELECT seq FROM audit_names WHERE name = ?)",
                [path.clone(), end, path.clone(), inside, path].map(Sql::from).to_vec(),
            );
        }
        let filter = terms.join(" AND ");
        let sql = format!(
            "SELECT seq, result, ended_at,
                    (SELECT path || ': ' || message FROM action_targets
                     WHERE action = subject AND status IN ('FAILED', 'UNKNOWN') AND message IS NOT NULL
                     ORDER BY target LIMIT 1),
                    (SELECT json_group_array(approval.actor) FROM audit_approvals AS approval
                     WHERE approval.subject = audit.subject)
             FROM audit WHERE {filter} ORDER BY seq DESC LIMIT {limit}"
        );
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = connection.prepare_cached(&sql)?;
        select.query_map(params_from_iter(values), deed)?.collect()
    }
}

fn deed(row: &Row<'_>) -> Result<Deed, Error> {
    let result: String = row.get(1)?;
    Ok(Deed {
        seq: Seq(u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0)),
        result: AuditResult::named(&result).unwrap_or(AuditResult::Unknown),
        ended_at: row.get::<_, Option<i64>>(2)?.map(UnixMillis),
        message: row.get(3)?,
        approved_by: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
    })
}

/// `SQLite` counts to 2^63.
fn number(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
