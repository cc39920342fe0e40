//! Documents: one for each operation of applications.

use super::paged;
use topmast_aws::{Fault, Value};
use topmast_model::application::Operation;

const PAGE: i64 = 50;
/// Who owns them, and their one version.
const OWNER: &str = "Topmast";
pub(super) const VERSION: &str = "1";

/// The name of an operation's document.
pub(super) const fn name(operation: Operation) -> &'static str {
    match operation {
        Operation::Start => "Topmast-StartApplication",
        Operation::Stop => "Topmast-StopApplication",
        Operation::Restart => "Topmast-RestartApplication",
    }
}

/// The operation of a document.
pub(super) fn operation(document: &str) -> Result<Operation, Fault> {
    let found = Operation::ALL.iter().copied().find(|operation| name(*operation) == document);
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

pub(super) fn list(input: &Value) -> Result<Value, Fault> {
    let fits = |name: &str| {
        let named = |key: &str, values: Vec<&str>| match key {
            "Name" => values.iter().any(|value| name.starts_with(value)),
            "Owner" => values.iter().any(|value| ["All", "Private", "Public", OWNER].contains(value)),
            "DocumentType" => values.contains(&"Command"),
            _ => false,
        };
        input
            .list("Filters")
            .iter()
            .all(|filter| named(filter.text("Key").unwrap_or_default(), filter.texts("Values").collect()))
            && input.list("DocumentFilterList").iter().all(|filter| {
                named(filter.text("key").unwrap_or_default(), filter.text("value").into_iter().collect())
            })
    };
    let documents = Operation::ALL.iter().map(|operation| name(*operation)).filter(|name| fits(name));
    let told = |name: &'static str| {
        Value::map([
            ("Name", name.into()),
            ("Owner", OWNER.into()),
            ("DocumentVersion", VERSION.into()),
            ("DocumentType", "Command".into()),
            ("SchemaVersion", "2.2".into()),
            ("DocumentFormat", "JSON".into()),
        ])
    };
    paged(input, "DocumentIdentifiers", PAGE, documents.map(told).collect())
}

pub(super) fn describe(input: &Value) -> Result<Value, Fault> {
    let operation = operation(input.text("Name").unwrap_or_default())?;
    check_version(input)?;
    let parameter = Value::map([
        ("Name", "Application".into()),
        ("Type", "StringList".into()),
        ("Description", "Names of applications on the nodes.".into()),
    ]);
    let description = match operation {
        Operation::Start => "Starts applications.",
        Operation::Stop => "Stops applications, which stay stopped.",
        Operation::Restart => "Stops applications and starts them again.",
    };
    let document = Value::map([
        ("Name", name(operation).into()),
        ("Owner", OWNER.into()),
        ("Description", description.into()),
        ("Status", "Active".into()),
        ("DocumentVersion", VERSION.into()),
        ("LatestVersion", VERSION.into()),
        ("DefaultVersion", VERSION.into()),
        ("DocumentType", "Command".into()),
        ("SchemaVersion", "2.2".into()),
        ("DocumentFormat", "JSON".into()),
        ("Parameters", Value::List(vec![parameter])),
    ]);
    Ok(Value::map([("Document", document)]))
}
