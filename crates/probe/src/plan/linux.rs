//! Linux over ssh: the files that the agent reads, in one `tail`, given to the same parsers.
//!
//! ```text
//! tail -n +1 /proc/stat /proc/meminfo …   ==> /proc/stat <==   one collector a file
//! cat /proc/self/mountinfo; df -Pkl       statvfs of an agent, as df prints it
//! cat /proc/[0-9]*/stat                   the ranking of processes
//! ```

use super::host::{GroupSink, Identity};
use super::samples::Sums;
use super::{Answer, Part, Plan, guests};
use crate::guest::Guests;
use crate::linux::COLLECTORS;
use crate::linux::facts::{FACT_FILES, FactFiles, facts};
use crate::linux::process::parse_stat;
use crate::{Filesystem, FilesystemUsage, Machine, ProcessRanking, Source, emit_usage, scan_period, tool};
use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;
use topmast_model::agentless::HostSystem;
use topmast_model::server::ServerFacts;

/// May hold secrets of the first process, where the account is root's: it stays there.
const NEVER_READ: &str = "/proc/1/environ";
/// Seconds between two looks at filesystems: they fill in minutes, and `df` is a process of its own.
const SPACE_EVERY_S: u32 = 60;
/// Seconds between two looks at guests: `docker stats` alone takes two.
const GUESTS_EVERY_S: u32 = 60;
/// The parts that tell of guests: name, system and tool of the parser.
const GUESTS: [(&str, &str, &str); 2] = [("virsh", "linux", "virsh"), ("docker", "docker", "stats")];
/// The shortest time between two scans of all processes.
const PROCESSES_EVERY_S: u32 = 10;
/// Lines of one process's `stat`: its name of 15 bytes can hold so many line feeds.
const STAT_LINES_MAX: usize = 16;
/// Longest name of a process, in bytes; only threads of the kernel have longer ones, and those on one line.
const NAME_MAX: usize = 15;

pub(super) fn plan() -> Plan {
    let tail = |files: &mut dyn Iterator<Item = &'static str>| {
        // A file that some hosts have not is no error; what is missing is seen by its absence.
        Cow::Owned(format!("tail -n +1 {} 2>/dev/null", files.collect::<Vec<_>>().join(" ")))
    };
    let mut facts = FACT_FILES.iter().copied().filter(|path| *path != NEVER_READ);
    let mut files = COLLECTORS.iter().filter_map(|collector| match collector.source {
        Source::File { path, .. } => Some(path),
        _ => None,
    });
    Plan {
        facts: vec![
            Part::new("machine", 0, "uname -m; getconf CLK_TCK; getconf PAGESIZE"),
            Part { name: "facts", command: tail(&mut facts), every_s: 0 },
        ],
        cycle: vec![
            Part { name: "files", command: tail(&mut files), every_s: 0 },
            Part::new("mounts", SPACE_EVERY_S, "cat /proc/self/mountinfo"),
            // Without -l, df asks servers elsewhere, and hangs with them; an old df has no -l.
            Part::new("space", SPACE_EVERY_S, "{ timeout 5 df -Pkl || df -Pk; } 2>/dev/null"),
            Part::new("processes", PROCESSES_EVERY_S, "cat /proc/[0-9]*/stat 2>/dev/null"),
            // Most hosts have neither, or do not let everybody ask: then nothing is printed.
            Part::new(
                "virsh",
                GUESTS_EVERY_S,
                "timeout 5 virsh -r -c qemu:///system domstats --state --cpu-total --balloon --vcpu 2>/dev/null",
            ),
            Part::new(
                "docker",
                GUESTS_EVERY_S,
                "timeout 10 docker stats --no-stream --format '{{json .}}' 2>/dev/null",
            ),
        ],
    }
}

/// What the parts say of the machine and the system.
pub(super) fn read_facts(answer: &Answer<'_>, identity: &Identity) -> (Machine, ServerFacts) {
    let machine = answer.part("machine").map(|part| String::from_utf8_lossy(part.text));
    let mut words = machine.as_deref().unwrap_or_default().lines().map(str::trim);
    let architecture = words.next().filter(|word| !word.is_empty()).unwrap_or(&identity.architecture);
    let usual = Machine::default();
    let machine = Machine {
        ticks_per_second: words.next().and_then(|word| word.parse().ok()).unwrap_or(usual.ticks_per_second),
        page_bytes: words.next().and_then(|word| word.parse().ok()).unwrap_or(usual.page_bytes),
    };
    let text = answer.part("facts").map(|part| part.text).unwrap_or_default();
    let files = files(text);
    let known = FACT_FILES.iter().filter_map(|path| Some((*path, files.get(*path)?.to_vec())));
    (machine, facts(architecture, &known.collect::<FactFiles>()))
}

/// What one reading keeps for the next.
#[derive(Debug, Default)]
pub(super) struct Kept {
    ranking: ProcessRanking,
    /// Seconds from one scan of the processes to the next.
    pub(super) scan_every_s: Option<u32>,
}

/// Reads what a reading's parts say into groups of samples, and what is wrong with them.
pub(super) fn read(
    answer: &Answer<'_>,
    elapsed: Option<Duration>,
    (machine, kept, sums, known): (Machine, &mut Kept, &mut Sums, &mut Guests),
    sink: &mut dyn GroupSink,
) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(part) = answer.part("files") {
        let files = files(part.text);
        for collector in COLLECTORS {
            let Source::File { path, optional, parse } = collector.source else { continue };
            let text = files.get(path).copied().filter(|text| !text.is_empty());
            let mut parsed = Ok(());
            sink.group(collector.name, &mut |sink| {
                if let Some(text) = text {
                    parsed = parse(machine, text, sink);
                }
            });
            match parsed {
                Err(error) => problems.push(error.to_string()),
                Ok(()) if text.is_none() && !optional => problems.push(format!("{path} cannot be read")),
                Ok(()) => {}
            }
        }
    }
    if let Some(mounts) = answer.part("mounts") {
        read_space(answer, mounts.text, sink, &mut problems);
    }
    if let Some(part) = answer.part("processes") {
        let count = scan(part.text, machine, &mut kept.ranking);
        sink.group("process", &mut |sink| kept.ranking.finish(sink));
        kept.scan_every_s = Some(scan_period(count).max(PROCESSES_EVERY_S));
    }
    for (name, system, tool) in GUESTS {
        let Some(part) = answer.part(name) else { continue };
        if part.text.trim_ascii().is_empty() {
            guests::none(name, part.status, known);
            continue;
        }
        let Some(parser) = tool::find(system, tool) else { continue };
        match parser.parse(part.text) {
            Ok(reading) => {
                let held = elapsed.map(|elapsed| elapsed.max(Duration::from_secs(GUESTS_EVERY_S.into())));
                sums.begin(held);
                let is_whole = part.status == 0 && reading.remarks.is_empty();
                sink.group(name, &mut |sink| {
                    let mut telling = guests::Telling { sums, guests: known, is_whole };
                    guests::emit((HostSystem::Linux, name), &reading, &mut telling, sink);
                });
            }
            Err(error) => problems.push(error.to_string()),
        }
    }
    problems
}

fn read_space(answer: &Answer<'_>, mounts: &[u8], sink: &mut dyn GroupSink, problems: &mut Vec<String>) {
    let select = COLLECTORS.iter().find_map(|collector| match collector.source {
        Source::Filesystems { select, .. } => Some(select),
        _ => None,
    });
    let selected = match select.map(|select| select(mounts)) {
        Some(Ok(selected)) => selected,
        Some(Err(error)) => return problems.push(error.to_string()),
        None => return,
    };
    let usages = answer.part("space").map(|part| usages(part.text)).unwrap_or_default();
    sink.group("filesystem", &mut |sink| {
        for filesystem in &selected {
            emit_usage(filesystem, usages.get(&filesystem.mount), sink);
        }
    });
    let is_unanswered =
        |filesystem: &&Filesystem| !filesystem.remote && !usages.contains_key(&filesystem.mount);
    if !selected.is_empty() && selected.iter().filter(is_unanswered).count() == selected.len() {
        problems.push("df says nothing of any filesystem".to_owned());
    }
}

/// What `df -Pk` says, by mount point.
fn usages(text: &[u8]) -> HashMap<String, FilesystemUsage> {
    let reading = tool::find("linux", "df").and_then(|df| df.parse(text).ok());
    let rows = reading.and_then(|reading| reading.filesystems).unwrap_or_default();
    let usage = |row: crate::reading::FilesystemReading| {
        let (size, used) = (row.total_bytes?, row.used_bytes?);
        let usage = FilesystemUsage {
            size_bytes: size,
            free_bytes: size.saturating_sub(used),
            available_bytes: row.available_bytes?,
            // df -i would be one more process; 0 is "not known".
            files: 0,
            files_free: 0,
        };
        Some((row.mount?, usage))
    };
    rows.into_iter().filter_map(usage).collect()
}

/// The texts of several files as `tail` heads them.
fn files(text: &[u8]) -> HashMap<&str, &[u8]> {
    let mut files = HashMap::new();
    let mut open: Option<(&str, usize)> = None;
    let mut at = 0;
    while at < text.len() {
        let end =
            text.iter().skip(at).position(|byte| *byte == b'\n').map_or(text.len(), |length| at + length);
        let line = text.get(at..end).unwrap_or_default();
        if let Some(path) = header(line) {
            if let Some((path, from)) = open.take() {
                // tail puts an empty line before each header but the first.
                let until = at.saturating_sub(1).max(from);
                files.insert(path, text.get(from..until).unwrap_or_default());
            }
            open = Some((path, (end + 1).min(text.len())));
        }
        at = end + 1;
    }
    if let Some((path, from)) = open {
        files.insert(path, text.get(from..).unwrap_or_default());
    }
    files
}

fn header(line: &[u8]) -> Option<&str> {
    let path = line.strip_prefix(b"==> ")?.strip_suffix(b" <==")?;
    std::str::from_utf8(path).ok().filter(|path| path.starts_with('/'))
}

/// Takes every process of one text into the ranking; returns how many there were.
fn scan(text: &[u8], machine: Machine, ranking: &mut ProcessRanking) -> u32 {
    let mut count = 0;
    let mut at = 0;
    while at < text.len() {
        let mut end = at;
        // A name may hold line feeds: the record goes on until it is one.
        let found = (0..STAT_LINES_MAX).find_map(|_| {
            let rest = text.get(end..).filter(|rest| !rest.is_empty())?;
            end += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |length| length + 1);
            let record = text.get(at..end)?;
            let stat = parse_stat(record).ok()?;
            // Joined to what was cut, the next process's line would read as a very long name.
            let is_one = !stat.name.contains(&b'\n') || stat.name.len() <= NAME_MAX;
            is_one.then_some(record)
        });
        let parse = crate::linux::process::parse_reading;
        if let Some(reading) = found.and_then(|record| parse(machine, record).ok()) {
            ranking.add(&reading);
            count += 1;
            at = end;
        } else {
            // A process that ended while it was read: its line is left out.
            let rest = text.get(at..).unwrap_or_default();
            at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |length| length + 1);
        }
    }
    count
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the script runs here, beside what the agent reads of this machine"
)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;
    use crate::plan::script;
    use std::collections::BTreeMap;
    use topmast_model::sample::SampleSink;

    #[derive(Default)]
    struct Groups(BTreeMap<&'static str, Recorder>);

    impl GroupSink for Groups {
        fn group(&mut self, name: &'static str, emit: &mut dyn FnMut(&mut dyn SampleSink)) {
            let mut recorder = Recorder::default();
            emit(&mut recorder);
            self.0.insert(name, recorder);
        }
    }

    fn run(parts: &[Part]) -> Vec<u8> {
        use std::io::Write as _;
        use std::process::{Command, Stdio};
        let mut shell =
            Command::new("/bin/sh").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        shell.stdin.take().unwrap().write_all(script(parts).as_bytes()).unwrap();
        shell.wait_with_output().unwrap().stdout
    }

    #[test]
    fn script_reads_this_machine_as_the_agent_does() {
        let plan = plan();
        let text = run(&plan.whole());
        let answer = Answer::of(&text);
        assert!(answer.complete, "{:?}", answer.cut);
        let identity = Identity::of(answer.part("uname").unwrap().text);
        let (machine, facts) = read_facts(&answer, &identity);
        assert_eq!(machine, Machine::default());
        let own = |path: &&'static str| Some((*path, std::fs::read(path).ok()?));
        let own: FactFiles = FACT_FILES.iter().filter(|path| **path != NEVER_READ).filter_map(own).collect();
        let expected = crate::linux::facts::facts(std::env::consts::ARCH, &own);
        assert_eq!(facts, expected);

        let mut groups = Groups::default();
        let problems = read(
            &answer,
            None,
            (machine, &mut Kept::default(), &mut Sums::default(), &mut Guests::default()),
            &mut groups,
        );
        assert_eq!(problems, [""; 0]);
        // Everything that the collectors say of the same files, by name and labels.
        for collector in COLLECTORS {
            let Source::File { path, parse, .. } = collector.source else { continue };
            let Ok(text) = std::fs::read(path) else { continue };
            let mut expected = Recorder::default();
            parse(machine, &text, &mut expected).unwrap();
            let names = |recorder: &Recorder| -> Vec<String> {
                recorder.samples().map(|(series, _)| series.to_string()).collect()
            };
            assert_eq!(names(&groups.0[collector.name]), names(&expected), "{}", collector.name);
        }
        assert!(groups.0["process"].samples().any(|(series, _)| series.starts_with("host_process_memory")));
        assert!(
            groups.0["filesystem"]
                .samples()
                .any(|(series, value)| { series.starts_with("host_filesystem_size_bytes") && value > 0.0 })
        );
    }

    #[test]
    fn files_are_told_apart_by_their_headers() {
        let text = b"==> /proc/a <==\n1\n2\n\n==> /proc/b <==\n\n==> /proc/c <==\n3\n";
        let files = files(text);
        assert_eq!(files["/proc/a"], b"1\n2\n");
        assert_eq!(files["/proc/b"], b"");
        assert_eq!(files["/proc/c"], b"3\n");
    }

    #[test]
    fn processes_with_any_name_are_counted_and_cut_ones_left_out() {
        let stat = |pid: u32, name: &str| {
            format!(
                "{pid} ({name}) S 1 {pid} {pid} 0 -1 4194560 1 2 3 4 50 6 7 8 20 0 7 0 100 2097152 256 1 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
            )
        };
        let text =
            [stat(1, "init"), stat(20, "a) S (b"), "30 (cut) S 1\n".into(), stat(40, "x\n9 (y\n")].concat();
        let mut ranking = ProcessRanking::default();
        assert_eq!(scan(text.as_bytes(), Machine::default(), &mut ranking), 3);
    }

    #[test]
    fn five_thousand_processes_are_scanned_less_often() {
        let stat = |pid: u32| {
            format!(
                "{pid} (p) S 1 1 1 0 -1 4194560 1 2 3 4 50 6 7 8 20 0 7 0 100 2097152 256 1 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
            )
        };
        let text: String = (1..=5_000).map(stat).collect();
        let answer = Answer {
            parts: vec![super::super::PartAnswer { name: "processes", text: text.as_bytes(), status: 0 }],
            ..Answer::default()
        };
        let (mut kept, mut groups) = (Kept::default(), Groups::default());
        read(
            &answer,
            None,
            (Machine::default(), &mut kept, &mut Sums::default(), &mut Guests::default()),
            &mut groups,
        );
        assert_eq!(kept.scan_every_s, Some(56));
        assert!(groups.0["process"].samples().count() < 50);
    }
}
