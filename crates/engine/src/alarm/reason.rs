//! Why an alarm has its state, in CloudWatch's words.

use super::datapoints::{DatapointsAlarm, Evaluation};
use jiff::Timestamp;
use std::time::Duration;
use topmast_model::rule::MissingData;
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

impl Evaluation {
    /// The reason, for the window that was evaluated.
    ///
    /// - `newest`: when the last period of the window began.
    /// - `period`: time between two datapoints.
    pub fn reason(
        &self,
        alarm: &DatapointsAlarm,
        window: &[Option<f64>],
        newest: UnixMillis,
        period: Duration,
    ) -> String {
        let plural = |count: u32| if count == 1 { "" } else { "s" };
        if self.state == AlarmState::InsufficientData || (self.present == 0 && self.filled == 0) {
            let (of, s) = (alarm.of, plural(alarm.of));
            let were = if of == 1 { "was" } else { "were" };
            return format!("Insufficient Data: {of} datapoint{s} {were} unknown.");
        }
        let filled = match alarm.missing {
            MissingData::Breaching => "Breaching",
            _ => "NonBreaching",
        };
        let (missing, missing_s) = (self.filled, plural(self.filled));
        let were = if missing == 1 { "was" } else { "were" };
        if self.present == 0 {
            let (of, s) = (alarm.of, plural(alarm.of));
            return format!(
                "Threshold Crossed: no datapoints were received for {of} period{s} and \
                 {missing} missing datapoint{missing_s} {were} treated as [{filled}]."
            );
        }
        let is_alarm = self.state == AlarmState::Alarm;
        let (values, listed) = self.listed(alarm, window, newest, period, is_alarm);
        let verb = match (listed, is_alarm) {
            (1, true) => "was",
            (1, false) => "was not",
            (_, true) => "were",
            (_, false) => "were not",
        };
        let (s, compare, bound) = (plural(listed), alarm.compare, java_double(alarm.bound));
        let mut text = if listed == alarm.of {
            format!(
                "Threshold Crossed: {listed} datapoint{s} [{values}] {verb} {compare} the threshold ({bound})"
            )
        } else {
            let of = alarm.of;
            format!(
                "Threshold Crossed: {listed} out of the last {of} datapoints [{values}] {verb} {compare} \
                 the threshold ({bound})"
            )
        };
        if missing > 0 {
            text = format!("{text} and {missing} missing datapoint{missing_s} {were} treated as [{filled}]");
        }
        text + "."
    }

    /// The datapoints that decided, newest first, and how many.
    fn listed(
        &self,
        alarm: &DatapointsAlarm,
        window: &[Option<f64>],
        newest: UnixMillis,
        period: Duration,
        breaching: bool,
    ) -> (String, u32) {
        let period = i64::try_from(period.as_millis()).unwrap_or(i64::MAX);
        let mut texts = Vec::new();
        let mut present = 0;
        for (age, datapoint) in (0_i64..).zip(alarm.cut(window).iter().rev()) {
            let Some(value) = datapoint.filter(|value| !value.is_nan()) else { continue };
            if present == self.present {
                break;
            }
            present += 1;
            if alarm.breaches(*datapoint) == Some(breaching) {
                let at = newest.0.saturating_sub(age.saturating_mul(period));
                texts.push(format!("{} ({})", java_double(value), moment(at)));
            }
        }
        let count = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        (texts.join(", "), count)
    }
}

/// `23/11/26 09:00:00`, UTC.
fn moment(millis: i64) -> String {
    let time = Timestamp::from_millisecond(millis).unwrap_or_default();
    time.strftime("%d/%m/%y %H:%M:%S").to_string()
}

/// A number as Java prints it, which is what is behind CloudWatch: `41.0`, `1.0E7`.
fn java_double(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::rule::Comparison;

    /// 2026-11-23 09:00 UTC.
    const NINE: UnixMillis = UnixMillis(1_795_424_400_000);

    fn reason(datapoints: u32, of: u32, missing: MissingData, window: &[Option<f64>]) -> String {
        let alarm = DatapointsAlarm { compare: Comparison::Greater, bound: 21.0, datapoints, of, missing };
        let evaluation = alarm.evaluate(window, AlarmState::InsufficientData);
        evaluation.reason(&alarm, window, NINE, Duration::from_mins(1))
    }

    #[test]
    fn reasons_are_worded_as_by_cloudwatch() {
        let missing = MissingData::Missing;
        assert_eq!(
            reason(1, 1, missing, &[Some(21.5)]),
            "Threshold Crossed: 1 datapoint [21.5 (23/11/26 09:00:00)] was greater than the threshold (21.0)."
        );
        assert_eq!(
            reason(2, 2, missing, &[Some(22.0), Some(3e7)]),
            "Threshold Crossed: 2 datapoints [3.0E7 (23/11/26 09:00:00), 22.0 (23/11/26 08:59:00)] \
             were greater than the threshold (21.0)."
        );
        assert_eq!(
            reason(1, 1, missing, &[Some(21.0)]),
            "Threshold Crossed: 1 datapoint [21.0 (23/11/26 09:00:00)] was not greater than the threshold (21.0)."
        );
        assert_eq!(
            reason(2, 3, missing, &[Some(30.0), Some(0.0), Some(31.0)]),
            "Threshold Crossed: 2 out of the last 3 datapoints [31.0 (23/11/26 09:00:00), \
             30.0 (23/11/26 08:58:00)] were greater than the threshold (21.0)."
        );
        assert_eq!(
            reason(2, 2, MissingData::Breaching, &[]),
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints \
             were treated as [Breaching]."
        );
        assert_eq!(
            reason(1, 2, MissingData::NotBreaching, &[None, Some(1.0)]),
            "Threshold Crossed: 1 out of the last 2 datapoints [1.0 (23/11/26 09:00:00)] was not greater than \
             the threshold (21.0) and 1 missing datapoint was treated as [NonBreaching]."
        );
        assert_eq!(reason(1, 1, missing, &[]), "Insufficient Data: 1 datapoint was unknown.");
    }

    #[test]
    fn numbers_are_written_as_by_java() {
        for (value, text) in [
            (41.0, "41.0"),
            (0.0, "0.0"),
            (0.001, "0.001"),
            (0.000_9, "9.0E-4"),
            (1.25e9, "1.25E9"),
            (-1e7, "-1.0E7"),
        ] {
            assert_eq!(java_double(value), text);
        }
    }
}
