//! The directory: the section `[access.ldap]`.

use crate::access::secret_source::SecretSource;
use serde::Deserialize;
use std::path::PathBuf;

/// The directory whose passwords let people in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapConfig {
    /// `ldaps://dc1.example`, or `ldap://…` with `starttls`.
    pub url: String,
    /// Begin TLS on a plain connection before anything else.
    #[serde(default)]
    pub starttls: bool,
    /// CAs to trust instead of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// The account that searches; nobody when missing.
    pub bind_dn: Option<String>,
    /// Its password.
    pub bind_password: Option<SecretSource>,
    /// Where users are.
    pub user_base: String,
    /// Where groups are.
    pub group_base: String,
    /// Active Directory: its names of attributes, and groups in groups.
    #[serde(default)]
    pub active_directory: bool,
    /// Which entry is the user: `{user}` is what was typed.
    pub user_filter: Option<String>,
    /// Which entries are the user's groups: `{dn}` is the user's entry, `{user}` what was typed.
    pub group_filter: Option<String>,
    /// The attribute that is the user's name here.
    pub name_attribute: Option<String>,
    /// The attribute that a group is called by in `[[access.groups]]`.
    pub group_attribute: Option<String>,
    /// The attribute that no two users ever have alike.
    pub subject_attribute: Option<String>,
}

impl LdapConfig {
    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        let url = reqwest::Url::parse(&self.url).ok();
        let is_near = |url: &reqwest::Url| {
            url.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
        };
        let fits = url.is_some_and(|url| match url.scheme() {
            "ldaps" => !self.starttls,
            "ldap" => self.starttls || is_near(&url),
            _ => false,
        });
        if !fits {
            let text = "write ldaps://HOST, or ldap://HOST with starttls = true: passwords go over TLS";
            return Err(("access.ldap.url", text.into()));
        }
        if self.bind_dn.is_some() != self.bind_password.is_some() {
            return Err((
                "access.ldap.bind_dn",
                "bind_dn and bind_password go together; write both or none".into(),
            ));
        }
        if self.user_base.is_empty() || self.group_base.is_empty() {
            return Err((
                "access.ldap.user_base",
                "write where users and groups are, such as dc=acme,dc=example".into(),
            ));
        }
        if !self.user_filter().contains("{user}") {
            return Err(("access.ldap.user_filter", "write {user} where the name belongs".into()));
        }
        if !self.group_filter().contains("{dn}") && !self.group_filter().contains("{user}") {
            return Err(("access.ldap.group_filter", "write {dn} or {user} where the member belongs".into()));
        }
        Ok(())
    }

    pub(crate) fn user_filter(&self) -> &str {
        let ad = "(&(objectCategory=person)(objectClass=user)(sAMAccountName={user}))";
        self.user_filter.as_deref().unwrap_or(if self.active_directory { ad } else { "(uid={user})" })
    }

    /// Active Directory follows groups in groups by a matching rule of its own, `LDAP_MATCHING_RULE_IN_CHAIN`.
    pub(crate) fn group_filter(&self) -> &str {
        let ad = "(member:1.2.840.113556.1.4.1941:={dn})";
        self.group_filter.as_deref().unwrap_or(if self.active_directory { ad } else { "(member={dn})" })
    }

    pub(crate) fn name_attribute(&self) -> &str {
        let usual = if self.active_directory { "sAMAccountName" } else { "uid" };
        self.name_attribute.as_deref().unwrap_or(usual)
    }

    pub(crate) fn group_attribute(&self) -> &str {
        self.group_attribute.as_deref().unwrap_or("cn")
    }

    pub(crate) fn subject_attribute(&self) -> &str {
        let usual = if self.active_directory { "objectGUID" } else { "entryUUID" };
        self.subject_attribute.as_deref().unwrap_or(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> LdapConfig {
        let base = "user_base = \"ou=people,dc=acme\"\ngroup_base = \"ou=groups,dc=acme\"\n";
        toml::from_str(&format!("{base}{text}")).unwrap()
    }

    #[test]
    fn passwords_go_over_tls_or_to_this_machine() {
        // LD-1
        for (text, good) in [
            ("url = \"ldaps://dc\"", true),
            ("url = \"ldap://dc\"\nstarttls = true", true),
            ("url = \"ldap://127.0.0.1:389\"", true),
            ("url = \"ldap://dc\"", false),
            ("url = \"ldaps://dc\"\nstarttls = true", false),
            ("url = \"http://dc\"", false),
            ("url = \"dc\"", false),
            ("url = \"ldaps://dc\"\nbind_dn = \"cn=a\"", false),
            ("url = \"ldaps://dc\"\nuser_filter = \"(uid=eve)\"", false),
            ("url = \"ldaps://dc\"\ngroup_filter = \"(cn=noc)\"", false),
        ] {
            assert_eq!(config(text).check().is_ok(), good, "{text}");
        }
    }

    #[test]
    fn active_directory_has_names_of_its_own_and_groups_in_groups() {
        let ad = config("url = \"ldaps://dc\"\nactive_directory = true");
        assert_eq!(ad.group_filter(), "(member:1.2.840.113556.1.4.1941:={dn})");
        assert_eq!((ad.name_attribute(), ad.subject_attribute()), ("sAMAccountName", "objectGUID"));
        assert!(ad.user_filter().contains("(sAMAccountName={user})"));
        let own = config("url = \"ldaps://dc\"\nactive_directory = true\nuser_filter = \"(mail={user})\"");
        assert_eq!(own.user_filter(), "(mail={user})");
    }
}
