//! `topmast packages`, `install` and `upgrade`: what can be installed, and where it goes.
//!
//! ```text
//! packages add FILE ─► the master's store
//! install NAME@VERSION --on SERVERS ─► paths of applications ─► an action like every other (`operate`)
//! ```

mod key;

use super::failure::Failure;
use super::list::ShowArguments;
use super::operate::{self, How, Which};
use super::target;
use crate::output::terminal;
use crate::output::{Cell, Column, Tone, human};
use clap::{Args, Subcommand};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use topmast_api::client::Client;
use topmast_api::package::{PackageRow, PackageUpload};
use topmast_model::application::Operation;
use topmast_model::package::{PackageFormat, PackageVersion, SIGNATURE_MAX, check_version};
use topmast_model::path::ObjectPath;

/// Times that an upload is begun or goes on.
const TRIES: usize = 10;
/// Wait between two: a master restarts in about a second.
const RETRY: Duration = Duration::from_secs(1);
/// Bytes read at once.
const READ_BUFFER: usize = 256 << 10;

/// Arguments of `packages`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List packages and where they are installed
    List(ListArguments),
    /// Add a package from a file: tar.gz, zip, or a single program or jar
    Add(AddArguments),
    /// Remove packages that nothing uses
    Rm(RemoveArguments),
    /// List, add or remove the keys whose signatures are trusted
    Keys(key::Arguments),
}

#[derive(Debug, Args)]
struct ListArguments {
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Args)]
struct AddArguments {
    /// The file
    file: PathBuf,
    /// Name of the package; by the file's name when missing, as of switch-2.4.1.tar.gz
    #[arg(long)]
    name: Option<String>,
    /// Its version; by the file's name when missing
    #[arg(long = "version", value_name = "VERSION")]
    package_version: Option<String>,
    /// What the file is: tar.gz, zip or file; by its name when missing
    #[arg(long)]
    format: Option<PackageFormat>,
    /// SHA-256 that the file is to have, in 64 digits
    #[arg(long, value_name = "DIGITS")]
    sha256: Option<String>,
    /// Its minisign signature; FILE.minisig when that is there
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Whose it is to be; the master's own tenant when missing
    #[arg(long)]
    tenant: Option<ObjectPath>,
    #[command(flatten)]
    show: ShowArguments,
}

#[derive(Debug, Args)]
struct RemoveArguments {
    /// Which, as NAME@VERSION
    #[arg(required = true, value_name = "PACKAGE")]
    packages: Vec<PackageVersion>,
    /// Whose; needed where several tenants have one of the name and version
    #[arg(long)]
    tenant: Option<ObjectPath>,
}

/// Arguments of `install`.
#[derive(Debug, Args)]
pub(super) struct InstallArguments {
    /// What to install, as NAME@VERSION
    package: PackageVersion,
    /// Servers: names, paths, or a filter as `topmast servers` takes it
    #[arg(long, required = true, num_args = 1.., value_name = "SERVERS")]
    on: Vec<String>,
    /// Name of the application; the package's when missing
    #[arg(long = "as", value_name = "APP")]
    application: Option<String>,
    #[command(flatten)]
    how: How,
}

/// Arguments of `upgrade`.
#[derive(Debug, Args)]
pub(super) struct UpgradeArguments {
    /// The version to go to; as NAME@VERSION where the package is not called as the application
    #[arg(long, value_name = "VERSION")]
    to: String,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

/// Arguments of `rollback`.
#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The version to go back to, the one before when missing; as NAME@VERSION where the package is not called as the
    /// application
    #[arg(long, value_name = "VERSION")]
    to: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

/// Lists, adds or removes.
pub(super) async fn run(client: &Client, arguments: Arguments) -> Result<(), Failure> {
    match arguments.command {
        None => list(client, &arguments.show).await,
        Some(Command::List(list_arguments)) => list(client, &list_arguments.show).await,
        Some(Command::Add(add_arguments)) => add(client, add_arguments).await,
        Some(Command::Rm(remove_arguments)) => remove(client, remove_arguments).await,
        Some(Command::Keys(key_arguments)) => key::run(client, key_arguments).await,
    }
}

async fn list(client: &Client, show: &ShowArguments) -> Result<(), Failure> {
    show.print(&client.package_list().await?.items, PACKAGES)
}

async fn add(client: &Client, arguments: AddArguments) -> Result<(), Failure> {
    let path = arguments.file;
    let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let guessed = named(&file_name);
    let missing =
        |what: &str| Failure::Usage(format!("{file_name:?} does not tell the {what}; give it with --{what}"));
    let name = arguments.name.or_else(|| guessed.map(|(name, _)| name.to_owned()));
    let version = arguments.package_version.or_else(|| guessed.map(|(_, version)| version.to_owned()));
    let (digest, size) = digest_of(&path).await?;
    let mut upload = PackageUpload {
        tenant: arguments.tenant,
        name: name.ok_or_else(|| missing("name"))?,
        version: version.ok_or_else(|| missing("version"))?,
        format: arguments.format.map(|format| format.to_string()),
        file: Some(file_name),
        sha256: arguments.sha256.or(Some(digest)),
        offset: None,
        signature: signature(&path, arguments.signature.as_deref())?,
    };
    for left in (0..TRIES).rev() {
        let done = send(client, &mut upload, &path, size).await;
        match done {
            Err(Failure::Client(error)) if error.is_transient() && left > 0 => {
                terminal::notice(&format!("topmast: {error}; goes on in a moment"));
                tokio::time::sleep(RETRY).await;
            }
            done => return arguments.show.print(std::slice::from_ref(&done?), PACKAGES),
        }
    }
    Ok(())
}

/// Sends a package from where an earlier try was cut.
async fn send(
    client: &Client,
    upload: &mut PackageUpload,
    path: &Path,
    size: u64,
) -> Result<PackageRow, Failure> {
    let sha256 = upload.sha256.as_deref().unwrap_or_default();
    let here = client.package_upload_get(upload.tenant.as_ref(), sha256).await?.bytes;
    // All of it, and it was not taken: from the beginning.
    let offset = if here < size { here } else { 0 };
    upload.offset = (offset > 0).then_some(offset);
    if offset > 0 {
        let (here, all) = (human::bytes(Some(offset)), human::bytes(Some(size)));
        terminal::notice(&format!(
            "topmast: {here} of {all} are there from an earlier try; it goes on behind them"
        ));
    }
    let mut file = tokio::fs::File::open(path).await.map_err(|error| unreadable(path, &error))?;
    file.seek(io::SeekFrom::Start(offset)).await.map_err(|error| unreadable(path, &error))?;
    Ok(client.package_add(upload, file).await?)
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot read {}: {error}", path.display()))
}

/// SHA-256 and length of a file.
async fn digest_of(path: &Path) -> Result<(String, u64), Failure> {
    let mut file = tokio::fs::File::open(path).await.map_err(|error| unreadable(path, &error))?;
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut buffer = vec![0; READ_BUFFER];
    loop {
        match file.read(&mut buffer).await.map_err(|error| unreadable(path, &error))? {
            0 => break,
            length => {
                hash.update(&buffer[..length]);
                size += length as u64;
            }
        }
    }
    let digits = hash.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    Ok((digits, size))
}

/// Name and version, as `switch-2.4.1.tar.gz` tells them: the last dash before a digit parts them.
fn named(file_name: &str) -> Option<(&str, &str)> {
    let endings = [".tar.gz", ".tgz", ".zip", ".jar", ".exe"];
    let stem = endings.iter().find_map(|ending| file_name.strip_suffix(ending)).unwrap_or(file_name);
    let is_version =
        |(at, _): &(usize, &str)| stem[at + 1..].starts_with(|letter: char| letter.is_ascii_digit());
    let (at, _) = stem.match_indices('-').rfind(is_version)?;
    let (name, version) = (&stem[..at], &stem[at + 1..]);
    (!name.is_empty() && check_version(version).is_ok()).then_some((name, version))
}

/// The text of the signature that was named, or that lies beside the file.
fn signature(file: &Path, named: Option<&Path>) -> Result<Option<String>, Failure> {
    let beside = PathBuf::from(format!("{}.minisig", file.display()));
    let path = match named {
        Some(path) => path,
        None if beside.is_file() => &beside,
        None => return Ok(None),
    };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
    if text.len() > SIGNATURE_MAX {
        return Err(Failure::Usage(format!(
            "{} is no signature of minisign: it is too long",
            path.display()
        )));
    }
    Ok(Some(text))
}

async fn remove(client: &Client, arguments: RemoveArguments) -> Result<(), Failure> {
    let all = client.package_list().await?.items;
    let mut found = Vec::new();
    for id in &arguments.packages {
        let is_meant = |row: &&PackageRow| {
            row.name == id.name()
                && row.version == id.version()
                && arguments.tenant.as_ref().is_none_or(|tenant| *tenant == row.tenant)
        };
        let rows: Vec<&PackageRow> = all.iter().filter(is_meant).collect();
        match rows.as_slice() {
            [row] => found.push(*row),
            [] => {
                return Err(Failure::Usage(format!(
                    "there is no package {id}; `topmast packages` lists them"
                )));
            }
            [first, ..] => {
                return Err(Failure::Usage(format!(
                    "{} tenants have {id}; name one with --tenant {}",
                    rows.len(),
                    first.tenant
                )));
            }
        }
    }
    for row in found {
        client.package_remove(&row.tenant, &row.name, &row.version).await?;
        terminal::print(&format!("{}@{} removed\n", row.name, row.version))?;
    }
    Ok(())
}

/// Installs a package on servers.
pub(super) async fn install(client: &Client, arguments: InstallArguments) -> Result<(), Failure> {
    let servers = target::any_servers(client, &arguments.on).await?;
    let name = arguments.application.as_deref().unwrap_or_else(|| arguments.package.name());
    let targets = servers.iter().map(|server| server.join(name)).collect::<Result<Vec<_>, _>>();
    let targets = targets.map_err(|error| Failure::Usage(error.to_string()))?;
    operate::act(client, Operation::Install, targets, Some(arguments.package.clone()), &arguments.how).await
}

/// Brings applications to a version.
pub(super) async fn upgrade(client: &Client, arguments: UpgradeArguments) -> Result<(), Failure> {
    let targets = operate::resolve(client, &arguments.which).await?;
    let package = version_of(&targets, &arguments.to)?;
    operate::act(client, Operation::Upgrade, targets, Some(package), &arguments.how).await
}

/// Brings applications back to the version before, or to an earlier one.
pub(super) async fn rollback(client: &Client, arguments: RollbackArguments) -> Result<(), Failure> {
    let targets = operate::resolve(client, &arguments.which).await?;
    let package = arguments.to.map(|to| version_of(&targets, &to)).transpose()?;
    operate::act(client, Operation::Rollback, targets, package, &arguments.how).await
}

/// The package that a version means.
fn version_of(targets: &[ObjectPath], version: &str) -> Result<PackageVersion, Failure> {
    let package = if version.contains('@') {
        version.parse()
    } else {
        PackageVersion::new(common_name(targets)?, version)
    };
    package.map_err(|error| Failure::Usage(error.to_string()))
}

fn common_name(targets: &[ObjectPath]) -> Result<&str, Failure> {
    let first = targets.first().map_or("", ObjectPath::name);
    if targets.iter().all(|target| target.name() == first) {
        return Ok(first);
    }
    Err(Failure::Usage(
        "the applications have different names; say of which package with --to NAME@VERSION".into(),
    ))
}

const PACKAGES: &[Column<PackageRow>] = &[
    Column::text("NAME", "name", |row, _| Cell::plain(&row.name)),
    Column::text("VERSION", "version", |row, _| Cell::plain(&row.version)),
    Column::number("INSTALLED", "applications", |row, _| Cell::plain(row.applications.len().to_string())),
    Column::text("FORMAT", "format", |row, _| Cell::plain(row.format.as_str())),
    Column::number("SIZE", "size_bytes", |row, _| Cell::plain(human::bytes(Some(row.size_bytes)))),
    Column::text("SIGNED", "signed", |row, _| {
        if row.signed { Cell::plain("yes") } else { Cell::new("no", Tone::Dim) }
    }),
    Column::number("ADDED", "added_at", |row, style| Cell::plain(human::ago(style.now, Some(row.added_at)))),
    Column::text("BY", "added_by", |row, _| Cell::plain(&row.added_by)),
    Column::wide_text("TENANT", "tenant", |row, _| Cell::plain(row.tenant.as_str())),
    Column::wide_text("SHA-256", "sha256", |row, _| Cell::plain(row.sha256.as_str())),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_are_told_by_the_file() {
        let cases = [
            ("switch-2.4.1.tar.gz", Some(("switch", "2.4.1"))),
            ("pay-switch-2.4.1-rc.1.zip", Some(("pay-switch", "2.4.1-rc.1"))),
            ("card-3d-1.0.jar", Some(("card-3d", "1.0"))),
            ("switch-2.tgz", Some(("switch", "2"))),
            ("router-7", Some(("router", "7"))),
            ("switch.tar.gz", None),
            ("switch-latest.zip", None),
            ("-1.0.zip", None),
        ];
        for (file, expected) in cases {
            assert_eq!(named(file), expected, "{file}");
        }
    }
}
