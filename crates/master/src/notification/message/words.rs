//! A message in words: its subject and its text, as a tired person reads them on a phone.
//!
//! Whatever matters is at the beginning of a line; columns are none, for a phone breaks them.

use super::{AlarmFact, Fact, Message};
use std::fmt::Write as _;
use std::time::Duration;
use topmast_model::problem::Notice;
use topmast_model::rule::Span;
use topmast_model::status::Severity;
use topmast_model::time::UnixMillis;

/// Longest subject, in characters: a phone shows some 60 of them, a list some 120.
const SUBJECT_MAX: usize = 160;
/// Longest advice in a text, in characters; the console shows the rest.
const ADVICE_MAX: usize = 1_000;

impl Message {
    /// One line: what is so, how much it matters, and of how many it is the worst.
    pub(in crate::notification) fn subject(&self) -> String {
        if let Some(alarm) = &self.alarm {
            return clip(&line(&alarm.title()), SUBJECT_MAX);
        }
        let Some(first) = self.facts.first() else {
            return if self.test {
                "[test] this channel works".into()
            } else {
                "[recovered] all is well".into()
            };
        };
        let count = self.facts.len() + self.left_out;
        let worst = self.worst();
        let badge = match worst {
            None => "recovered".to_owned(),
            Some(severity) if count > 1 => severity.as_str().to_uppercase(),
            Some(_) => first.badge(),
        };
        let test = if self.test { "[test] " } else { "" };
        let message = line(&first.message);
        clip(
            &match count {
                1 => format!("{test}[{badge}] {message}"),
                _ => format!("{test}[{badge}] {count} problems: {message}, …"),
            },
            SUBJECT_MAX,
        )
    }

    /// The worst severity of what is not over.
    pub(in crate::notification) fn worst(&self) -> Option<Severity> {
        self.facts.iter().filter(|fact| !fact.is_over()).map(|fact| fact.severity).max()
    }

    /// Everything, in lines.
    pub(in crate::notification) fn text(&self) -> String {
        let mut text = String::new();
        if self.test {
            text.push_str("This is a test: somebody tries this channel, and nothing is wrong.\n\n");
        }
        if let Some(reason) = &self.reason {
            let _ = writeln!(text, "You are told because: {}\n", line(reason));
        }
        if let Some(alarm) = &self.alarm {
            alarm.write(&mut text);
        }
        for (place, fact) in self.facts.iter().enumerate() {
            if place > 0 {
                text.push_str("----\n");
            }
            fact.write(&mut text);
            text.push('\n');
        }
        if self.left_out > 0 {
            let _ = writeln!(text, "… and {} more problems.\n", self.left_out);
        }
        if let Some(link) = &self.link {
            let what = if self.facts.is_empty() { "In the console" } else { "All of them" };
            let _ = writeln!(text, "{what}: {}\n", line(link));
        }
        text
    }
}

impl AlarmFact {
    /// As the subject of AWS' own mails: `ALARM: "cpu" in eu-central-1`.
    pub(in crate::notification) fn title(&self) -> String {
        format!("{}: \"{}\" in {}", self.to, self.name, self.region)
    }

    /// Its facts with their names.
    pub(in crate::notification) fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![
            ("Reason", line(&self.reason)),
            ("Changed", format!("{}, from {}", time_text(self.at), self.from)),
        ];
        if !self.description.is_empty() {
            rows.push(("Description", line(&self.description)));
        }
        rows.push(("Alarm", line(&self.arn)));
        rows
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "{}\n", line(&self.title()));
        for (name, value) in self.rows() {
            let _ = writeln!(text, "{name}: {value}");
        }
        text.push('\n');
    }
}

impl Fact {
    pub(in crate::notification) const fn is_over(&self) -> bool {
        matches!(self.notice, Notice::Recovered)
    }

    /// How much it matters and what happened to it: `CRITICAL`, `MAJOR, still open`, `recovered`.
    pub(in crate::notification) fn badge(&self) -> String {
        let severity = self.severity.as_str().to_uppercase();
        match self.notice {
            Notice::Recovered => "recovered".into(),
            Notice::Opened => severity,
            Notice::Flapping | Notice::Worse | Notice::StillOpen => {
                format!("{severity}, {}", self.notice.as_str())
            }
        }
    }

    /// Its facts with their names, in the order in which they are read; those that are not there are left out.
    pub(in crate::notification) fn rows(&self) -> Vec<(&'static str, String)> {
        let lasted = duration_text(self.duration);
        let since = time_text(self.since);
        let since = if self.is_over() {
            format!("{since}, over after {lasted}")
        } else {
            format!("{since}, {lasted} ago")
        };
        let mut rows = vec![("Object", self.object.to_string()), ("Since", since)];
        rows.extend(self.cause.as_ref().map(|cause| ("Cause", line(cause))));
        rows.extend(self.owner.as_ref().map(|owner| ("In hand of", line(owner))));
        let rule = if self.detail.is_empty() {
            self.rule.clone()
        } else {
            format!("{} {{{}}}", self.rule, line(&self.detail))
        };
        rows.push(("Rule", rule));
        rows.push(("Problem", self.problem.to_string()));
        rows
    }

    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "[{}] {}\n", self.badge(), line(&self.message));
        for (name, value) in self.rows() {
            let _ = writeln!(text, "{name}: {value}");
        }
        if !self.advice.is_empty() && !self.is_over() {
            let advice: String =
                self.advice.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
            let _ = writeln!(text, "\nWhat to do: {}", clip(advice.trim(), ADVICE_MAX));
        }
        if let Some(link) = &self.link {
            let _ = writeln!(text, "\n{}", line(link));
        }
    }
}

/// The text on one line: whatever would break it or command a terminal is a space.
pub(in crate::notification) fn line(text: &str) -> String {
    let is_break = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    text.trim().chars().map(|c| if is_break(c) { ' ' } else { c }).collect()
}

/// At most so many characters of the text; it says when something is missing.
pub(in crate::notification) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// As `2026-11-29 05:12:03 UTC`: the reader's time zone is not known.
pub(in crate::notification) fn time_text(time: UnixMillis) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// In whole seconds, and without what nobody reads after a day.
fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let shown = if seconds >= 24 * 3_600 { seconds - seconds % 3_600 } else { seconds };
    Span::from_millis(shown.saturating_mul(1_000)).to_string()
}

#[cfg(test)]
pub(in crate::notification) mod tests {
    use super::*;
    use crate::notification::message::Fact;
    use topmast_model::problem::ProblemId;
    use topmast_model::status::AlarmState;
    use uuid::Uuid;

    /// 2026-11-29 05:12:03 UTC
    pub(in crate::notification) const SINCE: UnixMillis = UnixMillis(1_795_929_123_000);

    pub(in crate::notification) fn fact(notice: Notice, message: &str) -> Fact {
        Fact {
            problem: ProblemId(17),
            notice,
            severity: Severity::Critical,
            object: "acme/main/db-1".parse().unwrap(),
            rule: "server-down".into(),
            detail: String::new(),
            message: message.into(),
            advice: "Is it reachable?\nDoes its agent run?".into(),
            since: SINCE,
            duration: Duration::from_millis(754_321),
            owner: None,
            cause: None,
            link: Some("https://console.example.com/problems/17".into()),
        }
    }

    pub(in crate::notification) fn message(facts: Vec<Fact>) -> Message {
        Message {
            id: Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001),
            time: SINCE.plus(Duration::from_secs(754)),
            test: false,
            alarm: None,
            facts,
            left_out: 0,
            reason: None,
            link: None,
        }
    }

    /// What an alarm says.
    pub(in crate::notification) fn alarm(name: &str, reason: &str) -> Message {
        let arn = format!("arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{name}");
        let alarm = AlarmFact {
            name: name.into(),
            description: String::new(),
            arn,
            region: "eu-central-1".into(),
            from: AlarmState::Ok,
            to: AlarmState::Alarm,
            reason: reason.into(),
            at: SINCE,
            document: serde_json::json!({ "AlarmName": name }),
        };
        Message { alarm: Some(alarm), ..message(vec![]) }
    }

    #[test]
    fn an_alarm_reads_as_aws_has_it() {
        let mut told = alarm("cpu", "Threshold Crossed:\n1 datapoint");
        told.link = Some("https://console.example.com/problems".into());
        assert_eq!(told.subject(), "ALARM: \"cpu\" in eu-central-1");
        let expect = "\
ALARM: \"cpu\" in eu-central-1

Reason: Threshold Crossed: 1 datapoint
Changed: 2026-11-29 05:12:03 UTC, from OK
Alarm: arn:aws:cloudwatch:eu-central-1:123456789012:alarm:cpu

In the console: https://console.example.com/problems

";
        assert_eq!(told.text(), expect);
        assert_eq!(
            alarm("a\r\nBcc: b@example.com", "").subject(),
            "ALARM: \"a  Bcc: b@example.com\" in eu-central-1"
        );
    }

    #[test]
    fn subject_says_how_bad_it_is_and_what_happened() {
        let check = |facts: Vec<Fact>, expect: &str| assert_eq!(message(facts).subject(), expect);
        check(vec![fact(Notice::Opened, "db-1 is DOWN")], "[CRITICAL] db-1 is DOWN");
        check(vec![fact(Notice::Recovered, "db-1 is DOWN")], "[recovered] db-1 is DOWN");
        check(vec![fact(Notice::StillOpen, "db-1 is DOWN")], "[CRITICAL, still open] db-1 is DOWN");
        let two = vec![fact(Notice::Recovered, "a"), fact(Notice::Opened, "b")];
        check(two, "[CRITICAL] 2 problems: a, …");
        check(vec![fact(Notice::Recovered, "a"); 3], "[recovered] 3 problems: a, …");
        check(vec![fact(Notice::Opened, "a\r\nBcc: b@example.com")], "[CRITICAL] a  Bcc: b@example.com");
        let long = message(vec![fact(Notice::Opened, &"ä".repeat(5_000))]).subject();
        assert!(long.chars().count() == SUBJECT_MAX && long.ends_with('…'));
        let test = Message { test: true, ..message(vec![]) };
        assert_eq!(test.subject(), "[test] this channel works");
        let test = Message { test: true, ..message(vec![fact(Notice::Opened, "a")]) };
        assert_eq!(test.subject(), "[test] [CRITICAL] a");
    }

    #[test]
    fn text_begins_with_what_matters_and_keeps_to_lines() {
        let mut told = fact(Notice::Opened, "db-1 is down:\x1b[31m no data");
        told.cause = Some("sw-7 is down".into());
        told.owner = Some("user ann".into());
        told.detail = "mount=\"/var\"".into();
        let mut whole = message(vec![told, fact(Notice::Recovered, "web-1 is down")]);
        whole.left_out = 3;
        whole.reason = Some("not acknowledged within 15m".into());
        whole.link = Some("https://console.example.com/problems".into());
        let expect = "\
You are told because: not acknowledged within 15m

[CRITICAL] db-1 is down: [31m no data

Object: acme/main/db-1
Since: 2026-11-29 05:12:03 UTC, 12m34s ago
Cause: sw-7 is down
In hand of: user ann
Rule: server-down {mount=\"/var\"}
Problem: 17

What to do: Is it reachable?
Does its agent run?

https://console.example.com/problems/17

----
[recovered] web-1 is down

Object: acme/main/db-1
Since: 2026-11-29 05:12:03 UTC, over after 12m34s
Rule: server-down
Problem: 17

https://console.example.com/problems/17

… and 3 more problems.

All of them: https://console.example.com/problems

";
        assert_eq!(whole.text(), expect);
        assert_eq!(duration_text(Duration::from_secs(90_061)), "1d1h");
    }
}
