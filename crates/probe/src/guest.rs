//! Guests as a host's readings tell of them: which there are, and the figures of each.
//!
//! Several tools may tell of the same ones, at different times: one lists them with their states, another has what
//! they use. What the last of each said is put together here.
//!
//! Invariants
//! - GU-1: a guest that a whole listing does not have is forgotten, and so told to be gone.
//! - GU-2: figures are those of the last reading that could have had them: what a later one leaves out is unknown.
//!
//! Elsewhere: what tools say (`plan`, `docker`); what becomes of it (`topmast_engine::guests`).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use topmast_model::catalogue as metric;
use topmast_model::guest::{GUESTS_MAX, GuestCondition, GuestKind, GuestReport};
use topmast_model::sample::SampleSink;

/// Guests kept of one host: more than are shown, so that it is seen when there are more.
const KEPT_MAX: usize = 2 * GUESTS_MAX;

/// What a guest uses; unknown is missing, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GuestFigures {
    /// Its processors; 0 when unknown.
    pub cpu_count: u32,
    /// Processor time used, and not used of what it has, in seconds since any time.
    pub busy_idle_seconds: Option<(f64, f64)>,
    /// Memory that it has.
    pub memory_total_bytes: Option<u64>,
    /// Memory in use.
    pub memory_used_bytes: Option<u64>,
    /// Time since it started.
    pub uptime_seconds: Option<u64>,
}

impl GuestFigures {
    /// Emits them as those of any server.
    pub fn emit(&self, sink: &mut dyn SampleSink) {
        if let Some((busy, idle)) = self.busy_idle_seconds {
            sink.sample(metric::HOST_CPU_SECONDS, &["all", "busy"], busy);
            sink.sample(metric::HOST_CPU_SECONDS, &["all", "idle"], idle);
        }
        if self.cpu_count > 0 {
            sink.sample(metric::HOST_CPU_COUNT, &[], f64::from(self.cpu_count));
        }
        if let Some(total) = self.memory_total_bytes {
            sink.sample(metric::HOST_MEMORY_TOTAL_BYTES, &[], total as f64);
            if let Some(used) = self.memory_used_bytes {
                let available = total.saturating_sub(used);
                sink.sample(metric::HOST_MEMORY_AVAILABLE_BYTES, &[], available as f64);
            }
        }
        if let Some(seconds) = self.uptime_seconds {
            sink.sample(metric::HOST_UPTIME_SECONDS, &[], seconds as f64);
        }
    }
}

/// A guest that a reading told of.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What it is.
    pub kind: GuestKind,
    /// Its name on its host.
    pub name: String,
    /// What is said of it.
    pub condition: GuestCondition,
    /// What it uses.
    pub figures: GuestFigures,
}

impl Told {
    /// What becomes a fact of it.
    pub fn report(&self) -> GuestReport {
        GuestReport {
            kind: self.kind,
            name: self.name.clone(),
            condition: self.condition.clone(),
            cpu_count: self.figures.cpu_count,
        }
    }
}

/// The guests of the kinds that a reading told of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// Those that there are.
    pub guests: Vec<Told>,
    /// The kinds of which these are all.
    pub complete: Vec<GuestKind>,
}

/// How a part of a reading tells of guests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Part {
    /// It says which there are and whether they run.
    pub(crate) lists: bool,
    /// It says what they use.
    pub(crate) measures: bool,
    /// It came to its end.
    pub(crate) is_whole: bool,
}

/// The guests of one host.
#[derive(Debug, Default)]
pub(crate) struct Guests {
    known: BTreeMap<(GuestKind, String), Kept>,
    part: Part,
    told: Vec<GuestKind>,
    complete: Vec<GuestKind>,
}

#[derive(Debug)]
struct Kept {
    condition: GuestCondition,
    figures: GuestFigures,
    /// In the part that is taken.
    seen: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self { condition: GuestCondition::Untold, figures: GuestFigures::default(), seen: false }
    }
}

impl Guests {
    /// Takes a part that tells of some kinds; `take` is called with each of its guests within.
    pub(crate) fn part(&mut self, kinds: &[GuestKind], part: Part, each: impl FnOnce(&mut Self)) {
        for (_, kept) in self.known.iter_mut().filter(|((kind, _), _)| kinds.contains(kind)) {
            kept.seen = false;
            if part.measures {
                kept.figures = GuestFigures::default();
            }
        }
        self.part = part;
        each(self);
        if part.lists && part.is_whole {
            self.known.retain(|(kind, _), kept| kept.seen || !kinds.contains(kind));
            self.complete.extend(kinds);
        }
        self.told.extend(kinds);
    }

    /// Takes a guest of the part that was begun.
    pub(crate) fn take(
        &mut self,
        kind: GuestKind,
        name: &str,
        condition: GuestCondition,
        figures: GuestFigures,
    ) {
        let is_full = self.known.len() >= KEPT_MAX;
        let kept = match self.known.entry((kind, name.to_owned())) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(_) if is_full => return,
            Entry::Vacant(place) => place.insert(Kept::default()),
        };
        // Twice in a part: the first stands.
        if std::mem::replace(&mut kept.seen, true) {
            return;
        }
        if self.part.measures {
            kept.figures = figures;
        }
        if self.part.lists {
            kept.condition = condition;
            // What does not run uses nothing, whatever was said of it before.
            if matches!(kept.condition, GuestCondition::Stopped(_)) {
                kept.figures = GuestFigures::default();
            }
        }
    }

    /// What the parts since the last time told; `None` when none told of guests.
    pub(crate) fn told(&mut self) -> Option<Listing> {
        let told = std::mem::take(&mut self.told);
        let complete = std::mem::take(&mut self.complete);
        let of_told = self.known.iter().filter(|((kind, _), _)| told.contains(kind));
        let guests = of_told.map(|((kind, name), kept)| Told {
            kind: *kind,
            name: name.clone(),
            condition: kept.condition.clone(),
            figures: kept.figures,
        });
        (!told.is_empty()).then(|| Listing { guests: guests.collect(), complete })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTS: Part = Part { lists: true, measures: false, is_whole: true };
    const MEASURES: Part = Part { lists: false, measures: true, is_whole: true };

    fn memory(bytes: u64) -> GuestFigures {
        GuestFigures { memory_used_bytes: Some(bytes), ..GuestFigures::default() }
    }

    fn part(guests: &mut Guests, part: Part, rows: &[(&str, GuestCondition, GuestFigures)]) {
        guests.part(&[GuestKind::Zone], part, |guests| {
            for (name, condition, figures) in rows {
                guests.take(GuestKind::Zone, name, condition.clone(), *figures);
            }
        });
    }

    fn told(guests: &mut Guests) -> (Vec<String>, usize) {
        let listing = guests.told().unwrap();
        let row =
            |told: &Told| format!("{} {:?} {:?}", told.name, told.condition, told.figures.memory_used_bytes);
        (listing.guests.iter().map(row).collect(), listing.complete.len())
    }

    #[test]
    fn what_two_tools_tell_is_put_together() {
        // GU-1, GU-2
        let (mut guests, none) = (Guests::default(), GuestFigures::default());
        let runs = || GuestCondition::Runs("running".into());
        part(&mut guests, MEASURES, &[("a", GuestCondition::Untold, memory(7))]);
        assert_eq!(told(&mut guests), (vec!["a Untold Some(7)".into()], 0));
        part(&mut guests, LISTS, &[("a", runs(), none), ("b", runs(), none), ("b", runs(), memory(1))]);
        assert_eq!(
            told(&mut guests),
            (vec!["a Runs(\"running\") Some(7)".into(), "b Runs(\"running\") None".into()], 1)
        );
        // What a later measurement leaves out is unknown, and who is missing of a list that was cut is there.
        part(&mut guests, MEASURES, &[("b", GuestCondition::Untold, memory(9))]);
        part(&mut guests, Part { is_whole: false, ..LISTS }, &[("b", runs(), none)]);
        assert_eq!(
            told(&mut guests),
            (vec!["a Runs(\"running\") None".into(), "b Runs(\"running\") Some(9)".into()], 0)
        );
        part(&mut guests, LISTS, &[("b", GuestCondition::Stopped("installed".into()), none)]);
        assert_eq!(told(&mut guests), (vec!["b Stopped(\"installed\") None".into()], 1));
        part(&mut guests, LISTS, &[]);
        assert_eq!(told(&mut guests), (vec![], 1));
        assert_eq!(guests.told(), None);
    }

    #[test]
    fn guests_without_an_end_are_cut() {
        let mut guests = Guests::default();
        let names: Vec<String> = (0..KEPT_MAX + 9).map(|number| format!("z{number}")).collect();
        let rows: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), GuestCondition::Untold, GuestFigures::default()))
            .collect();
        part(&mut guests, LISTS, &rows);
        assert_eq!(told(&mut guests).0.len(), KEPT_MAX);
    }
}
