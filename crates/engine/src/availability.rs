//! Availability: for how long something was up and down, from what became of it.
//!
//! ```text
//! server      ──UP──────┬─DOWN─┬─UP──────────     a layer: turns, ascending
//! application   ──STARTED──────┬─FAILED─┬─STARTED
//! instance    ──up──────┬─down─┬─down───┬─up      up while all its layers are
//! function              any of its instances      up while one is
//! ```
//!
//! Invariants
//! - AV-1: what nobody watched is unknown, never up and never down.
//! - AV-2: of a time in which all instances are in maintenance nothing is counted, neither up nor down.
//! - AV-3: before it was there and after it was removed, nothing of it is counted.
//!
//! Elsewhere: where turns come from (`topmast-master`, `projection::availability`).

use std::collections::BTreeSet;
use topmast_model::maintenance::Period;
use topmast_model::status::ApplicationStatus;
use topmast_model::time::UnixMillis;

/// How something counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is not there.
    Absent,
    /// It does what it is for.
    Up,
    /// Nobody knows.
    Unknown,
    /// It does not.
    Down,
}

/// That something became what it is until the next turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When.
    pub at: UnixMillis,
    /// How it counts from then on.
    pub standing: Standing,
    /// Its status, in the words that every surface shows.
    pub status: String,
    /// Why, in words.
    pub cause: String,
}

/// What became of one object, ascending by time. Before the first turn it was not there.
pub type Layer = [Turn];

/// One instance of a function: the layers that it needs, the outermost first, and when it was in maintenance.
#[derive(Debug, Clone)]
pub struct Instance<'a> {
    /// Server, application, service, as far down as it is about.
    pub layers: Vec<&'a Layer>,
    /// When.
    pub maintenance: Vec<Period>,
}

/// For how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// It did what it is for.
    pub up_ms: u64,
    /// It did not.
    pub down_ms: u64,
    /// Nobody knows.
    pub unknown_ms: u64,
    /// It was in maintenance.
    pub maintenance_ms: u64,
}

impl Counted {
    /// Time of which is known what it was.
    pub const fn known_ms(&self) -> u64 {
        self.up_ms + self.down_ms
    }

    /// The part of the known time in which it was up, in percent; none when nothing is known.
    pub fn percent(&self) -> Option<f64> {
        (self.known_ms() > 0).then(|| self.up_ms as f64 * 100.0 / self.known_ms() as f64)
    }

    /// Takes more time into account.
    pub const fn add(&mut self, more: &Self) {
        self.up_ms += more.up_ms;
        self.down_ms += more.down_ms;
        self.unknown_ms += more.unknown_ms;
        self.maintenance_ms += more.maintenance_ms;
    }
}

/// A time in which it was down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// From when on, within the window.
    pub from: UnixMillis,
    /// Until when; none of one that goes on at the window's end.
    pub until: Option<UnixMillis>,
    /// For how long of it: without what nobody knows of.
    pub down_ms: u64,
    /// What became of it first.
    pub status: String,
    /// Why, in words.
    pub cause: String,
}

/// What was found of one function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured {
    /// All of the window.
    pub total: Counted,
    /// Each of its parts.
    pub parts: Vec<Counted>,
    /// The oldest first.
    pub outages: Vec<Outage>,
}

/// True when something was STOPPED for all of a window: it is there, and nobody wanted it to run.
pub fn is_idle(layer: &Layer, window: Period) -> bool {
    let first = layer.partition_point(|turn| turn.at <= window.from).saturating_sub(1);
    let mut inside = layer[first..].iter().take_while(|turn| turn.at < window.to);
    let counts = |turn: &&Turn| turn.standing != Standing::Absent;
    inside.by_ref().filter(counts).all(|turn| turn.status == ApplicationStatus::Stopped.as_str())
}

/// Measures one function.
///
/// - `edges`: where the window's parts begin, ascending; the first is the window's begin.
/// - `gaps`: times in which no master watched, ascending and apart.
///
/// Cost: O(n log n) for n turns and edges, times the number of instances.
pub fn measure(
    window: Period,
    edges: &[UnixMillis],
    gaps: &[Period],
    instances: &[Instance<'_>],
) -> Measured {
    let mut measured = Measured { parts: vec![Counted::default(); edges.len()], ..Measured::default() };
    let mut open: Option<Outage> = None;
    let cuts = cuts(window, edges, gaps, instances);
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        let (at, length) = (UnixMillis(*from), u64::try_from(to - from).unwrap_or(0));
        let found = standing(instances, is_in(gaps, at), at);
        let mut counted = Counted::default();
        match found.standing {
            Standing::Absent => {}
            _ if found.is_maintained => counted.maintenance_ms = length,
            Standing::Up => counted.up_ms = length,
            Standing::Unknown => counted.unknown_ms = length,
            Standing::Down => counted.down_ms = length,
        }
        measured.total.add(&counted);
        let part = edges.partition_point(|edge| *edge <= at).saturating_sub(1);
        if let Some(part) = measured.parts.get_mut(part) {
            part.add(&counted);
        }
        if counted.down_ms > 0 {
            let outage = open.get_or_insert_with(|| Outage {
                from: at,
                until: None,
                down_ms: 0,
                status: found.turn.map_or_else(String::new, |turn| turn.status.clone()),
                cause: found.turn.map_or_else(String::new, |turn| turn.cause.clone()),
            });
            outage.down_ms += length;
        } else if counted.unknown_ms == 0
            && let Some(ended) = open.take()
        {
            measured.outages.push(Outage { until: Some(at), ..ended });
        }
    }
    measured.outages.extend(open);
    measured
}

/// Every moment of the window at which something may change, with its begin and end.
fn cuts(window: Period, edges: &[UnixMillis], gaps: &[Period], instances: &[Instance<'_>]) -> Vec<i64> {
    let periods = gaps.iter().chain(instances.iter().flat_map(|instance| &instance.maintenance));
    let turns = instances.iter().flat_map(|instance| &instance.layers).flat_map(|layer| layer.iter());
    let moments = periods.flat_map(|period| [period.from, period.to]).chain(turns.map(|turn| turn.at));
    let inside = moments.chain(edges.iter().copied()).filter(|at| window.contains(*at));
    let mut cuts: BTreeSet<i64> = inside.map(|at| at.0).collect();
    cuts.extend([window.from.0, window.to.0]);
    cuts.into_iter().collect()
}

/// How a function counts at a moment.
struct Found<'a> {
    standing: Standing,
    /// What became of what keeps it down.
    turn: Option<&'a Turn>,
    is_maintained: bool,
}

fn standing<'a>(instances: &[Instance<'a>], is_gap: bool, at: UnixMillis) -> Found<'a> {
    let mut best = Found { standing: Standing::Absent, turn: None, is_maintained: true };
    let rank = |standing| match standing {
        Standing::Absent => 0,
        Standing::Down => 1,
        Standing::Unknown => 2,
        Standing::Up => 3,
    };
    for instance in instances {
        let (standing, turn) = of_instance(instance, is_gap, at);
        if standing == Standing::Absent {
            continue;
        }
        best.is_maintained &= instance.maintenance.iter().any(|period| period.contains(at));
        // Of several that are down, the last one to go took the function down.
        let is_later = standing == best.standing && turn.map(|turn| turn.at) > best.turn.map(|turn| turn.at);
        if rank(standing) > rank(best.standing) || is_later {
            (best.standing, best.turn) = (standing, turn);
        }
    }
    best
}

/// The outermost layer that is not up decides, as long as all are there.
fn of_instance<'a>(instance: &Instance<'a>, is_gap: bool, at: UnixMillis) -> (Standing, Option<&'a Turn>) {
    let mut worst = (Standing::Up, None);
    for layer in &instance.layers {
        let turn = layer.partition_point(|turn| turn.at <= at).checked_sub(1).map(|index| &layer[index]);
        match turn {
            Some(turn) if turn.standing != Standing::Absent => {
                if worst.0 == Standing::Up {
                    worst = (turn.standing, Some(turn));
                }
            }
            _ => return (Standing::Absent, None),
        }
    }
    if is_gap { (Standing::Unknown, None) } else { worst }
}

fn is_in(gaps: &[Period], at: UnixMillis) -> bool {
    let before = gaps.partition_point(|gap| gap.from <= at);
    before.checked_sub(1).is_some_and(|index| gaps[index].contains(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(at: i64, standing: Standing, status: &str) -> Turn {
        Turn { at: UnixMillis(at), standing, status: status.into(), cause: format!("{status} at {at}") }
    }

    fn period(from: i64, to: i64) -> Period {
        Period { from: UnixMillis(from), to: UnixMillis(to) }
    }

    const WINDOW: (i64, i64) = (100, 200);

    /// Up, down, unknown and maintenance of a window of 100 ms, and its outages as `from-until/down cause`.
    fn check(gaps: &[Period], instances: &[Instance<'_>], expect: [u64; 4], outages: &[&str]) {
        let window = period(WINDOW.0, WINDOW.1);
        let edges = [UnixMillis(100), UnixMillis(150)];
        let measured = measure(window, &edges, gaps, instances);
        let Counted { up_ms, down_ms, unknown_ms, maintenance_ms } = measured.total;
        assert_eq!([up_ms, down_ms, unknown_ms, maintenance_ms], expect);
        let told: Vec<String> = measured
            .outages
            .iter()
            .map(|one| {
                let until = one.until.map_or_else(String::new, |until| until.to_string());
                format!("{}-{until}/{} {}", one.from.0, one.down_ms, one.cause)
            })
            .collect();
        assert_eq!(told, outages);
        let mut sum = Counted::default();
        measured.parts.iter().for_each(|part| sum.add(part));
        assert_eq!(sum, measured.total, "the parts are the whole");
    }

    fn alone<'a>(layers: &[&'a Layer]) -> Instance<'a> {
        Instance { layers: layers.to_vec(), maintenance: Vec::new() }
    }

    #[test]
    fn outage_is_counted_with_its_first_cause_and_ends_when_it_is_up() {
        let app = [
            turn(10, Standing::Up, "STARTED"),
            turn(120, Standing::Down, "FAILED"),
            turn(130, Standing::Down, "STARTING"),
            turn(140, Standing::Up, "STARTED"),
            turn(190, Standing::Down, "FAILED"),
        ];
        let at = |millis: i64| UnixMillis(millis).to_string();
        let first = format!("120-{}/20 FAILED at 120", at(140));
        check(&[], &[alone(&[&app])], [70, 30, 0, 0], &[&first, "190-/10 FAILED at 190"]);
    }

    #[test]
    fn server_that_is_down_takes_what_is_on_it_down_only_while_it_is_there() {
        // AV-3
        let server = [
            turn(10, Standing::Up, "UP"),
            turn(110, Standing::Unknown, "STALE"),
            turn(120, Standing::Down, "DOWN"),
        ];
        let app = [
            turn(10, Standing::Up, "STARTED"),
            turn(125, Standing::Down, "FAILED"),
            turn(160, Standing::Absent, "GONE"),
        ];
        let until = UnixMillis(160);
        let outage = format!("120-{until}/40 DOWN at 120");
        check(&[], &[alone(&[&server, &app])], [10, 40, 10, 0], &[&outage]);
        let late = [turn(150, Standing::Up, "STARTED")];
        check(&[], &[alone(&[&server, &late])], [0, 50, 0, 0], &["150-/50 DOWN at 120"]);
        check(&[], &[], [0; 4], &[]);
    }

    #[test]
    fn what_no_master_watched_is_unknown_and_splits_no_outage() {
        // AV-1
        let app = [turn(10, Standing::Up, "STARTED"), turn(140, Standing::Down, "FAILED")];
        let gaps = [period(50, 110), period(150, 170)];
        check(&gaps, &[alone(&[&app])], [30, 40, 30, 0], &["140-/40 FAILED at 140"]);
    }

    #[test]
    fn maintenance_of_all_instances_counts_nothing_and_of_one_does_not_hide_the_other() {
        // AV-2
        let one = [turn(10, Standing::Up, "STARTED"), turn(120, Standing::Down, "STOPPED")];
        let other = [turn(10, Standing::Up, "STARTED"), turn(150, Standing::Down, "FAILED")];
        let with = |layer, maintenance| Instance { layers: vec![layer], maintenance };
        let planned = vec![period(120, 160)];
        check(&[], &[with(&one, planned.clone())], [20, 40, 0, 40], &["160-/40 STOPPED at 120"]);
        // The other one was up for some of that time, and nobody announced that it would not be.
        let both = [with(&one, planned.clone()), with(&other, Vec::new())];
        check(&[], &both, [50, 50, 0, 0], &["150-/50 FAILED at 150"]);
        let all = [with(&one, planned.clone()), with(&other, planned)];
        check(&[], &all, [20, 40, 0, 40], &["160-/40 FAILED at 150"]);
    }

    #[test]
    fn what_was_stopped_all_the_time_is_idle() {
        let window = period(WINDOW.0, WINDOW.1);
        let stopped = |at| turn(at, Standing::Down, "STOPPED");
        let failed = |at| turn(at, Standing::Down, "FAILED");
        assert!(is_idle(&[failed(10), stopped(90), failed(200)], window));
        assert!(is_idle(&[], window));
        assert!(!is_idle(&[stopped(90), failed(150)], window));
        assert!(!is_idle(&[failed(90), stopped(150)], window));
    }

    #[test]
    fn percent_is_of_the_known_time_alone() {
        let counted = Counted { up_ms: 999, down_ms: 1, unknown_ms: 500, maintenance_ms: 500 };
        assert_eq!(counted.percent(), Some(99.9));
        assert_eq!(Counted::default().percent(), None);
    }
}
