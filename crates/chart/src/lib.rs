//! Charts as pictures: lines, areas, bars, shares and figures, drawn to PNG without a browser.
//!
//! ```text
//! Chart ─► axis (what stands on it) ─► view (where things go) ─► canvas (pixels, text) ─► png
//! ```
//!
//! Invariants
//! - CH-1: a picture of any size and any points is drawn; what has no room is left out.
//! - CH-2: work is bounded by the picture's size and the number of points: of the points in one column of pixels only those
//!   that can be seen are drawn.
//!
//! Elsewhere: what is drawn (`topmast-aws`, `widget`); where the values come from (`topmast-master`). Knows no file, socket
//! or clock.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a picture has at most 2,000 pixels a side, and what is outside of it is clipped"
)]

mod axis;
mod bar;
mod canvas;
mod chart;
mod colour;
mod font;
mod legend;
mod pie;
mod png;
mod single_value;
mod time_series;

pub use axis::number;
pub use chart::{Axis, Band, Chart, Fill, LegendPlace, Mark, Series, View};
pub use colour::Colour;

/// Greatest width and height of a picture, in pixels.
pub const SIDE_MAX: u32 = 2_000;

/// Why there is no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// It would have no pixels, or too many.
    #[error("a picture is 1 to {SIDE_MAX} pixels wide and high")]
    Size,
    /// The font inside this program cannot be read.
    #[error("the font cannot be read")]
    Font,
    /// The pixels could not be packed.
    #[error("the picture cannot be packed")]
    Packing,
}
