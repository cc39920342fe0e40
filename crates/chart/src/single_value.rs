//! The last values as figures, side by side.

use crate::axis::number;
use crate::canvas::Canvas;
use crate::chart::{Area, Chart};
use crate::colour::{LINE, QUIET, TEXT};

const LABEL: f32 = 12.0;
/// Width of a figure that can be read, at least.
const TILE: f32 = 130.0;
/// Greatest size of a figure.
const FIGURE: f32 = 44.0;

pub(crate) fn draw(canvas: &mut Canvas, chart: &Chart, area: Area) {
    let count = chart.series.len();
    if count == 0 || !area.has_room() {
        return;
    }
    let columns = ((area.width() / TILE) as usize).clamp(1, count);
    let rows = count.div_ceil(columns);
    let (width, height) = (area.width() / columns as f32, area.height() / rows as f32);
    for (place, series) in chart.series.iter().enumerate() {
        let (column, row) = (place % columns, place / columns);
        let (left, top) = (area.left + width * column as f32, area.top + height * row as f32);
        let room = width - 16.0;
        if column > 0 {
            canvas.hairline((left, top + height * 0.2), (left, top + height * 0.8), LINE);
        }
        let figure = series.last().map_or_else(|| "–".to_owned(), number);
        let size = FIGURE.min(height * 0.45);
        let size = size.min(size * room / canvas.width(&figure, size, true).max(1.0));
        if size < 5.0 {
            continue;
        }
        let middle = (left + width / 2.0, top + height / 2.0 + size * 0.2);
        canvas.text_around(&figure, middle, size, true, TEXT);
        if height > size + 2.6 * LABEL {
            let label = canvas.fitted(&series.label, LABEL, false, room - 14.0);
            let wide = canvas.width(&label, LABEL, false);
            let y = middle.1 + LABEL * 1.9;
            canvas.text_around(&label, (middle.0 + 6.0, y), LABEL, false, QUIET);
            canvas.dot((middle.0 - wide / 2.0 - 4.0, y - LABEL * 0.33), 4.0, chart.colour(place));
        }
    }
}
