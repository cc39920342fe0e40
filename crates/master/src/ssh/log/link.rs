//! The connection of one reading: asks, waits within bounds, and comes back when it broke.

use super::News;
use crate::access::secret::random_bytes;
use crate::http::Context;
use crate::ssh::connect::Connection;
use crate::ssh::exec;
use crate::ssh::fault::{Fault, Quoted, Remedy};
use crate::ssh::{back_off, reader};
use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use topmast_model::path::ObjectPath;
use topmast_probe::plan::Answer;
use topmast_probe::plan::log::{self, Question};

/// Bytes a second that a reading takes of a host and its network.
const BYTES_PER_SECOND: f64 = 8.0 * 1024.0 * 1024.0;

/// The connection.
pub(super) struct Link {
    context: Arc<Context>,
    server: ObjectPath,
    runtime: Handle,
    news: mpsc::Sender<News>,
    /// It waits for a host that is away.
    is_patient: bool,
    inner: RefCell<Inner>,
}

#[derive(Default)]
struct Inner {
    connection: Option<Connection>,
    /// It has answered once: the account gives a shell.
    has_answered: bool,
    /// Faults in a row.
    faults: u32,
    given_up: Option<String>,
}

/// Why a question has no answer.
enum Miss {
    /// The reading is over: nobody hears it.
    Unheard,
    Fault(Fault),
}

impl From<Fault> for Miss {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Link {
    pub(super) fn new(
        context: &Arc<Context>,
        server: &ObjectPath,
        runtime: &Handle,
        news: mpsc::Sender<News>,
        is_patient: bool,
    ) -> Self {
        let (context, server, runtime) = (Arc::clone(context), server.clone(), runtime.clone());
        Self { context, server, runtime, news, is_patient, inner: RefCell::default() }
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.inner.borrow().given_up.is_some()
    }

    /// Says goodbye; why the host was given up, in words.
    pub(super) fn end(&self) -> Result<(), String> {
        if let Some(connection) = self.inner.borrow_mut().connection.take() {
            self.runtime.block_on(connection.close());
        }
        self.inner.borrow_mut().given_up.take().map_or(Ok(()), Err)
    }

    /// Asks, and hands the answer over once it is whole.
    ///
    /// # Errors
    /// When the host is given up, or nobody hears the reading any more.
    pub(super) fn ask<T>(
        &self,
        questions: &[Question<'_>],
        take: impl Fn(&Answer<'_>) -> Option<T>,
    ) -> io::Result<T> {
        let gone = || io::Error::from(io::ErrorKind::ConnectionAborted);
        loop {
            if self.is_given_up() || self.news.is_closed() {
                return Err(gone());
            }
            let began = Instant::now();
            let fault = match self.runtime.block_on(self.exchange(questions)) {
                Ok((text, marker)) => {
                    let spent = Duration::from_secs_f64(text.len() as f64 / BYTES_PER_SECOND);
                    std::thread::sleep(spent.saturating_sub(began.elapsed()));
                    match take(&Answer::marked(&text, &marker)) {
                        Some(taken) => {
                            let mut inner = self.inner.borrow_mut();
                            inner.has_answered = true;
                            let was_away = std::mem::take(&mut inner.faults) > 0;
                            drop(inner);
                            if was_away {
                                self.tell(News::Back);
                            }
                            return Ok(taken);
                        }
                        // A host that goes down ends its programs before it ends the connection.
                        None if self.inner.borrow().has_answered => Fault::Broken {
                            endpoint: self.server.to_string(),
                            doing: "a log was read",
                            reason: "its answer ended halfway".to_owned(),
                        },
                        None => Fault::NoShell(Quoted::of([&text, b""])),
                    }
                }
                Err(Miss::Unheard) => return Err(gone()),
                Err(Miss::Fault(fault)) => fault,
            };
            self.take_fault(&fault);
        }
    }

    /// Waits for a while, or gives the host up.
    fn take_fault(&self, fault: &Fault) {
        let mut inner = self.inner.borrow_mut();
        inner.connection = None;
        let is_away = matches!(fault, Fault::Unreachable { .. } | Fault::Late { .. } | Fault::Broken { .. });
        if !(self.is_patient && is_away && fault.remedy() == Remedy::Soon) {
            inner.given_up = Some(fault.to_string());
            return;
        }
        inner.faults += 1;
        let wait = back_off::wait(&self.server, inner.faults, Duration::from_secs(1));
        let is_new = inner.faults == 1;
        drop(inner);
        if is_new {
            self.tell(News::Away(fault.to_string()));
        }
        self.runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.news.closed() => {}
            }
        });
    }

    fn tell(&self, news: News) {
        // Nobody is told when the reader is gone.
        let _ = self.news.blocking_send(news);
    }

    /// One script; its output and the marker in it.
    async fn exchange(&self, questions: &[Question<'_>]) -> Result<(Vec<u8>, String), Miss> {
        tokio::select! {
            output = self.exchanged(questions) => Ok(output?),
            () = self.news.closed() => Err(Miss::Unheard),
        }
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "the thread of a reading asks one thing at a time")]
    async fn exchanged(&self, questions: &[Question<'_>]) -> Result<(Vec<u8>, String), Fault> {
        let mut inner = self.inner.borrow_mut();
        let connection = if let Some(connection) = inner.connection.take() {
            connection
        } else {
            let host = self.context.bus.state().agentless().get(&self.server).cloned();
            let host = host.ok_or(Fault::Unwilling {
                endpoint: self.server.to_string(),
                refusal: "is not read over ssh any more",
            })?;
            reader::open(&self.context, &self.server, &host).await?
        };
        let number = random_bytes().map_or_else(
            |_| uuid::Uuid::now_v7().as_u128(),
            |bytes| bytes.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte)),
        );
        let marker = log::marker(number);
        let script = log::script(&marker, questions);
        let output = exec::marked(&connection, script, &marker, exec::READ_WITHIN).await?;
        let output = output.in_time(&connection)?;
        inner.connection = Some(connection);
        Ok((output.text, marker))
    }
}
