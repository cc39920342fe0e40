//! The machine that figures are measured on: without it they say nothing.

use serde_json::{Value, json};
use std::fmt;
use std::fs;
use std::path::Path;

/// What a reader must know of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    filesystem: String,
}

impl Machine {
    /// Reads this machine; what cannot be read is "unknown".
    ///
    /// - `data`: where the masters of the benchmark keep their journals.
    pub fn read(data: &Path) -> Self {
        let unknown = || "unknown".to_owned();
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        let kib = memory.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        Self {
            cpu: field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(unknown),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: kib.unwrap_or(0) / 1_024,
            kernel: Some(read("/proc/sys/kernel/osrelease").trim().to_owned())
                .filter(|text| !text.is_empty())
                .unwrap_or_else(unknown),
            filesystem: filesystem(&read("/proc/mounts"), data).unwrap_or_else(unknown),
        }
    }

    /// The machine for programs.
    pub fn to_json(&self) -> Value {
        json!({
            "cpu": self.cpu, "cores": self.cores, "memory_mib": self.memory_mib,
            "kernel": self.kernel, "filesystem": self.filesystem,
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, memory_mib, kernel, filesystem } = self;
        write!(f, "{cpu}, {cores} cores, {memory_mib} MiB, Linux {kernel}, journals on {filesystem}")
    }
}

/// Type of the filesystem that holds `path`: of the mounts above it the deepest, of equal ones the last.
fn filesystem(mounts: &str, path: &Path) -> Option<String> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (mount, kind) = (fields.next()?, fields.next()?);
            path.starts_with(mount).then(|| (Path::new(mount).components().count(), kind))
        })
        .max_by_key(|(depth, _)| *depth)
        .map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filesystem_is_that_of_the_deepest_mount() {
        let mounts = "/dev/sda1 / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\nx /tmp/a/b xfs rw 0 0\n";
        assert_eq!(filesystem(mounts, Path::new("/tmp/a")).as_deref(), Some("tmpfs"));
        assert_eq!(filesystem(mounts, Path::new("/var")).as_deref(), Some("ext4"));
    }

    #[test]
    fn this_machine_has_cores_memory_and_a_kernel() {
        let machine = Machine::read(&std::env::temp_dir());
        assert!(machine.cores > 0 && machine.memory_mib > 0, "{machine}");
        assert_ne!(machine.kernel, "unknown");
    }
}
