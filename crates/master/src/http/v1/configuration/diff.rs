//! What differs between two revisions, file by file and line by line.

use crate::configuration::hidden;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_api::configuration::{ConfigurationDiff, DiffLine, FileDiff};
use topmast_model::configuration::{Configuration, text};

/// Longest time for one file; what is found then is right and longer than it need be.
const FILE_TIME: Duration = Duration::from_millis(200);
/// The name of what is beside the files' content.
const SETTINGS: &str = "(settings)";

/// Compares two revisions; the older one may be nothing.
pub(super) fn diff(
    (from, before): (u64, Option<&Configuration>),
    (to, after): (u64, &Configuration),
) -> ConfigurationDiff {
    let (old, new) = (before.map(contents).unwrap_or_default(), contents(after));
    let mut names: Vec<&String> =
        new.keys().chain(old.keys().filter(|name| !new.contains_key(*name))).collect();
    names.sort();
    let files = names.into_iter().filter_map(|name| {
        let (old, new) = (old.get(name), new.get(name));
        let change = match (old, new) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(old), Some(new)) if old == new => return None,
            _ => "changed",
        };
        Some(of_file(name, change, old.map_or("", String::as_str), new.map_or("", String::as_str)))
    });
    ConfigurationDiff { from, to, files: files.collect() }
}

/// The texts of a configuration by path; settings are one of them, in which a changed secret can be seen and not read.
fn contents(configuration: &Configuration) -> BTreeMap<String, String> {
    let mut settings = hidden(configuration);
    for file in &mut settings.files {
        file.content = "".into();
    }
    let mut told = text::write(&[settings]).unwrap_or_default();
    told = told.replace("content = \"\"\n", "");
    for (name, sealed) in &configuration.secrets {
        // The end of a seal is random: it tells that the secret is another one, and nothing else.
        let end = &sealed.0[sealed.0.len().saturating_sub(8)..];
        told = told
            .replace(&format!("\n{name} = \"<secret>\""), &format!("\n{name} = \"<secret>\" # seal …{end}"));
    }
    let files = configuration.files.iter().map(|file| (file.path.clone(), file.content.to_string()));
    files.chain([(SETTINGS.to_owned(), told)]).collect()
}

fn of_file(path: &str, change: &str, old: &str, new: &str) -> FileDiff {
    let diff = TextDiff::configure().timeout(FILE_TIME).diff_lines(old, new);
    let number = |index: Option<usize>| index.map(|index| index as u64 + 1);
    let lines = diff.iter_all_changes().map(|change| {
        let (left, right) = (number(change.old_index()), number(change.new_index()));
        let text = change.value().trim_end_matches('\n').to_owned();
        match change.tag() {
            ChangeTag::Equal => DiffLine { left, right, text },
            ChangeTag::Delete => DiffLine { left, right: None, text },
            ChangeTag::Insert => DiffLine { left: None, right, text },
        }
    });
    FileDiff {
        path: path.to_owned(),
        change: change.to_owned(),
        unified: diff.unified_diff().context_radius(3).header(path, path).to_string(),
        lines: lines.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::agentless::Sealed;

    fn configuration(content: &str, seal: &str) -> Configuration {
        let toml = format!(
            "[[configuration]]\nname = \"shop\"\nwithin = \"acme\"\napplication = \"switch\"\nsecrets = {{ pin = \"x\" }}\n\
             [[configuration.file]]\npath = \"a.conf\"\ncontent = {content:?}\n"
        );
        let sealed = |_: &str, _: &_| Ok::<_, std::convert::Infallible>(Sealed(seal.into()));
        text::read(&toml).unwrap().remove(0).try_map(sealed).unwrap()
    }

    #[test]
    fn lines_of_both_sides_and_changed_secrets_are_told() {
        let (old, new) = (configuration("a\nb\n", "c2VhbGVkMQ"), configuration("a\nc\n", "c2VhbGVkMg"));
        let told = diff((1, Some(&old)), (2, &new));
        let names: Vec<_> =
            told.files.iter().map(|file| (file.path.as_str(), file.change.as_str())).collect();
        assert_eq!(names, [("(settings)", "changed"), ("a.conf", "changed")]);
        assert!(
            told.files[0].unified.contains("-pin = \"<secret>\" # seal …VhbGVkMQ"),
            "{}",
            told.files[0].unified
        );
        let lines: Vec<_> =
            told.files[1].lines.iter().map(|line| (line.left, line.right, line.text.as_str())).collect();
        assert_eq!(lines, [(Some(1), Some(1), "a"), (Some(2), None, "b"), (None, Some(2), "c")]);
        assert_eq!(diff((1, Some(&old)), (1, &old)).files, []);
        assert_eq!(diff((0, None), (1, &old)).files[1].change, "added");
    }
}
