//! An agent as a process, and the applications below it.

use crate::process::{Process, ProcessError, program};
use std::fs;
use std::path::{Path, PathBuf};

/// An application for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    name: String,
    unit: String,
}

impl Application {
    /// An application that notes each of its starts and then waits for its end.
    pub fn new(name: &str) -> Self {
        let unit = format!(
            "command = [\"/bin/sh\", \"-c\", \"echo $$ >> {name}.starts; exec sleep 86400\"]\nstart_wait = \"100ms\"\n"
        );
        Self::from_unit(name, &unit)
    }

    /// An application with a unit file of the caller's. Its working directory is set to the agent's folder, by which what
    /// still runs in the end is found.
    pub fn from_unit(name: &str, unit: &str) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned() }
    }

    /// With more lines at the end of its unit file.
    #[must_use]
    pub fn with(mut self, lines: &str) -> Self {
        self.unit.push_str(lines);
        self
    }

    /// Puts its unit file into `apps.d` of an agent's folder.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, directory: &Path) -> std::io::Result<()> {
        let units = directory.join("apps.d");
        fs::create_dir_all(&units)?;
        let text = format!("working_directory = \"{}\"\n{}", directory.display(), self.unit);
        fs::write(units.join(format!("{}.toml", self.name)), text)
    }
}

/// An agent's process: started, killed and started again in its place.
#[derive(Debug)]
pub struct AgentProcess {
    process: Process,
    name: String,
    directory: PathBuf,
}

impl AgentProcess {
    /// Writes its configuration and units into `fleet/NAME` and starts it.
    ///
    /// - `masters`: base URLs; `token`: the join token for its enrolment.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn start(
        fleet: &Path,
        name: &str,
        masters: &[&str],
        token: &str,
        applications: &[Application],
    ) -> Result<Self, ProcessError> {
        let directory = fleet.join(name);
        write(&directory, name, masters, token, applications)
            .map_err(ProcessError::system("write the configuration of", name))?;
        Ok(Self { process: spawn(&directory)?, name: name.to_owned(), directory })
    }

    /// The server's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its process, for signals and figures.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Starts it again after it ended.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn start_again(&mut self) -> Result<(), ProcessError> {
        self.process = spawn(&self.directory)?;
        Ok(())
    }

    /// What its ledger says, line by line, from the oldest one kept.
    ///
    /// # Errors
    /// When the file cannot be read, or a line is not one of a ledger.
    pub fn ledger(&self) -> std::io::Result<Vec<serde_json::Value>> {
        let text = fs::read_to_string(self.directory.join("data/ledger"))?;
        let lines = text.lines().map(|line| {
            // A checksum stands before each.
            let (_, entry) = line.split_once(' ').ok_or_else(|| std::io::Error::other(line.to_owned()))?;
            Ok(serde_json::from_str(entry)?)
        });
        lines.collect()
    }

    /// How often an application's command was started, as the application itself noted it.
    pub fn starts(&self, application: &str) -> usize {
        let notes = self.directory.join(format!("{application}.starts"));
        fs::read_to_string(notes).map_or(0, |text| text.lines().count())
    }
}

fn write(
    directory: &Path,
    name: &str,
    masters: &[&str],
    token: &str,
    applications: &[Application],
) -> std::io::Result<()> {
    let units = directory.join("apps.d");
    fs::create_dir_all(&units)?;
    let config = format!(
        "name = \"{name}\"\ndata_dir = \"{}\"\nunits_dir = \"{}\"\nmasters = {masters:?}\njoin_token = \"{token}\"\n\
         [configurations]\ninterval_ms = 500\n",
        directory.join("data").display(),
        units.display(),
    );
    fs::write(directory.join("agent.toml"), config)?;
    applications.iter().try_for_each(|application| application.write(directory))
}

fn spawn(directory: &Path) -> Result<Process, ProcessError> {
    let config = directory.join("agent.toml");
    Process::start(
        &program("topmast-agent")?,
        ["--config".as_ref(), config.as_os_str()],
        &[],
        &directory.join("agent.log"),
    )
}
