//! Which series have which label values, as bitmaps of series numbers.

use crate::labels::Labels;
use crate::matcher::{Matcher, Operator};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, HashMap};

/// Postings of a set of series.
#[derive(Debug, Default, Clone)]
pub(crate) struct Postings {
    by_name: HashMap<Box<str>, BTreeMap<Box<str>, RoaringBitmap>>,
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
                Some(numbers) => drop(numbers.insert(number)),
                None => drop(values.insert(value.into(), RoaringBitmap::from([number]))),
            }
        }
    }

    pub(crate) fn remove(&mut self, number: u32, labels: &Labels) {
        self.all.remove(number);
        for (name, value) in labels.pairs() {
            let Some(values) = self.by_name.get_mut(name) else { continue };
            if let Some(numbers) = values.get_mut(value) {
                numbers.remove(number);
                if numbers.is_empty() {
                    values.remove(value);
                }
            }
            if values.is_empty() {
                self.by_name.remove(name);
            }
        }
    }

    /// The series that all matchers mean.
    pub(crate) fn matching(&self, matchers: &[Matcher]) -> RoaringBitmap {
        let mut found: Option<RoaringBitmap> = None;
        // What picks series first; what only takes some away then has less to look at.
        let (picking, taking): (Vec<_>, Vec<_>) = matchers.iter().partition(|matcher| !matcher.accepts(""));
        for matcher in picking {
            let picked = self.having(matcher, true);
            found = Some(match found {
                Some(found) => found & picked,
                None => picked,
            });
        }
        let mut found = found.unwrap_or_else(|| self.all.clone());
        for matcher in taking {
            found -= self.having(matcher, false);
        }
        found
    }

    /// The series with a value of the matcher's label that it accepts, or does not.
    fn having(&self, matcher: &Matcher, accepted: bool) -> RoaringBitmap {
        let Some(values) = self.by_name.get(&matcher.name) else { return RoaringBitmap::new() };
        match (&matcher.operator, accepted) {
            (Operator::Equal, true) | (Operator::NotEqual, false) => {
                values.get(&matcher.value).cloned().unwrap_or_default()
            }
            _ => {
                let wanted = values.iter().filter(|(value, _)| matcher.accepts(value) == accepted);
                let mut union = RoaringBitmap::new();
                wanted.for_each(|(_, numbers)| union |= numbers);
                union
            }
        }
    }

    /// Every label name, with its values and how many series have each.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, &BTreeMap<Box<str>, RoaringBitmap>)> {
        self.by_name.iter().map(|(name, values)| (&**name, values))
    }
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
