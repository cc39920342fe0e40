//! What is to be shown of an object, as against what was last reported.
//!
//! While nothing is heard from a server, what its agent last said may be wrong by
//! now, so everything on it counts as UNKNOWN. A STALE server's objects keep their
//! status: the data is late by seconds, and each row shows its age.

use crate::server::Server;
use topmast_model::cause::Cause;
use topmast_model::time::UnixMillis;

/// The status to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effective<'a, S> {
    /// The status.
    pub status: S,
    /// Since when: the object's own time, or that of its server's loss.
    pub since: UnixMillis,
    /// The server that is not seen, when that is why the status is not the reported one.
    unseen: Option<&'a Server>,
}

impl<'a, S> Effective<'a, S> {
    /// What is to be shown of an object on a server: what was reported while the server is seen, else `unknown`.
    ///
    /// For who goes through many objects and has the server at hand; else `State::effective_…`.
    pub fn on(server: Option<&'a Server>, unknown: S, reported: S, since: UnixMillis) -> Self {
        match server {
            Some(server) if server.is_seen() => Self { status: reported, since, unseen: None },
            Some(server) => Self { status: unknown, since: server.since, unseen: Some(server) },
            None => Self { status: unknown, since, unseen: None },
        }
    }

    /// True when the status is what it is only because its server is not seen.
    pub fn follows_server(&self) -> bool {
        self.unseen.is_some()
    }

    /// Why the status is not the reported one; `None` when the reported one holds.
    pub fn cause(&self) -> Option<Cause> {
        self.unseen.map(Server::unseen_cause)
    }
}
