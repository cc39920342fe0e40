//! What is joined: the sections `[[join]]`, and `--join` of the command line.

use crate::access::secret_source::SecretSource;
use serde::Deserialize;
use std::path::PathBuf;
use std::str::FromStr;
use topmast_api::client::may_carry_credentials;
use topmast_model::path::check_name;

/// Most joined clusters.
pub(crate) const JOINS_MAX: usize = 100;
/// Most masters of one joined cluster.
const URLS_MAX: usize = 16;

/// Another cluster that this master shows and reaches: one `[[join]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinConfig {
    /// What it is called here: `default/main@NAME/…` is what the cluster itself calls `default/main/…`.
    pub name: String,
    /// Its masters, `https://host:port` each.
    pub urls: Vec<String>,
    /// An API token of that cluster that speaks for users.
    pub token: SecretSource,
    /// CAs to trust instead of the system's, PEM: those of that cluster.
    pub ca: Option<PathBuf>,
}

impl JoinConfig {
    fn check(&self) -> Result<(), String> {
        let Self { name, urls, .. } = self;
        check_name(name).map_err(|error| error.to_string())?;
        if name.contains('@') {
            return Err(format!("the name {name:?} has an @, which stands before it in paths; leave it out"));
        }
        if !(1..=URLS_MAX).contains(&urls.len()) {
            return Err(format!("{name} has {} addresses; write 1 to {URLS_MAX}", urls.len()));
        }
        match urls.iter().find(|url| !may_carry_credentials(url)) {
            Some(url) => {
                Err(format!("{name}: write https://HOST:PORT instead of {url:?}: a token goes there"))
            }
            None => Ok(()),
        }
    }
}

/// Checks all joins of a master whose own cluster has a name.
pub(crate) fn check(joins: &[JoinConfig], cluster: &str) -> Result<(), String> {
    if joins.len() > JOINS_MAX {
        return Err(format!("there are {}; at most {JOINS_MAX} clusters are joined", joins.len()));
    }
    for (index, join) in joins.iter().enumerate() {
        join.check()?;
        let name = &join.name;
        if joins[..index].iter().any(|other| other.name == *name) {
            return Err(format!("two are called {name:?}; give each a name of its own"));
        }
        if cluster == name || cluster.ends_with(&format!("@{name}")) {
            return Err(format!(
                "the own cluster is called {cluster:?}, so nobody could tell it from the join {name:?}; \
                 choose another name"
            ));
        }
    }
    Ok(())
}

impl FromStr for JoinConfig {
    type Err = String;

    /// Reads `NAME=URL[,URL…],token=file:PATH[,ca=PATH]`.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "write NAME=URL[,URL…],token=file:PATH or token=env:NAME[,ca=PATH]";
        let (name, rest) = text.split_once('=').ok_or(form)?;
        let (mut urls, mut token, mut ca) = (Vec::new(), None, None);
        for part in rest.split(',') {
            match part.split_once('=') {
                Some(("token", source)) => token = Some(SecretSource::try_from(source.to_owned())?),
                Some(("ca", path)) => ca = Some(path.into()),
                _ => urls.push(part.to_owned()),
            }
        }
        let token = token.ok_or_else(|| format!("{name} has no token; {form}"))?;
        let join = Self { name: name.to_owned(), urls, token, ca };
        join.check()?;
        Ok(join)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(text: &str) -> Result<JoinConfig, String> {
        text.parse()
    }

    #[test]
    fn flag_says_what_the_file_says() {
        let file = "name = \"east\"\nurls = [\"https://a:7400\", \"https://b:7400\"]\ntoken = \"env:EAST\"\nca = \"/east.pem\"";
        let flag = "east=https://a:7400,https://b:7400,token=env:EAST,ca=/east.pem";
        assert_eq!(join(flag).unwrap(), toml::from_str(file).unwrap());
    }

    #[test]
    fn what_cannot_be_joined_is_told() {
        for (text, told) in [
            ("east", "write NAME=URL"),
            ("east=https://a:7400", "east has no token"),
            ("east=https://a:7400,token=tmt_x", "file:/path or env:NAME"),
            ("=https://a:7400,token=env:X", "a name is empty"),
            ("a@b=https://a:7400,token=env:X", "leave it out"),
            ("east=token=env:X", "write 1 to 16"),
            ("east=http://a:7400,token=env:X", "https://HOST:PORT"),
            ("east=a,token=env:X", "https://HOST:PORT"),
        ] {
            let error = join(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
        let named = |name: &str| join(&format!("{name}=https://a:7400,token=env:X")).unwrap();
        let joins = |names: &[&str]| names.iter().map(|name| named(name)).collect::<Vec<_>>();
        assert_eq!(check(&joins(&["east", "west"]), "main"), Ok(()));
        assert!(check(&joins(&["east", "east"]), "main").unwrap_err().contains("two are called"));
        assert!(check(&joins(&["main"]), "main").unwrap_err().contains("another name"));
        assert!(check(&joins(&["east"]), "a@east").unwrap_err().contains("another name"));
        let many: Vec<String> = (0..=JOINS_MAX).map(|index| format!("c{index}")).collect();
        let many: Vec<JoinConfig> = many.iter().map(|name| named(name)).collect();
        assert!(check(&many, "main").unwrap_err().contains("at most 100"));
    }
}
