//! The space of filesystems: in one answer, or item by item from agents before 4.4.

use super::item::{Answers, is_askable, parameter};
use crate::filesystem::FilesystemUsage;
use serde_json::Value;
use topmast_model::catalogue as metric;
use topmast_model::sample::SampleSink;

/// Filesystems with series of their own.
const FILESYSTEMS_MAX: usize = 256;
/// Of those, how many are asked about one by one, three items each.
const ASKED_MAX: usize = 32;
/// What holds no data of its own, or shows that of another, or is full by nature.
const NOT_DATA: [&str; 22] = [
    "autofs",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cramfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "erofs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "squashfs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "udf",
];

/// What is known of a host's filesystems between two readings.
#[derive(Debug, Clone, Default)]
pub(super) struct Space {
    /// Mount point and type of those that are asked about one by one; none when one answer has all.
    asked: Vec<(String, String)>,
    skipped: usize,
}

impl Space {
    pub(super) fn discover(&mut self, answers: &Answers, all: &str) {
        (self.asked, self.skipped) = (Vec::new(), 0);
        if answers.text(all).is_some() {
            return;
        }
        for row in answers.rows("vfs.fs.discovery") {
            let text = |field| row.get(field).and_then(Value::as_str).unwrap_or_default();
            let (mount, kind) = (text("{#FSNAME}"), text("{#FSTYPE}"));
            if !is_data(mount, kind) || self.asked.iter().any(|(known, _)| known == mount) {
                continue;
            }
            if self.asked.len() == ASKED_MAX {
                self.skipped += 1;
            } else {
                self.asked.push((mount.to_owned(), kind.to_owned()));
            }
        }
    }

    pub(super) fn checks(&self, all: &str, checks: &mut Vec<String>) {
        if self.asked.is_empty() {
            checks.push(all.to_owned());
        }
        for (mount, _) in &self.asked {
            checks.extend(["total", "free", "used"].map(|what| size_key(mount, what)));
        }
    }

    pub(super) fn read(&self, answers: &Answers, all: &str, sink: &mut dyn SampleSink) {
        let (mut seen, mut skipped): (Vec<String>, usize) = (Vec::new(), self.skipped);
        for row in answers.rows(all) {
            let text = |field| row.get(field).and_then(Value::as_str).unwrap_or_default();
            let (mount, kind) = (text("fsname"), text("fstype"));
            let whole = |of: &str, what: &str| row.get(of)?.get(what)?.as_u64();
            let (Some(size), Some(available)) = (whole("bytes", "total"), whole("bytes", "free")) else {
                continue;
            };
            if size == 0 || !is_data(mount, kind) || seen.iter().any(|known| known == mount) {
                continue;
            }
            if seen.len() == FILESYSTEMS_MAX {
                skipped += 1;
                continue;
            }
            seen.push(mount.to_owned());
            let used = whole("bytes", "used");
            let usage = FilesystemUsage {
                size_bytes: size,
                // What is not used, the administrator's reserve included.
                free_bytes: used.map_or(available, |used| size.saturating_sub(used)),
                available_bytes: available,
                files: whole("inodes", "total").unwrap_or_default(),
                files_free: whole("inodes", "free").unwrap_or_default(),
            };
            emit(mount, kind, usage, sink);
        }
        for (mount, kind) in &self.asked {
            let bytes = |what| answers.number(&size_key(mount, what)).map(super::whole_number);
            let (Some(size @ 1..), Some(available)) = (bytes("total"), bytes("free")) else { continue };
            let free_bytes = bytes("used").map_or(available, |used| size.saturating_sub(used));
            let usage = FilesystemUsage {
                size_bytes: size,
                free_bytes,
                available_bytes: available,
                files: 0,
                files_free: 0,
            };
            emit(mount, kind, usage, sink);
        }
        if skipped > 0 {
            sink.sample(metric::HOST_PROBE_SKIPPED_COUNT, &["filesystem"], skipped as f64);
        }
    }
}

/// The agent tells neither the device nor whether it is mounted read-only.
fn emit(mount: &str, kind: &str, usage: FilesystemUsage, sink: &mut dyn SampleSink) {
    let labels = [mount, "", kind];
    sink.sample(metric::HOST_FILESYSTEM_SIZE_BYTES, &labels, usage.size_bytes as f64);
    sink.sample(metric::HOST_FILESYSTEM_FREE_BYTES, &labels, usage.free_bytes as f64);
    sink.sample(metric::HOST_FILESYSTEM_AVAILABLE_BYTES, &labels, usage.available_bytes as f64);
    if usage.files > 0 {
        sink.sample(metric::HOST_FILESYSTEM_FILES_COUNT, &labels, usage.files as f64);
        sink.sample(metric::HOST_FILESYSTEM_FILES_FREE_COUNT, &labels, usage.files_free as f64);
    }
}

/// The root counts whatever it is, for in a container it is an overlay.
fn is_data(mount: &str, kind: &str) -> bool {
    is_askable(mount) && (mount == "/" || !NOT_DATA.contains(&kind))
}

fn size_key(mount: &str, what: &str) -> String {
    format!("vfs.fs.size[{},{what}]", parameter(mount))
}
