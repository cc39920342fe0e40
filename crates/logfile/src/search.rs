//! Lines that were written: found within bounds, newest first or as a file has them.

use crate::content::{Content, Piece};
use crate::expression::{Expression, line_at};
use crate::files::Files;
use crate::journal::JournalWindow;
use crate::redact::Redactor;
use crate::shape::shape;
use crate::source::{Source, millis};
use crate::timestamp::Clock;
use crate::told::Told;
use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::time::Duration;
use topmast_model::log::{LOG_CONTEXT_MAX, LOG_MATCHES_MAX, LOG_SECONDS_MAX, LogLine, LogRecord, LogSearch};
use topmast_model::time::UnixMillis;

/// Lines that are looked back for the time of one that has none: those of a stack trace.
const TIMELESS_MAX: usize = 200;
/// Clocks of threads that write to one file may be so far apart: a file is not left before.
const SLACK_MS: i64 = 60_000;
/// Bytes of lines that a packed file, which can be read forwards only, may have waiting to be turned round.
const TURNED_MAX: usize = 16 << 20;
/// Time between two words on how far it is.
const PROGRESS: Duration = Duration::from_millis(500);

/// Why a source is left before its files are over.
enum Stop {
    /// The bound that was reached, in words; none when what is left is older than what is asked for.
    Source(Option<&'static str>),
    /// Nobody listens any more.
    Gone,
}

/// A search under way.
struct Search<'a> {
    files: &'a dyn Files,
    wanted: &'a LogSearch,
    expression: Expression,
    redactor: &'a Redactor,
    clock: Clock,
    told: &'a mut dyn Told,
    bytes: u64,
    matches: u64,
    /// Matches that the source may have, all before it included.
    share: u64,
    /// The source had more than that.
    is_cut: bool,
    deadline: Duration,
    progress_at: Duration,
}

/// Looks through the sources and tells what it finds; what is wrong with the request, in words.
///
/// # Errors
/// The words.
pub fn search(
    files: &dyn Files,
    sources: &[Source],
    wanted: &LogSearch,
    redactor: &Redactor,
    told: &mut dyn Told,
) -> Result<(), String> {
    if wanted.context > LOG_CONTEXT_MAX {
        return Err(format!(
            "{} lines of context are too many; ask for at most {LOG_CONTEXT_MAX}",
            wanted.context
        ));
    }
    let expression = Expression::new(&wanted.lines_that)?;
    let seconds = match wanted.seconds_max {
        0 => LOG_SECONDS_MAX,
        seconds => seconds.min(LOG_SECONDS_MAX),
    };
    let now = files.elapsed();
    let mut search = Search {
        files,
        expression,
        redactor,
        clock: files.clock(),
        told,
        bytes: 0,
        matches: 0,
        share: 0,
        is_cut: false,
        deadline: now + Duration::from_secs(seconds.into()),
        progress_at: now + PROGRESS,
        wanted,
    };
    let mut limit = None;
    for (place, source) in sources.iter().enumerate() {
        // What is left is shared by the sources that are left, so that a talkative one does not hide the others.
        let left = search.matches_max().saturating_sub(search.matches);
        search.share = search.matches + left.div_ceil((sources.len() - place) as u64);
        search.is_cut = false;
        match search.source(source) {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(Stop::Source(words)) => limit = words.map(str::to_owned).or(limit),
            ControlFlow::Break(Stop::Gone) => return Ok(()),
        }
        if search.is_late() || search.is_full() {
            break;
        }
    }
    let done = LogRecord::Done { bytes: search.bytes, matches: search.matches, limit };
    search.told.tell(done);
    Ok(())
}

impl Search<'_> {
    const fn matches_max(&self) -> u64 {
        match self.wanted.matches_max {
            0 => u64::MAX,
            count if count > LOG_MATCHES_MAX => LOG_MATCHES_MAX as u64,
            count => count as u64,
        }
    }

    fn is_late(&self) -> bool {
        self.files.elapsed() >= self.deadline
    }

    const fn is_full(&self) -> bool {
        self.wanted.bytes_max > 0 && self.bytes >= self.wanted.bytes_max
    }

    fn source(&mut self, source: &Source) -> ControlFlow<Stop> {
        if let Some(unit) = &source.journal {
            return self.journal(source, unit);
        }
        let older = source.older(self.files);
        let current = self.files.status(&source.path);
        let mut files: Vec<(&Path, UnixMillis)> = Vec::new();
        files.push((&source.path, current.map_or(UnixMillis(0), |status| millis(status.written_at))));
        files.extend(older.iter().map(|file| (file.path.as_path(), millis(file.written_at))));
        // Opened before any is read: a rotation meanwhile moves no file out of the search or into it again.
        let mut opened = Vec::new();
        for (path, written_at) in files {
            // What was last written before the time that is asked for holds nothing of it.
            let is_before = self.wanted.since.is_some_and(|since| written_at.0 + SLACK_MS < since.0);
            if is_before {
                continue;
            }
            match Content::open(self.files, path) {
                Ok(Content::Unreadable(why)) => self.note(source, &format!("{}: {why}", path.display())),
                Ok(content) => opened.push((path, written_at, content)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound && path != source.path => {}
                Err(error) => self.note(source, &format!("read {}: {error}", path.display())),
            }
        }
        if self.wanted.oldest_first {
            opened.reverse();
        }
        for (path, written_at, content) in opened {
            let file = (path != source.path)
                .then(|| path.file_name().map(|name| name.to_string_lossy().into_owned()))
                .flatten();
            self.file(source, path, file, written_at, content)?;
        }
        ControlFlow::Continue(())
    }

    fn journal(&mut self, source: &Source, unit: &str) -> ControlFlow<Stop> {
        let LogSearch { since, until, oldest_first, .. } = *self.wanted;
        let window = JournalWindow { since, until, newest_first: !oldest_first };
        match self.files.journal(unit, window) {
            Ok(entries) => {
                let now = self.files.now();
                self.file(source, &source.path, None, now, Content::Journal(entries))
            }
            Err(error) => {
                self.note(source, &format!("read {}: {error}", source.path.display()));
                ControlFlow::Continue(())
            }
        }
    }

    fn note(&mut self, source: &Source, text: &str) {
        let Source { application, name, .. } = source;
        let (application, source) = (application.clone(), name.clone());
        self.told.tell(LogRecord::Note { application, source, text: text.to_owned() });
    }

    fn file(
        &mut self,
        source: &Source,
        path: &Path,
        file: Option<String>,
        written_at: UnixMillis,
        content: Content,
    ) -> ControlFlow<Stop> {
        let newest_first = !self.wanted.oldest_first;
        // A packed file comes forwards: what it has is turned round at its end.
        let is_plain = matches!(content, Content::Plain { .. } | Content::Journal(_));
        let is_turned = newest_first && !is_plain;
        let mut turned: VecDeque<Vec<LogLine>> = VecDeque::new();
        let mut turned_bytes = 0;
        let mut flow = ControlFlow::Continue(());
        let place = Place { source, file, written_at, is_plain };
        let read = content.pieces(newest_first, self.wanted.context, |piece| {
            flow = self.look(piece, &place, |search, groups| {
                if !is_turned {
                    let all: Vec<Vec<LogLine>> =
                        if newest_first { groups.into_iter().rev().collect() } else { groups };
                    return all.into_iter().try_for_each(|group| search.tell(group));
                }
                for group in groups {
                    turned_bytes += group.iter().map(|line| line.text.len()).sum::<usize>();
                    turned.push_back(group);
                    let most =
                        usize::try_from(search.share.saturating_sub(search.matches)).unwrap_or(usize::MAX);
                    while turned.len() > most || turned_bytes > TURNED_MAX {
                        search.is_cut = true;
                        let oldest = turned.pop_front().unwrap_or_default();
                        turned_bytes -= oldest.iter().map(|line| line.text.len()).sum::<usize>();
                    }
                }
                ControlFlow::Continue(())
            });
            flow.is_continue()
        });
        if let Err(error) = read {
            self.note(source, &format!("read {}: {error}", path.display()));
        }
        flow?;
        turned.into_iter().rev().try_for_each(|group| self.tell(group))?;
        self.is_within_share()
    }

    /// Whether there may be more matches of this source.
    fn is_within_share(&self) -> ControlFlow<Stop> {
        if self.is_cut || self.matches >= self.share {
            return limit("it found as many matches as it may; ask for a shorter time, or for more");
        }
        ControlFlow::Continue(())
    }

    /// Looks at one piece and hands over its groups, in the order of the file.
    fn look(
        &mut self,
        piece: &Piece<'_>,
        place: &Place<'_>,
        take: impl FnOnce(&mut Self, Vec<Vec<LogLine>>) -> ControlFlow<Stop>,
    ) -> ControlFlow<Stop> {
        self.bytes += piece.read;
        if self.told.is_closed() {
            return ControlFlow::Break(Stop::Gone);
        }
        if self.is_late() {
            return limit("it took longer than it may; ask for a shorter time or fewer files");
        }
        if self.is_full() {
            return limit("it read as many bytes as it may; ask for a shorter time or fewer files");
        }
        if self.files.elapsed() >= self.progress_at {
            self.progress_at = self.files.elapsed() + PROGRESS;
            self.told.tell(LogRecord::Progress { bytes: self.bytes, matches: self.matches });
        }
        // Pieces that lie outside of the time are not looked through.
        let first = self.first_time(piece);
        if let (Some(until), Some(first)) = (self.wanted.until, first)
            && first.0 > until.0 + SLACK_MS
        {
            return ControlFlow::Continue(());
        }
        let found = self.found(piece, place);
        let groups = self.groups(piece, place, &found);
        take(self, groups)?;
        if place.is_plain || self.wanted.oldest_first {
            self.is_within_share()?;
        }
        // Newest first, what comes after this piece is older still.
        if let (Some(since), Some(first), false) = (self.wanted.since, first, self.wanted.oldest_first)
            && first.0 + SLACK_MS < since.0
            && place.is_plain
        {
            return ControlFlow::Break(Stop::Source(None));
        }
        ControlFlow::Continue(())
    }

    fn first_time(&self, piece: &Piece<'_>) -> Option<UnixMillis> {
        if self.wanted.since.is_none() && self.wanted.until.is_none() {
            return None;
        }
        let mut at = piece.own.start;
        for _ in 0..TIMELESS_MAX {
            if at >= piece.own.end {
                return None;
            }
            let line = line_at(piece.bytes, at);
            if let Some(time) = self.clock.of(&piece.bytes[line.clone()]) {
                return Some(time);
            }
            at = line.end + 1;
        }
        None
    }

    /// The lines that are meant, with their times.
    fn found(&mut self, piece: &Piece<'_>, place: &Place<'_>) -> Vec<(Range<usize>, UnixMillis)> {
        let mut found = Vec::new();
        let own = &piece.bytes[piece.own.clone()];
        // Oldest first, what is beyond the share is not wanted; newest first, the last ones are.
        let most = usize::try_from(self.share.saturating_sub(self.matches)).unwrap_or(usize::MAX);
        let mut last = None;
        self.expression.lines(own, |line| {
            let line = line.start + piece.own.start..line.end + piece.own.start;
            let time = self.time(piece.bytes, &line, &mut last).unwrap_or(place.written_at);
            let is_meant = self.wanted.since.is_none_or(|since| time >= since)
                && self.wanted.until.is_none_or(|until| time < until);
            if is_meant {
                found.push((line, time));
            }
            !self.wanted.oldest_first || found.len() <= most
        });
        if found.len() > most {
            self.is_cut = true;
            if self.wanted.oldest_first {
                found.truncate(most);
            } else {
                found.drain(..found.len() - most);
            }
        }
        found
    }

    /// The time of a line, or of the nearest one before it that has one.
    ///
    /// - `last`: the line before that was asked for, and its time: lines without one are not gone back over twice.
    fn time(
        &self,
        bytes: &[u8],
        line: &Range<usize>,
        last: &mut Option<(usize, Option<UnixMillis>)>,
    ) -> Option<UnixMillis> {
        let mut time = self.clock.of(&bytes[line.clone()]);
        let mut begin = line.start;
        for _ in 0..TIMELESS_MAX {
            if time.is_some() || begin == 0 {
                break;
            }
            let before = line_at(bytes, begin - 1);
            if let Some((known, of_it)) = *last
                && before.start <= known
            {
                time = of_it;
                break;
            }
            time = self.clock.of(&bytes[before.clone()]);
            begin = before.start;
        }
        *last = Some((line.start, time));
        time
    }

    /// The matches with the lines around them; what touches is one group.
    fn groups(
        &self,
        piece: &Piece<'_>,
        place: &Place<'_>,
        found: &[(Range<usize>, UnixMillis)],
    ) -> Vec<Vec<LogLine>> {
        let context = usize::from(self.wanted.context);
        let mut groups: Vec<Vec<LogLine>> = Vec::new();
        // Lines before this were told.
        let mut told_to = 0;
        for (position, (line, time)) in found.iter().enumerate() {
            let shown = shape(self.redactor, &piece.bytes[line.clone()], 0);
            // Else a search could find out, digit by digit, what is hidden.
            if shown.is_redacted && !self.expression.is_match(shown.text.as_bytes()) {
                continue;
            }
            let mut before: Vec<Range<usize>> = Vec::new();
            let mut begin = line.start;
            while before.len() < context && begin > told_to {
                let one = line_at(piece.bytes, begin - 1);
                begin = one.start;
                before.push(one);
            }
            let joins = context > 0 && begin <= told_to && !groups.is_empty();
            if !joins {
                groups.push(Vec::new());
            }
            let Some(group) = groups.last_mut() else { continue };
            let is_apart = context > 0 && !joins;
            for one in before.into_iter().rev() {
                let around = shape(self.redactor, &piece.bytes[one], 0);
                group.push(place.line(around, *time, true));
            }
            group.push(place.line(shown, *time, false));
            if is_apart && let Some(first) = group.first_mut() {
                first.is_apart = true;
            }
            told_to = line.end + 1;
            let next = found.get(position + 1).map_or(piece.bytes.len(), |(next, _)| next.start);
            let mut after = 0;
            while after < context && told_to < next.min(piece.bytes.len()) {
                let one = line_at(piece.bytes, told_to);
                told_to = one.end + 1;
                let around = shape(self.redactor, &piece.bytes[one], 0);
                group.push(place.line(around, *time, true));
                after += 1;
            }
        }
        groups
    }

    /// Tells a group, and whether there may be more.
    fn tell(&mut self, group: Vec<LogLine>) -> ControlFlow<Stop> {
        self.matches += group.iter().filter(|line| !line.is_context).count() as u64;
        for line in group {
            if !self.told.tell(LogRecord::Line(line)) {
                return ControlFlow::Break(Stop::Gone);
            }
        }
        ControlFlow::Continue(())
    }
}

const fn limit(words: &'static str) -> ControlFlow<Stop> {
    ControlFlow::Break(Stop::Source(Some(words)))
}

/// Where lines come from.
struct Place<'a> {
    source: &'a Source,
    file: Option<String>,
    written_at: UnixMillis,
    is_plain: bool,
}

impl Place<'_> {
    fn line(&self, shown: crate::shape::Shown, time: UnixMillis, is_context: bool) -> LogLine {
        LogLine {
            application: self.source.application.clone(),
            source: self.source.name.clone(),
            file: self.file.clone(),
            time,
            text: shown.text,
            cut: shown.cut,
            is_context,
            is_apart: false,
        }
    }
}

#[cfg(test)]
mod tests;
