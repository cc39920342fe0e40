//! Commands and login shells on Unix: pipes, or a terminal, in a session of their own.

use super::account::{Account, AccountError, INHERITED, Person, separate};
use super::family::{Family, MARKER};
use crate::platform::system::pty;
use crate::terminal::{Program, Spawned, Wanted};
use crate::unit;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::{TIOCSCTTY, TIOCSWINSZ};
use nix::pty::Winsize;
use nix::unistd::{chdir, read, write};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use topmast_wire::PaneSize;

/// What runs commands, and whoever has no shell of his own.
const SHELL: &str = "/bin/sh";
/// Where programs are when the agent was not told.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// What consoles understand: the terminal emulators of browsers, and those of people.
const TERM: &str = "xterm-256color";

/// Why a command or a shell does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SpawnError {
    #[error("{source}; it is the user below [terminal] in the agent's configuration")]
    Account { source: AccountError },
    #[error(
        "only an agent of root runs terminals as another user; run it as root, or remove user below [terminal]"
    )]
    NotRoot,
    #[error("make a terminal: {0}; are too many open on this server?")]
    Terminal(io::Error),
    #[error("run {program}: {source}")]
    Run { program: String, source: io::Error },
}

/// Starts what is wanted. To be called within a runtime.
pub(crate) fn spawn(wanted: &Wanted<'_>) -> Result<Spawned, SpawnError> {
    let user = unit::Account { user: wanted.user.map(str::to_owned), group: None };
    let account = Account::of(&user).map_err(|source| match source {
        AccountError::NotRoot => SpawnError::NotRoot,
        source => SpawnError::Account { source },
    })?;
    let person = Person::of(account.as_ref());
    match wanted.program {
        Program::Command(text) => {
            let mut command = Command::new(SHELL);
            command.args(["-c", text]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let (mut child, family) = start(command, wanted, account, &person, false)?;
            Ok(Spawned {
                account: person.name,
                output: child.stdout.take().map(|output| Box::new(output) as _),
                error: child.stderr.take().map(|error| Box::new(error) as _),
                input: None,
                screen: None,
                child,
                family,
            })
        }
        Program::Shell { size } => {
            let shell = wanted.shell.unwrap_or(&person.shell).to_owned();
            let (ours, theirs) = pty::pair().map_err(|error| SpawnError::Terminal(error.into()))?;
            let screen = Screen::new(ours).map_err(SpawnError::Terminal)?;
            screen.resize(size);
            let mut command = Command::new(&shell);
            // A dash before its name makes it a login shell.
            let name = shell.file_name().unwrap_or(shell.as_os_str()).to_string_lossy();
            command.arg0(format!("-{name}"));
            give(&mut command, theirs, account.as_ref()).map_err(SpawnError::Terminal)?;
            let (child, family) = start(command, wanted, account, &person, true)?;
            Ok(Spawned {
                account: person.name,
                output: Some(Box::new(TerminalEnd(Arc::clone(&screen.0)))),
                error: None,
                input: Some(Box::new(TerminalEnd(Arc::clone(&screen.0)))),
                screen: Some(screen),
                child,
                family,
            })
        }
    }
}

/// Makes a terminal a command's three files, and its account the owner of it.
fn give(command: &mut Command, theirs: OwnedFd, account: Option<&Account>) -> io::Result<()> {
    if let Some(account) = account {
        std::os::unix::fs::fchown(&theirs, Some(account.uid().as_raw()), None)?;
    }
    command.stdin(theirs.try_clone()?).stdout(theirs.try_clone()?).stderr(theirs);
    Ok(())
}

fn start(
    mut command: Command,
    wanted: &Wanted<'_>,
    account: Option<Account>,
    person: &Person,
    terminal: bool,
) -> Result<(tokio::process::Child, Family), SpawnError> {
    command.env_clear().env("PATH", PATH);
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    if terminal {
        command.env("TERM", TERM);
    }
    command
        .envs([("USER", &person.name), ("LOGNAME", &person.name)])
        .env("HOME", &person.home)
        .env("SHELL", wanted.shell.unwrap_or(&person.shell))
        .env(MARKER, wanted.marker);
    separate(&mut command, account);
    settle(&mut command, &person.home, terminal);
    let program = command.get_program().to_string_lossy().into_owned();
    Family::spawn(command, wanted.marker).map_err(|source| SpawnError::Run { program, source })
}

nix::ioctl_write_int_bad!(
    /// Makes a terminal that of the caller's session.
    tiocsctty,
    TIOCSCTTY
);
nix::ioctl_write_ptr_bad!(
    /// Sets a terminal's size.
    tiocswinsz,
    TIOCSWINSZ,
    Winsize
);

/// Its home as directory, where it has one, and its standard input as terminal: as the account, in its own session.
fn settle(command: &mut Command, home: &Path, terminal: bool) {
    let home = CString::new(home.as_os_str().as_bytes()).unwrap_or_default();
    let settle = move || {
        if chdir(home.as_c_str()).is_err() {
            chdir(c"/")?;
        }
        if terminal {
            // SAFETY: the call takes two numbers and touches no memory of ours; 0 is the standard input, which is
            // the terminal by now.
            #[expect(unsafe_code, reason = "std has no safe way to make a terminal that of a session")]
            unsafe {
                tiocsctty(0, 0)?;
            }
        }
        Ok(())
    };
    // SAFETY: the closure runs in the child between fork and exec, where only async-signal-safe work is allowed:
    // chdir and ioctl are plain system calls, it allocates nothing, takes no lock, and what it reads was made before
    // the fork. Its errors carry a number only.
    #[expect(unsafe_code, reason = "std has no safe way to do something as the account, in its session")]
    unsafe {
        command.pre_exec(settle);
    }
}

/// The end of a terminal that is not the program's.
pub(crate) struct Screen(Arc<AsyncFd<OwnedFd>>);

impl Screen {
    fn new(ours: OwnedFd) -> io::Result<Self> {
        let flags = OFlag::from_bits_retain(fcntl(&ours, FcntlArg::F_GETFL)?);
        fcntl(&ours, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        // SAFETY: an `OwnedFd` is one open descriptor, the same for as long as it lives, and it is given away whole.
        #[expect(unsafe_code, reason = "tokio trusts no type to keep its descriptor")]
        let registered = unsafe { AsyncFd::register(ours) };
        Ok(Self(Arc::new(registered?)))
    }

    /// Gives it another size; the programs in it are told by the system.
    pub(crate) fn resize(&self, size: PaneSize) {
        let size =
            Winsize { ws_row: size.rows.max(1), ws_col: size.columns.max(1), ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the descriptor is open as long as `self` is, and the pointer is to a value that outlives the call,
        // which reads as many bytes as the type has.
        #[expect(unsafe_code, reason = "neither std nor nix has a safe way to size a terminal")]
        let sized = unsafe { tiocswinsz(self.0.as_raw_fd(), &raw const size) };
        if let Err(error) = sized {
            tracing::debug!(%error, "a terminal keeps its size");
        }
    }
}

/// Reads and types.
struct TerminalEnd(Arc<AsyncFd<OwnedFd>>);

impl AsyncRead for TerminalEnd {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut ready = ready!(self.0.poll_read_ready(cx))?;
            let room = buffer.initialize_unfilled();
            match ready.try_io(|end| read(end.get_ref(), room).map_err(io::Error::from)) {
                Ok(Ok(length)) => {
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
                // So does Linux say that no program has the terminal any more; others say that it is at its end.
                Ok(Err(error)) if error.raw_os_error() == Some(Errno::EIO as i32) => {
                    return Poll::Ready(Ok(()));
                }
                Ok(Err(error)) => return Poll::Ready(Err(error)),
                Err(_) => {}
            }
        }
    }
}

impl AsyncWrite for TerminalEnd {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            let mut ready = ready!(self.0.poll_write_ready(cx))?;
            if let Ok(written) = ready.try_io(|end| write(end.get_ref(), bytes).map_err(io::Error::from)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
