//! How many are how, by status and by health.

use topmast_api::overview::{Counts, StatusCount};
use topmast_model::status::Health;

/// Objects of one kind, counted.
pub(super) struct Tally {
    /// Every status of the kind, in its order, with how many have it and how many of those are not healthy.
    statuses: Vec<(&'static str, u64, u64)>,
    /// By health, from best to worst.
    healths: [u64; 4],
}

impl Tally {
    pub(super) fn of<S: Copy>(statuses: &[S], word: impl Fn(S) -> &'static str) -> Self {
        Self { statuses: statuses.iter().map(|status| (word(*status), 0, 0)).collect(), healths: [0; 4] }
    }

    pub(super) fn add(&mut self, status: &'static str, health: Health) {
        self.healths[health as usize] += 1;
        if let Some((_, count, bad)) = self.statuses.iter_mut().find(|(word, ..)| *word == status) {
            *count += 1;
            *bad += u64::from(health != Health::Healthy);
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.healths.iter().sum()
    }

    pub(super) fn bad(&self) -> u64 {
        self.total() - self.healths[Health::Healthy as usize]
    }

    pub(super) fn worst(&self) -> Health {
        let worst = Health::ALL.iter().rev().find(|health| self.healths[**health as usize] > 0);
        worst.copied().unwrap_or(Health::Healthy)
    }

    /// How many are not healthy and how: `1 of 3 MALFUNCTION`; `None` when all are.
    pub(super) fn words(&self) -> Option<String> {
        let total = self.total();
        let bad = self.statuses.iter().filter(|(_, _, bad)| *bad > 0);
        let words: Vec<String> = bad.map(|(status, _, bad)| format!("{bad} of {total} {status}")).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    pub(super) fn finish(self) -> Counts {
        let total = self.total();
        let [healthy, degraded, unknown, failed] = self.healths;
        let found = self.statuses.into_iter().filter(|(_, count, _)| *count > 0);
        let statuses = found.map(|(status, count, _)| StatusCount { status: status.to_owned(), count });
        Counts { total, healthy, degraded, unknown, failed, statuses: statuses.collect() }
    }
}

/// How many there are, and how many of them are not healthy.
#[derive(Default, Clone, Copy)]
pub(super) struct Share {
    pub(super) total: u64,
    pub(super) bad: u64,
}

impl Share {
    pub(super) fn add(&mut self, health: Health) {
        self.total += 1;
        self.bad += u64::from(health != Health::Healthy);
    }
}
