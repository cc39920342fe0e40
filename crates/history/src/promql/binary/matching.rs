//! Series of both sides that belong together: one with one, or many with one.
//!
//! Pairs are found once for all steps. Where a group has several series on a side that may have one only,
//! they must never have values at the same step: series that follow each other in time are fine.

use super::super::column::{Column, is_present, merged, printed};
use super::super::error::EvalError;
use super::super::evaluator::Evaluator;
use super::super::grid::Grid;
use super::super::labels::{Groups, Labels, Projection};
use super::super::syntax::{Binary, Many, Matching};
use super::{drops_name, joined};

impl Evaluator<'_> {
    pub(super) fn matched(
        &self,
        node: &Binary,
        matching: &Matching,
        left: &[Column],
        right: &[Column],
        grid: Grid,
    ) -> Result<Vec<Column>, EvalError> {
        let swapped = matching.many == Many::Right;
        let (many, one) = if swapped { (right, left) } else { (left, right) };
        let mut groups = Groups::new(&matching.projection);
        let mut ones: Vec<Vec<&Column>> = Vec::new();
        for column in one {
            let group = groups.insert(&column.labels);
            if group == ones.len() {
                ones.push(Vec::new());
            }
            if let Some(members) = ones.get_mut(group) {
                members.push(column);
            }
        }
        self.refuse_several(&ones, many, matching, grid)?;
        // Per group, at which steps a series of the many side was used already: only in one-to-one.
        let mut used: Vec<Option<Vec<bool>>> = vec![None; ones.len()];
        let shared = shared_groups(many, &groups, ones.len());
        let mut result = Vec::with_capacity(many.len());
        for column in many {
            let Some(group) = groups.find(&column.labels) else { continue };
            for partner in ones.get(group).into_iter().flatten() {
                let mut values = self.blank(grid.count)?;
                for (slot, (many, one)) in values.iter_mut().zip(column.values.iter().zip(&partner.values)) {
                    if is_present(*many) && is_present(*one) {
                        let (left, right) = if swapped { (*one, *many) } else { (*many, *one) };
                        *slot = joined(node, left, right, left);
                    }
                }
                let labels = labels_of(node, matching, &column.labels, &partner.labels);
                let joined = Column { labels, values };
                if joined.is_empty() {
                    continue;
                }
                if matching.many == Many::Neither && shared.get(group).copied().unwrap_or_default() {
                    let steps =
                        used.get_mut(group).map(|used| used.get_or_insert_with(|| vec![false; grid.count]));
                    for (used, value) in steps.into_iter().flatten().zip(&joined.values) {
                        if std::mem::replace(used, *used || is_present(*value)) && is_present(*value) {
                            return Err(several("left", matching, &column.labels));
                        }
                    }
                }
                result.push(joined);
            }
        }
        merged(result)
    }

    /// Refuses a group that has several series on the side of one at a step at which it is asked.
    fn refuse_several(
        &self,
        ones: &[Vec<&Column>],
        many: &[Column],
        matching: &Matching,
        grid: Grid,
    ) -> Result<(), EvalError> {
        let mut asked: Option<Vec<bool>> = None;
        for members in ones.iter().filter(|members| members.len() > 1) {
            let asked = asked.get_or_insert_with(|| {
                let any = |step: usize| {
                    many.iter().any(|column| column.values.get(step).copied().is_some_and(is_present))
                };
                (0..grid.count).map(any).collect()
            });
            let mut seen = vec![false; grid.count];
            for column in members {
                self.charge(grid.count)?;
                for (step, value) in column.values.iter().enumerate().filter(|(_, value)| is_present(**value))
                {
                    let _ = value;
                    let Some(seen) = seen.get_mut(step) else { continue };
                    if *seen && asked.get(step).copied().unwrap_or_default() {
                        let side = if matching.many == Many::Right { "left" } else { "right" };
                        return Err(several(side, matching, &column.labels));
                    }
                    *seen = true;
                }
            }
        }
        Ok(())
    }
}

/// Which groups several series of the many side belong to.
fn shared_groups(many: &[Column], groups: &Groups<'_>, count: usize) -> Vec<bool> {
    let mut members = vec![0_usize; count];
    for column in many {
        if let Some(count) = groups.find(&column.labels).and_then(|group| members.get_mut(group)) {
            *count += 1;
        }
    }
    members.into_iter().map(|count| count > 1).collect()
}

fn several(side: &'static str, matching: &Matching, labels: &Labels) -> EvalError {
    EvalError::ManyMatches { side, group: printed(&matching.projection.of(labels)) }
}

/// The labels of a pair: those of the many side, as far as the operator and the matching leave them.
fn labels_of(node: &Binary, matching: &Matching, many: &Labels, one: &Labels) -> Labels {
    let mut labels = if drops_name(node) { many.without_name() } else { many.clone() };
    if matching.many == Many::Neither {
        match &matching.projection {
            Projection::By(_) => labels = matching.projection.of(&labels),
            Projection::Without(names) if !names.is_empty() => {
                labels = labels.with(names.iter().map(|name| (&**name, "")));
            }
            Projection::Without(_) => {}
        }
    }
    if !matching.include.is_empty() {
        labels = labels.with(matching.include.iter().map(|name| (&**name, one.get(name))));
    }
    labels
}
