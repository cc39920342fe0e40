//! Services of Windows through the service control manager; the agent as one of them is in `own`.

#![expect(unsafe_code, reason = "the Windows API is C")]

pub(crate) mod own;

use super::process::OpenedProcess;
use super::text::wide;
use crate::platform::ServiceState;
use std::io;
use std::ptr;
use windows_sys::Win32::Foundation::{
    ERROR_SERVICE_ALREADY_RUNNING, ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_NEVER_STARTED,
    ERROR_SERVICE_NOT_ACTIVE, ERROR_SERVICE_SPECIFIC_ERROR,
};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, ControlService, OpenSCManagerW, OpenServiceW, QueryServiceStatusEx, SC_HANDLE,
    SC_MANAGER_CONNECT, SC_STATUS_PROCESS_INFO, SERVICE_CONTROL_STOP, SERVICE_PAUSED, SERVICE_QUERY_STATUS,
    SERVICE_RUNNING, SERVICE_START, SERVICE_STATUS, SERVICE_STATUS_PROCESS, SERVICE_STOP, SERVICE_STOPPED,
    SERVICE_WIN32_OWN_PROCESS, StartServiceW,
};

/// An open handle of the service control manager or of a service.
struct Handle(SC_HANDLE);

impl Handle {
    fn of(handle: SC_HANDLE) -> io::Result<Self> {
        if handle.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(handle)) }
    }

    /// The manager of this machine.
    fn manager(access: u32) -> io::Result<Self> {
        // SAFETY: no names are given: this machine, the active database. What it opens is taken over at once.
        Self::of(unsafe { OpenSCManagerW(ptr::null(), ptr::null(), access) })
    }

    /// A service of it.
    fn service(&self, name: &str, access: u32) -> io::Result<Self> {
        let name = wide(name);
        // SAFETY: the manager is open; the name ends with a zero and outlives the call.
        Self::of(unsafe { OpenServiceW(self.0, name.as_ptr(), access) })
    }

    fn status(&self) -> io::Result<SERVICE_STATUS_PROCESS> {
        let mut status = SERVICE_STATUS_PROCESS::default();
        let size = u32::try_from(size_of_val(&status)).unwrap_or(0);
        let mut needed = 0;
        // SAFETY: the service is open for this; `status` is the structure of this level, and `size` its size.
        let told = unsafe {
            QueryServiceStatusEx(
                self.0,
                SC_STATUS_PROCESS_INFO,
                (&raw mut status).cast(),
                size,
                &raw mut needed,
            )
        };
        if told == 0 { Err(io::Error::last_os_error()) } else { Ok(status) }
    }

    fn start(&self) -> io::Result<()> {
        // SAFETY: the service is open for this; no arguments are given.
        allow(unsafe { StartServiceW(self.0, 0, ptr::null()) }, ERROR_SERVICE_ALREADY_RUNNING)
    }

    fn stop(&self) -> io::Result<()> {
        let mut status = SERVICE_STATUS::default();
        // SAFETY: the service is open for this; `status` is the structure that is filled in.
        let done = unsafe { ControlService(self.0, SERVICE_CONTROL_STOP, &raw mut status) };
        allow(done, ERROR_SERVICE_NOT_ACTIVE)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: it was opened by us, and nobody has it after.
        unsafe { CloseServiceHandle(self.0) };
    }
}

/// The last error, unless it says that things are as wanted.
fn allow(done: i32, wanted: u32) -> io::Result<()> {
    if done != 0 {
        return Ok(());
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == i32::try_from(wanted).ok() { Ok(()) } else { Err(error) }
}

fn open(name: &str, access: u32) -> Result<Handle, String> {
    let opened = Handle::manager(SC_MANAGER_CONNECT).and_then(|manager| manager.service(name, access));
    opened.map_err(|error| {
        if error.raw_os_error() == i32::try_from(ERROR_SERVICE_DOES_NOT_EXIST).ok() {
            format!("Windows has no service {name:?}; check windows_service, `sc query` shows the names")
        } else {
            format!("open the service {name:?}: {error}")
        }
    })
}

/// What a service does now.
pub(crate) fn state(name: &str) -> Result<ServiceState, String> {
    let service = open(name, SERVICE_QUERY_STATUS)?;
    let status = service.status().map_err(|error| format!("ask for the service {name:?}: {error}"))?;
    Ok(match status.dwCurrentState {
        SERVICE_RUNNING | SERVICE_PAUSED => {
            ServiceState::Running { pid: Some(status.dwProcessId).filter(|pid| *pid != 0) }
        }
        SERVICE_STOPPED => ServiceState::Stopped { code: code(&status) },
        _ => ServiceState::Changing,
    })
}

fn code(status: &SERVICE_STATUS_PROCESS) -> u32 {
    match status.dwWin32ExitCode {
        ERROR_SERVICE_NEVER_STARTED => 0,
        ERROR_SERVICE_SPECIFIC_ERROR => status.dwServiceSpecificExitCode,
        code => code,
    }
}

/// Starts a service.
pub(crate) fn start(name: &str) -> Result<(), String> {
    let service = open(name, SERVICE_START)?;
    service.start().map_err(|error| format!("start the service {name:?}: {error}"))
}

/// Asks a service to stop.
pub(crate) fn stop(name: &str) -> Result<(), String> {
    let service = open(name, SERVICE_STOP)?;
    service.stop().map_err(|error| format!("stop the service {name:?}: {error}"))
}

/// Ends a service's process, when no other service runs in it.
pub(crate) fn kill(name: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("end the process of the service {name:?}: {error}");
    let status = open(name, SERVICE_QUERY_STATUS)?.status().map_err(failed)?;
    if status.dwProcessId == 0 {
        return Ok(());
    }
    if status.dwServiceType & SERVICE_WIN32_OWN_PROCESS == 0 {
        return Err(format!("the service {name:?} shares its process with others, which is left alone"));
    }
    let process = OpenedProcess::to_look(status.dwProcessId).map_err(failed)?;
    let created = process.times().map_err(failed)?.created;
    OpenedProcess::end(status.dwProcessId, created).map_err(failed)
}
