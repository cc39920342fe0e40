//! Reading on in the stream: what other masters appended.

use super::batch::{Assembler, Batch};
use super::link::{Link, LinkError};
use crate::record::Head;
use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use futures_util::StreamExt as _;
use std::time::Duration;
use topmast_model::id::Seq;

/// Without a message for so long, the stream's end is asked for: a server may have gone with what it owed us.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// Where a copy stands in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The copy has everything up to this position.
    At(u64),
    /// The copy ends amid the batch behind this position, or is of another chain: [`Journal::take`] tells with that batch.
    ///
    /// [`Journal::take`]: crate::Journal::take
    Amid(u64),
    /// The stream is empty, the copy is not.
    Empty,
    /// The stream ends before the copy does: the servers lost what they had acknowledged.
    Short {
        /// The stream's last record.
        last: Seq,
    },
    /// The stream has another record there than the copy.
    Diverged,
}

/// Finds the place of a copy, and reads on from there.
pub struct Follower {
    link: Link,
    assembler: Assembler,
    position: u64,
    messages: Option<pull::Ordered>,
}

impl Follower {
    /// Finds where a copy that ends at `head` stands in the stream: a binary search over its messages.
    ///
    /// # Errors
    /// [`LinkError`] when the stream cannot be read.
    pub async fn locate(link: &Link, head: Head) -> Result<Found, LinkError> {
        if head.seq == Seq(0) {
            return Ok(Found::At(0));
        }
        let (end, _) = link.last_batch().await?;
        if end == 0 {
            return Ok(Found::Empty);
        }
        // The last message of a batch that begins at or before the copy's last record.
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let part = link.part(middle).await?;
            if part.is_some_and(|part| part.heading.first <= head.seq) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        let Some(part) = link.part(low).await? else {
            return Ok(Found::Diverged);
        };
        let last = part.heading.last;
        Ok(if last == head {
            Found::At(low)
        } else if last.seq > head.seq {
            Found::Amid(low.saturating_sub(u64::from(part.heading.part)))
        } else if low == end && last.seq < head.seq {
            Found::Short { last: last.seq }
        } else {
            Found::Diverged
        })
    }

    /// Reads on behind a position.
    pub fn new(link: Link, position: u64) -> Self {
        Self { link, assembler: Assembler::default(), position, messages: None }
    }

    /// The next batch, whenever it comes.
    ///
    /// Dropping the future loses nothing.
    ///
    /// # Errors
    /// [`LinkError`]; the next call tries again from where it was.
    pub async fn next(&mut self) -> Result<Batch, LinkError> {
        loop {
            let messages = match &mut self.messages {
                Some(messages) => messages,
                None => self.messages.insert(subscribe(&self.link, self.position).await?),
            };
            let Ok(next) = tokio::time::timeout(ASK_AFTER, messages.next()).await else {
                let end = self.link.end().await?;
                if end != self.position {
                    self.messages = None;
                }
                if end < self.position {
                    return Err(LinkError::Shorter { end, read: self.position });
                }
                continue;
            };
            let message = match next {
                Some(Ok(message)) => message,
                Some(Err(error)) => {
                    self.messages = None;
                    return Err(LinkError::servers("follow the journal", error));
                }
                None => {
                    self.messages = None;
                    continue;
                }
            };
            let info = message.info().map_err(|error| LinkError::servers("follow the journal", error))?;
            let position = info.stream_sequence;
            if position != self.position + 1 {
                self.messages = None;
                continue;
            }
            let headers = message.headers.clone().unwrap_or_default();
            if let Some(batch) = self.take(position, &headers, &message.payload)? {
                return Ok(batch);
            }
        }
    }

    /// The next batch up to position `end`, read from the stream's leader; none when there is no more.
    ///
    /// # Errors
    /// [`LinkError`]
    pub async fn next_until(&mut self, end: u64) -> Result<Option<Batch>, LinkError> {
        self.messages = None;
        while self.position < end {
            let position = self.position + 1;
            let part = self.link.part(position).await?.ok_or_else(|| {
                LinkError::servers("read the journal", format!("message {position} is missing"))
            })?;
            if let Some(batch) = self.assemble(position, part)? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// Where it has read to.
    pub fn position(&self) -> u64 {
        self.position
    }

    fn take(
        &mut self,
        position: u64,
        headers: &async_nats::HeaderMap,
        payload: &[u8],
    ) -> Result<Option<Batch>, LinkError> {
        let part = self.link.read(position, headers, payload)?;
        self.assemble(position, part)
    }

    fn assemble(&mut self, position: u64, part: super::batch::Part) -> Result<Option<Batch>, LinkError> {
        let batch = self.assembler.take(position, part).map_err(|fault| LinkError::Message {
            stream: self.link.stream().to_owned(),
            position,
            fault,
        })?;
        self.position = position;
        Ok(batch)
    }
}

async fn subscribe(link: &Link, position: u64) -> Result<pull::Ordered, LinkError> {
    let failed = |error: &dyn std::fmt::Display| LinkError::servers("follow the journal", error);
    let config = pull::OrderedConfig {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: position + 1 },
        ..pull::OrderedConfig::default()
    };
    let consumer = link.handle().await?.create_consumer(config).await.map_err(|error| failed(&error))?;
    consumer.messages().await.map_err(|error| failed(&error))
}
