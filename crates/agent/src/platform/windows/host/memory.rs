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
use windows_sys::core::{BOOL, PCWSTR};

/// Pages of all page files.
#[derive(Debug, Clone, Copy, Default)]
struct PageFiles {
    total: usize,
    used: usize,
}

/// What Windows says of its memory as a whole.
pub(super) fn performance() -> io::Result<PERFORMANCE_INFORMATION> {
    let mut told = PERFORMANCE_INFORMATION::default();
    let size = u32::try_from(size_of_val(&told)).unwrap_or(0);
    // SAFETY: `size` is that of the structure that is filled in.
    if unsafe { K32GetPerformanceInfo(&raw mut told, size) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(told)
}

/// Emits memory, page files and the number of threads.
pub(super) fn read(sink: &mut dyn SampleSink) -> io::Result<()> {
    let told = performance()?;
    let bytes = |pages: usize| pages as f64 * told.PageSize as f64;
    sink.sample(HOST_MEMORY_TOTAL_BYTES, &[], bytes(told.PhysicalTotal));
    sink.sample(HOST_MEMORY_AVAILABLE_BYTES, &[], bytes(told.PhysicalAvailable));
    sink.sample(HOST_MEMORY_CACHED_BYTES, &[], bytes(told.SystemCache));
    sink.sample(HOST_MEMORY_COMMITTED_BYTES, &[], bytes(told.CommitTotal));
    sink.sample(HOST_THREADS_COUNT, &[], f64::from(told.ThreadCount));
    let mut files = PageFiles::default();
    // SAFETY: `add` has the form that is called, and is given the address of `files`, which outlives the call.
    if unsafe { K32EnumPageFilesW(Some(add), (&raw mut files).cast()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    sink.sample(HOST_SWAP_TOTAL_BYTES, &[], bytes(files.total));
    sink.sample(HOST_SWAP_FREE_BYTES, &[], bytes(files.total.saturating_sub(files.used)));
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
