//! Which series there are, and which labels they have.

use super::History;
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::source::SourceError;
use std::collections::BTreeSet;
use topmast_model::sample::Series;

impl History {
    /// The series that all matchers mean and that have samples between two times; of heads and segments, each
    /// by whole windows.
    ///
    /// # Errors
    /// [`SourceError::Series`] when there are more than a query may mean.
    pub fn series(&self, matchers: &[Matcher], from: i64, until: i64) -> Result<Vec<Series>, SourceError> {
        let mut found = BTreeSet::new();
        self.each_labels(matchers, (from, until), &mut |labels| {
            found.insert(labels.clone());
        })?;
        Ok(found.iter().map(Labels::to_series).collect())
    }

    /// The names of labels of those series, the metric's among them.
    ///
    /// # Errors
    /// As [`Self::series`].
    pub fn label_names(
        &self,
        matchers: &[Matcher],
        from: i64,
        until: i64,
    ) -> Result<Vec<String>, SourceError> {
        let mut names = BTreeSet::new();
        self.each_labels(matchers, (from, until), &mut |labels| {
            for (name, value) in labels.pairs() {
                if !value.is_empty() && !names.contains(name) {
                    names.insert(name.to_owned());
                }
            }
        })?;
        Ok(names.into_iter().collect())
    }

    /// The values of a label of those series.
    ///
    /// # Errors
    /// As [`Self::series`].
    pub fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        from: i64,
        until: i64,
    ) -> Result<Vec<String>, SourceError> {
        let mut values = BTreeSet::new();
        self.each_labels(matchers, (from, until), &mut |labels| {
            let value = labels.get(name);
            if !value.is_empty() && !values.contains(value) {
                values.insert(value.to_owned());
            }
        })?;
        Ok(values.into_iter().collect())
    }

    fn each_labels(
        &self,
        matchers: &[Matcher],
        (from, until): (i64, i64),
        each: &mut dyn FnMut(&Labels),
    ) -> Result<(), SourceError> {
        let limit = self.options.query_series;
        for shard in &self.shards {
            let state = shard.lock();
            state.head.labels(matchers, &mut *each);
            for window in &state.sealing {
                window
                    .series
                    .iter()
                    .filter(|series| series.labels.accepted_by(matchers))
                    .for_each(|series| each(&series.labels));
            }
        }
        let turn = self.next_turn();
        for segment in self.segments().iter() {
            let footer = segment.footer();
            if footer.first > until || footer.last < from {
                continue;
            }
            let (entries, damages) = segment.find(matchers, turn);
            self.note_all(damages);
            if entries.len() > limit {
                return Err(SourceError::Series { limit });
            }
            for entry in &entries {
                each(&entry.labels);
            }
        }
        Ok(())
    }
}
