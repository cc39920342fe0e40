//! What an alarm's datapoints come to: reading them, and the state with its reason.
//!
//! ```text
//! metric or queries ─► one value a period, oldest first ─► DatapointsAlarm ─► state, reason, JSON
//! ```
//!
//! The window ends with the last whole period grid before now: minutes, or the period itself where it is shorter.

use super::{message, put};
use crate::aws::cloudwatch::read::Reader;
use crate::aws::cloudwatch::{data, put as metric_put, statistics};
use serde::Serialize;
use std::time::Duration;
use topmast_aws::span::by_period;
use topmast_aws::statistic::Statistic;
use topmast_aws::{Fault, Value};
use topmast_engine::alarm::{DatapointsAlarm, evaluation_range, samples_needed};
use topmast_model::aws_alarm::{MetricBasis, MetricChoice, StateSaid};
use topmast_model::rule::{Comparison, MissingData};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Most datapoints that a reason's JSON tells of, the newest ones: AWS has room for 4,000 characters.
const TOLD_MAX: usize = 30;

/// One datapoint.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Datapoint {
    value: f64,
    /// How many values it is made of, of a statistic of a metric.
    count: Option<f64>,
}

/// The datapoints that an alarm looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Window {
    /// One a period, the newest last.
    datapoints: Vec<Option<Datapoint>>,
    /// When the first one begins, in seconds since the epoch.
    start: i64,
    period_s: i64,
}

/// The condition of an alarm; none with a band.
fn condition(basis: &MetricBasis) -> Option<DatapointsAlarm> {
    let compare = match basis.comparison.as_str() {
        "GreaterThanThreshold" => Comparison::Greater,
        "GreaterThanOrEqualToThreshold" => Comparison::GreaterOrEqual,
        "LessThanThreshold" => Comparison::Less,
        "LessThanOrEqualToThreshold" => Comparison::LessOrEqual,
        _ => return None,
    };
    let missing = match basis.treat_missing_data.as_deref() {
        Some("breaching") => MissingData::Breaching,
        Some("notBreaching") => MissingData::NotBreaching,
        Some("ignore") => MissingData::Ignore,
        _ => MissingData::Missing,
    };
    let of = basis.evaluation_periods;
    let datapoints = basis.datapoints_to_alarm.unwrap_or(of);
    Some(DatapointsAlarm { compare, bound: basis.threshold?.get(), datapoints, of, missing })
}

/// Reads what an alarm looks at, as of `now` in milliseconds; nothing of one that cannot be looked at.
pub(super) fn window(
    reader: &Reader,
    account: &str,
    basis: &MetricBasis,
    now: i64,
) -> Result<Option<Window>, Fault> {
    if condition(basis).is_none() {
        return Ok(None);
    }
    let period_s = i64::from(basis.period_s()).max(1);
    let grid = period_s.min(60);
    let end = now.div_euclid(1_000).div_euclid(grid) * grid;
    let length = usize::try_from(evaluation_range(basis.evaluation_periods)).unwrap_or(usize::MAX);
    let start = end - period_s.saturating_mul(i64::try_from(length).unwrap_or(i64::MAX));
    let mut window = Window { datapoints: vec![None; length], start, period_s };
    if let Some(choice) = &basis.metric {
        of_metric(reader, choice, &mut window, end)?;
    } else if let Some(returned) = basis.queries.iter().find(|query| query.is_returned.unwrap_or(true)) {
        let asked = put::asked(basis.queries.iter());
        let points = data::points(reader, account, &asked, &returned.id, (start, end), now)?;
        for (at, value) in points {
            window.set(at.div_euclid(1_000), Datapoint { value, count: None });
        }
    }
    Ok(Some(window))
}

fn of_metric(reader: &Reader, choice: &MetricChoice, window: &mut Window, end: i64) -> Result<(), Fault> {
    let Some(statistic) = Statistic::parse(&choice.statistic) else { return Ok(()) };
    let dimensions = Value::map([("Dimensions", put::dimension_values(&choice.dimensions))]);
    let mut metric = metric_put::metric(&choice.namespace, &dimensions);
    metric.name.clone_from(&choice.name);
    let points = reader.points(&metric, choice.unit.as_deref(), (window.start, end), window.period_s)?;
    // Of several units one is taken, as everywhere.
    let units = statistics::by_unit(&points);
    let chosen = units.into_iter().next().map(|(_, points)| points).unwrap_or_default();
    for (begin, summary) in by_period(chosen, window.start, window.period_s) {
        if let Some(value) = statistic.of(&summary) {
            window.set(begin, Datapoint { value, count: Some(summary.count) });
        }
    }
    Ok(())
}

impl Window {
    fn set(&mut self, at: i64, datapoint: Datapoint) {
        let place = usize::try_from((at - self.start).div_euclid(self.period_s)).ok();
        if let Some(slot) = place.and_then(|place| self.datapoints.get_mut(place)) {
            *slot = Some(datapoint);
        }
    }

    fn at(&self, place: usize) -> i64 {
        self.start + self.period_s.saturating_mul(i64::try_from(place).unwrap_or(i64::MAX))
    }

    /// The state that the alarm comes to, if it is another one than `current`.
    pub(super) fn judge(&self, basis: &MetricBasis, current: AlarmState, now: i64) -> Option<StateSaid> {
        let alarm = condition(basis)?;
        if self.is_too_thin(basis) {
            return None;
        }
        let values: Vec<Option<f64>> =
            self.datapoints.iter().map(|point| point.map(|point| point.value)).collect();
        let evaluation = alarm.evaluate(&values, current);
        if evaluation.state == current {
            return None;
        }
        let newest = UnixMillis(self.at(self.datapoints.len().saturating_sub(1)).saturating_mul(1_000));
        let period = Duration::from_secs(self.period_s.unsigned_abs());
        let reason = evaluation.reason(&alarm, &values, newest, period);
        let data = self.data(basis, &alarm, (evaluation.present, evaluation.filled), now);
        Some(StateSaid { state: evaluation.state, reason, data: serde_json::to_string(&data).ok() })
    }

    /// True when a percentile is of too few values, and such are to be ignored.
    fn is_too_thin(&self, basis: &MetricBasis) -> bool {
        let percentile =
            basis.metric.as_ref().and_then(|metric| metric.statistic.strip_prefix('p')?.parse::<f64>().ok());
        let newest = self.datapoints.iter().rev().find_map(|point| (*point)?.count);
        match (basis.low_sample_count.as_deref(), percentile, newest) {
            (Some("ignore"), Some(percentile), Some(count)) if percentile > 0.0 && percentile < 100.0 => {
                count < samples_needed(percentile / 100.0)
            }
            _ => false,
        }
    }

    fn data<'a>(
        &self,
        basis: &'a MetricBasis,
        alarm: &DatapointsAlarm,
        (present, filled): (u32, u32),
        now: i64,
    ) -> ReasonData<'a> {
        let (mut recent, mut evaluated, mut first) = (Vec::new(), Vec::new(), None);
        let mut missing = if present == 0 { alarm.of } else { filled };
        let moment = |second: i64| message::moment(UnixMillis(second.saturating_mul(1_000)));
        for (place, datapoint) in self.datapoints.iter().enumerate().rev() {
            if evaluated.len() == TOLD_MAX {
                break;
            }
            let at = self.at(place);
            match datapoint {
                Some(datapoint) if recent.len() < usize::try_from(present).unwrap_or(usize::MAX) => {
                    recent.push(datapoint.value);
                    first = Some(at);
                    evaluated.push(Evaluated {
                        timestamp: moment(at),
                        sample_count: datapoint.count,
                        value: Some(datapoint.value),
                    });
                }
                None if missing > 0 => {
                    missing -= 1;
                    evaluated.push(Evaluated { timestamp: moment(at), sample_count: None, value: None });
                }
                _ => {}
            }
        }
        recent.reverse();
        let metric = basis.metric.as_ref();
        ReasonData {
            version: "1.0",
            query_date: message::moment(UnixMillis(now)),
            start_date: first.map(moment),
            unit: metric.and_then(|metric| metric.unit.as_deref()),
            statistic: metric.map(|metric| metric.statistic.as_str()),
            period: self.period_s,
            recent_datapoints: recent,
            threshold: alarm.bound,
            evaluated_datapoints: evaluated,
        }
    }
}

/// A reason as JSON, in the order in which AWS has its members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReasonData<'a> {
    version: &'static str,
    query_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statistic: Option<&'a str>,
    period: i64,
    recent_datapoints: Vec<f64>,
    threshold: f64,
    evaluated_datapoints: Vec<Evaluated>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evaluated {
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_count: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::rule::Number;

    /// 2026-11-23 09:00 UTC, in seconds.
    const NINE: i64 = 1_795_424_400;

    fn basis(periods: u32, treat: &str) -> MetricBasis {
        let metric = MetricChoice {
            namespace: "Shop".into(),
            name: "Orders".into(),
            dimensions: Vec::new(),
            statistic: "Average".into(),
            is_extended: false,
            period_s: 60,
            unit: Some("Seconds".into()),
        };
        MetricBasis {
            metric: Some(metric),
            queries: Vec::new(),
            comparison: "GreaterThanThreshold".into(),
            threshold: Number::new(2.0),
            threshold_metric_id: None,
            evaluation_periods: periods,
            datapoints_to_alarm: None,
            treat_missing_data: Some(treat.into()),
            low_sample_count: None,
        }
    }

    /// A window whose newest period begins at nine.
    fn window(values: &[Option<f64>]) -> Window {
        let datapoint = |value: &Option<f64>| value.map(|value| Datapoint { value, count: Some(2.0) });
        let before = i64::try_from(values.len()).unwrap() - 1;
        Window { datapoints: values.iter().map(datapoint).collect(), start: NINE - 60 * before, period_s: 60 }
    }

    #[test]
    fn a_datapoint_beyond_the_bound_is_told_with_its_json() {
        let now = (NINE + 65) * 1_000;
        let said = window(&[None, None, Some(21.5)])
            .judge(&basis(1, "notBreaching"), AlarmState::InsufficientData, now)
            .unwrap();
        assert_eq!(said.state, AlarmState::Alarm);
        assert_eq!(
            said.reason,
            "Threshold Crossed: 1 datapoint [21.5 (23/11/26 09:00:00)] was greater than the threshold (2.0)."
        );
        assert_eq!(
            said.data.unwrap(),
            "{\"version\":\"1.0\",\"queryDate\":\"2026-11-23T09:01:05.000+0000\",\
             \"startDate\":\"2026-11-23T09:00:00.000+0000\",\"unit\":\"Seconds\",\"statistic\":\"Average\",\
             \"period\":60,\"recentDatapoints\":[21.5],\"threshold\":2.0,\"evaluatedDatapoints\":[\
             {\"timestamp\":\"2026-11-23T09:00:00.000+0000\",\"sampleCount\":2.0,\"value\":21.5}]}"
        );
    }

    #[test]
    fn missing_datapoints_that_count_are_told_by_their_times() {
        let said = window(&[None; 4])
            .judge(&basis(2, "breaching"), AlarmState::InsufficientData, NINE * 1_000)
            .unwrap();
        assert_eq!(said.state, AlarmState::Alarm);
        let data = said.data.unwrap();
        assert!(!data.contains("startDate"), "{data}");
        assert!(
            data.ends_with(
                "\"recentDatapoints\":[],\"threshold\":2.0,\"evaluatedDatapoints\":[\
                 {\"timestamp\":\"2026-11-23T09:00:00.000+0000\"},{\"timestamp\":\"2026-11-23T08:59:00.000+0000\"}]}"
            ),
            "{data}"
        );
    }

    #[test]
    fn many_datapoints_are_told_as_far_as_there_is_room() {
        let said =
            window(&vec![Some(9.75); 1_440]).judge(&basis(1_440, "missing"), AlarmState::Ok, 0).unwrap();
        assert_eq!(said.state, AlarmState::Alarm);
        let data = said.data.unwrap();
        assert!(data.len() < 4_000, "{}", data.len());
        assert_eq!(data.matches("sampleCount").count(), TOLD_MAX);
    }

    #[test]
    fn the_same_state_is_nothing_to_tell() {
        let judged = window(&[None; 3]).judge(&basis(1, "missing"), AlarmState::InsufficientData, 0);
        assert_eq!(judged, None);
    }

    #[test]
    fn a_percentile_of_too_few_values_is_ignored_when_it_is_to_be() {
        let mut thin = basis(1, "missing");
        if let Some(metric) = &mut thin.metric {
            (metric.statistic, metric.is_extended) = ("p90".into(), true);
        }
        let window = window(&[None, None, Some(9.0)]);
        assert!(window.judge(&thin, AlarmState::Ok, 0).is_some());
        thin.low_sample_count = Some("ignore".into());
        assert_eq!(window.judge(&thin, AlarmState::Ok, 0), None, "two values of the 100 that p90 takes");
    }
}
