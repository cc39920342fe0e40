//! The messages from protobuf. Numbers of fields: opentelemetry/proto/metrics/v1/metrics.proto.

use super::model::{
    AnyValue, Export, Histogram, HistogramPoint, KeyValue, Metric, Natural, NumberPoint, Points, Quantile,
    Resource, ResourceMetrics, ScopeMetrics, Skipped, Summary, SummaryPoint, Temporality, Unread,
};
use crate::protobuf::Value::{Bytes, Fixed64, Varint};
use crate::protobuf::{Fields, Malformed, Value, text};

/// Reads a message by its fields.
fn message<'a, T: Default>(
    bytes: &'a [u8],
    set: impl Fn(&mut T, u32, Value<'a>) -> Result<(), Malformed>,
) -> Result<T, Malformed> {
    let (mut message, mut fields) = (T::default(), Fields::new(bytes));
    while let Some((number, value)) = fields.next()? {
        set(&mut message, number, value)?;
    }
    Ok(message)
}

pub(super) fn export(bytes: &[u8]) -> Result<Export<'_>, Malformed> {
    message(bytes, |export: &mut Export<'_>, number, value| {
        if let (1, Bytes(bytes)) = (number, value) {
            export.resource_metrics.push(resource_metrics(bytes)?);
        }
        Ok(())
    })
}

fn resource_metrics(bytes: &[u8]) -> Result<ResourceMetrics<'_>, Malformed> {
    message(bytes, |metrics: &mut ResourceMetrics<'_>, number, value| {
        match (number, value) {
            (1, Bytes(bytes)) => metrics.resource = resource(bytes)?,
            (2, Bytes(bytes)) => metrics.scope_metrics.push(scope_metrics(bytes)?),
            _ => {}
        }
        Ok(())
    })
}

fn resource(bytes: &[u8]) -> Result<Resource<'_>, Malformed> {
    message(bytes, |resource: &mut Resource<'_>, number, value| {
        if let (1, Bytes(bytes)) = (number, value) {
            resource.attributes.push(key_value(bytes)?);
        }
        Ok(())
    })
}

fn scope_metrics(bytes: &[u8]) -> Result<ScopeMetrics<'_>, Malformed> {
    message(bytes, |scope: &mut ScopeMetrics<'_>, number, value| {
        if let (2, Bytes(bytes)) = (number, value) {
            scope.metrics.push(metric(bytes)?);
        }
        Ok(())
    })
}

fn key_value(bytes: &[u8]) -> Result<KeyValue<'_>, Malformed> {
    message(bytes, |pair: &mut KeyValue<'_>, number, value| {
        match (number, value) {
            (1, Bytes(bytes)) => pair.key = text(bytes)?.into(),
            (2, Bytes(bytes)) => pair.value = any_value(bytes)?,
            _ => {}
        }
        Ok(())
    })
}

fn any_value(bytes: &[u8]) -> Result<AnyValue<'_>, Malformed> {
    message(bytes, |any: &mut AnyValue<'_>, number, value| {
        match (number, value) {
            (1, Bytes(bytes)) => any.string_value = Some(text(bytes)?.into()),
            (2, Varint(value)) => any.bool_value = Some(value != 0),
            (3, Varint(value)) => any.int_value = Some(value.cast_signed()),
            (4, Fixed64(bits)) => any.double_value = Some(f64::from_bits(bits)),
            _ => {}
        }
        Ok(())
    })
}

fn metric(bytes: &[u8]) -> Result<Metric<'_>, Malformed> {
    message(bytes, |metric: &mut Metric<'_>, number, value| {
        let Bytes(bytes) = value else { return Ok(()) };
        match number {
            1 => metric.name = text(bytes)?.into(),
            3 => metric.unit = text(bytes)?.into(),
            5 => metric.gauge = Some(points(bytes)?),
            7 => metric.sum = Some(points(bytes)?),
            9 => metric.histogram = Some(histogram(bytes)?),
            10 => metric.exponential_histogram = Some(unread(bytes)?),
            11 => metric.summary = Some(summary(bytes)?),
            _ => {}
        }
        Ok(())
    })
}

fn points(bytes: &[u8]) -> Result<Points<'_>, Malformed> {
    message(bytes, |points: &mut Points<'_>, number, value| {
        match (number, value) {
            (1, Bytes(bytes)) => points.data_points.push(number_point(bytes)?),
            (2, Varint(number)) => points.aggregation_temporality = Temporality::of(number),
            (3, Varint(value)) => points.is_monotonic = value != 0,
            _ => {}
        }
        Ok(())
    })
}

fn number_point(bytes: &[u8]) -> Result<NumberPoint<'_>, Malformed> {
    message(bytes, |point: &mut NumberPoint<'_>, number, value| {
        match (number, value) {
            (3, Fixed64(time)) => point.time_unix_nano = time,
            (4, Fixed64(bits)) => point.as_double = Some(f64::from_bits(bits)),
            (6, Fixed64(bits)) => point.as_int = Some(bits.cast_signed()),
            (7, Bytes(bytes)) => point.attributes.push(key_value(bytes)?),
            (8, Varint(flags)) => point.flags = low(flags),
            _ => {}
        }
        Ok(())
    })
}

fn histogram(bytes: &[u8]) -> Result<Histogram<'_>, Malformed> {
    message(bytes, |histogram: &mut Histogram<'_>, number, value| {
        match (number, value) {
            (1, Bytes(bytes)) => histogram.data_points.push(histogram_point(bytes)?),
            (2, Varint(number)) => histogram.aggregation_temporality = Temporality::of(number),
            _ => {}
        }
        Ok(())
    })
}

fn histogram_point(bytes: &[u8]) -> Result<HistogramPoint<'_>, Malformed> {
    message(bytes, |point: &mut HistogramPoint<'_>, number, value| {
        match (number, value) {
            (3, Fixed64(time)) => point.time_unix_nano = time,
            (4, Fixed64(count)) => point.count = count,
            (5, Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
            (6, Fixed64(count)) => point.bucket_counts.push(Natural(count)),
            (6, Bytes(packed)) => point.bucket_counts.extend(fixed(packed)?.map(Natural)),
            (7, Fixed64(bits)) => point.explicit_bounds.push(f64::from_bits(bits)),
            (7, Bytes(packed)) => point.explicit_bounds.extend(fixed(packed)?.map(f64::from_bits)),
            (9, Bytes(bytes)) => point.attributes.push(key_value(bytes)?),
            (10, Varint(flags)) => point.flags = low(flags),
            _ => {}
        }
        Ok(())
    })
}

fn unread(bytes: &[u8]) -> Result<Unread<'_>, Malformed> {
    message(bytes, |unread: &mut Unread<'_>, number, _| {
        if number == 1 {
            unread.data_points.push(Skipped);
        }
        Ok(())
    })
}

fn summary(bytes: &[u8]) -> Result<Summary<'_>, Malformed> {
    message(bytes, |summary: &mut Summary<'_>, number, value| {
        if let (1, Bytes(bytes)) = (number, value) {
            summary.data_points.push(summary_point(bytes)?);
        }
        Ok(())
    })
}

fn summary_point(bytes: &[u8]) -> Result<SummaryPoint<'_>, Malformed> {
    message(bytes, |point: &mut SummaryPoint<'_>, number, value| {
        match (number, value) {
            (3, Fixed64(time)) => point.time_unix_nano = time,
            (4, Fixed64(count)) => point.count = count,
            (5, Fixed64(bits)) => point.sum = Some(f64::from_bits(bits)),
            (6, Bytes(bytes)) => point.quantile_values.push(quantile(bytes)?),
            (7, Bytes(bytes)) => point.attributes.push(key_value(bytes)?),
            (8, Varint(flags)) => point.flags = low(flags),
            _ => {}
        }
        Ok(())
    })
}

fn quantile(bytes: &[u8]) -> Result<Quantile<'_>, Malformed> {
    message(bytes, |quantile: &mut Quantile<'_>, number, value| {
        match (number, value) {
            (1, Fixed64(bits)) => quantile.quantile = Some(f64::from_bits(bits)),
            (2, Fixed64(bits)) => quantile.value = Some(f64::from_bits(bits)),
            _ => {}
        }
        Ok(())
    })
}

/// Packed numbers of 64 bits.
fn fixed(packed: &[u8]) -> Result<impl Iterator<Item = u64>, Malformed> {
    let (numbers, rest) = packed.as_chunks();
    let numbers = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes));
    if rest.is_empty() { Ok(numbers) } else { Err(Malformed("packed numbers end within one")) }
}

#[expect(clippy::cast_possible_truncation, reason = "the one flag that is read is the lowest bit")]
const fn low(flags: u64) -> u32 {
    flags as u32
}

/// `ExportMetricsServiceResponse` with a partial success.
pub(super) fn partial_success(left_out: u64, reason: &str) -> Vec<u8> {
    let (mut partial, mut response) = (Vec::new(), Vec::new());
    partial.push(1 << 3);
    varint(&mut partial, left_out);
    bytes(&mut partial, 2, reason.as_bytes());
    bytes(&mut response, 1, &partial);
    response
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}
