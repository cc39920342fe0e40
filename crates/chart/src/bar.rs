//! The last values as bars.

use crate::axis::{Range, number};
use crate::canvas::Canvas;
use crate::chart::{Area, Chart};
use crate::colour::{AXIS, LINE, QUIET, TEXT};
use crate::legend;

const SIZE: f32 = 11.0;
const VALUE_ROOM: f32 = 44.0;
/// Greatest width of a bar.
const BAR: f32 = 90.0;

pub(crate) fn draw(canvas: &mut Canvas, chart: &Chart, area: Area) {
    let names: Vec<String> = chart.series.iter().map(|series| series.label.clone()).collect();
    let mut area = legend::draw(canvas, chart, &names, area);
    area.top += SIZE + 4.0;
    area.bottom -= 4.0;
    let values: Vec<f64> = chart.series.iter().map(|series| series.last().unwrap_or(f64::NAN)).collect();
    let seen = values
        .iter()
        .filter(|value| value.is_finite())
        .fold((0.0_f64, 0.0_f64), |(least, greatest), value| (least.min(*value), greatest.max(*value)));
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let marks = (area.height() / VALUE_ROOM).max(1.0);
    let range = Range::around(Some(seen), finite(chart.left.min), finite(chart.left.max), marks);
    let texts: Vec<(f64, String)> = range.marks().into_iter().map(|mark| (mark, number(mark))).collect();
    area.left += texts.iter().map(|(_, text)| canvas.width(text, SIZE, false)).fold(0.0, f32::max) + 8.0;
    if !area.has_room() || values.is_empty() {
        return;
    }
    let y = |value: f64| (area.bottom - range.place(value) * area.height()).clamp(area.top, area.bottom);
    for (mark, text) in &texts {
        canvas.hairline((area.left, y(*mark)), (area.right, y(*mark)), LINE);
        canvas.text_before(text, (area.left - 6.0, y(*mark) + SIZE * 0.35), SIZE, QUIET);
    }
    let slot = area.width() / values.len() as f32;
    let wide = (slot * 0.7).min(BAR);
    for (place, value) in values.iter().enumerate() {
        let middle = area.left + slot * (place as f32 + 0.5);
        let (from, to) = if value.is_finite() { (y(0.0), y(*value)) } else { (y(0.0), y(0.0)) };
        let bar = Area {
            left: middle - wide / 2.0,
            top: from.min(to),
            right: middle + wide / 2.0,
            bottom: from.max(to),
        };
        canvas.rectangle(bar, chart.colour(place), 0.9);
        let text = canvas.fitted(&number(*value), SIZE, false, slot);
        canvas.text_around(&text, (middle, from.min(to) - 4.0), SIZE, false, TEXT);
    }
    canvas.hairline((area.left, y(0.0)), (area.right, y(0.0)), AXIS);
}
