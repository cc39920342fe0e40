//! What became of every server, application and service, so that long times are measured without walking the journal.
//!
//! ```text
//! availability(object, time, seq, status, cause)           a row when a status changes; GONE when it is removed
//! availability_instances(server, instance)                 of its agent: a new one reports everything anew
//! availability_maintenance(id, from_ms, until_ms, tenant, objects, window)
//! availability_gaps(from_ms, until_ms)                     no master was active
//! ```
//!
//! Invariants
//! - PA-1: rows of one object ascend by time, also when the clock was set back.
//! - PA-2: maintenance counts from when it was announced, never before; what is cancelled counts until then.
//! - PA-3: a gap begins with the last record of the masters before, so it is never shorter than it was; what a restore
//!   left out is one.
//!
//! Elsewhere: what is made of it (`topmast_engine::availability`, `http::v1::tenant::availability`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use topmast_engine::availability::{Standing, Turn};
use topmast_journal::rusqlite::{Connection, Error, OptionalExtension as _, Transaction, params};
use topmast_journal::{Projection, ProjectionError, Record};
use topmast_model::event::EventBody;
use topmast_model::maintenance::{Maintenance, Period, Window};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::{ApplicationStatus, ServerStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// The status of what was removed.
const GONE: &str = "GONE";

/// Kinds of events that the tables are made of: the payload of others is not read.
const KINDS: &[&str] = &[
    "ApplicationChanged",
    "ApplicationRemoved",
    "GuestRegistered",
    "JournalRestored",
    "MaintenanceEnded",
    "MaintenancePlanned",
    "MaintenanceSet",
    "MasterActivated",
    "ServerRegistered",
    "ServerRemoved",
    "ServerStatusChanged",
    "ServiceChanged",
    "ServiceRemoved",
];

/// Keeps the tables.
pub(crate) struct Availability;

impl Projection for Availability {
    fn name(&self) -> &'static str {
        "availability"
    }

    fn version(&self) -> u32 {
        1
    }

    fn create(&self, transaction: &Transaction<'_>) -> Result<(), ProjectionError> {
        transaction.execute_batch(
            "DROP TABLE IF EXISTS availability;
             DROP TABLE IF EXISTS availability_instances;
             DROP TABLE IF EXISTS availability_maintenance;
             DROP TABLE IF EXISTS availability_gaps;
             CREATE TABLE availability (
                 object TEXT NOT NULL, time INTEGER NOT NULL, seq INTEGER NOT NULL, status TEXT NOT NULL,
                 cause TEXT NOT NULL, PRIMARY KEY (object, time, seq)
             ) WITHOUT ROWID;
             CREATE TABLE availability_instances (
                 server TEXT PRIMARY KEY, instance TEXT NOT NULL
             ) WITHOUT ROWID;
             CREATE TABLE availability_maintenance (
                 id TEXT NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, tenant TEXT NOT NULL,
                 objects TEXT NOT NULL, window TEXT NOT NULL, PRIMARY KEY (id, from_ms)
             ) WITHOUT ROWID;
             CREATE INDEX availability_maintenance_by_tenant ON availability_maintenance (tenant, until_ms);
             CREATE TABLE availability_gaps (from_ms INTEGER PRIMARY KEY, until_ms INTEGER NOT NULL) WITHOUT ROWID;",
        )?;
        Ok(())
    }

    fn apply(&self, transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError> {
        if !KINDS.contains(&record.kind.as_str()) {
            return Ok(());
        }
        let turn = |object: &ObjectPath, status: &str, cause: &str| {
            turned(transaction, record, object.as_str(), status, cause)
        };
        match EventBody::from_parts(&record.kind, serde_json::from_str(&record.payload)?)? {
            EventBody::MasterActivated { .. } | EventBody::JournalRestored { .. } => {
                unwatched(transaction, record)?;
            }
            EventBody::ServerRegistered { server, registration }
            | EventBody::GuestRegistered { server, registration, .. } => {
                registered(transaction, record, &server, &registration.instance.to_string())?;
            }
            EventBody::ServerStatusChanged { server, status, cause } => {
                turn(&server, status.as_str(), &cause.to_string())?;
            }
            EventBody::ApplicationChanged { application, state } => {
                turn(&application, state.status.as_str(), &state.cause.to_string())?;
            }
            EventBody::ServiceChanged { service, state } => {
                let said = state.message.filter(|message| !message.is_empty());
                turn(&service, state.status.as_str(), &said.unwrap_or_else(|| state.codes.join(", ")))?;
            }
            EventBody::ServerRemoved { server: object }
            | EventBody::ApplicationRemoved { application: object }
            | EventBody::ServiceRemoved { service: object } => {
                removed_within(transaction, record, &object)?;
                turn(&object, GONE, "")?;
            }
            EventBody::MaintenanceSet { id, within, maintenance } => {
                set(transaction, record.time, id, &within, &maintenance)?;
            }
            EventBody::MaintenancePlanned { id, periods, .. } => {
                planned(transaction, record.time, id, &periods)?;
            }
            EventBody::MaintenanceEnded { id, .. } => cut(transaction, record.time, id)?,
            _ => {}
        }
        Ok(())
    }
}

/// Notes a status, when it is another one than before.
fn turned(
    transaction: &Transaction<'_>,
    record: &Record,
    object: &str,
    status: &str,
    cause: &str,
) -> Result<(), ProjectionError> {
    let last: Option<(i64, String)> = transaction
        .prepare_cached(
            "SELECT time, status FROM availability WHERE object = ? ORDER BY time DESC, seq DESC LIMIT 1",
        )?
        .query_row([object], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if last.as_ref().map_or(status == GONE, |(_, before)| before == status) {
        return Ok(());
    }
    // PA-1
    let time = last.map_or(record.time.0, |(before, _)| before.max(record.time.0));
    transaction
        .prepare_cached("INSERT OR REPLACE INTO availability VALUES (?, ?, ?, ?, ?)")?
        .execute(params![object, time, number(record.seq.0), status, cause])?;
    Ok(())
}

fn registered(
    transaction: &Transaction<'_>,
    record: &Record,
    server: &ObjectPath,
    instance: &str,
) -> Result<(), ProjectionError> {
    let before: Option<String> = transaction
        .prepare_cached("SELECT instance FROM availability_instances WHERE server = ?")?
        .query_row([server.as_str()], |row| row.get(0))
        .optional()?;
    if before.as_deref() == Some(instance) {
        return Ok(());
    }
    transaction
        .prepare_cached("INSERT OR REPLACE INTO availability_instances VALUES (?, ?)")?
        .execute(params![server.as_str(), instance])?;
    removed_within(transaction, record, server)?;
    if before.is_none() {
        turned(
            transaction,
            record,
            server.as_str(),
            ServerStatus::Unknown.as_str(),
            "it has just registered",
        )?;
    }
    Ok(())
}

/// Everything inside an object is gone.
fn removed_within(
    transaction: &Transaction<'_>,
    record: &Record,
    object: &ObjectPath,
) -> Result<(), ProjectionError> {
    if object.level() == Level::Server && record.kind == "ServerRemoved" {
        transaction
            .prepare_cached("DELETE FROM availability_instances WHERE server = ?")?
            .execute([object.as_str()])?;
    }
    for inside in objects(transaction, object)? {
        turned(transaction, record, &inside, GONE, "")?;
    }
    Ok(())
}

/// Nobody watched between the record before this one and this one.
fn unwatched(transaction: &Transaction<'_>, record: &Record) -> Result<(), ProjectionError> {
    let before: Option<i64> = transaction
        .prepare_cached("SELECT time FROM record WHERE seq = ?")?
        .query_row([number(record.seq.0.saturating_sub(1))], |row| row.get(0))
        .optional()?;
    // PA-3; of the time before the first record nothing is known either.
    let from = before.unwrap_or(i64::MIN);
    if from < record.time.0 {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO availability_gaps VALUES (?, ?)")?
            .execute(params![from, record.time.0])?;
    }
    Ok(())
}

fn set(
    transaction: &Transaction<'_>,
    now: UnixMillis,
    id: Uuid,
    within: &ObjectPath,
    maintenance: &Maintenance,
) -> Result<(), ProjectionError> {
    let window = serde_json::to_string(&maintenance.window)?;
    let periods = match maintenance.window {
        Window::Once { starts_at, ends_at } => vec![Period { from: starts_at, to: ends_at }],
        // With another name or other objects it stays in force; only other times are planned anew.
        _ => ahead(transaction, now, id, &window)?,
    };
    cut(transaction, now, id)?;
    let tenant = within.name_at(Level::Tenant).unwrap_or_default();
    let objects = serde_json::to_string(&maintenance.objects)?;
    // Without a time of its own yet, an empty one keeps what it is about.
    let none = Period { from: now, to: now };
    for period in periods.iter().chain(periods.is_empty().then_some(&none)) {
        insert(transaction, now, &id.to_string(), *period, [tenant, &objects, &window])?;
    }
    Ok(())
}

fn planned(
    transaction: &Transaction<'_>,
    now: UnixMillis,
    id: Uuid,
    periods: &[Period],
) -> Result<(), ProjectionError> {
    let id_text = id.to_string();
    let kept: Option<[String; 3]> = transaction
        .prepare_cached(
            "SELECT tenant, objects, window FROM availability_maintenance WHERE id = ? ORDER BY from_ms DESC LIMIT 1",
        )?
        .query_row([&id_text], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?]))
        .optional()?;
    let Some(kept) = kept else { return Ok(()) };
    cut(transaction, now, id)?;
    for period in periods {
        insert(transaction, now, &id_text, *period, [&kept[0], &kept[1], &kept[2]])?;
    }
    Ok(())
}

/// Keeps what of a period is not over (PA-2).
fn insert(
    transaction: &Transaction<'_>,
    now: UnixMillis,
    id: &str,
    period: Period,
    [tenant, objects, window]: [&str; 3],
) -> Result<(), ProjectionError> {
    let from = period.from.max(now);
    if period.to < from {
        return Ok(());
    }
    transaction
        .prepare_cached("INSERT OR REPLACE INTO availability_maintenance VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![id, from.0, period.to.0, tenant, objects, window])?;
    Ok(())
}

/// Periods of a maintenance that are not over, as long as its times are the same.
fn ahead(
    transaction: &Transaction<'_>,
    now: UnixMillis,
    id: Uuid,
    window: &str,
) -> Result<Vec<Period>, ProjectionError> {
    let mut select = transaction.prepare_cached(
        "SELECT from_ms, until_ms FROM availability_maintenance WHERE id = ? AND window = ? AND until_ms > ?",
    )?;
    let rows = select.query_map(params![id.to_string(), window, now.0], |row| {
        Ok(Period { from: UnixMillis(row.get(0)?), to: UnixMillis(row.get(1)?) })
    })?;
    Ok(rows.collect::<Result<_, Error>>()?)
}

/// Nothing of a maintenance is in force from now on.
fn cut(transaction: &Transaction<'_>, now: UnixMillis, id: Uuid) -> Result<(), ProjectionError> {
    let id = id.to_string();
    transaction
        .prepare_cached("DELETE FROM availability_maintenance WHERE id = ? AND from_ms > ?")?
        .execute(params![id, now.0])?;
    transaction
        .prepare_cached("UPDATE availability_maintenance SET until_ms = ? WHERE id = ? AND until_ms > ?")?
        .execute(params![now.0, id, now.0])?;
    Ok(())
}

/// Names of the objects inside another one, also of those that are gone. Each is one step in the index.
fn objects(connection: &Connection, within: &ObjectPath) -> Result<Vec<String>, Error> {
    // `0` comes after `/`.
    let (mut after, end) = (format!("{within}/"), format!("{within}0"));
    let mut next = connection.prepare_cached(
        "SELECT object FROM availability WHERE object > ? AND object < ? ORDER BY object LIMIT 1",
    )?;
    let mut found = Vec::new();
    while let Some(object) = next.query_row([&after, &end], |row| row.get::<_, String>(0)).optional()? {
        after.clone_from(&object);
        found.push(object);
    }
    Ok(found)
}

/// Reads the tables. Cheap to clone; reads wait for one another.
#[derive(Clone)]
pub(crate) struct AvailabilityIndex(Arc<Mutex<Connection>>);

/// What became of everything in a tenant.
#[derive(Debug, Default)]
pub(crate) struct Became {
    /// Turns of each object: the last one before the window, and those in it.
    pub(crate) turns: BTreeMap<ObjectPath, Vec<Turn>>,
    /// Maintenance of what is in an object.
    pub(crate) maintenance: Vec<(ObjectPath, Period)>,
    /// Times in which no master was active, ascending and apart.
    pub(crate) gaps: Vec<Period>,
}

/// Why a window cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AvailabilityError {
    /// Too much happened.
    #[error("more than {0} changes are in that time; ask for a shorter one")]
    TooMuch(usize),
    /// The file could not be read.
    #[error("the journal cannot be read")]
    Storage(#[from] Error),
}

impl AvailabilityIndex {
    /// Over a connection that only reads.
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }

    /// What became of a tenant's objects in a window, of at most `most` changes. Blocks: call it where blocking is allowed.
    pub(crate) fn find(
        &self,
        tenant: &ObjectPath,
        window: Period,
        most: usize,
    ) -> Result<Became, AvailabilityError> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut became = Became { gaps: gaps(&connection, window)?, ..Became::default() };
        let mut select = connection.prepare_cached(
            "SELECT time, status, cause FROM availability WHERE object = ?1 AND time < ?3 AND time >= coalesce(
                 (SELECT max(time) FROM availability WHERE object = ?1 AND time <= ?2), ?2)
             ORDER BY time, seq",
        )?;
        let mut count = 0;
        for object in objects(&connection, tenant)? {
            let Ok(path) = object.parse::<ObjectPath>() else { continue };
            let level = path.level();
            let rows = select.query_map(params![object, window.from.0, window.to.0], |row| {
                let status: String = row.get(1)?;
                let standing = standing(level, &status);
                Ok(Turn { at: UnixMillis(row.get(0)?), standing, status, cause: row.get(2)? })
            })?;
            let turns = rows.collect::<Result<Vec<_>, Error>>()?;
            count += turns.len();
            if count > most {
                return Err(AvailabilityError::TooMuch(most));
            }
            became.turns.insert(path, turns);
        }
        let mut select = connection.prepare_cached(
            "SELECT from_ms, until_ms, objects FROM availability_maintenance
             WHERE tenant = ? AND until_ms > ? AND from_ms < ? AND until_ms > from_ms",
        )?;
        let rows = select.query_map(params![tenant.as_str(), window.from.0, window.to.0], |row| {
            let period = Period { from: UnixMillis(row.get(0)?), to: UnixMillis(row.get(1)?) };
            Ok((period, row.get::<_, String>(2)?))
        })?;
        for row in rows {
            let (period, objects) = row?;
            let objects: Vec<ObjectPath> = serde_json::from_str(&objects).unwrap_or_default();
            became.maintenance.extend(objects.into_iter().map(|object| (object, period)));
        }
        Ok(became)
    }
}

fn gaps(connection: &Connection, window: Period) -> Result<Vec<Period>, Error> {
    let mut select = connection.prepare_cached(
        "SELECT from_ms, until_ms FROM availability_gaps WHERE until_ms > ? AND from_ms < ? ORDER BY from_ms",
    )?;
    let rows = select.query_map([window.from.0, window.to.0], |row| {
        Ok(Period { from: UnixMillis(row.get(0)?), to: UnixMillis(row.get(1)?) })
    })?;
    let mut apart: Vec<Period> = Vec::new();
    for row in rows {
        let gap: Period = row?;
        match apart.last_mut().filter(|last| last.to >= gap.from) {
            Some(last) => last.to = last.to.max(gap.to),
            None => apart.push(gap),
        }
    }
    Ok(apart)
}

/// How a status counts. A server that is late may do what it is for, or not.
fn standing(level: Level, status: &str) -> Standing {
    let is = |up: &str, unknown: &[&str]| match status {
        GONE => Standing::Absent,
        status if status == up => Standing::Up,
        status if unknown.contains(&status) => Standing::Unknown,
        _ => Standing::Down,
    };
    match level {
        Level::Service => is(ServiceStatus::Started.as_str(), &[ServiceStatus::Unknown.as_str()]),
        Level::Application => is(ApplicationStatus::Started.as_str(), &[ApplicationStatus::Unknown.as_str()]),
        _ => is(ServerStatus::Up.as_str(), &[ServerStatus::Stale.as_str(), ServerStatus::Unknown.as_str()]),
    }
}

fn number(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
