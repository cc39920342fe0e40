//! Joined clusters: other clusters that this master shows and reaches, each of which decides for itself.
//!
//! ```text
//! [[join]] ─► Join ─ its link asks once a second ─► Heard ─► GET /api/v1/clusters
//!               └─ client, with the console token ─► lists, queries, requests that are passed on
//! ```
//!
//! Invariants
//! - FE-1: a joined cluster is asked in the name of the user who asks here; what the user may there is decided there.
//! - FE-2: only a person is spoken for: a program's token has grants of its own, which another cluster cannot know.
//! - FE-3: whoever comes by a console token is told of the own cluster only: joins of joins are not followed.
//! - FE-4: a cluster that is slow or gone holds up nobody but who waits for it.
//! - FE-5: what is open at a cluster at one time is bounded, for one person and for all: requests and watches.
//!
//! Elsewhere: consoles at the cluster that is asked (`topmast_engine::console`). Why: docs/adr/0027-federation.md.

pub(crate) mod config;
mod join;
mod note;
mod pass;
mod watches;

pub(crate) use join::{DOWN_AFTER, Join, STALE_AFTER};
pub(crate) use note::Noted;
pub(crate) use pass::{PassError, PassedPath, is_upgrade, returned, send};
pub(crate) use watches::{WatchError, WatchPlace};

use crate::config::{ConfigError, MasterConfig};
use crate::http::Context;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::task::JoinSet;
use topmast_model::principal::{ActorKind, AuthMethod, Principal};

/// The joined clusters, by name.
#[derive(Default)]
pub(crate) struct Federation {
    joins: Vec<Arc<Join>>,
}

impl Federation {
    /// Prepares the joins of a configuration that was checked; connects to nothing yet.
    ///
    /// # Errors
    /// [`ConfigError`] when the CA of one cannot be read or used.
    pub(crate) fn new(config: &MasterConfig) -> Result<Self, ConfigError> {
        let joins = config.joins.iter().map(|join| Join::new(join).map(Arc::new));
        let joins = joins.collect::<Result<Vec<_>, _>>();
        let mut joins = joins.map_err(|message| ConfigError::Invalid { field: "join", message })?;
        joins.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(Self { joins })
    }

    /// All of them, by name.
    pub(crate) fn joins(&self) -> &[Arc<Join>] {
        &self.joins
    }

    /// The one of a name.
    pub(crate) fn join(&self, name: &str) -> Option<&Arc<Join>> {
        self.joins.iter().find(|join| join.name() == name)
    }

    /// For whom joined clusters are asked, and where that person is; none when they are not to be asked (FE-2, FE-3).
    pub(crate) fn speaks_for(principal: &Principal) -> Option<(&str, Option<IpAddr>)> {
        let actor = &principal.actor;
        let is_person = actor.kind == ActorKind::User && actor.auth != AuthMethod::Console;
        let address = actor.address.as_deref().and_then(|address| address.parse().ok());
        is_person.then_some((actor.name.as_str(), address))
    }
}

/// Keeps the links of all joins alive, for ever.
pub(crate) async fn run(context: Arc<Context>) {
    let mut links = JoinSet::new();
    for join in context.federation.joins() {
        let join = Arc::clone(join);
        links.spawn(async move { join.run().await });
    }
    while links.join_next().await.is_some() {}
}
