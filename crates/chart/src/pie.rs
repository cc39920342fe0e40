//! The last values as shares of a whole, as a ring.

use crate::axis::number;
use crate::canvas::Canvas;
use crate::chart::{Area, Chart};
use crate::colour::{LINE, QUIET, SURFACE, TEXT};
use crate::legend;
use std::f32::consts::TAU;

/// Of the radius that is empty.
const HOLE: f32 = 0.58;
/// Parts of a full circle that are drawn as straight lines.
const PARTS: f32 = 180.0;

pub(crate) fn draw(canvas: &mut Canvas, chart: &Chart, area: Area) {
    // A share of what is negative or not there is none.
    let values: Vec<f64> =
        chart.series.iter().map(|series| series.last().unwrap_or(0.0).clamp(0.0, 1e300)).collect();
    let whole: f64 = values.iter().sum();
    let names: Vec<String> = chart
        .series
        .iter()
        .zip(&values)
        .map(|(series, value)| {
            let share = if whole > 0.0 { value / whole * 100.0 } else { 0.0 };
            format!("{}  {share:.1} %", series.label)
        })
        .collect();
    let area = legend::draw(canvas, chart, &names, area);
    let radius = area.width().min(area.height()) / 2.0 - 4.0;
    if radius < 4.0 {
        return;
    }
    let middle = (f32::midpoint(area.left, area.right), f32::midpoint(area.top, area.bottom));
    let at = |turn: f32| (middle.0 + radius * (turn * TAU).sin(), middle.1 - radius * (turn * TAU).cos());
    canvas.dot(middle, radius, LINE);
    let mut from = 0.0_f32;
    for (place, value) in values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let share = (value / whole) as f32;
        let parts = (share * PARTS).ceil().max(1.0);
        let mut points = vec![middle];
        points.extend((0..=parts as usize).map(|n| at(from + share * n as f32 / parts)));
        canvas.polygon(&points, chart.colour(place), 1.0);
        from += share;
    }
    // White between shares, so that neighbours are told apart without their colours.
    let mut turn = 0.0_f32;
    for value in values.iter().filter(|value| **value > 0.0 && **value < whole) {
        canvas.line(&[middle, at(turn)], SURFACE, 1.5, false);
        turn += (value / whole) as f32;
    }
    canvas.dot(middle, radius * HOLE, SURFACE);
    let size = (radius * 0.3).min(26.0);
    if size > 6.0 {
        let text = if whole > 0.0 { number(whole) } else { "–".to_owned() };
        canvas.text_around(&text, (middle.0, middle.1 + size * 0.2), size, true, TEXT);
        if size > 16.0 {
            canvas.text_around("in all", (middle.0, middle.1 + size * 0.2 + 15.0), 11.0, false, QUIET);
        }
    }
}
