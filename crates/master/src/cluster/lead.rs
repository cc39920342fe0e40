//! The lease: taken when it is due, renewed while this master leads, given away when it is told to.

use super::follow::CatchUpError;
use super::regain::RegainError;
use super::{PAUSE, Sharing};
use crate::bus::{FollowError, MasterRole};
use crate::start::activate;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use topmast_engine::lease::{Found, Lease, Move};
use topmast_journal::TakeError;
use topmast_journal::stream::{Bucket, Entry, WriteError};
use topmast_model::error::with_sources;
use uuid::Uuid;

/// Where the lease is.
const LEASE: &str = "lease";
/// Time between two looks at it: a failover is at most two of them longer than the lease.
const LOOK: Duration = Duration::from_millis(150);

/// What stands in the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    /// The master.
    name: String,
    /// Where it is reached.
    url: String,
    /// One run of it.
    run: Uuid,
    /// The master that it gives the lease to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    given_to: Option<String>,
}

/// Why a master that has the lease does not lead.
#[derive(Debug, thiserror::Error)]
enum LeadError {
    /// Its copy is not what it should be.
    #[error(transparent)]
    Copy(#[from] FollowError),
    /// The stream lost too much.
    #[error(transparent)]
    Lost(#[from] RegainError),
}

/// This master's hold on the lease.
struct Hold {
    bucket: Bucket,
    lease: Lease,
    ours: Holder,
}

impl Sharing {
    /// Looks at the lease for ever, and leads while it is ours.
    pub(super) async fn lead(&self) {
        let members = &self.context.members;
        let ours = Holder {
            name: self.context.config.name.clone(),
            url: members.own_url().to_owned(),
            run: Uuid::new_v4(),
            given_to: None,
        };
        let mut hold = Hold { bucket: self.link.bucket(), lease: Lease::default(), ours };
        let standing = self.bus().standing();
        let mut given = members.given_to();
        loop {
            let to = given.borrow_and_update().clone();
            if let Some(to) = to {
                self.give(&mut hold, to).await;
            }
            let is_ready = self.position.get().is_some() && !members.is_stuck();
            hold.look(self, is_ready).await;
            standing.hold_until(hold.lease.leads_until());
            match standing.role() {
                MasterRole::Standby if hold.lease.is_leading(standing.now()) => {
                    if let Err(error) = self.activate().await {
                        tracing::warn!(
                            error = %with_sources(&error),
                            "this master cannot lead now, so others may try first"
                        );
                        hold.lease.stand_back(standing.now());
                        standing.hold_until(None);
                    }
                }
                MasterRole::Active if hold.lease.leads_until().is_none() => {
                    tracing::warn!("another master took the lease: this one is deposed");
                    standing.depose();
                }
                _ => {}
            }
            // A word to give it away ends the pause.
            let _ = tokio::time::timeout(LOOK, given.changed()).await;
        }
    }

    /// Brings back what the stream lost, reads the journal to its end and becomes the active master (M-1, M-5). Servers that
    /// do not answer are asked again at the next look.
    ///
    /// # Errors
    /// When this master's copy does not take what was read, or the stream lost too much.
    async fn activate(&self) -> Result<(), LeadError> {
        let Some(position) = self.position.get() else { return Ok(()) };
        match self.regain().await {
            Err(RegainError::Servers(error)) => {
                tracing::warn!(error = %with_sources(&error), "it is not known whether the journal is whole, so this master does not lead yet");
                return Ok(());
            }
            regained => regained?,
        }
        match self.catch_up(position).await {
            Ok(()) => {}
            Err(CatchUpError::Copy(error)) => {
                if matches!(error, FollowError::Take(TakeError::Diverged { .. })) {
                    self.doubt.notify_one();
                }
                return Err(error.into());
            }
            Err(CatchUpError::Servers(error)) => {
                tracing::warn!(%error, "the journal cannot be read to its end, so this master does not lead yet");
                return Ok(());
            }
        }
        match activate(self.bus(), &self.context.config, true).await {
            Ok(epoch) => tracing::info!(%epoch, "this master is the active one"),
            Err(error) => tracing::warn!(error = %with_sources(&error), "this master does not lead"),
        }
        Ok(())
    }

    /// Gives the lease to another master, once nothing more is decided here.
    async fn give(&self, hold: &mut Hold, to: String) {
        let standing = self.bus().standing();
        if standing.role() != MasterRole::Active {
            return;
        }
        standing.hold_until(None);
        let given = Holder { given_to: Some(to.clone()), ..hold.ours.clone() };
        if hold.write(standing.now(), &given, None).await {
            tracing::info!(to, "the lease was given to another master");
        } else {
            tracing::warn!(to, "the lease could not be given; another master takes it when it has expired");
        }
        standing.depose();
    }

    /// Lets go of the lease at the end of a master that leads, so that another one need not wait.
    pub(crate) async fn release(&self) {
        let released = tokio::time::timeout(PAUSE * 4, self.link.bucket().remove(LEASE)).await;
        if !matches!(released, Ok(Ok(()))) {
            tracing::warn!("the lease could not be released; another master takes it when it has expired");
        }
    }
}

impl Hold {
    /// Looks at the lease, and writes it when it is time and this master may lead.
    async fn look(&mut self, sharing: &Sharing, is_ready: bool) {
        let standing = sharing.bus().standing();
        let next = if self.lease.leads_until().is_some() {
            self.lease.next(standing.now())
        } else {
            let Ok(entry) = self.bucket.read(LEASE).await else { return };
            let holder = entry.as_ref().and_then(holder_of);
            if let Some(holder) = &holder {
                sharing.context.members.active_is(&holder.name, &holder.url);
            }
            let seen = self.lease.saw(standing.now(), entry.as_ref().map(|entry| self.found(entry)));
            match (entry, holder.and_then(|holder| holder.given_to)) {
                (Some(entry), Some(to)) if to == self.ours.name => {
                    Move::Write { revision: Some(entry.revision) }
                }
                _ => seen,
            }
        };
        if let Move::Write { revision } = next
            && is_ready
        {
            let ours = self.ours.clone();
            let written = self.write(standing.now(), &ours, revision).await;
            if written {
                sharing.context.members.active_is(&ours.name, &ours.url);
            }
        }
    }

    /// Writes the lease in place of a revision; of the one that is held when none is named and one is.
    async fn write(&mut self, asked: Duration, holder: &Holder, revision: Option<u64>) -> bool {
        let value = serde_json::to_vec(holder).unwrap_or_default();
        let revision = revision.or(self.lease.held());
        match self.bucket.write(LEASE, value, revision).await {
            Ok(revision) => {
                self.lease.won(asked, revision);
                true
            }
            Err(WriteError::Link(error)) => {
                tracing::debug!(%error, "the lease cannot be written just now");
                self.lease.unanswered(asked);
                false
            }
            Err(WriteError::Overtaken) => {
                let entry = self.bucket.read(LEASE).await.ok().flatten();
                self.lease.overtaken(entry.map(|entry| self.found(&entry)));
                false
            }
        }
    }

    fn found(&self, entry: &Entry) -> Found {
        Found { revision: entry.revision, is_ours: holder_of(entry).as_ref() == Some(&self.ours) }
    }
}

fn holder_of(entry: &Entry) -> Option<Holder> {
    serde_json::from_slice(&entry.value).ok()
}
