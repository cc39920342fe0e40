//! Rules of people's access: the section `[access]`.

use super::ldap::config::LdapConfig;
use super::oidc::config::OidcConfig;
use super::outside::GroupGrants;
use super::throttle::Lockout;
use serde::Deserialize;
use std::time::Duration;
use topmast_model::principal::{Grant, Role};

/// Shortest bound that a policy may set, in characters: what fewer have is guessed from the hash in hours.
const PASSWORD_MIN_LEAST: usize = 8;
/// Longest: a sentence that is still typed.
const PASSWORD_MIN_MOST: usize = 128;

/// Rules of people's access.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// Shortest password, in characters.
    pub password_min: usize,
    /// Failed logins in a row after which a name is locked.
    pub lockout_after: u32,
    /// How long, in minutes; each further failure doubles it.
    pub lockout_minutes: u32,
    /// From where the name is locked then.
    pub lockout: LockoutScope,
    /// Whose logins need a second factor: users with one of these roles anywhere; nobody when there are none.
    pub second_factor: Vec<Role>,
    /// What being in a group of the provider or directory gives.
    pub groups: Vec<GroupGrants>,
    /// The identity provider.
    pub oidc: Option<OidcConfig>,
    /// The directory.
    pub ldap: Option<LdapConfig>,
}

/// From where a name is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LockoutScope {
    /// From the address that failed: nobody can lock others out.
    Address,
    /// From everywhere: whoever knows a name can lock its user out; some standards ask for it.
    Name,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            password_min: 12,
            lockout_after: 10,
            lockout_minutes: 15,
            lockout: LockoutScope::Address,
            second_factor: Vec::new(),
            groups: Vec::new(),
            oidc: None,
            ldap: None,
        }
    }
}

impl AccessConfig {
    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self, public_url: Option<&str>) -> Result<(), (&'static str, String)> {
        if !(PASSWORD_MIN_LEAST..=PASSWORD_MIN_MOST).contains(&self.password_min) {
            let text =
                format!("a password has at least {PASSWORD_MIN_LEAST} to {PASSWORD_MIN_MOST} characters");
            return Err(("access.password_min", text));
        }
        if !(6..=1_000).contains(&self.lockout_after) {
            return Err(("access.lockout_after", "a name is locked after 6 to 1000 failures".into()));
        }
        if !(1..=24 * 60).contains(&self.lockout_minutes) {
            return Err(("access.lockout_minutes", "a name is locked for 1 to 1440 minutes".into()));
        }
        if self.second_factor.iter().any(|role| !Role::GRANTABLE.contains(role)) {
            return Err(("access.second_factor", "write roles that users have, such as admin".into()));
        }
        if self.groups.iter().any(|rule| rule.group.is_empty() || rule.grants.is_empty()) {
            return Err(("access.groups", "each has a group and at least one grant, such as viewer".into()));
        }
        self.ldap.as_ref().map_or(Ok(()), LdapConfig::check)?;
        self.oidc.as_ref().map_or(Ok(()), |oidc| oidc.check(public_url))
    }

    /// True when logins of a user with these grants need a second factor.
    pub(crate) fn wants_second_factor(&self, grants: &[Grant]) -> bool {
        grants.iter().any(|grant| self.second_factor.contains(&grant.role))
    }

    /// When names are locked, and for how long.
    pub(crate) fn lockout(&self) -> Lockout {
        Lockout {
            after: self.lockout_after,
            time: Duration::from_secs(u64::from(self.lockout_minutes) * 60),
            scope: self.lockout,
        }
    }
}
