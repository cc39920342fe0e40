//! Memory and page files.

#![expect(unsafe_code, reason = "the Windows API is C")]

use std::ffi::c_void;
use std::io;
use topmast_model::catalogue::{
    HOST_MEMORY_AVAILABLE_BYTES, HOST_MEMORY_CACHED_BYTES, HOST_MEMORY_COMMITTED_BYTES,
    HOST_MEMORY_TOTAL_BYTES, HOST_SWAP_FREE_BYTES, HOST_SWAP_TOTAL_BYTES, HOST_THREADS_COUNT,
};
use topmast_model::sample::SampleSink;
use windows_sys::Win32::System::ProcessStatus::{
    ENUM_PAGE_FILE_INFORMATION, K32EnumPageFilesW, K32GetPerformanceInfo, PERFORMANCE_INFORMATION,
};
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};
use windows_sys::core::{BOOL, PCWSTR};

/// Pages of all page files.
#[derive(Debug, Clone, Copy, Default)]
struct PageFiles {
    total: usize,
    used: usize,
}

/// Memory, and what is promised of it and of the page files.
pub(super) fn status() -> io::Result<MEMORYSTATUSEX> {
    let mut told = MEMORYSTATUSEX {
        dwLength: u32::try_from(size_of::<MEMORYSTATUSEX>()).unwrap_or(0),
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the structure has its size in it, and is filled in.
    if unsafe { GlobalMemoryStatusEx(&raw mut told) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(told)
}

/// What Windows counts besides; wine does not.
fn performance() -> Option<PERFORMANCE_INFORMATION> {
    let mut told = PERFORMANCE_INFORMATION::default();
    let size = u32::try_from(size_of_val(&told)).unwrap_or(0);
    // SAFETY: `size` is that of the structure that is filled in.
    (unsafe { K32GetPerformanceInfo(&raw mut told, size) } != 0).then_some(told)
}

/// Emits memory, page files and the number of threads.
pub(super) fn read(sink: &mut dyn SampleSink) -> io::Result<()> {
    let told = status()?;
    sink.sample(HOST_MEMORY_TOTAL_BYTES, &[], told.ullTotalPhys as f64);
    sink.sample(HOST_MEMORY_AVAILABLE_BYTES, &[], told.ullAvailPhys as f64);
    let promised = told.ullTotalPageFile.saturating_sub(told.ullAvailPageFile);
    sink.sample(HOST_MEMORY_COMMITTED_BYTES, &[], promised as f64);
    let Some(counted) = performance() else { return Ok(()) };
    let bytes = |pages: usize| pages as f64 * counted.PageSize as f64;
    sink.sample(HOST_MEMORY_CACHED_BYTES, &[], bytes(counted.SystemCache));
    sink.sample(HOST_THREADS_COUNT, &[], f64::from(counted.ThreadCount));
    let mut files = PageFiles::default();
    // SAFETY: `add` has the form that is called, and is given the address of `files`, which outlives the call.
    let told = unsafe { K32EnumPageFilesW(Some(add), (&raw mut files).cast()) };
    if told != 0 {
        sink.sample(HOST_SWAP_TOTAL_BYTES, &[], bytes(files.total));
        sink.sample(HOST_SWAP_FREE_BYTES, &[], bytes(files.total.saturating_sub(files.used)));
    }
    Ok(())
}

unsafe extern "system" fn add(files: *mut c_void, told: *mut ENUM_PAGE_FILE_INFORMATION, _: PCWSTR) -> BOOL {
    // SAFETY: `read` passes the address of its `files`, and Windows that of one file's figures; nobody else has
    // either during the call.
    let (files, told) = unsafe { (&mut *files.cast::<PageFiles>(), &*told) };
    files.total += told.TotalSize;
    files.used += told.TotalInUse;
    1
}
