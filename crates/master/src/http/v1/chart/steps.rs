//! Which steps a chart has, and who knows of them: the live model or the history.

use crate::http::problem::Refusal;
use crate::live::{KEPT_S, Steps};
use topmast_api::chart::{ChartQuery, POINTS_DEFAULT, POINTS_MAX, SPAN_MS_DEFAULT};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// Seconds by which five minutes may begin earlier than they are kept and still mean those: the asker's clock
/// and the way here.
const LIVE_GRACE_S: i64 = 15;
/// Lengths of steps below a minute: minutes consist of them.
const PARTS_OF_A_MINUTE_S: [i64; 11] = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30];
const MINUTE_S: i64 = 60;
const HOUR_S: i64 = 3_600;

/// What the history keeps.
pub(super) struct Kept {
    /// The oldest sample, minute and hour, in ms since the Unix epoch.
    pub(super) begins: [Option<i64>; 3],
    /// Time between two samples.
    pub(super) interval_ms: i64,
}

impl Kept {
    /// From when on there is anything.
    pub(super) fn since(&self) -> Option<i64> {
        self.begins.into_iter().flatten().min()
    }

    /// The distance of what is kept of a time: of samples, or of what stands for those that are gone.
    pub(super) fn interval_ms(&self, time_ms: i64) -> i64 {
        let tiers = [self.interval_ms, MINUTE_S * 1_000, HOUR_S * 1_000];
        let reaches = |(begin, _): &(Option<i64>, i64)| begin.is_some_and(|begin| begin <= time_ms);
        let found = self.begins.into_iter().zip(tiers).find(reaches);
        found.map_or(self.interval_ms, |(_, distance)| distance.max(self.interval_ms))
    }
}

/// Who knows of the steps.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Source {
    Live,
    History {
        /// Distance of what is kept.
        interval_ms: i64,
    },
}

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) steps: Steps,
    pub(super) source: Source,
}

/// The whole seconds asked for, as far as they are kept, in no more steps than points. Steps begin at multiples
/// of their length, so that a chart asked for again a second later has the same points and not others.
pub(super) fn asked(query: &ChartQuery, now: UnixMillis, kept: &Kept) -> Result<Asked, Refusal> {
    let points = query.points.unwrap_or(POINTS_DEFAULT);
    if !(1..=POINTS_MAX).contains(&points) {
        return Err(Refusal::invalid("points", format!("points is 1 to {POINTS_MAX}")));
    }
    let points = i64::from(points);
    let asked_until = query.until.map_or(now.0, Timestamp::as_millis);
    let asked_since = query.since.map_or(asked_until.saturating_sub(SPAN_MS_DEFAULT), Timestamp::as_millis);
    if asked_since >= asked_until {
        return Err(Refusal::invalid("since", "since is not before until; ask for a time that has passed"));
    }
    // The second that is under way is written at its beginning.
    let newest = now.0.div_euclid(1_000);
    let until = asked_until.min(now.0).div_euclid(1_000) + 1;
    let since = asked_since.div_euclid(1_000);
    let oldest_live = newest + 1 - KEPT_S;
    if since >= oldest_live - LIVE_GRACE_S {
        let steps = cut(since.max(oldest_live).min(until), until, points, 1, |step_s| step_s);
        return Ok(Asked { steps, source: Source::Live });
    }
    let begin = kept.since().map_or(until, |begin| begin.div_euclid(1_000));
    let since = since.max(begin).min(until);
    let interval_ms = kept.interval_ms(since.saturating_mul(1_000).saturating_add(999));
    let least = (interval_ms + 999).div_euclid(1_000);
    let steps = cut(since, until, points, least, even);
    Ok(Asked { steps, source: Source::History { interval_ms } })
}

/// Cuts a span at multiples of a step that `fit` allows.
fn cut(since: i64, until: i64, points: i64, least_s: i64, fit: impl Fn(i64) -> i64) -> Steps {
    let mut step_s = fit((until - since + points - 1).div_euclid(points).max(least_s).max(1));
    // Cut at multiples, a span may touch one step more than fits.
    while until.div_euclid(step_s) + i64::from(until.rem_euclid(step_s) > 0) - since.div_euclid(step_s)
        > points
    {
        step_s = fit(step_s + 1);
    }
    Steps { since: since.div_euclid(step_s) * step_s, until, step_s }
}

/// The next length of which minutes and hours consist, or which consists of them: what stands for a minute
/// then lies in one step.
fn even(step_s: i64) -> i64 {
    let multiple = |of: i64| (step_s + of - 1).div_euclid(of) * of;
    if step_s > MINUTE_S * MINUTE_S / 2 {
        multiple(HOUR_S)
    } else {
        let part = PARTS_OF_A_MINUTE_S.into_iter().find(|part| *part >= step_s);
        part.unwrap_or_else(|| multiple(MINUTE_S))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;
    const DAY: i64 = 86_400;

    /// A history of 200 days, of which 15 are samples and 180 minutes.
    const KEPT: Kept = Kept {
        begins: [
            Some((NOW - 15 * DAY) * 1_000),
            Some((NOW - 180 * DAY) * 1_000),
            Some((NOW - 200 * DAY) * 1_000),
        ],
        interval_ms: 1_000,
    };

    /// Steps for seconds before now, and points.
    fn asked(since: Option<i64>, until: Option<i64>, points: u32) -> Result<(Steps, Source), String> {
        asked_of(&KEPT, since, until, points)
    }

    fn asked_of(
        kept: &Kept,
        since: Option<i64>,
        until: Option<i64>,
        points: u32,
    ) -> Result<(Steps, Source), String> {
        let time = |before: i64| Timestamp(UnixMillis((NOW - before) * 1_000));
        let query = ChartQuery {
            figures: None,
            since: since.map(time),
            until: until.map(time),
            points: Some(points),
        };
        super::asked(&query, UnixMillis(NOW * 1_000 + 400), kept)
            .map(|asked| (asked.steps, asked.source))
            .map_err(|refusal| format!("{refusal:?}"))
    }

    #[test]
    fn five_minutes_until_now_are_live_when_nothing_is_asked() {
        let live = Steps { since: NOW - 299, until: NOW + 1, step_s: 1 };
        assert_eq!(live.count(), 300);
        assert_eq!(asked(None, None, POINTS_DEFAULT).unwrap(), (live, Source::Live));
        // A clock that is a little behind.
        assert_eq!(asked(Some(310), Some(-60), POINTS_DEFAULT).unwrap(), (live, Source::Live));
    }

    #[test]
    fn never_more_points_than_asked_and_the_same_ones_a_second_later() {
        for points in (1..=POINTS_MAX).step_by(7) {
            for span in [1, 7, 59, 299, 300, 900, 3_600, DAY, 7 * DAY, 30 * DAY, 190 * DAY] {
                let (steps, _) = asked(Some(span), None, points).unwrap();
                let count = steps.begins().count();
                assert!((1..=points as usize).contains(&count), "{count} of {points} for {span} s");
                assert!(steps.begins().all(|begin| begin % steps.step_s == 0));
            }
        }
    }

    #[test]
    fn older_spans_are_of_the_history_in_even_steps() {
        for (span, until, step_s, interval_ms) in [
            (900, 0, 2, 1_000),
            (3_600, 0, 6, 1_000),
            (6 * 3_600, 0, 60, 1_000),
            (DAY, 0, 180, 1_000),
            (7 * DAY, 0, 960, 1_000),
            (30 * DAY, 0, 7_200, 60_000),
            // An hour of which only minutes, or hours, are left.
            (30 * DAY, 30 * DAY - 3_600, 60, 60_000),
            (199 * DAY, 198 * DAY, 3_600, 3_600_000),
        ] {
            let (steps, source) = asked(Some(span), Some(until), 640).unwrap();
            assert_eq!((steps.step_s, source), (step_s, Source::History { interval_ms }), "{span} s");
        }
        let slow = Kept { interval_ms: 10_000, ..KEPT };
        assert_eq!(asked_of(&slow, Some(900), None, 600).unwrap().0.step_s, 10);
    }

    #[test]
    fn range_beyond_what_is_kept_is_cut_or_empty() {
        let (steps, _) = asked(Some(NOW), None, 600).unwrap();
        assert_eq!(steps.since.div_euclid(steps.step_s), (NOW - 200 * DAY).div_euclid(steps.step_s));
        assert_eq!(asked(Some(300 * DAY), Some(250 * DAY), 600).unwrap().0.count(), 0);
        let nothing = Kept { begins: [None; 3], interval_ms: 1_000 };
        assert_eq!(asked_of(&nothing, Some(3_600), None, 600).unwrap().0.count(), 0);
    }

    #[test]
    fn wrong_ranges_and_too_many_points_are_refused() {
        assert!(asked(Some(10), Some(10), 600).unwrap_err().contains("since is not before until"));
        for points in [0, POINTS_MAX + 1] {
            assert!(asked(None, None, points).unwrap_err().contains("points is 1 to 2000"));
        }
    }
}
