//! StatsD: lines of single measurements, and what they add up to.
//!
//! ```text
//! name:value|type|@rate|#tag:value,…      c  counter      g  gauge, +n and -n change it
//! name:1:2:3|ms                           ms timer        h, d  distribution
//! name:1|c:2|ms                           s  set
//! ```
//!
//! The lines are those of Etsy's StatsD and of DogStatsD. Its events (`_e`) and service checks (`_sc`) are no samples:
//! they are counted and passed over.

mod aggregate;
mod state;

pub use aggregate::{Aggregate, Options, Taken};

/// Bytes of a line.
pub const LINE_MAX: usize = 8_192;
/// Tags of a line.
const TAGS_MAX: usize = 64;
/// Measurements of a line.
const VALUES_MAX: usize = 1_024;

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// So many more.
    Count(f64),
    /// The value now.
    Gauge(f64),
    /// The value changes by so much.
    GaugeChange(f64),
    /// So many milliseconds.
    Timer(f64),
    /// A value of any unit.
    Distribution(f64),
    /// A member of a set.
    Member(&'a str),
}

/// A measurement of a line with the share of all that were sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement<'a> {
    /// What was measured.
    pub value: Value<'a>,
    /// 0.1 when one of ten was sent.
    pub rate: f64,
}

/// A line taken apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Line<'a> {
    /// Measurements of one name.
    Metric {
        /// The name as sent.
        name: &'a str,
        /// At least one.
        measurements: Vec<Measurement<'a>>,
        /// Names and values as sent; one without a value is `true`.
        tags: Vec<(&'a str, &'a str)>,
    },
    /// An event or a service check.
    Other,
}

impl<'a> Line<'a> {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &'a str) -> Result<Self, &'static str> {
        if line.starts_with("_e{") || line.starts_with("_sc|") {
            return Ok(Self::Other);
        }
        let (name, rest) = line.split_once(':').ok_or("it is not NAME:VALUE|TYPE")?;
        if name.is_empty() {
            return Err("it has no name");
        }
        let mut parts = rest.split('|').peekable();
        let (mut measurements, mut tags) = (Vec::new(), Vec::new());
        let mut values = parts.next().unwrap_or_default();
        loop {
            let kind = parts.next().ok_or("it has no type")?;
            let (kind, mut next) =
                kind.split_once(':').map_or((kind, None), |(kind, next)| (kind, Some(next)));
            let mut rate = 1.0;
            while next.is_none()
                && let Some(part) = parts.next()
            {
                if let Some(text) = part.strip_prefix('@') {
                    let (text, after) =
                        text.split_once(':').map_or((text, None), |(text, after)| (text, Some(after)));
                    rate = number(text)
                        .filter(|rate| *rate > 0.0 && *rate <= 1.0)
                        .ok_or("its rate is not above 0 and at most 1")?;
                    next = after;
                } else if let Some(text) = part.strip_prefix('#') {
                    read_tags(text, &mut tags)?;
                }
                // A container's id, a time, whatever comes next: they say nothing about the value.
            }
            measure(kind, values, rate, &mut measurements)?;
            match next {
                Some(next) => values = next,
                None => return Ok(Self::Metric { name, measurements, tags }),
            }
        }
    }
}

fn read_tags<'a>(text: &'a str, tags: &mut Vec<(&'a str, &'a str)>) -> Result<(), &'static str> {
    for tag in text.split(',').filter(|tag| !tag.is_empty()) {
        if tags.len() == TAGS_MAX {
            return Err("it has more than 64 tags");
        }
        let (name, value) = tag.split_once(':').unwrap_or((tag, "true"));
        if name.is_empty() {
            return Err("a tag has no name");
        }
        tags.push((name, value));
    }
    Ok(())
}

fn measure<'a>(
    kind: &str,
    values: &'a str,
    rate: f64,
    measurements: &mut Vec<Measurement<'a>>,
) -> Result<(), &'static str> {
    if kind == "s" {
        if values.is_empty() {
            return Err("it has no value");
        }
        // Whatever a member is called, colons too.
        measurements.push(Measurement { value: Value::Member(values), rate });
        return Ok(());
    }
    for text in values.split(':') {
        if measurements.len() == VALUES_MAX {
            return Err("it has more than 1024 values");
        }
        let value = number(text).ok_or("its value is not a number")?;
        let value = match kind {
            "c" if value < 0.0 => return Err("a counter cannot shrink"),
            "c" => Value::Count(value),
            "g" if text.starts_with(['+', '-']) => Value::GaugeChange(value),
            "g" => Value::Gauge(value),
            "ms" => Value::Timer(value),
            "h" | "d" => Value::Distribution(value),
            _ => return Err("its type is not one of c, g, ms, h, d, s"),
        };
        measurements.push(Measurement { value, rate });
    }
    Ok(())
}

/// A finite number; no words, though Rust would read "inf" and "nan".
fn number(text: &str) -> Option<f64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|value: &f64| is_number && value.is_finite())
}

#[cfg(test)]
mod tests;
