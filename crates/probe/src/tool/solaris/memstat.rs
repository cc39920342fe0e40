//! `echo ::memstat | mdb -k`: memory by what is in it, in pages and rounded sizes.

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::fact;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    // Pages, and the size as printed.
    let mut rows: Vec<(String, u64, Option<u64>)> = Vec::new();
    let mut unit: Option<u64> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.contains("Page Summary") || line.text.contains("Usage Type") {
            // An older release has a column `MB` without suffixes.
            unit = Some(if line.words().any(|word| word == "MB") { 1 << 20 } else { 1 });
            rows.clear();
            continue;
        }
        let Some(unit) = unit else { continue };
        let words: Vec<&str> = line.words().collect();
        let Some(at) = words.iter().skip(1).position(|word| text::count(word).is_some()) else { continue };
        let name = words[..=at].join(" ");
        let Some(pages) = text::count(words[at + 1]) else { continue };
        let size = words.get(at + 2).and_then(|word| text::size(word, unit));
        if size.is_none() {
            reading.remark(line.number, format!("{name}: no size, the line is cut"));
        }
        rows.push((name, pages, size));
    }
    let find = |name: &str| rows.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name));
    let whole = find("Physical").or(find("Total")).or_else(|| rows.iter().max_by_key(|(_, pages, _)| *pages));
    // Rounded sizes tell how large a page is, and pages are exact.
    let page = whole.and_then(|(_, pages, size)| page_bytes(*pages, (*size)?));
    let Some(page) = page else {
        return Err(text.error(Fault::Missing("a table of memstat with pages and sizes")));
    };
    let bytes = |name: &str| find(name).and_then(|(_, pages, _)| pages.checked_mul(page));
    reading.mem_total_bytes = bytes("Total");
    reading.mem_free_bytes = bytes("Free (freelist)").or_else(|| bytes("Free"));
    reading.mem_cached_bytes = bytes("Page cache");
    for (name, pages, _) in &rows {
        if !matches!(name.as_str(), "Total" | "Free (freelist)" | "Free" | "Page cache" | "Page Cache") {
            fact(&mut reading, &format!("{name} bytes"), &pages.saturating_mul(page).to_string());
        }
    }
    Ok(reading)
}

/// The size of a page, of those that processors have, that fits best.
fn page_bytes(pages: u64, size: u64) -> Option<u64> {
    let ratio = size as f64 / pages as f64;
    [4096_u64, 8192].into_iter().find(|page| (0.75..1.4).contains(&(ratio / *page as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_exact_and_their_size_is_told() {
        let text = "Page Summary                Pages                MB  %Tot\n\
                    ------------     ----------------  ----------------  ----\n\
                    Kernel                     100000               781   10%\n\
                    Page cache                   2000                15    0%\n\
                    Free (freelist)            500000              3906   50%\n\
                    Total                     1000000              7812\n";
        let reading = parse(&Text::of("solaris memstat", text)).unwrap();
        assert_eq!(reading.mem_total_bytes, Some(8_192_000_000));
        assert_eq!(
            (reading.mem_free_bytes, reading.mem_cached_bytes),
            (Some(4_096_000_000), Some(16_384_000))
        );
        assert_eq!(reading.facts.unwrap()[0], ("Kernel bytes".to_owned(), "819200000".to_owned()));
    }

    #[test]
    fn solaris_11_4_has_other_names_and_suffixes() {
        let text = "Usage Type/Subtype                      Pages    Bytes  %Tot  %Tot/%Subt\n\
                    ---------------------------- ---------------- -------- -----  -----------\n\
                    Kernel                                 512345     3.9g 24.9%\n  \
                      Regular Kernel                       412345     3.1g        20.0%/80.4%\n\
                    Page Cache                              54321   424.3m  2.6%\n\
                    Free                                   760000     5.7g 36.9%\n\
                    Total                                 2059011    15.7g  100%\n";
        let reading = parse(&Text::of("solaris memstat", text)).unwrap();
        assert_eq!(reading.mem_total_bytes, Some(2_059_011 << 13));
        assert_eq!(
            (reading.mem_free_bytes, reading.mem_cached_bytes),
            (Some(760_000 << 13), Some(54_321 << 13))
        );
    }
}
