//! `topmast profile`: which masters are known here, and which one is used.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use crate::profile::{self, Profiles};
use clap::Subcommand;
use serde::Serialize;

/// Commands of `profile`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List profiles
    List {
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Use a profile from now on
    Use {
        /// Its name
        name: String,
    },
}

/// Lists profiles, or chooses one.
pub(super) fn run(command: &Command) -> Result<(), Failure> {
    let path = profile::path()?;
    let mut profiles = Profiles::read(&path)?;
    match command {
        Command::List { show } => {
            let rows: Vec<ProfileRow> = profiles
                .profiles
                .iter()
                .map(|(name, profile)| ProfileRow {
                    current: profiles.current.as_ref() == Some(name),
                    name: name.clone(),
                    url: profile.url.clone(),
                    user: profile.user.clone(),
                    session: profile.token.as_ref().and(profile.expires_at.clone()),
                })
                .collect();
            show.print(&rows, PROFILES)
        }
        Command::Use { name } => {
            profiles.get(name)?;
            profiles.current = Some(name.clone());
            profiles.write(&path)?;
            Ok(terminal::print(&format!("using {name}\n"))?)
        }
    }
}

/// A profile without its secret.
#[derive(Debug, Serialize)]
struct ProfileRow {
    name: String,
    current: bool,
    url: String,
    user: String,
    session: Option<String>,
}

const PROFILES: &[Column<ProfileRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("CURRENT", "current", |row, _| {
        Cell::plain(if row.current { "yes" } else { human::UNKNOWN })
    }),
    Column::text("URL", "url", |row, _| Cell::plain(&row.url)),
    Column::text("USER", "user", |row, _| Cell::plain(&row.user)),
    Column::text("SESSION UNTIL", "session", |row, _| Cell::maybe(row.session.as_deref())),
];
