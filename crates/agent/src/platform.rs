//! What differs between operating systems, behind one interface: files, commands, processes, the host's figures.
//!
//! ```text
//!            file · account · tree · stop · terminal   family · host
//! Linux      unix ─────────────────────────────────── linux
//! Solaris    unix ─────────────────────────────────── solaris
//! Windows    windows ──────────────────────────────── windows
//! ```
//!
//! Here alone is chosen by system; the rest of the agent names `platform::…` and knows no system. Each of them has
//! the same modules with the same names:
//!
//! | module | what it is |
//! |---|---|
//! | `file` | reading and writing at an offset, private files, putting a file in another's place |
//! | `account` | whom a command runs as, what of the agent's environment it gets |
//! | `tree` | a short command with everything that it starts |
//! | `stop` | how an application is asked to end, and how the agent is |
//! | `paths` | where the agent keeps its own, and the host's name |
//! | `family` | the processes of one run, and finding them again |
//! | `sparse` | giving the beginning of a file back to the disk |
//! | `host` | facts and samples of the host |
//! | `terminal` | commands and shells of people, over the agent |
//! | `service` | the services of Windows |
//! | `socket` | sockets with a path, as a Docker Engine listens on |
//! | `command` | what the program can be told on this system alone |

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
mod linux;
#[cfg(any(target_os = "solaris", target_os = "illumos"))]
mod solaris;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
use linux as system;
#[cfg(any(target_os = "solaris", target_os = "illumos"))]
use solaris as system;
#[cfg(unix)]
pub(crate) use unix::{account, command, family, file, paths, service, socket, stop, terminal, tree};
#[cfg(windows)]
use windows as system;
#[cfg(windows)]
pub(crate) use windows::{account, command, family, file, paths, service, socket, stop, terminal, tree};

pub(crate) use system::{host, sparse};

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// By itself.
    Code(i32),
    /// By a signal.
    #[cfg_attr(windows, expect(dead_code, reason = "made on Unix; Windows has no signals"))]
    Signal {
        /// Its number.
        number: i32,
        /// Its name.
        name: String,
        /// True for the one that the kernel also uses when memory runs out.
        killed: bool,
    },
}

/// What a service of the system's own manager does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(unix, expect(dead_code, reason = "made on Windows; Unix has a manager of its own kind"))]
pub(crate) enum ServiceState {
    /// It runs, also when it is paused.
    Running {
        /// Its process, when it has one of its own.
        pid: Option<u32>,
    },
    /// It is on its way up or down.
    Changing,
    /// It does not run.
    Stopped {
        /// What it ended with; 0 is no failure, and so is a service never started.
        code: u32,
    },
}
