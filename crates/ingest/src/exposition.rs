//! Prometheus' text exposition format 0.0.4 and `OpenMetrics`, read line by line without copying the page.
//!
//! ```text
//! http_requests_total{method="post",code="200"} 1027 1395066363000
//! └──────────────── series ───────────────────┘ value time
//! ```
//!
//! A sample comes with the text of its series, which is only taken apart when somebody asks for its name and labels:
//! a page that is read again and again says mostly the same ones. Types, units and exemplars are passed over.
//!
//! Invariant
//! - X-1: a page is read to its end or ends with an error that names the line; of `OpenMetrics` the end is `# EOF`,
//!   so that half a page is no page.

use std::borrow::Cow;

/// Labels of a sample, at most: as of every series that comes in.
const LABELS_MAX: usize = 128;

/// What a page is written in. They differ in times, in exemplars, and in whether the end is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Text 0.0.4: times in milliseconds.
    Text,
    /// `OpenMetrics` 1.0: times in seconds, exemplars, `# EOF`.
    OpenMetrics,
}

impl Form {
    /// The form that a `Content-Type` says; what says nothing is text, as the first exporters were.
    pub fn of_media_type(media_type: &str) -> Self {
        let kind = media_type.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/openmetrics-text") { Self::OpenMetrics } else { Self::Text }
    }

    /// The form of a page of which nothing else is known: by its end.
    pub fn of_page(page: &str) -> Self {
        if page.trim_end().ends_with("# EOF") { Self::OpenMetrics } else { Self::Text }
    }
}

/// One sample line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    /// The line's number, from 1.
    pub line: usize,
    /// Metric and labels as written.
    pub series: &'a str,
    /// The value; may be not a number or infinite.
    pub value: f64,
    /// The time that the page says, in ms since the Unix epoch.
    pub time: Option<i64>,
}

/// A series taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'a> {
    /// Metric name, with its suffix such as `_total` or `_count`.
    pub name: &'a str,
    /// Labels in the order in which they are written, escapes resolved.
    pub labels: Vec<(&'a str, Cow<'a, str>)>,
}

/// What is wrong with a page, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ExpositionError {
    /// The line's number, from 1.
    pub line: usize,
    reason: &'static str,
}

impl<'a> Sample<'a> {
    /// The name and labels.
    ///
    /// # Errors
    /// [`ExpositionError`] when the text is not a series.
    pub fn named(&self) -> Result<Named<'a>, ExpositionError> {
        named(self.series).map_err(|reason| ExpositionError { line: self.line, reason })
    }
}

impl Named<'_> {
    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(key, _)| *key == name).map(|(_, value)| &**value)
    }
}

/// The samples of a page, in its order. After an error the others still come.
pub fn samples(page: &str, form: Form) -> Samples<'_> {
    Samples { lines: page.lines(), form, line: 0, ended: form == Form::Text }
}

/// See [`samples`].
#[derive(Debug, Clone)]
pub struct Samples<'a> {
    lines: std::str::Lines<'a>,
    form: Form,
    line: usize,
    ended: bool,
}

impl<'a> Iterator for Samples<'a> {
    type Item = Result<Sample<'a>, ExpositionError>;

    fn next(&mut self) -> Option<Self::Item> {
        for text in self.lines.by_ref() {
            self.line += 1;
            let text = text.trim();
            if text.is_empty() {
                continue;
            }
            if self.form == Form::OpenMetrics && self.ended {
                self.lines = "".lines();
                return Some(Err(ExpositionError { line: self.line, reason: "it comes after # EOF" }));
            }
            if text.starts_with('#') {
                self.ended |= text == "# EOF";
                continue;
            }
            let line = self.line;
            return Some(sample(text, self.form, line).map_err(|reason| ExpositionError { line, reason }));
        }
        if std::mem::replace(&mut self.ended, true) {
            return None;
        }
        Some(Err(ExpositionError { line: self.line, reason: "the page does not end with # EOF" }))
    }
}

fn sample(text: &str, form: Form, line: usize) -> Result<Sample<'_>, &'static str> {
    let name_end = name_end(text);
    if name_end == 0 {
        return Err("it starts with no metric name");
    }
    let gap = text.len() - text[name_end..].trim_start().len();
    let end = if text[gap..].starts_with('{') { gap + labels_end(&text[gap..])? } else { name_end };
    let (series, rest) = text.split_at(end);
    let mut words = rest.split_ascii_whitespace();
    let value = words.next().ok_or("it has no value")?;
    let value = value.parse().map_err(|_| "its value is not a number")?;
    let time = match words.next() {
        None => None,
        // An exemplar: what a page says of single observations is not kept.
        Some("#") if form == Form::OpenMetrics => return Ok(Sample { line, series, value, time: None }),
        Some(word) => Some(time(word, form).ok_or("its time is not a number")?),
    };
    match words.next() {
        None => {}
        Some("#") if form == Form::OpenMetrics => {}
        Some(_) => return Err("something comes after its time"),
    }
    Ok(Sample { line, series, value, time })
}

fn time(word: &str, form: Form) -> Option<i64> {
    match form {
        Form::Text => word.parse().ok(),
        Form::OpenMetrics => {
            let seconds: f64 = word.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "it ends at the bounds, which no clock reaches"
            )]
            let millis = (seconds * 1e3).round() as i64;
            Some(millis)
        }
    }
}

/// Bytes of the metric's name that a text begins with.
fn name_end(text: &str) -> usize {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return 0;
    }
    text.bytes()
        .position(|byte| !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':'))
        .unwrap_or(text.len())
}

/// Bytes up to and with the `}` that ends what begins with `{`.
fn labels_end(text: &str) -> Result<usize, &'static str> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'}' if !quoted => return Ok(at + 1),
            _ => {}
        }
    }
    Err(if quoted { "a label's value does not end" } else { "its labels do not end" })
}

fn named(series: &str) -> Result<Named<'_>, &'static str> {
    let (name, rest) = series.split_at(name_end(series));
    if name.is_empty() {
        return Err("it starts with no metric name");
    }
    let labels = match rest.trim_start().strip_prefix('{') {
        Some(inside) => labels(inside)?,
        None => Vec::new(),
    };
    Ok(Named { name, labels })
}

/// Reads what follows `{` up to `}`.
fn labels(mut text: &str) -> Result<Vec<(&str, Cow<'_, str>)>, &'static str> {
    let mut labels = Vec::new();
    loop {
        text = text.trim_start();
        if text.starts_with('}') {
            return Ok(labels);
        }
        if labels.len() == LABELS_MAX {
            return Err("it has more than 128 labels");
        }
        let (name, rest) = text.split_once('=').ok_or("a label has no value")?;
        let name = name.trim();
        if !is_label_name(name) {
            return Err("a label's name is not of letters, digits and underscores");
        }
        let quoted = rest.trim_start().strip_prefix('"').ok_or("a label's value is not quoted")?;
        let (value, rest) = quoted_value(quoted)?;
        labels.push((name, value));
        text = rest.trim_start();
        if let Some(rest) = text.strip_prefix(',') {
            text = rest;
        } else if !text.starts_with('}') {
            return Err("labels are not separated by a comma");
        }
    }
}

/// True for what Prometheus takes as the name of a label.
pub(crate) fn is_label_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(plain) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
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
                other @ ('"' | '\\') => value.push(other),
                // What is no escape stands for itself, as in Prometheus.
                other => value.extend(['\\', other]),
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
        samples(line, Form::Text).next().unwrap().unwrap()
    }

    #[test]
    fn sample_reads_labels_escapes_value_and_time() {
        let sample =
            one(r#"http_requests_total { method="po\"st\n\\\d", code = "200", } 1.5e3 1395066363000"#);
        let named = sample.named().unwrap();
        assert_eq!(named.name, "http_requests_total");
        assert_eq!(named.label("method"), Some("po\"st\n\\\\d"));
        assert_eq!(named.label("code"), Some("200"));
        assert!((sample.value - 1500.0).abs() < f64::EPSILON);
        assert_eq!(sample.time, Some(1_395_066_363_000));
        assert!(one("x +Inf").value.is_infinite() && one("x{} NaN").value.is_nan());
        assert_eq!(one(r#"x{a="}"} 1"#).named().unwrap().label("a"), Some("}"));
    }

    #[test]
    fn open_metrics_has_seconds_exemplars_and_an_end() {
        let page = "# TYPE a counter\n# UNIT a seconds\na_total{le=\"1\"} 2 1.5 # {trace_id=\"x\"} 0.67 1.4\n\
                    b 1 # {} 1\nc 3\n# EOF\n";
        let all: Vec<_> = samples(page, Form::OpenMetrics).map(Result::unwrap).collect();
        let told: Vec<_> = all.iter().map(|sample| (sample.series, sample.time)).collect();
        assert_eq!(told, [("a_total{le=\"1\"}", Some(1_500)), ("b", None), ("c", None)]);
        assert_eq!((Form::of_page(page), Form::of_page("a 1\n")), (Form::OpenMetrics, Form::Text));
        let form = Form::of_media_type("application/openmetrics-text; version=1.0.0; charset=utf-8");
        assert_eq!((form, Form::of_media_type("text/plain")), (Form::OpenMetrics, Form::Text));
    }

    #[test]
    fn comments_and_empty_lines_are_no_samples() {
        assert_eq!(samples("# HELP x y\n\n# TYPE x counter\r\n # c\n# EOF\n", Form::Text).count(), 0);
        assert_eq!(samples("", Form::Text).count(), 0);
    }

    #[test]
    fn wrong_line_is_named_by_its_number() {
        // X-1
        for (form, page, expected) in [
            (Form::Text, "a 1\n{} 2", "line 2: it starts with no metric name"),
            (Form::Text, "1a 2", "line 1: it starts with no metric name"),
            (Form::Text, "a", "line 1: it has no value"),
            (Form::Text, "a one", "line 1: its value is not a number"),
            (Form::Text, "a 1 later", "line 1: its time is not a number"),
            (Form::Text, "a 1 1.5", "line 1: its time is not a number"),
            (Form::Text, "a 1 2 3", "line 1: something comes after its time"),
            (Form::Text, "a{b} 1", "line 1: a label has no value"),
            (Form::Text, "a{b", "line 1: its labels do not end"),
            (Form::Text, "a{b=c} 1", "line 1: a label's value is not quoted"),
            (Form::Text, "a{b=\"c} 1", "line 1: a label's value does not end"),
            (Form::Text, "a{b=\"c\\", "line 1: a label's value does not end"),
            (Form::Text, "a{b=\"c\" d=\"e\"} 1", "line 1: labels are not separated by a comma"),
            (
                Form::Text,
                "a{b-c=\"d\"} 1",
                "line 1: a label's name is not of letters, digits and underscores",
            ),
            (Form::OpenMetrics, "a 1\n", "line 1: the page does not end with # EOF"),
            (Form::OpenMetrics, "# EOF\n\na 1\n", "line 3: it comes after # EOF"),
            (Form::OpenMetrics, "a 1 nan\n# EOF", "line 1: its time is not a number"),
        ] {
            let read = |sample: Result<Sample<'_>, _>| sample.and_then(|sample| sample.named()).err();
            let error = samples(page, form).find_map(read).map(|error| error.to_string());
            assert_eq!(error.as_deref(), Some(expected), "{page:?}");
        }
    }

    proptest! {
        #[test]
        fn any_label_value_reads_back(value in any::<String>()) {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            prop_assume!(!value.contains('\r')); // a line end to the page reader
            let line = format!("m{{a=\"{escaped}\"}} 1");
            let named = one(&line).named().unwrap();
            prop_assert_eq!(named.label("a"), Some(value.as_str()));
        }

        #[test]
        fn any_page_is_read_without_panic(page in ".{0,200}") {
            for form in [Form::Text, Form::OpenMetrics] {
                for sample in samples(&page, form).flatten() {
                    let _ = sample.named();
                }
            }
        }
    }
}
