//! Facts about this host.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::memory;
use crate::platform::system::{paths, registry};
use crate::sampler::now;
use std::net::{IpAddr, UdpSocket};
use topmast_model::server::ServerFacts;
use topmast_model::time::UnixMillis;
use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::System::SystemInformation::{GetTickCount64, OSVERSIONINFOW};
use windows_sys::Win32::System::Threading::{ALL_PROCESSOR_GROUPS, GetActiveProcessorCount};

const VERSION_KEY: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const BIOS_KEY: &str = r"HARDWARE\DESCRIPTION\System\BIOS";
/// Words in a machine's maker or model, and what virtualises it then.
const VIRTUAL: [(&str, &str); 8] = [
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("QEMU", "kvm"),
    ("KVM", "kvm"),
    ("Xen", "xen"),
    ("Amazon EC2", "kvm"),
    ("Virtual Machine", "hyper-v"),
];

/// Reads the facts; what cannot be read stays unknown.
pub(crate) fn read_facts() -> ServerFacts {
    // SAFETY: both take numbers or nothing, and cannot fail.
    let (processors, up_ms) = unsafe { (GetActiveProcessorCount(ALL_PROCESSOR_GROUPS), GetTickCount64()) };
    let kernel = version();
    ServerFacts {
        hostname: paths::host_name().unwrap_or_default(),
        os: registry::text(VERSION_KEY, "ProductName").unwrap_or_else(|| format!("Windows {kernel}")),
        os_family: "windows".to_owned(),
        kernel,
        architecture: std::env::consts::ARCH.to_owned(),
        virtualisation: virtualisation(),
        cpu_count: processors,
        memory_bytes: memory::status().map_or(0, |told| told.ullTotalPhys),
        boot_time: UnixMillis(now().0.saturating_sub(i64::try_from(up_ms).unwrap_or(0))),
        addresses: addresses(),
    }
}

/// Version and build; `GetVersionEx` would tell of the newest Windows that this program was made for.
fn version() -> String {
    let mut told = OSVERSIONINFOW {
        dwOSVersionInfoSize: u32::try_from(size_of::<OSVERSIONINFOW>()).unwrap_or(0),
        ..OSVERSIONINFOW::default()
    };
    // SAFETY: the structure has its size in it, and is filled in.
    if unsafe { RtlGetVersion(&raw mut told) } < 0 {
        return String::new();
    }
    format!("{}.{}.{}", told.dwMajorVersion, told.dwMinorVersion, told.dwBuildNumber)
}

fn virtualisation() -> String {
    let told = ["SystemManufacturer", "SystemProductName"].map(|value| registry::text(BIOS_KEY, value));
    if told.iter().all(Option::is_none) {
        return String::new();
    }
    let is = |word: &str| told.iter().flatten().any(|text| text.contains(word));
    VIRTUAL.iter().find(|(word, _)| is(word)).map_or("none", |(_, kind)| kind).to_owned()
}

/// The addresses that this host would call others from: no packet is sent for it.
fn addresses() -> Vec<String> {
    // Addresses for documentation, which are routed like any other far one.
    let towards = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
    let own = towards.into_iter().filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    });
    own.filter(|address: &IpAddr| !address.is_loopback() && !address.is_unspecified())
        .map(|address| address.to_string())
        .collect()
}
