//! The command bus: the only way to change anything.
//!
//! ```text
//! submit ─► queue ─► decide ─► append (durable) ─► apply ─► answer
//!                    └───── one writer thread ─────┘   └► event stream
//! ```
//!
//! One thread decides, in order; commands that wait together share one commit.
//! It works on a state of its own and publishes an event's effect only when the
//! journal has it, so a reader never sees what a crash could take back.
//!
//! Invariants
//! - B-1: an answer is given only after the command's events are durable.
//! - B-2: the published state is exactly the journal, applied.
//! - B-4: a master that shares its journal decides only while it is the active one and its lease holds; what
//!   another one decided it takes in, in order, and publishes as its own.
//! - B-3: when the journal refuses (a full disk), nothing changes and later commands work again
//!   as soon as it accepts, without a restart.

mod snapshot;
mod standing;

pub(crate) use snapshot::unpack as state_of;
pub(crate) use standing::{MasterRole, Standing};

use crate::clock::Clock;
use crate::record;
use crate::view::Recent;
use snapshot::{EVENTS_MIN, Packed};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, mpsc, oneshot};
use topmast_engine::action::{ActionPlan, plan_action};
use topmast_engine::{Rejection, State, Submission, apply, authorise, decide, record as with_circumstances};
use topmast_journal::{
    AppendError, Head, Journal, MAX_APPEND_BYTES, MAX_APPEND_RECORDS, MAX_PAYLOAD_BYTES, NewRecord,
    TakeError, stream::Batch,
};
use topmast_model::error::with_sources;
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;

/// Commands that may wait; beyond, callers are told to come back.
const QUEUE: usize = 4_096;
/// Commands decided together, at most: one commit's worth.
const BATCH: usize = 256;
/// Events of one decision, at most: the largest are two for each of 1,024 reports. The rest of what
/// the journal takes at once is for the decisions before it in the same commit.
const DECISION_EVENTS: usize = MAX_APPEND_RECORDS / 4 * 3;
/// Bytes of one decision, at most.
const DECISION_BYTES: usize = MAX_APPEND_BYTES / 2;
/// Events that a slow reader of the stream may be behind before it must read the journal.
const STREAM: usize = 8_192;

/// Why a command was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SubmitError {
    /// The engine refused it.
    #[error(transparent)]
    Rejected(Rejection),
    /// The journal could not take it; nothing changed.
    #[error("the journal did not take it, nothing was changed: {0}")]
    Storage(String),
    /// It makes more events, or larger ones, than the journal takes at once.
    #[error("the command is too large for the journal, nothing was changed: {0}; ask for less at once")]
    TooLarge(String),
    /// It may have been written or not.
    #[error("it is not known whether this was done: {0}; look before you ask again")]
    Unknown(String),
    /// Another master takes commands.
    #[error("this master is a standby; ask the active one, or try again in a few seconds when none is")]
    Standby,
    /// Too many commands wait.
    #[error("too many commands are waiting; try again in a second")]
    Busy,
    /// The master is stopping.
    #[error("the master is stopping; nothing was changed")]
    Stopping,
}

type Answer = Result<Vec<Arc<Event>>, SubmitError>;

enum Request {
    Decide {
        submission: Box<Submission>,
        answer: oneshot::Sender<Answer>,
    },
    /// Take in what another master appended.
    Take {
        batch: Box<Batch>,
        answer: oneshot::Sender<Result<(), FollowError>>,
    },
    /// All up to here was taken in, and that is the last record there.
    StandAt {
        position: u64,
        last: Head,
        answer: oneshot::Sender<Result<(), TakeError>>,
    },
    /// Save a snapshot that was made meanwhile.
    Save {
        seq: Seq,
        packed: Packed,
    },
    /// Take no more commands, save a snapshot, let go of the journal.
    Stop,
}

/// Handle to the bus; cheap to clone.
#[derive(Clone)]
pub(crate) struct CommandBus {
    requests: mpsc::Sender<Request>,
    shared: Arc<Shared>,
}

/// Why this master cannot follow the journal that it shares.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    /// Its copy does not take the records.
    #[error(transparent)]
    Take(#[from] TakeError),
    /// A record is not an event.
    #[error(transparent)]
    Event(#[from] ReplayError),
    /// The master is stopping.
    #[error("the master is stopping")]
    Stopping,
}

impl FollowError {
    /// True when the same batch may be taken later without anyone repairing a file.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Take(TakeError::Copy { source }) if source.is_transient())
    }
}

struct Shared {
    standing: Standing,
    state: RwLock<State>,
    /// Written by who holds the state for writing only.
    recent: RwLock<Recent>,
    events: broadcast::Sender<Arc<Event>>,
    clock: Arc<Clock>,
}

/// Why the journal's content could not become a state.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal cannot be read.
    #[error("read the journal")]
    Read(#[from] topmast_journal::ReadError),
    /// The journal cannot be opened for reading.
    #[error("open the journal for reading")]
    Open(#[from] topmast_journal::OpenError),
    /// An event is not what it should be.
    #[error("event {seq} of the journal cannot be understood; a newer Topmast may have written it")]
    Event {
        /// Which.
        seq: Seq,
        /// Why.
        source: serde_json::Error,
    },
}

impl CommandBus {
    /// Replays the journal and starts the writer thread. The thread ends when it is told to
    /// [`stop`](Self::stop), or when the last handle is dropped.
    ///
    /// # Errors
    /// [`ReplayError`] when the journal cannot be read or understood.
    pub(crate) fn start(
        journal: Box<dyn Journal>,
        clock: Arc<Clock>,
        standing: Standing,
    ) -> Result<(Self, JoinHandle<()>), ReplayError> {
        let (state, snapshot_at) = replay(journal.as_ref(), &clock)?;
        let (requests, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            standing,
            state: RwLock::new(state.clone()),
            recent: RwLock::new(Recent::since(state.last_seq())),
            events: broadcast::channel(STREAM).0,
            clock,
        });
        let writer = Writer {
            journal,
            working: state,
            shared: Arc::clone(&shared),
            requests: requests.downgrade(),
            snapshot_at,
            saved_at: snapshot_at,
            snapshot_after: EVENTS_MIN,
            refused: false,
        };
        let thread = std::thread::spawn(move || writer.run(queue));
        Ok((Self { requests, shared }, thread))
    }

    /// Submits a command and waits until it is durable or refused.
    ///
    /// # Errors
    /// [`SubmitError`]; in every case nothing was changed.
    pub(crate) async fn submit(&self, submission: Submission) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = Request::Decide { submission: Box::new(submission), answer };
        self.requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Busy,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })?;
        answered.await.unwrap_or(Err(SubmitError::Stopping))
    }

    /// Takes in what another master appended; nothing when it was taken before.
    ///
    /// # Errors
    /// [`FollowError`], from which only a new start helps.
    pub(crate) async fn take(&self, batch: Batch) -> Result<(), FollowError> {
        let (answer, answered) = oneshot::channel();
        let request = Request::Take { batch: Box::new(batch), answer };
        self.requests.send(request).await.map_err(|_| FollowError::Stopping)?;
        answered.await.unwrap_or(Err(FollowError::Stopping))
    }

    /// Says that all of the shared journal up to a position was taken in, where its last record is `last`.
    ///
    /// # Errors
    /// [`FollowError`] when this master's copy ends with another record.
    pub(crate) async fn stand_at(&self, position: u64, last: Head) -> Result<(), FollowError> {
        let (answer, answered) = oneshot::channel();
        let request = Request::StandAt { position, last, answer };
        self.requests.send(request).await.map_err(|_| FollowError::Stopping)?;
        Ok(answered.await.map_err(|_| FollowError::Stopping)??)
    }

    /// Whether this master may change anything.
    pub(crate) fn standing(&self) -> &Standing {
        &self.shared.standing
    }

    /// Ends the writer thread behind the commands that wait now; later ones are refused.
    pub(crate) async fn stop(&self) {
        // It may have ended already.
        let _ = self.requests.send(Request::Stop).await;
    }

    /// Decides without changing anything: what a dry run shows.
    ///
    /// # Errors
    /// [`Rejection`], as the real command would be refused.
    pub(crate) fn rehearse(&self, submission: &Submission) -> Result<Vec<EventBody>, Rejection> {
        decide(&self.state(), submission, self.shared.clock.now())
    }

    /// Whether whoever asks may, and may call it so, before what there is by that name is looked at.
    ///
    /// # Errors
    /// [`Rejection`], as the real command would be refused.
    pub(crate) fn authorise(&self, submission: &Submission) -> Result<(), Rejection> {
        authorise(&self.state(), submission)
    }

    /// What an order on applications would come to, with what guards have against it; nothing is done.
    ///
    /// # Errors
    /// [`Rejection`], as the real command would be refused, but for guards.
    pub(crate) fn plan(&self, submission: &Submission) -> Result<ActionPlan, Rejection> {
        plan_action(&self.state(), submission, self.shared.clock.now())
    }

    /// The state, as durable as the journal. Hold it shortly: the writer waits for it.
    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the last events of the state touched; to be had after the state, and let go of before it.
    pub(crate) fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        self.shared.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// All events from now on, in order. A reader that falls too far behind is told so and reads the journal.
    pub(crate) fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.shared.events.subscribe()
    }

    /// The master's clock.
    pub(crate) fn clock(&self) -> &Clock {
        &self.shared.clock
    }
}

struct Writer {
    journal: Box<dyn Journal>,
    working: State,
    shared: Arc<Shared>,
    /// For snapshots that others make.
    requests: mpsc::WeakSender<Request>,
    /// The last event of the last snapshot, which may still be made, and of the last one that was saved.
    snapshot_at: Seq,
    saved_at: Seq,
    /// Events until the next one.
    snapshot_after: u64,
    /// True after the journal refused a commit, until it takes one again.
    refused: bool,
}

/// A decided command that waits for its commit.
struct Decided {
    events: Vec<Arc<Event>>,
    answer: oneshot::Sender<Answer>,
}

/// What the next commit writes.
#[derive(Default)]
struct Records {
    all: Vec<NewRecord>,
    bytes: usize,
}

impl Records {
    /// True while one more decision, however large, cannot make the journal refuse those before it.
    fn has_room(&self) -> bool {
        self.all.len() <= MAX_APPEND_RECORDS - DECISION_EVENTS
            && self.bytes <= MAX_APPEND_BYTES - DECISION_BYTES
    }

    /// Takes the records of one decision, all or none.
    fn add(&mut self, made: Vec<NewRecord>) -> Result<(), SubmitError> {
        let largest = made.iter().map(|record| record.payload.len()).max().unwrap_or(0);
        let bytes = made.iter().map(size).sum::<usize>();
        for (what, found, limit) in [
            ("events", made.len(), DECISION_EVENTS),
            ("bytes in one event", largest, MAX_PAYLOAD_BYTES),
            ("bytes in all", bytes, DECISION_BYTES),
        ] {
            if found > limit {
                return Err(SubmitError::TooLarge(format!("{found} {what}, of at most {limit}")));
            }
        }
        self.bytes += bytes;
        self.all.extend(made);
        Ok(())
    }
}

/// Bytes of a record's texts, as the journal counts them.
fn size(record: &NewRecord) -> usize {
    let NewRecord { time: _, tenant, actor, action, object, kind, version: _, payload } = record;
    let optional = [action, object].into_iter().flatten().map(String::len).sum::<usize>();
    tenant.len() + actor.len() + optional + kind.len() + payload.len()
}

impl Writer {
    fn run(mut self, mut queue: mpsc::Receiver<Request>) {
        let mut next = None;
        while let Some(request) = next.take().or_else(|| queue.blocking_recv()) {
            match request {
                Request::Decide { submission, answer } => {
                    next = self.commit(*submission, answer, &mut queue);
                }
                Request::Take { batch, answer } => {
                    let taken = self.take(&batch);
                    // Who asked may have gone.
                    let _ = answer.send(taken);
                }
                Request::StandAt { position, last, answer } => {
                    // Who asked may have gone.
                    let _ = answer.send(self.journal.stand_at(position, last));
                }
                Request::Save { seq, packed } => self.save(seq, &packed),
                Request::Stop => break,
            }
            self.snapshot_when_due();
        }
        self.snapshot_at_end();
    }

    /// Decides the first command and what waits behind it, appends all in one commit, and answers.
    /// Returns what it came upon that is not a command.
    fn commit(
        &mut self,
        first: Submission,
        answer_to: oneshot::Sender<Answer>,
        queue: &mut mpsc::Receiver<Request>,
    ) -> Option<Request> {
        if self.refused {
            self.commit_alone(&first, answer_to);
            return None;
        }
        let (mut batch, mut records) = (Vec::new(), Records::default());
        let before = self.working.last_seq();
        let (mut next, mut other) = (Some((first, answer_to)), None);
        while let Some((submission, answer_to)) = next.take() {
            match self.decide(&submission, &mut records) {
                // Nothing to write, nothing to wait for.
                Ok(events) if events.is_empty() && records.all.is_empty() => answer(answer_to, Ok(events)),
                Ok(events) => batch.push(Decided { events, answer: answer_to }),
                Err(error) => answer(answer_to, Err(error)),
            }
            if batch.len() < BATCH && records.has_room() {
                match queue.try_recv() {
                    Ok(Request::Decide { submission, answer }) => next = Some((*submission, answer)),
                    Ok(request) => other = Some(request),
                    Err(_) => {}
                }
            }
        }
        if !batch.is_empty() {
            match self.journal.append(before, &records.all) {
                Ok(_) => self.publish(batch),
                Err(error) => self.take_back(batch, &error),
            }
        }
        other
    }

    /// Takes in what another master appended (B-4).
    fn take(&mut self, batch: &Batch) -> Result<(), FollowError> {
        let records = self.journal.take(batch)?;
        if records.is_empty() {
            return Ok(());
        }
        if self.shared.standing.role() == MasterRole::Active {
            // It is in this master's copy all the same, and of use after the new start.
            tracing::warn!("another master appended to the journal: this one is deposed");
            self.shared.standing.depose();
        }
        let mut events = Vec::with_capacity(records.len());
        for record in &records {
            let event = record::from_record(record)
                .map_err(|source| ReplayError::Event { seq: record.seq, source })?;
            self.shared.clock.not_before(event.time);
            events.push(event);
        }
        let events = self.advance(events);
        self.tell(&events);
        Ok(())
    }

    /// Tries one command on a journal that refused the last. The working state follows only once it
    /// is durable, so that a refusal costs no copy of the state however many try again.
    fn commit_alone(&mut self, submission: &Submission, answer_to: oneshot::Sender<Answer>) {
        let mut records = Records::default();
        match self.prepare(submission, &mut records) {
            Ok(events) if events.is_empty() => answer(answer_to, Ok(Vec::new())),
            Ok(events) => match self.journal.append(self.working.last_seq(), &records.all) {
                Ok(_) => {
                    tracing::info!("the journal takes commands again");
                    self.refused = false;
                    let events = self.advance(events);
                    self.publish(vec![Decided { events, answer: answer_to }]);
                }
                Err(error) => answer(answer_to, Err(self.refusal(&error))),
            },
            Err(error) => answer(answer_to, Err(error)),
        }
    }

    /// What a command is told that the journal did not take. A master that lost its place is deposed.
    fn refusal(&self, error: &AppendError) -> SubmitError {
        if error.is_deposed() {
            self.shared.standing.depose();
        }
        match error {
            AppendError::Overtaken { .. } => SubmitError::Standby,
            AppendError::Unanswered { .. } | AppendError::Copy { .. } => {
                SubmitError::Unknown(with_sources(error))
            }
            error => SubmitError::Storage(with_sources(error)),
        }
    }

    /// Decides one command on the working state; its records join the commit.
    fn decide(&mut self, submission: &Submission, records: &mut Records) -> Answer {
        let events = self.prepare(submission, records)?;
        Ok(self.advance(events))
    }

    /// Decides one command and makes its records; changes no state.
    fn prepare(&self, submission: &Submission, records: &mut Records) -> Result<Vec<Event>, SubmitError> {
        self.shared.standing.check(&submission.command)?;
        let now = self.shared.clock.now();
        let bodies = decide(&self.working, submission, now).map_err(SubmitError::Rejected)?;
        let events = with_circumstances(&self.working, submission, bodies, now);
        let made: Result<Vec<NewRecord>, _> = events.iter().map(record::to_record).collect();
        records.add(made.map_err(|error| SubmitError::Storage(error.to_string()))?)?;
        Ok(events)
    }

    /// Moves the working state on.
    fn advance(&mut self, events: Vec<Event>) -> Vec<Arc<Event>> {
        for event in &events {
            apply(&mut self.working, event);
        }
        events.into_iter().map(Arc::new).collect()
    }

    fn publish(&mut self, batch: Vec<Decided>) {
        let events: Vec<_> = batch.iter().flat_map(|decided| &decided.events).map(Arc::clone).collect();
        if events.iter().any(|event| matches!(event.body, EventBody::MasterActivated { .. })) {
            self.shared.standing.activate();
        }
        self.tell(&events);
        for decided in batch {
            answer(decided.answer, Ok(decided.events));
        }
    }

    /// Moves the published state on, and tells the readers of the stream.
    fn tell(&self, events: &[Arc<Event>]) {
        {
            let mut state = self.shared.state.write().unwrap_or_else(PoisonError::into_inner);
            let mut recent = self.shared.recent.write().unwrap_or_else(PoisonError::into_inner);
            for event in events {
                apply(&mut state, event);
                recent.note(event);
            }
        }
        for event in events {
            // No reader is no error.
            let _ = self.shared.events.send(Arc::clone(event));
        }
    }

    /// The journal refused: the working state goes back to what is durable (B-3).
    fn take_back(&mut self, batch: Vec<Decided>, error: &AppendError) {
        tracing::error!(error = %with_sources(error), commands = batch.len(), "journal refused commands");
        self.working = self.published();
        self.refused = true;
        for decided in batch {
            answer(decided.answer, Err(self.refusal(error)));
        }
    }

    fn published(&self) -> State {
        self.shared.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(to: oneshot::Sender<Answer>, result: Answer) {
    // The caller may have gone; the command stands all the same.
    let _ = to.send(result);
}

/// Builds the state from the newest usable snapshot and the events after it.
pub(crate) fn replay(journal: &dyn Journal, clock: &Clock) -> Result<(State, Seq), ReplayError> {
    const CHUNK: usize = 4_096;
    let reader = journal.reader()?;
    let mut state = reader.snapshot()?.as_ref().and_then(snapshot::unpack).unwrap_or_default();
    let snapshot_at = state.last_seq();
    loop {
        let records = reader.read(state.last_seq(), CHUNK)?;
        for record in &records {
            let event = record::from_record(record)
                .map_err(|source| ReplayError::Event { seq: record.seq, source })?;
            apply(&mut state, &event);
        }
        if let Some(last) = records.last() {
            clock.not_before(last.time);
        }
        if records.is_empty() {
            return Ok((state, snapshot_at));
        }
    }
}

#[cfg(test)]
mod tests;
