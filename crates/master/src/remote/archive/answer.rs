//! The store's answers, read: whatever is in them, what comes out is sorted, bounded and inside what was asked.

use super::piece::Piece;
use super::{Samples, samples};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use topmast_history::promql::STALE_BITS;
use topmast_history::{
    Aggregate, Budget, METRIC_NAME, Matcher, Operator, Selection, SeriesSamples, SourceError,
};
use topmast_model::sample::Series;

#[derive(Deserialize)]
struct Answered<T> {
    status: String,
    data: T,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

#[derive(Deserialize)]
struct Matrix<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    metric: BTreeMap<String, String>,
    #[serde(borrow)]
    values: Vec<(f64, Cow<'a, str>)>,
}

/// The data of an answer.
pub(super) fn data<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, String> {
    let answered: Answered<T> =
        serde_json::from_slice(body).map_err(|error| format!("the answer cannot be read: {error}"))?;
    if answered.status == "success" { Ok(answered.data) } else { Err("the answer is no success".to_owned()) }
}

/// What an error says.
pub(super) fn error(body: &[u8]) -> Option<String> {
    let refused: Refused = serde_json::from_slice(body).ok()?;
    Some(refused.error.chars().take(300).map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// A series of labels.
pub(super) fn series(labels: &BTreeMap<String, String>) -> Series {
    let metric = labels.get(METRIC_NAME).map_or("", String::as_str);
    let others = labels.iter().filter(|(name, value)| *name != METRIC_NAME && !value.is_empty());
    Series::new(metric, others.map(|(name, value)| (name.as_str(), value.as_str())))
}

/// The metric, when only one can be meant.
pub(super) fn metric(matchers: &[Matcher]) -> Option<&str> {
    let named =
        |matcher: &&Matcher| *matcher.name == *METRIC_NAME && matches!(matcher.operator, Operator::Equal);
    matchers.iter().find(named).map(|matcher| &*matcher.value)
}

fn matrix(body: &[u8]) -> Result<Vec<Row<'_>>, String> {
    let matrix: Matrix<'_> = data(body)?;
    if matrix.kind == "matrix" { Ok(matrix.result) } else { Err("the answer is no matrix".to_owned()) }
}

fn value(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("{:?} is no value", text.chars().take(40).collect::<String>()))
}

/// A time in ms.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and a time far away is not asked for")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1e3).round() as i64
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Found(HashMap<Series, Samples>);

impl Found {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the answer for a part, which is later than those before. The inner error is about the answer.
    pub(super) fn take(
        &mut self,
        body: &[u8],
        part: &Piece,
        selection: &Selection<'_>,
        budget: &Budget,
    ) -> Result<Result<(), String>, SourceError> {
        let rows = match matrix(body) {
            Ok(rows) => rows,
            Err(reason) => return Ok(Err(reason)),
        };
        let counted =
            part.step.is_none() && selection.resolution > 0 && selection.aggregate == Aggregate::Count;
        // What stands for a minute stands just before its end: both edges of a window count, and windows that follow
        // each other must not both have it.
        let before = i64::from(part.step.is_some());
        for row in rows {
            budget.charge(row.values.len() as u64)?;
            let mut series = series(&row.metric);
            if let Some(metric) = metric(selection.matchers).filter(|_| part.step.is_some()) {
                // Functions leave the name out.
                series.metric = metric.into();
            }
            if !selection.matchers.iter().all(|matcher| matcher.accepts_series(&series)) {
                continue;
            }
            let (times, values) = self.0.entry(series).or_default();
            for (time, text) in row.values {
                let time = millis(time).saturating_sub(before);
                let newest = times.last().is_none_or(|last| *last < time);
                if !newest || !(part.from..=part.until).contains(&time) {
                    continue;
                }
                let value = match value(&text) {
                    Ok(value) => value,
                    Err(reason) => return Ok(Err(reason)),
                };
                times.push(time);
                values.push(match value {
                    // VictoriaMetrics tells the end of a series so; others leave it out.
                    value if value.is_nan() => f64::from_bits(STALE_BITS),
                    _ if counted => 1.0,
                    value => value,
                });
            }
        }
        Ok(Ok(()))
    }

    /// Takes what was evaluated for steps, which are later than those before. The inner error is about the answer.
    pub(super) fn take_evaluated(
        &mut self,
        body: &[u8],
        budget: &Budget,
    ) -> Result<Result<(), String>, SourceError> {
        let rows = match matrix(body) {
            Ok(rows) => rows,
            Err(reason) => return Ok(Err(reason)),
        };
        for row in rows {
            budget.charge(row.values.len() as u64)?;
            let (times, values) = self.0.entry(series(&row.metric)).or_default();
            for (time, text) in row.values {
                let time = millis(time);
                if times.last().is_some_and(|last| *last >= time) {
                    continue;
                }
                match value(&text) {
                    Ok(value) => values.push(value),
                    Err(reason) => return Ok(Err(reason)),
                }
                times.push(time);
            }
        }
        Ok(Ok(()))
    }

    /// In order of the series.
    pub(super) fn finish(self) -> Vec<SeriesSamples> {
        let found = self.0.into_iter().filter(|(_, (times, _))| !times.is_empty());
        let mut found: Vec<SeriesSamples> = found.map(|(series, one)| samples(&series, one)).collect();
        found.sort_unstable_by(|one, other| one.series.cmp(&other.series));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use topmast_history::Labels;

    fn take(body: &[u8], step: Option<i64>) -> Result<Vec<SeriesSamples>, String> {
        let matchers = [Matcher::equal(METRIC_NAME, "load")];
        let (from, until) = (0, 600_000 - 1);
        let selection =
            Selection { matchers: &matchers, from, until, resolution: 60_000, aggregate: Aggregate::Count };
        let mut found = Found::default();
        let taken = found.take(body, &Piece { from, until, step }, &selection, &Budget::unlimited());
        taken.unwrap().map(|()| found.finish())
    }

    fn answer(rows: &str) -> Vec<u8> {
        let text = format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{rows}]}}}}"#);
        text.into_bytes()
    }

    #[test]
    fn what_a_function_made_gets_its_name_and_a_place_inside_its_minute() {
        let rows =
            r#"{"metric":{"core":"0"},"values":[[-1e300,"1"],[59.999,"7"],[119.999,"8"],[1e300,"2"]]}"#;
        let found = take(&answer(rows), Some(60_000)).unwrap();
        let expected = SeriesSamples {
            series: Labels::packed("load", [("core", "0")]),
            times: [59_998, 119_998].into(),
            values: vec![7.0, 8.0],
        };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn sample_counts_one_and_no_number_is_an_end() {
        let rows = r#"{"metric":{"__name__":"load"},"values":[[1,"7"],[2,"NaN"],[3,"+Inf"]]}"#;
        let found = take(&answer(rows), None).unwrap();
        let bits: Vec<u64> = found[0].values.iter().map(|value| value.to_bits()).collect();
        assert_eq!(bits, [1.0_f64.to_bits(), STALE_BITS, 1.0_f64.to_bits()]);
    }

    #[test]
    fn what_was_evaluated_keeps_what_is_no_number() {
        let mut found = Found::default();
        for rows in [
            r#"{"metric":{"server":"b"},"values":[[5,"2"],[6,"NaN"]]},{"metric":{},"values":[[5,"1"]]}"#,
            r#"{"metric":{"server":"b"},"values":[[6,"9"],[7,"-Inf"]]}"#,
        ] {
            found.take_evaluated(&answer(rows), &Budget::unlimited()).unwrap().unwrap();
        }
        let [all, b] = &found.finish()[..] else { panic!("there are two series") };
        assert_eq!((&all.series, &*all.times), (&Labels::packed("", []), &[5_000][..]));
        assert_eq!(
            (&b.series, &*b.times),
            (&Labels::packed("", [("server", "b")]), &[5_000, 6_000, 7_000][..])
        );
        let bits: Vec<u64> = b.values.iter().map(|value| value.to_bits()).collect();
        assert_eq!(bits, [2.0, f64::NAN, f64::NEG_INFINITY].map(f64::to_bits));
        let wrong = answer(r#"{"metric":{},"values":[[5,"two"]]}"#);
        assert!(Found::default().take_evaluated(&wrong, &Budget::unlimited()).unwrap().is_err());
    }

    #[test]
    fn answers_of_another_shape_are_errors() {
        for body in [
            &b""[..],
            br#"{"status":"success"}"#,
            br#"{"status":"error","data":{"resultType":"matrix","result":[]}}"#,
            br#"{"status":"success","data":{"resultType":"vector","result":[]}}"#,
            &answer(r#"{"metric":{"__name__":"load"},"values":[[1,"seven"]]}"#),
            &answer(r#"{"metric":{"__name__":"load"},"values":[[1]]}"#),
        ] {
            assert!(take(body, None).is_err(), "{}", String::from_utf8_lossy(body));
        }
        assert_eq!(error(br#"{"status":"error","error":"too\nmuch"}"#).as_deref(), Some("too much"));
    }

    proptest! {
        #[test]
        fn any_times_and_texts_are_taken_or_refused(
            points in prop::collection::vec((any::<f64>(), "\\PC{0,8}"), 0..20),
            step in prop::option::of(Just(60_000)),
        ) {
            let points: Vec<String> = points
                .iter()
                .filter(|(time, _)| time.is_finite())
                .map(|(time, text)| format!("[{time:e},{}]", serde_json::to_string(text).unwrap()))
                .collect();
            let rows = format!(r#"{{"metric":{{"__name__":"load"}},"values":[{}]}}"#, points.join(","));
            for samples in take(&answer(&rows), step).unwrap_or_default() {
                prop_assert!(samples.times.is_sorted() && samples.times.len() == samples.values.len());
                prop_assert!(samples.times.iter().all(|time| (0..600_000).contains(time)));
            }
        }
    }
}
