//! Command lines that destroy something: what is asked about before it goes to many servers.
//!
//! A line is taken apart as a shell would take it apart: its simple commands, also those inside of `sudo`, `sh -c`,
//! `find -exec` and `$(…)`. This is a rail at a staircase, no lock: who wants to hide a command from it can.
//!
//! ```
//! use topmast_model::destructive::effect;
//! assert_eq!(effect("uptime; sudo rm -rf /var/tmp/x"), Some("removes directories with all that is in them"));
//! assert_eq!(effect("grep reboot /var/log/messages"), None);
//! ```

mod line;
mod table;

use line::SimpleCommand;

/// Deepest nesting that is looked into, as of `sudo sh -c "su -c '…'"`.
const DEPTH_MAX: usize = 8;
/// Longest line that is looked at, in bytes: more than any form lets through.
const LINE_MAX: usize = 256 << 10;

/// What a command line or a script destroys, as a verb phrase: `restarts the system`; `None` when it seems harmless.
///
/// A line that is too long to be looked at counts as destructive. Cost: O(n) for each level of nesting.
pub fn effect(line: &str) -> Option<&'static str> {
    if line.len() > LINE_MAX {
        return Some("is too long to be looked through");
    }
    nested(line, 0)
}

fn nested(line: &str, depth: usize) -> Option<&'static str> {
    if depth > DEPTH_MAX {
        return Some("is nested too deeply to be looked through");
    }
    table::statement(line).or_else(|| {
        line::commands(line).iter().find_map(|command| {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            redirected(command)
                .or_else(|| simple(&words, depth))
                .or_else(|| command.inner.iter().find_map(|inner| nested(inner, depth + 1)))
        })
    })
}

/// `> /dev/sda`
fn redirected(command: &SimpleCommand) -> Option<&'static str> {
    command.written.iter().any(|file| table::is_disk(file)).then_some(table::OVERWRITES)
}

fn simple(words: &[&str], depth: usize) -> Option<&'static str> {
    if depth > DEPTH_MAX {
        return Some("is nested too deeply to be looked through");
    }
    let start = words.iter().position(|word| !table::is_before_a_command(word))?;
    let (name, arguments) = words[start..].split_first()?;
    let name = table::base(name);
    let name = name.as_str();
    if let Some(line) = table::line_of(name, arguments) {
        return nested(&line, depth + 1);
    }
    if let Some(command) = table::wrapped(name, arguments) {
        return simple(command, depth + 1);
    }
    if name == "find" {
        let run = |word: &&str| matches!(*word, "-exec" | "-execdir" | "-ok" | "-okdir");
        let place = arguments.iter().position(run);
        let ran = place.and_then(|place| simple(&arguments[place + 1..], depth + 1));
        return ran.or_else(|| table::own_effect(name, arguments));
    }
    table::own_effect(name, arguments)
}

#[cfg(test)]
mod tests;
