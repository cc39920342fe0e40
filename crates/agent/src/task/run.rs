//! One run of a task's command: bounded in time and output, its whole tree ended with it.

use crate::platform::stop;
use crate::platform::tree::Tree;
use crate::supervisor::{Output, prepare};
use crate::unit::{CommandLine, Unit};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Most bytes kept of what a run prints: its last lines say how it went.
pub(crate) const OUTPUT_MAX: usize = 2 << 10;
/// How long output may go on after the command ended, through a process that it left behind.
const OUTPUT_WAIT: Duration = Duration::from_millis(200);

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// Exit code, or 128 plus the number of the signal that ended it, as shells count; none when it did not run or
    /// was killed for taking too long.
    pub(crate) code: Option<i32>,
    /// The last part of its output, then that of its error output.
    pub(crate) output: String,
    /// Why it has no code.
    pub(crate) problem: Option<String>,
}

impl Ended {
    pub(crate) fn is_good(&self) -> bool {
        self.code == Some(0)
    }

    /// In words: why it failed, or its last line.
    pub(crate) fn message(&self) -> Option<String> {
        let last = self.output.lines().rev().map(str::trim).find(|line| !line.is_empty());
        match (self.code, &self.problem) {
            (_, Some(problem)) => Some(problem.clone()),
            (Some(0) | None, None) => last.map(str::to_owned),
            (Some(code), None) => Some(match last {
                Some(line) => format!("exited with code {code}: {line}"),
                None => format!("exited with code {code}"),
            }),
        }
    }
}

/// Runs a command of a unit to its end. Dropped before, it kills what it started.
pub(crate) async fn run(unit: &Unit, command: &CommandLine, timeout: Duration) -> Ended {
    let failed = |problem: String| Ended { code: None, output: String::new(), problem: Some(problem) };
    let prepared = match prepare(unit, command, None, &Output::Pipe) {
        Ok(prepared) => prepared,
        Err(error) => return failed(error.to_string()),
    };
    let program = command.program();
    let mut prepared = tokio::process::Command::from(prepared);
    let (mut child, _tree) = match Tree::spawn(prepared.kill_on_drop(true)) {
        Ok(spawned) => spawned,
        Err(error) => return failed(format!("run {program}: {error}")),
    };
    let (mut out, mut err) = (Tail::default(), Tail::default());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = {
        let reading = async { tokio::join!(out.read(stdout), err.read(stderr)) };
        tokio::pin!(reading);
        let work = async {
            tokio::select! {
                _ = &mut reading => child.wait().await,
                status = child.wait() => {
                    let _ = tokio::time::timeout(OUTPUT_WAIT, &mut reading).await;
                    status
                }
            }
        };
        tokio::time::timeout(timeout, work).await
    };
    let output = out.text() + &err.text();
    match ended {
        Ok(Ok(status)) => Ended { code: Some(stop::code(status)), output, problem: None },
        Ok(Err(error)) => Ended { code: None, output, problem: Some(format!("wait for {program}: {error}")) },
        Err(_) => {
            let problem = format!("{program} did not end within {} s and was killed", timeout.as_secs());
            Ended { code: None, output, problem: Some(problem) }
        }
    }
}

/// The last part of an output.
#[derive(Default)]
struct Tail(VecDeque<u8>);

impl Tail {
    /// Reads to the end, keeping half of [`OUTPUT_MAX`]; what cannot be read is not there, the exit code counts.
    async fn read(&mut self, pipe: Option<impl AsyncRead + Unpin>) {
        let Some(mut pipe) = pipe else { return };
        let mut buffer = [0; 4_096];
        while let Ok(length @ 1..) = pipe.read(&mut buffer).await {
            self.0.extend(&buffer[..length]);
            let excess = self.0.len().saturating_sub(OUTPUT_MAX / 2);
            self.0.drain(..excess);
        }
    }

    fn text(&mut self) -> String {
        let text = String::from_utf8_lossy(self.0.make_contiguous());
        text.chars().map(|char| if char.is_control() && char != '\n' { ' ' } else { char }).collect()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    async fn shell(script: &str, timeout: Duration) -> Ended {
        let text = format!(
            "command = [\"/bin/true\"]\n[[task]]\nname = \"t\"\nevery = \"1h\"\ncommand = [\"/bin/sh\", \"-c\", {script:?}]"
        );
        let unit = crate::unit::parse("switch.toml", &text).unwrap();
        let command = unit.tasks[0].run.as_ref().unwrap().command.clone();
        run(&unit, &command, timeout).await
    }

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn run_tells_code_and_the_last_of_both_outputs() {
        // TK-3
        let good = shell("echo fine; echo all done", LONG).await;
        assert_eq!((good.code, good.message().as_deref()), (Some(0), Some("all done")));
        let bad = shell("echo fine; echo no disk >&2; exit 3", LONG).await;
        assert_eq!(bad.output, "fine\nno disk\n");
        assert_eq!(bad.message().as_deref(), Some("exited with code 3: no disk"));
        let flood = shell("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end", LONG).await;
        assert!(
            flood.output.len() <= OUTPUT_MAX && flood.output.ends_with("\nend\n"),
            "{}",
            flood.output.len()
        );
    }

    #[tokio::test]
    async fn run_beyond_its_time_is_killed_and_says_so() {
        // TK-3
        let late = shell("echo begun; sleep 600", Duration::from_millis(300)).await;
        assert_eq!(late.code, None);
        assert!(late.message().unwrap().contains("did not end within"), "{late:?}");
        let missing = shell("exec /nonexistent/program", LONG).await;
        assert_eq!(missing.code, Some(127));
    }
}
