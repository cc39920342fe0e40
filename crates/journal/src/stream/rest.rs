//! What a copy has behind the stream's last record: servers told of it, and lost it.
//!
//! Any master may bring it back: it is decided already, and the chain leaves it one place only.

use super::batch::{self, BatchError};
use super::fork::holds;
use super::link::{Link, LinkError};
use crate::journal::{AppendError, JournalReader, ReadError};
use crate::limits;
use crate::record::{Head, NewRecord, Record};
use topmast_model::id::Seq;

/// Records behind the stream's last one, at least one and at most what one append takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    behind: Head,
    records: Vec<Record>,
}

/// Why it is not known what a copy has behind the stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestError {
    /// More than a failover loses.
    #[error("the copy has more behind record {} than one append holds", behind.seq)]
    TooLong {
        /// The stream's last record.
        behind: Head,
    },
    /// The copy cannot be read.
    #[error("read the copy")]
    Read(#[from] ReadError),
}

/// Why it was not brought back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GiveBackError {
    /// The stream went on meanwhile.
    #[error("the stream went on meanwhile")]
    Overtaken,
    /// The servers did not do it.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The append was refused.
    #[error("append to the stream")]
    Append(#[from] AppendError),
}

impl Rest {
    /// What a copy has behind the stream's last record; none when that record is not the copy's, or its last.
    ///
    /// # Errors
    /// [`RestError`]
    pub fn of(reader: &dyn JournalReader, behind: Head) -> Result<Option<Self>, RestError> {
        // A copy that shares no record with the stream is another's.
        if behind.seq == Seq(0) || !holds(reader, behind)? {
            return Ok(None);
        }
        let found = reader.read(behind.seq, limits::MAX_APPEND_RECORDS + 1)?;
        let count = found.len();
        let records = limits::one_append(found);
        let Some(last) = records.last() else { return Ok(None) };
        if records.len() < count || !reader.read(last.seq, 1)?.is_empty() {
            return Err(RestError::TooLong { behind });
        }
        Ok(Some(Self { behind, records }))
    }

    /// The last of them.
    pub fn end(&self) -> Head {
        self.records.last().map_or(self.behind, Record::head)
    }

    /// As lines of JSON, for another master; [`Rest::read`] reads them.
    pub fn to_text(&self) -> Vec<u8> {
        batch::text(&self.records)
    }

    /// Reads what [`to_text`](Self::to_text) made, behind a record.
    ///
    /// # Errors
    /// [`BatchError`] when these are no records that one append takes.
    pub fn read(behind: Head, text: &[u8]) -> Result<Self, BatchError> {
        let records: Vec<NewRecord> = batch::records(text)?;
        limits::check(&records).map_err(|error| BatchError::Text(error.to_string()))?;
        let records = batch::seal(&records, behind);
        if records.is_empty() {
            return Err(BatchError::Text("there are none".to_owned()));
        }
        Ok(Self { behind, records })
    }

    /// Appends them to the stream, all or none, where nothing came behind its last record meanwhile.
    ///
    /// # Errors
    /// [`GiveBackError`]
    pub async fn give_back(&self, link: &Link) -> Result<(), GiveBackError> {
        let end = link.end().await?;
        let (_, last) = link.last_batch_until(end).await?;
        if last != self.behind {
            return Err(GiveBackError::Overtaken);
        }
        match link.append(&batch::parts(&self.records), end).await {
            Ok(_) => Ok(()),
            Err(AppendError::Overtaken { .. }) => Err(GiveBackError::Overtaken),
            Err(error) => Err(error.into()),
        }
    }
}
