//! A host that is read over ssh: who it says it is, and what its answers come to.

use super::samples::Sums;
use super::{Answer, Part, Plan, identity, linux, unix};
use crate::collector::Machine;
use crate::guest::{Guests, Listing};
use std::collections::BTreeMap;
use std::time::Duration;
use topmast_model::agentless::HostSystem;
use topmast_model::sample::SampleSink;
use topmast_model::server::ServerFacts;

/// Takes samples group by group: what a group emits are all its series until it emits again.
pub trait GroupSink {
    /// Runs one group.
    fn group(&mut self, name: &'static str, emit: &mut dyn FnMut(&mut dyn SampleSink));
}

/// What `uname` says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// The kernel's name, e.g. `Linux`, `AIX`, `SunOS`.
    pub kernel: String,
    /// Its release.
    pub release: String,
    /// The machine's architecture.
    pub architecture: String,
    /// The system's own host name.
    pub hostname: String,
    /// The kernel's version, which on AIX is the first half of the release.
    pub version: String,
}

impl Identity {
    /// Reads what the part `uname` printed.
    pub fn of(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let mut lines = text.lines().map(|line| line.trim().to_owned());
        let mut next = || lines.next().unwrap_or_default();
        Self { kernel: next(), release: next(), architecture: next(), hostname: next(), version: next() }
    }

    /// The system, when it is one that can be read.
    pub fn system(&self) -> Option<HostSystem> {
        match self.kernel.as_str() {
            "Linux" => Some(HostSystem::Linux),
            "AIX" => Some(HostSystem::Aix),
            "SunOS" => Some(HostSystem::Solaris),
            "FreeBSD" => Some(HostSystem::FreeBsd),
            "Darwin" => Some(HostSystem::MacOs),
            "VMkernel" => Some(HostSystem::Esxi),
            _ => None,
        }
    }
}

/// Whose `top` drew a screen; `None` when it is none.
pub fn system_of_screen(text: &[u8]) -> Option<HostSystem> {
    unix::system_of_screen(text)
}

/// Reads a host's answers; keeps from one to the next what counters and rankings need.
#[derive(Debug)]
pub struct HostReader {
    system: HostSystem,
    plan: Plan,
    machine: Machine,
    /// When each part is due, by its name.
    due: BTreeMap<&'static str, Duration>,
    linux: linux::Kept,
    sums: Sums,
    guests: Guests,
}

impl HostReader {
    /// Knows nothing of the host yet.
    pub fn new(system: HostSystem) -> Self {
        Self {
            system,
            plan: Plan::of(system),
            machine: Machine::default(),
            due: BTreeMap::new(),
            linux: linux::Kept::default(),
            sums: Sums::default(),
            guests: Guests::default(),
        }
    }

    /// The system that it reads.
    pub fn system(&self) -> HostSystem {
        self.system
    }

    /// What to ask once a connection.
    pub fn facts_parts(&self) -> Vec<Part> {
        [identity(), self.plan.facts.clone()].concat()
    }

    /// What the answer to that says.
    pub fn facts(&mut self, answer: &Answer<'_>) -> ServerFacts {
        let identity = answer.part("uname").map(|part| Identity::of(part.text)).unwrap_or_default();
        if self.system == HostSystem::Linux {
            let (machine, facts) = linux::read_facts(answer, &identity);
            self.machine = machine;
            self.of_machine(&facts);
            return facts;
        }
        let facts = unix::read_facts(self.system, answer, &identity);
        self.of_machine(&facts);
        facts
    }

    fn of_machine(&mut self, facts: &ServerFacts) {
        self.sums.processors(facts.cpu_count);
        self.sums.memory(facts.memory_bytes);
    }

    /// The guests that the readings since the last time told of; `None` when none did.
    pub fn guests(&mut self) -> Option<Listing> {
        self.guests.told()
    }

    /// The parts that are due, and notes that they are asked for.
    ///
    /// - `since`: time since anything that stays the same, such as the start of the connection.
    pub fn due_parts(&mut self, since: Duration) -> Vec<Part> {
        let scan = self.linux.scan_every_s;
        let due = &mut self.due;
        let is_due = |part: &&Part| {
            let every_s = if part.name == "processes" { scan.unwrap_or(part.every_s) } else { part.every_s };
            let at = due.entry(part.name).or_default();
            let is_due = *at <= since;
            if is_due {
                *at = since + Duration::from_secs(every_s.into());
            }
            is_due
        };
        self.plan.cycle.iter().filter(is_due).cloned().collect()
    }

    /// Reads an answer into groups of samples; returns what could not be understood.
    ///
    /// - `elapsed`: time since the answer before; `None` for the first.
    pub fn read(
        &mut self,
        answer: &Answer<'_>,
        elapsed: Option<Duration>,
        sink: &mut dyn GroupSink,
    ) -> Vec<String> {
        match self.system {
            HostSystem::Linux => {
                let kept = (self.machine, &mut self.linux, &mut self.sums, &mut self.guests);
                linux::read(answer, elapsed, kept, sink)
            }
            other => unix::read(other, answer, elapsed, (&mut self.sums, &mut self.guests), sink),
        }
    }

    /// Reads the screen of `top`, which is all that some accounts give.
    ///
    /// - `elapsed`: as with [`HostReader::read`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read_screen(
        &mut self,
        text: &[u8],
        elapsed: Option<Duration>,
        sink: &mut dyn GroupSink,
    ) -> Result<(), String> {
        unix::read_screen(self.system, text, elapsed, &mut self.sums, sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_is_known_by_its_kernel() {
        let check = |text: &str, expected| assert_eq!(Identity::of(text.as_bytes()).system(), expected);
        check("Linux\n6.1.0\nx86_64\ndb1\n#1 SMP\n", Some(HostSystem::Linux));
        check("AIX\n2\n00F9\naix1\n7\n", Some(HostSystem::Aix));
        check("SunOS\n5.11\nsun4v\nsol1\n11.4\n", Some(HostSystem::Solaris));
        check("HP-UX\nB.11.31\nia64\n", None);
        check("", None);
    }

    #[test]
    fn slow_parts_are_due_now_and_then() {
        let mut reader = HostReader::new(HostSystem::Linux);
        let mut names = |second| -> Vec<&str> {
            reader.due_parts(Duration::from_secs(second)).iter().map(|part| part.name).collect()
        };
        assert_eq!(names(0), ["files", "mounts", "space", "processes", "virsh", "docker"]);
        assert_eq!(names(5), ["files"]);
        assert_eq!(names(10), ["files", "processes"]);
        assert_eq!(names(61), ["files", "mounts", "space", "processes", "virsh", "docker"]);
    }
}
