//! Tells Rust code from comments and strings, as far as the rules need it.
//!
//! Not a parser: it knows comments (nested too), the kinds of string literal, and a
//! character from a lifetime. What is left is code of which only brackets, commas and
//! names matter.
//!
//! Invariants
//! - `code` has the length of the source; comments and the insides of strings are blank in it,
//!   so an offset means the same place in both.

/// A string literal of the source.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// Offset of its opening quote (for raw strings too).
    pub(super) offset: usize,
    /// What is between the quotes, as written, but with continued lines joined.
    pub(super) text: String,
}

/// Source, taken apart.
#[derive(Debug)]
pub(super) struct Scanned {
    /// The code alone: comments and the insides of strings are blanks.
    pub(super) code: String,
    /// The string literals, in order.
    pub(super) literals: Vec<Literal>,
}

impl Scanned {
    /// The literal that begins at an offset.
    pub(super) fn literal_at(&self, offset: usize) -> Option<&Literal> {
        let index = self.literals.binary_search_by_key(&offset, |literal| literal.offset).ok()?;
        self.literals.get(index)
    }

    /// Line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.code.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }
}

/// Takes Rust source apart.
pub(super) fn scan(source: &str) -> Scanned {
    let bytes = source.as_bytes();
    let mut code = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let end = match rest {
            [b'/', b'/', ..] => {
                let end = at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                blank(&mut code, at, end);
                end
            }
            [b'/', b'*', ..] => {
                let end = at + comment_length(rest);
                blank(&mut code, at, end);
                end
            }
            [b'r', b'"' | b'#', ..] if !joins_word(bytes, at) && raw_hashes(rest).is_some() => {
                let hashes = raw_hashes(rest).unwrap_or_default();
                let start = at + hashes + 2;
                let close = format!("\"{}", "#".repeat(hashes));
                let length = source.get(start..).and_then(|text| text.find(&close));
                let stop = length.map_or(bytes.len(), |length| start + length);
                push(&mut literals, source, start - 1, stop);
                blank(&mut code, start, stop);
                (stop + close.len()).min(bytes.len())
            }
            [b'"', ..] => {
                let stop = at + 1 + text_length(rest.get(1..).unwrap_or_default());
                push(&mut literals, source, at, stop);
                blank(&mut code, at + 1, stop);
                stop + 1
            }
            // A character, or else a lifetime, of which the quote alone is skipped.
            [b'\'', b'\\', ..] => {
                let length = rest.iter().skip(3).position(|byte| *byte == b'\'');
                blank(&mut code, at + 1, at + 3 + length.unwrap_or_default());
                at + 4 + length.unwrap_or_default()
            }
            [b'\'', b'"' | b'/', b'\'', ..] => {
                blank(&mut code, at + 1, at + 2);
                at + 3
            }
            _ => at + 1,
        };
        at = end;
    }
    Scanned { code: String::from_utf8_lossy(&code).into_owned(), literals }
}

/// True when the byte before belongs to a name, so that `r` is its end and not a prefix.
fn joins_word(bytes: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    // `br"…"` is a raw string as well.
    before.is_some_and(|byte| (byte.is_ascii_alphanumeric() && *byte != b'b') || *byte == b'_')
}

fn raw_hashes(rest: &[u8]) -> Option<usize> {
    let hashes = rest.iter().skip(1).take_while(|byte| **byte == b'#').count();
    (rest.get(1 + hashes) == Some(&b'"')).then_some(hashes)
}

fn comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        match rest.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length of a string's inside, up to the quote that is not escaped.
fn text_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'"' => break,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at.min(rest.len())
}

fn blank(code: &mut [u8], start: usize, end: usize) {
    let end = end.min(code.len());
    for byte in code.get_mut(start..end).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn push(literals: &mut Vec<Literal>, source: &str, quote: usize, stop: usize) {
    let inside = source.get(quote + 1..stop).unwrap_or_default();
    let mut parts = inside.split("\\\n");
    let mut text = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| text.push_str(part.trim_start()));
    literals.push(Literal { offset: quote, text });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, code: &str, texts: &[&str]) {
        let scanned = scan(source);
        assert_eq!(scanned.code, code, "{source}");
        let found: Vec<_> = scanned.literals.iter().map(|literal| literal.text.as_str()).collect();
        assert_eq!(found, texts, "{source}");
        for literal in &scanned.literals {
            assert_eq!(source.as_bytes()[literal.offset], b'"', "{source}");
        }
    }

    #[test]
    fn comments_and_strings_are_told_from_code() {
        check("a // b \"c\"\nd", "a         \nd", &[]);
        check("a /* /* */ \" */ b", "a               b", &[]);
        check(r#"f("a \" b", x)"#, r#"f("      ", x)"#, &[r#"a \" b"#]);
        check(r##"f(r#"a " b"#)"##, r##"f(r#"     "#)"##, &["a \" b"]);
        check(r#"number"x""#, r#"number" ""#, &["x"]);
        check("f(\"a \\\n   b\")", "f(\"   \n    \")", &["a b"]);
        check(r#"('"', '\'', 'a', "x")"#, r#"(' ', '  ', 'a', " ")"#, &["x"]);
        check("fn f<'a>(x: &'a str) { \"y\" }", "fn f<'a>(x: &'a str) { \" \" }", &["y"]);
    }

    #[test]
    fn unfinished_source_does_not_stop_the_scan() {
        for source in ["\"open", "r#\"open", "/* open", "'\\", "\"\\", "é \"é\" é"] {
            assert_eq!(scan(source).code.chars().filter(|c| *c == '\n').count(), 0, "{source}");
        }
    }
}
