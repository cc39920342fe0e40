//! `top` of procps 3.2 to 4: frames of a summary and a table of processes.
//!
//! ```text
//! top - 13:41:19 up 83 days,  2:53,  1 user,  load average: 0.21, 0.85, 0.72
//! Tasks: 148 total,   1 running, 106 sleeping,   0 stopped,   0 zombie
//! %Cpu(s):  7.0 us,  4.1 sy,  0.0 ni, 88.4 id,  0.2 wa,  0.0 hi,  0.3 si,  0.0 st
//! MiB Mem :  24105.6 total,  17214.9 free,   2893.9 used,   4312.6 buff/cache
//! MiB Swap:      0.0 total,      0.0 free,      0.0 used.  21211.7 avail Mem
//!
//!     PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
//! ```
//!
//! Labels may be translated, numbers have a point or a comma, every line of the summary can be switched off, the
//! table may have any fields in any order, and lines end where the screen did.

mod processes;
mod summary;

use super::super::table::Kept;
use super::super::text::{Line, Text};
use super::super::{screen, uptime};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use processes::Header;

/// One display.
#[derive(Default)]
struct Frame<'a> {
    summary: Vec<Line<'a>>,
    header: Option<Line<'a>>,
    rows: Option<Kept<Line<'a>>>,
}

/// The last complete frame.
pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let plain = screen::plain(text.all());
    let text = text.instead(&plain);
    let (previous, last) = frames(&text);
    let reading = read(last);
    // A frame that ends before the one before it did is cut.
    let Some(previous) = previous.map(read) else { return finish(&text, reading) };
    if is_cut(&reading, &previous) { finish(&text, previous) } else { finish(&text, reading) }
}

/// A reading, when it says anything.
fn finish(text: &Text<'_>, reading: Reading) -> Result<Reading, ParseError> {
    let empty = Reading { remarks: reading.remarks.clone(), ..Reading::default() };
    if reading == empty { Err(text.error(Fault::Malformed("the output of top"))) } else { Ok(reading) }
}

fn is_cut(last: &Reading, previous: &Reading) -> bool {
    let rows = |reading: &Reading| reading.processes.as_ref().map(|rows| rows.len() as u64);
    let lost = |last: bool, previous: bool| previous && !last;
    // With every process listed, fewer rows than processes are a cut too.
    let lists_all = |reading: &Reading| rows(reading) >= reading.process_count && rows(reading).is_some();
    lost(last.processes.is_some(), previous.processes.is_some())
        || lost(last.mem_total_bytes.is_some(), previous.mem_total_bytes.is_some())
        || lost(last.swap_total_bytes.is_some(), previous.swap_total_bytes.is_some())
        || (previous.process_count.is_some() && lost(lists_all(last), lists_all(previous)))
        || (rows(last) == Some(0) && rows(previous) > Some(0))
}

/// The last two frames.
fn frames<'a>(text: &Text<'a>) -> (Option<Frame<'a>>, Frame<'a>) {
    let (mut previous, mut frame) = (None, Frame::default());
    for line in text.lines() {
        for part in glued(line.text) {
            let line = line.part(part);
            let header = Header::is(part);
            let in_table = frame.header.is_some();
            let starts = is_first(part) && (in_table || !frame.summary.is_empty());
            if starts || (in_table && (header || summary::is(part))) {
                previous = Some(std::mem::take(&mut frame));
            }
            if header {
                frame.header = Some(line);
                frame.rows = Some(Kept::new());
            } else if line.is_blank() {
            } else if let Some(rows) = &mut frame.rows {
                rows.push(line);
            } else if frame.summary.len() < MAX_SUMMARY {
                frame.summary.push(line);
            }
        }
    }
    (previous, frame)
}

/// More than a line for each of two processors of the largest hosts.
const MAX_SUMMARY: usize = 4096;

/// The first line of a frame. Its first letters may be lost, and a login shell has a dash before its name.
fn is_first(line: &str) -> bool {
    uptime::find_averages(line).is_some_and(|(before, _)| before.contains("up "))
}

/// A terminal without cursor movement gets the next frame on the last line of the one before.
fn glued(line: &str) -> impl Iterator<Item = &str> {
    let at = line.match_indices("top - ").map(|(at, _)| at).find(|&at| {
        let time = line.get(at + 6..).unwrap_or_default();
        // A first line is no longer than this, and a long line has many places where one could begin.
        let time = time.split_at(time.floor_char_boundary(300)).0;
        at > 1 && time.starts_with(|char: char| char.is_ascii_digit()) && is_first(time)
    });
    // A login shell's name begins with a dash.
    let at =
        at.map(|at| if line.get(..at).is_some_and(|before| before.ends_with(" -")) { at - 1 } else { at });
    let (first, second) = at.map_or((line, None), |at| {
        let (first, second) = line.split_at(at);
        (first, Some(second))
    });
    [Some(first), second].into_iter().flatten()
}

fn read(frame: Frame<'_>) -> Reading {
    let mut reading = Reading::default();
    let mut summary = summary::Summary::default();
    for line in frame.summary {
        if is_first(line.text) {
            uptime::read(line, &mut reading);
        } else {
            summary.read(line, &mut reading);
        }
    }
    if let (Some(header), Some(rows)) = (frame.header, frame.rows) {
        processes::read(header, rows, &mut reading);
    }
    reading
}

#[cfg(test)]
mod tests;
