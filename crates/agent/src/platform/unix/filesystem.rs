//! Space of filesystems. A remote one can hang for as long as its server is away, so it is asked on another
//! thread, one question at a time, and what it last answered is not repeated while it hangs.

use std::collections::BTreeMap;
use tokio::sync::oneshot;
use topmast_model::sample::SampleSink;
use topmast_probe::{Filesystem, FilesystemUsage, emit_usage};

/// Most remote filesystems asked about: each that hangs holds a thread.
const REMOTE_MAX: usize = 16;

/// What is known of the remote filesystems.
#[derive(Debug, Default)]
pub(crate) struct Filesystems {
    /// Questions under way by mount point.
    asked: BTreeMap<String, oneshot::Receiver<Option<FilesystemUsage>>>,
}

impl Filesystems {
    /// Emits every filesystem. A remote one shows the answer to the question of the run before.
    pub(crate) fn emit(&mut self, filesystems: &[Filesystem], sink: &mut dyn SampleSink) {
        self.asked.retain(|mount, _| filesystems.iter().any(|filesystem| filesystem.mount == *mount));
        for filesystem in filesystems {
            let usage =
                if filesystem.remote { self.ask(&filesystem.mount) } else { usage_of(&filesystem.mount) };
            emit_usage(filesystem, usage.as_ref(), sink);
        }
    }

    fn ask(&mut self, mount: &str) -> Option<FilesystemUsage> {
        let answer = match self.asked.get_mut(mount).map(oneshot::Receiver::try_recv) {
            Some(Err(oneshot::error::TryRecvError::Empty)) => return None,
            Some(Ok(usage)) => usage,
            Some(Err(oneshot::error::TryRecvError::Closed)) | None => None,
        };
        self.asked.remove(mount);
        if self.asked.len() < REMOTE_MAX {
            let (answer, question) = oneshot::channel();
            let path = mount.to_owned();
            let started = std::thread::Builder::new()
                .name("statvfs".to_owned())
                .stack_size(64 << 10) // a system call needs no more
                .spawn(move || answer.send(usage_of(&path)));
            if started.is_ok() {
                self.asked.insert(mount.to_owned(), question);
            }
        }
        answer
    }
}

#[expect(clippy::useless_conversion, reason = "the width of these numbers differs between systems")]
fn usage_of(mount: &str) -> Option<FilesystemUsage> {
    let found = nix::sys::statvfs::statvfs(mount).ok()?;
    let fragment = u64::from(found.fragment_size());
    Some(FilesystemUsage {
        size_bytes: u64::from(found.blocks()).saturating_mul(fragment),
        free_bytes: u64::from(found.blocks_free()).saturating_mul(fragment),
        available_bytes: u64::from(found.blocks_available()).saturating_mul(fragment),
        files: u64::from(found.files()),
        files_free: u64::from(found.files_free()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_a_size_and_a_missing_mount_has_none() {
        let usage = usage_of("/").unwrap();
        assert!(usage.size_bytes >= usage.free_bytes && usage.free_bytes >= usage.available_bytes);
        assert_eq!(usage_of("/nonexistent"), None);
    }

    #[test]
    fn remote_filesystem_is_asked_on_another_thread() {
        let mut filesystems = Filesystems::default();
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        let mut answer = filesystems.ask("/");
        while answer.is_none() {
            assert!(std::time::Instant::now() < deadline, "statvfs of / never answered");
            std::thread::yield_now();
            answer = filesystems.ask("/");
        }
        assert_eq!(answer.unwrap().size_bytes, usage_of("/").unwrap().size_bytes);
    }
}
