//! `vm_stat`: pages by use, once or with an interval as a table.
//!
//! ```text
//! Mach Virtual Memory Statistics: (page size of 4096 bytes)
//! Pages free:                        2155305.
//! ```
//!
//! What is in use is not printed.

use super::super::text::{Text, bytes, count};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut page: Option<u64> = None;
    let mut columns: Option<Vec<&str>> = None;
    let mut free = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some((_, size)) = line.text.split_once("page size of ") {
            page = size.split_whitespace().next().and_then(count).filter(|size| *size > 0);
        } else if let Some(pages) = line.text.trim_start().strip_prefix("Pages free:") {
            // The point is at the end of every whole number.
            free = pages.trim().strip_suffix('.').and_then(count);
            if free.is_none() {
                reading.remark(line.number, "free pages are cut or garbled");
            }
        } else if line.words().next() == Some("free") {
            columns = Some(line.words().collect());
        } else if let Some(columns) = &columns {
            let words: Vec<&str> = line.words().collect();
            if words.len() < columns.len() {
                reading.remark(line.number, "a row is cut or is none");
                continue;
            }
            free = words.first().and_then(|word| count(word)).or(free);
        }
    }
    let (Some(page), Some(free)) = (page, free) else {
        return Err(text.error(Fault::Missing("the size of a page, or free pages")));
    };
    reading.mem_free_bytes = bytes(free as f64 * page as f64);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_of_the_size_that_is_printed() {
        let text = "Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free:                               1000.\nPages active:                           924164.\n";
        assert_eq!(parse(&Text::of("vm_stat", text)).unwrap().mem_free_bytes, Some(16_384_000));
        let table = "Mach Virtual Memory Statistics: (page size of 4096 bytes)\n    free   active   specul\n    1000      200      300\n    2000      200      300\n    30";
        assert_eq!(parse(&Text::of("vm_stat", table)).unwrap().mem_free_bytes, Some(8_192_000));
        assert!(parse(&Text::of("vm_stat", &text[..80])).is_err());
    }
}
