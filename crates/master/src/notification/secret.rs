//! Sealing and opening a channel's secrets.
//!
//! Invariants
//! - NC-1: what was sealed for one place of one channel opens for no other, so that nobody who may write into the
//!   journal's copy can have one channel's secret sent to another's address.

use crate::ssh::seal::{Seal, SecretError};
use topmast_model::agentless::Sealed;
use topmast_model::notification::{Channel, Secret};

/// Seals every secret of a channel, for the journal.
///
/// # Errors
/// [`SecretError::Seal`], when there is no randomness.
pub(crate) fn seal(seal: &Seal, channel: &Channel<Secret>) -> Result<Channel<Sealed>, SecretError> {
    channel.try_map(|place, secret| seal.seal_for(&bound(&channel.name, place), &secret.0))
}

/// Opens every secret of a channel, to send something.
///
/// # Errors
/// [`SecretError::Open`], when one was sealed with another key or for another place.
pub(crate) fn open(seal: &Seal, channel: &Channel<Sealed>) -> Result<Channel<Secret>, SecretError> {
    channel.try_map(|place, sealed| seal.reveal_for(&bound(&channel.name, place), sealed).map(Secret))
}

/// No path of a server has a line break, so none is ever the same.
fn bound(channel: &str, place: &str) -> String {
    format!("channel\n{channel}\n{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(name: &str) -> Channel<Secret> {
        let toml = format!(
            "name = {name:?}\nwebhook = {{ url = \"https://a/hush\", secret = \"hush\", headers = {{ a = \"hush\" }} }}"
        );
        toml::from_str(&toml).unwrap()
    }

    #[test]
    fn secrets_of_a_channel_open_at_their_place_only() {
        // NC-1
        let folder = tempfile::tempdir().unwrap();
        let key = Seal::open(folder.path()).unwrap();
        let sealed = seal(&key, &channel("a")).unwrap();
        assert!(!serde_json::to_string(&sealed).unwrap().contains("hush"));
        assert_eq!(open(&key, &sealed).unwrap(), channel("a"));
        let renamed = Channel { name: "b".into(), ..sealed.clone() };
        assert_eq!(open(&key, &renamed), Err(SecretError::Open));
        let text = serde_json::to_string(&sealed).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut moved = json.clone();
        moved["webhook"]["secret"] = json["webhook"]["headers"]["a"].clone();
        let moved: Channel<Sealed> = serde_json::from_value(moved).unwrap();
        assert_eq!(open(&key, &moved), Err(SecretError::Open));
    }
}
