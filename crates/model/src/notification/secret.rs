//! The forms that a channel's secret has: as written, sealed, and as shown.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What is shown in place of a secret; written back, it means the one that there was.
pub const HIDDEN: &str = "<secret>";

/// A secret in the clear: as somebody wrote it, or opened to be used. It is not printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl Secret {
    /// True when it stands for the one that there was.
    pub fn is_hidden(&self) -> bool {
        self.0 == HIDDEN
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A secret as it is shown: there is one. Written as [`HIDDEN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden;

impl Serialize for Hidden {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}
