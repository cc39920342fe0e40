//! Rules about files as such: header, size, name, leftovers, paths of one machine.

use super::Finding;
use super::tree::File;

/// Most lines of a file without its tests, and most lines of its tests.
const LINES_MAX: usize = 600;
/// Most lines of a `lib.rs`: it is a table of contents.
const LIB_LINES_MAX: usize = 120;
/// Files that may be longer, each with its reason.
const LONG: &[(&str, &str)] = &[
    (
        "crates/model/src/command.rs",
        "one enum, each variant with its documentation: it cannot be in two files",
    ),
    ("crates/model/src/event.rs", "one enum: it cannot be in two files"),
];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["utils", "util", "common", "helpers", "helper", "misc"];
/// Marks of unfinished work. Put together here, so that this file does not find itself.
const MARKS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
/// A folder of the machine that the project was written on.
const MACHINE_PATH: &str = concat!("/wo", "rk/");

/// Checks one file.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    if file.is_rust() {
        check_rust(file, &mut findings);
    }
    for (index, line) in file.text.lines().enumerate() {
        for mark in MARKS.iter().filter(|mark| has_word(line, mark)) {
            findings.push(Finding::new(
                file,
                index + 1,
                format!("{mark} left behind: finish it or open an issue"),
            ));
        }
        if names_machine_path(line) {
            findings.push(Finding::new(
                file,
                index + 1,
                "a path of one machine: say it relative to the checkout",
            ));
        }
    }
    findings
}

/// Allowances of [`LONG`] that nobody needs any more.
pub(super) fn stale_allowances(files: &[File]) -> Vec<Finding> {
    let needed =
        |path: &str| files.iter().any(|file| file.path == path && longest_part(&file.text) > LINES_MAX);
    let stale = LONG.iter().filter(|(path, _)| !needed(path));
    stale
        .map(|(path, _)| Finding {
            path: (*path).to_owned(),
            line: 1,
            text: "is on the list of long files but is not long: take it off".to_owned(),
        })
        .collect()
}

fn check_rust(file: &File, findings: &mut Vec<Finding>) {
    if !file.text.starts_with("//!") {
        findings.push(Finding::new(
            file,
            1,
            "no header: begin with `//!`, what the file is and what must hold",
        ));
    }
    for part in file.path.split('/') {
        if EMPTY_NAMES.contains(&part.trim_end_matches(".rs")) {
            findings.push(Finding::new(
                file,
                1,
                format!("`{part}` says nothing: name the file by what it holds"),
            ));
        }
    }
    if file.name() == "mod.rs" {
        findings.push(Finding::new(file, 1, "mod.rs: call it foo.rs beside the folder foo/"));
    }
    let lines = longest_part(&file.text);
    if lines > LINES_MAX && !LONG.iter().any(|(path, _)| *path == file.path) {
        findings.push(Finding::new(
            file,
            1,
            format!("{lines} lines, at most {LINES_MAX}: split it by its nouns"),
        ));
    }
    let total = file.text.lines().count();
    if file.name() == "lib.rs" && total > LIB_LINES_MAX {
        findings.push(Finding::new(file, 1, format!("{total} lines, at most {LIB_LINES_MAX} in a lib.rs")));
    }
}

/// Lines of the code or of the tests at its foot, whichever are more.
fn longest_part(text: &str) -> usize {
    let total = text.lines().count();
    let code = text.lines().position(|line| line == "#[cfg(test)]").unwrap_or(total);
    code.max(total - code)
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        [before, after].into_iter().flatten().all(|c| !c.is_alphanumeric() && c != '_')
    })
}

fn names_machine_path(line: &str) -> bool {
    line.match_indices(MACHINE_PATH).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !"._-*}>".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rules say about a file, each finding shortened to its first words.
    fn check_text(path: &str, text: &str) -> Vec<String> {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|finding| format!("{}: {}", finding.line, finding.text)).collect()
    }

    fn expect(path: &str, text: &str, words: &[&str]) {
        let found = check_text(path, text);
        assert_eq!(found.len(), words.len(), "{path}: {found:?}");
        for (finding, words) in found.iter().zip(words) {
            assert!(finding.contains(words), "{path}: {finding:?} has not {words:?}");
        }
    }

    #[test]
    fn header_and_names() {
        expect("crates/a/src/b.rs", "//! What it is.\n", &[]);
        expect("crates/a/src/b.rs", "// What it is.\n", &["1: no header"]);
        expect("crates/a/src/utils.rs", "//! X.\n", &["`utils.rs` says nothing"]);
        expect("crates/a/src/common/b.rs", "//! X.\n", &["`common` says nothing"]);
        expect("crates/a/src/b/mod.rs", "//! X.\n", &["mod.rs: call it"]);
        expect("docs/guide/utils.md", "no rule about pages\n", &[]);
    }

    #[test]
    fn size_counts_code_and_tests_apart() {
        let lines = |n: usize| "x\n".repeat(n);
        let file = |code: usize, tests: usize| {
            format!("//! X.\n{}#[cfg(test)]\n{}", lines(code - 1), lines(tests - 1))
        };
        expect("crates/a/src/b.rs", &file(600, 600), &[]);
        expect("crates/a/src/b.rs", &file(601, 10), &["601 lines, at most 600"]);
        expect("crates/a/src/b.rs", &file(10, 601), &["601 lines, at most 600"]);
        expect("crates/a/src/lib.rs", &file(100, 20), &[]);
        expect("crates/a/src/lib.rs", &file(100, 21), &["121 lines, at most 120"]);
    }

    #[test]
    fn leftovers_and_machine_paths() {
        let [todo, _] = MARKS;
        expect("README.md", &format!("a\n{todo}: b\n"), &[&format!("2: {todo} left behind")]);
        expect("README.md", &format!("clippy::{} and {todo}S\n", todo.to_lowercase()), &[]);
        expect("README.md", &format!("see `{MACHINE_PATH}main`\n"), &["1: a path of one machine"]);
        expect("README.md", &format!("the net{} and a/b{MACHINE_PATH}c\n", &MACHINE_PATH[1..]), &[]);
    }
}
