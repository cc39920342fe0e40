//! The sections `[[neighbours]]` of a configuration, and the neighbours that they make.

use super::credentials::{Authentication, Credentials, Privacy, SecretFile, User};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;
use topmast_history::promql::duration_ms;
use topmast_model::label::{LABELS_MAX, check_label};
use topmast_model::path::ObjectPath;
use topmast_model::server::ServerRole;

/// Neighbours of one master: each is asked some hundred items a reading.
const NEIGHBOURS_MAX: usize = 1_000;
/// Shortest and longest time between two readings: agents tell processor time as of the last minute, and freshness
/// is measured in intervals.
const EVERY_MS: [i64; 2] = [1_000, 3_600_000];
/// How long one answer may take.
const TIMEOUT_MS: [i64; 2] = [100, 60_000];

/// A server that is read through what it runs anyway: a section `[[neighbours]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeighbourConfig {
    /// The server's name in the cluster.
    pub name: String,
    /// What answers there.
    pub kind: Option<NeighbourKind>,
    /// Host name or IP address, with a port when it is not the usual one; of Docker, the path of a socket.
    pub address: String,
    /// Time between two readings, such as `10s`.
    pub every: String,
    /// How long one answer may take.
    pub timeout: String,
    /// What tells servers apart.
    pub labels: BTreeMap<String, String>,
    /// Docker: whether its containers are servers of their own; they are when it is missing.
    pub guests: Option<bool>,
    /// SNMP v2c: a file with the community.
    pub community_file: Option<PathBuf>,
    /// SNMP v3: the user.
    pub user: Option<String>,
    /// SNMP v3: how messages are signed; with `auth_password_file`.
    pub auth: Option<Authentication>,
    /// SNMP v3: a file with the password for signing.
    pub auth_password_file: Option<PathBuf>,
    /// SNMP v3: how messages are encrypted; with `privacy_password_file`, and only with `auth`.
    pub privacy: Option<Privacy>,
    /// SNMP v3: a file with the password for encrypting.
    pub privacy_password_file: Option<PathBuf>,
}

/// What answers at a neighbour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NeighbourKind {
    /// A Zabbix agent with passive checks.
    Zabbix,
    /// SNMP v2c or v3.
    Snmp,
    /// A Docker Engine of this machine.
    Docker,
}

impl NeighbourKind {
    /// What the server is then.
    pub(crate) const fn role(self) -> ServerRole {
        match self {
            Self::Zabbix => ServerRole::Zabbix,
            Self::Snmp => ServerRole::Snmp,
            Self::Docker => ServerRole::Docker,
        }
    }

    /// Where it is read, as it can be connected to.
    fn address(self, address: &str) -> Result<String, String> {
        match self {
            Self::Zabbix => with_port(address, 10_050),
            Self::Snmp => with_port(address, 161),
            Self::Docker => socket(address),
        }
    }
}

impl Default for NeighbourConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: None,
            address: String::new(),
            every: "10s".into(),
            timeout: "3s".into(),
            labels: BTreeMap::new(),
            guests: None,
            community_file: None,
            user: None,
            auth: None,
            auth_password_file: None,
            privacy: None,
            privacy_password_file: None,
        }
    }
}

/// How a neighbour is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// By passive checks, which have no credentials.
    Zabbix,
    /// With these.
    Snmp(Credentials),
    /// By the engine's API, which has no credentials on a socket.
    Docker,
}

/// A neighbour that can be read.
#[derive(Debug, Clone)]
pub(crate) struct Neighbour {
    pub(crate) server: ObjectPath,
    pub(crate) role: ServerRole,
    pub(crate) way: Way,
    /// With its port.
    pub(crate) address: String,
    pub(crate) every: Duration,
    pub(crate) timeout: Duration,
    pub(crate) labels: BTreeMap<String, String>,
    /// Whether the systems inside it are servers of their own.
    pub(crate) guests: bool,
}

/// The neighbours of all sections.
///
/// # Errors
/// What is wrong with a section, and what to write instead.
pub(crate) fn neighbours(
    sections: &[NeighbourConfig],
    cluster: &ObjectPath,
) -> Result<Vec<Neighbour>, String> {
    if sections.len() > NEIGHBOURS_MAX {
        return Err(format!("at most {NEIGHBOURS_MAX} are read by one master"));
    }
    let mut names = BTreeSet::new();
    let mut neighbours = Vec::new();
    for section in sections {
        let neighbour = section.neighbour(cluster).map_err(|error| format!("{:?}: {error}", section.name))?;
        if !names.insert(section.name.as_str()) {
            return Err(format!("{:?}: the name is there twice", section.name));
        }
        neighbours.push(neighbour);
    }
    Ok(neighbours)
}

impl NeighbourConfig {
    fn neighbour(&self, cluster: &ObjectPath) -> Result<Neighbour, String> {
        let server = cluster.join(&self.name).map_err(|error| format!("name: {error}"))?;
        let kind = self.kind.ok_or("kind is missing; write \"zabbix\", \"snmp\" or \"docker\"")?;
        let ms = |name: &str, text: &str, [from, to]: [i64; 2]| {
            let ms = duration_ms(text).filter(|ms| (from..=to).contains(ms));
            let ms =
                ms.ok_or_else(|| format!("{name} is a time from {from} ms to {to} ms, such as \"3s\""))?;
            Ok::<_, String>(Duration::from_millis(ms.unsigned_abs()))
        };
        let every = ms("every", &self.every, EVERY_MS)?;
        if self.labels.len() > LABELS_MAX {
            return Err(format!("labels: a server has at most {LABELS_MAX}"));
        }
        for (name, value) in &self.labels {
            check_label(name, value).map_err(|error| format!("labels: {error}"))?;
        }
        if self.guests.is_some() && kind != NeighbourKind::Docker {
            return Err("guests is of docker, whose containers they are; leave it out".into());
        }
        Ok(Neighbour {
            server,
            role: kind.role(),
            way: match kind {
                NeighbourKind::Zabbix => self.no_credentials().map(|()| Way::Zabbix)?,
                NeighbourKind::Snmp => Way::Snmp(self.credentials()?),
                NeighbourKind::Docker => self.no_credentials().map(|()| Way::Docker)?,
            },
            address: kind.address(&self.address)?,
            every,
            timeout: ms("timeout", &self.timeout, TIMEOUT_MS)?,
            labels: self.labels.clone(),
            guests: self.guests.unwrap_or(kind == NeighbourKind::Docker),
        })
    }

    fn no_credentials(&self) -> Result<(), String> {
        let files = [&self.community_file, &self.auth_password_file, &self.privacy_password_file];
        let none = files.iter().all(|file| file.is_none())
            && self.user.is_none()
            && self.auth.is_none()
            && self.privacy.is_none();
        none.then_some(()).ok_or_else(|| {
            "this kind has no credentials; leave out community_file, user, auth and privacy".into()
        })
    }

    fn credentials(&self) -> Result<Credentials, String> {
        let secret = |file: &PathBuf| SecretFile(file.clone());
        let (name, community) = match (&self.user, &self.community_file) {
            (None, Some(file)) => (None, Some(secret(file))),
            (Some(name), None) if (1..=32).contains(&name.len()) => (Some(name.clone()), None),
            (Some(_), None) => return Err("user: a name has 1 to 32 bytes".into()),
            _ => return Err("write community_file for v2c, or user for v3".into()),
        };
        let authentication = both("auth", self.auth, self.auth_password_file.as_ref())?;
        let privacy = both("privacy", self.privacy, self.privacy_password_file.as_ref())?;
        match (name, community) {
            (Some(_), _) if privacy.is_some() && authentication.is_none() => {
                Err("privacy needs auth; write how messages are signed as well".into())
            }
            (Some(name), _) => Ok(Credentials::User(User { name, authentication, privacy })),
            (None, Some(community)) if authentication.is_none() && privacy.is_none() => {
                Ok(Credentials::Community(community))
            }
            (None, _) => Err("auth and privacy are of v3; write user instead of community_file".into()),
        }
    }
}

/// An algorithm and the file with its password, which go together.
fn both<T: Copy>(
    name: &str,
    algorithm: Option<T>,
    file: Option<&PathBuf>,
) -> Result<Option<(T, SecretFile)>, String> {
    match (algorithm, file) {
        (Some(algorithm), Some(file)) => Ok(Some((algorithm, SecretFile(file.clone())))),
        (None, None) => Ok(None),
        _ => Err(format!("{name} and {name}_password_file go together; write both or none")),
    }
}

/// A socket of this machine; the usual one when none is said.
fn socket(address: &str) -> Result<String, String> {
    match address.strip_prefix("unix://").unwrap_or(address) {
        "" => Ok("/var/run/docker.sock".into()),
        path if path.starts_with('/') => Ok(path.to_owned()),
        _ => Err(format!("address: {address:?} is no path of a socket, such as /var/run/docker.sock")),
    }
}

/// An address with its port: `db1`, `db1:10051`, `10.0.0.5`, `::1`, `[::1]:10051`.
fn with_port(address: &str, usual: u16) -> Result<String, String> {
    let wrong = || format!("address: {address:?} is not HOST or HOST:PORT, with an IPv6 address in brackets");
    let is_host = |host: &str| {
        !host.is_empty()
            && host.len() <= 255
            && !host.contains(|char: char| char.is_whitespace() || "[]/@".contains(char))
    };
    if let Ok(address) = address.parse::<IpAddr>() {
        return Ok(std::net::SocketAddr::new(address, usual).to_string());
    }
    if let Some(address) = address.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<IpAddr>().map_err(|_| wrong()).map(|address| format!("[{address}]:{usual}"));
    }
    if let Ok(address) = address.parse::<std::net::SocketAddr>() {
        return Ok(address.to_string());
    }
    match address.split_once(':') {
        None if is_host(address) => Ok(format!("{address}:{usual}")),
        Some((host, port)) if is_host(host) && port.parse::<u16>().is_ok_and(|port| port > 0) => {
            Ok(address.to_owned())
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        neighbours: Vec<NeighbourConfig>,
    }

    fn read(text: &str) -> Result<Vec<Neighbour>, String> {
        let cluster = "acme/main".parse().unwrap();
        neighbours(&toml::from_str::<File>(text).unwrap().neighbours, &cluster)
    }

    #[test]
    fn section_is_a_server_of_the_cluster() {
        let found = read(
            "[[neighbours]]\nname = \"db1\"\nkind = \"zabbix\"\naddress = \"10.0.0.5\"\nlabels = { site = \"north\" }",
        )
        .unwrap();
        assert_eq!(found[0].server.as_str(), "acme/main/db1");
        assert_eq!(found[0].address, "10.0.0.5:10050");
        assert_eq!((found[0].every.as_secs(), found[0].timeout.as_secs()), (10, 3));
    }

    #[test]
    fn addresses_get_the_usual_port() {
        for (text, expect) in [
            ("db1", Some("db1:10050")),
            ("db1:7", Some("db1:7")),
            ("10.0.0.5:7", Some("10.0.0.5:7")),
            ("::1", Some("[::1]:10050")),
            ("[::1]", Some("[::1]:10050")),
            ("[::1]:7", Some("[::1]:7")),
            ("", None),
            ("a b", None),
            ("db1:0", None),
            ("db1:x", None),
            ("http://db1", None),
            ("[db1]", None),
        ] {
            assert_eq!(with_port(text, 10_050).ok().as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn docker_is_read_by_its_socket() {
        for (text, expect) in [
            ("", Some("/var/run/docker.sock")),
            ("unix:///run/user/1000/docker.sock", Some("/run/user/1000/docker.sock")),
            ("/run/podman/podman.sock", Some("/run/podman/podman.sock")),
            ("10.0.0.5:2375", None),
        ] {
            assert_eq!(NeighbourKind::Docker.address(text).ok().as_deref(), expect, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_is_said_with_the_name() {
        let good = "[[neighbours]]\nname = \"db1\"\nkind = \"zabbix\"\naddress = \"db1\"\n";
        let snmp = good.replace("zabbix\"", "snmp\"\nuser = \"u\"");
        for (text, expect) in [
            (good.replace("kind = \"zabbix\"\n", ""), "\"db1\": kind is missing"),
            (good.replace("db1\"\nkind", "a/b\"\nkind"), "\"a/b\": name: "),
            (format!("{good}every = \"10ms\""), "every is a time from 1000 ms"),
            (format!("{good}timeout = \"2h\""), "timeout is a time"),
            (format!("{good}{good}"), "the name is there twice"),
            (good.replace("address = \"db1\"", "address = \"\""), "not HOST or HOST:PORT"),
            (format!("{good}labels = {{ \"\" = \"x\" }}"), "labels: "),
            (good.replace("\"zabbix", "\"docker"), "no path of a socket"),
            (format!("{good}user = \"a\""), "this kind has no credentials"),
            (format!("{good}guests = false"), "guests is of docker"),
            (good.replace("zabbix", "snmp"), "write community_file for v2c, or user for v3"),
            (format!("{snmp}auth = \"sha1\""), "auth and auth_password_file go together"),
            (format!("{snmp}privacy = \"aes128\"\nprivacy_password_file = \"p\""), "privacy needs auth"),
            (format!("{snmp}community_file = \"c\""), "write community_file for v2c, or user for v3"),
            (
                format!("{snmp}auth = \"sha1\"\nauth_password_file = \"a\"")
                    .replace("user = \"u\"", "community_file = \"c\""),
                "auth and privacy are of v3",
            ),
        ] {
            let error = read(&text).unwrap_err();
            assert!(error.contains(expect), "{error:?} does not say {expect:?}");
        }
    }
}
