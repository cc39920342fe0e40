//! A program on the master, run without a shell.
//!
//! Invariants
//! - SC-1: only a program in the folder that master.toml names is run, and only while nobody but its owner, who is
//!   root or the master's user, can write it or the folder it is in: the API is no way to run anything else.
//! - SC-2: it gets nothing of the master's environment but its path and language, and ends with its whole group, in
//!   time, also when the message is given up.

use super::webhook::document;
use super::{ANSWER_MAX, Delivery, Failure, Senders, told};
use crate::notification::Message;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, Uid};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use topmast_model::notification::channel::Script;

/// What a program says by its code when another attempt has no point: `EX_USAGE` and `EX_CONFIG` of sysexits.h.
const LASTING: [i32; 2] = [64, 78];
/// Where the system's programs are, for scripts that call some.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// How long its output is read after its end: something outside its group may still hold it.
const OUTPUT_MAX: Duration = Duration::from_secs(1);
/// Longest value in the environment, in bytes; on its input all is whole.
const VALUE_MAX: usize = 8 * 1024;

pub(super) async fn send(
    senders: &Senders,
    channel: &str,
    script: &Script,
    message: &Message,
) -> Result<Delivery, Failure> {
    let program = checked(senders.config.scripts.as_deref(), &script.program).map_err(Failure::lasting)?;
    let name = program.display().to_string();
    let mut command = Command::new(&program);
    command
        .args(&script.arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "C.UTF-8")
        .envs(variables(&senders.config.cluster, channel, message))
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| Failure::lasting(format!("run {name}: {error}; can it be executed?")))?;
    let group = Group::of(&child);
    let document = document(&senders.config.cluster, channel, message).to_string();
    let input = child.stdin.take();
    // A program that does not read its input is none the worse for it.
    let writing = tokio::spawn(async move {
        if let Some(mut input) = input {
            let _ = input.write_all(document.as_bytes()).await;
        }
    });
    let output = tokio::spawn(beginning(child.stdout.take()));
    let errors = tokio::spawn(beginning(child.stderr.take()));
    let ended = tokio::time::timeout(script.timeout.duration(), child.wait()).await;
    drop(group);
    writing.abort();
    let output = said(output, errors).await;
    match ended {
        Err(_) => Err(Failure::passing(format!(
            "{name} did not end within {} and was killed; it said: {output}",
            script.timeout
        ))),
        Ok(Err(error)) => Err(Failure::passing(format!("wait for {name}: {error}"))),
        Ok(Ok(status)) if status.success() => Ok(Delivery { answer: output }),
        Ok(Ok(status)) => Err(Failure {
            reason: format!("{name} failed with {status}; it said: {output}"),
            retry: !status.code().is_some_and(|code| LASTING.contains(&code)),
            after: None,
        }),
    }
}

/// Kills the group when it goes, so also when nobody waits any more (SC-2).
struct Group(Option<Pid>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // None of it is left when this fails.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// The program's path as it is on the disk, when it may be run (SC-1).
fn checked(folder: Option<&Path>, program: &str) -> Result<PathBuf, String> {
    let folder = folder.ok_or(
        "programs are not run by this master; name their folder in master.toml: notification.scripts",
    )?;
    let real = |path: &Path| {
        path.canonicalize().map_err(|error| format!("run {program}: {}: {error}", path.display()))
    };
    let (folder, path) = (real(folder)?, real(Path::new(program))?);
    if !path.starts_with(&folder) || path == folder {
        return Err(format!(
            "{program} is not in {}, the only folder whose programs this master runs",
            folder.display()
        ));
    }
    for path in path.ancestors().take_while(|path| path.starts_with(&folder)) {
        let name = path.display();
        let found = path.metadata().map_err(|error| format!("run {program}: {name}: {error}"))?;
        if found.mode() & 0o022 != 0 {
            return Err(format!("{name} can be written by others than its owner; run `chmod go-w {name}`"));
        }
        if found.uid() != 0 && found.uid() != Uid::effective().as_raw() {
            return Err(format!(
                "{name} belongs to neither root nor the master's user; run `chown root {name}`"
            ));
        }
    }
    if !path.is_file() {
        return Err(format!("{program} is no file"));
    }
    Ok(path)
}

/// The facts of the worst problem; of all, its input tells.
fn variables(cluster: &str, channel: &str, message: &Message) -> Vec<(&'static str, String)> {
    let mut variables = vec![
        ("TOPMAST_ID", message.id.to_string()),
        ("TOPMAST_CLUSTER", cluster.to_owned()),
        ("TOPMAST_CHANNEL", channel.to_owned()),
        ("TOPMAST_TEST", message.test.to_string()),
        ("TOPMAST_SUBJECT", message.subject()),
        ("TOPMAST_COUNT", (message.facts.len() + message.left_out).to_string()),
        ("TOPMAST_REASON", message.reason.clone().unwrap_or_default()),
    ];
    if let Some(alarm) = &message.alarm {
        variables.extend([
            ("TOPMAST_ALARM", alarm.name.clone()),
            ("TOPMAST_STATE", alarm.to.to_string()),
            ("TOPMAST_STATE_BEFORE", alarm.from.to_string()),
            ("TOPMAST_MESSAGE", alarm.reason.clone()),
            ("TOPMAST_SINCE", super::webhook::rfc3339(alarm.at)),
            ("TOPMAST_LINK", message.link.clone().unwrap_or_default()),
        ]);
    }
    if let Some(fact) = message.facts.first() {
        variables.extend([
            ("TOPMAST_PROBLEM", fact.problem.to_string()),
            ("TOPMAST_NOTICE", fact.notice.as_str().replace(' ', "-")),
            ("TOPMAST_SEVERITY", fact.severity.to_string()),
            ("TOPMAST_OBJECT", fact.object.to_string()),
            ("TOPMAST_RULE", fact.rule.clone()),
            ("TOPMAST_DETAIL", fact.detail.clone()),
            ("TOPMAST_MESSAGE", fact.message.clone()),
            ("TOPMAST_ADVICE", fact.advice.clone()),
            ("TOPMAST_SINCE", super::webhook::rfc3339(fact.since)),
            ("TOPMAST_DURATION_S", fact.duration.as_secs().to_string()),
            ("TOPMAST_OWNER", fact.owner.clone().unwrap_or_default()),
            ("TOPMAST_CAUSE", fact.cause.clone().unwrap_or_default()),
            ("TOPMAST_LINK", fact.link.clone().unwrap_or_default()),
        ]);
    }
    for (_, value) in &mut variables {
        value.retain(|char| char != '\0');
        value.truncate(value.floor_char_boundary(VALUE_MAX));
    }
    variables
}

/// The beginning of what comes; the rest is read as well, so that whoever writes it is not held up.
async fn beginning(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return kept };
    let mut bytes = vec![0; 8 * 1024];
    while let Ok(length @ 1..) = pipe.read(&mut bytes).await {
        let room = ANSWER_MAX - kept.len();
        kept.extend_from_slice(&bytes[..length.min(room)]);
    }
    kept
}

async fn said(output: tokio::task::JoinHandle<Vec<u8>>, errors: tokio::task::JoinHandle<Vec<u8>>) -> String {
    let mut said = Vec::new();
    for reading in [output, errors] {
        let abort = reading.abort_handle();
        if let Ok(Ok(bytes)) = tokio::time::timeout(OUTPUT_MAX, reading).await {
            said.extend(bytes);
        }
        abort.abort();
    }
    told(&String::from_utf8_lossy(&said))
}
