//! How bad it is on each object: the open problems on it and inside it of which people are told, by severity.
//!
//! Worked out with each change of a problem, so that a row of a list asks for one path and no list looks at problems.

use super::Problem;
use std::collections::BTreeMap;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::Severity;

/// From the server down: what is above is the sum of what a reader may see.
const LEVELS: [Level; 3] = [Level::Server, Level::Application, Level::Service];

/// Open, unsuppressed problems by object.
///
/// Invariants
/// - U-1: it is what [`Burdens::of`] makes of the open problems, whatever happened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Burdens(BTreeMap<ObjectPath, [u32; Severity::ALL.len()]>);

impl Burdens {
    /// Those of some problems.
    pub(super) fn of<'a>(problems: impl Iterator<Item = &'a Problem>) -> Self {
        let mut burdens = Self::default();
        problems.for_each(|problem| burdens.add(problem));
        burdens
    }

    /// Counts a problem; one that is over or suppressed counts nothing.
    pub(super) fn add(&mut self, problem: &Problem) {
        for path in reach(problem) {
            self.0.entry(path).or_default()[problem.what.severity as usize] += 1;
        }
    }

    /// Takes a problem out again, as it was when it was counted.
    pub(super) fn remove(&mut self, problem: &Problem) {
        for path in reach(problem) {
            let Some(counts) = self.0.get_mut(&path) else { continue };
            let count = &mut counts[problem.what.severity as usize];
            *count = count.saturating_sub(1);
            if *counts == [0; Severity::ALL.len()] {
                self.0.remove(&path);
            }
        }
    }

    /// The worst severity on an object and inside it.
    ///
    /// Cost: O(log objects with problems).
    pub(super) fn worst(&self, path: &ObjectPath) -> Option<Severity> {
        let counts = self.0.get(path)?;
        Severity::ALL.iter().copied().rev().find(|severity| counts[*severity as usize] > 0)
    }
}

/// The objects that a problem counts for.
fn reach(problem: &Problem) -> impl Iterator<Item = ObjectPath> {
    let counts = problem.closed.is_none() && problem.suppression.is_none();
    let object = problem.object().clone();
    LEVELS.into_iter().filter(move |_| counts).map_while(move |level| object.ancestor(level))
}

#[cfg(test)]
mod tests {
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::problem::{Acknowledgement, ProblemId, Verdict};
    use topmast_model::status::Severity;

    #[test]
    fn worst_of_an_object_is_that_of_what_is_inside_and_told() {
        let mut world = World::with_services();
        let worst = |world: &World, path: &str| world.state.worst_problem(&path.parse().unwrap());
        let all = ["acme/main/db", "acme/main/db/switch", "acme/main/db/switch/HSM"];
        for path in all {
            assert_eq!(worst(&world, path), None, "{path}");
        }
        world.find("service-malfunction", "acme/main/db/switch/HSM", Verdict::Firing);
        world.settle();
        for path in all {
            assert_eq!(worst(&world, path), Some(Severity::Major), "{path}");
        }
        assert_eq!(worst(&world, "acme/main"), None, "what is above is summed up by who reads it");
        let problems = vec![ProblemId(1)];
        let acknowledgement = Acknowledgement { comment: None, expires_at: None, sticky: false };
        world.by("root", Command::AcknowledgeProblems { problems, acknowledgement }).unwrap();
        world.settle();
        for path in all {
            assert_eq!(worst(&world, path), None, "{path}");
        }
    }
}
