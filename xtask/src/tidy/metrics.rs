//! The rule that every metric of ours has a row in the catalogue.

use super::Finding;
use super::scan::{Scanned, scan};
use super::tree::File;
use anyhow::Context;
use std::collections::BTreeSet;

/// Where the rows are.
const CATALOGUE: &str = "crates/model/src/catalogue.rs";
/// First words of our metrics' names.
const NAMESPACES: [&str; 5] = ["host_", "application_", "service_", "agent_", "master_"];
/// Last words: the base units, and `_total`. A name without one is a field or a label.
const UNITS: [&str; 5] = ["_total", "_seconds", "_bytes", "_ratio", "_count"];

/// The names of the catalogue.
///
/// # Errors
/// When the catalogue is not among the files.
pub(super) fn catalogue(files: &[File]) -> anyhow::Result<BTreeSet<String>> {
    let file = files.iter().find(|file| file.path == CATALOGUE);
    let file = file.with_context(|| format!("{CATALOGUE} is missing"))?;
    Ok(scan(&file.text)
        .literals
        .into_iter()
        .map(|literal| literal.text)
        .filter(|text| is_metric(text))
        .collect())
}

/// Checks the string literals of one source file.
pub(super) fn check(file: &File, scanned: &Scanned, catalogue: &BTreeSet<String>) -> Vec<Finding> {
    if !file.path.starts_with("crates/") {
        return Vec::new();
    }
    let unknown =
        scanned.literals.iter().filter(|text| is_metric(&text.text) && !catalogue.contains(&text.text));
    unknown
        .map(|literal| {
            let text = format!("metric `{}` has no row in {CATALOGUE}", literal.text);
            Finding::new(file, scanned.line(literal.offset), text)
        })
        .collect()
}

fn is_metric(text: &str) -> bool {
    NAMESPACES.iter().any(|namespace| text.starts_with(namespace))
        && UNITS.iter().any(|unit| text.ends_with(unit))
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn metric_without_a_row_is_found() {
        let rows = catalogue(&[file(CATALOGUE, r#"A = "host_cpu_count" Gauge;"#)]).unwrap();
        let found = |path: &str, text: &str| check(&file(path, text), &scan(text), &rows).len();
        assert_eq!(found("crates/a/src/b.rs", r#"f("host_cpu_count")"#), 0);
        assert_eq!(found("crates/a/src/b.rs", r#"f("host_gpu_count")"#), 1);
        assert_eq!(found("crates/a/src/b.rs", r#"f("application_id", "host_name", "host_{x}_count")"#), 0);
        assert_eq!(found("demo/a/src/b.rs", r#"f("host_gpu_count")"#), 0);
        assert!(catalogue(&[]).is_err());
    }
}
