//! The servers: one place for the lease, one order of appends. They also know what must hold of every append.

use crate::{State, apply};
use topmast_model::event::{Event, EventBody};

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
                self.active = Some(message.author);
            }
            apply(&mut self.state, event);
        }
        assert_eq!(self.active, Some(message.author), "two masters append in one epoch");
        self.stream.push(message);
    }
}
