//! `/proc/meminfo`: sizes by their names.

use super::super::super::text::{Line, bytes, count};
use crate::reading::Reading;

/// One reading of the file.
#[derive(Debug, Default)]
struct Sample {
    total: Option<u64>,
    free: Option<u64>,
    available: Option<u64>,
    buffers: Option<u64>,
    cached: Option<u64>,
    swap_total: Option<u64>,
    swap_free: Option<u64>,
    n_lines: u32,
}

/// The last reading of the file, and the one before.
#[derive(Debug, Default)]
pub(super) struct Memory {
    before: Option<Sample>,
    last: Sample,
}

impl Memory {
    /// Takes a line; false when it is of another file.
    pub(super) fn line(&mut self, name: &str, rest: &[&str], line: Line<'_>, reading: &mut Reading) -> bool {
        let Some(name) = name.strip_suffix(':') else { return false };
        let (value, kibibytes) = match rest {
            [value, "kB"] => (value, true),
            [value] => (value, false),
            _ => return false,
        };
        let Some(value) = count(value).filter(|_| !value.is_empty()) else { return false };
        if Self::field(&mut self.last, name).is_some_and(|field| field.is_some()) {
            self.before = Some(std::mem::take(&mut self.last));
        }
        self.last.n_lines += 1;
        if let Some(field) = Self::field(&mut self.last, name) {
            *field = bytes(value as f64 * 1024.0).filter(|_| kibibytes);
            if field.is_none() {
                reading.remark(line.number, format!("{name} has no unit: it is cut"));
            }
        }
        true
    }

    fn field<'s>(sample: &'s mut Sample, name: &str) -> Option<&'s mut Option<u64>> {
        Some(match name {
            "MemTotal" => &mut sample.total,
            "MemFree" => &mut sample.free,
            "MemAvailable" => &mut sample.available,
            "Buffers" => &mut sample.buffers,
            "Cached" => &mut sample.cached,
            "SwapTotal" => &mut sample.swap_total,
            "SwapFree" => &mut sample.swap_free,
            _ => return None,
        })
    }

    pub(super) fn finish(self, reading: &mut Reading) {
        let sample = match self.before {
            Some(before) if before.n_lines > self.last.n_lines => before,
            _ => self.last,
        };
        reading.mem_total_bytes = sample.total;
        reading.mem_free_bytes = sample.free;
        reading.mem_available_bytes = sample.available;
        reading.mem_buffers_bytes = sample.buffers;
        reading.mem_cached_bytes = sample.cached;
        reading.swap_total_bytes = sample.swap_total.or(reading.swap_total_bytes);
        reading.swap_free_bytes = sample.swap_free;
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::super::text::Text;
    use super::*;

    fn read(text: &str) -> Reading {
        let (mut memory, mut reading) = (Memory::default(), Reading::default());
        for line in Text::of("proc", text).lines() {
            let words: Vec<&str> = line.words().collect();
            assert!(memory.line(words[0], &words[1..], line, &mut reading), "{}", line.text);
        }
        memory.finish(&mut reading);
        reading
    }

    #[test]
    fn the_last_complete_reading_counts() {
        let first = "MemTotal: 100 kB\nMemFree: 50 kB\nActive: 7 kB\n";
        let second = "MemTotal: 100 kB\nMemFree: 40 kB\nActive: 8 kB\n";
        assert_eq!(read(&format!("{first}{second}")).mem_free_bytes, Some(40 << 10));
        assert_eq!(read(&format!("{first}{}", &second[..32])).mem_free_bytes, Some(50 << 10));
    }
}
