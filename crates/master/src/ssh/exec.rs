//! Running something on a host and reading what it prints, within bounds.
//!
//! Invariants
//! - EX-1: what is read is bounded in bytes and time, whatever the host sends.

use super::connect::Connection;
use super::fault::Fault;
use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use topmast_probe::plan;

/// What is run: a shell that reads the script from its standard input, whatever the account's own shell is.
const SHELL: &str = "/bin/sh -s";
/// Time for one reading: tools that report twice take a second, `df` five.
pub(super) const READ_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of one reading: 5,000 processes are 1.5 MiB.
const OUTPUT_MAX: usize = 4 << 20;
/// Bytes of what goes wrong that are kept.
const ERRORS_MAX: usize = 4 << 10;

/// The terminal that a program is given: wide enough for all columns, high enough for the busiest processes.
const COLUMNS: u32 = 200;
const ROWS: u32 = 60;
/// Time for the screen: programs draw every three to five seconds.
const SCREEN_WITHIN: Duration = Duration::from_secs(15);
/// A screen is drawn when nothing came for so long: there is no mark at its end.
const DRAWN: Duration = Duration::from_millis(400);
/// Time between the first screen and the one that is read: rates are over it.
const BETWEEN: Duration = Duration::from_secs(1);
/// Bytes of some screens with all their colours.
const SCREEN_MAX: usize = 512 << 10;
/// Terminals that a program may know, the likeliest first.
const TERMINALS: [&str; 3] = ["xterm", "vt100", "dumb"];

/// What a command printed.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) text: Vec<u8>,
    pub(super) errors: Vec<u8>,
    /// It did not end in time; what is here came before.
    pub(super) is_late: bool,
}

impl Output {
    /// As it is, unless it was late.
    pub(super) fn in_time(self, connection: &Connection) -> Result<Self, Fault> {
        if !self.is_late {
            return Ok(self);
        }
        let endpoint = connection.endpoint().to_owned();
        Err(Fault::Late { endpoint, what: "answer a reading", within: READ_WITHIN })
    }
}

/// Runs a script for so long at most.
pub(super) async fn script(
    connection: &Connection,
    script: String,
    within: Duration,
) -> Result<Output, Fault> {
    bounded(connection, script, plan::is_complete, within).await
}

/// The same for a script with a marker of its own.
pub(super) async fn marked(
    connection: &Connection,
    script: String,
    marker: &str,
    within: Duration,
) -> Result<Output, Fault> {
    bounded(connection, script, |text| plan::is_complete_by(text, marker), within).await
}

async fn bounded(
    connection: &Connection,
    script: String,
    is_complete: impl Fn(&[u8]) -> bool,
    within: Duration,
) -> Result<Output, Fault> {
    let mut output = Output::default();
    match timeout(within, run(connection, script, is_complete, &mut output)).await {
        Ok(done) => done?,
        Err(_) => output.is_late = true,
    }
    Ok(output)
}

async fn run(
    connection: &Connection,
    script: String,
    is_complete: impl Fn(&[u8]) -> bool,
    output: &mut Output,
) -> Result<(), Fault> {
    let broken = |error: russh::Error| connection.broken("it was read", &error);
    let mut channel = session(connection).await?;
    channel.exec(true, SHELL).await.map_err(broken)?;
    // A command that is forced may be over before it has read anything: what it printed counts.
    if channel.data_bytes(script).await.is_ok() {
        let _ = channel.eof().await;
    }
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => {
                if output.text.len() + data.len() > OUTPUT_MAX {
                    return Err(Fault::Flood(OUTPUT_MAX >> 10));
                }
                output.text.extend_from_slice(&data);
                // What a command left running may hold the channel open for ever.
                if is_complete(&output.text) {
                    break;
                }
            }
            ChannelMsg::ExtendedData { data, .. } => {
                let room = ERRORS_MAX - output.errors.len();
                output.errors.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
            }
            ChannelMsg::Close => break,
            _ => {}
        }
    }
    let _ = channel.close().await;
    Ok(())
}

async fn session(connection: &Connection) -> Result<Channel<Msg>, Fault> {
    let gone = || connection.broken("it was read", &russh::Error::Disconnect);
    let handle = connection.handle().ok_or_else(gone)?;
    handle.channel_open_session().await.map_err(|error| connection.broken("a session was opened", &error))
}

/// What a terminal shows that the account's own program draws on: everything drawn, escapes and all.
pub(super) async fn screen(connection: &Connection) -> Result<Vec<u8>, Fault> {
    let mut said = Vec::new();
    for terminal in TERMINALS {
        let drawn = draw(connection, terminal).await?;
        if is_drawn(&drawn) {
            return Ok(drawn);
        }
        // A program that does not know its terminal ends at once, often without a word.
        if said.is_empty() {
            said = drawn;
        }
    }
    Ok(said)
}

/// More than the one line with which a program refuses.
fn is_drawn(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').nth(4).is_some()
}

async fn draw(connection: &Connection, terminal: &str) -> Result<Vec<u8>, Fault> {
    let broken = |error: russh::Error| connection.broken("its screen was read", &error);
    let end = Instant::now() + SCREEN_WITHIN;
    let mut channel = session(connection).await?;
    channel.request_pty(false, terminal, COLUMNS, ROWS, 0, 0, &[]).await.map_err(broken)?;
    channel.request_shell(false).await.map_err(broken)?;
    let mut text = Vec::new();
    let mut alive = until_quiet(&mut channel, &mut text, end).await?;
    if alive && is_drawn(&text) {
        // The first screen's rates are over no time: a key asks for another one.
        tokio::time::sleep(BETWEEN).await;
        alive =
            channel.data_bytes(&b" "[..]).await.is_ok() && until_quiet(&mut channel, &mut text, end).await?;
    }
    if alive {
        // Whoever does not listen any more is gone already.
        let _ = channel.data_bytes(&b"q"[..]).await;
    }
    let _ = channel.close().await;
    if text.is_empty() && Instant::now() >= end {
        let endpoint = connection.endpoint().to_owned();
        return Err(Fault::Late { endpoint, what: "draw a screen", within: SCREEN_WITHIN });
    }
    Ok(text)
}

/// Reads until something came and then nothing for a while; false when the program is over.
async fn until_quiet(channel: &mut Channel<Msg>, text: &mut Vec<u8>, end: Instant) -> Result<bool, Fault> {
    let mut until = end;
    loop {
        match timeout_at(until.min(end), channel.wait()).await {
            Err(_) => return Ok(true),
            Ok(None | Some(ChannelMsg::Close | ChannelMsg::Eof)) => return Ok(false),
            Ok(Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. })) => {
                if text.len() + data.len() > SCREEN_MAX {
                    return Err(Fault::Flood(SCREEN_MAX >> 10));
                }
                text.extend_from_slice(&data);
                until = Instant::now() + DRAWN;
            }
            Ok(Some(_)) => {}
        }
    }
}
