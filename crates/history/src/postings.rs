//! Which series have which label values, as bitmaps of series numbers.

use crate::labels::Labels;
use crate::matcher::{Matcher, Operator};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

/// The series that have a label value: mostly one alone, where the value is what tells series apart, and a bitmap
/// of one takes a hundred bytes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Numbers {
    One(u32),
    Many(RoaringBitmap),
}

impl Numbers {
    fn insert(&mut self, number: u32) {
        match self {
            Self::One(one) if *one == number => {}
            Self::One(one) => *self = Self::Many(RoaringBitmap::from([*one, number])),
            Self::Many(many) => {
                many.insert(number);
            }
        }
    }

    /// True when none is left.
    fn remove(&mut self, number: u32) -> bool {
        match self {
            Self::One(one) => *one == number,
            Self::Many(many) => {
                many.remove(number);
                many.is_empty()
            }
        }
    }

    fn add_to(&self, union: &mut RoaringBitmap) {
        match self {
            Self::One(one) => {
                union.insert(*one);
            }
            Self::Many(many) => *union |= many,
        }
    }

    fn has_some(&self, among: &RoaringBitmap) -> bool {
        match self {
            Self::One(one) => among.contains(*one),
            Self::Many(many) => !many.is_disjoint(among),
        }
    }

    /// As a bitmap.
    pub(crate) fn bitmap(&self) -> RoaringBitmap {
        match self {
            Self::One(one) => RoaringBitmap::from([*one]),
            Self::Many(many) => many.clone(),
        }
    }
}

/// Postings of a set of series.
#[derive(Debug, Default, Clone)]
pub(crate) struct Postings {
    by_name: HashMap<Box<str>, BTreeMap<Box<str>, Numbers>>,
    all: RoaringBitmap,
}

impl Postings {
    pub(crate) fn insert(&mut self, number: u32, labels: &Labels) {
        self.all.insert(number);
        for (name, value) in labels.pairs() {
            if !self.by_name.contains_key(name) {
                self.by_name.insert(name.into(), BTreeMap::new());
            }
            let Some(values) = self.by_name.get_mut(name) else { continue };
            match values.get_mut(value) {
                Some(numbers) => numbers.insert(number),
                None => drop(values.insert(value.into(), Numbers::One(number))),
            }
        }
    }

    pub(crate) fn remove(&mut self, number: u32, labels: &Labels) {
        self.all.remove(number);
        for (name, value) in labels.pairs() {
            let Some(values) = self.by_name.get_mut(name) else { continue };
            if values.get_mut(value).is_some_and(|numbers| numbers.remove(number)) {
                values.remove(value);
            }
            if values.is_empty() {
                self.by_name.remove(name);
            }
        }
    }

    /// The series that all matchers mean.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> RoaringBitmap {
        let found: Result<_, Infallible> =
            matching(matchers, || self.all.clone(), |matcher, accepted| Ok(self.having(matcher, accepted)));
        match found {
            Ok(found) => found,
        }
    }

    /// The series with a value of the matcher's label that it accepts, or does not.
    fn having(&self, matcher: &Matcher, accepted: bool) -> RoaringBitmap {
        let Some(values) = self.by_name.get(&matcher.name) else { return RoaringBitmap::new() };
        if is_of_one_value(matcher, accepted) {
            return values.get(&matcher.value).map(Numbers::bitmap).unwrap_or_default();
        }
        let mut union = RoaringBitmap::new();
        for (value, numbers) in values {
            if matcher.accepts(value) == accepted {
                numbers.add_to(&mut union);
            }
        }
        union
    }

    /// Calls `each` with the names of labels that some of these series have.
    pub(crate) fn names_among(&self, among: &RoaringBitmap, mut each: impl FnMut(&str)) {
        for (name, values) in &self.by_name {
            if values.iter().any(|(value, numbers)| !value.is_empty() && numbers.has_some(among)) {
                each(name);
            }
        }
    }

    /// Calls `each` with the values of a label that some of these series have.
    pub(crate) fn values_among(&self, name: &str, among: &RoaringBitmap, mut each: impl FnMut(&str)) {
        for (value, numbers) in self.by_name.get(name).into_iter().flatten() {
            if numbers.has_some(among) {
                each(value);
            }
        }
    }

    /// Every label name, with its values and how many series have each.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &BTreeMap<Box<str>, Numbers>)> {
        self.by_name.iter().map(|(name, values)| (&**name, values))
    }
}

/// The series that all matchers mean, wherever postings are.
///
/// - `all`: every series.
/// - `having`: the series with a value of a matcher's label that it accepts, or does not.
pub(crate) fn matching<E>(
    matchers: &[Matcher],
    all: impl FnOnce() -> RoaringBitmap,
    having: impl Fn(&Matcher, bool) -> Result<RoaringBitmap, E>,
) -> Result<RoaringBitmap, E> {
    // What picks series first; what only takes some away then has less to look at.
    let (picking, taking): (Vec<_>, Vec<_>) = matchers.iter().partition(|matcher| !matcher.accepts(""));
    let mut found: Option<RoaringBitmap> = None;
    for matcher in picking {
        let picked = having(matcher, true)?;
        found = Some(match found {
            Some(found) => found & picked,
            None => picked,
        });
    }
    let mut found = found.unwrap_or_else(all);
    for matcher in taking {
        found -= having(matcher, false)?;
    }
    Ok(found)
}

/// True when the values that a matcher accepts, or does not, are its own alone.
pub(crate) const fn is_of_one_value(matcher: &Matcher, accepted: bool) -> bool {
    matches!((&matcher.operator, accepted), (Operator::Equal, true) | (Operator::NotEqual, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use topmast_model::sample::Series;

    fn labels() -> impl Strategy<Value = Labels> {
        prop::collection::btree_map("[ab]", "[xyz]", 0..3).prop_map(|labels| {
            let labels = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            Labels::of(&Series::new("m", labels))
        })
    }

    fn matcher() -> impl Strategy<Value = Matcher> {
        let name = prop::sample::select(vec!["a", "b", "c", "__name__"]);
        let value = prop::sample::select(vec!["", "x", "y", "m", "x|y", ".*", ".+", "y?"]);
        (name, value, 0..4).prop_map(|(name, value, operator)| match operator {
            0 => Matcher::equal(name, value),
            1 => Matcher::not_equal(name, value),
            2 => Matcher::matching(name, value).unwrap(),
            _ => Matcher::not_matching(name, value).unwrap(),
        })
    }

    proptest! {
        #[test]
        fn postings_find_what_looking_at_each_series_finds(
            all in prop::collection::vec(labels(), 0..20),
            gone in prop::collection::vec(any::<bool>(), 20),
            matchers in prop::collection::vec(matcher(), 0..4),
        ) {
            let mut postings = Postings::default();
            (0..).zip(&all).for_each(|(number, labels)| postings.insert(number, labels));
            let kept: Vec<_> = (0_u32..).zip(all.iter().zip(gone)).collect();
            for (number, (labels, gone)) in &kept {
                if *gone {
                    postings.remove(*number, labels);
                }
            }
            let expect: RoaringBitmap = kept
                .iter()
                .filter(|(_, (labels, gone))| !gone && labels.accepted_by(&matchers))
                .map(|(number, _)| *number)
                .collect();
            prop_assert_eq!(postings.matching(&matchers), expect);
        }
    }
}
