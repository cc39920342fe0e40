//! A feed on its way to the store outside: every series at every tick, changed or not, as the store wants it.
//!
//! Invariants
//! - C-1: a value stands until the next one of its series, also where ticks between were not taken.
//! - C-2: the end of a series is told at the tick after its last one, by the marker that Prometheus has for it.
//! - C-3: a tick that a server sends again after it connected again goes out once. A clock that is set back by
//!   minutes thereby says nothing until it has caught up.

use super::outbox::{LANES, Outbox, Putting};
use super::request::WrittenLabels;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use topmast_history::promql::STALE_BITS;
use topmast_history::{AppendError, Appended, METRIC_NAME};
use topmast_model::sample::Series;

/// Ticks older than the newest one by less than this were sent before; older ones come of a clock that was
/// set back.
const AGAIN_MS: i64 = 10 * 60_000;

/// See the module.
pub(crate) struct Carried {
    /// Labels that all series get.
    base: Box<[(Box<str>, Box<str>)]>,
    lane: usize,
    newest: Arc<AtomicI64>,
    series_max: usize,
    /// By the connection's index.
    series: Vec<Option<One>>,
    count: usize,
    /// Since the last tick.
    ended: Vec<WrittenLabels>,
    events: Vec<Event>,
}

struct One {
    labels: WrittenLabels,
    value: Option<f64>,
}

enum Event {
    Define(u32, WrittenLabels),
    Retire(u32),
    Tick(i64),
    Value(u32, f64),
}

impl Carried {
    /// - `base`: labels that all series get, which name the feed.
    /// - `series_max`: series that it may have.
    pub(super) fn new(outbox: &Outbox, base: &[(&str, &str)], series_max: usize) -> Self {
        let mut hasher = DefaultHasher::new();
        base.hash(&mut hasher);
        let key = hasher.finish();
        Self {
            base: base.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            lane: lane_of(key),
            newest: outbox.newest(key),
            series_max,
            series: Vec::new(),
            count: 0,
            ended: Vec::new(),
            events: Vec::new(),
        }
    }

    /// A new series has this index from now on.
    pub(crate) fn define(&mut self, index: u32, series: &Series) {
        // Its own labels are stronger than the feed's.
        let mut labels: BTreeMap<&str, &str> =
            self.base.iter().map(|(name, value)| (&**name, &**value)).collect();
        labels.extend(series.labels.iter().map(|(name, value)| (&**name, &**value)));
        labels.insert(METRIC_NAME, &series.metric);
        let mut written = WrittenLabels::default();
        written.write(&mut labels.into_iter().collect::<Vec<_>>());
        self.events.push(Event::Define(index, written));
    }

    /// The series with this index ends.
    pub(crate) fn retire(&mut self, index: u32) {
        self.events.push(Event::Retire(index));
    }

    /// The values that follow are of this time, in ms since the Unix epoch; series without one keep theirs.
    pub(crate) fn tick(&mut self, time: i64) {
        self.events.push(Event::Tick(time));
    }

    /// The value of a series.
    pub(crate) fn value(&mut self, index: u32, value: f64) {
        self.events.push(Event::Value(index, value));
    }

    /// Puts what was said since the last one.
    ///
    /// - `times`: first and last time that is taken.
    ///
    /// # Errors
    /// [`AppendError::Full`]; values stand, but nothing of these ticks is put, which is counted as lost.
    pub(super) fn commit(
        &mut self,
        outbox: &Outbox,
        times: (i64, i64),
        now: i64,
    ) -> Result<Appended, AppendError> {
        let mut appended = Appended::default();
        let put = outbox.put(self.lane, now, |putting| self.apply(Some(putting), times, &mut appended));
        if put.is_err() {
            let mut missed = Appended::default();
            self.apply(None, times, &mut missed);
            outbox.lose(missed.taken);
        }
        put.map(|()| appended)
    }

    fn apply(&mut self, mut putting: Option<&mut Putting<'_>>, times: (i64, i64), appended: &mut Appended) {
        let mut open = None;
        for event in std::mem::take(&mut self.events) {
            match event {
                Event::Define(index, labels) => {
                    let index = index as usize;
                    if self.series.len() <= index {
                        self.series.resize_with(index + 1, || None);
                    }
                    let room = self.count < self.series_max;
                    appended.refused_series += u64::from(!room);
                    self.count += usize::from(room && self.series[index].is_none());
                    self.series[index] = room.then_some(One { labels, value: None });
                }
                Event::Retire(index) => {
                    if let Some(one) = self.series.get_mut(index as usize).and_then(Option::take) {
                        self.count -= 1;
                        self.ended.extend(one.value.map(|_| one.labels));
                    }
                }
                Event::Tick(time) => {
                    self.close(open.take(), putting.as_deref_mut(), appended);
                    let (earliest, latest) = times;
                    let newest = self.newest.load(Ordering::Relaxed);
                    if !(earliest..=latest).contains(&time) {
                        appended.out_of_time += 1;
                    } else if time <= newest && time > newest.saturating_sub(AGAIN_MS) {
                        appended.dropped += 1;
                    } else {
                        open = Some(time);
                    }
                }
                Event::Value(index, value) => {
                    if let Some(Some(one)) = self.series.get_mut(index as usize) {
                        one.value = Some(value);
                    }
                }
            }
        }
        self.close(open, putting, appended);
    }

    /// Tells a tick with all the values that stand at it.
    fn close(&mut self, tick: Option<i64>, putting: Option<&mut Putting<'_>>, appended: &mut Appended) {
        let Some(time) = tick else { return };
        let values = self.series.iter().flatten().filter_map(|one| Some((&one.labels, one.value?)));
        let Some(putting) = putting else {
            appended.taken += values.count() as u64;
            return;
        };
        self.newest.store(time, Ordering::Relaxed);
        for labels in self.ended.drain(..) {
            putting.series(&labels, &[(time, f64::from_bits(STALE_BITS))]);
        }
        for (labels, value) in values {
            putting.series(labels, &[(time, value)]);
            appended.taken += 1;
        }
    }
}

/// The lane of a hash.
pub(super) const fn lane_of(hash: u64) -> usize {
    // The upper bits: others use the lower ones.
    ((hash >> 40) % LANES as u64) as usize
}
