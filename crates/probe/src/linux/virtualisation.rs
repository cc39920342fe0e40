//! What the host runs in: `none`, a hypervisor's name (`vm` when it does not give one), or `container:ENGINE`.
//!
//! A container is looked for first: what is inside it also sees the marks of the
//! machine below. No single mark is on every host, so each is asked in turn,
//! those set on purpose before those that merely give it away.
//!
//! The answer is empty when not even the processor's description could be read.

use super::facts::FactFiles;
use super::filesystem::{self, mounts};

pub(super) const CONTAINER: &str = "/run/systemd/container";
pub(super) const CONTAINER_ENVIRONMENT: &str = "/run/.containerenv";
pub(super) const FIRST_ENVIRONMENT: &str = "/proc/1/environ";
pub(super) const FIRST_CONTROL_GROUP: &str = "/proc/1/cgroup";
pub(super) const DOCKER_MARK: &str = "/.dockerenv";
pub(super) const MOUNTS: &str = filesystem::FILE;
pub(super) const CPU: &str = "/proc/cpuinfo";
pub(super) const HYPERVISOR_TYPE: &str = "/sys/hypervisor/type";
pub(super) const XEN_CAPABILITIES: &str = "/proc/xen/capabilities";
pub(super) const SYSTEM_VENDOR: &str = "/sys/class/dmi/id/sys_vendor";
pub(super) const PRODUCT_NAME: &str = "/sys/class/dmi/id/product_name";
pub(super) const BOARD_VENDOR: &str = "/sys/class/dmi/id/board_vendor";
pub(super) const CLOCK_SOURCES: &str = "/sys/devices/system/clocksource/clocksource0/available_clocksource";
pub(super) const DEVICE_TREE_HYPERVISOR: &str = "/proc/device-tree/hypervisor/compatible";
pub(super) const DEVICE_TREE_PARTITION: &str = "/proc/device-tree/ibm,partition-name";
pub(super) const MAINFRAME: &str = "/proc/sysinfo";

/// Words in the firmware's vendor and product names that only a hypervisor writes.
const FIRMWARE: &[(&str, &str)] = &[
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("Parallels", "parallels"),
    ("Xen", "xen"),
    ("Bochs", "bochs"),
    ("BHYVE", "bhyve"),
    ("KVM", "kvm"),
    ("RHEV", "kvm"),
    ("oVirt", "kvm"),
    ("OpenStack", "kvm"),
    ("Nutanix", "kvm"),
    ("Google Compute Engine", "kvm"),
    // Under KVM or in plain emulation; the clock tells which.
    ("QEMU", "qemu"),
];

/// Names the virtualisation.
pub(super) fn detect(files: &FactFiles) -> String {
    if let Some(engine) = container(files) {
        return if engine.is_empty() { "container".to_owned() } else { format!("container:{engine}") };
    }
    machine(files).unwrap_or_default().to_owned()
}

/// The container engine; an empty name when it is a container but nothing says whose.
fn container(files: &FactFiles) -> Option<&str> {
    let engine = files.line(CONTAINER);
    if !engine.is_empty() {
        return Some(engine);
    }
    let environment = variables(files.bytes(FIRST_ENVIRONMENT));
    if let Some(engine) = environment.clone().find_map(|variable| variable.strip_prefix("container=")) {
        return Some(if engine == "oci" { "" } else { engine });
    }
    if environment.clone().any(|variable| variable.starts_with("KUBERNETES_SERVICE_HOST=")) {
        return Some("kubernetes");
    }
    if files.has(CONTAINER_ENVIRONMENT) {
        return Some("podman");
    }
    // The first process of a whole machine is never in one of these groups.
    for (path, engine) in
        [("/kubepods", "kubernetes"), ("/docker/", "docker"), ("/libpod", "podman"), ("/lxc", "lxc")]
    {
        if files.lines(FIRST_CONTROL_GROUP).any(|line| line.contains(path)) {
            return Some(engine);
        }
    }
    // A virtual machine made from a container's image keeps `/.dockerenv`, but only an engine
    // mounts a file of its own over `/etc/hosts`.
    let mounted = mounts(files.bytes(MOUNTS)).map_while(Result::ok).any(|mount| mount.point == "/etc/hosts");
    mounted.then(|| if files.has(DOCKER_MARK) { "docker" } else { "" })
}

/// Whole variables of an environment; each ends in a NUL.
fn variables(environment: &[u8]) -> impl Iterator<Item = &str> + Clone {
    environment
        .split_inclusive(|&byte| byte == 0)
        .filter_map(|variable| variable.strip_suffix(b"\0"))
        .filter_map(|variable| std::str::from_utf8(variable).ok())
}

/// The hypervisor, `none`, or nothing when the host does not tell.
fn machine(files: &FactFiles) -> Option<&'static str> {
    // Xen's own first domain looks like a guest but is the host.
    if files.line(XEN_CAPABILITIES).contains("control_d") {
        return Some("none");
    }
    if files.line(HYPERVISOR_TYPE) == "xen" {
        return Some("xen");
    }
    if let Some(hypervisor) = other_architecture(files) {
        return Some(hypervisor);
    }
    let mut flags = files.lines(CPU).filter(|line| line.starts_with("flags"));
    let flagged = flags.next().map(|line| line.split_whitespace().any(|flag| flag == "hypervisor"));
    let firmware = [SYSTEM_VENDOR, PRODUCT_NAME, BOARD_VENDOR].map(|path| files.line(path));
    let named = FIRMWARE.iter().find(|(word, _)| firmware.iter().any(|text| text.contains(word)));
    let clock = files.line(CLOCK_SOURCES);
    match (named.map(|(_, name)| *name), flagged) {
        (Some("qemu"), _) if clock.contains("kvm-clock") => Some("kvm"),
        (Some(name), _) => Some(name),
        // Makers of both servers and hypervisors, and guests without firmware tables.
        (None, Some(true)) if clock.contains("hyperv") => Some("hyperv"),
        (None, Some(true)) if firmware.contains(&"Microsoft Corporation") => Some("hyperv"),
        (None, Some(true)) if clock.contains("kvm-clock") || firmware.contains(&"Amazon EC2") => Some("kvm"),
        (None, Some(true)) => Some("vm"),
        (None, Some(false)) => Some("none"),
        // Other processors have no such flag; firmware that names no hypervisor is a real machine's.
        (None, None) => firmware.iter().any(|text| !text.is_empty()).then_some("none"),
    }
}

/// POWER logical partitions and mainframe guests, which have no firmware tables.
fn other_architecture(files: &FactFiles) -> Option<&'static str> {
    if files.bytes(DEVICE_TREE_HYPERVISOR).starts_with(b"linux,kvm") {
        return Some("kvm");
    }
    if files.has(DEVICE_TREE_PARTITION) {
        return Some("powervm");
    }
    let mut control_program = files.lines(MAINFRAME).filter(|line| line.starts_with("VM00 Control Program:"));
    let control_program = control_program.next()?;
    Some(if control_program.contains("KVM") { "kvm" } else { "zvm" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fact_files;

    const GUEST: (&str, &str) = (CPU, "flags\t\t: fpu hypervisor sse\n");
    const REAL: (&str, &str) = (CPU, "flags\t\t: fpu sse\n");

    #[test]
    fn each_recorded_host_is_told() {
        for (host, expected) in [
            ("debian-12", "kvm"),
            ("centos-7", "vmware"),
            ("centos-6", "none"),
            ("ubuntu-20.04", "container:lxc"),
            ("ubuntu-22.04-docker", "container:docker"),
            ("alpine-3.20-docker", "container:docker"),
        ] {
            assert_eq!(detect(&fact_files(host)), expected, "{host}");
        }
    }

    #[test]
    fn marks_are_weighed() {
        let overlay = "1 0 0:1 / / rw - overlay overlay rw\n";
        let hosts = "2 1 8:1 /x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n";
        let container_mounts = &*format!("{overlay}{hosts}");
        let cases: &[(&[(&'static str, &str)], &str)] = &[
            (&[], ""),
            (&[REAL], "none"),
            (&[GUEST], "vm"),
            (&[REAL, (SYSTEM_VENDOR, "Amazon EC2\n")], "none"),
            (&[GUEST, (SYSTEM_VENDOR, "Amazon EC2\n")], "kvm"),
            (&[GUEST, (SYSTEM_VENDOR, "Microsoft Corporation\n")], "hyperv"),
            (&[REAL, (SYSTEM_VENDOR, "Microsoft Corporation\n")], "none"),
            (&[GUEST, (SYSTEM_VENDOR, "QEMU\n")], "qemu"),
            (&[GUEST, (SYSTEM_VENDOR, "QEMU\n"), (CLOCK_SOURCES, "kvm-clock tsc\n")], "kvm"),
            (&[(SYSTEM_VENDOR, "QEMU\n"), (PRODUCT_NAME, "KVM Virtual Machine\n")], "kvm"),
            (&[(SYSTEM_VENDOR, "HPE\n")], "none"),
            (&[GUEST, (HYPERVISOR_TYPE, "xen\n")], "xen"),
            (&[GUEST, (HYPERVISOR_TYPE, "xen\n"), (XEN_CAPABILITIES, "control_d\n")], "none"),
            (&[(DEVICE_TREE_PARTITION, "lpar7\0")], "powervm"),
            (&[(MAINFRAME, "Type: 3906\nVM00 Control Program: z/VM    7.2.0\n")], "zvm"),
            (&[GUEST, (DOCKER_MARK, ""), (CLOCK_SOURCES, "kvm-clock\n"), (MOUNTS, overlay)], "kvm"),
            (&[GUEST, (DOCKER_MARK, ""), (MOUNTS, container_mounts)], "container:docker"),
            (&[GUEST, (MOUNTS, container_mounts)], "container"),
            (&[GUEST, (FIRST_ENVIRONMENT, "A=1\0container=lxc\0")], "container:lxc"),
            (&[REAL, (FIRST_ENVIRONMENT, "A=1\0container=lx")], "none"),
            (&[GUEST, (FIRST_ENVIRONMENT, "KUBERNETES_SERVICE_HOST=10.0.0.1\0")], "container:kubernetes"),
            (&[GUEST, (FIRST_CONTROL_GROUP, "1:cpu:/docker/0123\n")], "container:docker"),
            (&[GUEST, (CONTAINER_ENVIRONMENT, "")], "container:podman"),
            (&[GUEST, (CONTAINER, "systemd-nspawn\n")], "container:systemd-nspawn"),
        ];
        for (files, expected) in cases {
            let found = files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect();
            assert_eq!(detect(&found), *expected, "{files:?}");
        }
    }
}
