//! Where the agent keeps its own, and the host's name.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::text::narrow;
use std::io;
use std::path::PathBuf;
use windows_sys::Win32::System::SystemInformation::{ComputerNamePhysicalDnsHostname, GetComputerNameExW};

/// Everything of Topmast on this machine.
pub(super) fn base() -> PathBuf {
    let programs = std::env::var_os("ProgramData").unwrap_or_else(|| r"C:\ProgramData".into());
    PathBuf::from(programs).join("Topmast")
}

/// The agent's own state, unless configured.
pub(crate) fn data_dir() -> PathBuf {
    base().join("agent")
}

/// The unit files, unless configured.
pub(crate) fn units_dir() -> PathBuf {
    base().join("apps.d")
}

/// The system's own host name.
pub(crate) fn host_name() -> io::Result<String> {
    // A DNS label has at most 63 letters.
    let mut name = [0_u16; 256];
    let mut length = u32::try_from(name.len()).unwrap_or(0);
    // SAFETY: `length` is that of `name`, and both outlive the call.
    let told =
        unsafe { GetComputerNameExW(ComputerNamePhysicalDnsHostname, name.as_mut_ptr(), &raw mut length) };
    if told == 0 { Err(io::Error::last_os_error()) } else { Ok(narrow(&name)) }
}
