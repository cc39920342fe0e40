//! What a target's pages mean: samples with the target's labels, relabelled, and the ends of series that vanished.
//!
//! ```text
//! page ─► exposition ─► labels of the target ─► relabel ─► Sink
//!              └── known series: as the page before ──────────┘
//! ```
//!
//! Names and labels are worked out once for each series that a target has; afterwards they are found by its text.
//!
//! Invariants
//! - S-1: a series that was told and is not on the next page, or whose target's next scrape fails, is told a
//!   staleness marker, once; one whose page says its times is not, for they are not the scrape's.
//! - S-2: a page is taken whole or not at all.

use crate::exposition::{ExpositionError, Form, Sample, samples};
use crate::intake::{METRIC_NAME, Outcome, SAMPLES_MAX, Sink, check_series};
use crate::relabel::{self, Labels, Rule};
use std::collections::{HashMap, HashSet};

/// Prometheus' staleness marker: after it a series is no more.
pub const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

/// What is done with the samples of a target.
#[derive(Debug, Clone)]
pub struct Options {
    /// Labels of the target, ascending by name.
    pub target: Labels,
    /// Labels of a page win over the target's of the same name; else they become `exported_…`.
    pub honor_labels: bool,
    /// Times that a page says are taken.
    pub honor_timestamps: bool,
    /// Rules for samples.
    pub relabel: Vec<Rule>,
    /// Samples after relabelling, at most; 0 is no limit.
    pub sample_limit: u64,
}

/// What was found on a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scraped {
    /// Samples on it.
    pub samples: u64,
    /// Those that relabelling kept.
    pub kept: u64,
    /// Series that the page before had not.
    pub added: u64,
    /// What was told, and what was left out.
    pub outcome: Outcome,
}

/// Why nothing of a page was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScrapeError {
    /// It cannot be read.
    #[error(transparent)]
    Exposition(#[from] ExpositionError),
    /// It is no text.
    #[error("byte {0} of the page is not UTF-8")]
    Text(usize),
    /// It holds more samples than the target may have.
    #[error("the page holds more than {0} samples (sample_limit)")]
    SampleLimit(u64),
    /// It holds more samples than any may.
    #[error("the page holds more than {SAMPLES_MAX} samples")]
    TooMuch,
}

/// The series of one target.
#[derive(Debug, Default)]
pub struct Held {
    series: HashMap<Box<str>, Known>,
    page: u64,
}

#[derive(Debug)]
struct Known {
    /// `None` when it is left out.
    told: Option<Told>,
    /// The page on which it was first, and last.
    born: u64,
    seen: u64,
    /// It has a sample that its end is told after.
    live: bool,
    /// The page at hand says its time.
    timed: bool,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Told {
    metric: Box<str>,
    labels: Box<[(Box<str>, Box<str>)]>,
}

impl Told {
    fn tell(&self, time: i64, value: f64, sink: &mut impl Sink) {
        let labels: Vec<(&str, &str)> = self.labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        sink.series(&self.metric, &labels);
        sink.sample(time, value);
    }
}

impl Held {
    /// Tells the samples of a page, and the ends of the series that it has no more.
    ///
    /// - `time`: of the scrape, in ms since the Unix epoch.
    ///
    /// # Errors
    /// [`ScrapeError`]; something may have been told already: forget that, and call [`Held::end`] (S-2).
    pub fn page(
        &mut self,
        page: &[u8],
        form: Form,
        options: &Options,
        time: i64,
        sink: &mut impl Sink,
    ) -> Result<Scraped, ScrapeError> {
        self.page += 1;
        let scraped = self.read(page, form, options, time, sink);
        let page = self.page;
        if scraped.is_err() {
            self.series.retain(|_, known| known.born != page);
            return scraped;
        }
        let is_gone = |known: &Known| known.seen != page;
        if self.series.values().any(is_gone) {
            self.tell_ends(is_gone, time, sink);
        }
        self.series.retain(|_, known| {
            known.live = known.told.is_some() && !known.timed;
            known.seen == page
        });
        scraped
    }

    /// Tells the end of every series, for the scrape failed or the target is no more (S-1).
    pub fn end(&mut self, time: i64, sink: &mut impl Sink) {
        self.tell_ends(|_| true, time, sink);
        self.series.values_mut().for_each(|known| known.live = false);
    }

    /// Tells the end of series that are gone. Two texts may mean one, `a` and `a{b=""}`: it has ended when none
    /// of them is there, and once.
    fn tell_ends(&self, is_gone: impl Fn(&Known) -> bool, time: i64, sink: &mut impl Sink) {
        let is_gone = &is_gone;
        let told = |gone: bool| {
            let known = self.series.values().filter(move |known| is_gone(known) == gone);
            known.filter_map(|known| known.told.as_ref().map(|told| (told, known.live)))
        };
        let there: HashSet<&Told> = told(false).map(|(told, _)| told).collect();
        let ended: HashSet<&Told> = told(true).filter(|(_, live)| *live).map(|(told, _)| told).collect();
        ended.difference(&there).for_each(|told| told.tell(time, STALE, sink));
    }

    fn read(
        &mut self,
        page: &[u8],
        form: Form,
        options: &Options,
        time: i64,
        sink: &mut impl Sink,
    ) -> Result<Scraped, ScrapeError> {
        let mut scraped = Scraped::default();
        let page = str::from_utf8(page).map_err(|error| ScrapeError::Text(error.valid_up_to()))?;
        for sample in samples(page, form) {
            let sample = sample?;
            scraped.samples += 1;
            if scraped.samples > SAMPLES_MAX {
                return Err(ScrapeError::TooMuch);
            }
            let at = sample.time.filter(|_| options.honor_timestamps);
            let number = self.page;
            let known = if let Some(known) = self.series.get_mut(sample.series) {
                known
            } else {
                let told = told(&sample, options, &mut scraped.outcome)?;
                scraped.added += u64::from(told.is_some());
                let known = Known { told, born: number, seen: 0, live: false, timed: false };
                self.series.entry(sample.series.into()).or_insert(known)
            };
            let twice = std::mem::replace(&mut known.seen, number) == number;
            let Some(told) = &known.told else { continue };
            scraped.kept += 1;
            if options.sample_limit > 0 && scraped.kept > options.sample_limit {
                return Err(ScrapeError::SampleLimit(options.sample_limit));
            }
            known.timed = at.is_some();
            if twice && at.is_none() {
                scraped.outcome.leave_out(1, format_args!("line {}: the series is there twice", sample.line));
                continue;
            }
            told.tell(at.unwrap_or(time), sample.value, sink);
            scraped.outcome.series += 1;
            scraped.outcome.samples += 1;
        }
        Ok(scraped)
    }
}

/// What a series of a page is told as; `None` when it is dropped, or cannot be, which is counted.
fn told(
    sample: &Sample<'_>,
    options: &Options,
    outcome: &mut Outcome,
) -> Result<Option<Told>, ExpositionError> {
    let named = sample.named()?;
    let mut exposed = Labels::from([(METRIC_NAME.to_owned(), named.name.to_owned())]);
    for (name, value) in &named.labels {
        if exposed.insert((*name).to_owned(), value.clone().into_owned()).is_some() {
            outcome.leave_out(1, format_args!("line {}: a label is there twice", sample.line));
            return Ok(None);
        }
    }
    let mut labels = with_target(&exposed, options);
    if !relabel::apply(&options.relabel, &mut labels) {
        return Ok(None);
    }
    let pairs: Vec<(&str, &str)> =
        labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    if let Err(wrong) = check_series(&pairs) {
        outcome.leave_out(1, format_args!("line {}: {wrong}", sample.line));
        return Ok(None);
    }
    let metric = labels.remove(METRIC_NAME).unwrap_or_default().into();
    let labels = labels.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Ok(Some(Told { metric, labels }))
}

/// The labels of a sample with those of its target.
fn with_target(exposed: &Labels, options: &Options) -> Labels {
    let mut labels = exposed.clone();
    let mut clashing = Vec::new();
    for (name, value) in &options.target {
        match exposed.get(name) {
            // Also an empty one: that is how a page says that it wants none.
            Some(_) if options.honor_labels => continue,
            Some(own) if !own.is_empty() => clashing.push((name, own)),
            _ => {}
        }
        labels.insert(name.clone(), value.clone());
    }
    // The shortest first, so that what was renamed by another scrape before moves on.
    clashing.sort_by_key(|(name, _)| name.len());
    for (name, value) in clashing {
        let mut renamed = format!("exported_{name}");
        while labels.contains_key(&renamed) {
            renamed.insert_str(0, "exported_");
        }
        labels.insert(renamed, value.clone());
    }
    labels.retain(|_, value| !value.is_empty());
    labels
}

#[cfg(test)]
mod tests;
