//! One series of a result: its labels, and a value for each step or none.

use super::error::EvalError;
use super::labels::Labels;
use foldhash::fast::FixedState;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

/// The bits of the value that ends a series: nothing is known of it from there on, until its next sample.
///
/// The same as in Prometheus. Arithmetic never yields it, so here it also stands where a step has no value.
pub const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// No value.
pub(super) const NOTHING: f64 = f64::from_bits(STALE_BITS);

/// True unless it stands for no value.
pub(super) fn is_present(value: f64) -> bool {
    value.to_bits() != STALE_BITS
}

/// One series of a result.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) labels: Labels,
    /// One for each step.
    pub(super) values: Vec<f64>,
}

impl Column {
    pub(super) fn is_empty(&self) -> bool {
        !self.values.iter().copied().any(is_present)
    }

    /// Gives each value that there is for another.
    pub(super) fn map(mut self, work: impl Fn(f64) -> f64) -> Self {
        for value in &mut self.values {
            if is_present(*value) {
                *value = work(*value);
            }
        }
        self
    }

    /// The same without the metric's name.
    pub(super) fn without_name(mut self) -> Self {
        self.labels = self.labels.without_name();
        self
    }
}

/// Joins columns with the same labels into one, as long as no step has two values.
pub(super) fn merged(columns: Vec<Column>) -> Result<Vec<Column>, EvalError> {
    let mut result: Vec<Column> = Vec::with_capacity(columns.len());
    let mut known: HashMap<Labels, usize, FixedState> = HashMap::default();
    for column in columns {
        match known.entry(column.labels.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(result.len());
                result.push(column);
            }
            Entry::Occupied(entry) => {
                if let Some(target) = result.get_mut(*entry.get()) {
                    for (kept, value) in target.values.iter_mut().zip(column.values) {
                        if !is_present(value) {
                            continue;
                        }
                        if is_present(*kept) {
                            return Err(same_labels(entry.key()));
                        }
                        *kept = value;
                    }
                }
            }
        }
    }
    Ok(result)
}

/// Refuses two columns with the same labels, even when no step has two values: what a function of a
/// range answers belongs to one series.
///
/// Series of one metric are distinct, and stay it when the name is taken away.
pub(super) fn distinct(columns: Vec<Column>) -> Result<Vec<Column>, EvalError> {
    let origin = columns.first().map_or("", |column| column.labels.origin());
    if !origin.is_empty() && columns.iter().all(|column| column.labels.origin() == origin) {
        return Ok(columns);
    }
    let mut known: HashSet<&Labels, FixedState> = HashSet::default();
    for column in &columns {
        if !known.insert(&column.labels) {
            return Err(same_labels(&column.labels));
        }
    }
    Ok(columns)
}

fn same_labels(labels: &Labels) -> EvalError {
    EvalError::SameLabels { labels: printed(labels) }
}

/// Labels for people: `{}` when there are none.
pub(super) fn printed(labels: &Labels) -> String {
    let text = labels.clone().into_packed().to_string();
    if text.is_empty() { "{}".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(value: &str, values: &[f64]) -> Column {
        let labels = Labels::none().with([("a", value)]);
        Column { labels, values: values.to_vec() }
    }

    #[test]
    fn merged_fills_gaps_and_refuses_two_values_at_one_step() {
        let joined = merged(vec![column("1", &[1.0, NOTHING]), column("1", &[NOTHING, 2.0])]).unwrap();
        assert_eq!(joined[0].values, [1.0, 2.0]);
        let error = merged(vec![column("1", &[1.0]), column("1", &[2.0])]).unwrap_err();
        assert!(error.to_string().contains("{a=\"1\"}"), "{error}");
        assert!(distinct(vec![column("1", &[1.0, NOTHING]), column("1", &[NOTHING, 2.0])]).is_err());
    }

    #[test]
    fn arithmetic_never_yields_nothing() {
        assert!(is_present(NOTHING + 1.0) && is_present(f64::NAN) && is_present(NOTHING * 0.0));
        assert!(!is_present(NOTHING));
    }
}
