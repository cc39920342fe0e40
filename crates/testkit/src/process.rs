//! Real processes: found, started, killed, measured.
//!
//! Invariant
//! - a process does not outlive its [`Process`].

use crate::wait::{NotInTime, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Where the programs are looked for when not beside this one.
pub const PROGRAMS_VARIABLE: &str = "TOPMAST_PROGRAMS";

/// Names the folder of an older version's programs, for tests of an upgrade.
pub const OLDER_VARIABLE: &str = "TOPMAST_OLDER";

/// Why a process was not started or watched.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program was not built.
    #[error(
        "there is no program {}; build it first: cargo build -p topmast-console -p topmast-agent -p payment-switch \
         (with --release for the benchmark)",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{doing} {name}")]
    System {
        /// What was tried.
        doing: &'static str,
        /// Of which process or file.
        name: String,
        /// What the system answered.
        source: io::Error,
    },
    /// It did not end in time.
    #[error(transparent)]
    Late(#[from] NotInTime),
}

impl ProcessError {
    /// Names what was tried when the system refuses.
    pub(crate) fn system(doing: &'static str, name: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let name = name.into();
        move |source| Self::System { doing, name, source }
    }
}

/// Finds a program of this workspace, e.g. `topmast-agent`: in the folder that
/// [`PROGRAMS_VARIABLE`] names, or where cargo put this very program.
///
/// # Errors
/// [`ProcessError::Missing`] with the command that builds it.
pub fn program(name: &str) -> Result<PathBuf, ProcessError> {
    let folder = if let Some(folder) = std::env::var_os(PROGRAMS_VARIABLE) {
        PathBuf::from(folder)
    } else {
        let own = std::env::current_exe().map_err(ProcessError::system("find", "this program"))?;
        let folder = own.parent().unwrap_or(Path::new("."));
        // Test programs are in `deps`, below the others.
        let above = folder.parent().filter(|_| folder.ends_with("deps"));
        above.unwrap_or(folder).to_owned()
    };
    let path = folder.join(name);
    if path.is_file() { Ok(path) } else { Err(ProcessError::Missing { path }) }
}

/// A started process; its output goes to a file.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a program.
    ///
    /// - `log`: takes its output; appended to, so that restarts are seen in one file.
    ///
    /// # Errors
    /// [`ProcessError::System`].
    pub fn start<A: AsRef<OsStr>>(
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: &[(&str, &str)],
        log: &Path,
    ) -> Result<Self, ProcessError> {
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let open = || -> io::Result<(File, File)> {
            let log = OpenOptions::new().create(true).append(true).open(log)?;
            Ok((log.try_clone()?, log))
        };
        let (out, err) = open().map_err(ProcessError::system("open", log.display().to_string()))?;
        let child = Command::new(program)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(ProcessError::system("start", name.as_str()))?;
        Ok(Self { name, child })
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended; `None` while it runs.
    ///
    /// # Errors
    /// [`ProcessError::System`].
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, ProcessError> {
        self.child.try_wait().map_err(ProcessError::system("wait for", self.name.as_str()))
    }

    /// Ends it as a power cut would: SIGKILL, no warning.
    ///
    /// # Errors
    /// [`ProcessError::System`].
    pub fn kill(&mut self) -> Result<(), ProcessError> {
        let ended = self.child.kill().and_then(|()| self.child.wait());
        ended.map(drop).map_err(ProcessError::system("kill", self.name.as_str()))
    }

    /// Stops it where it is, as a machine does that is suspended: it neither runs nor ends (SIGSTOP).
    ///
    /// # Errors
    /// [`ProcessError::System`].
    pub fn pause(&self) -> Result<(), ProcessError> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on after [`pause`](Self::pause).
    ///
    /// # Errors
    /// [`ProcessError::System`].
    pub fn resume(&self) -> Result<(), ProcessError> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), ProcessError> {
        let pid = Pid::from_raw(i32::try_from(self.pid()).unwrap_or(i32::MAX));
        kill(pid, signal).map_err(|errno| ProcessError::system("signal", self.name.as_str())(errno.into()))
    }

    /// Asks it to end with SIGTERM and waits until it has.
    ///
    /// # Errors
    /// [`ProcessError::Late`] when it goes on after `deadline`.
    pub async fn terminate(&mut self, deadline: Duration) -> Result<ExitStatus, ProcessError> {
        if let Some(status) = self.ended()? {
            return Ok(status);
        }
        self.signal(Signal::SIGTERM)?;
        let what = format!("{} ends after SIGTERM", self.name);
        wait_for(&what, deadline, async || self.ended().transpose()).await?
    }

    /// What it has used up to now.
    ///
    /// # Errors
    /// [`ProcessError::System`] when it has ended.
    pub fn usage(&self) -> Result<Usage, ProcessError> {
        Usage::of(self.pid()).map_err(ProcessError::system("measure", self.name.as_str()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address that nobody else has: 127.A.B.C, from the process id and a count within the process.
pub fn loopback() -> Ipv4Addr {
    static COUNT: AtomicU8 = AtomicU8::new(2);
    let [_, _, a, b] = std::process::id().to_be_bytes();
    Ipv4Addr::new(127, a, b, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Kills every process that runs in a folder: applications go on when the agent that started them ends.
pub fn kill_inside(folder: &Path) {
    let Ok(processes) = fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok());
        // A link that cannot be read belongs to a process that has ended, or to somebody else.
        let inside = fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(folder));
        if let (Some(pid), true) = (pid, inside) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// What a process has used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Processor time, user and system.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub resident_bytes: u64,
}

impl Usage {
    /// Reads `/proc/PID/stat`: processor time to a hundredth of a second, memory to a page.
    ///
    /// # Errors
    /// When there is no such process.
    pub fn of(pid: u32) -> io::Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        Self::parse(&text).ok_or_else(|| io::Error::other(format!("/proc/{pid}/stat is not as in proc(5)")))
    }

    /// Of the thread of this process that has a name, the processor time.
    ///
    /// # Errors
    /// When there is no such thread.
    pub fn of_thread(name: &str) -> io::Result<Duration> {
        for thread in fs::read_dir("/proc/self/task")? {
            let folder = thread?.path();
            // One that has just ended has no name.
            if fs::read_to_string(folder.join("comm")).is_ok_and(|comm| comm.trim_end() == name) {
                let text = fs::read_to_string(folder.join("stat"))?;
                return Self::parse(&text)
                    .map(|usage| usage.cpu)
                    .ok_or_else(|| io::Error::other("no stat(5)"));
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no thread {name}")))
    }

    fn parse(stat: &str) -> Option<Self> {
        // The name, in brackets, may hold anything; behind it the third field begins.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let ticks = number(14)? + number(15)?;
        Some(Self {
            cpu: Duration::from_secs_f64(ticks as f64 / TICKS_PER_SECOND),
            resident_bytes: number(24)? * PAGE_BYTES,
        })
    }
}

/// The kernel's `USER_HZ`, which is 100 on every Linux port that Topmast is measured on.
const TICKS_PER_SECOND: f64 = 100.0;
/// Pages of x86-64 and of usual arm64 kernels.
const PAGE_BYTES: u64 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::DEADLINE;

    #[test]
    fn usage_is_read_behind_a_name_with_brackets() {
        let usage = Usage::parse(
            "7 (a) b) S 1 7 7 0 -1 4 10 0 0 0 150 50 0 0 20 0 1 0 99 1000000 25 18446744073709551615 1 1",
        );
        let expected = Usage { cpu: Duration::from_secs(2), resident_bytes: 25 * 4_096 };
        assert_eq!(usage, Some(expected));
        assert_eq!(Usage::parse("7 (cut"), None);
    }

    #[tokio::test]
    async fn process_writes_to_its_log_and_ends_when_asked() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let script = "echo $WORD; exec sleep 600";
        let mut process =
            Process::start(Path::new("/bin/sh"), ["-c", script], &[("WORD", "here")], log.path()).unwrap();
        let text = async || fs::read_to_string(log.path()).ok().filter(|text| text == "here\n");
        wait_for("its output is in the log", DEADLINE, text).await.unwrap();
        // Between two programs a process has no memory.
        let memory = async || process.usage().ok().filter(|usage| usage.resident_bytes > 0);
        wait_for("it has memory", DEADLINE, memory).await.unwrap();
        assert!(!process.terminate(DEADLINE).await.unwrap().success());
        assert!(process.ended().unwrap().is_some());
    }

    #[test]
    fn process_ends_with_its_owner() {
        //
        let log = tempfile::NamedTempFile::new().unwrap();
        let process = Process::start(Path::new("/bin/sleep"), ["600"], &[], log.path()).unwrap();
        let pid = process.pid();
        drop(process);
        assert!(Usage::of(pid).is_err());
    }

    #[test]
    fn missing_program_says_how_to_build_it() {
        let error = program("no-such-program").unwrap_err().to_string();
        assert!(error.contains("cargo build -p topmast-console"), "{error}");
    }
}
