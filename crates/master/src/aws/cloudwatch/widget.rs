//! `GetMetricWidgetImage`, and what a widget of metrics shows in the console.
//!
//! Elsewhere: what a widget says (`topmast_aws`, `widget`); how it is drawn (`topmast_chart`).

use super::{data, read, validation};
use crate::aws::{Asker, Caller, internal};
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::widget::{self, Annotation, Widget};
use topmast_aws::{Fault, Value};
use topmast_chart::{Axis, Band, Chart, Colour, Fill, LegendPlace, Mark, Series, View};
use topmast_model::principal::Right;

const NAME: &str = "cloudwatch:GetMetricWidgetImage";
/// The picture inside an answer, and the picture alone.
const FORMATS: [&str; 2] = ["png", "image/png"];
/// Most series of a picture: a search finds as many.
const SERIES_MAX: usize = 500;

/// A series of a widget.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    /// What it is called.
    pub(crate) label: String,
    /// `#rrggbb`.
    pub(crate) colour: Option<String>,
    /// True when it is on the right axis.
    pub(crate) is_right: bool,
    /// Time between two points.
    pub(crate) step_ms: i64,
    /// Milliseconds since the epoch, ascending, and values.
    pub(crate) points: Vec<(i64, f64)>,
}

pub(super) async fn image(
    context: &Arc<Context>,
    caller: &Caller,
    input: &Value,
    now: i64,
) -> Result<Value, Fault> {
    caller.needs_somewhere(Right::Read, NAME)?;
    let format = input.text("OutputFormat").unwrap_or(FORMATS[0]);
    if !FORMATS.contains(&format) {
        return Err(validation(format!(
            "The output format {format} is not supported. Supported: png, image/png."
        )));
    }
    let told = input.text("MetricWidget").unwrap_or_default();
    let widget = Widget::parse(told).map_err(|error| validation(error.to_string()))?;
    let span = widget
        .span(now)
        .ok_or_else(|| validation("The start of the metric widget must be before its end."))?;
    let is_alone = format == FORMATS[1];
    read::with(context, caller.into(), move |reader| {
        let series = series(reader, &widget, span, now)?;
        let png = chart(&widget, span, series).png().map_err(|error| internal(&error))?;
        let png = Value::Blob(png);
        Ok(if is_alone { png } else { Value::map([("MetricWidgetImage", png)]) })
    })
    .await
}

/// The series of a widget in a span of milliseconds. Blocks.
pub(super) fn series(
    reader: &read::Reader,
    widget: &Widget,
    span: (i64, i64),
    now: i64,
) -> Result<Vec<Shown>, Fault> {
    // A second that has begun is part of the span, else what was put just now would not be seen.
    let since = span.0.div_euclid(1_000);
    let seconds = (since, span.1.saturating_add(999).div_euclid(1_000).max(since + 1));
    let told = data::told(reader, &widget.queries(span), seconds, widget.offset, now)?;
    // One colour for several series would tell none apart.
    let is_single = |id: &str| told.iter().filter(|other| other.id == id).count() == 1;
    let shown = told.iter().take(SERIES_MAX).map(|told| {
        let entry = widget.entry(&told.id);
        Shown {
            label: told.label.clone(),
            colour: entry.filter(|_| is_single(&told.id)).and_then(|entry| entry.colour.clone()),
            is_right: entry.is_some_and(|entry| entry.is_right),
            step_ms: told.period_s.saturating_mul(1_000),
            points: told.points.clone(),
        }
    });
    Ok(shown.collect())
}

/// What a widget of the console shows; in `span`, or when it says itself.
pub(crate) async fn shown(
    context: &Arc<Context>,
    asker: Asker,
    widget: Widget,
    span: (i64, i64),
    now: i64,
) -> Result<Vec<Shown>, Fault> {
    read::with(context, asker, move |reader| series(reader, &widget, span, now)).await
}

fn chart(widget: &Widget, span: (i64, i64), series: Vec<Shown>) -> Chart {
    let colour = |text: &Option<String>| text.as_deref().and_then(Colour::parse);
    let axis = |axis: &widget::Axis| Axis { min: axis.min, max: axis.max, label: axis.label.clone() };
    let (values, value_bands) = marks(&widget.horizontal, |at| at);
    #[expect(clippy::cast_possible_truncation, reason = "a date of this era has no more bits than a double")]
    let (times, time_bands) = marks(&widget.vertical, |at| at as i64);
    Chart {
        width: widget.width,
        height: widget.height,
        title: widget.title.clone(),
        view: match widget.view {
            widget::View::TimeSeries => View::TimeSeries,
            widget::View::SingleValue => View::SingleValue,
            widget::View::Bar => View::Bar,
            widget::View::Pie => View::Pie,
        },
        is_stacked: widget.is_stacked,
        legend: match widget.legend {
            widget::Legend::Bottom => LegendPlace::Bottom,
            widget::Legend::Right => LegendPlace::Right,
            widget::Legend::Hidden => LegendPlace::Hidden,
        },
        span,
        offset_s: widget.offset.seconds(),
        series: series
            .into_iter()
            .map(|shown| Series {
                colour: colour(&shown.colour),
                label: shown.label,
                points: shown.points,
                step_ms: shown.step_ms,
                is_right: shown.is_right,
            })
            .collect(),
        left: axis(&widget.left),
        right: axis(&widget.right),
        values,
        value_bands,
        times,
        time_bands,
    }
}

/// Lines, and bands between two of them.
fn marks<T: Copy>(all: &[Annotation], at: impl Fn(f64) -> T) -> (Vec<Mark<T>>, Vec<Band<T>>) {
    let (mut lines, mut bands) = (Vec::new(), Vec::new());
    for one in all {
        let (label, is_right) = (one.label.clone(), one.is_right);
        let colour = one.colour.as_deref().and_then(Colour::parse);
        let fill = match one.fill {
            widget::Fill::None => Fill::None,
            widget::Fill::Beyond => Fill::Beyond,
            widget::Fill::Until => Fill::Until,
        };
        match one.to {
            Some(to) => bands.push(Band { from: at(one.at), to: at(to), label, colour, is_right }),
            None => lines.push(Mark { at: at(one.at), label, colour, fill, is_right }),
        }
    }
    (lines, bands)
}
