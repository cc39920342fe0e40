//! `mpstat`: one row a logical processor, then `U` (entitlement left over) and `ALL`.

use super::configuration;
use crate::error::{Fault, ParseError};
use crate::reading::{Processor, Reading};
use crate::tool::row::{Head, is_cut, last_complete};
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut samples: Vec<Vec<Processor>> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if configuration::take(&mut reading, &line) {
            continue;
        }
        let first = line.words().next().unwrap_or_default();
        if first.eq_ignore_ascii_case("cpu") {
            head = Some(Head::of(line.text));
            samples.push(Vec::new());
            continue;
        }
        let (Some(head), Some(sample)) = (&head, samples.last_mut()) else { continue };
        if text::count(first).is_none() && !matches!(first, "ALL" | "U") {
            continue;
        }
        let whole = !is_cut(&line);
        let Some(row) = head.row(&line).filter(|_| whole) else {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        };
        if first == "ALL" {
            reading.cpu_user_pct = row.share(&["us"]);
            reading.cpu_sys_pct = row.share(&["sy"]);
            reading.cpu_wait_pct = row.share(&["wa"]);
            reading.cpu_idle_pct = row.share(&["id"]);
            reading.physc = row.number(&["pc"]);
            reading.entc_pct = row.percent(&["%ec"]);
            // Interrupts, switches and calls are counts of an interval that the text does not say: no rates.
            reading.procs_running = row.count(&["rq"]);
        } else if first != "U" {
            sample.push(Processor {
                id: Some(first.to_owned()),
                user: row.share(&["us"]),
                sys: row.share(&["sy"]),
                wait: row.share(&["wa"]),
                idle: row.share(&["id"]),
                ..Processor::default()
            });
        }
        row.report(&mut reading);
        if first != "ALL" && samples.len() > MOST_SAMPLES {
            samples.remove(0);
        }
    }
    // With `-s` there are processors and their share in what the partition used, and none of what they did.
    let shared = || text.lines().any(|line| line.words().next().is_some_and(|word| word.starts_with("Proc")));
    if head.is_none() && reading.lcpu.is_some() && shared() {
        return Ok(reading);
    }
    if head.is_none() {
        return Err(text.error(Fault::Missing("the header of mpstat")));
    }
    reading.cpus = last_complete(samples);
    if let Some(mut cpus) = reading.cpus.take() {
        bound(&mut cpus, "processors", &mut reading);
        reading.cpus = Some(cpus);
    }
    Ok(reading)
}

/// The newest one and the one before it.
const MOST_SAMPLES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "cpu  min  maj  mpc  int   cs  ics   rq  mig lpa sysc us sy wa id   pc  %ec  lcs\n";

    #[test]
    fn all_is_the_host_and_u_is_nobody() {
        let text = format!(
            "\nSystem configuration: lcpu=2 ent=0.5 mode=Uncapped\n\n{HEAD}\
             \x20 0   10    0    0   50   60   3    1    2 100  700 20 10  5 65 0.10 20.0   55\n\
             \x20 1    5    0    0   30   20   1    0    1 100  100 10  5  0 85 0.02  4.0   25\n\
             \x20 U    -    -    -    -    -   -    -    -   -    -  -  -  5 71 0.38 76.0    -\n\
             ALL   15    0    0   80   80   4    1    3 100  800  4  2  5 89 0.12 24.0   80\n{HEAD}\
             \x20 0   11    0    0   51\n"
        );
        let reading = parse(&Text::of("aix mpstat", &text)).unwrap();
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(4.0), Some(89.0)));
        assert_eq!((reading.physc, reading.entc_pct), (Some(0.12), Some(24.0)));
        assert_eq!((reading.lcpu, reading.procs_running), (Some(2), Some(1)));
        let cpus = reading.cpus.unwrap();
        assert_eq!(cpus.len(), 2);
        assert_eq!((cpus[0].id.as_deref(), cpus[0].wait, cpus[1].idle), (Some("0"), Some(5.0), Some(85.0)));
    }

    #[test]
    fn shares_of_the_physical_processors_tell_the_configuration_alone() {
        let reading = parse(&Text::of(
            "aix mpstat",
            "System configuration: lcpu=2 ent=1.5\n\n           Proc0\n           12.34%\ncpu0    cpu1\n10.00%   2.34%\n",
        ))
        .unwrap();
        assert_eq!((reading.lcpu, reading.entitlement, reading.cpus), (Some(2), Some(1.5), None));
    }
}
