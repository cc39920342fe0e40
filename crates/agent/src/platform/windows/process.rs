//! Single processes: what runs, since when, with how much time and memory.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::text::narrow;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use windows_sys::Win32::Foundation::{FILETIME, HANDLE, INVALID_HANDLE_VALUE, WAIT_TIMEOUT};
use windows_sys::Win32::System::Diagnostics::ToolHelp::{
    CreateToolhelp32Snapshot, PROCESSENTRY32W, Process32FirstW, Process32NextW, TH32CS_SNAPPROCESS,
    TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
};
use windows_sys::Win32::System::ProcessStatus::{K32GetProcessMemoryInfo, PROCESS_MEMORY_COUNTERS};
use windows_sys::Win32::System::Threading::{
    GetProcessTimes, OpenProcess, OpenThread, PROCESS_ACCESS_RIGHTS, PROCESS_NAME_WIN32,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, PROCESS_TERMINATE, QueryFullProcessImageNameW,
    ResumeThread, THREAD_SUSPEND_RESUME, TerminateProcess, WaitForSingleObject,
};

/// Longest path of a program that is looked at; a longer one is not known.
const PATH_MAX: usize = 1_024;

/// Takes over what a call of the API opened; the two values that mean failure give the error.
pub(super) fn owned(handle: HANDLE) -> io::Result<OwnedHandle> {
    if handle.is_null() || handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: callers pass what a call has just opened and given to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// A process as a snapshot of all shows it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) pid: u32,
    /// Number that its parent had, which may be another's by now.
    pub(super) parent: u32,
    pub(super) name: String,
}

/// What one process used, and since when, in units of 100 ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// Since 1601.
    pub(super) created: u64,
    pub(super) kernel: u64,
    pub(super) user: u64,
}

/// An open process.
pub(super) struct OpenedProcess(OwnedHandle);

impl OpenedProcess {
    /// For looking at it.
    pub(super) fn to_look(pid: u32) -> io::Result<Self> {
        Self::open(pid, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE)
    }

    /// For ending it, if it is the one that was created then.
    pub(super) fn end(pid: u32, created: u64) -> io::Result<()> {
        let process =
            Self::open(pid, PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE | PROCESS_TERMINATE)?;
        if process.times()?.created != created || !process.is_alive() {
            return Ok(());
        }
        // SAFETY: the handle is open, and for ending.
        if unsafe { TerminateProcess(process.0.as_raw_handle(), 1) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    fn open(pid: u32, access: PROCESS_ACCESS_RIGHTS) -> io::Result<Self> {
        // SAFETY: numbers only; what it opens is taken over at once.
        owned(unsafe { OpenProcess(access, 0, pid) }).map(Self)
    }

    /// False once it has ended, also while somebody still holds it open.
    pub(super) fn is_alive(&self) -> bool {
        // SAFETY: the handle is open, and may be waited for; no time is waited.
        (unsafe { WaitForSingleObject(self.0.as_raw_handle(), 0) }) == WAIT_TIMEOUT
    }

    pub(super) fn times(&self) -> io::Result<Times> {
        let mut times = [FILETIME::default(); 4];
        let [created, exited, kernel, user] = &mut times;
        // SAFETY: the handle is open, and the four structures are filled in.
        let told = unsafe { GetProcessTimes(self.0.as_raw_handle(), created, exited, kernel, user) };
        if told == 0 {
            return Err(io::Error::last_os_error());
        }
        let [created, _, kernel, user] = times.map(ticks);
        Ok(Times { created, kernel, user })
    }

    /// The path of its program.
    pub(super) fn program(&self) -> io::Result<String> {
        let mut path = [0_u16; PATH_MAX];
        let mut length = u32::try_from(path.len()).unwrap_or(0);
        // SAFETY: the handle is open; `length` is that of `path`, and both outlive the call.
        let told = unsafe {
            QueryFullProcessImageNameW(
                self.0.as_raw_handle(),
                PROCESS_NAME_WIN32,
                path.as_mut_ptr(),
                &raw mut length,
            )
        };
        if told == 0 { Err(io::Error::last_os_error()) } else { Ok(narrow(&path)) }
    }

    /// Bytes of its working set.
    pub(super) fn resident(&self) -> io::Result<u64> {
        let mut counters = PROCESS_MEMORY_COUNTERS::default();
        let size = u32::try_from(size_of_val(&counters)).unwrap_or(0);
        // SAFETY: the handle is open, and `size` is that of the structure that is filled in.
        if unsafe { K32GetProcessMemoryInfo(self.0.as_raw_handle(), &raw mut counters, size) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(counters.WorkingSetSize as u64)
    }
}

/// A time in units of 100 ns.
pub(super) fn ticks(time: FILETIME) -> u64 {
    u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime)
}

/// Every process.
pub(super) fn all() -> io::Result<Vec<Listed>> {
    // SAFETY: numbers only; what it opens is taken over at once.
    let snapshot = owned(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0) })?;
    let mut entry = PROCESSENTRY32W {
        dwSize: u32::try_from(size_of::<PROCESSENTRY32W>()).unwrap_or(0),
        ..PROCESSENTRY32W::default()
    };
    let mut found = Vec::new();
    // SAFETY: the snapshot is open, and the entry has its size in it.
    let mut more = unsafe { Process32FirstW(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        found.push(Listed {
            pid: entry.th32ProcessID,
            parent: entry.th32ParentProcessID,
            name: narrow(&entry.szExeFile),
        });
        // SAFETY: as above.
        more = unsafe { Process32NextW(snapshot.as_raw_handle(), &raw mut entry) };
    }
    Ok(found)
}

/// Lets a process go on that was started suspended.
pub(super) fn resume(pid: u32) -> io::Result<()> {
    // SAFETY: numbers only; what it opens is taken over at once.
    let snapshot = owned(unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) })?;
    let mut entry = THREADENTRY32 {
        dwSize: u32::try_from(size_of::<THREADENTRY32>()).unwrap_or(0),
        ..THREADENTRY32::default()
    };
    let mut resumed = false;
    // SAFETY: the snapshot is open, and the entry has its size in it.
    let mut more = unsafe { Thread32First(snapshot.as_raw_handle(), &raw mut entry) };
    while more != 0 {
        if entry.th32OwnerProcessID == pid {
            // SAFETY: numbers only; what it opens is taken over at once.
            let thread = owned(unsafe { OpenThread(THREAD_SUSPEND_RESUME, 0, entry.th32ThreadID) })?;
            // SAFETY: the handle is open, and for resuming.
            if unsafe { ResumeThread(thread.as_raw_handle()) } == u32::MAX {
                return Err(io::Error::last_os_error());
            }
            resumed = true;
        }
        // SAFETY: as above.
        more = unsafe { Thread32Next(snapshot.as_raw_handle(), &raw mut entry) };
    }
    if resumed { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
}
