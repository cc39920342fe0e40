//! What a system says of itself: `/etc/release`, `uptime`, `virtinfo`.

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::fact;
use crate::tool::text::Text;
use crate::tool::{span, uptime};

/// The first line of `/etc/release`, and when it was put together.
pub(super) fn release(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim();
        if reading.facts.is_none() {
            fact(&mut reading, "release", trimmed);
        } else if let Some(date) = trimmed.strip_prefix("Assembled ") {
            fact(&mut reading, "assembled", date);
        }
    }
    if reading.facts.is_some() { Ok(reading) } else { Err(text.error(Fault::Empty)) }
}

/// The line of `uptime`, or the elapsed time of the first process.
pub(super) fn uptime(text: &Text<'_>) -> Result<Reading, ParseError> {
    match text.lines().filter_map(|line| span::elapsed(line.text.trim())).next_back() {
        Some(seconds) => Ok(Reading { uptime_seconds: Some(seconds), ..Reading::default() }),
        None => uptime::parse(text),
    }
}

/// `virtinfo`: `Domain role: …`, with `-p` records `DOMAINROLE|impl=…`, or a table of what is nested in what.
pub(super) fn virtinfo(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let trimmed = line.text.trim();
        let words: Vec<&str> = line.words().collect();
        if let Some((record, values)) = trimmed.split_once('|') {
            let record = record.to_ascii_lowercase();
            for (name, value) in values.split('|').filter_map(|pair| pair.split_once('=')) {
                fact(&mut reading, &format!("{record} {name}"), value);
            }
        } else if let Some((name, value)) = trimmed.split_once(": ") {
            fact(&mut reading, &name.trim().to_ascii_lowercase(), value.trim());
        } else if words[..] == ["NAME", "CLASS"] {
            table = true;
        } else if let ([name, class], true) = (&words[..], table) {
            fact(&mut reading, name, class);
        }
    }
    if reading.facts.is_some() {
        Ok(reading)
    } else {
        Err(text.error(Fault::Malformed("what virtinfo prints")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtinfo_has_three_forms() {
        let read = |text: &str| virtinfo(&Text::of("solaris virtinfo", text)).unwrap().facts.unwrap();
        let fact = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("VERSION 1.0\nDOMAINROLE|impl=LDoms|io=true\n")[1], fact("domainrole io", "true"));
        assert_eq!(read("Domain role: LDoms guest\nDomain name: shop\n")[1], fact("domain name", "shop"));
        assert_eq!(
            read("NAME            CLASS\nlogical-domain  current\n")[0],
            fact("logical-domain", "current")
        );
    }

    #[test]
    fn uptime_has_words_of_its_own() {
        let text = "  3:00pm  up 21 day(s),  7:31,  3 users,  load average: 0.10, 0.20, 0.30\n";
        let reading = uptime(&Text::of("solaris uptime", text)).unwrap();
        assert_eq!(reading.uptime_seconds, Some(21 * 86_400 + 7 * 3_600 + 31 * 60));
        assert_eq!((reading.users, reading.load1), (Some(3), Some(0.1)));
        let text = " 9:41am  up 5 min(s),  0 users,  load average: 1,50, 0,75, 0,25\n";
        let reading = uptime(&Text::of("solaris uptime", text)).unwrap();
        assert_eq!((reading.uptime_seconds, reading.users, reading.load15), (Some(300), Some(0), Some(0.25)));
    }
}
