//! Metrics that programs put with AWS' tools: summaries by second or minute, in one SQLite file.
//!
//! They are not in the history: `CloudWatch` takes values up to two weeks late, adds up what comes for the same
//! minute, and tells statistics of the values themselves, which a series of samples cannot.
//!
//! ```text
//! put ─► metric (tenant, namespace, name, dimensions) ─► point (metric, unit, second) += summary
//! ```
//!
//! Invariants
//! - M-1: what `put` has taken is in the file when it returns, all of it or nothing.
//! - M-2: a tenant sees its own metrics only, and has at most so many as [`Metrics::open`] was told.
//! - M-3: a span gets coarser with age (`KEPT`), never finer, and is gone at the end.

mod recent;
mod schema;
mod spread;
#[cfg(test)]
mod tests;

use self::recent::{Recent, Seen};
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use topmast_aws::summary::Summary;

/// The largest value, 2^360, and the unit of what has none.
pub(super) const VALUE_MAX: f64 = 2.348_542_582_773_833_2e108;
pub(super) const NO_UNIT: &str = "None";
/// Seconds of a day.
const DAY: i64 = 86_400;
/// How long points of a resolution are kept, and to how many seconds they are added up then.
const KEPT: [(i64, i64, i64); 3] = [(1, 15 * DAY, 300), (300, 63 * DAY, 3_600), (3_600, 455 * DAY, 0)];

/// A point that is new; one that is there; and one whose resolution changes too, which moves it in the index by age.
const INSERT: &str =
    "INSERT INTO point (metric, second, unit, resolution, count, sum, minimum, maximum, spread)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const UPDATE: &str = "UPDATE point SET count = ?5, sum = ?6, minimum = ?7, maximum = ?8, spread = ?9
    WHERE metric = ?1 AND second = ?2 AND unit = ?3 AND resolution = ?4";
const COARSEN: &str =
    "UPDATE point SET resolution = ?4, count = ?5, sum = ?6, minimum = ?7, maximum = ?8, spread = ?9
    WHERE metric = ?1 AND second = ?2 AND unit = ?3";

/// What is known of a metric beside its tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Metric {
    /// What it is about, e.g. `Shop/Orders`.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// Names and values, ascending by name.
    pub(crate) dimensions: Vec<(String, String)>,
}

/// Values of a metric in one second, or in the minute that begins with it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// Seconds since the Unix epoch.
    pub(crate) second: i64,
    /// The unit, as AWS names it; `None` is a unit too.
    pub(crate) unit: String,
    /// The values.
    pub(crate) summary: Summary,
}

/// A metric with when its newest point is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// The metric.
    pub(crate) metric: Metric,
    /// Seconds since the Unix epoch.
    pub(crate) newest: i64,
}

/// Why metrics cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Too many.
    #[error("the tenant has {most} metrics already; those without values for 455 days go by themselves")]
    Full {
        /// As many as it may have.
        most: u32,
    },
    /// The file.
    #[error("read or write the metrics of AWS' tools")]
    File(#[from] rusqlite::Error),
}

/// The metrics. See the module.
pub(crate) struct Metrics {
    file: Mutex<File>,
    most: u32,
}

struct File {
    connection: Connection,
    recent: Recent,
}

impl Metrics {
    /// Opens the file in a folder, or makes it there.
    ///
    /// - `most`: metrics of one tenant.
    ///
    /// # Errors
    /// [`MetricsError::File`].
    pub(crate) fn open(folder: &Path, most: u32) -> Result<Self, MetricsError> {
        let connection = schema::open(&folder.join("aws-metrics.db"))?;
        Ok(Self { file: Mutex::new(File { connection, recent: Recent::default() }), most })
    }

    fn file(&self) -> MutexGuard<'_, File> {
        // A panic in between leaves a transaction that is rolled back, of which nothing is noted.
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds points to metrics, all or none (M-1).
    ///
    /// # Errors
    /// [`MetricsError::Full`] when the tenant would have too many (M-2).
    pub(crate) fn put(&self, tenant: &str, points: &[(Metric, Point)]) -> Result<(), MetricsError> {
        let File { connection, recent } = &mut *self.file();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Counted when the first new metric comes: most requests bring none.
        let mut count = None;
        let mut ids = Vec::with_capacity(points.len());
        for (metric, point) in points {
            let seen = recent.get(tenant, metric);
            let id = match seen {
                Some(seen) => seen.id,
                None => metric_id(&transaction, tenant, metric, point.second, self.most, &mut count)?,
            };
            if seen.is_none_or(|seen| seen.newest < point.second) {
                let mut newer = transaction
                    .prepare_cached("UPDATE metric SET newest = ?2 WHERE id = ?1 AND newest < ?2")?;
                newer.execute(params![id, point.second])?;
            }
            add(&transaction, id, &point.unit, point.second, 1, &point.summary)?;
            ids.push(id);
        }
        transaction.commit()?;
        for ((metric, point), id) in points.iter().zip(ids) {
            recent.note(tenant, metric, Seen { id, newest: point.second });
        }
        Ok(())
    }

    /// The points of a metric from a second on and before another, ascending; of one unit when one is given.
    ///
    /// # Errors
    /// [`MetricsError::File`].
    pub(crate) fn points(
        &self,
        tenant: &str,
        metric: &Metric,
        unit: Option<&str>,
        from: i64,
        before: i64,
    ) -> Result<Vec<Point>, MetricsError> {
        let connection = &self.file().connection;
        let Some(id) = find(connection, tenant, metric)? else { return Ok(Vec::new()) };
        let mut statement = connection.prepare_cached(
            "SELECT second, unit, count, sum, minimum, maximum, spread FROM point
             WHERE metric = ?1 AND second >= ?2 AND second < ?3 AND (?4 IS NULL OR unit = ?4)
             ORDER BY second, unit",
        )?;
        let rows = statement.query_map(params![id, from, before, unit], |row| {
            Ok(Point { second: row.get(0)?, unit: row.get(1)?, summary: schema::summary(row, 2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The metrics of a tenant with values at or after a second, by namespace, name and dimensions.
    ///
    /// # Errors
    /// [`MetricsError::File`].
    pub(crate) fn list(
        &self,
        tenant: &str,
        namespace: Option<&str>,
        name: Option<&str>,
        since: i64,
    ) -> Result<Vec<Known>, MetricsError> {
        let connection = &self.file().connection;
        let mut statement = connection.prepare_cached(
            "SELECT namespace, name, dimensions, newest FROM metric
             WHERE tenant = ?1 AND newest >= ?2
               AND (?3 IS NULL OR namespace = ?3) AND (?4 IS NULL OR name = ?4)
             ORDER BY namespace, name, dimensions",
        )?;
        let rows = statement.query_map(params![tenant, since, namespace, name], |row| {
            let metric = Metric {
                namespace: row.get(0)?,
                name: row.get(1)?,
                dimensions: schema::dimensions(&row.get::<_, String>(2)?)?,
            };
            Ok(Known { metric, newest: row.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Makes old points coarser, and removes those that are over and metrics without any (M-3).
    ///
    /// # Errors
    /// [`MetricsError::File`]; nothing is changed then.
    pub(crate) fn age(&self, now: i64) -> Result<(), MetricsError> {
        let File { connection, recent } = &mut *self.file();
        recent.forget();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (resolution, kept, coarser) in KEPT {
            // Whole coarse spans only, so that a span is added up once.
            let end = (now - kept).div_euclid(coarser.max(3_600)) * coarser.max(3_600);
            let old = taken(&transaction, resolution, end)?;
            if coarser > 0 {
                for (id, point) in old {
                    let second = point.second.div_euclid(coarser) * coarser;
                    add(&transaction, id, &point.unit, second, coarser, &point.summary)?;
                }
            }
        }
        transaction.execute(
            "DELETE FROM metric WHERE NOT EXISTS (SELECT 1 FROM point WHERE point.metric = metric.id)",
            [],
        )?;
        Ok(transaction.commit()?)
    }

    /// Forgets all of a tenant.
    ///
    /// # Errors
    /// [`MetricsError::File`].
    pub(crate) fn clear(&self, tenant: &str) -> Result<(), MetricsError> {
        let File { connection, recent } = &mut *self.file();
        recent.forget();
        connection.execute("DELETE FROM metric WHERE tenant = ?1", [tenant])?;
        Ok(())
    }
}

fn find(connection: &Connection, tenant: &str, metric: &Metric) -> Result<Option<i64>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM metric WHERE tenant = ?1 AND namespace = ?2 AND name = ?3 AND dimensions = ?4",
    )?;
    let dimensions = schema::dimensions_text(&metric.dimensions);
    statement
        .query_row(params![tenant, metric.namespace, metric.name, dimensions], |row| row.get(0))
        .optional()
}

/// The id of a metric, which is made when there is none; `count` is of the tenant's metrics, once it is known.
fn metric_id(
    transaction: &Transaction<'_>,
    tenant: &str,
    metric: &Metric,
    second: i64,
    most: u32,
    count: &mut Option<i64>,
) -> Result<i64, MetricsError> {
    if let Some(id) = find(transaction, tenant, metric)? {
        return Ok(id);
    }
    let before = match *count {
        Some(count) => count,
        None => transaction
            .query_row("SELECT count(*) FROM metric WHERE tenant = ?1", [tenant], |row| row.get(0))?,
    };
    if before >= i64::from(most) {
        return Err(MetricsError::Full { most });
    }
    *count = Some(before + 1);
    let mut insert = transaction.prepare_cached(
        "INSERT INTO metric (tenant, namespace, name, dimensions, newest) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let dimensions = schema::dimensions_text(&metric.dimensions);
    Ok(insert.insert(params![tenant, metric.namespace, metric.name, dimensions, second])?)
}

/// Adds a summary to what there is at a second; what is coarser there already stays coarser.
fn add(
    transaction: &Transaction<'_>,
    metric: i64,
    unit: &str,
    second: i64,
    resolution: i64,
    summary: &Summary,
) -> Result<(), MetricsError> {
    let mut there = transaction.prepare_cached(
        "SELECT count, sum, minimum, maximum, spread, resolution FROM point WHERE metric = ?1 AND second = ?2 AND unit = ?3",
    )?;
    let before = there
        .query_row(params![metric, second, unit], |row| Ok((schema::summary(row, 0)?, row.get::<_, i64>(5)?)))
        .optional()?;
    let (summary, resolution, sql) = match before {
        None => (summary.clone(), resolution, INSERT),
        Some((mut sum, before)) => {
            sum.add(summary);
            (sum, before.max(resolution), if before < resolution { COARSEN } else { UPDATE })
        }
    };
    let spread = summary.spread.as_deref().map(spread::pack);
    let Summary { count, sum, minimum, maximum, .. } = summary;
    let values = params![metric, second, unit, resolution, count, sum, minimum, maximum, spread];
    transaction.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Takes the points of a resolution before a second out.
fn taken(
    transaction: &Transaction<'_>,
    resolution: i64,
    before: i64,
) -> Result<Vec<(i64, Point)>, MetricsError> {
    let mut taken = transaction.prepare_cached(
        "DELETE FROM point WHERE resolution = ?1 AND second < ?2
         RETURNING metric, second, unit, count, sum, minimum, maximum, spread",
    )?;
    let rows = taken.query_map(params![resolution, before], |row| {
        let point = Point { second: row.get(1)?, unit: row.get(2)?, summary: schema::summary(row, 3)? };
        Ok((row.get(0)?, point))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
