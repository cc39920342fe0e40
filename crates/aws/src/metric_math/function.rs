//! The functions of metric math.

use super::evaluate::{Evaluation, Operand, Series, map};
use super::{Expression, MathError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// The value of a function.
pub(super) fn call(
    evaluation: &mut Evaluation<'_>,
    name: &str,
    arguments: &[Expression],
) -> Result<Operand, MathError> {
    let wrong = || MathError::of(format!("The arguments of {name} are not of the types that it takes"));
    // Those whose arguments are not all values.
    match (name, arguments) {
        ("METRICS", []) => return Ok(Operand::Array(evaluation.source.metrics())),
        ("METRICS", [Expression::Text(part)]) => {
            let metrics = evaluation.source.metrics();
            return Ok(Operand::Array(
                metrics.into_iter().filter(|series| series.id.contains(part.as_str())).collect(),
            ));
        }
        ("SEARCH", [Expression::Text(search), Expression::Text(statistic)]) => {
            return evaluation.source.search(search, statistic, None).map(Operand::Array);
        }
        ("SEARCH", [Expression::Text(search), Expression::Text(statistic), Expression::Number(period)]) => {
            #[expect(clippy::cast_possible_truncation, reason = "a cast of floats stops at the bounds")]
            let period = *period as i64;
            return evaluation.source.search(search, statistic, Some(period)).map(Operand::Array);
        }
        ("SORT", [array, Expression::Word(by), Expression::Word(order), limit @ ..]) if limit.len() <= 1 => {
            let Operand::Array(array) = evaluation.of(array)? else { return Err(wrong()) };
            let limit = limit.first().map(|limit| scalar(evaluation, limit, name)).transpose()?;
            return sort(array, by, order, limit).ok_or_else(wrong);
        }
        ("FILL", [of, Expression::Word(by)]) if matches!(by.as_str(), "REPEAT" | "LINEAR") => {
            let of = evaluation.of(of)?;
            let times: Vec<_> = evaluation.source.grid().times().collect();
            let is_linear = by == "LINEAR";
            return each(of, &mut |series| Ok(between(series, &times, is_linear))).ok_or_else(wrong)?;
        }
        ("ANOMALY_DETECTION_BAND" | "INSIGHT_RULE_METRIC" | "SERVICE_QUOTA", _) => {
            return Err(MathError::of(format!("The function {name} is not supported")));
        }
        _ => {}
    }
    let values = arguments.iter().map(|argument| evaluation.of(argument)).collect::<Result<Vec<_>, _>>()?;
    let times = || evaluation.source.grid().times();
    match (name, values.as_slice()) {
        ("ABS", [one]) => Ok(map(one.clone(), &f64::abs)),
        ("CEIL", [one]) => Ok(map(one.clone(), &f64::ceil)),
        ("FLOOR", [one]) => Ok(map(one.clone(), &f64::floor)),
        ("LOG", [one]) => Ok(map(one.clone(), &f64::ln)),
        ("LOG10", [one]) => Ok(map(one.clone(), &f64::log10)),
        ("SUM" | "AVG" | "MIN" | "MAX" | "STDDEV" | "DATAPOINT_COUNT", [Operand::Series(series)]) => {
            let values: Vec<_> = series.points.iter().map(|(_, value)| *value).collect();
            Ok(Operand::Scalar(aggregate(name, &values, values.len())))
        }
        ("SUM" | "AVG" | "MIN" | "MAX" | "STDDEV" | "DATAPOINT_COUNT", [Operand::Array(several)]) => {
            Ok(Operand::Series(across(name, several)))
        }
        ("METRIC_COUNT", [Operand::Array(several)]) => Ok(Operand::Scalar(several.len() as f64)),
        ("RATE" | "DIFF" | "DIFF_TIME", [of]) => {
            each(of.clone(), &mut |series| Ok(differences(name, series))).ok_or_else(wrong)?
        }
        ("RUNNING_SUM", [of]) => each(of.clone(), &mut |series| {
            let mut sum = 0.0;
            Ok(series.with(series.points.iter().map(|(time, value)| {
                sum += value;
                (*time, sum)
            })))
        })
        .ok_or_else(wrong)?,
        ("PERIOD", [Operand::Series(series)]) => Ok(Operand::Scalar(series.period_s as f64)),
        ("TIME_SERIES", [Operand::Scalar(value)]) => {
            let frame = Series { period_s: evaluation.source.grid().period_s, ..Series::default() };
            Ok(Operand::Series(frame.with(times().map(|time| (time, *value)))))
        }
        ("FIRST", [Operand::Array(several)]) => {
            Ok(Operand::Series(several.first().cloned().unwrap_or_default()))
        }
        ("LAST", [Operand::Array(several)]) => {
            Ok(Operand::Series(several.last().cloned().unwrap_or_default()))
        }
        ("REMOVE_EMPTY", [Operand::Array(several)]) => {
            Ok(Operand::Array(several.iter().filter(|series| !series.points.is_empty()).cloned().collect()))
        }
        ("SLICE", [Operand::Array(several), Operand::Scalar(from)]) => {
            Ok(Operand::Array(several.iter().skip(index(*from)).cloned().collect()))
        }
        ("SLICE", [Operand::Array(several), Operand::Scalar(from), Operand::Scalar(to)]) => {
            Ok(Operand::Array(several.iter().take(index(*to)).skip(index(*from)).cloned().collect()))
        }
        ("FILL", [of, Operand::Scalar(by)]) => {
            let times: Vec<_> = times().collect();
            each(of.clone(), &mut |series| Ok(filled(series, times.iter().map(|time| (*time, *by)))))
                .ok_or_else(wrong)?
        }
        ("FILL", [of, Operand::Series(by)]) => {
            each(of.clone(), &mut |series| Ok(filled(series, by.points.iter().copied()))).ok_or_else(wrong)?
        }
        ("IF", [condition, then]) => choose(condition, then, None).ok_or_else(wrong),
        ("IF", [condition, then, other]) => choose(condition, then, Some(other)).ok_or_else(wrong),
        ("MINUTE" | "HOUR" | "DAY" | "DATE" | "MONTH" | "YEAR" | "EPOCH", [Operand::Series(series)]) => {
            Ok(Operand::Series(series.with(times().map(|time| (time, part_of_time(name, time))))))
        }
        _ if is_function(name) => Err(wrong()),
        _ => Err(MathError::of(format!("The function {name} is not known"))),
    }
}

fn is_function(name: &str) -> bool {
    const NAMES: &str = " METRICS SEARCH SORT FILL ABS CEIL FLOOR LOG LOG10 SUM AVG MIN MAX STDDEV DATAPOINT_COUNT \
         METRIC_COUNT RATE DIFF DIFF_TIME RUNNING_SUM PERIOD TIME_SERIES FIRST LAST REMOVE_EMPTY SLICE IF MINUTE HOUR DAY \
         DATE MONTH YEAR EPOCH ";
    NAMES.split(' ').any(|other| !other.is_empty() && other == name)
}

fn scalar(evaluation: &mut Evaluation<'_>, expression: &Expression, name: &str) -> Result<f64, MathError> {
    match evaluation.of(expression)? {
        Operand::Scalar(value) => Ok(value),
        _ => Err(MathError::of(format!("{name} takes a scalar there"))),
    }
}

/// A place in an array: below nothing is the first.
fn index(value: f64) -> usize {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of floats stops at the bounds"
    )]
    let index = value.max(0.0) as usize;
    index
}

/// A series or each of several by a function; None for a number.
fn each(
    operand: Operand,
    by: &mut dyn FnMut(&Series) -> Result<Series, MathError>,
) -> Option<Result<Operand, MathError>> {
    match operand {
        Operand::Scalar(_) => None,
        Operand::Series(series) => Some(by(&series).map(Operand::Series)),
        Operand::Array(several) => Some(several.iter().map(by).collect::<Result<_, _>>().map(Operand::Array)),
    }
}

/// One number of several; of none it is none, but a sum and a count.
fn aggregate(name: &str, values: &[f64], n: usize) -> f64 {
    let sum: f64 = values.iter().sum();
    let mean = sum / n as f64;
    match name {
        "SUM" => sum,
        "AVG" => mean,
        "MIN" => values.iter().copied().reduce(f64::min).unwrap_or(f64::NAN),
        "MAX" => values.iter().copied().reduce(f64::max).unwrap_or(f64::NAN),
        "DATAPOINT_COUNT" => values.len() as f64,
        _ => (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n as f64).sqrt(),
    }
}

/// One series of several, time by time. A missing value counts as 0 for the mean, else it is left out.
fn across(name: &str, several: &[Series]) -> Series {
    let mut at: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
    for (time, value) in several.iter().flat_map(|series| &series.points) {
        at.entry(*time).or_default().push(*value);
    }
    let period_s = several.iter().map(|series| series.period_s).max().unwrap_or_default();
    let frame = Series { period_s, ..Series::default() };
    frame.with(at.into_iter().map(|(time, values)| {
        let n = if name == "AVG" { several.len() } else { values.len() };
        (time, aggregate(name, &values, n))
    }))
}

/// Between each point and the one before it.
fn differences(name: &str, series: &Series) -> Series {
    series.with(series.points.windows(2).map(|pair| {
        let [(before, from), (time, to)] = [pair[0], pair[1]];
        let seconds = (time - before) as f64 / 1000.0;
        let value = match name {
            "RATE" => (to - from) / seconds,
            "DIFF" => to - from,
            _ => seconds,
        };
        (time, value)
    }))
}

/// With points where there were none.
fn filled(series: &Series, by: impl Iterator<Item = (i64, f64)>) -> Series {
    let mut at: BTreeMap<i64, f64> = by.collect();
    at.extend(series.points.iter().copied());
    series.with(at.into_iter())
}

/// With points in its gaps: the last value again, or on the line between both ends. What is before the first point
/// stays empty, and on a line what is after the last.
fn between(series: &Series, times: &[i64], is_linear: bool) -> Series {
    let points = &series.points;
    let fill = times.iter().filter_map(|time| {
        let next = points.partition_point(|(other, _)| other <= time);
        let (before, from) = *points.get(next.checked_sub(1)?)?;
        if !is_linear || before == *time {
            return Some((*time, from));
        }
        let (after, to) = *points.get(next)?;
        let share = (time - before) as f64 / (after - before) as f64;
        Some((*time, from + (to - from) * share))
    });
    filled(series, fill)
}

fn sort(mut array: Vec<Series>, by: &str, order: &str, limit: Option<f64>) -> Option<Operand> {
    if !matches!(by, "AVG" | "MIN" | "MAX" | "SUM") || !matches!(order, "ASC" | "DESC") {
        return None;
    }
    let key = |series: &Series| {
        let values: Vec<_> = series.points.iter().map(|(_, value)| *value).collect();
        (!values.is_empty()).then(|| aggregate(by, &values, values.len()))
    };
    // Those without a point come last, whatever the order.
    array.sort_by(|a, b| match (key(a), key(b)) {
        (Some(a), Some(b)) if order == "ASC" => a.total_cmp(&b),
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    array.truncate(limit.map_or(usize::MAX, index));
    Some(Operand::Array(array))
}

/// `IF`, by the tables of AWS's guide.
fn choose(condition: &Operand, then: &Operand, other: Option<&Operand>) -> Option<Operand> {
    let value_at = |operand: &Operand| {
        let points: Option<BTreeMap<i64, f64>> = match operand {
            Operand::Series(series) => Some(series.points.iter().copied().collect()),
            _ => None,
        };
        let scalar = if let Operand::Scalar(value) = operand { Some(*value) } else { None };
        move |time: i64| points.as_ref().map_or(scalar, |points| points.get(&time).copied())
    };
    if matches!(then, Operand::Array(_)) || matches!(other, Some(Operand::Array(_))) {
        return None;
    }
    match condition {
        Operand::Scalar(value) if *value != 0.0 => Some(then.clone()),
        Operand::Scalar(_) => Some(other.cloned().unwrap_or_else(|| Operand::Series(Series::default()))),
        Operand::Array(_) => None,
        Operand::Series(series) => {
            let (then, other) = (value_at(then), other.map(value_at));
            let points = series.points.iter().filter_map(|(time, truth)| {
                if *truth != 0.0 {
                    return Some((*time, then(*time).unwrap_or(0.0)));
                }
                Some((*time, other.as_ref()?(*time)?))
            });
            Some(Operand::Series(series.with(points)))
        }
    }
}

/// Of the clock and calendar in UTC; the day of the week begins with Monday, 1.
fn part_of_time(name: &str, time: i64) -> f64 {
    let Ok(at) = Timestamp::from_millisecond(time) else { return f64::NAN };
    let at = at.to_zoned(TimeZone::UTC);
    match name {
        "MINUTE" => f64::from(at.minute()),
        "HOUR" => f64::from(at.hour()),
        "DAY" => f64::from(at.weekday().to_monday_one_offset()),
        "DATE" => f64::from(at.day()),
        "MONTH" => f64::from(at.month()),
        "YEAR" => f64::from(at.year()),
        _ => time.div_euclid(1000) as f64,
    }
}
