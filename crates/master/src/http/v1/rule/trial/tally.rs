//! Problems that would have been, added up; of so many only the newest are kept.

use super::DAY;
use topmast_api::rule::{TRIED_MAX, TriedDay, TriedProblem};
use topmast_api::time::Timestamp;
use topmast_engine::alarm::Episode;
use topmast_model::time::UnixMillis;

/// Adds up what would have been.
pub(super) struct Tally {
    until: UnixMillis,
    /// Never empty.
    days: Vec<TriedDay>,
    total: u64,
    lasted_ms: u64,
    kept: Vec<TriedProblem>,
    /// What was opened before is not among the newest.
    floor: UnixMillis,
}

/// What it comes to.
pub(super) struct Summed {
    pub(super) total: u64,
    pub(super) notices: u64,
    pub(super) lasted_ms: u64,
    pub(super) days: Vec<TriedDay>,
    pub(super) problems: Vec<TriedProblem>,
}

impl Tally {
    pub(super) fn new(since: UnixMillis, until: UnixMillis) -> Self {
        let day = |from| TriedDay { from: Timestamp(from), problems: 0, notices: 0 };
        let mut days = vec![day(since)];
        let mut from = since.plus(DAY);
        while from < until {
            days.push(day(from));
            from = from.plus(DAY);
        }
        Self { until, days, total: 0, lasted_ms: 0, kept: Vec::new(), floor: UnixMillis(i64::MIN) }
    }

    /// From when on.
    pub(super) fn since(&self) -> UnixMillis {
        self.days[0].from.0
    }

    /// Adds a problem.
    ///
    /// - `tell`: only asked of one that may be among the newest.
    pub(super) fn add(&mut self, episode: &Episode, tell: impl FnOnce() -> TriedProblem) {
        let index = self.since().until(episode.opened).as_secs() / DAY.as_secs();
        let last = self.days.len() - 1;
        let day = &mut self.days[usize::try_from(index).unwrap_or(last).min(last)];
        day.problems += 1;
        day.notices += u64::from(episode.notices);
        self.total += 1;
        let lasted = episode.opened.until(episode.closed.unwrap_or(self.until)).as_millis();
        self.lasted_ms = self.lasted_ms.saturating_add(u64::try_from(lasted).unwrap_or(u64::MAX));
        if episode.opened >= self.floor {
            self.kept.push(tell());
            if self.kept.len() >= 2 * TRIED_MAX {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        self.kept.sort_by(|one, other| {
            (one.opened, &one.object, &one.detail).cmp(&(other.opened, &other.object, &other.detail))
        });
        let old = self.kept.len().saturating_sub(TRIED_MAX);
        self.kept.drain(..old);
        if let Some(oldest) = self.kept.first().filter(|_| old > 0) {
            self.floor = oldest.opened.0;
        }
    }

    pub(super) fn finish(mut self) -> Summed {
        self.cut();
        let Self { days, total, lasted_ms, kept, .. } = self;
        Summed { total, notices: days.iter().map(|day| day.notices).sum(), lasted_ms, days, problems: kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(tally: &mut Tally, at: i64, closed: Option<i64>) {
        let (opened, closed) = (UnixMillis(at), closed.map(UnixMillis));
        let episode = Episode { since: opened, opened, closed, value: None, notices: 1, flapping: false };
        tally.add(&episode, || TriedProblem {
            object: "acme".parse().unwrap(),
            detail: String::new(),
            since: Timestamp(opened),
            opened: Timestamp(opened),
            closed: closed.map(Timestamp),
            value: None,
            peak: None,
            message: String::new(),
            flapping: false,
            notices: 1,
        });
    }

    #[test]
    fn all_are_added_up_and_the_newest_kept() {
        let day = 86_400_000;
        let mut tally = Tally::new(UnixMillis(0), UnixMillis(3 * day));
        // Whatever the order in which series come.
        let count = 5 * i64::try_from(TRIED_MAX).unwrap();
        for at in (0..count).rev().chain(count..2 * count) {
            opened(&mut tally, at, Some(at + 1));
        }
        opened(&mut tally, 2 * day, None);
        let summed = tally.finish();
        assert_eq!(summed.total, 2 * u64::try_from(count).unwrap() + 1);
        assert_eq!(summed.lasted_ms, 2 * u64::try_from(count).unwrap() + u64::try_from(day).unwrap());
        assert_eq!(summed.problems.len(), TRIED_MAX);
        let opened: Vec<i64> = summed.problems.iter().map(|one| one.opened.0.0).collect();
        assert!(opened.is_sorted() && opened.last() == Some(&(2 * day)), "{opened:?}");
        assert_eq!(opened[TRIED_MAX - 2], 2 * count - 1);
        assert_eq!(opened[0], 2 * count + 1 - i64::try_from(TRIED_MAX).unwrap());
        let days: Vec<u64> = summed.days.iter().map(|day| day.problems).collect();
        assert_eq!(days, [summed.total - 1, 0, 1]);
        assert_eq!(summed.notices, summed.total);
    }
}
