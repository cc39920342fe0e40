//! The summary of `top`: tasks, processors, memory and swap.

use super::super::super::figures::{Figure, amount, figures};
use super::super::super::text::{Line, bytes, count, number};
use crate::reading::{Processor, Reading};

/// Whether a line below a table can only be one of the next frame's summary.
pub(super) fn is(line: &str) -> bool {
    let line = line.trim_start();
    ["Tasks:", "Threads:", "%Cpu", "Cpu(s):"].iter().any(|label| line.starts_with(label))
        || line.split_once(' ').is_some_and(|(unit, _)| unit.len() == 3 && unit_of(unit).is_some())
}

/// What is known of the summary so far, to understand translated labels by their order.
#[derive(Debug, Default)]
pub(super) struct Summary {
    has_tasks: bool,
    has_memory: bool,
    /// Since procps 3.3.10 `free` stands before `used`.
    free_first: Option<bool>,
    /// Of versions that have the processors in a table: which mode each column is of.
    modes: Vec<Option<usize>>,
}

impl Summary {
    pub(super) fn read(&mut self, line: Line<'_>, reading: &mut Reading) {
        if self.row(line, reading) || Self::toybox(line, reading) {
            return;
        }
        for (label, body) in sections(line.text) {
            let name = label.strip_prefix('%').unwrap_or(label);
            let lower = name.to_ascii_lowercase();
            let cpu = lower.strip_prefix("cpu").or(if name == label { None } else { Some(lower.as_str()) });
            if let Some(which) = cpu {
                processor(line, which.trim(), body, reading);
            } else if unit_of(label).is_some() || ["mem", "swap"].contains(&lower.as_str()) {
                self.memory(line, label, body, reading);
            } else if !self.has_tasks && !body.contains('.') {
                self.tasks(label, body, reading);
            }
        }
    }

    /// The table of processors of procps 2: `CPU states:  cpu  user  nice …`, and below it rows of `total` and `cpu00`.
    fn row(&mut self, line: Line<'_>, reading: &mut Reading) -> bool {
        let text = line.text.trim();
        if let Some(names) = text.strip_prefix("CPU states:")
            && !names.contains(|char: char| char.is_ascii_digit())
        {
            self.modes = names.split_whitespace().skip(1).map(mode_of).collect();
            return true;
        }
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let number = name.strip_prefix("cpu").filter(|number| count(number).is_some());
        if self.modes.is_empty() || (name != "total" && number.is_none()) {
            return false;
        }
        let mut shares = [None; 8];
        for (mode, word) in self.modes.iter().zip(words) {
            let share = mode.and_then(|mode| shares.get_mut(mode));
            match (share, percent(word.trim_end_matches('%'))) {
                (Some(share), Some(value)) => *share = Some(value),
                _ => reading
                    .remark(line.number, format!("the processor's share {word:?} is cut or has no label")),
            }
        }
        let number = number
            .map(|number| number.trim_start_matches('0'))
            .map(|number| if number.is_empty() { "0" } else { number });
        set(number.unwrap_or_default(), shares, None, reading);
        true
    }

    /// The processors of toybox in one line: `800%cpu  45%user   3%nice  60%sys 690%idle   0%iow   1%irq   1%sirq`.
    fn toybox(line: Line<'_>, reading: &mut Reading) -> bool {
        let mut words = line.text.split_whitespace().map(|word| word.split_once('%'));
        let Some(Some((all, "cpu"))) = words.next() else { return false };
        let Some(all) = number(all).filter(|all| *all >= 100.0) else { return false };
        let mut shares = [None; 8];
        for (value, label) in words.flatten() {
            let label = match label {
                "sys" => "sy",
                "iow" => "wa",
                "irq" => "hi",
                "sirq" => "si",
                "host" => "st",
                other => other,
            };
            let share = number(value).map(|value| value * 100.0 / all).filter(|share| *share <= 101.0);
            if let Some(field) = mode_of(label).and_then(|mode| shares.get_mut(mode)) {
                *field = share;
            }
        }
        set("", shares, None, reading);
        // 100 for each processor.
        reading.cpu_count = bytes(all / 100.0);
        true
    }

    fn tasks(&mut self, label: &str, body: &str, reading: &mut Reading) {
        // A first line that is cut has the time of day before its first colon.
        if label.contains(" - ") || label.contains(',') || label.bytes().all(|byte| byte.is_ascii_digit()) {
            return;
        }
        // Without a label it is no count of tasks.
        let figures: Vec<_> = figures(body).into_iter().filter(|figure| !figure.label.is_empty()).collect();
        // `Last login: Tue Mar  3 10` has figures too, but not one after the other.
        let known = matches!(label, "Tasks" | "Threads") || label.ends_with(" processes");
        if !known && body.matches(',').count() < 2 {
            return;
        }
        // Older ones begin with `133 processes: 131 sleeping, 1 running`.
        let mut total = label.split_once(' ').and_then(|(total, _)| count(total));
        let mut running = None;
        for (at, figure) in figures.iter().enumerate() {
            match (figure.label, at) {
                ("total", _) => total = count(figure.value),
                ("running", _) => running = count(figure.value),
                ("sleeping" | "stopped" | "zombie", _) => {}
                // Translated: the order is always the same.
                (_, 0) => total = total.or(count(figure.value)),
                (_, 1) => running = count(figure.value),
                _ => {}
            }
        }
        if figures.len() > 1 || total.is_some() {
            self.has_tasks = true;
            (reading.process_count, reading.processes_running) = (total, running);
        }
    }

    fn memory(&mut self, line: Line<'_>, label: &str, body: &str, reading: &mut Reading) {
        let swap = label.to_ascii_lowercase().contains("swap") || self.has_memory;
        self.has_memory = true;
        let unit = unit_of(label).unwrap_or(1024);
        if let Some((used, total)) = bar(body) {
            // `27.9/24105.6 [|||  ]`: the share used, and all of it.
            let total = if number(used).is_some() { amount(total, unit) } else { None };
            if swap {
                reading.swap_total_bytes = total;
            } else {
                reading.mem_total_bytes = total;
            }
            return;
        }
        let figures = figures(body);
        let free_first = figures.get(1).map(|figure| figure.is("free"));
        let slash = figures.iter().any(|figure| figure.label.contains('/'));
        let known = figures.get(1).is_some_and(|figure| figure.is("free") || figure.is("used"));
        if known {
            self.free_first = free_first;
        } else if !swap && figures.len() > 3 {
            self.free_first = Some(slash);
        }
        for (at, figure) in figures.iter().enumerate() {
            let kind = kind_of(figure, at, swap, self.free_first);
            let size = amount(figure.value, unit);
            let (Some(kind), Some(size)) = (kind, size) else {
                reading.remark(
                    line.number,
                    format!("{}: {:?} is cut or has no label", label.trim(), figure.value),
                );
                continue;
            };
            let field = match (kind, swap) {
                (Kind::Total, false) => &mut reading.mem_total_bytes,
                (Kind::Free, false) => &mut reading.mem_free_bytes,
                (Kind::Used, false) => &mut reading.mem_used_bytes,
                (Kind::Total, true) => &mut reading.swap_total_bytes,
                (Kind::Free, true) => &mut reading.swap_free_bytes,
                (Kind::Used, true) => &mut reading.swap_used_bytes,
                (Kind::BuffCache, _) => &mut reading.mem_buff_cache_bytes,
                (Kind::Buffers, _) => &mut reading.mem_buffers_bytes,
                (Kind::Cached, _) => &mut reading.mem_cached_bytes,
                (Kind::Available, _) => &mut reading.mem_available_bytes,
                (Kind::Shared, _) => continue,
            };
            *field = Some(size);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Total,
    Free,
    Used,
    BuffCache,
    Buffers,
    Cached,
    Available,
    /// Of procps 2.
    Shared,
}

/// What a figure of a line of memory is: by its label, or by its place where the label is translated.
fn kind_of(figure: &Figure<'_>, at: usize, swap: bool, free_first: Option<bool>) -> Option<Kind> {
    let label = figure.label.to_lowercase();
    Some(match label.as_str() {
        "" => return None,
        "total" => Kind::Total,
        "free" => Kind::Free,
        "used" => Kind::Used,
        "buffers" | "buff" => Kind::Buffers,
        "shrd" => Kind::Shared,
        "cached" | "cached mem" => Kind::Cached,
        _ if label.contains('/') => Kind::BuffCache,
        _ if label.starts_with("avail") => Kind::Available,
        _ => match (at, swap, free_first?) {
            (0, ..) => Kind::Total,
            (1, _, true) | (2, _, false) => Kind::Free,
            (2, _, true) | (1, _, false) => Kind::Used,
            (3, false, true) => Kind::BuffCache,
            (3, false, false) => Kind::Buffers,
            (3, true, true) => Kind::Available,
            (3, true, false) => Kind::Cached,
            _ => return None,
        },
    })
}

/// The unit of a label such as `MiB Mem`, in bytes.
fn unit_of(label: &str) -> Option<u64> {
    let word = label.split_whitespace().next()?;
    let (first, rest) = word.split_at_checked(1)?;
    (rest.eq_ignore_ascii_case("ib") || rest.eq_ignore_ascii_case("io"))
        .then(|| amount(&format!("1{first}"), 1))?
}

/// Parts a line at its labels: two processors, or memory and swap, may share one.
fn sections(line: &str) -> Vec<(&str, &str)> {
    let mut sections: Vec<(&str, &str)> = Vec::new();
    let mut rest = line;
    let mut label: Option<&str> = None;
    // Up to eight processors are side by side; more colons are no summary.
    for _ in 0..16 {
        let Some((before, after)) = rest.split_once(':') else { break };
        let next = before.trim_end();
        let start = next.rfind("  ").map(|at| at + 2).or_else(|| {
            next.rfind([']', '%'])
                .map(|at| at + usize::from(next.get(at..).is_some_and(|rest| rest.starts_with(']'))))
        });
        match label.take() {
            None => label = Some(next.trim()),
            Some(known) => {
                let (body, new) = next.split_at_checked(start.unwrap_or(0)).unwrap_or((next, ""));
                sections.push((known, body));
                label = Some(new.trim());
            }
        }
        rest = after;
    }
    sections.extend(label.map(|label| (label, rest)));
    sections
}

/// `a/b` before a bar or a total.
fn bar(body: &str) -> Option<(&str, &str)> {
    let (first, second) = body.split_whitespace().next()?.split_once('/')?;
    (body.contains('[') || number(first).is_some() && number(second).is_some()).then_some((first, second))
}

/// The order in which procps has always had the modes.
const MODES: [&str; 8] = ["us", "sy", "ni", "id", "wa", "hi", "si", "st"];

fn mode_of(label: &str) -> Option<usize> {
    let label = label.to_ascii_lowercase();
    let short = match label.as_str() {
        "user" => "us",
        "system" => "sy",
        "nice" => "ni",
        "idle" => "id",
        "iowait" => "wa",
        "irq" => "hi",
        "softirq" => "si",
        "steal" => "st",
        other => other,
    };
    MODES.iter().position(|mode| *mode == short)
}

/// A line of all processors, or of one.
fn processor(line: Line<'_>, which: &str, body: &str, reading: &mut Reading) {
    let mut shares = [None; 8];
    let mut busy = None;
    if let Some((user, system)) = bar(body) {
        // `92.0/8.0   100[||||]`: programs, niced ones among them; the kernel with its interrupts; both.
        (shares[0], shares[1]) = (percent(user), percent(system));
        busy = body.split_whitespace().nth(1).and_then(|word| percent(word.split('[').next()?));
    } else {
        let figures = figures(body);
        // A translated label is understood by its place, unless what is known stands elsewhere.
        let in_place = figures
            .iter()
            .enumerate()
            .all(|(at, figure)| mode_of(figure.label).is_none_or(|mode| mode == at));
        for (at, figure) in figures.iter().enumerate() {
            let mode = mode_of(figure.label).or((in_place && !figure.label.is_empty()).then_some(at));
            match (mode.and_then(|mode| shares.get_mut(mode)), percent(figure.value)) {
                (Some(share), Some(value)) => *share = Some(value),
                _ => reading.remark(
                    line.number,
                    format!("the processor's share {:?} is cut or has no label", figure.value),
                ),
            }
        }
    }
    set(which, shares, busy, reading);
}

/// Sets the shares of all processors, or of one.
fn set(which: &str, shares: [Option<f64>; 8], busy: Option<f64>, reading: &mut Reading) {
    let [user, sys, nice, idle, wait, irq, softirq, steal] = shares;
    if which.starts_with(|char: char| char.is_ascii_digit()) {
        let id = which.split_whitespace().next().map(str::to_owned);
        let processor = Processor { id, user, sys, nice, wait, idle, steal, busy };
        reading.cpus.get_or_insert_default().push(processor);
    } else if which.is_empty() || which.starts_with('(') || which.starts_with("states") {
        reading.cpu_user_pct = user;
        reading.cpu_sys_pct = sys;
        reading.cpu_nice_pct = nice;
        reading.cpu_idle_pct = idle;
        reading.cpu_wait_pct = wait;
        reading.cpu_irq_pct = irq;
        reading.cpu_softirq_pct = softirq;
        reading.cpu_steal_pct = steal;
    }
}

/// A share of a processor's time: rounding may bring it to 100.1.
fn percent(word: &str) -> Option<f64> {
    number(word).filter(|value| (0.0..101.0).contains(value))
}
