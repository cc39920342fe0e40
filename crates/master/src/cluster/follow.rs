//! Taking in what the active master appends.

use super::migrate::{MIGRATING, claim};
use super::{PAUSE, Sharing};
use crate::bus::FollowError;
use topmast_journal::stream::{Batch, Follower, Found, LinkError};
use topmast_model::error::with_sources;

/// Why a master cannot follow, until a person has helped.
#[derive(Debug, thiserror::Error)]
enum Stuck {
    #[error(
        "the stream is empty and this master's journal is not; stop it and bring its journal there with topmast journal migrate, on this one master"
    )]
    NotMigrated,
    #[error(
        "the stream ends at record {last}, this master's copy at {head}: the NATS servers lost what they had acknowledged; stop all masters and run topmast journal repair on the one whose copy is longest"
    )]
    Short { last: topmast_model::id::Seq, head: topmast_model::id::Seq },
    #[error(
        "this master's journal is not the one on the stream; move its journal.db away and start it again: it is read anew"
    )]
    Diverged,
    #[error(
        "this master has another CA than the cluster's masters; copy the folder ca and the file seal.key of another master's data directory here"
    )]
    OtherCa,
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

impl Sharing {
    /// Follows the journal; ends only when a person has to help.
    pub(super) async fn follow(&self) {
        for words in self.patiently(|| self.link.prepare()).await {
            tracing::warn!("{words}");
        }
        let stuck = match self.place().await {
            Ok(position) => self.take_in(position).await,
            Err(stuck) => stuck.to_string(),
        };
        tracing::error!(
            reason = stuck,
            "this master cannot follow the journal; it goes on to show what it has"
        );
        self.context.members.stuck(Some(stuck));
        std::future::pending::<()>().await;
    }

    /// Where this master's copy stands.
    async fn place(&self) -> Result<u64, Stuck> {
        let bucket = self.link.bucket();
        if !self.patiently(|| claim(&bucket, self.context.ca.fingerprint())).await {
            return Err(Stuck::OtherCa);
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
        let head = self.context.members.began_at();
        match self.patiently(|| Follower::locate(&self.link, head)).await {
            Found::At(position) => {
                self.bus().stand_at(position).await;
                self.position.reach(position);
                Ok(position)
            }
            Found::Empty => Err(Stuck::NotMigrated),
            Found::Short { last } => Err(Stuck::Short { last, head: head.seq }),
            Found::Diverged => Err(Stuck::Diverged),
        }
    }

    /// Asks the servers until they answer.
    async fn patiently<T, F: Future<Output = Result<T, LinkError>>>(&self, ask: impl Fn() -> F) -> T {
        let mut patience = Patience::default();
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) => patience.wait(&error).await,
            }
        }
    }

    /// Takes batches in as they come; returns what is wrong when one cannot be.
    async fn take_in(&self, position: u64) -> String {
        let mut follower = Follower::new(self.link.clone(), position);
        loop {
            match follower.next().await {
                Ok(batch) => {
                    let position = batch.position;
                    if let Err(error) = self.take(batch).await {
                        return with_sources(&error);
                    }
                    self.position.reach(position);
                }
                Err(error @ (LinkError::Message { .. } | LinkError::Stream { .. })) => {
                    return error.to_string();
                }
                Err(error) => {
                    tracing::debug!(%error, "the journal cannot be followed just now");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// Takes a batch in, however long this master's disk is full.
    async fn take(&self, batch: Batch) -> Result<(), FollowError> {
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
                    return taken;
                }
            }
        }
    }

    /// Reads the journal to its end now, from the stream's leader.
    pub(super) async fn catch_up(&self, position: u64) -> Result<(), CatchUpError> {
        let mut follower = Follower::new(self.link.clone(), position);
        let end = self.link.end().await?;
        while let Some(batch) = follower.next_until(end).await? {
            let position = batch.position;
            self.bus().take(batch).await?;
            self.position.reach(position);
        }
        self.bus().stand_at(end).await;
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
