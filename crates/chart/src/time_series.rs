//! Lines over time, or areas that are added up.

use crate::axis::{Range, number, ticks};
use crate::canvas::Canvas;
use crate::chart::{Area, Axis, Chart, Fill, Mark, Series};
use crate::colour::{AXIS, Colour, LINE, MARK, MARK_TIME, QUIET, SURFACE};
use crate::legend;
use std::collections::BTreeMap;

const SIZE: f32 = 11.0;
/// Height of a mark on the axis of values, at least.
const VALUE_ROOM: f32 = 44.0;
/// Height of a plot in which what is written does not cover what is drawn.
const LABEL_ROOM: f32 = 60.0;
/// Width of a mark on the axis of time.
const TIME_ROOM: f32 = 76.0;
/// Two rows below the plot: time and day.
const TIME_HEIGHT: f32 = 32.0;
const LINE_WIDTH: f32 = 1.7;
const DOT: f32 = 2.2;
/// Two points that are further apart than so many steps have a gap between them.
const GAP_STEPS: f64 = 2.5;

pub(crate) fn draw(canvas: &mut Canvas, chart: &Chart, area: Area) {
    let names: Vec<String> = chart.series.iter().map(|series| series.label.clone()).collect();
    let mut area = legend::draw(canvas, chart, &names, area);
    let told = [&chart.left.label, &chart.right.label];
    if told.iter().any(|label| !label.is_empty()) {
        let half = area.width() / 2.0 - 8.0;
        let label = canvas.fitted(told[0], SIZE, false, half);
        canvas.text(&label, (area.left, area.top + SIZE), SIZE, false, QUIET);
        let label = canvas.fitted(told[1], SIZE, false, half);
        canvas.text_before(&label, (area.right, area.top + SIZE), SIZE, QUIET);
        area.top += SIZE + 8.0;
    }
    area.bottom -= TIME_HEIGHT;
    if !area.has_room() {
        return;
    }
    let stacks = chart.is_stacked.then(|| [stacked(chart, false), stacked(chart, true)]);
    let marks = (area.height() / VALUE_ROOM).max(1.0);
    let range = |axis: &Axis, is_right: bool| {
        let seen = seen(chart, stacks.as_ref().map(|both| &both[usize::from(is_right)]), is_right);
        Range::around(seen, finite(axis.min), finite(axis.max), marks)
    };
    let has_right = chart.series.iter().any(|series| series.is_right);
    let (left, right) = (range(&chart.left, false), has_right.then(|| range(&chart.right, true)));
    let widest = |canvas: &Canvas, range: &Range| {
        let widths = range.marks().into_iter().map(|mark| canvas.width(&number(mark), SIZE, false));
        widths.fold(0.0, f32::max) + 8.0
    };
    area.left += widest(canvas, &left);
    area.right -= right.map_or(4.0, |range| widest(canvas, &range));
    if !area.has_room() {
        return;
    }
    let plot = Plot { chart, area, left, right };
    plot.grid(canvas);
    plot.bands(canvas);
    match &stacks {
        Some(stacks) => {
            for (is_right, stack) in [(false, &stacks[0]), (true, &stacks[1])] {
                plot.stack(canvas, stack, is_right);
            }
        }
        None => {
            for (place, series) in chart.series.iter().enumerate() {
                plot.series(canvas, series, chart.colour(place));
            }
        }
    }
    plot.marks(canvas);
    if chart.series.iter().all(|series| series.last().is_none()) {
        let middle = (f32::midpoint(area.left, area.right), f32::midpoint(area.top, area.bottom));
        canvas.text_around("No data in this time", middle, 13.0, false, QUIET);
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// What series on an axis add up to: at each time, where each of them ends.
type Stack = BTreeMap<i64, Vec<(usize, f64)>>;

fn stacked(chart: &Chart, is_right: bool) -> Stack {
    let mut stack = Stack::new();
    for (place, series) in chart.series.iter().enumerate().filter(|(_, series)| series.is_right == is_right) {
        for (time, value) in
            series.points.iter().filter(|(time, value)| value.is_finite() && chart.has(*time))
        {
            let at = stack.entry(*time).or_default();
            let below = at.last().map_or(0.0, |(_, top)| *top);
            at.push((place, below + value));
        }
    }
    stack
}

/// The least and the greatest value on an axis.
fn seen(chart: &Chart, stack: Option<&Stack>, is_right: bool) -> Option<(f64, f64)> {
    let lines = chart.series.iter().filter(|series| series.is_right == is_right);
    let lines = lines.flat_map(|series| {
        series.points.iter().filter(|(time, _)| chart.has(*time)).map(|(_, value)| *value)
    });
    let marks = chart.values.iter().filter(|mark| mark.is_right == is_right).map(|mark| mark.at);
    let bands = chart
        .value_bands
        .iter()
        .filter(|band| band.is_right == is_right)
        .flat_map(|band| [band.from, band.to]);
    let tops = stack.into_iter().flat_map(|stack| stack.values().flatten().map(|(_, top)| *top).chain([0.0]));
    let lines: Box<dyn Iterator<Item = f64>> = if stack.is_some() { Box::new(tops) } else { Box::new(lines) };
    let all = lines.chain(marks).chain(bands).filter(|value| value.is_finite());
    all.fold(None, |seen, value| {
        let (least, greatest) = seen.unwrap_or((value, value));
        Some((least.min(value), greatest.max(value)))
    })
}

impl Chart {
    /// Whether a time is to be seen.
    fn has(&self, time: i64) -> bool {
        (self.span.0..=self.span.1).contains(&time)
    }
}

struct Plot<'a> {
    chart: &'a Chart,
    area: Area,
    left: Range,
    right: Option<Range>,
}

impl Plot<'_> {
    fn range(&self, is_right: bool) -> &Range {
        self.right.as_ref().filter(|_| is_right).unwrap_or(&self.left)
    }

    fn x(&self, time: i64) -> f32 {
        let (from, until) = self.chart.span;
        let length = (until as f64 - from as f64).max(1.0);
        self.area.left + ((time as f64 - from as f64) / length) as f32 * self.area.width()
    }

    fn y(&self, value: f64, is_right: bool) -> f32 {
        self.area.bottom - self.range(is_right).place(value) * self.area.height()
    }

    /// The same, not outside of the plot.
    fn y_inside(&self, value: f64, is_right: bool) -> f32 {
        self.y(value, is_right).clamp(self.area.top, self.area.bottom)
    }

    fn grid(&self, canvas: &mut Canvas) {
        let Area { left, top, right, bottom } = self.area;
        for mark in self.left.marks() {
            let y = self.y(mark, false);
            canvas.hairline((left, y), (right, y), LINE);
            canvas.text_before(&number(mark), (left - 6.0, y + SIZE * 0.35), SIZE, QUIET);
        }
        if let Some(range) = &self.right {
            for mark in range.marks() {
                let y = self.y(mark, true);
                canvas.text(&number(mark), (right + 6.0, y + SIZE * 0.35), SIZE, false, QUIET);
            }
        }
        canvas.hairline((left, bottom), (right, bottom), AXIS);
        // A text around the first or last mark may not leave the picture.
        for tick in ticks(self.chart.span, self.chart.offset_s, self.area.width(), TIME_ROOM) {
            let x = self.x(tick.at);
            canvas.hairline((x, bottom), (x, bottom + 4.0), AXIS);
            for (row, text) in [(1.0, &tick.text), (2.0, &tick.day)] {
                let half = canvas.width(text, SIZE, false) / 2.0;
                let x = x.clamp(half, (right + 10.0 - half).max(half));
                canvas.text_around(text, (x, bottom + 3.0 + row * (SIZE + 2.5)), SIZE, false, QUIET);
            }
        }
        if self.area.width() < TIME_ROOM && top < bottom {
            let text =
                ticks(self.chart.span, self.chart.offset_s, TIME_ROOM * 2.0, TIME_ROOM).into_iter().next();
            let text = text
                .map(|tick| canvas.fitted(&tick.text, SIZE, false, self.area.width()))
                .unwrap_or_default();
            canvas.text(&text, (left, bottom + 5.5 + SIZE), SIZE, false, QUIET);
        }
    }

    /// What is coloured: between two values or times, and beside marks.
    fn bands(&self, canvas: &mut Canvas) {
        const OPACITY: f32 = 0.10;
        let Area { left, top, right, bottom } = self.area;
        for band in &self.chart.value_bands {
            let (from, to) = (self.y_inside(band.from, band.is_right), self.y_inside(band.to, band.is_right));
            let area = Area { left, top: from.min(to), right, bottom: from.max(to) };
            canvas.rectangle(area, band.colour.unwrap_or(MARK), OPACITY);
            self.value_label(canvas, &band.label, from.min(to) + SIZE + 5.0, band.colour.unwrap_or(MARK));
        }
        for band in &self.chart.time_bands {
            let (from, to) = (self.x(band.from).max(left), self.x(band.to).min(right));
            canvas.rectangle(
                Area { left: from, top, right: to, bottom },
                band.colour.unwrap_or(MARK_TIME),
                OPACITY,
            );
            self.time_label(canvas, &band.label, from, band.colour.unwrap_or(MARK_TIME));
        }
        for mark in &self.chart.values {
            let y = self.y_inside(mark.at, mark.is_right);
            let area = match mark.fill {
                Fill::None => continue,
                Fill::Beyond => Area { left, top, right, bottom: y },
                Fill::Until => Area { left, top: y, right, bottom },
            };
            canvas.rectangle(area, mark.colour.unwrap_or(MARK), OPACITY);
        }
        for mark in &self.chart.times {
            let x = self.x(mark.at).clamp(left, right);
            let area = match mark.fill {
                Fill::None => continue,
                Fill::Beyond => Area { left: x, top, right, bottom },
                Fill::Until => Area { left, top, right: x, bottom },
            };
            canvas.rectangle(area, mark.colour.unwrap_or(MARK_TIME), OPACITY);
        }
    }

    fn marks(&self, canvas: &mut Canvas) {
        let Area { left, top, right, bottom } = self.area;
        for Mark { at, label, colour, is_right, .. } in &self.chart.values {
            let y = self.y(*at, *is_right);
            if !(top - 0.5..=bottom + 0.5).contains(&y) {
                continue;
            }
            let colour = colour.unwrap_or(MARK);
            canvas.line(&[(left, y), (right, y)], colour, 1.3, true);
            let text = if label.is_empty() { number(*at) } else { format!("{label}  {}", number(*at)) };
            self.value_label(
                canvas,
                &text,
                if y - top > SIZE + 6.0 { y - 5.0 } else { y + SIZE + 4.0 },
                colour,
            );
        }
        for Mark { at, label, colour, .. } in &self.chart.times {
            let x = self.x(*at);
            if (left..=right).contains(&x) {
                let colour = colour.unwrap_or(MARK_TIME);
                canvas.line(&[(x, top), (x, bottom)], colour, 1.3, true);
                self.time_label(canvas, label, x, colour);
            }
        }
    }

    /// At the right end of a line.
    fn value_label(&self, canvas: &mut Canvas, text: &str, y: f32, colour: Colour) {
        if self.area.height() < LABEL_ROOM {
            return;
        }
        let text = canvas.fitted(text, SIZE, false, self.area.width() - 8.0);
        let x = self.area.right - 4.0 - canvas.width(&text, SIZE, false);
        label(canvas, &text, (x, y), colour);
    }

    /// At the upper end of a line, on the side with more room.
    fn time_label(&self, canvas: &mut Canvas, text: &str, x: f32, colour: Colour) {
        if self.area.height() < LABEL_ROOM {
            return;
        }
        let y = self.area.top + SIZE + 1.0;
        let before = x - self.area.left > self.area.right - x;
        let room = if before { x - self.area.left } else { self.area.right - x } - 6.0;
        let text = canvas.fitted(text, SIZE, false, room);
        let x = if before { x - 5.0 - canvas.width(&text, SIZE, false) } else { x + 5.0 };
        label(canvas, &text, (x, y), colour);
    }

    /// A line, with gaps where points are missing; a point alone is a dot.
    fn series(&self, canvas: &mut Canvas, series: &Series, colour: Colour) {
        let gap = series.step_ms as f64 * GAP_STEPS;
        let points = series.points.iter().filter(|(time, value)| value.is_finite() && self.chart.has(*time));
        let mut run: Vec<(f32, f32)> = Vec::new();
        let mut before: Option<i64> = None;
        for (time, value) in points {
            if before.is_some_and(|before| gap > 0.0 && (time - before) as f64 > gap) {
                self.run(canvas, &run, colour);
                run.clear();
            }
            before = Some(*time);
            run.push((self.x(*time), self.y(*value, series.is_right)));
        }
        self.run(canvas, &run, colour);
    }

    fn run(&self, canvas: &mut Canvas, points: &[(f32, f32)], colour: Colour) {
        let (top, bottom) = (self.area.top - 1.0, self.area.bottom + 1.0);
        match points {
            [(x, y)] if (top..=bottom).contains(y) => canvas.dot((*x, *y), DOT, colour),
            [] | [_] => {}
            points => {
                // What is outside of the values that were asked for stays at the edge.
                let line: Vec<_> =
                    thinned(points).into_iter().map(|(x, y)| (x, y.clamp(top, bottom))).collect();
                canvas.line(&line, colour, LINE_WIDTH, false);
            }
        }
    }

    /// Areas upon each other, the first one lowest.
    fn stack(&self, canvas: &mut Canvas, stack: &Stack, is_right: bool) {
        let (top, bottom) = (self.area.top, self.area.bottom);
        let zero = self.y_inside(0.0, is_right);
        for (place, series) in self.chart.series.iter().enumerate().rev() {
            if series.is_right != is_right {
                continue;
            }
            // A series that has no value at a time adds nothing there.
            let line: Vec<(f32, f32)> = stack
                .iter()
                .map(|(time, tops)| {
                    let its =
                        tops.iter().rev().find(|(other, _)| *other <= place).map_or(0.0, |(_, top)| *top);
                    (self.x(*time), self.y(its, is_right).clamp(top, bottom))
                })
                .collect();
            let (Some(first), Some(last)) = (line.first().copied(), line.last().copied()) else { continue };
            let colour = self.chart.colour(place);
            let line = thinned(&line);
            let mut area = line.clone();
            area.extend([(last.0, zero), (first.0, zero)]);
            // White below, so that what lies behind does not shine through.
            canvas.polygon(&area, SURFACE, 1.0);
            canvas.polygon(&area, colour, 0.45);
            canvas.line(&line, colour, LINE_WIDTH, false);
        }
    }
}

/// A text on a ground of its own, so that it is read on lines and areas.
fn label(canvas: &mut Canvas, text: &str, (x, y): (f32, f32), colour: Colour) {
    if text.is_empty() {
        return;
    }
    let right = x + canvas.width(text, SIZE, false);
    let ground = Area { left: x - 2.0, top: y - SIZE + 1.0, right: right + 2.0, bottom: y + 3.0 };
    canvas.rectangle(ground, SURFACE, 0.8);
    canvas.text(text, (x, y), SIZE, false, colour);
}

/// Of the points in one column of pixels the first, the lowest, the highest and the last (CH-2).
fn thinned(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut kept: Vec<(f32, f32)> = Vec::new();
    for column in points.chunk_by(|a, b| a.0 as i32 == b.0 as i32) {
        if column.len() <= 4 {
            kept.extend(column);
            continue;
        }
        let by_height = |a: &&(f32, f32), b: &&(f32, f32)| a.1.total_cmp(&b.1);
        let ends =
            [column.first(), column.iter().min_by(by_height), column.iter().max_by(by_height), column.last()];
        kept.extend(ends.into_iter().flatten());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_pixels_keeps_its_ends_and_extremes() {
        let many: Vec<(f32, f32)> =
            (0..1_000).map(|n| (n as f32 / 1_000.0, ((n * 7) % 100) as f32)).collect();
        let kept = thinned(&many);
        assert_eq!(kept.len(), 4);
        assert!(kept.iter().any(|(_, y)| *y == 0.0) && kept.iter().any(|(_, y)| *y > 98.5), "{kept:?}");
        assert_eq!(thinned(&many[..3]), many[..3]);
    }

    #[test]
    fn stacks_add_up_what_is_there() {
        let series = |points: &[(i64, f64)]| Series { points: points.to_vec(), ..Series::default() };
        let chart = Chart {
            span: (0, 10),
            series: vec![series(&[(0, 1.0), (5, 2.0)]), series(&[(5, 3.0), (10, 4.0), (11, 9.0)])],
            ..Chart::default()
        };
        let stack = stacked(&chart, false);
        assert_eq!(stack[&5], [(0, 2.0), (1, 5.0)]);
        assert_eq!(stack[&10], [(1, 4.0)]);
        assert_eq!(stack.len(), 3);
        assert_eq!(seen(&chart, Some(&stack), false), Some((0.0, 5.0)));
        assert_eq!(seen(&chart, None, false), Some((1.0, 4.0)));
    }
}
