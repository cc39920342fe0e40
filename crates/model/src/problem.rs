//! Problems: what rules see, and what people do about it.
//!
//! Persisted in the journal. A problem is one rule on one object, and where a rule's query gives several
//! series of one object, the labels that tell them apart (*detail*).
//!
//! Elsewhere: what becomes of a problem (`topmast-engine`, `problem`), rules (`rule`), maintenance (`maintenance`).

use crate::id::ActionId;
use crate::path::ObjectPath;
use crate::principal::Actor;
use crate::rule::Number;
use crate::status::Severity;
use crate::time::UnixMillis;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Longest comment, in bytes.
pub const COMMENT_MAX: usize = 1_000;
/// Most observations in one command.
pub const OBSERVATIONS_MAX: usize = 10_000;
/// Most problems that one command names.
pub const NAMED_MAX: usize = 10_000;
/// Longest detail of a problem, in bytes.
pub const DETAIL_MAX: usize = 500;
/// Longest mute, in milliseconds: 400 days; what is to be silent for longer is no problem, so change its rule.
pub const MUTE_MS_MAX: u64 = 400 * 24 * 60 * 60 * 1_000;

/// Identity of a problem: problems are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProblemId(pub u64);

impl fmt::Display for ProblemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ProblemId {
    type Err = ProblemIdError;

    fn from_str(text: &str) -> Result<Self, ProblemIdError> {
        text.parse().map(Self).map_err(|_| ProblemIdError(text.to_owned()))
    }
}

/// A text that is not a problem's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the number of a problem; `topmast problems` shows them")]
pub struct ProblemIdError(String);

/// What a problem is the same by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProblemKey {
    /// On what.
    pub object: ObjectPath,
    /// By which rule.
    pub rule: String,
    /// Labels that tell a query's series of one object apart, as `mount="/var"`; mostly empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

impl fmt::Display for ProblemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.rule, self.object)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " {{{}}}", self.detail) }
    }
}

/// The object that a series is about, and the detail that tells it from others of the object.
///
/// The labels `tenant`, `cluster`, `server`, `application` and `service` make the path, down to the first one
/// that is not there; every other label but `__name__` is detail. `None` without a tenant, as after a sum over
/// tenants: such a series is about nothing that there is.
pub fn locate<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<(ObjectPath, String)> {
    const LEVELS: [&str; 5] = ["tenant", "cluster", "server", "application", "service"];
    let labels: BTreeMap<&str, &str> = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    let mut path = ObjectPath::tenant(labels.get("tenant")?).ok()?;
    for level in &LEVELS[1..] {
        let Some(deeper) = labels.get(level).and_then(|name| path.join(name).ok()) else { break };
        path = deeper;
    }
    let is_detail = |name: &str| name != "__name__" && !LEVELS.contains(&name);
    let detail = labels.iter().filter(|(name, _)| is_detail(name));
    let detail: Vec<String> = detail.map(|(name, value)| format!("{name}={value:?}")).collect();
    Some((path, detail.join(", ")))
}

/// What was found when a rule was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Rule, object, detail.
    #[serde(flatten)]
    pub key: ProblemKey,
    /// What was found.
    pub verdict: Verdict,
    /// Since when.
    pub since: UnixMillis,
    /// The value that decided, of a rule on numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// In words: the rule's message with its placeholders filled in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// Whether a rule's condition is so, its `for` and `keep_firing_for` taken into account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is.
    Firing,
    /// It is not.
    Ok,
    /// It cannot be told: no data, or the object is not seen.
    Unknown,
    /// There is nothing to look at any more: the series ended, the object went, the rule leaves it out.
    Gone,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &'static [Self] = &[Self::Firing, Self::Ok, Self::Unknown, Self::Gone];
}

/// A new problem, as its event tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProblem {
    /// Rule, object, detail.
    #[serde(flatten)]
    pub key: ProblemKey,
    /// How much it matters.
    pub severity: Severity,
    /// Since when.
    pub since: UnixMillis,
    /// In words.
    pub message: String,
    /// The value that decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Number>,
    /// Problems inside the object are its symptoms.
    #[serde(default)]
    pub outage: bool,
    /// The rule's labels, for routes and filters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Somebody takes a problem in hand: nobody else is told of it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// What is being done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it ends by itself; with the problem at the latest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMillis>,
    /// Holds when the problem becomes worse as well.
    #[serde(default)]
    pub sticky: bool,
}

/// Why an acknowledgement ended before its problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcknowledgementEnd {
    /// Somebody took it back.
    ByHand,
    /// Its time was over.
    Expired,
    /// The problem became worse, and the acknowledgement was not sticky.
    Worse,
}

/// Nobody is told of problems on an object and inside it for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// On what, and everything inside it.
    pub object: ObjectPath,
    /// Of this rule only; of every rule when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// When it ends: there is no mute for ever.
    pub until: UnixMillis,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl Mute {
    /// True when a problem is muted by it, as long as it lasts.
    pub fn covers(&self, key: &ProblemKey) -> bool {
        key.object.is_within(&self.object) && self.rule.as_ref().is_none_or(|rule| *rule == key.rule)
    }
}

/// Why nobody is told of a problem; the first one that applies, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Suppression {
    /// Maintenance was announced.
    Maintenance {
        /// Which.
        id: Uuid,
    },
    /// Somebody muted it.
    Muted {
        /// Which mute.
        id: Uuid,
    },
    /// What it is on, or inside, is out itself: a symptom.
    ParentDown {
        /// What is out.
        object: ObjectPath,
        /// The problem that says so, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<ProblemId>,
    },
    /// An action is under way on what it is on, or on what that depends on.
    Action {
        /// Which.
        id: ActionId,
    },
    /// It comes and goes, and that was told.
    Flapping,
    /// Somebody has it in hand.
    Acknowledged,
}

impl Suppression {
    /// The word used in filters.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Maintenance { .. } => "maintenance",
            Self::Muted { .. } => "muted",
            Self::ParentDown { .. } => "parent-down",
            Self::Action { .. } => "action",
            Self::Flapping => "flapping",
            Self::Acknowledged => "acknowledged",
        }
    }
}

/// What people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// There is a problem.
    Opened,
    /// There is one that comes and goes.
    Flapping,
    /// It matters more than was told.
    Worse,
    /// It is still there, and whoever had it in hand has it no longer.
    StillOpen,
    /// It is over.
    Recovered,
}

impl Notice {
    /// The word shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Flapping => "flapping",
            Self::Worse => "worse",
            Self::StillOpen => "still open",
            Self::Recovered => "recovered",
        }
    }
}

/// Why a problem is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloseReason {
    /// The condition is so no longer.
    Recovered,
    /// Its data or its object is there no longer.
    Gone,
    /// Its rule is there no longer, or is not looked at.
    RuleGone,
    /// Somebody closed it.
    ByHand,
}

impl CloseReason {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Gone => "what it was about is gone",
            Self::RuleGone => "its rule is no longer looked at",
            Self::ByHand => "closed by hand",
        }
    }
}

/// What somebody wrote about a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// When.
    pub time: UnixMillis,
    /// Who.
    pub actor: Actor,
    /// What.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mute_covers_what_is_inside_and_its_rule_only() {
        let key = |object: &str, rule: &str| ProblemKey {
            object: object.parse().unwrap(),
            rule: rule.into(),
            detail: String::new(),
        };
        let mut mute =
            Mute { object: "a/b/c".parse().unwrap(), rule: None, until: UnixMillis(1), comment: None };
        assert!(mute.covers(&key("a/b/c", "x")) && mute.covers(&key("a/b/c/d/e", "y")));
        assert!(!mute.covers(&key("a/b/cc", "x")) && !mute.covers(&key("a/b", "x")));
        mute.rule = Some("x".into());
        assert!(mute.covers(&key("a/b/c/d", "x")) && !mute.covers(&key("a/b/c/d", "y")));
    }

    #[test]
    fn series_is_about_the_object_of_its_labels() {
        let check = |labels: &[(&str, &str)], expect: Option<(&str, &str)>| {
            let expect = expect.map(|(path, detail)| (path.parse().unwrap(), detail.to_owned()));
            assert_eq!(locate(labels.iter().copied()), expect);
        };
        let server = [("tenant", "a"), ("cluster", "b"), ("server", "c")];
        let with = |more: &[(&'static str, &'static str)]| [&server[..], more].concat();
        check(&with(&[("__name__", "x")]), Some(("a/b/c", "")));
        check(
            &with(&[("mount", "/var"), ("device", "sda")]),
            Some(("a/b/c", r#"device="sda", mount="/var""#)),
        );
        check(&with(&[("service", "HSM"), ("application", "switch")]), Some(("a/b/c/switch/HSM", "")));
        check(&with(&[("service", "HSM"), ("application", "")]), Some(("a/b/c", "")));
        check(&[("tenant", "a"), ("server", "c")], Some(("a", "")));
        check(&[("cluster", "b")], None);
        check(&[("tenant", "not a name")], None);
    }

    #[test]
    fn observation_is_flat_and_short() {
        let observation = Observation {
            key: ProblemKey { object: "a/b/c".parse().unwrap(), rule: "x".into(), detail: String::new() },
            verdict: Verdict::Ok,
            since: UnixMillis(5),
            value: None,
            message: String::new(),
        };
        let json = serde_json::to_value(&observation).unwrap();
        assert_eq!(json, serde_json::json!({"object": "a/b/c", "rule": "x", "verdict": "ok", "since": 5}));
        assert_eq!(serde_json::from_value::<Observation>(json).unwrap(), observation);
    }
}
