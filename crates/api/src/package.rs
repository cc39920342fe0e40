//! Packages: what can be installed, and where it is.

use crate::schema;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use topmast_model::package::key::{TrustKey, TrustKeyId};
use topmast_model::package::{Digest, PackageFormat};
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// A version of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackageRow {
    /// Whose it is.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// Its name; applications that are installed from it have the same, unless another was given.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What its bytes are.
    #[schema(value_type = schema::PackageFormat)]
    pub format: PackageFormat,
    /// Of a single file: its name.
    pub file: Option<String>,
    /// SHA-256 of its bytes, in 64 digits.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// Whether it came with a signature; agents check it.
    pub signed: bool,
    /// When it was added.
    pub added_at: Timestamp,
    /// By whom, e.g. `user admin`.
    pub added_by: String,
    /// The applications that are installed from it, of those that may be seen.
    #[schema(value_type = Vec<schema::ObjectPath>)]
    pub applications: Vec<ObjectPath>,
}

/// What an upload says beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageUpload {
    /// Whose it is to be; the master's own tenant when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<ObjectPath>,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What the bytes are, as `tar.gz`, `zip` or `file`; by the file's name when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Name of the file that is uploaded; a single file is installed under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What the bytes are to be; others are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Bytes of it that the master has already, of an upload that was cut: the body goes on behind them; with `sha256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// minisign's signature, as in the `.minisig` file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// Whose upload is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageUploadQuery {
    /// Whose it is to be; the master's own tenant when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<ObjectPath>,
}

/// How far an upload came before it was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackageUploaded {
    /// Bytes that the master has of it; kept for a day. It goes on from there.
    pub bytes: u64,
}

/// A key whose signatures are trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrustKeyRow {
    /// Whose servers trust it.
    #[schema(value_type = schema::ObjectPath)]
    pub tenant: ObjectPath,
    /// The name that it gives itself, as minisign writes it: 16 digits.
    #[schema(value_type = String)]
    pub id: TrustKeyId,
    /// The key, as the second line of minisign's `.pub` file.
    #[schema(value_type = String)]
    pub key: TrustKey,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it was added.
    pub added_at: Timestamp,
    /// By whom, e.g. `user admin`.
    pub added_by: String,
}

/// A key that is to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustKeyRequest {
    /// Whose servers are to trust it; those of the master's own tenant when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ObjectPath>)]
    pub tenant: Option<ObjectPath>,
    /// minisign's public key: its `.pub` file, or the second line of it.
    pub key: String,
    /// Whose it is, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}
