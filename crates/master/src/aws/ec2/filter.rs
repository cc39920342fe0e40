//! Filters: names with values of which one must fit, `*` for anything, `?` for one character, and `\` before what stands for itself.

use super::invalid;
use topmast_aws::{Fault, Value};

/// Whether an object passes all filters.
///
/// - `values`: what the object has under a filter's name; `None` for a name that is no filter here.
pub(super) fn passes(input: &Value, values: &dyn Fn(&str) -> Option<Vec<String>>) -> Result<bool, Fault> {
    for filter in input.list("Filters") {
        let name = filter.text("Name").unwrap_or_default();
        let its = values(name).ok_or_else(|| invalid(format!("The filter '{name}' is invalid")))?;
        if !filter.texts("Values").any(|pattern| its.iter().any(|value| fits(pattern, value))) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps what passes; a filter that there is not is refused even when there is nothing to keep.
pub(super) fn keep<T>(
    input: &Value,
    items: Vec<T>,
    known: &dyn Fn(&str) -> bool,
    values: &dyn Fn(&T, &str) -> Vec<String>,
) -> Result<Vec<T>, Fault> {
    let of = |name: &str, its: &dyn Fn() -> Vec<String>| known(name).then(its);
    passes(input, &|name| of(name, &Vec::new))?;
    let mut kept = Vec::new();
    for item in items {
        if passes(input, &|name| of(name, &|| values(&item, name)))? {
            kept.push(item);
        }
    }
    Ok(kept)
}

/// A sign of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    /// Anything.
    Star,
    /// Any one character.
    One,
    /// This one.
    Exactly(char),
}

/// The signs of a pattern; a backslash makes the next one stand for itself.
fn signs(pattern: &str) -> Vec<Sign> {
    let mut characters = pattern.chars();
    let mut signs = Vec::new();
    while let Some(character) = characters.next() {
        signs.push(match character {
            '*' => Sign::Star,
            '?' => Sign::One,
            '\\' => Sign::Exactly(characters.next().unwrap_or('\\')),
            other => Sign::Exactly(other),
        });
    }
    signs
}

/// Cost: O(pattern · text), whatever the pattern.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (signs(pattern), text.chars().collect::<Vec<char>>());
    let (mut at, mut here) = (0, 0);
    // Where the last `*` is, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        match pattern.get(at) {
            Some(Sign::Star) => {
                star = Some((at, here));
                at += 1;
            }
            Some(wanted) if *wanted == Sign::One || *wanted == Sign::Exactly(text[here]) => {
                at += 1;
                here += 1;
            }
            _ => {
                let Some((place, reach)) = star else { return false };
                star = Some((place, reach + 1));
                at = place + 1;
                here = reach + 1;
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == Sign::Star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, text, expected) in [
            ("web1", "web1", true),
            ("web1", "web12", false),
            ("web*", "web12", true),
            ("*", "", true),
            ("?", "", false),
            ("w?b*2", "web-1-2", true),
            ("w*b*x", "web-1-2", false),
            ("", "", true),
            ("", "a", false),
            ("**a", "ba", true),
            (r"*value\*", "a value*", true),
            (r"*value\*", "a value**", false),
            (r"\?", "?", true),
            (r"\?", "a", false),
            (r"a\", r"a\", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
        assert!(!fits(&"*a".repeat(200), &"a".repeat(199)));
    }
}
