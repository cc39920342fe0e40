//! Follows the directory of unit files: one task for every good unit, a report for every bad file.

use super::StepRequest;
use super::application::Message;
use super::deployment::{self, Prepared};
use super::recovery::recover;
use super::shared::Shared;
use crate::ledger::UnfinishedStep;
use crate::package::place::version_dir;
use crate::unit::{Fingerprint, Unit, UnitSet};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use topmast_model::report::{Report, StepOutcome};

/// Messages that may wait for an application's task; the supervisor waits when there are more.
const MESSAGES_MAX: usize = 64;

#[derive(Debug)]
pub(super) struct Units {
    pub(super) shared: Arc<Shared>,
    tasks: BTreeMap<String, Task>,
    seen: Option<Fingerprint>,
    /// What was last reported wrong, by file; on disk too, so that it is taken back after an agent restart.
    problems: BTreeMap<String, String>,
    /// Steps of an earlier agent that their applications have to finish.
    unfinished: Vec<UnfinishedStep>,
    /// To the supervisor, when a package is in place.
    ready: mpsc::Sender<Prepared>,
}

#[derive(Debug)]
struct Task {
    messages: mpsc::Sender<Message>,
    join: JoinHandle<()>,
}

impl Units {
    pub(super) fn new(shared: Arc<Shared>, ready: mpsc::Sender<Prepared>) -> Self {
        let problems =
            fs::read(problems_path(&shared)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let unfinished = shared.ledger.unfinished();
        let problems = problems.unwrap_or_default();
        Self { shared, tasks: BTreeMap::new(), seen: None, problems, unfinished, ready }
    }

    /// Reads the unit files again when one of them changed.
    pub(super) async fn look(&mut self) {
        let directory = self.shared.config.units_dir.clone();
        let seen = match UnitSet::fingerprint(&directory) {
            Ok(seen) => seen,
            Err(error) => {
                // Without its directory nothing is known to be gone; what runs is left alone.
                self.report(&BTreeMap::from([(
                    directory.display().to_string(),
                    format!("read the directory: {error}"),
                )]));
                return;
            }
        };
        let first = self.seen.is_none();
        if self.seen.as_ref() == Some(&seen) && self.tasks.values().all(|task| !task.join.is_finished()) {
            return;
        }
        let set = UnitSet::load(&directory, &seen, |name| version_dir(&self.shared.config.data_dir, name));
        self.seen = Some(seen);
        let problems = set.problems.iter().map(|(file, error)| (file.clone(), error.to_string())).collect();
        self.report(&problems);
        self.shared.set_names(set.units.keys().cloned().collect());
        self.tasks.retain(|_, task| !task.join.is_finished());
        for (name, unit) in &set.units {
            self.bring(name, unit).await;
        }
        // A refused file is there still: its application goes on with the last good one.
        let gone =
            |name: &str| !set.units.contains_key(name) && !set.problems.contains_key(&format!("{name}.toml"));
        for (name, task) in self.tasks.iter().filter(|(name, _)| gone(name)) {
            tracing::info!(application = name, "the unit file is gone");
            // An error means that the task ended, which is what was to be told.
            let _ = task.messages.send(Message::Removed).await;
        }
        if first {
            self.forget_removed(gone);
            for unfinished in std::mem::take(&mut self.unfinished) {
                let message = format!(
                    "the agent was interrupted, and {} has no good unit file now",
                    unfinished.application
                );
                self.shared.finish(unfinished.step, StepOutcome { succeeded: false, message });
            }
        }
    }

    /// Hands a unit to its task, which is made when there is none.
    async fn bring(&mut self, name: &str, unit: &Arc<Unit>) {
        if let Some(task) = self.tasks.get(name)
            && task.messages.send(Message::Unit(Arc::clone(unit))).await.is_ok()
        {
            return;
        }
        let position = self.unfinished.iter().position(|unfinished| unfinished.application == *name);
        let unfinished = position.map(|position| self.unfinished.swap_remove(position));
        let (messages, receiver) = mpsc::channel(MESSAGES_MAX);
        let (shared, unit) = (Arc::clone(&self.shared), Arc::clone(unit));
        let join = tokio::spawn(async move { recover(shared, unit, unfinished, receiver).await.run().await });
        self.tasks.insert(name.to_owned(), Task { messages, join });
    }

    /// Passes a step on to its application.
    pub(super) async fn step(&self, request: StepRequest, until: Instant) {
        if request.operation.needs_package() || request.package.is_some() {
            return deployment::prepare(&self.shared, self.ready.clone(), request, until);
        }
        let step = request.step;
        let missing = format!(
            "this server has no application {:?}; it has {}",
            request.application,
            if self.tasks.is_empty() {
                "none".to_owned()
            } else {
                self.tasks.keys().cloned().collect::<Vec<_>>().join(", ")
            }
        );
        let application = request.application.clone();
        if !self.pass(&application, Message::Step(request, until)).await {
            self.shared.refuse(step, missing);
        }
    }

    /// Passes a message on to an application; false when there is none of the name.
    async fn pass(&self, application: &str, message: Message) -> bool {
        match self.tasks.get(application) {
            Some(task) => task.messages.send(message).await.is_ok(),
            None => false,
        }
    }

    /// A package is in place, or could not be: its application goes on, which may be new.
    pub(super) async fn prepared(&mut self, Prepared { request, outcome }: Prepared) {
        let (step, application) = (request.step, request.application.clone());
        let failed = |message: String| StepOutcome { succeeded: false, message };
        if let Err(message) = outcome {
            return self.shared.finish(step, failed(message));
        }
        if !self.tasks.contains_key(&application) {
            if let Err(message) = deployment::introduce(&self.shared, &request) {
                return self.shared.finish(step, failed(message));
            }
            self.look().await;
        }
        if !self.pass(&application, Message::Deploy(request)).await {
            let message = format!("the unit file of {application} is refused; see its server's problems");
            self.shared.finish(step, failed(message));
        }
    }

    /// Passes on the version that an application told.
    pub(super) async fn version(&self, application: &str, version: String) {
        if let Some(task) = self.tasks.get(application) {
            // An error means that the application is gone.
            let _ = task.messages.send(Message::Version(version)).await;
        }
    }

    /// Reports what is newly wrong and what is right again.
    fn report(&mut self, problems: &BTreeMap<String, String>) {
        if *problems == self.problems {
            return;
        }
        for (file, problem) in
            problems.iter().filter(|(file, problem)| self.problems.get(*file) != Some(*problem))
        {
            tracing::error!(problem, "unit file refused");
            self.shared
                .ledger
                .append(Report::UnitFile { file: file.clone(), problem: Some(problem.clone()) });
        }
        for file in self.problems.keys().filter(|file| !problems.contains_key(*file)) {
            self.shared.ledger.append(Report::UnitFile { file: file.clone(), problem: None });
        }
        self.problems.clone_from(problems);
        let written = serde_json::to_vec(problems)
            .map_err(Into::into)
            .and_then(|text| fs::write(problems_path(&self.shared), text));
        if let Err(error) = written {
            tracing::warn!(%error, "the refused unit files are kept in memory only");
        }
    }

    /// Reports applications as gone whose unit files were removed while no agent ran.
    fn forget_removed(&self, gone: impl Fn(&str) -> bool) {
        let Ok(entries) = fs::read_dir(self.shared.config.data_dir.join("applications")) else { return };
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|name| gone(name)) else {
                continue;
            };
            if !self.shared.processes(name).is_empty() {
                tracing::warn!(
                    application = name,
                    "its unit file is gone and it runs on; put the file back to supervise it"
                );
                continue;
            }
            self.shared.ledger.append(Report::ApplicationGone { name: name.to_owned() });
            remove(&path);
        }
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::warn!(%error, "remove {}", path.display());
    }
}

fn problems_path(shared: &Shared) -> PathBuf {
    shared.config.data_dir.join("refused-units.json")
}
