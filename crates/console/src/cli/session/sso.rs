//! `topmast login --sso`: through the identity provider, with a code that is typed in any browser; where the provider gives
//! no such codes, with a browser on this machine.

mod loopback;

use super::super::failure::Failure;
use crate::output::{qr, terminal};
use std::io::{self, IsTerminal as _};
use std::time::Duration;
use topmast_api::client::{Client, ClientError};
use topmast_api::problem::ProblemCode;
use topmast_api::session::{DeviceLogin, Session};

/// Logs in with a code, or with a browser on this machine when that is asked for or the provider gives no codes.
pub(super) async fn log_in(client: &Client, browser: bool) -> Result<Session, Failure> {
    if browser {
        return loopback::log_in(client).await;
    }
    match client.oidc_device_begin().await {
        Ok(begun) => with_code(client, &begun).await,
        Err(error) if is_missing(&error) && has_provider(client).await => {
            terminal::notice("the identity provider gives no codes to terminals");
            loopback::log_in(client).await
        }
        Err(error) => Err(error.into()),
    }
}

fn is_missing(error: &ClientError) -> bool {
    error.problem().is_some_and(|problem| problem.code == ProblemCode::NotFound)
}

async fn has_provider(client: &Client) -> bool {
    client.login_ways().await.is_ok_and(|ways| ways.oidc.is_some())
}

/// Shows the code and waits until somebody has logged in with it.
async fn with_code(client: &Client, begun: &DeviceLogin) -> Result<Session, Failure> {
    terminal::notice(&words(begun));
    if io::stderr().is_terminal() && io::stdout().is_terminal() && !begun.qr.is_empty() {
        terminal::print(&qr::draw(&begun.qr, terminal::style().colour))?;
    }
    while terminal::now() < begun.expires_at {
        tokio::time::sleep(Duration::from_secs(begun.interval_s)).await;
        match client.oidc_device_session(&begun.login).await {
            Ok(answer) => {
                if let Some(session) = answer.session {
                    return Ok(session);
                }
            }
            // The line may come back before the code ends.
            Err(error) if error.is_transient() => {
                terminal::notice("the master does not answer; it is asked again");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Failure::Check("nobody logged in with the code in time; run it again for another one".to_owned()))
}

fn words(begun: &DeviceLogin) -> String {
    let DeviceLogin { user_code, verification_uri, verification_uri_complete, .. } = begun;
    let whole = match verification_uri_complete {
        Some(whole) => format!("\n  or open   {whole}"),
        None => String::new(),
    };
    format!(
        "log in with any browser, here or on your telephone, and see that it shows this code:\n  address   {verification_uri}\n  \
         code      {user_code}{whole}"
    )
}
