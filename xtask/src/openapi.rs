//! The OpenAPI document: written from the code, kept in the checkout, compared by ci.
//!
//! A change of the contract is thereby a visible change of `openapi/v1.json`, and a
//! client can be generated without building the server.

use anyhow::{Context, bail};
use std::fs;
use std::path::Path;

/// Where the document is kept.
const PATH: &str = "openapi/v1.json";

/// Writes the document, or with `check` compares it.
///
/// # Errors
/// When the file cannot be read or written, or differs (`check`).
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let fresh = topmast_api::openapi::text();
    let path = root.join(PATH);
    if !check {
        fs::write(&path, fresh).with_context(|| format!("write {PATH}"))?;
        println!("openapi: wrote {PATH}");
        return Ok(());
    }
    let kept = fs::read_to_string(&path)
        .with_context(|| format!("read {PATH}: write it with `cargo xtask openapi`"))?;
    if let Some(line) = first_difference(&kept, &fresh) {
        bail!(
            "openapi: {PATH} differs from the code at line {line}: run `cargo xtask openapi` and commit it"
        );
    }
    println!("openapi: {PATH} is up to date");
    Ok(())
}

/// The first line, from 1, in which two texts differ.
fn first_difference(a: &str, b: &str) -> Option<usize> {
    if a == b {
        return None;
    }
    let same = a.lines().zip(b.lines()).take_while(|(a, b)| a == b).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_is_found_in_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("a", "a\n"), Some(2));
    }
}
