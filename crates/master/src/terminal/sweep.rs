//! Recordings that are too old or too many are removed, whole terminals at a time, the oldest first.
//!
//! Invariants
//! - SW-1: nothing of a terminal that is open is removed.

use super::recording;
use crate::http::Context;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use topmast_model::terminal::TerminalId;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_mins(10);
const DAY: Duration = Duration::from_hours(24);

/// What may stay.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    age: Duration,
    bytes: u64,
}

/// Looks again and again, for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>) {
    let config = context.config.terminals;
    let bounds = Bounds { age: DAY * config.recording_days, bytes: u64::from(config.max_gib) << 30 };
    let folder = recording::folder(&context.config.data);
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let now = context.bus.clock().now();
        let (folder, context) = (folder.clone(), Arc::clone(&context));
        let is_open =
            move |id| context.bus.state().terminal(id).is_some_and(topmast_engine::Terminal::is_open);
        let swept = tokio::task::spawn_blocking(move || sweep(&folder, now, bounds, &is_open)).await;
        match swept {
            Ok(Ok(0)) | Err(_) => {}
            Ok(Ok(count)) => tracing::info!(count, "recordings of terminals removed"),
            Ok(Err(error)) => tracing::warn!(%error, "recordings of terminals cannot be looked through"),
        }
    }
}

/// Removes what is too old, and then the oldest until the rest fits; returns how many terminals.
fn sweep(
    folder: &Path,
    now: UnixMillis,
    bounds: Bounds,
    is_open: &dyn Fn(TerminalId) -> bool,
) -> std::io::Result<usize> {
    let mut kept: BTreeMap<TerminalId, (PathBuf, u64)> = BTreeMap::new();
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        // What else lies there is not ours.
        let id = path.file_name().and_then(|name| Uuid::parse_str(&name.to_string_lossy()).ok());
        let Some(id) = id.map(TerminalId).filter(|id| !is_open(*id)) else { continue };
        let bytes = size(&path)?;
        kept.insert(id, (path, bytes));
    }
    let mut bytes: u64 = kept.values().map(|(_, bytes)| bytes).sum();
    let mut removed = 0;
    for (id, (path, own)) in kept {
        let is_old = age(id, now).is_some_and(|age| age > bounds.age);
        if !is_old && bytes <= bounds.bytes {
            // Ids sort by time: the others are younger.
            break;
        }
        std::fs::remove_dir_all(path)?;
        bytes -= own;
        removed += 1;
    }
    Ok(removed)
}

fn size(folder: &Path) -> std::io::Result<u64> {
    std::fs::read_dir(folder)?.map(|entry| Ok(entry?.metadata()?.len())).sum()
}

/// How long ago a terminal was opened, as its id says.
fn age(terminal: TerminalId, now: UnixMillis) -> Option<Duration> {
    let (seconds, nanos) = terminal.0.get_timestamp()?.to_unix();
    let made = i64::try_from(seconds).ok()?.saturating_mul(1_000) + i64::from(nanos / 1_000_000);
    Some(UnixMillis(made).until(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{NoContext, Timestamp};

    #[test]
    fn old_ones_go_then_the_oldest_until_the_rest_fits_and_never_an_open_one() {
        // SW-1
        let folder = tempfile::tempdir().unwrap();
        let id = |day: u64| TerminalId(Uuid::new_v7(Timestamp::from_unix(NoContext, day * 86_400, 0)));
        let ids: Vec<TerminalId> = (0..6).map(id).collect();
        for id in &ids {
            let path = folder.path().join(id.to_string());
            std::fs::create_dir(&path).unwrap();
            std::fs::write(path.join("0.cast"), [b'x'; 100]).unwrap();
        }
        std::fs::create_dir(folder.path().join("other")).unwrap();
        let now = UnixMillis(5 * 86_400_000 + 1);
        let left = |bounds: Bounds| {
            let count = sweep(folder.path(), now, bounds, &|id| id == ids[1]).unwrap();
            let left = ids.iter().filter(|id| folder.path().join(id.to_string()).exists());
            (count, left.copied().collect::<Vec<_>>())
        };
        let all = Bounds { age: DAY * 9, bytes: 600 };
        assert_eq!(left(all), (0, ids.clone()));
        assert_eq!(left(Bounds { age: DAY * 3, ..all }), (2, vec![ids[1], ids[3], ids[4], ids[5]]));
        assert_eq!(left(Bounds { bytes: 250, ..all }), (1, vec![ids[1], ids[4], ids[5]]));
        assert!(folder.path().join("other").exists());
        assert_eq!(sweep(&folder.path().join("none"), now, all, &|_| false).unwrap(), 0);
    }
}
