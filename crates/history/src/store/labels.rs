//! Which series there are, and which labels they have.
//!
//! Names and values of labels come from postings alone, so they cost what there is of them, and not the series
//! that have them.

use super::History;
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::segment::{Damage, Segment};
use crate::shard::State;
use crate::source::SourceError;
use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;
use topmast_model::sample::Series;

impl History {
    /// The series that all matchers mean and that have samples between two times; of heads and segments, each
    /// by whole windows.
    ///
    /// # Errors
    /// [`SourceError::Series`] when there are more than a query may mean.
    pub fn series(&self, matchers: &[Matcher], from: i64, until: i64) -> Result<Vec<Series>, SourceError> {
        let mut found = BTreeSet::new();
        for shard in &self.shards {
            let state = shard.lock();
            let mut keep = |labels: &Labels| {
                found.insert(labels.clone());
            };
            state.head.labels(matchers, &mut keep);
            sealing(&state, matchers, keep);
        }
        let turn = self.next_turn();
        self.each_segment((from, until), |segment| {
            let (entries, damages) = segment.find(matchers, turn);
            self.note_all(damages);
            self.bounded(entries.len())?;
            found.extend(entries.into_iter().map(|entry| entry.labels));
            self.bounded(found.len())
        })?;
        Ok(found.iter().map(Labels::to_series).collect())
    }

    /// The names of labels of those series, the metric's among them.
    ///
    /// # Errors
    /// [`SourceError::Series`] when there are more names than a query may mean series.
    pub fn label_names(
        &self,
        matchers: &[Matcher],
        from: i64,
        until: i64,
    ) -> Result<Vec<String>, SourceError> {
        let mut names = BTreeSet::new();
        for shard in &self.shards {
            let state = shard.lock();
            state.head.label_names(matchers, |name| put(&mut names, name));
            sealing(&state, matchers, |labels| {
                let filled = labels.pairs().filter(|(_, value)| !value.is_empty());
                filled.for_each(|(name, _)| put(&mut names, name));
            });
        }
        let turn = self.next_turn();
        self.each_segment((from, until), |segment| {
            self.noted(segment.label_names(matchers, turn, |name| put(&mut names, name)));
            self.bounded(names.len())
        })?;
        Ok(names.into_iter().collect())
    }

    /// The values of a label of those series.
    ///
    /// # Errors
    /// [`SourceError::Series`] when there are more values than a query may mean series.
    pub fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        from: i64,
        until: i64,
    ) -> Result<Vec<String>, SourceError> {
        let mut values = BTreeSet::new();
        for shard in &self.shards {
            let state = shard.lock();
            state.head.label_values(name, matchers, |value| put(&mut values, value));
            sealing(&state, matchers, |labels| put(&mut values, labels.get(name)));
        }
        let turn = self.next_turn();
        self.each_segment((from, until), |segment| {
            self.noted(segment.label_values(name, matchers, turn, |value| put(&mut values, value)));
            self.bounded(values.len())
        })?;
        Ok(values.into_iter().collect())
    }

    /// Looks at each segment with samples between two times.
    fn each_segment(
        &self,
        (from, until): (i64, i64),
        mut each: impl FnMut(&Segment) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let loaded = AtomicUsize::new(0);
        for segment in self.segments().iter() {
            if segment.footer().first <= until && segment.footer().last >= from {
                self.visit(segment, &loaded, || each(segment))?;
            }
        }
        Ok(())
    }

    fn noted(&self, result: Result<(), Damage>) {
        if let Err(damage) = result {
            self.note(damage);
        }
    }
}

/// Calls `each` with the labels of series in windows that are being sealed.
fn sealing(state: &State, matchers: &[Matcher], mut each: impl FnMut(&Labels)) {
    let series = state.sealing.iter().flat_map(|window| window.series.iter());
    series.filter(|series| series.labels.accepted_by(matchers)).for_each(|series| each(&series.labels));
}

fn put(all: &mut BTreeSet<String>, text: &str) {
    if !text.is_empty() && !all.contains(text) {
        all.insert(text.to_owned());
    }
}
