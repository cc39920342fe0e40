//! Reads a metric selector: `http_requests_total{code=~"5..",path!="/health"}`.

use super::{Matcher, Pattern, Selector, Test};
use std::str::FromStr;

impl FromStr for Selector {
    type Err = String;

    /// Reads the text form; the error says what to write instead.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (metric, labels) = match text.split_once('{') {
            None => (text, ""),
            Some((metric, labels)) => {
                (metric.trim_end(), labels.strip_suffix('}').ok_or("close the labels with }")?)
            }
        };
        if !is_name(metric, true) {
            return Err(format!("{metric:?} is no metric name; write letters, digits, _ and :"));
        }
        let mut matchers = Vec::new();
        let mut rest = labels.trim();
        while !rest.is_empty() {
            let (matcher, behind) = matcher(rest)?;
            matchers.push(matcher);
            let behind = behind.trim_start();
            rest = match behind.strip_prefix(',') {
                Some(next) => next.trim_start(),
                None if behind.is_empty() => behind,
                None => return Err(format!("write a , before {behind:?}")),
            };
        }
        Ok(Self { metric: metric.to_owned(), matchers })
    }
}

/// Reads one `label="value"` off the text.
fn matcher(text: &str) -> Result<(Matcher, &str), String> {
    let end = text.find(['=', '!']).ok_or_else(|| format!("write label=\"value\" instead of {text:?}"))?;
    let (label, rest) = text.split_at(end);
    let label = label.trim_end();
    if !is_name(label, false) {
        return Err(format!("{label:?} is no label name; write letters, digits and _"));
    }
    // The longer operators first, since `=` begins `=~`.
    let operator = ["=~", "!~", "!=", "="].into_iter().find(|operator| rest.starts_with(operator));
    let operator = operator.ok_or("write one of = != =~ !~ behind a label")?;
    let (value, rest) = quoted(rest[operator.len()..].trim_start())?;
    // A matcher is about the whole value, as in Prometheus.
    let pattern =
        || format!("^(?:{value})$").parse::<Pattern>().map_err(|error| format!("{value:?}: {error}"));
    let test = match operator {
        "=~" => Test::Matches(pattern()?),
        "!~" => Test::MatchesNot(pattern()?),
        "!=" => Test::IsNot(value),
        _ => Test::Is(value),
    };
    Ok((Matcher { label: label.to_owned(), test }, rest))
}

/// Reads one `"…"` off the text; `\` takes a quote or another `\` as it is.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let inside = text.strip_prefix('"').ok_or("write a label's value in \"quotes\"")?;
    let mut value = String::new();
    let mut letters = inside.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((value, &inside[at + 1..])),
            '\\' => match letters.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                // A backslash before anything else belongs to a regular expression.
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            plain => value.push(plain),
        }
    }
    Err("close the label's value with a quote".to_owned())
}

fn is_name(text: &str, colon: bool) -> bool {
    let good = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || (colon && letter == ':');
    !text.is_empty() && !text.starts_with(|letter: char| letter.is_ascii_digit()) && text.chars().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selector_matches_name_and_all_labels() {
        let check = |selector: &str, path: Option<&'static str>, expected: bool| {
            let selector: Selector = selector.parse().unwrap();
            let label = |name: &str| match name {
                "code" => Some("503"),
                "path" => path,
                _ => None,
            };
            assert_eq!(selector.matches("requests_total", label), expected, "{selector:?}");
        };
        check("requests_total", None, true);
        check("requests", None, false);
        check(r#"requests_total{code="503"}"#, None, true);
        check(r#"requests_total{code=~"5..",path!="/health"}"#, Some("/pay"), true);
        check(r#"requests_total{code=~"5..",path!="/health"}"#, Some("/health"), false);
        check(r#"requests_total { code =~ "5" , }"#, None, false);
        check(r#"requests_total{path!~"/a|/b"}"#, Some("/b"), false);
        check(r#"requests_total{path=""}"#, None, true);
        check(r#"requests_total{path=~"\d\"\d"}"#, Some("1\"2"), true);
    }

    #[test]
    fn selector_says_what_to_write_instead() {
        for (text, advice) in [
            ("", "no metric name"),
            ("5x", "no metric name"),
            ("x{", "close the labels"),
            ("x{a}", "label=\"value\""),
            ("x{a=b}", "\"quotes\""),
            ("x{a=\"b}", "quote"),
            ("x{a=\"b\" c=\"d\"}", "write a ,"),
            ("x{a!\"b\"}", "one of"),
            ("x{a=~\"(\"}", "unclosed group"),
        ] {
            let error = text.parse::<Selector>().unwrap_err();
            assert!(error.contains(advice), "{text}: {error}");
        }
    }
}
