//! `ps` of System V: AIX and Solaris, with `-ef`, `aux` or columns of the caller's choice.

use super::row::{Head, bound};
use super::text::{Line, Text, count};
use crate::error::{Fault, ParseError};
use crate::reading::{Process, Reading};

/// Parses a table of `ps`.
pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut list: Vec<Process> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.contains(&"PID") && words.iter().all(|word| count(word).is_none()) {
            head = Some(Head::of(line.text));
            list.clear();
            continue;
        }
        let Some(head) = &head else { continue };
        match process(head, &line, &mut reading) {
            Some(process) => list.push(process),
            None => reading.remark(line.number, "the row has not the columns of its header, left out"),
        }
    }
    if head.is_none() {
        return Err(text.error(Fault::Missing("the header of ps")));
    }
    bound(&mut list, "processes", &mut reading);
    reading.processes = Some(list);
    Ok(reading)
}

fn process(head: &Head<'_>, line: &Line<'_>, reading: &mut Reading) -> Option<Process> {
    const COMMANDS: &[&str] = &["COMMAND", "CMD", "ARGS", "COMM"];
    let last = head.len() - 1;
    let wide = COMMANDS.iter().find_map(|name| head.place(name)).unwrap_or(last);
    let started = ["STIME", "START"].iter().find_map(|name| head.place(name)).filter(|at| *at < wide);
    // `Oct 12` is one date in two words, and the start of what is gone already is blank.
    let joined;
    let mut line = *line;
    if let Some(at) = started {
        let words: Vec<&str> = line.words().collect();
        let is_month = |word: &&str| word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        if words.get(at).is_some_and(is_month) && words.get(at + 1).is_some_and(|word| count(word).is_some())
        {
            joined = rewrite(line.text, at, None)?;
            line.text = &joined;
        } else if words.get(at).is_some_and(|word| {
            !word.contains([':', '/', '-', '_']) && !is_month(word) && count(word).is_none()
        }) || words.get(at) == Some(&"-")
        {
            joined = rewrite(line.text, at, Some("?"))?;
            line.text = &joined;
        }
    }
    let row = head.row_around(&line, wide)?;
    // Numbers of processes are what tells a row from noise.
    let pid = row.count(&["PID"]);
    if let Some(time) = row.text(&["TIME"])
        && !time.contains(':')
    {
        return None;
    }
    pid?;
    let virt = if head.has(&["%MEM"]) { &["VSZ", "SZ"][..] } else { &["VSZ", "VSIZE"][..] };
    let process = Process {
        pid,
        ppid: row.count(&["PPID"]),
        user: row.text(&["USER", "UID", "RUSER", "UNAME"]).map(str::to_owned),
        state: row.text(&["S", "ST", "STAT", "STATE"]).map(str::to_owned),
        cpu_pct: row.percent(&["%CPU", "PCPU"]),
        mem_pct: row.share(&["%MEM", "PMEM"]),
        rss_bytes: row.size(&["RSS", "RSSIZE", "RSZ"], 1 << 10),
        virt_bytes: row.size(virt, 1 << 10),
        nlwp: row.count(&["NLWP", "THCNT", "THCOUNT"]),
        command: row.text(COMMANDS).map(str::to_owned),
    };
    row.report(reading);
    Some(process)
}

/// Joins the words at `at` and after it, or puts one in before.
fn rewrite(text: &str, at: usize, insert: Option<&str>) -> Option<String> {
    let mut rest = text.trim_start();
    for _ in 0..at {
        rest = rest[rest.find(char::is_whitespace)?..].trim_start();
    }
    let before = text[..text.len() - rest.len()].trim_end();
    if let Some(word) = insert {
        return Some(format!("{before} {word} {rest}"));
    }
    let end = rest.find(char::is_whitespace)?;
    Some(format!("{before} {}_{}", &rest[..end], rest[end..].trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Process> {
        parse(&Text::of("aix ps", text)).unwrap().processes.unwrap()
    }

    #[test]
    fn command_may_stand_first() {
        let list = read(
            "COMMAND    PID     ELAPSED      TIME   VSZ THCNT     USER\nmy java  4711 1-02:03:04  00:00:09 2048    12     shop\n",
        );
        assert_eq!((list[0].pid, list[0].nlwp, list[0].virt_bytes), (Some(4711), Some(12), Some(2 << 20)));
        assert_eq!((list[0].command.as_deref(), list[0].user.as_deref()), (Some("my java"), Some("shop")));
    }

    #[test]
    fn start_is_one_word_two_or_none() {
        let list = read(
            "     UID     PID    PPID   C    STIME    TTY  TIME CMD\n\
             \x20   root       1       0   0   Oct 12      -  0:03 /etc/init -a\n\
             \x20   shop     200       1   0 10:11:12  pts/0  1:02 sh -c x\n\
             \x20   shop     201     200   0               -  0:00 <defunct>\n\
             \x20   shop     2\n",
        );
        assert_eq!(list.len(), 3);
        assert_eq!(list[0].command.as_deref(), Some("/etc/init -a"));
        assert_eq!((list[1].ppid, list[1].command.as_deref()), (Some(1), Some("sh -c x")));
        assert_eq!(list[2].command.as_deref(), Some("<defunct>"));
    }

    #[test]
    fn kilobytes_and_percents_go_by_name() {
        let list = read(
            "  PID  PPID     USER %CPU %MEM   VSZ   RSS NLWP S COMMAND\n   10     1     root  1.5  0.2  4096  1024    3 S /usr/lib/x y\n",
        );
        assert_eq!(
            (list[0].cpu_pct, list[0].mem_pct, list[0].rss_bytes),
            (Some(1.5), Some(0.2), Some(1 << 20))
        );
        assert_eq!((list[0].state.as_deref(), list[0].nlwp), (Some("S"), Some(3)));
    }
}
