//! Sockets with a path: Windows has them from 2019 on, and its Docker Engine listens on a named pipe, which is not asked.

use crate::endpoint::Stream;
use std::io;
use std::path::Path;

/// Nothing can be connected to.
#[expect(clippy::unused_async, reason = "on other systems it waits")]
pub(crate) async fn connect(_: &Path) -> io::Result<Stream> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "a Docker Engine on Windows is not read"))
}
