//! The last lines of sources, then each line as it is written.

use crate::content::Content;
use crate::expression::Expression;
use crate::files::{FileStatus, Files};
use crate::follow::Follower;
use crate::journal::{JournalTail, JournalWindow};
use crate::redact::Redactor;
use crate::shape::{SAMPLE, is_binary, shape};
use crate::source::{Source, millis};
use crate::timestamp::Clock;
use crate::told::Told;
use memchr::memrchr_iter;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use topmast_model::log::{LOG_TAIL_MAX, LogLine, LogMatch, LogRecord};
use topmast_model::time::UnixMillis;

/// Time between two looks at which files there are.
const SOURCES: Duration = Duration::from_secs(2);
/// Bytes that are looked through for the last lines of a source that match.
const BACK_MAX: u64 = 64 << 20;
/// The same of a journal, in entries.
const BACK_ENTRIES_MAX: usize = 100_000;
/// Entries of a journal before others have their turn.
const LOOK_ENTRIES_MAX: usize = 1_000;

/// A tail under way.
struct Tail<'a> {
    files: Rc<dyn Files>,
    expression: Expression,
    redactor: &'a Redactor,
    told: &'a mut dyn Told,
    followers: Vec<Follower>,
    journals: Vec<(Source, Box<dyn JournalTail>)>,
    /// Of all of them.
    buffer: Vec<u8>,
    clock: Clock,
    /// Sources of which it was said what is wrong.
    said: Vec<(Source, String)>,
}

/// Follows until nobody listens any more; what is wrong with the request, in words.
///
/// - `sources`: what there is to follow, asked again and again, for files come and go.
///
/// # Errors
/// The words.
pub fn tail(
    files: &Rc<dyn Files>,
    mut sources: impl FnMut() -> Vec<Source>,
    lines: u32,
    wanted: &LogMatch,
    redactor: &Redactor,
    told: &mut dyn Told,
) -> Result<(), String> {
    let expression = Expression::new(wanted)?;
    let clock = files.clock();
    let mut tail = Tail {
        files: Rc::clone(files),
        expression,
        redactor,
        told,
        followers: Vec::new(),
        journals: Vec::new(),
        buffer: Vec::new(),
        clock,
        said: Vec::new(),
    };
    for source in sources() {
        tail.begin(source, Some(lines.min(LOG_TAIL_MAX)));
    }
    let followed = u32::try_from(tail.followers.len() + tail.journals.len()).unwrap_or(u32::MAX);
    tail.told.tell(LogRecord::Following { files: followed });
    let mut sources_at = files.elapsed() + SOURCES;
    loop {
        let is_done = tail.look();
        if !tail.told.flush() {
            return Ok(());
        }
        if is_done {
            files.wait();
        }
        if files.elapsed() >= sources_at {
            sources_at = files.elapsed() + SOURCES;
            tail.clock = files.clock();
            let there = sources();
            tail.followers.retain_mut(|follower| {
                let source = there.iter().find(|source| source.is_file_of(follower.source()));
                follower.goes_on(source)
            });
            tail.journals.retain(|(source, _)| there.contains(source));
            for source in there {
                if !tail.follows(&source) {
                    // A file that was not there has nothing that was told already.
                    tail.begin(source, None);
                }
            }
        }
    }
}

impl Tail<'_> {
    fn follows(&self, source: &Source) -> bool {
        self.followers.iter().any(|follower| follower.source() == source)
            || self.journals.iter().any(|(followed, _)| followed == source)
    }

    /// Begins to follow a journal, from its end after the last lines.
    fn begin_journal(&mut self, source: Source, unit: &str, lines: u32) {
        let begun = self
            .last_entries(&source, unit, lines as usize)
            .and_then(|cursor| self.files.follow_journal(unit, cursor));
        match begun {
            Ok(followed) => self.journals.push((source, followed)),
            Err(error) => self.say(&source, &format!("read {}: {error}", source.path.display())),
        }
    }

    /// Tells the last lines of a journal that are meant; the place of its newest entry.
    fn last_entries(&mut self, source: &Source, unit: &str, wanted: usize) -> io::Result<Option<String>> {
        let window = JournalWindow { since: None, until: None, newest_first: true };
        let (mut cursor, mut last) = (None, VecDeque::new());
        for entry in self.files.journal(unit, window)?.take(BACK_ENTRIES_MAX) {
            let entry = entry?;
            cursor.get_or_insert(entry.cursor);
            if last.len() >= wanted {
                break;
            }
            for bytes in entry.text.split(|byte| *byte == b'\n').rev() {
                last.extend(self.line(source, bytes, 0, entry.time));
            }
        }
        last.truncate(wanted);
        for line in last.into_iter().rev() {
            self.told.tell(LogRecord::Line(line));
        }
        Ok(cursor)
    }

    /// Tells the entries of journals since the last look; false when there may be more at once.
    fn look_at_journals(&mut self) -> bool {
        let mut is_done = true;
        let mut journals = std::mem::take(&mut self.journals);
        for (source, journal) in &mut journals {
            for turn in 1..=LOOK_ENTRIES_MAX {
                match journal.next() {
                    Ok(None) => break,
                    Ok(Some(entry)) => {
                        for bytes in entry.text.split(|byte| *byte == b'\n') {
                            if let Some(line) = self.line(source, bytes, 0, entry.time) {
                                self.told.tell(LogRecord::Line(line));
                            }
                        }
                        is_done &= turn < LOOK_ENTRIES_MAX;
                    }
                    Err(error) => {
                        self.say(source, &format!("read {}: {error}", source.path.display()));
                        break;
                    }
                }
            }
        }
        self.journals = journals;
        is_done
    }

    /// Begins to follow a source: from its end after the last lines, or from its beginning.
    fn begin(&mut self, source: Source, lines: Option<u32>) {
        if let Some(unit) = source.journal.clone() {
            return self.begin_journal(source, &unit, lines.unwrap_or(0));
        }
        if let Some(why) = unreadable(&*self.files, &source) {
            self.say(&source, &why);
            return;
        }
        let Some(lines) = lines else {
            self.followers.push(Follower::from_begin(Rc::clone(&self.files), source));
            return;
        };
        let (follower, end) = Follower::at_end(Rc::clone(&self.files), source);
        for line in self.last(follower.source(), end, lines as usize) {
            self.told.tell(LogRecord::Line(line));
        }
        self.followers.push(follower);
    }

    /// The last lines of a source before a place in its file.
    fn last(&self, source: &Source, end: u64, wanted: usize) -> Vec<LogLine> {
        let mut last: VecDeque<LogLine> = VecDeque::new();
        let mut looked_at = 0;
        let mut files = vec![(source.path.clone(), Some(end))];
        files.extend(source.older(&*self.files).into_iter().map(|older| (older.path, None)));
        for (path, end) in files {
            if last.len() >= wanted || looked_at > BACK_MAX {
                break;
            }
            let Ok(content) = Content::open(&*self.files, &path) else { continue };
            let content = match (content, end) {
                (Content::Plain { file, begin, .. }, Some(end)) => {
                    Content::Plain { file, begin: begin.min(end), end }
                }
                // A packed file is unpacked as a whole for its last lines: it is left to searches.
                (Content::Gzip(_) | Content::Unreadable(_), _) => break,
                (content, _) => content,
            };
            let written_at =
                self.files.status(&path).map_or(UnixMillis(0), |status| millis(status.written_at));
            let file = (path != source.path)
                .then(|| path.file_name().map(|name| name.to_string_lossy().into_owned()))
                .flatten();
            // What cannot be read has no last lines.
            let _ = content.pieces(true, 0, |piece| {
                looked_at += piece.read;
                let own = &piece.bytes[piece.own.clone()];
                let whole = own.strip_suffix(b"\n").unwrap_or(own);
                let mut line_end = whole.len();
                let begins = memrchr_iter(b'\n', whole).map(|newline| newline + 1).chain([0]);
                for begin in begins {
                    if last.len() >= wanted {
                        return false;
                    }
                    if let Some(mut line) = self.line(source, &whole[begin..line_end], 0, written_at) {
                        line.file.clone_from(&file);
                        last.push_front(line);
                    }
                    line_end = begin.saturating_sub(1);
                }
                looked_at <= BACK_MAX
            });
        }
        last.into()
    }

    /// A line that is meant, as it is told.
    fn line(&self, source: &Source, bytes: &[u8], more: u64, otherwise: UnixMillis) -> Option<LogLine> {
        if !self.expression.is_match(bytes) {
            return None;
        }
        let shown = shape(self.redactor, bytes, more);
        if shown.is_redacted && !self.expression.is_match(shown.text.as_bytes()) {
            return None;
        }
        Some(LogLine {
            application: source.application.clone(),
            source: source.name.clone(),
            file: None,
            time: self.clock.of(bytes).unwrap_or(otherwise),
            text: shown.text,
            cut: shown.cut,
            is_context: false,
            is_apart: false,
        })
    }

    /// Tells what was written since the last look; false when there may be more at once.
    fn look(&mut self) -> bool {
        let mut is_done = self.look_at_journals();
        let mut followers = std::mem::take(&mut self.followers);
        let mut buffer = std::mem::take(&mut self.buffer);
        for follower in &mut followers {
            let source = follower.source().clone();
            let looked = follower.look(&mut buffer, |bytes, more| {
                if let Some(line) = self.line(&source, bytes, more, self.files.now()) {
                    self.told.tell(LogRecord::Line(line));
                }
            });
            match looked {
                Ok(done) => is_done &= done,
                Err(error) => self.say(&source, &format!("read {}: {error}", source.path.display())),
            }
        }
        self.followers = followers;
        self.buffer = buffer;
        is_done
    }

    /// Says what is wrong with a source, once.
    fn say(&mut self, source: &Source, text: &str) {
        if self.said.iter().any(|(about, said)| about == source && said == text) {
            return;
        }
        self.said.push((source.clone(), text.to_owned()));
        let note = LogRecord::Note {
            application: source.application.clone(),
            source: source.name.clone(),
            text: text.to_owned(),
        };
        self.told.tell(note);
    }
}

/// Why a file is not followed, in words. One that is not there yet is.
fn unreadable(files: &dyn Files, source: &Source) -> Option<String> {
    let failed = |error: io::Error| Some(format!("read {}: {error}", source.path.display()));
    let (file, FileStatus { is_regular, .. }) =
        match files.open(&source.path).and_then(|file| file.status().map(|status| (file, status))) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => return failed(error),
        };
    if !is_regular {
        return Some(format!("{} is no file", source.path.display()));
    }
    let mut sample = vec![0; SAMPLE];
    match file.read_full(&mut sample, 0) {
        Ok(length) => sample.truncate(length),
        Err(error) => return failed(error),
    }
    // Zeros alone are what was given back to the disk.
    let is_given_back = sample.first() == Some(&0) && sample.iter().all(|byte| *byte == 0);
    (!is_given_back && is_binary(&sample)).then(|| format!("{} is binary and no text", source.path.display()))
}
