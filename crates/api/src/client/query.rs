//! Prometheus' API as it is, for who reads its answers by themselves.

use super::{Client, ClientError};
use crate::route;

impl Client {
    /// Asks the history in the form of Prometheus.
    ///
    /// - `what`: `query`, `query_range`, `series`, `labels` or `label/NAME/values`.
    /// - `form`: the parameters, encoded as in an address.
    /// - `bytes_max`: the longest answer that is taken.
    ///
    /// Returns the answer's JSON; `None` when it is longer.
    ///
    /// # Errors
    /// [`ClientError`], and for anything else that is asked.
    pub async fn query_as_told(
        &self,
        what: &str,
        form: String,
        bytes_max: usize,
    ) -> Result<Option<Vec<u8>>, ClientError> {
        let label = what.strip_prefix("label/").and_then(|rest| rest.strip_suffix("/values"));
        let call = match (what, label) {
            ("query", _) => self.call(&route::QUERY_INSTANT_FORM, &[]).form(form),
            ("query_range", _) => self.call(&route::QUERY_RANGE_FORM, &[]).form(form),
            ("series", _) => self.call(&route::QUERY_SERIES_FORM, &[]).form(form),
            ("labels", _) => self.call(&route::QUERY_LABELS_FORM, &[]).form(form),
            (_, Some(name)) => {
                let pairs: Vec<(String, String)> = reqwest::Url::parse(&format!("http://form/?{form}"))
                    .map_or_else(|_| Vec::new(), |url| url.query_pairs().into_owned().collect());
                self.call(&route::QUERY_LABEL_VALUES, &[name]).query(&pairs)
            }
            (other, None) => return Err(self.strange(format!("nobody asks it for {other}"))),
        };
        let mut response = call.open().await?;
        let mut bytes = Vec::new();
        let lost = |source| ClientError::connection(self.url(), &source);
        while let Some(chunk) = response.chunk().await.map_err(lost)? {
            if bytes.len() + chunk.len() > bytes_max {
                return Ok(None);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes))
    }
}
