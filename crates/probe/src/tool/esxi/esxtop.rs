//! `esxtop`: batch mode as CSV, a screen of the interactive one as text, or counters a line.

mod batch;
mod screen;

use crate::error::ParseError;
use crate::reading::Reading;
use crate::tool::text::Text;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if text.all().contains("\"(PDH-CSV") {
        batch::parse(text)
    } else if text.lines().any(|line| line.text.contains('\t') && batch::is_counter_line(&line)) {
        batch::lines(text)
    } else {
        screen::parse(text)
    }
}

/// Whether a group of worlds belongs to the host itself and not to a virtual machine.
fn is_host_group(name: &str) -> bool {
    const HOST: &[&str] = &[
        "idle", "system", "helper", "drivers", "ft", "vmotion", "console", "init", "user", "host", "vim",
        "minfree",
    ];
    // Programs have the number of their first world behind a point: `hostd.2099231`.
    let numbered = name
        .rsplit_once('.')
        .is_some_and(|(_, number)| number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit()));
    numbered || HOST.contains(&name)
}
