//! Names of files with `*` and `?` in them.

use crate::files::Files;
use std::path::{Component, Path, PathBuf};

/// Names in one directory that are looked at; a directory with more is no directory of logs.
const NAMES_MAX: usize = 100_000;

/// The files that a name means, in order, at most so many; a name without stars means its file, there or not.
pub(crate) fn files(files: &dyn Files, pattern: &Path, max: usize) -> Vec<PathBuf> {
    let is_wild = |part: &str| part.contains(['*', '?']);
    if !pattern.to_str().is_some_and(is_wild) {
        return vec![pattern.to_owned()];
    }
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        let part = component.as_os_str().to_str().filter(|part| is_wild(part));
        let (Component::Normal(_), Some(part)) = (component, part) else {
            for path in &mut found {
                path.push(component);
            }
            continue;
        };
        found = found.iter().flat_map(|directory| names(files, directory, part)).take(max).collect();
    }
    found.retain(|path| files.status(path).is_ok_and(|status| status.is_regular));
    found
}

fn names(files: &dyn Files, directory: &Path, part: &str) -> Vec<PathBuf> {
    let Ok(names) = files.names(directory) else { return Vec::new() };
    let part: Vec<char> = part.chars().collect();
    // A name that begins with a point is hidden unless the point is written.
    let meant = |name: &String| {
        (!name.starts_with('.') || part.first() == Some(&'.'))
            && is_match(&part, &name.chars().collect::<Vec<_>>())
    };
    let mut meant: Vec<String> = names.into_iter().take(NAMES_MAX).filter(meant).collect();
    meant.sort_unstable();
    meant.into_iter().map(|name| directory.join(name)).collect()
}

/// Cost: pattern times name, whatever they are.
fn is_match(pattern: &[char], name: &[char]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_at, from)) => {
                    star = Some((star_at, from + 1));
                    (at, place) = (star_at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Disk;
    use std::fs;

    #[test]
    fn stars_stand_for_any_letters_of_one_part() {
        for (pattern, name, expect) in [
            ("*.log", "a.log", true),
            ("*.log", "a.log.1", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("a*a*a*a*a*b", &"a".repeat(200), false),
        ] {
            let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
            assert_eq!(is_match(&pattern, &name), expect, "{pattern:?} {name:?}");
        }
    }

    #[test]
    fn files_are_found_below_any_directory_and_bounded() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["x/a.log", "y/b.log", "y/.hidden.log", "y/c.txt", "z/d.log/e"] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = files(&Disk, &directory.path().join("*/*.log"), 10);
        assert_eq!(found, [directory.path().join("x/a.log"), directory.path().join("y/b.log")]);
        assert_eq!(files(&Disk, &directory.path().join("*/*.log"), 1).len(), 1);
        assert_eq!(files(&Disk, Path::new("/nowhere/a.log"), 1), [PathBuf::from("/nowhere/a.log")]);
    }
}
