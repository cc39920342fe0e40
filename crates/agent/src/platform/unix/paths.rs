//! Where the agent keeps its own, and the host's name.

use std::io;
use std::path::PathBuf;

/// The agent's own state, unless configured.
pub(crate) fn data_dir() -> PathBuf {
    "/var/lib/topmast-agent".into()
}

/// The unit files, unless configured.
pub(crate) fn units_dir() -> PathBuf {
    "/etc/topmast/apps.d".into()
}

/// The system's own host name.
pub(crate) fn host_name() -> io::Result<String> {
    Ok(nix::unistd::gethostname()?.to_string_lossy().into_owned())
}
