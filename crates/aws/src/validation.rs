//! Whether an input is within the bounds of the model, in the words of AWS.
//!
//! Most services list every violation in one text: `1 validation error detected: Value 'x' at 'stateValue' failed to
//! satisfy constraint: …`. The older operations of CloudWatch, those that list `InvalidParameterValueException`, have
//! texts and codes of their own; so has EC2.

use crate::fault::{Common, Fault};
use crate::model::{Kind, Member, Operation, Protocol, Service, Shape, ShapeId};
use crate::value::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// How many violations are told. One request can hold a million.
const TOLD_MAX: usize = 10;

/// How long a text or a list may be to be repeated in a message: AWS was seen to repeat 1,025 characters.
const REPEATED_MAX: usize = 2_048;

/// Characters of a name of a group or a stream.
const LOG_NAME_MAX: usize = 512;

/// What a place does not keep.
enum Violation<'a> {
    Missing,
    LengthBelow(f64),
    LengthAbove(f64),
    Below(f64),
    Above(f64),
    Pattern(&'a str),
    /// The same without the value.
    HiddenPattern(&'a str),
    Choice(&'a [String]),
    /// Of a list: one of its texts.
    Each(&'a Shape),
}

/// Checks an input.
///
/// # Errors
/// A fault that tells the first violations.
pub(crate) fn check(service: &Service, operation: &Operation, input: &Value) -> Result<(), Fault> {
    let Some(shape) = operation.input else { return Ok(()) };
    if service.name == "logs" && is_log_name_too_long(input) {
        return Err(Fault::modelled(
            "InvalidParameterException",
            "Invalid LogGroup or LogStream, both must have length less than or equal to 512.",
        ));
    }
    let is_ec2 = service.protocols.contains(&Protocol::Ec2);
    let lists = |name: &str| operation.errors.iter().any(|error| error == name);
    let mut check = Check {
        service,
        is_parameters: is_ec2 || (service.is_query_compatible && lists("InvalidParameterValueException")),
        is_ec2,
        n: 0,
        missing: String::new(),
        invalid: String::new(),
    };
    check.value(input, shape, &Path { above: None, name: Cow::Borrowed("") });
    if check.n == 0 {
        return Ok(());
    }
    if check.is_parameters {
        let is_missing = !check.missing.is_empty();
        let message = if is_missing { check.missing } else { check.invalid };
        return Err(match (is_missing, is_ec2) {
            (true, true) => Fault::common(Common::MissingParameter, message),
            (true, false) => Fault::modelled("MissingRequiredParameterException", message),
            (false, true) => Fault::common(Common::Validation, message),
            (false, false) => Fault::modelled("InvalidParameterValueException", message),
        });
    }
    let plural = if check.n == 1 { "" } else { "s" };
    let message = format!("{} validation error{plural} detected: {}", check.n, check.invalid);
    let is_own = matches!(service.name.as_str(), "logs" | "ecs") && lists("InvalidParameterException");
    Err(if is_own {
        Fault::modelled("InvalidParameterException", message)
    } else {
        Fault::common(Common::Validation, message)
    })
}

/// True for a name that Logs refuses before it looks at anything else.
fn is_log_name_too_long(input: &Value) -> bool {
    let is_too_long = |name: &str| name.chars().nth(LOG_NAME_MAX).is_some();
    ["logGroupName", "logStreamName"].iter().any(|member| input.text(member).is_some_and(is_too_long))
}

/// Where a value stands. Only written out for what is told.
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    name: Cow<'a, str>,
}

impl Path<'_> {
    /// `metricData.1.member.metricName`, or `MetricData.member.1.MetricName` as forms have it.
    fn written(&self, is_form: bool, is_ec2: bool) -> String {
        let mut parts = Vec::new();
        let mut at = Some(self);
        while let Some(path) = at {
            parts.push(path.name.as_ref());
            at = path.above;
        }
        let mut out = String::new();
        for part in parts.iter().rev().filter(|part| !part.is_empty()) {
            let separator = if out.is_empty() { "" } else { "." };
            let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
            let _ = match (is_number, is_form) {
                (true, true) if is_ec2 => write!(out, "{separator}{part}"),
                (true, true) => write!(out, "{separator}member.{part}"),
                (true, false) => write!(out, "{separator}{part}.member"),
                (false, true) => write!(out, "{separator}{part}"),
                (false, false) => {
                    let (first, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
                    write!(out, "{separator}{}{rest}", first.to_lowercase())
                }
            };
        }
        out
    }
}

struct Check<'a> {
    service: &'a Service,
    /// The texts of parameters rather than of constraints.
    is_parameters: bool,
    is_ec2: bool,
    n: usize,
    missing: String,
    invalid: String,
}

impl Check<'_> {
    fn value(&mut self, value: &Value, id: ShapeId, path: &Path<'_>) {
        if self.n >= TOLD_MAX {
            return;
        }
        let service = self.service;
        let shape = service.shape(id);
        match (&shape.kind, value) {
            (Kind::Structure { members, .. }, Value::Map(map)) => {
                for member in members {
                    let path = Path { above: Some(path), name: self.name_of(member) };
                    match map.get(member.name.as_str()) {
                        Some(value) => self.value(value, member.shape, &path),
                        // EC2's forms do not tell an empty list from none: the operation says what is wrong with it.
                        None if self.is_ec2 && matches!(service.shape(member.shape).kind, Kind::List(_)) => {}
                        None if member.is_required => self.violated(&path, None, &Violation::Missing),
                        None => {}
                    }
                }
            }
            (Kind::List(member), Value::List(values)) => {
                self.length(shape, values.len(), path, value);
                let each = service.shape(member.shape);
                if matches!(each.kind, Kind::Text) && !self.is_parameters {
                    // Such a list is told as a whole.
                    if values.iter().any(|value| value.as_text().is_some_and(|text| !fits(text, each))) {
                        self.violated(path, Some(value), &Violation::Each(each));
                    }
                    return;
                }
                for (index, value) in values.iter().enumerate() {
                    let path = Path { above: Some(path), name: Cow::Owned((index + 1).to_string()) };
                    self.value(value, member.shape, &path);
                    if self.n >= TOLD_MAX {
                        return;
                    }
                }
            }
            (Kind::Map(key, member), Value::Map(map)) => {
                self.length(shape, map.len(), path, value);
                for (name, value) in map {
                    let path = Path { above: Some(path), name: Cow::Borrowed(name) };
                    self.text(name, service.shape(key.shape), &path);
                    self.value(value, member.shape, &path);
                    if self.n >= TOLD_MAX {
                        return;
                    }
                }
            }
            (Kind::Text, Value::Text(text)) => self.text(text, shape, path),
            (Kind::Blob, Value::Blob(bytes)) => self.length(shape, bytes.len(), path, value),
            (Kind::Integer(_) | Kind::Float, value) => {
                if let Some(number) = value.as_float() {
                    if shape.min.is_some_and(|min| number < min) {
                        self.violated(path, Some(value), &Violation::Below(shape.min.unwrap_or_default()));
                    } else if shape.max.is_some_and(|max| number > max) {
                        self.violated(path, Some(value), &Violation::Above(shape.max.unwrap_or_default()));
                    }
                }
            }
            _ => {}
        }
    }

    /// The name of a member in messages: EC2's clients know that of forms.
    fn name_of<'b>(&self, member: &'b Member) -> Cow<'b, str> {
        if self.is_ec2 { member.ec2_name() } else { Cow::Borrowed(&member.name) }
    }

    fn length(&mut self, shape: &Shape, length: usize, path: &Path<'_>, value: &Value) {
        let length = length as f64;
        match (shape.min, shape.max) {
            (Some(min), _) if length < min => {
                self.violated(path, Some(value), &Violation::LengthBelow(min));
            }
            (_, Some(max)) if length > max => {
                self.violated(path, Some(value), &Violation::LengthAbove(max));
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, shape: &Shape, path: &Path<'_>) {
        if shape.min.is_some() || shape.max.is_some() {
            let value = Value::Text(shortened(text));
            self.length(shape, text.chars().count(), path, &value);
        }
        if !shape.choices.is_empty() && !self.is_ec2 && !shape.choices.iter().any(|choice| choice == text) {
            self.violated(path, Some(&Value::Text(shortened(text))), &Violation::Choice(&shape.choices));
        }
        if let Some((pattern, regex)) = shape.pattern()
            && !regex.is_match(text)
        {
            // AWS does not repeat what identifies a group of logs.
            let is_hidden = shape.name == "LogGroupIdentifier";
            let violation =
                if is_hidden { Violation::HiddenPattern(pattern) } else { Violation::Pattern(pattern) };
            self.violated(path, Some(&Value::Text(shortened(text))), &violation);
        }
    }

    fn violated(&mut self, path: &Path<'_>, value: Option<&Value>, violation: &Violation<'_>) {
        if self.n >= TOLD_MAX {
            return;
        }
        self.n += 1;
        let is_missing = matches!(violation, Violation::Missing);
        let value = value.map(repeated);
        let _ = if self.is_parameters {
            self.parameter(path, value, violation, is_missing)
        } else {
            self.constraint(path, value, violation)
        };
    }

    /// `The parameter Namespace is required.`
    fn parameter(
        &mut self,
        path: &Path<'_>,
        value: Option<String>,
        violation: &Violation<'_>,
        is_missing: bool,
    ) -> std::fmt::Result {
        let path = path.written(true, self.is_ec2);
        let out = if is_missing { &mut self.missing } else { &mut self.invalid };
        if self.is_ec2 && !out.is_empty() {
            // EC2 tells one.
            return Ok(());
        }
        match (violation, self.is_ec2) {
            (Violation::Missing, true) => write!(out, "The request must contain the parameter {path}"),
            (Violation::Missing, false) => writeln!(out, "The parameter {path} is required."),
            (_, true) => {
                write!(out, "Value ({}) for parameter {path} is invalid.", value.unwrap_or_default())
            }
            (Violation::LengthAbove(max), false) if value.as_deref().is_some_and(|v| v.starts_with('[')) => {
                writeln!(out, "The collection {path} must not have a size greater than {max}.")
            }
            _ => writeln!(out, "The value {} for parameter {path} is invalid.", value.unwrap_or_default()),
        }
    }

    /// `Value 'x' at 'stateValue' failed to satisfy constraint: …`
    fn constraint(
        &mut self,
        path: &Path<'_>,
        value: Option<String>,
        violation: &Violation<'_>,
    ) -> std::fmt::Result {
        let out = &mut self.invalid;
        if !out.is_empty() {
            out.push_str("; ");
        }
        match value {
            Some(_) if matches!(violation, Violation::HiddenPattern(_)) => write!(out, "Value")?,
            Some(value) => write!(out, "Value '{value}'")?,
            None => write!(out, "Value null")?,
        }
        write!(out, " at '{}' failed to satisfy constraint: Member must ", path.written(false, false))?;
        match violation {
            Violation::Missing => write!(out, "not be null"),
            Violation::LengthBelow(min) => write!(out, "have length greater than or equal to {min}"),
            Violation::LengthAbove(max) => write!(out, "have length less than or equal to {max}"),
            Violation::Below(min) => write!(out, "have value greater than or equal to {min}"),
            Violation::Above(max) => write!(out, "have value less than or equal to {max}"),
            Violation::Pattern(pattern) | Violation::HiddenPattern(pattern) => {
                write!(out, "satisfy regular expression pattern: {pattern}")
            }
            Violation::Choice(choices) => write!(out, "{}", choice(self.service, choices)),
            Violation::Each(shape) => {
                let longest = shape.max.map(|max| format!("have length less than or equal to {max}"));
                let shortest = shape.min.map(|min| format!("have length greater than or equal to {min}"));
                let pattern = shape.pattern();
                let pattern =
                    pattern.map(|(pattern, _)| format!("satisfy regular expression pattern: {pattern}"));
                let choices = (!shape.choices.is_empty()).then(|| choice(self.service, &shape.choices));
                let all: Vec<String> = [longest, shortest, pattern, choices]
                    .into_iter()
                    .flatten()
                    .map(|constraint| format!("Member must {constraint}"))
                    .collect();
                write!(out, "satisfy constraint: [{}]", all.join(", "))
            }
        }
    }
}

/// AWS prints a set. Its order is that of the recordings there are: the model's, backwards, but not of Logs.
fn choice(service: &Service, choices: &[String]) -> String {
    let mut names: Vec<_> = choices.iter().map(String::as_str).collect();
    if service.name != "logs" {
        names.reverse();
    }
    format!("satisfy enum value set: [{}]", names.join(", "))
}

/// Whether a text is within all bounds of its shape.
fn fits(text: &str, shape: &Shape) -> bool {
    let length = text.chars().count() as f64;
    shape.min.is_none_or(|min| length >= min)
        && shape.max.is_none_or(|max| length <= max)
        && (shape.choices.is_empty() || shape.choices.iter().any(|choice| choice == text))
        && shape.pattern().is_none_or(|(_, regex)| regex.is_match(text))
}

/// A text that a message may repeat.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(REPEATED_MAX) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A value as messages repeat it.
fn repeated(value: &Value) -> String {
    match value {
        Value::Text(text) => shortened(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::List(values) => {
            // Each takes at least two characters of what is repeated.
            let texts: Vec<_> = values.iter().take(REPEATED_MAX / 2).map(repeated).collect();
            shortened(&format!("[{}]", texts.join(", ")))
        }
        Value::Map(map) => shortened(&format!(
            "{{{}}}",
            map.keys().map(AsRef::as_ref).take(8).collect::<Vec<_>>().join(", ")
        )),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    fn refused(name: &str, operation: &str, input: &Value) -> Option<Fault> {
        let service = service(name).unwrap();
        check(service, service.operation(operation).unwrap(), input).err()
    }

    #[test]
    fn constraints_are_told_as_aws_does() {
        let fault = refused(
            "cloudwatch",
            "SetAlarmState",
            &Value::map([
                ("AlarmName", "a".into()),
                ("StateValue", "INVALID".into()),
                ("StateReason", "r".into()),
            ]),
        )
        .unwrap();
        assert_eq!(fault.kind, crate::fault::Kind::Common(Common::Validation));
        assert_eq!(
            fault.message.as_deref(),
            Some(
                "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: \
                 Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
            )
        );
        let fault = refused(
            "logs",
            "GetLogEvents",
            &Value::map([
                ("logStreamName", "s".into()),
                ("logGroupName", "g".into()),
                ("limit", 10_001.into()),
            ]),
        )
        .unwrap();
        assert_eq!(fault.kind, crate::fault::Kind::Modelled("InvalidParameterException".into()));
        assert_eq!(
            fault.message.as_deref(),
            Some(
                "1 validation error detected: Value '10001' at 'limit' failed to satisfy constraint: \
                 Member must have value less than or equal to 10000"
            )
        );
        let long = "X".repeat(1_025);
        let input =
            Value::map([("filterPattern", long.as_str().into()), ("logEventMessages", vec!["m"].into())]);
        let expect = format!(
            "1 validation error detected: Value '{long}' at 'filterPattern' failed to satisfy constraint: Member must \
             have length less than or equal to 1024"
        );
        assert_eq!(refused("logs", "TestMetricFilter", &input).unwrap().message, Some(expect));
        let fault = refused("sts", "AssumeRole", &Value::map([("RoleArn", "x".into())])).unwrap();
        assert_eq!(
            fault.message.as_deref(),
            Some(
                "2 validation errors detected: Value 'x' at 'roleArn' failed to satisfy constraint: Member must have \
                 length greater than or equal to 20; Value null at 'roleSessionName' failed to satisfy constraint: \
                 Member must not be null"
            )
        );
    }

    #[test]
    fn a_list_of_texts_is_told_as_a_whole() {
        let ids = Value::List(vec!["i-0123456789abcdef0".into(), "web1".into()]);
        let input = Value::map([("DocumentName", "AWS-RunShellScript".into()), ("InstanceIds", ids)]);
        assert_eq!(
            refused("ssm", "SendCommand", &input).unwrap().message.as_deref(),
            Some(
                "1 validation error detected: Value '[i-0123456789abcdef0, web1]' at 'instanceIds' failed to satisfy \
                 constraint: Member must satisfy constraint: [Member must satisfy regular expression pattern: \
                 (^i-(\\w{8}|\\w{17})$)|(^mi-\\w{17}$)]"
            )
        );
        let names: Vec<String> = (0..11).map(|number| format!("n{number}")).collect();
        let input = Value::map([("Names", names.into())]);
        assert_eq!(
            refused("ssm", "GetParameters", &input).unwrap().message.as_deref(),
            Some(
                "1 validation error detected: Value '[n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10]' at 'names' failed \
                 to satisfy constraint: Member must have length less than or equal to 10"
            )
        );
        let label = "a".repeat(101);
        let input = Value::map([("Name", "a".into()), ("Labels", vec![label.as_str()].into())]);
        let message = refused("ssm", "LabelParameterVersion", &input).unwrap().message.unwrap();
        assert!(
            message.ends_with(
                "at 'labels' failed to satisfy constraint: Member must satisfy constraint: [Member must have length \
                 less than or equal to 100, Member must have length greater than or equal to 1]"
            ),
            "{message}"
        );
    }

    #[test]
    fn older_operations_name_parameters() {
        let datum = |name: Value| Value::map([("MetricName", name)]);
        let put = |data| Value::map([("Namespace", "n".into()), ("MetricData", Value::List(data))]);
        let fault =
            refused("cloudwatch", "PutMetricData", &put(vec![datum("m".into()), Value::empty()])).unwrap();
        assert_eq!(fault.kind, crate::fault::Kind::Modelled("MissingRequiredParameterException".into()));
        assert_eq!(
            fault.message.as_deref(),
            Some("The parameter MetricData.member.2.MetricName is required.\n")
        );
        let fault = refused("cloudwatch", "PutMetricData", &put(vec![datum("".into())])).unwrap();
        assert_eq!(
            fault.message.as_deref(),
            Some("The value  for parameter MetricData.member.1.MetricName is invalid.\n")
        );
        assert_eq!(refused("cloudwatch", "PutMetricData", &put(vec![datum("m".into())])), None);
        // A form does not tell an empty list from none, and the operation has a text of its own for it.
        assert_eq!(refused("ec2", "StartInstances", &Value::empty()), None);
        let tag = Value::map([("Resources", vec!["i-12345678"].into()), ("Tags", Value::List(Vec::new()))]);
        assert_eq!(refused("ec2", "CreateTags", &tag), None);
    }

    #[test]
    fn a_million_violations_are_told_ten_times() {
        let long = "x".repeat(100_000);
        let names = Value::List(vec![Value::Text(long.clone()); 1000]);
        let fault = refused("cloudwatch", "DescribeAlarms", &Value::map([("AlarmNames", names)])).unwrap();
        let message = fault.message.unwrap();
        assert!(message.starts_with("2 validation errors detected: Value '[xxx"), "{message:.80}");
        assert!(message.len() < 8_000, "{}", message.len());
        let filters = Value::List(vec![Value::map([("Key", long.into())]); 1000]);
        let input = Value::map([("ParameterFilters", filters)]);
        let message = refused("ssm", "DescribeParameters", &input).unwrap().message.unwrap();
        assert!(message.starts_with("10 validation errors detected: Value 'xxx"), "{message:.80}");
        assert!(message.len() < 24_000, "{}", message.len());
    }
}
