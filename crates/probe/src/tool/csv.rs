//! Comma-separated lines, with quotes around cells that hold commas.

use std::borrow::Cow;

/// Parts a line; a quote inside a quoted cell is doubled.
pub(super) fn cells(line: &str, separator: char) -> Vec<Cow<'_, str>> {
    let mut cells = Vec::new();
    let mut rest = line.trim_end_matches(['\r', '\n']);
    loop {
        let trimmed = rest.trim_start_matches(' ');
        let (cell, after) = if let Some(quoted) = trimmed.strip_prefix('"') {
            let end = closing_quote(quoted);
            let raw = &quoted[..end];
            let after = quoted.get(end + 1..).unwrap_or_default();
            let after = after.find(separator).map(|at| &after[at..]).unwrap_or_default();
            (
                if raw.contains('"') { Cow::Owned(raw.replace("\"\"", "\"")) } else { Cow::Borrowed(raw) },
                after,
            )
        } else {
            let end = rest.find(separator).unwrap_or(rest.len());
            (Cow::Borrowed(rest[..end].trim()), &rest[end..])
        };
        cells.push(cell);
        match after.strip_prefix(separator) {
            Some(next) => rest = next,
            None => return cells,
        }
    }
}

/// Where a quoted cell ends, or all of it when it is cut.
fn closing_quote(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'"' {
            if bytes.get(at + 1) != Some(&b'"') {
                return at;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

/// What parts the cells of a line: the first mark after a quoted cell, as some countries write `;`.
pub(super) fn separator(line: &str) -> char {
    let quoted = line.trim_start().strip_prefix('"');
    let after = quoted.and_then(|text| text.get(closing_quote(text) + 1..)).unwrap_or(line);
    let mark = after.chars().find(|char| matches!(char, ',' | ';' | '\t'));
    mark.unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_commas_and_quotes() {
        assert_eq!(cells("\"a,b\",c, \"d\"\"e\"\r", ','), ["a,b", "c", "d\"e"]);
        assert_eq!(cells("\"cut", ','), ["cut"]);
        assert_eq!(cells("a,,", ','), ["a", "", ""]);
        assert_eq!((separator("\"a,b\";\"c\""), separator("a,b"), separator("\"a\"")), (';', ',', ','));
    }
}
