//! `topmast query`: a PromQL expression as a table, a chart, JSON or CSV.

mod unit;

use super::failure::Failure;
use crate::output::chart::{self, Chart, Unit};
use crate::output::{Cell, Grid, Style, csv, terminal};
use clap::ValueEnum;
use std::collections::BTreeSet;
use topmast_api::client::{Client, ClientError};
use topmast_api::problem::ProblemCode;
use topmast_api::query::{
    BAD_QUERY, InstantQuery, LabelSet, Number, Point, QueryResult, RangeQuery, Seconds,
};
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// Label of the metric's name.
const METRIC: &str = "__name__";
/// Steps of a chart that is not asked for a step, so that neighbouring charts have the same points, in seconds.
const STEPS_S: [i64; 16] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 86_400];

/// Arguments of `query`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// PromQL expression, e.g. 'sum by (server) (host_load_1)'
    #[arg(value_name = "PROMQL")]
    query: String,
    /// Show how it went for so long until now, or until --at, e.g. 1h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    range: Option<i64>,
    /// Time between two values of a range; what fits the terminal when missing
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "range")]
    step: Option<i64>,
    /// The moment asked for, RFC 3339 or seconds since 1970; now when missing
    #[arg(long, value_name = "TIME", value_parser = moment, allow_hyphen_values = true)]
    at: Option<i64>,
    /// Form of the output; a chart for a range, else a table, when missing
    #[arg(short, long, value_enum)]
    output: Option<Form>,
    /// Leave out the titles
    #[arg(long)]
    no_headers: bool,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Columns for people: a label each, time and value.
    Table,
    /// A drawing; of a range only.
    Chart,
    /// The result in Prometheus' form.
    Json,
    /// Comma-separated values (RFC 4180): a label each, time and value.
    Csv,
}

/// Asks and shows the answer.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let style = terminal::style();
    let form = arguments.output.unwrap_or(if arguments.range.is_some() { Form::Chart } else { Form::Table });
    if form == Form::Chart && arguments.range.is_none() {
        return Err(Failure::Usage("a chart shows a range: add --range, e.g. --range 1h".into()));
    }
    let until = arguments.at.unwrap_or_else(|| style.now.as_millis());
    let (answer, times, step_ms) = match arguments.range {
        None => {
            let time = arguments.at.map(seconds);
            let query = InstantQuery { query: arguments.query.clone(), time };
            (client.query_instant(&query).await, (until, until), 1)
        }
        Some(range_ms) => {
            let step_ms = arguments.step.unwrap_or_else(|| step_for(range_ms, style));
            // Steps stand at multiples of their distance: asked again a moment later, the points are the same.
            let end = until.div_euclid(step_ms) * step_ms;
            let start = end - range_ms;
            let query = RangeQuery {
                query: arguments.query.clone(),
                start: seconds(start),
                end: seconds(end),
                step: seconds(step_ms),
            };
            (client.query_range(&query).await, (start, end), step_ms)
        }
    };
    let answer = answer.map_err(|error| refused(error, &arguments.query))?;
    for warning in &answer.warnings {
        terminal::notice(&format!("topmast: {warning}"));
    }
    let unit = unit::of(&arguments.query, metrics(&answer.data));
    let rows = Rows::of(answer.data.clone());
    let text = match form {
        Form::Json => format!("{}\n", serde_json::to_string_pretty(&answer.data)?),
        Form::Csv => rows.csv(!arguments.no_headers),
        Form::Table => rows.table(unit, !arguments.no_headers, style),
        Form::Chart => rows.chart(times, step_ms, unit).render(style),
    };
    if text.is_empty() || (form == Form::Table && rows.series.is_empty()) {
        terminal::notice("no series has a value then");
        return Ok(());
    }
    Ok(terminal::print(&text)?)
}

/// An answer, whatever its kind: labels, and what there is at which time.
struct Rows {
    series: Vec<(LabelSet, Vec<Point>)>,
    text: Option<String>,
    over_time: bool,
}

impl Rows {
    fn of(result: QueryResult) -> Self {
        let none = LabelSet::new();
        let (series, text, over_time) = match result {
            QueryResult::Scalar(point) => (vec![(none, vec![point])], None, false),
            QueryResult::String(time, text) => {
                #[expect(clippy::cast_possible_truncation, reason = "the time that was asked for")]
                let time = (time * 1e3) as i64;
                (vec![(none, vec![Point::new(time, f64::NAN)])], Some(text), false)
            }
            QueryResult::Vector(all) => {
                (all.into_iter().map(|one| (one.metric, vec![one.value])).collect(), None, false)
            }
            QueryResult::Matrix(all) => {
                (all.into_iter().map(|one| (one.metric, one.values)).collect(), None, true)
            }
        };
        Self { series, text, over_time }
    }

    /// Names of all labels, the metric's first.
    fn labels(&self) -> Vec<&str> {
        let names: BTreeSet<&str> =
            self.series.iter().flat_map(|(labels, _)| labels.keys()).map(String::as_str).collect();
        let (metric, others): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| *name == METRIC);
        [metric, others].concat()
    }

    fn each(&self) -> impl Iterator<Item = (&LabelSet, Point)> {
        self.series.iter().flat_map(|(labels, points)| points.iter().map(move |point| (labels, *point)))
    }

    fn csv(&self, headers: bool) -> String {
        let names = self.labels();
        let mut text = String::new();
        if headers {
            text += &csv::texts(names.iter().copied().chain(["time", "value"]));
        }
        for (labels, Point(time, value)) in self.each() {
            let (time, value) = (rfc3339(time), self.text.clone().unwrap_or_else(|| value.to_string()));
            let labels = names.iter().map(|name| labels.get(*name).map_or("", String::as_str));
            text += &csv::texts(labels.chain([time.as_str(), value.as_str()]));
        }
        text
    }

    fn table(&self, unit: Unit, headers: bool, style: Style) -> String {
        let names = self.labels();
        let title = |name: &&str| if *name == METRIC { "METRIC".to_owned() } else { name.to_uppercase() };
        let mut titles: Vec<(String, bool)> = names.iter().map(|name| (title(name), false)).collect();
        if self.over_time {
            titles.push(("TIME".into(), false));
        }
        titles.push(("VALUE".into(), true));
        let row = |(labels, Point(time, Number(value))): (&LabelSet, Point)| {
            let mut cells: Vec<Cell> =
                names.iter().map(|name| Cell::maybe(labels.get(*name).map(String::as_str))).collect();
            if self.over_time {
                cells.push(Cell::plain(rfc3339(time)));
            }
            cells.push(Cell::plain(self.text.clone().unwrap_or_else(|| unit.text(value))));
            cells
        };
        Grid { titles, rows: self.each().map(row).collect() }.render(headers, style)
    }

    /// Series are named by the labels in which they differ.
    fn chart(&self, times: (i64, i64), step_ms: i64, unit: Unit) -> Chart {
        let differs = |name: &&str| {
            let mut values = self.series.iter().map(|(labels, _)| labels.get(*name));
            let first = values.next();
            values.any(|value| Some(value) != first)
        };
        let names: Vec<&str> = match self.series.len() {
            1 => self.labels(),
            _ => self.labels().into_iter().filter(differs).collect(),
        };
        let name = |labels: &LabelSet| {
            let pairs = names.iter().filter_map(|name| Some((*name, labels.get(*name)?)));
            let texts: Vec<String> = pairs
                .map(|(name, value)| if name == METRIC { value.clone() } else { format!("{name}={value}") })
                .collect();
            texts.join(" ")
        };
        let points = |points: &[Point]| points.iter().map(|Point(time, value)| (time.0, value.0)).collect();
        let series = self.series.iter().map(|(labels, values)| (name(labels), points(values))).collect();
        Chart { series, times, step_ms, unit }
    }
}

/// Names of the metrics in an answer.
fn metrics(result: &QueryResult) -> BTreeSet<&str> {
    let labels: Vec<&LabelSet> = match result {
        QueryResult::Scalar(_) | QueryResult::String(..) => Vec::new(),
        QueryResult::Vector(all) => all.iter().map(|one| &one.metric).collect(),
        QueryResult::Matrix(all) => all.iter().map(|one| &one.metric).collect(),
    };
    labels.into_iter().filter_map(|labels| labels.get(METRIC)).map(String::as_str).collect()
}

fn rfc3339(Seconds(time): Seconds) -> String {
    Timestamp(UnixMillis(time)).to_string()
}

/// Milliseconds as the API reads times and steps.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03}", ms / 1_000, ms % 1_000)
}

fn step_for(range_ms: i64, style: Style) -> i64 {
    let points = i64::try_from(chart::points_across(style)).unwrap_or(1);
    let rough = range_ms / points;
    STEPS_S.into_iter().map(|step| step * 1_000).find(|step| *step >= rough).unwrap_or(rough)
}

/// A wrong expression is shown with a caret below its fault.
fn refused(error: ClientError, query: &str) -> Failure {
    let Some(problem) = error.problem().filter(|problem| problem.code == ProblemCode::Invalid) else {
        return error.into();
    };
    let Some(reason) = problem.detail.strip_prefix(BAD_QUERY) else {
        return Failure::Usage(problem.detail.clone());
    };
    let mut parts = reason.splitn(3, ':');
    let (line, column) = (parts.next(), parts.next().and_then(|column| column.parse::<usize>().ok()));
    match (line, column, parts.next()) {
        (Some("1"), Some(column), Some(text)) if !query.contains('\n') => {
            let blanks = column.saturating_sub(1).min(query.chars().count());
            let query = query.replace(char::is_control, " ");
            Failure::Usage(format!("query, column {column}:{text}\n  {query}\n  {}^", " ".repeat(blanks)))
        }
        _ => Failure::Usage(reason.to_owned()),
    }
}

/// A length of time such as `90`, `15s` or `1h30m`, in ms.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    const UNITS: [(&str, i64); 6] =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];
    let wrong = || format!("{text:?} is no length of time; write it like 15s, 1h30m or 7d");
    let (mut rest, mut total) = (text, 0_i64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let count: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit =
            rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |length| digits + length);
        let name = if digits == rest.len() { "s" } else { &rest[digits..unit] };
        let length = UNITS.iter().find(|(known, _)| *known == name).ok_or_else(wrong)?.1;
        total = count.checked_mul(length).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = &rest[unit..];
    }
    // A hundred years: longer than anything is kept, and far from what cannot be counted.
    if (1..=3_155_760_000_000).contains(&total) { Ok(total) } else { Err(wrong()) }
}

/// RFC 3339, or seconds since 1970.
pub(super) fn moment(text: &str) -> Result<i64, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millis());
    }
    let milliseconds = text.parse::<f64>().ok().map(|seconds| (seconds * 1e3).round());
    #[expect(clippy::cast_possible_truncation, reason = "it is within range")]
    let found = milliseconds.filter(|time| time.abs() <= 1e15).map(|time| time as i64);
    found.ok_or_else(|| format!("{text:?} is no time; write it like 2026-03-01T12:00:00Z"))
}

#[cfg(test)]
mod tests;
