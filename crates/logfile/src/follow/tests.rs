//! Rotation of every kind, at any moment: each line once.

#![expect(clippy::disallowed_methods, reason = "somebody else rotates real files")]

use super::*;
use crate::fixture::{ByNumber, disk};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::Write;

/// Somebody who writes numbered lines to a file and rotates it.
struct Writer {
    path: PathBuf,
    file: File,
    number: u64,
    /// Renamed files that are kept.
    keep: u32,
}

impl Writer {
    fn new(directory: &Path) -> Self {
        let path = directory.join("app.log");
        let file = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        Self { path, file, number: 0, keep: 8 }
    }

    fn line(&mut self) {
        writeln!(
            self.file,
            "line {} {}",
            self.number,
            "x".repeat(usize::try_from(self.number % 50).unwrap())
        )
        .unwrap();
        self.number += 1;
    }

    /// The beginning of a line, which the next one ends.
    fn part(&mut self) {
        write!(self.file, "line {} ", self.number).unwrap();
        self.file.flush().unwrap();
        writeln!(self.file, "in parts").unwrap();
        self.number += 1;
    }

    fn at(&self, number: u32) -> PathBuf {
        PathBuf::from(format!("{}.{number}", self.path.display()))
    }

    fn shift(&self) {
        for number in (1..self.keep).rev() {
            for end in ["", ".gz"] {
                let from = PathBuf::from(format!("{}{end}", self.at(number).display()));
                let to = PathBuf::from(format!("{}{end}", self.at(number + 1).display()));
                if from.exists() {
                    fs::rename(from, to).unwrap();
                }
            }
        }
        for end in ["", ".gz"] {
            let _ = fs::remove_file(format!("{}{end}", self.at(self.keep).display()));
        }
    }

    fn rename(&mut self) {
        self.shift();
        fs::rename(&self.path, self.at(1)).unwrap();
        self.file = OpenOptions::new().append(true).create(true).open(&self.path).unwrap();
    }

    /// As a writer that opens its new file a little later.
    fn rename_and_write_on(&mut self) {
        self.shift();
        fs::rename(&self.path, self.at(1)).unwrap();
        self.line();
        self.file = OpenOptions::new().append(true).create(true).open(&self.path).unwrap();
        self.line();
    }

    fn copy_and_cut(&mut self) {
        self.shift();
        fs::copy(&self.path, self.at(1)).unwrap();
        self.file.set_len(0).unwrap();
    }

    fn pack(&self) {
        let path = self.at(1);
        if let Ok(bytes) = fs::read(&path) {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&bytes).unwrap();
            fs::write(format!("{}.gz", path.display()), encoder.finish().unwrap()).unwrap();
            fs::remove_file(path).unwrap();
        }
    }
}

fn source(directory: &Path) -> Source {
    Source {
        application: "app".into(),
        name: "app.log".into(),
        path: directory.join("app.log"),
        journal: None,
    }
}

fn look(follower: &mut Follower, seen: &mut Vec<u64>) {
    while !follower
        .look(&mut Vec::new(), |line, more| {
            assert_eq!(more, 0);
            let text = std::str::from_utf8(line).unwrap();
            seen.push(text.split(' ').nth(1).unwrap_or_else(|| panic!("{text:?}")).parse().unwrap());
        })
        .unwrap()
    {}
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Lines(u8),
    Part,
    Rename,
    RenameLate,
    CopyAndCut,
    Pack,
    Look,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1_u8..30).prop_map(Step::Lines),
        1 => Just(Step::Part),
        2 => Just(Step::Rename),
        1 => Just(Step::RenameLate),
        2 => Just(Step::CopyAndCut),
        1 => Just(Step::Pack),
        4 => Just(Step::Look),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn every_line_is_seen_once_through_any_rotation(before in 0_u8..20, steps in prop::collection::vec(step(), 0..60)) {
        // F-1
        every_line_is_seen_once(&disk(), before, &steps)?;
    }

    #[test]
    fn every_line_is_seen_once_when_no_file_is_held_open(before in 0_u8..20, steps in prop::collection::vec(step(), 0..60)) {
        // F-1
        every_line_is_seen_once(&(Rc::new(ByNumber::default()) as Rc<dyn Files>), before, &steps)?;
    }
}

fn every_line_is_seen_once(files: &Rc<dyn Files>, before: u8, steps: &[Step]) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(directory.path());
    (0..before).for_each(|_| writer.line());
    let first = writer.number;
    let (mut follower, _) = Follower::at_end(Rc::clone(files), source(directory.path()));
    let (mut seen, mut rotations) = (Vec::new(), 0);
    for step in steps {
        match step {
            Step::Lines(count) => (0..*count).for_each(|_| writer.line()),
            Step::Part => writer.part(),
            Step::Look => {
                look(&mut follower, &mut seen);
                rotations = 0;
            }
            Step::Rename | Step::RenameLate | Step::CopyAndCut if rotations == 5 => {}
            Step::Rename => {
                writer.rename();
                rotations += 1;
            }
            Step::RenameLate => {
                writer.rename_and_write_on();
                rotations += 1;
            }
            Step::CopyAndCut => {
                writer.line();
                writer.copy_and_cut();
                rotations += 1;
            }
            // While a file may still be written nobody packs it.
            Step::Pack => writer.pack(),
        }
    }
    look(&mut follower, &mut seen);
    look(&mut follower, &mut seen);
    seen.sort_unstable();
    let expect: Vec<u64> = (first..writer.number).collect();
    let missing: Vec<&u64> = expect.iter().filter(|number| !seen.contains(number)).take(5).collect();
    let repeated: Vec<_> = seen.windows(2).filter(|pair| pair[0] == pair[1]).take(5).collect();
    prop_assert!(seen == expect, "missing {:?}, repeated {:?}", missing, repeated);
    Ok(())
}

#[test]
fn file_that_is_rotated_all_the_time_loses_and_repeats_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut follower, _) = Follower::at_end(disk(), source(directory.path()));
    let mut writer = Writer::new(directory.path());
    // Far more than are made while the follower is not looked at.
    writer.keep = 400;
    let writing = std::thread::spawn(move || {
        for turn in 0..300 {
            (0..40).for_each(|_| writer.line());
            if turn % 3 == 0 { writer.rename_and_write_on() } else { writer.rename() }
        }
        writer.number
    });
    let mut seen = Vec::new();
    while !writing.is_finished() {
        look(&mut follower, &mut seen);
    }
    let number = writing.join().unwrap();
    look(&mut follower, &mut seen);
    look(&mut follower, &mut seen);
    seen.sort_unstable();
    let repeated = seen.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert_eq!(
        (seen.len() as u64, repeated),
        (number, 0),
        "first {:?}, last {:?}",
        seen.first(),
        seen.last()
    );
}

#[test]
fn file_that_was_given_its_name_back_is_read_on() {
    let by_number: Rc<dyn Files> = Rc::new(ByNumber::default());
    for files in [disk(), by_number] {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = Writer::new(directory.path());
        let (mut follower, _) = Follower::at_end(files, source(directory.path()));
        let mut seen = Vec::new();
        writer.line();
        writer.rename();
        look(&mut follower, &mut seen);
        fs::rename(writer.at(1), &writer.path).unwrap();
        let mut count = 0;
        let is_done = follower.look(&mut Vec::new(), |_, _| count += 1).unwrap();
        assert!(is_done && count == 0, "one look is enough");
        append(&writer.path, "line 1 back\n");
        look(&mut follower, &mut seen);
        assert_eq!(seen, [0, 1]);
    }
}

fn append(path: &Path, text: &str) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
}

#[test]
fn rotated_file_that_cannot_be_read_is_named_and_keeps_no_other_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(directory.path());
    let (mut follower, _) = Follower::at_end(disk(), source(directory.path()));
    writer.line();
    writer.rename();
    writer.line();
    fs::write(directory.path().join("app.log.2.gz"), "no gzip").unwrap();
    let mut count = 0;
    let failed = follower.look(&mut Vec::new(), |_, _| count += 1).unwrap_err();
    assert!(failed.to_string().contains("app.log.2.gz"), "{failed}");
    let mut seen = Vec::new();
    writer.rename();
    writer.line();
    look(&mut follower, &mut seen);
    assert_eq!((count, seen), (2, vec![2]), "each line once, and it is said once");
}

#[test]
fn source_that_is_gone_is_read_on_until_nobody_writes_to_it() {
    let directory = tempfile::tempdir().unwrap();
    let files = Rc::new(ByNumber::default());
    let there = source(directory.path());
    let (mut follower, _) = Follower::at_end(Rc::clone(&files) as Rc<dyn Files>, there.clone());
    let mut goes_on = |after: u32, source: Option<&Source>| {
        files.elapsed.set(GRACE * after);
        follower.goes_on(source)
    };
    assert!(goes_on(1, None) && goes_on(2, None));
    assert!(goes_on(3, Some(&there)) && goes_on(4, None) && goes_on(5, None), "it was there in between");
    assert!(!goes_on(6, None));
}

#[test]
fn unfinished_and_endless_lines_wait_within_bounds() {
    // F-2
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("app.log");
    fs::write(&path, "old\nbegun").unwrap();
    let (mut follower, end) = Follower::at_end(disk(), source(directory.path()));
    assert_eq!(end, 4, "the last line is followed from its beginning");
    let mut lines = Vec::new();
    let mut look = |lines: &mut Vec<(Vec<u8>, u64)>| {
        while !follower.look(&mut Vec::new(), |line, more| lines.push((line.to_vec(), more))).unwrap() {}
        follower.current.as_ref().unwrap().line.held.len()
    };
    look(&mut lines);
    assert!(lines.is_empty());
    let mut file = OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b" and done\n").unwrap();
    file.write_all(&vec![b'x'; 10 << 20]).unwrap();
    assert_eq!(look(&mut lines), HELD_MAX);
    assert_eq!(lines, [(b"begun and done".to_vec(), 0)]);
    file.write_all(b"\nnext\n").unwrap();
    look(&mut lines);
    assert_eq!(lines[1].0.len(), HELD_MAX);
    assert_eq!(lines[1].1, (10 << 20) - HELD_MAX as u64);
    assert_eq!(lines[2].0, b"next");
}
