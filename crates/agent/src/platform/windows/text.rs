//! Text of Windows: UTF-16, ended by a zero.

use std::ffi::OsStr;
use std::os::windows::ffi::OsStrExt;

/// With the zero at its end.
pub(super) fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}

/// Up to the first zero; what is no UTF-16 is replaced.
pub(super) fn narrow(text: &[u16]) -> String {
    String::from_utf16_lossy(text.split(|unit| *unit == 0).next().unwrap_or_default())
}
