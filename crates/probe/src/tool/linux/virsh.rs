//! `virsh`: `domstats`, `list --all`, `dominfo`, `nodeinfo` and `nodememstats`.

use super::super::cut::MARK;
use super::super::figures::amount;
use super::super::table::Kept;
use super::super::text::{Text, bytes, count};
use crate::error::{Fault, ParseError};
use crate::reading::{Domain, Reading};

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut domains: Kept<Domain> = Kept::new();
    let mut known = false;
    let mut listed = false;
    // Where a column behind the state begins, in characters.
    let mut title: Option<usize> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let row = line.text.trim();
        if let Some(name) = row.strip_prefix("Domain: ").or_else(|| row.strip_prefix("Domain:")) {
            known = true;
            let name = name.trim();
            let Some(name) = name
                .strip_prefix('\'')
                .map_or(Some(name), |name| name.strip_suffix('\''))
                .filter(|name| !name.is_empty() && !name.ends_with(MARK))
            else {
                reading.remark(line.number, "the name of a domain is cut");
                continue;
            };
            let name = name.to_owned();
            domains.push(Domain { name: Some(name), ..Domain::default() });
        } else if is_header(row) {
            (known, listed) = (true, true);
            title = title_place(line.text);
            domains.clear();
        } else if row.bytes().all(|byte| byte == b'-') {
        } else if listed {
            match listed_domain(title.map_or(row, |at| before(line.text, at)).trim()) {
                Some(domain) => domains.push(domain),
                None => reading.remark(line.number, "a row is cut or is none"),
            }
        } else if let Some((key, value)) = row.split_once('=').filter(|(key, _)| !key.contains(' ')) {
            match domains.iter_mut().next_back() {
                Some(domain) => statistic(domain, key, value, line.number, &mut reading),
                None => reading.remark(line.number, "a figure of no domain"),
            }
        } else if let Some((key, value)) = row.split_once(':') {
            known |= property(&mut domains, &mut reading, key.trim(), value.trim());
        } else {
            reading.remark(line.number, "a line of no form that is known");
        }
    }
    if !known {
        return Err(text.error(Fault::Malformed("the output of virsh domstats, list, dominfo or nodeinfo")));
    }
    if listed || !domains.is_empty() {
        reading.domains = Some(domains.finish(&mut reading, 1));
    }
    Ok(reading)
}

/// `Id Name State`, translated ones too, and with `--title` one more.
fn is_header(row: &str) -> bool {
    let mut words = row.split_whitespace();
    let id = words.next().is_some_and(|word| word.eq_ignore_ascii_case("id"));
    id && matches!(words.clone().count(), 2 | 3)
        && words.all(|word| word.starts_with(char::is_alphabetic) && !word.contains([':', '=']))
}

/// Where a title begins.
fn title_place(header: &str) -> Option<usize> {
    let word = header.split_whitespace().nth(3)?;
    let at = header.rfind(word)?;
    Some(header.get(..at)?.chars().count())
}

/// A line before a column; whole where a name before it is wider than its own.
fn before(line: &str, place: usize) -> &str {
    let Some((at, _)) = line.char_indices().nth(place) else { return line };
    let (text, _) = line.split_at(at);
    if text.ends_with(char::is_whitespace) { text } else { line }
}

/// ` 1    name with blanks   running`, ` -    name   shut off`.
fn listed_domain(row: &str) -> Option<Domain> {
    const STATES: [&str; 9] = [
        "running",
        "idle",
        "paused",
        "in shutdown",
        "shut off",
        "crashed",
        "pmsuspended",
        "no state",
        "dying",
    ];
    let (id, rest) = row.split_once(char::is_whitespace)?;
    if (id != "-" && count(id).is_none()) || rest.ends_with(MARK) {
        return None;
    }
    let rest = rest.trim();
    let state = STATES.iter().find(|state| rest.ends_with(**state));
    let (name, state) = match state {
        Some(state) => (rest.strip_suffix(state)?, *state),
        // Translated: what two blanks part from the name, or the last word.
        None => rest.rsplit_once("  ").or_else(|| rest.rsplit_once(' '))?,
    };
    // Half of a state is none.
    if STATES.iter().any(|known| known.len() > state.trim().len() && known.starts_with(state.trim())) {
        return None;
    }
    let name = Some(name.trim()).filter(|name| !name.is_empty())?;
    Some(Domain { name: Some(name.to_owned()), state: Some(state.trim().to_owned()), ..Domain::default() })
}

/// A figure of `domstats`.
fn statistic(domain: &mut Domain, key: &str, value: &str, line: u32, reading: &mut Reading) {
    /// What the numbers of `state.state` mean, in the words of `virsh list`.
    const STATES: [&str; 8] =
        ["no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended"];
    let number = count(value).filter(|_| !value.is_empty());
    let used = match key {
        "state.state" => {
            let state = number.and_then(|state| STATES.get(usize::try_from(state).ok()?));
            domain.state = state.map(|state| (*state).to_owned());
            domain.state.is_some()
        }
        "vcpu.current" => {
            domain.vcpus = number;
            number.is_some()
        }
        "balloon.current" => {
            domain.mem_bytes = number.and_then(|kibibytes| bytes(kibibytes as f64 * 1024.0));
            domain.mem_bytes.is_some()
        }
        _ => true,
    };
    if !used {
        reading.remark(line, format!("{key} {value:?} is cut or garbled"));
    }
}

/// A line of `dominfo` or `nodeinfo`; false when it is of neither.
fn property(domains: &mut Kept<Domain>, reading: &mut Reading, key: &str, value: &str) -> bool {
    // `16318404 KiB`
    let size = || amount(&value.split_whitespace().collect::<String>(), 1024);
    match (key, domains.iter_mut().next_back()) {
        ("Name", _) => {
            domains.push(Domain { name: Some(value.to_owned()), ..Domain::default() });
        }
        ("State", Some(domain)) => domain.state = Some(value.to_owned()),
        ("CPU(s)", Some(domain)) => domain.vcpus = count(value),
        ("Used memory", Some(domain)) => domain.mem_bytes = size(),
        ("CPU(s)", None) => reading.cpu_count = count(value),
        ("Memory size" | "total", None) => reading.mem_total_bytes = size(),
        ("free", None) => reading.mem_free_bytes = size(),
        ("buffers", None) => reading.mem_buffers_bytes = size(),
        ("cached", None) => reading.mem_cached_bytes = size(),
        ("CPU model", None) => {
            reading.facts.get_or_insert_default().push(("cpu_model".to_owned(), value.to_owned()));
        }
        ("Id" | "UUID" | "OS Type" | "CPU time" | "Max memory" | "CPU frequency" | "CPU socket(s)", _) => {}
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("virsh", text)).unwrap()
    }

    #[test]
    fn statistics_are_of_the_domain_above() {
        let domains = read("Domain: 'db 1'\n  state.state=1\n  state.reason=1\n  cpu.time=123\n  balloon.current=1048576\n  vcpu.current=2\n\nDomain: 'web'\n  state.state=5\n").domains.unwrap();
        assert_eq!(
            (domains[0].name.as_deref(), domains[0].state.as_deref()),
            (Some("db 1"), Some("running"))
        );
        assert_eq!((domains[0].vcpus, domains[0].mem_bytes), (Some(2), Some(1 << 30)));
        assert_eq!((domains[1].state.as_deref(), domains[1].mem_bytes), (Some("shut off"), None));
    }

    #[test]
    fn lists_have_names_with_blanks() {
        let domains = read(" Id   Name       State\n-------------------------\n 1    db 1       running\n -    web        shut off\n").domains.unwrap();
        assert_eq!(domains.len(), 2);
        assert_eq!(
            (domains[0].name.as_deref(), domains[1].state.as_deref()),
            (Some("db 1"), Some("shut off"))
        );
        assert_eq!(read(" Id   Name   State\n--------------------\n\n").domains, Some(Vec::new()));
    }

    #[test]
    fn hosts_have_processors_and_memory() {
        let reading =
            read("CPU model:           x86_64\nCPU(s):              8\nMemory size:         16318404 KiB\n");
        assert_eq!((reading.cpu_count, reading.mem_total_bytes), (Some(8), Some(16_710_045_696)));
        let domain = &read("Id:             3\nName:           db\nState:          running\nCPU(s):         4\nUsed memory:    2097152 KiB\n").domains.unwrap()[0];
        assert_eq!((domain.vcpus, domain.mem_bytes), (Some(4), Some(2 << 30)));
        assert!(parse(&Text::of("virsh", "error: failed to connect to the hypervisor\n")).is_err());
    }

    #[test]
    fn lists_may_be_translated_and_have_titles() {
        let states = |text: &str| {
            let domains = parse(&Text::of("virsh", text)).unwrap().domains.unwrap();
            domains
                .into_iter()
                .map(|domain| (domain.name.unwrap(), domain.state.unwrap()))
                .collect::<Vec<_>>()
        };
        let owned = |name: &str, state: &str| (name.to_owned(), state.to_owned());
        assert_eq!(
            states(
                " Id   Name    State      Title\n----------------------------------\n 1    vm 1    running    Web server\n -    vm2     shut off   \n"
            ),
            [owned("vm 1", "running"), owned("vm2", "shut off")]
        );
        assert_eq!(
            states(
                " Id   Name   Status\n-------------------------\n 1    vm 1   laufend\n -    vm2    Ausgeschaltet\n"
            ),
            [owned("vm 1", "laufend"), owned("vm2", "Ausgeschaltet")]
        );
    }
}
