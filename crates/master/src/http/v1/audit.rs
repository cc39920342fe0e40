//! `/api/v1/audit`: proof that the journal is whole, and its export.

use crate::http::authenticate::Authenticated;
use crate::http::body::Asked;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::record;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream as streams;
use std::sync::Arc;
use topmast_api::audit::{AuditVerification, ExportFormat, ExportQuery};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_journal::{Record, export};
use topmast_model::error::with_sources;
use topmast_model::id::Seq;
use topmast_model::principal::Right;

/// Records read at a time: one piece of the answer.
const CHUNK: usize = 1_000;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::AUDIT_VERIFY, audit_verify).route(&route::AUDIT_EXPORT, audit_export)
}

async fn audit_verify(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<Json<AuditVerification>, Refusal> {
    everywhere(&authenticated)?;
    let verified = context.journal.verify().await?;
    Ok(Json(match verified {
        Ok(verified) => AuditVerification {
            records: verified.records,
            head_seq: verified.head.seq,
            head_hash: verified.head.hash.to_string(),
            ok: true,
            problem: None,
        },
        Err(error) => AuditVerification {
            records: 0,
            head_seq: Seq(0),
            head_hash: String::new(),
            ok: false,
            problem: Some(with_sources(&error)),
        },
    }))
}

async fn audit_export(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ExportQuery>,
) -> Result<Response, Refusal> {
    everywhere(&authenticated)?;
    let begin = query.after.unwrap_or_default();
    let lines = streams::unfold((context, begin), move |(context, after)| async move {
        let Ok(records) = context.journal.read(after, CHUNK).await else {
            // The answer has begun; breaking it off is the only way to say that it is not whole.
            return Some((Err(std::io::Error::other("the journal cannot be read")), (context, after)));
        };
        let last = records.last()?.seq;
        let text: String = records.iter().map(|record| line(query.format, record)).collect();
        Some((Ok(text), (context, last)))
    });
    Ok(([(CONTENT_TYPE, query.format.media_type())], Body::from_stream(lines)).into_response())
}

/// One record as a line. Secrets' hashes stay in the journal: the line has what was written, redacted.
fn line(format: ExportFormat, record: &Record) -> String {
    let mut shown = record.clone();
    if let Ok(event) = record::from_record(record)
        && let Ok((_, payload)) = event.body.redacted().to_parts()
    {
        shown.payload = payload.to_string();
    }
    let mut line = match format {
        ExportFormat::Jsonl => export::json_line(&shown),
        ExportFormat::Cef => export::cef_line(&shown),
    };
    line.push('\n');
    line
}

/// The audit is one chain over all tenants, so it is for those who may read it everywhere.
fn everywhere(authenticated: &Authenticated) -> Result<(), Refusal> {
    if authenticated.principal.may(Right::ReadAudit, None) {
        return Ok(());
    }
    let detail = "the audit is one chain over all tenants; it needs the role auditor or admin everywhere";
    Err(Refusal::new(ProblemCode::Forbidden, detail))
}
