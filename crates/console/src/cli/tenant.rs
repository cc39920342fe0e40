//! `topmast tenants`: clients, what they may use and use.

mod availability;
mod removal;

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column};
use clap::{Args, Subcommand};
use topmast_api::availability::ObjectiveRequest;
use topmast_api::client::Client;
use topmast_api::tenant::{
    SuspendRequest, TenantRequest, TenantRow, TenantUsageQuery, TenantUsageRow, TenantUse,
};
use topmast_model::path::ObjectPath;

/// Arguments of `tenants`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples: topmast tenants; topmast tenants set acme --title 'Acme Ltd' --series 50000 --requests-per-s 50; \
                        topmast tenants suspend acme --reason 'the contract has ended'"
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Describe a tenant and say what it may use; what is not said knows no bound
    Set(SetArguments),
    /// Tell what tenants used in a month, day by day, to charge it
    Usage {
        /// A month, as 2026-11; the present one, by UTC, when missing
        #[arg(long, value_name = "MONTH")]
        month: Option<String>,
        #[command(flatten)]
        show: ShowArguments,
    },
    /// Tell how available what tenants have was, what of the error budget is left, and what went wrong
    Availability(availability::Arguments),
    /// Promise an availability to a tenant, or to something of it
    Promise {
        /// Name of the tenant
        tenant: ObjectPath,
        /// In percent, as 99.9; nothing is promised any more when missing
        objective: Option<f64>,
        /// Of what: SERVER, APPLICATION or APPLICATION/SERVICE, in all its clusters; all without an objective of its own when missing
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
    },
    /// Let nobody of a tenant in; its servers and applications run on
    Suspend {
        /// Name of the tenant
        tenant: ObjectPath,
        /// Why; its people are told
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Let the people of a tenant in again
    Resume {
        /// Name of the tenant
        tenant: ObjectPath,
    },
    /// Remove a tenant with all that it has, for good; without a reason only what would go is shown
    Remove(removal::Arguments),
    /// Forget the title and the quotas of a tenant; what is in it stays
    Forget {
        /// Name of the tenant
        tenant: ObjectPath,
    },
}

#[derive(Debug, Args)]
struct SetArguments {
    /// Name of the tenant
    tenant: ObjectPath,
    /// What people call it
    #[arg(long, value_name = "TEXT")]
    title: String,
    /// Series that its servers, and what programs send, may have in the history at one time
    #[arg(long, value_name = "COUNT")]
    series: Option<u64>,
    /// Samples that its servers may bring into the history, a second
    #[arg(long, value_name = "COUNT")]
    samples_per_s: Option<u64>,
    /// Requests of its users, tokens and access keys, a second
    #[arg(long, value_name = "COUNT")]
    requests_per_s: Option<u64>,
    /// Days for which its samples are kept as they came, when that is less than for all
    #[arg(long, value_name = "DAYS")]
    raw_days: Option<u64>,
    /// Days for which their minutes are kept
    #[arg(long, value_name = "DAYS")]
    minute_days: Option<u64>,
    /// Days for which their hours are kept
    #[arg(long, value_name = "DAYS")]
    hour_days: Option<u64>,
    /// MiB of the history's files that its samples take at most, the newest; the first bound that is reached counts
    #[arg(long, value_name = "MIB")]
    raw_mib: Option<u64>,
    /// MiB that their minutes take at most
    #[arg(long, value_name = "MIB")]
    minute_mib: Option<u64>,
    /// MiB that their hours take at most
    #[arg(long, value_name = "MIB")]
    hour_mib: Option<u64>,
}

impl SetArguments {
    fn request(self) -> TenantRequest {
        TenantRequest {
            title: self.title,
            series: self.series,
            samples_per_s: self.samples_per_s,
            requests_per_s: self.requests_per_s,
            raw_days: self.raw_days,
            minute_days: self.minute_days,
            hour_days: self.hour_days,
            raw_mib: self.raw_mib,
            minute_mib: self.minute_mib,
            hour_mib: self.hour_mib,
        }
    }
}

/// Lists tenants or changes one.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let said = match arguments.command {
        None => return arguments.show.print(&client.tenant_list().await?.items, TENANTS),
        Some(Command::Set(set)) => {
            let tenant = set.tenant.clone();
            let row = client.tenant_set(&tenant, &set.request()).await?;
            return arguments.show.print(&[row], TENANTS);
        }
        Some(Command::Usage { month, show }) => {
            return show.print(&client.tenant_usage(&TenantUsageQuery { month }).await?.items, USAGE);
        }
        Some(Command::Remove(arguments)) => return removal::run(client, arguments).await,
        Some(Command::Availability(arguments)) => return availability::run(client, arguments).await,
        Some(Command::Promise { tenant, objective, of }) => {
            let of_what = of.clone().unwrap_or_else(|| tenant.to_string());
            client.tenant_promise(&tenant, &ObjectiveRequest { of, objective }).await?;
            match objective {
                Some(objective) => {
                    format!("{of_what} is promised to be available {objective} % of the time\n")
                }
                None => format!("nothing is promised of {of_what} any more\n"),
            }
        }
        Some(Command::Suspend { tenant, reason }) => {
            client.tenant_suspend(&tenant, &SuspendRequest { reason }).await?;
            format!("nobody of {tenant} is let in any more; its servers run on\n")
        }
        Some(Command::Resume { tenant }) => {
            client.tenant_resume(&tenant).await?;
            format!("the people of {tenant} are let in again\n")
        }
        Some(Command::Forget { tenant }) => {
            client.tenant_forget(&tenant).await?;
            format!("title and quotas of {tenant} are forgotten\n")
        }
    };
    Ok(terminal::print(&said)?)
}

/// `12 of 100`, or `12` without a quota; with what was refused, if anything was.
fn used(usage: &TenantUse) -> Cell {
    let used = match usage.quota {
        Some(quota) => format!("{} of {quota}", usage.now),
        None => usage.now.to_string(),
    };
    match usage.refused {
        0 => Cell::plain(used),
        refused => Cell::plain(format!("{used}, {refused} refused")),
    }
}

/// Days for which something is kept; without any it is kept as for all.
fn days(days: Option<u64>) -> Cell {
    Cell::plain(days.map_or_else(|| "as all".to_owned(), |days| days.to_string()))
}

/// MiB that something takes, begun ones as whole ones: `12 of 100`, or `12` without a bound; `-` while they are counted.
fn kept(bytes: Option<u64>, most_mib: Option<u64>) -> Cell {
    let now = bytes.map_or_else(|| "-".to_owned(), |bytes| bytes.div_ceil(1 << 20).to_string());
    Cell::plain(match most_mib {
        Some(most) => format!("{now} of {most}"),
        None => now,
    })
}

const TENANTS: &[Column<TenantRow>] = &[
    Column::text("TENANT", "tenant", |row, _| Cell::plain(row.tenant.as_str())),
    Column::text("TITLE", "title", |row, _| Cell::plain(&row.title)),
    Column::text("STATE", "suspended_since", |row, _| {
        Cell::plain(if row.suspended_since.is_some() { "SUSPENDED" } else { "OPEN" })
    }),
    Column::number("SERVERS", "servers", |row, _| Cell::plain(row.servers.to_string())),
    Column::number("APPS", "applications", |row, _| Cell::plain(row.applications.to_string())),
    Column::number("USERS", "users", |row, _| Cell::plain(row.users.to_string())),
    Column::text("SERIES", "series", |row, _| used(&row.series)),
    Column::text("SAMPLES/S", "samples", |row, _| used(&row.samples)),
    Column::text("REQUESTS/S", "requests", |row, _| used(&row.requests)),
    Column::text("RAW MIB", "raw_bytes", |row, _| kept(row.raw_bytes, row.raw_mib)),
    Column::wide_text("RAW DAYS", "raw_days", |row, _| days(row.raw_days)),
    Column::wide_text("MINUTE DAYS", "minute_days", |row, _| days(row.minute_days)),
    Column::wide_text("HOUR DAYS", "hour_days", |row, _| days(row.hour_days)),
    Column::wide_text("MINUTE MIB", "minute_bytes", |row, _| kept(row.minute_bytes, row.minute_mib)),
    Column::wide_text("HOUR MIB", "hour_bytes", |row, _| kept(row.hour_bytes, row.hour_mib)),
    Column::text("ACCOUNT", "account", |row, _| Cell::plain(row.account.as_deref().unwrap_or_default())),
];

const USAGE: &[Column<TenantUsageRow>] = &[
    Column::text("DAY", "day", |row, _| Cell::plain(&row.day)),
    Column::text("TENANT", "tenant", |row, _| Cell::plain(row.tenant.as_str())),
    Column::number("SERVERS", "servers", |row, _| Cell::plain(row.servers.to_string())),
    Column::number("APPS", "applications", |row, _| Cell::plain(row.applications.to_string())),
    Column::number("SERIES", "series", |row, _| Cell::plain(row.series.to_string())),
    Column::number("SAMPLES", "samples", |row, _| Cell::plain(row.samples.to_string())),
    Column::number("REQUESTS", "requests", |row, _| Cell::plain(row.requests.to_string())),
    Column::number("ACTIONS", "actions", |row, _| Cell::plain(row.actions.to_string())),
];
