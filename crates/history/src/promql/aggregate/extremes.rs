//! `topk` and `bottomk`: the series of each group with the largest or smallest values, step by step.

use super::masked;
use crate::promql::column::{Column, NOTHING, is_present};
use crate::promql::error::EvalError;
use crate::promql::evaluator::{Evaluator, Scalar};
use crate::promql::grid::Grid;
use crate::promql::syntax::Aggregator;

impl Evaluator<'_> {
    /// At one step the answer stands in order, the best first.
    pub(super) fn extremes(
        &self,
        aggregator: Aggregator,
        wanted: &Scalar,
        members: &[Vec<&Column>],
        grid: Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let counts = wanted_counts(aggregator, wanted, grid)?;
        let mut result = Vec::new();
        for members in members {
            let mut kept: Vec<Vec<bool>> = Vec::with_capacity(members.len());
            for _ in members {
                self.charge(grid.count)?;
                kept.push(vec![false; grid.count]);
            }
            let mut order = Vec::new();
            for (step, count) in counts.iter().enumerate() {
                self.charge(members.len())?;
                let largest = aggregator == Aggregator::Top;
                order = Best { members, step, largest, heap: Vec::new() }.places(*count);
                for place in &order {
                    if let Some(kept) = kept.get_mut(*place).and_then(|kept| kept.get_mut(step)) {
                        *kept = true;
                    }
                }
            }
            if grid.count > 1 {
                order = (0..members.len()).collect();
            }
            for place in order {
                if let (Some(column), Some(kept)) = (members.get(place), kept.get(place)) {
                    let column = masked(column, |step| kept.get(step).copied().unwrap_or_default());
                    if !column.is_empty() {
                        result.push(column);
                    }
                }
            }
        }
        Ok(result)
    }
}

/// How many series are wanted at each step; none where it is below one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded right before")]
fn wanted_counts(aggregator: Aggregator, wanted: &Scalar, grid: Grid) -> Result<Vec<usize>, EvalError> {
    let count = |step| {
        let wanted = wanted.at(step);
        if wanted.is_nan() || wanted.abs() >= i64::MAX as f64 {
            let reason = format!("has {wanted} where a number of series should stand");
            return Err(EvalError::Argument { function: aggregator.name(), reason });
        }
        Ok(wanted.clamp(0.0, f64::from(u32::MAX)) as usize)
    };
    (0..grid.count).map(count).collect()
}

/// The best members so far: a heap with the worst of them in front.
///
/// It is built the way Prometheus builds it, since that decides which of equal members stay.
struct Best<'a> {
    members: &'a [&'a Column],
    step: usize,
    largest: bool,
    heap: Vec<usize>,
}

impl Best<'_> {
    /// Places of the best members, the best first; what is no number is worse than any number.
    fn places(mut self, count: usize) -> Vec<usize> {
        for place in 0..self.members.len() {
            if !is_present(self.value(place)) {
                continue;
            }
            if self.heap.len() < count {
                self.heap.push(place);
                self.rise();
            } else if let Some(worst) = self.heap.first().copied()
                && self.is_better(place, worst)
                && let Some(front) = self.heap.first_mut()
            {
                *front = place;
                self.sink();
            }
        }
        let mut places = std::mem::take(&mut self.heap);
        places.sort_by(|a, b| self.is_better(*b, *a).cmp(&self.is_better(*a, *b)));
        places
    }

    fn value(&self, place: usize) -> f64 {
        let value = self.members.get(place).and_then(|column| column.values.get(self.step));
        value.copied().unwrap_or(NOTHING)
    }

    fn is_better(&self, place: usize, other: usize) -> bool {
        let (value, other) = (self.value(place), self.value(other));
        let better = if self.largest { value > other } else { value < other };
        better || (other.is_nan() && !value.is_nan())
    }

    /// True when the member at one node of the heap belongs before that of another. As in Prometheus, two
    /// that are no numbers each belong before the other.
    fn is_before(&self, node: usize, other: usize) -> bool {
        let (Some(&place), Some(&other)) = (self.heap.get(node), self.heap.get(other)) else { return false };
        self.value(place).is_nan() || self.is_better(other, place)
    }

    /// Moves the last node up to where it belongs.
    fn rise(&mut self) {
        let mut node = self.heap.len().saturating_sub(1);
        while node > 0 {
            let above = (node - 1) / 2;
            if !self.is_before(node, above) {
                break;
            }
            self.heap.swap(node, above);
            node = above;
        }
    }

    /// Moves the first node down to where it belongs.
    fn sink(&mut self) {
        let mut node = 0;
        loop {
            let (left, right) = (2 * node + 1, 2 * node + 2);
            if left >= self.heap.len() {
                break;
            }
            let next = if right < self.heap.len() && self.is_before(right, left) { right } else { left };
            if !self.is_before(next, node) {
                break;
            }
            self.heap.swap(node, next);
            node = next;
        }
    }
}
