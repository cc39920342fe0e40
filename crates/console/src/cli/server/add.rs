//! `topmast servers add`: servers without an agent, read over ssh.
//!
//! ```text
//! hosts ─► plan (nothing is wrong?) ─► keys that are not known: shown, accepted ─► added, all or none
//! ```

use super::hosts::{self, HostArguments, Hosts};
use crate::cli::failure::Failure;
use crate::output::terminal;
use clap::Args;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::path::PathBuf;
use topmast_api::agentless::{AgentlessPlan, AgentlessRequest, AgentlessServer, Endpoint};
use topmast_api::client::Client;
use topmast_model::agentless::JUMPS_MAX;

/// Servers whose keys are asked for by one request: some do not answer, and then it takes its time.
const ASKED_AT_ONCE: usize = 32;
/// Longest password that is read.
const PASSWORD_MAX: u64 = 4_096;

/// Arguments of `servers add`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct AddArguments {
    /// Host name or address; USER@HOST:PORT where user or port are others than usual
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    host: Option<String>,
    /// Read it over ssh; a server with an agent joins by itself, with a join token
    #[arg(long, required = true)]
    agentless: bool,
    /// File of hosts, one a line with the same options; those of the command line are for lines without them
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    #[command(flatten)]
    host_arguments: HostArguments,
    /// Read the password from the next line of standard input
    #[arg(long, conflicts_with_all = ["key", "password_file"])]
    password_stdin: bool,
    /// Take the place of how a server was read before
    #[arg(long)]
    replace: bool,
    /// Show what would be run where, and do nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Adds servers, or shows what would be run on them.
pub(super) async fn run(client: &Client, arguments: AddArguments) -> Result<(), Failure> {
    let password = if arguments.password_stdin { Some(password()?) } else { None };
    let mut hosts = match (arguments.from, arguments.host) {
        (Some(path), _) => hosts::of_file(&path, &arguments.host_arguments, password.as_deref())?,
        (None, host) => {
            hosts::of_host(&host.unwrap_or_default(), arguments.host_arguments, password.as_deref())?
        }
    };
    // Whether the keys are known is asked below.
    let believed = hosts.servers.iter().cloned().map(|server| AgentlessServer { accept_new: true, ..server });
    let request = AgentlessRequest {
        servers: believed.collect(),
        logins: hosts.logins.clone(),
        replace: arguments.replace,
        dry_run: true,
    };
    let plan = client.agentless_add(&request).await?;
    let problems = problems(&hosts, plan.servers.iter().map(|row| row.problem.as_deref()));
    if arguments.dry_run {
        terminal::print(&shown(&hosts, &plan))?;
    }
    if !problems.is_empty() {
        return Err(Failure::Usage(format!("nothing was added\n{}", problems.join("\n"))));
    }
    if arguments.dry_run {
        return Ok(());
    }
    learn_keys(client, &mut hosts, arguments.password_stdin).await?;
    let request = AgentlessRequest {
        servers: hosts.servers,
        logins: hosts.logins,
        replace: arguments.replace,
        dry_run: false,
    };
    let added = client.agentless_add(&request).await?;
    let mut text = String::new();
    for row in &added.servers {
        let server = row.server.as_ref().map_or(row.name.as_str(), |path| path.as_str());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "added {server}, read over ssh as {}", row.through.join(" through ").as_str());
    }
    Ok(terminal::print(&text)?)
}

fn password() -> Result<String, Failure> {
    let mut text = String::new();
    io::stdin().lock().take(PASSWORD_MAX).read_line(&mut text)?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() {
        return Err(Failure::Usage("no password came on standard input".into()));
    }
    Ok(password)
}

/// One line for each server with a problem.
fn problems<'a>(hosts: &Hosts, told: impl Iterator<Item = Option<&'a str>>) -> Vec<String> {
    let said = hosts.servers.iter().zip(told).enumerate();
    said.filter_map(|(idx, (server, problem))| {
        Some(format!("{}{}: {}", hosts.place(idx), server.name, problem?))
    })
    .collect()
}

/// Everything that would be run, and where.
fn shown(hosts: &Hosts, plan: &AgentlessPlan) -> String {
    let mut text = String::new();
    for (idx, row) in plan.servers.iter().enumerate() {
        let systems: Vec<&str> = row.systems.iter().map(|system| system.as_str()).collect();
        let server = row.server.as_ref().map_or(row.name.as_str(), |path| path.as_str());
        let which =
            if systems.len() == 1 { systems.concat() } else { format!("one of {}", systems.join(", ")) };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}{server}: ssh {}, {which}", hosts.place(idx), row.through.join(", then "));
    }
    for planned in &plan.systems {
        let _ = writeln!(text, "\n{}: /bin/sh -s, with these commands on its standard input", planned.system);
        for command in &planned.commands {
            let _ = writeln!(text, "  {:17}  {}", command.when, command.command);
        }
    }
    text
}

/// Shows keys that are not known and asks whether they are right; a host that is reached through others shows its
/// own only when theirs are known.
async fn learn_keys(client: &Client, hosts: &mut Hosts, stdin_is_used: bool) -> Result<(), Failure> {
    for _ in 0..=JUMPS_MAX {
        let unknown: Vec<usize> =
            (0..hosts.servers.len()).filter(|idx| is_open(&hosts.servers[*idx])).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let mut keys = Vec::new();
        for some in unknown.chunks(ASKED_AT_ONCE) {
            let servers = some.iter().map(|idx| hosts.servers[*idx].clone()).collect();
            let request =
                AgentlessRequest { servers, logins: hosts.logins.clone(), replace: false, dry_run: false };
            keys.extend(client.agentless_keys(&request).await?.servers);
        }
        let (mut seen, mut problems) = (Vec::new(), Vec::new());
        for (idx, shown) in unknown.into_iter().zip(keys) {
            let place = hosts.place(idx);
            let server = &mut hosts.servers[idx];
            if let Some(problem) = shown.problem {
                problems.push(format!("{place}{}: {problem}", server.name));
                continue;
            }
            let endpoints = server.jumps.iter_mut().chain([&mut server.endpoint]);
            for (endpoint, fingerprint) in endpoints.zip(shown.fingerprints) {
                if endpoint.fingerprint.is_none() {
                    let Endpoint { user, address, port, .. } = &endpoint;
                    seen.push(format!("{place}{user}@{address}:{port} shows the key {fingerprint}"));
                    endpoint.fingerprint = Some(fingerprint);
                }
            }
        }
        if !problems.is_empty() {
            return Err(Failure::Check(format!("nothing was added\n{}", problems.join("\n"))));
        }
        accept(&seen, stdin_is_used)?;
    }
    Ok(())
}

fn is_open(server: &AgentlessServer) -> bool {
    let mut all = server.jumps.iter().chain([&server.endpoint]);
    !server.accept_new && all.any(|endpoint| endpoint.fingerprint.is_none())
}

fn accept(seen: &[String], stdin_is_used: bool) -> Result<(), Failure> {
    let shown = seen.join("\n");
    if stdin_is_used || !io::stdin().is_terminal() {
        return Err(Failure::Check(format!(
            "{shown}\nnothing was added: compare them with `ssh-keygen -lf` of the hosts' own keys, then give --fingerprint, or --accept-new to trust what is shown first"
        )));
    }
    terminal::notice(&format!("{shown}\nare these the hosts' own keys? [y/N]"));
    let mut answer = String::new();
    io::stdin().lock().take(PASSWORD_MAX).read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::Usage("nothing was added".into()))
}
