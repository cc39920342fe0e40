//! `/api/v1/audit`: what people did, proof that the journal is whole, and its export.
//!
//! A search is open to everybody, each of whom finds what concerns the objects that they may see.

use super::event;
use crate::http::authenticate::Authenticated;
use crate::http::body::Asked;
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::projection::Deed;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self as streams, StreamExt as _};
use serde_json::Value;
use std::sync::Arc;
use topmast_api::audit::{
    AuditEntry, AuditPage, AuditQuery, AuditVerification, DEEDS_DEFAULT, DEEDS_MAX, ExportFormat, ExportQuery,
};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_journal::Record;
use topmast_model::error::with_sources;
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::principal::Right;

/// Records read at a time: one piece of the answer.
const CHUNK: usize = 1_000;
/// Deeds looked at in one go for a search.
const LOOK: usize = 200;
/// Looks for one page before it ends early, so that who sees little cannot walk a year.
const LOOKS_MAX: usize = 20;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::AUDIT_SEARCH, audit_search)
        .route(&route::AUDIT_VERIFY, audit_verify)
        .route(&route::AUDIT_EXPORT, audit_export)
}

async fn audit_search(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(mut query): Asked<AuditQuery>,
) -> Result<Json<AuditPage>, Refusal> {
    let limit = query.limit.unwrap_or(DEEDS_DEFAULT);
    if !(1..=DEEDS_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("limit is 1 to {DEEDS_MAX}")));
    }
    let limit = limit as usize;
    let mut items = Vec::new();
    for _ in 0..LOOKS_MAX {
        let deeds = context.journal.deeds(query.clone(), LOOK).await?;
        let Some((last, _)) = deeds.last() else {
            return Ok(Json(AuditPage { items, next: None }));
        };
        let last = last.seq;
        for (deed, fact) in deeds {
            if event::visible(&context.bus, &authenticated.principal, &fact) {
                items.push(entry(deed, &fact)?);
                if items.len() == limit {
                    return Ok(Json(AuditPage { items, next: Some(fact.seq) }));
                }
            }
        }
        query.before = Some(last);
    }
    Ok(Json(AuditPage { items, next: query.before }))
}

fn entry(deed: Deed, fact: &Event) -> Result<AuditEntry, Refusal> {
    let operation = match &fact.body {
        EventBody::ActionAccepted { operation, .. } => Some(operation.as_str().to_owned()),
        EventBody::StepFinished { .. } => Some("cancel".to_owned()),
        _ => None,
    };
    let event = event::to_api(fact)?;
    Ok(AuditEntry {
        operation,
        reason: reason(&event.payload),
        event,
        approved_by: deed.approved_by,
        result: deed.result,
        ended_at: deed.ended_at.map(Timestamp),
        message: deed.message,
    })
}

/// Why, in the words of who did it: the fact's own reason or comment, or that of what it holds.
fn reason(payload: &Value) -> Option<String> {
    let fields = payload.as_object()?;
    let held = std::iter::once(fields).chain(fields.values().filter_map(Value::as_object));
    let mut words = held.flat_map(|inner| ["reason", "comment"].map(|field| inner.get(field)));
    words.find_map(|found| found?.as_str().map(str::to_owned))
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
            broken_seq: None,
            problem: None,
        },
        Err(error) => AuditVerification {
            records: error.seq.0.saturating_sub(1),
            head_seq: Seq(error.seq.0.saturating_sub(1)),
            head_hash: String::new(),
            ok: false,
            broken_seq: Some(error.seq),
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
    // A compressor asks once more after the end.
    Ok(([(CONTENT_TYPE, query.format.media_type())], Body::from_stream(lines.fuse())).into_response())
}

/// One record as a line, with its end.
fn line(format: ExportFormat, record: &Record) -> String {
    crate::audit::line(format, record) + "\n"
}

/// The audit is one chain over all tenants, so it is for those who may read it everywhere.
fn everywhere(authenticated: &Authenticated) -> Result<(), Refusal> {
    if authenticated.principal.may(Right::ReadAudit, None) {
        return Ok(());
    }
    let detail = "the audit is one chain over all tenants; it needs the role auditor or admin everywhere";
    Err(Refusal::new(ProblemCode::Forbidden, detail))
}
