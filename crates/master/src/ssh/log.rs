//! Logs of servers without an agent: the code that an agent reads its own files with, over files that lie behind ssh.
//!
//! ```text
//! log/server ─► SshLog ─► thread: topmast-logfile over RemoteFiles ─ list, read ─► Link ─► /bin/sh on the host
//!                  ◄─ news (bounded) ◄──┘ redacted here, before anybody is told
//! ```
//!
//! Invariants
//! - SL-1: files that no definition of an application names are not read.
//! - SL-2: a reading has a connection of its own, `READINGS` are open at most, and each has bounds of bytes a second and
//!   of bytes held; it ends when nobody hears it.
//! - SL-3: a tail whose connection breaks goes on where it was when the host is back.
//!
//! Elsewhere: what is asked of a host and what answers mean (`topmast_probe::plan::log`).

mod files;
mod link;

use self::files::RemoteFiles;
use self::link::Link;
use crate::http::Context;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use topmast_logfile::{Files, SOURCES_MAX, Source, Told, Written, search, tail};
use topmast_model::log::{LogRecord, LogRequest, LogSearch, LogWanted};
use topmast_model::path::ObjectPath;

/// Readings open at a time: each has a thread, a connection and some megabytes.
pub(super) const READINGS: usize = 128;
/// News that wait for a reader: some screens full.
const WAITING: usize = 256;
/// Bytes after which a search over ssh ends: they cross the network.
const SEARCH_BYTES_MAX: u64 = 1 << 30;
const NO_FILES: &str =
    "no log files are named for its applications; name them as log_files with `topmast servers apps set`";

/// What is to be known of a reading over ssh.
pub(crate) enum News {
    /// Something was read.
    Record(LogRecord),
    /// The host is not reached for now, in words.
    Away(String),
    /// It is reached again.
    Back,
}

/// One reading. Dropping it ends it.
pub(crate) struct SshLog {
    news: mpsc::Receiver<News>,
    ended: oneshot::Receiver<Result<(), String>>,
}

impl SshLog {
    /// Begins a reading; why not, in words.
    pub(crate) fn open(
        context: &Arc<Context>,
        server: &ObjectPath,
        request: &LogRequest,
    ) -> Result<Self, String> {
        if !context.logs.allow {
            return Err(
                "logs of servers without an agent may not be read over this master; set allow = true below \
                        [logs] in its configuration, and start it anew"
                    .to_owned(),
            );
        }
        let place = Arc::clone(&context.readers.logs).try_acquire_owned().map_err(|_| {
            format!("{READINGS} readings of logs over ssh are open, the most that a master has; end one")
        })?;
        let (sender, news) = mpsc::channel(WAITING);
        let (outcome, ended) = oneshot::channel();
        let reading = Reading {
            context: Arc::clone(context),
            server: server.clone(),
            request: request.clone(),
            runtime: tokio::runtime::Handle::current(),
            _place: place,
        };
        std::thread::Builder::new()
            .name("ssh-log".to_owned())
            .spawn(move || {
                // Nobody waits for it when the reader is gone.
                let _ = outcome.send(reading.run(&sender));
            })
            .map_err(|error| format!("a thread for it cannot be made: {error}"))?;
        Ok(Self { news, ended })
    }

    /// What comes next; `None` after the last, and why it ended before that, in words.
    pub(crate) async fn next(&mut self) -> Result<Option<News>, String> {
        if let Some(news) = self.news.recv().await {
            return Ok(Some(news));
        }
        match (&mut self.ended).await {
            Ok(Ok(())) => Ok(None),
            Ok(Err(words)) => Err(words),
            Err(_) => Err("the master failed while it read; see its log".to_owned()),
        }
    }
}

/// A reading on its thread.
struct Reading {
    context: Arc<Context>,
    server: ObjectPath,
    request: LogRequest,
    runtime: tokio::runtime::Handle,
    /// Is free again when the thread ends.
    _place: OwnedSemaphorePermit,
}

impl Reading {
    fn run(&self, news: &mpsc::Sender<News>) -> Result<(), String> {
        let is_tail = matches!(self.request.what, LogWanted::Tail { .. });
        let link = Link::new(&self.context, &self.server, &self.runtime, news.clone(), is_tail);
        let link = Rc::new(link);
        let files: Rc<dyn Files> = Rc::new(RemoteFiles::new(Rc::clone(&link)));
        let mut heard = Heard { news, link: Rc::clone(&link) };
        let sources = || self.sources(&*files);
        let redactor = &self.context.logs.redactor;
        if self.patterns().is_empty() {
            heard.tell(LogRecord::Done { bytes: 0, matches: 0, limit: Some(NO_FILES.to_owned()) });
            return Ok(());
        }
        let read = match &self.request.what {
            LogWanted::List => {
                for source in sources() {
                    heard.tell(LogRecord::Source(source.tell(&*files)));
                }
                Ok(())
            }
            LogWanted::Tail { lines, lines_that } => {
                tail(&files, sources, *lines, lines_that, redactor, &mut heard)
            }
            LogWanted::Search(wanted) => search(&*files, &sources(), &bounded(wanted), redactor, &mut heard),
        };
        link.end().and(read)
    }

    /// The asked applications with the names of their files (SL-1).
    fn patterns(&self) -> Vec<(String, Vec<PathBuf>)> {
        let state = self.context.bus.state();
        let defined = state.agentless_applications(&self.server).iter();
        let asked = defined.filter(|defined| self.request.applications.contains(&defined.name));
        let named = asked.filter(|defined| !defined.log_files.is_empty());
        named
            .map(|defined| (defined.name.clone(), defined.log_files.iter().map(PathBuf::from).collect()))
            .collect()
    }

    fn sources(&self, files: &dyn Files) -> Vec<Source> {
        let patterns = self.patterns();
        let sources = patterns.iter().flat_map(|(application, patterns)| {
            Written { application, files: patterns, output: None, journal: None }.sources(files)
        });
        let is_asked = |source: &Source| self.request.source.as_ref().is_none_or(|name| *name == source.name);
        sources.filter(is_asked).take(SOURCES_MAX).collect()
    }
}

/// The search with the bytes that may cross the network.
fn bounded(wanted: &LogSearch) -> LogSearch {
    let bytes_max = match wanted.bytes_max {
        0 => SEARCH_BYTES_MAX,
        bytes => bytes.min(SEARCH_BYTES_MAX),
    };
    LogSearch { bytes_max, ..wanted.clone() }
}

/// Who hears a reading; nobody any more once its host is given up.
struct Heard<'a> {
    news: &'a mpsc::Sender<News>,
    link: Rc<Link>,
}

impl Told for Heard<'_> {
    fn tell(&mut self, record: LogRecord) -> bool {
        !self.is_closed() && self.news.blocking_send(News::Record(record)).is_ok()
    }

    fn flush(&mut self) -> bool {
        !self.is_closed()
    }

    fn is_closed(&self) -> bool {
        self.news.is_closed() || self.link.is_given_up()
    }
}
