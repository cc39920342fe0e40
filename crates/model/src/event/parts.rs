//! A fact taken apart for the journal, put together again, and told without its secrets.

use super::EventBody;
use crate::agentless::Sealed;
use crate::parameter::ParameterValue;
use serde_json::Value;

impl EventBody {
    /// Takes the fact apart for the journal: kind and payload.
    ///
    /// # Errors
    /// Those of the serialiser, which are bugs here: every payload is plain data.
    pub fn to_parts(&self) -> Result<(String, Value), serde_json::Error> {
        if let Self::Unrecognised { kind, payload } = self {
            return Ok((kind.clone(), payload.clone()));
        }
        let mut whole = serde_json::to_value(self)?;
        let kind = whole["kind"].as_str().unwrap_or_default().to_owned();
        Ok((kind, whole["payload"].take()))
    }

    /// Puts a fact together again. A kind unknown to this build becomes [`EventBody::Unrecognised`].
    ///
    /// # Errors
    /// When the kind is known and its payload is not of its shape.
    pub fn from_parts(kind: &str, payload: Value) -> Result<Self, serde_json::Error> {
        let whole = serde_json::json!({ "kind": kind, "payload": payload });
        match serde_json::from_value(whole) {
            Err(error) if error.to_string().starts_with("unknown variant") => {
                Ok(Self::Unrecognised { kind: kind.to_owned(), payload })
            }
            other => other,
        }
    }

    /// The fact without password and secret hashes and sealed secrets, for every surface that shows events.
    #[must_use]
    pub fn redacted(&self) -> Self {
        let mut copy = self.clone();
        match &mut copy {
            Self::UserCreated { password_hash: hash, .. }
            | Self::PasswordSet { password_hash: hash, .. }
            | Self::SessionOpened { secret_hash: hash, .. }
            | Self::SessionClosed { secret_hash: hash, .. }
            | Self::TokenCreated { secret_hash: hash, .. }
            | Self::JoinTokenCreated { secret_hash: hash, .. } => "redacted".clone_into(hash),
            Self::AgentlessServerAdded { host, .. } => "redacted".clone_into(&mut host.login.secret.0),
            Self::ChannelApplied { channel } => {
                let Ok(hidden) =
                    channel.try_map(|_, _| Ok::<_, std::convert::Infallible>(Sealed("redacted".to_owned())));
                **channel = hidden;
            }
            Self::ParameterPut { version, .. } => {
                if let ParameterValue::Sealed(sealed) = &mut version.value {
                    "redacted".clone_into(&mut sealed.0);
                }
            }
            _ => {}
        }
        copy
    }
}
