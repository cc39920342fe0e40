//! What AWS' tools call a tenant and a key: account numbers and access key ids.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Digits of an account number.
const ACCOUNT_DIGITS: usize = 12;
/// Shortest and longest access key id: AWS' own have 20 characters, its interfaces take 16 to 128.
const KEY_ID_LENGTHS: std::ops::RangeInclusive<usize> = 4..=128;

/// An account number of twelve digits: the tenant, as AWS' tools see it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

/// The id of an access key; it is no secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccessKeyId(String);

/// Why a text is no account number or access key id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Not twelve digits.
    #[error("{0:?} is no account number; give twelve digits")]
    Account(String),
    /// Other characters, or too many or few.
    #[error("{0:?} is no access key id; it has 4 to 128 letters and digits")]
    AccessKey(String),
}

impl AccountId {
    /// The number made of the last twelve digits of `number`.
    pub fn of(number: u64) -> Self {
        Self(format!("{:0ACCOUNT_DIGITS$}", number % 1_000_000_000_000))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AccessKeyId {
    /// The characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let is_number = text.len() == ACCOUNT_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        if is_number { Ok(Self(text.to_owned())) } else { Err(AccountError::Account(text.to_owned())) }
    }
}

impl FromStr for AccessKeyId {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        let is_id =
            KEY_ID_LENGTHS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_id { Ok(Self(text.to_owned())) } else { Err(AccountError::AccessKey(text.to_owned())) }
    }
}

macro_rules! texts {
    ($($name:ident)*) => {
        $(
            impl TryFrom<String> for $name {
                type Error = AccountError;

                fn try_from(text: String) -> Result<Self, AccountError> {
                    text.parse()
                }
            }

            impl From<$name> for String {
                fn from(id: $name) -> Self {
                    id.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }
        )*
    };
}

texts! { AccountId AccessKeyId }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_twelve_digits_whatever_it_is_made_of() {
        assert_eq!(AccountId::of(7).as_str(), "000000000007");
        assert_eq!(AccountId::of(u64::MAX).as_str().len(), ACCOUNT_DIGITS);
        for text in ["", "12345678901", "1234567890123", "12345678901x"] {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_id_is_letters_and_digits() {
        assert!("AKIA234567QRSTUVWXYZ".parse::<AccessKeyId>().is_ok());
        for text in ["", "abc", "AK/A", "AKIA 23", &"A".repeat(129)] {
            assert!(text.parse::<AccessKeyId>().is_err(), "{text}");
        }
    }
}
