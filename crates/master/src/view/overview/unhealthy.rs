//! What is not healthy, a line for each thing that somebody has to look at.
//!
//! A server that is lost makes everything on it UNKNOWN, and an application that does not run its services. Thirty
//! lines that say so would hide the one that matters, so those have none: the line of what they are on counts
//! them. It does so only where its reader may see it; else they stand for themselves.

use std::cmp::Reverse;
use topmast_api::overview::{UNHEALTHY_MAX, Unhealthy};
use topmast_api::time::Timestamp;
use topmast_engine::Effective;
use topmast_model::cause::Cause;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::Health;
use topmast_model::time::UnixMillis;

/// One object, as it may become a line.
pub(super) struct Line<'a> {
    pub(super) path: &'a ObjectPath,
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) health: Health,
    pub(super) since: UnixMillis,
    pub(super) why: Why<'a>,
    /// True when it is what it is only because its server is not seen.
    pub(super) follows_server: bool,
    /// What is counted here and has no line.
    pub(super) on_it: u64,
}

impl<'a> Line<'a> {
    /// The line of something on a server; `why` holds unless its server is why.
    pub(super) fn of<S>(
        path: &'a ObjectPath,
        kind: &'static str,
        (status, health): (&'static str, Health),
        effective: &Effective<'_, S>,
        why: Why<'a>,
    ) -> Self {
        let follows_server = effective.follows_server();
        let why = effective.cause().map_or(why, Why::Lost);
        Self { path, kind, status, health, since: effective.since, why, follows_server, on_it: 0 }
    }
}

/// Why something is as it is, put into words only when it is shown.
pub(super) enum Why<'a> {
    Reported(&'a Cause),
    Lost(Cause),
    Said { codes: &'a [String], message: Option<&'a str> },
}

impl Why<'_> {
    fn words(&self) -> Option<String> {
        match self {
            Self::Reported(cause) => Some(cause.to_string()),
            Self::Lost(cause) => Some(cause.to_string()),
            Self::Said { codes, message } => {
                let codes = codes.join(" ");
                match message {
                    Some(message) if codes.is_empty() => Some((*message).to_owned()),
                    Some(message) => Some(format!("{codes}: {message}")),
                    None => Some(codes).filter(|codes| !codes.is_empty()),
                }
            }
        }
    }
}

/// What may become a line of one server and what is on it.
#[derive(Default)]
pub(super) struct OnServer<'a> {
    server: Option<Line<'a>>,
    /// Those that do not run, in order of their paths.
    not_running: Vec<Line<'a>>,
    others: Vec<Line<'a>>,
}

impl<'a> OnServer<'a> {
    /// The server itself, before anything on it.
    pub(super) fn server(&mut self, line: Line<'a>) {
        self.server = Some(line);
    }

    /// An application, before its services and tasks and in order of the paths.
    pub(super) fn application(&mut self, line: Line<'a>, runs: bool) {
        if !runs && !self.is_counted_by_server(&line) {
            self.not_running.push(line);
        }
    }

    /// A service or task.
    pub(super) fn part(&mut self, line: Line<'a>) {
        if line.health == Health::Healthy || self.is_counted_by_server(&line) {
            return;
        }
        if line.health == Health::Unknown
            && let Some(path) = line.path.ancestor(Level::Application)
            && let Ok(found) = self.not_running.binary_search_by(|other| other.path.cmp(&path))
        {
            let application = &mut self.not_running[found];
            application.on_it += 1;
            application.health = application.health.max(Health::Unknown);
        } else {
            self.others.push(line);
        }
    }

    /// Counts it where its server is told of, if the server is why.
    fn is_counted_by_server(&mut self, line: &Line<'_>) -> bool {
        match &mut self.server {
            Some(server) if line.follows_server => {
                server.on_it += 1;
                true
            }
            _ => false,
        }
    }

    /// Every line there is to tell.
    pub(super) fn lines(self) -> impl Iterator<Item = Line<'a>> {
        let lines = self.server.into_iter().chain(self.not_running).chain(self.others);
        lines.filter(|line| line.health != Health::Healthy)
    }
}

/// The worst of all lines, in order.
#[derive(Default)]
pub(super) struct Worst {
    pub(super) lines: Vec<Unhealthy>,
    pub(super) total: u64,
}

impl Worst {
    /// Takes a line in if it is bad and new enough; only then its cause is put into words.
    pub(super) fn offer(&mut self, line: &Line<'_>) {
        self.total += 1;
        let place = self.lines.partition_point(|other| {
            let (other_since, since) = (other.since.as_millis(), line.since.0);
            (Reverse(other.health), Reverse(other_since), &other.path)
                < (Reverse(line.health), Reverse(since), line.path)
        });
        if place == UNHEALTHY_MAX {
            return;
        }
        self.lines.truncate(UNHEALTHY_MAX - 1);
        let named = Unhealthy {
            path: line.path.clone(),
            kind: line.kind.to_owned(),
            status: line.status.to_owned(),
            health: line.health,
            cause: line.why.words(),
            on_it: line.on_it,
            since: Timestamp(line.since),
        };
        self.lines.insert(place, named);
    }
}
