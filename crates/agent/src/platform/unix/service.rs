//! Services of Windows, of which there are none here.

use crate::platform::ServiceState;

const ELSEWHERE: &str = "this server is no Windows; write kind = \"systemd\", \"process\" or \"script\"";

/// What a service does now.
pub(crate) fn state(_: &str) -> Result<ServiceState, String> {
    Err(ELSEWHERE.to_owned())
}

/// Starts a service.
pub(crate) fn start(_: &str) -> Result<(), String> {
    Err(ELSEWHERE.to_owned())
}

/// Asks a service to stop.
pub(crate) fn stop(_: &str) -> Result<(), String> {
    Err(ELSEWHERE.to_owned())
}

/// Ends a service's process.
pub(crate) fn kill(_: &str) -> Result<(), String> {
    Err(ELSEWHERE.to_owned())
}
