//! Logs of applications, read on many servers at once: over their agents, or over ssh where there is none.
//!
//! ```text
//! http/v1/log ─► targets ─ ReadLogs ─► journal, then for each server:
//!                                        server ─ OpenLog ─► agent │ ssh::log ─► host
//!   client ◄─ batches in order of time ◄─ one queue ◄─ records ┘
//!                                            ▲
//!                                  merged::log ─► joined clusters, each with its own journal and servers
//! ```
//!
//! Invariants
//! - LO-1: nothing is asked of a server before `LogsRead` is in the journal.
//! - LO-2: a server that is slow, silent or gone holds up no other: each has a task and a credit of its own.
//! - LO-3: when the reader is gone every server is told to end; nothing is kept for one that reads slowly but that credit.

mod server;

use crate::bus::SubmitError;
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use topmast_api::log::LogMessage;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::log::{LogReading, LogRequest, LogUse, LogWanted};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Messages that wait for a reader: some screens full.
const WAITING: usize = 256;

/// A reading that may begin.
pub(crate) struct Asked {
    /// Applications by their servers.
    pub(crate) servers: BTreeMap<ObjectPath, Vec<ObjectPath>>,
    pub(crate) source: Option<String>,
    pub(crate) what: LogWanted,
    /// Who asks, for the agents' logs.
    pub(crate) principal: String,
}

/// One server of a reading.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) server: ObjectPath,
    pub(crate) request: LogRequest,
    pub(crate) principal: String,
    /// Id of the reading; the servers' places tell its parts apart.
    pub(crate) id: Uuid,
    pub(crate) place: u16,
}

/// Applications by the servers that they are on.
pub(crate) fn by_server(applications: &[ObjectPath]) -> BTreeMap<ObjectPath, Vec<ObjectPath>> {
    let mut servers: BTreeMap<ObjectPath, Vec<ObjectPath>> = BTreeMap::new();
    for application in applications {
        if let Some(server) = application.ancestor(Level::Server) {
            servers.entry(server).or_default().push(application.clone());
        }
    }
    servers
}

/// Writes down who reads what, in the journal of each tenant (LO-1).
pub(crate) async fn note(
    context: &Context,
    principal: &Principal,
    purpose: LogUse,
    (pattern, source): (Option<String>, Option<String>),
    (since, until): (Option<UnixMillis>, Option<UnixMillis>),
    applications: &[ObjectPath],
) -> Result<(), SubmitError> {
    let mut tenants: BTreeMap<&str, Vec<ObjectPath>> = BTreeMap::new();
    for application in applications {
        let tenant = application.name_at(Level::Tenant).unwrap_or_default();
        tenants.entry(tenant).or_default().push(application.clone());
    }
    for targets in tenants.into_values() {
        let (pattern, source) = (pattern.clone(), source.clone());
        let reading = Box::new(LogReading { purpose, pattern, source, since, until, targets });
        let command = Command::ReadLogs { reading };
        context.bus.submit(Submission { principal: principal.clone(), command }).await?;
    }
    Ok(())
}

/// The parts of a reading, one a server.
pub(crate) fn parts(asked: &Asked) -> Vec<Part> {
    let id = Uuid::now_v7();
    let part = |(place, (server, applications)): (usize, (&ObjectPath, &Vec<ObjectPath>))| Part {
        server: server.clone(),
        request: LogRequest {
            applications: applications.iter().map(|path| path.name().to_owned()).collect(),
            source: asked.source.clone(),
            what: asked.what.clone(),
        },
        principal: asked.principal.clone(),
        id,
        place: u16::try_from(place).unwrap_or(u16::MAX),
    };
    asked.servers.iter().enumerate().map(part).collect()
}

/// What readings of several servers and clusters are told into.
pub(crate) fn queue() -> (mpsc::Sender<LogMessage>, mpsc::Receiver<LogMessage>) {
    mpsc::channel(WAITING)
}

/// Reads on all servers side by side; what they tell comes out of the receiver, which ends when all are done.
pub(crate) fn read(context: &Arc<Context>, asked: &Asked) -> mpsc::Receiver<LogMessage> {
    let (sender, receiver) = queue();
    begin(context, asked, &sender);
    receiver
}

/// Begins to read on all servers side by side.
pub(crate) fn begin(context: &Arc<Context>, asked: &Asked, sender: &mpsc::Sender<LogMessage>) {
    for part in parts(asked) {
        begin_one(context, part, sender.clone());
    }
}

/// Reads on one server; what it tells comes out of the receiver.
pub(crate) fn read_one(context: &Arc<Context>, part: Part) -> mpsc::Receiver<LogMessage> {
    let (sender, receiver) = queue();
    begin_one(context, part, sender);
    receiver
}

fn begin_one(context: &Arc<Context>, part: Part, sender: mpsc::Sender<LogMessage>) {
    let context = Arc::clone(context);
    tokio::spawn(async move {
        // LO-3.
        tokio::select! {
            () = server::read(&context, &part, &sender) => {}
            () = sender.closed() => {}
        }
    });
}

pub(crate) use self::server::sources;
