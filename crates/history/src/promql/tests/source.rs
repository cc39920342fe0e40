//! Series written down as text, in the notation of `promtool`.
//!
//! ```text
//! requests{job="a"} 1+2x3 _ stale 7   one sample a minute: 1 3 5 7, none, the end of the series, 7
//! ```

use crate::budget::Budget;
use crate::labels::Labels;
use crate::promql::STALE_BITS;
use crate::promql::syntax::Kind;
use crate::source::{Aggregate, Selection, SeriesSamples, Source, SourceError};
use std::cell::RefCell;
use std::sync::Mutex;
use topmast_model::sample::Series;

/// Distance of samples, in ms; the first stands at 0.
pub(super) const MINUTE: i64 = 60_000;

/// First and last time, resolution, aggregate.
type Asked = (i64, i64, i64, Aggregate);

/// A source that also remembers what it was asked, and answers no more than that.
pub(super) struct Written {
    series: Vec<SeriesSamples>,
    pub(super) asked: Mutex<Vec<Asked>>,
}

pub(super) fn written(text: &str) -> Written {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Written { series: lines.map(series).collect(), asked: Mutex::default() }
}

fn series(line: &str) -> SeriesSamples {
    let end = line.find('}').map_or_else(|| line.find(' ').unwrap(), |end| end + 1);
    let (name, samples) = line.split_at(end);
    let query = crate::promql::parse(name).unwrap();
    let Kind::Selector(selector) = &query.expr.kind else { panic!("{name} is no series") };
    let label = |name: &str| selector.matchers.iter().find(|m| *m.name == *name).map(|m| m.value.to_string());
    let others = selector.matchers.iter().filter(|matcher| *matcher.name != *"__name__");
    let series = Series::new(
        &label("__name__").unwrap_or_default(),
        others.map(|matcher| (&*matcher.name, &*matcher.value)),
    );
    let values: RefCell<Vec<Option<f64>>> = RefCell::default();
    for word in samples.split_whitespace() {
        let push = |value| values.borrow_mut().push(value);
        if let Some(count) = word.strip_prefix('_') {
            (0..count.strip_prefix('x').map_or(1, |count| count.parse().unwrap())).for_each(|_| push(None));
        } else if word == "stale" {
            push(Some(f64::from_bits(STALE_BITS)));
        } else if let Some((start, count)) = word.rsplit_once('x') {
            let sign = start.rfind(['+', '-']).filter(|place| *place > 0).unwrap_or(start.len());
            let (first, step) = start.split_at(sign);
            let step: f64 = if step.is_empty() { 0.0 } else { step.parse().unwrap() };
            let first: f64 = first.parse().unwrap();
            (0..=count.parse::<u32>().unwrap()).for_each(|n| push(Some(first + step * f64::from(n))));
        } else {
            push(Some(word.parse().unwrap()));
        }
    }
    let (mut times, mut found) = (Vec::new(), Vec::new());
    for (time, value) in (0..).step_by(60_000).zip(values.into_inner()) {
        if let Some(value) = value {
            times.push(time);
            found.push(value);
        }
    }
    SeriesSamples { series: Labels::of(&series), times: times.into(), values: found }
}

impl Source for Written {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let Selection { matchers, from, until, resolution, aggregate } = *selection;
        self.asked.lock().unwrap().push((from, until, resolution, aggregate));
        let mut found = Vec::new();
        for samples in &self.series {
            if samples.series.accepted_by(matchers) {
                let low = samples.times.partition_point(|time| *time < from);
                let high = samples.times.partition_point(|time| *time <= until);
                budget.charge((high - low) as u64)?;
                found.push(SeriesSamples {
                    series: samples.series.clone(),
                    times: samples.times[low..high].into(),
                    values: samples.values[low..high].to_vec(),
                });
            }
        }
        Ok(found)
    }
}
