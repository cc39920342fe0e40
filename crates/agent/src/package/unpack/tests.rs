//! Good archives, and those that want out or would fill the disk.

use super::*;
use ::zip::ZipWriter;
use ::zip::write::SimpleFileOptions;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Cursor;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

const BOUNDS: Bounds = Bounds { bytes: 1 << 20, entries: 100, by_room: false };

/// One entry: its kind, its name, and its content or where it leads.
type Entry<'a> = (EntryType, &'a str, &'a str);

fn tar_gz(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, name, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o6755);
        let is_file = *kind == EntryType::Regular;
        header.set_size(if is_file { content.len() as u64 } else { 0 });
        // As they are: the builder itself would refuse what is tried here.
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        if !is_file {
            old.linkname[..content.len()].copy_from_slice(content.as_bytes());
        }
        header.set_cksum();
        builder.append(&header, if is_file { content.as_bytes() } else { b"" }).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn zip(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (kind, name, content) in entries {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        match kind {
            EntryType::Symlink => writer.add_symlink(*name, *content, options).unwrap(),
            EntryType::Directory => writer.add_directory(*name, options).unwrap(),
            _ => {
                writer.start_file(*name, options).unwrap();
                writer.write_all(content.as_bytes()).unwrap();
            }
        }
    }
    writer.finish().unwrap().into_inner()
}

fn unpacked(format: PackageFormat, bytes: &[u8], bounds: Bounds) -> (TempDir, Result<(), UnpackError>) {
    let directory = tempfile::tempdir().unwrap();
    let (from, into) = (directory.path().join("package"), directory.path().join("inside"));
    fs::write(&from, bytes).unwrap();
    fs::create_dir(&into).unwrap();
    let result = unpack(&from, format, "switch", &into, bounds);
    (directory, result)
}

fn text(directory: &TempDir, name: &str) -> String {
    fs::read_to_string(directory.path().join("inside").join(name)).unwrap()
}

#[test]
fn good_archives_are_unpacked_whole() {
    use EntryType::{Directory, Link, Regular, Symlink};
    let entries = [
        (Directory, "lib/", ""),
        (Regular, "./lib/switch.so", "library"),
        (Regular, "bin/switch", "program"),
        (Symlink, "bin/latest", "../lib/switch.so"),
        (Symlink, "current", "lib"),
    ];
    for (format, bytes) in [(PackageFormat::TarGz, tar_gz(&entries)), (PackageFormat::Zip, zip(&entries))] {
        let (directory, result) = unpacked(format, &bytes, BOUNDS);
        result.unwrap();
        assert_eq!(text(&directory, "bin/switch"), "program", "{format}");
        assert_eq!(text(&directory, "bin/latest"), "library", "{format}");
        assert_eq!(text(&directory, "current/switch.so"), "library", "{format}");
        let mode = fs::metadata(directory.path().join("inside/bin/switch")).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o7777, 0o755, "{format}");
    }
    let linked = tar_gz(&[(Regular, "a", "same"), (Link, "b", "a")]);
    let (directory, result) = unpacked(PackageFormat::TarGz, &linked, BOUNDS);
    result.unwrap();
    assert_eq!(text(&directory, "b"), "same");
    let (directory, result) = unpacked(PackageFormat::File, b"program", BOUNDS);
    result.unwrap();
    assert_eq!(text(&directory, "switch"), "program");
}

#[test]
fn names_longer_than_a_header_are_taken() {
    let long = format!("{}/program", "directory".repeat(20));
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    builder.append_data(&mut header, &long, &b"x"[..]).unwrap();
    let (directory, result) =
        unpacked(PackageFormat::TarGz, &builder.into_inner().unwrap().finish().unwrap(), BOUNDS);
    result.unwrap();
    assert_eq!(text(&directory, &long), "x");
}

#[test]
fn nothing_gets_out_of_the_directory() {
    // PI-2
    use EntryType::{Char, Fifo, Link, Regular, Symlink};
    let cases: [(&str, &[Entry<'_>]); 12] = [
        ("parent", &[(Regular, "../outside", "x")]),
        ("parent inside", &[(Regular, "a/../../outside", "x")]),
        ("absolute", &[(Regular, "/tmp/topmast-outside", "x")]),
        ("link out", &[(Symlink, "a", "../outside")]),
        ("absolute link", &[(Symlink, "a", "/etc")]),
        ("link to nothing", &[(Symlink, "a", "b")]),
        ("write through a link", &[(Symlink, "a", ".."), (Regular, "a/outside", "x")]),
        // Each leads inside by its text, and both together lead out.
        (
            "chain",
            &[
                (Regular, "d/f", "x"),
                (Symlink, "d/up", ".."),
                (Symlink, "out", "d/up/../x"),
                (Regular, "x", "x"),
            ],
        ),
        ("hard link out", &[(Link, "a", "../outside")]),
        ("hard link to nothing", &[(Link, "a", "etc/passwd")]),
        ("device", &[(Char, "a", "")]),
        ("pipe", &[(Fifo, "a", "")]),
    ];
    for (what, entries) in cases {
        let (directory, result) = unpacked(PackageFormat::TarGz, &tar_gz(entries), BOUNDS);
        let error = result.expect_err(what);
        assert!(matches!(error, UnpackError::Unsafe(_)), "{what}: {error}");
        assert!(!directory.path().join("outside").exists(), "{what}");
    }
    for (what, entries) in [
        ("parent", &[(Regular, "../outside", "x")][..]),
        ("link out", &[(Symlink, "a", "../outside")]),
        ("backslashes", &[(Regular, "..\\outside", "x")]),
        ("twice", &[(Regular, "a", "x"), (Regular, "./a", "y")]),
    ] {
        let (directory, result) = unpacked(PackageFormat::Zip, &zip(entries), BOUNDS);
        let error = result.expect_err(what);
        assert!(matches!(error, UnpackError::Unsafe(_)), "{what}: {error}");
        assert!(!directory.path().join("outside").exists(), "{what}");
    }
}

#[test]
fn bombs_do_not_go_off() {
    let zeros = "0".repeat(2 << 20);
    let entries = [(EntryType::Regular, "bomb", zeros.as_str())];
    for (format, bytes) in [
        (PackageFormat::TarGz, tar_gz(&entries)),
        (PackageFormat::Zip, zip(&entries)),
        (PackageFormat::File, zeros.as_bytes().to_vec()),
    ] {
        let (_directory, result) = unpacked(format, &bytes, BOUNDS);
        assert!(matches!(result, Err(UnpackError::TooLarge(_))), "{format}: {result:?}");
    }
    let names: Vec<String> = (0..=BOUNDS.entries).map(|number| format!("f{number}")).collect();
    let many: Vec<Entry<'_>> = names.iter().map(|name| (EntryType::Regular, name.as_str(), "")).collect();
    for (format, bytes) in [(PackageFormat::TarGz, tar_gz(&many)), (PackageFormat::Zip, zip(&many))] {
        let (_directory, result) = unpacked(format, &bytes, BOUNDS);
        assert!(matches!(result, Err(UnpackError::TooMany(100))), "{format}: {result:?}");
    }
    let package = crate::package::place::tests::package("switch@1", b"x");
    let tight = Bounds::of(&package, 8 << 30, Some(40 << 20));
    assert_eq!((tight.bytes, tight.by_room), (36 << 20, true), "room is left for others");
    assert_eq!(Bounds::of(&package, 8 << 30, None).bytes, GROWTH_FREE, "it grows so much and no more");
}

#[test]
fn what_is_cut_or_no_archive_is_told() {
    let entries = [(EntryType::Regular, "a", "some text that is there")];
    for (format, bytes) in [(PackageFormat::TarGz, tar_gz(&entries)), (PackageFormat::Zip, zip(&entries))] {
        for length in 0..bytes.len() - 1 {
            let (_directory, result) = unpacked(format, &bytes[..length], BOUNDS);
            assert!(result.is_err(), "{format} cut at {length}");
        }
    }
    let (_directory, result) = unpacked(PackageFormat::TarGz, b"no archive at all", BOUNDS);
    assert!(result.unwrap_err().to_string().contains("no good tar.gz archive"));
}
