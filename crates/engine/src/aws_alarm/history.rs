//! What happened to alarms, the newest last; it outlives them.

use super::{HISTORY_EACH_MAX, HISTORY_KEPT, HISTORY_MAX};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use topmast_model::aws_alarm::{ActionOutcome, AwsAlarm, StateSaid};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryWhat {
    /// It was put for the first time.
    Created(Box<AwsAlarm>),
    /// It was put again, or its actions were switched.
    Updated(Box<AwsAlarm>),
    /// It was deleted.
    Deleted(Box<AwsAlarm>),
    /// It came into another state.
    State {
        /// The state before.
        from: StateSaid,
        /// The state since.
        to: StateSaid,
    },
    /// An action was done, or could not be.
    Acted {
        /// What became of it.
        outcome: ActionOutcome,
        /// The alarm as it was.
        what: Box<AwsAlarm>,
        /// The state before.
        from: AlarmState,
        /// The state that the action belongs to.
        to: StateSaid,
        /// Since when it was in that.
        state_at: UnixMillis,
    },
}

/// An item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryItem {
    /// Counted from 1 in the tenant: what happened later has a higher one.
    pub number: u64,
    /// When.
    pub at: UnixMillis,
    /// `MetricAlarm` or `CompositeAlarm`.
    pub kind: String,
    /// What.
    pub what: HistoryWhat,
}

/// The items of a tenant, by alarm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AlarmHistory {
    last: u64,
    len: usize,
    items: BTreeMap<String, VecDeque<HistoryItem>>,
}

impl AlarmHistory {
    pub(super) const fn new() -> Self {
        Self { last: 0, len: 0, items: BTreeMap::new() }
    }

    /// The items of one alarm or of all, in no order.
    pub fn items(&self, name: Option<&str>) -> impl Iterator<Item = (&str, &HistoryItem)> {
        let fits = move |of: &str| name.is_none_or(|name| name == of);
        let one = name.and_then(|name| self.items.get_key_value(name)).into_iter();
        let all = self.items.iter().filter(move |(of, _)| name.is_none() && fits(of));
        one.chain(all).flat_map(|(of, items)| items.iter().map(move |item| (of.as_str(), item)))
    }

    pub(super) fn note(&mut self, name: &str, kind: &str, at: UnixMillis, what: HistoryWhat) {
        self.last += 1;
        let item = HistoryItem { number: self.last, at, kind: kind.to_owned(), what };
        self.items.entry(name.to_owned()).or_default().push_back(item);
        self.len += 1;
        self.trim(name, at);
    }

    /// AA-1
    fn trim(&mut self, name: &str, now: UnixMillis) {
        if let Some(items) = self.items.get_mut(name) {
            while items.len() > HISTORY_EACH_MAX
                || items.front().is_some_and(|first| first.at.until(now) > HISTORY_KEPT)
            {
                items.pop_front();
                self.len -= 1;
            }
        }
        if self.len > HISTORY_MAX {
            self.make_room(now);
        }
    }

    /// Drops what is too old, then the oldest tenth: seldom, so that it is cheap on average.
    fn make_room(&mut self, now: UnixMillis) {
        let mut numbers: Vec<u64> = self.items.values().flatten().map(|item| item.number).collect();
        numbers.sort_unstable();
        let oldest = numbers[numbers.len().saturating_sub(HISTORY_MAX - HISTORY_MAX / 10)];
        self.items.retain(|_, items| {
            items.retain(|item| item.number >= oldest && item.at.until(now) <= HISTORY_KEPT);
            !items.is_empty()
        });
        self.len = self.items.values().map(VecDeque::len).sum();
    }
}
