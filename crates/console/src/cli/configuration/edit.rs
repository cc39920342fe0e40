//! Changing a configuration in an editor: what was changed meanwhile by somebody else is not lost.

use super::{text, told};
use crate::cli::failure::Failure;
use crate::output::terminal;
use std::io::Write as _;
use std::process::Command;
use topmast_api::client::Client;
use topmast_api::configuration::{ConfigurationQuery, ConfigurationRequest};

/// Edits, sends, and leaves the text in its file when it is refused.
pub(super) async fn edit(client: &Client, name: &str, reason: Option<String>) -> Result<(), Failure> {
    let details = client.configuration_get(name, &ConfigurationQuery::default()).await?;
    let editor = ["VISUAL", "EDITOR"].iter().find_map(std::env::var_os).unwrap_or_else(|| "vi".into());
    let mut file = tempfile::Builder::new().prefix("topmast-").suffix(".toml").tempfile()?;
    file.write_all(format!("{}{}", text::head(details.revision), details.text).as_bytes())?;
    file.flush()?;
    // As every program does: the variable may have arguments in it.
    let status = Command::new("sh").args(["-c", "$0 \"$1\""]).arg(&editor).arg(file.path()).status()?;
    if !status.success() {
        return Err(Failure::Usage(format!("{} ended with {status}; nothing was changed", editor.display())));
    }
    let written = text::read(file.path())?;
    let base = text::base(&written).or(Some(details.revision));
    let request =
        ConfigurationRequest { text: text::resolved(file.path(), &written)?, base, reason, dry_run: false };
    match client.configuration_revise(&request).await {
        Ok(revised) => Ok(terminal::print(&told(&revised, false))?),
        Err(error) => {
            let (_, kept) = file.keep().map_err(|error| Failure::Output(error.error))?;
            terminal::notice(&format!("what you wrote is kept in {}", kept.display()));
            Err(text::refused(error))
        }
    }
}
