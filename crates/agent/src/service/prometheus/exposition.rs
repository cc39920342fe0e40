//! Prometheus text exposition format 0.0.4, read line by line without copying the page.
//!
//! Comments, types and timestamps are skipped: rules name the metrics they want. `OpenMetrics`
//! pages differ in comments and exemplars only, and read the same way.

use std::borrow::Cow;

/// Most labels of a sample. Prometheus itself allows more; no exporter of note has them.
const LABELS_MAX: usize = 64;

/// One sample line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample<'a> {
    /// Metric name, with its suffix such as `_total` or `_count`.
    pub(super) name: &'a str,
    /// Labels as written, escapes resolved.
    pub(super) labels: Vec<(&'a str, Cow<'a, str>)>,
    /// The value; may be NaN or infinite.
    pub(super) value: f64,
}

impl Sample<'_> {
    /// The value of a label.
    pub(super) fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }
}

/// Every sample of a page, in order; an error carries the line's number and what is wrong with it.
pub(super) fn samples(page: &str) -> impl Iterator<Item = Result<Sample<'_>, String>> {
    page.lines().enumerate().filter_map(|(index, line)| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        Some(sample(line).map_err(|reason| format!("line {}: {reason}", index + 1)))
    })
}

fn sample(line: &str) -> Result<Sample<'_>, &'static str> {
    let name_end = line
        .find(|character: char| !(character.is_ascii_alphanumeric() || character == '_' || character == ':'))
        .unwrap_or(line.len());
    let (name, rest) = line.split_at(name_end);
    if name.is_empty() {
        return Err("it starts with no metric name");
    }
    let (labels, rest) = match rest.trim_start().strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => (Vec::new(), rest),
    };
    let value = rest.split_ascii_whitespace().next().ok_or("it has no value")?;
    Ok(Sample { name, labels, value: value.parse().map_err(|_| "its value is not a number")? })
}

/// Reads what follows `{` up to and with `}`.
#[expect(clippy::type_complexity, reason = "labels and the rest of the line, used once")]
fn labels(mut text: &str) -> Result<(Vec<(&str, Cow<'_, str>)>, &str), &'static str> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start();
        if let Some(rest) = text.strip_prefix('}') {
            return Ok((labels, rest));
        }
        if labels.len() == LABELS_MAX {
            return Err("it has more than 64 labels");
        }
        let (name, rest) = text.split_once('=').ok_or("a label has no value")?;
        let quoted = rest.trim_start().strip_prefix('"').ok_or("a label's value is not quoted")?;
        let (value, rest) = quoted_value(quoted)?;
        labels.push((name.trim(), value));
        text = rest.trim_start();
        if let Some(rest) = text.strip_prefix(',') {
            text = rest;
        } else if !text.starts_with('}') {
            return Err("labels are not separated by a comma");
        }
    }
}

/// Reads what follows `"` up to and with the closing one.
fn quoted_value(text: &str) -> Result<(Cow<'_, str>, &str), &'static str> {
    const OPEN: &str = "a label's value does not end";
    let special = text.find(['"', '\\']).ok_or(OPEN)?;
    if text[special..].starts_with('"') {
        return Ok((Cow::Borrowed(&text[..special]), &text[special + 1..]));
    }
    let mut value = text[..special].to_owned();
    let mut characters = text[special..].char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return Ok((Cow::Owned(value), &text[special + index + 1..])),
            '\\' => match characters.next().ok_or(OPEN)?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    Err(OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(line: &str) -> Sample<'_> {
        samples(line).next().unwrap().unwrap()
    }

    #[test]
    fn sample_reads_labels_escapes_values_and_skips_timestamps() {
        let sample = one(r#"http_requests_total{ method="po\"st\n\\", code = "200", } 1.5e3 1395066363000"#);
        assert_eq!(sample.name, "http_requests_total");
        assert_eq!(sample.label("method"), Some("po\"st\n\\"));
        assert_eq!(sample.label("code"), Some("200"));
        assert!((sample.value - 1500.0).abs() < f64::EPSILON);
        assert!(one("x +Inf").value.is_infinite() && one("x{} NaN").value.is_nan());
    }

    #[test]
    fn comments_and_empty_lines_are_no_samples() {
        assert_eq!(samples("# HELP x y\n\n# TYPE x counter\r\n # c\n").count(), 0);
    }

    #[test]
    fn wrong_line_is_named_by_its_number() {
        for (page, expected) in [
            ("a 1\n{} 2", "line 2: it starts with no metric name"),
            ("a", "line 1: it has no value"),
            ("a one", "line 1: its value is not a number"),
            ("a{b} 1", "line 1: a label has no value"),
            ("a{b=c} 1", "line 1: a label's value is not quoted"),
            ("a{b=\"c} 1", "line 1: a label's value does not end"),
            ("a{b=\"c\\", "line 1: a label's value does not end"),
            ("a{b=\"c\" d=\"e\"} 1", "line 1: labels are not separated by a comma"),
        ] {
            let error = samples(page).find_map(Result::err);
            assert_eq!(error.as_deref(), Some(expected), "{page:?}");
        }
    }

    proptest! {
        #[test]
        fn any_label_value_reads_back(value in any::<String>()) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            prop_assume!(!value.contains('\r')); // a line end to the page reader
            let line = format!("m{{a=\"{escaped}\"}} 1");
            let sample = one(&line);
            prop_assert_eq!(sample.label("a"), Some(value.as_str()));
        }

        #[test]
        fn any_page_is_read_without_panic(page in ".{0,200}") {
            let _ = samples(&page).count();
        }
    }
}
