//! The epoch in which a journal is restored, above all that agents may have obeyed: the last record of what is restored.

use crate::bus::{ReplayError, replay};
use crate::clock::Clock;
use crate::record::{ACTIVATED, RESTORED, from_record, to_record};
use topmast_engine::{Rejection, Submission, decide, record};
use topmast_journal::{AppendError, EmbeddedJournal, Journal, JournalReader, RecordQuery};
use topmast_model::command::{Command, MasterOrder};
use topmast_model::event::EventBody;
use topmast_model::id::Epoch;
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Why a restored journal has no epoch.
#[derive(Debug, thiserror::Error)]
pub enum EpochError {
    /// It cannot be understood.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The engine refuses it.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// It cannot be written down.
    #[error("write the event")]
    Event(#[from] serde_json::Error),
    /// The journal does not take it.
    #[error("append to the restored journal")]
    Append(#[from] AppendError),
}

/// Says in a restored journal that it is one, which begins its epoch.
///
/// - `backup`: the whole journal that the restored one is the beginning of.
pub(super) fn begin(
    restored: &mut EmbeddedJournal,
    backup: &dyn JournalReader,
    backed_up_at: UnixMillis,
) -> Result<(), EpochError> {
    let clock = Clock::default();
    let (state, _) = replay(restored, &clock)?;
    let order = MasterOrder::Restore { above: last_epoch(backup)?, backed_up_at };
    let submission = Submission { principal: Principal::master(), command: Command::ChangeMaster { order } };
    let now = clock.now();
    let facts = decide(&state, &submission, now)?;
    let events = record(&state, &submission, facts, now);
    let records: Result<Vec<_>, _> = events.iter().map(to_record).collect();
    restored.append(state.last_seq(), &records?)?;
    Ok(())
}

/// The last epoch of a journal, which is its highest.
fn last_epoch(journal: &dyn JournalReader) -> Result<Epoch, ReplayError> {
    let kinds = [ACTIVATED, RESTORED].map(str::to_owned).to_vec();
    let query = RecordQuery { kinds, newest_first: true, limit: 1, ..RecordQuery::default() };
    let Some(last) = journal.select(&query)?.pop() else { return Ok(Epoch(0)) };
    let event = from_record(&last).map_err(|source| ReplayError::Event { seq: last.seq, source })?;
    Ok(match event.body {
        EventBody::MasterActivated { epoch, .. } | EventBody::JournalRestored { epoch, .. } => epoch,
        _ => Epoch(0),
    })
}
