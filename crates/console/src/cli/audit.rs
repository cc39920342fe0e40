//! `topmast audit`: what people did, proof that the journal is whole, and its export.

use super::event::{self, summary};
use super::failure::Failure;
use super::list::ShowArguments;
use super::moment;
use crate::output::{Cell, Column, Form, Tone, terminal};
use clap::{Args, Subcommand, ValueEnum};
use topmast_api::audit::{
    AuditEntry, AuditQuery, AuditResult, DEEDS_DEFAULT, DEEDS_MAX, ExportFormat, ExportQuery,
};
use topmast_api::client::Client;
use topmast_api::time::Timestamp;
use topmast_model::id::Seq;
use topmast_model::path::ObjectPath;
use topmast_model::principal::AuthMethod;

/// Commands of `audit`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Find who did what: one line a deed, with its result
    #[command(
        after_help = "Example: topmast audit search --object acme/main/db/switch --kind restart \\\n             \
                            --since \"thursday evening\" --until \"friday morning\""
    )]
    Search(SearchArguments),
    /// Walk the journal's hash chain; exit code 1 when a record is not what was written
    Verify {
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the whole journal, or what comes after a position
    Export {
        /// Form of the lines
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Only what comes after this position
        #[arg(long, value_name = "SEQ")]
        after: Option<u64>,
    },
}

/// What to look for; all conditions must hold.
#[derive(Debug, Args)]
pub(super) struct SearchArguments {
    /// Only deeds of this user, token or access key
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only deeds on this object or inside it; a name finds an application, user, rule, parameter … of it
    #[arg(long, value_name = "PATH|NAME")]
    object: Option<String>,
    /// Only actions with this operation (start, stop, restart, cancel), or events of this kind
    #[arg(long)]
    kind: Option<String>,
    /// Only deeds with this result: done, pending, succeeded, failed, unknown, refused
    #[arg(long)]
    result: Option<AuditResult>,
    /// Only deeds at or after this time, e.g. "thursday 18:00", "2h ago", 2026-03-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment::since)]
    since: Option<Timestamp>,
    /// Only deeds before this time; of what lasts, such as "friday morning", before its end
    #[arg(long, value_name = "TIME", value_parser = moment::until)]
    until: Option<Timestamp>,
    /// Most deeds
    #[arg(long, value_name = "COUNT", default_value_t = DEEDS_DEFAULT)]
    limit: u32,
    #[command(flatten)]
    show: ShowArguments,
}

/// Form of an export.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line, with the hashes.
    #[default]
    Jsonl,
    /// Common Event Format, for a SIEM.
    Cef,
}

/// Columns of deeds.
const DEEDS: &[Column<AuditEntry>] = &[
    Column::text("TIME", "event.time", |deed, _| Cell::plain(deed.event.time.to_string())),
    Column::text("BY", "event.actor.name", |deed, _| Cell::plain(event::by(&deed.event))),
    Column::text("AUTH", "event.actor.auth", |deed, _| {
        let (way, through) = (auth(deed.event.actor.auth), deed.event.actor.through.as_deref());
        Cell::plain(through.map_or_else(|| way.to_owned(), |through| format!("{way} {through}")))
    }),
    Column::text("FROM", "event.actor.address", |deed, _| Cell::maybe(deed.event.actor.address.as_deref())),
    Column::text("KIND", "event.kind", |deed, _| {
        Cell::plain(deed.operation.as_deref().unwrap_or(&deed.event.kind))
    }),
    Column::text("OBJECT", "event.object", |deed, _| {
        Cell::maybe(deed.event.object.as_ref().map(ObjectPath::as_str))
    }),
    Column::text("WHAT", "event.payload", |deed, _| Cell::maybe(Some(&summary::summary(&deed.event)))),
    Column::text("RESULT", "result", |deed, _| Cell::new(deed.result.as_str(), tone(deed.result))),
    Column::text("MESSAGE", "message", |deed, _| Cell::maybe(deed.message.as_deref())),
    Column::wide_text("REASON", "reason", |deed, _| Cell::maybe(deed.reason.as_deref())),
    Column::wide_text("APPROVED", "approved_by", |deed, _| {
        Cell::maybe(Some(deed.approved_by.join(", ").as_str()).filter(|names| !names.is_empty()))
    }),
    Column::wide_text("ENDED", "ended_at", |deed, _| {
        Cell::maybe(deed.ended_at.map(|time| time.to_string()).as_deref())
    }),
    Column::wide_text("OPERATION", "operation", |deed, _| Cell::maybe(deed.operation.as_deref())),
    Column::wide_text("SEQ", "event.seq", |deed, _| Cell::plain(deed.event.seq.to_string())),
];

/// How somebody proved who it is, as the API writes it.
const fn auth(method: AuthMethod) -> &'static str {
    match method {
        AuthMethod::Password => "password",
        AuthMethod::Oidc => "identity provider",
        AuthMethod::Session => "session",
        AuthMethod::Token => "token",
        AuthMethod::Console => "console",
        AuthMethod::Signature => "signature",
        AuthMethod::Join => "join",
        AuthMethod::Certificate => "certificate",
        AuthMethod::Internal => "internal",
    }
}

const fn tone(result: AuditResult) -> Tone {
    match result {
        AuditResult::Done | AuditResult::Succeeded => Tone::Good,
        AuditResult::Pending => Tone::Plain,
        AuditResult::Unknown => Tone::Warn,
        AuditResult::Failed | AuditResult::Refused => Tone::Bad,
    }
}

/// The deeds asked for, the newest first. The master ends a page early when few may be seen; this goes on.
async fn search(client: &Client, arguments: SearchArguments) -> Result<(), Failure> {
    let SearchArguments { by, object, kind, result, since, until, limit, show } = arguments;
    let mut query = AuditQuery { by, object, kind, result, since, until, before: None, limit: None };
    let mut deeds = Vec::new();
    loop {
        let missing = limit.saturating_sub(u32::try_from(deeds.len()).unwrap_or(u32::MAX));
        if missing == 0 {
            break;
        }
        query.limit = Some(missing.min(DEEDS_MAX));
        let page = client.audit_search(&query).await?;
        deeds.extend(page.items);
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    show.print(&deeds, DEEDS)?;
    if matches!(show.output, Form::Table | Form::Wide) {
        match (deeds.len(), query.before) {
            (0, _) => terminal::notice("nobody did that"),
            (shown, Some(_)) => terminal::notice(&format!("the newest {shown}; --limit shows more")),
            _ => {}
        }
    }
    Ok(())
}

/// Searches, verifies or exports.
pub(super) async fn run(client: &Client, command: Command) -> Result<(), Failure> {
    match command {
        Command::Search(arguments) => search(client, arguments).await,
        Command::Verify { json } => {
            let found = client.audit_verify().await?;
            if json {
                terminal::print(&format!("{}\n", serde_json::to_string_pretty(&found)?))?;
            } else if found.ok {
                terminal::print(&format!(
                    "whole: {} records, head {} {}\n",
                    found.records, found.head_seq, found.head_hash
                ))?;
            }
            if found.ok {
                return Ok(());
            }
            let problem = found.problem.unwrap_or_else(|| "a record is not what was written".to_owned());
            Err(Failure::Check(format!("the journal is NOT whole: {problem}; good up to {}", found.head_seq)))
        }
        Command::Export { format, after } => {
            let format = match format {
                Format::Jsonl => ExportFormat::Jsonl,
                Format::Cef => ExportFormat::Cef,
            };
            let mut export = client.audit_export(&ExportQuery { format, after: after.map(Seq) }).await?;
            while let Some(piece) = export.next().await? {
                terminal::print_bytes(&piece)?;
            }
            Ok(())
        }
    }
}
