//! Files whose beginning is given back to the disk: not here.

use std::fs::File;
use std::io;

/// Never.
pub(crate) fn give_back(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A file begins at its beginning.
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
pub(crate) fn data_from(_: &File) -> io::Result<u64> {
    Ok(0)
}
