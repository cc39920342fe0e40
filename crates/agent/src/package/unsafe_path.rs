//! Names inside packages: which are taken, and where their links lead.
//!
//! Invariants
//! - UP-1: a name that is taken, joined to a directory, lies inside it: it has no `..`, root, drive or backslash.

use std::path::PathBuf;

/// Longest name, in bytes; far below what every system takes.
const NAME_MAX: usize = 1_024;
/// Longest part of a name, in bytes: what file systems take.
const PART_MAX: usize = 255;

/// A name that is not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the package has an entry {name:?} {problem}; it was not unpacked")]
pub struct UnsafeEntry {
    name: String,
    problem: &'static str,
}

impl UnsafeEntry {
    pub(super) fn new(name: &[u8], problem: &'static str) -> Self {
        let name = String::from_utf8_lossy(name).chars().take(200).collect();
        Self { name, problem }
    }
}

/// The path of an entry inside its directory; empty for the directory itself.
///
/// # Errors
/// [`UnsafeEntry`].
pub(super) fn entry_path(name: &[u8]) -> Result<PathBuf, UnsafeEntry> {
    let refuse = |problem| Err(UnsafeEntry::new(name, problem));
    let Ok(text) = std::str::from_utf8(name) else { return refuse("whose name is not UTF-8") };
    if text.len() > NAME_MAX {
        return refuse("whose name is too long");
    }
    if text.starts_with('/') {
        return refuse("with an absolute path");
    }
    if text.contains(|letter: char| letter == '\\' || letter == ':' || letter.is_control()) {
        return refuse("whose name has a backslash, colon or control character");
    }
    let mut path = PathBuf::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => return refuse("that leads out of its directory"),
            part if part.len() > PART_MAX => return refuse("whose name is too long"),
            part => path.push(part),
        }
    }
    Ok(path)
}

/// Where a link leads inside the package's directory.
///
/// - `entry`: the link's own path.
/// - `target`: what it holds, relative to where it lies.
///
/// # Errors
/// [`UnsafeEntry`] when that is outside.
pub(super) fn link_target(entry: &[u8], target: &[u8]) -> Result<PathBuf, UnsafeEntry> {
    let refuse = |problem| Err(UnsafeEntry::new(entry, problem));
    let own = entry_path(entry)?;
    let Ok(text) = std::str::from_utf8(target) else { return refuse("that leads to no UTF-8 name") };
    if text.is_empty() || text.len() > NAME_MAX {
        return refuse("that leads nowhere");
    }
    if text.starts_with('/')
        || text.contains(|letter: char| letter == '\\' || letter == ':' || letter.is_control())
    {
        return refuse("that leads out of its directory");
    }
    let mut path = own.parent().map(PathBuf::from).unwrap_or_default();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                if !path.pop() {
                    return refuse("that leads out of its directory");
                }
            }
            part => path.push(part),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[test]
    fn names_that_lead_outside_are_refused() {
        for good in ["a", "./a/b", "a//b/", "./", "", "a/.b", "..a/b.."] {
            assert!(entry_path(good.as_bytes()).is_ok(), "{good:?}");
        }
        for bad in ["../a", "a/../b", "a/..", "/etc/passwd", "a\\..\\b", "C:/a", "a\0b", "a\nb", "//a"] {
            assert!(entry_path(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(entry_path(&[b'a', 0xff]).is_err());
        assert!(entry_path("x".repeat(256).as_bytes()).is_err());
    }

    #[test]
    fn links_that_lead_outside_are_refused() {
        let target = |entry: &str, target: &str| link_target(entry.as_bytes(), target.as_bytes());
        assert_eq!(target("bin/switch", "../lib/switch").unwrap(), Path::new("lib/switch"));
        assert_eq!(target("a/b/c", "../..").unwrap(), Path::new(""));
        for (entry, to) in
            [("a", ".."), ("a/b", "../.."), ("a", "/etc"), ("a", ""), ("a", "b\\c"), ("../a", "b")]
        {
            assert!(target(entry, to).is_err(), "{entry} to {to}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_lies_inside(name in prop::collection::vec(prop_oneof![
            Just(b'.'), Just(b'/'), Just(b'\\'), Just(b'a'), any::<u8>()], 0..40)) {
            // UP-1
            if let Ok(path) = entry_path(&name) {
                prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
            }
            if let Ok(path) = link_target(b"a/b", &name) {
                prop_assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?}");
            }
        }
    }
}
