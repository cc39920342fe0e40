//! The release files: both binaries, their checksums, and the bill of what is inside.
//!
//! Each is built by a cargo of its own: in one build the agent would carry the features of the console's
//! dependencies.

use crate::sbom;
use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is shipped: package, binary, profile.
const BINARIES: [(&str, &str, &str); 2] =
    [("topmast-console", "topmast", "dist"), ("topmast-agent", "topmast-agent", "agent")];

/// What shows that the console was built, to be embedded into the master.
const CONSOLE: &str = "ui/dist/index.html";

/// Builds into `dist/`, beside a `SHA256SUMS` that `sha256sum -c` reads.
///
/// # Errors
/// When the console was not built, the build fails or a file cannot be written.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    ensure!(
        root.join(CONSOLE).exists(),
        "{CONSOLE} is missing: run `make dist`, which builds the console first"
    );
    let folder = root.join("dist");
    fs::create_dir_all(&folder).context("create dist/")?;
    let mut sums = String::new();
    for (package, binary, profile) in BINARIES {
        let mut build = Command::new("cargo");
        build.args(["build", "--locked", "--profile", profile, "--package", package, "--bin", binary]);
        let built = build.current_dir(root).status().context("run cargo build")?;
        ensure!(built.success(), "cargo build of {package} failed");
        let built = root.join("target").join(profile).join(binary);
        let bytes = fs::read(&built).with_context(|| format!("read {}", built.display()))?;
        sums.push_str(&sum_line(&bytes, binary));
        // A copy and not a write: it keeps the file executable.
        fs::copy(&built, folder.join(binary)).with_context(|| format!("write dist/{binary}"))?;
    }
    fs::write(folder.join("SHA256SUMS"), &sums).context("write dist/SHA256SUMS")?;
    print!("{sums}");
    sbom::write(root, &folder.join("topmast.cdx.json"))?;
    Ok(())
}

fn sum_line(bytes: &[u8], name: &str) -> String {
    let mut line = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(line, "{byte:02x}"); // writing to a String cannot fail
    }
    line + "  " + name + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_line_is_what_sha256sum_reads() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  x\n";
        assert_eq!(sum_line(b"", "x"), empty);
    }
}
