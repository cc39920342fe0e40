//! Packages: what is installed as an application, uploaded once and known by the digest of its bytes.
//!
//! Invariants
//! - PK-1: a version is the name of a directory, so it leads nowhere else.
//! - PK-2: the bytes of a package never change: another upload is another version.
//!
//! Elsewhere: whose signatures are trusted (`key`); which there are (`topmast-engine`, `package`); the bytes (`topmast-master`, `package`); how one is unpacked
//! and switched to (`topmast-agent`, `package`).

pub mod key;

use crate::path::{PathError, check_name};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an agent that installs packages says that it can do.
pub const ABILITY: &str = "packages";
/// What an agent that goes back to a version of one's choice says that it can do; an older one would go to the version
/// before without a word.
pub const ROLLBACK_ABILITY: &str = "rollback-to";
/// Most characters of a version: longer than any that people write, short enough for a directory.
pub const VERSION_MAX: usize = 64;
/// Most bytes of a signature: minisign's has some 300, and a comment.
pub const SIGNATURE_MAX: usize = 2_048;
/// Most bytes of any package, whatever a master is told to take: four times a whole system image.
pub const SIZE_MAX: u64 = 64 << 30;

/// What the bytes of a package are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PackageFormat {
    /// A tar archive, compressed by gzip.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A zip archive.
    #[serde(rename = "zip")]
    Zip,
    /// One file that is put there as it is: a program, a jar.
    #[serde(rename = "file")]
    File,
}

impl PackageFormat {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::TarGz, Self::Zip, Self::File];

    /// The word used in CLI and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TarGz => "tar.gz",
            Self::Zip => "zip",
            Self::File => "file",
        }
    }

    /// What a file of this name most likely is.
    pub fn of_file(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        match name.rsplit_once('.') {
            Some((_, "tgz")) => Self::TarGz,
            Some((rest, "gz")) if rest.rsplit_once('.').is_some_and(|(_, inner)| inner == "tar") => {
                Self::TarGz
            }
            Some((_, "zip")) => Self::Zip,
            _ => Self::File,
        }
    }
}

impl fmt::Display for PackageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PackageFormat {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let found = Self::ALL.iter().copied().find(|format| format.as_str() == text);
        found.ok_or_else(|| PackageError::Format(text.into()))
    }
}

/// Which version of which package: `NAME@VERSION`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageVersion {
    name: String,
    version: String,
}

impl PackageVersion {
    /// A version of a package.
    ///
    /// # Errors
    /// [`PackageError`] when one of the two is none.
    pub fn new(name: &str, version: &str) -> Result<Self, PackageError> {
        check_name(name).map_err(PackageError::Name)?;
        // The name stands before an `@`.
        if name.contains('@') {
            return Err(PackageError::At(name.into()));
        }
        check_version(version)?;
        Ok(Self { name: name.to_owned(), version: version.to_owned() })
    }

    /// The package.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl fmt::Display for PackageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl FromStr for PackageVersion {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let (name, version) = text.split_once('@').ok_or_else(|| PackageError::Form(text.into()))?;
        Self::new(name, version)
    }
}

impl TryFrom<String> for PackageVersion {
    type Error = PackageError;

    fn try_from(text: String) -> Result<Self, PackageError> {
        text.parse()
    }
}

impl From<PackageVersion> for String {
    fn from(version: PackageVersion) -> Self {
        version.to_string()
    }
}

/// Checks a version: letters, digits and `. - + _ ~`, a letter or digit first (PK-1).
///
/// # Errors
/// [`PackageError::Version`].
pub fn check_version(version: &str) -> Result<(), PackageError> {
    let bytes = version.as_bytes();
    let is_version = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.len() <= VERSION_MAX
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b".-+_~".contains(byte));
    // Windows takes a name with a full stop at its end for the one without.
    if is_version && !version.ends_with('.') { Ok(()) } else { Err(PackageError::Version(version.into())) }
}

/// SHA-256 of a package's bytes, lower-case hex: its name in the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// Of a digest as text.
const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Digest {
    /// The digest of these 32 bytes.
    ///
    /// # Errors
    /// [`PackageError::Digest`] when there are more or fewer.
    pub fn of_bytes(bytes: &[u8]) -> Result<Self, PackageError> {
        let mut hex = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            hex.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
        }
        hex.parse()
    }

    /// As 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Digest {
    type Err = PackageError;

    fn from_str(text: &str) -> Result<Self, PackageError> {
        let is_digit = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
        if text.len() == 64 && text.as_bytes().iter().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(PackageError::Digest(text.into()))
        }
    }
}

impl TryFrom<String> for Digest {
    type Error = PackageError;

    fn try_from(text: String) -> Result<Self, PackageError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

/// A package: everything that an agent needs to know of it before it has its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Which.
    pub id: PackageVersion,
    /// What its bytes are.
    pub format: PackageFormat,
    /// Of a single file: its name in the version's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// minisign's, of its bytes, as in the `.minisig` file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Package {
    /// Checks what does not check itself.
    ///
    /// # Errors
    /// [`PackageError`] with what is wrong.
    pub fn check(&self) -> Result<(), PackageError> {
        if let Some(file) = &self.file {
            check_name(file).map_err(PackageError::File)?;
        }
        if self.size == 0 || self.size > SIZE_MAX {
            return Err(PackageError::Size(self.size));
        }
        match &self.signature {
            Some(signature) if signature.is_empty() || signature.len() > SIGNATURE_MAX => {
                Err(PackageError::Signature(signature.len()))
            }
            _ => Ok(()),
        }
    }
}

/// What is wanted of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageOrder {
    /// Take one whose bytes are in the store.
    Add {
        /// Which.
        package: Box<Package>,
    },
    /// Forget one that nothing uses.
    Remove {
        /// Which.
        id: PackageVersion,
    },
}

/// What became of packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum PackageChange {
    /// There is one more.
    Added {
        /// Which.
        package: Box<Package>,
    },
    /// There is one less.
    Removed {
        /// Which.
        id: PackageVersion,
    },
}

/// What is wrong with a package, or with how it is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// No `@`.
    #[error("{0:?} names no version; write NAME@VERSION, e.g. switch@2.4.1")]
    Form(String),
    /// A name that is none.
    #[error("the package's name: {0}")]
    Name(PathError),
    /// A name that would end before its end.
    #[error("a package's name has no @; {0:?} has one")]
    At(String),
    /// A version that is none.
    #[error(
        "{0:?} is no version; it has 1 to {VERSION_MAX} letters, digits and . - + _ ~, and begins with a letter or digit"
    )]
    Version(String),
    /// A digest that is none.
    #[error("{0:?} is no SHA-256; it has 64 digits 0-9 and a-f")]
    Digest(String),
    /// A format that is none.
    #[error("{0:?} is no format of packages; it is one of tar.gz, zip, file")]
    Format(String),
    /// The name of a single file.
    #[error("the file's name: {0}")]
    File(PathError),
    /// Too small or too large.
    #[error("a package has 1 to {SIZE_MAX} bytes; this has {0}")]
    Size(u64),
    /// Too small or too large.
    #[error("a signature has 1 to {SIGNATURE_MAX} bytes; this has {0}")]
    Signature(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_leads_nowhere_else() {
        // PK-1
        for good in ["2", "2.4.1", "2.4.1-rc.1+build_7", "1~2", "v3"] {
            assert_eq!(check_version(good), Ok(()), "{good}");
        }
        let long = "1".repeat(VERSION_MAX + 1);
        for bad in ["", ".", "..", "../1", "1/2", "1\\2", "-1", "1 2", "1\0", "1.", "a:b", "ä", &long] {
            assert!(check_version(bad).is_err(), "{bad:?}");
            assert!(format!("switch@{bad}").parse::<PackageVersion>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn package_version_is_the_same_in_text_and_json() {
        let id: PackageVersion = "switch@2.4.1".parse().unwrap();
        assert_eq!((id.name(), id.version(), id.to_string().as_str()), ("switch", "2.4.1", "switch@2.4.1"));
        assert_eq!(serde_json::to_value(&id).unwrap(), "switch@2.4.1");
        assert_eq!(serde_json::from_str::<PackageVersion>("\"switch@2.4.1\"").unwrap(), id);
        for bad in ["switch", "@1", "a b@1", "a@b@1", "../a@1"] {
            assert!(bad.parse::<PackageVersion>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn digest_is_64_digits() {
        let digest = Digest::of_bytes(&[0xab; 32]).unwrap();
        assert_eq!(digest.as_str(), "ab".repeat(32));
        for bad in ["", "ab", &"AB".repeat(32), &"g0".repeat(32), &"../".repeat(22)] {
            assert!(bad.parse::<Digest>().is_err(), "{bad:?}");
        }
        assert!(Digest::of_bytes(&[1; 20]).is_err());
    }

    #[test]
    fn format_is_guessed_by_the_name_and_the_same_word_in_text_and_json() {
        for format in PackageFormat::ALL {
            assert_eq!(format.to_string().parse(), Ok(*format));
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
        }
        let guessed = ["a.tar.gz", "A.TGZ", "a.zip", "a.jar", "switch", "a.gz"].map(PackageFormat::of_file);
        let (tar, zip, file) = (PackageFormat::TarGz, PackageFormat::Zip, PackageFormat::File);
        assert_eq!(guessed, [tar, tar, zip, file, file, file]);
    }
}
