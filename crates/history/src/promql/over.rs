//! Functions of a window: all samples that a step sees become one value.

mod extreme;
mod rate;
mod regression;
mod statistic;

use super::column::{Column, NOTHING, distinct, is_present};
use super::error::EvalError;
use super::evaluator::{Evaluator, Scalar};
use super::function::{Over, Type};
use super::grid::{Grid, Windows, window_start};
use super::labels::Labels;
use super::select::{Coarse, RangeSeries, Windowed};
use super::syntax::{Call, Kind};
use crate::source::Aggregate;
use crate::spread::in_parts;
use extreme::Extreme;
use rate::{Kind as RateKind, Rate};

/// What a function works on at one step. There is at least one sample.
struct Window<'a> {
    /// In ms since the Unix epoch.
    times: &'a [i64],
    values: &'a [f64],
    /// Time of the step, in ms since the Unix epoch.
    now: i64,
    /// The function's numbers, in their order.
    parameters: [f64; 2],
}

/// Where a function works: the steps, and what its thread knows of their windows.
struct Place<'a> {
    windowed: &'a Windowed,
    windows: &'a mut Windows,
    grid: Grid,
}

impl Evaluator<'_> {
    /// A function of a window, at every step.
    pub(super) fn over(&self, call: &Call, over: Over, grid: Grid) -> Result<Vec<Column>, EvalError> {
        let mut range = None;
        let mut parameters = [Scalar::Constant(f64::NAN), Scalar::Constant(f64::NAN)];
        let mut free = parameters.iter_mut();
        for argument in &call.arguments {
            if argument.value_type() == Type::Range {
                range = Some(argument);
            } else if let Some(parameter) = free.next() {
                *parameter = self.scalar(argument, grid)?;
            }
        }
        let Some(range) = range else { return Ok(Vec::new()) };
        let mut windowed = self.windowed(range, grid, coarse(over))?;
        if over == Over::Absent {
            let labels = match &range.kind {
                Kind::Range(range) => super::vector::absent_labels(&range.selector.matchers),
                _ => Labels::none(),
            };
            return self.absent_over_time(&mut windowed, labels, grid);
        }
        let work = if windowed.counted { Over::Sum } else { over };
        let series = std::mem::take(&mut windowed.series);
        let columns = in_parts(series, |part| {
            let mut windows = windowed.windows.fresh();
            let mut columns = Vec::with_capacity(part.len());
            for one in part {
                let at = Place { windowed: &windowed, windows: &mut windows, grid };
                let values = match (rate_kind(over), over) {
                    (Some(kind), _) => self.rated(&one, kind, at)?,
                    (None, Over::Max | Over::Min) => self.extreme(&one, over == Over::Max, at)?,
                    (None, _) => self.folded(call.function.name, &one, work, &parameters, at)?,
                };
                let keeps_name = matches!(over, Over::First | Over::Last);
                let labels = if keeps_name { one.labels } else { one.labels.without_name() };
                let column = Column { labels, values };
                if !column.is_empty() {
                    columns.push(column);
                }
            }
            Ok::<_, EvalError>(columns)
        })?;
        distinct(columns)
    }

    fn rated(
        &self,
        series: &RangeSeries,
        kind: RateKind,
        Place { windowed, windows, grid }: Place<'_>,
    ) -> Result<Vec<f64>, EvalError> {
        let mut result = self.blank(grid.count)?;
        let spans = windows.spans(&series.times);
        let mut rate = Rate::new(kind, &series.times, series.values(), windowed.range_ms);
        rate.stretch = self.options.stretch;
        for ((slot, time), span) in result.iter_mut().zip(grid.times()).zip(spans.iter()) {
            if let Some(value) = rate.at(*span, windowed.moved.of(time)) {
                *slot = value;
            }
        }
        self.charge(rate.work())?;
        Ok(result)
    }

    fn extreme(
        &self,
        series: &RangeSeries,
        largest: bool,
        Place { windows, grid, .. }: Place<'_>,
    ) -> Result<Vec<f64>, EvalError> {
        let mut result = self.blank(grid.count)?;
        let spans = windows.spans(&series.times);
        let mut extreme = Extreme::new(series.values(), largest);
        self.charge(series.values().len())?;
        for (slot, span) in result.iter_mut().zip(spans.iter()) {
            if let Some(value) = extreme.at(*span) {
                *slot = value;
            }
        }
        Ok(result)
    }

    fn folded(
        &self,
        name: &'static str,
        series: &RangeSeries,
        over: Over,
        parameters: &[Scalar; 2],
        Place { windows, grid, .. }: Place<'_>,
    ) -> Result<Vec<f64>, EvalError> {
        let mut result = self.blank(grid.count)?;
        let spans = windows.spans(&series.times);
        let all = series.values();
        for (step, ((slot, now), span)) in result.iter_mut().zip(grid.times()).zip(spans.iter()).enumerate() {
            let (Some(times), Some(values)) =
                (series.times.get(span.from..span.until), all.get(span.from..span.until))
            else {
                continue;
            };
            if values.is_empty() {
                continue;
            }
            if !is_quick(over) {
                self.charge(values.len())?;
            }
            let [first, second] = parameters;
            let window = Window { times, values, now, parameters: [first.at(step), second.at(step)] };
            if over == Over::Smoothing {
                smoothing_factors(name, window.parameters)?;
            }
            *slot = window.value(over).unwrap_or(NOTHING);
        }
        Ok(result)
    }

    fn absent_over_time(
        &self,
        windowed: &mut Windowed,
        labels: Labels,
        grid: Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let mut values = self.blank(grid.count)?;
        values.fill(1.0);
        let series = std::mem::take(&mut windowed.series);
        for one in &series {
            self.charge(grid.count)?;
            for (value, span) in values.iter_mut().zip(windowed.windows.spans(&one.times).iter()) {
                if span.from < span.until {
                    *value = NOTHING;
                }
            }
        }
        let column = Column { labels, values };
        Ok(if column.is_empty() { Vec::new() } else { vec![column] })
    }
}

impl Window<'_> {
    /// What becomes of the window; none when it holds too little.
    fn value(&self, over: Over) -> Option<f64> {
        let values = self.values;
        let [parameter, second] = self.parameters;
        match over {
            Over::Average => Some(statistic::average(values)),
            Over::Changes => Some(statistic::changes(values)),
            Over::Count => Some(values.len() as f64),
            Over::Derivative => regression::slope(self.times, values),
            Over::First => values.first().copied(),
            Over::Idelta => rate::last_two(self.times, values, false),
            Over::Irate => rate::last_two(self.times, values, true),
            Over::Last => values.last().copied(),
            Over::MedianDeviation => Some(statistic::median_deviation(values)),
            Over::PredictLinear => regression::predicted(self.times, values, self.now, parameter),
            Over::Present => Some(1.0),
            Over::Quantile => Some(quantile(parameter, &mut values.to_vec())),
            Over::Resets => Some(statistic::resets(values)),
            Over::Smoothing => regression::smoothed(values, parameter, second),
            Over::StandardDeviation => Some(statistic::variance(values).sqrt()),
            Over::Sum => Some(statistic::sum(values)),
            Over::Variance => Some(statistic::variance(values)),
            // These have loops of their own.
            Over::Absent | Over::Delta | Over::Increase | Over::Max | Over::Min | Over::Rate => None,
        }
    }
}

pub(super) use statistic::quantile;

/// The samples that one step sees, without those that stand for no value.
pub(super) fn samples_at(windowed: &Windowed, series: &RangeSeries, time: i64) -> Vec<(i64, f64)> {
    let end = windowed.moved.of(time);
    let start = window_start(end, windowed.range_ms);
    let samples = series.times.iter().copied().zip(series.values().iter().copied());
    samples.filter(|(time, value)| (start..=end).contains(time) && is_present(*value)).collect()
}

/// Looks at a few samples of the window, however long it is.
fn is_quick(over: Over) -> bool {
    matches!(over, Over::Count | Over::First | Over::Idelta | Over::Irate | Over::Last | Over::Present)
}

fn rate_kind(over: Over) -> Option<RateKind> {
    match over {
        Over::Delta => Some(RateKind::Delta),
        Over::Increase => Some(RateKind::Increase),
        Over::Rate => Some(RateKind::Rate),
        _ => None,
    }
}

/// What may stand for many samples; none where each of them counts.
fn coarse(over: Over) -> Coarse {
    match over {
        Over::Absent
        | Over::Delta
        | Over::Derivative
        | Over::First
        | Over::Increase
        | Over::Last
        | Over::PredictLinear
        | Over::Present
        | Over::Rate => Some(Aggregate::Last),
        Over::Average => Some(Aggregate::Mean),
        Over::Count => Some(Aggregate::Count),
        Over::Max => Some(Aggregate::Max),
        Over::Min => Some(Aggregate::Min),
        Over::Sum => Some(Aggregate::Sum),
        Over::Changes
        | Over::Idelta
        | Over::Irate
        | Over::MedianDeviation
        | Over::Quantile
        | Over::Resets
        | Over::Smoothing
        | Over::StandardDeviation
        | Over::Variance => None,
    }
}

fn smoothing_factors(function: &'static str, factors: [f64; 2]) -> Result<(), EvalError> {
    for (factor, what) in factors.into_iter().zip(["smoothing", "trend"]) {
        // What is no number passes, as in Prometheus.
        if factor <= 0.0 || factor >= 1.0 {
            let reason = format!("has a {what} factor of {factor}: it must be above 0 and below 1");
            return Err(EvalError::Argument { function, reason });
        }
    }
    Ok(())
}
