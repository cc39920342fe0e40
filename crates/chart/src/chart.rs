//! What a picture shows.

use crate::canvas::Canvas;
use crate::colour::{Colour, SURFACE, TEXT};
use crate::{ChartError, SIDE_MAX, bar, pie, png, single_value, time_series};

/// Space around everything, in pixels.
const MARGIN: f32 = 14.0;
const TITLE_SIZE: f32 = 15.0;

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Lines over time.
    #[default]
    TimeSeries,
    /// The last values as figures.
    SingleValue,
    /// The last values as bars.
    Bar,
    /// The last values as shares of a whole.
    Pie,
}

/// Where the names of the series stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LegendPlace {
    /// Below the plot.
    #[default]
    Bottom,
    /// Beside it.
    Right,
    /// Nowhere.
    Hidden,
}

/// What is coloured beside a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fill {
    /// Nothing.
    #[default]
    None,
    /// Above a value, or after a time.
    Beyond,
    /// Below a value, or before a time.
    Until,
}

/// A series.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// What it is called.
    pub label: String,
    /// One of its own.
    pub colour: Option<Colour>,
    /// Milliseconds since the epoch and values, ascending.
    pub points: Vec<(i64, f64)>,
    /// Time between two points, in milliseconds: further apart there is a gap.
    pub step_ms: i64,
    /// True when its values are on the right axis.
    pub is_right: bool,
}

impl Series {
    /// The last value.
    pub(crate) fn last(&self) -> Option<f64> {
        self.points.iter().rev().map(|(_, value)| *value).find(|value| value.is_finite())
    }
}

/// An axis of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Least value; where the data begins when missing.
    pub min: Option<f64>,
    /// Greatest value; where the data ends when missing.
    pub max: Option<f64>,
    /// What is on it.
    pub label: String,
}

/// A line at a value or at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark<T> {
    /// Where.
    pub at: T,
    /// What it means.
    pub label: String,
    /// One of its own.
    pub colour: Option<Colour>,
    /// What is coloured beside it.
    pub fill: Fill,
    /// True when a value is on the right axis.
    pub is_right: bool,
}

/// What is between two values or two times.
#[derive(Debug, Clone, PartialEq)]
pub struct Band<T> {
    /// From.
    pub from: T,
    /// To.
    pub to: T,
    /// What it means.
    pub label: String,
    /// One of its own.
    pub colour: Option<Colour>,
    /// True when values are on the right axis.
    pub is_right: bool,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chart {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What stands above.
    pub title: String,
    /// How values are shown.
    pub view: View,
    /// True when series are added up.
    pub is_stacked: bool,
    /// Where the names of the series stand.
    pub legend: LegendPlace,
    /// From and until when, in milliseconds since the epoch.
    pub span: (i64, i64),
    /// Seconds that its clock is before UTC's.
    pub offset_s: i32,
    /// What is shown.
    pub series: Vec<Series>,
    /// The axis on the left.
    pub left: Axis,
    /// The axis on the right.
    pub right: Axis,
    /// Lines at values.
    pub values: Vec<Mark<f64>>,
    /// Between values.
    pub value_bands: Vec<Band<f64>>,
    /// Lines at times.
    pub times: Vec<Mark<i64>>,
    /// Between times.
    pub time_bands: Vec<Band<i64>>,
}

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

impl Area {
    pub(crate) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// True when something can be seen in it.
    pub(crate) fn has_room(&self) -> bool {
        self.width() >= 8.0 && self.height() >= 8.0
    }
}

impl Chart {
    /// Draws it.
    ///
    /// # Errors
    /// [`ChartError`]: its size, or a fault of this program.
    pub fn png(&self) -> Result<Vec<u8>, ChartError> {
        if !(1..=SIDE_MAX).contains(&self.width) || !(1..=SIDE_MAX).contains(&self.height) {
            return Err(ChartError::Size);
        }
        let mut canvas = Canvas::new(self.width, self.height, SURFACE)?;
        let mut area = Area {
            left: MARGIN,
            top: MARGIN,
            right: self.width as f32 - MARGIN,
            bottom: self.height as f32 - MARGIN,
        };
        if !self.title.is_empty() && area.height() > 3.0 * TITLE_SIZE {
            let title = canvas.fitted(&self.title, TITLE_SIZE, true, area.width());
            canvas.text(&title, (area.left, area.top + TITLE_SIZE * 0.8), TITLE_SIZE, true, TEXT);
            area.top += TITLE_SIZE + 10.0;
        }
        match self.view {
            View::TimeSeries => time_series::draw(&mut canvas, self, area),
            View::SingleValue => single_value::draw(&mut canvas, self, area),
            View::Bar => bar::draw(&mut canvas, self, area),
            View::Pie => pie::draw(&mut canvas, self, area),
        }
        png::encode(self.width, self.height, &canvas.pixels())
    }

    /// The colour of a series: its own, or the next of the palette.
    pub(crate) fn colour(&self, place: usize) -> Colour {
        let own = self.series.get(place).and_then(|series| series.colour);
        own.unwrap_or_else(|| crate::colour::of_series(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(label: &str, values: impl IntoIterator<Item = f64>) -> Series {
        let points = values.into_iter().enumerate();
        let points = points.map(|(n, value)| (i64::try_from(n).unwrap() * 60_000, value)).collect();
        Series { label: label.to_owned(), points, step_ms: 60_000, ..Series::default() }
    }

    fn chart(view: View, width: u32, height: u32) -> Chart {
        let waves = |phase: f64| (0..180).map(move |n| (f64::from(n) / 20.0 + phase).sin() * 40.0 + 50.0);
        Chart {
            width,
            height,
            title: "Orders per minute".into(),
            view,
            span: (0, 180 * 60_000),
            series: (0..3).map(|n| series(&format!("shop-{n}"), waves(f64::from(n)))).collect(),
            values: vec![Mark {
                at: 80.0,
                label: "limit".into(),
                colour: None,
                fill: Fill::Beyond,
                is_right: false,
            }],
            times: vec![Mark {
                at: 3_600_000,
                label: "deploy".into(),
                colour: None,
                fill: Fill::None,
                is_right: false,
            }],
            ..Chart::default()
        }
    }

    const VIEWS: [View; 4] = [View::TimeSeries, View::SingleValue, View::Bar, View::Pie];

    #[test]
    fn every_view_is_drawn_at_every_size() {
        // CH-1
        for view in VIEWS {
            for (width, height) in [(1, 1), (2, 2_000), (2_000, 2), (40, 30), (120, 90), (600, 400)] {
                for legend in [LegendPlace::Bottom, LegendPlace::Right, LegendPlace::Hidden] {
                    let png = Chart { legend, ..chart(view, width, height) }.png().unwrap();
                    assert_eq!(png[..8], [0x89, b'P', b'N', b'G', 13, 10, 26, 10]);
                    assert_eq!(png[16..24], [width.to_be_bytes(), height.to_be_bytes()].concat());
                }
            }
        }
        for (width, height) in [(0, 1), (1, 0), (SIDE_MAX + 1, 1)] {
            assert_eq!(chart(View::Pie, width, height).png(), Err(ChartError::Size));
        }
    }

    #[test]
    fn every_value_is_drawn() {
        // CH-1
        let strange = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 0.0, -0.0, 1e-300];
        for view in VIEWS {
            for is_stacked in [false, true] {
                let mut all = Chart { is_stacked, ..chart(view, 300, 200) };
                all.series = vec![series("a", strange), series("b", []), series("\u{1f600}\n", [1.0])];
                all.span = (i64::MIN, i64::MAX);
                all.values.push(Mark {
                    at: f64::NAN,
                    label: "x".into(),
                    colour: None,
                    fill: Fill::Until,
                    is_right: true,
                });
                all.png().unwrap();
                all.span = (5, 5);
                all.left = Axis { min: Some(3.0), max: Some(3.0), label: "ms".into() };
                all.png().unwrap();
                all.series.clear();
                all.png().unwrap();
            }
        }
    }

    #[test]
    fn what_is_shown_changes_the_picture() {
        let plain = chart(View::TimeSeries, 300, 200);
        let png = plain.png().unwrap();
        assert_eq!(png, plain.png().unwrap());
        for other in [
            Chart { title: "Others".into(), ..plain.clone() },
            Chart { is_stacked: true, ..plain.clone() },
            Chart { legend: LegendPlace::Right, ..plain.clone() },
            Chart { values: Vec::new(), ..plain.clone() },
            Chart { times: Vec::new(), ..plain.clone() },
            Chart { offset_s: 3_600, ..plain.clone() },
            Chart { left: Axis { min: Some(0.0), max: Some(200.0), label: String::new() }, ..plain.clone() },
            Chart { series: plain.series[..2].to_vec(), ..plain.clone() },
            Chart { view: View::Bar, ..plain.clone() },
        ] {
            assert_ne!(other.png().unwrap(), png, "{other:?}");
        }
    }
}
