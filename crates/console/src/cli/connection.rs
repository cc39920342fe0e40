//! Which masters a command goes to, and as whom.
//!
//! In this order: `--profile`; `--url` or `TOPMAST_URL`, with the environment's credentials
//! or those of a profile for the same address; the current profile.

use super::failure::Failure;
use crate::profile::{self, Profile, Profiles};
use clap::Args;
use std::cell::OnceCell;
use topmast_api::client::{ANSWER_TIMEOUT, Client, Credentials, Endpoint};

/// Options of every command.
#[derive(Debug, Default, Args)]
pub(super) struct ConnectionArguments {
    /// Use this profile instead of the current one
    #[arg(short, long, global = true, value_name = "NAME", help_heading = "Connection")]
    pub(super) profile: Option<String>,
    /// Address of the master, or of all masters of a cluster, with commas between them; credentials from TOPMAST_TOKEN,
    /// or TOPMAST_USER and TOPMAST_PASSWORD
    #[arg(
        long,
        global = true,
        env = "TOPMAST_URL",
        hide_env_values = true,
        value_name = "URL",
        value_delimiter = ',',
        help_heading = "Connection"
    )]
    pub(super) url: Vec<String>,
    /// Do it at a joined cluster, by its name here and in its own paths; `topmast clusters` lists them
    #[arg(long = "at-cluster", global = true, value_name = "NAME", help_heading = "Connection")]
    cluster: Option<String>,
    /// File with the CA to trust instead of the system's
    #[arg(
        long = "ca-file",
        global = true,
        env = "TOPMAST_CA",
        value_name = "FILE",
        help_heading = "Connection"
    )]
    pub(super) ca: Option<std::path::PathBuf>,
    /// The client of a profile, once one was made, and the profile's name.
    #[arg(skip)]
    pub(super) made: OnceCell<(Client, String)>,
}

/// What a client is made of.
struct Resolved {
    /// The masters' addresses, the first one asked first.
    urls: Vec<String>,
    credentials: Credentials,
    ca_pem: Option<String>,
    /// Name of the profile that it is of.
    profile: Option<String>,
}

impl ConnectionArguments {
    /// The client that the arguments, the environment and the profiles ask for.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let Resolved { urls, credentials, ca_pem, profile } = self.resolve()?;
        let ca_pem = self.ca_pem()?.or(ca_pem);
        let (url, others) =
            urls.split_first().map_or((String::new(), &[][..]), |(url, others)| (url.clone(), others));
        let client =
            Client::of_masters(Endpoint { url, ca_pem, credentials, timeout: ANSWER_TIMEOUT }, others)?;
        if let Some(name) = profile {
            // Only the first is looked at again; a command makes no second one.
            let _ = self.made.set((client.clone(), name));
        }
        Ok(match &self.cluster {
            Some(join) => client.at_cluster(join),
            None => client,
        })
    }

    /// Keeps in the profile which master answered, when it was not the first one, and which others there are now.
    pub(super) async fn remember(&self) {
        let Some((client, name)) = self.made.get() else { return };
        let Ok(path) = profile::path() else { return };
        let is_first =
            |profiles: &Profiles| profiles.get(name).is_ok_and(|profile| profile.url == client.url());
        if Profiles::read(&path).is_ok_and(|profiles| is_first(&profiles)) {
            return;
        }
        let Ok(page) = client.master_list().await else { return };
        // Read again: another command may have written meanwhile. What is not kept is learned the next time.
        if let Ok(mut profiles) = Profiles::read(&path)
            && let Some(profile) = profiles.profiles.get_mut(name)
        {
            profile.learn(client.url(), &page.items);
            let _ = profiles.write(&path);
        }
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

    fn resolve(&self) -> Result<Resolved, Failure> {
        if let (Some(url), None) = (self.url.first(), &self.profile) {
            let given =
                |credentials| Resolved { urls: self.url.clone(), credentials, ca_pem: None, profile: None };
            if let Some(credentials) = from_environment()? {
                return Ok(given(credentials));
            }
            let profiles = Profiles::read(&profile::path()?)?;
            let same = profiles.profiles.into_values().find(|profile| profile.knows(url));
            return Ok(same.map_or_else(
                || given(Credentials::None),
                |profile| Resolved { ca_pem: profile.ca_pem.clone(), ..given(bearer(&profile)) },
            ));
        }
        let profiles = Profiles::read(&profile::path()?)?;
        let name = self.profile_name(&profiles)?;
        let profile = profiles.get(&name)?;
        Ok(Resolved {
            urls: std::iter::once(&profile.url).chain(&profile.masters).cloned().collect(),
            credentials: bearer(profile),
            ca_pem: profile.ca_pem.clone(),
            profile: Some(name),
        })
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
