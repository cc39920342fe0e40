//! systemd's journal of a unit as a log: entries in blocks for a search, one by one for a tail.
//!
//! ```text
//! newest first:  [ lead | own | trail ] ◄ fresh entries, turned round
//! oldest first:  [ lead | own | trail ] ► fresh entries
//! ```
//!
//! Each entry is a text with its time, its program and its message, of one line or several.
//!
//! Invariants
//! - JO-1: every entry is in the `own` of exactly one piece.

use crate::content::Piece;
use std::io;
use topmast_model::time::UnixMillis;

/// Bytes of a block, and entries of it at most.
const BLOCK: usize = 1 << 20;
const BLOCK_ENTRIES: usize = 20_000;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// As it is shown: `2026-11-29T13:20:30.123456Z switch[77]: up`.
    pub text: Vec<u8>,
    /// When it was written.
    pub time: UnixMillis,
    /// Its place, from which one goes on.
    pub cursor: String,
}

/// Entries of a unit, in one of the two orders.
pub type JournalEntries = Box<dyn Iterator<Item = io::Result<JournalEntry>>>;

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalWindow {
    /// Written then or later.
    pub since: Option<UnixMillis>,
    /// Written before then.
    pub until: Option<UnixMillis>,
    /// The newest come first.
    pub newest_first: bool,
}

/// A journal that is followed.
pub trait JournalTail {
    /// The next entry that was written; none for now.
    ///
    /// # Errors
    /// Why it cannot be followed. It may be asked again, and goes on behind the last entry.
    fn next(&mut self) -> io::Result<Option<JournalEntry>>;
}

/// Hands over the pieces of a journal; false when it was told to stop.
///
/// - `context`: entries that are to be around those of a piece.
/// - `take`: says whether to go on.
pub(crate) fn pieces(
    mut entries: JournalEntries,
    newest_first: bool,
    context: u16,
    mut take: impl FnMut(&Piece<'_>) -> bool,
) -> io::Result<bool> {
    let context = usize::from(context);
    // Entries that were read and are in no `own` yet, and those of the last `own` that stand beside the next one; in
    // order of time, as everything below but what is fresh.
    let (mut deferred, mut beside): (Vec<Vec<u8>>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    loop {
        let mut fresh: Vec<Vec<u8>> = Vec::new();
        let (mut bytes, mut is_over) = (0, false);
        while bytes < BLOCK && fresh.len() < BLOCK_ENTRIES {
            let Some(entry) = entries.next() else {
                is_over = true;
                break;
            };
            let mut text = entry?.text;
            text.push(b'\n');
            bytes += text.len();
            fresh.push(text);
        }
        let held = if is_over { 0 } else { context };
        let (own, next_deferred, next_beside);
        if newest_first {
            fresh.reverse();
            fresh.append(&mut deferred);
            let at = held.min(fresh.len());
            own = fresh.split_off(at);
            next_deferred = fresh;
            next_beside = own.iter().chain(&beside).take(context).cloned().collect::<Vec<_>>();
        } else {
            deferred.append(&mut fresh);
            let at = deferred.len().saturating_sub(held);
            next_deferred = deferred.split_off(at);
            own = deferred;
            let all: Vec<&Vec<u8>> = beside.iter().chain(&own).collect();
            next_beside =
                all[all.len().saturating_sub(context)..].iter().map(|text| (*text).clone()).collect();
        }
        let (lead, trail) = if newest_first { (&next_deferred, &beside) } else { (&beside, &next_deferred) };
        let mut block = lead.concat();
        let begin = block.len();
        block.extend(own.concat());
        let end = block.len();
        block.extend(trail.concat());
        if begin < end {
            let piece = Piece { bytes: &block, own: begin..end, read: (end - begin) as u64 };
            if !take(&piece) {
                return Ok(false);
            }
        }
        if is_over {
            return Ok(true);
        }
        (deferred, beside) = (next_deferred, next_beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(count: usize, newest_first: bool, pad: usize) -> JournalEntries {
        let entry = move |number: usize| {
            let text = format!("entry {number} {}", "x".repeat(pad)).into_bytes();
            Ok(JournalEntry { text, time: UnixMillis(0), cursor: number.to_string() })
        };
        if newest_first { Box::new((0..count).rev().map(entry)) } else { Box::new((0..count).map(entry)) }
    }

    fn numbers(bytes: &[u8]) -> Vec<usize> {
        let text = std::str::from_utf8(bytes).unwrap();
        text.lines().map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn entries_come_once_with_those_around_them(
            count in 0_usize..4_000, pad in 0_usize..3_000, newest_first in any::<bool>(), context in 0_u16..4,
        ) {
            // JO-1
            let mut own: Vec<Vec<usize>> = Vec::new();
            pieces(entries(count, newest_first, pad), newest_first, context, |piece| {
                let all = numbers(piece.bytes);
                assert!(all.windows(2).all(|pair| pair[0] + 1 == pair[1]), "in order of time, without gaps");
                let mine = numbers(&piece.bytes[piece.own.clone()]);
                let around = usize::from(context);
                assert_eq!(all.first(), Some(&mine[0].saturating_sub(around)), "those before");
                let last = mine.last().unwrap() + around;
                assert_eq!(all.last(), Some(&last.min(count - 1)), "those after");
                own.push(mine);
                true
            }).unwrap();
            if newest_first {
                own.reverse();
            }
            prop_assert_eq!(own.concat(), (0..count).collect::<Vec<_>>());
        }
    }
}
