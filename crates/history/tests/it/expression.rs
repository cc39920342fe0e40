//! Random expressions about the fleet.
//!
//! What rounds or compares is asked of samples as they are, never of what was computed: two ways to add differ
//! in the last digit, and a step function would make that a whole step.

use super::fleet::{INTERVAL, SAMPLES, START};

const COUNTERS: [&str; 3] =
    ["requests_total", r#"requests_total{code="200"}"#, r#"latency_seconds_bucket{job="web"}"#];
const GAUGES: [&str; 5] = ["temperature_celsius", "memory_bytes", "level", r#"up{instance!="i0"}"#, "first"];
const LABELS: [&str; 5] = ["job", "instance", "code", "room", "le"];
const COUNTER_FUNCTIONS: [&str; 4] = ["rate", "increase", "irate", "resets"];
const GAUGE_FUNCTIONS: [&str; 16] = [
    "delta",
    "idelta",
    "deriv",
    "changes",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "stddev_over_time",
    "stdvar_over_time",
    "last_over_time",
    "present_over_time",
    "absent_over_time",
    "rate",
    "increase",
];
/// Those that change little when their input does.
const SMOOTH_FUNCTIONS: [&str; 9] = [
    "delta",
    "idelta",
    "avg_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "count_over_time",
    "present_over_time",
    "absent_over_time",
];
const AGGREGATORS: [&str; 8] = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];

/// Makes one expression after another.
pub(crate) struct Expressions(pub(crate) fastrand::Rng);

impl Expressions {
    /// An instant vector of some depth.
    pub(crate) fn vector(&mut self, depth: u8) -> String {
        if depth == 0 {
            let plain = self.plain();
            return self.moved(plain);
        }
        let below = depth - 1;
        match self.0.u8(0..17) {
            0..=2 => self.over(),
            3 => {
                // Windows overlap, so that what refuses a step between them refuses one within them.
                let function = self.of(&SMOOTH_FUNCTIONS);
                let (inner, range, step) = (self.vector(below), self.0.u8(8..20), self.0.u16(20..200));
                let subquery = self.moved(format!("({inner})[{range}m:{step}s]"));
                format!("{function}({subquery})")
            }
            4..=6 => {
                let (aggregator, grouping, inner) =
                    (self.of(&AGGREGATORS), self.grouping(), self.vector(below));
                format!("{aggregator}{grouping} ({inner})")
            }
            7 => {
                let (aggregator, k, grouping) =
                    (self.of(&["topk", "bottomk"]), self.0.u8(0..4), self.grouping());
                let metric = self.of(&["temperature_celsius", "memory_bytes"]);
                let inner = self.moved(metric.to_owned());
                format!("{aggregator}{grouping} ({k}, {inner})")
            }
            8 => {
                let (part, grouping, inner) = (self.0.u8(0..=10), self.grouping(), self.vector(below));
                format!("quantile{grouping} (0.{part}, {inner})")
            }
            9..=10 => {
                let operator = self.of(&["+", "-", "*", "/"]);
                let (vector, scalar) = (self.vector(below), self.scalar(below));
                if self.0.bool() {
                    format!("({vector}) {operator} {scalar}")
                } else {
                    format!("{scalar} {operator} ({vector})")
                }
            }
            11..=12 => {
                let operator = self.of(&["+", "-", "*", "/"]);
                let (left, matching, right) = (self.vector(below), self.matching(true), self.vector(below));
                format!("({left}) {operator}{matching} ({right})")
            }
            13 => {
                let operator = self.of(&["and", "or", "unless"]);
                let (left, matching, right) = (self.vector(below), self.matching(false), self.vector(below));
                format!("({left}) {operator}{matching} ({right})")
            }
            14 => {
                let (operator, bound) =
                    (self.of(&[">", "<", ">=", "== bool", "!=", "< bool"]), self.0.u8(0..12));
                format!("{} {operator} {bound}", self.plain())
            }
            15 => {
                let function = self.of(&["abs", "-", "ceil", "floor", "sgn", "absent", "timestamp"]);
                let call = format!("{function}({})", self.plain());
                // Prometheus adds in any order: of numbers as large as times, what is added and taken away again
                // would leave digits that differ from one run of it to the next.
                if function == "timestamp" { format!("({call} - 1.7e9)") } else { call }
            }
            _ => {
                let inner = self.vector(below);
                let (target, origin) = (self.of(&LABELS), self.of(&LABELS));
                if self.0.bool() {
                    format!(r#"label_replace({inner}, "{target}", "<$1>", "{origin}", "(..?).*")"#)
                } else {
                    format!(r#"label_join({inner}, "{target}", "-", "job", "{origin}")"#)
                }
            }
        }
    }

    fn scalar(&mut self, depth: u8) -> String {
        match self.0.u8(0..5) {
            // As with `timestamp` above.
            0 => "(time() - 1.7e9)".to_owned(),
            1 => format!("scalar({})", self.vector(depth)),
            2 => "(2 - 0.5 * 3)".to_owned(),
            _ => format!("{}", f64::from(self.0.u8(1..100)) / 8.0),
        }
    }

    fn over(&mut self) -> String {
        let (function, metric) = if self.0.bool() {
            (self.of(&COUNTER_FUNCTIONS), self.of(&COUNTERS))
        } else {
            (self.of(&GAUGE_FUNCTIONS), self.of(&GAUGES))
        };
        let range = self.0.u16(10..1500);
        let selector = self.moved(format!("{metric}[{range}s]"));
        format!("{function}({selector})")
    }

    fn plain(&mut self) -> String {
        let metrics = if self.0.bool() { &COUNTERS[..] } else { &GAUGES[..] };
        self.of(metrics).to_owned()
    }

    /// A selector that looks elsewhere in time, now and then.
    fn moved(&mut self, selector: String) -> String {
        let offset = self.0.i32(-900..1800);
        let time = self.0.i64(START / 1000..(START + SAMPLES * INTERVAL) / 1000);
        match self.0.u8(0..12) {
            0 if offset < 0 => format!("{selector} offset -{}s", -offset),
            0 => format!("{selector} offset {}s", offset + 1),
            1 => format!("{selector} @ {time}"),
            2 => format!("{selector} @ {}()", self.of(&["start", "end"])),
            _ => selector,
        }
    }

    fn grouping(&mut self) -> String {
        let labels = format!("({}, {})", self.of(&LABELS), self.of(&LABELS));
        match self.0.u8(0..4) {
            0 => String::new(),
            1 => format!(" without {labels}"),
            _ => format!(" by {labels}"),
        }
    }

    fn matching(&mut self, many: bool) -> String {
        let labels = format!("({}, {})", self.of(&LABELS), self.of(&LABELS));
        let matching = match self.0.u8(0..4) {
            0 => format!(" on {labels}"),
            1 => format!(" ignoring {labels}"),
            _ => return String::new(),
        };
        match self.0.u8(0..4) {
            0 if many => format!("{matching} group_left ()"),
            1 if many => format!("{matching} group_right (version)"),
            _ => matching,
        }
    }

    fn of(&mut self, choices: &[&'static str]) -> &'static str {
        choices[self.0.usize(..choices.len())]
    }
}
