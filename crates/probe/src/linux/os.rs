//! The operating system's name, as it gives it to people.
//!
//! `os-release` since about 2012; before that each distribution had a file of its own.

use super::facts::FactFiles;

pub(super) const OS_RELEASE: &str = "/etc/os-release";
pub(super) const OS_RELEASE_OF_VENDOR: &str = "/usr/lib/os-release";
pub(super) const REDHAT_RELEASE: &str = "/etc/redhat-release";
pub(super) const SUSE_RELEASE: &str = "/etc/SuSE-release";

/// Name and version, e.g. `Debian GNU/Linux 12 (bookworm)`; empty when no file tells.
pub(super) fn name(files: &FactFiles) -> String {
    for path in [OS_RELEASE, OS_RELEASE_OF_VENDOR] {
        let value = |key: &str| {
            let line = files.lines(path).find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
            unquote(line).filter(|value| !value.is_empty())
        };
        let name = || match (value("NAME")?, value("VERSION")) {
            (name, Some(version)) => Some(format!("{name} {version}")),
            (name, None) => Some(name),
        };
        if let Some(name) = value("PRETTY_NAME").or_else(name) {
            return name;
        }
    }
    let mut older = [REDHAT_RELEASE, SUSE_RELEASE].into_iter().map(|path| files.line(path));
    older.find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// Undoes the shell's quoting; nothing when a quote is not closed.
fn unquote(value: &str) -> Option<String> {
    if let Some(rest) = value.strip_prefix('\'') {
        return rest.strip_suffix('\'').map(str::to_owned);
    }
    let Some(rest) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let mut text = String::with_capacity(rest.len());
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => text.push(characters.next()?),
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fact_files;

    #[test]
    fn each_distribution_tells_its_name() {
        for (host, expected) in [
            ("debian-12", "Debian GNU/Linux 12 (bookworm)"),
            ("centos-7", "CentOS Linux 7 (Core)"),
            ("centos-6", "CentOS release 6.10 (Final)"),
            ("ubuntu-22.04-docker", "Ubuntu 22.04.5 LTS"),
            ("alpine-3.20-docker", "Alpine Linux v3.20"),
        ] {
            assert_eq!(name(&fact_files(host)), expected, "{host}");
        }
    }

    #[test]
    fn name_and_version_stand_in_for_a_missing_pretty_name() {
        let files = |text: &str| FactFiles::from_iter([(OS_RELEASE, text.as_bytes().to_vec())]);
        assert_eq!(name(&files("NAME='Own Linux'\nVERSION=3\n")), "Own Linux 3");
        assert_eq!(name(&files("NAME=Own\n")), "Own");
        assert_eq!(name(&files("PRETTY_NAME=\"Own \\\"A\\\" 1\"\n")), "Own \"A\" 1");
        assert_eq!(name(&files("PRETTY_NAME=\"Own Li\n")), "");
    }
}
