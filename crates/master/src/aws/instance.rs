//! What AWS' tools call a server: `i-` and 17 hexadecimal digits, made of its path.
//!
//! The id is the same on every master and after every restart, and goes with the name: a server that comes back under
//! its path is the same instance. 68 bits tell a hundred thousand servers apart (a collision: 2 in 10^11).

use aws_lc_rs::digest::{SHA256, digest};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{PoisonError, RwLock};
use topmast_model::path::ObjectPath;

/// Hexadecimal digits after the prefix.
pub(super) const DIGITS: usize = 17;

/// The instance's id.
pub(crate) fn id(server: &ObjectPath) -> String {
    hashed("i-", server.as_str(), DIGITS)
}

/// A prefix and the first hexadecimal digits of a text's SHA-256.
pub(crate) fn hashed(prefix: &str, text: &str, digits: usize) -> String {
    let mut name = String::from(prefix);
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name.truncate(prefix.len() + digits);
    name
}

/// Paths of servers by their ids, so that a server is found by its id at once.
///
/// An id is made of the path: an entry is never wrong. It may be of a server that has gone, and one of a new server may be
/// missing; then all servers are looked at, once for all ids of a request.
#[derive(Debug, Default)]
pub(crate) struct Ids(RwLock<HashMap<String, ObjectPath>>);

impl Ids {
    /// The paths of ids, of servers of which `is_there` says that there are; `all` tells all servers.
    pub(crate) fn paths<'a>(
        &self,
        ids: impl Iterator<Item = &'a str> + Clone,
        is_there: impl Fn(&ObjectPath) -> bool,
        all: impl FnOnce() -> Vec<ObjectPath>,
    ) -> Vec<ObjectPath> {
        let look = |known: &HashMap<String, ObjectPath>| -> Option<Vec<ObjectPath>> {
            ids.clone().map(|id| known.get(id).filter(|path| is_there(path)).cloned()).collect()
        };
        if let Some(found) = look(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let known: HashMap<String, ObjectPath> = all().into_iter().map(|path| (id(&path), path)).collect();
        let found = ids.filter_map(|id| known.get(id).cloned()).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = known;
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_servers_are_looked_at_only_when_one_is_missing() {
        let path = |text: &str| text.parse::<ObjectPath>().unwrap();
        let (ids, looks) = (Ids::default(), std::cell::Cell::new(0));
        let find = |wanted: &[&str], there: &[&str]| {
            let names: Vec<String> = wanted.iter().map(|text| id(&path(text))).collect();
            let found = ids.paths(
                names.iter().map(String::as_str),
                |path| there.contains(&path.as_str()),
                || {
                    looks.set(looks.get() + 1);
                    there.iter().map(|text| path(text)).collect()
                },
            );
            (found.iter().map(ToString::to_string).collect::<Vec<_>>(), looks.get())
        };
        let (one, two) = ("acme/main/one", "acme/main/two");
        assert_eq!(find(&[one], &[one, two]), (vec![one.to_owned()], 1));
        assert_eq!(find(&[two, one], &[one, two]), (vec![two.to_owned(), one.to_owned()], 1));
        assert_eq!(find(&[one, two], &[two]), (vec![two.to_owned()], 2), "one has gone");
        assert_eq!(find(&[one], &[one, two]), (vec![one.to_owned()], 3), "and came again");
    }

    #[test]
    fn a_server_keeps_its_id() {
        let path = |text: &str| text.parse::<ObjectPath>().unwrap();
        // printf acme/east/local/web1 | sha256sum
        assert_eq!(id(&path("acme/east/local/web1")), "i-31d4bb4f9d4f5afd8");
        assert_ne!(id(&path("acme/east/local/web1")), id(&path("acme/east/local/web2")));
    }
}
