//! Queries that run and that ended, with their results.
//!
//! Invariants
//! - LQ-1: of a tenant at most `RUNNING_MAX` queries run, and `KEPT_MAX` are kept with `BYTES_MAX` of results; the oldest that ended
//!   go first.

use crate::aws::Caller;
use crate::aws::logs::application;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use topmast_aws::Fault;
use topmast_aws::log_query::Outcome;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Right;
use uuid::Uuid;

/// Queries of a tenant that run at one time.
const RUNNING_MAX: usize = 30;
/// Queries of a tenant that are kept.
const KEPT_MAX: usize = 1_000;
/// Bytes of all results of a tenant.
const BYTES_MAX: usize = 128 << 20;

/// How it is with a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueryStatus {
    Scheduled,
    Running,
    Complete,
    Failed,
    Cancelled,
    Timeout,
}

impl QueryStatus {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "Scheduled",
            Self::Running => "Running",
            Self::Complete => "Complete",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Timeout => "Timeout",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }
}

/// What was asked.
#[derive(Debug, Clone)]
pub(super) struct Started {
    /// As it is told.
    pub(super) text: String,
    /// Milliseconds since the Unix epoch.
    pub(super) created_at: i64,
    pub(super) groups: Vec<String>,
    /// The applications whose lines it reads.
    pub(super) applications: Vec<ObjectPath>,
}

impl Started {
    /// True for who may read all that the query reads.
    pub(super) fn is_for(&self, caller: &Caller) -> bool {
        let is_own = self.groups.iter().all(|group| application::is_own(group));
        (is_own || caller.principal.may(Right::Read, Some(&caller.tenant)))
            && self.applications.iter().all(|path| caller.principal.may(Right::ReadLogs, Some(path)))
    }
}

/// A query without its result.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) id: Uuid,
    pub(super) status: QueryStatus,
    pub(super) started: Started,
}

struct Kept {
    listed: Listed,
    outcome: Arc<Outcome>,
    bytes: usize,
    stop: watch::Sender<bool>,
}

/// All queries, newest first, by tenant.
#[derive(Default)]
pub(in crate::aws::logs) struct Queries {
    tenants: Mutex<BTreeMap<String, VecDeque<Kept>>>,
}

impl Queries {
    fn tenants(&self) -> MutexGuard<'_, BTreeMap<String, VecDeque<Kept>>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a query that begins; its id and what stops it.
    pub(super) fn start(
        &self,
        tenant: &ObjectPath,
        started: Started,
    ) -> Result<(Uuid, watch::Receiver<bool>), Fault> {
        let mut tenants = self.tenants();
        let queries = tenants.entry(tenant.as_str().to_owned()).or_default();
        let running = queries.iter().filter(|query| query.listed.status.is_open()).count();
        if running >= RUNNING_MAX {
            let message = format!("Account maximum query concurrency limit of [{RUNNING_MAX}] reached.");
            return Err(Fault::modelled("LimitExceededException", message));
        }
        let (id, (stop, is_stopped)) = (Uuid::new_v4(), watch::channel(false));
        let listed = Listed { id, status: QueryStatus::Scheduled, started };
        queries.push_front(Kept { listed, outcome: Arc::default(), bytes: 0, stop });
        make_room(queries);
        Ok((id, is_stopped))
    }

    /// Says how it is with a query now. One that was cancelled stays so.
    pub(super) fn set(&self, tenant: &ObjectPath, id: Uuid, status: QueryStatus, outcome: Outcome) {
        let mut tenants = self.tenants();
        let Some(queries) = tenants.get_mut(tenant.as_str()) else { return };
        if let Some(query) = queries.iter_mut().find(|query| query.listed.id == id)
            && query.listed.status.is_open()
        {
            query.listed.status = status;
            query.bytes = size(&outcome);
            query.outcome = Arc::new(outcome);
        }
        make_room(queries);
    }

    /// Stops a query; false when it has ended already.
    pub(super) fn stop(&self, tenant: &ObjectPath, id: Uuid) -> Option<bool> {
        let mut tenants = self.tenants();
        let query = tenants.get_mut(tenant.as_str())?.iter_mut().find(|query| query.listed.id == id)?;
        let is_open = query.listed.status.is_open();
        if is_open {
            query.listed.status = QueryStatus::Cancelled;
            query.stop.send_replace(true);
        }
        Some(is_open)
    }

    /// A query that the key may see, with its result.
    pub(super) fn find(&self, caller: &Caller, id: Uuid) -> Option<(Listed, Arc<Outcome>)> {
        let tenants = self.tenants();
        let query = tenants.get(caller.tenant.as_str())?.iter().find(|query| query.listed.id == id)?;
        let is_seen = query.listed.started.is_for(caller);
        is_seen.then(|| (query.listed.clone(), Arc::clone(&query.outcome)))
    }

    pub(super) fn list(&self, tenant: &ObjectPath) -> Vec<Listed> {
        let tenants = self.tenants();
        tenants.get(tenant.as_str()).into_iter().flatten().map(|query| query.listed.clone()).collect()
    }

    /// Forgets all of a tenant; those that run end.
    pub(in crate::aws::logs) fn clear(&self, tenant: &str) {
        for query in self.tenants().remove(tenant).into_iter().flatten() {
            query.stop.send_replace(true);
        }
    }
}

/// Removes the oldest that ended while there are too many (LQ-1).
fn make_room(queries: &mut VecDeque<Kept>) {
    loop {
        let bytes: usize = queries.iter().map(|query| query.bytes).sum();
        if queries.len() <= KEPT_MAX && bytes <= BYTES_MAX {
            return;
        }
        // The newest stays: somebody waits for it.
        let oldest = queries.iter().skip(1).rposition(|query| !query.listed.status.is_open());
        let Some(oldest) = oldest else { return };
        queries.remove(oldest + 1);
    }
}

fn size(outcome: &Outcome) -> usize {
    let field = |(name, value): &(String, String)| 48 + name.len() + value.len();
    outcome.rows.iter().map(|row| 48 + row.fields.iter().map(field).sum::<usize>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_aws::log_query::Row;

    fn started() -> Started {
        Started { text: "q".into(), created_at: 0, groups: vec!["g".into()], applications: Vec::new() }
    }

    fn tenant() -> ObjectPath {
        "acme".parse().unwrap()
    }

    #[test]
    fn only_so_many_run_and_are_kept() {
        // LQ-1
        let (queries, tenant) = (Queries::default(), tenant());
        let ids: Vec<Uuid> = (0..RUNNING_MAX).map(|_| queries.start(&tenant, started()).unwrap().0).collect();
        assert!(queries.start(&tenant, started()).is_err());
        assert_eq!(queries.stop(&tenant, ids[0]), Some(true));
        assert_eq!(queries.stop(&tenant, ids[0]), Some(false));
        queries.set(&tenant, ids[0], QueryStatus::Complete, Outcome::default());
        let of = |id: Uuid| queries.list(&tenant).into_iter().find(|query| query.id == id);
        assert_eq!(of(ids[0]).unwrap().status, QueryStatus::Cancelled);
        for _ in 0..KEPT_MAX + 10 {
            let (id, _) = queries.start(&tenant, started()).unwrap();
            queries.set(&tenant, id, QueryStatus::Complete, Outcome::default());
        }
        assert_eq!(queries.list(&tenant).len(), KEPT_MAX);
        assert!(of(ids[1]).is_some(), "what runs is not forgotten");
        assert!(of(ids[0]).is_none());
    }

    #[test]
    fn large_results_push_older_ones_out() {
        let (queries, tenant) = (Queries::default(), tenant());
        let large = || {
            let fields = vec![("f".to_owned(), "x".repeat(BYTES_MAX / 3))];
            Outcome { rows: vec![Row { fields, origin: None }], ..Outcome::default() }
        };
        let ids: Vec<Uuid> = (0..4)
            .map(|_| {
                let (id, _) = queries.start(&tenant, started()).unwrap();
                queries.set(&tenant, id, QueryStatus::Complete, large());
                id
            })
            .collect();
        let listed = queries.list(&tenant);
        let kept: Vec<bool> = ids.iter().map(|id| listed.iter().any(|query| query.id == *id)).collect();
        assert_eq!(kept, [false, false, true, true]);
    }
}
