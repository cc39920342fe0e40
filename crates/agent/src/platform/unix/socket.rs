//! Sockets with a path: how a Docker Engine is asked.

use crate::endpoint::Stream;
use std::io;
use std::path::Path;
use tokio::net::UnixStream;

/// Connects to what listens there.
pub(crate) async fn connect(path: &Path) -> io::Result<Stream> {
    Ok(Box::new(UnixStream::connect(path).await?))
}
