//! `/proc/stat`: how many processors there are, and where two readings stand, what they did in between.
//!
//! ```text
//! cpu  6225 9111 2000 300000 10 0 5 1 0 0
//! cpu0 3000 4000 1000 150000 5 0 3 1 0 0
//! intr 241398 0 9
//! procs_running 2
//! ```

use super::super::super::table::Kept;
use super::super::super::text::count;
use crate::reading::{Processor, Reading};

/// Ticks in programs, niced ones, the kernel, idle, waiting, interrupts of both kinds, and given to others. What
/// guests used is in the first two already.
const MODES: usize = 8;

type Ticks = Vec<u64>;

/// One reading of the file.
#[derive(Debug, Default)]
struct Sample {
    all: Option<Ticks>,
    single: Kept<(u64, Ticks)>,
    running: Option<u64>,
    blocked: Option<u64>,
    /// A line of something else follows the processors: there are no more of them.
    closed: bool,
}

/// The readings of the file, the last three of them.
#[derive(Debug, Default)]
pub(super) struct Stat {
    samples: Vec<Sample>,
}

impl Stat {
    /// Takes a line; false when it is of another file.
    pub(super) fn line(&mut self, name: &str, rest: &[&str]) -> bool {
        let only = || rest.first().and_then(|word| count(word)).filter(|_| rest.len() == 1);
        match name {
            "procs_running" => return self.queue(only(), |sample| &mut sample.running),
            "procs_blocked" => return self.queue(only(), |sample| &mut sample.blocked),
            _ => {}
        }
        let Some(processor) = name.strip_prefix("cpu") else { return false };
        let id = count(processor).filter(|_| !processor.is_empty());
        let ticks: Option<Ticks> = rest.iter().map(|word| count(word)).collect();
        // Kernel 2.4 has four of them.
        let Some(ticks) = ticks.filter(|ticks| ticks.len() >= 4 && (id.is_some() || processor.is_empty()))
        else {
            return false;
        };
        let sample = self.sample(|sample| match id {
            // They are listed in order.
            Some(id) => sample.single.iter().next_back().is_some_and(|(last, _)| *last >= id),
            None => sample.all.is_some() || !sample.single.is_empty(),
        });
        match id {
            Some(id) => sample.single.push((id, ticks)),
            None => sample.all = Some(ticks),
        }
        true
    }

    fn queue(&mut self, value: Option<u64>, field: impl Fn(&mut Sample) -> &mut Option<u64>) -> bool {
        if value.is_some() {
            *field(self.sample(|_| false)) = value;
        }
        value.is_some()
    }

    /// A line of something else was met.
    pub(super) fn close(&mut self) {
        if let Some(sample) = self.samples.last_mut() {
            sample.closed = true;
        }
    }

    /// The reading under way, or the next one.
    fn sample(&mut self, has: impl Fn(&Sample) -> bool) -> &mut Sample {
        if self.samples.last().is_none_or(has) {
            self.close();
            self.samples.push(Sample::default());
            if self.samples.len() > 3 {
                self.samples.remove(0);
            }
        }
        let last = self.samples.len() - 1;
        &mut self.samples[last]
    }

    pub(super) fn finish(mut self, reading: &mut Reading) {
        let Some(mut last) = self.samples.pop() else { return };
        if let Some(before) = self.samples.pop_if(|before| last.is_cut(before)) {
            reading.remark(1, "the last reading of stat is cut: the one before counts");
            last = before;
        }
        reading.procs_running = last.running;
        reading.procs_blocked = last.blocked;
        let n_cpus = last.single.len();
        let counted = Some(n_cpus as u64).filter(|count| *count > 0 && last.closed);
        reading.cpu_count = counted.or(reading.cpu_count);
        let Some(before) = self.samples.pop() else { return };
        let difference = last.all.as_deref().zip(before.all.as_deref());
        if let Some(all) = difference.and_then(|(last, before)| shares(last, before)) {
            let [user, nice, sys, idle, wait, irq, softirq, steal] = all;
            reading.cpu_user_pct = user;
            reading.cpu_nice_pct = nice;
            reading.cpu_sys_pct = sys;
            reading.cpu_idle_pct = idle;
            reading.cpu_wait_pct = wait;
            reading.cpu_irq_pct = irq;
            reading.cpu_softirq_pct = softirq;
            reading.cpu_steal_pct = steal;
        } else if difference.is_some() {
            reading.remark(
                1,
                "the counts of stat do not grow: the system was started in between, or no time passed",
            );
            return;
        }
        if n_cpus == 0 || before.single.len() != n_cpus {
            return;
        }
        let single = last.single.iter().zip(before.single.iter());
        let cpus = single.map(|((id, last), (_, before))| {
            let [user, nice, sys, idle, wait, _, _, steal] = shares(last, before).unwrap_or_default();
            Processor { id: Some(id.to_string()), user, sys, nice, wait, idle, steal, busy: None }
        });
        reading.cpus = Some(cpus.collect());
    }
}

impl Sample {
    /// Whether this one lacks what the one before has.
    fn is_cut(&self, before: &Self) -> bool {
        self.single.len() < before.single.len()
            || (self.running.is_none() && before.running.is_some())
            || (self.blocked.is_none() && before.blocked.is_some())
    }
}

/// Shares of the time between two readings; `None` when a count went back, as it does at a start.
fn shares(last: &[u64], before: &[u64]) -> Option<[Option<f64>; MODES]> {
    /// Idle and waiting are estimated, and go back by some ticks at times.
    const ESTIMATED: [usize; 2] = [3, 4];
    let mut spent = [None; MODES];
    for (mode, (spent, (last, before))) in spent.iter_mut().zip(last.iter().zip(before)).enumerate() {
        let ticks = last.checked_sub(*before);
        let close = || ESTIMATED.contains(&mode) && last.abs_diff(*before) < 100;
        *spent = Some(ticks.or_else(|| close().then_some(0))?);
    }
    let total: u64 = spent.iter().flatten().fold(0, |total, ticks| total.saturating_add(*ticks));
    (total > 0).then(|| spent.map(|ticks| ticks.map(|ticks| ticks as f64 * 100.0 / total as f64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        let (mut stat, mut reading) = (Stat::default(), Reading::default());
        for line in text.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if !words.first().is_some_and(|name| stat.line(name, &words[1..])) {
                stat.close();
            }
        }
        stat.finish(&mut reading);
        reading
    }

    const FIRST: &str = "cpu 1000 0 500 8000 100 10 20 30 0 0\ncpu0 600 0 300 4000 60 5 10 15\ncpu1 400 0 200 4000 40 5 10 15\nintr 7 0\nprocs_running 1\nprocs_blocked 0\n";
    const SECOND: &str = "cpu 1100 0 550 8040 110 10 20 30 0 0\ncpu0 690 0 300 4000 70 5 10 15\ncpu1 410 0 250 4040 40 5 10 15\nintr 9 0\nprocs_running 3\nprocs_blocked 1\n";

    #[test]
    fn two_readings_tell_what_was_done_in_between() {
        let reading = read(&format!("{FIRST}{SECOND}"));
        assert_eq!(
            (reading.cpu_count, reading.procs_running, reading.procs_blocked),
            (Some(2), Some(3), Some(1))
        );
        assert_eq!(
            (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct, reading.cpu_wait_pct),
            (Some(50.0), Some(25.0), Some(20.0), Some(5.0))
        );
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[0].user, cpus[1].sys), (2, Some(90.0), Some(50.0)));
        // One alone tells none of it.
        let reading = read(FIRST);
        assert_eq!((reading.cpu_count, reading.cpu_user_pct, reading.cpus), (Some(2), None, None));
    }

    #[test]
    fn a_reading_that_is_cut_gives_way_to_the_one_before() {
        let cut = &SECOND[..SECOND.len() - 20];
        let reading = read(&format!("{FIRST}{SECOND}{cut}"));
        assert_eq!((reading.procs_running, reading.cpu_user_pct), (Some(3), Some(50.0)));
        assert_eq!(read(&FIRST[..68]).cpu_count, None);
    }

    #[test]
    fn counts_that_went_back_tell_nothing() {
        let reading = read(&format!("{SECOND}{FIRST}"));
        assert_eq!((reading.cpu_count, reading.cpu_user_pct, reading.cpus), (Some(2), None, None));
        assert_eq!(reading.remarks.len(), 1);
        // Idle time does so by some ticks, and that is no start.
        let reading =
            read(&format!("{FIRST}{}", FIRST.replace("cpu 1000 0 500 8000", "cpu 1010 0 500 7999")));
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(100.0), Some(0.0)));
    }
}
