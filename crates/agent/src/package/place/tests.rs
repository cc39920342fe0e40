//! Versions of one application, switched and pruned.

use super::*;
use tempfile::TempDir;
use topmast_model::id::ActionId;
use topmast_model::package::PackageFormat;

const UNIT: &str = "command = [\"{version_dir}/switch\"]\n";

/// A single file that is a package.
pub(crate) fn package(id: &str, bytes: &[u8]) -> Package {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    Package {
        id: id.parse().unwrap(),
        format: PackageFormat::File,
        file: Some("switch".to_owned()),
        sha256: Digest::of_bytes(digest.as_ref()).unwrap(),
        size: bytes.len() as u64,
        signature: None,
    }
}

struct Server {
    directory: TempDir,
    place: Place,
    policy: PackagePolicy,
}

impl Server {
    fn new(unit: Option<&str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let units = directory.path().join("apps.d");
        fs::create_dir(&units).unwrap();
        if let Some(unit) = unit {
            fs::write(units.join("switch.toml"), unit).unwrap();
        }
        let place = Place::new(directory.path(), &units, "switch");
        Self { place, directory, policy: PackagePolicy { keep_versions: 2, ..PackagePolicy::default() } }
    }

    fn unpack(&self, id: &str, bytes: &[u8]) -> Result<(), String> {
        let fetched = self.directory.path().join("fetched");
        fs::write(&fetched, bytes).unwrap();
        self.place.unpack(&fetched, &package(id, bytes), &self.policy)
    }

    fn switch(&self, id: &str) -> Begun {
        self.unpack(id, id.as_bytes()).unwrap();
        self.place.switch(&id.parse().unwrap(), step(), false).unwrap();
        *self.place.read().unwrap().begun.unwrap()
    }

    fn settle(&self) {
        for path in self.place.settle(&self.policy).unwrap() {
            fs::remove_dir_all(path).unwrap();
        }
    }

    /// What the current version's file holds, and the versions that are there.
    fn seen(&self) -> (String, Vec<String>) {
        let current = version_dir(self.directory.path(), "switch").join("switch");
        let entries = fs::read_dir(self.directory.path().join("installed/switch/versions")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        (fs::read_to_string(current).unwrap(), names)
    }
}

fn step() -> StepId {
    StepId { action: ActionId(Uuid::from_u128(1)), target: 0 }
}

#[test]
fn versions_are_switched_gone_back_from_and_pruned() {
    // PI-3
    let server = Server::new(Some(UNIT));
    server.switch("switch@1");
    server.settle();
    server.switch("switch@2");
    server.settle();
    assert_eq!(server.seen(), ("switch@2".into(), vec!["switch@1".into(), "switch@2".into()]));
    let begun = server.switch("switch@3");
    assert_eq!(server.seen().0, "switch@3");
    server.place.revert(&begun).unwrap();
    assert_eq!(server.seen().0, "switch@2");
    assert_eq!(server.place.read().unwrap().previous, ["switch@1".parse().unwrap()]);
    server.switch("switch@3");
    server.settle();
    assert_eq!(server.seen(), ("switch@3".into(), vec!["switch@2".into(), "switch@3".into()]));
    server.place.switch(&"switch@2".parse().unwrap(), step(), true).unwrap();
    server.settle();
    let installed = server.place.read().unwrap();
    assert_eq!((server.seen().0.as_str(), installed.previous.len()), ("switch@2", 0));
    let (count, old) = server.place.remove().unwrap();
    assert_eq!((count, old.is_dir()), (1, true));
    assert_eq!(server.place.read().unwrap(), Installed::default());
    assert!(server.directory.path().join("apps.d/switch.toml").exists(), "it did not come with the package");
}

#[test]
fn version_that_nothing_would_start_is_refused_and_leaves_nothing() {
    let cases = [
        (None, "nothing says how to run switch@1"),
        (Some("command = [\"/usr/bin/switch\"]"), "does not use {version_dir}"),
        (Some("command = [\"{version_dir}/switch\""), "unit file"),
    ];
    for (unit, expected) in cases {
        let server = Server::new(unit);
        let error = server.unpack("switch@1", b"x").unwrap_err();
        assert!(error.contains(expected), "{error}");
        let versions = server.directory.path().join("installed/switch/versions");
        assert_eq!(fs::read_dir(versions).unwrap().count(), 0, "{expected}");
    }
}

#[test]
fn version_that_runs_is_never_given_other_bytes() {
    let server = Server::new(Some(UNIT));
    server.switch("switch@1");
    server.settle();
    assert_eq!(server.place.has(&package("switch@1", b"switch@1")), Ok(true));
    assert!(server.place.has(&package("switch@1", b"other")).unwrap_err().contains("other bytes"));
    server.switch("switch@2");
    server.settle();
    assert_eq!(server.place.has(&package("switch@1", b"other")), Ok(false));
    server.unpack("switch@1", b"other").unwrap();
    assert_eq!(server.place.has(&package("switch@1", b"other")), Ok(true));
}

#[test]
fn what_an_agent_left_half_done_is_cleared() {
    let server = Server::new(Some(UNIT));
    server.switch("switch@1");
    server.settle();
    let versions = server.directory.path().join("installed/switch/versions");
    for left in ["abc.new", "abc.gone"] {
        fs::create_dir(versions.join(left)).unwrap();
    }
    fs::create_dir(server.directory.path().join("installed/.abc.gone")).unwrap();
    clear(server.directory.path());
    assert_eq!(server.seen().1, ["switch@1"]);
    assert_eq!(fs::read_dir(server.directory.path().join("installed")).unwrap().count(), 1);
}
