//! The output file of an application: bounded, and written to by the application itself.
//!
//! The application appends to the file directly, so it needs no agent to run on. Beyond the bound the agent copies what
//! is oldest to a file of its own, up to the end of a line, and gives that part of the first back to the disk. The
//! application goes on at the end, where it was:
//!
//! ```text
//! app.log   [lines …………………|lines]──► written on
//!            copied │
//!                   ▼ given back: reads as zeros, takes no room, moves nothing
//! app.log-20261129-132030-007 ─► app.log-20261129-132030-007.gz     five are kept
//! ```
//!
//! Where a filesystem cannot give back a part, as on Windows, the file is cut to nothing after the copy instead; lines
//! written between the two are lost then.
//!
//! Invariants
//! - O-1: where a part can be given back, every line is in exactly one file, however fast it is written.

use crate::platform::file::FileExt;
use crate::platform::sparse::{data_from, give_back};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

/// Time between two looks at a quiet file …
const LOOK_SLOW: Duration = Duration::from_secs(1);
/// … and at one that is being flooded, so that it outgrows its bound by no more than the disk takes in this time.
const LOOK_FAST: Duration = Duration::from_millis(20);
/// Files that are kept beside the one that is written.
const KEPT: usize = 5;
/// Bytes that are copied at a time.
const BUFFER: usize = 256 << 10;

#[derive(Debug)]
pub(super) struct OutputFile {
    pub(super) path: PathBuf,
    max: u64,
    length: u64,
    /// Where it begins that nothing was given back of; found out at the first look.
    begin: Option<u64>,
    /// Packs the last one that was copied.
    packing: Option<JoinHandle<()>>,
}

impl OutputFile {
    pub(super) const fn new(path: PathBuf, max: u64) -> Self {
        Self { path, max, length: 0, begin: None, packing: None }
    }

    /// Looks at the file, rotates it when it is too long, and says when to look again.
    pub(super) fn look(&mut self) -> Duration {
        let length = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        let grown = length.saturating_sub(self.length);
        self.length = length;
        let begin = self.begin.filter(|begin| *begin <= length).unwrap_or_else(|| begin(&self.path));
        self.begin = Some(begin);
        if length - begin > self.max {
            if let Err(error) = self.rotate(begin, length) {
                tracing::warn!(%error, "rotate {}", self.path.display());
            }
            return LOOK_FAST;
        }
        // At this rate the bound is reached within four slow looks.
        if grown > self.max / 4 { LOOK_FAST } else { LOOK_SLOW }
    }

    /// Copies the oldest part away and gives it back. It is given back also when the copy fails: a full disk is what the
    /// bound is there to prevent.
    fn rotate(&mut self, begin: u64, length: u64) -> io::Result<()> {
        let file = OpenOptions::new().read(true).write(true).open(&self.path)?;
        // What would be deleted at once is not copied.
        let begin = begin.max(length.saturating_sub(self.max * (KEPT as u64 + 1)));
        let most = (begin + self.max).min(length);
        let end = line_end(&file, begin, most)?;
        let copy = self.name();
        let copied = copy_part(&file, begin, end, &copy);
        match give_back(&file, end) {
            Ok(()) => self.begin = Some(end),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                let rest = copied.is_ok().then(|| append_part(&file, end, &copy));
                file.set_len(0)?;
                (self.begin, self.length) = (Some(0), 0);
                rest.transpose()?;
            }
            Err(error) => return Err(error),
        }
        copied?;
        self.pack(copy);
        self.thin()
    }

    /// The name of the next copy: those of the past sort before it.
    fn name(&self) -> PathBuf {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let millis = i64::try_from(now.as_millis()).unwrap_or(0);
        let mut millis = millis;
        loop {
            let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            let name = with_end(&self.path, &format!("-{}", time.strftime("%Y%m%d-%H%M%S-%3f")));
            if !name.exists() && !with_end(&name, ".gz").exists() {
                return name;
            }
            millis += 1;
        }
    }

    /// Packs a copy beside everything else. While one is packed others stay as they are: a flood is not made slower.
    fn pack(&mut self, copy: PathBuf) {
        if self.packing.as_ref().is_some_and(|packing| !packing.is_finished()) {
            return;
        }
        // Those that came while another was packed are left from then.
        let mut waiting = self.copies().unwrap_or_default();
        waiting.retain(|path| stem(path) == *path && *path != copy);
        let pack = move || {
            for copy in waiting.into_iter().chain([copy]) {
                match pack(&copy) {
                    // Removed meanwhile: there are more than are kept.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => tracing::warn!(%error, "pack {}", copy.display()),
                    Ok(()) => {}
                }
            }
        };
        self.packing = std::thread::Builder::new().name("pack".to_owned()).spawn(pack).ok();
    }

    /// The copies, the newest first; one that is packed just now is there twice.
    fn copies(&self) -> io::Result<Vec<PathBuf>> {
        let (Some(directory), Some(name)) = (self.path.parent(), self.path.file_name()) else {
            return Ok(Vec::new());
        };
        let prefix = format!("{}-", name.to_string_lossy());
        let mut copies: Vec<PathBuf> = fs::read_dir(directory)?
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_none_or(|extension| extension != "tmp"))
            .collect();
        copies.sort_by_key(|copy| std::cmp::Reverse(stem(copy)));
        Ok(copies)
    }

    /// Removes copies that are more than are kept.
    fn thin(&self) -> io::Result<()> {
        let mut kept: Vec<PathBuf> = Vec::new();
        for copy in self.copies()? {
            let name = stem(&copy);
            if kept.contains(&name) {
                continue;
            }
            if kept.len() < KEPT {
                kept.push(name);
            } else if let Err(error) = fs::remove_file(&copy)
                && error.kind() != io::ErrorKind::NotFound
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// The name of a copy, packed or not.
fn stem(copy: &Path) -> PathBuf {
    if copy.extension().is_some_and(|extension| extension == "gz") {
        copy.with_extension("")
    } else {
        copy.to_owned()
    }
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.to_owned().into_os_string();
    path.push(end);
    path.into()
}

/// Where a file begins that an earlier agent gave parts back of.
fn begin(path: &Path) -> u64 {
    File::open(path).and_then(|file| data_from(&file)).unwrap_or(0)
}

/// The end of the last line that ends before `most`; `most` when there is none.
fn line_end(file: &File, begin: u64, most: u64) -> io::Result<u64> {
    let mut buffer = vec![0; BUFFER];
    let mut end = most;
    while end > begin {
        let from = end.saturating_sub(BUFFER as u64).max(begin);
        let length = usize::try_from(end - from).unwrap_or(BUFFER);
        file.read_exact_at(&mut buffer[..length], from)?;
        if let Some(newline) = memchr::memrchr(b'\n', &buffer[..length]) {
            return Ok(from + newline as u64 + 1);
        }
        end = from;
    }
    Ok(most)
}

/// Copies a part of a file; zeros at its beginning are what was given back before.
fn copy_part(file: &File, begin: u64, end: u64, copy: &Path) -> io::Result<()> {
    let mut target = crate::platform::file::open_output(copy)?;
    let mut buffer = vec![0; BUFFER];
    let (mut at, mut is_begun) = (begin, false);
    while at < end {
        let wanted = usize::try_from(end - at).unwrap_or(BUFFER).min(BUFFER);
        let length = file.read_at(&mut buffer[..wanted], at)?;
        if length == 0 {
            break;
        }
        let zeros = if is_begun { 0 } else { buffer[..length].iter().take_while(|byte| **byte == 0).count() };
        is_begun |= zeros < length;
        io::Write::write_all(&mut target, &buffer[zeros..length])?;
        at += length as u64;
    }
    target.sync_data()
}

/// Copies what was written since as well.
fn append_part(file: &File, begin: u64, copy: &Path) -> io::Result<()> {
    let end = file.metadata()?.len();
    if begin < end { copy_part(file, begin, end, copy) } else { Ok(()) }
}

/// Puts a packed file in the place of a copy.
fn pack(copy: &Path) -> io::Result<()> {
    let (packed, making) = (with_end(copy, ".gz"), with_end(copy, ".gz.tmp"));
    let mut source = File::open(copy)?;
    let written_at = source.metadata()?.modified()?;
    let _ = fs::remove_file(&making);
    let mut encoder = GzEncoder::new(crate::platform::file::open_output(&making)?, Compression::fast());
    io::copy(&mut source, &mut encoder)?;
    let target = encoder.finish()?;
    target.set_modified(written_at)?;
    target.sync_data()?;
    fs::rename(making, &packed)?;
    fs::remove_file(copy).inspect_err(|_| {
        // It was removed meanwhile, as one that is more than are kept, and must not come back.
        let _ = fs::remove_file(&packed);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::MultiGzDecoder;
    use std::collections::BTreeMap;
    use std::io::{Read, Write};

    /// The content of every file of an output, the oldest first.
    fn contents(directory: &Path) -> String {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let mut text = String::new();
            let file = File::open(&path).unwrap();
            if Path::new(&name).extension().is_some_and(|end| end == "gz") {
                MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
            } else {
                (&file).read_to_string(&mut text).unwrap();
            }
            // The one that is written is the newest.
            let key = if name == "x.log" { "~".to_owned() } else { name.trim_end_matches(".gz").to_owned() };
            files.insert(key, text.trim_start_matches('\0').to_owned());
        }
        files.into_values().collect()
    }

    fn settle(output: &mut OutputFile) {
        while output.look() == LOOK_FAST {}
        if let Some(packing) = output.packing.take() {
            packing.join().unwrap();
        }
    }

    #[test]
    fn output_beyond_the_bound_moves_to_other_files_in_whole_lines() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.log");
        let mut writer = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        let mut output = OutputFile::new(path.clone(), 10);
        writer.write_all(b"one\ntwo\n").unwrap();
        output.look();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
        writer.write_all(b"three\nfo").unwrap();
        settle(&mut output);
        writer.write_all(b"ur\n").unwrap();
        settle(&mut output);
        assert_eq!(contents(directory.path()), "one\ntwo\nthree\nfour\n");
        let names = fs::read_dir(directory.path()).unwrap().count();
        assert!(names >= 2, "{names}");
        for entry in fs::read_dir(directory.path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(name == "x.log" || stem(Path::new(&name)) != Path::new(&name), "{name}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn no_line_is_lost_while_the_application_writes_as_fast_as_it_can() {
        // O-1
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.log");
        let writer = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        let mut output = OutputFile::new(path, 200_000);
        let writing = std::thread::spawn(move || {
            // Less than what all kept files hold together.
            (0..50_000).for_each(|number| writeln!(&writer, "line {number}").unwrap());
        });
        while !writing.is_finished() {
            output.look();
        }
        writing.join().unwrap();
        settle(&mut output);
        let text = contents(directory.path());
        let numbers: Vec<u32> = text.lines().map(|line| line[5..].parse().unwrap()).collect();
        assert_eq!(numbers, (0..50_000).collect::<Vec<_>>());
    }

    #[test]
    fn only_so_many_files_are_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.log");
        let mut writer = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        let mut output = OutputFile::new(path.clone(), 100);
        for number in 0..200 {
            writeln!(writer, "line {number}").unwrap();
            settle(&mut output);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), KEPT + 1);
        assert!(contents(directory.path()).ends_with("line 198\nline 199\n"));
        // One that was flooded between two looks keeps what is newest.
        writer.write_all(&b"0123456789\n".repeat(1_000)).unwrap();
        settle(&mut output);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), KEPT + 1);
        assert!(contents(directory.path()).len() <= 100 * (KEPT + 1));
    }
}
