//! `topmast login`, `logout`, `whoami`, `sessions`.
//!
//! A master with a CA of its own is trusted by its CA file, or by the CA's fingerprint, which the
//! master prints when it starts: the CA is then fetched, compared, and kept in the profile.

pub(super) mod open;
mod sso;

use super::connection::{ConnectionArguments, environment};
use super::failure::Failure;
use super::user::grants_text;
use crate::output::terminal;
use crate::profile::{self, Profile, Profiles};
use clap::Args;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use std::io::{self, BufRead, IsTerminal, Read};
use std::path::PathBuf;
use topmast_api::client::{ANSWER_TIMEOUT, Client, ClientError, Credentials, Endpoint, fetch_unverified_ca};
use topmast_api::problem::ProblemCode;
use topmast_api::session::{SecondFactorState, Session};

/// Longest password read from a pipe.
const PASSWORD_MAX: u64 = 4_096;

/// Arguments of `login`.
#[derive(Debug, Args)]
pub(super) struct LoginArguments {
    /// Address of the master, e.g. `https://console.example:7400`
    address: String,
    /// Login name
    #[arg(long, env = "TOPMAST_USER", default_value = "admin")]
    user: String,
    /// Log in through the identity provider: shows a code to type in any browser, or does as `--browser` where the provider gives none
    #[arg(long)]
    sso: bool,
    /// Log in through the identity provider with a browser on this machine
    #[arg(long)]
    browser: bool,
    /// File with the cluster's CA certificate, PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// SHA-256 of the cluster's CA certificate, hex; the CA is fetched and compared
    #[arg(long, value_name = "HEX", conflicts_with = "ca")]
    fingerprint: Option<String>,
}

/// Opens a session and keeps it in a profile, named by `--profile` or by the master's host.
pub(super) async fn login(
    connection: &ConnectionArguments,
    arguments: LoginArguments,
) -> Result<(), Failure> {
    let url = arguments.address.trim_end_matches('/').to_owned();
    let path = profile::path()?;
    let mut profiles = Profiles::read(&path)?;
    let ca_pem = match (&arguments.ca, &arguments.fingerprint) {
        (Some(file), _) => Some(
            std::fs::read_to_string(file)
                .map_err(|error| Failure::Usage(format!("read CA {}: {error}", file.display())))?,
        ),
        (None, Some(fingerprint)) => Some(fetch_ca(&url, fingerprint).await?),
        // A master that was trusted before is trusted in the same way again.
        (None, None) => connection
            .ca_pem()?
            .or_else(|| profiles.profiles.values().find(|profile| profile.knows(&url))?.ca_pem.clone()),
    };
    let endpoint = Endpoint {
        url: url.clone(),
        ca_pem: ca_pem.clone(),
        credentials: Credentials::None,
        timeout: ANSWER_TIMEOUT,
    };
    // Not sent along, but the password travels in the body: plain HTTP is refused for it too.
    Client::new(Endpoint { credentials: Credentials::Bearer(String::new()), ..endpoint.clone() })?;
    let client = Client::new(endpoint)?;
    client.liveness().await.map_err(|error| match (&error, url.strip_prefix("http://")) {
        (ClientError::Lost { .. }, Some(rest)) => {
            Failure::Usage(format!("{error}; if the master uses TLS, log in to https://{rest}"))
        }
        _ => error.into(),
    })?;
    let session = if arguments.sso || arguments.browser {
        sso::log_in(&client, arguments.browser).await?
    } else {
        with_password(&client, &arguments.user, &url).await?
    };
    let due = session.principal.second_factor == Some(SecondFactorState::Due);
    let name = connection.profile.clone().unwrap_or_else(|| host(&url));
    let mut profile = Profile {
        url: url.clone(),
        masters: Vec::new(),
        user: session.principal.name.clone(),
        token: session.token.clone(),
        expires_at: Some(session.expires_at.to_string()),
        ca_pem,
    };
    // An older master knows of no others.
    if let Ok(page) = client.with_credentials(Credentials::of(&session)).master_list().await {
        profile.learn(&url, &page.items);
    }
    let others = profile.masters.join(", ");
    profiles.put(&name, profile)?;
    profiles.write(&path)?;
    if !others.is_empty() {
        terminal::notice(&format!(
            "other masters of the cluster, asked when this one does not answer: {others}"
        ));
    }
    let text =
        format!("logged in as {} until {}; profile {name}\n", session.principal.name, session.expires_at);
    terminal::print(&text)?;
    if due {
        terminal::notice("topmast: your role needs a second factor: run `topmast second-factor set` first");
    }
    Ok(())
}

/// Opens a session with a password, and a code where one is needed.
async fn with_password(client: &Client, user: &str, url: &str) -> Result<Session, Failure> {
    let password = read_password(Prompt::Present(user, url))?;
    match client.session_open(user, &password).await {
        Err(error) if needs_code(&error) => {
            Ok(client.session_open_with(user, &password, Some(&read_code(user)?)).await?)
        }
        opened => Ok(opened?),
    }
}

/// Ends the session of the profile in use; the profile stays.
pub(super) async fn logout(connection: &ConnectionArguments) -> Result<(), Failure> {
    let path = profile::path()?;
    let mut profiles = Profiles::read(&path)?;
    let name = connection.profile_name(&profiles)?;
    let profile = profiles.get(&name)?.clone();
    let Some(token) = profile.token.clone() else {
        return Ok(terminal::print(&format!("profile {name} has no session\n"))?);
    };
    let credentials = Credentials::Bearer(token);
    let endpoint = Endpoint {
        url: profile.url.clone(),
        ca_pem: profile.ca_pem.clone(),
        credentials,
        timeout: ANSWER_TIMEOUT,
    };
    let closed = Client::of_masters(endpoint, &profile.masters)?.session_close().await;
    profiles.profiles.insert(name.clone(), Profile { token: None, expires_at: None, ..profile });
    profiles.write(&path)?;
    match closed {
        // A session that is over needs no closing.
        Err(error) if error.problem().is_none_or(|problem| problem.status != 401) => Err(error.into()),
        _ => Ok(terminal::print(&format!("logged out of {name}\n"))?),
    }
}

/// Prints who the client is and what it may do.
pub(super) async fn whoami(client: &Client) -> Result<(), Failure> {
    let who = client.session_get().await?;
    let text =
        format!("{} {} at {}: {}\n", who.kind.as_str(), who.name, client.url(), grants_text(&who.grants));
    Ok(terminal::print(&text)?)
}

fn needs_code(error: &ClientError) -> bool {
    error.problem().is_some_and(|problem| problem.code == ProblemCode::SecondFactor)
}

/// Reads a code of the second factor: from the environment, a prompt, or the next line of standard input.
pub(super) fn read_code(user: &str) -> Result<String, Failure> {
    if let Some(code) = environment("TOPMAST_CODE") {
        return Ok(code);
    }
    let code = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("code of {user}'s authenticator, or a recovery code: "))?
    } else {
        line()?
    };
    if code.is_empty() {
        return Err(Failure::Usage(
            "this user has a second factor: type its code, set TOPMAST_CODE, or give it on standard input"
                .into(),
        ));
    }
    Ok(code)
}

/// A line of standard input and no more: the one after it may be the next secret.
fn line() -> io::Result<String> {
    let mut text = String::new();
    io::stdin().lock().take(PASSWORD_MAX).read_line(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

/// Whose password is asked for.
#[derive(Clone, Copy)]
pub(super) enum Prompt<'a> {
    /// One's own, as it is: user and master.
    Present(&'a str, &'a str),
    /// A new one of a user.
    New(&'a str),
}

/// Reads a password: from the environment, a prompt without echo, or the next line of standard input.
pub(super) fn read_password(prompt: Prompt<'_>) -> Result<String, Failure> {
    let (variable, text) = match prompt {
        Prompt::Present(user, url) => ("TOPMAST_PASSWORD", format!("password of {user} at {url}: ")),
        Prompt::New(user) => ("TOPMAST_NEW_PASSWORD", format!("new password of {user}: ")),
    };
    if let Some(password) = environment(variable) {
        return Ok(password);
    }
    let password = if io::stdin().is_terminal() {
        let password = rpassword::prompt_password(&text)?;
        if matches!(prompt, Prompt::New(_)) && rpassword::prompt_password("once more: ")? != password {
            return Err(Failure::Usage("the two passwords differ; nothing was changed".into()));
        }
        password
    } else {
        line()?
    };
    if password.is_empty() {
        return Err(Failure::Usage(format!(
            "no password: type it, set {variable}, or give it on standard input"
        )));
    }
    Ok(password)
}

/// Fetches a master's CA and takes it only if it has the fingerprint.
async fn fetch_ca(url: &str, fingerprint: &str) -> Result<String, Failure> {
    let wanted: String =
        fingerprint.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    if wanted.len() != 64 || !wanted.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Failure::Usage(
            "a fingerprint has 64 hexadecimal digits; colons between them are fine".into(),
        ));
    }
    let pem = fetch_unverified_ca(url).await?;
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| Failure::Check(format!("{url} did not answer with a CA certificate")))?;
    let found = hex(&Sha256::digest(&certificate));
    if found == wanted {
        return Ok(pem);
    }
    Err(Failure::Check(format!(
        "the CA of {url} has the fingerprint {found}, not the one given: do not log in, somebody may be in between"
    )))
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// Host and port of an address, as the name of its profile.
fn host(url: &str) -> String {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    host.split('/').next().unwrap_or(host).replace(['[', ']'], "")
}
