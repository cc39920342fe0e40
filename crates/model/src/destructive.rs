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
    nested(line, 0, &|_| true)
}

/// True when a command line or a script stops or restarts the system that it runs on, whatever else it does.
///
/// ```
/// use topmast_model::destructive::stops_the_system;
/// assert!(stops_the_system("rm -rf /var/tmp/x && sudo reboot") && !stops_the_system("rm -rf /var/tmp/x"));
/// ```
pub fn stops_the_system(line: &str) -> bool {
    line.len() <= LINE_MAX
        && nested(line, 0, &|effect| effect == table::STOPS).is_some_and(|effect| effect == table::STOPS)
}

/// Says of an effect whether it is looked for.
type Wanted<'a> = &'a dyn Fn(&'static str) -> bool;

fn nested(line: &str, depth: usize, wanted: Wanted<'_>) -> Option<&'static str> {
    if depth > DEPTH_MAX {
        return Some("is nested too deeply to be looked through");
    }
    table::statement(line).filter(|effect| wanted(effect)).or_else(|| {
        line::commands(line).iter().find_map(|command| {
            let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
            redirected(command)
                .filter(|effect| wanted(effect))
                .or_else(|| simple(&words, depth, wanted))
                .or_else(|| command.inner.iter().find_map(|inner| nested(inner, depth + 1, wanted)))
        })
    })
}

/// `> /dev/sda`
fn redirected(command: &SimpleCommand) -> Option<&'static str> {
    command.written.iter().any(|file| table::is_disk(file)).then_some(table::OVERWRITES)
}

fn simple(words: &[&str], depth: usize, wanted: Wanted<'_>) -> Option<&'static str> {
    if depth > DEPTH_MAX {
        return Some("is nested too deeply to be looked through");
    }
    let start = words.iter().position(|word| !table::is_before_a_command(word))?;
    let (name, arguments) = words[start..].split_first()?;
    let name = table::base(name);
    let name = name.as_str();
    if let Some(line) = table::line_of(name, arguments) {
        return nested(&line, depth + 1, wanted);
    }
    if let Some(command) = table::wrapped(name, arguments) {
        return simple(command, depth + 1, wanted);
    }
    if name == "find" {
        let run = |word: &&str| matches!(*word, "-exec" | "-execdir" | "-ok" | "-okdir");
        let place = arguments.iter().position(run);
        let ran = place.and_then(|place| simple(&arguments[place + 1..], depth + 1, wanted));
        return ran.or_else(|| table::own_effect(name, arguments).filter(|effect| wanted(effect)));
    }
    table::own_effect(name, arguments).filter(|effect| wanted(effect))
}

#[cfg(test)]
mod tests;
