//! `topmast users`: who may log in, and what they may do.

use super::failure::Failure;
use super::list::ShowArguments;
use super::session::{Prompt, read_password};
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::{Args, Subcommand};
use topmast_api::client::Client;
use topmast_api::user::{PasswordRequest, UserRequest, UserRow};
use topmast_model::principal::{ActorKind, Grant};

/// Arguments of `users`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a user; the password comes from a prompt, TOPMAST_NEW_PASSWORD or standard input
    Create {
        /// Login name; one of a tenant ends in @TENANT, as zoe@acme
        name: String,
        /// What the user may do: viewer, operator, writer, admin or auditor, with :PATH for a part of the tree
        #[arg(long = "grant", value_name = "ROLE[:PATH]", required = true)]
        grants: Vec<Grant>,
    },
    /// Change a password, one's own (asks for the present one first) or as an administrator; ends the user's sessions
    Password {
        /// Login name
        name: String,
    },
    /// Forget a user's failed logins, so that the next try need not wait
    Unlock {
        /// Login name
        name: String,
    },
    /// Take another user's second factor away, as when the authenticator is lost
    ResetSecondFactor {
        /// Login name
        name: String,
    },
    /// Replace what a user may do
    Grants {
        /// Login name
        name: String,
        /// All of the user's grants from now on
        #[arg(value_name = "ROLE[:PATH]", required = true)]
        grants: Vec<Grant>,
    },
    /// Remove a user with all sessions and tokens
    Delete {
        /// Login name
        name: String,
    },
}

/// Lists or changes users.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let done = match arguments.command {
        None => return arguments.show.print(&client.user_list().await?.items, USERS),
        Some(Command::Create { name, grants }) => {
            let password = read_password(Prompt::New(&name))?;
            client.user_create(&UserRequest { name: name.clone(), password, grants }).await?;
            format!("created user {name}")
        }
        Some(Command::Password { name }) => {
            let who = client.session_get().await?;
            let is_own = who.kind == ActorKind::User && who.name == name;
            let current = is_own.then(|| read_password(Prompt::Present(&name, client.url()))).transpose()?;
            let password = read_password(Prompt::New(&name))?;
            client.user_set_password(&name, &PasswordRequest { password, current }).await?;
            format!("changed the password of {name}; the user's sessions ended")
        }
        Some(Command::Unlock { name }) => {
            client.user_unlock(&name).await?;
            format!("unlocked user {name}")
        }
        Some(Command::ResetSecondFactor { name }) => {
            client.user_reset_second_factor(&name).await?;
            format!("took the second factor of {name} away")
        }
        Some(Command::Grants { name, grants }) => {
            let row = client.user_set_grants(&name, grants).await?;
            format!("{name} may now: {}", grants_text(&row.grants))
        }
        Some(Command::Delete { name }) => {
            client.user_delete(&name).await?;
            format!("deleted user {name}")
        }
    };
    Ok(terminal::print(&format!("{done}\n"))?)
}

/// Grants in the form of the command line.
pub(crate) fn grants_text(grants: &[Grant]) -> String {
    if grants.is_empty() {
        return human::UNKNOWN.to_owned();
    }
    grants.iter().map(Grant::to_string).collect::<Vec<_>>().join(" ")
}

const USERS: &[Column<UserRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("GRANTS", "grants", |row, _| Cell::plain(grants_text(&row.grants))),
    Column::number("SESSIONS", "sessions", |row, _| Cell::plain(row.sessions.to_string())),
    Column::text("2ND FACTOR", "second_factor", |row, _| Cell::plain(row.second_factor.as_str())),
    Column::number("LOCKED", "locked_until", |row, style| {
        Cell::plain(human::until(style.now, row.locked_until))
    }),
    Column::number("CREATED", "created_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.created_at)))
    }),
    Column::number("PASSWORD SET", "password_set_at", |row, style| {
        Cell::plain(human::ago(style.now, Some(row.password_set_at)))
    }),
];
