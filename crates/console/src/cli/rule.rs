//! `topmast rules`: what is to be a problem, as code.

mod test;

use super::failure::Failure;
use super::list::ShowArguments;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone};
use clap::{Args, Subcommand};
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use topmast_api::client::{Client, ClientError};
use topmast_api::problem::ProblemCode;
use topmast_api::rule::{RuleRow, RulesPlan, RulesRequest};
use topmast_model::rule::text;

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply the rules of a file, all of them or none
    Apply {
        /// A file of rules, as the guide shows; - is the standard input
        #[arg(short, long, value_name = "FILE")]
        file: PathBuf,
        /// Delete rules of ours that are not in the file and that you manage
        #[arg(long)]
        prune: bool,
        /// Only tell what it would do
        #[arg(long)]
        dry_run: bool,
    },
    /// Print rules as a file has them; all when none is named
    Show {
        /// Their names
        names: Vec<String>,
    },
    /// Try a rule on the past: which problems it would have made
    Test(test::Arguments),
    /// Delete a rule of ours; a shipped one of its name counts again
    Delete {
        /// Its name
        name: String,
    },
}

/// Lists, applies, shows or deletes rules.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => arguments.show.print(&client.rule_list().await?.items, RULES),
        Some(Command::Apply { file, prune, dry_run }) => {
            let text = read(&file)?;
            // What is wrong in the file is told before anybody is asked.
            text::read(&text).map_err(|error| wrong(&file, &error))?;
            let plan = client.rule_apply(&RulesRequest { text, prune, dry_run }).await;
            let plan = plan.map_err(|error| refused(error, &file.display().to_string()))?;
            Ok(terminal::print(&told(&plan, dry_run))?)
        }
        Some(Command::Show { names }) => show(client, &names).await,
        Some(Command::Test(arguments)) => test::run(client, arguments).await,
        Some(Command::Delete { name }) => {
            client.rule_delete(&name).await?;
            Ok(terminal::print(&format!("deleted rule {name}\n"))?)
        }
    }
}

async fn show(client: &Client, names: &[String]) -> Result<(), Failure> {
    let rules = client.rule_list().await?.items;
    if let Some(name) = names.iter().find(|name| !rules.iter().any(|rule| rule.name == **name)) {
        return Err(Failure::Usage(format!("there is no rule {name}; `topmast rules` lists them")));
    }
    let wanted = rules.iter().filter(|rule| names.is_empty() || names.contains(&rule.name));
    let texts: Vec<&str> = wanted.map(|rule| rule.text.trim_end()).collect();
    Ok(terminal::print(&format!("{}\n", texts.join("\n\n")))?)
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    // One byte more than is taken, so that too much is told from just enough.
    let most = text::BYTES_MAX as u64 + 1;
    let read = if file == Path::new("-") {
        std::io::stdin().take(most).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|file| file.take(most).read_to_string(&mut text))
    };
    match read {
        Ok(_) if text.len() as u64 == most => {
            let most = text::BYTES_MAX >> 20;
            Err(Failure::Usage(format!("{} is larger than {most} MiB; split it", file.display())))
        }
        Ok(_) => Ok(text),
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            Err(Failure::Usage(format!("{} is not UTF-8; save it as UTF-8", file.display())))
        }
        Err(error) => Err(Failure::Usage(format!("cannot read {}: {error}", file.display()))),
    }
}

/// What the master finds wrong in a file is told with its name.
fn refused(error: ClientError, file: &str) -> Failure {
    match error.problem().filter(|problem| problem.code == ProblemCode::Invalid) {
        Some(problem) if problem.field.as_deref() == Some("text") => {
            Failure::Usage(format!("{file}: {}", problem.detail))
        }
        Some(problem) => Failure::Usage(problem.detail.clone()),
        None => error.into(),
    }
}

fn wrong(file: &Path, error: &text::RulesTextError) -> Failure {
    Failure::Usage(format!("{}: {error}", file.display()))
}

/// What was done, a line a rule.
fn told(plan: &RulesPlan, dry_run: bool) -> String {
    let would = if dry_run { "would be " } else { "" };
    let lists = [("added", &plan.added), ("changed", &plan.changed), ("deleted", &plan.deleted)];
    let lines = lists
        .iter()
        .flat_map(|(what, names)| names.iter().map(move |name| format!("{name} {would}{what}\n")));
    let changes: String = lines.collect();
    format!("{changes}{} unchanged\n", plan.unchanged.len())
}

const RULES: &[Column<RuleRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("SEVERITY", "severity", |row, _| Cell::plain(row.severity.as_str())),
    Column::text("LOOKS AT", "kind", |row, _| Cell::plain(&row.kind)),
    Column::text("FROM", "own", |row, _| Cell::plain(if row.own { "ours" } else { "shipped" })),
    Column::text("ENABLED", "enabled", |row, _| {
        if row.enabled { Cell::plain("yes") } else { Cell::new("no", Tone::Dim) }
    }),
    Column::number("PROBLEMS", "problems", |row, _| Cell::plain(row.problems.to_string())),
    Column::wide_text("WITHIN", "within", |row, _| {
        Cell::plain(row.within.as_ref().map_or("everything", |path| path.as_str()))
    }),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_is_told_as_what_was_or_would_be_done() {
        let plan = RulesPlan {
            added: vec!["a".into()],
            changed: vec!["b".into()],
            unchanged: vec!["c".into(), "d".into()],
            deleted: vec!["e".into()],
        };
        assert_eq!(told(&plan, false), "a added\nb changed\ne deleted\n2 unchanged\n");
        assert!(told(&plan, true).starts_with("a would be added\n"));
    }
}
