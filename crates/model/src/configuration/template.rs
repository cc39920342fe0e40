//! Templates of files: `{{ server.name }}`, `{{ value.NAME }}`, `{{ secret.NAME }}`, and nothing else.
//!
//! Strict: a name that has no value is an error with its line, for a file with a hole in it starts an application that is
//! wrong in a way nobody sees. `{{ "{{" }}` writes the braces themselves.

/// Longest name in a template, in bytes.
const NAME_MAX: usize = 100;

/// Why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TemplateError {
    /// From 1.
    pub line: usize,
    /// What is wrong there, and what to write instead.
    pub message: String,
}

/// Fills a template in.
///
/// - `value`: the value of a name, e.g. of `server.name`.
///
/// # Errors
/// [`TemplateError`] with the line of the first name without a value, or of braces that are not closed.
pub fn render(text: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, TemplateError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let at = text.len() - after.len();
        let error = |message: String| TemplateError { line: text[..at].matches('\n').count() + 1, message };
        if let Some(after) = after.trim_start_matches(' ').strip_prefix("\"{{\"") {
            let closed = after.trim_start_matches(' ').strip_prefix("}}");
            rest = closed.ok_or_else(|| error("{{ \"{{\" is not closed by }}".to_owned()))?;
            filled.push_str("{{");
            continue;
        }
        let end = after.find("}}").filter(|end| *end <= NAME_MAX && !after[..*end].contains('\n'));
        let end = end.ok_or_else(|| {
            error(
                "{{ is not closed by }} on its line; write {{ \"{{\" }} for the braces themselves".to_owned(),
            )
        })?;
        let name = after[..end].trim();
        let value = value(name).ok_or_else(|| {
            error(format!(
                "there is no {name:?} here; use server.name, server.cluster, server.tenant, server.path, \
                 server.application, value.NAME with a value for the server, or secret.NAME"
            ))
        })?;
        filled.push_str(&value);
        rest = &after[end + 2..];
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> Result<String, TemplateError> {
        render(text, |name| (name == "value.port").then(|| "{{ 80 }}".to_owned()))
    }

    #[test]
    fn names_are_filled_in_once() {
        assert_eq!(fill("a {{ value.port }} {{value.port}} }}").unwrap(), "a {{ 80 }} {{ 80 }} }}");
        assert_eq!(fill("x {{ \"{{\" }} y }}").unwrap(), "x {{ y }}");
        assert_eq!(fill("").unwrap(), "");
    }

    #[test]
    fn what_cannot_be_filled_in_is_told_with_its_line() {
        for (text, line) in [
            ("a\nb {{ value.other }}", 2),
            ("{{ value.port", 1),
            ("\n\n{{ value\n.port }}", 3),
            ("{{}}", 1),
            ("{{ \"{{\" ", 1),
        ] {
            assert_eq!(fill(text).unwrap_err().line, line, "{text:?}");
        }
    }
}
