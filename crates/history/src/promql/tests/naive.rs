//! An evaluator written down from the definitions: one step at a time, one series at a time, nothing shared with the
//! real one but the tree.

use crate::promql::STALE_BITS;
use crate::promql::function::{Function, Over, Work};
use crate::promql::labels::Projection;
use crate::promql::syntax::{
    Aggregation, Aggregator, At, Binary, Expr, Kind, Many, Matching, Operator, Selector, Shift,
};
use crate::source::SeriesSamples;
use std::collections::BTreeMap;

/// Labels by name, the metric as `__name__`.
pub(super) type Labels = BTreeMap<String, String>;
type Vector = Vec<(Labels, f64)>;
type Window = (Labels, Vec<(i64, f64)>);

/// What a node is at one time. Every refusal is the same.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Scalar(f64),
    Vector(Vector),
}

/// A query was refused.
#[derive(Debug)]
pub(super) struct Refused;

pub(super) struct Naive<'a> {
    pub(super) series: &'a [SeriesSamples],
    pub(super) start: i64,
    pub(super) end: i64,
}

const LOOKBACK: i64 = 300_000;

impl Naive<'_> {
    pub(super) fn at(&self, expr: &Expr, time: i64) -> Result<Answer, Refused> {
        Ok(match &expr.kind {
            Kind::Number(value) => Answer::Scalar(*value),
            Kind::Selector(selector) => Answer::Vector(self.newest(selector, time, false)),
            Kind::Negate(inner) => match self.at(inner, time)? {
                Answer::Scalar(value) => Answer::Scalar(-value),
                Answer::Vector(vector) => Answer::Vector(
                    vector.into_iter().map(|(labels, value)| (unnamed(labels), -value)).collect(),
                ),
            },
            Kind::Binary(binary) => self.binary(binary, time)?,
            Kind::Aggregate(aggregation) => Answer::Vector(self.aggregated(aggregation, time)?),
            Kind::Call(call) => self.called(call.function, &call.arguments, time)?,
            Kind::Text(_) | Kind::Range(_) | Kind::Subquery(_) => return Err(Refused),
        })
    }

    fn vector(&self, expr: &Expr, time: i64) -> Result<Vector, Refused> {
        match self.at(expr, time)? {
            Answer::Vector(vector) => Ok(vector),
            Answer::Scalar(_) => Err(Refused),
        }
    }

    fn scalar(&self, expr: &Expr, time: i64) -> Result<f64, Refused> {
        match self.at(expr, time)? {
            Answer::Scalar(value) => Ok(value),
            Answer::Vector(_) => Err(Refused),
        }
    }

    fn shifted(&self, shift: Shift, time: i64) -> i64 {
        let fixed = match shift.at {
            Some(At::Start) => self.start,
            Some(At::End) => self.end,
            Some(At::Time(time)) => time,
            None => time,
        };
        fixed - shift.offset_ms.unwrap_or(0)
    }

    fn newest(&self, selector: &Selector, time: i64, wants_time: bool) -> Vector {
        let now = self.shifted(selector.shift, time);
        let mut found = Vec::new();
        for samples in self.matching(selector) {
            let newest = samples.times.iter().zip(&samples.values).rfind(|(time, _)| **time <= now);
            if let Some((&at, &value)) = newest
                && at >= now - LOOKBACK
                && value.to_bits() != STALE_BITS
            {
                found.push((labels_of(samples), if wants_time { at as f64 / 1e3 } else { value }));
            }
        }
        found
    }

    fn matching(&self, selector: &Selector) -> impl Iterator<Item = &SeriesSamples> {
        self.series.iter().filter(|s| s.series.accepted_by(&selector.matchers))
    }

    /// Windows, their length and their end.
    fn windows(&self, expr: &Expr, time: i64) -> Result<(Vec<Window>, i64, i64), Refused> {
        match &expr.kind {
            Kind::Range(range) => {
                let end = self.shifted(range.selector.shift, time);
                let within = |samples: &SeriesSamples| {
                    let all = samples.times.iter().copied().zip(samples.values.iter().copied());
                    all.filter(|(t, v)| (end - range.range_ms..=end).contains(t) && v.to_bits() != STALE_BITS)
                        .collect()
                };
                let windows =
                    self.matching(&range.selector).map(|samples| (labels_of(samples), within(samples)));
                Ok((windows.collect(), range.range_ms, end))
            }
            Kind::Subquery(subquery) => {
                let end = self.shifted(subquery.shift, time);
                let step = subquery.step_ms.unwrap_or(60_000);
                let mut windows: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
                for inner in end - subquery.range_ms..=end {
                    if inner.rem_euclid(step) != 0 {
                        continue;
                    }
                    for (labels, value) in distinct(self.vector(&subquery.argument, inner)?)? {
                        windows.entry(labels).or_default().push((inner, value));
                    }
                }
                Ok((windows.into_iter().collect(), subquery.range_ms, end))
            }
            _ => Err(Refused),
        }
    }

    fn called(&self, function: &Function, arguments: &[Expr], time: i64) -> Result<Answer, Refused> {
        let each = |work: &dyn Fn(f64) -> f64| -> Result<Answer, Refused> {
            let vector = self.vector(&arguments[0], time)?;
            Ok(Answer::Vector(distinct(vector.into_iter().map(|(l, v)| (unnamed(l), work(v))).collect())?))
        };
        let text = |place: usize| match &arguments[place].kind {
            Kind::Text(text) => text.clone(),
            _ => String::new(),
        };
        match function.work {
            Work::Math(work) => each(&work),
            Work::Time => Ok(Answer::Scalar(time as f64 / 1e3)),
            Work::Scalar => {
                let vector = self.vector(&arguments[0], time)?;
                Ok(Answer::Scalar(if let [(_, value)] = vector.as_slice() { *value } else { f64::NAN }))
            }
            Work::Timestamp => match &arguments[0].kind {
                Kind::Selector(selector) => {
                    let times = self.newest(selector, time, true).into_iter();
                    Ok(Answer::Vector(distinct(
                        times.map(|(labels, value)| (unnamed(labels), value)).collect(),
                    )?))
                }
                _ => each(&|_| time as f64 / 1e3),
            },
            Work::Absent => {
                let vector = self.vector(&arguments[0], time)?;
                let labels = match &arguments[0].kind {
                    Kind::Selector(selector) => asked_labels(selector),
                    _ => Labels::new(),
                };
                Ok(Answer::Vector(if vector.is_empty() { vec![(labels, 1.0)] } else { Vec::new() }))
            }
            Work::LabelReplace => {
                let regex = regex::Regex::new(&format!("^(?:{})$", text(4))).map_err(|_| Refused)?;
                let mut vector = self.vector(&arguments[0], time)?;
                for (labels, _) in &mut vector {
                    let from = labels.get(&text(3)).cloned().unwrap_or_default();
                    if regex.is_match(&from) {
                        set(labels, &text(1), &regex.replace(&from, text(2).as_str()));
                    }
                }
                Ok(Answer::Vector(distinct(vector)?))
            }
            Work::LabelJoin => {
                let mut vector = self.vector(&arguments[0], time)?;
                for (labels, _) in &mut vector {
                    let parts: Vec<_> = (3..arguments.len())
                        .map(|place| labels.get(&text(place)).cloned().unwrap_or_default())
                        .collect();
                    set(labels, &text(1), &parts.join(&text(2)));
                }
                Ok(Answer::Vector(distinct(vector)?))
            }
            Work::Over(over) => {
                let (windows, range, end) = self.windows(&arguments[0], time)?;
                if over == Over::Absent {
                    let labels = match &arguments[0].kind {
                        Kind::Range(range) => asked_labels(&range.selector),
                        _ => Labels::new(),
                    };
                    let absent = windows.iter().all(|(_, samples)| samples.is_empty());
                    return Ok(Answer::Vector(if absent { vec![(labels, 1.0)] } else { Vec::new() }));
                }
                let mut found = Vec::new();
                for (labels, samples) in windows {
                    let labels = if over == Over::Last { labels } else { unnamed(labels) };
                    if let Some(value) = window_value(over, &samples, range, end) {
                        found.push((labels, value));
                    }
                }
                Ok(Answer::Vector(distinct(found)?))
            }
            _ => Err(Refused),
        }
    }

    fn aggregated(&self, node: &Aggregation, time: i64) -> Result<Vector, Refused> {
        let parameter = node.parameter.as_ref().map_or(Ok(f64::NAN), |expr| self.scalar(expr, time))?;
        let mut groups: BTreeMap<Labels, Vector> = BTreeMap::new();
        for (labels, value) in self.vector(&node.argument, time)? {
            groups.entry(projected(&node.projection, &labels)).or_default().push((labels, value));
        }
        let mut result = Vec::new();
        for (key, mut members) in groups {
            let values: Vec<f64> = members.iter().map(|(_, value)| *value).collect();
            let count = values.len() as f64;
            let sum: f64 = values.iter().sum();
            let value = match node.aggregator {
                Aggregator::Top | Aggregator::Bottom => {
                    members.sort_by(|a, b| a.1.total_cmp(&b.1));
                    if node.aggregator == Aggregator::Top {
                        members.reverse();
                    }
                    let wanted = (0..members.len()).take_while(|n| (*n as f64) < parameter).count();
                    result.extend(members.into_iter().take(wanted));
                    continue;
                }
                Aggregator::Sum => sum,
                Aggregator::Average => sum / count,
                Aggregator::Min => values.iter().copied().fold(f64::NAN, f64::min),
                Aggregator::Max => values.iter().copied().fold(f64::NAN, f64::max),
                Aggregator::Count => count,
                Aggregator::Group => 1.0,
                // As in Prometheus, one value has no spread, even when it is no number.
                Aggregator::Variance | Aggregator::StandardDeviation if values.len() == 1 => 0.0,
                Aggregator::Variance => spread(&values),
                Aggregator::StandardDeviation => spread(&values).sqrt(),
                Aggregator::Quantile => ranked(&values, parameter),
                Aggregator::CountValues => return Err(Refused),
            };
            result.push((key, value));
        }
        Ok(result)
    }

    fn binary(&self, node: &Binary, time: i64) -> Result<Answer, Refused> {
        let compares = node.operator.is_comparison();
        let named = compares && !node.returns_bool;
        match (self.at(&node.left, time)?, self.at(&node.right, time)?) {
            (Answer::Scalar(left), Answer::Scalar(right)) => {
                Ok(Answer::Scalar(operated(node.operator, left, right)))
            }
            (Answer::Vector(vector), Answer::Scalar(scalar)) => {
                Ok(Answer::Vector(distinct(one_sided(node, vector, named, |v| (v, scalar)))?))
            }
            (Answer::Scalar(scalar), Answer::Vector(vector)) => {
                Ok(Answer::Vector(distinct(one_sided(node, vector, named, |v| (scalar, v)))?))
            }
            (Answer::Vector(left), Answer::Vector(right)) => {
                let plain = Matching {
                    projection: Projection::Without(Vec::new()),
                    many: Many::Neither,
                    include: Vec::new(),
                };
                let matching = node.matching.as_ref().unwrap_or(&plain);
                let key = |labels: &Labels| projected(&matching.projection, labels);
                if node.operator.is_set() {
                    let has = |side: &Vector, labels: &Labels| {
                        side.iter().any(|(other, _)| key(other) == key(labels))
                    };
                    let mut result = left.clone();
                    match node.operator {
                        Operator::And => result.retain(|(labels, _)| has(&right, labels)),
                        Operator::Unless => result.retain(|(labels, _)| !has(&right, labels)),
                        _ => result.extend(right.into_iter().filter(|(labels, _)| !has(&left, labels))),
                    }
                    return Ok(Answer::Vector(distinct(result)?));
                }
                let swapped = matching.many == Many::Right;
                let (many, one) = if swapped { (right, left) } else { (left, right) };
                if many.is_empty() || one.is_empty() {
                    return Ok(Answer::Vector(Vec::new()));
                }
                let mut ones = BTreeMap::new();
                for (labels, value) in &one {
                    if ones.insert(key(labels), (labels, *value)).is_some() {
                        return Err(Refused);
                    }
                }
                let mut used = Vec::new();
                let mut result = Vec::new();
                for (labels, value) in many {
                    let Some((other_labels, other)) = ones.get(&key(&labels)) else { continue };
                    let (left, right) = if swapped { (*other, value) } else { (value, *other) };
                    let holds = operated(node.operator, left, right);
                    if named && holds == 0.0 {
                        continue;
                    }
                    if matching.many == Many::Neither {
                        if used.contains(&key(&labels)) {
                            return Err(Refused);
                        }
                        used.push(key(&labels));
                    }
                    let mut labels_kept = if named { labels.clone() } else { unnamed(labels.clone()) };
                    if matching.many == Many::Neither {
                        labels_kept.retain(|name, _| match &matching.projection {
                            Projection::By(names) => names.iter().any(|kept| **kept == **name),
                            Projection::Without(names) => !names.iter().any(|dropped| **dropped == **name),
                        });
                    }
                    for name in &matching.include {
                        let value = other_labels.get(&**name).cloned().unwrap_or_default();
                        set(&mut labels_kept, name, &value);
                    }
                    result.push((labels_kept, if named { left } else { holds }));
                }
                Ok(Answer::Vector(distinct(result)?))
            }
        }
    }
}

fn one_sided(node: &Binary, vector: Vector, named: bool, sides: impl Fn(f64) -> (f64, f64)) -> Vector {
    let mut result = Vec::new();
    for (labels, value) in vector {
        let (left, right) = sides(value);
        let computed = operated(node.operator, left, right);
        match (named, computed != 0.0) {
            (true, true) => result.push((labels, value)),
            (true, false) => {}
            (false, _) => result.push((unnamed(labels), computed)),
        }
    }
    result
}

fn operated(operator: Operator, left: f64, right: f64) -> f64 {
    let holds = |holds: bool| f64::from(u8::from(holds));
    match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Equal => holds(left == right),
        Operator::NotEqual => holds(left != right),
        Operator::Greater => holds(left > right),
        Operator::GreaterEqual => holds(left >= right),
        Operator::Less => holds(left < right),
        Operator::LessEqual => holds(left <= right),
        _ => f64::NAN,
    }
}

fn window_value(over: Over, samples: &[(i64, f64)], range: i64, end: i64) -> Option<f64> {
    let values: Vec<f64> = samples.iter().map(|(_, value)| *value).collect();
    let count = values.len() as f64;
    let (first, last) = (samples.first()?, samples.last()?);
    let pairs = || values.windows(2).map(|pair| (pair[0], pair[1]));
    let fallen: f64 = pairs().filter(|(before, after)| after < before).map(|(before, _)| before).sum();
    Some(match over {
        Over::Average => values.iter().sum::<f64>() / count,
        Over::Min => values.iter().copied().fold(f64::NAN, f64::min),
        Over::Max => values.iter().copied().fold(f64::NAN, f64::max),
        Over::Sum => values.iter().sum(),
        Over::Count => count,
        Over::Last => last.1,
        Over::Present => 1.0,
        Over::Variance => spread(&values),
        Over::StandardDeviation => spread(&values).sqrt(),
        Over::Changes => pairs().filter(|(a, b)| a != b && !(a.is_nan() && b.is_nan())).count() as f64,
        Over::Resets => pairs().filter(|(before, after)| after < before).count() as f64,
        _ if samples.len() < 2 => return None,
        Over::Idelta | Over::Irate => {
            let (earlier, before) = samples[samples.len() - 2];
            let counter = over == Over::Irate;
            let difference = if counter && last.1 < before { last.1 } else { last.1 - before };
            if counter { difference * 1e3 / (last.0 - earlier) as f64 } else { difference }
        }
        Over::Derivative => {
            let seconds: Vec<f64> = samples.iter().map(|(time, _)| (time - first.0) as f64 / 1e3).collect();
            let (x_mean, y_mean) = (seconds.iter().sum::<f64>() / count, values.iter().sum::<f64>() / count);
            let products = seconds.iter().zip(&values).map(|(x, y)| (x - x_mean) * (y - y_mean));
            products.sum::<f64>() / seconds.iter().map(|x| (x - x_mean).powi(2)).sum::<f64>()
        }
        Over::Delta | Over::Increase | Over::Rate => {
            let counter = over != Over::Delta;
            let grown = last.1 - first.1 + if counter { fallen } else { 0.0 };
            // In seconds, as Prometheus has it: an edge may be exactly as far away as is near.
            let seconds = |ms: i64| ms as f64 / 1e3;
            let sampled = seconds(last.0 - first.0);
            let between = sampled / (count - 1.0);
            let edge = |gap: f64| if gap < between * 1.1 { gap } else { between / 2.0 };
            let mut before = seconds(first.0 - (end - range));
            if counter && grown > 0.0 && first.1 >= 0.0 {
                before = before.min(sampled * (first.1 / grown));
            }
            let stretched = grown * (edge(before) + sampled + edge(seconds(end - last.0))) / sampled;
            if over == Over::Rate { stretched / seconds(range) } else { stretched }
        }
        _ => return None,
    })
}

fn spread(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

fn ranked(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| if a.is_nan() { std::cmp::Ordering::Less } else { a.total_cmp(b) });
    let rank = part * (sorted.len() - 1) as f64;
    let below = (0..sorted.len()).rfind(|place| *place as f64 <= rank).unwrap();
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] * (1.0 - (rank - below as f64)) + sorted[above] * (rank - below as f64)
}

fn labels_of(samples: &SeriesSamples) -> Labels {
    samples.series.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn asked_labels(selector: &Selector) -> Labels {
    let equal = selector.matchers.iter().filter(|matcher| matches!(matcher.operator, crate::Operator::Equal));
    let labels = equal.map(|matcher| (matcher.name.to_string(), matcher.value.to_string()));
    labels.filter(|(name, _)| name != "__name__").collect()
}

fn unnamed(mut labels: Labels) -> Labels {
    labels.remove("__name__");
    labels
}

fn set(labels: &mut Labels, name: &str, value: &str) {
    labels.remove(name);
    if !value.is_empty() {
        labels.insert(name.to_owned(), value.to_owned());
    }
}

fn projected(projection: &Projection, labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    labels.retain(|name, _| match projection {
        Projection::By(names) => names.iter().any(|kept| **kept == **name),
        Projection::Without(names) => name != "__name__" && !names.iter().any(|dropped| **dropped == **name),
    });
    labels
}

fn distinct(vector: Vector) -> Result<Vector, Refused> {
    let labels: std::collections::BTreeSet<_> = vector.iter().map(|(labels, _)| labels).collect();
    if labels.len() < vector.len() { Err(Refused) } else { Ok(vector) }
}
