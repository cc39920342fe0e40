//! One line of the ledger: eight hex digits of CRC-32 over the JSON, a space, the JSON, a line feed.

use serde::{Deserialize, Serialize};
use topmast_model::application::Operation;
use topmast_model::id::{Epoch, StepId};
use topmast_model::report::Report;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Format of the lines below; a file of a newer one is refused.
pub(super) const FORMAT: u16 = 1;
/// Checksum and space before the JSON.
const PREFIX: usize = 9;

/// What a line says. Persisted: a kind keeps its name and the meaning of its fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub(super) enum Entry {
    /// First line of every file.
    Format { version: u16, instance: Uuid },
    /// Highest epoch seen.
    Epoch { epoch: Epoch },
    /// A step began; after a compaction also whether it is finished.
    Step { step: StepId, operation: Operation, application: String, begun_at: UnixMillis, finished: bool },
    /// A report with its number. The report of a step's outcome also finishes the step.
    Report { number: u64, report: Report },
    /// Reports up to this number may have been sent: they keep their numbers.
    HandedOut { up_to: u64 },
    /// Reports up to this number are in the master's journal.
    Acknowledged { up_to: u64 },
}

impl Entry {
    /// Adds the line to a buffer.
    pub(super) fn write_to(&self, buffer: &mut Vec<u8>) -> serde_json::Result<()> {
        let start = buffer.len();
        buffer.extend_from_slice(&[b' '; PREFIX]);
        serde_json::to_writer(&mut *buffer, self)?;
        let sum = format!("{:08x}", crc32(&buffer[start + PREFIX..]));
        buffer[start..start + sum.len()].copy_from_slice(sum.as_bytes());
        buffer.push(b'\n');
        Ok(())
    }

    /// Reads a line with its line feed; `None` when it is torn or damaged.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n")?;
        let (prefix, json) = line.split_at_checked(PREFIX)?;
        let sum = u32::from_str_radix(std::str::from_utf8(prefix).ok()?.strip_suffix(' ')?, 16).ok()?;
        if crc32(json) != sum {
            return None;
        }
        serde_json::from_slice(json).ok()
    }
}

/// CRC-32 as in zip and PNG, a bit at a time: lines are short and few, so a table would not pay.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc = (crc >> 1) ^ (0xEDB8_8320 * carry);
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_agrees_with_the_published_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn line_with_any_changed_byte_is_refused() {
        // L-3
        let mut line = Vec::new();
        Entry::Epoch { epoch: Epoch(7) }.write_to(&mut line).unwrap();
        assert_eq!(Entry::read(&line), Some(Entry::Epoch { epoch: Epoch(7) }));
        for at in 0..line.len() {
            for bit in 0..8 {
                let mut damaged = line.clone();
                damaged[at] ^= 1 << bit;
                // A checksum in capital letters says the same; every other change is seen.
                if !damaged.eq_ignore_ascii_case(&line) {
                    assert_eq!(Entry::read(&damaged), None, "byte {at} bit {bit}");
                }
            }
        }
    }
}
