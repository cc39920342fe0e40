//! What the master counts about itself, read from `/api/v1/metrics`.

use super::BenchError;
use crate::fleet::{PASSWORD, USER};
use topmast_api::route::METRICS_GET;

/// The master's counters of what came from agents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ingested {
    pub(super) samples: f64,
    pub(super) bytes: f64,
}

/// Reads the counters.
pub(super) async fn ingested(http: &reqwest::Client, master: &str) -> Result<Ingested, BenchError> {
    let text = fetch(http, &format!("{master}{}", METRICS_GET.path)).await?;
    let counter = |name| {
        value(&text, name).ok_or_else(|| BenchError::Strange(format!("the master's metrics have no {name}")))
    };
    Ok(Ingested {
        samples: counter("topmast_ingest_samples_total")?,
        bytes: counter("topmast_ingest_bytes_total")?,
    })
}

/// Fetches a text as the first user.
pub(super) async fn fetch(http: &reqwest::Client, url: &str) -> Result<String, BenchError> {
    let failed = |source| BenchError::Http { url: url.to_owned(), source };
    let answer = http.get(url).basic_auth(USER, Some(PASSWORD)).send().await.map_err(failed)?;
    answer.error_for_status().map_err(failed)?.text().await.map_err(failed)
}

fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_that_of_the_whole_name() {
        let text = "# TYPE a_total counter\na_total_more 1\na_total 42\n";
        assert_eq!(value(text, "a_total"), Some(42.0));
        assert_eq!(value(text, "b_total"), None);
    }
}
