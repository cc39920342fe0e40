//! `topmast mute`, `unmute`: nobody is told of problems on an object for a time.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, human};
use clap::Args;
use topmast_api::client::Client;
use topmast_api::fleet_problem::{MuteRequest, MuteRow};
use topmast_model::path::ObjectPath;
use topmast_model::rule::Span;
use uuid::Uuid;

/// Arguments of `mute`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The object, and everything inside it; without one the mutes are listed
    #[arg(value_name = "PATH", requires = "lasts")]
    object: Option<ObjectPath>,
    /// For how long, e.g. 2h or 7d
    #[arg(long = "for", value_name = "SPAN")]
    lasts: Option<Span>,
    /// Of this rule only
    #[arg(long)]
    rule: Option<String>,
    /// Why
    #[arg(short = 'm', long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Arguments of `unmute`.
#[derive(Debug, Args)]
pub(super) struct EndArguments {
    /// The id of a mute, or the path that was muted
    #[arg(value_name = "ID|PATH")]
    which: String,
}

/// Mutes an object, or lists mutes.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { object, lasts, rule, comment, show } = arguments;
    let (Some(object), Some(lasts)) = (object, lasts) else {
        return show.print(&client.mute_list().await?.items, MUTES);
    };
    let ends_in_s = lasts.duration().as_secs();
    let made = client.mute_create(&MuteRequest { object, rule, ends_in_s, comment }).await?;
    Ok(terminal::print(&format!("muted {} until {} (mute {})\n", made.object, made.until, made.id))?)
}

/// Ends a mute by its id, or all of a path.
pub(super) async fn end(client: &Client, arguments: EndArguments) -> Result<(), Failure> {
    let which = arguments.which;
    let ids: Vec<Uuid> = if let Ok(id) = which.parse() {
        vec![id]
    } else {
        let mutes = client.mute_list().await?.items;
        mutes.iter().filter(|mute| mute.object.as_str() == which).map(|mute| mute.id).collect()
    };
    if ids.is_empty() {
        return Err(Failure::Usage(format!("nothing mutes {which} itself; `topmast mute` lists mutes")));
    }
    for id in ids {
        client.mute_end(id).await?;
        terminal::print(&format!("ended mute {id}\n"))?;
    }
    Ok(())
}

const MUTES: &[Column<MuteRow>] = &[
    Column::text("ID", "id", |row, _| Cell::plain(row.id.to_string())),
    Column::text("OBJECT", "object", |row, _| Cell::plain(row.object.as_str())),
    Column::text("RULE", "rule", |row, _| Cell::plain(row.rule.as_deref().unwrap_or("every rule"))),
    Column::number("ENDS", "until", |row, style| Cell::plain(human::until(style.now, Some(row.until)))),
    Column::text("COMMENT", "comment", |row, _| Cell::maybe(row.comment.as_deref())),
];
