//! Reading the journal from handlers, off the threads that serve.

use super::problem::Refusal;
use crate::projection::{ActionHistory, AuditIndex, AvailabilityError, AvailabilityIndex, Became, Deed};
use crate::record;
use std::sync::Arc;
use tokio::sync::Mutex;
use topmast_api::action::Action;
use topmast_api::audit::AuditQuery;
use topmast_api::problem::ProblemCode;
use topmast_engine::{State, apply};
use topmast_journal::{JournalReader, ReadError, Record, RecordQuery, Snapshot};
use topmast_model::event::Event;
use topmast_model::id::{ActionId, Seq};
use topmast_model::maintenance::Period;
use topmast_model::path::ObjectPath;

/// Records of a fold that are read at a time.
const FOLD_CHUNK: usize = 4_096;

/// Readers of the journal: one for events, one for long walks of the audit, so that neither delays the other.
pub(crate) struct JournalAccess {
    events: Arc<Mutex<Box<dyn JournalReader>>>,
    audit: Arc<Mutex<Box<dyn JournalReader>>>,
    history: ActionHistory,
    deeds: AuditIndex,
    availability: AvailabilityIndex,
}

impl JournalAccess {
    pub(crate) fn new(
        events: Box<dyn JournalReader>,
        audit: Box<dyn JournalReader>,
        history: ActionHistory,
        deeds: AuditIndex,
        availability: AvailabilityIndex,
    ) -> Self {
        let (events, audit) = (Arc::new(Mutex::new(events)), Arc::new(Mutex::new(audit)));
        Self { events, audit, history, deeds, availability }
    }

    /// Events that meet a query.
    pub(crate) async fn select(&self, query: RecordQuery) -> Result<Vec<Event>, Refusal> {
        let records = on_reader(&self.events, move |reader| reader.select(&query)).await??;
        records.iter().map(to_event).collect()
    }

    /// An action, however long ago.
    pub(crate) async fn action(&self, id: ActionId) -> Result<Option<Action>, Refusal> {
        let history = self.history.clone();
        tokio::task::spawn_blocking(move || history.find(id))
            .await
            .map_err(|_| Refusal::new(ProblemCode::Stopping, "the master is stopping"))?
            .map_err(|error| {
                Refusal::new(ProblemCode::Storage, format!("the journal cannot be read: {error}"))
            })
    }

    /// What became of a tenant's objects in a window, of at most `most` changes.
    pub(crate) async fn became(
        &self,
        tenant: ObjectPath,
        window: Period,
        most: usize,
    ) -> Result<Became, Refusal> {
        let availability = self.availability.clone();
        tokio::task::spawn_blocking(move || availability.find(&tenant, window, most))
            .await
            .map_err(|_| Refusal::new(ProblemCode::Stopping, "the master is stopping"))?
            .map_err(|error| match error {
                AvailabilityError::TooMuch(_) => Refusal::invalid("period", error.to_string()),
                AvailabilityError::Storage(_) => Refusal::new(ProblemCode::Storage, error.to_string()),
            })
    }

    /// Deeds that meet a query, each with its event, the newest first.
    pub(crate) async fn deeds(&self, query: AuditQuery, limit: usize) -> Result<Vec<(Deed, Event)>, Refusal> {
        let deeds = self.deeds.clone();
        let found = tokio::task::spawn_blocking(move || deeds.find(&query, limit))
            .await
            .map_err(|_| Refusal::new(ProblemCode::Stopping, "the master is stopping"))?
            .map_err(|error| {
                Refusal::new(ProblemCode::Storage, format!("the journal cannot be read: {error}"))
            })?;
        let records = on_reader(&self.events, move |reader| {
            let mut records = Vec::with_capacity(found.len());
            for deed in found {
                // A deed without its record would be a broken projection: the record's own check tells.
                if let Some(record) = reader.read(Seq(deed.seq.0.saturating_sub(1)), 1)?.pop() {
                    records.push((deed, record));
                }
            }
            Ok::<_, ReadError>(records)
        })
        .await??;
        records.into_iter().map(|(deed, record)| Ok((deed, to_event(&record)?))).collect()
    }

    /// Walks the chain.
    pub(crate) async fn verify(
        &self,
    ) -> Result<Result<topmast_journal::Verified, topmast_journal::VerifyError>, Refusal> {
        on_reader(&self.audit, |reader| reader.verify()).await
    }

    /// The newest snapshot that includes nothing after a position.
    pub(crate) async fn snapshot(&self, most: Seq) -> Result<Option<Snapshot>, Refusal> {
        Ok(on_reader(&self.audit, move |reader| reader.snapshot_until(most)).await??)
    }

    /// A state moved on by the events after it, up to a position.
    pub(crate) async fn fold(&self, mut state: State, until: Seq) -> Result<State, Refusal> {
        on_reader(&self.audit, move |reader| {
            while state.last_seq() < until {
                let left = usize::try_from(until.0 - state.last_seq().0).unwrap_or(usize::MAX);
                let records = reader.read(state.last_seq(), left.min(FOLD_CHUNK))?;
                if records.is_empty() {
                    break;
                }
                for record in &records {
                    apply(&mut state, &to_event(record)?);
                }
            }
            Ok(state)
        })
        .await?
    }

    /// Records after a position, for an export.
    pub(crate) async fn read(&self, after: Seq, limit: usize) -> Result<Vec<Record>, Refusal> {
        Ok(on_reader(&self.audit, move |reader| -> Result<Vec<Record>, ReadError> {
            reader.read(after, limit)
        })
        .await??)
    }
}

async fn on_reader<T: Send + 'static>(
    reader: &Arc<Mutex<Box<dyn JournalReader>>>,
    read: impl FnOnce(&dyn JournalReader) -> T + Send + 'static,
) -> Result<T, Refusal> {
    // Those who wait for a reader hold none of the few threads for blocking work.
    let reader = Arc::clone(reader).lock_owned().await;
    tokio::task::spawn_blocking(move || read(reader.as_ref()))
        .await
        .map_err(|_| Refusal::new(ProblemCode::Stopping, "the master is stopping"))
}

fn to_event(record: &Record) -> Result<Event, Refusal> {
    record::from_record(record).map_err(|error| {
        Refusal::new(
            ProblemCode::Internal,
            format!("event {} of the journal cannot be understood: {error}", record.seq),
        )
    })
}
