//! The envelope of an agent's messages. A tag, once used, keeps its meaning (W-1).

use super::field::{Step, bounded, envelope, from_json, json, step, wrong};
use super::package::AskFields;
use super::terminal::{self, EndedFields, OutputFields, StartedFields};
use super::{AgentMessage, DecodeError, Hello};
use crate::limits::{FRAME_MAX, PEM_MAX, REGISTRATION_MAX, REPORT_MAX, SIGNATURE_MAX, TEXT_MAX};
use prost::Message;
use topmast_model::command::REPORTS_MAX;
use topmast_model::id::Epoch;
use topmast_model::path::{Level, ObjectPath};

#[derive(Clone, PartialEq, Message)]
struct Envelope {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Hello(HelloFields),
    #[prost(bytes = "vec", tag = "2")]
    Frame(Vec<u8>),
    #[prost(message, tag = "3")]
    Reports(ReportsFields),
    #[prost(message, tag = "4")]
    Refused(RefusedFields),
    #[prost(message, tag = "5")]
    RenewRequest(RenewRequestFields),
    #[prost(message, tag = "6")]
    Pong(PongFields),
    #[prost(message, tag = "7")]
    PaneStarted(StartedFields),
    #[prost(message, tag = "8")]
    PaneOutput(OutputFields),
    #[prost(message, tag = "9")]
    PaneEnded(EndedFields),
    #[prost(message, tag = "10")]
    AskPackage(AskFields),
    #[prost(message, tag = "11")]
    ReportsForgotten(ReportsForgottenFields),
}

#[derive(Clone, PartialEq, Message)]
struct HelloFields {
    #[prost(uint32, tag = "1")]
    protocol: u32,
    #[prost(string, tag = "2")]
    server: String,
    #[prost(string, tag = "3")]
    certificate_pem: String,
    #[prost(bytes = "vec", tag = "4")]
    signature: Vec<u8>,
    #[prost(bytes = "vec", tag = "5")]
    registration_json: Vec<u8>,
    #[prost(uint64, tag = "6")]
    last_report: u64,
}

#[derive(Clone, PartialEq, Message)]
struct ReportsFields {
    #[prost(bytes = "vec", repeated, tag = "1")]
    reports_json: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct RefusedFields {
    #[prost(message, optional, tag = "1")]
    step: Option<Step>,
    #[prost(uint64, tag = "2")]
    epoch: u64,
    #[prost(string, tag = "3")]
    reason: String,
}

#[derive(Clone, PartialEq, Message)]
struct RenewRequestFields {
    #[prost(string, tag = "1")]
    csr_pem: String,
}

#[derive(Clone, PartialEq, Message)]
struct PongFields {
    #[prost(uint64, tag = "1")]
    nonce: u64,
}

#[derive(Clone, PartialEq, Message)]
struct ReportsForgottenFields {
    #[prost(uint64, tag = "1")]
    up_to: u64,
}

impl AgentMessage {
    /// The bytes of one WebSocket message.
    pub fn encode(&self) -> Vec<u8> {
        let kind = match self {
            Self::Hello(hello) => Some(Kind::Hello(HelloFields {
                protocol: hello.protocol,
                server: hello.server.as_str().to_owned(),
                certificate_pem: hello.certificate_pem.clone(),
                signature: hello.signature.clone(),
                registration_json: json(&hello.registration),
                last_report: hello.last_report,
            })),
            Self::Frame(frame) => Some(Kind::Frame(frame.clone())),
            Self::Reports(reports) => {
                Some(Kind::Reports(ReportsFields { reports_json: reports.iter().map(json).collect() }))
            }
            Self::Refused { step, epoch, reason } => Some(Kind::Refused(RefusedFields {
                step: Some((*step).into()),
                epoch: epoch.0,
                reason: reason.clone(),
            })),
            Self::RenewRequest { csr_pem } => {
                Some(Kind::RenewRequest(RenewRequestFields { csr_pem: csr_pem.clone() }))
            }
            Self::Pong { nonce } => Some(Kind::Pong(PongFields { nonce: *nonce })),
            Self::PaneStarted { pane, account } => Some(Kind::PaneStarted(StartedFields {
                pane: Some((*pane).into()),
                account: account.clone(),
            })),
            Self::PaneOutput { pane, stream, bytes } => Some(Kind::PaneOutput(OutputFields {
                pane: Some((*pane).into()),
                stream: (*stream).into(),
                bytes: bytes.clone(),
            })),
            Self::PaneEnded { pane, outcome } => Some(Kind::PaneEnded(EndedFields {
                pane: Some((*pane).into()),
                outcome: terminal::outcome_fields(outcome),
            })),
            Self::AskPackage(request) => Some(Kind::AskPackage(AskFields::new(request))),
            Self::ReportsForgotten { up_to } => {
                Some(Kind::ReportsForgotten(ReportsForgottenFields { up_to: *up_to }))
            }
            Self::Unknown => None,
        };
        Envelope { kind }.encode_to_vec()
    }

    /// Reads one WebSocket message. A kind of a newer agent is [`AgentMessage::Unknown`].
    ///
    /// # Errors
    /// [`DecodeError`], which names the field; the connection cannot be trusted further.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Ok(match envelope::<Envelope>(bytes)?.kind {
            Some(Kind::Hello(fields)) => Self::Hello(Box::new(hello(fields)?)),
            Some(Kind::Frame(frame)) => Self::Frame(bounded("frame", frame, FRAME_MAX)?),
            Some(Kind::Reports(fields)) => {
                let count = fields.reports_json.len();
                if count > REPORTS_MAX {
                    return Err(wrong("reports", format_args!("are {count}, more than {REPORTS_MAX}")));
                }
                let read = |json: &Vec<u8>| from_json("reports.report", json, REPORT_MAX);
                Self::Reports(fields.reports_json.iter().map(read).collect::<Result<_, _>>()?)
            }
            Some(Kind::Refused(fields)) => Self::Refused {
                step: step("refused.step", fields.step)?,
                epoch: Epoch(fields.epoch),
                reason: bounded("refused.reason", fields.reason, TEXT_MAX)?,
            },
            Some(Kind::RenewRequest(fields)) => {
                Self::RenewRequest { csr_pem: bounded("renew_request.csr_pem", fields.csr_pem, PEM_MAX)? }
            }
            Some(Kind::Pong(fields)) => Self::Pong { nonce: fields.nonce },
            Some(Kind::PaneStarted(fields)) => Self::PaneStarted {
                pane: terminal::pane("pane_started.pane", fields.pane)?,
                account: bounded("pane_started.account", fields.account, TEXT_MAX)?,
            },
            Some(Kind::PaneOutput(fields)) => Self::PaneOutput {
                pane: terminal::pane("pane_output.pane", fields.pane)?,
                stream: terminal::stream(fields.stream)?,
                bytes: terminal::output(fields.bytes)?,
            },
            Some(Kind::PaneEnded(fields)) => Self::PaneEnded {
                pane: terminal::pane("pane_ended.pane", fields.pane)?,
                outcome: terminal::outcome(fields.outcome)?,
            },
            Some(Kind::AskPackage(fields)) => Self::AskPackage(fields.read()?),
            Some(Kind::ReportsForgotten(fields)) => Self::ReportsForgotten { up_to: fields.up_to },
            None => Self::Unknown,
        })
    }
}

fn hello(fields: HelloFields) -> Result<Hello, DecodeError> {
    let server: ObjectPath = fields.server.parse().map_err(|error| wrong("hello.server", error))?;
    if server.level() != Level::Server {
        return Err(wrong("hello.server", format_args!("{server} is not tenant/cluster/server")));
    }
    Ok(Hello {
        protocol: fields.protocol,
        server,
        certificate_pem: bounded("hello.certificate_pem", fields.certificate_pem, PEM_MAX)?,
        signature: bounded("hello.signature", fields.signature, SIGNATURE_MAX)?,
        registration: from_json("hello.registration", &fields.registration_json, REGISTRATION_MAX)?,
        last_report: fields.last_report,
    })
}
