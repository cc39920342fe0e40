//! `topmast login --sso`: through the identity provider, with a code that is typed in any browser.

use super::super::failure::Failure;
use crate::output::{qr, terminal};
use std::io::{self, IsTerminal as _};
use std::time::Duration;
use topmast_api::client::Client;
use topmast_api::session::{DeviceLogin, Session};

/// Shows the code and waits until somebody has logged in with it.
pub(super) async fn log_in(client: &Client) -> Result<Session, Failure> {
    let begun = client.oidc_device_begin().await?;
    terminal::notice(&words(&begun));
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
