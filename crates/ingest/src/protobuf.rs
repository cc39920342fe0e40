//! Protocol Buffers as they lie in memory: fields one after the other, nothing copied.

/// The bytes are no message of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message cannot be read: {0}")]
pub struct Malformed(pub &'static str);

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    /// Any whole number.
    Varint(u64),
    /// A double, `fixed64` or `sfixed64`.
    Fixed64(u64),
    /// A text, a message, or packed numbers.
    Bytes(&'a [u8]),
    /// A float or `fixed32`.
    Fixed32(u32),
}

const ENDS: Malformed = Malformed("it ends within a field");

/// The fields of a message, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) const fn new(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// What was not read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next field's number and value.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Value<'a>)>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).map_err(|_| Malformed("a field's number is too large"))?;
        if number == 0 {
            return Err(Malformed("a field has the number 0"));
        }
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.fixed()?)),
            2 => Value::Bytes(self.bytes()?),
            5 => Value::Fixed32(u32::from_le_bytes(self.fixed()?)),
            _ => return Err(Malformed("a field is of a kind that there is not")),
        };
        Ok(Some((number, value)))
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64, Malformed> {
        // Most are of one byte.
        let (first, rest) = self.0.split_first().ok_or(ENDS)?;
        self.0 = rest;
        if *first < 0x80 {
            return Ok(u64::from(*first));
        }
        self.long_varint(*first)
    }

    fn long_varint(&mut self, first: u8) -> Result<u64, Malformed> {
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(ENDS)?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Malformed("a number is too long"))
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(ENDS)?;
        self.0 = rest;
        Ok(*bytes)
    }

    /// Bytes behind their length.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| ENDS)?;
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(ENDS)?;
        self.0 = rest;
        Ok(bytes)
    }
}

/// A text.
#[inline]
pub(crate) fn text(bytes: &[u8]) -> Result<&str, Malformed> {
    str::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
}

/// Writes messages, for tests.
#[cfg(test)]
pub(crate) mod write {
    pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
        while value >= 0x80 {
            out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        out.push((value & 0x7f) as u8);
    }

    pub(crate) fn number(out: &mut Vec<u8>, field: u64, value: u64) {
        varint(out, field << 3);
        varint(out, value);
    }

    pub(crate) fn double(out: &mut Vec<u8>, field: u64, value: f64) {
        varint(out, field << 3 | 1);
        out.extend(value.to_bits().to_le_bytes());
    }

    pub(crate) fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
        varint(out, field << 3 | 2);
        varint(out, value.len() as u64);
        out.extend(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_come_back_in_order() {
        let mut message = Vec::new();
        write::number(&mut message, 1, u64::MAX);
        write::double(&mut message, 300, 1.5);
        write::bytes(&mut message, 2, b"abc");
        message.extend([7 << 3 | 5, 1, 0, 0, 0]);
        let mut fields = Fields::new(&message);
        for expect in [
            (1, Value::Varint(u64::MAX)),
            (300, Value::Fixed64(1.5_f64.to_bits())),
            (2, Value::Bytes(b"abc")),
            (7, Value::Fixed32(1)),
        ] {
            assert_eq!(fields.next(), Ok(Some(expect)));
        }
        assert_eq!(fields.next(), Ok(None));
    }

    #[test]
    fn wrong_bytes_are_refused() {
        for bytes in [
            &[0x08][..],
            &[0x08, 0x80],
            &[0x09, 1, 2, 3],
            &[0x0a, 5, 1],
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[0x0b],
            &[0x00, 1],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
        ] {
            assert!(Fields::new(bytes).next().is_err(), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn reading_anything_ends(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut fields = Fields::new(&bytes);
            while let Ok(Some(_)) = fields.next() {}
        }
    }
}
