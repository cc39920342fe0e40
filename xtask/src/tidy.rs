//! Rules of the house as programs: a rule that nobody checks is gone in a year.
//!
//! ```text
//! files of the checkout -> rule(file) -> findings: PATH:LINE: what to do
//! ```
//!
//! A rule is a pure function over the text of files, so that its tests need no checkout.
//! In reading order: `tree` finds the files, `scan` tells code from comments and strings,
//! then one file a family of rules.

mod claims;
mod documents;
mod layers;
mod messages;
mod metrics;
mod scan;
mod sources;
mod tree;

use anyhow::bail;
use std::fmt;
use std::path::Path;
use tree::File;

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    text: String,
}

impl Finding {
    /// A finding in a file; `line` counts from 1.
    fn new(file: &File, line: usize, text: impl Into<String>) -> Self {
        Self { path: file.path.clone(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.text)
    }
}

/// Runs every rule over the checkout and prints what it finds.
///
/// # Errors
/// When a rule is broken, or a file or `cargo metadata` cannot be read.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let files = tree::read(root)?;
    let exists = |path: &str| root.join(path).exists();
    let catalogue = metrics::catalogue(&files)?;
    let mut findings = layers::check(&layers::packages(root)?);
    findings.extend(sources::stale_allowances(&files));
    findings.extend(claims::check(&files));
    for file in &files {
        findings.extend(sources::check(file));
        findings.extend(documents::check(file, &exists));
        if file.is_rust() {
            let scanned = scan::scan(&file.text);
            findings.extend(messages::check(file, &scanned));
            findings.extend(metrics::check(file, &scanned, &catalogue));
        }
    }
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy: {} findings in {} files read", findings.len(), files.len());
    }
    println!("tidy: {} files follow the rules", files.len());
    Ok(())
}
