//! Metrics of OpenTelemetry, as protobuf or JSON, named and labelled as Prometheus does.
//!
//! ```text
//! body ─► protobuf · JSON ─► model ─► name, labels ─► gauge, sum, histogram, summary ─► samples
//! ```
//!
//! Gauges, cumulative sums, cumulative histograms with explicit bounds, and summaries are told. Points with delta
//! temporality and exponential histograms are left out and counted: nothing is remembered from one request to
//! the next, which a sum of differences would need.
//!
//! Sources: <https://opentelemetry.io/docs/specs/otlp/> and `…/docs/specs/otel/compatibility/prometheus_and_openmetrics/`.

mod label;
#[expect(clippy::struct_field_names, reason = "the names are those of the protocol")]
mod model;
mod name;
mod point;
mod protobuf;

use crate::intake::{Intake, Outcome, Sink, TooMuch};
use crate::protobuf::Malformed;
use model::Export;

/// Bytes of an unpacked body, at most: what is read is held as a tree, which takes more.
pub const OTLP_UNPACKED_MAX: usize = 8 << 20;

/// How a body is written, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl Format {
    /// The format of a `Content-Type`.
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.split(';').next()?.trim().to_ascii_lowercase().as_str() {
            "application/x-protobuf" | "application/protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Why a request was refused. Something of it may have been told already: forget that.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// It is no message.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It is no JSON, or not what is expected.
    #[error("the body is not what is expected here: {0}")]
    Json(#[from] serde_json::Error),
    /// It holds too much.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

/// Tells the samples of a request to a sink.
///
/// - `now`: the time of points without one, in ms since the Unix epoch.
///
/// # Errors
/// [`OtlpError`].
pub fn decode<S: Sink>(format: Format, body: &[u8], now: i64, sink: &mut S) -> Result<Outcome, OtlpError> {
    let export: Export<'_> = match format {
        Format::Protobuf => protobuf::export(body)?,
        Format::Json => serde_json::from_slice(body)?,
    };
    let mut intake = Intake::new(sink);
    for resource in &export.resource_metrics {
        let labels = label::of_resource(&resource.resource.attributes);
        let mut teller = point::Teller::new(&mut intake, &labels, now);
        for metric in resource.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
            teller.metric(metric)?;
        }
    }
    Ok(intake.outcome)
}

/// The answer to a request of which something may have been left out.
pub fn answer(format: Format, left_out: u64, reason: Option<&str>) -> Vec<u8> {
    let Some(reason) = reason else {
        return if format == Format::Json { b"{}".to_vec() } else { Vec::new() };
    };
    match format {
        Format::Json => {
            let partial =
                serde_json::json!({ "rejectedDataPoints": left_out.to_string(), "errorMessage": reason });
            serde_json::json!({ "partialSuccess": partial }).to_string().into_bytes()
        }
        Format::Protobuf => protobuf::partial_success(left_out, reason),
    }
}

#[cfg(test)]
mod tests;
