//! Whole numbers by their differences, of first or second order.
//!
//! ```text
//! sparse   first · [first difference, for order 2] · (zero differences before · difference)*
//! dense    first · [first difference, for order 2] · difference*
//! ```
//!
//! Differences wrap around, so every sequence of numbers can be written.

use crate::bytes::{Malformed, Reader, put_signed, put_varint};

/// Calls `each` with the differences of an order behind those that begin the sequence.
fn differences(values: &[i64], order: usize, out: &mut Vec<u8>, mut each: impl FnMut(i64, &mut Vec<u8>)) {
    let Some((first, rest)) = values.split_first() else { return };
    put_signed(out, *first);
    let (mut last, mut slope) = (*first, 0_i64);
    for (position, value) in rest.iter().enumerate() {
        let difference = value.wrapping_sub(last);
        last = *value;
        if order == 1 {
            each(difference, out);
        } else if position == 0 {
            put_signed(out, difference);
            slope = difference;
        } else {
            each(difference.wrapping_sub(slope), out);
            slope = difference;
        }
    }
}

pub(super) fn put_dense(values: &[i64], order: usize, out: &mut Vec<u8>) {
    differences(values, order, out, |difference, out| put_signed(out, difference));
}

pub(super) fn put_sparse(values: &[i64], order: usize, out: &mut Vec<u8>) {
    let mut zeros = 0_u64;
    differences(values, order, out, |difference, out| {
        if difference == 0 {
            zeros += 1;
        } else {
            put_varint(out, zeros);
            put_signed(out, difference);
            zeros = 0;
        }
    });
}

/// The numbers so far, and how the next is made of a difference.
struct Sums<'a> {
    order: usize,
    last: i64,
    slope: i64,
    out: &'a mut Vec<i64>,
    end: usize,
}

impl<'a> Sums<'a> {
    fn begin(
        reader: &mut Reader<'_>,
        order: usize,
        count: usize,
        out: &'a mut Vec<i64>,
    ) -> Result<Self, Malformed> {
        let end = out.len() + count;
        let first = reader.signed()?;
        out.push(first);
        let mut sums = Self { order, last: first, slope: 0, out, end };
        if order == 2 && sums.left() > 0 {
            sums.slope = reader.signed()?;
            sums.push(0);
        }
        Ok(sums)
    }

    fn left(&self) -> usize {
        self.end - self.out.len()
    }

    fn push(&mut self, difference: i64) {
        if self.order == 1 {
            self.last = self.last.wrapping_add(difference);
        } else {
            self.slope = self.slope.wrapping_add(difference);
            self.last = self.last.wrapping_add(self.slope);
        }
        self.out.push(self.last);
    }

    fn push_zeros(&mut self, count: usize) {
        if self.order == 1 {
            self.out.resize(self.out.len() + count, self.last);
        } else {
            (0..count).for_each(|_| self.push(0));
        }
    }
}

pub(super) fn read_dense(
    reader: &mut Reader<'_>,
    order: usize,
    count: usize,
    out: &mut Vec<i64>,
) -> Result<(), Malformed> {
    let mut sums = Sums::begin(reader, order, count, out)?;
    while sums.left() > 0 {
        let difference = reader.signed()?;
        sums.push(difference);
    }
    if reader.is_empty() { Ok(()) } else { Err(reader.malformed("more values than the chunk has")) }
}

pub(super) fn read_sparse(
    reader: &mut Reader<'_>,
    order: usize,
    count: usize,
    out: &mut Vec<i64>,
) -> Result<(), Malformed> {
    let mut sums = Sums::begin(reader, order, count, out)?;
    while !reader.is_empty() {
        let zeros = reader.length(sums.left(), "more values than the chunk has")?;
        sums.push_zeros(zeros);
        let difference = reader.signed()?;
        if sums.left() == 0 {
            return Err(reader.malformed("more values than the chunk has"));
        }
        sums.push(difference);
    }
    let left = sums.left();
    sums.push_zeros(left);
    Ok(())
}
