//! Documents: one for each operation of applications. What is in them says what is done; it is not read by anything.

use super::paged;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;
use std::fmt::Write as _;
use topmast_aws::{Fault, Value};
use topmast_model::application::Operation;

const PAGE: i64 = 50;
/// Who owns them, and their one version.
const OWNER: &str = "Topmast";
pub(super) const VERSION: &str = "1";
const TYPE: &str = "Command";
const SCHEMA: &str = "2.2";
const FORMAT: &str = "JSON";
const PLATFORMS: [&str; 3] = ["Windows", "Linux", "MacOS"];
/// Their one parameter.
const PARAMETER: &str = "Application";
const PARAMETER_TYPE: &str = "StringList";
const PARAMETER_TEXT: &str = "Names of applications on the nodes.";

/// The name of an operation's document.
pub(super) const fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "Topmast-StartApplication",
        Operation::Stop => "Topmast-StopApplication",
        Operation::Restart => "Topmast-RestartApplication",
        Operation::Install => "Topmast-InstallApplication",
        Operation::Upgrade => "Topmast-UpgradeApplication",
        Operation::Rollback => "Topmast-RollbackApplication",
        Operation::Uninstall => "Topmast-UninstallApplication",
        // No documents of AWS' tools: they need a configuration, and a declared action.
        Operation::Configure => "Topmast-ConfigureApplication",
        Operation::Act => "Topmast-ActOnApplication",
    }
}

/// The operation of a document, of which the name may be an ARN.
pub(super) fn operation(document: &str) -> Result<Operation, Fault> {
    let arn = document.strip_prefix("arn:").and_then(|arn| arn.split_once(":document/"));
    let document = arn.map_or(document, |(_, name)| name);
    let found = Operation::RUNNING.iter().copied().find(|operation| name(*operation) == document);
    found.ok_or_else(|| {
        Fault::modelled("InvalidDocument", format!("Document with name {document} does not exist."))
    })
}

/// Refuses a version that there is not.
pub(super) fn check_version(input: &Value) -> Result<(), Fault> {
    match input.text("DocumentVersion") {
        None | Some(VERSION | "$DEFAULT" | "$LATEST") => Ok(()),
        Some(_) => Err(Fault::modelled(
            "InvalidDocumentVersion",
            "The document version is not valid or does not exist.",
        )),
    }
}

/// Keys by which documents are found.
const FILTERS: [&str; 6] = ["Name", "Owner", "PlatformTypes", "DocumentType", "SearchKeyword", "TargetType"];

pub(super) fn list(input: &Value) -> Result<Value, Fault> {
    let new = input
        .list("Filters")
        .iter()
        .map(|filter| (filter.text("Key").unwrap_or_default(), filter.texts("Values").collect::<Vec<_>>()));
    let old = input
        .list("DocumentFilterList")
        .iter()
        .map(|filter| (filter.text("key").unwrap_or_default(), filter.text("value").into_iter().collect()));
    let filters: Vec<(&str, Vec<&str>)> = new.chain(old).collect();
    if let Some((key, _)) = filters.iter().find(|(key, _)| !FILTERS.contains(key) && !key.starts_with("tag:"))
    {
        return Err(Fault::modelled("InvalidFilterKey", format!("The filter {key} is not answered here.")));
    }
    let fits = |name: &str| {
        filters.iter().all(|(key, values)| match *key {
            "Name" => values.iter().any(|value| name.starts_with(value)),
            "Owner" => values.iter().any(|value| ["All", "Private", "Public", "Self", OWNER].contains(value)),
            "DocumentType" => values.contains(&TYPE),
            "PlatformTypes" => values.iter().any(|value| PLATFORMS.contains(value)),
            "SearchKeyword" => {
                let name = name.to_lowercase();
                values.iter().any(|value| name.contains(&value.to_lowercase()))
            }
            // Of no special type, and without tags.
            _ => false,
        })
    };
    let documents = Operation::RUNNING.iter().map(|operation| name(*operation)).filter(|name| fits(name));
    let told = |name: &'static str| {
        Value::map([
            ("Name", name.into()),
            ("Owner", OWNER.into()),
            ("PlatformTypes", PLATFORMS.to_vec().into()),
            ("DocumentVersion", VERSION.into()),
            ("DocumentType", TYPE.into()),
            ("SchemaVersion", SCHEMA.into()),
            ("DocumentFormat", FORMAT.into()),
            ("Tags", Value::List(Vec::new())),
        ])
    };
    paged(input, "DocumentIdentifiers", PAGE, documents.map(told).collect())
}

const fn description(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "Starts applications.",
        Operation::Stop => "Stops applications, which stay stopped.",
        Operation::Restart => "Stops applications and starts them again.",
        // Not among the documents, but what was done by other means is listed.
        Operation::Install => "Installs applications.",
        Operation::Upgrade => "Brings applications to another version.",
        Operation::Rollback => "Brings applications back to the version before.",
        Operation::Uninstall => "Removes applications.",
        Operation::Configure => "Lays files of configurations down.",
        Operation::Act => "Does actions that applications declare.",
    }
}

/// A document as JSON.
fn content(operation: Operation) -> String {
    let content = json!({
        "schemaVersion": SCHEMA,
        "description": description(operation),
        "parameters": {PARAMETER: {"type": PARAMETER_TYPE, "description": PARAMETER_TEXT}},
        "mainSteps": [{
            "action": "topmast:operateApplication",
            "name": operation.as_str(),
            "inputs": {"operation": operation.as_str(), "applications": format!("{{{{ {PARAMETER} }}}}")},
        }],
    });
    format!("{content:#}")
}

pub(super) fn describe(input: &Value) -> Result<Value, Fault> {
    let operation = operation(input.text("Name").unwrap_or_default())?;
    check_version(input)?;
    let parameter = Value::map([
        ("Name", PARAMETER.into()),
        ("Type", PARAMETER_TYPE.into()),
        ("Description", PARAMETER_TEXT.into()),
    ]);
    let hash = digest(&SHA256, content(operation).as_bytes());
    let hash = hash.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    let document = Value::map([
        ("Hash", hash.into()),
        ("HashType", "Sha256".into()),
        ("Name", name(operation).into()),
        ("Owner", OWNER.into()),
        ("Description", description(operation).into()),
        ("Status", "Active".into()),
        ("DocumentVersion", VERSION.into()),
        ("LatestVersion", VERSION.into()),
        ("DefaultVersion", VERSION.into()),
        ("PlatformTypes", PLATFORMS.to_vec().into()),
        ("DocumentType", TYPE.into()),
        ("SchemaVersion", SCHEMA.into()),
        ("DocumentFormat", FORMAT.into()),
        ("Parameters", Value::List(vec![parameter])),
        ("Tags", Value::List(Vec::new())),
    ]);
    Ok(Value::map([("Document", document)]))
}

pub(super) fn get(input: &Value) -> Result<Value, Fault> {
    let operation = operation(input.text("Name").unwrap_or_default())?;
    check_version(input)?;
    if input.text("DocumentFormat").is_some_and(|format| format != FORMAT) {
        return Err(Fault::modelled(
            "InvalidDocumentFormat",
            "The documents of this master are told as JSON.",
        ));
    }
    Ok(Value::map([
        ("Name", name(operation).into()),
        ("DocumentVersion", VERSION.into()),
        ("Status", "Active".into()),
        ("Content", content(operation).into()),
        ("DocumentType", TYPE.into()),
        ("DocumentFormat", FORMAT.into()),
    ]))
}
