//! Which servers are to be read over ssh: the command line's, or a file's, one a line with the same options.
//!
//! A file's every wrong line is named with its number; what the command line says is what its lines do not.

use crate::cli::failure::Failure;
use clap::{Args, Parser};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use topmast_api::agentless::{AgentlessServer, Endpoint, LoginRequest};
use topmast_model::agentless::{ADDED_MAX, AccountShell, HostSystem, JUMPS_MAX, SSH_PORT};
use topmast_model::label::check_label;
use topmast_model::path::ObjectPath;

/// The account when nothing is said.
const USER: &str = "monitor";
/// Largest key or password file; an RSA key of 16,384 bits has 13 KiB.
const SECRET_MAX: u64 = 64 << 10;
/// Largest file of hosts.
const FILE_MAX: u64 = 4 << 20;

/// How a server is read.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct HostArguments {
    /// Its name in the cluster; the host as written when missing
    #[arg(long)]
    name: Option<String>,
    /// tenant/cluster; the master's own when missing
    #[arg(long, value_name = "PATH")]
    cluster: Option<ObjectPath>,
    /// Its operating system: linux, aix, solaris, freebsd, macos or esxi; found out when missing
    #[arg(long, value_name = "SYSTEM", value_parser = system)]
    os: Option<HostSystem>,
    /// The account, monitor when missing
    #[arg(long)]
    user: Option<String>,
    /// The port of ssh, 22 when missing
    #[arg(long)]
    port: Option<u16>,
    /// Hosts to go through, as ssh -J takes them: USER@HOST:PORT, the nearest first, separated by commas
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    jump: Option<Vec<String>>,
    /// File of a private key without a passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "password_file")]
    key: Option<PathBuf>,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The host key's fingerprint, SHA256:…; without it the key is shown and asked about
    #[arg(long, value_name = "SHA256:…")]
    fingerprint: Option<String>,
    /// The fingerprints of the hosts between, in their order
    #[arg(long, value_name = "SHA256:…", value_delimiter = ',', requires = "jump")]
    jump_fingerprint: Option<Vec<String>>,
    /// Trust the key that a host without a fingerprint shows first, without asking
    #[arg(long)]
    accept_new: bool,
    /// Seconds between two readings, 10 when missing
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3_600))]
    interval: Option<u64>,
    /// What the account gives: auto, sh, or top where that is its login shell
    #[arg(long, value_name = "SHELL", value_parser = shell)]
    shell: Option<AccountShell>,
    /// What tells servers apart; may be given several times
    #[arg(long = "label", value_name = "NAME=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Zones, domains, virtual machines and containers of it are no servers of their own
    #[arg(long)]
    no_guests: bool,
}

/// A line of a file.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true, disable_version_flag = true, name = "")]
struct Line {
    host: String,
    #[command(flatten)]
    host_arguments: HostArguments,
}

/// The servers with the ways to log in, each once.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    pub(super) servers: Vec<AgentlessServer>,
    pub(super) logins: Vec<LoginRequest>,
    /// The line of each server, where they come from a file.
    pub(super) lines: Vec<usize>,
}

/// The server that the command line names.
pub(super) fn of_host(
    host: &str,
    arguments: HostArguments,
    password: Option<&str>,
) -> Result<Hosts, Failure> {
    let mut hosts = Hosts::default();
    hosts.add(host, arguments, password).map_err(Failure::Usage)?;
    Ok(hosts)
}

/// The servers of a file, every wrong line named.
pub(super) fn of_file(
    path: &Path,
    defaults: &HostArguments,
    password: Option<&str>,
) -> Result<Hosts, Failure> {
    if defaults.name.is_some() || defaults.fingerprint.is_some() {
        return Err(Failure::Usage(
            "--name and --fingerprint are of one host; write them in its line".into(),
        ));
    }
    let text = read(path, FILE_MAX).map_err(Failure::Usage)?;
    let (mut hosts, mut problems) = (Hosts::default(), Vec::new());
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match hosts.add_line(line, defaults, password) {
            Ok(()) => hosts.lines.push(number),
            Err(problem) => problems.push(format!("line {number}: {problem}")),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Usage(format!(
            "{}: nothing was added\n{}",
            path.display(),
            problems.join("\n")
        )));
    }
    if hosts.servers.is_empty() {
        return Err(Failure::Usage(format!("{} names no host", path.display())));
    }
    Ok(hosts)
}

impl Hosts {
    /// The line of a server in its file, for people.
    pub(super) fn place(&self, idx: usize) -> String {
        self.lines.get(idx).map_or_else(String::new, |line| format!("line {line}: "))
    }

    fn add_line(
        &mut self,
        line: &str,
        defaults: &HostArguments,
        password: Option<&str>,
    ) -> Result<(), String> {
        let words = words(line)?;
        let line = Line::try_parse_from(words).map_err(|error| told(&error))?;
        self.add(&line.host, line.host_arguments.or(defaults), password)
    }

    fn add(&mut self, host: &str, arguments: HostArguments, password: Option<&str>) -> Result<(), String> {
        if self.servers.len() == ADDED_MAX {
            return Err(format!("at most {ADDED_MAX} servers are added at once"));
        }
        let login = match (&arguments.key, &arguments.password_file, password) {
            (Some(key), _, _) => LoginRequest { private_key: Some(read(key, SECRET_MAX)?), password: None },
            (None, Some(file), _) => {
                let text = read(file, SECRET_MAX)?;
                let line = text.lines().next().unwrap_or_default();
                LoginRequest { private_key: None, password: Some(line.to_owned()) }
            }
            (None, None, Some(password)) => {
                LoginRequest { private_key: None, password: Some(password.to_owned()) }
            }
            (None, None, None) => {
                return Err("no login: give --key, --password-file or --password-stdin".into());
            }
        };
        let login = self.logins.iter().position(|known| *known == login).unwrap_or_else(|| {
            self.logins.push(login);
            self.logins.len() - 1
        });
        let user = arguments.user.as_deref().unwrap_or(USER);
        let jumps = jumps(&arguments, user)?;
        let mut endpoint = endpoint(host, user)?;
        if let Some(port) = arguments.port {
            endpoint.port = port;
        }
        endpoint.fingerprint = arguments.fingerprint;
        let server = AgentlessServer {
            name: arguments.name.unwrap_or_else(|| endpoint.address.clone()),
            cluster: arguments.cluster,
            endpoint,
            jumps,
            accept_new: arguments.accept_new,
            login: u32::try_from(login).unwrap_or(u32::MAX),
            os: arguments.os,
            shell: arguments.shell.unwrap_or_default(),
            interval_ms: arguments.interval.map(|seconds| seconds * 1_000),
            labels: arguments.labels.into_iter().collect::<BTreeMap<_, _>>(),
            guests: arguments.no_guests.then_some(false),
        };
        if self.servers.iter().any(|known| known.name == server.name && known.cluster == server.cluster) {
            return Err(format!("{} is named twice; give one of them another --name", server.name));
        }
        self.servers.push(server);
        Ok(())
    }
}

impl HostArguments {
    /// What is missing here is as there.
    fn or(self, defaults: &Self) -> Self {
        let no_login = self.key.is_none() && self.password_file.is_none();
        let has_jump = self.jump.is_some();
        let mut labels = defaults.labels.clone();
        labels.extend(self.labels);
        Self {
            name: self.name,
            cluster: self.cluster.or_else(|| defaults.cluster.clone()),
            os: self.os.or(defaults.os),
            user: self.user.or_else(|| defaults.user.clone()),
            port: self.port.or(defaults.port),
            jump: self.jump.or_else(|| defaults.jump.clone()),
            key: self.key.or_else(|| defaults.key.clone().filter(|_| no_login)),
            password_file: self.password_file.or_else(|| defaults.password_file.clone().filter(|_| no_login)),
            fingerprint: self.fingerprint,
            jump_fingerprint: self
                .jump_fingerprint
                .or_else(|| defaults.jump_fingerprint.clone().filter(|_| !has_jump)),
            accept_new: self.accept_new || defaults.accept_new,
            interval: self.interval.or(defaults.interval),
            shell: self.shell.or(defaults.shell),
            labels,
            no_guests: self.no_guests || defaults.no_guests,
        }
    }
}

fn jumps(arguments: &HostArguments, user: &str) -> Result<Vec<Endpoint>, String> {
    let written = arguments.jump.as_deref().unwrap_or_default();
    if written.len() > JUMPS_MAX {
        return Err(format!("at most {JUMPS_MAX} hosts can be between"));
    }
    let fingerprints = arguments.jump_fingerprint.as_deref().unwrap_or_default();
    if !fingerprints.is_empty() && fingerprints.len() != written.len() {
        return Err("give --jump-fingerprint for each host of --jump, or for none".into());
    }
    let mut jumps: Vec<Endpoint> =
        written.iter().map(|text| endpoint(text, user)).collect::<Result<_, _>>()?;
    for (jump, fingerprint) in jumps.iter_mut().zip(fingerprints) {
        jump.fingerprint = Some(fingerprint.clone());
    }
    Ok(jumps)
}

/// `[USER@]HOST[:PORT]`; an IPv6 address with a port stands in brackets.
fn endpoint(text: &str, user: &str) -> Result<Endpoint, String> {
    let wrong = || format!("{text:?} is no [USER@]HOST[:PORT]");
    let (user, rest) = text.rsplit_once('@').unwrap_or((user, text));
    let (address, port) = if let Some(rest) = rest.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').ok_or_else(wrong)?;
        (
            address,
            rest.strip_prefix(':').map_or_else(|| rest.is_empty().then_some(None), |port| Some(Some(port))),
        )
    } else {
        match rest.split_once(':') {
            // Two colons without brackets are an IPv6 address.
            Some((_, more)) if more.contains(':') => (rest, Some(None)),
            Some((address, port)) => (address, Some(Some(port))),
            None => (rest, Some(None)),
        }
    };
    let port = port.ok_or_else(wrong)?.map_or(Ok(SSH_PORT), str::parse).map_err(|_| wrong())?;
    if address.is_empty() || user.is_empty() || port == 0 {
        return Err(wrong());
    }
    Ok(Endpoint { address: address.to_owned(), port, user: user.to_owned(), fingerprint: None })
}

/// The words of a line: separated by blanks, with quotes around what has some, up to a ` #`.
fn words(line: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    for char in line.chars() {
        match (quote, char) {
            (Some(open), char) if char == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None, char) if char.is_whitespace() => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (_, char) => word.get_or_insert_default().push(char),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed".into());
    }
    words.extend(word);
    Ok(words)
}

/// What clap says, on one line and without its advice, which is about command lines.
fn told(error: &clap::Error) -> String {
    let text = error.to_string();
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let said: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    said.join(" ").trim_start_matches("error: ").to_owned()
}

fn read(path: &Path, most: u64) -> Result<String, String> {
    let said = |reason: String| format!("{}: {reason}", path.display());
    let size = std::fs::metadata(path).map_err(|error| said(error.to_string()))?.len();
    if size > most {
        return Err(said(format!("it has more than {most} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| said(error.to_string()))
}

pub(super) fn system(text: &str) -> Result<HostSystem, String> {
    let words: Vec<&str> = HostSystem::ALL.iter().map(|system| system.as_str()).collect();
    HostSystem::find(text).ok_or_else(|| format!("there are {}", words.join(", ")))
}

fn shell(text: &str) -> Result<AccountShell, String> {
    let found = AccountShell::ALL.iter().find(|shell| shell.as_str() == text);
    found.copied().ok_or_else(|| "there are auto, sh and top".to_owned())
}

fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    check_label(name, value).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests;
