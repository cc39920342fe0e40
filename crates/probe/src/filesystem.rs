//! A mounted filesystem and the samples of its usage, on any operating system.

use topmast_model::catalogue::{
    HOST_FILESYSTEM_AVAILABLE_BYTES, HOST_FILESYSTEM_FILES_COUNT, HOST_FILESYSTEM_FILES_FREE_COUNT,
    HOST_FILESYSTEM_FREE_BYTES, HOST_FILESYSTEM_READ_ONLY, HOST_FILESYSTEM_SIZE_BYTES,
};
use topmast_model::sample::SampleSink;

/// A filesystem worth watching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filesystem {
    /// Where it is mounted; the path to ask for usage.
    pub mount: String,
    /// What is mounted there: a device, an export, a pool.
    pub device: String,
    /// Its type, e.g. `ext4`.
    pub kind: String,
    /// True when nothing can be written to it.
    pub read_only: bool,
    /// True when a server elsewhere answers for it. Asking for its usage can then
    /// hang for as long as that server is away, so a reader must not ask on its main thread.
    pub remote: bool,
}

/// What the operating system says about a filesystem's space (`statvfs`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilesystemUsage {
    /// Size, in bytes.
    pub size_bytes: u64,
    /// Free space with the administrator's reserve, in bytes.
    pub free_bytes: u64,
    /// Free space for ordinary users, in bytes.
    pub available_bytes: u64,
    /// Files it can hold; 0 for a filesystem without such a limit.
    pub files: u64,
    /// Files that can still be created.
    pub files_free: u64,
}

/// Emits the samples of one filesystem.
///
/// `usage` is `None` when the operating system did not answer: then only what the mount table says is emitted.
pub fn emit_usage(filesystem: &Filesystem, usage: Option<&FilesystemUsage>, sink: &mut dyn SampleSink) {
    let labels = [&*filesystem.mount, &*filesystem.device, &*filesystem.kind];
    sink.sample(HOST_FILESYSTEM_READ_ONLY, &labels, f64::from(u8::from(filesystem.read_only)));
    let Some(usage) = usage else { return };
    sink.sample(HOST_FILESYSTEM_SIZE_BYTES, &labels, usage.size_bytes as f64);
    sink.sample(HOST_FILESYSTEM_FREE_BYTES, &labels, usage.free_bytes as f64);
    sink.sample(HOST_FILESYSTEM_AVAILABLE_BYTES, &labels, usage.available_bytes as f64);
    // btrfs and many network filesystems make inodes as they go and report 0 of 0: that is no number of files.
    if usage.files > 0 {
        sink.sample(HOST_FILESYSTEM_FILES_COUNT, &labels, usage.files as f64);
        sink.sample(HOST_FILESYSTEM_FILES_FREE_COUNT, &labels, usage.files_free as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;

    fn root() -> Filesystem {
        Filesystem {
            mount: "/".to_owned(),
            device: "/dev/vda".to_owned(),
            kind: "ext4".to_owned(),
            read_only: false,
            remote: false,
        }
    }

    #[test]
    fn usage_is_emitted_with_mount_device_and_type() {
        let usage = FilesystemUsage {
            size_bytes: 1000,
            free_bytes: 400,
            available_bytes: 350,
            files: 64,
            files_free: 60,
        };
        let mut sink = Recorder::default();
        emit_usage(&root(), Some(&usage), &mut sink);
        let labels = r#"{device="/dev/vda",mount="/",type="ext4"}"#;
        for (name, value) in [
            ("size_bytes", 1000.0),
            ("free_bytes", 400.0),
            ("available_bytes", 350.0),
            ("files_count", 64.0),
            ("files_free_count", 60.0),
            ("read_only", 0.0),
        ] {
            assert_eq!(sink.value(&format!("host_filesystem_{name}{labels}")), Some(value), "{name}");
        }
    }

    #[test]
    fn files_are_left_out_where_the_filesystem_has_no_limit() {
        let usage =
            FilesystemUsage { size_bytes: 10, free_bytes: 4, available_bytes: 4, files: 0, files_free: 0 };
        let mut sink = Recorder::default();
        emit_usage(&root(), Some(&usage), &mut sink);
        assert!(sink.samples().all(|(series, _)| !series.contains("_files_")));
    }

    #[test]
    fn an_unanswered_filesystem_has_no_sizes() {
        let mut sink = Recorder::default();
        emit_usage(&root(), None, &mut sink);
        assert_eq!(sink.samples().count(), 1);
    }
}
