//! The agent's configuration: `agent.toml`, then flags over it.
//!
//! Every value has a bound and a default but the masters; a wrong one is refused at start with what to
//! write instead. Unknown fields are refused, for a misspelt one would silently do nothing.

use crate::containers::SOCKET;
use crate::endpoint::Endpoint;
use crate::log::{LogPolicy, LogPolicyError, LogPolicyFile};
use crate::package::{self, PackagePolicy};
use crate::platform::paths;
use crate::terminal::{Policy, PolicyError, PolicyFile};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use topmast_model::label::{LABELS_MAX, LabelError, check_label};
use topmast_model::path::{PathError, check_name};

/// Most masters of one agent: a master set has three or five.
const MASTERS_MAX: usize = 16;
/// Shortest and longest time between two ticks.
const INTERVAL_MS: (u64, u64) = (100, 3_600_000);
/// Smallest spool: a few minutes of a small host.
const SPOOL_MIN: u64 = 1 << 20;
/// Longest configuration file; a real one is under a page.
const FILE_MAX: u64 = 1 << 20;

/// What an agent needs to know to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Name of the server inside its cluster; valid in an object path.
    pub name: String,
    /// What the server is told apart by beside its name.
    pub labels: BTreeMap<String, String>,
    /// Where the agent keeps its identity, ledger and spool.
    pub data_dir: PathBuf,
    /// Where the unit files are.
    pub units_dir: PathBuf,
    /// Every master of the cluster: scheme, host and port.
    pub masters: Vec<Endpoint>,
    /// Time between two ticks.
    pub interval: Duration,
    /// Most bytes of spool for each master.
    pub spool_bytes: u64,
    /// Where a Docker Engine would listen; `None` when its containers are not to be read.
    pub docker_socket: Option<PathBuf>,
    /// Admits this server to the cluster; needed until it has a certificate.
    pub join_token: Option<String>,
    /// True when a master runs on this server too.
    pub with_master: bool,
    /// What people may run over the agent; `None` when nothing.
    pub terminal: Option<Policy>,
    /// What may be read of its logs.
    pub logs: LogPolicy,
    /// What is taken of packages.
    pub packages: PackagePolicy,
    /// Where files of configurations may be written beside the applications' working directories.
    pub configuration_roots: Vec<PathBuf>,
    /// Time between two looks whether files that were laid down are still what they were.
    pub configuration_interval: Duration,
}

/// `[configurations]`: where files of configurations may be written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigurationsFile {
    /// Folders beside the applications' working directories; none unless given.
    #[serde(default)]
    pub roots: Vec<PathBuf>,
    /// Default 60000.
    pub interval_ms: Option<u64>,
}

/// The file's content, and what flags may set in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Server name; the system's host name when absent.
    pub name: Option<String>,
    /// None unless given: `[labels]`, then lines like `role = "database"`.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Default `/var/lib/topmast-agent`.
    pub data_dir: Option<PathBuf>,
    /// Default `/etc/topmast/apps.d`.
    pub units_dir: Option<PathBuf>,
    /// URLs like `https://console:7400`.
    #[serde(default)]
    pub masters: Vec<String>,
    /// Default 1000.
    pub interval_ms: Option<u64>,
    /// Default 64 MiB.
    pub spool_bytes: Option<u64>,
    /// Default `/var/run/docker.sock`; an empty text reads no containers.
    pub docker_socket: Option<PathBuf>,
    /// The token itself.
    pub join_token: Option<String>,
    /// A file that holds the token, so that it need not be on a command line.
    pub join_token_file: Option<PathBuf>,
    /// `[terminal]`: whether people may run commands and shells over the agent; not unless allowed.
    #[serde(default)]
    pub terminal: PolicyFile,
    /// `[logs]`: whether logs may be read over the agent, and what is hidden in them; all but card numbers unless set.
    #[serde(default)]
    pub logs: LogPolicyFile,
    /// `[packages]`: what is taken of packages, and how fast.
    #[serde(default)]
    pub packages: package::PolicyFile,
    /// `[configurations]`: where files of configurations may be written.
    #[serde(default)]
    pub configurations: ConfigurationsFile,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: io::Error,
    },
    /// The file is too long to be one.
    #[error("{} is longer than {FILE_MAX} bytes; it is not an agent configuration", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what it should be; the text holds line and column.
    #[error("{}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What the reader found.
        source: Box<toml::de::Error>,
    },
    /// No master.
    #[error("no master is named; write masters = [\"https://console:7400\"] or give --master URL")]
    NoMaster,
    /// Too many masters.
    #[error("{0} masters are named; {MASTERS_MAX} are the most")]
    TooManyMasters(usize),
    /// A master's URL.
    #[error("master {0}")]
    Master(#[from] crate::endpoint::EndpointError),
    /// A master on another machine without TLS.
    #[error(
        "master {0} would be called without encryption; write https://, http:// is for this machine only"
    )]
    Plain(Endpoint),
    /// The server's name.
    #[error("server name: {0}; choose another with name or --name")]
    Name(#[from] PathError),
    /// A label.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// Too many labels.
    #[error("{0} labels are given; {LABELS_MAX} are the most")]
    TooManyLabels(usize),
    /// The interval.
    #[error("interval_ms = {0} is not between {min} and {max}", min = INTERVAL_MS.0, max = INTERVAL_MS.1)]
    Interval(u64),
    /// A root of configurations.
    #[error("[configurations] roots has {}; write an absolute path other than /", .0.display())]
    Root(PathBuf),
    /// The interval of looks at laid files.
    #[error("[configurations] interval_ms = {0} is not between {min} and {max}", min = INTERVAL_MS.0, max = INTERVAL_MS.1)]
    ConfigurationInterval(u64),
    /// The spool.
    #[error("spool_bytes = {0} is less than {SPOOL_MIN}")]
    Spool(u64),
    /// What people may run.
    #[error(transparent)]
    Terminal(#[from] PolicyError),
    /// What may be read of logs.
    #[error(transparent)]
    Logs(#[from] LogPolicyError),
    /// What is taken of packages.
    #[error(transparent)]
    Packages(#[from] package::PolicyError),
    /// The host name cannot be asked for.
    #[error("ask for the host name: {0}; give one with name or --name")]
    Hostname(io::Error),
}

impl ConfigFile {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// [`ConfigError`], with line and column for wrong content.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(&read_bounded(path)?)
            .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })
    }

    /// This file with every value that `flags` has put in its place.
    #[must_use]
    pub fn overlaid(self, flags: Self) -> Self {
        let token_given = flags.join_token.is_some() || flags.join_token_file.is_some();
        Self {
            name: flags.name.or(self.name),
            // A flag sets one label; the file's others stay.
            labels: self.labels.into_iter().chain(flags.labels).collect(),
            data_dir: flags.data_dir.or(self.data_dir),
            units_dir: flags.units_dir.or(self.units_dir),
            masters: if flags.masters.is_empty() { self.masters } else { flags.masters },
            interval_ms: flags.interval_ms.or(self.interval_ms),
            spool_bytes: flags.spool_bytes.or(self.spool_bytes),
            docker_socket: flags.docker_socket.or(self.docker_socket),
            join_token: if token_given { flags.join_token } else { self.join_token },
            join_token_file: if token_given { flags.join_token_file } else { self.join_token_file },
            // No flag opens a server to people.
            terminal: self.terminal,
            logs: self.logs,
            // Nor takes one what the file does not.
            packages: self.packages,
            configurations: self.configurations,
        }
    }

    /// Checks every value and fills in the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with what to write instead.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let name = match self.name {
            Some(name) => name,
            None => hostname()?,
        };
        check_name(&name)?;
        self.labels.iter().try_for_each(|(name, value)| check_label(name, value))?;
        if self.labels.len() > LABELS_MAX {
            return Err(ConfigError::TooManyLabels(self.labels.len()));
        }
        if self.masters.is_empty() {
            return Err(ConfigError::NoMaster);
        }
        if self.masters.len() > MASTERS_MAX {
            return Err(ConfigError::TooManyMasters(self.masters.len()));
        }
        let masters = self.masters.iter().map(|url| url.parse()).collect::<Result<Vec<Endpoint>, _>>()?;
        if let Some(plain) = masters.iter().find(|master| !master.is_tls() && !master.is_loopback()) {
            return Err(ConfigError::Plain(plain.clone()));
        }
        let interval_ms = self.interval_ms.unwrap_or(1_000);
        if !(INTERVAL_MS.0..=INTERVAL_MS.1).contains(&interval_ms) {
            return Err(ConfigError::Interval(interval_ms));
        }
        let spool_bytes = self.spool_bytes.unwrap_or(64 << 20);
        if spool_bytes < SPOOL_MIN {
            return Err(ConfigError::Spool(spool_bytes));
        }
        let ConfigurationsFile { roots: configuration_roots, interval_ms: looks_ms } = self.configurations;
        let is_no_root = |root: &&PathBuf| !root.is_absolute() || root.parent().is_none();
        if let Some(root) = configuration_roots.iter().find(is_no_root) {
            return Err(ConfigError::Root(root.clone()));
        }
        let looks_ms = looks_ms.unwrap_or(60_000);
        if !(INTERVAL_MS.0..=INTERVAL_MS.1).contains(&looks_ms) {
            return Err(ConfigError::ConfigurationInterval(looks_ms));
        }
        let join_token = match (self.join_token, self.join_token_file) {
            (Some(token), _) => Some(token),
            // The file may be gone once the server is enrolled; it is missed only when it is needed.
            (None, Some(path)) if path.exists() => Some(read_bounded(&path)?.trim().to_owned()),
            (None, _) => None,
        };
        Ok(Config {
            name,
            labels: self.labels,
            data_dir: self.data_dir.unwrap_or_else(paths::data_dir),
            units_dir: self.units_dir.unwrap_or_else(paths::units_dir),
            masters,
            interval: Duration::from_millis(interval_ms),
            spool_bytes,
            docker_socket: Some(self.docker_socket.unwrap_or_else(|| SOCKET.into()))
                .filter(|socket| !socket.as_os_str().is_empty()),
            join_token,
            with_master: false,
            terminal: self.terminal.resolve()?,
            logs: self.logs.resolve()?,
            packages: self.packages.resolve()?,
            configuration_roots,
            configuration_interval: Duration::from_millis(looks_ms),
        })
    }
}

fn read_bounded(path: &Path) -> Result<String, ConfigError> {
    let read = |source| ConfigError::Read { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(read)?.len() > FILE_MAX {
        return Err(ConfigError::TooLong { path: path.to_owned() });
    }
    std::fs::read_to_string(path).map_err(read)
}

fn hostname() -> Result<String, ConfigError> {
    paths::host_name().map_err(ConfigError::Hostname)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<ConfigFile, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("agent.toml");
        std::fs::write(&path, text).unwrap();
        ConfigFile::read(&path)
    }

    #[test]
    fn file_gives_values_and_defaults() {
        let config =
            file("masters = [\"https://console:7400\"]\nname = \"db-1\"").unwrap().resolve().unwrap();
        assert_eq!(config.name, "db-1");
        assert_eq!(config.masters[0].authority(), "console:7400");
        assert_eq!(config.interval, Duration::from_secs(1));
        assert_eq!(config.spool_bytes, 64 << 20);
        assert_eq!(config.docker_socket.as_deref(), Some(Path::new("/var/run/docker.sock")));
    }

    #[test]
    fn empty_socket_reads_no_containers() {
        let text = "masters = [\"https://console:7400\"]\nname = \"db-1\"\ndocker_socket = \"\"";
        assert_eq!(file(text).unwrap().resolve().unwrap().docker_socket, None);
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = file("masters = [\"https://a:1\"]\nname = \"x\"\njoin_token_file = \"/nowhere\"").unwrap();
        let flags = ConfigFile {
            masters: vec!["http://127.0.0.1:2".to_owned()],
            join_token: Some("t".to_owned()),
            ..ConfigFile::default()
        };
        let config = file.overlaid(flags).resolve().unwrap();
        assert_eq!(config.masters[0].authority(), "127.0.0.1:2");
        assert_eq!((config.name.as_str(), config.join_token.as_deref()), ("x", Some("t")));
    }

    #[test]
    fn wrong_file_is_refused_with_the_place_or_the_remedy() {
        for (text, expected) in [
            ("master = \"x\"", "unknown field `master`"),
            ("masters = \"x\"", "line 1"),
            ("", "give --master URL"),
            ("masters = [\"console\"]", "write it like"),
            ("masters = [\"http://console:7400\"]", "without encryption"),
            ("masters = [\"https://a\"]\nname = \"a b\"", "server name"),
            ("masters = [\"https://a\"]\ninterval_ms = 1", "interval_ms = 1 is not between"),
            ("masters = [\"https://a\"]\n[terminal]\nsessions_max = 0", "sessions_max = 0 is not between"),
            ("masters = [\"https://a\"]\n[configurations]\nroots = [\"etc\"]", "write an absolute path"),
            (
                "masters = [\"https://a\"]\n[configurations]\ninterval_ms = 1",
                "interval_ms = 1 is not between",
            ),
            ("masters = [\"https://a\"]\nspool_bytes = 5", "spool_bytes = 5 is less"),
        ] {
            let error = file(text).and_then(ConfigFile::resolve).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} does not hold {expected:?}");
        }
    }

    #[test]
    fn default_name_is_the_host_name() {
        let config = file("masters = [\"https://a\"]").unwrap().resolve().unwrap();
        assert_eq!(config.name, hostname().unwrap());
    }

    #[test]
    fn labels_come_from_the_file_and_flags_set_single_ones() {
        let text = "masters = [\"https://console:7400\"]\nname = \"db-1\"\n[labels]\nrole = \"db\"\nsite = \"north\"";
        let flags = ConfigFile { labels: [("role".into(), "web".into())].into(), ..ConfigFile::default() };
        let labels = file(text).unwrap().overlaid(flags.clone()).resolve().unwrap().labels;
        assert_eq!(
            labels.into_iter().collect::<Vec<_>>(),
            [("role".into(), "web".into()), ("site".into(), "north".into())]
        );
        let error = file(&text.replace("site", "\"my site\"")).unwrap().resolve().unwrap_err();
        assert!(error.to_string().contains("a name has only letters"), "{error}");
        let many = (0..=LABELS_MAX).map(|number| (format!("l{number}"), "x".into())).collect();
        let error = file(text).unwrap().overlaid(ConfigFile { labels: many, ..flags }).resolve().unwrap_err();
        assert_eq!(error.to_string(), "35 labels are given; 32 are the most");
    }
}
