//! Packages: whatever an archive holds, nothing of it comes to lie, or leads, outside of its directory.
//!
//! The first byte says which format the rest is said to have.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::Path;
use topmast_agent::package::{Bounds, unpack};
use topmast_model::package::PackageFormat;

/// Everything in a directory leads to somewhere in it.
fn check(directory: &Path, root: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        assert!(path.canonicalize().unwrap().starts_with(root), "{}", path.display());
        if path.symlink_metadata().unwrap().is_dir() {
            check(&path, root);
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((format, bytes)) = input.split_first() else { return };
    let format = PackageFormat::ALL[usize::from(*format) % PackageFormat::ALL.len()];
    let top = std::env::temp_dir().join(format!("topmast-fuzz-package-{}", std::process::id()));
    let (from, inside) = (top.join("package"), top.join("a/b/inside"));
    let _ = fs::remove_dir_all(&top);
    fs::create_dir_all(&inside).unwrap();
    fs::write(&from, bytes).unwrap();
    let bounds = Bounds { bytes: 1 << 20, entries: 100, by_room: false };
    let unpacked = unpack(&from, format, "switch", &inside, bounds);
    for (directory, count) in [(top.join("a/b"), 1), (top.join("a"), 1), (top.clone(), 2)] {
        assert_eq!(fs::read_dir(directory).unwrap().count(), count);
    }
    if unpacked.is_ok() {
        check(&inside, &inside.canonicalize().unwrap());
    }
    fs::remove_dir_all(&top).unwrap();
});
