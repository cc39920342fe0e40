//! How an application is asked to end, and how the agent is.
//!
//! A console takes Ctrl+Break for all programs in it, but only from a program in it. So the agent starts itself once
//! more, as a helper that enters the application's console, asks there, and is gone.

#![expect(unsafe_code, reason = "the Windows API is C")]

use crate::platform::End;
use std::io;
use std::os::windows::process::CommandExt;
use std::process::{Command, ExitStatus};
use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
use windows_sys::Win32::Foundation::{HWND, LPARAM};
use windows_sys::Win32::System::Console::{
    AttachConsole, CTRL_BREAK_EVENT, CTRL_C_EVENT, FreeConsole, GenerateConsoleCtrlEvent,
    GetConsoleProcessList, SetConsoleCtrlHandler,
};
use windows_sys::Win32::System::Threading::DETACHED_PROCESS;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    EnumWindows, GetWindowThreadProcessId, PostMessageW, WM_CLOSE,
};
use windows_sys::core::BOOL;

const CLOSE: i32 = 1;
const CTRL_C: i32 = 2;
const CTRL_BREAK: i32 = 21;
pub(super) const TERMINATE: i32 = 9;

/// What a unit file may write for `stop_signal`.
pub(crate) const REQUESTS: [(&str, i32); 4] =
    [("CTRL_BREAK", CTRL_BREAK), ("CTRL_C", CTRL_C), ("CLOSE", CLOSE), ("TERMINATE", TERMINATE)];
/// What is done unless the unit says otherwise.
pub(crate) const USUAL: i32 = CTRL_BREAK;
/// First word of the helper's command line.
pub(crate) const HELPER: &str = "ask-to-end";
/// Most processes that one helper asks: a command line has 32,767 letters.
const ASKED_MAX: usize = 1_000;

impl From<ExitStatus> for End {
    fn from(status: ExitStatus) -> Self {
        Self::Code(status.code().unwrap_or(-1))
    }
}

/// The exit code.
pub(crate) fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// There are no signals here.
pub(crate) const fn signal_name(_: i32) -> Option<String> {
    None
}

/// Resolves when the agent is told to end: by Ctrl+C, Ctrl+Break, its window or the system's end. To be called within
/// a runtime.
pub(crate) fn asked() -> io::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate, mut close, mut shutdown) =
        (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = close.recv() => {}
            _ = shutdown.recv() => {}
        }
    })
}

/// Starts a helper that asks; that they end is seen by looking.
pub(super) fn ask(number: i32, pids: &[u32]) -> io::Result<()> {
    let pids = pids.iter().take(ASKED_MAX).map(ToString::to_string);
    Command::new(std::env::current_exe()?)
        .arg(HELPER)
        .arg(number.to_string())
        .args(pids)
        .creation_flags(DETACHED_PROCESS)
        .spawn()
        .map(drop)
}

/// What the helper does: enters the console of each process that was not reached in the one before, and asks there;
/// a process without a console is asked through its windows.
///
/// - `words`: the number of the request, then those of the processes.
pub(crate) fn help(words: &[String]) {
    let mut numbers = words.iter().filter_map(|word| word.parse::<u32>().ok());
    let request = numbers.next().and_then(|number| i32::try_from(number).ok()).unwrap_or(USUAL);
    let pids: Vec<u32> = numbers.collect();
    let mut reached: Vec<u32> = Vec::new();
    if request != CLOSE {
        for pid in &pids {
            if !reached.contains(pid) {
                reached.extend(ask_console(*pid, request));
            }
        }
    }
    let windowed: Vec<u32> = pids.into_iter().filter(|pid| !reached.contains(pid)).collect();
    close_windows(&windowed);
}

/// Asks all in the console of a process; returns who that is.
fn ask_console(pid: u32, request: i32) -> Vec<u32> {
    let event = if request == CTRL_C { CTRL_C_EVENT } else { CTRL_BREAK_EVENT };
    // SAFETY: these calls take numbers only and change this process alone, which is a helper and does nothing
    // else: it has one thread and no console of its own.
    unsafe {
        FreeConsole();
        if AttachConsole(pid) == 0 {
            return Vec::new();
        }
        SetConsoleCtrlHandler(Some(ignore), 1);
        let mut members = [0_u32; 256];
        let room = u32::try_from(members.len()).unwrap_or(0);
        let count = GetConsoleProcessList(members.as_mut_ptr(), room) as usize;
        let sent = GenerateConsoleCtrlEvent(event, 0) != 0;
        FreeConsole();
        let members = members.get(..count).map_or_else(|| vec![pid], <[u32]>::to_vec);
        if sent { members } else { Vec::new() }
    }
}

/// The helper itself is in the console that it sends to.
extern "system" fn ignore(_: u32) -> BOOL {
    1
}

/// Asks the windows of processes to close, as their cross does.
fn close_windows(pids: &[u32]) {
    if pids.is_empty() {
        return;
    }
    let wanted: *const &[u32] = &raw const pids;
    // SAFETY: `close_if_wanted` has the form that is called, and is given `wanted`, which outlives the call.
    unsafe { EnumWindows(Some(close_if_wanted), wanted as LPARAM) };
}

extern "system" fn close_if_wanted(window: HWND, wanted: LPARAM) -> BOOL {
    let mut pid = 0;
    // SAFETY: the window was just enumerated (one that is gone by now gives 0); the number goes to a local variable.
    unsafe { GetWindowThreadProcessId(window, &raw mut pid) };
    // SAFETY: `close_windows` passes the address of a slice that it holds until the enumeration is over.
    let wanted: &[u32] = unsafe { *(wanted as *const &[u32]) };
    if wanted.contains(&pid) {
        // SAFETY: numbers only; a window that is gone is an error that matters to nobody.
        unsafe { PostMessageW(window, WM_CLOSE, 0, 0) };
    }
    1
}
