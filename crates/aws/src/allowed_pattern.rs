//! The pattern that values of a parameter have to match as a whole.
//!
//! AWS takes Java's regular expressions. Those that look around or back cannot be written here, and are no patterns.

use regex::{Regex, RegexBuilder};

/// Bytes that a compiled pattern may take.
const COMPILED_MAX: usize = 1 << 20;

/// A pattern, compiled.
#[derive(Debug, Clone)]
pub struct AllowedPattern(Regex);

impl AllowedPattern {
    /// Compiles a pattern; `None` when it is none, or needs more than a pattern may.
    pub fn parse(pattern: &str) -> Option<Self> {
        // Alone first: else `a)(b` would become one by what is put around it.
        let build = |text: &str| RegexBuilder::new(text).size_limit(COMPILED_MAX).build().ok();
        build(pattern)?;
        Some(Self(build(&format!("^(?:{pattern})$"))?))
    }

    /// True for a text that matches from its beginning to its end.
    pub fn fits(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_as_a_whole() {
        for (pattern, text, expected) in [
            (r"\d{1,4}", "1000", Some(true)),
            (r"\d{1,4}", "100000", Some(false)),
            ("a|b", "ab", Some(false)),
            ("(?i)yes", "YES", Some(true)),
            (".*", "", Some(true)),
            ("^x$", "x", Some(true)),
            ("a)(b", "ab", None),
            ("(", "(", None),
            (r"(?=a)a", "a", None),
            (r"(a)\1", "aa", None),
            (r"\w{1000}{1000}", "a", None),
        ] {
            let fits = AllowedPattern::parse(pattern).map(|pattern| pattern.fits(text));
            assert_eq!(fits, expected, "{pattern} {text}");
        }
    }
}
