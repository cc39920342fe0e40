//! Facets: how often each value of a field stands in the rows of a list.

use std::collections::HashMap;
use topmast_api::page::{FACET_VALUES_MAX, Facet, FacetValue};
use topmast_model::filter::{FieldDef, FieldValue, Row};

/// The facets of a list, as far as its rows were added.
///
/// Cost: O(log values) a value at the end; a row costs O(1) a value.
pub(super) struct Facets(Vec<Count>);

/// One field's values.
struct Count {
    field: &'static FieldDef,
    position: usize,
    found: Vec<Seen>,
    /// Where a value is in `found`.
    places: HashMap<Box<str>, usize>,
    /// Where the value was that came last.
    last: usize,
    rows: usize,
}

/// How often a value was seen.
struct Seen {
    value: Box<str>,
    count: u64,
    /// The last row that has it: a value that stands twice in one row counts once.
    row: usize,
    /// Where the value is that came after it: neighbours take turns in the same way again and again.
    next: usize,
}

impl Facets {
    /// Facets of some fields, by name.
    pub(super) fn new(names: &[String], fields: &'static [FieldDef]) -> Self {
        let known = |name: &String| (0..).zip(fields).find(|(_, field)| field.name == name);
        let count = |(position, field)| Count {
            field,
            position,
            found: Vec::new(),
            places: HashMap::new(),
            last: 0,
            rows: 0,
        };
        Self(names.iter().filter_map(known).map(count).collect())
    }

    /// Counts a row's values.
    pub(super) fn add(&mut self, row: &dyn Row) {
        for count in &mut self.0 {
            count.rows += 1;
            row.values(count.position, &mut |value| {
                if let FieldValue::Text(text) = value {
                    count.see(text);
                }
            });
        }
    }

    /// The facets; values of equal count in order of the alphabet.
    pub(super) fn finish(self) -> Vec<Facet> {
        self.0.into_iter().map(Count::finish).collect()
    }
}

impl Count {
    fn see(&mut self, text: &str) {
        let place = self.place(text);
        if let Some(last) = self.found.get_mut(self.last) {
            last.next = place;
        }
        self.last = place;
        let seen = &mut self.found[place];
        if seen.row != self.rows {
            seen.count += 1;
            seen.row = self.rows;
        }
    }

    /// Where a value is, made when it is new. Guesses first: most rows say what others before them said.
    fn place(&mut self, text: &str) -> usize {
        let guesses = self.found.get(self.last).map(|last| [last.next, self.last]);
        let is_text = |place: &usize| *self.found[*place].value == *text;
        if let Some(place) = guesses.into_iter().flatten().find(is_text) {
            return place;
        }
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        let place = self.found.len();
        self.found.push(Seen { value: text.into(), count: 0, row: 0, next: place });
        self.places.insert(text.into(), place);
        place
    }

    fn finish(self) -> Facet {
        let counted = self.found.into_iter();
        let mut values: Vec<FacetValue> =
            counted.map(|seen| FacetValue { value: seen.value.into(), count: seen.count }).collect();
        values.sort_unstable_by(|one, other| {
            other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value))
        });
        let more = values.len() > FACET_VALUES_MAX;
        values.truncate(FACET_VALUES_MAX);
        Facet { field: self.field.name.to_owned(), values, more }
    }
}
