//! `topmast backup` and `topmast restore`: on the master's own machine, as its user.

use super::daemon::{failed, log_to_stderr};
use super::failure::Failure;
use super::moment;
use crate::output::terminal;
use clap::Args;
use std::path::{Path, PathBuf};
use topmast_api::time::Timestamp;
use topmast_master::backup::{BackupOptions, Until};
use topmast_master::config::MasterConfig;
use topmast_model::id::Seq;

/// Arguments of `topmast backup`.
#[derive(Debug, Args)]
#[command(
    after_help = "The file holds the cluster's keys: whoever has it can be this cluster. Seal it, or keep it as you keep keys."
)]
pub(super) struct BackupArguments {
    /// Configuration file of the master; it is kept as well
    #[arg(long, value_name = "FILE", required_unless_present = "data")]
    config: Option<PathBuf>,
    /// Data directory, when there is no configuration file or another one is meant
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// File to make, such as topmast.tar.zst
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Keep the history as well, but for its last hours, which are still being written
    #[arg(long)]
    with_history: bool,
    /// File with a passphrase that seals the backup
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Arguments of `topmast restore`.
#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// The backup
    file: PathBuf,
    /// Directory to make; empty or not there yet
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only what was by this record or time: 1234, "thursday 18:00", 2026-03-01T12:00:00Z
    #[arg(long, value_name = "SEQ|TIME", value_parser = until)]
    until: Option<Until>,
    /// File with the passphrase that the backup was sealed with
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

fn until(text: &str) -> Result<Until, String> {
    match text.parse() {
        Ok(seq) => Ok(Until::Record(Seq(seq))),
        Err(_) => moment::until(text).map(|time| Until::Time(time.0)),
    }
}

/// Makes a backup.
pub(super) fn backup(arguments: &BackupArguments) -> Result<(), Failure> {
    log_to_stderr("warn");
    let mut config = match &arguments.config {
        Some(path) => MasterConfig::load(path).map_err(failed)?,
        None => MasterConfig::default(),
    };
    if let Some(data) = &arguments.data {
        config.data.clone_from(data);
    }
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let options = BackupOptions {
        config_file: arguments.config.as_deref(),
        out: &arguments.out,
        with_history: arguments.with_history,
        passphrase: passphrase.as_deref(),
    };
    let made = topmast_master::backup::backup(&config, &options).map_err(failed)?;
    terminal::print(&format!(
        "{}: {} records, head {}, {} files, {} bytes\n",
        arguments.out.display(),
        made.manifest.head.seq,
        made.manifest.head.hash,
        made.files,
        made.bytes,
    ))?;
    if passphrase.is_none() {
        terminal::notice(
            "This file holds the cluster's keys UNSEALED (ca.key, seal.key): whoever reads it can be this cluster. \
             Keep it as you keep keys, or make it with --passphrase-file.",
        );
    }
    Ok(())
}

/// Restores a backup.
pub(super) fn restore(arguments: &RestoreArguments) -> Result<(), Failure> {
    log_to_stderr("warn");
    let passphrase = passphrase(arguments.passphrase_file.as_deref())?;
    let RestoreArguments { file, data, until, .. } = arguments;
    let restored =
        topmast_master::backup::restore(file, data, *until, passphrase.as_deref()).map_err(failed)?;
    let (manifest, head) = (&restored.manifest, restored.head);
    let text = format!(
        "{}: {} of {} records, head {}, as of {}\n  of master {} of {}, backed up {}\n",
        data.display(),
        head.seq,
        manifest.head.seq,
        head.hash,
        restored.last.map_or_else(|| "its beginning".to_owned(), |time| Timestamp(time).to_string()),
        manifest.master,
        manifest.cluster,
        Timestamp(manifest.time),
    );
    terminal::print(&text)?;
    if let Some(config) = &restored.config {
        let path = config.display();
        terminal::print(&format!(
            "  its configuration is {path}: compare it with this machine's before you start the master\n"
        ))?;
    }
    Ok(())
}

fn passphrase(path: Option<&Path>) -> Result<Option<String>, Failure> {
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(error) => Err(Failure::Usage(format!("read passphrase {}: {error}", path.display()))),
    };
    path.map(read).transpose()
}
