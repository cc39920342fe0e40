//! Servers that a command line means: by name, by path, or by a filter as lists take it.
//!
//! Invariants
//! - TG-1: words that all name something mean exactly that; otherwise all of them together are one filter. A name
//!   that is mistyped therefore never means more than what was typed.

use super::failure::Failure;
use topmast_api::client::Client;
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::terminal::TERMINAL_TARGETS_MAX;

/// The servers, each once, by path.
///
/// # Errors
/// [`Failure::Usage`] when there is none, a name is on several, or there are too many to run on at once.
pub(crate) async fn servers(client: &Client, words: &[String]) -> Result<Vec<ObjectPath>, Failure> {
    let found = any_servers(client, words).await?;
    if found.len() > TERMINAL_TARGETS_MAX {
        return Err(Failure::Usage(format!(
            "{} servers are too many for one run; narrow it down to {TERMINAL_TARGETS_MAX}",
            found.len()
        )));
    }
    Ok(found)
}

/// The same, however many.
///
/// # Errors
/// [`Failure::Usage`] when there is none, or a name is on several.
pub(super) async fn any_servers(client: &Client, words: &[String]) -> Result<Vec<ObjectPath>, Failure> {
    let all = list(client, None).await?;
    let named: Result<Vec<Vec<ObjectPath>>, Missing> = words.iter().map(|word| by_name(&all, word)).collect();
    let mut found: Vec<ObjectPath> = match named {
        Ok(found) => found.concat(),
        Err(Missing::Several(name, paths)) => {
            let listed: Vec<String> = paths.iter().map(|path| format!("  {path}")).collect();
            return Err(Failure::Usage(format!(
                "{name} is the name of {} servers:\n{}\ngive the path of one",
                paths.len(),
                listed.join("\n")
            )));
        }
        Err(Missing::Unknown) => {
            let filter = words.join(" ");
            let rows = list(client, Some(&filter)).await?;
            if rows.is_empty() {
                return Err(Failure::Usage(format!(
                    "{filter:?} names no server, and as a filter it lets none through; `topmast servers` lists all"
                )));
            }
            rows.into_iter().map(|row| row.path).collect()
        }
    };
    found.sort();
    found.dedup();
    Ok(found)
}

async fn list(client: &Client, filter: Option<&str>) -> Result<Vec<ServerRow>, Failure> {
    let query = ListQuery { filter: filter.map(str::to_owned), ..ListQuery::default() };
    let page = client.list_all(&query).await;
    Ok(page.map_err(|error| Failure::of_filter(error, filter.unwrap_or_default()))?.items)
}

/// Why a word names no server.
enum Missing {
    Unknown,
    Several(String, Vec<ObjectPath>),
}

fn by_name(all: &[ServerRow], word: &str) -> Result<Vec<ObjectPath>, Missing> {
    let paths = |is_meant: &dyn Fn(&ObjectPath) -> bool| -> Vec<ObjectPath> {
        all.iter().map(|row| &row.path).filter(|path| is_meant(path)).cloned().collect()
    };
    if word.contains('/') {
        let path: ObjectPath = word.parse().map_err(|_| Missing::Unknown)?;
        // A cluster is all of its servers.
        let found = paths(&|server| server.is_within(&path) && path.level() <= Level::Server);
        return if found.is_empty() { Err(Missing::Unknown) } else { Ok(found) };
    }
    let found = paths(&|server| server.name() == word);
    match found.len() {
        0 => Err(Missing::Unknown),
        1 => Ok(found),
        _ => Err(Missing::Several(word.to_owned(), found)),
    }
}

/// How servers are called where they are listed: by name, and by path where two have the same.
pub(crate) fn short_names(servers: &[ObjectPath]) -> Vec<String> {
    let is_alone = |name: &str| servers.iter().filter(|other| other.name() == name).count() == 1;
    let short = |path: &ObjectPath| {
        if is_alone(path.name()) { path.name().to_owned() } else { path.to_string() }
    };
    servers.iter().map(short).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_called_by_name_unless_two_have_it() {
        let servers: Vec<ObjectPath> =
            ["a/b/db", "a/c/db", "a/b/web"].iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(short_names(&servers), ["a/b/db", "a/c/db", "web"]);
    }
}
