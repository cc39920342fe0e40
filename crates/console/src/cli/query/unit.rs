//! What the values of an expression count, as far as its text tells: the catalogue knows the metrics, and a few
//! functions change the unit in a known way. Anything else counts plainly, rather than wrongly.

use crate::output::chart::Unit;
use std::collections::BTreeSet;
use topmast_model::catalogue::{self, CATALOGUE};

/// Functions and aggregations that keep the unit of their argument.
const KEEP: [&str; 22] = [
    "sum",
    "avg",
    "min",
    "max",
    "topk",
    "bottomk",
    "quantile",
    "sort",
    "sort_desc",
    "abs",
    "ceil",
    "floor",
    "round",
    "increase",
    "delta",
    "idelta",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "last_over_time",
    "quantile_over_time",
    "predict_linear",
];
/// Functions that make it one a second.
const RATES: [&str; 3] = ["rate", "irate", "deriv"];
/// Words that stand before brackets without being functions.
const CLAUSES: [&str; 2] = ["by", "without"];

/// The unit of an expression's values.
///
/// - `named`: the metrics that the answer still names.
pub(super) fn of(query: &str, named: BTreeSet<&str>) -> Unit {
    let bare = without_details(query);
    // What is worked out between series, or with numbers, may count anything.
    if bare.contains(['+', '-', '*', '/', '%', '^', '=', '<', '>']) {
        return Unit::Number;
    }
    let words = || bare.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '('));
    let (mut rate, mut metrics) = (false, named);
    for word in words().flat_map(|word| word.split_inclusive('(')) {
        match word.strip_suffix('(') {
            Some("") => {}
            Some(function) if RATES.contains(&function) => rate = true,
            Some(function) if KEEP.contains(&function) || CLAUSES.contains(&function) => {}
            Some(_) => return Unit::Number,
            None => metrics
                .extend(CATALOGUE.iter().filter(|metric| metric.name == word).map(|metric| metric.name)),
        }
    }
    let mut units = metrics.iter().map(|name| CATALOGUE.iter().find(|metric| metric.name == *name));
    let Some(first) = units.next().flatten().map(|metric| metric.unit) else { return Unit::Number };
    if units.any(|other| other.is_none_or(|metric| metric.unit != first)) {
        return Unit::Number;
    }
    match (first, rate) {
        (catalogue::Unit::Bytes, false) => Unit::Bytes,
        (catalogue::Unit::Bytes, true) => Unit::BytesPerSecond,
        (catalogue::Unit::Seconds, false) => Unit::Seconds,
        // Seconds a second are a share of the time.
        (catalogue::Unit::Seconds, true) | (catalogue::Unit::Ratio, false) => Unit::Ratio,
        (catalogue::Unit::Count, true) => Unit::PerSecond,
        (catalogue::Unit::Count, false) | (catalogue::Unit::Ratio, true) => Unit::Number,
    }
}

/// The expression without what stands within braces, square brackets and quotes.
fn without_details(query: &str) -> String {
    let (mut bare, mut depth, mut quote) = (String::new(), 0_usize, None);
    let mut characters = query.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some('"' | '\''), '\\') => drop(characters.next()),
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'' | '`') => quote = Some(character),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 => bare.push(character),
            _ => {}
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unit_follows_from_metrics_and_functions_or_is_none() {
        for (query, expected) in [
            ("host_memory_free_bytes", Unit::Bytes),
            ("sum by (server) (host_memory_free_bytes{server=~\"a-.*\"})", Unit::Bytes),
            ("rate(host_network_receive_bytes_total[1m])", Unit::BytesPerSecond),
            ("sum(rate(host_cpu_seconds_total{mode=\"user\"}[5m])) by (server)", Unit::Ratio),
            ("topk(3, rate(service_transactions_total[1m]))", Unit::PerSecond),
            ("service_latency_seconds", Unit::Seconds),
            ("host_load_1", Unit::Number),
            ("count(host_memory_free_bytes)", Unit::Number),
            ("host_memory_free_bytes / host_memory_total_bytes", Unit::Number),
            ("8 * rate(host_network_receive_bytes_total[1m])", Unit::Number),
            ("host_memory_free_bytes or host_uptime_seconds", Unit::Number),
            ("foreign_bytes", Unit::Number),
            ("time()", Unit::Number),
        ] {
            assert_eq!(of(query, BTreeSet::new()), expected, "{query}");
        }
        assert_eq!(of("{server=\"db\"}", ["host_memory_free_bytes"].into()), Unit::Bytes);
        assert_eq!(of("{server=\"db\"}", ["host_memory_free_bytes", "foreign"].into()), Unit::Number);
    }
}
