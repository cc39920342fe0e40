//! Files in pieces: every line once, with what stands around it, however long lines and files are.

use super::*;
use crate::fixture::Disk;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::Write;
use std::path::Path;

/// The lines of all pieces in the order of the file, and how many pieces there were.
fn read(path: &Path, newest_first: bool, context: u16) -> (Vec<u8>, usize) {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let content = Content::open(&Disk, path).unwrap();
    content
        .pieces(newest_first, context, |piece| {
            pieces.push(piece.bytes[piece.own.clone()].to_vec());
            true
        })
        .unwrap();
    if newest_first {
        pieces.reverse();
    }
    (pieces.concat(), pieces.len())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn check(bytes: &[u8], context: u16) {
    let directory = tempfile::tempdir().unwrap();
    let (plain, packed) = (directory.path().join("a.log"), directory.path().join("a.log.1.gz"));
    std::fs::write(&plain, bytes).unwrap();
    std::fs::write(&packed, gzip(bytes)).unwrap();
    for (path, newest_first) in [(&plain, true), (&plain, false), (&packed, false)] {
        let (whole, _) = read(path, newest_first, context);
        assert_eq!(whole.len(), bytes.len());
        assert!(whole == bytes, "CO-1: newest first {newest_first}, context {context}");
    }
}

#[test]
fn long_files_and_lines_longer_than_a_piece_come_whole() {
    let many: Vec<u8> = (0..400_000).flat_map(|number| format!("line {number}\n").into_bytes()).collect();
    let long = [b"a\n".to_vec(), vec![b'x'; 10 << 20], b"\nz\n".to_vec(), vec![b'y'; 3 << 20]].concat();
    let endless = vec![b'e'; 40 << 20];
    for context in [0, 3] {
        check(&many, context);
        check(&long, context);
    }
    check(&endless, 2);
}

#[test]
fn lines_around_a_piece_are_those_of_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    let lines: Vec<String> = (0..200_000).map(|number| format!("line {number:06}")).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    for newest_first in [true, false] {
        let mut count = 0;
        let content = Content::open(&Disk, &path).unwrap();
        let taken = content.pieces(newest_first, 5, |piece| {
            count += 1;
            let text = std::str::from_utf8(piece.bytes).unwrap();
            let first = text.lines().next().unwrap();
            let begin = lines.iter().position(|line| line == first).expect("a whole line");
            let same = text.lines().zip(&lines[begin..]).all(|(is, expected)| is == expected);
            assert!(same, "{first}");
            let lead = std::str::from_utf8(&piece.bytes[..piece.own.start]).unwrap().lines().count();
            let trail = std::str::from_utf8(&piece.bytes[piece.own.end..]).unwrap().lines().count();
            assert!(lead == 5.min(begin + lead), "{lead}");
            assert!(trail >= 5 || begin + text.lines().count() == lines.len(), "{trail}");
            true
        });
        assert!(taken.unwrap() && count > 1);
    }
}

#[test]
fn what_is_no_text_is_told_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.log");
    for (bytes, expect) in [
        (&b"\x28\xb5\x2f\xfd\0\0"[..], "zstd"),
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh9\x31", "bzip2"),
        (b"\x7fELF\x02\0\0", "binary"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let Content::Unreadable(why) = Content::open(&Disk, &path).unwrap() else { panic!("{expect}") };
        assert!(why.contains(expect), "{why}");
    }
    let cut = &gzip(&vec![b'x'; 1 << 20])[..900];
    std::fs::write(&path, cut).unwrap();
    assert!(Content::open(&Disk, &path).unwrap().pieces(false, 0, |_| true).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_come_whole(
        lines in prop::collection::vec(prop::collection::vec(1_u8..=255, 0..40), 0..40),
        repeated in 1_usize..2_000,
        context in 0_u16..4,
    ) {
        let mut once = lines.join(&b'\n');
        once.insert(0, b'a');
        check(&once.repeat(repeated), context);
    }
}
