//! What a sender brings: values of items, each with its host and key.
//!
//! ```text
//! { host: "db1", key: "app.orders[eu,1]", value: "17", clock, ns }  ─►  app_orders{host="db1",parameters="eu,1"} 17
//! ```
//!
//! Invariant
//! - Z-2: each value is told or counted as failed, with the reason of the first one, so that a sender that looks at
//!   its answer knows.

use super::frame::frame;
use crate::intake::{Intake, METRIC_NAME, Series, push_name};
use crate::{Outcome, Sink};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Values of a request: forty times what `zabbix_sender` sends at once.
const VALUES_MAX: usize = 10_000;
/// The request of `zabbix_sender`, and that of an agent with active checks.
const REQUESTS: [&str; 2] = ["sender data", "agent data"];

/// Why nothing of a request was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrapError {
    /// Not the JSON of a request.
    #[error("the request is not what zabbix_sender writes: {0}")]
    Malformed(String),
    /// A request for something else, such as `active checks`.
    #[error("the request {0:?} is not answered here, only values are taken: send them with zabbix_sender")]
    Request(String),
    /// More labels than one request may make.
    #[error(transparent)]
    TooMuch(#[from] crate::TooMuch),
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trapped {
    /// Values that came.
    pub total: u64,
    /// What was told of them.
    pub outcome: Outcome,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    request: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Values<'a>,
}

#[derive(Default)]
struct Values<'a>(Vec<Item<'a>>);

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    host: Cow<'a, str>,
    #[serde(borrow, default)]
    key: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Written<'a>,
    #[serde(default)]
    clock: Option<i64>,
    #[serde(default)]
    ns: Option<i64>,
}

/// A value as written: in quotes, as `zabbix_sender` does, or not.
#[derive(Default)]
enum Written<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    #[default]
    Other,
}

/// Takes the values of a request; those without a time are of `now`, in ms since the Unix epoch.
///
/// # Errors
/// [`TrapError`]: nothing of it is told then, or too much.
pub fn take(payload: &[u8], now: i64, sink: &mut impl Sink) -> Result<Trapped, TrapError> {
    let request: Request<'_> =
        serde_json::from_slice(payload).map_err(|error| TrapError::Malformed(error.to_string()))?;
    if !REQUESTS.contains(&&*request.request) {
        return Err(TrapError::Request(request.request.chars().take(100).collect()));
    }
    let (mut intake, mut metric) = (Intake::new(sink), String::new());
    for item in &request.data.0 {
        let (name, parameters) = match item.key.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']').unwrap_or(rest)),
            None => (&*item.key, ""),
        };
        metric.clear();
        push_name(&mut metric, name, true);
        let Some(value) = item.value.number() else {
            let (key, host) = (clip(&item.key), clip(&item.host));
            intake.outcome.leave_out(
                1,
                format_args!("the value of {key:?} of {host:?} is not a number, and only numbers are kept"),
            );
            continue;
        };
        let mut series = Series {
            labels: vec![(METRIC_NAME, &*metric), ("host", &*item.host), ("parameters", parameters)],
            samples: vec![(item.time(now), value)],
        };
        intake.take(&mut series)?;
    }
    Ok(Trapped { total: request.data.0.len() as u64, outcome: intake.outcome })
}

fn clip(text: &str) -> String {
    text.chars().take(100).collect()
}

impl Item<'_> {
    fn time(&self, now: i64) -> i64 {
        let ms = self.ns.filter(|ns| (0..1_000_000_000).contains(ns)).unwrap_or_default() / 1_000_000;
        self.clock
            .filter(|clock| *clock > 0)
            .map_or(now, |clock| clock.saturating_mul(1_000).saturating_add(ms))
    }
}

impl Written<'_> {
    /// A finite number; no words, though Rust would read "inf" and "nan".
    fn number(&self) -> Option<f64> {
        let value = match self {
            Self::Number(number) => *number,
            Self::Text(text) => {
                let text = text.trim();
                let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
                text.parse().ok().filter(|_| is_number)?
            }
            Self::Other => return None,
        };
        value.is_finite().then_some(value)
    }
}

/// The answer to values: what `zabbix_sender` prints of it are these very words.
pub fn accepted(processed: u64, failed: u64, took: Duration) -> Vec<u8> {
    let (total, seconds) = (processed + failed, took.as_secs_f64());
    let text = format!(
        r#"{{"response":"success","info":"processed: {processed}; failed: {failed}; total: {total}; seconds spent: {seconds:.6}"}}"#
    );
    frame(text.as_bytes())
}

/// The answer to what was not taken at all.
pub fn refused(reason: impl fmt::Display) -> Vec<u8> {
    let text = serde_json::json!({ "response": "failed", "info": reason.to_string() });
    frame(text.to_string().as_bytes())
}

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bounded;
        impl<'de> Visitor<'de> for Bounded {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of at most {VALUES_MAX} values")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    if values.len() == VALUES_MAX {
                        return Err(A::Error::custom(format_args!(
                            "it holds more than {VALUES_MAX} values; send less at once"
                        )));
                    }
                    values.push(value);
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_seq(Bounded)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Written<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Written::Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Written::Text(text.to_owned().into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Written::Number(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Written::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Written::Number(number))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(Written::Other)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Written::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Written::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Written::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
