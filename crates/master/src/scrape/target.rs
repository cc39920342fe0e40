//! A target: what relabelling makes of an address and its labels, and how its last scrape went.

use super::config::{Job, times};
use reqwest::Url;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use topmast_ingest::relabel::{Labels, apply};

const ADDRESS: &str = "__address__";
const SCHEME: &str = "__scheme__";
const PATH: &str = "__metrics_path__";
const EVERY: &str = "__scrape_interval__";
const TIMEOUT: &str = "__scrape_timeout__";
const PARAMETER: &str = "__param_";
const JOB: &str = "job";
const INSTANCE: &str = "instance";

/// What is asked for its metrics.
#[derive(Debug)]
pub(crate) struct Target {
    /// The labels that all its series get.
    pub(crate) labels: Labels,
    pub(crate) url: Url,
    pub(crate) every: Duration,
    pub(crate) timeout: Duration,
    health: Mutex<Health>,
}

/// How the last scrape went.
#[derive(Debug, Clone, Default)]
pub(crate) struct Health {
    pub(crate) state: State,
    /// Why it failed; empty when it did not.
    pub(crate) error: String,
    /// When it began, in ms since the Unix epoch.
    pub(crate) time: Option<i64>,
    pub(crate) took: Duration,
}

/// Whether a target answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// Its last scrape was good.
    Up,
    /// Its last scrape failed.
    Down,
}

impl State {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What became of an address.
pub(super) struct Found {
    /// Its labels before relabelling.
    pub(super) discovered: Labels,
    /// `None` when relabelling dropped it.
    pub(super) target: Option<Target>,
}

impl Target {
    /// What makes it another target when it changes.
    pub(super) fn key(&self) -> String {
        format!("{} {:?} {:?} {:?}", self.url, self.labels, self.every, self.timeout)
    }

    pub(crate) fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_health(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

/// Finds what an address with its labels is.
///
/// # Errors
/// What is wrong with it.
pub(super) fn find(job: &Job, address: &str, labels: &Labels) -> Result<Found, String> {
    let config = &job.config;
    let mut all = labels.clone();
    all.insert(ADDRESS.into(), address.to_owned());
    let defaults = [
        (JOB.to_owned(), config.job.clone()),
        (SCHEME.to_owned(), config.scheme.name().to_owned()),
        (PATH.to_owned(), config.path.clone()),
        (EVERY.to_owned(), config.every.clone()),
        (
            TIMEOUT.to_owned(),
            config.timeout.clone().unwrap_or_else(|| format!("{}ms", job.timeout.as_millis())),
        ),
    ];
    let parameters = config.params.iter().filter_map(|(name, values)| {
        values.first().map(|value| (format!("{PARAMETER}{name}"), value.clone()))
    });
    for (name, value) in defaults.into_iter().chain(parameters) {
        all.entry(name).or_insert(value);
    }
    let discovered = all.clone();
    if !apply(&job.relabel, &mut all) {
        return Ok(Found { discovered, target: None });
    }
    let get = |all: &Labels, name: &str| all.get(name).cloned().unwrap_or_default();
    let fault = |reason: String| format!("target {address:?}: {reason}");
    let scheme = get(&all, SCHEME);
    let address = with_port(&get(&all, ADDRESS), &scheme).map_err(fault)?;
    let (every, timeout) = times(&get(&all, EVERY), Some(&get(&all, TIMEOUT))).map_err(fault)?;
    let url = url(job, &all, &scheme, &address).map_err(fault)?;
    all.retain(|name, _| !name.starts_with("__"));
    all.entry(INSTANCE.into()).or_insert(address);
    let target = Target { labels: all, url, every, timeout, health: Mutex::default() };
    Ok(Found { discovered, target: Some(target) })
}

/// An address with the port of its scheme when it has none.
fn with_port(address: &str, scheme: &str) -> Result<String, String> {
    if address.is_empty() {
        return Err("it has no address".into());
    }
    let has_port = match address.rsplit_once(':') {
        None => false,
        Some((host, _)) => !host.starts_with('[') || host.ends_with(']'),
    };
    match (has_port, scheme) {
        (true, "http" | "https") => Ok(address.to_owned()),
        (false, "http") => Ok(format!("{address}:80")),
        (false, "https") => Ok(format!("{address}:443")),
        _ => Err(format!("the scheme {scheme:?} is neither http nor https")),
    }
}

fn url(job: &Job, labels: &Labels, scheme: &str, address: &str) -> Result<Url, String> {
    let wrong = || format!("{address:?} is no HOST:PORT");
    if address.contains(['/', '?', '#', '@']) {
        return Err(wrong());
    }
    let mut url = Url::parse(&format!("{scheme}://{address}")).map_err(|_| wrong())?;
    url.set_path(labels.get(PATH).map_or("/", String::as_str));
    let mut parameters = job.config.params.clone();
    for (name, value) in labels {
        if let Some(name) = name.strip_prefix(PARAMETER) {
            let values = parameters.entry(name.to_owned()).or_default();
            match values.first_mut() {
                Some(first) => first.clone_from(value),
                None => values.push(value.clone()),
            }
        }
    }
    if !parameters.is_empty() {
        let pairs =
            parameters.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
        url.query_pairs_mut().extend_pairs(pairs);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrape::config::ScrapeConfig;

    fn found(section: &str, address: &str, labels: &[(&str, &str)]) -> Result<Found, String> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut config: ScrapeConfig = toml::from_str(section).unwrap();
        config.job = "j".into();
        config.targets = vec![address.into()];
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        find(&Job::new(&config).unwrap(), address, &labels)
    }

    fn check(section: &str, address: &str, labels: &[(&str, &str)], url: &str, expect: &str) {
        let target = found(section, address, labels).unwrap().target.unwrap();
        let told: Vec<String> = target.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!((target.url.as_str(), told.join(",").as_str()), (url, expect));
    }

    #[test]
    fn addresses_become_urls_and_labels() {
        check("", "h:9100", &[("zone", "z")], "http://h:9100/metrics", "instance=h:9100,job=j,zone=z");
        check("scheme = \"https\"", "h", &[], "https://h/metrics", "instance=h:443,job=j");
        check("", "[::1]", &[], "http://[::1]/metrics", "instance=[::1]:80,job=j");
        check("", "[::1]:9", &[("job", "own")], "http://[::1]:9/metrics", "instance=[::1]:9,job=own");
    }

    #[test]
    fn a_prober_is_asked_about_the_target_as_with_prometheus() {
        let section = r#"
            path = "/probe"
            params = { module = ["http_2xx", "more"] }
            [[relabel]]
            source_labels = ["__address__"]
            target_label = "__param_target"
            [[relabel]]
            source_labels = ["__param_target"]
            target_label = "instance"
            [[relabel]]
            target_label = "__address__"
            replacement = "prober:9115"
        "#;
        let url = "http://prober:9115/probe?module=http_2xx&module=more&target=example.org";
        check(section, "example.org", &[], url, "instance=example.org,job=j");
    }

    #[test]
    fn relabelling_drops_and_sets_interval_scheme_and_path() {
        let section = r#"
            [[relabel]]
            source_labels = ["__meta_filepath"]
            regex = ".*/off.json"
            action = "drop"
            [[relabel]]
            source_labels = ["every"]
            regex = "(.+)"
            target_label = "__scrape_interval__"
            [[relabel]]
            target_label = "__scheme__"
            replacement = "https"
            [[relabel]]
            target_label = "__metrics_path__"
            replacement = "/m"
        "#;
        let dropped = found(section, "h:1", &[("__meta_filepath", "/etc/off.json")]).unwrap();
        assert!(dropped.target.is_none() && dropped.discovered["__address__"] == "h:1");
        let target = found(section, "h:1", &[("every", "1m")]).unwrap().target.unwrap();
        assert_eq!(
            (target.url.as_str(), target.every.as_secs(), target.timeout.as_secs()),
            ("https://h:1/m", 60, 10)
        );
    }

    #[test]
    fn addresses_that_cannot_be_are_said() {
        for (section, address, expect) in [
            ("", "a/b", "no HOST:PORT"),
            ("", "::1", "no HOST:PORT"),
            ("", "h:99999", "no HOST:PORT"),
            ("[[relabel]]\ntarget_label = \"__address__\"\nreplacement = \"\"", "h:1", "no address"),
            ("[[relabel]]\ntarget_label = \"__scheme__\"\nreplacement = \"ftp\"", "h:1", "neither http"),
            (
                "[[relabel]]\ntarget_label = \"__scrape_timeout__\"\nreplacement = \"1h\"",
                "h:1",
                "at most every",
            ),
        ] {
            let error = found(section, address, &[]).err().unwrap_or_else(|| panic!("{address} is taken"));
            assert!(error.contains(expect), "{error:?} does not say {expect:?}");
        }
    }
}
