//! `svmon -G`: memory and paging space, in pages of 4 KiB or the unit that the text names.

use super::PAGE_BYTES;
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::{Head, Row};
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut unit = PAGE_BYTES;
    let mut head: Option<Head<'_>> = None;
    let mut understood = false;
    let mut space = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let lower = line.text.trim().to_ascii_lowercase();
        if let Some(name) = lower.strip_prefix("unit:") {
            unit = match name.trim() {
                "page" | "pages" => PAGE_BYTES,
                name => text::size(&format!("1{name}"), 1).unwrap_or(1),
            };
        } else if lower == "paging space" {
            // `summary=longreal` has a table for each.
            space = true;
        } else if lower.contains("size")
            && (lower.contains("inuse") || space)
            && !lower.starts_with("pagesize")
        {
            head = Some(Head::of(line.text));
        } else if lower.starts_with("pagesize") || lower.starts_with("work") || lower.starts_with("in use") {
            head = None;
        } else if let Some(head) = &head {
            let mut cells: Vec<&str> = line.words().collect();
            let paging = space || lower.starts_with("pg space");
            match cells.first() {
                Some(&"memory") => drop(cells.remove(0)),
                Some(&"pg") => drop(cells.drain(..2.min(cells.len()))),
                Some(word) if text::number(word.trim_end_matches(char::is_alphabetic)).is_some() => {}
                _ => continue,
            }
            let complete = if paging { cells.len() >= 2 } else { cells.len() == head.len() };
            if !complete {
                reading.remark(line.number, "the row has not the columns of its header, left out");
                continue;
            }
            let row = Row::new(head, cells, line.number);
            understood = true;
            if paging {
                reading.swap_total_bytes = row.size(&["size"], unit);
                reading.swap_used_bytes = row.size(&["inuse"], unit);
            } else {
                reading.mem_total_bytes = row.size(&["size"], unit);
                reading.mem_used_bytes = row.size(&["inuse"], unit);
                reading.mem_free_bytes = row.size(&["free"], unit);
                reading.mem_available_bytes = row.size(&["available"], unit);
            }
            row.report(&mut reading);
        }
    }
    if understood { Ok(reading) } else { Err(text.error(Fault::Missing("the row of memory"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_is_pages_until_the_text_says_another() {
        let table = "               size       inuse        free         pin     virtual  available   mmode\n\
                     memory      262144      200000       62144       50000      150000      90000     Ded\n\
                     pg space    131072        1000\n\n\
                     \x20              work        pers        clnt       other\n\
                     pin           1000           0        2108      134016\n";
        let reading = parse(&Text::of("aix svmon", table)).unwrap();
        assert_eq!((reading.mem_total_bytes, reading.mem_used_bytes), (Some(1 << 30), Some(819_200_000)));
        assert_eq!((reading.swap_total_bytes, reading.swap_used_bytes), (Some(512 << 20), Some(4_096_000)));
        let text = format!("Unit: KB\n-----------\n{table}");
        let reading = parse(&Text::of("aix svmon", &text)).unwrap();
        assert_eq!(
            (reading.mem_total_bytes, reading.mem_available_bytes),
            (Some(256 << 20), Some(92_160_000))
        );
    }

    #[test]
    fn long_summary_has_two_tables() {
        let text = "Unit: MB\n-----\n      Memory\n   Size   Inuse    Free     Pin Virtual Available Mmode\n\
                    2048.00 1024.00 1024.00  100.00  500.00   1200.00   Ded\n\n      Paging Space\n   Size   Inuse\n 512.00   12.50\n";
        let reading = parse(&Text::of("aix svmon", text)).unwrap();
        assert_eq!((reading.mem_total_bytes, reading.mem_used_bytes), (Some(2 << 30), Some(1 << 30)));
        assert_eq!((reading.swap_total_bytes, reading.swap_used_bytes), (Some(512 << 20), Some(13_107_200)));
    }

    #[test]
    fn sizes_have_their_own_units_with_auto() {
        let text = "Unit: auto\n------\n      size  inuse   free    pin  virtual available mmode\n\
                    memory  8.00G  2.50G  5.50G  1.00G    1.25G     5.00G   Ded\npg space 512.00M 10.0M\n";
        let reading = parse(&Text::of("aix svmon", text)).unwrap();
        assert_eq!((reading.mem_total_bytes, reading.mem_used_bytes), (Some(8 << 30), Some(2_684_354_560)));
        assert_eq!(reading.swap_used_bytes, Some(10 << 20));
    }
}
