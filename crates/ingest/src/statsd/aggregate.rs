//! Lines added up, and told as Prometheus has such series.
//!
//! Invariants
//! - D-1: what only grows is told with a beginning at zero, so that its first increase is one, and never shrinks while
//!   the series is held.
//! - D-2: at most `Options::series` series are held; a series without lines for `Options::idle_ms` ends with a
//!   staleness marker and is forgotten.

use super::state::{Kind, MAX_SUFFIX, State};
use super::{LINE_MAX, Line, Measurement};
use crate::intake::{METRIC_NAME, Sink, check_series, push_name};
use crate::scrape::STALE;
use std::collections::{BTreeMap, HashMap};

/// Ways of writing one series that are remembered, on average.
const SENT_PER_SERIES: usize = 4;

/// How lines are added up.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Series that are held.
    pub series: usize,
    /// A series without lines for so long is forgotten, in ms.
    pub idle_ms: i64,
    /// Time between two flushes, in ms.
    pub flush_ms: i64,
    /// Upper bounds of timers' buckets in seconds, ascending.
    pub timer_bounds: Vec<f64>,
    /// Upper bounds of distributions' buckets, ascending.
    pub bounds: Vec<f64>,
}

/// What became of lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Taken {
    /// Lines whose measurements count.
    pub lines: u64,
    /// Events and service checks.
    pub passed_over: u64,
    /// Lines that cannot be read, or that say of a series what it is not.
    pub wrong: u64,
    /// Lines of series that there is no room for.
    pub refused: u64,
    /// What is wrong with the first of them, with its number.
    pub reason: Option<String>,
}

/// See the module.
#[derive(Debug)]
pub struct Aggregate {
    options: Options,
    series: HashMap<u64, Series>,
    /// By metric and labels as they are told.
    numbers: HashMap<Box<str>, u64>,
    /// By name, type and tags as they are sent: most lines say what one said before.
    sent: HashMap<Box<str>, u64>,
    next: u64,
    key: String,
}

#[derive(Debug)]
struct Series {
    kind: Kind,
    /// The metric without the suffix of a histogram's parts.
    metric: Box<str>,
    labels: Box<[(Box<str>, Box<str>)]>,
    state: State,
    /// When its last line came.
    touched: i64,
    told: bool,
}

enum Refused {
    Wrong(&'static str),
    Room,
}

impl Aggregate {
    /// Holds nothing at first.
    pub fn new(options: Options) -> Self {
        let (series, numbers, sent) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { options, series, numbers, sent, next: 0, key: String::new() }
    }

    /// Series that are held.
    pub fn held(&self) -> usize {
        self.series.len()
    }

    /// Adds lines up.
    ///
    /// - `now`: in ms since the Unix epoch.
    pub fn take(&mut self, lines: &[u8], now: i64) -> Taken {
        let mut taken = Taken::default();
        for (number, line) in (1..).zip(lines.split(|byte| *byte == b'\n')) {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match self.take_line(line, now) {
                Ok(true) => taken.lines += 1,
                Ok(false) => taken.passed_over += 1,
                Err(refused) => {
                    let reason = match refused {
                        Refused::Wrong(reason) => {
                            taken.wrong += 1;
                            reason
                        }
                        Refused::Room => {
                            taken.refused += 1;
                            "there are too many series (statsd.max_series in master.toml)"
                        }
                    };
                    taken.reason.get_or_insert_with(|| format!("line {number}: {reason}"));
                }
            }
        }
        taken
    }

    /// True when it counts, false when it is passed over.
    fn take_line(&mut self, line: &[u8], now: i64) -> Result<bool, Refused> {
        if line.len() > LINE_MAX {
            return Err(Refused::Wrong("it is longer than 8192 bytes"));
        }
        let line = str::from_utf8(line).map_err(|_| Refused::Wrong("it is not UTF-8"))?;
        let Line::Metric { name, measurements, tags } = Line::read(line).map_err(Refused::Wrong)? else {
            return Ok(false);
        };
        for measurement in &measurements {
            self.add(name, &tags, measurement, now)?;
        }
        Ok(true)
    }

    fn add(
        &mut self,
        name: &str,
        tags: &[(&str, &str)],
        measurement: &Measurement<'_>,
        now: i64,
    ) -> Result<(), Refused> {
        let kind = measurement.value.kind();
        self.key.clear();
        self.key.push_str(name);
        self.key.push(kind.letter());
        for (name, value) in tags {
            self.key.extend(["\n", name, "\n", value]);
        }
        let number = match self.sent.get(self.key.as_str()) {
            Some(number) => *number,
            None => self.find(name, tags, kind)?,
        };
        let bounds = self.options.bounds_of(kind);
        if let Some(series) = self.series.get_mut(&number) {
            series.state.add(measurement, bounds, now);
            series.touched = now;
        }
        Ok(())
    }

    /// The series that a name and tags mean, which differ from those of another line by their order perhaps.
    fn find(&mut self, name: &str, tags: &[(&str, &str)], kind: Kind) -> Result<u64, Refused> {
        let (metric, labels) = (metric(name, kind), labels(tags, kind));
        let mut told = metric.clone();
        for (name, value) in &labels {
            told.extend(["\n", name, "\n", value]);
        }
        let number = if let Some(number) = self.numbers.get(told.as_str()) {
            if self.series.get(number).is_some_and(|series| series.kind != kind) {
                return Err(Refused::Wrong("its series was of another type before"));
            }
            *number
        } else {
            if self.series.len() >= self.options.series {
                return Err(Refused::Room);
            }
            let all = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let all: Vec<(&str, &str)> = all.chain([(METRIC_NAME, metric.as_str())]).collect();
            check_series(&all)
                .map_err(|_| Refused::Wrong("its name and tags are longer than a series may be"))?;
            self.next += 1;
            let state = kind.state(self.options.bounds_of(kind));
            let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            let series = Series { kind, metric: metric.into(), labels, state, touched: 0, told: false };
            self.series.insert(self.next, series);
            self.numbers.insert(told.into(), self.next);
            self.next
        };
        if self.sent.len() >= self.options.series.saturating_mul(SENT_PER_SERIES) {
            self.sent.clear();
        }
        self.sent.insert(self.key.as_str().into(), number);
        Ok(number)
    }

    /// Tells every series as it is now, and the ends of those that are idle (D-2).
    ///
    /// - `now`: in ms since the Unix epoch.
    pub fn flush(&mut self, now: i64, sink: &mut impl Sink) {
        let options = &self.options;
        let held = self.series.len();
        self.series.retain(|_, series| {
            let bounds = options.bounds_of(series.kind);
            let idle = now - series.touched >= options.idle_ms;
            let begins = !std::mem::replace(&mut series.told, true) && series.state.is_cumulative();
            let Series { metric, labels, state, .. } = series;
            state.tell(bounds, now, |suffix, bound, value| {
                let begins = begins && suffix != MAX_SUFFIX && !idle;
                let first = begins.then_some((now - options.flush_ms, 0.0));
                let samples = [first, Some((now, if idle { STALE } else { value }))];
                tell(metric, labels, suffix, bound, &samples, sink);
            });
            !idle
        });
        if self.series.len() < held {
            self.numbers.retain(|_, number| self.series.contains_key(number));
            self.sent.retain(|_, number| self.series.contains_key(number));
        }
    }
}

impl Options {
    fn bounds_of(&self, kind: Kind) -> &[f64] {
        if kind == Kind::Timer { &self.timer_bounds } else { &self.bounds }
    }
}

impl Kind {
    const fn letter(self) -> char {
        match self {
            Self::Count => '\u{1}',
            Self::Gauge => '\u{2}',
            Self::Timer => '\u{3}',
            Self::Distribution => '\u{4}',
            Self::Set => '\u{5}',
        }
    }
}

fn tell(
    metric: &str,
    labels: &[(Box<str>, Box<str>)],
    suffix: &str,
    bound: Option<f64>,
    samples: &[Option<(i64, f64)>],
    sink: &mut impl Sink,
) {
    let name = format!("{metric}{suffix}");
    let bound = bound.map(|bound| if bound.is_finite() { bound.to_string() } else { "+Inf".to_owned() });
    let mut all: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (&**name, &**value)).collect();
    if let Some(bound) = &bound {
        let place = all.partition_point(|(name, _)| *name < "le");
        all.insert(place, ("le", bound));
    }
    sink.series(&name, &all);
    for (time, value) in samples.iter().flatten() {
        sink.sample(*time, *value);
    }
}

fn metric(name: &str, kind: Kind) -> String {
    let mut metric = String::with_capacity(name.len() + 8);
    push_name(&mut metric, name, true);
    let suffix = match kind {
        Kind::Count => "_total",
        Kind::Timer => "_seconds",
        Kind::Gauge | Kind::Distribution | Kind::Set => "",
    };
    if !metric.ends_with(suffix) {
        metric.push_str(suffix);
    }
    metric
}

/// Labels of tags; of two with one name the last is taken, and an empty one is none.
fn labels(tags: &[(&str, &str)], kind: Kind) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    for (tag, value) in tags {
        let mut name = String::with_capacity(tag.len());
        push_name(&mut name, tag, false);
        if kind.is_histogram() && name == "le" || name == METRIC_NAME {
            name.insert_str(0, "exported_");
        }
        labels.insert(name, (*value).to_owned());
    }
    labels.retain(|_, value| !value.is_empty());
    labels
}
