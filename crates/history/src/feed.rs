//! Feeds: a connection that sends what changed of its series, tick by tick, as agents do.
//!
//! Invariants
//! - F-1: a value stands until the next one of its series, also where ticks between were refused.

use crate::head::{Kind, Number, Taken};
use crate::labels::{Labels, hash_of};
use crate::operation::Recorder;
use crate::shard::{AppendError, Appended, Bounds, Refused, Shard};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use topmast_model::sample::Series;

/// One connection's series and the samples that it sends.
pub struct Feed {
    shard: Arc<Shard>,
    frame: FrameEvents,
}

/// What a frame says, and what was said before.
pub(crate) struct FrameEvents {
    key: u64,
    /// Labels that all series of the feed get, ascending by name.
    base: Box<[(Box<str>, Box<str>)]>,
    grid: Option<u32>,
    /// By the connection's index.
    series: Vec<Option<Number>>,
    /// Number of series that are taken.
    count: u64,
    events: Vec<Event>,
    packed: Vec<u8>,
    /// The head's evictions when the numbers were last known to be good.
    evictions: u64,
    /// Values of ticks that were refused, until a tick is taken.
    deferred: HashMap<u32, f64>,
    /// Series or values were let go of while nothing was taken in.
    lost: bool,
}

/// Events of refused frames that are kept, and bytes of labels of theirs.
const DEFERRED_MAX: usize = 1 << 18;
const DEFERRED_BYTES_MAX: usize = 16 << 20;

enum Event {
    /// Ends at this byte of `packed`.
    Define(u32, usize),
    Retire(u32),
    Tick(i64),
    Value(u32, f64),
}

impl Feed {
    /// - `base`: labels that all series get; together they name the feed: a feed with the same ones goes on where
    ///   the last one ended.
    pub(crate) fn new(shard: Arc<Shard>, key: u64, base: Box<[(Box<str>, Box<str>)]>) -> Self {
        let frame = FrameEvents {
            key,
            base,
            grid: None,
            series: Vec::new(),
            count: 0,
            events: Vec::new(),
            packed: Vec::new(),
            evictions: 0,
            deferred: HashMap::new(),
            lost: false,
        };
        Self { shard, frame }
    }

    /// A new series has this index from now on.
    pub fn define(&mut self, index: u32, series: &Series) {
        let FrameEvents { packed, base, events, .. } = &mut self.frame;
        pack_with(packed, base, series);
        events.push(Event::Define(index, packed.len()));
    }

    /// The series with this index ends.
    pub fn retire(&mut self, index: u32) {
        self.frame.events.push(Event::Retire(index));
    }

    /// The values that follow are of this time, in ms since the Unix epoch; series without one keep theirs.
    pub fn tick(&mut self, time: i64) {
        self.frame.events.push(Event::Tick(time));
    }

    /// The value of a series.
    pub fn value(&mut self, index: u32, value: f64) {
        self.frame.events.push(Event::Value(index, value));
    }

    /// Forgets what was said since the last commit: it was wrong.
    pub fn discard(&mut self) {
        self.frame.clear();
    }

    /// The shard that its series are in.
    pub(crate) fn shard(&self) -> &Arc<Shard> {
        &self.shard
    }

    /// Takes in what was said since the last one.
    ///
    /// # Errors
    /// [`AppendError`]; no sample was taken in then.
    pub(crate) fn commit(&mut self, bounds: &Bounds) -> Result<Appended, AppendError> {
        let result = self.shard.append_frame(&mut self.frame, bounds);
        match result {
            Err(AppendError::Full) => self.frame.defer(),
            _ => self.frame.clear(),
        }
        result
    }
}

impl FrameEvents {
    /// Empties it, and gives back what the first frame of a connection needed and no later one does.
    fn clear(&mut self) {
        let usual = 2 * self.events.len();
        self.events.clear();
        self.events.shrink_to(usual);
        self.packed = Vec::new();
    }

    /// Keeps of a frame that was refused what later ones go on from: which series there are, and their values
    /// (F-1). When that becomes too much, the feed has to begin anew.
    fn defer(&mut self) {
        let mut values = BTreeMap::new();
        for event in std::mem::take(&mut self.events) {
            match event {
                Event::Value(index, value) => drop(values.insert(index, value)),
                Event::Define(index, _) | Event::Retire(index) => {
                    values.remove(&index);
                    self.events.push(event);
                }
                Event::Tick(_) => {}
            }
        }
        self.events.extend(values.into_iter().map(|(index, value)| Event::Value(index, value)));
        if self.events.len() > DEFERRED_MAX || self.packed.len() > DEFERRED_BYTES_MAX {
            self.clear();
            self.lost = true;
        }
    }

    pub(crate) fn apply(
        &mut self,
        recorder: &mut Recorder<'_>,
        bounds: &Bounds,
    ) -> Result<Appended, AppendError> {
        let mut appended = Appended::default();
        if self.lost {
            return Err(AppendError::Forgotten);
        }
        let evictions = recorder.head.evictions();
        if self.evictions != evictions {
            if self.series.iter().flatten().any(|number| !recorder.head.is_valid(*number)) {
                return Err(AppendError::Forgotten);
            }
            self.evictions = evictions;
        }
        let grid = *self.grid.get_or_insert_with(|| recorder.reset(self.key));
        let (mut start, mut open) = (0, false);
        // Given back below: its memory serves all frames.
        let events = std::mem::take(&mut self.events);
        for event in &events {
            match event {
                Event::Define(index, end) => {
                    let packed = &self.packed[start..*end];
                    start = *end;
                    let number = self.define(recorder, packed, bounds);
                    let number = number.map_err(|refused| appended.refuse(refused)).ok();
                    self.count += u64::from(number.is_some());
                    let index = *index as usize;
                    if self.series.len() <= index {
                        self.series.resize(index + 1, None);
                    }
                    self.series[index] = number;
                }
                Event::Retire(index) => {
                    if let Some(number) = self.series.get_mut(*index as usize).and_then(Option::take) {
                        recorder.end(number);
                        self.count -= 1;
                        self.deferred.remove(index);
                    }
                }
                Event::Tick(time) => {
                    let (earliest, latest) = bounds.times;
                    open = if !(earliest..=latest).contains(time) {
                        appended.out_of_time += 1;
                        false
                    } else if recorder.tick(grid, *time) == Taken::Dropped {
                        appended.dropped += 1;
                        false
                    } else {
                        appended.taken += self.count;
                        true
                    };
                    if open {
                        // F-1; one that this tick has a value for gets that, which is pushed first.
                        let deferred = std::mem::take(&mut self.deferred);
                        self.push_deferred(recorder, deferred, &events, event);
                    }
                }
                Event::Value(index, value) => match self.series.get(*index as usize) {
                    Some(Some(number)) if open => recorder.push(*number, *value),
                    Some(Some(_)) => drop(self.deferred.insert(*index, *value)),
                    _ => {}
                },
            }
        }
        recorder.close();
        self.events = events;
        Ok(appended)
    }

    fn define(&self, recorder: &mut Recorder<'_>, packed: &[u8], bounds: &Bounds) -> Result<Number, Refused> {
        if recorder.head.find(hash_of(packed), packed).is_none() {
            bounds.admit(recorder.head, self.key)?;
        }
        recorder.define(self.key, Kind::Carried, packed).ok_or(Refused::Series)
    }

    fn push_deferred(
        &self,
        recorder: &mut Recorder<'_>,
        deferred: HashMap<u32, f64>,
        events: &[Event],
        tick: &Event,
    ) {
        if deferred.is_empty() {
            return;
        }
        let after = events.iter().position(|event| std::ptr::eq(event, tick)).map_or(0, |at| at + 1);
        let of_tick = events[after..].iter().take_while(|event| !matches!(event, Event::Tick(_)));
        let newer: HashSet<u32> = of_tick
            .filter_map(|event| if let Event::Value(index, _) = event { Some(*index) } else { None })
            .collect();
        for (index, value) in deferred {
            if let Some(Some(number)) = self.series.get(index as usize)
                && !newer.contains(&index)
            {
                recorder.push(*number, value);
            }
        }
    }
}

/// Packs a series with the labels that all of a feed get; its own come first where names are equal.
fn pack_with(packed: &mut Vec<u8>, base: &[(Box<str>, Box<str>)], series: &Series) {
    let (mut own, mut all) = (series.labels.iter().peekable(), base.iter().peekable());
    let merged = std::iter::from_fn(|| match (own.peek(), all.peek()) {
        (Some(one), Some(other)) if one.0 == other.0 => {
            all.next();
            own.next()
        }
        (Some(one), Some(other)) if one.0 > other.0 => all.next(),
        (Some(_), _) => own.next(),
        (None, _) => all.next(),
    });
    Labels::pack(packed, &series.metric, merged.map(|(name, value)| (&**name, &**value)));
}
