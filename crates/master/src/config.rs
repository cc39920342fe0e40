//! A master's configuration: `master.toml`, then the environment, then flags.

mod remote;

use crate::neighbour::config::{Neighbour, neighbours};
use crate::notification::Links;
use crate::scrape::config::{Job, jobs};
use crate::statsd::Statsd;
use crate::zabbix::Zabbix;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use topmast_logfile::{LogPolicy, LogPolicyFile};
use topmast_model::path::{ObjectPath, PathError};

pub use crate::access::config::{AccessConfig, LockoutScope};
pub use crate::access::ldap::config::LdapConfig;
pub use crate::access::oidc::config::OidcConfig;
pub use crate::access::outside::{GrantText, GroupGrants};
pub use crate::access::secret_source::SecretSource;
pub use crate::audit::{AuditConfig, AuditSyslog};
pub use crate::aws::logs::config::AwsLogsConfig;
pub use crate::cluster::config::{JournalConfig, JournalStore};
pub use crate::federation::config::JoinConfig;
pub use crate::neighbour::config::{NeighbourConfig, NeighbourKind};
pub use crate::neighbour::credentials::{Authentication, Privacy};
pub use crate::notification::config::NotificationConfig;
pub use crate::package::config::PackagesConfig;
pub use crate::scrape::config::{Scheme, ScrapeConfig};
pub use crate::statsd::config::StatsdConfig;
pub use crate::terminal::config::TerminalsConfig;
pub use crate::zabbix::config::{IngestConfig, ZabbixConfig};
pub use remote::{RemoteConfig, StoreKind};

/// Everything a master needs to know before it starts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MasterConfig {
    /// Where HTTP is served. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Directory of the journal, the CA and the server's key. Made when absent.
    pub data: PathBuf,
    /// Tenant that this master's cluster belongs to.
    pub tenant: String,
    /// Name of the cluster.
    pub cluster: String,
    /// Name of this master, as agents see and sign it.
    pub name: String,
    /// How the port is protected.
    pub tls: TlsMode,
    /// More host names and addresses that the server's certificate is valid for.
    pub tls_names: Vec<String>,
    /// A certificate chain of your own, PEM; with `tls_key`. Instead of the cluster CA's.
    pub tls_certificate: Option<PathBuf>,
    /// The key of `tls_certificate`, PEM.
    pub tls_key: Option<PathBuf>,
    /// Where people find the console, as `https://console.example.com`: messages link to it.
    pub public_url: Option<String>,
    /// Data older than this many agent intervals makes a server STALE.
    pub stale_after_intervals: u32,
    /// No data for so long makes a server DOWN, in seconds.
    pub down_after_s: u32,
    /// How long a login lasts, in hours.
    pub session_hours: u32,
    /// How long a session lasts with which nothing comes, in minutes.
    pub session_idle_minutes: u32,
    /// Rules of people's access.
    pub access: AccessConfig,
    /// How long an agent's certificate lasts, in hours; renewed after two thirds.
    pub certificate_hours: u32,
    /// Where the journal is kept, and with which masters it is shared.
    pub journal: JournalConfig,
    /// Other clusters that are shown and reached here: the sections `[[join]]`.
    #[serde(rename = "join")]
    pub joins: Vec<JoinConfig>,
    /// What is kept of the samples.
    pub history: HistoryConfig,
    /// What is scraped.
    pub scrape: Vec<ScrapeConfig>,
    /// How StatsD is taken.
    pub statsd: StatsdConfig,
    /// What else is taken of other programs.
    pub ingest: IngestConfig,
    /// Servers that are read through what runs there anyway.
    pub neighbours: Vec<NeighbourConfig>,
    /// What is kept of terminals.
    pub terminals: TerminalsConfig,
    /// What is taken of packages.
    pub packages: PackagesConfig,
    /// Whether logs of servers without an agent may be read, and what of them is hidden.
    pub logs: LogPolicyFile,
    /// What notifications may do on this machine.
    pub notification: NotificationConfig,
    /// Where the audit goes beside the journal.
    pub audit: AuditConfig,
    /// How much is kept of the logs that AWS' tools send.
    pub aws_logs: AwsLogsConfig,
    /// Know the access keys that test suites for AWS use; no file can say this.
    #[serde(skip)]
    pub aws_test_keys: bool,
    /// Most metrics that AWS' tools may put for one tenant; no file can say this.
    #[serde(skip)]
    pub aws_metrics_max: u32,
}

/// What is kept of the samples: the section `[history]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HistoryConfig {
    /// Where samples are kept and asked for.
    pub store: StoreKind,
    /// A store outside: all of the history, or a copy of what comes in.
    pub remote: Option<RemoteConfig>,
    /// Directory of the history; inside `data` when missing.
    pub data: Option<PathBuf>,
    /// Days for which every sample is kept.
    pub raw_days: u32,
    /// Days for which a value a minute is kept.
    pub minute_days: u32,
    /// Days for which a value an hour is kept.
    pub hour_days: u32,
    /// GiB that each of them may take, in that order; the oldest go first.
    pub max_gib: [u32; 3],
    /// Series of all servers that are written at one time.
    pub max_series: usize,
    /// Series of one server.
    pub max_server_series: usize,
    /// Hours for which samples that come late are taken, as after an outage.
    pub late_hours: u32,
    /// Samples that one query may read.
    pub query_max_samples: u64,
    /// Seconds that one query may take, its wait for others included.
    pub query_timeout_s: u32,
    /// Queries that are answered at one time; more wait.
    pub query_concurrency: u32,
}

impl Default for HistoryConfig {
    fn default() -> Self {
        Self {
            store: StoreKind::Embedded,
            remote: None,
            data: None,
            raw_days: 15,
            minute_days: 180,
            hour_days: 5 * 365,
            max_gib: [100, 50, 50],
            max_series: 2_000_000,
            max_server_series: 200_000,
            late_hours: 24,
            query_max_samples: 50_000_000,
            query_timeout_s: 30,
            query_concurrency: 4,
        }
    }
}

/// How the port is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// TLS with the configured certificate, or one from the cluster's own CA.
    On,
    /// Plain HTTP; on a loopback address only.
    Off,
}

impl Default for MasterConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 7400)),
            data: PathBuf::from("/var/lib/topmast/master"),
            tenant: "default".into(),
            cluster: "main".into(),
            name: "master".into(),
            tls: TlsMode::On,
            tls_names: Vec::new(),
            tls_certificate: None,
            tls_key: None,
            public_url: None,
            // DESIGN section 5: UP needs data younger than three intervals.
            stale_after_intervals: 3,
            // Long enough for an agent's restart, short enough to act on.
            down_after_s: 15,
            // A shift, of which nobody is thrown out; less where a standard asks for it.
            session_hours: 12,
            session_idle_minutes: 12 * 60,
            access: AccessConfig::default(),
            certificate_hours: 30 * 24,
            journal: JournalConfig::default(),
            joins: Vec::new(),
            history: HistoryConfig::default(),
            scrape: Vec::new(),
            statsd: StatsdConfig::default(),
            ingest: IngestConfig::default(),
            neighbours: Vec::new(),
            terminals: TerminalsConfig::default(),
            packages: PackagesConfig::default(),
            logs: LogPolicyFile::default(),
            notification: NotificationConfig::default(),
            audit: AuditConfig::default(),
            aws_logs: AwsLogsConfig::default(),
            aws_test_keys: false,
            // A name costs memory of every ListMetrics, and disk; programs that make one up for each call are stopped.
            aws_metrics_max: 100_000,
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The file is not what it should be; the text names line and column.
    #[error("configuration {path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column and what is wrong.
        message: String,
    },
    /// A name is not valid.
    #[error("configuration field {field}: {source}")]
    Name {
        /// The field.
        field: &'static str,
        /// Why.
        source: PathError,
    },
    /// A value does not fit the others.
    #[error("configuration field {field}: {message}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What to write instead.
        message: String,
    },
}

impl MasterConfig {
    /// Reads a configuration file; what it leaves out keeps its default.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line and reason.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::Parse { path: path.to_owned(), message: error.to_string() })?;
        config.check()?;
        Ok(config)
    }

    /// Checks what the types cannot say.
    ///
    /// # Errors
    /// [`ConfigError`] naming the field and what to write instead.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.cluster_path()?;
        topmast_model::path::check_name(&self.name)
            .map_err(|source| ConfigError::Name { field: "name", source })?;
        let invalid = |field, message: &str| Err(ConfigError::Invalid { field, message: message.to_owned() });
        if self.tls == TlsMode::Off && !self.listen.ip().is_loopback() {
            return invalid(
                "tls",
                "plain HTTP is served on a loopback address only; listen on 127.0.0.1 or write tls = \"on\"",
            );
        }
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            return invalid("tls_certificate", "tls_certificate and tls_key go together; write both or none");
        }
        if self.stale_after_intervals == 0 || self.down_after_s == 0 {
            return invalid("down_after_s", "stale_after_intervals and down_after_s are at least 1");
        }
        if !(1..=24 * 30).contains(&self.session_hours) {
            return invalid("session_hours", "a session lasts 1 to 720 hours");
        }
        if !(1..=60 * 24 * 30).contains(&self.session_idle_minutes) {
            return invalid("session_idle_minutes", "a session that is not used lasts 1 to 43200 minutes");
        }
        if !(1..=24 * 366).contains(&self.certificate_hours) {
            return invalid("certificate_hours", "an agent's certificate lasts 1 to 8784 hours");
        }
        if self.terminals.recording_days == 0 || self.terminals.recording_days > 36_500 {
            return invalid("terminals.recording_days", "recordings are kept for 1 to 36500 days");
        }
        if let Some(url) = &self.public_url {
            let checked = Links::check(url);
            checked.map_err(|message| ConfigError::Invalid { field: "public_url", message })?;
        }
        self.access
            .check(self.public_url.as_deref())
            .map_err(|(field, message)| ConfigError::Invalid { field, message })?;
        self.packages.check().map_err(|(field, message)| ConfigError::Invalid { field, message })?;
        self.logs()?;
        self.notification.check().map_err(|(field, message)| ConfigError::Invalid { field, message })?;
        self.audit.check().map_err(|(field, message)| ConfigError::Invalid { field, message })?;
        self.aws_logs
            .check()
            .map_err(|(field, message)| ConfigError::Invalid { field, message: message.to_owned() })?;
        self.journal.check().map_err(|(field, message)| ConfigError::Invalid { field, message })?;
        crate::federation::config::check(&self.joins, &self.cluster)
            .map_err(|message| ConfigError::Invalid { field: "join", message })?;
        self.history.check().map_err(|(field, message)| ConfigError::Invalid { field, message })?;
        self.jobs()?;
        self.statsd()?;
        self.zabbix()?;
        self.neighbours()?;
        Ok(())
    }

    /// What of logs that are read over ssh is hidden.
    pub(crate) fn logs(&self) -> Result<LogPolicy, ConfigError> {
        let resolved = self.logs.clone().resolve();
        resolved.map_err(|error| ConfigError::Invalid { field: "logs", message: error.to_string() })
    }

    /// The servers of all `[[neighbours]]`.
    pub(crate) fn neighbours(&self) -> Result<Vec<Neighbour>, ConfigError> {
        neighbours(&self.neighbours, &self.cluster_path()?)
            .map_err(|message| ConfigError::Invalid { field: "neighbours", message })
    }

    /// What adds lines of StatsD up.
    pub(crate) fn statsd(&self) -> Result<Statsd, ConfigError> {
        Statsd::new(&self.statsd).map_err(|message| ConfigError::Invalid { field: "statsd", message })
    }

    /// What takes the values of Zabbix' senders.
    pub(crate) fn zabbix(&self) -> Result<Zabbix, ConfigError> {
        Zabbix::new(&self.ingest.zabbix)
            .map_err(|message| ConfigError::Invalid { field: "ingest.zabbix", message })
    }

    /// The jobs of all `[[scrape]]`.
    pub(crate) fn jobs(&self) -> Result<Vec<Job>, ConfigError> {
        jobs(&self.scrape).map_err(|message| ConfigError::Invalid { field: "scrape", message })
    }

    /// Path of the cluster.
    ///
    /// # Errors
    /// [`ConfigError::Name`] when the tenant's or the cluster's name is not valid.
    pub fn cluster_path(&self) -> Result<ObjectPath, ConfigError> {
        let tenant = ObjectPath::tenant(&self.tenant)
            .map_err(|source| ConfigError::Name { field: "tenant", source })?;
        tenant.join(&self.cluster).map_err(|source| ConfigError::Name { field: "cluster", source })
    }

    /// No data for so long makes a server DOWN.
    pub fn down_after(&self) -> Duration {
        Duration::from_secs(u64::from(self.down_after_s))
    }
}

impl HistoryConfig {
    /// The field that cannot be used, and what to write instead.
    fn check(&self) -> Result<(), (&'static str, String)> {
        let days = |field, days: u32| match days {
            1..=36_500 => Ok(()),
            _ => Err((field, "1 to 36500 days are kept".to_owned())),
        };
        days("history.raw_days", self.raw_days)?;
        days("history.minute_days", self.minute_days)?;
        days("history.hour_days", self.hour_days)?;
        if self.max_gib.contains(&0) {
            return Err(("history.max_gib", "write at least 1 for each of raw, minutes and hours".into()));
        }
        if !(1..=24 * 30).contains(&self.late_hours) {
            return Err(("history.late_hours", "samples may come 1 to 720 hours late".into()));
        }
        if self.max_series == 0 || self.max_server_series == 0 {
            return Err(("history.max_series", "max_series and max_server_series are at least 1".into()));
        }
        if self.query_max_samples == 0 {
            return Err(("history.query_max_samples", "a query may read at least 1 sample".into()));
        }
        if !(1..=3_600).contains(&self.query_timeout_s) {
            return Err(("history.query_timeout_s", "a query may take 1 to 3600 seconds".into()));
        }
        if !(1..=256).contains(&self.query_concurrency) {
            return Err(("history.query_concurrency", "1 to 256 queries are answered at one time".into()));
        }
        match &self.remote {
            Some(remote) => remote.check(self.store)?,
            None if self.store == StoreKind::Remote => {
                let text = "store = \"remote\" needs a section [history.remote] with write_url and query_url";
                return Err(("history.store", text.into()));
            }
            None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<MasterConfig, ConfigError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        MasterConfig::load(file.path())
    }

    #[test]
    fn empty_file_is_the_default_with_tls_on() {
        let config = load("").unwrap();
        assert_eq!(config.tls, TlsMode::On);
        assert_eq!(config.cluster_path().unwrap().as_str(), "default/main");
    }

    #[test]
    fn plain_http_is_refused_off_loopback() {
        let error = load("tls = \"off\"\nlisten = \"0.0.0.0:7400\"").unwrap_err();
        assert!(error.to_string().contains("loopback"), "{error}");
        assert!(load("tls = \"off\"\nlisten = \"127.0.0.1:7400\"").is_ok());
    }

    #[test]
    fn unknown_field_is_named_with_its_line() {
        let error = load("name = \"m1\"\nlissten = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("lissten"), "{error}");
    }

    #[test]
    fn wrong_names_and_half_a_certificate_are_refused() {
        for text in [
            "tenant = \"a/b\"",
            "cluster = \"\"",
            "tls_key = \"k.pem\"",
            "down_after_s = 0",
            "session_hours = 0",
            "session_idle_minutes = 0",
            "[access]\npassword_min = 7",
            "[access]\nlockout_after = 0",
            "[access.oidc]\nissuer = \"https://a\"\nclient_id = \"b\"",
            "public_url = \"https://c\"\n[access.oidc]\nissuer = \"http://a\"\nclient_id = \"b\"",
            "public_url = \"https://c\"\n[access.oidc]\nissuer = \"https://a\"\nclient_id = \"b\"\nclient_secret = \"bare\"",
            "[[access.groups]]\ngroup = \"noc\"\ngrants = [\"king\"]",
            "[[access.groups]]\ngroup = \"noc\"\ngrants = []",
            "[access]\nlockout_minutes = 0",
            "[access]\nlockout = \"never\"",
            "[history]\nraw_days = 0",
            "[history]\nmax_gib = [0, 1, 1]",
            "[history]\nlate_hours = 1000",
            "[history]\nquery_max_samples = 0",
            "[history]\nquery_timeout_s = 0",
            "[history]\nquery_concurrency = 0",
            "[[scrape]]\njob = \"a\"",
            "[statsd]\nflush = \"0s\"",
            "[history]\nstore = \"remote\"",
            "[history]\nstore = \"remote\"\n[history.remote]\nwrite_url = \"http://a/w\"",
            "[history.remote]\nwrite_url = \"tcp://a\"",
            "[history.remote]\nwrite_url = \"http://a/w\"\nusername = \"u\"",
            "[history.remote]\nwrite_url = \"http://a/w\"\nbearer_token_file = \"t\"",
            "[history.remote]\nwrite_url = \"http://a/w\"\nspool_mib = 0",
            "[ingest.zabbix]\nallow = [\"10.0.0.0/33\"]",
            "[[neighbours]]\nname = \"a\"",
            "[notification]\nscripts = \"notify\"",
            "[notification]\nscripts = \"/\"",
        ] {
            assert!(load(text).is_err(), "{text}");
        }
    }
}
