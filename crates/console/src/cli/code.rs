//! `topmast apply -f DIR`: configurations, rules, channels, routes and maintenance as code, planned first.

use super::configuration::text;
use super::failure::Failure;
use super::operate::is_dialogue;
use crate::output::terminal;
use crate::output::{Cell, Column, Style, Tone, render};
use clap::Args;
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use topmast_api::client::Client;
use topmast_api::code::{CodePlan, CodePlanItem, CodeReleaseRequest, CodeRequest};
use topmast_api::maintenance::MaintenanceTables;
use topmast_model::code::CodeKind;

/// Most files of a folder: more is another folder than was meant.
const FILES_MAX: usize = 1_000;

/// Arguments of `apply`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(super) struct Arguments {
    /// A folder of TOML files with tables `configuration`, `rule`, `channel`, `route` and `maintenance`, or one such file
    #[arg(short, long, value_name = "DIR")]
    file: PathBuf,
    /// Delete what was applied before, is not in the files any more and is yours to delete
    #[arg(long)]
    prune: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Only show the plan
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `release`.
#[derive(Debug, Args)]
pub(super) struct ReleaseArguments {
    /// configuration, rule, channel, route or maintenance
    kind: CodeKind,
    /// Its name
    name: String,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Plans, asks, does.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    let mut request = read(&arguments.file)?;
    (request.prune, request.reason, request.dry_run) = (arguments.prune, arguments.reason.clone(), true);
    let plan = client.code_apply(&request).await.map_err(text::refused)?;
    let is_done = plan.items.iter().all(|item| item.change == "unchanged" && !item.taken_over);
    if arguments.json {
        terminal::print(&format!("{}\n", serde_json::to_string_pretty(&plan)?))?;
    } else {
        terminal::print(&told(&plan, terminal::style()))?;
    }
    if arguments.dry_run || is_done {
        return Ok(());
    }
    if !arguments.yes {
        if !is_dialogue() {
            return Err(Failure::Usage("nothing was done; give --yes to do it without a question".into()));
        }
        confirm()?;
    }
    request.dry_run = false;
    let base = |item: &CodePlanItem| (item.name.clone(), item.base.unwrap_or(0));
    let configurations =
        plan.items.iter().filter(|item| item.kind == CodeKind::Configuration && item.change != "deleted");
    // What was changed since the plan was shown is refused.
    request.bases = configurations.map(base).collect();
    client.code_apply(&request).await.map_err(text::refused)?;
    terminal::notice("done");
    Ok(())
}

/// Lets a thing be changed by hand.
pub(super) async fn release(client: &Client, arguments: ReleaseArguments) -> Result<(), Failure> {
    let ReleaseArguments { kind, name, reason } = arguments;
    let request = CodeReleaseRequest { kind, name, reason };
    client.code_release(&request).await.map_err(text::refused)?;
    let CodeReleaseRequest { kind, name, .. } = request;
    Ok(terminal::print(&format!("{kind} {name} can be changed by hand until it is applied again\n"))?)
}

fn confirm() -> Result<(), Failure> {
    terminal::notice("do this? [y/N]");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        return Ok(());
    }
    Err(Failure::Usage("nothing was done".into()))
}

fn told(plan: &CodePlan, style: Style) -> String {
    let news = plan.items.iter().filter(|item| item.change != "unchanged" || item.taken_over);
    let news: Vec<CodePlanItem> = news.cloned().collect();
    let unchanged = plan.items.len() - news.len();
    let table = if news.is_empty() { String::new() } else { render(&news, PLAN.iter(), true, style) };
    format!("{table}{unchanged} unchanged\n")
}

/// The tables of all files of a folder, by their kind.
fn read(folder: &Path) -> Result<CodeRequest, Failure> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    if files.is_empty() {
        return Err(Failure::Usage(format!("there is no .toml file in {}", folder.display())));
    }
    let mut tables: BTreeMap<&str, Vec<toml::Value>> = BTreeMap::new();
    for file in &files {
        let written = text::resolved(file, &text::read(file)?)?;
        let wrong = |message: String| Failure::Usage(format!("{}: {message}", file.display()));
        let table: toml::Table = toml::from_str(&written).map_err(|error| wrong(error.to_string()))?;
        for (key, value) in table {
            let kind = CodeKind::ALL.iter().find(|kind| kind.as_str() == key);
            let kind = kind.ok_or_else(|| {
                wrong(format!(
                    "there is no [[{key}]]; write configuration, rule, channel, route or maintenance"
                ))
            })?;
            let toml::Value::Array(values) = value else {
                return Err(wrong(format!("write [[{key}]], with two brackets")));
            };
            let whole: toml::Table = [(key, toml::Value::Array(values.clone()))].into_iter().collect();
            let whole = toml::to_string_pretty(&whole).map_err(|error| wrong(error.to_string()))?;
            check(*kind, &whole).map_err(wrong)?;
            tables.entry(kind.as_str()).or_default().extend(values);
        }
    }
    let text = |kind: CodeKind| {
        let whole: toml::Table = tables
            .get(kind.as_str())
            .map(|values| (kind.as_str().to_owned(), toml::Value::Array(values.clone())))
            .into_iter()
            .collect();
        toml::to_string_pretty(&whole).map_err(|error| Failure::Usage(error.to_string()))
    };
    Ok(CodeRequest {
        configurations: text(CodeKind::Configuration)?,
        rules: text(CodeKind::Rule)?,
        channels: text(CodeKind::Channel)?,
        routes: text(CodeKind::Route)?,
        maintenances: text(CodeKind::Maintenance)?,
        ..CodeRequest::default()
    })
}

/// What is wrong in a file is told with its name, before anybody is asked.
fn check(kind: CodeKind, text: &str) -> Result<(), String> {
    use topmast_model::{configuration, notification, rule};
    match kind {
        CodeKind::Configuration => configuration::text::read(text).map(|_| ()).map_err(|error| error.message),
        CodeKind::Rule => rule::text::read(text).map(|_| ()).map_err(|error| error.message),
        CodeKind::Channel => {
            notification::text::read_channels(text).map(|_| ()).map_err(|error| error.to_string())
        }
        CodeKind::Route => {
            notification::text::read_routes(text).map(|_| ()).map_err(|error| error.to_string())
        }
        CodeKind::Maintenance => {
            toml::from_str::<MaintenanceTables>(text).map(|_| ()).map_err(|error| error.to_string())
        }
    }
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable =
        |error: std::io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?.path();
        let is_hidden = entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let is_ours = entry.is_dir() || entry.extension().is_some_and(|extension| extension == "toml");
        if !is_hidden && is_ours {
            collect(&entry, files)?;
        }
        if files.len() > FILES_MAX {
            return Err(Failure::Usage(format!(
                "there are more than {FILES_MAX} files; name the folder of the code alone"
            )));
        }
    }
    Ok(())
}

const PLAN: &[Column<CodePlanItem>] = &[
    Column::text("KIND", "kind", |item, _| Cell::plain(item.kind.as_str())),
    Column::text("NAME", "name", |item, _| Cell::plain(&item.name)),
    Column::text("CHANGE", "change", |item, _| {
        let tone = if item.change == "deleted" { Tone::Bad } else { Tone::Plain };
        Cell::new(&item.change, tone)
    }),
    Column::text("LOCK", "taken_over", |item, _| {
        Cell::plain(if item.taken_over { "kept as code from now on" } else { "" })
    }),
];
