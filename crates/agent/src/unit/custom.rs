//! Custom actions: the `[[action]]` and `[[service_action]]` tables of a unit file.
//!
//! Elsewhere: what they may be (`topmast-model`, `custom`); doing them (`supervisor::custom`).

use super::parse::{bounded, command};
use super::reader::{Problem, Table, Value};
use super::service::name;
use std::time::Duration;
use topmast_model::custom::{
    Argument, CustomAction, CustomRight, CustomTarget, Means, Method, Parameter, ParameterKind, Request,
    TIMEOUT_MS, check_all,
};
use topmast_model::rule::Number;

const FIELDS: &[&str] = &[
    "name",
    "description",
    "command",
    "method",
    "path",
    "timeout",
    "right",
    "confirm",
    "disrupts",
    "parameter",
];
const PARAMETER: &[&str] =
    &["name", "description", "type", "min", "max", "pattern", "max_length", "values", "default"];
/// How long one may take when it does not say.
const TIMEOUT: Duration = Duration::from_mins(1);

/// - `http_port`: where requests go.
pub(super) fn read(file: &Table<'_, '_>, http_port: Option<u16>) -> Result<Vec<CustomAction>, Problem> {
    let mut actions = Vec::new();
    for (field, target) in [("action", CustomTarget::Application), ("service_action", CustomTarget::Service)]
    {
        let Some(value) = file.get(field) else { continue };
        for value in bounded(value)? {
            actions.push(action(value, target, http_port)?);
            // All that came before are good, so it is this one, or this one beside them.
            check_all(&actions).map_err(|error| value.problem(error.to_string()))?;
        }
    }
    Ok(actions)
}

fn action(
    value: Value<'_, '_>,
    target: CustomTarget,
    http_port: Option<u16>,
) -> Result<CustomAction, Problem> {
    let table = value.table(FIELDS)?;
    let rights = [("operator", CustomRight::Operator), ("admin", CustomRight::Admin)];
    let range = Duration::from_millis(*TIMEOUT_MS.start())..=Duration::from_millis(*TIMEOUT_MS.end());
    let timeout = table.duration("timeout", TIMEOUT, range)?;
    Ok(CustomAction {
        name: name(table.need("name", r#"name = "rotate-keys""#)?)?,
        description: table.text("description")?,
        target,
        means: means(&table, http_port)?,
        // The range makes the conversion fit.
        timeout_ms: u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX),
        right: table.get("right").map_or(Ok(CustomRight::Operator), |value| value.word(&rights))?,
        confirm: table.boolean("confirm")?.unwrap_or(false),
        disrupts: table.boolean("disrupts")?.unwrap_or(false),
        parameters: match table.get("parameter") {
            Some(value) => bounded(value)?.into_iter().map(parameter).collect::<Result<_, _>>()?,
            None => Vec::new(),
        },
    })
}

fn means(table: &Table<'_, '_>, http_port: Option<u16>) -> Result<Means, Problem> {
    if let Some(value) = table.get("command") {
        table.refuse(&["method", "path"], "is for an action by request, and this one has a command")?;
        return Ok(Means::Command(command(value)?.words().to_vec()));
    }
    let example = r#"command = ["/opt/app/bin/act"], or path = "/act""#;
    let path = table.need("path", example)?;
    if http_port.is_none() {
        return Err(path.problem("a request goes to the application's HTTP port; add http_port to the file"));
    }
    let methods: Vec<(&str, Method)> = Method::ALL.iter().map(|method| (method.as_str(), *method)).collect();
    let method = table.get("method").map_or(Ok(Method::Post), |value| value.word(&methods))?;
    Ok(Means::Request(Request { method, path: path.text()? }))
}

fn parameter(value: Value<'_, '_>) -> Result<Parameter, Problem> {
    let table = value.table(PARAMETER)?;
    let (kind, fields, default) = kind(&table)?;
    let unfit: Vec<&str> = ["min", "max", "pattern", "max_length", "values"]
        .into_iter()
        .filter(|field| !fields.contains(field))
        .collect();
    table.refuse(&unfit, "means nothing to a parameter of this type")?;
    Ok(Parameter {
        name: table.need("name", r#"name = "keys""#)?.text()?,
        description: table.text("description")?,
        kind,
        default: table.get("default").map(default).transpose()?,
    })
}

/// How a value of a type is read.
type Read = fn(Value<'_, '_>) -> Result<Argument, Problem>;

/// What a parameter takes, the fields that say so, and how its default is read.
fn kind(table: &Table<'_, '_>) -> Result<(ParameterKind, &'static [&'static str], Read), Problem> {
    let types = ["integer", "number", "text", "choice", "boolean"].map(|word| (word, word));
    let integer = |name| table.get(name).map(integer).transpose();
    let number = |name| table.get(name).map(number).transpose();
    let text: Read = |value| value.any_text().map(Argument::Text);
    Ok(match table.need("type", r#"type = "integer""#)?.word(&types)? {
        "integer" => (
            ParameterKind::Integer { min: integer("min")?, max: integer("max")? },
            &["min", "max"],
            |value| self::integer(value).map(Argument::Integer),
        ),
        "number" => {
            (ParameterKind::Number { min: number("min")?, max: number("max")? }, &["min", "max"], |value| {
                self::number(value).map(Argument::Number)
            })
        }
        "text" => {
            let max_length = match table.get("max_length") {
                // The range makes the conversion fit.
                Some(value) => u32::try_from(value.integer(1..=1_000)?).unwrap_or(u32::MAX),
                None => 200,
            };
            let pattern = table.text("pattern")?;
            (ParameterKind::Text { pattern, max_length }, &["pattern", "max_length"], text)
        }
        "choice" => {
            table.need("values", r#"values = ["one", "other"]"#)?;
            (ParameterKind::Choice { values: table.texts("values")? }, &["values"], text)
        }
        _ => (ParameterKind::Boolean, &[], |value| value.boolean().map(Argument::Boolean)),
    })
}

fn integer(value: Value<'_, '_>) -> Result<i64, Problem> {
    value.integer(i64::MIN..=i64::MAX)
}

fn number(value: Value<'_, '_>) -> Result<Number, Problem> {
    let number = Number::new(value.number(f64::MIN..=f64::MAX)?);
    number.ok_or_else(|| value.problem("is no finite number; write another"))
}

#[cfg(test)]
mod tests {
    use crate::unit::{Unit, UnitError, parse};

    fn unit(tables: &str) -> Result<Unit, UnitError> {
        parse("switch.toml", &format!("command = [\"/bin/true\"]\nhttp_port = 8080\n{tables}"))
    }

    #[test]
    fn actions_of_application_and_services_are_read_whole() {
        let unit = unit(
            r#"
            [[action]]
            name = "rotate-keys"
            description = "new keys for the HSM"
            command = ["/opt/switch/bin/rotate", "{keys}", "--mode={mode}", "{note}"]
            timeout = "2m"
            right = "admin"
            confirm = true
            disrupts = true
            [[action.parameter]]
            name = "keys"
            type = "integer"
            min = 1
            max = 10
            default = 2
            [[action.parameter]]
            name = "mode"
            type = "choice"
            values = ["soft", "hard"]
            [[action.parameter]]
            name = "note"
            type = "text"
            pattern = "[a-z ]*"
            default = ""
            [[service_action]]
            name = "sign-on"
            path = "/services/{service}/sign-on"
            [[service_action.parameter]]
            name = "share"
            type = "number"
            min = 0
            max = 1.5
            default = 1
            "#,
        )
        .unwrap();
        let json = serde_json::to_value(&unit.actions).unwrap();
        let expected = serde_json::json!([
            { "name": "rotate-keys", "description": "new keys for the HSM", "target": "application",
              "means": { "command": ["/opt/switch/bin/rotate", "{keys}", "--mode={mode}", "{note}"] },
              "timeout_ms": 120_000, "right": "admin", "confirm": true, "disrupts": true, "parameters": [
                { "name": "keys", "type": "integer", "min": 1, "max": 10, "default": 2 },
                { "name": "mode", "type": "choice", "values": ["soft", "hard"] },
                { "name": "note", "type": "text", "pattern": "[a-z ]*", "max_length": 200, "default": "" }] },
            { "name": "sign-on", "target": "service", "timeout_ms": 60_000, "right": "operator",
              "means": { "request": { "method": "POST", "path": "/services/{service}/sign-on" } },
              "parameters": [
                { "name": "share", "type": "number", "min": 0.0, "max": 1.5, "default": 1.0 }] },
        ]);
        assert_eq!(json, expected);
        assert_eq!(unit.declared().unwrap().actions, unit.actions);
    }

    #[test]
    fn examples_of_the_guide_and_the_demo_are_good_actions() {
        let guide = include_str!("../../../../docs/guide/applications.md");
        let mut examples = guide.split("```toml\n").filter_map(|part| part.split("```").next());
        let example = examples.find(|example| example.starts_with("[[action]]")).unwrap();
        assert_eq!(unit(example).unwrap().actions.len(), 2);
        let demo = include_str!("../../../../demo/payment-switch/actions.toml");
        assert_eq!(unit(demo).unwrap().actions.len(), 4);
    }

    #[test]
    fn wrong_actions_are_refused_with_the_place() {
        let check = |tables: &str, line: usize, text: &str| {
            let error = unit(tables).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.problem.contains(text), "{error}");
        };
        check("[[action]]\nname = \"a\"", 3, "field path is missing");
        check("[[action]]\nname = \"stop\"\ncommand = [\"/a\"]", 3, "an operation of every application");
        check("[[action]]\nname = \"a\"\ncommand = [\"/a\"]\npath = \"/a\"", 6, "this one has a command");
        check("[[action]]\nname = \"a\"\nmethod = \"GET\"\npath = \"/a\"", 5, "\"POST\"");
        let parameter = |line: &str| {
            format!(
                "[[action]]\nname = \"a\"\ncommand = [\"/a\", \"{{n}}\"]\n[[action.parameter]]\nname = \"n\"\n{line}"
            )
        };
        check(&parameter("type = \"boolean\"\nmin = 1"), 9, "means nothing to a parameter of this type");
        check(&parameter("type = \"int\""), 8, "write one of");
        check(&parameter("type = \"text\"\npattern = \"(\""), 3, "no regular expression");
        check(&parameter("type = \"integer\"\ndefault = \"2\""), 9, "an integer");
        let twice =
            "[[action]]\nname = \"a\"\ncommand = [\"/a\"]\n[[service_action]]\nname = \"a\"\npath = \"/a\"";
        check(twice, 6, "declared twice");
        let error =
            parse("s.toml", "command = [\"/a\"]\n[[action]]\nname = \"a\"\npath = \"/a\"").unwrap_err();
        assert!(error.problem.contains("add http_port"), "{error}");
    }
}
