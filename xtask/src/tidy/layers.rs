//! The star of crates: who may depend on whom. Why: docs/adr/0001-crates-in-a-star.md.
//!
//! Invariants
//! - Dependencies for tests and builds count like any other: a test that needs a sibling
//!   belongs into `topmast-testkit`.

use super::Finding;
use anyhow::{Context, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// Every crate with the crates of ours that it may depend on.
const STAR: &[(&str, &[&str])] = &[
    // Level 0: the vocabulary.
    ("topmast-model", &[]),
    // Level 1: on the vocabulary only, never on a sibling.
    ("topmast-engine", &["topmast-model"]),
    ("topmast-journal", &["topmast-model"]),
    ("topmast-history", &["topmast-model"]),
    ("topmast-probe", &["topmast-model"]),
    ("topmast-wire", &["topmast-model"]),
    ("topmast-ingest", &["topmast-model"]),
    ("topmast-aws", &["topmast-model"]),
    ("topmast-logfile", &["topmast-model"]),
    ("topmast-logs", &[]),
    ("topmast-chart", &[]),
    ("topmast-api", &["topmast-model"]),
    // Level 2: the processes. Agent and master meet in `wire` alone; `ingest` and `logfile` are read by both.
    (
        "topmast-agent",
        &["topmast-model", "topmast-probe", "topmast-wire", "topmast-ingest", "topmast-logfile"],
    ),
    (
        "topmast-master",
        &[
            "topmast-model",
            "topmast-engine",
            "topmast-journal",
            "topmast-history",
            "topmast-probe",
            "topmast-wire",
            "topmast-ingest",
            "topmast-aws",
            "topmast-logfile",
            "topmast-logs",
            "topmast-chart",
            "topmast-api",
        ],
    ),
    // The console's binary carries the master and the agent inside.
    (
        "topmast-console",
        &["topmast-model", "topmast-probe", "topmast-api", "topmast-agent", "topmast-master"],
    ),
    // Level 3: the whole system under test.
    (
        "topmast-testkit",
        &[
            "topmast-model",
            "topmast-engine",
            "topmast-journal",
            "topmast-history",
            "topmast-probe",
            "topmast-wire",
            "topmast-ingest",
            "topmast-aws",
            "topmast-api",
            "topmast-agent",
            "topmast-master",
            "topmast-console",
        ],
    ),
    // Beside the star.
    ("payment-switch", &[]),
    (
        "topmast-fuzz",
        &[
            "topmast-model",
            "topmast-engine",
            "topmast-history",
            "topmast-probe",
            "topmast-wire",
            "topmast-ingest",
            "topmast-aws",
            "topmast-agent",
        ],
    ),
    ("xtask", &["topmast-api"]),
];

/// A package of the workspace and what it depends on by path.
#[derive(Debug)]
pub(super) struct Package {
    name: String,
    dependencies: Vec<String>,
}

/// Asks cargo for the packages of the workspace.
///
/// # Errors
/// When cargo cannot be run or does not understand the manifests.
pub(super) fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let output = Command::new("cargo")
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).context("read cargo metadata")?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    Ok(packages.iter().map(package).collect())
}

fn package(value: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let dependencies = value["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours = dependencies.iter().filter(|dependency| dependency["path"].is_string());
    Package {
        name: text(&value["name"]),
        dependencies: ours.map(|dependency| text(&dependency["name"])).collect(),
    }
}

/// Checks every package against the table.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Package) -> Vec<Finding> {
    let finding = |text| Finding { path: package.name.clone(), line: 1, text };
    let Some((_, allowed)) = STAR.iter().find(|(name, _)| *name == package.name) else {
        return vec![finding("is not in the table of layers: add it to xtask/src/tidy/layers.rs".to_owned())];
    };
    let forbidden = package.dependencies.iter().filter(|dependency| !allowed.contains(&dependency.as_str()));
    forbidden
        .map(|dependency| {
            finding(format!("must not depend on {dependency} (docs/adr/0001-crates-in-a-star.md)"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn expect(name: &str, dependencies: &[&str], words: &[&str]) {
        let all: Vec<Value> = dependencies.iter().map(|name| json!({"name": name, "path": "/x"})).collect();
        let outside = json!({"name": "serde", "path": null});
        let all: Vec<Value> = all.into_iter().chain([outside]).collect();
        let found = check(&[package(&json!({"name": name, "dependencies": all}))]);
        assert_eq!(found.len(), words.len(), "{name}: {found:?}");
        assert!(found.iter().zip(words).all(|(finding, words)| finding.text.contains(words)), "{found:?}");
    }

    #[test]
    fn siblings_and_upward_dependencies_are_refused() {
        expect("topmast-engine", &["topmast-model"], &[]);
        expect("topmast-engine", &["topmast-model", "topmast-journal"], &["on topmast-journal"]);
        expect("topmast-model", &["topmast-engine"], &["on topmast-engine"]);
        expect("topmast-agent", &["topmast-wire", "topmast-master"], &["on topmast-master"]);
        expect("topmast-console", &["topmast-master", "topmast-agent"], &[]);
        expect("topmast-extra", &[], &["is not in the table"]);
    }

    #[test]
    fn levels_hold_within_the_table_itself() {
        // A crate may only depend on crates that stand above it in the table.
        for (index, (name, allowed)) in STAR.iter().enumerate() {
            for dependency in *allowed {
                let place = STAR.iter().position(|(name, _)| name == dependency);
                assert!(place.is_some_and(|place| place < index), "{name} -> {dependency}");
            }
        }
    }
}
