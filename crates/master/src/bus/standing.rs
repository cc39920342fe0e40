//! Whether this master may change anything: alone it always may, among several the active one.

use super::SubmitError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use topmast_model::command::{Command, MasterOrder};

/// What a master is among those that share a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MasterRole {
    /// It decides commands, and agents obey it.
    Active,
    /// It follows the journal, and serves what is read.
    Standby,
    /// Another master appended where it would have, or its copy is to be read anew: it does nothing more before it has
    /// started anew.
    Deposed,
}

/// The master's role, and until when its lease holds.
pub(crate) struct Standing {
    role: watch::Sender<MasterRole>,
    begun: Instant,
    /// Milliseconds after `begun`.
    until: AtomicU64,
}

impl Standing {
    /// Of a master whose journal is its own.
    pub(crate) fn alone() -> Self {
        Self::new(MasterRole::Active, u64::MAX)
    }

    /// Of a master that others may take over from.
    pub(crate) fn shared() -> Self {
        Self::new(MasterRole::Standby, 0)
    }

    fn new(role: MasterRole, until: u64) -> Self {
        Self { role: watch::Sender::new(role), begun: Instant::now(), until: AtomicU64::new(until) }
    }

    /// What it is now.
    pub(crate) fn role(&self) -> MasterRole {
        *self.role.borrow()
    }

    /// The role and every change of it.
    pub(crate) fn watch(&self) -> watch::Receiver<MasterRole> {
        self.role.subscribe()
    }

    /// Time since the master began, by a clock that never goes back.
    pub(crate) fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Notes until when the lease holds, on the clock of [`now`](Self::now).
    pub(crate) fn hold_until(&self, until: Option<Duration>) {
        let until = until.map_or(0, |until| u64::try_from(until.as_millis()).unwrap_or(u64::MAX));
        self.until.store(until, Ordering::Release);
    }

    /// True while the lease holds.
    pub(crate) fn is_held(&self) -> bool {
        self.now().as_millis() < u128::from(self.until.load(Ordering::Acquire))
    }

    /// The journal has its word that it leads.
    pub(super) fn activate(&self) {
        self.role.send_if_modified(|role| {
            let is_new = *role == MasterRole::Standby;
            if is_new {
                *role = MasterRole::Active;
            }
            is_new
        });
    }

    /// Another master leads, or it cannot be known.
    pub(crate) fn depose(&self) {
        self.role
            .send_if_modified(|role| std::mem::replace(role, MasterRole::Deposed) != MasterRole::Deposed);
    }

    /// Refuses what this master may not decide now.
    pub(super) fn check(&self, command: &Command) -> Result<(), SubmitError> {
        let is_held = self.is_held();
        match self.role() {
            // It becomes the active one by this.
            MasterRole::Standby if is_held && is_activation(command) => Ok(()),
            MasterRole::Active if is_held => Ok(()),
            MasterRole::Active => Err(SubmitError::Storage(
                "the masters' lease cannot be renewed, so another master may lead by now; try again in a few seconds"
                    .to_owned(),
            )),
            MasterRole::Standby | MasterRole::Deposed => Err(SubmitError::Standby),
        }
    }
}

fn is_activation(command: &Command) -> bool {
    matches!(command, Command::ChangeMaster { order: MasterOrder::Activate { .. } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::id::Epoch;

    #[test]
    fn commands_are_decided_by_the_active_master_while_its_lease_holds() {
        let activate = Command::ChangeMaster {
            order: MasterOrder::Activate {
                name: "m1".into(),
                epoch: Epoch(1),
                place: None,
                tenant: "acme".into(),
            },
        };
        let other = Command::RemoveServer { server: "acme/main/db".parse().unwrap() };
        assert!(Standing::alone().check(&other).is_ok());

        let standing = Standing::shared();
        assert!(matches!(standing.check(&activate), Err(SubmitError::Standby)), "without the lease");
        standing.hold_until(Some(standing.now() + Duration::from_mins(1)));
        assert!(standing.check(&activate).is_ok());
        assert!(matches!(standing.check(&other), Err(SubmitError::Standby)), "not before it is active");
        standing.activate();
        assert!(standing.check(&other).is_ok());
        standing.hold_until(Some(Duration::ZERO));
        assert!(matches!(standing.check(&other), Err(SubmitError::Storage(_))));
        standing.depose();
        standing.activate();
        assert_eq!(standing.role(), MasterRole::Deposed);
        assert!(matches!(standing.check(&activate), Err(SubmitError::Standby)));
    }
}
