//! The sections `[[scrape]]` of a configuration, and the jobs that they make.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use topmast_history::promql::duration_ms;
use topmast_ingest::compression::UNPACKED_MAX;
use topmast_ingest::relabel::{Rule, RuleText};

/// Longest interval.
const EVERY_MAX_MS: i64 = 24 * 3_600_000;
/// Timeout when none is said, as in Prometheus; the interval when that is shorter.
const TIMEOUT_MS: i64 = 10_000;
/// Bytes of a body that a configuration may allow.
const BODY_MAX: usize = 1 << 30;

/// Targets that are scraped alike: a section `[[scrape]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the file")]
pub struct ScrapeConfig {
    /// The job's name, which is its series' label `job`.
    pub job: String,
    /// Time between two scrapes of a target, such as `15s`.
    pub every: String,
    /// How long a scrape may take; `10s` when missing, or `every` when that is shorter.
    pub timeout: Option<String>,
    /// Where the metrics are.
    pub path: String,
    /// How targets are asked.
    pub scheme: Scheme,
    /// Parameters of the address.
    pub params: BTreeMap<String, Vec<String>>,
    /// Targets as `host:port`.
    pub targets: Vec<String>,
    /// Labels of those targets.
    pub labels: BTreeMap<String, String>,
    /// Files of targets, JSON as Prometheus has it; the last part of a path may have one `*`.
    pub files: Vec<String>,
    /// Rules for targets.
    pub relabel: Vec<RuleText>,
    /// Rules for samples.
    pub metric_relabel: Vec<RuleText>,
    /// A file with the token that is sent as `Authorization: Bearer`.
    pub bearer_token_file: Option<PathBuf>,
    /// The user of HTTP Basic; with `password_file`.
    pub user: Option<String>,
    /// A file with the password of `user`.
    pub password_file: Option<PathBuf>,
    /// Certificates that are trusted instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// Any certificate is trusted.
    pub insecure: bool,
    /// Redirects are followed; credentials are not sent to another host.
    pub follow_redirects: bool,
    /// Labels that a target says win over its own.
    pub honor_labels: bool,
    /// Times that a target says are taken.
    pub honor_timestamps: bool,
    /// Samples of a scrape, at most; 0 is no limit.
    pub sample_limit: u64,
    /// Bytes of a body, at most, also when it is unpacked.
    pub body_size_limit: usize,
}

/// How targets are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    /// Plain.
    Http,
    /// With TLS.
    Https,
}

impl Scheme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Default for ScrapeConfig {
    fn default() -> Self {
        Self {
            job: String::new(),
            every: "15s".into(),
            timeout: None,
            path: "/metrics".into(),
            scheme: Scheme::Http,
            params: BTreeMap::new(),
            targets: Vec::new(),
            labels: BTreeMap::new(),
            files: Vec::new(),
            relabel: Vec::new(),
            metric_relabel: Vec::new(),
            bearer_token_file: None,
            user: None,
            password_file: None,
            ca_file: None,
            insecure: false,
            follow_redirects: true,
            honor_labels: false,
            honor_timestamps: true,
            sample_limit: 0,
            body_size_limit: UNPACKED_MAX,
        }
    }
}

/// A job that can be run.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) config: ScrapeConfig,
    pub(crate) timeout: Duration,
    pub(crate) relabel: Vec<Rule>,
    pub(crate) metric_relabel: Vec<Rule>,
    pub(crate) client: reqwest::Client,
}

impl Job {
    pub(crate) fn name(&self) -> &str {
        &self.config.job
    }

    /// Makes the job of a section.
    ///
    /// # Errors
    /// What is wrong with it and what to write instead.
    pub(crate) fn new(config: &ScrapeConfig) -> Result<Self, String> {
        let in_job = |reason: String| format!("job {:?}: {reason}", config.job);
        config.fault().map_or(Ok(()), Err).map_err(in_job)?;
        let (_, timeout) = config.times().map_err(in_job)?;
        let rules = |name: &str, texts: &[RuleText]| -> Result<Vec<Rule>, String> {
            let rule = |text: &RuleText| Rule::try_from(text.clone());
            let rules: Result<_, _> = texts.iter().map(rule).collect();
            rules.map_err(|error| in_job(format!("{name}: {error}")))
        };
        Ok(Self {
            timeout,
            relabel: rules("relabel", &config.relabel)?,
            metric_relabel: rules("metric_relabel", &config.metric_relabel)?,
            client: super::fetch::client(config).map_err(in_job)?,
            config: config.clone(),
        })
    }
}

/// Makes the jobs of all sections.
///
/// # Errors
/// As [`Job::new`], and when two have one name.
pub(crate) fn jobs(configs: &[ScrapeConfig]) -> Result<Vec<Job>, String> {
    for (place, config) in configs.iter().enumerate() {
        if configs[..place].iter().any(|other| other.job == config.job) {
            return Err(format!("two jobs are named {:?}; give each a name of its own", config.job));
        }
    }
    configs.iter().map(Job::new).collect()
}

/// The interval and timeout of texts such as `15s`.
pub(crate) fn times(every: &str, timeout: Option<&str>) -> Result<(Duration, Duration), String> {
    let ms = |name: &str, text: &str| {
        duration_ms(text).ok_or_else(|| format!("{name} {text:?} is no time such as \"15s\""))
    };
    let every_ms = ms("every", every)?;
    if !(1_000..=EVERY_MAX_MS).contains(&every_ms) {
        return Err("every is 1s to 1d".into());
    }
    let timeout_ms = timeout.map_or(Ok(TIMEOUT_MS.min(every_ms)), |text| ms("timeout", text))?;
    if !(1..=every_ms).contains(&timeout_ms) {
        return Err("timeout is more than nothing and at most every".into());
    }
    let duration = |ms: i64| Duration::from_millis(ms.unsigned_abs());
    Ok((duration(every_ms), duration(timeout_ms)))
}

impl ScrapeConfig {
    fn times(&self) -> Result<(Duration, Duration), String> {
        times(&self.every, self.timeout.as_deref())
    }

    fn fault(&self) -> Option<String> {
        let is_file = |path: &&String| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            !folder.contains('*')
                && name.matches('*').count() <= 1
                && name.to_ascii_lowercase().ends_with(".json")
        };
        let reason = if self.job.is_empty() {
            "job is missing: give it a name".into()
        } else if !self.path.starts_with('/') {
            "path begins with /".into()
        } else if self.targets.is_empty() && self.files.is_empty() {
            "write targets or files".into()
        } else if let Some(wrong) = self.files.iter().find(|path| !is_file(path)) {
            format!(
                "files: {wrong:?} is no path of a JSON file; its last part may have one * and ends with .json"
            )
        } else if self.user.is_some() != self.password_file.is_some() {
            "user and password_file go together; write both or none".into()
        } else if self.user.is_some() && self.bearer_token_file.is_some() {
            "write bearer_token_file or user, not both".into()
        } else if self.ca_file.is_some() && self.insecure {
            "write ca_file or insecure, not both".into()
        } else if !(1..=BODY_MAX).contains(&self.body_size_limit) {
            format!("body_size_limit is 1 to {BODY_MAX} bytes")
        } else {
            return None;
        };
        Some(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(text: &str) -> Result<Job, String> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        Job::new(&toml::from_str(text).map_err(|error| error.to_string())?)
    }

    #[test]
    fn defaults_are_those_of_prometheus() {
        let job = job("job = \"a\"\ntargets = [\"h:1\"]").unwrap();
        assert_eq!((job.config.every.as_str(), job.timeout.as_secs()), ("15s", 10));
        assert_eq!((job.config.path.as_str(), job.config.scheme.name()), ("/metrics", "http"));
        assert!(job.config.honor_timestamps && !job.config.honor_labels && job.config.follow_redirects);
        let quick = times("2s", None).unwrap();
        assert_eq!((quick.0.as_secs(), quick.1.as_secs()), (2, 2));
    }

    #[test]
    fn what_cannot_be_is_said_with_the_job() {
        for (text, expect) in [
            ("targets = [\"h:1\"]", "job is missing"),
            ("job = \"a\"", "write targets or files"),
            ("job = \"a\"\ntargets = [\"h:1\"]\nevery = \"0s\"", "every is 1s to 1d"),
            ("job = \"a\"\ntargets = [\"h:1\"]\nevery = \"often\"", "no time such as"),
            ("job = \"a\"\ntargets = [\"h:1\"]\ntimeout = \"1m\"", "at most every"),
            ("job = \"a\"\ntargets = [\"h:1\"]\npath = \"metrics\"", "begins with /"),
            ("job = \"a\"\nfiles = [\"a/*/b.json\"]", "no path of a JSON file"),
            ("job = \"a\"\nfiles = [\"a/b.yml\"]", "no path of a JSON file"),
            ("job = \"a\"\ntargets = [\"h:1\"]\nuser = \"u\"", "go together"),
            ("job = \"a\"\ntargets = [\"h:1\"]\nbody_size_limit = 0", "body_size_limit"),
            ("job = \"a\"\ntargets = [\"h:1\"]\nca_file = \"/nowhere.pem\"", "/nowhere.pem"),
            (
                "job = \"a\"\ntargets = [\"h:1\"]\n[[relabel]]\naction = \"keep\"\nregex = \"(\"",
                "relabel: regex",
            ),
            ("job = \"a\"\ntargets = [\"h:1\"]\n[[relabel]]\naction = \"reject\"", "unknown variant"),
        ] {
            let error = job(text).err().unwrap_or_else(|| panic!("{text:?} is taken"));
            assert!(error.contains(expect), "{error:?} does not say {expect:?}");
        }
    }

    #[test]
    fn two_jobs_of_one_name_are_refused() {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let one = ScrapeConfig { job: "a".into(), targets: vec!["h:1".into()], ..ScrapeConfig::default() };
        assert!(jobs(&[one.clone(), one]).unwrap_err().contains("two jobs"));
    }
}
