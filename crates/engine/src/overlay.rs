//! Objects of one server as they will be once the facts decided so far are applied.

use crate::path_map::PathMap;
use std::collections::BTreeMap;
use topmast_model::path::ObjectPath;

/// Changes of one batch on top of what is kept.
pub(crate) struct Overlay<'a, T> {
    kept: &'a PathMap<T>,
    /// `None`: gone.
    changed: BTreeMap<ObjectPath, Option<T>>,
    server: &'a ObjectPath,
    /// How many the server has; counted when first asked for, as most batches add nothing.
    count: Option<usize>,
}

/// What became of an object put into an overlay.
pub(crate) enum Put {
    /// It is there as it was.
    Unchanged,
    /// It is new or differs.
    Changed,
    /// The server has as many as it may.
    NoRoom,
}

impl<'a, T: Clone + PartialEq> Overlay<'a, T> {
    pub(crate) fn new(kept: &'a PathMap<T>, server: &'a ObjectPath) -> Self {
        Self { kept, changed: BTreeMap::new(), server, count: None }
    }

    pub(crate) fn get(&self, path: &ObjectPath) -> Option<&T> {
        match self.changed.get(path) {
            Some(changed) => changed.as_ref(),
            None => self.kept.get(path),
        }
    }

    /// Keeps the object as it is now, unless the server would then have more than `max`.
    pub(crate) fn put(&mut self, path: &ObjectPath, object: &T, max: usize) -> Put {
        match self.get(path) {
            Some(kept) if kept == object => return Put::Unchanged,
            Some(_) => {}
            None => {
                let count = self.count();
                let has_room = count < max;
                self.count = Some(count + usize::from(has_room));
                if !has_room {
                    return Put::NoRoom;
                }
            }
        }
        self.changed.insert(path.clone(), Some(object.clone()));
        Put::Changed
    }

    fn count(&self) -> usize {
        self.count.unwrap_or_else(|| {
            let inside = self.kept.within(Some(self.server));
            let unchanged = inside.filter(|(path, _)| !self.changed.contains_key(*path)).count();
            unchanged + self.changed.values().flatten().count()
        })
    }

    /// True when there was something to remove.
    pub(crate) fn remove(&mut self, path: &ObjectPath) -> bool {
        let existed = self.get(path).is_some();
        if existed {
            self.count = self.count.map(|count| count - 1);
            self.changed.insert(path.clone(), None);
        }
        existed
    }

    pub(crate) fn remove_within(&mut self, prefix: &ObjectPath) {
        let inside: Vec<ObjectPath> = self
            .kept
            .within(Some(prefix))
            .map(|(path, _)| path)
            .chain(self.changed.keys().filter(|path| path.is_within(prefix)))
            .cloned()
            .collect();
        for path in inside {
            self.remove(&path);
        }
    }
}
