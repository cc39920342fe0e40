//! `PromQL`: no text may panic, and what is understood can be asked.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_history::promql::{self, Options};
use topmast_history::{Budget, Labels, Selection, SeriesSamples, Source, SourceError};

/// Knows two series of each selector.
struct Two;

impl Source for Two {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        let series = |value: &str| SeriesSamples {
            series: Labels::packed("m", [("a", value), ("le", "1")]),
            times: [selection.until - 1_000, selection.until].into(),
            values: vec![1.0, 2.5],
        };
        budget.charge(4)?;
        Ok(vec![series("x"), series("y")])
    }
}

fuzz_target!(|text: &str| {
    if let Ok(query) = promql::parse(text) {
        let budget = Budget::new(1_000_000, std::sync::Arc::default());
        let _ = query.instant(&Two, 1_000_000, &Options::default(), &budget);
        let _ = query.range(&Two, 0, 100_000, 10_000, &Options::default(), &budget);
    }
});
