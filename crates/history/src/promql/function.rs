//! The functions of the language: their names, what they take, what they return.

mod table;

pub(super) use table::FUNCTIONS;

/// What an expression evaluates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Scalar,
    Text,
    Vector,
    Range,
}

impl Type {
    /// Its name for people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Text => "string",
            Self::Vector => "instant vector",
            Self::Range => "range vector",
        }
    }
}

/// One function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) parameters: &'static [Type],
    /// How many of the last parameters may be missing.
    pub(super) optional: usize,
    /// True when the last parameter may be repeated, or be missing.
    pub(super) repeats: bool,
    pub(super) returns: Type,
    pub(super) work: Work,
}

/// What a function does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work {
    /// One value of each sample.
    Math(fn(f64) -> f64),
    /// One number of each sample, taken as a time in seconds.
    Calendar(Calendar),
    /// One value of the samples of a window.
    Over(Over),
    Absent,
    Clamp,
    ClampMax,
    ClampMin,
    HistogramQuantile,
    LabelJoin,
    LabelReplace,
    /// Reads histograms of a kind that is not kept.
    NativeHistogram,
    Pi,
    Round,
    Scalar,
    Sort {
        descending: bool,
    },
    SortByLabel {
        descending: bool,
    },
    Time,
    Timestamp,
    Vector,
}

/// Which number of a date.
#[derive(Debug, Clone, Copy)]
pub(super) enum Calendar {
    Minute,
    Hour,
    DayOfWeek,
    DayOfMonth,
    DayOfYear,
    DaysInMonth,
    Month,
    Year,
}

/// What becomes of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Absent,
    Average,
    Changes,
    Count,
    Delta,
    Derivative,
    First,
    Idelta,
    Increase,
    Irate,
    Last,
    MedianDeviation,
    Max,
    Min,
    PredictLinear,
    Present,
    Quantile,
    Rate,
    Resets,
    Smoothing,
    StandardDeviation,
    Sum,
    Variance,
}

impl Function {
    /// The function of that name.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        FUNCTIONS
            .binary_search_by(|function| function.name.cmp(name))
            .ok()
            .and_then(|found| FUNCTIONS.get(found))
    }

    /// Fewest arguments.
    pub(super) fn arguments_min(&self) -> usize {
        self.parameters.len() - self.optional - usize::from(self.repeats)
    }

    /// Most arguments; none when there is no such number.
    pub(super) fn arguments_max(&self) -> Option<usize> {
        (!self.repeats).then_some(self.parameters.len())
    }

    /// True when its value depends on the time of the step even where its arguments do not.
    pub(super) fn asks_time(&self) -> bool {
        matches!(
            self.work,
            Work::Time | Work::Timestamp | Work::Calendar(_) | Work::Over(Over::PredictLinear)
        )
    }
}

/// The known name nearest to an unknown one, when it is near enough to have been meant.
pub(super) fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (unknown.len() / 3).clamp(1, 3);
    known
        .map(|name| (distance(unknown, name), name))
        .filter(|(edits, _)| *edits <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// Letters to insert, delete or replace until one name is the other.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (position, from) in left.bytes().enumerate() {
        let mut diagonal = position;
        let mut before = position + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(right.bytes()) {
            let replaced = diagonal + usize::from(from != to);
            diagonal = *cell;
            before = replaced.min(diagonal + 1).min(before + 1);
            *cell = before;
        }
        if let Some(first) = row.first_mut() {
            *first = position + 1;
        }
    }
    row.last().copied().unwrap_or(left.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_stand_in_order_and_are_found() {
        assert!(FUNCTIONS.windows(2).all(|pair| pair[0].name < pair[1].name));
        assert_eq!(Function::of("rate").unwrap().name, "rate");
        assert!(Function::of("Rate").is_none());
        for function in &FUNCTIONS {
            assert!(function.parameters.len() >= function.optional + usize::from(function.repeats));
        }
    }

    #[test]
    fn nearest_names_what_was_meant_or_nothing() {
        let names = || FUNCTIONS.iter().map(|function| function.name);
        assert_eq!(nearest("ratee", names()), Some("rate"));
        assert_eq!(nearest("histogram_quantil", names()), Some("histogram_quantile"));
        assert_eq!(nearest("frobnicate", names()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
