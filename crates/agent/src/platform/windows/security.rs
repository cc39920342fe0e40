//! Who may reach the agent's files: SYSTEM, administrators and whoever owns them.
//!
//! A folder below `ProgramData` lets every user make files in it, and unit files say what the agent runs.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::text::wide;
use std::io;
use std::path::Path;
use std::ptr;
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR,
    SECURITY_ATTRIBUTES, SetFileSecurityW,
};

/// Nothing inherited (P); full access for SYSTEM, administrators and the owner (S-1-3-4), inherited by what is inside.
const PRIVATE: &str = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;S-1-3-4)";

/// A security descriptor that keeps others out.
pub(super) struct Private(PSECURITY_DESCRIPTOR);

impl Private {
    pub(super) fn new() -> io::Result<Self> {
        let mut descriptor: PSECURITY_DESCRIPTOR = ptr::null_mut();
        let text = wide(PRIVATE);
        // SAFETY: `text` ends with a zero and outlives the call; the descriptor goes to a local variable; its
        // size is not asked for.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(Self(descriptor)) }
    }

    /// For a call that makes something; must not outlive this.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            // 24 bytes.
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }

    /// Keeps others out of what is there already.
    pub(super) fn protect(&self, path: &Path) -> io::Result<()> {
        let path = wide(path);
        let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
        // SAFETY: `path` ends with a zero and outlives the call; the descriptor is one that Windows made.
        let set = unsafe { SetFileSecurityW(path.as_ptr(), what, self.0) };
        if set == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // SAFETY: the descriptor was allocated by the conversion, which says to free it so, and nothing has it after.
        unsafe { LocalFree(self.0) };
    }
}
