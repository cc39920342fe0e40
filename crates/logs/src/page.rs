//! The first events behind a place, or the last before it, however they lie: what does not fit is dropped at once.

use crate::OVERHEAD;
use crate::record::{Event, Position};
use std::collections::BTreeMap;

/// Which way a page goes from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To later events.
    Forward,
    /// To earlier ones.
    Backward,
}

/// What a page is to hold.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Which way.
    pub direction: Direction,
    /// Only what is behind this place in that direction; all when missing.
    pub from: Option<Position>,
    /// Most events.
    pub events: usize,
    /// Most bytes, with what each event counts for besides; one event is told however large it is.
    pub bytes: usize,
}

/// Events of a page while they are gathered, wherever they come from: never much more than fit.
#[derive(Debug)]
pub struct Gathering {
    page: Page,
    kept: BTreeMap<Position, Event>,
    bytes: usize,
}

impl Gathering {
    /// A page without events.
    pub fn new(page: Page) -> Self {
        Self { page, kept: BTreeMap::new(), bytes: 0 }
    }

    /// True when an event at a place could be on the page.
    pub fn wants(&self, position: Position) -> bool {
        let is_behind = self.page.from.is_none_or(|from| match self.page.direction {
            Direction::Forward => position > from,
            Direction::Backward => position < from,
        });
        is_behind && (!self.is_full() || self.is_before_last(position))
    }

    /// True when an event of a span of time could be on the page.
    pub fn wants_span(&self, first: i64, last: i64) -> bool {
        let from = self.page.from.map(|from| from.timestamp);
        let end = self.last().filter(|_| self.is_full()).map(|(position, _)| position.timestamp);
        match self.page.direction {
            Direction::Forward => from.is_none_or(|from| last >= from) && end.is_none_or(|end| first <= end),
            Direction::Backward => from.is_none_or(|from| first <= from) && end.is_none_or(|end| last >= end),
        }
    }

    /// Takes an event that is wanted; what has no room beside it is dropped.
    pub fn add(&mut self, event: Event) {
        self.bytes += event.message.len() + OVERHEAD;
        self.kept.insert(event.position, event);
        while let Some((position, bytes)) = self.last() {
            let is_over = self.kept.len() > self.page.events
                || self.kept.len() > 1 && self.bytes - bytes >= self.page.bytes;
            if !is_over {
                break;
            }
            self.kept.remove(&position);
            self.bytes -= bytes;
        }
    }

    fn is_full(&self) -> bool {
        self.kept.len() >= self.page.events || self.bytes >= self.page.bytes
    }

    /// The event that goes first.
    fn last(&self) -> Option<(Position, usize)> {
        let last = match self.page.direction {
            Direction::Forward => self.kept.last_key_value(),
            Direction::Backward => self.kept.first_key_value(),
        };
        last.map(|(position, event)| (*position, event.message.len() + OVERHEAD))
    }

    fn is_before_last(&self, position: Position) -> bool {
        self.last().is_none_or(|(last, _)| match self.page.direction {
            Direction::Forward => position < last,
            Direction::Backward => position > last,
        })
    }

    /// The events in order of time.
    pub fn events(mut self) -> Vec<Event> {
        while self.kept.len() > 1 && self.bytes > self.page.bytes {
            let Some((position, bytes)) = self.last() else { break };
            self.kept.remove(&position);
            self.bytes -= bytes;
        }
        self.kept.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(event: &Event) -> usize {
        event.message.len() + OVERHEAD
    }

    proptest! {
        #[test]
        fn a_page_is_what_sorting_everything_gives(
            times in prop::collection::vec((0_i64..20, 0_usize..60), 0..40),
            from in prop::option::of((0_i64..20, 0_u64..40)),
            events in 1_usize..10,
            bytes in 1_usize..400,
            is_forward: bool,
        ) {
            let direction = if is_forward { Direction::Forward } else { Direction::Backward };
            let from = from.map(|(timestamp, number)| Position { timestamp, number });
            let mut gathering = Gathering::new(Page { direction, from, events, bytes });
            let mut all = Vec::new();
            for (number, (timestamp, length)) in (0..).zip(times) {
                let position = Position { timestamp, number };
                let message = "x".repeat(length);
                if gathering.wants(position) {
                    prop_assert!(gathering.wants_span(timestamp, timestamp));
                    prop_assert!(gathering.wants_span(timestamp - 3, timestamp + 3));
                    gathering.add(Event { stream: 1, position, ingested_at: 0, message: message.clone() });
                }
                all.push(Event { stream: 1, position, ingested_at: 0, message });
            }
            all.sort_by_key(|event| event.position);
            if !is_forward {
                all.reverse();
            }
            all.retain(|event| from.is_none_or(|from| {
                if is_forward { event.position > from } else { event.position < from }
            }));
            let mut used = 0;
            let mut expect: Vec<Event> = all.into_iter().take(events).enumerate().take_while(|(index, event)| {
                used += cost(event);
                *index == 0 || used <= bytes
            }).map(|(_, event)| event).collect();
            if !is_forward {
                expect.reverse();
            }
            prop_assert_eq!(gathering.events(), expect);
        }
    }
}
