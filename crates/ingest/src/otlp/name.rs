//! Names of metrics, as Prometheus makes them of OpenTelemetry's: plain characters, the unit, `_total`.

use super::model::{Metric, Points};

/// Units in words.
const UNITS: [(&str, &str); 26] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
    ("1", ""),
];

/// Units after a stroke.
const PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

fn in_words(unit: &str, table: &[(&str, &str)]) -> String {
    let unit = unit.trim();
    // What stands in braces is a remark.
    if unit.contains(['{', '}']) {
        return String::new();
    }
    let found = table.iter().find(|(short, _)| *short == unit).map_or(unit, |(_, word)| word);
    words(found).join("_")
}

/// The parts of a name between characters that Prometheus has not in names.
fn words(name: &str) -> Vec<&str> {
    let plain = |character: char| character.is_ascii_alphanumeric() || character == ':';
    name.split(|character| !plain(character)).filter(|word| !word.is_empty()).collect()
}

/// The name of a metric's series, without `_bucket` and the like.
pub(super) fn of_metric(metric: &Metric<'_>) -> String {
    let mut words: Vec<String> = words(&metric.name).into_iter().map(str::to_owned).collect();
    let (unit, per) = metric.unit.split_once('/').unwrap_or((&metric.unit, ""));
    let unit = in_words(unit, &UNITS);
    if !unit.is_empty() && !words.contains(&unit) {
        words.push(unit);
    }
    let per = in_words(per, &PER);
    if !per.is_empty() && !words.contains(&per) {
        words.extend(["per".to_owned(), per]);
    }
    let mut last = |word: &str| {
        words.retain(|other| other != word);
        words.push(word.to_owned());
    };
    if matches!(&metric.sum, Some(Points { is_monotonic: true, .. })) {
        last("total");
    } else if metric.gauge.is_some() && metric.unit == "1" {
        last("ratio");
    }
    let name = words.join("_");
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rules_of_prometheus() {
        let gauge = || (Some(Points::default()), None);
        let sum = |is_monotonic| (None, Some(Points { is_monotonic, ..Points::default() }));
        for (name, unit, (gauge, sum), expect) in [
            ("system.memory.usage", "By", gauge(), "system_memory_usage_bytes"),
            ("system.cpu.time", "s", sum(true), "system_cpu_time_seconds_total"),
            ("system.cpu.utilization", "1", gauge(), "system_cpu_utilization_ratio"),
            ("http.server.active_requests", "{request}", sum(false), "http_server_active_requests"),
            ("net.throughput", "MiBy/s", gauge(), "net_throughput_mebibytes_per_second"),
            ("jobs.total.done", "1", sum(true), "jobs_done_total"),
            ("queue..size-now", "", gauge(), "queue_size_now"),
            ("wait.seconds", "s", gauge(), "wait_seconds"),
            ("5xx", "", sum(true), "_5xx_total"),
            ("fuel", "L", gauge(), "fuel_L"),
        ] {
            let metric = Metric { name: name.into(), unit: unit.into(), gauge, sum, ..Metric::default() };
            assert_eq!(of_metric(&metric), expect, "{name} {unit}");
        }
    }
}
