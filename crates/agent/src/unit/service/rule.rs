//! Reads the `[[service.rule]]` tables of sources `prometheus` and `log`.

use super::read::name;
use super::{LatencyUnit, LogRule, Pattern, PrometheusRule, Selector};
use crate::unit::parse::bounded;
use crate::unit::reader::{Problem, Value};
use topmast_model::path::check_name;

/// What a log pattern's groups can say.
const GROUPS: [&str; 3] = ["service", "code", "latency"];
const UNITS: [(&str, LatencyUnit); 3] =
    [("s", LatencyUnit::Seconds), ("ms", LatencyUnit::Milliseconds), ("us", LatencyUnit::Microseconds)];

pub(super) fn prometheus(value: Value<'_, '_>) -> Result<PrometheusRule, Problem> {
    let table =
        value.table(&["service", "up", "transactions", "errors", "code_label", "latency", "quantiles"])?;
    let service_value = table.need("service", r#"service = "MC_CREDIT""#)?;
    let service = service_value.text()?;
    check_template(&service).map_err(|message| service_value.problem(message))?;
    let selector = |name| table.get(name).map(selector).transpose();
    let rule = PrometheusRule {
        service,
        up: selector("up")?,
        transactions: selector("transactions")?,
        errors: selector("errors")?,
        code_label: table.text("code_label")?,
        latency: selector("latency")?,
        quantiles: match table.get("quantiles") {
            None => vec![0.5, 0.95, 0.99],
            Some(value) => {
                let values = bounded(value)?.into_iter();
                values.map(|value| value.number(0.001..=0.999)).collect::<Result<_, _>>()?
            }
        },
    };
    let metrics = [&rule.up, &rule.transactions, &rule.errors, &rule.latency];
    if metrics.iter().all(|metric| metric.is_none()) {
        return Err(value.problem("a rule needs a metric: write up, transactions, errors or latency"));
    }
    Ok(rule)
}

/// A service name with `{label}` in it: with any good value in their places it must be a good name.
fn check_template(text: &str) -> Result<(), String> {
    let mut example = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let (label, next) = behind.split_once('}').ok_or("close the label's name with }")?;
        if label.is_empty() {
            return Err("write a label's name between { and }".to_owned());
        }
        example.push_str(before);
        example.push('x');
        rest = next;
    }
    example.push_str(rest);
    check_name(&example).map_err(|error| error.to_string())
}

pub(super) fn log(value: Value<'_, '_>) -> Result<LogRule, Problem> {
    let table = value.table(&["pattern", "service", "error_codes", "error", "latency_unit"])?;
    let pattern_value = table.need("pattern", r"pattern = 'service=(?P<service>\w+) code=(?P<code>\d+)'")?;
    let pattern = pattern(pattern_value)?;
    let groups: Vec<&str> = pattern.regex().capture_names().flatten().collect();
    if let Some(unknown) = groups.iter().find(|group| !GROUPS.contains(group)) {
        let message = format!("unknown group {unknown:?}; write service, code or latency");
        return Err(pattern_value.problem(message));
    }
    let service = table.get("service").map(name).transpose()?;
    if service.is_none() && !groups.contains(&"service") {
        let message = "the service is not known: write service, or a group (?P<service>…) in the pattern";
        return Err(value.problem(message));
    }
    let error_codes = table.texts("error_codes")?;
    if !error_codes.is_empty() && !groups.contains(&"code") {
        let message = "error_codes needs a group (?P<code>…) in the pattern; add it, or write error = true";
        return Err(value.problem(message));
    }
    let latency_unit = table.get("latency_unit").map(|value| value.word(&UNITS)).transpose()?;
    let error = table.boolean("error")?.unwrap_or(false);
    let latency_unit = latency_unit.unwrap_or(LatencyUnit::Milliseconds);
    Ok(LogRule { pattern, service, error_codes, error, latency_unit })
}

fn selector(value: Value<'_, '_>) -> Result<Selector, Problem> {
    value.text()?.parse().map_err(|message: String| value.problem(message))
}

pub(super) fn pattern(value: Value<'_, '_>) -> Result<Pattern, Problem> {
    let parsed = value.text()?.parse();
    parsed.map_err(|message: String| value.problem(format!("the expression is wrong: {message}")))
}
