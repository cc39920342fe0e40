//! What went wrong, apart from how a protocol tells it.
//!
//! A fault is of one of three kinds: [`Common`] to all services (signatures, rights, unknown operations), of the
//! service's model (an error shape), or a code that no model has (EC2 lists none). [`Fault::told`] gives the names
//! and the status that a protocol uses for it; the texts are those of AWS where they are known.

use crate::model::{Protocol, Service};
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// What every service can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Common {
    /// Nothing says who asks.
    MissingAuthenticationToken,
    /// The signature's parts are not all there, or not of their form.
    IncompleteSignature,
    /// The signature is not the one of this request and key.
    SignatureMismatch,
    /// The signature was made too long ago, or is of the future.
    SignatureExpired,
    /// Nobody knows the access key, or its session token is another.
    UnknownKey,
    /// The temporary key's time is over.
    ExpiredToken,
    /// Whoever asks may not do this.
    AccessDenied,
    /// Too many requests.
    Throttling,
    /// No such operation, or none that is answered here.
    UnknownOperation,
    /// A form without `Action`.
    MissingAction,
    /// The body is not of the protocol's form.
    Malformed,
    /// A value is outside the bounds of the model.
    Validation,
    /// A value that must be there is not.
    MissingParameter,
    /// The body is larger than is read.
    TooLarge,
    /// Something here failed.
    Internal,
}

/// Names and statuses of a common fault: query, JSON, EC2.
struct Row {
    query: (&'static str, u16),
    json: (&'static str, u16),
    ec2: (&'static str, u16),
}

const fn row(query: (&'static str, u16), json: (&'static str, u16), ec2: (&'static str, u16)) -> Row {
    Row { query, json, ec2 }
}

impl Common {
    fn row(self) -> Row {
        match self {
            Self::MissingAuthenticationToken => row(
                ("MissingAuthenticationToken", 403),
                ("MissingAuthenticationTokenException", 400),
                ("MissingAuthenticationToken", 403),
            ),
            Self::IncompleteSignature => row(
                ("IncompleteSignature", 400),
                ("IncompleteSignatureException", 400),
                ("IncompleteSignature", 400),
            ),
            Self::SignatureMismatch => {
                row(("SignatureDoesNotMatch", 403), ("InvalidSignatureException", 400), ("AuthFailure", 401))
            }
            Self::SignatureExpired => row(
                ("SignatureDoesNotMatch", 403),
                ("InvalidSignatureException", 400),
                ("RequestExpired", 400),
            ),
            Self::UnknownKey => {
                row(("InvalidClientTokenId", 403), ("UnrecognizedClientException", 400), ("AuthFailure", 401))
            }
            Self::ExpiredToken => {
                row(("ExpiredToken", 403), ("ExpiredTokenException", 400), ("RequestExpired", 400))
            }
            Self::AccessDenied => {
                row(("AccessDenied", 403), ("AccessDeniedException", 400), ("UnauthorizedOperation", 403))
            }
            Self::Throttling => {
                row(("Throttling", 400), ("ThrottlingException", 400), ("RequestLimitExceeded", 503))
            }
            Self::UnknownOperation => {
                row(("InvalidAction", 400), ("UnknownOperationException", 400), ("InvalidAction", 400))
            }
            Self::MissingAction => {
                row(("MissingAction", 400), ("UnknownOperationException", 400), ("MissingAction", 400))
            }
            Self::Malformed => {
                row(("MalformedInput", 400), ("SerializationException", 400), ("InvalidParameterValue", 400))
            }
            Self::Validation => {
                row(("ValidationError", 400), ("ValidationException", 400), ("InvalidParameterValue", 400))
            }
            Self::MissingParameter => {
                row(("MissingParameter", 400), ("ValidationException", 400), ("MissingParameter", 400))
            }
            Self::TooLarge => row(
                ("RequestEntityTooLarge", 413),
                ("RequestEntityTooLargeException", 413),
                ("RequestEntityTooLarge", 413),
            ),
            Self::Internal => row(("InternalFailure", 500), ("InternalFailure", 500), ("InternalError", 500)),
        }
    }

    /// The package that JSON names before the code, for services that were made by AWS's older framework.
    fn package(self) -> &'static str {
        match self {
            Self::Validation | Self::MissingParameter => "com.amazon.coral.validate#",
            _ => "com.amazon.coral.service#",
        }
    }
}

/// Which of the three kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One that every service has.
    Common(Common),
    /// An error shape of the service's model, by its name.
    Modelled(Cow<'static, str>),
    /// A code that no model has, with its HTTP status.
    Coded(Cow<'static, str>, u16),
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// Which fault.
    pub kind: Kind,
    /// What is told; some faults have no text.
    pub message: Option<String>,
    /// What an error shape holds besides its message.
    pub members: Map,
}

/// How one protocol tells a fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// The HTTP status.
    pub status: u16,
    /// The code of forms, also told beside JSON by services that are query compatible.
    pub code: String,
    /// `__type` of JSON and CBOR.
    pub json_type: String,
    /// True when the client is to blame.
    pub is_sender: bool,
    /// The name that the model gives to the message's member.
    pub message_member: &'static str,
}

impl Fault {
    /// A fault that every service has.
    pub fn common(common: Common, message: impl Into<String>) -> Self {
        Self { kind: Kind::Common(common), message: Some(message.into()), members: Map::new() }
    }

    /// An error shape of the service's model, by its name: `ResourceNotFoundException`.
    pub fn modelled(shape: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: Kind::Modelled(shape.into()), message: Some(message.into()), members: Map::new() }
    }

    /// A code that no model has, with its HTTP status: `InvalidInstanceID.NotFound`, 400.
    pub fn coded(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<String>) -> Self {
        Self { kind: Kind::Coded(code.into(), status), message: Some(message.into()), members: Map::new() }
    }

    /// The same without a text.
    #[must_use]
    pub fn without_message(mut self) -> Self {
        self.message = None;
        self
    }

    /// The same with a member of the error shape.
    #[must_use]
    pub fn with(mut self, member: &'static str, value: Value) -> Self {
        self.members.insert(Cow::Borrowed(member), value);
        self
    }

    /// The names and the status of the fault in a protocol.
    ///
    /// `is_query_mode` says that the client sent `x-amzn-query-mode: true`: only then do JSON and CBOR have the status
    /// of the query protocol; else every fault of the client is 400.
    pub fn told(&self, service: Option<&Service>, protocol: Protocol, is_query_mode: bool) -> Told {
        let is_compatible = service.is_some_and(|service| service.is_query_compatible);
        let is_coral = is_compatible && !protocol.is_xml();
        let is_by_query =
            protocol.is_xml() || protocol == Protocol::RestJson || (is_compatible && is_query_mode);
        match &self.kind {
            Kind::Common(common) => {
                let row = common.row();
                let (code, query_status) = if protocol == Protocol::Ec2 { row.ec2 } else { row.query };
                let status = if protocol.is_xml() { query_status } else { row.json.1 };
                let package = if is_coral { common.package() } else { "" };
                Told {
                    status,
                    code: code.to_owned(),
                    json_type: format!("{package}{}", row.json.0),
                    is_sender: status < 500,
                    message_member: "message",
                }
            }
            Kind::Modelled(name) => {
                let shape = service.and_then(|service| service.shape_named(name));
                let error = shape.and_then(|shape| shape.error.as_ref());
                let modelled = error.map_or(400, |error| error.status);
                let is_sender = error.is_none_or(|error| error.is_sender);
                let package = match service {
                    Some(service) if is_coral => {
                        format!("com.amazonaws.{}.v{}#", service.name, service.api_version.replace('-', "_"))
                    }
                    _ => String::new(),
                };
                Told {
                    status: if is_by_query {
                        modelled
                    } else if is_sender {
                        400
                    } else {
                        500
                    },
                    code: error.map_or_else(|| name.to_string(), |error| error.code.clone()),
                    json_type: format!("{package}{name}"),
                    is_sender,
                    message_member: match shape.map(|shape| &shape.kind) {
                        Some(crate::model::Kind::Structure { members, .. })
                            if members.iter().any(|member| member.name == "Message") =>
                        {
                            "Message"
                        }
                        _ => "message",
                    },
                }
            }
            Kind::Coded(code, status) => Told {
                status: *status,
                code: code.to_string(),
                json_type: code.to_string(),
                is_sender: *status < 500,
                message_member: "message",
            },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Common(common) => write!(f, "{common:?}")?,
            Kind::Modelled(name) | Kind::Coded(name, _) => f.write_str(name)?,
        }
        match &self.message {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::service;

    #[test]
    fn a_modelled_fault_has_the_names_and_status_of_its_protocol() {
        let cloudwatch = service("cloudwatch");
        let fault = Fault::modelled("DashboardNotFoundError", "gone");
        for (protocol, query_mode, status) in [
            (Protocol::Query, false, 404),
            (Protocol::Json10, true, 404),
            (Protocol::Json10, false, 400),
            (Protocol::Cbor, false, 400),
            (Protocol::Cbor, true, 404),
        ] {
            let told = fault.told(cloudwatch, protocol, query_mode);
            assert_eq!((told.status, told.code.as_str()), (status, "ResourceNotFound"), "{protocol:?}");
        }
        assert_eq!(
            fault.told(cloudwatch, Protocol::Json10, true).json_type,
            "com.amazonaws.cloudwatch.v2010_08_01#DashboardNotFoundError"
        );
        let internal = Fault::modelled("InternalServiceFault", "x");
        let told = internal.told(cloudwatch, Protocol::Cbor, false);
        assert_eq!((told.status, told.is_sender, told.message_member), (500, false, "Message"));
        let logs =
            Fault::modelled("ResourceNotFoundException", "x").told(service("logs"), Protocol::Json11, false);
        assert_eq!((logs.status, logs.json_type.as_str()), (400, "ResourceNotFoundException"));
    }

    #[test]
    fn a_common_fault_has_the_names_and_status_of_its_protocol() {
        let fault = Fault::common(Common::UnknownKey, "no");
        for (service_name, protocol, code, json_type, status) in [
            ("sts", Protocol::Query, "InvalidClientTokenId", "UnrecognizedClientException", 403),
            ("ec2", Protocol::Ec2, "AuthFailure", "UnrecognizedClientException", 401),
            ("logs", Protocol::Json11, "InvalidClientTokenId", "UnrecognizedClientException", 400),
            (
                "cloudwatch",
                Protocol::Cbor,
                "InvalidClientTokenId",
                "com.amazon.coral.service#UnrecognizedClientException",
                400,
            ),
        ] {
            let told = fault.told(service(service_name), protocol, false);
            assert_eq!((told.code.as_str(), told.json_type.as_str(), told.status), (code, json_type, status));
        }
        assert_eq!(
            Fault::common(Common::Validation, "x")
                .told(service("cloudwatch"), Protocol::Json10, true)
                .json_type,
            "com.amazon.coral.validate#ValidationException"
        );
    }

    #[test]
    fn a_fault_whose_shape_is_not_in_the_model_is_told_by_its_name() {
        let told = Fault::modelled("Strange", "x").told(service("sts"), Protocol::Query, false);
        assert_eq!((told.code.as_str(), told.status), ("Strange", 400));
    }
}
