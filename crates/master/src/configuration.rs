//! Configurations: sealing their secrets, and rendering them for one server.
//!
//! Invariants
//! - MC-1: what was sealed for one secret of one configuration opens for no other.
//! - MC-2: a secret that is as it was keeps its seal, so that writing the same again is no revision.
//!
//! Elsewhere: revisions (`topmast-engine`, `configuration`); plans and differences (`http::v1::configuration`).

use crate::ssh::seal::{Seal, SecretError};
use topmast_model::configuration::{Configuration, ConfigurationUse, Rendered, SET_MAX};
use topmast_model::notification::{Hidden, Secret};
use topmast_model::path::ObjectPath;

/// Seals the secrets of a configuration. `<secret>` stands for the one that `kept` has.
///
/// # Errors
/// In words, for whoever wrote it.
pub(crate) fn seal(
    seal: &Seal,
    written: &Configuration<Secret>,
    kept: Option<&Configuration>,
) -> Result<Configuration, String> {
    let name = &written.name;
    written.try_map(|place, secret| {
        let before = kept.and_then(|kept| kept.secrets.get(place));
        let is_same = || before.and_then(|sealed| seal.reveal_for(&bound(name, place), sealed).ok());
        match before {
            Some(sealed) if secret.is_hidden() || is_same().as_ref() == Some(&secret.0) => Ok(sealed.clone()),
            None if secret.is_hidden() => Err(format!(
                "configuration {name:?}, secret {place}: there is none yet that <secret> could stand for"
            )),
            _ => seal.seal_for(&bound(name, place), &secret.0).map_err(|error| error.to_string()),
        }
    })
}

/// The configuration as it is shown.
pub(crate) fn hidden(configuration: &Configuration) -> Configuration<Hidden> {
    let Ok(hidden) = configuration.try_map(|_, _| Ok::<_, std::convert::Infallible>(Hidden));
    hidden
}

/// What the server of an application gets.
///
/// # Errors
/// In words: a template that cannot be filled in there, a secret that does not open, too much.
pub(crate) fn render(
    seal: &Seal,
    configuration: &Configuration,
    what: &ConfigurationUse,
    application: &ObjectPath,
) -> Result<Rendered, String> {
    let name = &configuration.name;
    let opened =
        configuration.try_map(|place, sealed| seal.reveal_for(&bound(name, place), sealed).map(Secret));
    let opened = opened.map_err(|error: SecretError| format!("a secret of {name}: {error}"))?;
    let files = opened.files_for(application, |secret| secret.0.clone()).map_err(|error| error.message)?;
    let rendered = Rendered {
        name: name.clone(),
        revision: what.revision,
        check: opened.check,
        after: opened.after,
        reload: opened.reload,
        overwrite: what.overwrite,
        files,
        secrets: opened.secrets.into_values().collect(),
    };
    let bytes = serde_json::to_vec(&rendered).map_or(usize::MAX, |json| json.len());
    if bytes > SET_MAX {
        let most = SET_MAX >> 10;
        return Err(format!(
            "{name} takes {bytes} bytes for {application}, and at most {most} KiB can be sent; split it"
        ));
    }
    Ok(rendered)
}

/// No path of a server has a line break, so none is ever the same.
fn bound(configuration: &str, secret: &str) -> String {
    format!("configuration\n{configuration}\n{secret}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::configuration::text;

    fn written(name: &str, secret: &str) -> Configuration<Secret> {
        let toml = format!(
            "[[configuration]]\nname = {name:?}\nwithin = \"acme\"\napplication = \"switch\"\nsecrets = {{ pin = {secret:?} }}\n\
             [[configuration.file]]\npath = \"a\"\ntemplate = true\ncontent = \"{{{{ secret.pin }}}} {{{{ server.name }}}}\"\n"
        );
        text::read(&toml).unwrap().remove(0)
    }

    #[test]
    fn secrets_open_for_their_place_only_and_keep_their_seal() {
        // MC-1, MC-2
        let folder = tempfile::tempdir().unwrap();
        let key = Seal::open(folder.path()).unwrap();
        let first = seal(&key, &written("shop", "hush"), None).unwrap();
        assert!(!serde_json::to_string(&first).unwrap().contains("hush"));
        for again in ["hush", "<secret>"] {
            assert_eq!(seal(&key, &written("shop", again), Some(&first)).unwrap(), first);
        }
        assert_ne!(seal(&key, &written("shop", "other"), Some(&first)).unwrap(), first);
        assert!(seal(&key, &written("shop", "<secret>"), None).unwrap_err().contains("there is none yet"));
        let what = ConfigurationUse { name: "shop".into(), revision: 1, overwrite: false };
        let application = "acme/main/db/switch".parse().unwrap();
        let rendered = render(&key, &first, &what, &application).unwrap();
        assert_eq!(rendered.files[0].content, "hush db");
        let moved = Configuration { name: "bank".into(), ..first };
        assert!(render(&key, &moved, &what, &application).unwrap_err().contains("a secret of bank"));
    }
}
