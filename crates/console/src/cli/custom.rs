//! `topmast act`: custom actions that applications declare of themselves and of their services.

use super::failure::Failure;
use super::joined;
use super::list::ShowArguments;
use super::operate::{self, How, Several};
use crate::output::{Cell, Column};
use clap::Args;
use serde::Serialize;
use topmast_api::action::ActionRequest;
use topmast_api::client::Client;
use topmast_model::application::Operation;
use topmast_model::custom::{Arguments as Given, CustomAction, CustomOrder};
use topmast_model::path::{Level, ObjectPath};

/// Arguments of `act`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  topmast act --list payment-switch\n  \
                        topmast act rotate-keys payment-switch --set keys=3\n  \
                        topmast act sign-on payment-switch/MC_CREDIT -n\n  \
                        topmast act flush --filter 'name=switch cluster=main' --batch 25%")]
pub(super) struct Arguments {
    /// The custom action, then what it is done to: applications by name or path, services as APP/SERVICE or by
    /// path; with --list only the latter
    #[arg(value_name = "ACTION TARGET", required_unless_present_all = ["list", "filter"])]
    words: Vec<String>,
    /// What a parameter is given; its default when not
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    given: Vec<(String, String)>,
    /// Show which custom actions the targets offer, and do nothing
    #[arg(short, long, conflicts_with = "given")]
    list: bool,
    #[command(flatten)]
    several: Several,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    shown: ShowArguments,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| format!("write NAME=VALUE instead of {text:?}"))?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Does one, or lists those that there are.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { words, given, list, several, how, shown } = arguments;
    if list {
        return show(client, &resolve(client, &words, &several).await?, &shown).await;
    }
    let [name, targets @ ..] = words.as_slice() else { return Err(no_target()) };
    let targets = resolve(client, targets, &several).await?;
    let first = targets.first().ok_or_else(no_target)?;
    let (custom, asks) = order(client, first, name, &given).await?;
    let request = ActionRequest { custom: Some(custom), ..how.request(Operation::Act, targets) };
    operate::carry_out(client, &request, &how.order, asks).await
}

/// The order of a custom action that the first of its targets offers, and whether it is asked about; the master says of
/// which others it is not so.
pub(crate) async fn order(
    client: &Client,
    first: &ObjectPath,
    name: &str,
    given: &[(String, String)],
) -> Result<(CustomOrder, bool), Failure> {
    let offered = offered(client, first).await?;
    let Some(action) = offered.iter().find(|action| action.name == name) else {
        let names: Vec<&str> = offered.iter().map(|action| action.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        return Err(Failure::Usage(format!("{first} offers no action {name}; it offers {names}")));
    };
    Ok((CustomOrder { name: name.to_owned(), arguments: read(action, given)? }, action.confirm))
}

fn no_target() -> Failure {
    Failure::Usage("name what it is done to: `topmast act ACTION TARGET…`; --list shows the actions".into())
}

/// The arguments by the types of their parameters; the master says what else is wrong with them.
fn read(action: &CustomAction, given: &[(String, String)]) -> Result<Given, Failure> {
    let read = |(name, value): &(String, String)| {
        let parameter = action.parameters.iter().find(|parameter| parameter.name == *name);
        let parameter = parameter.ok_or_else(|| {
            let names: Vec<&str> =
                action.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            Failure::Usage(format!("{} has no parameter {name}; it has {}", action.name, names.join(", ")))
        })?;
        let argument = parameter.read(value).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
        Ok((name.clone(), argument))
    };
    given.iter().map(read).collect()
}

/// The paths of everything that is meant, each once.
async fn resolve(client: &Client, words: &[String], several: &Several) -> Result<Vec<ObjectPath>, Failure> {
    if let Some(filter) = &several.filter {
        let Some(word) = words.first() else { return operate::filtered(client, filter).await };
        return Err(Failure::Usage(format!("give {word} or --filter, not both")));
    }
    let mut targets = Vec::new();
    for word in words {
        let found = match word.split('/').collect::<Vec<_>>().as_slice() {
            [name] => operate::by_name(client, name, several.all).await?,
            [name, service] => {
                let of =
                    |path: ObjectPath| path.join(service).map_err(|error| Failure::Usage(error.to_string()));
                let applications = operate::by_name(client, name, several.all).await?;
                applications.into_iter().map(of).collect::<Result<_, _>>()?
            }
            _ => vec![path(word)?],
        };
        for path in found {
            if !targets.contains(&path) {
                targets.push(path);
            }
        }
    }
    Ok(targets)
}

fn path(text: &str) -> Result<ObjectPath, Failure> {
    let path: ObjectPath = text.parse().map_err(|error| Failure::Usage(format!("{error}")))?;
    if matches!(path.level(), Level::Application | Level::Service) {
        return Ok(path);
    }
    let message =
        format!("{path} is no application and no service; write tenant/cluster/server/application/service");
    Err(Failure::Usage(message))
}

async fn offered(client: &Client, target: &ObjectPath) -> Result<Vec<CustomAction>, Failure> {
    let (client, target) = &joined::at(client, target);
    Ok(match target.level() {
        Level::Service => client.service_get(target).await?.actions,
        _ => client.application_get(target).await?.actions,
    })
}

/// A custom action of one object in a list.
#[derive(Serialize)]
struct Offered {
    object: ObjectPath,
    #[serde(flatten)]
    action: CustomAction,
}

async fn show(client: &Client, targets: &[ObjectPath], shown: &ShowArguments) -> Result<(), Failure> {
    let mut rows = Vec::new();
    for object in targets {
        let actions = offered(client, object).await?;
        rows.extend(actions.into_iter().map(|action| Offered { object: object.clone(), action }));
    }
    shown.print(&rows, OFFERED)
}

const OFFERED: &[Column<Offered>] = &[
    Column::text("OBJECT", "object", |row, _| Cell::plain(row.object.as_str())),
    Column::text("ACTION", "name", |row, _| Cell::plain(&row.action.name)),
    Column::text("PARAMETERS", "parameters", |row, _| {
        let words = row.action.parameters.iter().map(|parameter| match &parameter.default {
            Some(default) => format!("{}={default} ({})", parameter.name, parameter.kind),
            None => format!("{} ({})", parameter.name, parameter.kind),
        });
        let words: Vec<String> = words.collect();
        Cell::plain(if words.is_empty() { "none".to_owned() } else { words.join("; ") })
    }),
    Column::text("FOR", "right", |row, _| Cell::plain(row.action.right.as_str())),
    Column::text("DOES", "description", |row, _| Cell::maybe(row.action.description.as_deref())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_the_types_of_their_parameters() {
        let json = serde_json::json!({
            "name": "rotate", "timeout_ms": 1_000, "means": { "command": ["/x", "{keys}", "{now}"] },
            "parameters": [{ "name": "keys", "type": "integer", "min": 1 }, { "name": "now", "type": "boolean" }],
        });
        let action: CustomAction = serde_json::from_value(json).unwrap();
        let given = |texts: &[&str]| {
            let pairs: Vec<_> = texts.iter().map(|text| pair(text).unwrap()).collect();
            read(&action, &pairs).map(|given| serde_json::to_value(given).unwrap())
        };
        assert_eq!(given(&["keys=3", "now=true"]).unwrap(), serde_json::json!({ "keys": 3, "now": true }));
        for (text, expected) in [("keys=x", "an integer from 1 on"), ("key=1", "it has keys, now")] {
            let Err(Failure::Usage(error)) = given(&[text]) else { panic!("{text}") };
            assert!(error.contains(expected), "{error}");
        }
        assert!(pair("keys").is_err());
    }
}
