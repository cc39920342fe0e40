//! The agent as a service of Windows: installing it, removing it, and being it.
//!
//! ```text
//! install -> service control manager -> `service run` -> dispatcher -> main (a thread of the manager's) -> the agent
//! ```

use super::Handle;
use crate::platform::system::file::{create_directories, protect};
use crate::platform::system::paths;
use crate::platform::system::text::wide;
use crate::program::Arguments;
use anyhow::{Context, bail};
use std::ffi::OsString;
use std::io;
use std::ptr;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use windows_sys::Win32::Foundation::{ERROR_CALL_NOT_IMPLEMENTED, ERROR_SERVICE_SPECIFIC_ERROR, NO_ERROR};
use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, CreateServiceW, DeleteService, RegisterServiceCtrlHandlerExW, SC_ACTION,
    SC_ACTION_RESTART, SC_MANAGER_CONNECT, SC_MANAGER_CREATE_SERVICE, SERVICE_ACCEPT_SHUTDOWN,
    SERVICE_ACCEPT_STOP, SERVICE_ALL_ACCESS, SERVICE_AUTO_START, SERVICE_CONFIG_DESCRIPTION,
    SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, SERVICE_CONTROL_INTERROGATE,
    SERVICE_CONTROL_SHUTDOWN, SERVICE_CONTROL_STOP, SERVICE_DESCRIPTIONW, SERVICE_ERROR_NORMAL,
    SERVICE_FAILURE_ACTIONS_FLAG, SERVICE_FAILURE_ACTIONSW, SERVICE_RUNNING, SERVICE_STATUS,
    SERVICE_STATUS_HANDLE, SERVICE_STOPPED, SERVICE_TABLE_ENTRYW, SERVICE_WIN32_OWN_PROCESS,
    SetServiceStatus, StartServiceCtrlDispatcherW,
};

/// Its name, for `sc` and `net`.
pub(crate) const NAME: &str = "topmast-agent";
const DISPLAYED: &str = "Topmast agent";
const DESCRIPTION: &str = "Supervises the applications of this server and reports to the Topmast masters.";
/// Wait before Windows starts an agent again that ended by itself.
const RESTART_MS: u32 = 5_000;
/// A day without a failure makes Windows count anew.
const RESET_SECONDS: u32 = 86_400;
/// Longest wait for a service to stop before it is removed: then it goes at the next boot.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// What the dispatcher's thread needs, which is given nothing: the arguments, once.
static ARGUMENTS: Mutex<Option<Arguments>> = Mutex::new(None);
/// Told when the manager wants the service to stop.
static STOP: Notify = Notify::const_new();

/// Makes the service and starts it.
///
/// - `arguments`: words for `service run`, as they were given to `service install`.
pub(crate) fn install(arguments: &[OsString]) -> anyhow::Result<()> {
    let base = paths::base();
    create_directories(&base).with_context(|| format!("make {}", base.display()))?;
    // Users may make files below ProgramData, and unit files say what SYSTEM runs.
    protect(&base).with_context(|| format!("keep other users out of {}", base.display()))?;
    let program = std::env::current_exe().context("find this program")?;
    let mut line = quoted(program.as_os_str())?;
    line.push_str(" service run");
    for word in arguments {
        line.push(' ');
        line.push_str(&quoted(word)?);
    }
    let manager = Handle::manager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE)
        .context("open the service control manager; run this as an administrator")?;
    let service = create(&manager, &line).with_context(|| format!("make the service {NAME}"))?;
    describe(&service);
    service.start().with_context(|| format!("start the service {NAME}"))
}

/// Stops the service and removes it. What it keeps stays, and so do the applications.
pub(crate) fn uninstall() -> anyhow::Result<()> {
    let manager = Handle::manager(SC_MANAGER_CONNECT)
        .context("open the service control manager; run this as an administrator")?;
    let service = manager
        .service(NAME, SERVICE_ALL_ACCESS)
        .with_context(|| format!("open the service {NAME}; is it installed?"))?;
    service.stop().with_context(|| format!("stop the service {NAME}"))?;
    let until = Instant::now() + STOP_TIMEOUT;
    while service.status().is_ok_and(|status| status.dwCurrentState != SERVICE_STOPPED) {
        if Instant::now() > until {
            bail!("the service {NAME} did not stop within {} s", STOP_TIMEOUT.as_secs());
        }
        thread::sleep(Duration::from_millis(100));
    }
    // SAFETY: the service is open with the right to be removed.
    let removed = unsafe { DeleteService(service.0) };
    if removed == 0 {
        return Err(io::Error::last_os_error()).with_context(|| format!("remove the service {NAME}"));
    }
    Ok(())
}

/// Is the service, until it is stopped.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    *ARGUMENTS.lock().unwrap_or_else(PoisonError::into_inner) = Some(arguments);
    let mut name = wide(NAME);
    let table = [
        SERVICE_TABLE_ENTRYW { lpServiceName: name.as_mut_ptr(), lpServiceProc: Some(service_main) },
        SERVICE_TABLE_ENTRYW::default(),
    ];
    // SAFETY: the table ends with an empty entry; it and the name in it outlive the call, which returns when the
    // service has stopped.
    let done = unsafe { StartServiceCtrlDispatcherW(table.as_ptr()) };
    if done == 0 {
        let error = io::Error::last_os_error();
        return Err(error)
            .context("become a service; Windows starts `service run`, people run `service install`");
    }
    Ok(())
}

extern "system" fn service_main(_: u32, _: *mut windows_sys::core::PWSTR) {
    let name = wide(NAME);
    // SAFETY: the name ends with a zero and outlives the call; the handler has the form that is called; no context.
    let handle = unsafe { RegisterServiceCtrlHandlerExW(name.as_ptr(), Some(control), ptr::null()) };
    if handle.is_null() {
        tracing::error!(error = %io::Error::last_os_error(), "register the service");
        return;
    }
    tell(handle, SERVICE_RUNNING, 0);
    let arguments = ARGUMENTS.lock().unwrap_or_else(PoisonError::into_inner).take();
    let ended = arguments.map_or(Ok(()), |arguments| arguments.run_until(|| Ok(STOP.notified())));
    if let Err(error) = &ended {
        tracing::error!("{error:#}");
    }
    tell(handle, SERVICE_STOPPED, u32::from(ended.is_err()));
}

extern "system" fn control(
    control: u32,
    _: u32,
    _: *mut core::ffi::c_void,
    _: *mut core::ffi::c_void,
) -> u32 {
    match control {
        SERVICE_CONTROL_STOP | SERVICE_CONTROL_SHUTDOWN => {
            STOP.notify_one();
            NO_ERROR
        }
        SERVICE_CONTROL_INTERROGATE => NO_ERROR,
        _ => ERROR_CALL_NOT_IMPLEMENTED,
    }
}

/// Tells the manager the state; a code other than 0 makes it start the service again.
fn tell(handle: SERVICE_STATUS_HANDLE, state: u32, code: u32) {
    let status = SERVICE_STATUS {
        dwServiceType: SERVICE_WIN32_OWN_PROCESS,
        dwCurrentState: state,
        dwControlsAccepted: SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN,
        dwWin32ExitCode: if code == 0 { NO_ERROR } else { ERROR_SERVICE_SPECIFIC_ERROR },
        dwServiceSpecificExitCode: code,
        ..SERVICE_STATUS::default()
    };
    // SAFETY: the handle is the service's own, and `status` outlives the call.
    let told = unsafe { SetServiceStatus(handle, &raw const status) };
    if told == 0 {
        tracing::error!(error = %io::Error::last_os_error(), "tell Windows the state of the service");
    }
}

fn create(manager: &Handle, line: &str) -> io::Result<Handle> {
    let (name, displayed, line) = (wide(NAME), wide(DISPLAYED), wide(line));
    // SAFETY: the manager is open for this; the three texts end with a zero and outlive the call; what is not
    // given means: no group, no dependencies, the account SYSTEM.
    let service = unsafe {
        CreateServiceW(
            manager.0,
            name.as_ptr(),
            displayed.as_ptr(),
            SERVICE_ALL_ACCESS,
            SERVICE_WIN32_OWN_PROCESS,
            SERVICE_AUTO_START,
            SERVICE_ERROR_NORMAL,
            line.as_ptr(),
            ptr::null(),
            ptr::null_mut(),
            ptr::null(),
            ptr::null(),
            ptr::null(),
        )
    };
    Handle::of(service)
}

/// Says what it is, and that it is to be started again whenever it ends by itself. Without that it runs all the same.
fn describe(service: &Handle) {
    let mut text = wide(DESCRIPTION);
    let description = SERVICE_DESCRIPTIONW { lpDescription: text.as_mut_ptr() };
    let mut actions = [SC_ACTION { Type: SC_ACTION_RESTART, Delay: RESTART_MS }];
    let failure = SERVICE_FAILURE_ACTIONSW {
        dwResetPeriod: RESET_SECONDS,
        cActions: 1,
        lpsaActions: actions.as_mut_ptr(),
        ..SERVICE_FAILURE_ACTIONSW::default()
    };
    let flag = SERVICE_FAILURE_ACTIONS_FLAG { fFailureActionsOnNonCrashFailures: 1 };
    for (level, value) in [
        (SERVICE_CONFIG_DESCRIPTION, (&raw const description).cast()),
        (SERVICE_CONFIG_FAILURE_ACTIONS, (&raw const failure).cast()),
        (SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, (&raw const flag).cast()),
    ] {
        // SAFETY: the service is open for this; each value is the structure of its level, and it and what it points
        // to outlive the call.
        let set = unsafe { ChangeServiceConfig2W(service.0, level, value) };
        if set == 0 {
            let error = io::Error::last_os_error();
            tracing::warn!(%error, "the service has not every setting; `sc qfailure {NAME}` shows them");
        }
    }
}

/// A word of a command line as Windows splits it.
fn quoted(word: &std::ffi::OsStr) -> anyhow::Result<String> {
    let Some(text) = word.to_str() else { bail!("{} is not Unicode", word.display()) };
    let mut quoted = String::from('"');
    let mut backslashes = 0;
    for letter in text.chars() {
        match letter {
            '\\' => backslashes += 1,
            '"' => {
                // Those before a quote are doubled, and it has one of its own.
                quoted.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        quoted.push(letter);
    }
    quoted.extend(std::iter::repeat_n('\\', backslashes));
    quoted.push('"');
    Ok(quoted)
}
