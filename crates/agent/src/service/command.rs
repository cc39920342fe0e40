//! Runs the program of a check: bounded time, bounded output, its whole process group ended.

use crate::platform::stop;
use crate::platform::tree::{Tree, lead};
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// Most bytes kept of what a program prints; the rest is read and dropped, so that it never blocks.
pub(super) const OUTPUT_MAX: usize = 64 << 10;

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finished {
    /// Exit code, or 128 plus the number of the signal that ended it, as shells count.
    pub(super) code: i32,
    /// The first [`OUTPUT_MAX`] bytes of standard output, or of standard error when that is empty; wrong UTF-8 replaced.
    pub(super) output: String,
}

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no program to run.
    #[error("the command is empty")]
    Empty,
    /// The system did not start it.
    #[error("run {program}: {source}")]
    Spawn {
        /// First word of the command.
        program: String,
        /// What the system answered.
        source: io::Error,
    },
    /// Waiting for it failed.
    #[error("wait for {program}: {source}")]
    Wait {
        /// First word of the command.
        program: String,
        /// What the system answered.
        source: io::Error,
    },
    /// It ran too long and was killed with its children.
    #[error("{program} did not end within {} ms and was killed", timeout.as_millis())]
    Timeout {
        /// First word of the command.
        program: String,
        /// How long it was given.
        timeout: Duration,
    },
}

/// Runs a program without a shell, in its own process group, with no standard input.
///
/// Returns once it has ended *and* closed its output or `timeout` is over.
///
/// # Errors
/// [`CommandError`]; an exit code other than 0 is a result, not an error.
pub(super) async fn run<S: AsRef<OsStr>>(
    argv: &[S],
    directory: Option<&Path>,
    timeout: Duration,
) -> Result<Finished, CommandError> {
    let (program, arguments) = argv.split_first().ok_or(CommandError::Empty)?;
    let name = program.as_ref().to_string_lossy().into_owned();
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    lead(&mut command);
    if let Some(directory) = directory {
        command.current_dir(directory);
    }
    let spawned = Tree::spawn(&mut command);
    let (child, _tree) = spawned.map_err(|source| CommandError::Spawn { program: name.clone(), source })?;
    match tokio::time::timeout(timeout, collect(child)).await {
        Ok(finished) => finished.map_err(|source| CommandError::Wait { program: name, source }),
        Err(_) => Err(CommandError::Timeout { program: name, timeout }),
    }
}

async fn collect(mut child: Child) -> io::Result<Finished> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (status, out, err) = tokio::try_join!(child.wait(), read_bounded(out), read_bounded(err))?;
    let output = if out.is_empty() { err } else { out };
    Ok(Finished { code: stop::code(status), output: String::from_utf8_lossy(&output).into_owned() })
}

async fn read_bounded(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(kept) };
    let mut buffer = [0; 4096];
    loop {
        let length = pipe.read(&mut buffer).await?;
        if length == 0 {
            return Ok(kept);
        }
        let room = OUTPUT_MAX - kept.len();
        kept.extend_from_slice(&buffer[..length.min(room)]);
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use nix::errno::Errno;
    use nix::unistd::Pid;

    const LONG: Duration = Duration::from_mins(1);

    async fn shell(script: &str, timeout: Duration) -> Result<Finished, CommandError> {
        run(&["/bin/sh", "-c", script], None, timeout).await
    }

    #[tokio::test]
    async fn run_returns_code_and_output() {
        let finished = shell("echo fine; echo bad >&2; exit 3", LONG).await.unwrap();
        assert_eq!(finished, Finished { code: 3, output: "fine\n".to_owned() });
        assert_eq!(shell("echo bad >&2", LONG).await.unwrap().output, "bad\n");
        assert_eq!(shell("kill -9 $$", LONG).await.unwrap().code, 137);
    }

    #[tokio::test]
    async fn run_keeps_the_first_bytes_of_a_flood() {
        // S-3
        let finished = shell("head -c 10000000 /dev/zero | tr '\\0' x", LONG).await.unwrap();
        assert_eq!(finished.output.len(), OUTPUT_MAX);
        assert_eq!(finished.code, 0);
    }

    #[tokio::test]
    async fn run_beyond_its_time_is_an_error() {
        // S-1
        let error = shell("sleep 600", Duration::from_millis(50)).await.unwrap_err();
        assert!(error.to_string().ends_with("did not end within 50 ms and was killed"), "{error}");
    }

    #[tokio::test]
    async fn run_given_up_kills_the_children_too() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pid");
        let script = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", file.display());
        tokio::select! {
            ended = shell(&script, LONG) => panic!("ended by itself: {ended:?}"),
            () = until(|| file.exists()) => {}
        }
        let child = Pid::from_raw(std::fs::read_to_string(&file).unwrap().trim().parse().unwrap());
        until(|| is_gone(child)).await;
    }

    async fn until(condition: impl Fn() -> bool) {
        let wait = async {
            while !condition() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(LONG, wait).await.expect("the condition never came true");
    }

    /// True when the process ended; its new parent may not have collected it yet.
    fn is_gone(pid: Pid) -> bool {
        nix::sys::signal::kill(pid, None) == Err(Errno::ESRCH)
            || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") Z "))
    }

    #[tokio::test]
    async fn run_of_a_missing_program_names_it() {
        let error = run(&["/nonexistent/check_x"], None, LONG).await.unwrap_err();
        assert!(error.to_string().starts_with("run /nonexistent/check_x: "), "{error}");
        assert!(matches!(run::<&str>(&[], None, LONG).await, Err(CommandError::Empty)));
    }
}
