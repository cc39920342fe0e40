//! The series of a head: by number, by their packed labels, by label values.

use super::buffer::Buffer;
use super::closed::Closed;
use super::window::ChunkRef;
use crate::labels::{Labels, hash_of};
use crate::matcher::Matcher;
use crate::postings::Postings;
use hashbrown::HashTable;
use roaring::RoaringBitmap;
use std::sync::Arc;

/// Which series: its place, and which of those that had the place one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number {
    pub(crate) place: u32,
    pub(crate) turn: u32,
}

/// One series.
#[derive(Debug)]
pub(super) struct HeadSeries {
    pub(super) labels: Labels,
    pub(super) grid: u32,
    /// Time of its newest single sample.
    pub(super) newest: i64,
    pub(super) buffer: Buffer,
    /// What it had before and no chunk is made of yet, with its place there.
    pub(super) closed: Option<(Arc<Closed>, usize)>,
    /// In the order in which they were made.
    pub(super) chunks: Vec<ChunkRef>,
}

impl HeadSeries {
    pub(super) fn new(labels: Labels, grid: u32) -> Self {
        Self { labels, grid, newest: i64::MIN, buffer: Buffer::default(), closed: None, chunks: Vec::new() }
    }
}

#[derive(Debug, Default)]
struct Place {
    turn: u32,
    series: Option<HeadSeries>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct SeriesTable {
    places: Vec<Place>,
    /// Places without a series; the last is used next.
    free: Vec<u32>,
    by_labels: HashTable<u32>,
    postings: Postings,
}

impl SeriesTable {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn get(&self, number: Number) -> Option<&HeadSeries> {
        let place = self.places.get(number.place as usize)?;
        place.series.as_ref().filter(|_| place.turn == number.turn)
    }

    pub(super) fn get_mut(&mut self, number: Number) -> Option<&mut HeadSeries> {
        let place = self.places.get_mut(number.place as usize)?;
        place.series.as_mut().filter(|_| place.turn == number.turn)
    }

    /// The series at a place, which must be a present one.
    pub(super) fn at(&self, place: u32) -> Option<(Number, &HeadSeries)> {
        let found = self.places.get(place as usize)?;
        Some((Number { place, turn: found.turn }, found.series.as_ref()?))
    }

    pub(super) fn find(&self, hash: u64, packed: &[u8]) -> Option<Number> {
        let labels = |place: &u32| self.places[*place as usize].series.as_ref().map(|series| &series.labels);
        let place = *self
            .by_labels
            .find(hash, |place| labels(place).is_some_and(|labels| labels.as_bytes() == packed))?;
        Some(Number { place, turn: self.places[place as usize].turn })
    }

    pub(super) fn insert(&mut self, series: HeadSeries) -> Number {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            u32::try_from(self.places.len() - 1).unwrap_or(u32::MAX)
        });
        self.place(place, self.places[place as usize].turn, series)
    }

    /// Puts a series where it was before a restart; places between become free.
    pub(super) fn restore(&mut self, number: Number, series: HeadSeries) {
        while self.places.len() <= number.place as usize {
            self.places.push(Place::default());
        }
        self.place(number.place, number.turn, series);
    }

    fn place(&mut self, place: u32, turn: u32, series: HeadSeries) -> Number {
        let places = &mut self.places;
        self.postings.insert(place, &series.labels);
        let hash = hash_of(series.labels.as_bytes());
        places[place as usize] = Place { turn, series: Some(series) };
        self.by_labels.insert_unique(hash, place, |place| {
            places[*place as usize].series.as_ref().map_or(0, |series| hash_of(series.labels.as_bytes()))
        });
        Number { place, turn }
    }

    /// Removes series; how many.
    pub(super) fn remove_where(&mut self, mut gone: impl FnMut(Number, &HeadSeries) -> bool) -> usize {
        let before = self.free.len();
        for (position, place) in (0_u32..).zip(&mut self.places) {
            let number = Number { place: position, turn: place.turn };
            let Some(series) = place.series.take_if(|series| gone(number, series)) else { continue };
            place.turn += 1;
            self.postings.remove(position, &series.labels);
            let hash = hash_of(series.labels.as_bytes());
            if let Ok(entry) = self.by_labels.find_entry(hash, |other| *other == position) {
                entry.remove();
            }
            self.free.push(position);
        }
        self.free.len() - before
    }

    /// Orders the free places as [`Self::set_turns`] does, so that a head that goes on and one that was loaded
    /// number the next series alike.
    pub(super) fn normalise(&mut self) {
        self.free.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// The turn of every place.
    pub(super) fn turns(&self) -> impl ExactSizeIterator<Item = u32> {
        self.places.iter().map(|place| place.turn)
    }

    /// The turns that [`Self::turns`] gave; before the first series is restored.
    pub(super) fn set_turns(&mut self, turns: impl Iterator<Item = u32>) {
        self.places = turns.map(|turn| Place { turn, series: None }).collect();
    }

    /// All places without a series are free; after the last series is restored.
    pub(super) fn free_the_rest(&mut self) {
        let empty = (0_u32..).zip(&self.places).filter(|(_, place)| place.series.is_none());
        self.free = empty.map(|(position, _)| position).collect();
        self.normalise();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Number, &HeadSeries)> {
        (0_u32..).zip(&self.places).filter_map(|(position, place)| {
            Some((Number { place: position, turn: place.turn }, place.series.as_ref()?))
        })
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut HeadSeries> {
        self.places.iter_mut().filter_map(|place| place.series.as_mut())
    }

    pub(super) const fn postings(&self) -> &Postings {
        &self.postings
    }

    /// Places of the series that all matchers mean.
    pub(super) fn matching(&self, matchers: &[Matcher]) -> RoaringBitmap {
        self.postings.matching(matchers)
    }
}
