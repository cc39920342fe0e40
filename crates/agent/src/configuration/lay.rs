//! Laying a rendered set down, and taking that back.

use super::place::place;
use super::{LaidFile, Manifest, folder, read_file, read_json, sha256, write_private};
use crate::platform::account::Account;
use crate::platform::file::{self, Owner};
use crate::supervisor::command;
use crate::unit::{CommandLine, Unit};
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use topmast_model::configuration::{AfterApply, Rendered, RenderedFile};
use topmast_model::id::StepId;

/// Longest run of a check or of a reload.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// Permissions of a new file whose configuration says none.
const MODE: u32 = 0o640;
/// Lines of a command's output that are told.
const TOLD_LINES: usize = 5;

/// What is to be laid down, and where the agent keeps its own.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) unit: Arc<Unit>,
    pub(crate) roots: Vec<PathBuf>,
    pub(crate) data_dir: PathBuf,
    pub(crate) step: StepId,
    pub(crate) rendered: Arc<Rendered>,
}

/// What there was before a switch, as `switch.json` keeps it until the switch is committed.
#[derive(Debug, Serialize, Deserialize)]
struct Switch {
    step: StepId,
    before: Option<Manifest>,
    files: Vec<Before>,
}

/// A file before a switch; what was in it is in `before/N`, if it was there.
#[derive(Debug, Serialize, Deserialize)]
struct Before {
    at: PathBuf,
    owner: Option<Owner>,
}

/// A set that is in place and not committed yet.
#[derive(Debug)]
pub(crate) struct Laid {
    folder: PathBuf,
    /// The configuration.
    pub(crate) name: String,
    /// What was done, in words.
    pub(crate) summary: String,
    /// What is to happen next.
    pub(crate) after: AfterApply,
}

impl Laid {
    /// Keeps it.
    pub(crate) fn commit(&self) {
        if let Err(error) = fs::remove_file(self.folder.join("switch.json")) {
            tracing::warn!(%error, "the files before are kept beside {}", self.folder.display());
        }
        let _ = fs::remove_dir_all(self.folder.join("before"));
    }

    /// Puts the files back that were there before, and tells so in words.
    pub(crate) fn restore(&self) -> String {
        match restore(&self.folder) {
            Ok(Some(revision)) => format!("the files of revision {revision} are back"),
            Ok(None) => "the files that were there before are back".to_owned(),
            Err(error) => format!("the files before could NOT be put back: {error}"),
        }
    }
}

/// Puts back what a switch of an earlier agent left half done. Returns whether the step's files are in place, if it laid
/// some down.
pub(crate) fn recover(data_dir: &Path, application: &str, step: StepId) -> Option<Result<u64, String>> {
    let sets = fs::read_dir(folder(data_dir, application)).ok()?;
    let mut outcome = None;
    for folder in sets.filter_map(|entry| Some(entry.ok()?.path())) {
        let is_half = folder.join("switch.json").exists();
        if is_half {
            let restored = restore(&folder).map(|_| ()).map_err(|error| error.to_string());
            outcome = Some(Err(match restored {
                Ok(()) => "the files before are back".to_owned(),
                Err(error) => format!("the files before could NOT be put back: {error}"),
            }));
        } else if let Some(manifest) = Manifest::read(&folder).filter(|manifest| manifest.step == step) {
            outcome = Some(Ok(manifest.revision));
        }
    }
    outcome
}

/// Lays a set down up to where its application is restarted: checked, switched, reloaded if that is asked for.
///
/// # Errors
/// In words, without secrets; then every file is as it was.
pub(crate) async fn lay(order: Order) -> Result<Laid, String> {
    let rendered = Arc::clone(&order.rendered);
    let hide = |text: String| hide(text, &rendered);
    let blocking = order.clone();
    let staged = run_blocking(move || stage(&blocking)).await.map_err(hide)?;
    let checked = check(&order, &staged.folder).await;
    let _ = fs::remove_dir_all(staged.folder.join("staged"));
    let checked = checked.map_err(hide)?;
    let blocking = order.clone();
    let mut laid = run_blocking(move || switch(&blocking, &staged)).await.map_err(hide)?;
    if let Some(words) = checked {
        laid.summary.push_str(&words);
    }
    if let (AfterApply::Reload, Some(text)) = (rendered.after, &rendered.reload) {
        match run(&order.unit, text, None).await {
            Ok(()) => laid.summary.push_str(", reloaded"),
            Err(error) => {
                let back = laid.restore();
                let again = run(&order.unit, text, None).await.err();
                let again = again.map_or_else(
                    || "reloaded again".to_owned(),
                    |error| format!("a reload of them fails: {error}"),
                );
                return Err(hide(format!("the reload failed: {error}; {back} and {again}")));
            }
        }
    }
    Ok(laid)
}

async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(format!("the agent failed at it: {error}")))
}

/// Where the files are to be, and copies of them for the check.
struct Staged {
    folder: PathBuf,
    places: Vec<PathBuf>,
}

fn stage(order: &Order) -> Result<Staged, String> {
    let Order { unit, roots, data_dir, rendered, .. } = order;
    let each = rendered.files.iter();
    let places = each.map(|file| place(unit, roots, data_dir, &file.path)).collect::<Result<Vec<_>, _>>()?;
    let folder = folder(data_dir, &unit.name).join(&rendered.name);
    let failed = |what: &Path, error: io::Error| format!("{}: {error}", what.display());
    file::create_directories(&folder).map_err(|error| failed(&folder, error))?;
    if folder.join("switch.json").exists() {
        restore(&folder).map_err(|error| failed(&folder, error))?;
    }
    if !rendered.overwrite {
        refuse_drift(&folder, rendered, &places)?;
    }
    let staged = folder.join("staged");
    let _ = fs::remove_dir_all(&staged);
    let account = Account::of(&unit.account).map_err(|error| error.to_string())?;
    for RenderedFile { path, content, .. } in &rendered.files {
        let copy = staged.join(path.trim_start_matches('/'));
        let written = file::create_directories(copy.parent().unwrap_or(&staged))
            .and_then(|()| file::create_private(&copy))
            .and_then(|mut written| written.write_all(content.as_bytes()));
        written.map_err(|error| failed(&copy, error))?;
    }
    file::give(&staged, account.as_ref()).map_err(|error| failed(&staged, error))?;
    Ok(Staged { folder, places })
}

/// A file that somebody changed by hand is not written over unless that is asked for.
fn refuse_drift(folder: &Path, rendered: &Rendered, places: &[PathBuf]) -> Result<(), String> {
    let Some(manifest) = Manifest::read(folder) else { return Ok(()) };
    for laid in &manifest.files {
        let found = read_file(&laid.at).map_err(|error| format!("{}: {error}", laid.path))?;
        let new =
            places.iter().position(|place| *place == laid.at).and_then(|index| rendered.files.get(index));
        let is_as_wanted =
            |bytes: &Vec<u8>| new.is_some_and(|new| new.content.as_bytes() == bytes.as_slice());
        if found.as_ref().is_some_and(|bytes| sha256(bytes) == laid.sha256 || is_as_wanted(bytes)) {
            continue;
        }
        let what = if found.is_some() { "was changed" } else { "was removed" };
        return Err(format!(
            "{} {what} on the server since revision {} was laid down; nothing was changed: look at it, then apply with overwrite",
            laid.path, manifest.revision
        ));
    }
    Ok(())
}

/// Runs the check over the staged files; says in words that it did.
async fn check(order: &Order, folder: &Path) -> Result<Option<String>, String> {
    let Some(text) = &order.rendered.check else { return Ok(None) };
    run(&order.unit, text, Some(&folder.join("staged"))).await.map_err(|error| {
        format!("the check refused revision {}: {error}; nothing was changed", order.rendered.revision)
    })?;
    Ok(Some(", checked".to_owned()))
}

async fn run(unit: &Unit, text: &str, folder: Option<&Path>) -> Result<(), String> {
    let line = crate::unit::command_line(text)?;
    let folder = folder.map(|folder| folder.display().to_string()).unwrap_or_default();
    let words = line.words().iter().map(|word| word.replace("{dir}", &folder)).collect();
    let line = CommandLine::from_words(words);
    let finished = command::run(unit, &line, COMMAND_TIMEOUT).await?;
    if finished.code == 0 {
        return Ok(());
    }
    let lines = finished.text.lines().map(str::trim).filter(|line| !line.is_empty()).take(TOLD_LINES);
    let said = lines.collect::<Vec<_>>().join(" / ");
    let said = if said.is_empty() { "it said nothing".to_owned() } else { said };
    Err(format!("{} ended with code {}: {said}", line.program(), finished.code))
}

/// Puts every file in its place; on a failure all are as they were.
fn switch(order: &Order, staged: &Staged) -> Result<Laid, String> {
    let (rendered, folder) = (&order.rendered, &staged.folder);
    let before = Manifest::read(folder);
    let left = before.iter().flat_map(|manifest| &manifest.files).map(|laid| &laid.at);
    let left: Vec<PathBuf> = left.filter(|at| !staged.places.contains(at)).cloned().collect();
    let kept = keep(order, staged, before.clone(), &left)
        .map_err(|error| format!("keep the files before: {error}"))?;
    let put = || -> Result<(), String> {
        for ((file, at), before) in rendered.files.iter().zip(&staged.places).zip(&kept.files) {
            put(&order.unit, file, at, before.owner).map_err(|error| format!("{}: {error}", at.display()))?;
        }
        for at in &left {
            let removed = fs::remove_file(at).or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => Ok(()),
                _ => Err(error),
            });
            removed.map_err(|error| format!("remove {}: {error}", at.display()))?;
        }
        let files = rendered.files.iter().zip(&staged.places).map(|(file, at)| LaidFile {
            path: file.path.clone(),
            at: at.clone(),
            sha256: sha256(file.content.as_bytes()),
        });
        let manifest = Manifest { revision: rendered.revision, step: order.step, files: files.collect() };
        let json = serde_json::to_vec(&manifest).map_err(|error| error.to_string())?;
        write_private(&folder.join("manifest.json"), &json)
            .map_err(|error| format!("keep what was laid down: {error}"))
    };
    let mut laid = Laid {
        folder: folder.clone(),
        name: rendered.name.clone(),
        summary: String::new(),
        after: rendered.after,
    };
    if let Err(error) = put() {
        return Err(format!("{error}; {}", laid.restore()));
    }
    let count = rendered.files.len();
    let files = if count == 1 { "file" } else { "files" };
    laid.summary = format!("{count} {files} of {} revision {} in place", rendered.name, rendered.revision);
    Ok(laid)
}

/// Keeps what is there before anything is changed (AC-3).
fn keep(order: &Order, staged: &Staged, before: Option<Manifest>, left: &[PathBuf]) -> io::Result<Switch> {
    let copies = staged.folder.join("before");
    let _ = fs::remove_dir_all(&copies);
    file::create_directories(&copies)?;
    let mut files = Vec::new();
    for (number, at) in staged.places.iter().chain(left).enumerate() {
        let named = |error: io::Error| io::Error::other(format!("{}: {error}", at.display()));
        let content = read_file(at).map_err(named)?;
        let owner = content.as_ref().map(|_| Owner::of(at)).transpose().map_err(named)?;
        if let Some(content) = content {
            let mut copy = file::create_private(&copies.join(number.to_string()))?;
            copy.write_all(&content)?;
            copy.sync_all()?;
        }
        files.push(Before { at: at.clone(), owner });
    }
    file::sync_directory(&copies)?;
    let kept = Switch { step: order.step, before, files };
    write_private(&staged.folder.join("switch.json"), &serde_json::to_vec(&kept)?)?;
    Ok(kept)
}

fn put(unit: &Unit, file: &RenderedFile, at: &Path, owner: Option<Owner>) -> io::Result<()> {
    if let Some(above) = at.parent().filter(|above| !above.exists()) {
        file::create_directories(above)?;
    }
    let account = Account::of(&unit.account).map_err(|error| io::Error::other(error.to_string()))?;
    let owner = owner.unwrap_or_else(|| Owner::new(account.as_ref(), MODE));
    let owner = file.mode.map_or(owner, |mode| owner.with_mode(mode));
    write_whole(at, file.content.as_bytes(), owner)
}

/// Writes a file beside its place, then puts it there (AC-2).
fn write_whole(at: &Path, bytes: &[u8], owner: Owner) -> io::Result<()> {
    let name = at.file_name().unwrap_or_default().to_string_lossy();
    let new = at.with_file_name(format!(".{name}.topmast-new"));
    let _ = fs::remove_file(&new);
    let written = OpenOptions::new().write(true).create_new(true).open(&new).and_then(|mut written| {
        // Nobody else reads it before it is whole and theirs.
        owner.set(&new)?;
        written.write_all(bytes)?;
        written.sync_all()?;
        file::put_in_place(&new, at)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written.and_then(|()| at.parent().map_or(Ok(()), file::sync_directory))
}

/// Puts back what `switch.json` tells of, and returns the revision that is there then.
fn restore(folder: &Path) -> io::Result<Option<u64>> {
    let path = folder.join("switch.json");
    let switch: Switch = read_json(&path).ok_or_else(|| io::Error::other("switch.json cannot be read"))?;
    for (number, before) in switch.files.iter().enumerate() {
        match before.owner {
            Some(owner) => {
                let content = fs::read(folder.join("before").join(number.to_string()))?;
                write_whole(&before.at, &content, owner)?;
            }
            None => match fs::remove_file(&before.at) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            },
        }
    }
    let manifest = folder.join("manifest.json");
    match &switch.before {
        Some(before) => write_private(&manifest, &serde_json::to_vec(before)?)?,
        None => {
            let _ = fs::remove_file(&manifest);
        }
    }
    fs::remove_file(&path)?;
    let _ = fs::remove_dir_all(folder.join("before"));
    Ok(switch.before.map(|before| before.revision))
}

/// The text without the secrets that were filled in (AC-4).
fn hide(text: String, rendered: &Rendered) -> String {
    rendered
        .secrets
        .iter()
        .filter(|secret| !secret.0.is_empty())
        .fold(text, |text, secret| text.replace(&secret.0, "<secret>"))
}
