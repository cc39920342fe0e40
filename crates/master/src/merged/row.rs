//! Rows that can come from a joined cluster: where they are here, and what they say once it is not heard from.

use super::part::{Tell, shared};
use crate::federation::{DOWN_AFTER, STALE_AFTER};
use std::cmp::{Ordering, Reverse};
use std::sync::Arc;
use std::time::Duration;
use topmast_api::application::ApplicationRow;
use topmast_api::client::{Client, ClientError};
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::page::{ListQuery, Page};
use topmast_api::row::Row;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::task::TaskRow;
use topmast_api::watch::{WatchMessage, WatchView};
use topmast_model::filter::FieldDef;
use topmast_model::filter::fields::{APPLICATIONS, PROBLEMS, SERVERS, SERVICES, TASKS};
use topmast_model::path::{ObjectPath, PathError};
use topmast_model::problem::Verdict;
use topmast_model::status::{
    ApplicationStatus, Health, ProblemStatus, ServerStatus, ServiceStatus, TaskStatus,
};

/// How well a cluster is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hearing {
    /// Now.
    Fresh,
    /// Not for some seconds: what it told is late.
    Late,
    /// Not for so long that nothing can be told of it.
    Lost,
}

/// Why nothing can be told of a row.
const NOT_HEARD: &str = "its cluster is not heard from";

/// That a cluster is not heard from, and why if that is known.
pub(super) fn not_heard(why: Option<&str>) -> String {
    let silent = "it is not heard from";
    why.map_or_else(|| silent.to_owned(), |why| format!("{silent}: {why}"))
}

impl Hearing {
    /// After a silence; of a cluster that was never heard there is none.
    pub(super) fn after(silence: Option<Duration>) -> Self {
        match silence {
            Some(silence) if silence < STALE_AFTER => Self::Fresh,
            Some(silence) if silence < DOWN_AFTER => Self::Late,
            _ => Self::Lost,
        }
    }

    /// Why a cluster is not in what is shown, or only as it last was; none when it is there.
    ///
    /// - `has_told`: what it told is shown.
    /// - `why`: what went wrong when it was asked last.
    pub(super) fn missing(self, has_told: bool, why: Option<&str>) -> Option<String> {
        match (self, why) {
            (Self::Fresh | Self::Late, _) if has_told => None,
            (Self::Lost, why) if has_told => Some(not_heard(why)),
            (_, Some(why)) => Some(why.to_owned()),
            (Self::Fresh, None) => Some("it has not answered yet".to_owned()),
            (Self::Late | Self::Lost, None) => Some(not_heard(None)),
        }
    }

    /// The best that can be said of what was well when it was told.
    pub(super) fn at_best(self, health: Health) -> Health {
        match (self, health) {
            (Self::Late, Health::Healthy) => Health::Degraded,
            (Self::Fresh | Self::Late, health) => health,
            (Self::Lost, _) => Health::Unknown,
        }
    }
}

/// A row that can come from a joined cluster.
pub(crate) trait JoinedRow:
    Clone + PartialEq + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static
{
    /// Its fields, for sorts.
    const FIELDS: &'static [FieldDef];

    /// Its object.
    fn object(&self) -> &ObjectPath;

    /// Says its paths as the console does.
    fn join(&mut self, join: &str) -> Result<(), PathError>;

    /// Makes it say no more than is known while its cluster is not heard from.
    fn hear(&mut self, hearing: Hearing, silence: Duration);

    /// The order of a list without a sort, and of what its keys cannot tell apart.
    fn compare(&self, other: &Self) -> Ordering {
        self.object().cmp(other.object())
    }

    /// The list of a query at a cluster.
    fn list(
        client: &Client,
        query: &ListQuery,
    ) -> impl Future<Output = Result<Page<Self>, ClientError>> + Send;

    /// Follows the list of a query at a cluster until that breaks.
    fn follow(
        client: &Client,
        query: ListQuery,
        tell: Tell<Self>,
    ) -> impl Future<Output = ClientError> + Send;
}

/// Follows a list by its snapshots and deltas.
async fn follow_list<R: Row + JoinedRow>(client: &Client, query: ListQuery, tell: Tell<R>) -> ClientError {
    let mut stream = client.watch::<Arc<R>>(query);
    let mut view: Option<WatchView<Arc<R>>> = None;
    loop {
        match stream.next().await {
            Ok(WatchMessage::Snapshot(page)) => view = Some(WatchView::new(page)),
            Ok(WatchMessage::Delta(delta)) => {
                let is_true = view.as_mut().is_some_and(|view| view.apply(delta).is_ok());
                if !is_true {
                    // Begins anew.
                    view = None;
                    stream.restart();
                }
            }
            Ok(WatchMessage::Heartbeat) => continue,
            Err(error) => return error,
        }
        if let Some(view) = &view {
            tell.page(view.to_page());
        }
    }
}

fn joined(path: &mut ObjectPath, join: &str) -> Result<(), PathError> {
    *path = path.joined(join)?;
    Ok(())
}

/// Makes a row that has a status, an age and a health say no more than is known.
macro_rules! hear {
    ($row:ident, $hearing:ident, $silence:ident, $unknown:expr, $why:ident) => {
        if $hearing != Hearing::Fresh {
            let silence = u64::try_from($silence.as_millis()).unwrap_or(u64::MAX);
            $row.age_ms = $row.age_ms.map(|age| age.saturating_add(silence));
            $row.stale = true;
            $row.health = $hearing.at_best($row.health);
        }
        if $hearing == Hearing::Lost {
            $row.status = $unknown;
            $row.$why = NOT_HEARD.to_owned().into();
        }
    };
}

impl JoinedRow for ServerRow {
    const FIELDS: &'static [FieldDef] = SERVERS;

    fn object(&self) -> &ObjectPath {
        &self.path
    }

    fn join(&mut self, join: &str) -> Result<(), PathError> {
        joined(&mut self.path, join)?;
        joined(&mut self.cluster, join)?;
        self.parent.as_mut().map_or(Ok(()), |parent| joined(parent, join))
    }

    fn hear(&mut self, hearing: Hearing, silence: Duration) {
        hear!(self, hearing, silence, ServerStatus::Unknown, cause);
        if hearing == Hearing::Late && self.status == ServerStatus::Up {
            self.status = ServerStatus::Stale;
        }
    }

    async fn list(client: &Client, query: &ListQuery) -> Result<Page<Self>, ClientError> {
        client.list(query).await
    }

    async fn follow(client: &Client, query: ListQuery, tell: Tell<Self>) -> ClientError {
        follow_list(client, query, tell).await
    }
}

impl JoinedRow for ApplicationRow {
    const FIELDS: &'static [FieldDef] = APPLICATIONS;

    fn object(&self) -> &ObjectPath {
        &self.path
    }

    fn join(&mut self, join: &str) -> Result<(), PathError> {
        joined(&mut self.path, join)
    }

    fn hear(&mut self, hearing: Hearing, silence: Duration) {
        hear!(self, hearing, silence, ApplicationStatus::Unknown, cause);
    }

    async fn list(client: &Client, query: &ListQuery) -> Result<Page<Self>, ClientError> {
        client.list(query).await
    }

    async fn follow(client: &Client, query: ListQuery, tell: Tell<Self>) -> ClientError {
        follow_list(client, query, tell).await
    }
}

impl JoinedRow for ServiceRow {
    const FIELDS: &'static [FieldDef] = SERVICES;

    fn object(&self) -> &ObjectPath {
        &self.path
    }

    fn join(&mut self, join: &str) -> Result<(), PathError> {
        joined(&mut self.path, join)
    }

    fn hear(&mut self, hearing: Hearing, silence: Duration) {
        hear!(self, hearing, silence, ServiceStatus::Unknown, message);
    }

    async fn list(client: &Client, query: &ListQuery) -> Result<Page<Self>, ClientError> {
        client.list(query).await
    }

    async fn follow(client: &Client, query: ListQuery, tell: Tell<Self>) -> ClientError {
        follow_list(client, query, tell).await
    }
}

impl JoinedRow for TaskRow {
    const FIELDS: &'static [FieldDef] = TASKS;

    fn object(&self) -> &ObjectPath {
        &self.path
    }

    fn join(&mut self, join: &str) -> Result<(), PathError> {
        joined(&mut self.path, join)
    }

    fn hear(&mut self, hearing: Hearing, silence: Duration) {
        hear!(self, hearing, silence, TaskStatus::Unknown, message);
    }

    async fn list(client: &Client, query: &ListQuery) -> Result<Page<Self>, ClientError> {
        client.list(query).await
    }

    async fn follow(client: &Client, query: ListQuery, tell: Tell<Self>) -> ClientError {
        follow_list(client, query, tell).await
    }
}

impl JoinedRow for ProblemRow {
    const FIELDS: &'static [FieldDef] = PROBLEMS;

    fn object(&self) -> &ObjectPath {
        &self.object
    }

    fn join(&mut self, join: &str) -> Result<(), PathError> {
        joined(&mut self.object, join)
    }

    /// It stays as it was last seen; whether its condition still holds cannot be told.
    fn hear(&mut self, hearing: Hearing, _: Duration) {
        if hearing == Hearing::Lost {
            self.verdict = Verdict::Unknown;
        }
    }

    /// As a cluster orders its own: open ones first, the worst of them, then the newest.
    fn compare(&self, other: &Self) -> Ordering {
        let place = |row: &Self| {
            let is_open = row.status == ProblemStatus::Open;
            let since = row.closed_at.unwrap_or(row.since);
            (Reverse(is_open), Reverse(row.severity), Reverse(since), Reverse(row.id))
        };
        place(self).cmp(&place(other)).then_with(|| self.object.cmp(&other.object))
    }

    async fn list(client: &Client, query: &ListQuery) -> Result<Page<Self>, ClientError> {
        client.problem_list(query).await
    }

    async fn follow(client: &Client, query: ListQuery, tell: Tell<Self>) -> ClientError {
        let mut stream = client.problem_watch(query);
        loop {
            match stream.next().await {
                Ok(Some(page)) => tell.page(shared(page)),
                Ok(None) => {}
                Err(error) => return error,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_makes_late_and_then_lost() {
        let after = |seconds: Option<u64>| Hearing::after(seconds.map(Duration::from_secs));
        assert_eq!(after(Some(2)), Hearing::Fresh);
        assert_eq!(after(Some(3)), Hearing::Late);
        assert_eq!(after(Some(15)), Hearing::Lost);
        assert_eq!(after(None), Hearing::Lost);
    }

    #[test]
    fn cluster_is_missing_until_it_told_something_and_once_it_is_not_heard() {
        let missing = |hearing: Hearing, has_told, why| hearing.missing(has_told, why).unwrap_or_default();
        let (away, refused) = (Some("connection refused"), Some("there is no user eve"));
        for (hearing, has_told, why, expected) in [
            (Hearing::Fresh, true, None, ""),
            (Hearing::Late, true, away, ""),
            (Hearing::Lost, true, away, "it is not heard from: connection refused"),
            (Hearing::Lost, true, None, "it is not heard from"),
            (Hearing::Fresh, false, None, "it has not answered yet"),
            (Hearing::Late, false, None, "it is not heard from"),
            (Hearing::Fresh, false, refused, "there is no user eve"),
        ] {
            assert_eq!(missing(hearing, has_told, why), expected, "{hearing:?} {has_told} {why:?}");
        }
    }

    #[test]
    fn what_is_not_heard_is_never_healthy() {
        //
        let row = |status: &str, health: &str| -> ServiceRow {
            let row = serde_json::json!({
                "name": "AcqDB", "application": "switch", "server": "db", "status": status, "codes": [],
                "since": "2026-03-01T12:00:00Z", "path": "acme/main/db/switch/AcqDB", "age_ms": 500,
                "stale": false, "health": health,
            });
            serde_json::from_value(row).unwrap()
        };
        let heard = |mut row: ServiceRow, hearing| {
            row.hear(hearing, Duration::from_secs(4));
            (row.status, row.health, row.stale, row.age_ms, row.message.is_some())
        };
        let well = || row("STARTED", "healthy");
        let (started, unknown) = (ServiceStatus::Started, ServiceStatus::Unknown);
        assert_eq!(heard(well(), Hearing::Fresh), (started, Health::Healthy, false, Some(500), false));
        assert_eq!(heard(well(), Hearing::Late), (started, Health::Degraded, true, Some(4_500), false));
        assert_eq!(heard(well(), Hearing::Lost), (unknown, Health::Unknown, true, Some(4_500), true));
        let bad = heard(row("MALFUNCTION", "failed"), Hearing::Late);
        assert_eq!(bad.1, Health::Failed, "what was bad is not better by not being heard");
    }
}
