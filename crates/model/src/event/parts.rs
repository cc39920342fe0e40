//! A fact taken apart for the journal, put together again, and told without its secrets.

use super::EventBody;
use crate::agentless::Sealed;
use crate::configuration::ConfigurationChange;
use crate::parameter::ParameterValue;
use crate::task_order::TaskFact;
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
            Self::TaskOrdered { fact: TaskFact::Expect { secret_hash: hash, .. }, .. } => {
                "redacted".clone_into(hash);
            }
            Self::AccessChanged { change, .. } => change.redact(),
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
            Self::ConfigurationChanged {
                change: ConfigurationChange::Revised { configuration, .. }, ..
            } => {
                configuration.secrets.values_mut().for_each(|sealed| "redacted".clone_into(&mut sealed.0));
                // Lists of events are not to hold whole files: the revision has them.
                for file in &mut configuration.files {
                    file.content = format!("({} bytes)", file.content.len()).into();
                }
            }
            _ => {}
        }
        copy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::{ParameterKind, ParameterTier, ParameterVersion};
    use std::collections::BTreeMap;

    #[test]
    fn sealed_secret_of_a_configuration_is_told_without_its_seal() {
        let written = crate::configuration::text::read(crate::configuration::tests::SHOP).unwrap().remove(0);
        let sealed = written.try_map(|_, _| Ok::<_, std::convert::Infallible>(Sealed("c2VhbGVk".into())));
        let revised = EventBody::ConfigurationChanged {
            object: written.within.clone(),
            name: written.name,
            change: ConfigurationChange::Revised {
                number: 1,
                configuration: Box::new(sealed.unwrap()),
                reason: None,
            },
        };
        let told = revised.redacted().to_parts().unwrap().1.to_string();
        assert!(!told.contains("c2VhbGVk") && !told.contains("port =") && told.contains("bytes)"), "{told}");
    }

    #[test]
    fn sealed_parameter_is_told_without_its_seal() {
        let version = ParameterVersion {
            value: ParameterValue::Sealed(Sealed("c2VhbGVk".to_owned())),
            kind: ParameterKind::SecureString,
            tier: ParameterTier::Standard,
            description: None,
            allowed_pattern: None,
            key: None,
            data_type: "text".into(),
            put_by: "root".into(),
        };
        let put = EventBody::ParameterPut {
            tenant: "acme".parse().unwrap(),
            name: "/pin".to_owned(),
            number: 1,
            version: Box::new(version),
            tags: BTreeMap::new(),
        };
        let told = put.redacted().to_parts().unwrap().1.to_string();
        assert!(!told.contains("c2VhbGVk") && told.contains("/pin"), "{told}");
    }
}
