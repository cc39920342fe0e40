//! Which lines are meant: an expression, looked for in blocks of many lines at once.
//!
//! Expressions are of the crate `regex`: their time is linear in what is looked through, whatever they are, and the
//! memory that they may take is bounded. What makes a search fast is that a block is searched as a whole and only
//! the lines of hits are looked at; a text that every match holds is looked for first.

use memchr::memmem::Finder;
use memchr::{memchr, memrchr};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::{Hir, HirKind, Look};
use std::ops::Range;
use topmast_model::log::{LOG_PATTERN_MAX, LogMatch};

/// Most bytes of a compiled expression, and of what it learns while it runs.
const SIZE_MAX: usize = 2 << 20;
const LEARNT_MAX: usize = 4 << 20;
/// A text shorter than this is in too many lines for looking for it first.
const TEXT_MIN: usize = 3;
/// A block in which so many hits reach beyond their line is gone through line by line: else an expression like
/// `[^x]*y` would read the block anew for each of its lines.
const STRAY_MAX: u32 = 32;

/// Which lines are meant.
#[derive(Debug)]
pub(crate) struct Expression {
    regex: Option<Regex>,
    /// A text that is in every match.
    text: Option<Finder<'static>>,
    /// The text is all that there is to a match.
    is_text: bool,
    /// It asks for the beginning or end of a text, which a block of lines has elsewhere.
    by_line: bool,
    invert: bool,
}

impl Expression {
    /// Compiles it; what is wrong with it, in words.
    pub(crate) fn new(lines: &LogMatch) -> Result<Self, String> {
        let all = Self { regex: None, text: None, is_text: false, by_line: false, invert: false };
        let Some(pattern) = lines.pattern.as_deref().filter(|pattern| !pattern.is_empty()) else {
            return Ok(all);
        };
        if pattern.len() > LOG_PATTERN_MAX {
            return Err(format!("the expression is too long; write at most {LOG_PATTERN_MAX} bytes"));
        }
        let escaped;
        let pattern = if lines.is_fixed {
            escaped = regex::escape(pattern);
            &escaped
        } else {
            pattern
        };
        let regex = RegexBuilder::new(pattern)
            .case_insensitive(lines.ignore_case)
            .multi_line(true)
            .size_limit(SIZE_MAX)
            .dfa_size_limit(LEARNT_MAX)
            .build()
            .map_err(|error| format!("the expression cannot be used: {}", problem(&error)))?;
        let hir = regex_syntax::ParserBuilder::new()
            .utf8(false)
            .case_insensitive(lines.ignore_case)
            .multi_line(true)
            .build()
            .parse(pattern)
            .map_err(|_| "the expression cannot be used".to_owned())?;
        let looks = hir.properties().look_set();
        let text =
            text_of(&hir).filter(|text| text.len() >= TEXT_MIN || matches!(hir.kind(), HirKind::Literal(_)));
        let text = text.filter(|text| !text.contains(&b'\n'));
        Ok(Self {
            is_text: text.is_some() && matches!(hir.kind(), HirKind::Literal(_)),
            text: text.map(|text| Finder::new(text).into_owned()),
            by_line: looks.contains(Look::Start) || looks.contains(Look::End),
            invert: lines.invert,
            regex: Some(regex),
        })
    }

    /// True when every line is meant.
    pub(crate) const fn is_all(&self) -> bool {
        self.regex.is_none()
    }

    /// True when a line, without its end, is meant.
    pub(crate) fn is_match(&self, line: &[u8]) -> bool {
        self.is_hit(line) != self.invert
    }

    fn is_hit(&self, line: &[u8]) -> bool {
        match (&self.text, &self.regex) {
            (_, None) => true,
            (Some(text), _) if self.is_text => text.find(line).is_some(),
            (Some(text), Some(regex)) => text.find(line).is_some() && regex.is_match(line),
            (None, Some(regex)) => regex.is_match(line),
        }
    }

    /// The lines of a block that are meant, in order, without their ends; `take` says whether to go on.
    ///
    /// Returns false when it was told to stop. Cost: linear in the block.
    pub(crate) fn lines(&self, block: &[u8], mut take: impl FnMut(Range<usize>) -> bool) -> bool {
        let mut stray = 0;
        let mut at = 0;
        while at < block.len() {
            let each = self.is_all() || self.invert || self.by_line || stray > STRAY_MAX;
            let hit = match (&self.text, &self.regex) {
                _ if each => Some(at),
                (Some(text), _) => text.find(&block[at..]).map(|found| at + found),
                (None, Some(regex)) => regex.find_at(block, at).map(|found| found.start()),
                (None, None) => None,
            };
            let Some(hit) = hit else { return true };
            let line = line_at(block, hit.min(block.len() - 1));
            at = line.end + 1;
            let is_meant = if self.is_text && !each { true } else { self.is_match(&block[line.clone()]) };
            if !is_meant {
                stray += u32::from(self.text.is_none());
            } else if !take(line) {
                return false;
            }
        }
        true
    }
}

/// The line in which a place of a block is, without its end.
pub(crate) fn line_at(block: &[u8], at: usize) -> Range<usize> {
    let begin = memrchr(b'\n', &block[..at]).map_or(0, |end| end + 1);
    let end = memchr(b'\n', &block[at..]).map_or(block.len(), |end| at + end);
    begin..end
}

/// The longest text that every match holds.
fn text_of(hir: &Hir) -> Option<&[u8]> {
    match hir.kind() {
        HirKind::Literal(text) => Some(&text.0),
        HirKind::Capture(capture) => text_of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => text_of(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().filter_map(text_of).max_by_key(|text| text.len()),
        _ => None,
    }
}

/// What is wrong with an expression, on one line.
pub(crate) fn problem(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it is too large; write a simpler one".to_owned(),
        error => {
            // The last line of the message is the reason; the others draw the place.
            let message = error.to_string();
            message.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn expression(pattern: &str) -> Expression {
        let lines = LogMatch { pattern: Some(pattern.to_owned()), ..LogMatch::default() };
        Expression::new(&lines).unwrap()
    }

    fn found(expression: &Expression, block: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        expression.lines(block, |line| {
            lines.push(String::from_utf8_lossy(&block[line]).into_owned());
            true
        });
        lines
    }

    #[test]
    fn matches_stay_within_their_lines() {
        let block = b"one two\nthree\n\none\ttwo\none\ntwo\n";
        assert_eq!(found(&expression("one\\s+two"), block), ["one two", "one\ttwo"]);
        assert_eq!(found(&expression("^t"), block), ["three", "two"]);
        assert_eq!(found(&expression("e$"), block), ["three", "one"]);
        assert_eq!(found(&expression(r"\Aone\z"), block), ["one"]);
        assert_eq!(found(&expression("^$"), b"a\n\nb\n"), [""]);
        let others = LogMatch { pattern: Some("o".into()), invert: true, ..LogMatch::default() };
        assert_eq!(found(&Expression::new(&others).unwrap(), block), ["three", ""]);
        let fixed = LogMatch { pattern: Some("a.B".into()), is_fixed: true, ..LogMatch::default() };
        assert_eq!(found(&Expression::new(&fixed).unwrap(), b"a.B\naxB\na.b"), ["a.B"]);
        let either = LogMatch { ignore_case: true, ..fixed };
        assert_eq!(found(&Expression::new(&either).unwrap(), b"a.B\naxB\nA.b"), ["a.B", "A.b"]);
    }

    #[test]
    fn expression_that_would_take_too_much_is_refused() {
        for (pattern, problem) in [
            ("(a{1000}){1000}", "too large"),
            ("(", "unclosed group"),
            (&"x".repeat(LOG_PATTERN_MAX + 1), "too long"),
        ] {
            let lines = LogMatch { pattern: Some(pattern.to_owned()), ..LogMatch::default() };
            let error = Expression::new(&lines).unwrap_err();
            assert!(error.contains(problem), "{error}");
        }
    }

    #[test]
    fn expression_that_would_run_for_ever_elsewhere_does_not() {
        // Each of these takes a backtracking engine longer than the universe is old.
        let block = [vec![b'a'; 100_000], b"\n".to_vec()].concat();
        for pattern in ["(a*)*b", "(a|aa)+$x", "(x+x+)+y", "(.*)(.*)(.*)(.*)[^a]$"] {
            assert_eq!(found(&expression(pattern), &block), Vec::<String>::new(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn block_gives_the_lines_that_match_alone(
            lines in prop::collection::vec("[abc \\t]{0,6}", 0..30),
            pattern in prop::sample::select(&["a", "abc", "a\\s+b", "^a", "c$", "[^a]+b", "(ab|ca)c", "^$", "a.*b", "\\bca", "abc?a*", "b{2,}", "(abc)+"][..]),
            end in any::<bool>(),
        ) {
            let mut block = lines.join("\n");
            if end {
                block.push('\n');
            }
            let alone = Regex::new(&format!("(?m){pattern}")).unwrap();
            let body = block.strip_suffix('\n').unwrap_or(&block);
            let expect: Vec<String> = match block.as_str() {
                "" => Vec::new(),
                _ => body.split('\n').filter(|line| alone.is_match(line.as_bytes())).map(str::to_owned).collect(),
            };
            prop_assert_eq!(found(&expression(pattern), block.as_bytes()), expect);
        }
    }
}
