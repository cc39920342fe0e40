//! Matchers as text, as the store reads it.

use std::fmt::Write as _;
use topmast_history::{METRIC_NAME, Matcher, Operator};

/// A selector of the series that all matchers mean.
pub(super) fn text(matchers: &[Matcher]) -> String {
    let mut text = String::from("{");
    for matcher in matchers {
        let operator = match matcher.operator {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Matches(_) => "=~",
            Operator::NotMatches(_) => "!~",
        };
        push(&mut text, &matcher.name, operator, &matcher.value);
    }
    if matchers.iter().all(|matcher| matcher.accepts("")) {
        // A selector that means everything is refused, but every series has a name.
        push(&mut text, METRIC_NAME, "!=", "");
    }
    text.push('}');
    text
}

/// The metric, when only one can be meant.
pub(super) fn metric(matchers: &[Matcher]) -> Option<&str> {
    let named =
        |matcher: &&Matcher| *matcher.name == *METRIC_NAME && matches!(matcher.operator, Operator::Equal);
    matchers.iter().find(named).map(|matcher| &*matcher.value)
}

fn push(text: &mut String, name: &str, operator: &str, value: &str) {
    let comma = if text.len() > 1 { "," } else { "" };
    // Writing into a text cannot fail.
    let _ = write!(text, "{comma}{name}{operator}\"");
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            '\n' => text.push_str("\\n"),
            _ => text.push(character),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_history::promql;

    #[test]
    fn selector_comes_back_as_it_was() {
        for expected in [
            r#"{__name__="up",job!="a\"b\\c\nd",server=~"a.*|b\\d",x!~""}"#,
            r#"{a="",__name__!=""}"#,
            r#"{__name__!=""}"#,
        ] {
            let query = promql::parse(expected).unwrap();
            assert_eq!(text(query.matchers().unwrap()), expected);
        }
        assert_eq!(text(&[]), r#"{__name__!=""}"#);
    }
}
