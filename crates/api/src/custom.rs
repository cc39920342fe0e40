//! Custom actions: what an application's unit file declares beside running it, and orders of it.
//!
//! On the wire they are the model's own types; here is how they are described. A test holds both together.

use crate::schema;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Names a custom action and says what it is told.
#[derive(Debug, ToSchema)]
pub struct CustomOrder {
    /// The custom action.
    pub name: String,
    /// What it is told, by parameter; defaults where nothing is said.
    #[schema(required = false)]
    pub arguments: BTreeMap<String, Argument>,
}

/// What a parameter is given: a truth value, a number or a text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Argument {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text, or one of some words.
    Text(String),
}

/// A custom action that an application or a service offers.
#[derive(Debug, ToSchema)]
pub struct CustomAction {
    /// Its name, unique in the application.
    pub name: String,
    /// What it does, for people.
    pub description: Option<String>,
    /// What it is done to: `application` or `service`.
    #[schema(value_type = schema::CustomTarget)]
    pub target: topmast_model::custom::CustomTarget,
    /// How it is done: one of the two.
    pub means: Means,
    /// How long it may take, in milliseconds; then it is ended and has failed.
    pub timeout_ms: u64,
    /// Who may order it: `operator` or `admin`.
    #[schema(value_type = schema::CustomRight)]
    pub right: topmast_model::custom::CustomRight,
    /// To be asked about before it is ordered.
    #[schema(required = false)]
    pub confirm: bool,
    /// The application does not serve meanwhile, so that guards look at it as at a restart.
    #[schema(required = false)]
    pub disrupts: bool,
    /// What it is told.
    #[schema(required = false)]
    pub parameters: Vec<Parameter>,
}

/// How a custom action is done.
#[derive(Debug, ToSchema)]
pub struct Means {
    /// A program with its arguments; `{NAME}` is the argument of a parameter.
    pub command: Option<Vec<String>>,
    /// A request to the application's HTTP port.
    pub request: Option<Request>,
}

/// A request to the application's HTTP port.
#[derive(Debug, ToSchema)]
pub struct Request {
    /// `POST`, `PUT` or `DELETE`.
    pub method: String,
    /// Its path; `{NAME}` is the argument of a parameter, and the other arguments are its body.
    pub path: String,
}

/// A parameter of a custom action. Without a default it has to be given.
#[derive(Debug, ToSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it means, for people.
    pub description: Option<String>,
    /// What it takes.
    #[schema(rename = "type")]
    pub kind: ParameterType,
    /// The smallest number.
    pub min: Option<f64>,
    /// The largest number.
    pub max: Option<f64>,
    /// A regular expression that the whole text matches.
    pub pattern: Option<String>,
    /// The longest text, in characters.
    pub max_length: Option<u32>,
    /// The words to choose from.
    pub values: Option<Vec<String>>,
    /// What counts when nothing is given.
    pub default: Option<Argument>,
}

/// What a parameter takes.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum ParameterType {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text on one line.
    Text,
    /// One of some words.
    Choice,
    /// True or false.
    Boolean,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use utoipa::PartialSchema;

    /// Every field of a value is described by a schema.
    fn describes<T: PartialSchema>(value: &Value) {
        let schema = serde_json::to_value(T::schema()).unwrap();
        for field in value.as_object().unwrap().keys() {
            assert!(schema["properties"].get(field).is_some(), "{field} is not in {schema}");
        }
    }

    #[test]
    fn schemas_describe_what_is_sent() {
        let kinds = json!([
            { "name": "a", "description": "x", "type": "integer", "min": 1, "max": 2, "default": 1 },
            { "name": "b", "type": "text", "pattern": "x", "max_length": 5, "default": "x" },
            { "name": "c", "type": "choice", "values": ["x"] },
        ]);
        let action: topmast_model::custom::CustomAction = serde_json::from_value(json!({
            "name": "act", "description": "x", "target": "service", "timeout_ms": 1, "right": "admin",
            "means": { "request": { "method": "PUT", "path": "/" } }, "confirm": true, "disrupts": true,
            "parameters": kinds,
        }))
        .unwrap();
        let sent = serde_json::to_value(&action).unwrap();
        describes::<CustomAction>(&sent);
        describes::<Means>(&sent["means"]);
        describes::<Means>(&json!({ "command": [] }));
        describes::<Request>(&sent["means"]["request"]);
        sent["parameters"].as_array().unwrap().iter().for_each(describes::<Parameter>);
        let words = serde_json::to_value(ParameterType::schema()).unwrap()["enum"].clone();
        assert_eq!(words, json!(["integer", "number", "text", "choice", "boolean"]));
        let order: topmast_model::custom::CustomOrder =
            serde_json::from_value(json!({ "name": "act", "arguments": { "a": 1 } })).unwrap();
        describes::<CustomOrder>(&serde_json::to_value(order).unwrap());
    }
}
