//! The parts of a request, and which protocol, service and operation it means.
//!
//! ```text
//! smithy-protocol, or /service/X/operation/Y ─► CBOR        (X is the prefix of the service's targets)
//! X-Amz-Target: X.Y ───────────────────────────► JSON 1.0, 1.1
//! a path that an operation has ────────────────► REST JSON
//! anything else: Action=Y in body or query ────► forms; the signature's scope says of which service
//! ```
//!
//! [`Target::of`] looks at the head alone, so that a refusal before the body is read, or because of its signature,
//! is told in the protocol of the client (A-2). [`Target::decode`] reads the body, once the signature holds.

use crate::codec::{self, InflateError, Source, cbor, fit, form, json};
use crate::fault::{Common, Fault};
use crate::model::{self, Operation, Protocol, Service};
use crate::signature;
use crate::validation;
use crate::value::Value;
use std::borrow::Cow;

/// Characters of the name of an operation that nobody knows, as far as it is repeated.
const NAME_MAX: usize = 128;

/// What came over HTTP.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `POST`, `GET`.
    pub method: &'a str,
    /// The path as it was sent, still escaped.
    pub path: &'a str,
    /// What follows the question mark as it was sent, or nothing.
    pub query: &'a str,
    /// Names in any case and values, in the order of arrival; `host` must be among them.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body as it was sent, still compressed.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok().map(str::trim)
    }

    /// The body, inflated when it was sent as gzip.
    ///
    /// # Errors
    /// [`Common::TooLarge`] above [`codec::body_max`], [`Common::Malformed`] for what is not gzip.
    pub fn plain_body(&self) -> Result<Cow<'a, [u8]>, Fault> {
        let most = codec::body_max(self.header("x-amz-target"));
        let too_large =
            || Fault::common(Common::TooLarge, format!("Request size exceeds limit of {most} bytes"));
        if self.body.len() > most {
            return Err(too_large());
        }
        // Some SDKs write it in capitals.
        match self.header("content-encoding").unwrap_or_default().to_ascii_lowercase().as_str() {
            "" | "identity" => Ok(Cow::Borrowed(self.body)),
            "gzip" => match codec::inflate(self.body, most) {
                Ok(plain) => Ok(Cow::Owned(plain)),
                Err(InflateError::TooLarge) => Err(too_large()),
                Err(InflateError::Malformed) => {
                    Err(Fault::common(Common::Malformed, "the body is not of the content encoding gzip"))
                }
            },
            other => Err(Fault::common(
                Common::Malformed,
                format!("the content encoding {other} is not supported"),
            )),
        }
    }
}

/// What a request means, as far as its head tells.
#[derive(Debug, Clone)]
pub struct Target {
    /// How it is spoken, and must be answered.
    pub protocol: Protocol,
    /// Whom it is for.
    pub service: Option<&'static Service>,
    /// What is to be done. Of a form it is only known after [`Target::decode`].
    pub operation: Option<String>,
    /// The client asked for the query protocol's codes and statuses beside those of JSON or CBOR.
    pub is_query_mode: bool,
    /// The client takes the answer to a form as JSON, in the frame that the XML would have.
    pub is_form_to_json: bool,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub struct Call {
    /// Whom it is for.
    pub service: &'static Service,
    /// What is to be done.
    pub operation: &'static Operation,
    /// With what; within the bounds of the model.
    pub input: Value,
}

/// A name that a fault may repeat.
fn shortened(name: &str) -> String {
    name.chars().take(NAME_MAX).collect()
}

/// `/service/X/operation/Y` below any prefix.
fn by_path(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/');
    let operation = parts.next()?;
    if parts.next()? != "operation" {
        return None;
    }
    let service = parts.next()?;
    (parts.next()? == "service").then_some((service, operation))
}

impl Target {
    /// Whom and what a request means, and how it is spoken. Never fails: what nobody knows is answered as a form.
    pub fn of(request: &Request<'_>) -> Self {
        let scope = signature::scoped_service(request);
        let of_scope = || {
            let scope = scope.as_deref()?;
            model::services().iter().find(|service| service.signing_name == scope)
        };
        let of_prefix =
            |prefix: &str| model::services().iter().find(|s| !prefix.is_empty() && s.target_prefix == prefix);
        let is_query_mode =
            request.header("x-amzn-query-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("true"));
        let takes_json = request.header("accept").is_some_and(|kind| kind == "application/json");
        let target = |protocol, service, operation: Option<&str>| Self {
            protocol,
            service,
            operation: operation.map(str::to_owned),
            is_query_mode,
            is_form_to_json: takes_json && protocol == Protocol::Query,
        };
        let content = request.header("content-type").unwrap_or_default();
        let path = by_path(request.path);
        if path.is_some() || request.header("smithy-protocol") == Some("rpc-v2-cbor") {
            let (service, operation) = path.unzip();
            return target(Protocol::Cbor, service.and_then(of_prefix).or_else(of_scope), operation);
        }
        let json = if content.starts_with("application/x-amz-json-1.0") {
            Protocol::Json10
        } else {
            Protocol::Json11
        };
        if let Some(name) = request.header("x-amz-target") {
            let (prefix, operation) = name.split_once('.').unwrap_or(("", name));
            return target(json, of_prefix(prefix).or_else(of_scope), Some(operation));
        }
        let rest = model::services().iter().filter(|service| service.protocols.contains(&Protocol::RestJson));
        for service in rest {
            let of_path = |operation: &&Operation| operation.path == request.path && request.path != "/";
            if let Some(operation) = service.operations().find(of_path) {
                return target(Protocol::RestJson, Some(service), Some(&operation.name));
            }
        }
        if content.starts_with("application/x-amz-json") {
            return target(json, of_scope(), None);
        }
        let service = of_scope().filter(|s| s.protocols.iter().any(|protocol| protocol.is_xml()));
        let is_ec2 = service.is_some_and(|service| service.protocols.contains(&Protocol::Ec2));
        target(if is_ec2 { Protocol::Ec2 } else { Protocol::Query }, service, None)
    }

    /// Reads and checks the body. Fills in the operation of a form.
    ///
    /// # Errors
    /// A fault when there is no such operation, the signature is scoped to another service, or the body is not of
    /// the protocol's form or outside of the model's bounds.
    pub fn decode(&mut self, request: &Request<'_>) -> Result<Call, Fault> {
        let body = request.plain_body()?;
        let Some(service) = self.service.filter(|service| self.is_spoken_by(service)) else {
            let (operation, version) = self.named(request, &body);
            return Err(self.unknown(&operation, &version));
        };
        if let Some(scope) = signature::scoped_service(request)
            && scope != service.signing_name
        {
            let message =
                format!("Credential should be scoped to correct service: '{}'. ", service.signing_name);
            return Err(Fault::common(Common::SignatureMismatch, message));
        }
        let tree = if self.protocol.is_xml() { Some(self.form(service, request, &body)?) } else { None };
        let name = self.operation.as_deref().unwrap_or_default();
        let operation = service.operation(name).ok_or_else(|| self.unknown(name, &service.api_version))?;
        let input = match (operation.input, self.protocol) {
            (None, _) => Value::empty(),
            (Some(shape), Protocol::Query) => {
                form::read(&tree.unwrap_or_default(), service, shape, form::Dialect::Query)?
            }
            (Some(shape), Protocol::Ec2) => {
                form::read(&tree.unwrap_or_default(), service, shape, form::Dialect::Ec2)?
            }
            (Some(shape), Protocol::Cbor) => fit(cbor::read(&body)?, service, shape, Source::Cbor)?,
            (Some(shape), Protocol::Json10 | Protocol::Json11 | Protocol::RestJson) => {
                fit(json::read(&body)?, service, shape, Source::Json)?
            }
        };
        validation::check(service, operation, &input)?;
        Ok(Call { service, operation, input })
    }

    /// Operation and version of a service that nobody here knows, as far as the request says them.
    fn named(&self, request: &Request<'_>, body: &[u8]) -> (String, String) {
        let mut named = (self.operation.clone().unwrap_or_default(), String::new());
        if self.protocol.is_xml() {
            let pairs = [request.query.as_bytes(), body].map(|form| form::pairs(form).unwrap_or_default());
            for (name, value) in pairs.into_iter().flatten() {
                match name.as_str() {
                    "Action" => named.0 = shortened(&value),
                    "Version" => named.1 = shortened(&value),
                    _ => {}
                }
            }
        }
        named
    }

    /// Both versions of JSON are taken by who takes one of them.
    fn is_spoken_by(&self, service: &Service) -> bool {
        service.protocols.iter().any(|protocol| match (*protocol, self.protocol) {
            (Protocol::Json10 | Protocol::Json11, Protocol::Json10 | Protocol::Json11) => true,
            (spoken, asked) => spoken == asked,
        })
    }

    /// The tree of the parameters, from the body and, as with signed addresses, from the query.
    fn form(&mut self, service: &Service, request: &Request<'_>, body: &[u8]) -> Result<form::Tree, Fault> {
        let mut pairs = form::pairs(request.query.as_bytes())?;
        // What signs an address is no parameter.
        pairs.retain(|(name, _)| !name.starts_with("X-Amz-"));
        if request.method == "POST" {
            pairs.extend(form::pairs(body)?);
        }
        let mut action = None;
        let mut version = None;
        let mut parameters = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            match name.as_str() {
                "Action" if action.is_none() => action = Some(value),
                "Version" if version.is_none() => version = Some(value),
                "Action" | "Version" => {
                    return Err(Fault::common(
                        Common::Malformed,
                        format!("the parameter {name} is there twice"),
                    ));
                }
                _ => parameters.push((name, value)),
            }
        }
        let Some(action) = action.filter(|action| !action.is_empty()) else {
            return Err(Fault::common(
                Common::MissingAction,
                "The request is missing an action or a required parameter.",
            ));
        };
        // EC2's operations keep their meaning from version to version, and old clients are asked to work.
        let version = version.unwrap_or_else(|| service.api_version.clone());
        if version != service.api_version && self.protocol != Protocol::Ec2 {
            return Err(self.unknown(&action, &version));
        }
        self.operation = Some(action);
        form::tree(&parameters)
    }

    fn unknown(&self, operation: &str, version: &str) -> Fault {
        match self.protocol {
            Protocol::Ec2 => Fault::common(
                Common::UnknownOperation,
                format!("The action {operation} is not valid for this web service."),
            ),
            Protocol::Query => Fault::common(
                Common::UnknownOperation,
                format!("Could not find operation {operation} for version {version}"),
            ),
            _ => Fault::common(
                Common::UnknownOperation,
                format!("The operation {operation} is not known or not answered here."),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
