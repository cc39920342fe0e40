//! How a server is reached, as whom, or why not.

mod agent;
mod ssh;

use super::pane::Asked;
use super::process::{Process, Spec};
use crate::http::Context;
use crate::ssh::connect::Login;
use crate::ssh::fault::Fault;
use topmast_api::terminal::TerminalLogin;
use topmast_model::agentless::{AccountShell, AgentlessHost, HostKey};
use topmast_model::path::ObjectPath;
use topmast_model::server::ServerRole;

/// A way to a server.
#[derive(Debug)]
pub(crate) enum Way {
    /// Over ssh, as the master reads it or with an own login.
    Ssh(Box<AgentlessHost>),
    /// Over the agent of a server of this name, as the server's own configuration allows.
    Agent(String),
}

impl Way {
    /// As whom and over what, for people: `monitor@db-1 over ssh`.
    pub(crate) fn account(&self) -> String {
        match self {
            Self::Ssh(host) => format!("{} over ssh", host.endpoint),
            Self::Agent(name) => format!("{name} over its agent"),
        }
    }

    /// Runs something there.
    ///
    /// # Errors
    /// In words, with what to do.
    pub(super) async fn open(
        &self,
        context: &Context,
        server: &ObjectPath,
        own: Option<&TerminalLogin>,
        asked: &Asked,
        spec: &Spec,
    ) -> Result<Process, String> {
        match self {
            Self::Ssh(host) => {
                let run = async {
                    let connection = ssh::connect(context, server, host, own).await?;
                    ssh::begin(connection, self.account(), spec).await
                };
                run.await.map_err(|fault: Fault| fault.to_string())
            }
            Self::Agent(_) => agent::begin(context, server, asked, spec).await,
        }
    }
}

/// The way to a server; connects to nothing.
///
/// - `account`: the account of an own login.
///
/// # Errors
/// In words, with what to do.
pub(crate) fn way_to(context: &Context, server: &ObjectPath, account: Option<&str>) -> Result<Way, String> {
    let state = context.bus.state();
    let role = state.server(server).map(|kept| kept.registration.role);
    let role = role.ok_or_else(|| format!("there is no server {server} any more"))?;
    match role {
        ServerRole::Agentless => {}
        ServerRole::Master | ServerRole::Agent => {
            if account.is_some() {
                return Err(format!(
                    "{0} is reached over its agent, which runs everything as the one account that the server's own \
                     configuration names; leave --user out for {0}",
                    server.name()
                ));
            }
            if context.registry.line(server).is_none() {
                return Err(agent::not_connected(server));
            }
            return Ok(Way::Agent(server.name().to_owned()));
        }
        ServerRole::Guest => {
            return Err(format!(
                "{} is a system inside another server, which tells of it only; add it with \
                 `topmast server add HOST --agentless` to reach it over ssh",
                server.name()
            ));
        }
        ServerRole::Zabbix | ServerRole::Snmp | ServerRole::Docker => {
            return Err(format!(
                "{} is read through {role} only, which runs no commands; add it under another name with \
                 `topmast server add HOST --agentless` to reach it over ssh",
                server.name()
            ));
        }
    }
    let host =
        state.agentless().get(server).ok_or_else(|| format!("{server} is not read over ssh any more"))?;
    if let Some(unknown) = host.endpoints().find(|endpoint| endpoint.host_key == HostKey::FirstUse) {
        return Err(format!(
            "the host key of {unknown} is not known yet: wait until {} was read once, or say \
             `topmast servers trust {server} FINGERPRINT`",
            server.name()
        ));
    }
    if host.shell == AccountShell::Top && account.is_none() {
        return Err(format!(
            "the account {} shows top and runs nothing; give an own login with --user",
            host.endpoint.user
        ));
    }
    let mut host = host.clone();
    if let Some(account) = account {
        account.clone_into(&mut host.endpoint.user);
    }
    Ok(Way::Ssh(Box::new(host)))
}

/// An own login, checked.
///
/// # Errors
/// In words.
pub(super) fn check(login: &TerminalLogin) -> Result<(), String> {
    let is_word = !login.user.is_empty()
        && !login.user.starts_with('-')
        && !login.user.chars().any(|char| char.is_whitespace() || char.is_control());
    if !is_word {
        return Err("user: write the name of an account".to_owned());
    }
    Login::of(login.kind, &login.secret).map(drop).map_err(|fault| fault.to_string())
}
