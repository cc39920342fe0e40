//! The messages, as far as they are read; names as in JSON.

use serde::de::{Error, IgnoredAny, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

macro_rules! messages {
    ($($(#[$more:meta])* $name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* })*) => {
        $(
            $(#[$more])*
            #[derive(Debug, Default, PartialEq, Deserialize)]
            #[serde(rename_all = "camelCase", default, bound(deserialize = "'de: 'a"))]
            pub(super) struct $name<'a> {
                $($(#[$attribute])* pub(super) $field: $kind,)*
                #[serde(skip)]
                pub(super) lifetime: PhantomData<&'a ()>,
            }
        )*
    };
}

messages! {
    Export { resource_metrics: Vec<ResourceMetrics<'a>>, }
    ResourceMetrics { resource: Resource<'a>, scope_metrics: Vec<ScopeMetrics<'a>>, }
    Resource { attributes: Vec<KeyValue<'a>>, }
    ScopeMetrics { metrics: Vec<Metric<'a>>, }
    KeyValue { #[serde(borrow)] key: Cow<'a, str>, value: AnyValue<'a>, }
    /// One of its fields; arrays and maps are no label.
    AnyValue {
        #[serde(borrow)] string_value: Option<Cow<'a, str>>,
        bool_value: Option<bool>,
        #[serde(deserialize_with = "whole")] int_value: Option<i64>,
        #[serde(deserialize_with = "double")] double_value: Option<f64>,
    }
    Metric {
        #[serde(borrow)] name: Cow<'a, str>,
        #[serde(borrow)] unit: Cow<'a, str>,
        gauge: Option<Points<'a>>,
        sum: Option<Points<'a>>,
        histogram: Option<Histogram<'a>>,
        exponential_histogram: Option<Unread<'a>>,
        summary: Option<Summary<'a>>,
    }
    /// Of a gauge or a sum.
    Points {
        data_points: Vec<NumberPoint<'a>>,
        #[serde(deserialize_with = "temporality")] aggregation_temporality: Temporality,
        is_monotonic: bool,
    }
    NumberPoint {
        attributes: Vec<KeyValue<'a>>,
        #[serde(deserialize_with = "natural")] time_unix_nano: u64,
        #[serde(deserialize_with = "double")] as_double: Option<f64>,
        #[serde(deserialize_with = "whole")] as_int: Option<i64>,
        flags: u32,
    }
    Histogram {
        data_points: Vec<HistogramPoint<'a>>,
        #[serde(deserialize_with = "temporality")] aggregation_temporality: Temporality,
    }
    HistogramPoint {
        attributes: Vec<KeyValue<'a>>,
        #[serde(deserialize_with = "natural")] time_unix_nano: u64,
        #[serde(deserialize_with = "natural")] count: u64,
        #[serde(deserialize_with = "double")] sum: Option<f64>,
        bucket_counts: Vec<Natural>,
        explicit_bounds: Vec<f64>,
        flags: u32,
    }
    Summary { data_points: Vec<SummaryPoint<'a>>, }
    SummaryPoint {
        attributes: Vec<KeyValue<'a>>,
        #[serde(deserialize_with = "natural")] time_unix_nano: u64,
        #[serde(deserialize_with = "natural")] count: u64,
        #[serde(deserialize_with = "double")] sum: Option<f64>,
        quantile_values: Vec<Quantile<'a>>,
        flags: u32,
    }
    Quantile {
        #[serde(deserialize_with = "double")] quantile: Option<f64>,
        #[serde(deserialize_with = "double")] value: Option<f64>,
    }
    /// Points that are only counted.
    Unread { data_points: Vec<Skipped>, }
}

/// Anything.
#[derive(Debug, PartialEq)]
pub(super) struct Skipped;

impl<'de> Deserialize<'de> for Skipped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

/// What points of a sum or histogram count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Temporality {
    #[default]
    Unspecified,
    Delta,
    Cumulative,
}

impl Temporality {
    pub(super) const fn of(number: u64) -> Self {
        match number {
            1 => Self::Delta,
            2 => Self::Cumulative,
            _ => Self::Unspecified,
        }
    }
}

/// A whole number of 64 bits, which JSON writes as a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Natural(pub(super) u64);

impl<'de> Deserialize<'de> for Natural {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        natural(deserializer).map(Self)
    }
}

/// A number, or a text that holds one.
struct NumberOrText<T>(PhantomData<T>);

impl<T: FromStr + TryFrom<i128>> Visitor<'_> for NumberOrText<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number, or a text with one")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<T>, E> {
        let found = T::try_from(i128::from(value)).ok();
        found.map(Some).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &"a smaller number"))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<T>, E> {
        let found = T::try_from(i128::from(value)).ok();
        found.map(Some).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &"a larger number"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Option<T>, E> {
        let found = value.parse().ok();
        found.map(Some).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &"a whole number"))
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

fn natural<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(NumberOrText::<u64>(PhantomData)).map(Option::unwrap_or_default)
}

fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    deserializer.deserialize_any(NumberOrText::<i64>(PhantomData))
}

/// A number, or one of the words that JSON has no number for.
fn double<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Double<'a> {
        Number(f64),
        Word(#[serde(borrow)] Cow<'a, str>),
    }
    Ok(match Option::<Double<'_>>::deserialize(deserializer)? {
        None => None,
        Some(Double::Number(value)) => Some(value),
        Some(Double::Word(word)) => {
            let wrong = |_| D::Error::invalid_value(Unexpected::Str(&word), &"a number");
            Some(word.parse().map_err(wrong)?)
        }
    })
}

/// A number as the specification says, or the name that some libraries write.
fn temporality<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Temporality, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Named<'a> {
        Number(u64),
        Word(#[serde(borrow)] Cow<'a, str>),
    }
    Ok(match Named::deserialize(deserializer)? {
        Named::Number(number) => Temporality::of(number),
        Named::Word(word) if word == "AGGREGATION_TEMPORALITY_DELTA" => Temporality::Delta,
        Named::Word(word) if word == "AGGREGATION_TEMPORALITY_CUMULATIVE" => Temporality::Cumulative,
        Named::Word(_) => Temporality::Unspecified,
    })
}
