//! Lines of syslog, RFC 5424: one for each problem.
//!
//! ```text
//! <26>1 2026-11-29T05:24:37Z m1 topmast - opened [topmast@8072.9999.9999 id="17" …] [CRITICAL] db-1 is down
//! ```
//!
//! Over TCP and TLS each line has its length before it (RFC 6587, RFC 5425), so nothing in a text can end one. No
//! version of the protocol says that a line was taken; over a connection, the receiver's orderly end of it is waited for.

use super::connection::{self, Bounded};
use super::{Delivery, Failure, Senders};
use crate::notification::message::line;
use crate::notification::{Fact, Message};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UdpSocket;
use topmast_model::notification::channel::{Syslog, SyslogTransport};
use topmast_model::problem::Notice;
use topmast_model::status::{AlarmState, Severity};
use topmast_model::time::UnixMillis;

/// The identity of the structured data: that part of Net-SNMP's range which is for whoever has none.
const DATA_ID: &str = "topmast@8072.9999.9999";
/// Longest line, in bytes: what every receiver of datagrams takes (RFC 5424, 6.1).
const DATAGRAM_MAX: usize = 2_048;
/// Longest line over a connection, in bytes: what receivers take as they are set up.
const LINE_MAX: usize = 8 * 1024;
/// Longest value of structured data over a connection, in bytes.
const VALUE_MAX: usize = 500;
/// How long the end of the connection is waited for.
const END_MAX: Duration = Duration::from_secs(3);

pub(super) async fn send(senders: &Senders, syslog: &Syslog, message: &Message) -> Result<Delivery, Failure> {
    let most = line_max(syslog);
    deliver(senders, syslog, &lines(senders, syslog, message, most)).await
}

/// Longest line that goes there, in bytes.
const fn line_max(syslog: &Syslog) -> usize {
    match syslog.transport {
        SyslogTransport::Udp => DATAGRAM_MAX,
        SyslogTransport::Tcp | SyslogTransport::Tls => LINE_MAX,
    }
}

/// A line of something else than a message, cut to what goes there.
///
/// - `severity`: as syslog counts, 0 to 7; `id`: a word for what it tells of.
/// - `values`: the structured data; empty ones are left out.
pub(crate) fn one_line(
    senders: &Senders,
    syslog: &Syslog,
    (severity, time, id): (u8, UnixMillis, &str),
    values: &[(&str, String)],
    text: &str,
) -> String {
    let shared = [("cluster", senders.config.cluster.clone())];
    let head = head(senders, syslog, severity, time, &word(id, 32));
    whole(&head, &data(&shared, values, VALUE_MAX), text, line_max(syslog))
}

/// Hands lines over, all or none as far as the receiver tells.
///
/// # Errors
/// [`Failure`]; some of the lines may have come through.
pub(crate) async fn deliver(
    senders: &Senders,
    syslog: &Syslog,
    lines: &[String],
) -> Result<Delivery, Failure> {
    let host = syslog.host.as_str();
    if syslog.transport == SyslogTransport::Udp {
        return datagrams(host, syslog.port(), lines).await;
    }
    let stream = connection::connect(host, syslog.port()).await?;
    let mut framed = Vec::new();
    for line in lines {
        framed.extend_from_slice(format!("{} {line}", line.len()).as_bytes());
    }
    if syslog.transport == SyslogTransport::Tls {
        hand_over(connection::secure(senders, host, stream).await?, &framed, syslog).await
    } else {
        hand_over(stream, &framed, syslog).await
    }
}

async fn hand_over<S>(mut stream: Bounded<S>, framed: &[u8], syslog: &Syslog) -> Result<Delivery, Failure>
where
    S: tokio::io::AsyncRead + AsyncWrite + Unpin,
{
    let target = format!("{}:{}", syslog.host, syslog.port());
    let broken = |error: std::io::Error| {
        Failure::passing(format!(
            "write to {target}: {error}; does it take lines with their length before them?"
        ))
    };
    stream.write_all(framed).await.map_err(broken)?;
    stream.shutdown().await.map_err(broken)?;
    let mut said = Vec::new();
    let answer = match tokio::time::timeout(END_MAX, stream.read_to_end(&mut said)).await {
        Ok(Ok(_)) => "read to the end",
        // A receiver that ends TLS without saying so has read all the same.
        Ok(Err(error)) if error.kind() == ErrorKind::UnexpectedEof => "read to the end",
        Ok(Err(error)) => return Err(broken(error)),
        Err(_) => "written; the receiver keeps the connection open",
    };
    Ok(Delivery { answer: answer.into() })
}

async fn datagrams(host: &str, port: u16, lines: &[String]) -> Result<Delivery, Failure> {
    let failed = |error: std::io::Error| {
        Failure::passing(format!(
            "send to {host}:{port}: {error}; are host and port right, and does the receiver run?"
        ))
    };
    let mut found = tokio::net::lookup_host((host, port)).await.map_err(failed)?;
    let to = found.next().ok_or_else(|| failed(ErrorKind::NotFound.into()))?;
    let from: SocketAddr = match to {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(from).await.map_err(failed)?;
    socket.connect(to).await.map_err(failed)?;
    for line in lines {
        socket.send(line.as_bytes()).await.map_err(failed)?;
    }
    // A host that is there and has nobody at the port says so, sometimes in time.
    match socket.take_error().map_err(failed)? {
        Some(error) => Err(failed(error)),
        None => Ok(Delivery { answer: "sent; nobody says whether a datagram came".into() }),
    }
}

/// One line a problem, or one that says what an alarm says, or that it is a test.
fn lines(senders: &Senders, syslog: &Syslog, message: &Message, most: usize) -> Vec<String> {
    let head = |severity: u8, id: &str| head(senders, syslog, severity, message.time, id);
    let value_max = if most == DATAGRAM_MAX { 100 } else { VALUE_MAX };
    let data = |more: &[(&str, String)]| {
        let test = if message.test { "true" } else { "" };
        let shared = [
            ("message", message.id.to_string()),
            ("cluster", senders.config.cluster.clone()),
            ("test", test.to_owned()),
        ];
        data(&shared, more, value_max)
    };
    if let Some(alarm) = &message.alarm {
        let (severity, id) = match alarm.to {
            AlarmState::Ok => (5, "ok"),
            AlarmState::Alarm => (3, "alarm"),
            AlarmState::InsufficientData => (4, "insufficient-data"),
        };
        let text = format!("{}: {}", line(&alarm.title()), line(&alarm.reason));
        let values = [
            ("alarm", alarm.name.clone()),
            ("state", alarm.to.to_string()),
            ("from", alarm.from.to_string()),
            ("since", jiff::Timestamp::from_millisecond(alarm.at.0).unwrap_or_default().to_string()),
            ("link", message.link.clone().unwrap_or_default()),
        ];
        return vec![whole(&head(severity, id), &data(&values), &text, most)];
    }
    if message.facts.is_empty() {
        return vec![whole(&head(6, "test"), &data(&[]), &message.subject(), most)];
    }
    let lines = message.facts.iter().map(|fact| {
        let text = format!("[{}] {}", fact.badge(), line(&fact.message));
        whole(&head(severity(fact), notice(fact)), &data(&values(fact)), &text, most)
    });
    lines.collect()
}

fn head(senders: &Senders, syslog: &Syslog, severity: u8, time: UnixMillis, id: &str) -> String {
    let priority = syslog.facility.number() * 8 + severity;
    let time = jiff::Timestamp::from_millisecond(time.0).unwrap_or_default();
    let host = word(&senders.config.host_name, 255);
    let name = syslog.app_name.as_deref().unwrap_or("topmast");
    format!("<{priority}>1 {time} {host} {name} - {id}")
}

fn data(shared: &[(&str, String)], more: &[(&str, String)], value_max: usize) -> String {
    let mut data = format!("[{DATA_ID}");
    for (name, value) in shared.iter().chain(more).filter(|(_, value)| !value.is_empty()) {
        let _ = write!(data, " {name}=\"{}\"", escaped(value, value_max));
    }
    data + "]"
}

fn values(fact: &Fact) -> [(&'static str, String); 9] {
    let time = |time: UnixMillis| jiff::Timestamp::from_millisecond(time.0).unwrap_or_default().to_string();
    [
        ("id", fact.problem.to_string()),
        ("severity", fact.severity.to_string()),
        ("object", fact.object.to_string()),
        ("rule", fact.rule.clone()),
        ("detail", fact.detail.clone()),
        ("since", time(fact.since)),
        ("cause", fact.cause.clone().unwrap_or_default()),
        ("owner", fact.owner.clone().unwrap_or_default()),
        ("link", fact.link.clone().unwrap_or_default()),
    ]
}

fn whole(head: &str, data: &str, text: &str, most: usize) -> String {
    // What is not ASCII is announced as UTF-8, which for all else only puzzles those who read.
    let mark = if text.is_ascii() { "" } else { "\u{feff}" };
    let mut whole = format!("{head} {data} {mark}{text}");
    let end = whole.floor_char_boundary(most);
    whole.truncate(end);
    whole
}

/// As syslog counts: what is over is worth a notice.
const fn severity(fact: &Fact) -> u8 {
    if fact.is_over() {
        return 5;
    }
    match fact.severity {
        Severity::Critical => 2,
        Severity::Major => 3,
        Severity::Warning => 4,
        Severity::Info => 6,
    }
}

const fn notice(fact: &Fact) -> &'static str {
    match fact.notice {
        Notice::Opened => "opened",
        Notice::Flapping => "flapping",
        Notice::Worse => "worse",
        Notice::StillOpen => "still-open",
        Notice::Recovered => "recovered",
    }
}

/// A value of structured data, of at most so many bytes as it is written.
fn escaped(value: &str, most: usize) -> String {
    let mut text = String::new();
    for char in line(value).chars() {
        let length = text.len();
        if matches!(char, '"' | '\\' | ']') {
            text.push('\\');
        }
        text.push(char);
        if text.len() > most {
            text.truncate(length);
            break;
        }
    }
    text
}

/// A word of the head: visible ASCII, or `-` when there is none.
fn word(text: &str, most: usize) -> String {
    let word: String = text.chars().filter(char::is_ascii_graphic).take(most).collect();
    if word.is_empty() { "-".into() } else { word }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::SendersConfig;
    use crate::notification::message::tests::{fact, message};
    use topmast_model::notification::channel::Facility;

    fn written(message: &Message, most: usize) -> Vec<String> {
        let config = SendersConfig {
            cluster: "acme/main".into(),
            host_name: "m1.example.com".into(),
            ..SendersConfig::default()
        };
        let syslog = Syslog {
            host: "localhost".into(),
            port: None,
            transport: SyslogTransport::Tcp,
            facility: Facility::Daemon,
            app_name: None,
        };
        lines(&Senders::new(config).unwrap(), &syslog, message, most)
    }

    #[test]
    fn line_has_the_form_of_rfc_5424() {
        let mut told = fact(Notice::Opened, "db-1 is down");
        told.detail = r#"mount="/a]b\c""#.into();
        let lines = written(&message(vec![told, fact(Notice::Recovered, "größer")]), LINE_MAX);
        let expect = [
            r#"<26>1 2026-11-29T05:24:37Z m1.example.com topmast - opened [topmast@8072.9999.9999 message="01920000-0000-7000-8000-000000000001" cluster="acme/main" id="17" severity="critical" object="acme/main/db-1" rule="server-down" detail="mount=\"/a\]b\\c\"" since="2026-11-29T05:12:03Z" link="https://console.example.com/problems/17"] [CRITICAL] db-1 is down"#,
            "<29>1 2026-11-29T05:24:37Z m1.example.com topmast - recovered [topmast@8072.9999.9999 message=\"01920000-0000-7000-8000-000000000001\" cluster=\"acme/main\" id=\"17\" severity=\"critical\" object=\"acme/main/db-1\" rule=\"server-down\" since=\"2026-11-29T05:12:03Z\" link=\"https://console.example.com/problems/17\"] \u{feff}[recovered] größer",
        ];
        assert_eq!(lines, expect);
        let test = written(&Message { test: true, ..message(vec![]) }, LINE_MAX);
        assert!(
            test[0].contains(" test [") && test[0].contains("test=\"true\"") && test[0].ends_with("works")
        );
    }

    #[test]
    fn line_stays_one_and_within_its_bound_whatever_the_text_holds() {
        // SN-2
        let evil = format!("a\n<0>1 - - - - - -\0 \"] [x y=\"{}", "]\"\\ü\n".repeat(5_000));
        let mut told = fact(Notice::Opened, &evil);
        told.detail.clone_from(&evil);
        told.cause = Some(evil.clone());
        told.owner = Some(evil.clone());
        told.link = Some(evil.clone());
        told.rule = "r".repeat(63);
        for most in [DATAGRAM_MAX, LINE_MAX] {
            let line = written(&message(vec![told.clone()]), most).remove(0);
            assert!(line.len() <= most && !line.contains(|c: char| c.is_control()), "{} {line}", line.len());
            // The data ends where it is to end, so that the text begins before the bound.
            assert!(line.contains("] \u{feff}[CRITICAL] a "), "{line}");
        }
    }
}
