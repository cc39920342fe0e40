//! The text form in files: read within bounds, with what other files have in it filled in.

use crate::cli::failure::Failure;
use std::io::{ErrorKind, Read as _};
use std::path::Path;
use topmast_api::client::ClientError;
use topmast_api::problem::ProblemCode;
use topmast_model::configuration::FILE_MAX;
use topmast_model::configuration::text::BYTES_MAX;

/// What the first line of an exported configuration begins with; the number of its revision follows.
const HEAD: &str = "# revision ";

/// The first line of an export.
pub(super) fn head(revision: u64) -> String {
    format!("{HEAD}{revision}\n")
}

/// The revision that a text was made from, as its first line says.
pub(super) fn base(text: &str) -> Option<u64> {
    text.lines().next()?.strip_prefix(HEAD)?.trim().parse().ok()
}

/// Reads a file of configurations, - is the standard input.
pub(in crate::cli) fn read(file: &Path) -> Result<String, Failure> {
    if file == Path::new("-") {
        return bounded(file, std::io::stdin(), BYTES_MAX);
    }
    let opened = std::fs::File::open(file);
    bounded(file, opened.map_err(|error| unreadable(file, &error))?, BYTES_MAX)
}

fn bounded(file: &Path, from: impl std::io::Read, most: usize) -> Result<String, Failure> {
    let mut text = String::new();
    // One byte more than is taken, so that too much is told from just enough.
    match from.take(most as u64 + 1).read_to_string(&mut text) {
        Ok(_) if text.len() > most => {
            let most = most >> 10;
            Err(Failure::Usage(format!(
                "{} is larger than {most} KiB; split it, or bring data another way",
                file.display()
            )))
        }
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(file, &error)),
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    if error.kind() == ErrorKind::InvalidData {
        return Failure::Usage(format!("{} is not UTF-8; save it as UTF-8", file.display()));
    }
    Failure::Usage(format!("cannot read {}: {error}", file.display()))
}

/// The text with the content of every file that says `source = "…"`, relative to `file`.
pub(in crate::cli) fn resolved(file: &Path, text: &str) -> Result<String, Failure> {
    if !text.contains("source") {
        return Ok(text.to_owned());
    }
    let wrong = |error: toml::de::Error| Failure::Usage(format!("{}: {error}", file.display()));
    let mut table: toml::Table = toml::from_str(text).map_err(wrong)?;
    let folder =
        if file == Path::new("-") { Path::new(".") } else { file.parent().unwrap_or(Path::new(".")) };
    let mut is_changed = false;
    let all = table.get_mut("configuration").and_then(toml::Value::as_array_mut).into_iter().flatten();
    let files = all.filter_map(|one| one.get_mut("file")?.as_array_mut()).flatten();
    for one in files.filter_map(toml::Value::as_table_mut) {
        let Some(source) = one.remove("source") else { continue };
        let path = folder.join(source.as_str().unwrap_or_default());
        let opened = std::fs::File::open(&path).map_err(|error| unreadable(&path, &error))?;
        one.insert("content".into(), bounded(&path, opened, FILE_MAX)?.into());
        is_changed = true;
    }
    if !is_changed {
        return Ok(text.to_owned());
    }
    toml::to_string_pretty(&table).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

/// Each configuration of a text with its name, as a text of its own.
pub(super) fn each(text: &str) -> Result<Vec<(String, String)>, Failure> {
    let wrong = |error: toml::de::Error| Failure::Usage(error.to_string());
    let mut table: toml::Table = toml::from_str(text).map_err(wrong)?;
    let Some(toml::Value::Array(all)) = table.remove("configuration") else {
        return Err(Failure::Usage("there is no [[configuration]] in it".into()));
    };
    let each = all.into_iter().map(|one| {
        let name = one.get("name").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let whole: toml::Table =
            [("configuration".to_owned(), toml::Value::Array(vec![one]))].into_iter().collect();
        let text = toml::to_string_pretty(&whole).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok((name, text))
    });
    each.collect()
}

/// What the master finds wrong in a text is told without more.
pub(in crate::cli) fn refused(error: ClientError) -> Failure {
    match error.problem().filter(|problem| problem.code == ProblemCode::Invalid) {
        Some(problem) => Failure::Usage(problem.detail.clone()),
        None => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn sources_are_filled_in_and_bad_ones_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shop.toml");
        let text =
            "[[configuration]]\nname = \"shop\"\n[[configuration.file]]\npath = \"a\"\nsource = \"a.conf\"\n";
        let told = |content: &[u8]| {
            fs::write(folder.path().join("a.conf"), content).unwrap();
            resolved(&file, text).map_err(|failure| failure.text().unwrap())
        };
        assert!(told(b"x = 1\n").unwrap().contains("x = 1"));
        assert!(told(b"\xff\xfe").unwrap_err().ends_with("a.conf is not UTF-8; save it as UTF-8"));
        assert!(told(&vec![b'x'; FILE_MAX + 1]).unwrap_err().contains("is larger than 256 KiB"));
        fs::remove_file(folder.path().join("a.conf")).unwrap();
        assert!(resolved(&file, text).unwrap_err().text().unwrap().starts_with("cannot read"));
    }

    #[test]
    fn base_is_what_the_first_line_says() {
        assert_eq!(base(&format!("{}[[configuration]]", head(7))), Some(7));
        assert_eq!(base("[[configuration]]\n# revision 7"), None);
    }
}
