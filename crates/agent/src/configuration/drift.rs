//! Whether what was laid down is still there: checksums, every so often.

use super::{Manifest, read_file, sha256};
use crate::ledger::Ledger;
use crate::supervisor::ApplicationView;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use topmast_model::configuration::{Held, HeldFile};
use topmast_model::report::Report;

/// What lies here of a configuration, or of one that was taken back: revision 0 and no files.
pub(crate) fn held(data_dir: &Path, application: &str, name: &str) -> Held {
    let manifest = Manifest::read(&super::folder(data_dir, application).join(name));
    manifest.map_or(Held { revision: 0, files: Vec::new() }, |manifest| look(&manifest))
}

fn look(manifest: &Manifest) -> Held {
    let files = manifest.files.iter().map(|laid| HeldFile {
        path: laid.path.clone(),
        laid: laid.sha256.clone(),
        found: read_file(&laid.at).ok().flatten().map(|bytes| sha256(&bytes)),
    });
    Held { revision: manifest.revision, files: files.collect() }
}

/// Reports what lies here at the beginning and whenever it is another one.
pub(crate) async fn watch(
    data_dir: PathBuf,
    every: Duration,
    applications: watch::Receiver<Arc<Vec<ApplicationView>>>,
    ledger: Ledger,
) {
    let mut told: BTreeMap<(String, String), Held> = BTreeMap::new();
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let names: Vec<String> = applications.borrow().iter().map(|view| view.name.clone()).collect();
        let data_dir = data_dir.clone();
        let seen = tokio::task::spawn_blocking(move || all(&data_dir, &names)).await.unwrap_or_default();
        for ((application, name), held) in seen {
            let key = (application.clone(), name.clone());
            if told.get(&key) != Some(&held) {
                told.insert(key, held.clone());
                ledger.append(Report::Configuration { application, name, held });
            }
        }
    }
}

/// What lies here, but for sets that are being switched.
fn all(data_dir: &Path, applications: &[String]) -> Vec<((String, String), Held)> {
    let mut all = Vec::new();
    for application in applications {
        let Ok(sets) = fs::read_dir(super::folder(data_dir, application)) else { continue };
        for set in sets.filter_map(Result::ok) {
            let Ok(name) = set.file_name().into_string() else { continue };
            if set.path().join("switch.json").exists() {
                continue;
            }
            if let Some(manifest) = Manifest::read(&set.path()) {
                all.push(((application.clone(), name), look(&manifest)));
            }
        }
    }
    all
}
