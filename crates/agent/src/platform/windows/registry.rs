//! The registry: a few facts, and what lasts until the next boot.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::text::{narrow, wide};
use std::ptr;
use uuid::Uuid;
use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE, KEY_READ, KEY_WRITE, REG_OPTION_VOLATILE, REG_SZ,
    RRF_RT_REG_SZ, RegCloseKey, RegCreateKeyExW, RegGetValueW, RegSetValueExW,
};

/// Longest text that is read, in UTF-16 units.
const TEXT_MAX: usize = 512;
/// A key that is gone after a boot.
const BOOT_KEY: &str = r"SOFTWARE\Topmast\Boot";
const BOOT_VALUE: &str = "Id";

/// A text of `HKEY_LOCAL_MACHINE`.
pub(super) fn text(key: &str, value: &str) -> Option<String> {
    read(HKEY_LOCAL_MACHINE, key, value)
}

fn read(root: HKEY, key: &str, value: &str) -> Option<String> {
    let (key, value) = (wide(key), wide(value));
    let mut found = [0_u16; TEXT_MAX];
    let mut bytes = u32::try_from(size_of_val(&found)).ok()?;
    // SAFETY: both names end with a zero; `bytes` is the size of `found`; all of them outlive the call, which
    // writes no more than that and gives text that ends with a zero (RRF_RT_REG_SZ).
    let status = unsafe {
        RegGetValueW(
            root,
            key.as_ptr(),
            value.as_ptr(),
            RRF_RT_REG_SZ,
            ptr::null_mut(),
            found.as_mut_ptr().cast(),
            &raw mut bytes,
        )
    };
    (status == ERROR_SUCCESS).then(|| narrow(&found)).filter(|text| !text.is_empty())
}

/// The same text until the machine boots: it is kept in a volatile key. Empty when there can be none.
pub(super) fn boot_id() -> String {
    // An agent that no administrator runs has a part of the registry of its own.
    [HKEY_LOCAL_MACHINE, HKEY_CURRENT_USER].into_iter().find_map(boot_id_below).unwrap_or_default()
}

fn boot_id_below(root: HKEY) -> Option<String> {
    if let Some(known) = read(root, BOOT_KEY, BOOT_VALUE) {
        return Some(known);
    }
    let (key, value) = (wide(BOOT_KEY), wide(BOOT_VALUE));
    let mut open: HKEY = ptr::null_mut();
    // SAFETY: the name ends with a zero and outlives the call; the key goes to a local variable; the rest is not given.
    let made = unsafe {
        RegCreateKeyExW(
            root,
            key.as_ptr(),
            0,
            ptr::null(),
            REG_OPTION_VOLATILE,
            KEY_READ | KEY_WRITE,
            ptr::null(),
            &raw mut open,
            ptr::null_mut(),
        )
    };
    if made != ERROR_SUCCESS {
        return None;
    }
    let id = Uuid::new_v4().to_string();
    let text = wide(&id);
    let bytes = u32::try_from(size_of_val(text.as_slice())).unwrap_or(0);
    // SAFETY: the key is open; name and text end with a zero and outlive the call; `bytes` is the text's size.
    let set = unsafe { RegSetValueExW(open, value.as_ptr(), 0, REG_SZ, text.as_ptr().cast(), bytes) };
    // SAFETY: the key was opened above and is not used after.
    unsafe { RegCloseKey(open) };
    // Another agent may have written meanwhile; what stands there counts.
    (set == ERROR_SUCCESS).then(|| read(root, BOOT_KEY, BOOT_VALUE)).flatten()
}
