//! The rules there are: those shipped with Topmast, and ours.
//!
//! A rule of ours takes the place of a shipped one of the same name, so that a shipped one is changed or
//! switched off by applying it with other words; deleted, the shipped one counts again. Shipped rules are no
//! events: with a new version come its rules.

use crate::{Listed, Rejection, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use topmast_model::event::EventBody;
use topmast_model::principal::{Principal, Right};
use topmast_model::rule::{Rule, text};

/// Most rules of ours.
pub const RULES_MAX: usize = text::RULES_MAX;

/// The shipped rules as their file has them: for reading and for copying.
pub const SHIPPED: &str = include_str!("rule/shipped.toml");

static SHIPPED_RULES: LazyLock<BTreeMap<String, Rule>> = LazyLock::new(|| {
    // A test reads the file, so a mistake in it does not get here.
    let rules = text::read(SHIPPED).unwrap_or_default();
    rules.into_iter().map(|rule| (rule.name.clone(), rule)).collect()
});

/// The shipped rules, by name.
pub fn shipped_rules() -> &'static BTreeMap<String, Rule> {
    &SHIPPED_RULES
}

impl State {
    /// The rule of a name: ours, else the shipped one.
    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.get(name).or_else(|| SHIPPED_RULES.get(name))
    }

    /// Every rule, ours before the shipped ones, those of each in the order of their names. Some may not be enabled.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        let shipped = SHIPPED_RULES.values().filter(|rule| !self.rules.contains_key(&rule.name));
        self.rules.values().chain(shipped)
    }

    /// True when a rule is ours, perhaps in the place of a shipped one.
    pub fn is_own_rule(&self, name: &str) -> bool {
        self.rules.contains_key(name)
    }
}

/// What applying rules would do: a dry run shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RulesPlan {
    /// Rules that are new.
    pub added: Vec<String>,
    /// Rules that become others; shipped ones that ours take the place of among them.
    pub changed: Vec<String>,
    /// Rules that are as they are to be.
    pub unchanged: Vec<String>,
    /// Rules of ours that go.
    pub deleted: Vec<String>,
}

/// Works out what applying rules would do. Of those that are not among them, whoever asks deletes what is for them to delete.
///
/// # Errors
/// A [`Rejection`] when they cannot be applied.
pub fn plan_rules(
    state: &State,
    who: &Principal,
    rules: &[Rule],
    prune: bool,
) -> Result<RulesPlan, Rejection> {
    let mut names = BTreeSet::new();
    let mut plan = RulesPlan::default();
    for rule in rules {
        rule.check().map_err(|error| Rejection::invalid("rules", error.to_string()))?;
        if !names.insert(rule.name.as_str()) {
            return Err(Rejection::invalid(
                "rules",
                format!("there are two rules {:?}; rename one", rule.name),
            ));
        }
        let kept = state.rule(&rule.name);
        let list = match kept {
            None => &mut plan.added,
            Some(kept) if kept == rule => &mut plan.unchanged,
            Some(_) => &mut plan.changed,
        };
        list.push(rule.name.clone());
    }
    if prune {
        let left = state.rules.values().filter(|rule| !names.contains(rule.name.as_str()));
        let theirs = left.filter(|rule| who.may(Right::ManageRules, rule.within.as_ref()));
        plan.deleted = theirs.map(|rule| rule.name.clone()).collect();
    }
    let added =
        plan.added.len() + plan.changed.iter().filter(|name| !state.rules.contains_key(*name)).count();
    if state.rules.len() + added - plan.deleted.len() > RULES_MAX {
        return Err(Rejection::limit(format!(
            "there would be more than {RULES_MAX} rules; delete some first"
        )));
    }
    Ok(plan)
}

/// Decides `ApplyRules`.
pub(crate) fn apply_rules(
    state: &State,
    who: &Principal,
    rules: &[Rule],
    prune: bool,
) -> Result<Vec<EventBody>, Rejection> {
    let plan = plan_rules(state, who, rules, prune)?;
    let news = rules.iter().filter(|rule| !plan.unchanged.contains(&rule.name));
    let applied = news.map(|rule| EventBody::RuleApplied { rule: Box::new(rule.clone()) });
    let deleted = plan.deleted.iter().filter_map(|name| state.rules.get(name)).map(deleted);
    Ok(applied.chain(deleted).collect())
}

/// Decides `DeleteRule`.
pub(crate) fn delete(state: &State, name: &str) -> Result<Vec<EventBody>, Rejection> {
    match state.rules.get(name) {
        Some(rule) => Ok(vec![deleted(rule)]),
        None if SHIPPED_RULES.contains_key(name) => Err(Rejection::conflict(format!(
            "rule {name} is shipped with Topmast; apply one of this name with `enabled = false` to switch it off"
        ))),
        None => Err(Rejection::NotFound {
            what: "rule",
            names: Listed::one(name),
            hint: "`topmast rules` shows which there are",
        }),
    }
}

fn deleted(rule: &Rule) -> EventBody {
    EventBody::RuleDeleted { name: rule.name.clone(), within: rule.within.clone() }
}

#[cfg(test)]
mod tests;
