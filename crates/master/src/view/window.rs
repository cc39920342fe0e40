//! Windows: the part of a sorted list that is shown, found without sorting the list.
//!
//! Objects are offered in order of their paths. Of those offered only so many are kept as come before the
//! window's end, and a few more; once there are too many, the worst go, and what is no better than the worst
//! of the rest is not taken in any more. So a window near the beginning costs one comparison an object.

use super::sized;
use std::cmp::Ordering;
use std::ops::Range;
use topmast_api::page::SortKey;
use topmast_model::filter::{FieldDef, FieldKind, FieldValue, Row};
use topmast_model::path::ObjectPath;

/// Objects kept beyond the window's end before the worst go: so that it is seldom for small windows.
const SPARE: usize = sized(1_024);

/// The keys of a sort, by position.
pub(crate) struct Order {
    fields: &'static [FieldDef],
    /// Position of the field, and whether the largest comes first.
    keys: Vec<(usize, bool)>,
}

impl Order {
    pub(crate) fn new(keys: &[SortKey], fields: &'static [FieldDef]) -> Self {
        let position = |key: &SortKey| fields.iter().position(|field| field.name == key.field);
        Self { fields, keys: keys.iter().filter_map(|key| Some((position(key)?, key.descending))).collect() }
    }

    /// True without any key: then a list is in order of its paths.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Writes a row's values into `values`, whose texts are used again.
    pub(crate) fn read(&self, row: &dyn Row, values: &mut Vec<SortValue>) {
        values.resize_with(self.keys.len(), || SortValue::Unknown);
        for ((field, _), value) in self.keys.iter().zip(values) {
            read_first(row, *field, self.fields[*field].kind, value);
        }
    }

    pub(crate) fn compare(&self, one: &[SortValue], other: &[SortValue]) -> Ordering {
        use SortValue::{Number, Text, Unknown};
        for ((left, right), (_, descending)) in one.iter().zip(other).zip(&self.keys) {
            let order = match (left, right) {
                (Unknown, Unknown) => Ordering::Equal,
                // What is unknown comes last, whichever way the sort goes.
                (Unknown, _) => return Ordering::Greater,
                (_, Unknown) => return Ordering::Less,
                (Number(left), Number(right)) => left.total_cmp(right),
                (Text(left), Text(right)) => left.cmp(right),
                (Number(_), Text(_)) => Ordering::Less,
                (Text(_), Number(_)) => Ordering::Greater,
            };
            if order.is_ne() {
                return if *descending { order.reverse() } else { order };
            }
        }
        Ordering::Equal
    }
}

/// What a row is sorted by: the first value of a field.
#[derive(Clone)]
pub(crate) enum SortValue {
    Unknown,
    Number(f64),
    Text(String),
}

fn read_first(row: &dyn Row, field: usize, kind: FieldKind, found: &mut SortValue) {
    // A status sorts by its place among the statuses, not by its letters.
    let words = match kind {
        FieldKind::Status(words) | FieldKind::Choice(words) => words,
        _ => &[],
    };
    let mut is_known = false;
    row.values(field, &mut |value| {
        if std::mem::replace(&mut is_known, true) {
            return;
        }
        match value {
            FieldValue::Number(number) => *found = SortValue::Number(number),
            FieldValue::Text(text) => match (words.iter().position(|word| *word == text), &mut *found) {
                (Some(place), _) => *found = SortValue::Number(place as f64),
                (None, SortValue::Text(last)) => {
                    last.clear();
                    last.push_str(text);
                }
                (None, _) => *found = SortValue::Text(text.to_owned()),
            },
        }
    });
    if !is_known {
        *found = SortValue::Unknown;
    }
}

/// The part of a list that is shown, as far as the list was offered.
pub(super) struct Window<'o> {
    order: &'o Order,
    range: Range<usize>,
    kept: Vec<Kept>,
    /// True when the last one kept is the worst of as many as come before the window's end.
    is_full: bool,
    offered: usize,
    values: Vec<SortValue>,
}

struct Kept {
    values: Vec<SortValue>,
    /// How many were offered before: what the keys cannot tell apart is in order of the paths.
    place: usize,
    path: ObjectPath,
}

impl<'o> Window<'o> {
    pub(super) fn new(order: &'o Order, range: Range<usize>) -> Self {
        Self { order, range, kept: Vec::new(), is_full: false, offered: 0, values: Vec::new() }
    }

    /// Takes the next object of the list in, unless it comes after the window.
    pub(super) fn offer(&mut self, path: &ObjectPath, row: &dyn Row) {
        if self.order.is_empty() {
            self.offer_next(path);
            return;
        }
        let place = self.offered;
        self.offered += 1;
        self.order.read(row, &mut self.values);
        if self.is_full
            && self.kept.last().is_none_or(|worst| self.order.compare(&self.values, &worst.values).is_ge())
        {
            return;
        }
        // The worst stays last, for the next to be compared with it.
        let kept = Kept { values: self.values.clone(), place, path: path.clone() };
        let last = self.kept.len().saturating_sub(usize::from(self.is_full));
        self.kept.insert(last, kept);
        if self.kept.len() >= self.range.end.saturating_add(self.range.end.max(SPARE)) {
            self.cut();
        }
    }

    /// The same of a list that is in order of the paths.
    pub(super) fn offer_next(&mut self, path: &ObjectPath) {
        if self.range.contains(&self.offered) {
            self.kept.push(Kept { values: Vec::new(), place: self.offered, path: path.clone() });
        }
        self.offered += 1;
    }

    /// Lets go of what comes after the window.
    fn cut(&mut self) {
        let Self { order, range, kept, is_full, .. } = self;
        if (1..=kept.len()).contains(&range.end) {
            kept.select_nth_unstable_by(range.end - 1, |one, other| order.compare_kept(one, other));
            kept.truncate(range.end);
            *is_full = true;
        }
    }

    /// How many were offered, and the paths in the window, in order.
    pub(super) fn finish(mut self) -> (usize, Vec<ObjectPath>) {
        let mut start = 0;
        if !self.order.is_empty() {
            self.cut();
            self.kept.sort_unstable_by(|one, other| self.order.compare_kept(one, other));
            start = self.range.start;
        }
        (self.offered, self.kept.into_iter().skip(start).map(|kept| kept.path).collect())
    }
}

impl Order {
    fn compare_kept(&self, one: &Kept, other: &Kept) -> Ordering {
        self.compare(&one.values, &other.values).then(one.place.cmp(&other.place))
    }
}
