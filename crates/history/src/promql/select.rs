//! Reads series from the source: the newest sample before each step, or all samples of windows.
//!
//! How coarse the samples may be is said with each read. For the newest sample it is the step, and never
//! more than the lookback, or samples would be missed. For windows it is the step or a tenth of the window,
//! whichever is less: the edge of a window is then off by a tenth of it at most. A query at one time has no
//! step; it reads the samples themselves, unless a window is long.

use super::column::{Column, NOTHING, is_present};
use super::error::EvalError;
use super::evaluator::{Evaluated, Evaluator};
use super::grid::{Grid, Moved, Windows};
use super::labels::Labels;
use super::syntax::{Expr, Kind, RangeSelector, Selector, Subquery};
use crate::source::{Aggregate, Selection, SeriesSamples};
use std::fmt::Write as _;
use std::sync::Arc;

/// Fewest samples that a window should hold where coarser ones are read.
const SAMPLES_A_WINDOW: i64 = 10;

/// What one read brought, kept for selectors that ask the same.
pub(super) struct Kept {
    key: String,
    series: Vec<SeriesSamples>,
}

/// How a function of a window wants coarser samples; none when it needs every one.
pub(super) type Coarse = Option<Aggregate>;

/// Series with all their samples within reach of some windows.
pub(super) struct Windowed {
    pub(super) series: Vec<RangeSeries>,
    pub(super) windows: Windows,
    /// Where the windows end at each step.
    pub(super) moved: Moved,
    pub(super) range_ms: i64,
    /// True when values are counts of samples.
    pub(super) counted: bool,
}

/// One of them. No value stands for an ended series.
pub(super) struct RangeSeries {
    pub(super) labels: Labels,
    pub(super) times: Arc<[i64]>,
    values: Values,
}

enum Values {
    Read(Arc<Kept>, usize),
    Made(Vec<f64>),
}

impl RangeSeries {
    pub(super) fn values(&self) -> &[f64] {
        match &self.values {
            Values::Read(kept, place) => kept.series.get(*place).map_or(&[], |samples| &samples.values),
            Values::Made(values) => values,
        }
    }
}

impl Evaluator<'_> {
    /// The newest value of each series, if the lookback reaches it, at each step.
    pub(super) fn selected(&self, selector: &Selector, grid: Grid) -> Result<Vec<Column>, EvalError> {
        self.newest(selector, grid, |_, value| value)
    }

    /// As [`Self::selected`], with the time of the sample in seconds in place of its value.
    pub(super) fn selected_times(&self, selector: &Selector, grid: Grid) -> Result<Vec<Column>, EvalError> {
        self.newest(selector, grid, |time, value| if is_present(value) { time as f64 / 1e3 } else { NOTHING })
    }

    fn newest(
        &self,
        selector: &Selector,
        grid: Grid,
        pick: impl Fn(i64, f64) -> f64,
    ) -> Result<Vec<Column>, EvalError> {
        let lookback = self.options.lookback_ms;
        let mut windows = Windows::new(grid, Moved::new(selector.shift, self.start, self.end), lookback);
        let Some(reach) = windows.reach() else { return Ok(Vec::new()) };
        let resolution = grid.spacing().map_or(0, |step| step.min(lookback));
        let selection = Selection {
            matchers: &selector.matchers,
            from: reach.0,
            until: reach.1,
            resolution,
            aggregate: Aggregate::Last,
        };
        let kept = self.read(&selection)?;
        let mut columns = Vec::with_capacity(kept.series.len());
        for samples in &kept.series {
            self.charge(grid.count)?;
            let spans = windows.spans(&samples.times);
            let value = |span: &super::grid::Span| {
                let place = span.until.checked_sub(1).filter(|_| span.from < span.until)?;
                Some(pick(*samples.times.get(place)?, *samples.values.get(place)?))
            };
            let values = spans.iter().map(|span| value(span).unwrap_or(NOTHING)).collect();
            let column = Column { labels: Labels::new(samples.series.clone()), values };
            if !column.is_empty() {
                columns.push(column);
            }
        }
        Ok(columns)
    }

    /// The series and windows that a function of a range works on.
    pub(super) fn windowed(&self, expr: &Expr, grid: Grid, coarse: Coarse) -> Result<Windowed, EvalError> {
        match &expr.kind {
            Kind::Range(range) => self.ranged(range, grid, coarse),
            Kind::Subquery(subquery) => self.subqueried(subquery, grid),
            _ => Err(EvalError::NotOverTime(expr.value_type().name())),
        }
    }

    fn ranged(&self, range: &RangeSelector, grid: Grid, coarse: Coarse) -> Result<Windowed, EvalError> {
        let moved = Moved::new(range.selector.shift, self.start, self.end);
        let windows = Windows::new(grid, moved, range.range_ms);
        let fine = range.range_ms / SAMPLES_A_WINDOW;
        let resolution =
            if coarse.is_none() { 0 } else { grid.spacing().map_or(fine, |step| step.min(fine)) };
        let aggregate = if resolution == 0 { Aggregate::Last } else { coarse.unwrap_or_default() };
        let mut series = Vec::new();
        if let Some(reach) = windows.reach() {
            let selection = Selection {
                matchers: &range.selector.matchers,
                from: reach.0,
                until: reach.1,
                resolution,
                aggregate,
            };
            let kept = self.read(&selection)?;
            for (place, samples) in kept.series.iter().enumerate() {
                let labels = Labels::new(samples.series.clone());
                series.push(match without_ends(&samples.times, &samples.values) {
                    Some((times, values)) => RangeSeries { labels, times, values: Values::Made(values) },
                    None => RangeSeries {
                        labels,
                        times: Arc::clone(&samples.times),
                        values: Values::Read(Arc::clone(&kept), place),
                    },
                });
            }
        }
        let counted = aggregate == Aggregate::Count;
        Ok(Windowed { series, windows, moved, range_ms: range.range_ms, counted })
    }

    fn subqueried(&self, subquery: &Subquery, grid: Grid) -> Result<Windowed, EvalError> {
        let moved = Moved::new(subquery.shift, self.start, self.end);
        let windows = Windows::new(grid, moved, subquery.range_ms);
        let mut series = Vec::new();
        if let Some((first, last)) = windows.reach() {
            let step = subquery.step_ms.unwrap_or(self.options.subquery_step_ms).max(1);
            // Steps stand at multiples of their distance, so that neighbouring queries see the same ones.
            let mut start = (moved.of(grid.start) - subquery.range_ms) / step * step;
            if start < first {
                start += step;
            }
            let inner = Grid::between(start, last, step);
            self.charge(inner.count)?;
            let columns = match self.evaluate(&subquery.argument, inner)? {
                Evaluated::Vector(columns) => columns,
                Evaluated::Scalar(_) | Evaluated::Text(_) => Vec::new(),
            };
            let times: Arc<[i64]> = inner.times().collect();
            for Column { labels, values } in columns {
                let (times, values) = present(&times, values);
                series.push(RangeSeries { labels, times, values: Values::Made(values) });
            }
        }
        Ok(Windowed { series, windows, moved, range_ms: subquery.range_ms, counted: false })
    }

    fn read(&self, selection: &Selection<'_>) -> Result<Arc<Kept>, EvalError> {
        let Selection { matchers, from, until, resolution, aggregate } = *selection;
        let mut key = format!("{from} {until} {resolution} {aggregate:?}");
        for matcher in matchers {
            let operator = std::mem::discriminant(&matcher.operator);
            // Writing into a text cannot fail.
            let _ = write!(key, " {:?} {operator:?} {:?}", matcher.name, matcher.value);
        }
        if let Some(known) = self.kept().iter().find(|kept| kept.key == key) {
            return Ok(Arc::clone(known));
        }
        let series = self.source.select(selection, self.budget)?;
        let kept = Arc::new(Kept { key, series });
        self.kept().push(Arc::clone(&kept));
        Ok(kept)
    }
}

/// The values that there are, with their times.
pub(super) fn present(times: &Arc<[i64]>, values: Vec<f64>) -> (Arc<[i64]>, Vec<f64>) {
    without_ends(times, &values).unwrap_or_else(|| (Arc::clone(times), values))
}

/// Times and values without those that stand for no value; none when all are values.
fn without_ends(times: &[i64], values: &[f64]) -> Option<(Arc<[i64]>, Vec<f64>)> {
    // Nearly always so, and seen without a branch a sample.
    if values.iter().map(|value| u64::from(!is_present(*value))).sum::<u64>() == 0 {
        return None;
    }
    let kept = || times.iter().zip(values.iter()).filter(|(_, value)| is_present(**value));
    Some((kept().map(|(time, _)| *time).collect(), kept().map(|(_, value)| *value).collect()))
}
