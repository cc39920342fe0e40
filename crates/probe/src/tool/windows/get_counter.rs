//! `Get-Counter`: paths and values on lines of their own, wrapped and padded by the console; also its samples as a table
//! or JSON.

use super::counter::Counters;
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::pdh::Counter;
use crate::tool::record;
use crate::tool::row::last_complete;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if text.all().contains("\"(PDH-CSV") {
        // Of `Export-Counter`.
        return super::typeperf::parse(text);
    }
    let mut reading = Reading::default();
    let mut samples: Vec<Vec<(String, String)>> = Vec::new();
    if text.all().trim_start().starts_with(['{', '[']) {
        for record in record::json(text, &mut reading)? {
            let pair = record.text("path").zip(record.text("cookedvalue"));
            let pair = pair.map(|(path, value)| (path.to_owned(), value.to_owned()));
            push(&mut samples, pair);
        }
    } else {
        lines(text, &mut reading, &mut samples);
    }
    let Some(sample) = last_complete(samples).filter(|sample| !sample.is_empty()) else {
        return Err(text.error(Fault::Missing("a counter's path and value")));
    };
    let mut counters = Counters::default();
    for (path, value) in &sample {
        match Counter::of(path.trim().trim_end_matches(':')) {
            Some(counter) => counters.take(&mut reading, &counter, Some(value)),
            None => reading.remark(1, "a counter's path is cut, left out"),
        }
    }
    counters.finish(&mut reading);
    Ok(reading)
}

/// Adds a counter to the newest sample, or to the next one when it was there already.
fn push(samples: &mut Vec<Vec<(String, String)>>, pair: Option<(String, String)>) {
    let Some(pair) = pair else { return };
    let starts = samples.last().is_none_or(|sample| sample.first().is_some_and(|(path, _)| *path == pair.0));
    if starts {
        next(samples);
    }
    if let Some(sample) = samples.last_mut() {
        sample.push(pair);
    }
}

/// Starts a sample; only the newest and the one before it can count.
fn next(samples: &mut Vec<Vec<(String, String)>>) {
    if samples.len() > 1 {
        samples.remove(0);
    }
    samples.push(Vec::new());
}

fn lines(text: &Text<'_>, reading: &mut Reading, samples: &mut Vec<Vec<(String, String)>>) {
    // A path that has begun, and whether it is whole.
    let mut path: Option<(String, bool)> = None;
    let mut cooked = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim();
        if trimmed.contains("CookedValue") {
            cooked = true;
            continue;
        }
        let start = line.text.find("\\\\");
        if cooked {
            // `Path  InstanceName  CookedValue`, between blanks.
            if let (Some(start), Some((row, value))) = (start, trimmed.rsplit_once(char::is_whitespace)) {
                let path = row.get(start..).unwrap_or(row).split("  ").next().unwrap_or_default();
                if path.ends_with("...") || path.ends_with('…') {
                    reading.remark(line.number, "a counter's path is cut, left out");
                } else {
                    push(samples, Some((path.to_owned(), value.to_owned())));
                }
            }
        } else if let Some(start) = start {
            if path.is_some() {
                reading.remark(line.number, "the counter before this line has no value");
            }
            // A time before the path starts a sample.
            if !line.text[..start].trim().is_empty() || samples.is_empty() {
                next(samples);
            }
            let begun = line.text[start..].trim_end();
            path = Some((begun.to_owned(), begun.ends_with(':')));
        } else if let Some((begun, whole)) = path.take() {
            if whole {
                if let Some(sample) = samples.last_mut() {
                    sample.push((begun, trimmed.to_owned()));
                }
            } else if text::number(trimmed).is_none() {
                // The console broke the path; no path is longer than this.
                if begun.len() > 2_000 {
                    reading.remark(line.number, "a counter's path does not end, left out");
                    continue;
                }
                path = Some((format!("{begun} {trimmed}"), trimmed.ends_with(':')));
            }
        }
    }
    if path.is_some() {
        reading.remark(1, "the last counter has no value: the text is cut");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("windows get-counter", text)).unwrap()
    }

    #[test]
    fn last_whole_sample_counts_and_paths_are_joined() {
        let reading = read(
            "Timestamp                 CounterSamples      \n---------                 --------------      \n\
             1/2/2025 10:00:00         \\\\shop1\\processor(0)\\% processor   \n\
             \x20                         time :               \n\
             \x20                         12,5\n\
             \x20                         \\\\shop1\\memory\\available mbytes :\n\
             \x20                         2048\n\n\
             1/2/2025 10:00:01         \\\\shop1\\processor(0)\\% processor   \n\
             \x20                         time :               \n\
             \x20                         99,5\n\
             \x20                         \\\\shop1\\memory\\available mbytes :\n",
        );
        assert_eq!(reading.mem_available_bytes, Some(2 << 30));
        assert_eq!(reading.cpus.unwrap()[0].busy, Some(12.5));
        assert_eq!(reading.remarks.len(), 1);
    }

    #[test]
    fn samples_may_be_a_table_or_json() {
        let reading = read(
            "Path                                        InstanceName CookedValue\n----                                        ------------ -----------\n\
             \\\\h\\processor(_total)\\% user time           _total              7.5\n",
        );
        assert_eq!(reading.cpu_user_pct, Some(7.5));
        let reading = read(
            "[{\"CounterSamples\":[{\"Path\":\"\\\\\\\\h\\\\system\\\\processes\",\"InstanceName\":\"\",\"CookedValue\":77.0}]}]",
        );
        assert_eq!(reading.process_count, Some(77));
    }

    #[test]
    fn exported_files_are_those_of_typeperf() {
        let text = "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\h\\processor(_total)\\% processor time\",\"\\\\h\\memory\\available mbytes\"\r\n\"08/01/2026 10:00:01.123\",\"12.5\",\"2\"\r\n";
        let reading = parse(&Text::of("windows get-counter", text)).unwrap();
        assert_eq!((reading.cpu_idle_pct, reading.mem_available_bytes), (Some(87.5), Some(2 << 20)));
    }
}
