//! Health checks: one question to an application, answered yes or no with the reason.
//!
//! Elsewhere: what a failure leads to (`supervisor::machine`); checks of business services (`service`).

use crate::endpoint::Endpoint;
use crate::unit::{HealthCheck, Unit};
use std::time::Duration;
use tokio::net::TcpStream;

/// Asks once; `Err` holds the reason in words.
///
/// Returns within `timeout`; a command that takes longer is killed with its children.
///
/// # Errors
/// Why the application is not healthy, or could not be asked.
pub async fn check(unit: &Unit, check: &HealthCheck, timeout: Duration) -> Result<(), String> {
    match check {
        HealthCheck::Http { url } => {
            let endpoint: Endpoint =
                url.parse().map_err(|error: crate::endpoint::EndpointError| error.to_string())?;
            let answer =
                crate::http::get(&endpoint, None, timeout).await.map_err(|error| error.to_string())?;
            match answer.status {
                200..=399 => Ok(()),
                status => Err(format!("{url} answered status {status}, expected 200 to 399")),
            }
        }
        HealthCheck::Tcp { host, port } => {
            match tokio::time::timeout(timeout, TcpStream::connect((host.as_str(), *port))).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(format!("connect to {host}:{port}: {error}")),
                Err(_) => Err(format!("{host}:{port} took no connection within {} ms", timeout.as_millis())),
            }
        }
        HealthCheck::Exec { command } => {
            let finished = crate::supervisor::command::run(unit, command, timeout).await?;
            match finished.code {
                0 => Ok(()),
                code => Err(finished.in_words(command, code)),
            }
        }
    }
}
