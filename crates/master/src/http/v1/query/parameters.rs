//! The parameters of a request, in the address, in a form, or in both.

use super::answer::Failure;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use std::time::Duration;
use topmast_api::time::Timestamp;
use topmast_history::promql;

/// Names and values in the order given; a form's before the address's.
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let address = pairs(request.uri().query().unwrap_or_default().as_bytes());
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_form = media_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        if !is_form {
            return Ok(Self(address));
        }
        let body = Bytes::from_request(request, state).await;
        let body = body
            .map_err(|error| Failure::bad_data(format!("the form cannot be read: {}", error.body_text())))?;
        Ok(Self([pairs(&body), address].concat()))
    }
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}

impl Parameters {
    /// The first value of a parameter; none when it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next().filter(|value| !value.is_empty())
    }

    /// All values of a parameter.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A time in ms since the Unix epoch.
    pub(super) fn time(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let time = milliseconds(text).or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_millis));
        let wrong = || Failure::parameter(name, format!("cannot parse {text:?} to a valid timestamp"));
        time.ok_or_else(wrong).map(Some)
    }

    pub(super) fn needed_time(&self, name: &str) -> Result<i64, Failure> {
        self.time(name)?.ok_or_else(|| Failure::parameter(name, "cannot parse \"\" to a valid timestamp"))
    }

    /// A length of time in ms, above zero.
    pub(super) fn duration(&self, name: &str) -> Result<Option<i64>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let duration = milliseconds(text).or_else(|| promql::duration_ms(text));
        let wrong = || Failure::parameter(name, format!("cannot parse {text:?} to a valid duration"));
        match duration.ok_or_else(wrong)? {
            1.. => Ok(duration),
            _ => Err(Failure::parameter(name, "it must be above zero: a positive number of seconds")),
        }
    }

    pub(super) fn needed_duration(&self, name: &str) -> Result<i64, Failure> {
        self.duration(name)?.ok_or_else(|| Failure::parameter(name, "cannot parse \"\" to a valid duration"))
    }

    pub(super) fn timeout(&self) -> Result<Option<Duration>, Failure> {
        Ok(self.duration("timeout")?.map(|ms| Duration::from_millis(ms.unsigned_abs())))
    }

    /// Most items of the answer; none for as many as there are.
    pub(super) fn limit(&self) -> Result<Option<usize>, Failure> {
        let Some(text) = self.get("limit") else { return Ok(None) };
        let limit =
            text.parse().map_err(|_| Failure::parameter("limit", "it is a whole number, 0 or more"))?;
        Ok(Some(limit).filter(|limit| *limit > 0))
    }
}

/// Seconds as a decimal number.
fn milliseconds(text: &str) -> Option<i64> {
    let seconds: f64 = text.parse().ok()?;
    let milliseconds = (seconds * 1e3).round();
    // What is farther away is no time that anything is kept of.
    #[expect(clippy::cast_possible_truncation, reason = "it is within range")]
    (milliseconds.abs() <= 9e15).then_some(milliseconds as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(query: &str) -> Parameters {
        Parameters(pairs(query.as_bytes()))
    }

    #[test]
    fn times_are_seconds_or_rfc_3339() {
        for (text, expected) in [
            ("time=1435781451.781", Some(Some(1_435_781_451_781))),
            ("time=-1.5", Some(Some(-1_500))),
            ("time=1.4357814e9", Some(Some(1_435_781_400_000))),
            ("time=2015-07-01T20:10:51.781Z", Some(Some(1_435_781_451_781))),
            ("time=2015-07-01T22:10:51.781%2B02:00", Some(Some(1_435_781_451_781))),
            ("time=", Some(None)),
            ("other=1", Some(None)),
            ("time=yesterday", None),
            ("time=NaN", None),
            ("time=Inf", None),
            ("time=1e300", None),
        ] {
            assert_eq!(parameters(text).time("time").ok(), expected, "{text}");
        }
    }

    #[test]
    fn durations_are_seconds_or_words_above_zero() {
        for (text, expected) in [
            ("step=15", Some(Some(15_000))),
            ("step=0.5", Some(Some(500))),
            ("step=1h30m", Some(Some(5_400_000))),
            ("step=0", None),
            ("step=-5", None),
            ("step=fast", None),
            ("step=NaN", None),
        ] {
            assert_eq!(parameters(text).duration("step").ok(), expected, "{text}");
        }
    }

    #[test]
    fn parameters_may_come_several_times_and_limits_may_be_none() {
        let both = parameters("match[]=up&match%5B%5D=%7Bjob%3D%22a+b%22%7D&limit=0");
        assert_eq!(both.all("match[]").collect::<Vec<_>>(), ["up", "{job=\"a b\"}"]);
        assert_eq!(both.limit().ok(), Some(None));
        assert_eq!(parameters("limit=7").limit().ok(), Some(Some(7)));
        assert!(parameters("limit=-1").limit().is_err());
    }
}
