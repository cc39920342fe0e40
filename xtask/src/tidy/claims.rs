//! The rule that each claim of docs/security.md has its test: a name in the tables' last column is a test's.

use super::Finding;
use super::tree::File;
use std::collections::BTreeSet;

/// The page of claims.
const PAGE: &str = "docs/security.md";

/// Checks the page against the names of all functions.
pub(super) fn check(files: &[File]) -> Vec<Finding> {
    let functions: BTreeSet<&str> = files.iter().filter(|file| file.is_rust()).flat_map(functions).collect();
    let page = files.iter().filter(|file| file.path == PAGE);
    page.flat_map(|page| {
        let lines = (1..).zip(page.text.lines());
        lines.flat_map(|(number, line)| {
            tests(line)
                .filter(|name| !functions.contains(name))
                .map(|name| Finding::new(page, number, format!("test `{name}` does not exist")))
                .collect::<Vec<_>>()
        })
    })
    .collect()
}

/// Names of functions, whatever they are in.
fn functions(file: &File) -> impl Iterator<Item = &str> {
    file.text.split("fn ").skip(1).filter_map(|rest| rest.split_once('(')).map(|(name, _)| name)
}

/// What stands between backticks in the last column of a row of two.
fn tests(line: &str) -> impl Iterator<Item = &str> {
    let column = line
        .trim()
        .strip_prefix('|')
        .and_then(|row| row.strip_suffix('|'))
        .and_then(|row| row.rsplit_once('|'));
    let column = column.map_or("", |(_, column)| column);
    let is_name = |word: &&str| {
        word.contains('_')
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    column.split('`').skip(1).step_by(2).filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claim_without_its_test_is_found() {
        let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
        let source = file("crates/a/src/b.rs", "#[test]\nfn it_is_so() {}\n");
        let page = "| claim | test |\n|---|---|\n| in `seal.key` | `it_is_so`, `it_was_so` |\n";
        let found = check(&[source, file(PAGE, page)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].line == 3 && found[0].text.contains("it_was_so"), "{found:?}");
    }
}
