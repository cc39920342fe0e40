//! `ldm list`: logical domains as a table, `-p` as records, and with `-l` or as `list-bindings` among other tables.

use crate::error::{Fault, ParseError};
use crate::reading::{Domain, Reading};
use crate::tool::row::share;
use crate::tool::span;
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut list: Vec<Domain> = Vec::new();
    // Whether there are columns after `MEMORY`: `UTIL`, `NORM`, `UPTIME`.
    let mut header: Option<bool> = None;
    let mut understood = false;
    for line in text.lines() {
        let words: Vec<&str> = line.words().collect();
        if words.is_empty() {
            // Tables of one domain's parts follow.
            header = None;
        } else if words.starts_with(&["NAME", "STATE"]) {
            header = Some(words.contains(&"NORM"));
            understood = true;
        } else if words[0] == "VERSION" {
            understood = true;
        } else if let Some(record) = line.text.trim().strip_prefix("DOMAIN|") {
            understood = true;
            list.push(domain_of_record(record));
        } else if let Some(norm) = header {
            match domain_of_row(&words, norm) {
                Some(domain) => list.push(domain),
                None => reading.remark(line.number, "the row has not the columns of its header, left out"),
            }
        }
    }
    if !understood {
        return Err(text.error(Fault::Missing("a list of domains")));
    }
    bound(&mut list, "domains", &mut reading);
    reading.domains = Some(list);
    Ok(reading)
}

/// `name=primary|state=active|flags=-n-cv-|cons=SP|ncpu=8|mem=8589934592|util=0.5|uptime=600`
fn domain_of_record(record: &str) -> Domain {
    let get = |name: &str| {
        let pair =
            record.split('|').find_map(|pair| pair.split_once('=').filter(|(known, _)| *known == name));
        pair.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    Domain {
        name: get("name").map(str::to_owned),
        state: get("state").map(str::to_owned),
        flags: get("flags").map(str::to_owned),
        vcpus: get("ncpu").and_then(text::count),
        mem_bytes: get("mem").and_then(text::count),
        util_pct: get("util").and_then(share),
        norm_util_pct: get("norm_util").and_then(share),
        uptime_seconds: get("uptime").and_then(text::count),
    }
}

/// A row: `NAME STATE FLAGS [CONS] VCPU MEMORY [UTIL [NORM] UPTIME]`, since what is not bound has no console and what
/// does not run has no use.
fn domain_of_row(words: &[&str], norm: bool) -> Option<Domain> {
    let [name, state, flags, rest @ ..] = words else { return None };
    let flag = |byte: u8| byte == b'-' || byte == b'*' || byte.is_ascii_lowercase();
    (flags.len() >= 5 && flags.bytes().all(flag)).then_some(())?;
    let memory = rest.iter().position(|word| text::size(word, 1).is_some() && text::count(word).is_none());
    let (before, after) = rest.split_at(memory.unwrap_or(rest.len()));
    let vcpus = if memory.is_some() { before.last() } else { None };
    let mut after = after.iter().skip(1).peekable();
    let mut percent = || after.next_if(|word| word.ends_with('%')).and_then(|word| share(word));
    let util_pct = percent();
    let norm_util_pct = if norm { percent() } else { None };
    let uptime: Vec<&str> = after.copied().collect();
    Some(Domain {
        name: Some((*name).to_owned()),
        state: Some((*state).to_owned()),
        flags: Some((*flags).to_owned()),
        vcpus: vcpus.and_then(|word| text::count(word)),
        mem_bytes: memory.and_then(|at| text::size(rest[at], 1)),
        util_pct,
        norm_util_pct,
        uptime_seconds: span::up(&uptime.join(" ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Domain> {
        parse(&Text::of("solaris ldm", text)).unwrap().domains.unwrap()
    }

    #[test]
    fn rows_lack_what_a_domain_has_not() {
        let list = read(
            "NAME             STATE      FLAGS   CONS    VCPU  MEMORY   UTIL  NORM  UPTIME\n\
             primary          active     -n-cv-  UART    16    24G      1.5%  1.2%  45d 8h 6m\n\
             a-very-long-name-of-a-domain active -n---- 5001 8 7936M 0.0% 0.0% 12m\n\
             ldg-b            bound      ------  5002    4     2G\n\
             ldg-c            inactive   ------          2     1536M\n",
        );
        assert_eq!((list.len(), list[0].vcpus, list[0].mem_bytes), (4, Some(16), Some(24 << 30)));
        assert_eq!((list[0].util_pct, list[0].norm_util_pct), (Some(1.5), Some(1.2)));
        assert_eq!(list[0].uptime_seconds, Some(45 * 86_400 + 8 * 3_600 + 360));
        assert_eq!((list[1].vcpus, list[1].uptime_seconds), (Some(8), Some(720)));
        assert_eq!((list[2].vcpus, list[2].mem_bytes, list[2].util_pct), (Some(4), Some(2 << 30), None));
        assert_eq!((list[3].vcpus, list[3].mem_bytes), (Some(2), Some(1536 << 20)));
    }

    #[test]
    fn records_and_parts_of_a_domain() {
        let list = read(
            "VERSION 1.12\nDOMAIN|name=shop|state=active|flags=-n----|cons=5000|ncpu=4|mem=4294967296|util=2.5|uptime=61|norm_util=2.0\nVCPU\n|vid=0|pid=1\n",
        );
        assert_eq!((list.len(), list[0].mem_bytes, list[0].util_pct), (1, Some(4 << 30), Some(2.5)));
        assert_eq!((list[0].uptime_seconds, list[0].norm_util_pct), (Some(61), Some(2.0)));
        let list = read(
            "NAME STATE FLAGS CONS VCPU MEMORY UTIL UPTIME\nshop active -n---- SP 4 4G 9% 1h\n\nMAC\n    00:14:4f:00:00:01\n\nNAME x\n",
        );
        assert_eq!((list.len(), list[0].uptime_seconds), (1, Some(3_600)));
    }
}
