//! Colours: those of the console's light theme, which print well.

use tiny_skia::Color;

pub(crate) const SURFACE: Colour = Colour(0xff, 0xff, 0xff);
pub(crate) const TEXT: Colour = Colour(0x16, 0x20, 0x2c);
pub(crate) const QUIET: Colour = Colour(0x52, 0x61, 0x73);
pub(crate) const LINE: Colour = Colour(0xdb, 0xe2, 0xea);
pub(crate) const AXIS: Colour = Colour(0x7f, 0x8f, 0xa1);
/// Of marks that have none of their own.
pub(crate) const MARK: Colour = Colour(0xb3, 0x26, 0x1e);
pub(crate) const MARK_TIME: Colour = Colour(0x52, 0x61, 0x73);

/// The console's five, and five between them: ten lines can be told apart.
const SERIES: [Colour; 10] = [
    Colour(0x0f, 0x62, 0xb4),
    Colour(0xc7, 0x84, 0x0a),
    Colour(0x14, 0x70, 0x3f),
    Colour(0x8a, 0x3f, 0xb0),
    Colour(0xb8, 0x4a, 0x1e),
    Colour(0x3a, 0x9b, 0xd9),
    Colour(0x8c, 0x6d, 0x46),
    Colour(0x4f, 0xa8, 0x3d),
    Colour(0xd1, 0x5b, 0x9e),
    Colour(0x52, 0x61, 0x73),
];

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// Of `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            text.strip_prefix('#').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
        let number = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        match digits.len() {
            6 => Some(Self(number[1], number[2], number[3])),
            3 => {
                let (red, green, blue) = (number[2] & 15, number[3] >> 4, number[3] & 15);
                Some(Self(red * 17, green * 17, blue * 17))
            }
            _ => None,
        }
    }

    pub(crate) fn at(self, opacity: f32) -> Color {
        let Self(red, green, blue) = self;
        let mut colour = Color::from_rgba8(red, green, blue, 255);
        colour.apply_opacity(opacity);
        colour
    }
}

pub(crate) fn of_series(place: usize) -> Colour {
    SERIES[place % SERIES.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_written_in_hexadecimal() {
        assert_eq!(Colour::parse("#0f62B4"), Some(Colour(0x0f, 0x62, 0xb4)));
        assert_eq!(Colour::parse("#f0a"), Some(Colour(0xff, 0x00, 0xaa)));
        for text in ["", "#", "red", "#12345", "#1234567", "#12345g", "#+1234a", "#\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}
