//! The envelope of a master's messages. A tag, once used, keeps its meaning (W-1).

use super::field::{Step, bounded, envelope, from_json, json, step, wrong};
use super::log::{self, LogFields};
use super::package::PieceFields;
use super::terminal::{self, InputFields, OpenFields, PaneCreditFields, ResizeFields, StopFields};
use super::{DecodeError, Execute, MasterMessage, RunTask};
use crate::limits::{CUSTOM_MAX, PACKAGE_MAX, PEM_MAX, TEXT_MAX};
use prost::Message;
use topmast_model::configuration::SET_MAX;
use topmast_model::custom::CustomStep;
use topmast_model::id::Epoch;
use topmast_model::package::key::{KEYS_MAX, TrustKey, TrustKeyError};
use topmast_model::path::check_name;

#[derive(Clone, PartialEq, Message)]
struct Envelope {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Challenge(ChallengeFields),
    #[prost(message, tag = "2")]
    Welcome(WelcomeFields),
    #[prost(message, tag = "3")]
    ReportsAcknowledged(ReportsAcknowledgedFields),
    #[prost(message, tag = "4")]
    Execute(ExecuteFields),
    #[prost(message, tag = "5")]
    Credit(CreditFields),
    #[prost(message, tag = "6")]
    Certificate(CertificateFields),
    #[prost(message, tag = "7")]
    Goodbye(GoodbyeFields),
    #[prost(message, tag = "8")]
    Ping(PingFields),
    #[prost(message, tag = "9")]
    OpenPane(OpenFields),
    #[prost(message, tag = "10")]
    PaneInput(InputFields),
    #[prost(message, tag = "11")]
    ResizePane(ResizeFields),
    #[prost(message, tag = "12")]
    StopPane(StopFields),
    #[prost(message, tag = "13")]
    PaneCredit(PaneCreditFields),
    #[prost(message, tag = "14")]
    OpenLog(LogFields),
    #[prost(message, tag = "15")]
    PackagePiece(PieceFields),
    #[prost(message, tag = "16")]
    RunTask(RunTaskFields),
}

#[derive(Clone, PartialEq, Message)]
struct RunTaskFields {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(string, tag = "3")]
    application: String,
    #[prost(string, tag = "4")]
    task: String,
    #[prost(string, tag = "5")]
    principal: String,
}

#[derive(Clone, PartialEq, Message)]
struct ChallengeFields {
    #[prost(uint32, tag = "1")]
    protocol: u32,
    #[prost(bytes = "vec", tag = "2")]
    nonce: Vec<u8>,
    #[prost(string, tag = "3")]
    master: String,
}

#[derive(Clone, PartialEq, Message)]
struct WelcomeFields {
    #[prost(uint64, tag = "1")]
    epoch: u64,
    #[prost(bool, tag = "2")]
    active: bool,
    #[prost(uint64, tag = "3")]
    reports_acknowledged: u64,
    #[prost(uint32, tag = "4")]
    credit: u32,
    #[prost(uint64, tag = "5")]
    heartbeat_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
struct ReportsAcknowledgedFields {
    #[prost(uint64, tag = "1")]
    up_to: u64,
}

#[derive(Clone, PartialEq, Message)]
struct ExecuteFields {
    #[prost(message, optional, tag = "1")]
    step: Option<Step>,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(string, tag = "3")]
    operation: String,
    #[prost(string, tag = "4")]
    application: String,
    #[prost(string, tag = "5")]
    principal: String,
    #[prost(string, optional, tag = "6")]
    reason: Option<String>,
    #[prost(uint64, tag = "7")]
    expires_in_ms: u64,
    #[prost(bytes = "vec", optional, tag = "8")]
    package_json: Option<Vec<u8>>,
    /// As JSON.
    #[prost(bytes = "vec", optional, tag = "9")]
    configuration: Option<Vec<u8>>,
    /// As JSON.
    #[prost(bytes = "vec", optional, tag = "10")]
    custom: Option<Vec<u8>>,
    #[prost(string, repeated, tag = "11")]
    trust_keys: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct CreditFields {
    #[prost(uint32, tag = "1")]
    frames: u32,
}

#[derive(Clone, PartialEq, Message)]
struct CertificateFields {
    #[prost(string, tag = "1")]
    pem: String,
    #[prost(string, tag = "2")]
    ca_pem: String,
}

#[derive(Clone, PartialEq, Message)]
struct GoodbyeFields {
    #[prost(string, tag = "1")]
    reason: String,
    #[prost(uint64, tag = "2")]
    retry_after_ms: u64,
    #[prost(bool, tag = "3")]
    fatal: bool,
}

#[derive(Clone, PartialEq, Message)]
struct PingFields {
    #[prost(uint64, tag = "1")]
    nonce: u64,
}

impl MasterMessage {
    /// The bytes of one WebSocket message.
    pub fn encode(&self) -> Vec<u8> {
        let kind = match self {
            Self::Challenge { protocol, nonce, master } => Some(Kind::Challenge(ChallengeFields {
                protocol: *protocol,
                nonce: nonce.to_vec(),
                master: master.clone(),
            })),
            Self::Welcome { epoch, active, reports_acknowledged, credit, heartbeat_ms } => {
                Some(Kind::Welcome(WelcomeFields {
                    epoch: epoch.0,
                    active: *active,
                    reports_acknowledged: *reports_acknowledged,
                    credit: *credit,
                    heartbeat_ms: *heartbeat_ms,
                }))
            }
            Self::ReportsAcknowledged { up_to } => {
                Some(Kind::ReportsAcknowledged(ReportsAcknowledgedFields { up_to: *up_to }))
            }
            Self::Execute(execute) => Some(Kind::Execute(ExecuteFields {
                step: Some(execute.step.into()),
                epoch: execute.epoch.0,
                operation: execute.operation.as_str().to_owned(),
                application: execute.application.clone(),
                principal: execute.principal.clone(),
                reason: execute.reason.clone(),
                expires_in_ms: execute.expires_in_ms,
                package_json: execute.package.as_ref().map(json),
                configuration: execute.configuration.as_ref().map(json),
                custom: execute.custom.as_ref().map(json),
                trust_keys: execute.trust_keys.iter().map(ToString::to_string).collect(),
            })),
            Self::RunTask(run) => Some(Kind::RunTask(RunTaskFields {
                id: run.id.to_string(),
                epoch: run.epoch.0,
                application: run.application.clone(),
                task: run.task.clone(),
                principal: run.principal.clone(),
            })),
            Self::Credit { frames } => Some(Kind::Credit(CreditFields { frames: *frames })),
            Self::Certificate { pem, ca_pem } => {
                Some(Kind::Certificate(CertificateFields { pem: pem.clone(), ca_pem: ca_pem.clone() }))
            }
            Self::Goodbye { reason, retry_after_ms, fatal } => Some(Kind::Goodbye(GoodbyeFields {
                reason: reason.clone(),
                retry_after_ms: *retry_after_ms,
                fatal: *fatal,
            })),
            Self::Ping { nonce } => Some(Kind::Ping(PingFields { nonce: *nonce })),
            Self::OpenPane(open) => Some(Kind::OpenPane(terminal::open_fields(open))),
            Self::PaneInput { pane, bytes } => {
                Some(Kind::PaneInput(InputFields { pane: Some((*pane).into()), bytes: bytes.clone() }))
            }
            Self::ResizePane { pane, size } => Some(Kind::ResizePane(ResizeFields::new(*pane, *size))),
            Self::StopPane { pane } => Some(Kind::StopPane(StopFields { pane: Some((*pane).into()) })),
            Self::PaneCredit { pane, bytes } => {
                Some(Kind::PaneCredit(PaneCreditFields { pane: Some((*pane).into()), bytes: *bytes }))
            }
            Self::OpenLog(open) => Some(Kind::OpenLog(log::fields(open))),
            Self::PackagePiece(piece) => Some(Kind::PackagePiece(PieceFields::new(piece))),
            Self::Unknown => None,
        };
        Envelope { kind }.encode_to_vec()
    }

    /// Reads one WebSocket message. A kind of a newer master is [`MasterMessage::Unknown`].
    ///
    /// # Errors
    /// [`DecodeError`], which names the field; the connection cannot be trusted further.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(match envelope::<Envelope>(bytes)?.kind {
            Some(Kind::Challenge(fields)) => Self::Challenge {
                protocol: fields.protocol,
                nonce: fields.nonce.try_into().map_err(|nonce: Vec<u8>| {
                    wrong("challenge.nonce", format_args!("has {} bytes instead of 32", nonce.len()))
                })?,
                master: bounded("challenge.master", fields.master, TEXT_MAX)?,
            },
            Some(Kind::Welcome(fields)) => Self::Welcome {
                epoch: Epoch(fields.epoch),
                active: fields.active,
                reports_acknowledged: fields.reports_acknowledged,
                credit: fields.credit,
                heartbeat_ms: fields.heartbeat_ms,
            },
            Some(Kind::ReportsAcknowledged(fields)) => Self::ReportsAcknowledged { up_to: fields.up_to },
            Some(Kind::Execute(fields)) => Self::Execute(Box::new(execute(fields)?)),
            Some(Kind::RunTask(fields)) => Self::RunTask(Box::new(run_task(fields)?)),
            Some(Kind::Credit(fields)) => Self::Credit { frames: fields.frames },
            Some(Kind::Certificate(fields)) => Self::Certificate {
                pem: bounded("certificate.pem", fields.pem, PEM_MAX)?,
                ca_pem: bounded("certificate.ca_pem", fields.ca_pem, PEM_MAX)?,
            },
            Some(Kind::Goodbye(fields)) => Self::Goodbye {
                reason: bounded("goodbye.reason", fields.reason, TEXT_MAX)?,
                retry_after_ms: fields.retry_after_ms,
                fatal: fields.fatal,
            },
            Some(Kind::Ping(fields)) => Self::Ping { nonce: fields.nonce },
            Some(Kind::OpenPane(fields)) => Self::OpenPane(Box::new(terminal::open(fields)?)),
            Some(Kind::PaneInput(fields)) => Self::PaneInput {
                pane: terminal::pane("pane_input.pane", fields.pane)?,
                bytes: terminal::input(fields.bytes)?,
            },
            Some(Kind::ResizePane(fields)) => Self::ResizePane {
                size: fields.size()?,
                pane: terminal::pane("resize_pane.pane", fields.pane)?,
            },
            Some(Kind::StopPane(fields)) => {
                Self::StopPane { pane: terminal::pane("stop_pane.pane", fields.pane)? }
            }
            Some(Kind::PaneCredit(fields)) => Self::PaneCredit {
                pane: terminal::pane("pane_credit.pane", fields.pane)?,
                bytes: fields.bytes,
            },
            Some(Kind::OpenLog(fields)) => Self::OpenLog(Box::new(log::open(fields)?)),
            Some(Kind::PackagePiece(fields)) => Self::PackagePiece(Box::new(fields.read()?)),
            None => Self::Unknown,
        })
    }
}

fn run_task(fields: RunTaskFields) -> Result<RunTask, DecodeError> {
    check_name(&fields.application).map_err(|error| wrong("run_task.application", error))?;
    check_name(&fields.task).map_err(|error| wrong("run_task.task", error))?;
    Ok(RunTask {
        id: fields.id.parse().map_err(|error| wrong("run_task.id", error))?,
        epoch: Epoch(fields.epoch),
        application: fields.application,
        task: fields.task,
        principal: bounded("run_task.principal", fields.principal, TEXT_MAX)?,
    })
}

fn custom(bytes: &[u8]) -> Result<Box<CustomStep>, DecodeError> {
    let step: CustomStep = from_json("execute.custom", bytes, CUSTOM_MAX)?;
    if let Some(service) = &step.service {
        check_name(service).map_err(|error| wrong("execute.custom", error))?;
    }
    Ok(Box::new(step))
}

/// A key that cannot be read must not make the list shorter: none at all means that everything is trusted.
fn trust_keys(texts: &[String]) -> Result<Vec<TrustKey>, DecodeError> {
    if texts.len() > KEYS_MAX {
        return Err(wrong(
            "execute.trust_keys",
            format_args!("has {} keys, at most {KEYS_MAX}", texts.len()),
        ));
    }
    let keys: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
    keys.map_err(|error: TrustKeyError| wrong("execute.trust_keys", error))
}

fn execute(fields: ExecuteFields) -> Result<Execute, DecodeError> {
    check_name(&fields.application).map_err(|error| wrong("execute.application", error))?;
    Ok(Execute {
        step: step("execute.step", fields.step)?,
        epoch: Epoch(fields.epoch),
        operation: fields.operation.parse().map_err(|error| wrong("execute.operation", error))?,
        application: fields.application,
        principal: bounded("execute.principal", fields.principal, TEXT_MAX)?,
        reason: fields.reason.map(|reason| bounded("execute.reason", reason, TEXT_MAX)).transpose()?,
        expires_in_ms: fields.expires_in_ms,
        package: match fields.package_json {
            Some(json) => Some(Box::new(from_json("execute.package", &json, PACKAGE_MAX)?)),
            None => None,
        },
        configuration: fields
            .configuration
            .map(|bytes| from_json("execute.configuration", &bytes, SET_MAX))
            .transpose()?,
        custom: fields.custom.map(|bytes| custom(&bytes)).transpose()?,
        trust_keys: trust_keys(&fields.trust_keys)?,
    })
}
