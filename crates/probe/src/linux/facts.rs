//! Facts about a Linux host: which files to read, and the facts they give.
//!
//! Facts change seldom, so they are read when an agent starts and once a minute
//! after that. A file that is absent or garbled leaves its facts unknown.

use super::{address, os, virtualisation};
use crate::scan::{Lines, decimal};
use std::collections::BTreeMap;
use topmast_model::server::ServerFacts;
use topmast_model::time::UnixMillis;

/// Files to read for the facts; of some only the existence counts. None of them is on every host.
///
/// `/proc/1/environ` may hold secrets of the first process: it is searched for two names and never kept.
pub const FACT_FILES: &[&str] = &[
    os::OS_RELEASE,
    os::OS_RELEASE_OF_VENDOR,
    os::REDHAT_RELEASE,
    os::SUSE_RELEASE,
    HOSTNAME,
    KERNEL,
    STAT,
    MEMINFO,
    address::TRIE,
    address::ROUTES,
    address::IPV6,
    virtualisation::CONTAINER,
    virtualisation::CONTAINER_ENVIRONMENT,
    virtualisation::FIRST_ENVIRONMENT,
    virtualisation::FIRST_CONTROL_GROUP,
    virtualisation::DOCKER_MARK,
    virtualisation::MOUNTS,
    virtualisation::CPU,
    virtualisation::HYPERVISOR_TYPE,
    virtualisation::XEN_CAPABILITIES,
    virtualisation::SYSTEM_VENDOR,
    virtualisation::PRODUCT_NAME,
    virtualisation::BOARD_VENDOR,
    virtualisation::CLOCK_SOURCES,
    virtualisation::DEVICE_TREE_HYPERVISOR,
    virtualisation::DEVICE_TREE_PARTITION,
    virtualisation::MAINFRAME,
];

const HOSTNAME: &str = "/proc/sys/kernel/hostname";
const KERNEL: &str = "/proc/sys/kernel/osrelease";
const STAT: &str = "/proc/stat";
const MEMINFO: &str = "/proc/meminfo";

/// The files of [`FACT_FILES`] that exist, with what they hold.
#[derive(Default)]
pub struct FactFiles(BTreeMap<&'static str, Vec<u8>>);

impl FromIterator<(&'static str, Vec<u8>)> for FactFiles {
    fn from_iter<T: IntoIterator<Item = (&'static str, Vec<u8>)>>(files: T) -> Self {
        Self(files.into_iter().collect())
    }
}

impl FactFiles {
    /// True when the file exists.
    pub(super) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// What the file holds; nothing when it does not exist.
    pub(super) fn bytes(&self, path: &str) -> &[u8] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Its whole lines that are text, up to the first cut one.
    pub(super) fn lines(&self, path: &'static str) -> impl Iterator<Item = &str> {
        Lines::of(path, self.bytes(path))
            .map_while(Result::ok)
            .filter_map(|line| std::str::from_utf8(line.rest()).ok())
            .map(str::trim)
    }

    /// Its first line, or an empty text.
    pub(super) fn line(&self, path: &'static str) -> &str {
        self.lines(path).next().unwrap_or_default()
    }
}

/// Reads the facts.
///
/// - `architecture`: the machine's own name for it (`uname -m`), which no file holds.
pub fn facts(architecture: &str, files: &FactFiles) -> ServerFacts {
    ServerFacts {
        hostname: files.line(HOSTNAME).to_owned(),
        os: os::name(files),
        os_family: "linux".to_owned(),
        kernel: files.line(KERNEL).to_owned(),
        architecture: architecture.to_owned(),
        virtualisation: virtualisation::detect(files),
        cpu_count: cpu_count(files),
        memory_bytes: memory_bytes(files).unwrap_or_default(),
        boot_time: boot_time(files).unwrap_or_default(),
        addresses: address::addresses(architecture, files),
    }
}

fn cpu_count(files: &FactFiles) -> u32 {
    let is_cpu = |line: &&str| {
        let number = line.strip_prefix("cpu").and_then(|rest| rest.split(' ').next());
        number.is_some_and(|number| decimal(number.as_bytes()).is_some())
    };
    // A list that nothing follows may have been cut short: then the number is not known.
    if files.lines(STAT).last().is_none_or(|line| line.starts_with("cpu")) {
        return 0;
    }
    files.lines(STAT).filter(is_cpu).fold(0, |count, _| count + 1)
}

fn memory_bytes(files: &FactFiles) -> Option<u64> {
    let size = files.lines(MEMINFO).find_map(|line| line.strip_prefix("MemTotal:"))?;
    decimal(size.trim().strip_suffix(" kB")?.as_bytes())?.checked_mul(1024)
}

fn boot_time(files: &FactFiles) -> Option<UnixMillis> {
    let seconds = files.lines(STAT).find_map(|line| line.strip_prefix("btime "))?;
    let millis = decimal(seconds.as_bytes())?.checked_mul(1000)?;
    i64::try_from(millis).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fact_files;

    #[test]
    fn debian_12_in_a_virtual_machine() {
        let expected = ServerFacts {
            hostname: "vm".to_owned(),
            os: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            os_family: "linux".to_owned(),
            kernel: "6.18.44-fc-v782".to_owned(),
            architecture: "x86_64".to_owned(),
            virtualisation: "kvm".to_owned(),
            cpu_count: 2,
            memory_bytes: 25_276_063_744,
            boot_time: UnixMillis(1_795_466_444_000),
            addresses: vec!["192.0.2.2".to_owned(), "fd00::2".to_owned()],
        };
        assert_eq!(facts("x86_64", &fact_files("debian-12")), expected);
    }

    #[test]
    fn centos_7_on_vmware() {
        let expected = ServerFacts {
            hostname: "switch01".to_owned(),
            os: "CentOS Linux 7 (Core)".to_owned(),
            os_family: "linux".to_owned(),
            kernel: "3.10.0-1160.119.1.el7.x86_64".to_owned(),
            architecture: "x86_64".to_owned(),
            virtualisation: "vmware".to_owned(),
            cpu_count: 4,
            memory_bytes: 16_656_084_992,
            boot_time: UnixMillis(1_726_992_011_000),
            addresses: vec!["10.20.0.11".to_owned(), "10.0.9.11".to_owned(), "172.17.0.1".to_owned()],
        };
        assert_eq!(facts("x86_64", &fact_files("centos-7")), expected);
    }

    #[test]
    fn ubuntu_22_in_docker() {
        let facts = facts("aarch64", &fact_files("ubuntu-22.04-docker"));
        assert_eq!(facts.os, "Ubuntu 22.04.5 LTS");
        assert_eq!(facts.virtualisation, "container:docker");
    }

    #[test]
    fn nothing_read_is_nothing_known() {
        let expected = ServerFacts {
            os_family: "linux".to_owned(),
            architecture: "x86_64".to_owned(),
            ..ServerFacts::default()
        };
        assert_eq!(facts("x86_64", &FactFiles::default()), expected);
    }

    #[test]
    fn a_cut_list_of_processors_gives_no_count() {
        let files = |text: &str| FactFiles::from_iter([(STAT, text.as_bytes().to_vec())]);
        assert_eq!(cpu_count(&files("cpu 1 1\ncpu0 1 1\ncpu1 1 1\nintr 5\n")), 2);
        assert_eq!(cpu_count(&files("cpu 1 1\ncpu0 1 1\n")), 0);
        assert_eq!(cpu_count(&files("cpu 1 1\ncpu0 1 1\ncpu1 1")), 0);
    }
}
