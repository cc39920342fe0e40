//! Where samples are kept: on this master's disk, or in a store outside, which may also get a copy.
//!
//! Everybody else asks here and knows nothing of the difference.

use crate::remote::{Archive, Carried, Remote, RemoteState, Sender};
use crate::tenant::Meter;
use std::io;
use std::sync::Arc;
use std::time::Instant;
use topmast_history::{
    self as embedded, AppendError, Appended, Batch, Budget, Cuts, KnownSeries, MaintainError, Maintained,
    Matcher, Options, Selection, SeriesSamples, Source, SourceError, Status,
};
use topmast_model::sample::Series;

/// See the module.
pub(crate) struct History {
    kept: Kept,
    remote: Option<Remote>,
    bounds: Bounds,
}

/// Who keeps what is asked for.
#[expect(clippy::large_enum_variant, reason = "a master has one")]
pub(super) enum Kept {
    Embedded(embedded::History),
    Outside(Archive),
}

/// What is taken in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(super) late_ms: i64,
    pub(super) future_ms: i64,
    /// Series of all servers, which the embedded store is bound by.
    pub(crate) series: usize,
    /// Series of one server.
    pub(crate) server_series: usize,
}

/// Why what was taken in could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Embedded(#[from] MaintainError),
    #[error("write the spool")]
    Spool(#[from] io::Error),
}

/// A connection's series on their way to all who want them, as far as their tenant's quotas reach.
pub(crate) struct Feed {
    embedded: Option<embedded::Feed>,
    remote: Option<Carried>,
    meter: Arc<Meter>,
    /// By index: whether the series was taken.
    taken: Vec<bool>,
    /// Whether the samples that come now are taken, and how many were and were not.
    is_open: bool,
    passed: u64,
    refused: u64,
}

impl History {
    pub(super) const fn new(kept: Kept, remote: Option<Remote>, bounds: Bounds) -> Self {
        Self { kept, remote, bounds }
    }

    /// A feed of series that all get these labels.
    pub(super) fn feed(&self, base: &[(&str, &str)], meter: Arc<Meter>) -> Feed {
        let embedded = self.embedded().map(|embedded| embedded.feed(base.iter().copied()));
        let remote = self.remote.as_ref().map(|remote| remote.feed(base, self.bounds.server_series));
        Feed { embedded, remote, meter, taken: Vec::new(), is_open: true, passed: 0, refused: 0 }
    }

    /// Takes in what a feed gathered.
    ///
    /// # Errors
    /// [`AppendError`] of whoever is asked; a copy that cannot be made is counted as lost.
    pub(crate) fn commit(&self, feed: &mut Feed, now: i64) -> Result<Appended, AppendError> {
        let Feed { embedded, remote, meter, passed, refused, .. } = feed;
        meter.samples(std::mem::take(passed), std::mem::take(refused), Instant::now());
        let copied = self.remote.as_ref().zip(remote.as_mut());
        let copied = copied.map(|(remote, feed)| remote.commit(feed, self.times(now), now));
        let kept = self.embedded().zip(embedded.as_mut()).map(|(embedded, feed)| embedded.commit(feed, now));
        kept.or(copied).unwrap_or_else(|| Ok(Appended::default()))
    }

    /// Takes in a batch.
    ///
    /// - `most`: series of batches that the store on this master's disk may hold; one outside has bounds of its own.
    ///
    /// # Errors
    /// As [`Self::commit`]; of a batch some may be taken in then, so it may be sent again.
    pub(crate) fn append(&self, batch: &Batch, most: usize, now: i64) -> Result<Appended, AppendError> {
        let kept = self.embedded().map(|embedded| embedded.append_at_most(batch, most, now)).transpose()?;
        let Some(remote) = &self.remote else { return Ok(kept.unwrap_or_default()) };
        let (copied, missed) = remote.append(batch, self.times(now), now);
        match kept {
            Some(kept) => {
                remote.lose(missed);
                Ok(kept)
            }
            None if missed > 0 => Err(AppendError::Full),
            None => Ok(copied),
        }
    }

    const fn times(&self, now: i64) -> (i64, i64) {
        let Bounds { late_ms, future_ms, .. } = self.bounds;
        (now.saturating_sub(late_ms), now.saturating_add(future_ms))
    }

    /// Makes what was taken in durable.
    pub(super) fn sync(&self, now: i64) -> Result<(), WriteError> {
        // One that cannot be written does not hold up the other.
        let spooled = self.remote.as_ref().map_or(Ok(()), |remote| remote.sync(now));
        self.embedded().map_or(Ok(()), embedded::History::sync)?;
        Ok(spooled?)
    }

    /// Makes chunks of what was closed.
    pub(super) fn make_chunks(&self) {
        if let Some(embedded) = self.embedded() {
            embedded.make_chunks();
        }
    }

    pub(super) fn maintain(&self, now: i64) -> Result<Maintained, WriteError> {
        Ok(self.embedded().map(|embedded| embedded.maintain(now)).transpose()?.unwrap_or_default())
    }

    /// Says what is too old from now on; a store outside knows retention of its own.
    pub(super) fn cut(&self, cuts: Cuts) {
        if let Some(embedded) = self.embedded() {
            embedded.cut(cuts);
        }
    }

    /// The store on this master's disk.
    pub(crate) const fn embedded(&self) -> Option<&embedded::History> {
        match &self.kept {
            Kept::Embedded(embedded) => Some(embedded),
            Kept::Outside(_) => None,
        }
    }

    /// What is taken in at most.
    pub(crate) const fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Series by their senders' words; a copy for outside needs their labels.
    pub(crate) fn known_series(&self) -> Option<KnownSeries<'_>> {
        self.embedded().filter(|_| self.remote.is_none()).map(embedded::History::known_series)
    }

    /// Who sends to a store outside.
    pub(crate) fn sender(&self) -> Option<Arc<Sender>> {
        self.remote.as_ref().map(|remote| Arc::clone(&remote.sender))
    }

    /// The series that all matchers mean and that may have samples between two times, in ms.
    pub(crate) fn series(
        &self,
        matchers: &[Matcher],
        (from, until): (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<Series>, SourceError> {
        match &self.kept {
            Kept::Embedded(embedded) => embedded.series(matchers, from, until),
            Kept::Outside(archive) => archive.series(matchers, (from, until), budget),
        }
    }

    /// The names of the labels of those series, ascending.
    pub(crate) fn label_names(
        &self,
        matchers: &[Matcher],
        (from, until): (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        match &self.kept {
            Kept::Embedded(embedded) => embedded.label_names(matchers, from, until),
            Kept::Outside(archive) => archive.label_names(matchers, (from, until), budget),
        }
    }

    /// The values of a label of those series, ascending.
    pub(crate) fn label_values(
        &self,
        name: &str,
        matchers: &[Matcher],
        (from, until): (i64, i64),
        budget: &Budget,
    ) -> Result<Vec<String>, SourceError> {
        match &self.kept {
            Kept::Embedded(embedded) => embedded.label_values(name, matchers, from, until),
            Kept::Outside(archive) => archive.label_values(name, matchers, (from, until), budget),
        }
    }

    /// The oldest time of the samples, of the minutes and of the hours, in ms since the Unix epoch. A store
    /// outside does not tell, so its samples begin with time itself.
    pub(crate) fn begins(&self) -> [Option<i64>; 3] {
        self.embedded().map_or([Some(i64::MIN), None, None], embedded::History::begins)
    }

    /// What was found damaged since the start.
    pub(crate) fn damages(&self) -> Vec<String> {
        self.embedded().map(embedded::History::damages).unwrap_or_default()
    }

    /// What the embedded store holds, and by what it is bound.
    pub(crate) fn status(&self) -> Option<(Status, &Options)> {
        self.embedded().map(|embedded| (embedded.status(), embedded.options()))
    }

    /// Where queries go, when that is outside.
    pub(crate) fn query_url(&self) -> Option<&str> {
        match &self.kept {
            Kept::Embedded(_) => None,
            Kept::Outside(archive) => Some(archive.name()),
        }
    }

    /// How the way to a store outside is.
    pub(crate) fn remote(&self) -> Option<RemoteState> {
        self.remote.as_ref().map(Remote::state)
    }
}

impl Source for History {
    fn select(&self, selection: &Selection<'_>, budget: &Budget) -> Result<Vec<SeriesSamples>, SourceError> {
        match &self.kept {
            Kept::Embedded(embedded) => embedded.select(selection, budget),
            Kept::Outside(archive) => archive.select(selection, budget),
        }
    }
}

impl Feed {
    /// A new series has this index from now on.
    pub(super) fn define(&mut self, index: u32, series: &Series) {
        self.forget(index);
        if !self.meter.begin_series() {
            return;
        }
        let position = index as usize;
        if self.taken.len() <= position {
            self.taken.resize(position + 1, false);
        }
        self.taken[position] = true;
        if let Some(feed) = &mut self.embedded {
            feed.define(index, series);
        }
        if let Some(feed) = &mut self.remote {
            feed.define(index, series);
        }
    }

    /// The series with this index ends.
    pub(super) fn retire(&mut self, index: u32) {
        if !self.forget(index) {
            return;
        }
        if let Some(feed) = &mut self.embedded {
            feed.retire(index);
        }
        if let Some(feed) = &mut self.remote {
            feed.retire(index);
        }
    }

    /// The values that follow are of this time, in ms since the Unix epoch.
    pub(super) fn tick(&mut self, time: i64) {
        self.is_open = self.meter.is_open(Instant::now());
        if let Some(feed) = &mut self.embedded {
            feed.tick(time);
        }
        if let Some(feed) = &mut self.remote {
            feed.tick(time);
        }
    }

    /// The value of a series.
    pub(super) fn value(&mut self, index: u32, value: f64) {
        if !self.taken.get(index as usize).copied().unwrap_or(false) {
            return;
        }
        if !self.is_open {
            self.refused += 1;
            return;
        }
        self.passed += 1;
        if let Some(feed) = &mut self.embedded {
            feed.value(index, value);
        }
        if let Some(feed) = &mut self.remote {
            feed.value(index, value);
        }
    }

    /// Gives a series' place among those of its tenant back; false when it had none.
    fn forget(&mut self, index: u32) -> bool {
        let taken = self.taken.get_mut(index as usize).is_some_and(std::mem::take);
        if taken {
            self.meter.end_series(1);
        }
        taken
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let taken = self.taken.iter().filter(|taken| **taken).count();
        self.meter.end_series(taken as u64);
    }
}
