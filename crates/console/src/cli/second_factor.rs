//! `topmast second-factor`: one's own second factor.

use super::failure::Failure;
use super::session::{Prompt, read_code, read_password};
use crate::output::{qr, terminal};
use clap::Subcommand;
use std::io::{self, IsTerminal as _};
use topmast_api::client::Client;
use topmast_api::session::{SecondFactorRequest, SecondFactorState};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show where you stand
    Show,
    /// Set one: brings a secret into your authenticator and prints recovery codes
    Set,
    /// Remove it, given a code
    Remove,
}

/// Shows, sets or removes the second factor of whoever is logged in.
pub(super) async fn run(client: &Client, command: Command) -> Result<(), Failure> {
    let who = client.session_get().await?;
    let state = who.second_factor.unwrap_or(SecondFactorState::Unset);
    let text = match command {
        Command::Show => format!("{}\n", words(state)),
        Command::Set => set(client, &who.name).await?,
        Command::Remove => {
            client.second_factor_remove(&read_code(&who.name)?).await?;
            "removed; logins need the password alone\n".to_owned()
        }
    };
    Ok(terminal::print(&text)?)
}

async fn set(client: &Client, user: &str) -> Result<String, Failure> {
    let offered = client.second_factor_offer().await?;
    // For people alone: a file or pipe has no use for it.
    if io::stdout().is_terminal() && !offered.qr.is_empty() {
        let code = qr::draw(&offered.qr, terminal::style().colour);
        terminal::print(&format!("Scan this with your authenticator:\n{code}"))?;
    }
    terminal::print(&format!(
        "Or type this secret into it, or open the link with it:\n  {}\n  {}\n",
        offered.secret, offered.uri
    ))?;
    let code = read_code(user)?;
    let password = read_password(Prompt::Present(user, client.url()))?;
    let request = SecondFactorRequest { offer: offered.offer, code, password };
    let codes = client.second_factor_set(&request).await?.codes;
    Ok(format!(
        "Logins need a code from now on. Keep these recovery codes away from the authenticator; each opens one session:\n  {}\n",
        codes.join("\n  ")
    ))
}

fn words(state: SecondFactorState) -> &'static str {
    match state {
        SecondFactorState::Unset => "you have no second factor; `topmast second-factor set` sets one",
        SecondFactorState::Due => "your role needs a second factor; `topmast second-factor set` sets one",
        SecondFactorState::Set => "your logins need a code of your second factor",
    }
}
