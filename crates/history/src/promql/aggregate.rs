//! Aggregations: series of a group become one, step by step, or the best of them are kept.

mod extremes;

use super::column::{Column, NOTHING, is_present};
use super::error::EvalError;
use super::evaluator::{Evaluated, Evaluator, Scalar};
use super::grid::Grid;
use super::labels::{Groups, Labels};
use super::number;
use super::over::quantile;
use super::syntax::{Aggregation, Aggregator};
use foldhash::fast::FixedState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What has come together of one group, for each step.
struct Gathered {
    /// The result so far, or nothing where no series had a value.
    values: Vec<f64>,
    /// How many values came.
    counts: Vec<f64>,
    /// Mean so far, where it is needed beside the result.
    means: Vec<f64>,
}

impl Evaluator<'_> {
    pub(super) fn aggregated(&self, node: &Aggregation, grid: Grid) -> Result<Vec<Column>, EvalError> {
        let columns = self.vector(&node.argument, grid)?;
        let parameter = match &node.parameter {
            Some(parameter) => Some(self.evaluate(parameter, grid)?),
            None => None,
        };
        let mut groups = Groups::new(&node.projection);
        let mut members: Vec<Vec<&Column>> = Vec::new();
        for column in &columns {
            let group = groups.insert(&column.labels);
            if group == members.len() {
                members.push(Vec::new());
            }
            if let Some(members) = members.get_mut(group) {
                members.push(column);
            }
        }
        let number = match &parameter {
            Some(Evaluated::Scalar(scalar)) => scalar.clone(),
            _ => Scalar::Constant(f64::NAN),
        };
        match node.aggregator {
            Aggregator::Top | Aggregator::Bottom => {
                return self.extremes(node.aggregator, &number, &members, grid);
            }
            Aggregator::CountValues => {
                let Some(Evaluated::Text(label)) = &parameter else { return Ok(Vec::new()) };
                return self.counted_values(label, &node.projection, &members, grid);
            }
            _ => {}
        }
        let mut result = Vec::with_capacity(members.len());
        for (first, members) in groups.first.iter().zip(&members) {
            let values = if node.aggregator == Aggregator::Quantile {
                self.quantiles(&number, members, grid)?
            } else {
                self.gathered(node.aggregator, members, grid)?
            };
            result.push(Column { labels: node.projection.of(first), values });
        }
        Ok(result)
    }

    fn gathered(
        &self,
        aggregator: Aggregator,
        members: &[&Column],
        grid: Grid,
    ) -> Result<Vec<f64>, EvalError> {
        let mut gathered = Gathered {
            values: self.blank(grid.count)?,
            counts: vec![0.0; grid.count],
            means: if matches!(aggregator, Aggregator::StandardDeviation | Aggregator::Variance) {
                vec![0.0; grid.count]
            } else {
                Vec::new()
            },
        };
        for column in members {
            self.charge(grid.count)?;
            gathered.add(aggregator, &column.values);
        }
        gathered.finish(aggregator);
        Ok(gathered.values)
    }

    fn quantiles(&self, part: &Scalar, members: &[&Column], grid: Grid) -> Result<Vec<f64>, EvalError> {
        let mut result = self.blank(grid.count)?;
        let mut values = Vec::with_capacity(members.len());
        for (step, slot) in result.iter_mut().enumerate() {
            self.charge(members.len())?;
            values.clear();
            values.extend(
                members
                    .iter()
                    .filter_map(|column| column.values.get(step).copied())
                    .filter(|v| is_present(*v)),
            );
            if !values.is_empty() {
                *slot = quantile(part.at(step), &mut values);
            }
        }
        Ok(result)
    }

    /// A series for each value, which counts how many series have it.
    fn counted_values(
        &self,
        label: &str,
        projection: &super::labels::Projection,
        members: &[Vec<&Column>],
        grid: Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let mut result: Vec<Column> = Vec::new();
        let mut of_labels: HashMap<Labels, usize, FixedState> = HashMap::default();
        for members in members {
            let mut of_value: HashMap<u64, usize, FixedState> = HashMap::default();
            let base = members.first().map_or_else(Labels::none, |first| projection.of(&first.labels));
            for column in members {
                self.charge(grid.count)?;
                let steps = column.values.iter().enumerate().filter(|(_, value)| is_present(**value));
                for (step, value) in steps {
                    let place = match of_value.entry(value.to_bits()) {
                        Entry::Occupied(known) => *known.get(),
                        Entry::Vacant(unknown) => {
                            let labels = base.with([(label, number::text(*value).as_str())]);
                            *unknown.insert(match of_labels.entry(labels) {
                                Entry::Occupied(known) => *known.get(),
                                Entry::Vacant(unknown) => {
                                    let values = self.blank(grid.count)?;
                                    result.push(Column { labels: unknown.key().clone(), values });
                                    *unknown.insert(result.len() - 1)
                                }
                            })
                        }
                    };
                    if let Some(slot) = result.get_mut(place).and_then(|column| column.values.get_mut(step)) {
                        *slot = if is_present(*slot) { *slot + 1.0 } else { 1.0 };
                    }
                }
            }
        }
        Ok(result)
    }
}

impl Gathered {
    fn add(&mut self, aggregator: Aggregator, values: &[f64]) {
        let Self { values: results, counts, means } = self;
        let steps = results.iter_mut().zip(counts.iter_mut()).zip(values);
        let steps = steps.filter(|(_, value)| is_present(**value));
        match aggregator {
            Aggregator::Sum => {
                for ((result, _), value) in steps {
                    *result = if is_present(*result) { *result + value } else { *value };
                }
            }
            Aggregator::Average => {
                for ((mean, count), value) in steps {
                    *count += 1.0;
                    *mean = if is_present(*mean) { next_mean(*mean, *value, *count) } else { *value };
                }
            }
            Aggregator::Min => {
                for ((result, _), value) in steps {
                    if !is_present(*result) || *value < *result || result.is_nan() {
                        *result = *value;
                    }
                }
            }
            Aggregator::Max => {
                for ((result, _), value) in steps {
                    if !is_present(*result) || *value > *result || result.is_nan() {
                        *result = *value;
                    }
                }
            }
            Aggregator::StandardDeviation | Aggregator::Variance => {
                for (((squares, count), value), mean) in
                    results.iter_mut().zip(counts.iter_mut()).zip(values).zip(means.iter_mut())
                {
                    if !is_present(*value) {
                        continue;
                    }
                    *count += 1.0;
                    if !is_present(*squares) {
                        *squares = 0.0;
                        *mean = *value;
                        continue;
                    }
                    let distance = value - *mean;
                    *mean += distance / *count;
                    *squares += distance * (value - *mean);
                }
            }
            // These need no values, or have loops of their own.
            _ => {
                for ((result, count), _) in steps {
                    *count += 1.0;
                    *result = 1.0;
                }
            }
        }
    }

    fn finish(&mut self, aggregator: Aggregator) {
        for (result, count) in self.values.iter_mut().zip(&self.counts) {
            if is_present(*result) {
                *result = match aggregator {
                    Aggregator::Count => *count,
                    Aggregator::Variance => *result / count,
                    Aggregator::StandardDeviation => (*result / count).sqrt(),
                    _ => *result,
                };
            }
        }
    }
}

/// The mean with one more value, without a sum that could overflow.
fn next_mean(mean: f64, value: f64, count: f64) -> f64 {
    if mean.is_infinite() {
        let same = value.is_infinite() && (mean > 0.0) == (value > 0.0);
        if same || value.is_finite() {
            return mean;
        }
    }
    mean + (value / count - mean / count)
}

/// Leaves out of a column what is not kept.
fn masked(column: &Column, kept: impl Fn(usize) -> bool) -> Column {
    let values = column.values.iter().enumerate();
    let values = values.map(|(step, value)| if kept(step) { *value } else { NOTHING }).collect();
    Column { labels: column.labels.clone(), values }
}
