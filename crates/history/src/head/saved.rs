//! A whole head as bytes: what a restart begins with, so that the log before it can go.

use super::buffer::Buffer;
use super::grid::{Grid, Kind};
use super::table::{HeadSeries, Number};
use super::window::{ChunkRef, Column, Span, Window};
use super::{CHUNK_TICKS, Head};
use crate::bytes::{Malformed, Reader, put_signed, put_varint};
use crate::labels::{LABELS_BYTES_MAX, Labels};

/// Anything counted in a saved head, at most: damaged counts must not fill memory.
const COUNT_MAX: usize = 1 << 28;

impl Head {
    /// Appends the head to `out`. Bytes of windows that are in no file yet are not in it.
    pub(crate) fn save(&mut self, out: &mut Vec<u8>) {
        self.make_chunks();
        self.table.normalise();
        let turns = self.table.turns();
        put_varint(out, turns.len() as u64);
        turns.for_each(|turn| put_varint(out, turn.into()));
        put_varint(out, self.grids.len() as u64);
        self.grids.iter().for_each(|grid| save_grid(grid, out));
        put_varint(out, self.table.len() as u64);
        let mut place = 0;
        let numbers: Vec<Number> = self.table.iter().map(|(number, _)| number).collect();
        for number in numbers {
            put_varint(out, u64::from(number.place - place));
            place = number.place;
            if let Some(series) = self.table.get_mut(number) {
                save_series(series, out);
            }
        }
        put_varint(out, self.windows.len() as u64);
        self.windows.iter().for_each(|(number, window)| save_window(*number, window, out));
        put_varint(out, self.sealed.len() as u64);
        for (window, times) in &self.sealed {
            put_signed(out, *window);
            put_varint(out, (*times).into());
        }
        let late = self.late.iter();
        put_varint(out, late.len() as u64);
        for (number, samples) in late {
            put_varint(out, number.place.into());
            put_varint(out, samples.len() as u64);
            for (time, value) in samples {
                put_signed(out, *time);
                out.extend_from_slice(&value.to_bits().to_le_bytes());
            }
        }
    }

    /// The head that [`Self::save`] wrote.
    pub(crate) fn load(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut head = Self::default();
        let turns: Vec<u32> = list(reader, read_u32)?;
        head.table.set_turns(turns.iter().copied());
        head.grids = list(reader, load_grid)?;
        for (number, grid) in (0_u32..).zip(&head.grids) {
            if grid.is_free() {
                head.free_grids.insert(number);
            } else {
                head.by_key.insert(grid.key, number);
            }
        }
        let count = count(reader)?;
        let mut place = 0_u32;
        for _ in 0..count {
            let unknown = reader.malformed("a series is out of place");
            place = place.checked_add(read_u32(reader)?).ok_or(unknown)?;
            let turn = *turns.get(place as usize).ok_or(unknown)?;
            let series = load_series(reader)?;
            let grid = head.grids.get_mut(series.grid as usize).ok_or(unknown)?;
            grid.members.push(Number { place, turn });
            head.table.restore(Number { place, turn }, series);
        }
        head.table.free_the_rest();
        head.count_single();
        head.windows = list(reader, load_window)?.into_iter().collect();
        head.sealed = list(reader, |reader| Ok((reader.signed()?, read_u32(reader)?)))?.into_iter().collect();
        for (place, samples) in list(reader, |reader| Ok((read_u32(reader)?, list(reader, load_sample)?)))? {
            let unknown = reader.malformed("late samples are of no series");
            let (number, _) = head.table.at(place).ok_or(unknown)?;
            for (time, value) in samples {
                head.late.push(number, time, value);
            }
        }
        if head.has_strays() {
            return Err(reader.malformed("a chunk is in no window"));
        }
        Ok(head)
    }

    /// True when a chunk names a window or a column that is not there.
    fn has_strays(&self) -> bool {
        let known = |chunk: &ChunkRef| {
            let window = self.windows.get(&chunk.window);
            window.is_some_and(|window| (chunk.column as usize) < window.columns.len())
        };
        !self.table.iter().all(|(_, series)| series.chunks.iter().all(known))
    }
}

fn count(reader: &mut Reader<'_>) -> Result<usize, Malformed> {
    reader.length(COUNT_MAX, "a count is too large")
}

fn list<T>(
    reader: &mut Reader<'_>,
    each: impl Fn(&mut Reader<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    (0..count(reader)?).map(|_| each(reader)).collect()
}

fn read_u32(reader: &mut Reader<'_>) -> Result<u32, Malformed> {
    let too_large = reader.malformed("a number is too large");
    u32::try_from(reader.varint()?).map_err(|_| too_large)
}

fn save_grid(grid: &Grid, out: &mut Vec<u8>) {
    let state = if grid.is_free() { 0 } else { 1 + u8::from(grid.carries()) };
    out.push(state);
    out.extend_from_slice(&grid.key.to_le_bytes());
    put_varint(out, grid.times.len() as u64);
    let mut last = 0;
    for time in &grid.times {
        put_signed(out, time.wrapping_sub(last));
        last = *time;
    }
}

fn load_grid(reader: &mut Reader<'_>) -> Result<Grid, Malformed> {
    let state = reader.byte()?;
    let key = reader.u64()?;
    let kind = if state == 2 { Kind::Carried } else { Kind::Exact };
    let mut grid = if state == 0 { Grid::default() } else { Grid::new(key, kind) };
    let count = reader.length(CHUNK_TICKS, "a grid has too many ticks")?;
    let mut last = 0_i64;
    for _ in 0..count {
        last = last.wrapping_add(reader.signed()?);
        grid.times.push(last);
    }
    Ok(grid)
}

fn save_series(series: &mut HeadSeries, out: &mut Vec<u8>) {
    put_varint(out, series.labels.as_bytes().len() as u64);
    out.extend_from_slice(series.labels.as_bytes());
    put_varint(out, series.grid.into());
    put_signed(out, series.newest);
    series.buffer.save(out);
    put_varint(out, series.chunks.len() as u64);
    for chunk in &series.chunks {
        put_signed(out, chunk.window);
        put_varint(out, chunk.column.into());
        save_span(chunk.span, out);
    }
}

fn load_series(reader: &mut Reader<'_>) -> Result<HeadSeries, Malformed> {
    let length = reader.length(LABELS_BYTES_MAX, "labels are too long")?;
    let labels = Labels::from_packed(reader.take(length)?)?;
    let mut series = HeadSeries::new(labels, read_u32(reader)?);
    series.newest = reader.signed()?;
    series.buffer = Buffer::load(reader)?;
    series.chunks = list(reader, |reader| {
        Ok(ChunkRef { window: reader.signed()?, column: read_u32(reader)?, span: load_span(reader)? })
    })?;
    Ok(series)
}

fn save_window(number: i64, window: &Window, out: &mut Vec<u8>) {
    put_signed(out, number);
    put_varint(out, window.generation.into());
    put_varint(out, window.length);
    put_varint(out, window.columns.len() as u64);
    for column in &window.columns {
        put_signed(out, column.first);
        put_signed(out, column.last);
        put_varint(out, column.count.into());
        save_span(column.span, out);
    }
}

fn load_window(reader: &mut Reader<'_>) -> Result<(i64, Window), Malformed> {
    let number = reader.signed()?;
    let mut window = Window { generation: read_u32(reader)?, length: reader.varint()?, ..Window::default() };
    window.columns = list(reader, |reader| {
        let (first, last, count) = (reader.signed()?, reader.signed()?, read_u32(reader)?);
        Ok(Column { first, last, count, span: load_span(reader)? })
    })?;
    Ok((number, window))
}

fn load_sample(reader: &mut Reader<'_>) -> Result<(i64, f64), Malformed> {
    Ok((reader.signed()?, f64::from_bits(reader.u64()?)))
}

fn save_span(span: Span, out: &mut Vec<u8>) {
    put_varint(out, span.offset);
    put_varint(out, span.length.into());
    out.extend_from_slice(&span.checksum.to_le_bytes());
}

fn load_span(reader: &mut Reader<'_>) -> Result<Span, Malformed> {
    Ok(Span { offset: reader.varint()?, length: read_u32(reader)?, checksum: reader.u32()? })
}
