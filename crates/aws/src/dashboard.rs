//! What a dashboard of `CloudWatch` says is to be drawn, checked.
//!
//! AWS documents the form (`CloudWatch-Dashboard-Body-Structure`), not how it tells what is wrong: the texts here have
//! the form of those that were seen. What AWS may add to a widget is let through; it is kept as it was sent.

mod layout;

pub use layout::{Placed, placed};

use serde_json::{Map, Value};
use std::fmt::{self, Write as _};

/// Most widgets of a dashboard.
const WIDGETS_MAX: usize = 500;
/// Most metrics of a widget.
const METRICS_MAX: usize = 500;
/// Columns of the grid.
const COLUMNS: i64 = 24;
/// Greatest height of a widget.
const HEIGHT_MAX: i64 = 1_000;
/// Most mistakes that are told.
const MISTAKES_MAX: usize = 100;

/// A mistake in a dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where: `/widgets/0/properties/metrics/0`.
    pub path: String,
    /// What: `Should be array`.
    pub message: String,
}

/// Why a text is no dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DashboardError {
    /// It is not a JSON object.
    NotJson,
    /// It is one, with these mistakes.
    Mistakes(Vec<Mistake>),
}

impl fmt::Display for DashboardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Mistakes(mistakes) = self else {
            return f.write_str("The field DashboardBody must be a valid JSON object");
        };
        let plural = if mistakes.len() == 1 { "error" } else { "errors" };
        writeln!(f, "The dashboard body is invalid, there are {} validation {plural}:", mistakes.len())?;
        f.write_str(&listed(mistakes))
    }
}

/// Mistakes as AWS lists them.
pub(crate) fn listed(mistakes: &[Mistake]) -> String {
    let mut text = "[".to_owned();
    for (index, Mistake { path, message }) in mistakes.iter().enumerate() {
        let (path, message) = (Value::from(path.as_str()), Value::from(message.as_str()));
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        let _ = write!(text, "  {{\n    \"dataPath\": {path},\n    \"message\": {message}\n  }}");
    }
    text + "\n]"
}

/// Checks the text of a dashboard.
///
/// # Errors
/// [`DashboardError`] with the first hundred mistakes, each with its place.
pub fn check(body: &str) -> Result<(), DashboardError> {
    let Ok(Value::Object(root)) = serde_json::from_str(body) else { return Err(DashboardError::NotJson) };
    let mut check = Check::default();
    check.list(&root, "widgets", true, WIDGETS_MAX, |check, widget| {
        check.object(widget, Check::widget);
    });
    if check.mistakes.is_empty() { Ok(()) } else { Err(DashboardError::Mistakes(check.mistakes)) }
}

/// Looks at JSON, and keeps what is wrong with its place.
#[derive(Default)]
pub(crate) struct Check {
    path: String,
    pub(crate) mistakes: Vec<Mistake>,
}

impl Check {
    fn widget(&mut self, widget: &Map<String, Value>) {
        self.whole(widget, "x", 0, COLUMNS - 1);
        self.whole(widget, "y", 0, i64::MAX);
        self.whole(widget, "width", 1, COLUMNS);
        self.whole(widget, "height", 1, HEIGHT_MAX);
        let Some(kind) = self.text(widget, "type", true) else { return };
        let properties: fn(&mut Self, &Map<String, Value>) = match kind {
            "metric" => Self::metric,
            "text" => |check, properties| {
                check.text(properties, "markdown", true);
            },
            "alarm" => |check, properties| {
                check.list(properties, "alarms", true, WIDGETS_MAX, |check, alarm| {
                    if !alarm.is_string() {
                        check.wrong("Should be string");
                    }
                });
            },
            "log" | "explorer" | "custom" => |_, _| {},
            _ => return self.at("type", |check| check.wrong("Should be equal to one of the allowed values")),
        };
        match widget.get("properties") {
            None => self.lacks("properties"),
            Some(value) => self.at("properties", |check| check.object(value, properties)),
        }
    }

    fn metric(&mut self, properties: &Map<String, Value>) {
        if let Some(view) = self.text(properties, "view", false)
            && !["timeSeries", "singleValue", "gauge", "bar", "pie", "table"].contains(&view)
        {
            self.at("view", |check| check.wrong("Should be equal to one of the allowed values"));
        }
        // A widget of an alarm has annotations alone.
        let is_alarm = properties.get("annotations").is_some_and(|value| value.get("alarms").is_some());
        self.list(properties, "metrics", !is_alarm, METRICS_MAX, |check, metric| {
            let Value::Array(parts) = metric else { return check.wrong("Should be array") };
            for (index, part) in parts.iter().enumerate() {
                let is_last = index + 1 == parts.len();
                let is_fit = part.is_string() || (part.is_object() && is_last);
                if !is_fit {
                    check.at(&index.to_string(), |check| check.wrong("Should be string"));
                }
            }
        });
        self.whole(properties, "period", 1, i64::MAX);
    }

    /// Looks at a part below; what was found is told with its place.
    pub(crate) fn at(&mut self, name: &str, look: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        let _ = write!(self.path, "/{name}");
        look(self);
        self.path.truncate(length);
    }

    pub(crate) fn object(&mut self, value: &Value, look: impl FnOnce(&mut Self, &Map<String, Value>)) {
        match value {
            Value::Object(members) => look(self, members),
            _ => self.wrong("Should be object"),
        }
    }

    pub(crate) fn list(
        &mut self,
        members: &Map<String, Value>,
        name: &str,
        is_needed: bool,
        most: usize,
        mut look: impl FnMut(&mut Self, &Value),
    ) {
        match members.get(name) {
            None if is_needed => self.lacks(name),
            None => {}
            Some(Value::Array(items)) if items.len() > most => {
                self.at(name, |check| check.wrong(format!("Should NOT have more than {most} items")));
            }
            Some(Value::Array(items)) => self.at(name, |check| {
                for (index, item) in items.iter().enumerate() {
                    check.at(&index.to_string(), |check| look(check, item));
                }
            }),
            Some(_) => self.at(name, |check| check.wrong("Should be array")),
        }
    }

    pub(crate) fn text<'a>(
        &mut self,
        members: &'a Map<String, Value>,
        name: &str,
        is_needed: bool,
    ) -> Option<&'a str> {
        match members.get(name) {
            Some(Value::String(text)) => return Some(text),
            Some(_) => self.at(name, |check| check.wrong("Should be string")),
            None if is_needed => self.lacks(name),
            None => {}
        }
        None
    }

    pub(crate) fn whole(&mut self, members: &Map<String, Value>, name: &str, least: i64, most: i64) {
        let Some(value) = members.get(name) else { return };
        self.at(name, |check| match value.as_i64() {
            None => check.wrong("Should be integer"),
            Some(value) if value < least => check.wrong(format!("Should be >= {least}")),
            Some(value) if value > most => check.wrong(format!("Should be <= {most}")),
            Some(_) => {}
        });
    }

    fn lacks(&mut self, name: &str) {
        self.wrong(format!("Should have required property '{name}'"));
    }

    pub(crate) fn wrong(&mut self, message: impl Into<String>) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(Mistake { path: self.path.clone(), message: message.into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(body: &str) -> Vec<(String, String)> {
        match check(body) {
            Ok(()) => Vec::new(),
            Err(DashboardError::NotJson) => panic!("no JSON object: {body}"),
            Err(DashboardError::Mistakes(found)) => {
                found.into_iter().map(|mistake| (mistake.path, mistake.message)).collect()
            }
        }
    }

    fn told(path: &str, message: &str) -> Vec<(String, String)> {
        vec![(path.to_owned(), message.to_owned())]
    }

    #[test]
    fn a_dashboard_of_every_kind_of_widget_is_let_through() {
        let body = r#"{"start": "-PT3H", "widgets": [
            {"type": "text", "x": 0, "y": 7, "width": 3, "height": 3, "properties": {"markdown": "Hello"}},
            {"type": "metric", "properties": {"metrics": [["N", "M", "D", "v", {"stat": "p99"}], ["...", "w"],
                [{"expression": "SUM(METRICS())"}]], "view": "singleValue", "period": 60}},
            {"type": "metric", "properties": {"annotations": {"alarms": ["arn"]}}},
            {"type": "alarm", "properties": {"alarms": ["arn"]}},
            {"type": "log", "properties": {"query": "fields @message"}}]}"#;
        assert_eq!(check(body), Ok(()));
        assert_eq!(check(r#"{"widgets": []}"#), Ok(()));
    }

    #[test]
    fn each_mistake_is_told_with_its_place() {
        let metric = |properties: &str| {
            mistakes(&format!(r#"{{"widgets": [{{"type": "metric", "properties": {properties}}}]}}"#))
        };
        assert_eq!(mistakes("{}"), told("", "Should have required property 'widgets'"));
        assert_eq!(mistakes(r#"{"widgets": {}}"#), told("/widgets", "Should be array"));
        assert_eq!(mistakes(r#"{"widgets": [7]}"#), told("/widgets/0", "Should be object"));
        assert_eq!(
            mistakes(r#"{"widgets": [{"type": "chart"}]}"#),
            told("/widgets/0/type", "Should be equal to one of the allowed values")
        );
        assert_eq!(
            mistakes(r#"{"widgets": [{"type": "text", "x": 24, "properties": {"markdown": ""}}]}"#),
            told("/widgets/0/x", "Should be <= 23")
        );
        let place = "/widgets/0/properties";
        assert_eq!(metric("{}"), told(place, "Should have required property 'metrics'"));
        assert_eq!(metric(r#"{"metrics": ["a"]}"#), told(&format!("{place}/metrics/0"), "Should be array"));
        assert_eq!(
            metric(r#"{"metrics": [[{"id": "a"}, "b"]]}"#),
            told(&format!("{place}/metrics/0/0"), "Should be string")
        );
    }

    #[test]
    fn the_text_lists_the_mistakes_as_aws_does() {
        let error =
            check(r#"{"widgets": [{"type": "metric", "properties": {"metrics": ["a", "b"]}}]}"#).unwrap_err();
        let expected = "The dashboard body is invalid, there are 2 validation errors:\n[\n  {\n    \"dataPath\": \
                        \"/widgets/0/properties/metrics/0\",\n    \"message\": \"Should be array\"\n  },\n  {\n    \
                        \"dataPath\": \"/widgets/0/properties/metrics/1\",\n    \"message\": \"Should be array\"\n  }\n]";
        assert_eq!(error.to_string(), expected);
        for body in ["", "[]", "null", "{\"widgets\": [", &"[".repeat(100_000)] {
            assert_eq!(check(body), Err(DashboardError::NotJson));
        }
    }

    #[test]
    fn mistakes_are_bounded() {
        let many = vec!["7"; WIDGETS_MAX].join(",");
        assert_eq!(mistakes(&format!(r#"{{"widgets": [{many}]}}"#)).len(), MISTAKES_MAX);
    }
}
