//! The audit for others to keep: lines of an export, and a stream of them to a syslog server.
//!
//! ```text
//! journal ─ after the cursor ─► what is audited ─► lines ─► one connection ─► the receiver's end of it ─► cursor
//!              ▲                                                 │ failed
//!              └──────────── wait, 1 s to 1 min ◄────────────────┘
//! ```
//!
//! Invariants
//! - AU-1: the cursor moves on only after the receiver has ended the connection that carried the lines, or has
//!   kept it open past the wait for that; so a restart or a failure repeats lines and loses none.
//! - AU-2: no line holds a secret or its hash.
//!
//! A repeated line has the same `seq` and `hash`. Elsewhere: the form of lines (`notification::send::syslog`).

mod cursor;

use crate::http::Context;
use crate::notification::syslog;
use crate::projection::is_audited;
use crate::record;
use cursor::Cursor;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use topmast_api::audit::ExportFormat;
use topmast_journal::{Record, export};
use topmast_model::error::with_sources;
use topmast_model::notification::channel::{Facility, Syslog, SyslogTransport};

/// Records read at a time; their lines go over one connection.
const BATCH: usize = 500;
/// Waits after a failure.
const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_mins(1);
/// Syslog's severities: informational, and a warning for what was refused.
const INFORMATIONAL: u8 = 6;
const WARNING: u8 = 4;

/// Where the audit goes beside the journal: the section `[audit]`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// The syslog server that gets each audited event; none when missing.
    pub syslog: Option<AuditSyslog>,
}

/// A syslog server for the audit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSyslog {
    /// The server.
    pub host: String,
    /// Its port; 6514 when missing, or 514 without TLS.
    pub port: Option<u16>,
    /// How lines go there; over TLS when missing.
    #[serde(default = "over_tls")]
    pub transport: SyslogTransport,
    /// Where the server files them.
    #[serde(default = "local0")]
    pub facility: Facility,
    /// The form of the text.
    #[serde(default)]
    pub format: ExportFormat,
}

const fn over_tls() -> SyslogTransport {
    SyslogTransport::Tls
}

const fn local0() -> Facility {
    Facility::Local0
}

impl AuditConfig {
    /// The field that cannot be used, and what to write instead.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        match &self.syslog {
            Some(syslog) if syslog.host.is_empty() => {
                Err(("audit.syslog.host", "write the name of the syslog server".into()))
            }
            Some(syslog) if syslog.transport == SyslogTransport::Udp => Err((
                "audit.syslog.transport",
                "write tls or tcp: a datagram that is lost would be a gap in the audit".into(),
            )),
            _ => Ok(()),
        }
    }
}

/// One record as a line without its end. Secrets' hashes stay in the journal: the line has what was written, redacted.
pub(crate) fn line(format: ExportFormat, record: &Record) -> String {
    let mut shown = record.clone();
    if let Ok(event) = record::from_record(record)
        && let Ok((_, payload)) = event.body.redacted().to_parts()
    {
        shown.payload = payload.to_string();
    }
    match format {
        ExportFormat::Jsonl => export::json_line(&shown),
        ExportFormat::Cef => export::cef_line(&shown),
    }
}

/// Streams the audit for as long as the master runs.
pub(crate) async fn run(context: Arc<Context>, config: AuditSyslog) {
    let mut cursor = match Cursor::open(&context.config.data) {
        Ok(cursor) => cursor,
        Err(error) => {
            tracing::error!(%error, "the audit is not streamed: its cursor cannot be read");
            return;
        }
    };
    if cursor.position() > context.bus.state().last_seq() {
        tracing::warn!("the stream of the audit was further than the journal is; it begins anew");
        cursor.restart();
    }
    let mut news = context.bus.events();
    let mut wait = WAIT_MIN;
    loop {
        match batch(&context, &config, &mut cursor).await {
            Ok(true) => wait = WAIT_MIN,
            Ok(false) => {
                wait = WAIT_MIN;
                if matches!(news.recv().await, Err(RecvError::Closed)) {
                    return;
                }
            }
            Err(reason) => {
                if wait == WAIT_MIN {
                    tracing::warn!(%reason, "the audit is not streamed now; it goes on from where it was");
                }
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(WAIT_MAX);
            }
        }
    }
}

/// Sends what comes after the cursor; false when nothing does.
async fn batch(context: &Context, config: &AuditSyslog, cursor: &mut Cursor) -> Result<bool, String> {
    let records = context
        .journal
        .read(cursor.position(), BATCH)
        .await
        .map_err(|refusal| refusal.detail().to_owned())?;
    let Some(last) = records.last().map(|record| record.seq) else { return Ok(false) };
    let syslog = Syslog {
        host: config.host.clone(),
        port: config.port,
        transport: config.transport,
        facility: config.facility,
        app_name: None,
    };
    let to_line = |record: &Record| {
        let severity = if record.kind == "LoginFailed" { WARNING } else { INFORMATIONAL };
        let values = [
            ("seq", record.seq.to_string()),
            ("hash", record.hash.to_string()),
            ("tenant", record.tenant.clone()),
            ("object", record.object.clone().unwrap_or_default()),
            ("action", record.action.clone().unwrap_or_default()),
        ];
        let text = line(config.format, record);
        syslog::one_line(&context.senders, &syslog, (severity, record.time, &record.kind), &values, &text)
    };
    let lines: Vec<String> = records.iter().filter(|record| is_audited(record)).map(to_line).collect();
    if !lines.is_empty() {
        syslog::deliver(&context.senders, &syslog, &lines).await.map_err(|failure| failure.reason)?;
    }
    cursor.advance(last).map_err(|error| with_sources(&error))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> AuditConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn syslog_goes_over_tls_unless_told_otherwise_and_never_by_datagrams() {
        let syslog = config("[syslog]\nhost = \"siem\"").syslog.unwrap();
        assert_eq!((syslog.transport, syslog.facility), (SyslogTransport::Tls, Facility::Local0));
        assert_eq!(config("").check(), Ok(()));
        let (field, message) = config("[syslog]\nhost = \"siem\"\ntransport = \"udp\"").check().unwrap_err();
        assert!(field == "audit.syslog.transport" && message.contains("tls"), "{message}");
        assert!(config("[syslog]\nhost = \"\"").check().is_err());
    }
}
