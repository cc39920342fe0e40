//! Which applications of a server are looked at in a reading, so that none of them can hold it up.
//!
//! Invariants
//! - SC-1: commands that were not seen to be quick share a budget of time in a reading; the others wait for the next.
//! - SC-2: a command that nobody could end is left alone for some minutes.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use topmast_model::agentless::AgentlessApplication;
use topmast_probe::plan::application::{Look, Seen};

/// Seconds that commands may take in one reading which may all hang (SC-1): half of a reading's time.
const BUDGET_S: u64 = 15;
/// Time between two looks at a version.
const VERSION_EVERY: Duration = Duration::from_mins(10);
/// Time for which a command is left alone that could not be ended (SC-2).
const LEFT_ALONE: Duration = Duration::from_mins(5);

/// What is known of each application's commands, by its name.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    known: BTreeMap<String, Known>,
    /// Where the next turn of those begins that are not known to be quick.
    turn: usize,
}

#[derive(Debug, Default)]
struct Known {
    is_quick: bool,
    version_at: Option<Instant>,
    left_alone_until: Option<Instant>,
}

impl Schedule {
    /// The looks of a reading.
    pub(super) fn looks<'a>(
        &mut self,
        applications: &'a [AgentlessApplication],
        now: Instant,
    ) -> Vec<Look<'a>> {
        self.known.retain(|name, _| applications.iter().any(|application| application.name == *name));
        let count = applications.len().max(1);
        let begin = self.turn % count;
        let (mut looks, mut budget, mut next) = (Vec::new(), BUDGET_S, None);
        let in_turn = applications.iter().enumerate().cycle().skip(begin).take(applications.len());
        for (place, application) in in_turn {
            let known = self.known.entry(application.name.clone()).or_default();
            if known.left_alone_until.is_some_and(|until| now < until) {
                continue;
            }
            let is_due = known.version_at.is_none_or(|at| now.duration_since(at) >= VERSION_EVERY);
            let version = known.is_quick && is_due && application.version_command.is_some();
            let cost = match (known.is_quick, version) {
                (true, false) => 0,
                // A version was never asked for, or long ago.
                (true, true) | (false, _) => application.status_timeout_s,
            };
            if cost > budget {
                next.get_or_insert(place);
                if known.is_quick {
                    looks.push(Look { place, application, version: false });
                }
                continue;
            }
            budget -= cost;
            if version {
                known.version_at = Some(now);
            }
            looks.push(Look { place, application, version });
        }
        self.turn = next.unwrap_or(0);
        looks
    }

    /// Notes what a look came to; `None` when its answer is missing.
    pub(super) fn note(&mut self, name: &str, answer: Option<&Seen>) {
        let known = self.known.entry(name.to_owned()).or_default();
        known.is_quick = matches!(answer, Some(Seen::Started | Seen::Stopped | Seen::Failed(_)));
    }

    /// Notes that a version which was told could not be taken.
    pub(super) fn ask_version_again(&mut self, name: &str) {
        self.known.entry(name.to_owned()).or_default().version_at = None;
    }

    /// Notes that a command could not be ended in time.
    pub(super) fn leave_alone(&mut self, name: &str, now: Instant) {
        self.known.entry(name.to_owned()).or_default().left_alone_until = Some(now + LEFT_ALONE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applications(count: usize) -> Vec<AgentlessApplication> {
        let application = |number| AgentlessApplication {
            name: format!("a{number}"),
            status_command: "true".into(),
            started_when: Vec::new(),
            stopped_when: Vec::new(),
            start_command: None,
            stop_command: None,
            restart_command: None,
            version_command: Some("echo 1".into()),
            log_files: Vec::new(),
            status_timeout_s: 5,
            command_timeout_s: 60,
        };
        (0..count).map(application).collect()
    }

    fn places(looks: &[Look<'_>]) -> Vec<usize> {
        let mut places: Vec<usize> = looks.iter().map(|look| look.place).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn commands_that_may_hang_take_turns_and_quick_ones_are_looked_at_every_time() {
        // SC-1
        let (applications, now) = (applications(7), Instant::now());
        let mut schedule = Schedule::default();
        assert_eq!(places(&schedule.looks(&applications, now)), [0, 1, 2]);
        schedule.note("a0", Some(&Seen::Started));
        let looks = schedule.looks(&applications, now);
        assert_eq!(places(&looks), [0, 3, 4, 5], "the quick one is there without a share of the budget");
        for look in looks {
            schedule.note(&look.application.name, None);
        }
        assert_eq!(places(&schedule.looks(&applications, now)), [0, 1, 6]);
        for name in 0..7 {
            schedule.note(&format!("a{name}"), Some(&Seen::Stopped));
        }
        let looks = schedule.looks(&applications, now);
        assert_eq!(places(&looks), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(looks.iter().filter(|look| look.version).count(), 3, "versions share the budget");
    }

    #[test]
    fn command_that_cannot_be_ended_is_left_alone_for_a_while() {
        // SC-2
        let (applications, now) = (applications(1), Instant::now());
        let mut schedule = Schedule::default();
        schedule.leave_alone("a0", now);
        assert!(schedule.looks(&applications, now).is_empty());
        assert_eq!(schedule.looks(&applications, now + LEFT_ALONE).len(), 1);
    }
}
