//! `topmast networks`: from where people and programs may come.

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column};
use clap::{Args, Subcommand};
use serde::Serialize;
use topmast_api::client::Client;
use topmast_api::network::NetworksRequest;
use topmast_model::network::Network;
use uuid::Uuid;

/// Arguments of `networks`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Allow these networks and no others; the machine of the master itself always may
    Set {
        /// As 10.0.0.0/8 or fd00::/8
        #[arg(value_name = "NETWORK", required = true)]
        networks: Vec<Network>,
        #[command(flatten)]
        whose: Whose,
        /// Although you could not come any more
        #[arg(long)]
        force: bool,
    },
    /// Allow all networks again
    Clear {
        #[command(flatten)]
        whose: Whose,
    },
}

/// Whose networks are meant.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Whose {
    /// Of this user, with all that belongs to the user; of everybody when missing
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Of the API token with this id
    #[arg(long, value_name = "ID")]
    token: Option<Uuid>,
}

/// One list of networks.
#[derive(Serialize)]
struct Row {
    whose: String,
    networks: Vec<Network>,
}

/// Lists or sets allowed networks.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let (whose, request) = match arguments.command {
        None => return arguments.show.print(&rows(client).await?, ROWS),
        Some(Command::Set { networks, whose, force }) => (whose, NetworksRequest { networks, force }),
        Some(Command::Clear { whose }) => (whose, NetworksRequest { networks: Vec::new(), force: false }),
    };
    let (name, networks) = match whose {
        Whose { user: Some(user), .. } => {
            let row = client.user_set_networks(&user, &request).await?;
            (format!("user {user}"), row.networks)
        }
        Whose { token: Some(id), .. } => {
            let row = client.token_set_networks(id, &request).await?;
            (format!("token {}/{}", row.owner, row.name), row.networks)
        }
        Whose { .. } => ("everybody".to_owned(), client.network_set(&request).await?.networks),
    };
    Ok(terminal::print(&format!("{name} may come from {}\n", text(&networks)))?)
}

/// That of everybody, and those of users and tokens that have one.
async fn rows(client: &Client) -> Result<Vec<Row>, Failure> {
    let all = client.network_list().await?.networks;
    let users = client.user_list().await?.items.into_iter();
    let users = users.map(|row| Row { whose: format!("user {}", row.name), networks: row.networks });
    let tokens = client.token_list().await?.items.into_iter();
    let tokens =
        tokens.map(|row| Row { whose: format!("token {}/{}", row.owner, row.name), networks: row.networks });
    let own = users.chain(tokens).filter(|row| !row.networks.is_empty());
    Ok([Row { whose: "everybody".to_owned(), networks: all }].into_iter().chain(own).collect())
}

pub(super) fn text(networks: &[Network]) -> String {
    if networks.is_empty() {
        return "everywhere".to_owned();
    }
    networks.iter().map(Network::to_string).collect::<Vec<_>>().join(", ")
}

const ROWS: &[Column<Row>] = &[
    Column::text("WHOSE", "whose", |row, _| Cell::plain(&row.whose)),
    Column::text("MAY COME FROM", "networks", |row, _| Cell::plain(text(&row.networks))),
];
