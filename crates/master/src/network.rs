//! The networks that a listener of the configuration allows.

use topmast_model::network::{Network, NetworkError};

/// The networks of a configuration's `allow`.
///
/// # Errors
/// The text that is none.
pub(crate) fn networks(texts: &[String]) -> Result<Vec<Network>, String> {
    let parse = |text: &String| text.parse().map_err(|error: NetworkError| format!("allow: {error}"));
    texts.iter().map(parse).collect()
}
