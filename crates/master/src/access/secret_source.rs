//! A secret of the configuration: in a file or in the environment, so that `master.toml` itself holds none.
//!
//! Written as `file:/etc/topmast/oidc-secret` or `env:OIDC_SECRET`. Read each time it is needed: a new one counts at once.

use serde::Deserialize;
use std::path::PathBuf;

/// Longest secret, in bytes.
const SECRET_MAX: usize = 4_096;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum SecretSource {
    /// The content of a file, without the white space around it.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
}

impl TryFrom<String> for SecretSource {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() && !name.contains('=') => {
                Ok(Self::Environment(name.to_owned()))
            }
            // What was written may be the secret itself: it is not repeated.
            _ => {
                Err("write where the secret is: file:/path or env:NAME; the configuration itself holds none"
                    .into())
            }
        }
    }
}

impl SecretSource {
    /// The secret.
    ///
    /// # Errors
    /// Where it should be, and what is wrong there.
    pub(crate) fn read(&self) -> Result<String, String> {
        let (place, text) = match self {
            Self::File(path) => {
                let place = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| format!("read {place}: {error}"))?;
                (place, text)
            }
            Self::Environment(name) => {
                let place = format!("the variable {name}");
                let text = std::env::var(name).map_err(|_| format!("{place} is not set or not a text"))?;
                (place, text)
            }
        };
        let secret = text.trim();
        match secret.len() {
            1..=SECRET_MAX => Ok(secret.to_owned()),
            length => Err(format!("{place} holds {length} bytes; a secret has 1 to {SECRET_MAX}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_from_where_they_are() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), " s3cret\n").unwrap();
        let source = |text: &str| SecretSource::try_from(text.to_owned());
        let path = format!("file:{}", file.path().display());
        assert_eq!(source(&path).unwrap().read().as_deref(), Ok("s3cret"));
        std::fs::write(file.path(), "another").unwrap();
        assert_eq!(source(&path).unwrap().read().as_deref(), Ok("another"), "a new one counts at once");
        // Set for every test by whoever runs it.
        assert_eq!(source("env:CARGO_PKG_NAME").unwrap().read().as_deref(), Ok("topmast-master"));
        assert!(source("env:TOPMAST_NO_SUCH_VARIABLE").unwrap().read().is_err());
        std::fs::write(file.path(), "\n").unwrap();
        assert!(source(&path).unwrap().read().unwrap_err().contains("0 bytes"));
        for bare in ["hunter2", "file:", "env:", "env:A=B", ""] {
            let error = source(bare).unwrap_err();
            assert!(bare.is_empty() || !error.contains("hunter2"), "{error}");
        }
    }
}
