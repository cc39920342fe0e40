//! CBOR (RFC 8949) as Smithy's RPC v2 has it: a body to a value as it stands, and a value of a shape to a body.
//!
//! ```text
//! head    major type (3 bits) · argument (5 bits, or 1, 2, 4, 8 bytes more, or none: indefinite)
//! 0 1     whole numbers           4 5   lists and maps, of a length or up to a break (ff)
//! 2 3     bytes and text,         6     tag 1: seconds since the epoch; others are passed over
//!         whole or in parts       7     false, true, null, undefined, half, single and double floats
//! ```
//!
//! Clients send definite and indefinite forms and every size of number; answers have indefinite lists and maps and
//! doubles, as AWS's own do. Twice the same key is refused.

use super::DEPTH_MAX;
use crate::fault::{Common, Fault};
use crate::model::{Kind, Service, ShapeId};
use crate::timestamp;
use crate::value::{Map, Value};
use std::borrow::Cow;

/// Reads a body. An empty one is a structure without members.
///
/// # Errors
/// A [`Common::Malformed`] fault that says what is wrong, and at which byte.
pub fn read(body: &[u8]) -> Result<Value, Fault> {
    if body.is_empty() {
        return Ok(Value::empty());
    }
    let mut reader = Reader { bytes: body, at: 0 };
    let result = match reader.value(0) {
        Ok(Item::Value(value)) if reader.at == body.len() => Ok(value),
        Ok(Item::Value(_)) => Err("bytes follow the value"),
        Ok(Item::Break) => Err("a break outside of a list or map"),
        Err(reason) => Err(reason),
    };
    result.map_err(|reason| Fault::common(Common::Malformed, format!("{reason} at byte {}", reader.at)))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

enum Item {
    Value(Value),
    Break,
}

/// The argument of a head: a number, or none for the indefinite forms.
type Argument = Option<u64>;

impl<'a> Reader<'a> {
    fn take(&mut self, n: u64) -> Result<&'a [u8], &'static str> {
        let end = usize::try_from(n).ok().and_then(|n| self.at.checked_add(n)).ok_or("too long")?;
        let part = self.bytes.get(self.at..end).ok_or("cut off")?;
        self.at = end;
        Ok(part)
    }

    fn head(&mut self) -> Result<(u8, u8, Argument), &'static str> {
        let first = self.take(1)?[0];
        let (major, low) = (first >> 5, first & 31);
        let argument = match low {
            0..=23 => Some(u64::from(low)),
            24..=27 => {
                let bytes = self.take(1 << (low - 24))?;
                Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return Err("a head that is not defined"),
        };
        Ok((major, low, argument))
    }

    fn value(&mut self, depth: usize) -> Result<Item, &'static str> {
        if depth > DEPTH_MAX {
            return Err("nested too deep");
        }
        let (major, low, argument) = self.head()?;
        Ok(Item::Value(match (major, argument) {
            (0, Some(number)) => i64::try_from(number).map_or(Value::Float(number as f64), Value::Integer),
            // -1 - n is the complement of n.
            (1, Some(number)) => i64::try_from(number)
                .map_or(Value::Float(-1.0 - number as f64), |number| Value::Integer(!number)),
            (2, length) => Value::Blob(self.string(2, length)?),
            (3, length) => {
                Value::Text(String::from_utf8(self.string(3, length)?).map_err(|_| "text that is not UTF-8")?)
            }
            (4, length) => self.list(length, depth)?,
            (5, length) => self.map(length, depth)?,
            (6, Some(tag)) => {
                let Item::Value(value) = self.value(depth + 1)? else { return Err("a tag of nothing") };
                if tag == 1 { Self::instant(&value)? } else { value }
            }
            (7, None) => return Ok(Item::Break),
            (7, Some(bits)) => match low {
                20 => Value::Boolean(false),
                21 => Value::Boolean(true),
                22 | 23 => Value::Null,
                25 => Value::Float(half(bits)),
                #[expect(clippy::cast_possible_truncation, reason = "four bytes were read")]
                26 => Value::Float(f64::from(f32::from_bits(bits as u32))),
                27 => Value::Float(f64::from_bits(bits)),
                _ => return Err("a simple value that is not defined"),
            },
            _ => return Err("a head that is not defined"),
        }))
    }

    fn instant(value: &Value) -> Result<Value, &'static str> {
        let seconds = value.as_float().ok_or("a time that is no number")?;
        timestamp::of_seconds(seconds).map(Value::Timestamp).ok_or("a time out of range")
    }

    fn string(&mut self, major: u8, length: Argument) -> Result<Vec<u8>, &'static str> {
        if let Some(length) = length {
            return Ok(self.take(length)?.to_vec());
        }
        let mut whole = Vec::new();
        loop {
            match self.head()? {
                (7, 31, None) => return Ok(whole),
                (part, _, Some(length)) if part == major => whole.extend_from_slice(self.take(length)?),
                _ => return Err("a string's part of another type"),
            }
        }
    }

    fn list(&mut self, length: Argument, depth: usize) -> Result<Value, &'static str> {
        // Nothing is reserved for a length that is only claimed: an element has a byte at least.
        let mut list = Vec::new();
        let mut left = length;
        while left != Some(0) {
            match self.value(depth + 1)? {
                Item::Value(value) => list.push(value),
                Item::Break if length.is_none() => break,
                Item::Break => return Err("a break inside of a list with a length"),
            }
            left = left.map(|left| left - 1);
        }
        Ok(Value::List(list))
    }

    fn map(&mut self, length: Argument, depth: usize) -> Result<Value, &'static str> {
        let mut map = Map::new();
        let mut left = length;
        while left != Some(0) {
            let key = match self.value(depth + 1)? {
                Item::Value(Value::Text(key)) => key,
                Item::Break if length.is_none() => break,
                _ => return Err("a key that is no text"),
            };
            let Item::Value(value) = self.value(depth + 1)? else { return Err("a key without a value") };
            if map.insert(Cow::Owned(key), value).is_some() {
                return Err("a key is there twice");
            }
            left = left.map(|left| left - 1);
        }
        Ok(Value::Map(map))
    }
}

/// A half float: one bit of sign, five of exponent, ten of fraction.
fn half(bits: u64) -> f64 {
    #[expect(clippy::cast_possible_truncation, reason = "two bytes were read")]
    let bits = bits as u16;
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
    };
    if bits >> 15 == 0 { magnitude } else { -magnitude }
}

/// Writes a value by its shape. Members that the shape does not know are left out.
pub fn write(value: &Value, service: &Service, shape: ShapeId) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, value, service, shape);
    out
}

/// Appends the begin of an indefinite map.
pub fn begin_map(out: &mut Vec<u8>) {
    out.push(0xbf);
}

/// Appends the end of an indefinite list or map.
pub fn end(out: &mut Vec<u8>) {
    out.push(0xff);
}

/// Appends a text.
pub fn text(out: &mut Vec<u8>, text: &str) {
    head(out, 3, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | bytes[7]),
        24..=0xff => out.extend_from_slice(&[major | 0x18, bytes[7]]),
        0x100..=0xffff => {
            out.push(major | 0x19);
            out.extend_from_slice(&bytes[6..]);
        }
        0x1_0000..=0xffff_ffff => {
            out.push(major | 0x1a);
            out.extend_from_slice(&bytes[4..]);
        }
        _ => {
            out.push(major | 0x1b);
            out.extend_from_slice(&bytes);
        }
    }
}

fn double(out: &mut Vec<u8>, number: f64) {
    out.push(0xfb);
    out.extend_from_slice(&number.to_be_bytes());
}

fn put(out: &mut Vec<u8>, value: &Value, service: &Service, id: ShapeId) {
    match (&service.shape(id).kind, value) {
        (Kind::Structure { is_document: true, .. }, any) => plain(out, any),
        (Kind::Structure { members, .. }, Value::Map(map)) => {
            begin_map(out);
            for member in members {
                match map.get(member.name.as_str()) {
                    None | Some(Value::Null) => {}
                    Some(value) => {
                        text(out, &member.name);
                        put(out, value, service, member.shape);
                    }
                }
            }
            end(out);
        }
        (Kind::List(member), Value::List(values)) => {
            out.push(0x9f);
            for value in values {
                put(out, value, service, member.shape);
            }
            end(out);
        }
        (Kind::Map(_, member), Value::Map(map)) => {
            begin_map(out);
            for (key, value) in map {
                text(out, key);
                put(out, value, service, member.shape);
            }
            end(out);
        }
        (Kind::Float, Value::Integer(whole)) => double(out, *whole as f64),
        (_, value) => plain(out, value),
    }
}

/// A value without a shape to go by.
fn plain(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Boolean(truth) => out.push(0xf4 + u8::from(*truth)),
        Value::Integer(number) if *number < 0 => head(out, 1, !number.cast_unsigned()),
        Value::Integer(number) => head(out, 0, number.cast_unsigned()),
        Value::Float(number) => double(out, *number),
        Value::Text(value) => text(out, value),
        Value::Blob(bytes) => {
            head(out, 2, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        Value::Timestamp(millis) => {
            out.push(0xc1);
            double(out, timestamp::seconds(*millis));
        }
        Value::List(values) => {
            out.push(0x9f);
            for value in values {
                plain(out, value);
            }
            end(out);
        }
        Value::Map(map) => {
            begin_map(out);
            for (key, value) in map {
                text(out, key);
                plain(out, value);
            }
            end(out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Source, fit};
    use crate::model::service;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn every_form_of_every_type_is_read() {
        // The examples of RFC 8949, appendix A, and NaN as botocore sends it.
        for (bytes, value) in [
            ("00", Value::Integer(0)),
            ("17", Value::Integer(23)),
            ("1818", Value::Integer(24)),
            ("1903e8", Value::Integer(1000)),
            ("1a000f4240", Value::Integer(1_000_000)),
            ("1b000000e8d4a51000", Value::Integer(1_000_000_000_000)),
            ("1bffffffffffffffff", Value::Float(18_446_744_073_709_551_615.0)),
            ("20", Value::Integer(-1)),
            ("3903e7", Value::Integer(-1000)),
            ("3bffffffffffffffff", Value::Float(-18_446_744_073_709_551_616.0)),
            ("f90001", Value::Float(5.960_464_477_539_063e-8)),
            ("f90400", Value::Float(0.000_061_035_156_25)),
            ("f93e00", Value::Float(1.5)),
            ("f9c400", Value::Float(-4.0)),
            ("f97c00", Value::Float(f64::INFINITY)),
            ("f9fc00", Value::Float(f64::NEG_INFINITY)),
            ("fa47c35000", Value::Float(100_000.0)),
            ("fb3ff199999999999a", Value::Float(1.1)),
            ("f4", Value::Boolean(false)),
            ("f5", Value::Boolean(true)),
            ("f6", Value::Null),
            ("f7", Value::Null),
            ("c11a514b67b0", Value::Timestamp(1_363_896_240_000)),
            ("c1fb41d452d9ec200000", Value::Timestamp(1_363_896_240_500)),
            ("4401020304", Value::Blob(vec![1, 2, 3, 4])),
            ("5f42010243030405ff", Value::Blob(vec![1, 2, 3, 4, 5])),
            ("6449455446", "IETF".into()),
            ("7f657374726561646d696e67ff", "streaming".into()),
            ("83010203", vec![1_i64, 2, 3].into()),
            (
                "9f018202039f0405ffff",
                Value::List(vec![1.into(), vec![2_i64, 3].into(), vec![4_i64, 5].into()]),
            ),
            ("bf6346756ef563416d7421ff", Value::map([("Fun", true.into()), ("Amt", (-2).into())])),
            ("a26161016162820203", Value::map([("a", 1.into()), ("b", vec![2_i64, 3].into())])),
            ("d82001", Value::Integer(1)),
        ] {
            assert_eq!(read(&hex(bytes)).unwrap(), value, "{bytes}");
        }
        assert!(read(&hex("f97e00")).unwrap().as_float().unwrap().is_nan());
        assert_eq!(read(b"").unwrap(), Value::empty());
    }

    #[test]
    fn what_is_not_well_formed_is_refused_at_its_byte() {
        for (bytes, message) in [
            ("18", "cut off at byte 1"),
            ("1c", "a head that is not defined at byte 1"),
            ("ff", "a break outside of a list or map at byte 1"),
            ("8201", "cut off at byte 2"),
            ("82ffff", "a break inside of a list with a length at byte 2"),
            ("9bffffffffffffffff", "cut off at byte 9"),
            ("5bffffffffffffffff00", "too long at byte 9"),
            ("0000", "bytes follow the value at byte 1"),
            ("a10101", "a key that is no text at byte 2"),
            ("bf6161ff", "a key without a value at byte 4"),
            ("a2616101616102", "a key is there twice at byte 7"),
            ("61ff", "text that is not UTF-8 at byte 2"),
            ("7f4161ff", "a string's part of another type at byte 2"),
            ("7f7f6161ffff", "a string's part of another type at byte 2"),
            ("c161 61", "a time that is no number at byte 3"),
            ("c1fb7e37e43c8800759c", "a time out of range at byte 10"),
            ("f818", "a simple value that is not defined at byte 2"),
            ("1f", "a head that is not defined at byte 1"),
            ("df", "a head that is not defined at byte 1"),
        ] {
            assert_eq!(read(&hex(bytes)).unwrap_err().message.as_deref(), Some(message), "{bytes}");
        }
        for deep in [0x9f, 0x81, 0xbf, 0xc1, 0xd8] {
            assert!(read(&vec![deep; 100_000]).is_err(), "{deep:x}");
        }
    }

    #[test]
    fn answers_have_indefinite_lists_and_tagged_doubles() {
        let cloudwatch = service("cloudwatch").unwrap();
        let shape = cloudwatch.shape_id("MetricDataResult").unwrap();
        let value = Value::map([
            ("Id", "m1".into()),
            ("Timestamps", Value::List(vec![Value::Timestamp(1_795_424_400_000)])),
            ("Values", Value::List(vec![Value::Integer(2)])),
            ("Unknown", true.into()),
        ]);
        let bytes = write(&value, cloudwatch, shape);
        let timestamps = [b"Timestamps".as_slice(), &[0x9f, 0xc1, 0xfb, 0x41]].concat();
        assert!(bytes.windows(timestamps.len()).any(|window| window == timestamps), "{bytes:x?}");
        let back = fit(read(&bytes).unwrap(), cloudwatch, shape, Source::Cbor).unwrap();
        assert_eq!(back.list("Values"), [Value::Float(2.0)]);
        assert_eq!(back.get("Unknown"), None);
    }
}
