//! An own login for servers that are reached over ssh, instead of the one with which the master reads them.

use super::failure::Failure;
use clap::Args;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use topmast_api::terminal::TerminalLogin;
use topmast_model::agentless::{LoginKind, SEALED_MAX};

/// Options of an own login.
#[derive(Debug, Args)]
pub(crate) struct OwnLogin {
    /// Log in to the servers as this account, with a login of your own, which the master keeps nowhere
    #[arg(long, value_name = "ACCOUNT", help_heading = "Own login")]
    pub(crate) user: Option<String>,
    /// File of your private key, without a passphrase
    #[arg(
        long,
        value_name = "FILE",
        requires = "user",
        conflicts_with = "password_file",
        help_heading = "Own login"
    )]
    key: Option<PathBuf>,
    /// File with your password; without this and --key it is asked for
    #[arg(long, value_name = "FILE", requires = "user", help_heading = "Own login")]
    password_file: Option<PathBuf>,
}

impl OwnLogin {
    /// The login, when one is asked for.
    pub(crate) fn read(&self) -> Result<Option<TerminalLogin>, Failure> {
        let Some(user) = self.user.clone() else { return Ok(None) };
        let (kind, secret) = match (&self.key, &self.password_file) {
            (Some(key), _) => (LoginKind::Key, text(key)?),
            (None, Some(file)) => {
                let password = text(file)?;
                (LoginKind::Password, password.trim_end_matches(['\r', '\n']).to_owned())
            }
            (None, None) if io::stdin().is_terminal() => {
                (LoginKind::Password, rpassword::prompt_password(format!("password of {user}: "))?)
            }
            (None, None) => {
                return Err(Failure::Usage("give --key FILE or --password-file FILE with --user".into()));
            }
        };
        if secret.is_empty() {
            return Err(Failure::Usage(format!("the {} of {user} is empty", kind.as_str())));
        }
        Ok(Some(TerminalLogin { user, kind, secret }))
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    let wrong = |error: io::Error| Failure::Usage(format!("read {}: {error}", path.display()));
    let mut text = String::new();
    std::fs::File::open(path)
        .map_err(wrong)?
        .take(SEALED_MAX as u64)
        .read_to_string(&mut text)
        .map_err(wrong)?;
    Ok(text)
}
