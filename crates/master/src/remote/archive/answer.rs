//! The store's answers, read: whatever is in them, what comes out is sorted, bounded and inside what was asked.

use super::piece::Piece;
use super::{Samples, samples, selector};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use topmast_history::promql::STALE_BITS;
use topmast_history::{Aggregate, Budget, Labels, METRIC_NAME, Selection, SeriesSamples, SourceError};
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
struct Vector<'a> {
    #[serde(rename = "resultType")]
    kind: &'a str,
    #[serde(borrow)]
    result: Vec<Newest<'a>>,
}

#[derive(Deserialize)]
struct Newest<'a> {
    metric: BTreeMap<String, String>,
    #[serde(borrow)]
    value: (f64, Cow<'a, str>),
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

/// The newest sample of each series, at one time. The inner error is about the answer.
pub(super) fn newest(
    body: &[u8],
    selection: &Selection<'_>,
    budget: &Budget,
) -> Result<Result<Vec<SeriesSamples>, String>, SourceError> {
    let vector: Vector<'_> = match data(body) {
        Ok(vector) => vector,
        Err(reason) => return Ok(Err(reason)),
    };
    if vector.kind != "vector" {
        return Ok(Err("the answer is no vector".to_owned()));
    }
    budget.charge(vector.result.len() as u64)?;
    // All of them share one column.
    let times: Arc<[i64]> = [selection.until].into();
    let mut found = Vec::with_capacity(vector.result.len());
    for Newest { metric, value: (_, text) } in vector.result {
        let series = series(&metric);
        if !selection.matchers.iter().all(|matcher| matcher.accepts_series(&series)) {
            continue;
        }
        let Ok(value) = text.parse::<f64>() else { return Ok(Err(no_value(&text))) };
        found.push(SeriesSamples {
            series: Labels::of(&series),
            times: Arc::clone(&times),
            values: vec![value],
        });
    }
    found.sort_unstable_by(|one, other| one.series.cmp(&other.series));
    found.dedup_by(|one, other| one.series == other.series);
    Ok(Ok(found))
}

fn no_value(text: &str) -> String {
    format!("{:?} is no value", text.chars().take(40).collect::<String>())
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
        let matrix: Matrix<'_> = match data(body) {
            Ok(matrix) => matrix,
            Err(reason) => return Ok(Err(reason)),
        };
        if matrix.kind != "matrix" {
            return Ok(Err("the answer is no matrix".to_owned()));
        }
        let counted =
            part.step.is_none() && selection.resolution > 0 && selection.aggregate == Aggregate::Count;
        // What stands for a minute stands just before its end: both edges of a window count, and windows that follow
        // each other must not both have it.
        let before = i64::from(part.step.is_some());
        for row in matrix.result {
            budget.charge(row.values.len() as u64)?;
            let mut series = series(&row.metric);
            if let Some(metric) = selector::metric(selection.matchers).filter(|_| part.step.is_some()) {
                // Functions leave the name out.
                series.metric = metric.into();
            }
            if !selection.matchers.iter().all(|matcher| matcher.accepts_series(&series)) {
                continue;
            }
            let (times, values) = self.0.entry(series).or_default();
            for (time, text) in row.values {
                #[expect(clippy::cast_possible_truncation, reason = "a time far away is left out just below")]
                let time = ((time * 1e3).round() as i64).saturating_sub(before);
                let newest = times.last().is_none_or(|last| *last < time);
                if !newest || !(part.from..=part.until).contains(&time) {
                    continue;
                }
                let Ok(value) = text.parse::<f64>() else {
                    return Ok(Err(no_value(&text)));
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
    use topmast_history::Matcher;

    fn take(body: &[u8], step: Option<i64>) -> Result<Vec<SeriesSamples>, String> {
        let matchers = [Matcher::equal(METRIC_NAME, "load")];
        let (from, until) = (0, 600_000 - 1);
        let selection = Selection {
            matchers: &matchers,
            from,
            until,
            resolution: 60_000,
            aggregate: Aggregate::Count,
            newest: false,
        };
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
    fn newest_samples_are_of_the_moment_that_was_asked_for() {
        let matchers = [Matcher::equal(METRIC_NAME, "load")];
        let selection = Selection {
            matchers: &matchers,
            from: 0,
            until: 5_000,
            resolution: 0,
            aggregate: Aggregate::Last,
            newest: true,
        };
        let take = |kind: &str, rows: &str| {
            let text =
                format!(r#"{{"status":"success","data":{{"resultType":"{kind}","result":[{rows}]}}}}"#);
            newest(text.as_bytes(), &selection, &Budget::unlimited()).unwrap()
        };
        let rows = r#"{"metric":{"__name__":"load","server":"b"},"value":[5,"2"]},
            {"metric":{"__name__":"other"},"value":[5,"3"]},{"metric":{"__name__":"load"},"value":[5,"NaN"]}"#;
        let found = take("vector", rows).unwrap();
        let labels: Vec<_> = found.iter().map(|one| one.series.clone()).collect();
        assert_eq!(labels, [Labels::packed("load", []), Labels::packed("load", [("server", "b")])]);
        assert!(found[0].values[0].is_nan() && found[1].values == [2.0] && *found[1].times == [5_000]);
        assert!(take("matrix", rows).unwrap_err().contains("no vector"));
        assert!(take("vector", r#"{"metric":{"__name__":"load"},"value":[5,"two"]}"#).is_err());
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
