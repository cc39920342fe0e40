//! A surface that is drawn on: lines, areas, circles, text.

use crate::ChartError;
use crate::chart::Area;
use crate::colour::Colour;
use crate::font::Fonts;
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

/// Farther outside of the picture nothing is drawn to: numbers of a path have to be small.
const FAR: f32 = 10_000.0;
const ELLIPSIS: &str = "…";

pub(crate) struct Canvas {
    pixmap: Pixmap,
    fonts: Fonts,
}

impl Canvas {
    pub(crate) fn new(width: u32, height: u32, background: Colour) -> Result<Self, ChartError> {
        let mut pixmap = Pixmap::new(width, height).ok_or(ChartError::Size)?;
        pixmap.fill(background.at(1.0));
        Ok(Self { pixmap, fonts: Fonts::new()? })
    }

    /// Red, green and blue, row by row.
    pub(crate) fn pixels(&self) -> Vec<[u8; 3]> {
        // Nothing shines through a surface that was filled.
        self.pixmap.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect()
    }

    fn paint(colour: Colour, opacity: f32) -> Paint<'static> {
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(colour.at(opacity));
        paint
    }

    pub(crate) fn rectangle(&mut self, area: Area, colour: Colour, opacity: f32) {
        let Some(rectangle) =
            Rect::from_ltrb(near(area.left), near(area.top), near(area.right), near(area.bottom))
        else {
            return;
        };
        self.pixmap.fill_rect(rectangle, &Self::paint(colour, opacity), Transform::identity(), None);
    }

    /// A line of one pixel, on pixels.
    pub(crate) fn hairline(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour) {
        let (from, to) =
            ((from.0.round() + 0.5, from.1.round() + 0.5), (to.0.round() + 0.5, to.1.round() + 0.5));
        self.line(&[from, to], colour, 1.0, false);
    }

    pub(crate) fn line(&mut self, points: &[(f32, f32)], colour: Colour, width: f32, is_dashed: bool) {
        let Some(path) = polyline(points, false) else { return };
        let stroke = Stroke {
            width,
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash: if is_dashed { StrokeDash::new(vec![4.0, 3.0], 0.0) } else { None },
            ..Stroke::default()
        };
        self.pixmap.stroke_path(&path, &Self::paint(colour, 1.0), &stroke, Transform::identity(), None);
    }

    pub(crate) fn polygon(&mut self, points: &[(f32, f32)], colour: Colour, opacity: f32) {
        if let Some(path) = polyline(points, true) {
            self.fill(&path, colour, opacity);
        }
    }

    pub(crate) fn dot(&mut self, (x, y): (f32, f32), radius: f32, colour: Colour) {
        if let Some(path) = PathBuilder::from_circle(near(x), near(y), radius) {
            self.fill(&path, colour, 1.0);
        }
    }

    fn fill(&mut self, path: &Path, colour: Colour, opacity: f32) {
        let paint = Self::paint(colour, opacity);
        self.pixmap.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
    }

    /// A text that begins at a place on its base line.
    pub(crate) fn text(&mut self, text: &str, at: (f32, f32), size: f32, is_bold: bool, colour: Colour) {
        let mut path = PathBuilder::new();
        self.fonts.outline(&mut path, text, at, size, is_bold);
        if let Some(path) = path.finish() {
            self.fill(&path, colour, 1.0);
        }
    }

    /// The same, ending there.
    pub(crate) fn text_before(&mut self, text: &str, (x, y): (f32, f32), size: f32, colour: Colour) {
        let width = self.width(text, size, false);
        self.text(text, (x - width, y), size, false, colour);
    }

    /// The same, with its middle there.
    pub(crate) fn text_around(
        &mut self,
        text: &str,
        (x, y): (f32, f32),
        size: f32,
        is_bold: bool,
        colour: Colour,
    ) {
        let width = self.width(text, size, is_bold);
        self.text(text, (x - width / 2.0, y), size, is_bold, colour);
    }

    pub(crate) fn width(&self, text: &str, size: f32, is_bold: bool) -> f32 {
        self.fonts.width(text, size, is_bold)
    }

    /// As much of a text as there is room for.
    pub(crate) fn fitted(&self, text: &str, size: f32, is_bold: bool, room: f32) -> String {
        // No letter is narrower than a fifth of its height: longer texts need not be measured.
        let most = (room.max(0.0) / size * 5.0) as usize + 1;
        let mut kept: Vec<char> = text.chars().take(most + 1).collect();
        if kept.len() <= most && self.width(text, size, is_bold) <= room {
            return text.to_owned();
        }
        let room = room - self.width(ELLIPSIS, size, is_bold);
        while !kept.is_empty() && self.width(&String::from_iter(&kept), size, is_bold) > room {
            kept.pop();
        }
        if kept.is_empty() { String::new() } else { String::from_iter(kept) + ELLIPSIS }
    }
}

fn near(number: f32) -> f32 {
    if number.is_nan() { 0.0 } else { number.clamp(-FAR, FAR) }
}

fn polyline(points: &[(f32, f32)], is_closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    let ((x, y), rest) = points.split_first()?;
    path.move_to(near(*x), near(*y));
    for (x, y) in rest {
        path.line_to(near(*x), near(*y));
    }
    if is_closed {
        path.close();
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colour::{SURFACE, TEXT};

    #[test]
    fn a_text_that_has_no_room_is_cut() {
        let canvas = Canvas::new(10, 10, SURFACE).unwrap();
        let check = |text: &str, room: f32| {
            let kept = canvas.fitted(text, 12.0, false, room);
            assert!(kept.is_empty() || canvas.width(&kept, 12.0, false) <= room, "{kept}");
            kept
        };
        assert_eq!(check("web1", 100.0), "web1");
        assert!(check("a-rather-long-name-of-something", 100.0).ends_with(ELLIPSIS));
        assert_eq!(check("web1", 3.0), "");
        assert_eq!(check("web1", -1.0), "");
        check(&"i".repeat(100_000), 200.0);
    }

    #[test]
    fn letters_are_drawn_where_they_are_put() {
        let mut canvas = Canvas::new(40, 20, SURFACE).unwrap();
        canvas.text("H", (20.0, 15.0), 12.0, true, TEXT);
        let dark = |x: usize, y: usize| canvas.pixels()[y * 40 + x][0] < 0x80;
        let left = (0..20).any(|y| (0..20).any(|x| dark(x, y)));
        let right = (0..20).any(|y| (20..40).any(|x| dark(x, y)));
        assert_eq!((left, right), (false, true));
    }
}
