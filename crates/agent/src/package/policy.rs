//! What a server takes of packages: `[packages]` of the agent's configuration.

use minisign_verify::{PublicKey, Signature};
use serde::Deserialize;
use topmast_model::package::Package;
use topmast_model::package::key::TrustKey;

/// Versions that are kept when nothing else is said: the present one and two before.
const KEEP: usize = 3;
/// Most versions that may be kept.
const KEEP_MAX: usize = 100;
/// Most bytes of an unpacked version when nothing else is said.
const UNPACKED_MAX: u64 = 8 << 30;

/// The section, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFile {
    /// Public keys of minisign; with any named, only packages that one of them signed are installed.
    #[serde(default)]
    pub trusted_keys: Vec<String>,
    /// Most bytes a second while a package comes in; no bound when missing.
    pub max_bytes_per_s: Option<u64>,
    /// Versions of an application that are kept, the present one included; default 3.
    pub keep_versions: Option<usize>,
    /// Most bytes of an unpacked version; default 8 GiB.
    pub unpacked_max_bytes: Option<u64>,
}

/// What a server takes, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagePolicy {
    /// As they are written.
    pub trusted_keys: Vec<String>,
    /// Bytes a second.
    pub max_bytes_per_s: Option<u64>,
    /// At least one.
    pub keep_versions: usize,
    /// Of a version.
    pub unpacked_max_bytes: u64,
}

/// Why a section cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A key that is none.
    #[error(
        "packages.trusted_keys: {0:?} is no public key of minisign; write the second line of its .pub file"
    )]
    Key(String),
    /// No speed at all.
    #[error("packages.max_bytes_per_s = 0 would bring nothing; leave it out for no bound")]
    Speed,
    /// Too few or too many versions.
    #[error("packages.keep_versions = {0} is not between 1 and {KEEP_MAX}")]
    Keep(usize),
}

impl Default for PackagePolicy {
    fn default() -> Self {
        Self {
            trusted_keys: Vec::new(),
            max_bytes_per_s: None,
            keep_versions: KEEP,
            unpacked_max_bytes: UNPACKED_MAX,
        }
    }
}

impl PolicyFile {
    /// Checks every value.
    ///
    /// # Errors
    /// [`PolicyError`] with what to write instead.
    pub fn resolve(self) -> Result<PackagePolicy, PolicyError> {
        if let Some(wrong) = self.trusted_keys.iter().find(|key| PublicKey::from_base64(key).is_err()) {
            return Err(PolicyError::Key(wrong.clone()));
        }
        if self.max_bytes_per_s == Some(0) {
            return Err(PolicyError::Speed);
        }
        let keep_versions = self.keep_versions.unwrap_or(KEEP);
        if !(1..=KEEP_MAX).contains(&keep_versions) {
            return Err(PolicyError::Keep(keep_versions));
        }
        Ok(PackagePolicy {
            trusted_keys: self.trusted_keys,
            max_bytes_per_s: self.max_bytes_per_s,
            keep_versions,
            unpacked_max_bytes: self.unpacked_max_bytes.unwrap_or(UNPACKED_MAX),
        })
    }
}

/// A signature and the trusted key that it says it is of.
#[derive(Clone)]
pub(super) struct Signed {
    key: PublicKey,
    signature: Signature,
}

impl Signed {
    /// What verifies bytes as they are read.
    pub(super) fn verifier(&self) -> Result<minisign_verify::StreamVerifier<'_>, String> {
        self.key.verify_stream(&self.signature).map_err(|error| format!("the signature: {error}"))
    }
}

impl PackagePolicy {
    /// What is to be verified of a package; nothing when no key is named, here or by the order. Keys that are named here
    /// are the only ones: whoever has the master cannot add to them.
    pub(super) fn check(&self, package: &Package, listed: &[TrustKey]) -> Result<Option<Signed>, String> {
        let (keys, place): (Vec<&str>, _) = if self.trusted_keys.is_empty() {
            (listed.iter().map(TrustKey::as_str).collect(), "`topmast packages keys list`")
        } else {
            (self.trusted_keys.iter().map(String::as_str).collect(), "[packages] of its agent.toml")
        };
        if keys.is_empty() {
            return Ok(None);
        }
        let id = &package.id;
        let text = package.signature.as_ref().ok_or_else(|| {
            format!(
                "{id} has no signature, and this server takes signed packages only ({place}); add it again with one"
            )
        })?;
        let signature = Signature::decode(text)
            .map_err(|error| format!("the signature of {id} is none of minisign's: {error}"))?;
        for key in keys.into_iter().filter_map(|key| PublicKey::from_base64(key).ok()) {
            match key.verify_stream(&signature) {
                Ok(_) => return Ok(Some(Signed { key, signature })),
                Err(minisign_verify::Error::UnsupportedLegacyMode) => {
                    return Err(format!(
                        "{id} is signed in minisign's old way, which takes a whole package into memory; sign it anew"
                    ));
                }
                Err(_) => {}
            }
        }
        Err(format!("{id} is signed by a key that this server does not trust; see {place}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

    #[test]
    fn section_has_defaults_and_is_refused_with_the_remedy() {
        assert_eq!(PolicyFile::default().resolve().unwrap(), PackagePolicy::default());
        for (text, expected) in [
            ("trusted_keys = [\"x\"]", "second line"),
            ("max_bytes_per_s = 0", "leave it out"),
            ("keep_versions = 0", "between 1 and 100"),
        ] {
            let error = toml::from_str::<PolicyFile>(text).unwrap().resolve().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let text = format!("trusted_keys = [{KEY:?}]\nmax_bytes_per_s = 1000\nkeep_versions = 1");
        let policy = toml::from_str::<PolicyFile>(&text).unwrap().resolve().unwrap();
        assert_eq!((policy.max_bytes_per_s, policy.keep_versions), (Some(1_000), 1));
    }

    #[test]
    fn unsigned_package_is_refused_where_a_key_is_named() {
        let package = crate::package::place::tests::package("switch@1", b"x");
        assert!(PackagePolicy::default().check(&package, &[]).is_ok_and(|signed| signed.is_none()));
        let refused = |policy: &PackagePolicy, package: &Package| policy.check(package, &[]).err().unwrap();
        let policy = PackagePolicy { trusted_keys: vec![KEY.to_owned()], ..PackagePolicy::default() };
        assert!(refused(&policy, &package).contains("has no signature"));
        let listed = PackagePolicy::default().check(&package, &[KEY.parse().unwrap()]).err().unwrap();
        assert!(listed.contains("has no signature") && listed.contains("packages keys list"), "{listed}");
        let signed = Package { signature: Some("nonsense".into()), ..package };
        assert!(refused(&policy, &signed).contains("none of minisign's"));
    }
}
