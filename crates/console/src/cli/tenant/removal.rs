//! `topmast tenants remove`: what would go, and then all of it.

use super::super::failure::Failure;
use super::super::list::ShowArguments;
use crate::output::{Cell, Column, terminal};
use clap::Args;
use std::io::{self, BufRead as _, IsTerminal as _};
use topmast_api::client::Client;
use topmast_api::tenant::{TenantPart, TenantRemoveRequest};
use topmast_model::path::ObjectPath;

/// Arguments of `tenants remove`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Name of the tenant
    tenant: ObjectPath,
    /// Why, for the audit; without it only what would go is shown
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The name once more, instead of typing it when asked
    #[arg(long, value_name = "NAME", requires = "reason")]
    confirm: Option<String>,
    #[command(flatten)]
    show: ShowArguments,
}

/// Shows what would go, and removes it when it is confirmed.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let Arguments { tenant, reason, confirm, show } = arguments;
    let parts = client.tenant_content(&tenant).await?.items;
    let Some(reason) = reason else {
        show.print(&parts, PARTS)?;
        terminal::notice("nothing was removed; give --reason to remove the tenant with all of it");
        return Ok(());
    };
    let confirm = match confirm {
        Some(confirm) => confirm,
        None if io::stdin().is_terminal() => {
            show.print(&parts, PARTS)?;
            terminal::notice(&format!("all of this is removed for good; type {tenant} to go on:"));
            let mut typed = String::new();
            io::stdin().lock().read_line(&mut typed)?;
            typed.trim().to_owned()
        }
        None => return Err(Failure::Usage(format!("confirm it with --confirm {tenant}"))),
    };
    if confirm != tenant.as_str() {
        return Err(Failure::Usage(format!("{confirm:?} is not {tenant}; nothing was removed")));
    }
    let removed = client.tenant_remove(&tenant, &TenantRemoveRequest { reason, confirm }).await?.items;
    show.print(&removed, PARTS)?;
    terminal::notice(&format!("{tenant} is removed; its bytes in the history go with the next mergings"));
    Ok(())
}

/// Names in a line of the table.
const NAMES: usize = 5;

const PARTS: &[Column<TenantPart>] = &[
    Column::text("WHAT", "what", |row, _| Cell::plain(&row.what)),
    Column::number("COUNT", "count", |row, _| Cell::plain(row.count.to_string())),
    Column::text("NAMES", "names", |row, _| {
        let names = row.names.iter().take(NAMES).cloned().collect::<Vec<_>>().join(" ");
        let more = row.count.saturating_sub(NAMES as u64);
        Cell::plain(if more > 0 && !names.is_empty() { format!("{names} and {more} more") } else { names })
    }),
];
