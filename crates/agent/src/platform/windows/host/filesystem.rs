//! Volumes of this machine with a place in the tree of names: drives, and volumes mounted in a folder.

#![expect(unsafe_code, reason = "the Windows API is C")]

use crate::platform::system::text::narrow;
use std::io;
use std::ptr;
use topmast_model::sample::SampleSink;
use topmast_probe::{Filesystem, FilesystemUsage, emit_usage};
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    FindFirstVolumeW, FindNextVolumeW, FindVolumeClose, GetDiskFreeSpaceExW, GetDriveTypeW,
    GetVolumeInformationW, GetVolumePathNamesForVolumeNameW,
};
use windows_sys::Win32::System::SystemServices::FILE_READ_ONLY_VOLUME;
use windows_sys::Win32::System::WindowsProgramming::DRIVE_FIXED;

/// Most volumes that are shown.
const VOLUMES_MAX: usize = 256;
/// Longest name of a volume: `\\?\Volume{GUID}\` has 49 letters.
const NAME_MAX: usize = 64;
/// Room for the places of a volume, the first of which counts.
const PLACES_MAX: usize = 4_096;

/// Emits the space of each volume on a fixed disk.
pub(super) fn read(sink: &mut dyn SampleSink) -> io::Result<()> {
    let mut volumes = Volumes::first()?;
    for _ in 0..VOLUMES_MAX {
        emit(&volumes.name, sink);
        if !volumes.advance() {
            break;
        }
    }
    Ok(())
}

fn emit(volume: &[u16], sink: &mut dyn SampleSink) {
    // SAFETY: the name ends with a zero and outlives the call.
    if unsafe { GetDriveTypeW(volume.as_ptr()) } != DRIVE_FIXED {
        return;
    }
    // Without a place nobody fills it: a partition for recovery.
    let Some(mount) = place(volume) else { return };
    let (kind, read_only) = kind(volume).unwrap_or_default();
    let filesystem = Filesystem { mount, device: narrow(volume), kind, read_only, remote: false };
    emit_usage(&filesystem, usage(volume).as_ref(), sink);
}

/// The first place in the tree of names.
fn place(volume: &[u16]) -> Option<String> {
    let mut places = [0_u16; PLACES_MAX];
    let room = u32::try_from(places.len()).unwrap_or(0);
    let mut length = 0;
    // SAFETY: the name ends with a zero; `room` is the length of `places`; all outlive the call.
    let told = unsafe {
        GetVolumePathNamesForVolumeNameW(volume.as_ptr(), places.as_mut_ptr(), room, &raw mut length)
    };
    (told != 0).then(|| narrow(&places)).filter(|place| !place.is_empty())
}

/// Its type, e.g. `NTFS`, and whether nothing can be written to it.
fn kind(volume: &[u16]) -> Option<(String, bool)> {
    let mut kind = [0_u16; 64];
    let room = u32::try_from(kind.len()).unwrap_or(0);
    let mut flags = 0;
    // SAFETY: the name ends with a zero; `room` is the length of `kind`; what is not wanted is not given.
    let told = unsafe {
        GetVolumeInformationW(
            volume.as_ptr(),
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut flags,
            kind.as_mut_ptr(),
            room,
        )
    };
    (told != 0).then(|| (narrow(&kind), flags & FILE_READ_ONLY_VOLUME != 0))
}

fn usage(volume: &[u16]) -> Option<FilesystemUsage> {
    let (mut available, mut size, mut free) = (0, 0, 0);
    // SAFETY: the name ends with a zero; the three numbers are local variables.
    let told =
        unsafe { GetDiskFreeSpaceExW(volume.as_ptr(), &raw mut available, &raw mut size, &raw mut free) };
    // NTFS makes file records as it goes, so there is no number of files.
    let usage = FilesystemUsage {
        size_bytes: size,
        free_bytes: free,
        available_bytes: available,
        files: 0,
        files_free: 0,
    };
    (told != 0).then_some(usage)
}

/// An enumeration of volumes at one of them.
struct Volumes {
    handle: HANDLE,
    name: [u16; NAME_MAX],
}

impl Volumes {
    fn first() -> io::Result<Self> {
        let mut name = [0; NAME_MAX];
        // SAFETY: the length is that of `name`, which outlives the call.
        let handle = unsafe { FindFirstVolumeW(name.as_mut_ptr(), u32::try_from(NAME_MAX).unwrap_or(0)) };
        if handle == INVALID_HANDLE_VALUE {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { handle, name })
    }

    /// Goes on to the next one; `false` when there is none.
    fn advance(&mut self) -> bool {
        let room = u32::try_from(NAME_MAX).unwrap_or(0);
        // SAFETY: the enumeration is open, and the length is that of `name`.
        (unsafe { FindNextVolumeW(self.handle, self.name.as_mut_ptr(), room) }) != 0
    }
}

impl Drop for Volumes {
    fn drop(&mut self) {
        // SAFETY: the enumeration is open, and nobody has it after.
        unsafe { FindVolumeClose(self.handle) };
    }
}
