//! Taking in what the active master appends.
//!
//! ```text
//! place ─► take in ─┬─► the stream ends before what was read ─► place
//!    │              └─► another record than the copy's ─► mend
//!    ├─ the stream ends before the copy ─► what it lost is brought back ─► place
//!    ├─ another record than the copy's ─► mend ─┬─► the copy is put aside, and this master starts anew
//!    │                                          └─► a server was wrong ─► place, and read from the one that leads
//!    └─ somebody has to help ─► told, and looked at again each second ─► place
//! ```

use super::mend::JudgeError;
use super::migrate::{MIGRATING, claim};
use super::{PAUSE, Sharing};
use crate::bus::{FollowError, MasterRole};
use std::time::Duration;
use topmast_journal::TakeError;
use topmast_journal::stream::{Batch, Follower, Found, LinkError};
use topmast_model::error::with_sources;
use topmast_model::id::Seq;

/// Why a master cannot follow, until a person has helped.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stuck {
    #[error(
        "the stream is empty and this master's journal is not; stop it and bring its journal there with topmast journal migrate, on this one master"
    )]
    NotMigrated,
    #[error(
        "the stream ends at record {last}, this master's copy at {head}: the NATS servers lost what they had acknowledged; stop all masters and run topmast journal repair on the one whose copy is longest"
    )]
    Short { last: Seq, head: Seq },
    #[error(
        "this master's journal is not the one on the stream; see that [journal] names the right servers and stream, or stop this master, move its journal.db away and start it again: it is read anew"
    )]
    Foreign,
    #[error(
        "records {first} to {last} of this master's copy are not on the stream, and it decided them itself: people may have been told that they are done; see what they are (topmast events on this master), do again what is missing, then stop it, move its journal.db away and start it again: it is read anew"
    )]
    OwnRest { first: Seq, last: Seq },
    #[error(
        "records {first} to {last} of this master's copy are not on the stream, more than one append holds: some were acknowledged; see what they are (topmast events on this master), do again what is missing, then stop it, move its journal.db away and start it again: it is read anew"
    )]
    LongRest { first: Seq, last: Seq },
    #[error(
        "records {first} to {last} of this master's copy are not on the stream, as once before, of which {kept} is kept: see why the NATS servers lose records, then stop this master, move {kept} away and start it again: its copy is read anew"
    )]
    Again { first: Seq, last: Seq, kept: String },
    #[error(
        "what the stream has behind record {last} does not follow that record: the stream is no chain; stop all masters, name another stream in [journal] and run topmast journal migrate on the one whose copy is longest"
    )]
    Broken { last: Seq },
    #[error("it cannot be told what of this master's copy is not on the stream: {}; stop it, move its journal.db away and start it again: it is read anew", with_sources(.0))]
    Unread(JudgeError),
    #[error(
        "this master has another CA than the cluster's masters; copy the folder ca and the file seal.key of another master's data directory here"
    )]
    OtherCa,
    #[error("{}", with_sources(.0))]
    Batch(FollowError),
    #[error(transparent)]
    Stream(LinkError),
}

/// Why a master follows no further from where it is.
enum Halt {
    /// Somebody has to help, or servers that told of what is not come to themselves.
    Stuck(Stuck),
    /// Only a new start helps.
    Over(FollowError),
    /// The stream has other records than the copy, as a server tells.
    Diverged,
    /// It has to be found anew where the copy stands.
    Displaced,
}

/// Why the journal was not read to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum CatchUpError {
    /// The servers.
    #[error(transparent)]
    Servers(#[from] LinkError),
    /// This master's copy.
    #[error(transparent)]
    Copy(#[from] FollowError),
}

/// Time between two looks whether what keeps a master from following is mended.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

impl Sharing {
    /// Follows the journal for ever.
    pub(super) async fn follow(&self) {
        for words in self.patiently(|| self.link.prepare()).await {
            tracing::warn!("{words}");
        }
        let mut is_doubted = false;
        loop {
            let halt = match self.place(std::mem::take(&mut is_doubted)).await {
                Ok(position) => self.take_in(position).await,
                Err(halt) => halt,
            };
            let stuck = match halt {
                Halt::Stuck(stuck) => Some(stuck),
                Halt::Diverged => {
                    is_doubted = true;
                    self.mend().await
                }
                Halt::Displaced => None,
                Halt::Over(error) => {
                    self.is_stuck(&Stuck::Batch(error));
                    return std::future::pending().await;
                }
            };
            let pause = match stuck {
                Some(stuck) => {
                    self.is_stuck(&stuck);
                    LOOK_AGAIN
                }
                None => PAUSE,
            };
            tokio::time::sleep(pause).await;
        }
    }

    fn is_stuck(&self, stuck: &Stuck) {
        let reason = stuck.to_string();
        if self.context.members.stuck(Some(reason.clone())) {
            tracing::error!(reason, "this master cannot follow the journal; it goes on to show what it has");
        }
    }

    /// Where this master's copy stands.
    ///
    /// - `is_doubted`: servers told of other records, so what follows is read from the one that leads the stream.
    async fn place(&self, is_doubted: bool) -> Result<u64, Halt> {
        let bucket = self.link.bucket();
        if !self.patiently(|| claim(&bucket, self.context.ca.fingerprint())).await {
            return Err(Halt::Stuck(Stuck::OtherCa));
        }
        let mut is_said = false;
        while self.patiently(|| bucket.read(MIGRATING)).await.is_some() {
            if !std::mem::replace(&mut is_said, true) {
                tracing::warn!(
                    "a journal is being brought to the stream; this master waits. If that was stopped amid it, run topmast journal migrate again where it ran"
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
        let head = self.head().await.map_err(|error| Halt::Stuck(Stuck::Unread(error)))?;
        let end = self.patiently(|| self.link.end()).await;
        match self.patiently(|| Follower::locate(&self.link, head)).await {
            Found::At(mut position) => {
                self.bus().stand_at(position, head).await.map_err(|_| Halt::Displaced)?;
                if is_doubted {
                    position = self.take_from_leader(position, end).await?;
                }
                self.context.members.stuck(None);
                self.position.stand_at(position);
                Ok(position)
            }
            Found::Amid(before) => {
                let mut follower = Follower::new(self.link.clone(), before);
                if let Ok(Some(batch)) = follower.next_until(end).await {
                    self.take(batch).await?;
                }
                Err(Halt::Displaced)
            }
            Found::Empty => Err(Halt::Stuck(Stuck::NotMigrated)),
            Found::Short { last } => match self.give_back().await {
                Ok(true) => Err(Halt::Displaced),
                Ok(false) => Err(Halt::Stuck(Stuck::Short { last, head: head.seq })),
                Err(error) => Err(Halt::Stuck(Stuck::Unread(error))),
            },
            Found::Diverged => Err(Halt::Diverged),
        }
    }

    /// Takes in what the server that leads the stream has up to a position; where that ended.
    async fn take_from_leader(&self, position: u64, end: u64) -> Result<u64, Halt> {
        let mut follower = Follower::new(self.link.clone(), position);
        while let Some(batch) = follower.next_until(end).await.map_err(|_| Halt::Displaced)? {
            let last = self.bus().state().last_seq();
            self.take(batch).await.map_err(|halt| match halt {
                Halt::Diverged => Halt::Stuck(Stuck::Broken { last }),
                halt => halt,
            })?;
        }
        Ok(follower.position())
    }

    /// Asks the servers until they answer.
    pub(super) async fn patiently<T, F: Future<Output = Result<T, LinkError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> T {
        let mut patience = Patience::default();
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) => patience.wait(&error).await,
            }
        }
    }

    /// Takes batches in as they come, until one cannot be.
    async fn take_in(&self, position: u64) -> Halt {
        let mut follower = Follower::new(self.link.clone(), position);
        loop {
            let next = tokio::select! {
                next = follower.next() => next,
                () = self.doubt.notified() => return Halt::Displaced,
            };
            match next {
                Ok(batch) => {
                    let position = batch.position;
                    match self.take(batch).await {
                        Ok(()) => self.position.reach(position),
                        Err(halt) => return halt,
                    }
                }
                Err(error @ (LinkError::Message { .. } | LinkError::Stream { .. })) => {
                    return Halt::Stuck(Stuck::Stream(error));
                }
                // An active master's next append is refused, where it is so.
                Err(LinkError::Shorter { .. }) if self.bus().standing().role() == MasterRole::Standby => {
                    return Halt::Displaced;
                }
                Err(error) => {
                    tracing::debug!(%error, "the journal cannot be followed just now");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes a batch in, however long this master's disk is full.
    async fn take(&self, batch: Batch) -> Result<(), Halt> {
        let members = &self.context.members;
        loop {
            match self.bus().take(batch.clone()).await {
                Err(error) if error.is_transient() => {
                    if !members.is_stuck() {
                        tracing::warn!(error = %with_sources(&error), "this master follows the journal no further for now");
                        members.stuck(Some(with_sources(&error)));
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                taken => {
                    members.stuck(None);
                    return taken.map_err(|error| match error {
                        FollowError::Take(TakeError::Diverged { .. }) => Halt::Diverged,
                        error => Halt::Over(error),
                    });
                }
            }
        }
    }

    /// Reads the journal to its end now, from the stream's leader. The copy ends with the stream's last record then.
    pub(super) async fn catch_up(&self, position: u64) -> Result<(), CatchUpError> {
        let mut follower = Follower::new(self.link.clone(), position);
        let end = self.link.end().await?;
        while let Some(batch) = follower.next_until(end).await? {
            let position = batch.position;
            self.bus().take(batch).await?;
            self.position.reach(position);
        }
        let (_, last) = self.link.last_batch_until(end).await?;
        self.bus().stand_at(end, last).await?;
        self.position.reach(end);
        Ok(())
    }
}

/// Waiting for servers, which is said once for each reason.
#[derive(Default)]
struct Patience {
    said: String,
}

impl Patience {
    async fn wait(&mut self, error: &LinkError) {
        let error = error.to_string();
        if error != self.said {
            tracing::warn!(error, "waiting for the NATS servers");
            self.said = error;
        }
        tokio::time::sleep(PAUSE).await;
    }
}
