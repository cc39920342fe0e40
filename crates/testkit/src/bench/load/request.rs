//! What people and programs ask for: lists, details, queries and commands, so many a second.

use super::super::BenchError;
use super::super::stage::Stage;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use topmast_api::action::ActionRequest;
use topmast_api::client::{Client, ClientError};
use topmast_api::page::ListQuery;
use topmast_api::query::InstantQuery;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_model::application::Operation;
use topmast_model::catalogue::SERVICE_TRANSACTIONS_TOTAL;
use topmast_model::path::ObjectPath;

/// Requests under way at once; one that is due beyond that is not made, and counted.
pub(super) const UNDER_WAY_MAX: usize = 2_000;
/// Rows of a page: a screen's worth.
const ROWS: u32 = 60;

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page of servers or services, sorted.
    List,
    /// All that is known of a server or a service.
    Details,
    /// `PromQL` over a server's services.
    Query,
    /// A restart of one application.
    Command,
}

impl Kind {
    pub(super) const ALL: &'static [Self] = &[Self::List, Self::Details, Self::Query, Self::Command];

    /// Of ten requests: four lists, three details, two queries, a command.
    fn choose(random: &mut fastrand::Rng) -> Self {
        match random.u8(..10) {
            0..4 => Self::List,
            4..7 => Self::Details,
            7..9 => Self::Query,
            _ => Self::Command,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::List => "list",
            Self::Details => "details",
            Self::Query => "query",
            Self::Command => "command",
        })
    }
}

/// What came of the requests of one kind.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// From when each was due until it was answered, sorted at the end.
    pub(super) times_ms: Vec<f64>,
    pub(super) failed: usize,
}

/// What came of all requests.
#[derive(Debug, Default)]
pub(super) struct Answers {
    kinds: [Asked; Kind::ALL.len()],
    /// Ages of the rows of lists, sorted at the end.
    pub(super) ages_ms: Vec<f64>,
    pub(super) unsent: usize,
    /// How often each failure was told.
    pub(super) failures: BTreeMap<String, usize>,
}

impl Answers {
    pub(super) fn of(&self, kind: Kind) -> &Asked {
        &self.kinds[kind as usize]
    }

    pub(super) fn failed(&self) -> usize {
        self.kinds.iter().map(|asked| asked.failed).sum()
    }

    fn take(&mut self, done: Done) {
        let asked = &mut self.kinds[done.kind as usize];
        match done.answer {
            Ok(ages) => {
                asked.times_ms.push(done.took.as_secs_f64() * 1e3);
                self.ages_ms.extend(ages);
            }
            Err(error) => {
                asked.failed += 1;
                *self.failures.entry(format!("{}: {error}", done.kind)).or_default() += 1;
            }
        }
    }

    fn sort(&mut self) {
        let times = self.kinds.iter_mut().map(|asked| &mut asked.times_ms);
        for values in times.chain([&mut self.ages_ms]) {
            values.sort_by(f64::total_cmp);
        }
    }
}

/// One request, answered.
struct Done {
    kind: Kind,
    took: Duration,
    /// The ages of the rows that came.
    answer: Result<Vec<f64>, ClientError>,
}

/// Who asks.
pub(super) struct Asker {
    client: Client,
    servers: Vec<ObjectPath>,
    random: fastrand::Rng,
    /// The server whose application is restarted next, so that none is while it still is.
    next: usize,
}

impl Asker {
    pub(super) fn new(stage: &Stage) -> Result<Self, BenchError> {
        let servers: Vec<_> = stage.simulator.servers().cloned().collect();
        if servers.is_empty() {
            return Err(BenchError::Strange("a fleet without servers cannot be asked for any".to_owned()));
        }
        let random = fastrand::Rng::with_seed(1);
        Ok(Self { client: stage.fleet.client(), servers, random, next: 0 })
    }

    /// Makes so many requests a second for a while, and waits for all answers.
    pub(super) async fn ask(&mut self, rate: f64, span: Duration) -> Answers {
        let mut answers = Answers::default();
        let mut under_way = JoinSet::new();
        let begun = Instant::now();
        let mut number = 0.0;
        while number < rate * span.as_secs_f64() {
            let due = begun + Duration::from_secs_f64(number / rate);
            number += 1.0;
            loop {
                tokio::select! {
                    biased;
                    () = tokio::time::sleep_until(due) => break,
                    Some(Ok(done)) = under_way.join_next() => answers.take(done),
                }
            }
            if under_way.len() < UNDER_WAY_MAX {
                under_way.spawn(self.request(due));
            } else {
                answers.unsent += 1;
            }
        }
        while let Some(Ok(done)) = under_way.join_next().await {
            answers.take(done);
        }
        answers.sort();
        answers
    }

    /// The next request, by chance.
    fn request(&mut self, due: Instant) -> impl Future<Output = Done> + Send + use<> {
        let kind = Kind::choose(&mut self.random);
        let client = self.client.clone();
        let mut server = self.servers[self.random.usize(..self.servers.len())].clone();
        if kind == Kind::Command {
            self.next = (self.next + 1) % self.servers.len();
            server = self.servers[self.next].clone();
        }
        let offset = self.random.u64(..self.servers.len() as u64);
        let is_service = self.random.bool();
        async move {
            let answer = match kind {
                Kind::List => list(&client, offset, is_service).await,
                Kind::Details => details(&client, &server, is_service).await,
                Kind::Query => query(&client, &server).await,
                Kind::Command => restart(&client, &server).await,
            };
            Done { kind, took: due.elapsed(), answer }
        }
    }
}

async fn list(client: &Client, offset: u64, is_service: bool) -> Result<Vec<f64>, ClientError> {
    let query = |sort: &str| ListQuery {
        sort: Some(sort.to_owned()),
        limit: Some(ROWS),
        offset: Some(offset),
        ..ListQuery::default()
    };
    let ages: Vec<Option<u64>> = if is_service {
        let page = client.list::<ServiceRow>(&query("-tps")).await?;
        page.items.into_iter().map(|row| row.age_ms).collect()
    } else {
        let page = client.list::<ServerRow>(&query("name")).await?;
        page.items.into_iter().map(|row| row.age_ms).collect()
    };
    Ok(ages.into_iter().flatten().map(|age| age as f64).collect())
}

async fn details(client: &Client, server: &ObjectPath, is_service: bool) -> Result<Vec<f64>, ClientError> {
    match server.join("app0").and_then(|application| application.join("SERVICE0")) {
        Ok(service) if is_service => client.service_get(&service).await.map(drop)?,
        _ => client.server_get(server).await.map(drop)?,
    }
    Ok(Vec::new())
}

async fn query(client: &Client, server: &ObjectPath) -> Result<Vec<f64>, ClientError> {
    let metric = SERVICE_TRANSACTIONS_TOTAL.name;
    let query = format!("sum(rate({metric}{{server=\"{}\"}}[1m]))", server.name());
    client.query_instant(&InstantQuery { query, time: None }).await?;
    Ok(Vec::new())
}

async fn restart(client: &Client, server: &ObjectPath) -> Result<Vec<f64>, ClientError> {
    let targets = server.join("app0").into_iter().collect();
    let request = ActionRequest {
        reason: Some("benchmark".into()),
        override_guards: true,
        ..ActionRequest::new(Operation::Restart, targets)
    };
    client.action_create(&request).await?;
    Ok(Vec::new())
}
