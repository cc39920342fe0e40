//! The release files: both binaries with thin LTO, and their checksums.

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is shipped, with the package that builds it.
const BINARIES: [(&str, &str); 2] = [("topmast-console", "topmast"), ("topmast-agent", "topmast-agent")];

/// Builds with the profile `dist` into `dist/`, beside a `SHA256SUMS` that `sha256sum -c` reads.
///
/// # Errors
/// When the build fails or a file cannot be written.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "--profile", "dist"]).current_dir(root);
    for (package, binary) in BINARIES {
        build.args(["--package", package, "--bin", binary]);
    }
    ensure!(build.status().context("run cargo build")?.success(), "cargo build failed");

    let folder = root.join("dist");
    fs::create_dir_all(&folder).context("create dist/")?;
    let built = root.join("target/dist");
    let mut sums = String::new();
    for (_, binary) in BINARIES {
        let bytes = fs::read(built.join(binary)).with_context(|| format!("read target/dist/{binary}"))?;
        sums.push_str(&sum_line(&bytes, binary));
        // A copy and not a write: it keeps the file executable.
        fs::copy(built.join(binary), folder.join(binary)).with_context(|| format!("write dist/{binary}"))?;
    }
    fs::write(folder.join("SHA256SUMS"), &sums).context("write dist/SHA256SUMS")?;
    print!("{sums}");
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
