//! Bytes of packages: an agent asks for a piece, the master answers it.
//!
//! One question is one answer, so an agent is never sent more than it has room and time for, and goes on after a
//! cut from the byte that it has.

use super::DecodeError;
use super::field::{bounded, wrong};
use crate::limits::{PIECE_MAX, TEXT_MAX};
use prost::Message;
use topmast_model::package::Digest;

/// A question for bytes of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PieceRequest {
    /// Of the package.
    pub sha256: Digest,
    /// The first byte that is wanted.
    pub offset: u64,
    /// How many, at most [`PIECE_MAX`].
    pub length: u32,
}

/// Bytes of a package, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagePiece {
    /// Of the package.
    pub sha256: Digest,
    /// Place of the first byte.
    pub offset: u64,
    /// The bytes, less than asked for at the end only; or why there are none, in words.
    pub content: Result<Vec<u8>, String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AskFields {
    #[prost(string, tag = "1")]
    sha256: String,
    #[prost(uint64, tag = "2")]
    offset: u64,
    #[prost(uint32, tag = "3")]
    length: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PieceFields {
    #[prost(string, tag = "1")]
    sha256: String,
    #[prost(uint64, tag = "2")]
    offset: u64,
    #[prost(bytes = "vec", tag = "3")]
    bytes: Vec<u8>,
    #[prost(string, optional, tag = "4")]
    problem: Option<String>,
}

impl AskFields {
    pub(super) fn new(request: &PieceRequest) -> Self {
        let PieceRequest { sha256, offset, length } = request;
        Self { sha256: sha256.to_string(), offset: *offset, length: *length }
    }

    pub(super) fn read(self) -> Result<PieceRequest, DecodeError> {
        if self.length == 0 || self.length as usize > PIECE_MAX {
            return Err(wrong("ask_package.length", format_args!("{} is not 1 to {PIECE_MAX}", self.length)));
        }
        Ok(PieceRequest {
            sha256: self.sha256.parse().map_err(|error| wrong("ask_package.sha256", error))?,
            offset: self.offset,
            length: self.length,
        })
    }
}

impl PieceFields {
    pub(super) fn new(piece: &PackagePiece) -> Self {
        let (bytes, problem) = match &piece.content {
            Ok(bytes) => (bytes.clone(), None),
            Err(problem) => (Vec::new(), Some(problem.clone())),
        };
        Self { sha256: piece.sha256.to_string(), offset: piece.offset, bytes, problem }
    }

    pub(super) fn read(self) -> Result<PackagePiece, DecodeError> {
        Ok(PackagePiece {
            sha256: self.sha256.parse().map_err(|error| wrong("package_piece.sha256", error))?,
            offset: self.offset,
            content: match self.problem {
                Some(problem) => Err(bounded("package_piece.problem", problem, TEXT_MAX)?),
                None => Ok(bounded("package_piece.bytes", self.bytes, PIECE_MAX)?),
            },
        })
    }
}
