//! Running it: what comes from the master, what goes to it, and what is told meanwhile.
//!
//! Invariants
//! - CD-1: the first Ctrl-C stops everything and tells what is known; the second one leaves at once.
//! - CD-2: whatever happens, every server has a result: what was begun and did not end is unknown.

use super::course::{Course, Next, Rules};
use super::group::{End, Groups, Said};
use super::{ask, counted, is_dialogue};
use crate::cli::failure::Failure;
use crate::output::terminal;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};
use topmast_api::client::{Client, ClientError, TerminalEvent, TerminalReceiver, TerminalSender};
use topmast_api::terminal::{PaneEnded, PaneOutcome, Panes, TerminalMessage, TerminalOpen, TerminalRequest};
use uuid::Uuid;

/// Time between two lines of progress.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Running servers that are named in it.
const NAMED_MAX: usize = 3;

/// What came of it.
pub(super) struct Outcome {
    pub(super) id: Uuid,
    pub(super) groups: Groups,
    /// Why the connection was lost, if it was.
    pub(super) lost: Option<ClientError>,
}

/// One run.
pub(super) struct Conduct<'a> {
    names: &'a [String],
    course: Course,
    said: BTreeMap<u16, Said>,
    ended: BTreeMap<u16, bool>,
    groups: Groups,
    began: Instant,
    /// A line of progress stands on the terminal.
    is_told: bool,
}

impl<'a> Conduct<'a> {
    pub(super) fn new(names: &'a [String], rules: Rules) -> Self {
        let count = u16::try_from(names.len()).unwrap_or(u16::MAX);
        Self {
            names,
            course: Course::new(count, rules),
            said: BTreeMap::new(),
            ended: BTreeMap::new(),
            groups: Groups::default(),
            began: Instant::now(),
            is_told: false,
        }
    }

    /// Runs it on all servers.
    pub(super) async fn run(mut self, client: &Client, open: TerminalOpen) -> Result<Outcome, Failure> {
        let (mut sender, mut receiver) = client.terminal_connect().await?;
        sender.send(&TerminalRequest::Open(open)).await?;
        let id = opened(&mut receiver).await?;
        let lost = self.converse(&mut sender, &mut receiver).await;
        sender.close().await;
        self.wipe();
        let lost = match lost {
            Ok(()) => None,
            Err(Failure::Client(error)) => Some(*error),
            Err(other) => return Err(other),
        };
        let running = self.course.running();
        for pane in 0..u16::try_from(self.names.len()).unwrap_or(u16::MAX) {
            if !self.ended.contains_key(&pane) {
                let end = if running.contains(&pane) { End::Unknown } else { End::NotStarted }; // CD-2
                self.groups.add(pane, end, self.said.remove(&pane).unwrap_or_default());
            }
        }
        Ok(Outcome { id, groups: self.groups, lost })
    }

    async fn converse(
        &mut self,
        sender: &mut TerminalSender,
        receiver: &mut TerminalReceiver,
    ) -> Result<(), Failure> {
        let mut next = self.course.begin();
        let mut is_stopping = false;
        let mut timer = tokio::time::interval(TELL_EVERY);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            match next {
                Next::Over => return Ok(()),
                Next::Start(panes) => {
                    if !panes.is_empty() {
                        sender.send(&TerminalRequest::Start(Panes { panes })).await?;
                    }
                }
                Next::Ask => {
                    next = self.go_on()?;
                    continue;
                }
            }
            next = Next::Start(Vec::new());
            tokio::select! {
                event = receiver.next() => match event? {
                    Some(TerminalEvent::Output { pane, stream, bytes }) => {
                        self.said.entry(pane).or_default().push(stream, &bytes);
                    }
                    Some(TerminalEvent::Message(TerminalMessage::Ended(ended))) => next = self.over(ended),
                    Some(TerminalEvent::Message(TerminalMessage::Refused(problem))) => {
                        return Err(ClientError::Refused(Box::new(problem)).into());
                    }
                    Some(TerminalEvent::Message(TerminalMessage::Started(_) | TerminalMessage::Opened(_))) => {}
                    None => {
                        let reason = "the master ended it".to_owned();
                        return Err(ClientError::Lost { url: "the master".to_owned(), reason }.into());
                    }
                },
                _ = timer.tick() => self.tell(),
                _ = tokio::signal::ctrl_c() => {
                    if std::mem::replace(&mut is_stopping, true) {
                        return Ok(()); // CD-1
                    }
                    self.wipe();
                    let running = self.course.running();
                    terminal::notice(&format!("stopping on {}; Ctrl-C again to leave at once", counted(running.len())));
                    next = self.course.halt();
                    sender.send(&TerminalRequest::Stop(Panes { panes: running })).await?;
                }
            }
        }
    }

    fn over(&mut self, PaneEnded { pane, outcome }: PaneEnded) -> Next {
        let has_succeeded = outcome == PaneOutcome::Exited(0);
        self.ended.insert(pane, has_succeeded);
        self.groups.add(pane, End::Outcome(outcome), self.said.remove(&pane).unwrap_or_default());
        self.course.ended(pane, has_succeeded)
    }

    /// The canary did not exit 0.
    fn go_on(&mut self) -> Result<Next, Failure> {
        self.wipe();
        let others = counted(self.names.len() - self.ended.len());
        let style = crate::output::Style { colour: false, ..terminal::style() };
        terminal::notice(self.groups.text(self.names, style).trim_end());
        if !is_dialogue() {
            terminal::notice(&format!("the canary did not exit 0: nothing was run on {others}"));
            return Ok(self.course.halt());
        }
        let go_on = ask(&format!("the canary did not exit 0; go on with {others}? [y/N]"))?;
        Ok(if go_on { self.course.go_on() } else { self.course.halt() })
    }

    /// One line that is written over, for whoever looks at a terminal.
    fn tell(&mut self) {
        if !io::stderr().is_terminal() || self.began.elapsed() < TELL_EVERY {
            return;
        }
        self.is_told = true;
        let failed = self.ended.values().filter(|has_succeeded| !**has_succeeded).count();
        let failed = if failed == 0 { String::new() } else { format!(", {failed} not with exit 0") };
        let (done, all, running) = (self.ended.len(), self.names.len(), self.course.running());
        // The last ones are waited for: it helps to know for which.
        let waited: Vec<&str> = running.iter().map(|pane| self.names[usize::from(*pane)].as_str()).collect();
        let waited = if (1..=NAMED_MAX).contains(&running.len()) {
            format!(" ({})", waited.join(", "))
        } else {
            String::new()
        };
        let running = running.len();
        let seconds = self.began.elapsed().as_secs();
        let line = format!("\r{done} of {all} done{failed}, {running} running{waited}, {seconds} s\x1b[K");
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }

    /// Takes that line away.
    fn wipe(&mut self) {
        if std::mem::take(&mut self.is_told) {
            let _ = io::stderr().lock().write_all(b"\r\x1b[K");
        }
    }
}

async fn opened(receiver: &mut TerminalReceiver) -> Result<Uuid, Failure> {
    loop {
        match receiver.next().await? {
            Some(TerminalEvent::Message(TerminalMessage::Opened(opened))) => return Ok(opened.terminal),
            Some(TerminalEvent::Message(TerminalMessage::Refused(problem))) => {
                return Err(ClientError::Refused(Box::new(problem)).into());
            }
            Some(_) => {}
            None => {
                let reason = "the master ended it before anything ran".to_owned();
                return Err(ClientError::Lost { url: "the master".to_owned(), reason }.into());
            }
        }
    }
}
