//! What the services are: operations, shapes and errors, from the checked-in tables.
//!
//! The tables are botocore's facts, pruned by `scripts/aws-shapes` to what Topmast answers, in botocore's own form,
//! so that its protocol fixtures load by the same reader. They are read once, at first use.
//!
//! Elsewhere: what a shape means on the wire (`codec`), whether a value is within its bounds (`validation`).

use regex::Regex;
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

/// The pruned tables.
static TABLES: LazyLock<Vec<Service>> = LazyLock::new(|| {
    let all: Json = serde_json::from_str(include_str!("model/shapes.json")).unwrap_or_default();
    let services = all.get("services").and_then(Json::as_object);
    services.into_iter().flatten().map(|(name, model)| Service::of(name, model)).collect()
});

/// Every service that Topmast answers for.
pub fn services() -> &'static [Service] {
    &TABLES
}

/// The service of this name, which is botocore's: `cloudwatch`, `ec2`, `ecs`, `ssm`, `logs`, `sts`,
/// `resourcegroupstaggingapi`, `oam`.
pub fn service(name: &str) -> Option<&'static Service> {
    services().iter().find(|service| service.name == name)
}

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Forms in, XML out.
    Query,
    /// Forms in, XML out, as EC2 does it.
    Ec2,
    /// JSON 1.0, by `X-Amz-Target`.
    Json10,
    /// JSON 1.1, by `X-Amz-Target`.
    Json11,
    /// CBOR, by path (Smithy's RPC v2).
    Cbor,
    /// JSON, by path.
    RestJson,
}

impl Protocol {
    /// True for the two that answer in XML.
    pub fn is_xml(self) -> bool {
        matches!(self, Self::Query | Self::Ec2)
    }
}

/// A service: its names and its tables.
#[derive(Debug)]
pub struct Service {
    /// Botocore's name of it.
    pub name: String,
    /// The name that a signature's scope has.
    pub signing_name: String,
    /// The version that forms name.
    pub api_version: String,
    /// The part of `X-Amz-Target` before the dot; empty where there is none.
    pub target_prefix: String,
    /// The namespace of XML answers; empty where there is none.
    pub xml_namespace: String,
    /// JSON 1.0 rather than 1.1.
    pub is_json_1_0: bool,
    /// True when JSON and CBOR answers tell the codes of the query protocol beside their own.
    pub is_query_compatible: bool,
    /// The protocols it may be asked by.
    pub protocols: Vec<Protocol>,
    operations: BTreeMap<String, Operation>,
    shapes: Vec<Shape>,
    names: BTreeMap<String, ShapeId>,
}

/// The place of a shape in its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeId(usize);

/// One thing that a service does.
#[derive(Debug)]
pub struct Operation {
    /// Its name, as in `Action=`.
    pub name: String,
    /// The HTTP method of a request by path.
    pub method: String,
    /// The path of a request by path.
    pub path: String,
    /// What is asked.
    pub input: Option<ShapeId>,
    /// What is answered.
    pub output: Option<ShapeId>,
    /// The element around the output in XML.
    pub result_wrapper: Option<String>,
    /// The error shapes it lists.
    pub errors: Vec<String>,
}

/// A type, its bounds and its names.
#[derive(Debug)]
pub struct Shape {
    /// Its name in the model.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Least length or value.
    pub min: Option<f64>,
    /// Greatest length or value.
    pub max: Option<f64>,
    /// The texts that are allowed; empty when all are.
    pub choices: Vec<String>,
    /// For an error: how it is told.
    pub error: Option<ErrorTrait>,
    pattern: Option<String>,
    regex: OnceLock<Option<Regex>>,
}

impl Shape {
    /// The pattern that texts must match as a whole, and its compiled form. None also where the pattern is one
    /// of Java's that cannot be written here.
    pub fn pattern(&self) -> Option<(&str, &Regex)> {
        let text = self.pattern.as_deref()?;
        let regex = self.regex.get_or_init(|| Regex::new(&format!("^(?s:{text})$")).ok());
        Some((text, regex.as_ref()?))
    }
}

/// How an error is told.
#[derive(Debug)]
pub struct ErrorTrait {
    /// The code of the query protocol.
    pub code: String,
    /// The HTTP status of the query protocol.
    pub status: u16,
    /// True when the client is to blame.
    pub is_sender: bool,
}

/// What a shape is.
#[derive(Debug)]
pub enum Kind {
    /// Named members.
    Structure {
        /// In the order of the model.
        members: Vec<Member>,
        /// True for free JSON.
        is_document: bool,
    },
    /// Values of one shape.
    List(Box<Member>),
    /// Texts to values of one shape.
    Map(Box<Member>, Box<Member>),
    /// Text.
    Text,
    /// A whole number; the flag says 64 bits.
    Integer(bool),
    /// A number.
    Float,
    /// A truth value.
    Boolean,
    /// Bytes.
    Blob,
    /// A point in time.
    Timestamp,
}

/// How a point in time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-23T09:00:00Z`.
    Iso8601,
    /// Seconds since the epoch.
    Epoch,
    /// `Mon, 23 Nov 2026 09:00:00 GMT`.
    HttpDate,
}

/// A place where a shape stands.
#[derive(Debug)]
pub struct Member {
    /// Its name in the model; empty for what lists and maps hold.
    pub name: String,
    /// What stands there.
    pub shape: ShapeId,
    /// True when it must be there.
    pub is_required: bool,
    /// Its name on the wire, if another.
    pub location_name: Option<String>,
    /// Its name in EC2's forms, if another.
    pub query_name: Option<String>,
    /// True when a list or map has no element of its own in forms and XML.
    pub is_flattened: bool,
    /// How a point in time is written there, if not as the protocol does.
    pub timestamp_format: Option<TimestampFormat>,
}

impl Member {
    /// Its name in JSON and XML.
    pub fn wire_name(&self) -> &str {
        self.location_name.as_deref().unwrap_or(&self.name)
    }

    /// Its name in EC2's forms: its own, or that of XML with a capital letter.
    pub fn ec2_name(&self) -> Cow<'_, str> {
        if let Some(name) = &self.query_name {
            return Cow::Borrowed(name);
        }
        let name = self.wire_name();
        match name.as_bytes().first() {
            Some(first) if first.is_ascii_lowercase() => {
                Cow::Owned(format!("{}{}", char::from(first.to_ascii_uppercase()), &name[1..]))
            }
            _ => Cow::Borrowed(name),
        }
    }
}

impl Service {
    /// Reads a model in botocore's form: `metadata`, `operations`, `shapes`. What is missing or not understood is
    /// empty.
    pub fn of(name: &str, model: &Json) -> Self {
        let metadata = &model["metadata"];
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
        let is_json_1_0 = metadata["jsonVersion"].as_str() == Some("1.0");
        let protocols = metadata["protocols"].as_array().into_iter().flatten();
        let mut service = Self {
            name: name.to_owned(),
            signing_name: match (metadata["signingName"].as_str(), metadata["endpointPrefix"].as_str()) {
                (Some(name), _) | (None, Some(name)) => name.to_owned(),
                (None, None) => name.to_owned(),
            },
            api_version: text("apiVersion"),
            target_prefix: text("targetPrefix"),
            xml_namespace: match &metadata["xmlNamespace"] {
                Json::Object(namespace) => {
                    namespace.get("uri").and_then(Json::as_str).unwrap_or_default().to_owned()
                }
                other => other.as_str().unwrap_or_default().to_owned(),
            },
            is_json_1_0,
            is_query_compatible: !metadata["awsQueryCompatible"].is_null(),
            protocols: protocols
                .filter_map(|protocol| match protocol.as_str()? {
                    "query" => Some(Protocol::Query),
                    "ec2" => Some(Protocol::Ec2),
                    "json" if is_json_1_0 => Some(Protocol::Json10),
                    "json" => Some(Protocol::Json11),
                    "smithy-rpc-v2-cbor" => Some(Protocol::Cbor),
                    "rest-json" => Some(Protocol::RestJson),
                    _ => None,
                })
                .collect(),
            operations: BTreeMap::new(),
            shapes: Vec::new(),
            names: BTreeMap::new(),
        };
        let shapes = model["shapes"].as_object();
        for (index, name) in shapes.into_iter().flat_map(|shapes| shapes.keys()).enumerate() {
            service.names.insert(name.clone(), ShapeId(index));
        }
        let read = Reader { names: &service.names, shapes: &model["shapes"] };
        service.shapes = shapes.into_iter().flatten().map(|(name, shape)| read.shape(name, shape)).collect();
        service.operations = model["operations"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, operation)| (name.clone(), read.operation(name, operation)))
            .collect();
        service
    }

    /// The operation of this name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.get(name)
    }

    /// All operations, by name.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    /// The shape at this place. An id is only valid for the service it came from.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        &self.shapes[id.0]
    }

    /// The shape of this name.
    pub fn shape_named(&self, name: &str) -> Option<&Shape> {
        self.names.get(name).map(|id| self.shape(*id))
    }

    /// The place of the shape of this name.
    pub fn shape_id(&self, name: &str) -> Option<ShapeId> {
        self.names.get(name).copied()
    }

    /// All shapes.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }
}

/// Reads shapes, which refer to each other by name.
struct Reader<'a> {
    names: &'a BTreeMap<String, ShapeId>,
    shapes: &'a Json,
}

fn strings(list: &Json) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| Some(one.as_str()?.to_owned())).collect()
}

impl Reader<'_> {
    fn id(&self, reference: &Json) -> Option<ShapeId> {
        self.names.get(reference["shape"].as_str()?).copied()
    }

    fn operation(&self, name: &str, operation: &Json) -> Operation {
        let http = |key: &str, default: &str| operation["http"][key].as_str().unwrap_or(default).to_owned();
        Operation {
            name: name.to_owned(),
            method: http("method", "POST"),
            path: http("requestUri", "/"),
            input: self.id(&operation["input"]),
            output: self.id(&operation["output"]),
            result_wrapper: operation["output"]["resultWrapper"].as_str().map(str::to_owned),
            errors: operation["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|error| error.as_str().or_else(|| error["shape"].as_str()))
                .map(str::to_owned)
                .collect(),
        }
    }

    fn shape(&self, name: &str, shape: &Json) -> Shape {
        let required = strings(&shape["required"]);
        let kind = match shape["type"].as_str().unwrap_or_default() {
            "structure" => Kind::Structure {
                members: shape["members"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .filter_map(|(name, member)| {
                        let mut member = self.member(name, member)?;
                        member.is_required = required.contains(name);
                        Some(member)
                    })
                    .collect(),
                is_document: shape["document"].as_bool().unwrap_or(false),
            },
            "list" => {
                self.member("", &shape["member"]).map_or(Kind::Text, |member| Kind::List(Box::new(member)))
            }
            "map" => match (self.member("", &shape["key"]), self.member("", &shape["value"])) {
                (Some(key), Some(value)) => Kind::Map(Box::new(key), Box::new(value)),
                _ => Kind::Text,
            },
            "integer" => Kind::Integer(false),
            "long" => Kind::Integer(true),
            "float" | "double" => Kind::Float,
            "boolean" => Kind::Boolean,
            "blob" => Kind::Blob,
            "timestamp" => Kind::Timestamp,
            _ => Kind::Text,
        };
        let error = &shape["error"];
        let is_fault = shape["fault"].as_bool().unwrap_or(false);
        let status = error["httpStatusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.unwrap_or(if is_fault { 500 } else { 400 });
        Shape {
            name: name.to_owned(),
            kind,
            min: shape["min"].as_f64(),
            max: shape["max"].as_f64(),
            choices: strings(&shape["enum"]),
            error: shape["exception"].as_bool().unwrap_or(false).then(|| ErrorTrait {
                code: error["code"].as_str().unwrap_or(name).to_owned(),
                status,
                is_sender: !is_fault && status < 500,
            }),
            pattern: shape["pattern"].as_str().map(str::to_owned),
            regex: OnceLock::new(),
        }
    }

    /// A member has the traits of its place, and those of its shape where the place is silent.
    fn member(&self, name: &str, reference: &Json) -> Option<Member> {
        let shape = &self.shapes[reference["shape"].as_str()?];
        let text = |key: &str| reference[key].as_str().or_else(|| shape[key].as_str());
        Some(Member {
            name: name.to_owned(),
            shape: self.id(reference)?,
            is_required: false,
            location_name: text("locationName").map(str::to_owned),
            query_name: text("queryName").map(str::to_owned),
            is_flattened: [reference, shape].iter().any(|at| at["flattened"].as_bool() == Some(true)),
            timestamp_format: match text("timestampFormat") {
                Some("iso8601") => Some(TimestampFormat::Iso8601),
                Some("unixTimestamp") => Some(TimestampFormat::Epoch),
                Some("rfc822") => Some(TimestampFormat::HttpDate),
                _ => None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_every_service_with_its_names() {
        let names: Vec<_> = services().iter().map(|service| service.name.as_str()).collect();
        assert_eq!(
            names,
            ["cloudwatch", "ec2", "ecs", "logs", "oam", "resourcegroupstaggingapi", "ssm", "sts"]
        );
        let cloudwatch = service("cloudwatch").unwrap();
        assert_eq!(cloudwatch.protocols, [Protocol::Cbor, Protocol::Json10, Protocol::Query]);
        assert_eq!(cloudwatch.signing_name, "monitoring");
        assert_eq!(cloudwatch.target_prefix, "GraniteServiceVersion20100801");
        assert!(cloudwatch.is_query_compatible);
        assert_eq!(service("resourcegroupstaggingapi").unwrap().signing_name, "tagging");
        assert_eq!(service("ec2").unwrap().xml_namespace, "http://ec2.amazonaws.com/doc/2016-11-15");
        let error = cloudwatch.shape_named("DashboardNotFoundError").unwrap().error.as_ref().unwrap();
        assert_eq!((error.code.as_str(), error.status), ("ResourceNotFound", 404));
    }

    #[test]
    fn every_pattern_but_those_with_look_around_is_checked() {
        let left_out: Vec<_> = services()
            .iter()
            .flat_map(Service::shapes)
            .filter(|shape| shape.pattern.is_some() && shape.pattern().is_none())
            .filter_map(|shape| shape.pattern.as_deref())
            .collect();
        assert!(
            left_out.iter().all(|pattern| pattern.contains("(?!") || pattern.contains("(?=")),
            "{left_out:?}"
        );
    }
}
