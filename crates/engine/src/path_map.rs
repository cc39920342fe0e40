//! Objects by path, so ordered that everything inside a path is one range.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;
use topmast_model::path::ObjectPath;

/// An ordered map of objects by path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PathMap<T>(BTreeMap<ObjectPath, T>);

impl<T> Default for PathMap<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> PathMap<T> {
    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The object at a path.
    pub fn get(&self, path: &ObjectPath) -> Option<&T> {
        self.0.get(path)
    }

    /// The object at a path, with the path that is kept of it.
    pub fn get_key_value(&self, path: &ObjectPath) -> Option<(&ObjectPath, &T)> {
        self.0.get_key_value(path)
    }

    /// Every object, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectPath, &T)> {
        self.0.iter()
    }

    /// The object at `prefix` and everything inside it; all objects for `None`.
    ///
    /// Cost: O(log n) and then O(1) an object.
    pub fn within(&self, prefix: Option<&ObjectPath>) -> impl Iterator<Item = (&ObjectPath, &T)> {
        self.within_after(prefix, None)
    }

    /// What [`within`](Self::within) leaves of its objects when it is taken up again behind `after`: for
    /// who lets go of the map in between.
    ///
    /// Cost: as `within`.
    pub fn within_after(
        &self,
        prefix: Option<&ObjectPath>,
        after: Option<&ObjectPath>,
    ) -> impl Iterator<Item = (&ObjectPath, &T)> {
        let own = prefix.filter(|prefix| after.is_none_or(|after| after < prefix));
        let own = own.and_then(|prefix| self.0.get_key_value(prefix));
        // Names such as `a.b` sort between `a` and `a/…`, so the range starts at the slash itself;
        // `0` is the byte after it.
        let inside = prefix.map(|prefix| (format!("{prefix}/"), format!("{prefix}0")));
        let inside = inside.as_ref().map(|(first, end)| (first.as_str(), end.as_str()));
        let after = after.map(ObjectPath::as_str);
        let first = match (inside, after) {
            (Some((first, _)), Some(after)) if after < first => Bound::Included(first),
            (_, Some(after)) => Bound::Excluded(after),
            (Some((first, _)), None) => Bound::Included(first),
            (None, None) => Bound::Unbounded,
        };
        // A range must not end before it begins.
        let is_over = inside.zip(after).is_some_and(|((_, end), after)| after >= end);
        let end = inside.map_or(Bound::Unbounded, |(_, end)| Bound::Excluded(end));
        let range = (!is_over).then(|| self.0.range::<str, _>((first, end)));
        own.into_iter().chain(range.into_iter().flatten())
    }

    /// Every object whose path begins with a text that ends with a character of ASCII.
    ///
    /// Cost: O(log n) and then O(1) an object.
    pub(crate) fn beginning_with<'a>(
        &'a self,
        text: &str,
    ) -> impl Iterator<Item = (&'a ObjectPath, &'a T)> + use<'a, T> {
        let mut end = text.to_owned();
        let after = end.pop().and_then(|last| char::from_u32(u32::from(last) + 1));
        end.extend(after);
        let (first, end) = (Bound::Included(text), Bound::Excluded(end.as_str()));
        // Of the empty text there is nothing after.
        let range = (!text.is_empty()).then(|| self.0.range::<str, _>((first, end)));
        range.into_iter().flatten()
    }

    pub(crate) fn get_mut(&mut self, path: &ObjectPath) -> Option<&mut T> {
        self.0.get_mut(path)
    }

    /// The object at a path, made when there is none.
    pub(crate) fn at(&mut self, path: &ObjectPath) -> &mut T
    where
        T: Default,
    {
        self.0.entry(path.clone()).or_default()
    }

    pub(crate) fn insert(&mut self, path: ObjectPath, object: T) -> Option<T> {
        self.0.insert(path, object)
    }

    pub(crate) fn remove(&mut self, path: &ObjectPath) -> Option<T> {
        self.0.remove(path)
    }

    /// Removes the object at `prefix` and everything inside it.
    pub(crate) fn remove_within(&mut self, prefix: &ObjectPath) {
        let gone: Vec<ObjectPath> = self.within(Some(prefix)).map(|(path, _)| path.clone()).collect();
        for path in gone {
            self.0.remove(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn within_is_the_subtree_and_never_a_neighbour() {
        let texts = ["a", "a/b", "a/b+c", "a/b-c/d", "a/b.c", "a/b/c", "a/b/c/d", "a/b0", "a/bc", "ab/b"];
        let mut map = PathMap::default();
        for text in texts {
            map.insert(text.parse().unwrap(), ());
        }
        for prefix in texts {
            let prefix: ObjectPath = prefix.parse().unwrap();
            let found: Vec<&ObjectPath> = map.within(Some(&prefix)).map(|(path, ())| path).collect();
            let expected: Vec<&ObjectPath> =
                map.iter().map(|(path, ())| path).filter(|path| path.is_within(&prefix)).collect();
            assert_eq!(found, expected, "{prefix}");
            for after in texts {
                let after: ObjectPath = after.parse().unwrap();
                // In the order in which they are found: the prefix itself comes first.
                let left: Vec<&ObjectPath> =
                    map.within_after(Some(&prefix), Some(&after)).map(|(path, ())| path).collect();
                let expected: Vec<&ObjectPath> =
                    expected.iter().copied().filter(|path| **path > after).collect();
                assert_eq!(left, expected, "{prefix} after {after}");
            }
        }
        for after in texts {
            let after: ObjectPath = after.parse().unwrap();
            let left = map.within_after(None, Some(&after)).count();
            assert_eq!(left, map.iter().filter(|(path, ())| **path > after).count(), "{after}");
        }
        assert_eq!(map.within(None).count(), texts.len());
        map.remove_within(&"a/b".parse().unwrap());
        assert_eq!(map.len(), texts.len() - 3);
    }
}
