//! Runs a short command of a unit to its end: bounded time, bounded output, nothing left behind.

use super::launch::{Output, prepare};
use crate::platform::stop;
use crate::platform::tree::Tree;
use crate::unit::{CommandLine, Unit};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Most bytes kept of what a command prints: its first lines say what matters.
const OUTPUT_MAX: u64 = 4 << 10;
/// How long output may go on after the command ended, through a process that it left behind.
const OUTPUT_WAIT: Duration = Duration::from_millis(200);

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Exit code, or 128 plus the number of the signal that ended it, as shells count.
    pub(crate) code: i32,
    /// First part of its output, or of its error output when it printed nothing else.
    pub(crate) text: String,
}

impl Finished {
    /// The first line that is not empty.
    pub(crate) fn line(&self) -> &str {
        self.text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("")
    }

    /// What a code that means trouble says to people.
    pub(crate) fn in_words(&self, command: &CommandLine, code: i32) -> String {
        let program = command.program();
        match self.line() {
            "" => format!("{program} ended with code {code}"),
            line => format!("{program} ended with code {code}: {line}"),
        }
    }
}

/// Runs a command and keeps the first part of its output. What it leaves running is killed.
pub(crate) async fn run(unit: &Unit, command: &CommandLine, timeout: Duration) -> Result<Finished, String> {
    run_to(unit, command, timeout, &Output::Pipe, false).await
}

/// Runs a command that may leave processes running, with its output in a file.
pub(super) async fn run_detaching(
    unit: &Unit,
    command: &CommandLine,
    timeout: Duration,
    output: &Path,
) -> Result<Finished, String> {
    run_to(unit, command, timeout, &Output::File(output), true).await
}

async fn run_to(
    unit: &Unit,
    command: &CommandLine,
    timeout: Duration,
    output: &Output<'_>,
    detaches: bool,
) -> Result<Finished, String> {
    let prepared = prepare(unit, command, None, output).map_err(|error| error.to_string())?;
    let program = command.program();
    let (mut child, tree) = Tree::spawn(&mut tokio::process::Command::from(prepared))
        .map_err(|error| format!("run {program}: {error}"))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let reading = async { tokio::join!(first_part(stdout), first_part(stderr)) };
        tokio::pin!(reading);
        tokio::select! {
            lines = &mut reading => (child.wait().await, lines),
            status = child.wait() => {
                let lines = tokio::time::timeout(OUTPUT_WAIT, &mut reading).await;
                (status, lines.unwrap_or_default())
            }
        }
    };
    let (status, (stdout, stderr)) = tokio::time::timeout(timeout, work)
        .await
        .map_err(|_| format!("{program} did not end within {} ms and was killed", timeout.as_millis()))?;
    let status = status.map_err(|error| format!("wait for {program}: {error}"))?;
    if detaches {
        tree.release();
    }
    Ok(Finished { code: stop::code(status), text: if stdout.trim().is_empty() { stderr } else { stdout } })
}

/// The first part; the rest is read and dropped, so that the command never blocks.
async fn first_part(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let mut bytes = Vec::new();
    // What cannot be read is not there; the exit code counts.
    let _ = (&mut pipe).take(OUTPUT_MAX).read_to_end(&mut bytes).await;
    let _ = tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}
