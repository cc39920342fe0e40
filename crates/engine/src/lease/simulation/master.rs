//! A master as the simulation runs it: what it is told goes in, what it does comes out.
//!
//! Three things go on in it, each one step at a time, as in the real one: the lease is looked at, the journal is
//! followed, one append is made.

use super::super::{Found, Lease, Move};
use super::servers::{Answer, Author, Message, Request};
use crate::fixture::activate_master;
use crate::{State, Submission, apply, decide, record};
use std::time::Duration;
use topmast_model::command::Command;
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Time between two looks at the lease, in milliseconds.
const LOOK: u64 = 150;
/// Time between two looks at the stream.
const FOLLOW: u64 = 200;
/// An answer is given up after so long.
const ANSWER_WITHIN: u64 = 2_000;
/// An append is given up after so long.
const APPEND_WITHIN: Duration = Duration::from_secs(12);
/// Pause between two tries of one append.
const APPEND_PAUSE: u64 = 100;
/// Wall time when the world begins.
pub(super) const BEGINNING: i64 = 1_800_000_000_000;

#[derive(Debug)]
pub(super) enum Input {
    Timer(Timer),
    Answer { call: u64, answer: Answer },
    Command { name: String, command: Box<Command> },
}

#[derive(Debug)]
pub(super) enum Timer {
    Look,
    Follow,
    /// What was decided is sent: the process may have been suspended since.
    Send,
    /// No answer came to a call.
    GiveUp(u64),
}

pub(super) enum Effect {
    Call {
        call: u64,
        request: Request,
    },
    Wake {
        after: u64,
        timer: Timer,
    },
    Acknowledge(String),
    /// This run ends; whoever runs it starts it anew.
    Depose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Standby,
    Active,
    Deposed,
}

/// What is done about the lease, and the call that it waits for.
#[derive(Clone, Copy)]
enum Leading {
    Resting,
    Reading(u64),
    Writing { call: u64, asked: Duration },
    ReadingAgain(u64),
    CatchingUp(u64),
    Activating,
}

struct Append {
    message: Message,
    after: usize,
    /// Whom it is acknowledged to; nobody for the own activation.
    name: Option<String>,
    begun: Duration,
    /// It was sent, and its answer was lost.
    may_be_there: bool,
    is_looked_for: bool,
    /// The call that it waits for, if it does.
    call: Option<u64>,
}

pub(super) struct Master {
    author: Author,
    /// Wall clock ahead of the world's, in milliseconds.
    skew: i64,
    /// Own milliseconds in a thousand of the world's.
    rate: u64,
    /// No event is stamped before it.
    latest: i64,
    calls: u64,
    lease: Lease,
    role: Role,
    leading: Leading,
    following: Option<u64>,
    append: Option<Append>,
    /// The copy of the journal, which outlives a run, and the messages that it has.
    state: State,
    position: usize,
    /// The copy takes nothing until then, by the world's clock.
    pub(super) is_full_until: u64,
    now: u64,
}

type Effects = Vec<Effect>;

impl Master {
    pub(super) fn new(master: usize, skew: i64, rate: u64) -> Self {
        Self {
            author: Author { master, run: 0 },
            skew,
            rate,
            latest: 0,
            calls: 0,
            lease: Lease::default(),
            role: Role::Standby,
            leading: Leading::Resting,
            following: None,
            append: None,
            state: State::default(),
            position: 0,
            is_full_until: 0,
            now: 0,
        }
    }

    pub(super) fn author(&self) -> Author {
        self.author
    }

    pub(super) fn role(&self) -> Role {
        self.role
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// The copy is gone, with the machine that it was on.
    pub(super) fn lose_copy(&mut self) {
        self.state = State::default();
        (self.position, self.latest) = (0, 0);
    }

    /// A new run over the same copy.
    pub(super) fn start(&mut self, effects: &mut Effects) {
        self.author.run += 1;
        self.lease = Lease::default();
        self.role = Role::Standby;
        self.leading = Leading::Resting;
        (self.following, self.append) = (None, None);
        effects.push(Effect::Wake { after: 0, timer: Timer::Look });
        effects.push(Effect::Wake { after: 0, timer: Timer::Follow });
    }

    pub(super) fn take(&mut self, now: u64, input: Input, effects: &mut Effects) {
        self.now = now;
        match input {
            _ if self.role == Role::Deposed => {}
            Input::Timer(Timer::Look) => self.look(effects),
            Input::Timer(Timer::Follow) => {
                self.following = Some(self.call(Request::Read { after: self.position }, effects));
            }
            Input::Timer(Timer::Send) => self.send(effects),
            Input::Timer(Timer::GiveUp(call)) => self.answered(call, None, effects),
            Input::Answer { call, answer } => self.answered(call, Some(answer), effects),
            Input::Command { name, command } => {
                if self.role == Role::Active && self.is_leading() && self.append.is_none() {
                    self.decide(Some(name), *command, effects);
                }
            }
        }
    }

    /// Time by a clock of its own that never goes back.
    fn clock(&self) -> Duration {
        Duration::from_millis(self.now * self.rate / 1_000)
    }

    fn wall(&mut self) -> UnixMillis {
        let wall = BEGINNING + self.skew + i64::try_from(self.now).unwrap();
        self.latest = self.latest.max(wall);
        UnixMillis(self.latest)
    }

    fn is_leading(&self) -> bool {
        self.lease.is_leading(self.clock())
    }

    fn is_full(&self) -> bool {
        self.now < self.is_full_until
    }

    fn call(&mut self, request: Request, effects: &mut Effects) -> u64 {
        self.calls += 1;
        effects.push(Effect::Call { call: self.calls, request });
        effects.push(Effect::Wake { after: ANSWER_WITHIN, timer: Timer::GiveUp(self.calls) });
        self.calls
    }

    /// An answer to a call, or none; one that nobody waits for any more is passed over.
    fn answered(&mut self, call: u64, answer: Option<Answer>, effects: &mut Effects) {
        if self.following == Some(call) {
            self.following = None;
            // Taking in and appending wait for one another.
            if let Some(Answer::Messages { after, messages }) = answer
                && self.append.is_none()
            {
                // A full copy is tried again.
                let _ = self.take_in(after, messages, effects);
            }
            effects.push(Effect::Wake { after: FOLLOW, timer: Timer::Follow });
            return;
        }
        if self.append.as_ref().is_some_and(|append| append.call == Some(call)) {
            return self.append_answered(answer.as_ref(), effects);
        }
        match (self.leading, answer) {
            (Leading::Reading(waited), answer) if waited == call => match answer {
                Some(Answer::Lease(found)) => {
                    let next = self.lease.saw(self.clock(), self.found(found));
                    self.write_or_rest(next, effects);
                }
                _ => self.rest(effects),
            },
            (Leading::Writing { call: waited, asked }, answer) if waited == call => match answer {
                Some(Answer::Written(revision)) => {
                    self.lease.won(asked, revision);
                    self.rest(effects);
                }
                Some(Answer::Overtaken) => {
                    self.leading = Leading::ReadingAgain(self.call(Request::ReadLease, effects));
                }
                _ => {
                    self.lease.unanswered(asked);
                    self.rest(effects);
                }
            },
            (Leading::ReadingAgain(waited), answer) if waited == call => {
                let found = match answer {
                    Some(Answer::Lease(found)) => self.found(found),
                    _ => None,
                };
                self.lease.overtaken(found);
                self.rest(effects);
            }
            (Leading::CatchingUp(waited), answer) if waited == call => match answer {
                Some(Answer::Messages { after, messages }) => self.activate(after, messages, effects),
                _ => self.rest_without_change(effects),
            },
            _ => {}
        }
    }

    fn found(&self, found: Option<(u64, Author)>) -> Option<Found> {
        found.map(|(revision, author)| Found { revision, is_ours: author == self.author })
    }

    fn look(&mut self, effects: &mut Effects) {
        if self.lease.leads_until().is_some() {
            let next = self.lease.next(self.clock());
            self.write_or_rest(next, effects);
        } else {
            self.leading = Leading::Reading(self.call(Request::ReadLease, effects));
        }
    }

    fn write_or_rest(&mut self, next: Move, effects: &mut Effects) {
        match next {
            Move::Write { revision } => {
                let call = self.call(Request::WriteLease { replaces: revision }, effects);
                self.leading = Leading::Writing { call, asked: self.clock() };
            }
            Move::Watch => self.rest(effects),
        }
    }

    /// Draws the consequences of a look, and rests until the next.
    fn rest(&mut self, effects: &mut Effects) {
        match self.role {
            Role::Standby if self.is_leading() => {
                let request = Request::Read { after: self.position };
                self.leading = Leading::CatchingUp(self.call(request, effects));
            }
            Role::Active if self.lease.leads_until().is_none() => self.depose(effects),
            _ => self.rest_without_change(effects),
        }
    }

    fn rest_without_change(&mut self, effects: &mut Effects) {
        self.leading = Leading::Resting;
        effects.push(Effect::Wake { after: LOOK, timer: Timer::Look });
    }

    /// Reads the journal to its end and becomes the active master.
    fn activate(&mut self, after: usize, messages: Vec<Message>, effects: &mut Effects) {
        if self.take_in(after, messages, effects).is_err() {
            self.lease.stand_back(self.clock());
            return self.rest_without_change(effects);
        }
        if !self.is_leading() {
            return self.rest_without_change(effects);
        }
        self.leading = Leading::Activating;
        self.decide(None, activate_master(self.state.epoch().0 + 1), effects);
    }

    /// Takes in what others appended; refused by a copy that is full.
    fn take_in(&mut self, after: usize, messages: Vec<Message>, effects: &mut Effects) -> Result<(), ()> {
        for (position, message) in (after..).zip(messages) {
            if position < self.position {
                continue;
            }
            if self.is_full() {
                return Err(());
            }
            if self.role == Role::Active {
                self.depose(effects);
            }
            self.apply(&message);
        }
        Ok(())
    }

    fn apply(&mut self, message: &Message) {
        for event in &message.events {
            assert_eq!(event.seq.0, self.state.last_seq().0 + 1, "{:?} has another chain", self.author);
            self.latest = self.latest.max(event.time.0);
            apply(&mut self.state, event);
        }
        self.position += 1;
    }

    fn decide(&mut self, name: Option<String>, command: Command, effects: &mut Effects) {
        let (submission, now) = (Submission { principal: Principal::master(), command }, self.wall());
        let facts = decide(&self.state, &submission, now).unwrap();
        let events = record(&self.state, &submission, facts, now);
        let message = Message { author: self.author, number: self.calls, events };
        self.append = Some(Append {
            message,
            after: self.position,
            name,
            begun: self.clock(),
            may_be_there: false,
            is_looked_for: false,
            call: None,
        });
        effects.push(Effect::Wake { after: 0, timer: Timer::Send });
    }

    fn send(&mut self, effects: &mut Effects) {
        let Some(append) = &mut self.append else { return };
        append.is_looked_for = false;
        let request = Request::Append { message: append.message.clone(), after: append.after };
        self.wait_for(request, effects);
    }

    fn wait_for(&mut self, request: Request, effects: &mut Effects) {
        let call = self.call(request, effects);
        if let Some(append) = &mut self.append {
            append.call = Some(call);
        }
    }

    /// What was sent whose answer was lost is looked for before it is sent again.
    fn append_answered(&mut self, answer: Option<&Answer>, effects: &mut Effects) {
        let clock = self.clock();
        let Some(append) = &mut self.append else { return };
        append.call = None;
        let own = (append.message.author, append.message.number);
        let found = match answer {
            Some(Answer::Messages { messages, .. }) => messages.first(),
            _ => None,
        };
        match (append.is_looked_for, found, answer) {
            (false, _, Some(Answer::Appended)) => self.appended(effects),
            (false, _, Some(Answer::Refused)) if !append.may_be_there => self.depose(effects),
            (false, ..) => {
                (append.may_be_there, append.is_looked_for) = (true, true);
                let request = Request::Read { after: append.after };
                self.wait_for(request, effects);
            }
            (true, Some(found), _) if (found.author, found.number) == own => self.appended(effects),
            (true, Some(_), _) => self.depose(effects),
            (true, None, _) if clock.saturating_sub(append.begun) > APPEND_WITHIN => self.depose(effects),
            (true, None, _) => effects.push(Effect::Wake { after: APPEND_PAUSE, timer: Timer::Send }),
        }
    }

    fn appended(&mut self, effects: &mut Effects) {
        let Some(append) = self.append.take() else { return };
        if self.is_full() {
            return self.depose(effects);
        }
        self.apply(&append.message);
        if let Some(name) = append.name {
            effects.push(Effect::Acknowledge(name));
        } else {
            self.role = Role::Active;
            self.rest_without_change(effects);
        }
    }

    fn depose(&mut self, effects: &mut Effects) {
        self.role = Role::Deposed;
        effects.push(Effect::Depose);
    }
}
