//! Forms: `Action=..&MetricData.member.1.MetricName=..` to a value of a shape.
//!
//! Names are paths. They are first laid into a tree, so that order and gaps in the numbers do not matter, and
//! then read by the shape. EC2 differs: no `.member`, and members have other names.

use super::DEPTH_MAX;
use crate::fault::{Common, Fault};
use crate::model::{Kind, Member, Service, ShapeId};
use crate::timestamp;
use crate::value::{Map, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How many members a form may have: a body that is full of the shortest names that occur has no
/// more than some 60,000.
pub const PAIRS_MAX: usize = 100_000;

/// Which of the two kinds of form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// `List.member.1`, `Map.entry.1.key`.
    Query,
    /// `List.1`, names with a capital letter.
    Ec2,
}

/// A form, laid out as a tree by the dots of its names.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tree {
    text: Option<String>,
    below: BTreeMap<String, Tree>,
}

/// The names and values of a form or a query string.
///
/// # Errors
/// A [`Common::Malformed`] fault when there are too many.
pub fn pairs(form: &[u8]) -> Result<Vec<(String, String)>, Fault> {
    let mut pairs = Vec::new();
    for (name, value) in form_urlencoded::parse(form) {
        if pairs.len() >= PAIRS_MAX {
            return Err(malformed(format!("the request has more than {PAIRS_MAX} parameters")));
        }
        pairs.push((name.into_owned(), value.into_owned()));
    }
    Ok(pairs)
}

/// Lays pairs into a tree.
///
/// # Errors
/// A [`Common::Malformed`] fault when a name is there twice or too deep.
pub fn tree(pairs: &[(String, String)]) -> Result<Tree, Fault> {
    let mut root = Tree::default();
    for (name, text) in pairs {
        let mut at = &mut root;
        // A level of a shape is two of a form: `.member.1`.
        for (depth, part) in name.split('.').enumerate() {
            if depth >= 2 * DEPTH_MAX {
                return Err(malformed("the request is nested too deep"));
            }
            at = at.below.entry(part.to_owned()).or_default();
        }
        if at.text.replace(text.clone()).is_some() {
            return Err(malformed(format!("the parameter {name} is there twice")));
        }
    }
    Ok(root)
}

/// Reads a tree by a shape.
///
/// # Errors
/// A [`Common::Malformed`] fault with AWS's words for what is of the wrong type.
pub fn read(
    tree: &Tree,
    service: &'static Service,
    shape: ShapeId,
    dialect: Dialect,
) -> Result<Value, Fault> {
    Reader { service, dialect }.value(tree, shape, "", 0)
}

fn malformed(message: impl Into<String>) -> Fault {
    Fault::common(Common::Malformed, message)
}

struct Reader {
    service: &'static Service,
    dialect: Dialect,
}

impl Reader {
    fn value(&self, tree: &Tree, id: ShapeId, path: &str, depth: usize) -> Result<Value, Fault> {
        if depth > DEPTH_MAX {
            return Err(malformed("the request is nested too deep"));
        }
        let shape = self.service.shape(id);
        match &shape.kind {
            Kind::Structure { members, .. } => {
                let mut map = Map::new();
                for member in members {
                    let Some((tree, name)) = self.place(tree, member) else { continue };
                    let path = if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") };
                    let value = self.member(tree, member, &path, depth)?;
                    map.insert(Cow::Borrowed(member.name.as_str()), value);
                }
                Ok(Value::Map(map))
            }
            Kind::List(element) => self.list(tree, element, path, depth),
            Kind::Map(..) => Ok(Value::Map(self.map(tree, id, path, depth)?)),
            kind => {
                let text = tree.text.as_deref().ok_or_else(|| {
                    malformed(format!("the parameter {path} is a structure where a value is expected"))
                })?;
                Self::scalar(kind, text, path)
            }
        }
    }

    /// Where a member stands below a structure, and its name there.
    fn place<'a>(&self, tree: &'a Tree, member: &'a Member) -> Option<(&'a Tree, Cow<'a, str>)> {
        let name = match self.dialect {
            Dialect::Ec2 => member.ec2_name(),
            Dialect::Query => {
                // A flattened list has its own name in the form, or in older clients that of its elements.
                let element = match &self.service.shape(member.shape).kind {
                    Kind::List(element) if member.is_flattened => element.location_name.as_deref(),
                    _ => None,
                };
                let own = member.wire_name();
                match element {
                    Some(element) if !tree.below.contains_key(own) => Cow::Borrowed(element),
                    _ => Cow::Borrowed(own),
                }
            }
        };
        tree.below.get(name.as_ref()).map(|tree| (tree, name))
    }

    fn member(&self, tree: &Tree, member: &Member, path: &str, depth: usize) -> Result<Value, Fault> {
        match &self.service.shape(member.shape).kind {
            Kind::List(element) if member.is_flattened => {
                self.numbered(tree, element, path, depth).map(Value::List)
            }
            Kind::Map(..) if member.is_flattened => {
                Ok(Value::Map(self.entries(tree, member.shape, path, depth)?))
            }
            _ => self.value(tree, member.shape, path, depth + 1),
        }
    }

    /// `X.member.1`, `X.1`, or `X=` for the empty list.
    fn list(&self, tree: &Tree, element: &Member, path: &str, depth: usize) -> Result<Value, Fault> {
        let wrapped = match self.dialect {
            Dialect::Ec2 => None,
            Dialect::Query => {
                let name = element.location_name.as_deref().unwrap_or("member");
                tree.below.get(name).or_else(|| tree.below.get("member"))
            }
        };
        let values = match wrapped {
            Some(below) => self.numbered(below, element, path, depth)?,
            None => self.numbered(tree, element, path, depth)?,
        };
        Ok(Value::List(values))
    }

    fn numbered(&self, tree: &Tree, element: &Member, path: &str, depth: usize) -> Result<Vec<Value>, Fault> {
        let mut at = Self::in_order(tree, path)?;
        at.sort_unstable_by_key(|(number, _)| *number);
        at.into_iter()
            .map(|(number, tree)| self.value(tree, element.shape, &format!("{path}.{number}"), depth + 1))
            .collect()
    }

    fn in_order<'a>(tree: &'a Tree, path: &str) -> Result<Vec<(u32, &'a Tree)>, Fault> {
        if tree.text.as_deref().is_some_and(|text| !text.is_empty()) {
            return Err(malformed(format!("the parameter {path} is a value where a list is expected")));
        }
        tree.below
            .iter()
            .map(|(number, tree)| match number.parse() {
                Ok(number) => Ok((number, tree)),
                Err(_) => Err(malformed(format!("the parameter {path} has no number but {number:?}"))),
            })
            .collect()
    }

    fn map(&self, tree: &Tree, id: ShapeId, path: &str, depth: usize) -> Result<Map, Fault> {
        match tree.below.get("entry") {
            Some(entries) => self.entries(entries, id, path, depth),
            None => self.entries(tree, id, path, depth),
        }
    }

    /// `1.key=..&1.value=..`
    fn entries(&self, tree: &Tree, id: ShapeId, path: &str, depth: usize) -> Result<Map, Fault> {
        let Kind::Map(key, value) = &self.service.shape(id).kind else { return Ok(Map::new()) };
        let key_name = key.location_name.as_deref().unwrap_or("key");
        let value_name = value.location_name.as_deref().unwrap_or("value");
        let mut map = Map::new();
        for (number, entry) in Self::in_order(tree, path)? {
            let path = format!("{path}.{number}");
            let key = entry.below.get(key_name).and_then(|key| key.text.clone());
            let key = key.ok_or_else(|| malformed(format!("the parameter {path}.{key_name} is missing")))?;
            let of = entry.below.get(value_name);
            let of = of.ok_or_else(|| malformed(format!("the parameter {path}.{value_name} is missing")))?;
            let of = self.value(of, value.shape, &path, depth + 1)?;
            if map.insert(Cow::Owned(key), of).is_some() {
                return Err(malformed(format!("the key of {path} is there twice")));
            }
        }
        Ok(map)
    }

    fn scalar(kind: &Kind, text: &str, path: &str) -> Result<Value, Fault> {
        let trimmed = text.trim();
        let value = match kind {
            Kind::Integer(is_long) => trimmed
                .parse::<i64>()
                .ok()
                .filter(|number| *is_long || i32::try_from(*number).is_ok())
                .map(Value::Integer),
            Kind::Float => number(trimmed).map(Value::Float),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("true") => Some(Value::Boolean(true)),
            Kind::Boolean if trimmed.eq_ignore_ascii_case("false") => Some(Value::Boolean(false)),
            Kind::Boolean => None,
            Kind::Timestamp => {
                return timestamp::parse(trimmed)
                    .map(Value::Timestamp)
                    .ok_or_else(|| malformed(format!("timestamp must follow ISO8601 (parameter {path})")));
            }
            Kind::Blob => BASE64_STANDARD.decode(trimmed).ok().map(Value::Blob),
            _ => Some(Value::Text(text.to_owned())),
        };
        value.ok_or_else(|| malformed(format!("the value {text} for parameter {path} is invalid")))
    }
}

/// A number as clients write it. Rust would take `inf` and `nan` in any case and with any sign.
fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse::<f64>().ok().filter(|_| !text.bytes().any(|byte| matches!(byte | 32, b'n' | b'i'))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    fn ask(name: &str, operation: &str, form: &str) -> Result<Value, Fault> {
        let service = service(name).unwrap();
        let shape = service.operation(operation).unwrap().input.unwrap();
        let dialect = if name == "ec2" { Dialect::Ec2 } else { Dialect::Query };
        read(&tree(&pairs(form.as_bytes())?)?, service, shape, dialect)
    }

    #[test]
    fn a_form_is_read_by_the_shape_in_the_order_of_its_numbers() {
        let value = ask(
            "cloudwatch",
            "PutMetricData",
            "Namespace=A%2FB&MetricData.member.10.MetricName=ten&MetricData.member.2.MetricName=two&\
             MetricData.member.2.Value=NaN&MetricData.member.2.Timestamp=2026-11-23T09%3A00%3A00Z&\
             MetricData.member.2.Dimensions.member.1.Name=d&MetricData.member.2.Dimensions.member.1.Value=&\
             MetricData.member.2.StorageResolution=1&Unknown.member.1=x&StrictEntityValidation=true",
        )
        .unwrap();
        assert_eq!(value.text("Namespace"), Some("A/B"));
        assert_eq!(value.boolean("StrictEntityValidation"), Some(true));
        let data = value.list("MetricData");
        assert_eq!((data[0].text("MetricName"), data[1].text("MetricName")), (Some("two"), Some("ten")));
        assert!(data[0].float("Value").unwrap().is_nan());
        assert_eq!(data[0].timestamp("Timestamp"), Some(1_795_424_400_000));
        assert_eq!(data[0].list("Dimensions")[0].text("Value"), Some(""));
        assert_eq!(data[0].integer("StorageResolution"), Some(1));
        let empty = ask("cloudwatch", "PutMetricAlarm", "AlarmActions=&AlarmName=x").unwrap();
        assert_eq!(empty.get("AlarmActions"), Some(&Value::List(Vec::new())));
    }

    #[test]
    fn a_form_of_ec2_has_numbers_alone_and_its_own_names() {
        let value = ask(
            "ec2",
            "DescribeInstances",
            "Filter.1.Name=tag%3AName&Filter.1.Value.1=x&Filter.1.Value.2=y&InstanceId.1=i-1&MaxResults=5&DryRun=false",
        )
        .unwrap();
        let filter = &value.list("Filters")[0];
        assert_eq!(filter.text("Name"), Some("tag:Name"));
        assert_eq!(filter.texts("Values").collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(value.texts("InstanceIds").collect::<Vec<_>>(), ["i-1"]);
        assert_eq!((value.integer("MaxResults"), value.boolean("DryRun")), (Some(5), Some(false)));
    }

    #[test]
    fn what_is_of_another_type_is_refused_with_its_name() {
        for (form, message) in [
            ("MaxRecords=abc", "the value abc for parameter MaxRecords is invalid"),
            ("MaxRecords=99999999999", "the value 99999999999 for parameter MaxRecords is invalid"),
            ("MaxRecords.x=1", "the parameter MaxRecords is a structure where a value is expected"),
            ("AlarmNames=x", "the parameter AlarmNames is a value where a list is expected"),
            ("AlarmNames.member.x=1", "the parameter AlarmNames has no number but \"x\""),
            ("MaxRecords=1&MaxRecords=2", "the parameter MaxRecords is there twice"),
        ] {
            assert_eq!(
                ask("cloudwatch", "DescribeAlarms", form).unwrap_err().message.as_deref(),
                Some(message)
            );
        }
        let time = ask("cloudwatch", "GetMetricData", "StartTime=soon").unwrap_err();
        assert!(time.message.unwrap().starts_with("timestamp must follow ISO8601"));
        let deep = "a.".repeat(1000);
        assert!(ask("cloudwatch", "GetMetricData", &deep).is_err());
        assert!(ask("cloudwatch", "GetMetricData", &"a&".repeat(PAIRS_MAX + 1)).is_err());
        assert_eq!(number("inf"), None);
        assert_eq!(number("-nan"), None);
    }
}
