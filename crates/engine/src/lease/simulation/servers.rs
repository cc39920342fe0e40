//! The servers: one place for the lease, one order of appends. They also know what must hold of every append.

use crate::fixture::restore_journal;
use crate::{State, Submission, apply, decide, record};
use topmast_model::event::{Event, EventBody};
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// One run of a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Author {
    pub(super) master: usize,
    pub(super) run: u64,
}

/// An append, its own among all.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) author: Author,
    pub(super) number: u64,
    pub(super) events: Vec<Event>,
}

#[derive(Debug, Clone)]
pub(super) enum Request {
    ReadLease,
    /// In place of that revision, or where none is.
    WriteLease {
        replaces: Option<u64>,
    },
    /// Behind so many messages.
    Append {
        message: Message,
        after: usize,
    },
    /// All messages behind so many.
    Read {
        after: usize,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Answer {
    Lease(Option<(u64, Author)>),
    Written(u64),
    Overtaken,
    Appended,
    Refused,
    Messages { after: usize, messages: Vec<Message> },
}

#[derive(Default)]
pub(super) struct Servers {
    revision: u64,
    lease: Option<(u64, Author)>,
    stream: Vec<Message>,
    /// What all messages come to.
    state: State,
    /// Who became active last.
    active: Option<Author>,
    /// The highest epoch of any journal: agents obey none below it.
    obeyed: u64,
    activations: usize,
    refused: usize,
}

impl Servers {
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Appends that came too late.
    pub(super) fn refused(&self) -> usize {
        self.refused
    }

    /// How often a master became active.
    pub(super) fn activations(&self) -> usize {
        self.activations
    }

    /// Others in their place, with the journal of a backup: the first messages, and the word that it was restored.
    pub(super) fn restored(&self, messages: usize, by: Author, now: UnixMillis) -> Self {
        let mut stream = self.stream[..messages].to_vec();
        let mut state = State::default();
        for event in stream.iter().flat_map(|message| &message.events) {
            apply(&mut state, event);
        }
        let submission = Submission { principal: Principal::master(), command: restore_journal(0) };
        let facts = decide(&state, &submission, now).unwrap();
        let events = record(&state, &submission, facts, now);
        for event in &events {
            apply(&mut state, event);
        }
        stream.push(Message { author: by, number: 0, events });
        let Self { obeyed, activations, refused, .. } = *self;
        Self { stream, state, obeyed, activations, refused, ..Self::default() }
    }

    pub(super) fn stream_len(&self) -> usize {
        self.stream.len()
    }

    pub(super) fn take(&mut self, from: Author, request: Request) -> Answer {
        match request {
            Request::ReadLease => Answer::Lease(self.lease),
            Request::WriteLease { replaces } if replaces == self.lease.map(|(revision, _)| revision) => {
                self.revision += 1;
                self.lease = Some((self.revision, from));
                Answer::Written(self.revision)
            }
            Request::WriteLease { .. } => Answer::Overtaken,
            Request::Append { message, after } if after == self.stream.len() => {
                self.append(message);
                Answer::Appended
            }
            Request::Append { .. } => {
                self.refused += 1;
                Answer::Refused
            }
            Request::Read { after } => Answer::Messages { after, messages: self.stream[after..].to_vec() },
        }
    }

    /// What the stream takes is chained, and of the master alone that became active last.
    fn append(&mut self, message: Message) {
        for event in &message.events {
            assert_eq!(event.seq.0, self.state.last_seq().0 + 1, "an append does not follow the one before");
            if let EventBody::MasterActivated { epoch, .. } = event.body {
                assert_eq!(epoch.0, self.state.epoch().0 + 1, "an epoch does not follow the one before");
                assert!(epoch.0 > self.obeyed, "agents obeyed {} and refuse {epoch}", self.obeyed);
                self.active = Some(message.author);
                self.obeyed = epoch.0;
                self.activations += 1;
            }
            apply(&mut self.state, event);
        }
        assert_eq!(self.active, Some(message.author), "two masters append in one epoch");
        self.stream.push(message);
    }
}
