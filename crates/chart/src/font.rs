//! Letters as outlines: Noto Sans, regular and bold, inside the program.

use crate::ChartError;
use tiny_skia::PathBuilder;
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// The two faces.
pub(crate) struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
}

impl Fonts {
    pub(crate) fn new() -> Result<Self, ChartError> {
        let face = |bytes| Face::parse(bytes, 0).map_err(|_| ChartError::Font);
        Ok(Self { regular: face(notosans::REGULAR_TTF)?, bold: face(notosans::BOLD_TTF)? })
    }

    fn face(&self, is_bold: bool) -> &Face<'static> {
        if is_bold { &self.bold } else { &self.regular }
    }

    /// The letters of a text, each with the place of its origin, and the width of all, in pixels.
    fn laid(&self, text: &str, size: f32, is_bold: bool) -> (Vec<(GlyphId, f32)>, f32) {
        let face = self.face(is_bold);
        let scale = size / f32::from(face.units_per_em());
        let (mut letters, mut at) = (Vec::new(), 0.0);
        for character in text.chars().filter(|character| !character.is_control()) {
            // What the font has not is its empty box.
            let glyph = face.glyph_index(character).unwrap_or(GlyphId(0));
            letters.push((glyph, at));
            at += f32::from(face.glyph_hor_advance(glyph).unwrap_or_default()) * scale;
        }
        (letters, at)
    }

    pub(crate) fn width(&self, text: &str, size: f32, is_bold: bool) -> f32 {
        self.laid(text, size, is_bold).1
    }

    /// Adds the outlines of a text that begins at a place on its base line.
    pub(crate) fn outline(
        &self,
        path: &mut PathBuilder,
        text: &str,
        (x, y): (f32, f32),
        size: f32,
        is_bold: bool,
    ) {
        let face = self.face(is_bold);
        let scale = size / f32::from(face.units_per_em());
        for (glyph, at) in self.laid(text, size, is_bold).0 {
            face.outline_glyph(glyph, &mut Outline { path, x: x + at, y, scale });
        }
    }
}

/// Outlines of a font, whose y grows upwards, on a picture.
struct Outline<'a> {
    path: &'a mut PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl Outline<'_> {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Outline<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
