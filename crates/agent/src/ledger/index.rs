//! What the ledger's lines add up to. Holds places in the file instead of texts, to stay small.

use super::UnfinishedStep;
use super::entry::Entry;
use super::told::Told;
use std::collections::{HashMap, VecDeque};
use topmast_model::application::Operation;
use topmast_model::id::{Epoch, StepId};
use topmast_model::report::Report;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Place of a line in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// What is known of a step.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) begun_at: UnixMillis,
    /// What was to be done, while it is not finished.
    pub(super) unfinished: Option<(Operation, String)>,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) instance: Uuid,
    pub(super) epoch: Epoch,
    pub(super) last_number: u64,
    pub(super) handed_out: u64,
    pub(super) acknowledged: u64,
    /// Reports `acknowledged + 1 ..= last_number`.
    pub(super) pending: VecDeque<Place>,
    pub(super) steps: HashMap<StepId, Step>,
    /// What was reported last of each object.
    pub(super) told: Told,
}

impl Index {
    pub(super) const fn next_number(&self) -> u64 {
        self.last_number + 1
    }

    /// Takes a line in. Lines come in the order of the file.
    pub(super) fn apply(&mut self, entry: &Entry, place: Place) {
        match entry {
            Entry::Format { instance, .. } => self.instance = *instance,
            Entry::Epoch { epoch } => self.epoch = (*epoch).max(self.epoch),
            Entry::Step { step, operation, application, begun_at, finished } => {
                let unfinished = (!finished).then(|| (*operation, application.clone()));
                self.steps.insert(*step, Step { begun_at: *begun_at, unfinished });
            }
            Entry::Report { number, report } => {
                self.last_number = *number;
                self.pending.push_back(place);
                self.told.take(*number, report, place);
                if let Report::StepFinished { step, .. } | Report::StepLost { step, .. } = report {
                    let known = self.steps.entry(*step);
                    // A step that was refused before it began is known from its outcome alone.
                    known.or_insert(Step { begun_at: UnixMillis(0), unfinished: None }).unfinished = None;
                }
            }
            Entry::HandedOut { up_to } => self.handed_out = (*up_to).max(self.handed_out),
            Entry::Acknowledged { up_to } => self.acknowledge(*up_to),
        }
    }

    pub(super) fn acknowledge(&mut self, up_to: u64) {
        while self.acknowledged < up_to {
            self.acknowledged += 1;
            self.pending.pop_front();
        }
        // A compacted file starts with this line, so numbers go on behind it.
        self.last_number = self.last_number.max(up_to);
        self.handed_out = self.handed_out.max(up_to);
    }

    pub(super) fn unfinished(&self) -> Vec<UnfinishedStep> {
        let steps = self.steps.iter().filter_map(|(step, known)| {
            let (operation, application) = known.unfinished.clone()?;
            Some(UnfinishedStep { step: *step, operation, application })
        });
        steps.collect()
    }

    /// Places of the reports above `after`, oldest first, with the number of the first.
    pub(super) fn pending_after(&self, after: u64, limit: usize) -> (u64, Vec<Place>) {
        let skip = usize::try_from(after.saturating_sub(self.acknowledged)).unwrap_or(usize::MAX);
        let places = self.pending.iter().skip(skip).take(limit).copied().collect();
        (self.acknowledged.max(after) + 1, places)
    }
}
