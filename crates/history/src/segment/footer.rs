//! The footer of a segment: what it holds, and where its parts are.

use super::Tier;
use crate::bytes::{Malformed, Reader, put_signed, put_varint};

/// A part of the file with its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Part {
    pub(super) offset: u64,
    /// In the file.
    pub(super) length: u32,
    pub(super) checksum: u32,
}

/// A block of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) part: Part,
    /// Where the first series' data begins.
    pub(super) data: u64,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Footer {
    pub(crate) tier: Tier,
    /// Which shard's samples it holds.
    pub(crate) shard: u32,
    /// Its first and last time, in ms since the Unix epoch.
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) series: u64,
    /// Samples that it stands for; in tiers those that were summed up.
    pub(crate) samples: u64,
    /// Which windows of the head are in it, and how often each was sealed before: a crash between sealing and
    /// noting it is told by this.
    pub(crate) windows: Vec<(i64, u32)>,
    pub(super) columns: Part,
    pub(super) postings: Part,
    pub(super) blocks: Vec<Block>,
}

impl Footer {
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        out.push(self.tier.byte());
        put_varint(out, self.shard.into());
        put_signed(out, self.first);
        put_signed(out, self.last);
        put_varint(out, self.series);
        put_varint(out, self.samples);
        put_varint(out, self.windows.len() as u64);
        for (window, generation) in &self.windows {
            put_signed(out, *window);
            put_varint(out, (*generation).into());
        }
        put_part(out, self.columns);
        put_part(out, self.postings);
        put_varint(out, self.blocks.len() as u64);
        for block in &self.blocks {
            put_part(out, block.part);
            put_varint(out, block.data);
        }
    }

    pub(super) fn load(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let unknown = reader.malformed("no such tier");
        let tier = Tier::of_byte(reader.byte()?).ok_or(unknown)?;
        let too_large = reader.malformed("no such shard");
        let shard = u32::try_from(reader.varint()?).map_err(|_| too_large)?;
        let (first, last) = (reader.signed()?, reader.signed()?);
        let (series, samples) = (reader.varint()?, reader.varint()?);
        let count = reader.length(bytes.len(), "too many windows")?;
        let windows = (0..count).map(|_| {
            let too_large = reader.malformed("a generation is too large");
            Ok((reader.signed()?, u32::try_from(reader.varint()?).map_err(|_| too_large)?))
        });
        let windows = windows.collect::<Result<_, Malformed>>()?;
        let (columns, postings) = (part(&mut reader)?, part(&mut reader)?);
        let count = reader.length(bytes.len(), "too many blocks")?;
        let blocks = (0..count).map(|_| Ok(Block { part: part(&mut reader)?, data: reader.varint()? }));
        let blocks = blocks.collect::<Result<_, Malformed>>()?;
        Ok(Self { tier, shard, first, last, series, samples, windows, columns, postings, blocks })
    }
}

fn put_part(out: &mut Vec<u8>, part: Part) {
    put_varint(out, part.offset);
    put_varint(out, part.length.into());
    out.extend_from_slice(&part.checksum.to_le_bytes());
}

fn part(reader: &mut Reader<'_>) -> Result<Part, Malformed> {
    let offset = reader.varint()?;
    let too_long = reader.malformed("a part is too long");
    let length = u32::try_from(reader.varint()?).map_err(|_| too_long)?;
    Ok(Part { offset, length, checksum: reader.u32()? })
}
