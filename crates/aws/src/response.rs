//! A result as the parts of an answer, in the protocol that was asked in.
//!
//! Every answer has the id of its request, once as a header and in XML once more in the body.

use crate::codec::{cbor, json, xml};
use crate::fault::{Fault, Kind, Told};
use crate::model::{self, Operation, Protocol, Service, ShapeId};
use crate::request::Target;
use crate::value::Value;
use std::borrow::Cow;

/// What goes over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names in lower case and values.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The text of a header's value: nothing that would end it.
fn header_text(text: &str) -> String {
    text.chars().map(|character| if (' '..='~').contains(&character) { character } else { ' ' }).collect()
}

impl Target {
    /// The answer to a request: what the operation gave, or why it was refused.
    ///
    /// `request_id` is the id by which the request is found in logs, a UUID as text. A target without an operation
    /// (nothing was decoded) is for faults only: a value is then answered as an empty one.
    pub fn answer(&self, request_id: &str, result: &Result<Value, Fault>) -> Response {
        let operation = match (self.service, self.operation.as_deref()) {
            (Some(service), Some(name)) => service.operation(name).map(|operation| (service, operation)),
            _ => None,
        };
        let mut response = match result {
            Ok(value) => self.success(operation, value, request_id),
            Err(fault) => self.failure(fault, request_id),
        };
        response.headers.push(("x-amzn-requestid", header_text(request_id)));
        response
    }

    /// The content type of bodies, and the mark that CBOR has.
    fn headers(&self) -> Vec<(&'static str, String)> {
        let content = match self.protocol {
            Protocol::Query if self.is_form_to_json => "application/json",
            Protocol::Query => "text/xml",
            Protocol::Ec2 => "text/xml;charset=UTF-8",
            Protocol::Json10 => "application/x-amz-json-1.0",
            Protocol::Json11 => "application/x-amz-json-1.1",
            Protocol::RestJson => "application/json",
            Protocol::Cbor => "application/cbor",
        };
        let mut headers = vec![("content-type", content.to_owned())];
        if self.protocol == Protocol::Cbor {
            headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
        }
        headers
    }

    fn success(
        &self,
        operation: Option<(&'static Service, &'static Operation)>,
        value: &Value,
        request_id: &str,
    ) -> Response {
        let mut headers = self.headers();
        let output = operation.and_then(|(service, operation)| Some((service, operation.output?)));
        let body = match (self.protocol, output) {
            (Protocol::Query, _) if self.is_form_to_json => {
                query_json(operation, value, request_id).into_bytes()
            }
            (Protocol::Query, _) => query(operation, value, request_id).into_bytes(),
            (Protocol::Ec2, _) => ec2(operation, value, request_id).into_bytes(),
            (Protocol::Cbor, Some((service, shape))) => cbor::write(value, service, shape),
            (_, Some((service, shape))) => json::write(value, service, shape).into_bytes(),
            (_, None) => {
                // Nothing to tell is no body, and no body has no type.
                headers.remove(0);
                Vec::new()
            }
        };
        Response { status: 200, headers, body }
    }

    fn failure(&self, fault: &Fault, request_id: &str) -> Response {
        let told = fault.told(self.service, self.protocol, self.is_query_mode);
        let mut headers = self.headers();
        let is_compatible = self.service.is_some_and(|service| service.is_query_compatible);
        if is_compatible && !self.protocol.is_xml() {
            let side = if told.is_sender { "Sender" } else { "Receiver" };
            headers.push(("x-amzn-query-error", header_text(&format!("{};{side}", told.code))));
        }
        let body = match self.protocol {
            Protocol::Query if self.is_form_to_json => {
                query_json_error(fault, &told, request_id).into_bytes()
            }
            Protocol::Query => self.query_error(fault, &told, request_id).into_bytes(),
            Protocol::Ec2 => self.ec2_error(fault, &told, request_id).into_bytes(),
            Protocol::Cbor => self.cbor_error(fault, &told),
            Protocol::Json10 | Protocol::Json11 => self.json_error(fault, &told).into_bytes(),
            Protocol::RestJson => {
                headers.push(("x-amzn-errortype", header_text(&told.json_type)));
                self.json_error(fault, &told).into_bytes()
            }
        };
        Response { status: told.status, headers, body }
    }

    /// The shape of a modelled fault, with its message among its members.
    fn shaped(&self, fault: &Fault, told: &Told) -> (Option<(&'static Service, ShapeId)>, Value) {
        let mut members = fault.members.clone();
        if let Some(message) = &fault.message {
            members.insert(Cow::Borrowed(told.message_member), message.as_str().into());
        }
        let shape = match (&fault.kind, self.service) {
            (Kind::Modelled(name), Some(service)) => service.shape_id(name).map(|shape| (service, shape)),
            _ => None,
        };
        (shape, Value::Map(members))
    }

    fn query_error(&self, fault: &Fault, told: &Told, request_id: &str) -> String {
        let mut out = String::from("<ErrorResponse");
        namespace(&mut out, self.service.map_or("", |service| &service.xml_namespace));
        out.push_str("><Error>");
        xml::element(&mut out, "Type", if told.is_sender { "Sender" } else { "Receiver" });
        self.code_and_members(&mut out, fault, told);
        out.push_str("</Error>");
        xml::element(&mut out, "RequestId", request_id);
        out.push_str("</ErrorResponse>\n");
        out
    }

    fn ec2_error(&self, fault: &Fault, told: &Told, request_id: &str) -> String {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error>");
        self.code_and_members(&mut out, fault, told);
        out.push_str("</Error></Errors>");
        xml::element(&mut out, "RequestID", request_id);
        out.push_str("</Response>");
        out
    }

    fn code_and_members(&self, out: &mut String, fault: &Fault, told: &Told) {
        xml::element(out, "Code", &told.code);
        if let Some(message) = &fault.message {
            xml::element(out, "Message", message);
        }
        // The message has its element already, whatever the model calls it.
        if let (Some((service, shape)), Value::Map(mut members)) = self.shaped(fault, told) {
            members.remove(told.message_member);
            xml::members(out, &Value::Map(members), service, shape);
        }
    }

    fn json_error(&self, fault: &Fault, told: &Told) -> String {
        let mut out = String::from("{\"__type\":");
        json::quote(&mut out, &told.json_type);
        let (shape, value) = self.shaped(fault, told);
        if let Some(message) = fault.message.as_deref().filter(|_| !has_member(shape, told.message_member)) {
            out.push_str(",\"message\":");
            json::quote(&mut out, message);
        }
        // An object's members, between its braces.
        let object = shape.map(|(service, shape)| json::write(&value, service, shape)).unwrap_or_default();
        let members = object.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
        if !members.is_empty() {
            out.push(',');
            out.push_str(members);
        }
        out.push('}');
        out
    }

    fn cbor_error(&self, fault: &Fault, told: &Told) -> Vec<u8> {
        let mut out = Vec::new();
        cbor::begin_map(&mut out);
        cbor::text(&mut out, "__type");
        cbor::text(&mut out, &told.json_type);
        let (shape, value) = self.shaped(fault, told);
        if let Some(message) = fault.message.as_deref().filter(|_| !has_member(shape, told.message_member)) {
            cbor::text(&mut out, "message");
            cbor::text(&mut out, message);
        }
        // A map's entries, between its begin and its end.
        let map = shape.map(|(service, shape)| cbor::write(&value, service, shape)).unwrap_or_default();
        if let [_, entries @ .., _] = map.as_slice() {
            out.extend_from_slice(entries);
        }
        cbor::end(&mut out);
        out
    }
}

/// Whether an error shape has a member. Some models leave the message out, AWS tells it all the same.
fn has_member(shape: Option<(&Service, ShapeId)>, name: &str) -> bool {
    shape.is_some_and(|(service, shape)| match &service.shape(shape).kind {
        model::Kind::Structure { members, .. } => members.iter().any(|member| member.name == name),
        _ => false,
    })
}

fn namespace(out: &mut String, namespace: &str) {
    if !namespace.is_empty() {
        out.push_str(" xmlns=\"");
        xml::escape(out, namespace);
        out.push('"');
    }
}

/// `<XResponse><XResult>..</XResult><ResponseMetadata>..</ResponseMetadata></XResponse>`
fn query(
    operation: Option<(&'static Service, &'static Operation)>,
    value: &Value,
    request_id: &str,
) -> String {
    let name = operation
        .map_or_else(|| "Response".to_owned(), |(_, operation)| format!("{}Response", operation.name));
    let mut out = format!("<{name}");
    if let Some((service, operation)) = operation {
        namespace(&mut out, &service.xml_namespace);
        out.push('>');
        if let Some(output) = operation.output {
            let wrapper =
                operation.result_wrapper.clone().unwrap_or_else(|| format!("{}Result", operation.name));
            xml::open(&mut out, &wrapper);
            xml::members(&mut out, value, service, output);
            xml::close(&mut out, &wrapper);
        }
    } else {
        out.push('>');
    }
    xml::open(&mut out, "ResponseMetadata");
    xml::element(&mut out, "RequestId", request_id);
    xml::close(&mut out, "ResponseMetadata");
    xml::close(&mut out, &name);
    out.push('\n');
    out
}

/// `{"XResponse":{"XResult":{..},"ResponseMetadata":{"RequestId":".."}}}`, with times as numbers.
fn query_json(
    operation: Option<(&'static Service, &'static Operation)>,
    value: &Value,
    request_id: &str,
) -> String {
    let mut out = String::from("{");
    let name = operation.map_or_else(String::new, |(_, operation)| operation.name.clone());
    json::quote(&mut out, &format!("{name}Response"));
    out.push_str(":{");
    if let Some((service, operation)) = operation
        && let Some(output) = operation.output
    {
        let wrapper = operation.result_wrapper.clone().unwrap_or_else(|| format!("{name}Result"));
        json::quote(&mut out, &wrapper);
        out.push(':');
        out.push_str(&json::write(value, service, output));
        out.push(',');
    }
    out.push_str("\"ResponseMetadata\":{\"RequestId\":");
    json::quote(&mut out, request_id);
    out.push_str("}}}");
    out
}

fn query_json_error(fault: &Fault, told: &Told, request_id: &str) -> String {
    let mut out = String::from("{\"Error\":{\"Code\":");
    json::quote(&mut out, &told.code);
    if let Some(message) = &fault.message {
        out.push_str(",\"Message\":");
        json::quote(&mut out, message);
    }
    out.push_str(",\"Type\":");
    json::quote(&mut out, if told.is_sender { "Sender" } else { "Receiver" });
    out.push_str("},\"RequestId\":");
    json::quote(&mut out, request_id);
    out.push('}');
    out
}

/// `<XResponse><requestId/>..</XResponse>`, with `<return>true</return>` when there is nothing else to tell.
fn ec2(operation: Option<(&'static Service, &'static Operation)>, value: &Value, request_id: &str) -> String {
    let name = operation
        .map_or_else(|| "Response".to_owned(), |(_, operation)| format!("{}Response", operation.name));
    let mut out = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name}");
    namespace(&mut out, operation.map_or("", |(service, _)| &service.xml_namespace));
    out.push('>');
    xml::element(&mut out, "requestId", request_id);
    match operation.and_then(|(service, operation)| Some((service, operation.output?))) {
        Some((service, output)) => xml::members(&mut out, value, service, output),
        None => xml::element(&mut out, "return", "true"),
    }
    xml::close(&mut out, &name);
    out
}

#[cfg(test)]
mod tests;
