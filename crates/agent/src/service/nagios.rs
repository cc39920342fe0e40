//! The `nagios` source: a monitoring plugin's exit code, text and performance figures.
//!
//! | exit code | status |
//! |---|---|
//! | 0 OK | STARTED |
//! | 1 WARNING | STARTED with code `WARNING` |
//! | 2 CRITICAL | MALFUNCTION with code `CRITICAL` |
//! | 3 UNKNOWN | UNKNOWN |
//! | else | UNKNOWN, the code in the message |
//!
//! A warning is STARTED: the service does its work, and its code says that someone should look.
//! Output is `TEXT | 'label'=value[UOM];[warn];[crit];[min];[max] …`, figures also after a `|` in the
//! following lines. Figures that do not parse are left out; the state counts.
//! Format: the Monitoring Plugins development guidelines.

use super::{CODE_MAX, FIGURES_MAX, ServiceObservation, command::Finished, shortened};
use topmast_model::status::ServiceStatus;

/// Reads a plugin's result as the state of service `name`.
pub(super) fn parse(name: &str, finished: &Finished) -> ServiceObservation {
    let (status, code) = match finished.code {
        0 => (ServiceStatus::Started, None),
        1 => (ServiceStatus::Started, Some("WARNING")),
        2 => (ServiceStatus::Malfunction, Some("CRITICAL")),
        _ => (ServiceStatus::Unknown, None),
    };
    let text = finished.output.lines().next().unwrap_or("").split('|').next().unwrap_or("").trim();
    let mut service = ServiceObservation::new(name, status);
    service = match (finished.code, text) {
        (0..=3, "") => service.message("the plugin printed no text"),
        (0..=3, text) => service.message(text),
        (other, text) => service.message(&format!("plugin ended with code {other}, expected 0 to 3: {text}")),
    };
    if let Some(code) = code {
        service = service.code(code);
    }
    service.figures.values = figures(&finished.output);
    service
}

/// Every figure of the output: what follows the first `|` of the first line, and the next `|` after it.
fn figures(output: &str) -> Vec<(String, f64)> {
    let (first, rest) = output.split_once('\n').unwrap_or((output, ""));
    let short = first.split_once('|').map_or("", |(_, figures)| figures);
    let long = rest.split_once('|').map_or("", |(_, figures)| figures);
    let mut found: Vec<(String, f64)> = Vec::new();
    for mut text in [short, long] {
        while let Some((label, value, remainder)) = next_figure(text) {
            text = remainder;
            let known = found.iter().any(|(name, _)| *name == label);
            if let (Some(value), false, true) = (value, known, found.len() < FIGURES_MAX) {
                found.push((label, value));
            }
        }
    }
    found
}

/// Splits one `'label'=value…` off; `None` when none is left. The value is `None` when it is not a number.
fn next_figure(text: &str) -> Option<(String, Option<f64>, &str)> {
    let text = text.trim_start();
    let (label, rest) = if let Some(quoted) = text.strip_prefix('\'') {
        // Inside quotes, two quotes stand for one.
        let mut end = 0;
        loop {
            end += quoted[end..].find('\'')?;
            if quoted[end + 1..].starts_with('\'') {
                end += 2;
            } else {
                break;
            }
        }
        (quoted[..end].replace("''", "'"), quoted[end + 1..].trim_start().strip_prefix('=')?)
    } else {
        let (label, rest) = text.split_once('=')?;
        (label.trim().to_owned(), rest)
    };
    let (figure, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let value = figure.split(';').next().unwrap_or("");
    let number_end = value
        .find(|character: char| !(character.is_ascii_digit() || "+-.eE".contains(character)))
        .unwrap_or(value.len());
    let value = value[..number_end].parse::<f64>().ok().filter(|value| value.is_finite());
    Some((shortened(&label, CODE_MAX), value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::command;
    use std::path::PathBuf;
    use std::time::Duration;

    fn check(code: i32, output: &str) -> ServiceObservation {
        parse("db", &Finished { code, output: output.to_owned() })
    }

    #[test]
    fn exit_code_decides_status_and_code() {
        for (exit, status, codes) in [
            (0, ServiceStatus::Started, vec![]),
            (1, ServiceStatus::Started, vec!["WARNING"]),
            (2, ServiceStatus::Malfunction, vec!["CRITICAL"]),
            (3, ServiceStatus::Unknown, vec![]),
            (127, ServiceStatus::Unknown, vec![]),
        ] {
            let service = check(exit, "TEXT");
            assert_eq!(
                (service.status, service.codes),
                (status, codes.iter().map(ToString::to_string).collect())
            );
        }
        assert!(check(127, "sh: no").message.unwrap().contains("ended with code 127"));
    }

    #[test]
    fn figures_are_read_from_every_line() {
        let service = check(
            0,
            "DISK OK - free | /=2643MB;5948;5958;0;5968 'a b''c'=1.5s;;;0\nmore text\n| /boot=68% bad=U;1\n/var=-3e2c",
        );
        assert_eq!(service.message.as_deref(), Some("DISK OK - free"));
        let expected = [("/", 2643.0), ("a b'c", 1.5), ("/boot", 68.0), ("/var", -300.0)];
        assert_eq!(service.figures.values, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[test]
    fn broken_figures_neither_panic_nor_change_the_state() {
        for output in
            ["", "|", "OK|'", "OK|'a", "OK|'a''", "OK|=", "OK|a", "OK|a=;;;", "OK|'ä'=ä", "OK|a=1e999"]
        {
            let service = check(0, output);
            assert_eq!(service.status, ServiceStatus::Started, "{output:?}");
            assert!(service.figures.values.is_empty(), "{output:?}");
        }
    }

    #[test]
    fn figures_beyond_the_bound_are_dropped() {
        // S-3
        let many: Vec<String> = (0..1_000).map(|number| format!(" f{number}=1")).collect();
        assert_eq!(check(0, &format!("OK |{}", many.concat())).figures.values.len(), FIGURES_MAX);
    }

    /// Debian's own plugins; `make test` installs them.
    async fn plugin(arguments: &[&str]) -> ServiceObservation {
        let program = PathBuf::from("/usr/lib/nagios/plugins").join(arguments[0]);
        assert!(program.exists(), "{} is missing; install monitoring-plugins-basic", program.display());
        let mut argv = vec![program.to_str().unwrap()];
        argv.extend(&arguments[1..]);
        let finished = command::run(&argv, None, Duration::from_mins(1)).await.unwrap();
        parse("plugin", &finished)
    }

    #[tokio::test]
    async fn real_check_dummy_gives_each_state() {
        assert_eq!(plugin(&["check_dummy", "0", "fine"]).await.message.as_deref(), Some("OK: fine"));
        assert_eq!(plugin(&["check_dummy", "1"]).await.codes, ["WARNING"]);
        assert_eq!(plugin(&["check_dummy", "2"]).await.status, ServiceStatus::Malfunction);
        assert_eq!(plugin(&["check_dummy", "3"]).await.status, ServiceStatus::Unknown);
    }

    #[tokio::test]
    async fn real_check_load_gives_its_three_figures() {
        let service = plugin(&["check_load", "-w", "900,900,900", "-c", "990,990,990"]).await;
        assert_eq!(service.status, ServiceStatus::Started, "{:?}", service.message);
        let names: Vec<&str> = service.figures.values.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["load1", "load5", "load15"]);
    }

    #[tokio::test]
    async fn real_check_tcp_sees_an_open_and_a_closed_port() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port().to_string();
        let open = plugin(&["check_tcp", "-H", "127.0.0.1", "-p", &port]).await;
        assert_eq!(open.status, ServiceStatus::Started, "{:?}", open.message);
        assert_eq!(open.figures.values[0].0, "time");
        drop(listener);
        let closed = plugin(&["check_tcp", "-H", "127.0.0.1", "-p", &port]).await;
        assert_eq!(
            (closed.status, closed.codes.as_slice()),
            (ServiceStatus::Malfunction, &["CRITICAL".to_owned()][..])
        );
    }
}
