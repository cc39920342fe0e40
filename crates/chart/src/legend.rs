//! The names of the series beside their colours.

use crate::canvas::Canvas;
use crate::chart::{Area, Chart, LegendPlace};
use crate::colour::{QUIET, TEXT};

const SIZE: f32 = 11.5;
const ROW: f32 = 18.0;
const SWATCH: f32 = 9.0;
const GAP: f32 = 6.0;
/// Between two names.
const APART: f32 = 16.0;
/// Of a picture's height or width for names.
const SHARE: f32 = 0.3;

/// Draws the names where they belong, and gives what is left of the area. `names` are in the order of the colours.
pub(crate) fn draw(canvas: &mut Canvas, chart: &Chart, names: &[String], area: Area) -> Area {
    match chart.legend {
        LegendPlace::Bottom if !names.is_empty() => below(canvas, chart, names, area),
        LegendPlace::Right if !names.is_empty() => beside(canvas, chart, names, area),
        _ => area,
    }
}

fn below(canvas: &mut Canvas, chart: &Chart, names: &[String], area: Area) -> Area {
    let rows = (area.height() * SHARE / ROW) as usize;
    let names: Vec<String> =
        names.iter().map(|name| canvas.fitted(name, SIZE, false, area.width() - SWATCH - GAP)).collect();
    let widths: Vec<f32> =
        names.iter().map(|name| SWATCH + GAP + canvas.width(name, SIZE, false) + APART).collect();
    // The row of each name, as far as there are rows; the last one has room for how many are left out.
    let (mut placed, mut row, mut x) = (Vec::new(), 0, 0.0);
    for (place, width) in widths.iter().enumerate() {
        if x > 0.0 && x + width - APART > area.width() {
            (row, x) = (row + 1, 0.0);
        }
        if row >= rows {
            break;
        }
        placed.push((place, row, x));
        x += width;
    }
    if placed.is_empty() {
        return area;
    }
    let missing = names.len() - placed.len();
    if missing > 0 && placed.len() > 1 {
        placed.pop();
    }
    let used = placed.last().map_or(0, |(_, row, _)| row + 1);
    let top = area.bottom - ROW * used as f32;
    for (place, row, x) in &placed {
        entry(canvas, chart, *place, &names[*place], (area.left + x, top + ROW * *row as f32));
    }
    if let (true, Some((place, row, x))) = (placed.len() < names.len(), placed.last()) {
        let x = area.left + x + widths[*place];
        let text = format!("and {} more", names.len() - placed.len());
        let text = canvas.fitted(&text, SIZE, false, area.right - x);
        canvas.text(&text, (x, top + ROW * *row as f32 + 13.0), SIZE, false, QUIET);
    }
    Area { bottom: top - 4.0, ..area }
}

fn beside(canvas: &mut Canvas, chart: &Chart, names: &[String], area: Area) -> Area {
    let most = area.width() * SHARE;
    let widest = names.iter().map(|name| canvas.width(name, SIZE, false)).fold(0.0, f32::max);
    let room = widest.min(most - SWATCH - GAP);
    if room < SIZE {
        return area;
    }
    let left = area.right - room - SWATCH - GAP;
    let rows = (area.height() / ROW) as usize;
    for (place, name) in names.iter().take(rows).enumerate() {
        let top = area.top + ROW * place as f32;
        if place + 1 == rows && names.len() > rows {
            canvas.text(&format!("and {} more", names.len() - place), (left, top + 13.0), SIZE, false, QUIET);
            break;
        }
        let name = canvas.fitted(name, SIZE, false, room);
        entry(canvas, chart, place, &name, (left, top));
    }
    Area { right: left - APART, ..area }
}

fn entry(canvas: &mut Canvas, chart: &Chart, place: usize, name: &str, (x, top): (f32, f32)) {
    let middle = top + ROW / 2.0;
    let swatch =
        Area { left: x, top: middle - SWATCH / 2.0, right: x + SWATCH, bottom: middle + SWATCH / 2.0 };
    canvas.rectangle(swatch, chart.colour(place), 1.0);
    canvas.text(name, (x + SWATCH + GAP, top + 13.0), SIZE, false, TEXT);
}
