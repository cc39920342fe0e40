//! The line protocol of `InfluxDB`, as Telegraf sends it.
//!
//! ```text
//! measurement,tag=value,… field=1.5,other=3i,text="left out" 1700000000000000000
//! ```
//!
//! Each field of a number or truth is a sample of the series `measurement_field`, with the tags as its labels.
//! Strings are no samples: they are counted. A line that is wrong is named by its number; the others are told.

mod line;

use crate::intake::{Intake, METRIC_NAME, Outcome, Series, Sink, TooMuch, push_name};
use line::{Line, Number};

/// Wrong lines that are described; more are counted.
const DESCRIBED_MAX: usize = 10;

/// The unit of the lines' times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 10⁻⁹ s, when nothing is said.
    Nanoseconds,
    /// 10⁻⁶ s.
    Microseconds,
    /// 10⁻³ s.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

impl Precision {
    /// The precision with this name in the query.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "" | "n" | "ns" => Self::Nanoseconds,
            "u" | "us" | "µ" | "µs" => Self::Microseconds,
            "ms" => Self::Milliseconds,
            "s" => Self::Seconds,
            "m" => Self::Minutes,
            "h" => Self::Hours,
            _ => return None,
        })
    }

    /// A time in ms since the Unix epoch.
    const fn to_millis(self, time: i64) -> i64 {
        match self {
            Self::Nanoseconds => time.div_euclid(1_000_000),
            Self::Microseconds => time.div_euclid(1_000),
            Self::Milliseconds => time,
            Self::Seconds => time.saturating_mul(1_000),
            Self::Minutes => time.saturating_mul(60_000),
            Self::Hours => time.saturating_mul(3_600_000),
        }
    }
}

/// What became of lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// Of their samples.
    pub outcome: Outcome,
    /// Fields that are strings.
    pub strings: u64,
    /// Lines that cannot be read.
    pub wrong: u64,
    /// What is wrong with the first of them, each with its number.
    pub descriptions: Vec<String>,
}

/// Tells the samples of lines to a sink.
///
/// - `now`: the time of lines without one, in ms since the Unix epoch.
///
/// # Errors
/// [`TooMuch`]; something may have been told already: forget that.
pub fn decode<S: Sink>(body: &[u8], precision: Precision, now: i64, sink: &mut S) -> Result<Lines, TooMuch> {
    let mut lines = Lines::default();
    let mut intake = Intake::new(sink);
    // Names and values of the line at hand, as they are told.
    let mut texts = Texts::default();
    let (mut rest, mut number) = (body, 1_u64);
    while !rest.is_empty() {
        let (line, after) = line::split(rest);
        let first = number;
        number += line.split(|byte| *byte == b'\n').count() as u64;
        rest = after;
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let read = str::from_utf8(line).map_err(|_| "it is not UTF-8").and_then(Line::read);
        match read {
            Ok(line) => {
                lines.strings += line.strings;
                let time = line.time.map_or(now, |time| precision.to_millis(time));
                texts.set(&line);
                texts.tell(&line.fields, time, &mut intake)?;
            }
            Err(reason) => {
                lines.wrong += 1;
                if lines.descriptions.len() < DESCRIBED_MAX {
                    lines.descriptions.push(format!("line {first}: {reason}"));
                }
            }
        }
    }
    lines.outcome = intake.outcome;
    Ok(lines)
}

/// The names and values of a line, unescaped, one after the other.
#[derive(Default)]
struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    /// Measurement, then name and value of every tag, then the metric of every field.
    fn set(&mut self, line: &Line<'_>) {
        self.text.clear();
        self.ends.clear();
        for (name, value) in &line.tags {
            push_name(&mut self.text, &line::unescaped(name), false);
            self.ends.push(self.text.len());
            self.text.push_str(&line::unescaped(value));
            self.ends.push(self.text.len());
        }
        for (field, _) in &line.fields {
            push_name(&mut self.text, &line::unescaped(line.measurement), true);
            self.text.push('_');
            push_name(&mut self.text, &line::unescaped(field), true);
            self.ends.push(self.text.len());
        }
    }

    fn tell<S: Sink>(
        &self,
        fields: &[(&str, Number)],
        time: i64,
        intake: &mut Intake<'_, S>,
    ) -> Result<(), TooMuch> {
        let mut start = 0;
        let mut pieces: Vec<&str> = Vec::with_capacity(self.ends.len());
        for end in &self.ends {
            pieces.push(self.text.get(start..*end).unwrap_or_default());
            start = *end;
        }
        let (tags, metrics) = pieces.split_at(pieces.len() - fields.len());
        let mut tags: Vec<(&str, &str)> = tags.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        // Once for all fields.
        tags.sort_unstable();
        let mut series = Series::default();
        for (metric, (_, value)) in metrics.iter().zip(fields) {
            series.labels.extend_from_slice(&tags);
            series.labels.push((METRIC_NAME, metric));
            series.samples.push((time, value.0));
            intake.take(&mut series)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
