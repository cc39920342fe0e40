//! Points as samples.

use super::label::{self, Labels};
use super::model::{
    Histogram, HistogramPoint, KeyValue, Metric, NumberPoint, Points, SummaryPoint, Temporality,
};
use super::name;
use crate::intake::{Intake, METRIC_NAME, Series, Sink, TooMuch};

/// The flag of a point without a value: its series ended.
const NO_VALUE: u32 = 1;
/// What stands for the end of a series, as in Prometheus.
const STALE: f64 = f64::from_bits(0x7ff0_0000_0000_0002);

const DELTA: &str = "sums and histograms must be cumulative; set \
                     OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative where they are made";

/// Tells the metrics of one resource.
pub(super) struct Teller<'t, 's, S> {
    intake: &'t mut Intake<'s, S>,
    resource: &'t Labels,
    now: i64,
}

/// A point's labels and time, and whether it ends its series.
struct Place {
    labels: Labels,
    time: i64,
    ends: bool,
}

impl<'t, 's, S: Sink> Teller<'t, 's, S> {
    pub(super) fn new(intake: &'t mut Intake<'s, S>, resource: &'t Labels, now: i64) -> Self {
        Self { intake, resource, now }
    }

    pub(super) fn metric(&mut self, metric: &Metric<'_>) -> Result<(), TooMuch> {
        let name = name::of_metric(metric);
        if let Some(gauge) = &metric.gauge {
            self.numbers(&name, &gauge.data_points)?;
        }
        if let Some(Points { data_points, aggregation_temporality, .. }) = &metric.sum {
            if *aggregation_temporality == Temporality::Cumulative {
                self.numbers(&name, data_points)?;
            } else {
                self.leave_out(data_points.len(), &name, DELTA);
            }
        }
        if let Some(Histogram { data_points, aggregation_temporality, .. }) = &metric.histogram {
            if *aggregation_temporality == Temporality::Cumulative {
                data_points.iter().try_for_each(|point| self.histogram(&name, point))?;
            } else {
                self.leave_out(data_points.len(), &name, DELTA);
            }
        }
        if let Some(unread) = &metric.exponential_histogram {
            let reason = "exponential histograms are not kept; use explicit bounds";
            self.leave_out(unread.data_points.len(), &name, reason);
        }
        if let Some(summary) = &metric.summary {
            summary.data_points.iter().try_for_each(|point| self.summary(&name, point))?;
        }
        Ok(())
    }

    fn leave_out(&mut self, points: usize, name: &str, reason: &str) {
        let name: String = name.chars().take(100).collect();
        self.intake.outcome.leave_out(points as u64, format_args!("{reason} ({name:?})"));
    }

    fn place(&self, attributes: &[KeyValue<'_>], time_unix_nano: u64, flags: u32) -> Place {
        let millis = i64::try_from(time_unix_nano / 1_000_000).unwrap_or(i64::MAX);
        let time = if time_unix_nano == 0 { self.now } else { millis };
        Place { labels: label::of_point(attributes, self.resource), time, ends: flags & NO_VALUE != 0 }
    }

    /// Tells one sample, with a further label when there is one.
    fn sample(
        &mut self,
        place: &Place,
        metric: &str,
        further: Option<(&str, &str)>,
        value: f64,
    ) -> Result<(), TooMuch> {
        let labels = place.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut series = Series {
            labels: labels.chain(further).chain([(METRIC_NAME, metric)]).collect(),
            samples: vec![(place.time, if place.ends { STALE } else { value })],
        };
        self.intake.take(&mut series)
    }

    fn numbers(&mut self, name: &str, points: &[NumberPoint<'_>]) -> Result<(), TooMuch> {
        for point in points {
            let place = self.place(&point.attributes, point.time_unix_nano, point.flags);
            let value = point.as_double.or(point.as_int.map(|value| value as f64));
            match value {
                None if !place.ends => self.leave_out(1, name, "a point has no value"),
                value => self.sample(&place, name, None, value.unwrap_or(STALE))?,
            }
        }
        Ok(())
    }

    fn histogram(&mut self, name: &str, point: &HistogramPoint<'_>) -> Result<(), TooMuch> {
        let (counts, bounds) = (&point.bucket_counts, &point.explicit_bounds);
        if !counts.is_empty() && counts.len() != bounds.len() + 1 {
            self.leave_out(1, name, "a histogram needs one count more than bounds");
            return Ok(());
        }
        let place = self.place(&point.attributes, point.time_unix_nano, point.flags);
        let bucket = format!("{name}_bucket");
        let mut total = 0_u64;
        for (count, bound) in counts.iter().zip(bounds) {
            total = total.saturating_add(count.0);
            // The last one is written below, for every histogram.
            if bound.is_finite() {
                self.sample(&place, &bucket, Some(("le", &bound.to_string())), total as f64)?;
            }
        }
        self.sample(&place, &bucket, Some(("le", "+Inf")), point.count as f64)?;
        self.sum_and_count(&place, name, point.sum, point.count)
    }

    fn summary(&mut self, name: &str, point: &SummaryPoint<'_>) -> Result<(), TooMuch> {
        let place = self.place(&point.attributes, point.time_unix_nano, point.flags);
        for quantile in &point.quantile_values {
            let which = quantile.quantile.unwrap_or_default().to_string();
            let value = quantile.value.unwrap_or_default();
            self.sample(&place, name, Some(("quantile", &which)), value)?;
        }
        self.sum_and_count(&place, name, point.sum, point.count)
    }

    fn sum_and_count(
        &mut self,
        place: &Place,
        name: &str,
        sum: Option<f64>,
        count: u64,
    ) -> Result<(), TooMuch> {
        if let Some(sum) = sum {
            self.sample(place, &format!("{name}_sum"), None, sum)?;
        }
        self.sample(place, &format!("{name}_count"), None, count as f64)
    }
}
