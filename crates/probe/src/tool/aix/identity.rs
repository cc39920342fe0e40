//! What a system says of itself in one line: `uname`, `uptime`.

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::fact;
use crate::tool::text::{Text, count};
use crate::tool::{span, uptime};

/// `uname -L` (number and name of the LPAR), `-M` (model), `-W` (number of the WPAR) or `-a`.
pub(super) fn uname(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim();
        let words: Vec<&str> = line.words().collect();
        match words[..] {
            ["AIX"] => fact(&mut reading, "system", "AIX"),
            // System, node, release, version, machine.
            ["AIX", node, release, version, ref machine @ ..] => {
                fact(&mut reading, "system", "AIX");
                fact(&mut reading, "node", node);
                fact(&mut reading, "release", &format!("{version}.{release}"));
                if let [machine] = machine {
                    fact(&mut reading, "machine", machine);
                }
            }
            [number] if count(number).is_some() => fact(&mut reading, "wpar_number", number),
            [number, _, ..] if count(number.trim_start_matches('-')).is_some() => {
                // Names of partitions hold blanks.
                let name = trimmed[number.len()..].trim();
                fact(&mut reading, "lpar_number", number);
                fact(&mut reading, "lpar_name", name);
            }
            [model] if model.contains(',') => fact(&mut reading, "model", model),
            _ => reading.remark(line.number, "neither an LPAR nor a system, left out"),
        }
    }
    if reading.facts.is_some() { Ok(reading) } else { Err(text.error(Fault::Malformed("a line of uname"))) }
}

/// `uptime`, or the elapsed time of the first process: `ps -o etime= -p 1`.
pub(super) fn uptime(text: &Text<'_>) -> Result<Reading, ParseError> {
    match text.lines().filter_map(|line| span::elapsed(line.text.trim())).next_back() {
        Some(seconds) => Ok(Reading { uptime_seconds: Some(seconds), ..Reading::default() }),
        None => uptime::parse(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_partitions_hold_blanks() {
        let reading = uname(&Text::of("aix uname", "12 shop lpar - 2 x\n")).unwrap();
        let facts = reading.facts.unwrap();
        assert_eq!(facts[1], ("lpar_name".to_owned(), "shop lpar - 2 x".to_owned()));
        assert!(uname(&Text::of("aix uname", "uname: 0402-\n")).is_err());
    }

    #[test]
    fn uptime_is_a_line_or_elapsed_time() {
        let reading = uptime(&Text::of("aix uptime", "     ELAPSED\n 11-02:03:04\n")).unwrap();
        assert_eq!(reading.uptime_seconds, Some(11 * 86_400 + 7_384));
        let text = "  10:14AM   up 88 days,   3:05,  2 users,  load average: 1.25, 1.50, 1.75\n";
        let reading = uptime(&Text::of("aix uptime", text)).unwrap();
        assert_eq!(reading.uptime_seconds, Some(88 * 86_400 + 3 * 3_600 + 300));
        assert_eq!((reading.users, reading.load15), (Some(2), Some(1.75)));
    }
}
