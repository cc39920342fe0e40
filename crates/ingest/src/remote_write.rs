//! Prometheus remote write, 1.0 (`prometheus.WriteRequest`) and 2.0 (`io.prometheus.write.v2.Request`).
//!
//! ```text
//! 1.0  request { 1: series { 1: label { 1: name · 2: value }* · 2: sample { 1: value · 2: time }* · 4: histogram* }* }
//! 2.0  request { 4: symbol* · 5: series { 1: packed places of name, value, … · 2: sample* · 3: histogram* }* }
//! ```
//!
//! Nothing is copied: names and values are pieces of the body. Metadata and exemplars are passed over; native
//! histograms are counted as left out.
//!
//! Sources: <https://prometheus.io/docs/specs/prw/remote_write_spec/> and `…_2_0/`.

use crate::intake::{Intake, Outcome, Series, Sink, TooMuch};
use crate::protobuf::{Fields, Malformed, Value, text};

/// How a label of a series begins: field 1, of bytes.
const LABEL: u8 = 0x0a;
/// Symbols of one request.
const SYMBOLS_MAX: usize = 1_000_000;

/// Which message a body holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `prometheus.WriteRequest`.
    One,
    /// `io.prometheus.write.v2.Request`.
    Two,
}

impl Version {
    /// The message that a `Content-Type` names; without a `proto` it is the first.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        let mut parts = media_type.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case("application/x-protobuf") {
            return None;
        }
        let proto = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("proto").then(|| value.trim().trim_matches('"'))
        });
        match proto {
            None | Some("prometheus.WriteRequest") => Some(Self::One),
            Some("io.prometheus.write.v2.Request") => Some(Self::Two),
            Some(_) => None,
        }
    }
}

/// Why a request was refused. Something of it may have been told already: forget that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is not what it says.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It holds too much.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Of its samples.
    pub outcome: Outcome,
    /// Native histograms, which are not kept; they count as left out, too.
    pub histograms: u64,
}

/// Tells the samples of a request to a sink.
///
/// # Errors
/// [`DecodeError`].
///
/// Cost: O(n), no allocation for each series or sample.
pub fn decode<S: Sink>(version: Version, body: &[u8], sink: &mut S) -> Result<Written, DecodeError> {
    let mut request = Request { intake: Intake::new(sink), series: Series::default(), histograms: 0 };
    match version {
        Version::One => request.one(body)?,
        Version::Two => request.two(body)?,
    }
    Ok(Written { outcome: request.intake.outcome, histograms: request.histograms })
}

struct Request<'s, 'a, S> {
    intake: Intake<'s, S>,
    /// The one at hand.
    series: Series<'a>,
    histograms: u64,
}

impl<'a, S: Sink> Request<'_, 'a, S> {
    fn one(&mut self, body: &'a [u8]) -> Result<(), DecodeError> {
        let mut fields = Fields::new(body);
        while let Some((number, value)) = fields.next()? {
            if let (1, Value::Bytes(series)) = (number, value) {
                self.whole_series_one(series)?;
            }
        }
        Ok(())
    }

    fn whole_series_one(&mut self, series: &'a [u8]) -> Result<(), DecodeError> {
        let mut fields = Fields::new(series);
        while let [LABEL, ..] = fields.rest() {
            fields.next()?;
        }
        let (words, rest) = series.split_at(series.len() - fields.rest().len());
        self.series_one(rest)?;
        // With labels behind its samples, which no sender writes, the words are not all of them.
        if self.series.labels.is_empty() && self.intake.take_known(words, &mut self.series)? {
            return Ok(());
        }
        if !self.short_labels(words) {
            self.series_one(words)?;
        }
        self.intake.take(&mut self.series)?;
        Ok(())
    }

    /// Reads labels that are all short, all checked to be text at once, which is most of the work when each is
    /// checked alone; nothing when some is not.
    fn short_labels(&mut self, labels: &'a [u8]) -> bool {
        // Tags and lengths up to 127 are ASCII; with a longer label this is no text.
        let Ok(all) = str::from_utf8(labels) else { return false };
        let (mut at, before) = (0, self.series.labels.len());
        while at < all.len() {
            let Some((label, next)) = short_label(all, at) else {
                self.series.labels.truncate(before);
                return false;
            };
            self.series.labels.push(label);
            at = next;
        }
        true
    }

    fn series_one(&mut self, series: &'a [u8]) -> Result<(), DecodeError> {
        let mut fields = Fields::new(series);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Bytes(label)) => self.series.labels.push(read_label(label)?),
                (2, Value::Bytes(sample)) => self.series.samples.push(read_sample(sample)?),
                (4, Value::Bytes(_)) => self.histogram(),
                _ => {}
            }
        }
        Ok(())
    }

    fn histogram(&mut self) {
        self.histograms += 1;
        self.intake.outcome.leave_out(1, "native histograms are not kept; send classic ones");
    }

    fn two(&mut self, body: &'a [u8]) -> Result<(), DecodeError> {
        // Fields may come in any order, so the symbols are gathered first.
        let mut symbols: Vec<&str> = Vec::new();
        let mut fields = Fields::new(body);
        while let Some((number, value)) = fields.next()? {
            if let (4, Value::Bytes(symbol)) = (number, value) {
                if symbols.len() == SYMBOLS_MAX {
                    return Err(TooMuch.into());
                }
                symbols.push(text(symbol)?);
            }
        }
        let mut fields = Fields::new(body);
        while let Some((number, value)) = fields.next()? {
            if let (5, Value::Bytes(series)) = (number, value) {
                self.series_two(series, &symbols)?;
                self.intake.take(&mut self.series)?;
            }
        }
        Ok(())
    }

    fn series_two(&mut self, series: &'a [u8], symbols: &[&'a str]) -> Result<(), DecodeError> {
        let symbol = |place: u64| {
            let symbol = usize::try_from(place).ok().and_then(|place| symbols.get(place).copied());
            symbol.ok_or(Malformed("a label's place is beyond the symbols"))
        };
        let mut name = None;
        let mut fields = Fields::new(series);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Value::Bytes(packed)) => {
                    let mut places = Fields::new(packed);
                    while !places.rest().is_empty() {
                        self.place(&mut name, symbol(places.varint()?)?);
                    }
                }
                // Not packed, which a reader must take as well.
                (1, Value::Varint(place)) => self.place(&mut name, symbol(place)?),
                (2, Value::Bytes(sample)) => self.series.samples.push(read_sample(sample)?),
                (3, Value::Bytes(_)) => self.histogram(),
                _ => {}
            }
        }
        if name.is_some() { Err(Malformed("a label has a name and no value").into()) } else { Ok(()) }
    }

    /// Names and values come in turn.
    fn place(&mut self, name: &mut Option<&'a str>, symbol: &'a str) {
        match name.take() {
            None => *name = Some(symbol),
            Some(name) => self.series.labels.push((name, symbol)),
        }
    }
}

/// The label at a place: tag, length, name, value, all lengths of one byte, and where the next one begins.
#[inline]
fn short_label(all: &str, at: usize) -> Option<((&str, &str), usize)> {
    let bytes = all.as_bytes();
    let head = bytes.get(at..at + 4)?;
    let end = at + 2 + usize::from(head[1]);
    let name_end = at + 4 + usize::from(head[3]);
    if head[0] != LABEL || head[1] > 0x7f || head[2] != 0x0a || head[3] > 0x7f {
        return None;
    }
    let value = bytes.get(name_end..name_end + 2)?;
    if value[0] != 0x12 || usize::from(value[1]) != end.checked_sub(name_end + 2)? {
        return None;
    }
    Some(((all.get(at + 4..name_end)?, all.get(name_end + 2..end)?), end))
}

fn read_label(label: &[u8]) -> Result<(&str, &str), Malformed> {
    let (mut name, mut content) = ("", "");
    let mut fields = Fields::new(label);
    while let Some((number, value)) = fields.next()? {
        match (number, value) {
            (1, Value::Bytes(bytes)) => name = text(bytes)?,
            (2, Value::Bytes(bytes)) => content = text(bytes)?,
            _ => {}
        }
    }
    Ok((name, content))
}

/// The same in both versions; a time or value that is missing is zero.
#[inline]
fn read_sample(sample: &[u8]) -> Result<(i64, f64), Malformed> {
    let (mut time, mut number) = (0, 0.0);
    let mut fields = Fields::new(sample);
    while let Some((field, value)) = fields.next()? {
        match (field, value) {
            (1, Value::Fixed64(bits)) => number = f64::from_bits(bits),
            (2, Value::Varint(bits)) => time = bits.cast_signed(),
            _ => {}
        }
    }
    Ok((time, number))
}

#[cfg(test)]
mod tests;
