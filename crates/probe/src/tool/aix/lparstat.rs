//! `lparstat`: an LPAR's processors, plain or with `-h -m -E -d`, and `-i` for what it is.

use super::configuration;
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::{Head, fact, is_cut};
use crate::tool::text::{self, Line, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut understood = false;
    let mut rows = 0_u32;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if configuration::take(&mut reading, &line) {
            understood = true;
        } else if is_header(&line) {
            // `-t` ends each row in a time of one word.
            let columns = line.text.trim_end();
            let plain = columns.strip_suffix("hr mi se");
            let mut names: Vec<&str> = plain.unwrap_or(columns).split_whitespace().collect();
            names.extend(plain.map(|_| "time"));
            head = Some(Head::named(names));
        } else if let Some(head) = &head {
            let digits = line.text.trim_start().starts_with(|char: char| char.is_ascii_digit());
            if !digits {
                continue;
            }
            let whole = !is_cut(&line) || rows == 0;
            let Some(row) = head.row(&line).filter(|_| whole) else {
                reading.remark(line.number, "the row has not the columns of its header, left out");
                continue;
            };
            understood = true;
            rows += 1;
            if let Some(place) = head.place("freq") {
                physical(&mut reading, head, &line, place);
                continue;
            }
            if head.has(&["%user"]) {
                reading.cpu_user_pct = row.share(&["%user"]);
                reading.cpu_sys_pct = row.share(&["%sys"]);
                reading.cpu_wait_pct = row.share(&["%wait"]);
                reading.cpu_idle_pct = row.share(&["%idle"]);
                reading.physc = row.number(&["physc"]);
            }
            reading.entc_pct = row.percent(&["%entc"]);
            for name in ["lbusy", "app", "%hypv", "pmem"] {
                if let Some(value) = row.text(&[name]) {
                    fact(&mut reading, name, value);
                }
            }
            row.report(&mut reading);
        } else if let Some((name, value)) = line.text.split_once(" :") {
            understood |= identity(&mut reading, name.trim(), value.trim());
        }
    }
    if understood { Ok(reading) } else { Err(text.error(Fault::Missing("a table of lparstat"))) }
}

fn is_header(line: &Line<'_>) -> bool {
    let columns = ["%user", "%entc", "physb", "freq"];
    line.words().any(|word| columns.contains(&word)) && !line.text.contains(':')
}

/// `-E`: user, system, waiting and idle as processors, not percent, first actual and then normalised.
fn physical(reading: &mut Reading, head: &Head<'_>, line: &Line<'_>, freq: usize) {
    for (at, (name, value)) in head.names().iter().zip(line.words()).enumerate() {
        let kind = match at.cmp(&freq) {
            std::cmp::Ordering::Less => "actual ",
            std::cmp::Ordering::Equal => "",
            std::cmp::Ordering::Greater => "normalised ",
        };
        fact(reading, &format!("{kind}{name}"), value);
    }
}

/// One line of `-i`.
fn identity(reading: &mut Reading, name: &str, value: &str) -> bool {
    if name.is_empty() || value.is_empty() || value == "-" {
        return false;
    }
    match name {
        "Entitled Capacity" => reading.entitlement = text::number(value),
        "Online Memory" => reading.mem_total_bytes = text::size(&value.replace(' ', ""), 1 << 20),
        _ => {}
    }
    fact(reading, name, value);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("aix lparstat", text)).unwrap()
    }

    #[test]
    fn last_row_counts_and_columns_go_by_name() {
        let reading = read(
            "System configuration: type=Shared mode=Uncapped smt=4 lcpu=16 mem=4096MB psize=8 ent=1.50\n\n\
             %user  %sys  %wait  %idle physc %entc  lbusy   app  vcsw phint\n\
             ----- ----- ------ ------ ----- ----- ------   --- ----- -----\n\
             \x20 1.0   2.0    0.5   96.5  0.07   4.6    1.1  3.20 99988877766 123456789\n\
             \x2012.5   3.5    0.0   84.0  1.80 120.0    9.0  2.50   812     3\n\
             \x2013.5   3.5    0.0\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(12.5), Some(84.0)));
        assert_eq!(
            (reading.physc, reading.entc_pct, reading.entitlement),
            (Some(1.8), Some(120.0), Some(1.5))
        );
        assert_eq!((reading.lcpu, reading.mem_total_bytes), (Some(16), Some(4_294_967_296)));
        assert_eq!(reading.remarks[0].line, 7);
    }

    #[test]
    fn rows_may_end_in_a_time_and_a_login_is_no_fact() {
        let reading = read(
            "Last login: Wed Jan  1 10:00:00 2025 on /dev/pts/0 from console\n\
             System configuration: type=Shared mode=Capped smt=4 lcpu=4 mem=1024MB psize=8 ent=0.50\n\
             %user  %sys  %wait  %idle physc %entc  lbusy  vcsw phint    hr mi se\n\
             ----- ----- ------ ------ ----- ----- ------ ----- ----- --------\n\
             \x20 7.0   2.0    0.5   90.5  0.07  14.0    1.1   100     3 10:00:01\n",
        );
        assert_eq!((reading.cpu_idle_pct, reading.entc_pct), (Some(90.5), Some(14.0)));
        assert!(reading.facts.unwrap().iter().all(|(name, _)| !name.starts_with("Last")));
    }

    #[test]
    fn processors_of_e_are_not_percent() {
        let reading = read(
            "System configuration: type=Shared mode=Capped smt=On lcpu=2 mem=1024MB ent=0.40 Power=Disabled\n\n\
             Physical Processor Utilisation:\n\n --------Actual--------              ------Normalised------\n \
             user   sys  wait  idle      freq    user   sys  wait  idle\n \
             ----  ----  ----  ----   ---------  ----  ----  ----  ----\n\
             0.100 0.050 0.000 0.250 3.0GHz[90%] 0.110 0.055 0.000 0.235\n",
        );
        assert_eq!((reading.cpu_user_pct, reading.entitlement), (None, Some(0.4)));
        assert!(reading.facts.unwrap().contains(&("actual sys".to_owned(), "0.050".to_owned())));
    }

    #[test]
    fn identity_is_names_and_values() {
        let reading = read(
            "Node Name                                  : lpar7\n\
             Type                                       : Shared-SMT-8\n\
             Entitled Capacity                          : 0.80\n\
             Online Memory                              : 6144 MB\n\
             Physical CPU Percentage                    : 40.00%\n\
             Unallocated Weight                         : -\n",
        );
        assert_eq!((reading.entitlement, reading.mem_total_bytes), (Some(0.8), Some(6_442_450_944)));
        assert_eq!(reading.facts.unwrap().len(), 5);
    }
}
