//! `topmast terminals replay`: a recording, played with its pauses or printed as the file that it is.
//!
//! Invariants
//! - RP-1: what was recorded is compared with the digest in the journal before it is played.
//! - RP-2: on a terminal it is played as it was, escapes and all, for that is what is looked for; elsewhere the
//!   text alone comes at once.

use crate::cli::failure::Failure;
use crate::output::terminal;
use clap::Args;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;
use topmast_api::client::Client;
use uuid::Uuid;

/// Longest pause that is played when the command line does not say: thinking is not waited for.
const PAUSE_MAX_S: f64 = 2.0;

/// Arguments of `terminals replay`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The terminal's id
    id: Uuid,
    /// The server, by name or path; not needed when there is one
    server: Option<String>,
    /// Print the recording itself, in the form of asciicast 2
    #[arg(long)]
    raw: bool,
    /// So many times as fast
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    speed: f64,
    /// Seconds of the longest pause
    #[arg(long, value_name = "SECONDS", default_value_t = PAUSE_MAX_S)]
    idle: f64,
}

/// Plays or prints it.
pub(super) async fn run(client: &Client, arguments: &Arguments) -> Result<(), Failure> {
    let details = client.terminal_get(arguments.id).await?;
    let is_meant = |pane: &&(usize, _)| -> bool {
        let (_, pane): &(usize, &topmast_api::terminal::TerminalPane) = pane;
        arguments
            .server
            .as_ref()
            .is_none_or(|name| pane.server.name() == name || pane.server.as_str() == name)
    };
    let panes: Vec<_> = details.panes.iter().enumerate().collect();
    let meant: Vec<_> = panes.iter().filter(is_meant).collect();
    let [(place, pane)] = meant[..] else {
        let names: Vec<&str> = details.panes.iter().map(|pane| pane.server.as_str()).collect();
        return Err(Failure::Usage(format!("say which server: {}", names.join(", "))));
    };
    let text = client.terminal_recording(arguments.id, *place).await?;
    match &pane.recording {
        Some(known) if *known != digest(&text) => {
            terminal::notice("topmast: this recording is not the one whose digest is in the journal");
        }
        Some(_) => {}
        None => terminal::notice("topmast: this recording is not finished; the journal has no digest of it"),
    }
    if let Some(why) = &pane.unrecorded {
        terminal::notice(&format!("topmast: it ends early: {why}"));
    }
    if arguments.raw {
        return Ok(terminal::print(&text)?);
    }
    play(&text, arguments).await
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

async fn play(text: &str, arguments: &Arguments) -> Result<(), Failure> {
    let is_terminal = io::stdout().is_terminal();
    let mut at = 0.0;
    for (time, output) in events(text) {
        let pause = ((time - at) / arguments.speed.max(0.01)).clamp(0.0, arguments.idle.max(0.0));
        at = time;
        if is_terminal {
            tokio::time::sleep(Duration::from_secs_f64(pause)).await;
        }
        let mut out = io::stdout().lock();
        out.write_all(output.as_bytes()).and_then(|()| out.flush())?;
    }
    if is_terminal {
        // Colours and a hidden cursor do not outlive the recording.
        terminal::print("\x1b[0m\x1b[?25h\n")?;
    }
    Ok(())
}

/// What was printed and when. A line that is cut, as when a master died, is the end.
fn events(text: &str) -> impl Iterator<Item = (f64, String)> {
    let lines = text.lines().skip(1).map_while(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|event| event[1] == "o")
        .filter_map(|event| Some((event[0].as_f64()?, event[2].as_str()?.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_printed_is_played_up_to_a_line_that_is_cut() {
        let text = "{\"version\":2}\n[0.5,\"o\",\"a\"]\n[0.6,\"r\",\"1x1\"]\n[2,\"o\",\"b\"]\n[3,\"o\",\"c";
        let played: Vec<_> = events(text).collect();
        assert_eq!(played, [(0.5, "a".to_owned()), (2.0, "b".to_owned())]);
    }

    #[test]
    fn digest_is_sha256_in_hex() {
        assert!(digest("").starts_with("e3b0c44298fc1c149afbf4c8996fb924"));
    }
}
