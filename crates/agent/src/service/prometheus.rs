//! The `prometheus` source: a page of metrics, mapped to services by the unit's rules.
//!
//! ```text
//! page -> samples -> every rule that selects a sample adds to its service -> Observation
//! ```
//!
//! Latency comes from a summary's quantiles as they are, or from a histogram: then it is the quantile of what
//! was observed *between* two readings, for a quantile since the application's start hardly moves any more.

mod histogram;

use self::histogram::Histogram;
use super::{
    CODE_MAX, CheckError, Figures, Observation, RESPONSES_MAX, SERVICES_MAX, ServiceObservation, shortened,
};
use crate::unit::service::{PrometheusRule, Selector};
use std::collections::BTreeMap;
use std::str;
use topmast_ingest::exposition::{Form, Named, samples};
use topmast_model::path::check_name;
use topmast_model::status::ServiceStatus;

/// Reads the pages of one source, one after the other.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Histograms of the page before, by service.
    earlier: BTreeMap<String, Histogram>,
}

/// One sample of a page.
struct Sample<'a> {
    named: Named<'a>,
    /// May be not a number or infinite.
    value: f64,
}

impl Sample<'_> {
    fn label(&self, name: &str) -> Option<&str> {
        self.named.label(name)
    }
}

/// What the rules found about one service in one page.
#[derive(Debug, Default)]
struct Found {
    /// Whether its `up` samples are all non-zero; `None` without any.
    up: Option<bool>,
    figures: Figures,
    histogram: Histogram,
    /// Quantiles wanted from the histogram.
    quantiles: Vec<f64>,
}

impl Reader {
    /// Reads a page.
    ///
    /// # Errors
    /// [`CheckError::Answer`] with the line that is wrong.
    pub(super) fn read(&mut self, page: &[u8], rules: &[PrometheusRule]) -> Result<Observation, CheckError> {
        let page = str::from_utf8(page)
            .map_err(|error| wrong(format!("byte {} is not UTF-8", error.valid_up_to())))?;
        let mut found: BTreeMap<String, Found> = BTreeMap::new();
        for sample in samples(page, Form::of_page(page)) {
            let read = sample.and_then(|sample| Ok(Sample { value: sample.value, named: sample.named()? }));
            let sample = read.map_err(|error| wrong(error.to_string()))?;
            for rule in rules {
                apply(rule, &sample, &mut found)?;
            }
        }
        let mut services: Vec<ServiceObservation> = Vec::with_capacity(found.len());
        for rule in rules {
            // A name without labels is a promise that the service exists.
            if !rule.service.contains('{') && !found.contains_key(&rule.service) {
                let missing = ServiceObservation::new(&rule.service, ServiceStatus::Unknown);
                services.push(missing.message("the page holds no sample that the rule selects"));
            }
        }
        let mut histograms = BTreeMap::new();
        for (name, mut found) in found {
            if let Some(earlier) = self.earlier.get(&name) {
                let quantiles = found.quantiles.iter().filter_map(|quantile| {
                    found
                        .histogram
                        .quantile_since(earlier, *quantile)
                        .map(|value| (quantile.to_string(), value))
                });
                found.figures.latency_seconds.extend(quantiles);
            }
            histograms.insert(name.clone(), found.histogram);
            let service = match found.up {
                Some(false) => ServiceObservation::new(name, ServiceStatus::Malfunction).code("DOWN"),
                Some(true) | None => ServiceObservation::new(name, ServiceStatus::Started),
            };
            services.push(ServiceObservation { figures: found.figures, ..service });
        }
        self.earlier = histograms;
        Ok(Observation { services, ..Observation::default() })
    }
}

/// Adds a sample to the service that a rule makes of it.
fn apply(
    rule: &PrometheusRule,
    sample: &Sample<'_>,
    found: &mut BTreeMap<String, Found>,
) -> Result<(), CheckError> {
    let selects = |selector: &Option<Selector>| {
        selector
            .as_ref()
            .is_some_and(|selector| selector.matches(sample.named.name, |label| sample.label(label)))
    };
    let up = selects(&rule.up);
    let transactions = selects(&rule.transactions);
    let errors = selects(&rule.errors);
    let summary = selects(&rule.latency);
    let bucket = rule.latency.as_ref().is_some_and(|selector| is_bucket_of(selector, sample));
    if !(up || transactions || errors || summary || bucket) {
        return Ok(());
    }
    let Some(name) = service_name(&rule.service, sample)? else { return Ok(()) };
    if found.len() == SERVICES_MAX && !found.contains_key(&name) {
        return Err(wrong(format!("the rules make more than {SERVICES_MAX} services of it")));
    }
    let service = found.entry(name).or_default();
    if up {
        // NaN means that the exporter does not know; that is not up.
        let value = sample.value != 0.0 && !sample.value.is_nan();
        service.up = Some(service.up.unwrap_or(true) && value);
    }
    if transactions {
        add(&mut service.figures.transactions_total, sample.value);
        if let Some(code) = rule.code_label.as_deref().and_then(|label| sample.label(label)) {
            count_response(&mut service.figures.responses, code, sample.value);
        }
    }
    if errors {
        add(&mut service.figures.errors_total, sample.value);
    }
    if summary {
        summary_quantile(rule, sample, service);
    }
    if bucket {
        if let Some(bound) = sample.label("le").and_then(|text| text.parse().ok()) {
            service.histogram.add(bound, sample.value);
        }
        service.quantiles.clone_from(&rule.quantiles);
    }
    Ok(())
}

fn is_bucket_of(selector: &Selector, sample: &Sample<'_>) -> bool {
    sample
        .named
        .name
        .strip_suffix("_bucket")
        .is_some_and(|base| selector.matches(base, |label| sample.label(label)))
}

/// Keeps a summary's quantile when the rule wants it.
fn summary_quantile(rule: &PrometheusRule, sample: &Sample<'_>, service: &mut Found) {
    let Some(text) = sample.label("quantile") else { return };
    let Ok(quantile) = text.parse::<f64>() else { return };
    let wanted = rule.quantiles.iter().any(|wanted| (wanted - quantile).abs() < 1e-9);
    let known = service.figures.latency_seconds.iter().any(|(name, _)| name == text);
    // Without observations in its window a summary says NaN.
    if wanted && !known && sample.value.is_finite() {
        service.figures.latency_seconds.push((text.to_owned(), sample.value));
    }
}

fn add(total: &mut Option<f64>, value: f64) {
    if value.is_finite() {
        *total = Some(total.unwrap_or(0.0) + value);
    }
}

fn count_response(responses: &mut Vec<(String, f64)>, code: &str, value: f64) {
    let code = shortened(code, CODE_MAX);
    if let Some((_, count)) = responses.iter_mut().find(|(known, _)| *known == code) {
        *count += value;
    } else if responses.len() < RESPONSES_MAX {
        responses.push((code, value));
    }
}

/// The rule's name with every `{label}` replaced; `None` when the sample lacks one.
fn service_name(template: &str, sample: &Sample<'_>) -> Result<Option<String>, CheckError> {
    let mut name = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (label, after) = after.split_once('}').unwrap_or((after, ""));
        let Some(value) = sample.label(label).filter(|value| !value.is_empty()) else { return Ok(None) };
        name.push_str(before);
        name.push_str(value);
        rest = after;
    }
    name.push_str(rest);
    check_name(&name).map_err(|error| wrong(format!("rule {template:?}: {error}")))?;
    Ok(Some(name))
}

fn wrong(reason: String) -> CheckError {
    CheckError::Answer { source_name: "prometheus", reason }
}

#[cfg(test)]
mod tests;
