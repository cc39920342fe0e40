//! `kubectl top nodes` and `kubectl top pods`, with and without containers.
//!
//! ```text
//! NAME           CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%
//! k8s-node01     55m          2%     939Mi           50%
//! ```
//!
//! With `--no-headers` the cells tell what they are. Nodes are machines; a pod, or a container of one, is a container.

use super::super::table::{Kept, Table, cell};
use super::super::text::{Text, bytes, number, percent};
use crate::error::{Fault, ParseError};
use crate::reading::{Container, Reading, VirtualMachine};

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut header: Option<(u32, Table<'_>)> = None;
    let (mut nodes, mut containers): (Kept<VirtualMachine>, Kept<Container>) = (Kept::new(), Kept::new());
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if header.is_none()
            && let Some(names) = headless(&words)
        {
            header = Some((line.number, Table::of(names.to_vec(), &[])));
        }
        if words.contains(&"CPU(cores)") {
            // A header again is the next report.
            (nodes, containers) = (Kept::new(), Kept::new());
            header = Some((line.number, Table::of(words, &[])));
            continue;
        }
        let Some((_, table)) = &header else {
            if line.text.starts_with("No resources found") {
                reading.containers = Some(Vec::new());
            }
            continue;
        };
        // `--sum` adds a line and a row without names.
        if line.text.starts_with(char::is_whitespace) && words.len() < table.len()
            || words.iter().all(|word| word.starts_with('_'))
        {
            continue;
        }
        if words.len() != table.len() {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        }
        let at = |names: &[&str]| cell(&words, table.find(names)).filter(|word| *word != "<unknown>");
        let mut bad = false;
        let cores = known(at(&["CPU(cores)"]), cores, &mut bad);
        let memory = known(at(&["MEMORY(bytes)"]), quantity, &mut bad);
        let name = at(&["NAME"]).map(str::to_owned);
        if is_nodes(table) {
            let cpu_pct = known(at(&["CPU%", "CPU(%)"]), percent, &mut bad);
            nodes.push(VirtualMachine { name, cpu_pct, mem_bytes: memory, ..VirtualMachine::default() });
        } else {
            // Whatever the row's name is not unique without.
            let inside: Vec<&str> = [at(&["NAMESPACE"]), at(&["POD"])].into_iter().flatten().collect();
            let id = name
                .as_ref()
                .filter(|_| !inside.is_empty())
                .map(|name| format!("{}/{name}", inside.join("/")));
            let cpu_pct = cores.map(|cores| cores * 100.0);
            containers.push(Container { id, name, cpu_pct, mem_used_bytes: memory, ..Container::default() });
        }
        if bad {
            reading.remark(line.number, "a number of this row is cut or garbled");
        }
    }
    match header {
        Some((line, table)) if is_nodes(&table) => reading.vms = Some(nodes.finish(&mut reading, line)),
        Some((line, _)) => reading.containers = Some(containers.finish(&mut reading, line)),
        None if reading.containers.is_none() => {
            return Err(text.error(Fault::Missing("the header `NAME CPU(cores)`")));
        }
        None => {}
    }
    Ok(reading)
}

/// The columns of a row without a header, by the forms of its cells.
fn headless(words: &[&str]) -> Option<&'static [&'static str]> {
    const NODES: &[&str] = &["NAME", "CPU(cores)", "CPU%", "MEMORY(bytes)", "MEMORY%"];
    const PODS: &[&[&str]] = &[
        &["NAME", "CPU(cores)", "MEMORY(bytes)"],
        &["NAMESPACE", "NAME", "CPU(cores)", "MEMORY(bytes)"],
        &["NAMESPACE", "POD", "NAME", "CPU(cores)", "MEMORY(bytes)"],
    ];
    if let [_, used, share, memory, of] = words
        && cores(used).is_some()
        && share.ends_with('%')
        && quantity(memory).is_some()
        && of.ends_with('%')
    {
        return Some(NODES);
    }
    let [.., used, memory] = words else { return None };
    let names = PODS.iter().find(|names| names.len() == words.len())?;
    (cores(used).is_some() && quantity(memory).is_some()).then_some(names)
}

/// Nodes have shares of what they have.
fn is_nodes(table: &Table<'_>) -> bool {
    table.find(&["CPU%", "CPU(%)"]).is_some()
}

fn known<T>(word: Option<&str>, parse: impl Fn(&str) -> Option<T>, bad: &mut bool) -> Option<T> {
    let value = parse(word?);
    *bad |= value.is_none();
    value
}

/// Processors: `55m`, `2`, `250000000n`.
fn cores(word: &str) -> Option<f64> {
    let split = word.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(word.len());
    let (digits, unit) = word.split_at(split);
    let parts = match unit {
        "" => 1.0,
        "m" => 1e3,
        "u" => 1e6,
        "n" => 1e9,
        _ => return None,
    };
    number(digits).filter(|value| *value >= 0.0).map(|value| value / parts)
}

/// Bytes: `939Mi`. A number without such a unit is cut.
fn quantity(word: &str) -> Option<u64> {
    let split = word.find(|char: char| char.is_ascii_alphabetic()).unwrap_or(word.len());
    let (digits, unit) = word.split_at(split);
    let unit = match unit {
        "" if digits == "0" => 1.0,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        _ => return None,
    };
    bytes(number(digits).filter(|value| *value >= 0.0)? * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("kubectl", text)).unwrap()
    }

    #[test]
    fn nodes_have_shares() {
        let reading = read(
            "NAME      CPU(cores)   CPU%        MEMORY(bytes)   MEMORY%\nnode-1    1500m        75%         2Gi             50%\nnode-2    <unknown>    <unknown>   <unknown>       <unknown>\nnode-3    100m  1",
        );
        let nodes = reading.vms.unwrap();
        assert_eq!((nodes.len(), nodes[0].cpu_pct, nodes[0].mem_bytes), (2, Some(75.0), Some(2 << 30)));
        assert_eq!((nodes[1].name.as_deref(), nodes[1].cpu_pct), (Some("node-2"), None));
        assert_eq!((reading.containers, reading.remarks.len()), (None, 1));
    }

    #[test]
    fn pods_are_containers() {
        let containers = read("NAMESPACE   POD     NAME   CPU(cores)   MEMORY(bytes)\nshop        pay-1   app    250m         31Mi\nshop        pay-1   side   2            61Mi\n                           ________     ________\n                           2250m        92Mi\n").containers.unwrap();
        assert_eq!(containers.len(), 2);
        assert_eq!(
            (containers[0].name.as_deref(), containers[0].id.as_deref()),
            (Some("app"), Some("shop/pay-1/app"))
        );
        assert_eq!((containers[0].cpu_pct, containers[0].mem_used_bytes), (Some(25.0), Some(31 << 20)));
        assert_eq!((containers[1].cpu_pct, containers[1].mem_used_bytes), (Some(200.0), Some(61 << 20)));
        assert_eq!(
            read("NAME   CPU(cores)   MEMORY(bytes)\na      1m           1Mi\n").containers.unwrap()[0].id,
            None
        );
    }

    #[test]
    fn messages_are_no_tables() {
        assert!(parse(&Text::of("kubectl", "error: Metrics API not available\n")).is_err());
        assert_eq!(read("No resources found in default namespace.\n").containers, Some(Vec::new()));
    }

    #[test]
    fn rows_tell_what_they_are_without_a_header() {
        let nodes = read(
            "node-1   1500m   75%   2Gi   50%\nnode-2   <unknown>   <unknown>   <unknown>   <unknown>\n",
        )
        .vms
        .unwrap();
        assert_eq!((nodes.len(), nodes[0].cpu_pct, nodes[0].mem_bytes), (2, Some(75.0), Some(2 << 30)));
        let containers = read("shop   pay-1   250m   31Mi\nshop   pay-2   0m   0\n").containers.unwrap();
        assert_eq!((containers[0].id.as_deref(), containers[0].cpu_pct), (Some("shop/pay-1"), Some(25.0)));
        assert_eq!(containers[1].mem_used_bytes, Some(0));
    }
}
