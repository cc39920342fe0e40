//! Numbers as bytes: LEB128 varints, zigzag for signed ones, all the same on either byte order.

use super::FrameError;

/// Maps small numbers of either sign to small unsigned ones: 0, -1, 1, -2, … to 0, 1, 2, 3, …
pub(super) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

pub(super) const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Appends a varint: seven bits a byte, the lowest first, the top bit set in all but the last.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// Bytes that [`put_varint`] appends.
pub(super) const fn varint_length(value: u64) -> usize {
    match value {
        0 => 1,
        _ => (value.ilog2() / 7 + 1) as usize,
    }
}

/// Reads a frame from front to back; every error knows where.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(super) const fn malformed(&self, problem: &'static str) -> FrameError {
        FrameError::Malformed { offset: self.at, problem }
    }

    pub(super) fn byte(&mut self) -> Result<u8, FrameError> {
        let byte = *self.bytes.get(self.at).ok_or_else(|| self.malformed("a record is cut short"))?;
        self.at += 1;
        Ok(byte)
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], FrameError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..length).ok_or_else(|| self.malformed("a record is cut short"))?;
        self.at += length;
        Ok(taken)
    }

    pub(super) fn varint(&mut self) -> Result<u64, FrameError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.malformed("a varint has more than 64 bits"))
    }

    /// A varint that counts or measures something in this frame.
    pub(super) fn length(&mut self, max: usize, problem: &'static str) -> Result<usize, FrameError> {
        match usize::try_from(self.varint()?) {
            Ok(length) if length <= max => Ok(length),
            _ => Err(self.malformed(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn varint_and_zigzag_read_what_they_wrote(value: i64, shift in 0_u32..64) {
            let value = value >> shift;
            let mut bytes = Vec::new();
            put_varint(&mut bytes, zigzag(value));
            prop_assert_eq!(bytes.len(), varint_length(zigzag(value)));
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(unzigzag(reader.varint().unwrap()), value);
            prop_assert!(reader.is_at_end());
        }
    }

    #[test]
    fn varint_refuses_what_is_cut_short_or_has_65_bits() {
        assert!(Reader::new(&[0x80]).varint().is_err());
        assert!(Reader::new(&[0xff; 9]).varint().is_err());
        let mut bytes = [0xff; 10];
        bytes[9] = 1;
        assert_eq!(Reader::new(&bytes).varint(), Ok(u64::MAX));
        bytes[9] = 2;
        assert!(Reader::new(&bytes).varint().is_err());
    }
}
