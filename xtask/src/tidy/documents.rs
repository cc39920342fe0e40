//! The rule that what a page names exists: paths between backticks, and links.
//!
//! A word between backticks is a path of ours when its first part is one of [`TOPS`];
//! anything else (`/api/v1`, `apps.d/NAME.toml`) belongs to the product. The same holds
//! for pages named in the comments of Rust source (`docs/….md`).

use super::Finding;
use super::tree::{self, File};
use std::path::{Component, Path, PathBuf};

/// The folders of the checkout that a page may speak of.
const TOPS: [&str; 13] = [
    ".cargo",
    ".ci",
    ".config",
    "crates",
    "demo",
    "docs",
    "fixtures",
    "fuzz",
    "openapi",
    "packaging",
    "scripts",
    "ui",
    "xtask",
];

/// Checks one page, or the pages that one source file names.
pub(super) fn check(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    if file.is_page() {
        check_page(file, exists)
    } else if file.is_rust() {
        check_comments(file, exists)
    } else {
        Vec::new()
    }
}

fn check_page(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_fence = false;
    for (index, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        if in_fence {
            continue;
        }
        // Odd pieces between backticks are code; what is outside may hold links.
        let pieces: Vec<&str> = line.split('`').collect();
        for word in pieces.iter().skip(1).step_by(2) {
            for path in expand(word) {
                if is_ours(&path) && !exists(stem(&path)) {
                    findings.push(Finding::new(file, index + 1, format!("`{path}` does not exist")));
                }
            }
        }
        for target in links(line) {
            let path = resolve(&file.path, target);
            if !path.is_empty() && !exists(&path) {
                findings.push(Finding::new(
                    file,
                    index + 1,
                    format!("link to {target}: {path} does not exist"),
                ));
            }
        }
    }
    findings
}

fn check_comments(file: &File, exists: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let Some(comment) = line.trim_start().strip_prefix("//") else { continue };
        for word in comment.split(|c: char| !(c.is_alphanumeric() || "/._-".contains(c))) {
            let word = word.trim_end_matches('.');
            if word.starts_with("docs/") && tree::has_extension(word, "md") && !exists(word) {
                findings.push(Finding::new(file, index + 1, format!("names {word}, which does not exist")));
            }
        }
    }
    findings
}

/// `a/{b,c}.md` stands for `a/b.md` and `a/c.md`.
fn expand(word: &str) -> Vec<String> {
    let braces = word.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match braces {
        None => vec![word.to_owned()],
        Some((before, (inside, after))) => {
            inside.split(',').flat_map(|part| expand(&format!("{before}{part}{after}"))).collect()
        }
    }
}

/// True for a path of the checkout; patterns with `<noun>` or blanks are not.
fn is_ours(word: &str) -> bool {
    let is_plain = word.chars().all(|c| c.is_alphanumeric() || "/._-*:".contains(c));
    let top = word.split_once('/').map(|(top, _)| top);
    is_plain && top.is_some_and(|top| TOPS.contains(&top))
}

/// The part of a path that must exist: up to a `*`, without a line number.
fn stem(path: &str) -> &str {
    let path = path.split(':').next().unwrap_or_default();
    match path.split_once('*') {
        Some((before, _)) => before.rsplit_once('/').map_or("", |(folder, _)| folder),
        None => path.trim_end_matches('/'),
    }
}

/// Targets of the Markdown links of a line, without those to other hosts.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

/// A link's path from the top of the checkout; empty for a link within its page.
fn resolve(page: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    if target.is_empty() {
        return String::new();
    }
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for part in folder.join(target).components() {
        match part {
            // Too many steps up stay visible: no such path exists in the checkout.
            Component::ParentDir if path.file_name().is_some() => _ = path.pop(),
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRESENT: [&str; 4] = ["docs/adr", "docs/adr/0001-x.md", "crates/model", "README.md"];

    fn expect(path: &str, text: &str, words: &[&str]) {
        let file = File { path: path.to_owned(), text: text.to_owned() };
        let found = check(&file, &|path| PRESENT.contains(&path));
        assert_eq!(found.len(), words.len(), "{text}: {found:?}");
        assert!(found.iter().zip(words).all(|(finding, words)| finding.text.contains(words)), "{found:?}");
    }

    #[test]
    fn paths_between_backticks_exist() {
        expect("README.md", "`docs/adr/0001-x.md`, `crates/model/`, `docs/adr/*.md`", &[]);
        expect("README.md", "`/api/v1`, `apps.d/NAME.toml`, `docs/<noun>.md`, `cargo test`", &[]);
        expect("README.md", "see `docs/gone.md`", &["`docs/gone.md` does not exist"]);
        expect("README.md", "`docs/{adr,gone}`", &["`docs/gone`"]);
        expect("README.md", "```\n`docs/gone.md`\n```\n", &[]);
    }

    #[test]
    fn relative_links_resolve() {
        expect("docs/adr/0001-x.md", "[up](../../README.md#start) [self](#a) [x](https://x.test/y)", &[]);
        expect("docs/adr/0001-x.md", "[x](0002-y.md)", &["docs/adr/0002-y.md does not exist"]);
        expect("README.md", "[x](../README.md)", &["../README.md does not exist"]);
    }

    #[test]
    fn pages_named_in_comments_exist() {
        expect("a.rs", "//! Why: docs/adr/0001-x.md.\n", &[]);
        expect("a.rs", "//! Bytes: docs/formats/gone.md.\n", &["docs/formats/gone.md"]);
        expect("a.rs", "let path = \"docs/gone.md\";\n", &[]);
    }
}
