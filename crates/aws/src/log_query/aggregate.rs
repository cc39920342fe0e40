//! What is worked out of the values of a group.

use super::RunError;
use super::datum::Datum;
use super::expression::{Expression, Scope};
use std::collections::HashSet;

#[derive(Debug)]
pub(super) struct Aggregate {
    pub(super) kind: Kind,
    /// Nothing for `count(*)`.
    pub(super) of: Option<Expression>,
    /// Of `pct`.
    pub(super) percent: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
    Percentile,
    Deviation,
    Earliest,
    Latest,
    SortsFirst,
    SortsLast,
}

impl Kind {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "count" => Self::Count,
            "count_distinct" => Self::CountDistinct,
            "sum" => Self::Sum,
            "avg" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            "pct" | "percentile" => Self::Percentile,
            "stddev" => Self::Deviation,
            "earliest" => Self::Earliest,
            "latest" => Self::Latest,
            "sortsfirst" => Self::SortsFirst,
            "sortslast" => Self::SortsLast,
            _ => return None,
        })
    }
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    count: u64,
    sum: f64,
    squares: f64,
    mean: f64,
    best: Option<(f64, Datum)>,
    texts: HashSet<String>,
    values: Vec<f64>,
}

impl Seen {
    /// - `room`: bytes that may still be kept.
    pub(super) fn add(
        &mut self,
        aggregate: &Aggregate,
        scope: Scope<'_>,
        room: &mut usize,
    ) -> Result<(), RunError> {
        let Some(of) = &aggregate.of else {
            self.count += 1;
            return Ok(());
        };
        let value = of.value(scope);
        if value.is_missing() {
            return Ok(());
        }
        let mut take = |bytes: usize| -> Result<(), RunError> {
            *room = room.checked_sub(bytes).ok_or(RunError::TooMuch)?;
            Ok(())
        };
        match aggregate.kind {
            Kind::Count => self.count += 1,
            Kind::CountDistinct => {
                let text = value.text().unwrap_or_default();
                if !self.texts.contains(&*text) {
                    take(text.len() + 48)?;
                    self.texts.insert(text.into_owned());
                }
            }
            Kind::Percentile => {
                if let Some(number) = value.number() {
                    take(size_of::<f64>())?;
                    self.values.push(number);
                }
            }
            Kind::Sum | Kind::Average | Kind::Deviation => {
                if let Some(number) = value.number() {
                    self.count += 1;
                    self.sum += number;
                    let before = self.mean;
                    self.mean += (number - before) / self.count as f64;
                    self.squares += (number - before) * (number - self.mean);
                }
            }
            Kind::Minimum | Kind::Maximum | Kind::SortsFirst | Kind::SortsLast => {
                let is_first = matches!(aggregate.kind, Kind::Minimum | Kind::SortsFirst);
                let is_better = self.best.as_ref().is_none_or(|(_, best)| {
                    let order = value.order(best);
                    if is_first { order.is_lt() } else { order.is_gt() }
                });
                if is_better {
                    self.best = Some((0.0, value));
                }
            }
            Kind::Earliest | Kind::Latest => {
                let time = scope.record.get("@timestamp").number().unwrap_or_default();
                let is_better = self.best.as_ref().is_none_or(|(best, _)| {
                    if aggregate.kind == Kind::Earliest { time < *best } else { time >= *best }
                });
                if is_better {
                    self.best = Some((time, value));
                }
            }
        }
        Ok(())
    }

    pub(super) fn value(mut self, aggregate: &Aggregate) -> Datum {
        let count = self.count as f64;
        let if_any = |value: f64| if self.count == 0 { Datum::Missing } else { Datum::of_number(value) };
        match aggregate.kind {
            Kind::Count => Datum::Number(count),
            Kind::CountDistinct => Datum::Number(self.texts.len() as f64),
            Kind::Sum => Datum::of_number(self.sum),
            Kind::Average => if_any(self.sum / count),
            Kind::Deviation => if_any((self.squares / count).sqrt()),
            Kind::Percentile => percentile(&mut self.values, aggregate.percent),
            _ => self.best.map_or(Datum::Missing, |(_, best)| best),
        }
    }
}

/// Between the two values that the place lies between.
fn percentile(values: &mut [f64], percent: f64) -> Datum {
    values.sort_by(f64::total_cmp);
    let Some(last) = values.len().checked_sub(1) else { return Datum::Missing };
    let place = percent.clamp(0.0, 100.0) / 100.0 * last as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last place"
    )]
    let below = place as usize;
    let above = (below + 1).min(last);
    Datum::Number(values[below] + (values[above] - values[below]) * place.fract())
}
