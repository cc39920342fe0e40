//! Which master a command goes to, and as whom.
//!
//! In this order: `--profile`; `--url` or `TOPMAST_URL`, with the environment's credentials
//! or those of a profile for the same address; the current profile.

use super::failure::Failure;
use crate::profile::{self, Profile, Profiles};
use clap::Args;
use topmast_api::client::{ANSWER_TIMEOUT, Client, Credentials, Endpoint};

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct ConnectionArguments {
    /// Use this profile instead of the current one
    #[arg(short, long, global = true, value_name = "NAME", help_heading = "Connection")]
    pub(super) profile: Option<String>,
    /// Address of the master; credentials from TOPMAST_TOKEN, or TOPMAST_USER and TOPMAST_PASSWORD
    #[arg(
        long,
        global = true,
        env = "TOPMAST_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Connection"
    )]
    pub(super) url: Option<String>,
    /// File with the CA to trust instead of the system's
    #[arg(
        long = "ca-file",
        global = true,
        env = "TOPMAST_CA",
        value_name = "FILE",
        help_heading = "Connection"
    )]
    pub(super) ca: Option<std::path::PathBuf>,
}

impl ConnectionArguments {
    /// The client that the arguments, the environment and the profiles ask for.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let (url, credentials, ca_pem) = self.resolve()?;
        let ca_pem = self.ca_pem()?.or(ca_pem);
        Ok(Client::new(Endpoint { url, ca_pem, credentials, timeout: ANSWER_TIMEOUT })?)
    }

    /// The CA file's content, if one is given.
    pub(super) fn ca_pem(&self) -> Result<Option<String>, Failure> {
        let read = |path: &std::path::PathBuf| {
            std::fs::read_to_string(path)
                .map_err(|error| Failure::Usage(format!("read CA {}: {error}", path.display())))
        };
        self.ca.as_ref().map(read).transpose()
    }

    /// Name of the profile that is meant when no address is given.
    pub(super) fn profile_name(&self, profiles: &Profiles) -> Result<String, Failure> {
        let name = self.profile.clone().or_else(|| profiles.current.clone());
        name.ok_or_else(|| {
            Failure::Usage("no master is known: log in with `topmast login URL`, or set TOPMAST_URL".into())
        })
    }

    fn resolve(&self) -> Result<(String, Credentials, Option<String>), Failure> {
        if let (Some(url), None) = (&self.url, &self.profile) {
            if let Some(credentials) = from_environment()? {
                return Ok((url.clone(), credentials, None));
            }
            let profiles = Profiles::read(&profile::path()?)?;
            let same = profiles.profiles.into_values().find(|profile| profile.url == *url);
            let (credentials, ca_pem) =
                same.map_or((Credentials::None, None), |profile| (bearer(&profile), profile.ca_pem));
            return Ok((url.clone(), credentials, ca_pem));
        }
        let profiles = Profiles::read(&profile::path()?)?;
        let profile = profiles.get(&self.profile_name(&profiles)?)?;
        Ok((profile.url.clone(), bearer(profile), profile.ca_pem.clone()))
    }
}

fn bearer(profile: &Profile) -> Credentials {
    profile.token.clone().map_or(Credentials::None, Credentials::Bearer)
}

/// `TOPMAST_TOKEN`, or `TOPMAST_USER` and `TOPMAST_PASSWORD`.
fn from_environment() -> Result<Option<Credentials>, Failure> {
    if let Some(token) = environment("TOPMAST_TOKEN") {
        return Ok(Some(Credentials::Bearer(token)));
    }
    match (environment("TOPMAST_USER"), environment("TOPMAST_PASSWORD")) {
        (Some(user), Some(password)) => Ok(Some(Credentials::Basic { user, password })),
        (Some(_), None) => Err(Failure::Usage("TOPMAST_USER is set but TOPMAST_PASSWORD is not".into())),
        (None, _) => Ok(None),
    }
}

/// A variable that is set and not empty.
pub(super) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
