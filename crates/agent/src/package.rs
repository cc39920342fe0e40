//! Packages on this server: fetched, checked, unpacked, switched to.
//!
//! ```text
//! order ─► fetch (pieces over the link, resumed, throttled) ─► digest, signature ─► unpack into VERSION.new
//!       ─► versions/VERSION ─► current ─rename─► VERSION ─► restart ─► healthy? else current ─► the one before
//! ```
//!
//! In the data directory:
//!
//! ```text
//! packages/SHA256.part           bytes on their way
//! installed/NAME/versions/ID/    one directory a version, ID is PACKAGE@VERSION
//! installed/NAME/current         a link to one of them, which unit files write as {version_dir}
//! installed/NAME/installed.json  which it is, and which were before
//! ```
//!
//! Invariants
//! - PI-1: nothing is unpacked but bytes whose digest is the order's, and whose signature is one of a trusted key where
//!   keys are named: here, or where none are, by the order.
//! - PI-2: nothing of a package comes to lie, or leads, outside of its version's directory.
//! - PI-3: `current` leads to a complete version at any time, whenever the agent dies.
//!
//! Elsewhere: what the application does meanwhile (`supervisor/deployment.rs`).

pub(crate) mod courier;
mod fetch;
pub(crate) mod place;
mod policy;
mod tar_gz;
mod unpack;
mod unsafe_path;
mod zip;

pub use courier::Courier;
pub use policy::{PackagePolicy, PolicyError, PolicyFile};

#[doc(hidden)] // for the fuzzers
pub use unpack::{Bounds, unpack};

use self::place::Place;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use topmast_model::package::Package;
use topmast_model::package::key::TrustKey;

/// Where packages come from and how much they may.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// Brings their bytes.
    pub courier: Arc<Courier>,
    /// What is taken.
    pub policy: PackagePolicy,
}

impl Packages {
    /// Brings a package's version into place, where nothing runs from it yet.
    ///
    /// - `listed`: the trust keys that came with the order.
    ///
    /// # Errors
    /// In words, with what to do. Nothing but bytes on their way is left behind.
    pub(crate) async fn prepare(
        &self,
        data_dir: &Path,
        place: &Place,
        package: &Package,
        listed: &[TrustKey],
        within: Duration,
    ) -> Result<(), String> {
        if place.has(package)? {
            return Ok(());
        }
        let key = self.policy.check(package, listed)?;
        // One at a time: they share the line and the disk.
        let _turn = self.courier.turn().await;
        let fetched = fetch::fetch(&self.courier, &self.policy, data_dir, package, key, within).await?;
        let (place, package, policy) = (place.clone(), package.clone(), self.policy.clone());
        let unpacking = tokio::task::spawn_blocking(move || {
            let placed = place.unpack(&fetched, &package, &policy);
            // What was unpacked is not needed again, and what cannot be unpacked now may be another time.
            if placed.is_ok() {
                let _ = std::fs::remove_file(&fetched);
            }
            placed
        });
        unpacking.await.unwrap_or_else(|error| Err(format!("unpack the package: {error}")))
    }
}
