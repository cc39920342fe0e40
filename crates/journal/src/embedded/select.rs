//! Queries: which index finds the records, and the SQL that follows from it.
//!
//! SQLite would guess how many records meet a condition. Here each condition is
//! counted, a few thousand index entries at most, and the rarest one leads. When
//! all of them are common the records are walked in their order instead: enough
//! that match are then met soon, and nothing has to be sorted.

use super::rows::{self, COLUMNS, sql_limit, to_sql};
use crate::journal::ReadError;
use crate::limits::MAX_QUERY_VALUES;
use crate::query::RecordQuery;
use crate::record::Record;
use rusqlite::Connection;
use rusqlite::types::Value;
use topmast_model::time::UnixMillis;

/// Matches from which a condition is common: counting this many takes less than a
/// millisecond, as does sorting them.
const COMMON: u32 = 5_000;

/// One condition that an index can answer.
struct Condition {
    index: &'static str,
    sql: String,
    values: Vec<Value>,
}

pub(super) fn select(connection: &Connection, query: &RecordQuery) -> Result<Vec<Record>, ReadError> {
    let conditions = conditions(query)?;
    let mut terms = Vec::new();
    let mut values = Vec::new();
    let access = if let Some(index) = rarest(connection, &conditions)? {
        format!("INDEXED BY {index}")
    } else {
        if let (Some(since), Some(until)) = (query.since, query.until) {
            terms.push("seq BETWEEN ? AND ?".to_owned());
            values.extend(span(connection, since, until)?);
        }
        "NOT INDEXED".to_owned()
    };
    for condition in conditions {
        terms.push(condition.sql);
        values.extend(condition.values);
    }
    for (bound, sql) in [(query.after, "seq > ?"), (query.before, "seq < ?")] {
        if let Some(seq) = bound {
            terms.push(sql.to_owned());
            values.push(to_sql(seq).into());
        }
    }
    let filter = if terms.is_empty() { "true".to_owned() } else { terms.join(" AND ") };
    let order = if query.newest_first { "DESC" } else { "ASC" };
    values.push(sql_limit(query.limit).into());
    let sql = format!("SELECT {COLUMNS} FROM record {access} WHERE {filter} ORDER BY seq {order} LIMIT ?");
    Ok(rows::select(connection, &sql, values)?)
}

fn conditions(query: &RecordQuery) -> Result<Vec<Condition>, ReadError> {
    let mut conditions = Vec::new();
    let mut add = |index, sql: &str, values: Vec<Value>| {
        conditions.push(Condition { index, sql: sql.to_owned(), values });
    };
    match (query.since, query.until) {
        (None, None) => {}
        (Some(since), None) => add("record_by_time", "time >= ?", vec![since.0.into()]),
        (None, Some(until)) => add("record_by_time", "time < ?", vec![until.0.into()]),
        (Some(since), Some(until)) => {
            add("record_by_time", "time >= ? AND time < ?", vec![since.0.into(), until.0.into()]);
        }
    }
    if let Some(tenant) = &query.tenant {
        add("record_by_tenant", "tenant = ?", vec![tenant.clone().into()]);
    }
    if let Some(prefix) = &query.object_prefix {
        // `0` is the character after `/`: the range holds `p`, `p-x` and `p/x`, and the last term keeps `p-x` out.
        add(
            "record_by_object",
            "object >= ? AND object < ? AND (object = ? OR object >= ?)",
            vec![
                prefix.clone().into(),
                format!("{prefix}0").into(),
                prefix.clone().into(),
                format!("{prefix}/").into(),
            ],
        );
    }
    if !query.kinds.is_empty() {
        add("record_by_kind", &one_of("kind", "kinds", &query.kinds)?, texts(&query.kinds));
    }
    if !query.actions.is_empty() {
        add("record_by_action", &one_of("action", "actions", &query.actions)?, texts(&query.actions));
    }
    Ok(conditions)
}

fn one_of(column: &str, what: &'static str, values: &[String]) -> Result<String, ReadError> {
    if values.len() > MAX_QUERY_VALUES {
        return Err(ReadError::TooManyValues { what, found: values.len(), limit: MAX_QUERY_VALUES });
    }
    Ok(format!("{column} IN ({})", vec!["?"; values.len()].join(", ")))
}

fn texts(values: &[String]) -> Vec<Value> {
    values.iter().cloned().map(Value::from).collect()
}

/// The first and the last record within a time, so that a walk need not come from the
/// journal's end. Times follow `seq` only roughly: a clock may be set back.
fn span(connection: &Connection, since: UnixMillis, until: UnixMillis) -> rusqlite::Result<[Value; 2]> {
    let sql = "SELECT min(seq), max(seq) FROM record INDEXED BY record_by_time WHERE time >= ? AND time < ?";
    connection.prepare_cached(sql)?.query_row([since.0, until.0], |row| Ok([row.get(0)?, row.get(1)?]))
}

/// The index of the condition that the fewest records meet, unless all are common.
fn rarest(connection: &Connection, conditions: &[Condition]) -> rusqlite::Result<Option<&'static str>> {
    let mut best = None;
    let mut fewest = COMMON;
    for Condition { index, sql, values } in conditions {
        // Counting past the fewest so far tells nothing more.
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM record INDEXED BY {index} WHERE {sql} LIMIT {fewest})"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let count = statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0))?;
        if count < fewest {
            (best, fewest) = (Some(*index), count);
        }
    }
    Ok(best)
}
