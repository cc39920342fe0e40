//! The words of a problem, with placeholders: `{name}: {label.mount} is {value} % full`.

use serde::{Deserialize, Serialize};

/// Longest template, in bytes.
const TEMPLATE_MAX: usize = 500;

/// What can stand between braces; `label.NAME` for any label of a query's series as well.
pub const PLACEHOLDERS: &[&str] = &[
    "object",
    "name",
    "tenant",
    "cluster",
    "server",
    "application",
    "service",
    "rule",
    "severity",
    "value",
    "threshold",
    "status",
    "cause",
    "codes",
    "message",
    "for",
];

/// A text with placeholders, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Template(String);

/// A part of a template.
enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

impl Template {
    /// Checks a text.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() || text.len() > TEMPLATE_MAX || text.chars().any(char::is_control) {
            return Err(format!("the message is to be one line of 1 to {TEMPLATE_MAX} bytes"));
        }
        for part in parts(text) {
            match part? {
                Part::Placeholder(name) if !is_known(name) => {
                    let known = PLACEHOLDERS.join(", ");
                    return Err(format!(
                        "there is no placeholder {{{name}}}; use one of {known}, label.NAME"
                    ));
                }
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with its placeholders filled in; `-` for what has no value.
    pub fn render(&self, value: impl Fn(&str) -> Option<String>) -> String {
        let fill = |part| match part {
            Ok(Part::Text(text)) => text.to_owned(),
            Ok(Part::Placeholder(name)) => value(name).unwrap_or_else(|| "-".to_owned()),
            Err(_) => String::new(),
        };
        parts(&self.0).map(fill).collect()
    }
}

fn is_known(name: &str) -> bool {
    let label = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    PLACEHOLDERS.contains(&name) || name.strip_prefix("label.").is_some_and(label)
}

/// Cuts a template; a wrong brace is the last part.
fn parts(text: &str) -> impl Iterator<Item = Result<Part<'_>, String>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at = rest.find(['{', '}']).unwrap_or(rest.len());
        if at > 0 {
            let (before, after) = rest.split_at(at);
            rest = after;
            return Some(Ok(Part::Text(before)));
        }
        let end = rest.find('}').filter(|_| rest.starts_with('{'));
        let Some(end) = end else {
            rest = "";
            return Some(Err("a brace has no partner; write placeholders as {name}".to_owned()));
        };
        let name = &rest[1..end];
        rest = &rest[end + 1..];
        Some(Ok(Part::Placeholder(name)))
    })
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_fills_in_what_it_knows() {
        let template = Template::parse("{name}: {label.mount} is {value} % full, {cause}").unwrap();
        let text = template.render(|name| match name {
            "name" => Some("db-1".into()),
            "label.mount" => Some("/var".into()),
            "value" => Some("{97}".into()),
            _ => None,
        });
        assert_eq!(text, "db-1: /var is {97} % full, -");
    }

    #[test]
    fn template_refuses_what_it_cannot_fill_in() {
        let check = |text: &str, part: &str| {
            let error = Template::parse(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        };
        check("", "one line");
        check("a\nb", "one line");
        check(&"x".repeat(501), "1 to 500 bytes");
        check("{nmae} is down", "there is no placeholder {nmae}; use one of object, name");
        check("{label.}", "no placeholder");
        check("{name is down", "a brace has no partner");
        check("name} is down", "a brace has no partner");
    }
}
