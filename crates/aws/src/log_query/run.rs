//! A run of a query: events in, rows out.
//!
//! The commands up to the first that sees records together (`stats`, `sort`, `limit`, `dedup`) are applied to each event as
//! it comes; what they leave is kept, as far as it can be in the result.

use super::aggregate::Seen;
use super::datum::Datum;
use super::expression::{Expression, Scope};
use super::record::{Event, Record};
use super::{Command, Named, Query, Stats};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

/// Bytes of all records, or of all groups, that are kept.
const KEPT_MAX: usize = 64 << 20;
/// Records that are kept where it is not known which are in the result.
const RECORDS_MAX: usize = 100_000;
/// Groups of a `stats`.
const GROUPS_MAX: usize = 100_000;

/// Why a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunError {
    /// It would keep more than it may.
    TooMuch,
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the query keeps too many groups or records: filter more, or ask for a shorter time")
    }
}

impl std::error::Error for RunError {}

/// A row of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Names and values, in order; what has no value is not there.
    pub fields: Vec<(String, String)>,
    /// The event it is of: stream, time and number; nothing of a row of groups.
    pub origin: Option<(u64, i64, u64)>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The rows.
    pub rows: Vec<Row>,
    /// How many events the first filters let pass.
    pub matched: u64,
    /// How many events there were.
    pub scanned: u64,
    /// Bytes of their messages.
    pub bytes: u64,
}

/// A run. See the module.
#[derive(Debug)]
pub struct Run<'q> {
    /// Those applied to each event.
    first: &'q [Command],
    rest: &'q [Command],
    limit: usize,
    now: i64,
    kept: Kept<'q>,
    outcome: Outcome,
}

#[derive(Debug)]
enum Kept<'q> {
    /// The best of an order; the first number is how many are needed.
    Best {
        most: usize,
        order: &'q [(Expression, bool)],
        records: Vec<Sorted>,
        bytes: usize,
        is_cut: bool,
    },
    Groups(Groups<'q>),
}

#[derive(Debug)]
struct Sorted {
    keys: Vec<Datum>,
    record: Record,
}

#[derive(Debug)]
struct Groups<'q> {
    stats: &'q Stats,
    /// By the texts of what they are grouped by, in the order of `Key`.
    seen: BTreeMap<Key, Vec<Seen>>,
    room: usize,
}

/// What records are grouped by, in the order of rows.
#[derive(Debug)]
struct Key(Vec<Datum>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0);
        // Numbers that are written otherwise are groups of their own.
        pairs
            .map(|(one, other)| one.order(other).then_with(|| one.text().cmp(&other.text())))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key {}

impl<'q> Run<'q> {
    pub(super) fn new(query: &'q Query, limit: usize, now: i64) -> Self {
        let is_each = |command: &Command| {
            matches!(
                command,
                Command::Fields(_) | Command::Display(_) | Command::Filter(_) | Command::Parse(_)
            )
        };
        let commands = query.commands.as_slice();
        let at = commands.iter().position(|command| !is_each(command)).unwrap_or(commands.len());
        let (first, rest) = commands.split_at(at);
        let kept = match rest {
            [Command::Stats(stats), ..] => {
                Kept::Groups(Groups { stats, seen: BTreeMap::new(), room: KEPT_MAX })
            }
            [Command::Sort(order), after @ ..] => Kept::best(needed(after, limit), order),
            all => Kept::best(needed(all, limit), &[]),
        };
        Self { first, rest, limit, now, kept, outcome: Outcome::default() }
    }

    /// Takes an event.
    ///
    /// # Errors
    /// [`RunError`]: the run cannot go on.
    pub fn take(&mut self, event: Event) -> Result<(), RunError> {
        self.outcome.scanned += 1;
        self.outcome.bytes += event.message.len() as u64;
        let mut record = Record::of(event);
        if !self.first.iter().all(|command| applied(command, &mut record, self.now)) {
            return Ok(());
        }
        self.outcome.matched += 1;
        self.kept.take(record, self.now)
    }

    /// Ends the run.
    ///
    /// # Errors
    /// [`RunError`].
    pub fn end(self) -> Result<Outcome, RunError> {
        let Self { first, rest, limit, now, kept, mut outcome } = self;
        let mut shown = Shown::default();
        for command in first {
            shown.command(command);
        }
        let (mut records, mut rest) = match kept {
            Kept::Groups(groups) => (groups.rows(now), rest),
            best @ Kept::Best { .. } => (best.records(), rest),
        };
        if let [command @ Command::Stats(_), after @ ..] = rest {
            shown.command(command);
            rest = after;
        }
        for command in rest {
            shown.command(command);
            records = several(command, records, now)?;
        }
        records.truncate(limit);
        outcome.rows = records.iter().map(|record| shown.row(record)).collect();
        Ok(outcome)
    }
}

/// How many records the commands behind an order look at.
fn needed(commands: &[Command], limit: usize) -> usize {
    match commands {
        [] => limit,
        [Command::Limit(most), ..] => *most,
        [Command::Fields(_) | Command::Display(_) | Command::Parse(_), after @ ..] => needed(after, limit),
        _ => RECORDS_MAX,
    }
}

/// Applies a command to one record; false when it goes.
fn applied(command: &Command, record: &mut Record, now: i64) -> bool {
    match command {
        Command::Fields(named) | Command::Display(named) => {
            for one in named {
                if !matches!(&one.expression, Expression::Field(name) if *name == one.name) {
                    let value = one.expression.value(Scope { record, aggregates: &[], now });
                    record.set(&one.name, value);
                }
            }
            true
        }
        Command::Filter(condition) => condition.value(Scope { record, aggregates: &[], now }).is_true(),
        Command::Parse(capture) => {
            capture.apply(record, now);
            true
        }
        _ => true,
    }
}

/// Applies a command to all records.
fn several(command: &Command, mut records: Vec<Record>, now: i64) -> Result<Vec<Record>, RunError> {
    let value =
        |expression: &Expression, record: &Record| expression.value(Scope { record, aggregates: &[], now });
    match command {
        Command::Stats(stats) => {
            let mut groups = Groups { stats, seen: BTreeMap::new(), room: KEPT_MAX };
            records.iter().try_for_each(|record| groups.take(record, now))?;
            return Ok(groups.rows(now));
        }
        Command::Sort(order) => {
            let mut sorted: Vec<Sorted> =
                records.into_iter().map(|record| Sorted::of(record, order, now)).collect();
            sorted.sort_by(|one, other| one.order(other, order));
            records = sorted.into_iter().map(|sorted| sorted.record).collect();
        }
        Command::Limit(most) => records.truncate(*most),
        Command::Dedup(by) => {
            let mut seen = HashSet::new();
            records.retain(|record| {
                let key: Vec<Option<String>> =
                    by.iter().map(|one| value(one, record).text().map(Cow::into_owned)).collect();
                // What has none of the fields is not alike.
                key.iter().all(Option::is_none) || seen.insert(key)
            });
        }
        other => records.retain_mut(|record| applied(other, record, now)),
    }
    Ok(records)
}

impl Sorted {
    fn of(record: Record, order: &[(Expression, bool)], now: i64) -> Self {
        let scope = Scope { record: &record, aggregates: &[], now };
        let keys = order.iter().map(|(expression, _)| expression.value(scope)).collect();
        Self { keys, record }
    }

    /// By the keys, then the newest first.
    fn order(&self, other: &Self, order: &[(Expression, bool)]) -> Ordering {
        let by_keys =
            order.iter().zip(self.keys.iter().zip(&other.keys)).map(|((_, is_down), (one, other))| {
                if *is_down { other.order(one) } else { one.order(other) }
            });
        let place = |sorted: &Self| sorted.record.event.as_ref().map(|event| (event.timestamp, event.number));
        by_keys.fold(Ordering::Equal, Ordering::then).then_with(|| place(other).cmp(&place(self)))
    }
}

impl<'q> Kept<'q> {
    fn best(most: usize, order: &'q [(Expression, bool)]) -> Self {
        Self::Best { most, order, records: Vec::new(), bytes: 0, is_cut: false }
    }

    fn take(&mut self, record: Record, now: i64) -> Result<(), RunError> {
        match self {
            Self::Groups(groups) => groups.take(&record, now),
            Self::Best { most, order, records, bytes, is_cut } => {
                let sorted = Sorted::of(record, order, now);
                let sorted = Sorted { record: sorted.record.kept(), ..sorted };
                *bytes += sorted.size();
                records.push(sorted);
                if records.len() >= 2 * *most || *bytes > 2 * KEPT_MAX {
                    *is_cut |= *most >= RECORDS_MAX;
                    cut(records, order, *most);
                    *bytes = records.iter().map(Sorted::size).sum();
                }
                // Whatever else the commands do, they would not see all.
                if *is_cut { Err(RunError::TooMuch) } else { Ok(()) }
            }
        }
    }

    /// The records in order.
    fn records(self) -> Vec<Record> {
        let Self::Best { most, order, mut records, .. } = self else { return Vec::new() };
        cut(&mut records, order, most);
        records.into_iter().map(|sorted| sorted.record).collect()
    }
}

impl Sorted {
    fn size(&self) -> usize {
        self.record.size() + self.keys.iter().map(Datum::size).sum::<usize>()
    }
}

/// Leaves the best, as many as are needed and fit.
fn cut(records: &mut Vec<Sorted>, order: &[(Expression, bool)], most: usize) {
    records.sort_by(|one, other| one.order(other, order));
    records.truncate(most);
    let mut bytes = 0;
    let fit = records.iter().take_while(|sorted| {
        bytes += sorted.size();
        bytes <= KEPT_MAX
    });
    let fit = fit.count().max(1);
    records.truncate(fit);
}

impl Groups<'_> {
    fn take(&mut self, record: &Record, now: i64) -> Result<(), RunError> {
        let scope = Scope { record, aggregates: &[], now };
        let key = Key(self.stats.by.iter().map(|by| by.expression.value(scope)).collect());
        if !self.seen.contains_key(&key) {
            let bytes = key.0.iter().map(Datum::size).sum::<usize>()
                + self.stats.aggregates.len() * size_of::<Seen>();
            self.room = self.room.checked_sub(bytes).ok_or(RunError::TooMuch)?;
            if self.seen.len() >= GROUPS_MAX {
                return Err(RunError::TooMuch);
            }
        }
        let seen = self
            .seen
            .entry(key)
            .or_insert_with(|| self.stats.aggregates.iter().map(|_| Seen::default()).collect());
        for (seen, aggregate) in seen.iter_mut().zip(&self.stats.aggregates) {
            seen.add(aggregate, scope, &mut self.room)?;
        }
        Ok(())
    }

    fn rows(self, now: i64) -> Vec<Record> {
        let stats = self.stats;
        let row = |(key, seen): (Key, Vec<Seen>)| {
            let values: Vec<Datum> = seen
                .into_iter()
                .zip(&stats.aggregates)
                .map(|(seen, aggregate)| seen.value(aggregate))
                .collect();
            let mut fields: Vec<(String, Datum)> =
                stats.by.iter().zip(key.0).map(|(by, value)| (by.name.clone(), value)).collect();
            let group = Record::row(fields.clone());
            for column in &stats.columns {
                let scope = Scope { record: &group, aggregates: &values, now };
                fields.push((column.name.clone(), column.expression.value(scope)));
            }
            Record::row(fields)
        };
        self.seen.into_iter().map(row).collect()
    }
}

/// Which fields a row has.
#[derive(Debug, Default)]
struct Shown {
    names: Vec<String>,
    /// Fields that `parse` made: shown where no command says what is.
    parsed: Vec<String>,
    is_display: bool,
}

impl Shown {
    fn command(&mut self, command: &Command) {
        let names = |named: &[Named]| named.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        match command {
            Command::Fields(named) if !self.is_display => self.names.extend(names(named)),
            Command::Display(named) => (self.names, self.is_display) = (names(named), true),
            Command::Parse(capture) => self.parsed.extend(capture.names().into_iter().map(str::to_owned)),
            Command::Stats(stats) => {
                (self.names, self.is_display) = (names(&stats.by), false);
                self.names.extend(names(&stats.columns));
                self.parsed.clear();
            }
            _ => {}
        }
    }

    fn row(&self, record: &Record) -> Row {
        let is_default = self.names.is_empty();
        let defaults = ["@timestamp", "@message"].into_iter().filter(|_| is_default);
        let parsed = self.parsed.iter().filter(|_| !self.is_display);
        let all = defaults.chain(self.names.iter().chain(parsed).map(String::as_str));
        let mut fields: Vec<(String, String)> = Vec::new();
        for name in all {
            if fields.iter().any(|(other, _)| other == name) {
                continue;
            }
            if let Some(text) = record.get(name).text() {
                fields.push((name.to_owned(), text.into_owned()));
            }
        }
        let origin = record.event.as_ref().map(|event| (event.stream, event.timestamp, event.number));
        Row { fields, origin }
    }
}
