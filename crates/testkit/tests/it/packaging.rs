//! What is handed to administrators beside the programs.

use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;

/// Ten times the rating that systemd gives: above 20 it would not be "OK" with room to spare.
const EXPOSURE_MAX: &str = "--threshold=20";

#[test]
fn systemd_finds_the_masters_sandbox_tight() -> anyhow::Result<()> {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/systemd/topmast-master.service");
    let looked = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager", EXPOSURE_MAX])
        .arg(&unit)
        .output()
        .context("run systemd-analyze of Debian's systemd")?;
    let said = String::from_utf8_lossy(&looked.stdout);
    ensure!(looked.status.success(), "{said}\n{}", String::from_utf8_lossy(&looked.stderr));
    ensure!(said.contains("Overall exposure level for topmast-master.service"), "{said}");
    Ok(())
}
