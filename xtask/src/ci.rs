//! Every check in order, as the build machine runs them.
//!
//! ```text
//! fmt -> console: build, check, lint, tests, types -> clippy -> tidy -> tests -> doctests -> doc -> deny
//!     -> openapi -> console in a browser -> fuzz -> table of results
//! ```
//!
//! The console is built first: the master that every later step compiles carries it inside.
//!
//! A failed step does not stop the others: one run shows all that is wrong. A step whose
//! tool is missing is listed as "not run" with what to install; it is never silent.

use crate::outcome::Outcome;
use anyhow::{Context, bail};
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// A check: its name and the command that makes it.
#[derive(Debug)]
struct Step {
    name: &'static str,
    command: &'static [&'static str],
    variables: &'static [(&'static str, &'static str)],
}

const FMT: Step = step("fmt", &["cargo", "fmt", "--all", "--check"]);
const UI: Step = step("ui", &["make", "--no-print-directory", "ui"]);
const UI_CHECK: Step = step("ui check", &["npm", "--prefix", "ui", "run", "check"]);
const UI_LINT: Step = step("ui lint", &["npm", "--prefix", "ui", "run", "lint"]);
const UI_TESTS: Step = step("ui tests", &["npm", "--prefix", "ui", "run", "test"]);
const UI_TYPES: Step = step("ui types", &["npm", "--prefix", "ui", "run", "types", "--", "--check"]);
const UI_FIELDS: Step = step("ui fields", &["npm", "--prefix", "ui", "run", "fields", "--", "--check"]);
const UI_E2E: Step = step("ui e2e", &["npm", "--prefix", "ui", "run", "e2e"]);
const CLIPPY: Step =
    step("clippy", &["cargo", "clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]);
const TIDY: Step = step("tidy", &["cargo", "xtask", "tidy"]);
// The system tests start the real programs, found beside the test binary.
const PROGRAMS: Step = step("programs", &["cargo", "build", "--locked"]);
const TESTS: Step = step("tests", &["cargo", "nextest", "run", "--locked", "--workspace", "--no-fail-fast"]);
const TESTS_BY_CARGO: Step = step(
    "tests",
    &["cargo", "test", "--locked", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"],
);
const DOCTESTS: Step = step("doctests", &["cargo", "test", "--locked", "--workspace", "--doc"]);
const DOC: Step = Step {
    name: "doc",
    command: &["cargo", "doc", "--locked", "--workspace", "--no-deps", "--document-private-items"],
    variables: &[("RUSTDOCFLAGS", "-D warnings")],
};
const DENY: Step = step("deny", &["cargo", "deny", "check", "bans", "licenses", "sources"]);
const ADVISORIES: Step = step("advisories", &["cargo", "deny", "check", "advisories"]);
const OPENAPI: Step = step("openapi", &["cargo", "xtask", "openapi", "--check"]);
const FUZZ: Step = step("fuzz", &["make", "--no-print-directory", "fuzz-smoke"]);

const fn step(name: &'static str, command: &'static [&'static str]) -> Step {
    Step { name, command, variables: &[] }
}

/// Runs every check and prints a table of them.
///
/// # Errors
/// When a check fails, by name, or a command cannot be started.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut table = Vec::new();
    for (step, missing) in plan(root) {
        println!("\n=== {} ===  {}", step.name, step.command.join(" "));
        let start = Instant::now();
        let outcome = match missing {
            Some(reason) => {
                println!("not run: {reason}");
                Outcome::NotRun(reason.to_owned())
            }
            None => run_step(root, &step)?,
        };
        table.push((step.name, outcome, start.elapsed().as_secs()));
    }
    println!("\n=== results ===");
    for (name, outcome, seconds) in &table {
        println!("{}", outcome.row(name, *seconds));
    }
    let failed: Vec<_> = table.iter().filter(|row| row.1 == Outcome::Failed).map(|row| row.0).collect();
    if !failed.is_empty() {
        bail!("ci failed: {}", failed.join(", "));
    }
    Ok(())
}

/// The steps, each with the reason why it cannot run here, if there is one.
fn plan(root: &Path) -> Vec<(Step, Option<&'static str>)> {
    let has_deny = answers(&["deny", "--version"]);
    let no_deny = (!has_deny).then_some("cargo-deny is missing: cargo install --locked cargo-deny");
    // The advisories live on the network, which a closed site does not have.
    let no_advisories = std::env::var_os("TOPMAST_ADVISORIES")
        .is_none()
        .then_some("set TOPMAST_ADVISORIES=1 where the advisory database can be fetched");
    let no_fuzz = (!root.join("fuzz/run").exists()).then_some("fuzz/run is missing");
    let scripts = std::fs::read_to_string(root.join("ui/package.json")).unwrap_or_default();
    let no_e2e = (!scripts.contains("\"e2e\":")).then_some("ui/package.json has no script e2e");
    let tests = if answers(&["nextest", "--version"]) { TESTS } else { TESTS_BY_CARGO };
    vec![
        (FMT, None),
        (UI, None),
        (UI_CHECK, None),
        (UI_LINT, None),
        (UI_TESTS, None),
        (UI_TYPES, None),
        (UI_FIELDS, None),
        (CLIPPY, None),
        (TIDY, None),
        (PROGRAMS, None),
        (tests, None),
        (DOCTESTS, None),
        (DOC, None),
        (DENY, no_deny),
        (ADVISORIES, no_deny.or(no_advisories)),
        (OPENAPI, None),
        (UI_E2E, no_e2e),
        (FUZZ, no_fuzz),
    ]
}

/// True when cargo has this subcommand.
fn answers(command: &[&str]) -> bool {
    let status = Command::new("cargo").args(command).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Tests wait much of their time for processes and disks: one more at a time than there are processors.
fn test_threads() -> String {
    (std::thread::available_parallelism().map_or(1, NonZero::get) + 1).to_string()
}

fn run_step(root: &Path, step: &Step) -> anyhow::Result<Outcome> {
    let (program, arguments) = step.command.split_first().context("a step without a command")?;
    let status = Command::new(program)
        .args(arguments)
        .env("NEXTEST_TEST_THREADS", test_threads())
        .envs(step.variables.iter().copied())
        .current_dir(root)
        .status()
        .with_context(|| format!("run {program}"))?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_follows_the_exit_status_of_the_command() {
        let run = |command| run_step(Path::new("."), &step("x", command)).unwrap();
        assert_eq!(run(&["true"]), Outcome::Passed);
        assert_eq!(run(&["false"]), Outcome::Failed);
        assert!(run_step(Path::new("."), &step("x", &["/no/such/program"])).is_err());
    }

    #[test]
    fn a_step_gets_its_variables_and_the_top_of_the_checkout() {
        let root = tempfile::tempdir().unwrap();
        let step = Step {
            name: "x",
            command: &["sh", "-c", "test \"$FLAG\" = on && touch here"],
            variables: &[("FLAG", "on")],
        };
        assert_eq!(run_step(root.path(), &step).unwrap(), Outcome::Passed);
        assert!(root.path().join("here").exists());
    }

    #[test]
    fn missing_fuzz_targets_and_browser_tests_are_said_and_not_hidden() {
        let root = tempfile::tempdir().unwrap();
        let reason = |name| plan(root.path()).into_iter().find(|(step, _)| step.name == name).unwrap().1;
        assert_eq!(reason("fuzz"), Some("fuzz/run is missing"));
        assert_eq!(reason("ui e2e"), Some("ui/package.json has no script e2e"));
        for (path, text) in [("fuzz/run", ""), ("ui/package.json", r#"{"scripts": {"e2e": "x"}}"#)] {
            let path = root.path().join(path);
            std::fs::create_dir(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        assert_eq!((reason("fuzz"), reason("ui e2e")), (None, None));
    }
}
