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

    /// Every object, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectPath, &T)> {
        self.0.iter()
    }

    /// The object at `prefix` and everything inside it; all objects for `None`.
    ///
    /// Cost: O(log n) and then O(1) an object.
    pub fn within(&self, prefix: Option<&ObjectPath>) -> impl Iterator<Item = (&ObjectPath, &T)> {
        let own = prefix.and_then(|prefix| self.0.get_key_value(prefix));
        // Names such as `a.b` sort between `a` and `a/…`, so the range starts at the slash itself;
        // `0` is the byte after it.
        let range = match prefix {
            Some(prefix) => {
                let (first, end) = (format!("{prefix}/"), format!("{prefix}0"));
                self.0.range::<str, _>((Bound::Included(first.as_str()), Bound::Excluded(end.as_str())))
            }
            None => self.0.range::<str, _>(..),
        };
        own.into_iter().chain(range)
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
        }
        assert_eq!(map.within(None).count(), texts.len());
        map.remove_within(&"a/b".parse().unwrap());
        assert_eq!(map.len(), texts.len() - 3);
    }
}
