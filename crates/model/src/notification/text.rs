//! Channels and routes as code: TOML files of `[[channel]]` and `[[route]]` tables.

use super::{Channel, Hidden, Route, Secret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::de::DeTable;

/// Most tables of a file.
pub const TABLES_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Channels {
    #[serde(default)]
    channel: Vec<Channel<Secret>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Routes {
    #[serde(default)]
    route: Vec<Route>,
}

#[derive(Serialize)]
struct Shown {
    channel: Vec<Channel<Hidden>>,
}

/// Why a text is not such a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct NotificationTextError {
    /// From 1.
    pub line: usize,
    /// In characters from 1.
    pub column: usize,
    /// What is wrong there, and what to write instead.
    pub message: String,
}

/// Reads and checks channels; `<secret>` stands for the one that there is.
///
/// # Errors
/// [`NotificationTextError`] with the first thing that is wrong.
pub fn read_channels(text: &str) -> Result<Vec<Channel<Secret>>, NotificationTextError> {
    let channels = parse::<Channels>(text)?.channel;
    check(text, "channel", &channels, |channel| {
        // What stands for the secret that there is can be checked only where that one is known.
        let is_hidden =
            channel.try_map(|_, secret| if secret.is_hidden() { Err(()) } else { Ok(()) }).is_err();
        let secrets = || if is_hidden { Ok(()) } else { channel.check_secrets() };
        let checked = channel.check().and_then(|()| secrets());
        checked.map_err(|error| (error.field.to_string(), error.to_string())).map(|()| channel.name.as_str())
    })?;
    Ok(channels)
}

/// Reads and checks routes.
///
/// # Errors
/// [`NotificationTextError`] with the first thing that is wrong.
pub fn read_routes(text: &str) -> Result<Vec<Route>, NotificationTextError> {
    let routes = parse::<Routes>(text)?.route;
    check(text, "route", &routes, |route| {
        let checked = route.check();
        checked.map_err(|error| (error.field.to_owned(), error.to_string())).map(|()| route.name.as_str())
    })?;
    Ok(routes)
}

/// Writes routes in the form that [`read_routes`] reads.
///
/// # Errors
/// Those of the serialiser, which are bugs here.
pub fn write_routes(routes: &[Route]) -> Result<String, toml::ser::Error> {
    toml::to_string(&Routes { route: routes.to_vec() })
}

/// Writes channels in the form that [`read_channels`] reads, without their secrets.
///
/// # Errors
/// Those of the serialiser, which are bugs here.
pub fn write_channels(channels: Vec<Channel<Hidden>>) -> Result<String, toml::ser::Error> {
    toml::to_string(&Shown { channel: channels })
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, NotificationTextError> {
    toml::from_str(text).map_err(|error| {
        at(text, &error.span().unwrap_or(0..0), error.message().trim_end_matches('.').to_owned())
    })
}

fn check<T>(
    text: &str,
    table: &str,
    all: &[T],
    check: impl Fn(&T) -> Result<&str, (String, String)>,
) -> Result<(), NotificationTextError> {
    if all.len() > TABLES_MAX {
        return Err(at(
            text,
            &(0..0),
            format!("{} are too many; a file has at most {TABLES_MAX}", all.len()),
        ));
    }
    let mut names = BTreeSet::new();
    for (index, one) in all.iter().enumerate() {
        let name =
            check(one).map_err(|(field, message)| at(text, &place(text, table, index, &field), message))?;
        if !names.insert(name) {
            let message = format!("{name:?} is there twice; rename one");
            return Err(at(text, &place(text, table, index, "name"), message));
        }
    }
    Ok(())
}

fn at(text: &str, span: &Range<usize>, message: String) -> NotificationTextError {
    let before = &text[..text.floor_char_boundary(span.start)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
    NotificationTextError { line, column, message }
}

/// Where a field of a table stands, as `name` or `webhook.url`, or the table when the field is not there.
fn place(text: &str, table: &str, index: usize, field: &str) -> Range<usize> {
    let file = DeTable::parse(text).ok();
    let one = file.as_ref().and_then(|file| file.get_ref().get(table)?.get_ref().as_array()?.get(index));
    let field = field.split('.').next().unwrap_or(field);
    let key = one.and_then(|one| one.get_ref().as_table()?.get_key_value(field));
    key.map(|(key, _)| key.span()).or_else(|| one.map(toml::Spanned::span)).unwrap_or(0..0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &str = r#"
[[route]]
name = "night"
order = 10
severity = "critical"
filter = "server=db-* label=team=pay"
schedule = [{ on = { weekly = ["saturday", "sunday"] }, at = "18:00", lasts = "14h", zone = "Europe/Zurich" }]
channels = ["pager"]
group = { by = "object", wait = "30s" }
repeat = "1h"
escalation = [{ after = "15m", channels = ["boss"] }]
continue = true
"#;

    #[test]
    fn routes_are_read_and_written() {
        let routes = read_routes(ROUTES).unwrap();
        assert!(routes[0].goes_on && routes[0].enabled && routes[0].per_hour == super::super::PER_HOUR);
        assert_eq!(read_routes(&write_routes(&routes).unwrap()).unwrap(), routes);
        assert_eq!(
            serde_json::from_value::<Vec<Route>>(serde_json::to_value(&routes).unwrap()).unwrap(),
            routes
        );
    }

    #[test]
    fn wrong_files_tell_the_line() {
        let check = |from: &str, to: &str, line: usize, part: &str| {
            let error = read_routes(&ROUTES.replace(from, to)).unwrap_err();
            assert!(error.line == line && error.message.contains(part), "{error}");
        };
        check("\"1h\"", "\"1s\"", 10, "repeat");
        check("[\"pager\"]", "[]", 8, "name 1 to");
        check("server=db-*", "sever=db", 6, "server");
        check("after = \"15m\"", "after = \"15d\"", 11, "after");
        check("14h", "0s", 7, "lasts");
        check("order", "odrer", 4, "odrer");
        let twice = format!("{ROUTES}{ROUTES}");
        assert_eq!(read_routes(&twice).unwrap_err().line, 15);
        let channel = "[[channel]]\nname = \"ops\"\nwebhook = { url = \"ftp://x\" }\n";
        let error = read_channels(channel).unwrap_err();
        assert!(error.line == 3, "{error}");
    }
}
