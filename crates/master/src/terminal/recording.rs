//! A pane's recording: what it printed and when, as asciicast 2, which players of terminals read.
//!
//! ```text
//! data/terminals/ (0700) ─ TERMINAL/ ─ PANE.cast (0600)
//! {"version":2,"width":80,"height":24,"timestamp":1790000000,"title":"acme/prod/db-1","command":"uptime"}
//! [0.012,"o"," 03:12:44 up 8 days…\r\n"]
//! [4.2,"r","100x30"]
//! ```
//!
//! What is typed is not recorded: a password is typed without being shown, and what is shown is in the output.
//! Standard error stands between the output, as a person would have seen it.
//!
//! Invariants
//! - RC-1: a line is written whole before the next begins, and as soon as it is printed: what a master that died
//!   leaves can be read up to its last line.
//! - RC-2: the digest is that of all bytes written.

use aws_lc_rs::digest::{Context as Digest, SHA256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use topmast_api::terminal::{OutputStream, TerminalSize};
use topmast_model::path::ObjectPath;
use topmast_model::terminal::TerminalId;
use topmast_model::time::UnixMillis;

/// Bytes of one recording: some hours of a busy shell. What is printed after that is shown and not recorded.
const BYTES_MAX: u64 = 32 << 20;

/// Where the recordings are.
pub(super) fn folder(data: &Path) -> PathBuf {
    data.join("terminals")
}

/// Where one recording is.
pub(crate) fn path(data: &Path, terminal: TerminalId, pane: usize) -> PathBuf {
    folder(data).join(terminal.to_string()).join(format!("{pane}.cast"))
}

/// What stands at the beginning.
pub(super) struct Head<'a> {
    pub(super) size: TerminalSize,
    pub(super) at: UnixMillis,
    pub(super) server: &'a ObjectPath,
    pub(super) command: Option<&'a str>,
}

/// A recording that is being written.
pub(super) struct Recording {
    file: File,
    began: Instant,
    digest: Digest,
    bytes: u64,
    /// Bytes of a character that is not whole yet, by stream.
    halves: [Vec<u8>; 2],
    problem: Option<String>,
}

impl Recording {
    /// Begins one.
    ///
    /// # Errors
    /// Why it cannot be written, in words.
    pub(super) async fn begin(path: &Path, head: &Head<'_>) -> Result<Self, String> {
        let words = |error: std::io::Error| error.to_string();
        if let Some(folder) = path.parent() {
            tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await.map_err(words)?;
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await;
        let mut recording = Self {
            file: file.map_err(words)?,
            began: Instant::now(),
            digest: Digest::new(&SHA256),
            bytes: 0,
            halves: [Vec::new(), Vec::new()],
            problem: None,
        };
        let line = serde_json::json!({
            "version": 2, "width": head.size.columns, "height": head.size.rows, "timestamp": head.at.0 / 1_000,
            "title": head.server, "command": head.command,
        });
        recording.line(&format!("{line}\n")).await?;
        Ok(recording)
    }

    /// Takes down what was printed; returns what to tell when the recording ends by this.
    pub(super) async fn output(&mut self, stream: OutputStream, bytes: &[u8]) -> Option<String> {
        let half = &mut self.halves[usize::from(stream == OutputStream::Error)];
        half.extend_from_slice(bytes);
        let text = whole(half);
        self.event("o", &text).await
    }

    /// Takes down another size.
    pub(super) async fn resize(&mut self, size: TerminalSize) -> Option<String> {
        self.event("r", &format!("{}x{}", size.columns, size.rows)).await
    }

    /// Ends it; returns its digest, and why it ends early, if it does.
    pub(super) async fn finish(mut self) -> (String, Option<String>) {
        let rest: Vec<u8> = self.halves.concat();
        if !rest.is_empty() {
            let text = String::from_utf8_lossy(&rest).into_owned();
            self.event("o", &text).await;
        }
        let mut text = String::with_capacity(64);
        for byte in self.digest.finish().as_ref() {
            let _ = write!(text, "{byte:02x}");
        }
        (text, self.problem)
    }

    async fn event(&mut self, kind: &str, text: &str) -> Option<String> {
        if text.is_empty() || self.problem.is_some() {
            return None;
        }
        let time = self.began.elapsed().as_millis();
        let (seconds, millis) = (time / 1_000, time % 1_000);
        let text = serde_json::to_string(text).unwrap_or_default();
        let line = format!("[{seconds}.{millis:03},\"{kind}\",{text}]\n");
        if self.bytes + line.len() as u64 > BYTES_MAX {
            return Some(self.end(format!("it has {} MiB, which is the most", BYTES_MAX >> 20)));
        }
        self.line(&line).await.err().map(|problem| self.end(problem))
    }

    fn end(&mut self, problem: String) -> String {
        self.problem = Some(problem.clone());
        problem
    }

    async fn line(&mut self, line: &str) -> Result<(), String> {
        let written = async {
            self.file.write_all(line.as_bytes()).await?;
            self.file.flush().await
        };
        if let Err(error) = written.await {
            // Half a line, as a full disk leaves it, is taken away again (RC-2).
            let _ = self.file.set_len(self.bytes).await;
            return Err(error.to_string());
        }
        self.digest.update(line.as_bytes());
        self.bytes += line.len() as u64;
        Ok(())
    }
}

/// Takes the whole characters out of some bytes; what can be none becomes the replacement character.
fn whole(bytes: &mut Vec<u8>) -> String {
    // The longest beginning of a character that is not whole has three bytes.
    let cut = (1..=bytes.len().min(3))
        .map(|back| bytes.len() - back)
        .find(|place| matches!(std::str::from_utf8(&bytes[*place..]), Err(error) if error.error_len().is_none()))
        .unwrap_or(bytes.len());
    let rest = bytes.split_off(cut);
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use uuid::Uuid;

    const SIZE: TerminalSize = TerminalSize { columns: 80, rows: 24 };

    async fn begin(path: &Path) -> Result<Recording, String> {
        let server = "acme/main/db".parse().unwrap();
        Recording::begin(path, &Head { size: SIZE, at: UnixMillis(5_000), server: &server, command: None })
            .await
    }

    #[tokio::test]
    async fn recording_is_private_readable_at_once_and_has_the_digest_of_its_bytes() {
        // RC-1, RC-2
        let data = tempfile::tempdir().unwrap();
        let path = path(data.path(), TerminalId(Uuid::from_u128(1)), 3);
        let mut recording = begin(&path).await.unwrap();
        for part in [&b"caf\xc3"[..], b"\xa9 \xff\r\n"] {
            assert_eq!(recording.output(OutputStream::Output, part).await, None);
        }
        recording.resize(TerminalSize { columns: 1, rows: 1 }).await;
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((&lines[0]["version"], &lines[0]["title"]), (&2.into(), &"acme/main/db".into()));
        let said: Vec<&str> = lines[1..].iter().map(|line| line[2].as_str().unwrap()).collect();
        assert_eq!(said, ["caf", "é \u{fffd}\r\n", "1x1"]);
        recording.output(OutputStream::Error, b"\xe2\x82").await;
        let (digest, problem) = recording.finish().await;
        assert_eq!(digest, crate::access::secret::fingerprint(std::fs::read(&path).unwrap()));
        assert_eq!(problem, None);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(begin(&path).await.is_err(), "none is written over");
    }

    #[tokio::test]
    async fn recording_that_is_full_says_so_once() {
        let data = tempfile::tempdir().unwrap();
        let path = path(data.path(), TerminalId(Uuid::from_u128(1)), 0);
        let mut recording = begin(&path).await.unwrap();
        recording.bytes = BYTES_MAX - 10;
        let told = recording.output(OutputStream::Output, b"more than ten").await;
        assert_eq!(told.as_deref(), Some("it has 32 MiB, which is the most"));
        assert_eq!(recording.output(OutputStream::Output, b"more").await, None);
        assert_eq!(recording.finish().await.1, told);
    }

    #[test]
    fn characters_are_kept_whole() {
        let mut bytes = "é€😀".as_bytes().to_vec();
        for cut in 0..=bytes.len() {
            let (mut first, second) = (bytes[..cut].to_vec(), &bytes[cut..]);
            let mut text = whole(&mut first);
            assert!(first.len() < 4);
            first.extend_from_slice(second);
            text += &whole(&mut first);
            assert_eq!((text.as_str(), first.len()), ("é€😀", 0), "cut at {cut}");
        }
        bytes.clear();
        assert_eq!(whole(&mut bytes), "");
    }
}
