//! `mpstat`: a row a processor, or a processor set with `-a`.

use crate::error::{Fault, ParseError};
use crate::reading::{Processor, Reading};
use crate::tool::row::{Head, Row, is_cut, last_complete};
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut samples: Vec<Vec<(Processor, Host)>> = Vec::new();
    let mut sets = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let first = line.words().next().unwrap_or_default();
        if matches!(first, "CPU" | "SET") && line.words().any(|word| word == "idl") {
            head = Some(Head::of(line.text));
            sets = first == "SET";
            samples.push(Vec::new());
            // Only the newest and the one before it can count.
            if samples.len() > 2 {
                samples.remove(0);
            }
            continue;
        }
        let (Some(head), Some(sample)) = (&head, samples.last_mut()) else { continue };
        // Lines of dates and the command stand between.
        if text::count(first).is_none() || line.words().count() < 2 {
            continue;
        }
        let whole = !is_cut(&line);
        let Some(row) = head.row(&line).filter(|_| whole) else {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        };
        let processor = Processor {
            id: Some(first.to_owned()),
            user: row.share(&["usr"]),
            sys: row.share(&["sys"]),
            wait: row.share(&["wt"]),
            idle: row.share(&["idl"]),
            steal: row.share(&["st"]),
            ..Processor::default()
        };
        sample.push((processor, Host::of(&row)));
        row.report(&mut reading);
    }
    let Some(rows) = last_complete(samples) else {
        return Err(text.error(Fault::Missing("the header of mpstat")));
    };
    if let ([(set, host)], true) = (&rows[..], sets) {
        // One set is the host.
        (reading.cpu_user_pct, reading.cpu_sys_pct) = (set.user, set.sys);
        (reading.cpu_wait_pct, reading.cpu_idle_pct) = (set.wait, set.idle);
        reading.cpu_count = host.size;
        reading.interrupts_per_s = host.interrupts;
        reading.context_switches_per_s = host.switches;
        reading.syscalls_per_s = host.calls;
    } else {
        let mut cpus: Vec<Processor> = rows.into_iter().map(|(processor, _)| processor).collect();
        // Every processor has its row; with `-a` the rows are sets of them.
        reading.cpu_count = (!sets && !cpus.is_empty()).then_some(cpus.len() as u64);
        bound(&mut cpus, "processors", &mut reading);
        reading.cpus = Some(cpus);
    }
    Ok(reading)
}

/// What a row says of all processors of a set.
struct Host {
    size: Option<u64>,
    interrupts: Option<f64>,
    switches: Option<f64>,
    calls: Option<f64>,
}

impl Host {
    fn of(row: &Row<'_, '_, '_>) -> Self {
        Self {
            size: row.count(&["sze"]),
            interrupts: row.number(&["intr"]),
            switches: row.number(&["csw"]),
            calls: row.number(&["syscl"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "CPU minf mjf xcal  intr ithr  csw icsw migr smtx  srw syscl  usr sys  wt idl\n";

    #[test]
    fn cut_sample_gives_way_to_the_one_before() {
        let text = format!(
            "{HEAD}  0 1 0 0 100 50 200 5 1 2 0 300 90 5 0 5\n  1 1 0 0 100 50 200 5 1 2 0 300 80 5 0 15\n\
             Sun Jan  5 10:00:00 CET 2025\n\
             {HEAD}  0 1 0 0 100 50 200 5 1 2 0 300 11 22 0 67\n  1 1 0 0 100 50 200 5 1 2 0 300 12 3 0 85\n\
             {HEAD}  0 1 0 0 100 50 200 5 1 2 0 300 50 5 0 45\n"
        );
        let reading = parse(&Text::of("solaris mpstat", &text)).unwrap();
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[0].user, cpus[1].idle), (2, Some(11.0), Some(85.0)));
        assert_eq!((reading.cpu_count, reading.cpu_user_pct), (Some(2), None));
    }

    #[test]
    fn one_set_is_the_host() {
        let text = "SET minf mjf xcal  intr ithr  csw icsw migr smtx  srw syscl  usr sys  wt idl sze\n\
                    \x20 0 9 0 0 500 102 90 0 3 1 0 229 4 1 0 95 8\n";
        let reading = parse(&Text::of("solaris mpstat", text)).unwrap();
        assert_eq!((reading.cpu_user_pct, reading.cpu_count, reading.cpus), (Some(4.0), Some(8), None));
        assert_eq!((reading.interrupts_per_s, reading.context_switches_per_s), (Some(500.0), Some(90.0)));
    }
}
