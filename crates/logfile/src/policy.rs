//! What may be read of this server's logs, and what of it is hidden: `[logs]` of the agent's configuration.

use crate::redact::Redactor;
use regex::bytes::RegexBuilder;
use serde::Deserialize;
use std::path::PathBuf;

/// Rules of a server.
const RULES_MAX: usize = 100;
/// Most bytes of a compiled rule.
const RULE_SIZE_MAX: usize = 1 << 20;
/// Readings at once unless configured, of all masters together.
const READINGS: usize = 16;
/// Most that can be configured: each has a thread and some megabytes.
const READINGS_MAX: usize = 256;

/// What `[logs]` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogPolicyFile {
    /// Default true; false lets no master read logs over this agent.
    pub allow: Option<bool>,
    /// Default true: card numbers keep their first six and last four digits.
    pub redact_cards: Option<bool>,
    /// `[[logs.redact]]`: what else is hidden.
    #[serde(default)]
    pub redact: Vec<RedactRuleFile>,
    /// Default 16.
    pub readings_max: Option<usize>,
    /// Directory of systemd's journal; the system's own when missing.
    pub journal: Option<PathBuf>,
}

/// One `[[logs.redact]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedactRuleFile {
    /// What is hidden.
    pub pattern: String,
    /// What stands in its place; `${1}` is a group of the pattern. Default `***`.
    pub with: Option<String>,
}

/// What is allowed.
#[derive(Debug, Clone)]
pub struct LogPolicy {
    /// False: nothing is read.
    pub allow: bool,
    /// What is hidden.
    pub redactor: Redactor,
    /// Most readings at a time.
    pub readings_max: usize,
    /// Directory of systemd's journal; the system's own when missing.
    pub journal: Option<PathBuf>,
}

impl Default for LogPolicy {
    fn default() -> Self {
        let redactor = Redactor { cards: true, rules: Vec::new() };
        Self { allow: true, redactor, readings_max: READINGS, journal: None }
    }
}

impl PartialEq for LogPolicy {
    fn eq(&self, other: &Self) -> bool {
        let rules = |policy: &Self| -> Vec<(String, String)> {
            let rules = policy.redactor.rules.iter();
            rules.map(|(pattern, with)| (pattern.as_str().to_owned(), with.clone())).collect()
        };
        self.allow == other.allow
            && self.readings_max == other.readings_max
            && self.journal == other.journal
            && self.redactor.cards == other.redactor.cards
            && rules(self) == rules(other)
    }
}

impl Eq for LogPolicy {}

/// What is wrong with `[logs]`.
#[derive(Debug, thiserror::Error)]
pub enum LogPolicyError {
    /// A rule.
    #[error("[[logs.redact]] pattern = {pattern:?}: {problem}")]
    Rule {
        /// As it is written.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// How many rules.
    #[error("{0} tables [[logs.redact]] are too many; write at most {RULES_MAX}")]
    Rules(usize),
    /// How many readings.
    #[error("[logs] readings_max = {0} is not between 1 and {READINGS_MAX}")]
    Readings(usize),
}

impl LogPolicyFile {
    /// Checks every value and fills in the defaults.
    ///
    /// # Errors
    /// [`LogPolicyError`] with what to write instead.
    pub fn resolve(self) -> Result<LogPolicy, LogPolicyError> {
        if self.redact.len() > RULES_MAX {
            return Err(LogPolicyError::Rules(self.redact.len()));
        }
        let rule = |rule: RedactRuleFile| {
            let compiled = RegexBuilder::new(&rule.pattern).size_limit(RULE_SIZE_MAX).build();
            match compiled {
                Ok(compiled) => Ok((compiled, rule.with.unwrap_or_else(|| "***".to_owned()))),
                Err(error) => {
                    let problem = crate::expression::problem(&error);
                    Err(LogPolicyError::Rule { pattern: rule.pattern, problem })
                }
            }
        };
        let rules = self.redact.into_iter().map(rule).collect::<Result<_, _>>()?;
        let readings_max = self.readings_max.unwrap_or(READINGS);
        if !(1..=READINGS_MAX).contains(&readings_max) {
            return Err(LogPolicyError::Readings(readings_max));
        }
        let redactor = Redactor { cards: self.redact_cards.unwrap_or(true), rules };
        Ok(LogPolicy { allow: self.allow.unwrap_or(true), redactor, readings_max, journal: self.journal })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Result<LogPolicy, String> {
        let file: LogPolicyFile = toml::from_str(text).map_err(|error| error.to_string())?;
        file.resolve().map_err(|error| error.to_string())
    }

    #[test]
    fn cards_are_hidden_unless_it_is_said() {
        assert!(policy("").unwrap().redactor.cards);
        assert!(!policy("redact_cards = false").unwrap().redactor.cards);
        let ruled = policy("[[redact]]\npattern = 'secret=\\w+'").unwrap();
        assert_eq!(&*ruled.redactor.apply(b"secret=abc x"), b"*** x");
    }

    #[test]
    fn wrong_policy_is_refused_with_the_remedy() {
        for (text, expected) in [
            ("alow = false", "unknown field `alow`"),
            ("[[redact]]\npattern = '('", "unclosed group"),
            ("[[redact]]\npattern = '(\\w{1000}){1000}'", "too large"),
            ("readings_max = 0", "is not between 1 and 256"),
        ] {
            let error = policy(text).unwrap_err();
            assert!(error.contains(expected), "{error:?} does not hold {expected:?}");
        }
    }
}
