//! A mail, by SMTP. The protocol and the form of mails are the crate `lettre`'s.
//!
//! Invariants
//! - EM-1: mails about one problem are one thread; no mail is answered by a program.
//! - EM-2: a recipient that is refused does not keep the mail from the others.

use super::connection::{self, tls_failure};
use super::{Delivery, Failure, Senders, told};
use crate::notification::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::{Error, response::Severity};
use std::time::{Duration, UNIX_EPOCH};
use topmast_model::error::with_sources;
use topmast_model::notification::channel::{Email, SmtpSecurity};
use topmast_model::notification::{Channel, Secret};

/// How long a server may take for the end of the conversation.
const FAREWELL_MAX: Duration = Duration::from_secs(5);

pub(super) async fn send(
    senders: &Senders,
    channel: &Channel<Secret>,
    email: &Email<Secret>,
    message: &Message,
) -> Result<Delivery, Failure> {
    let mail = mail(&senders.config.cluster, &channel.name, email, message)
        .map_err(|error| Failure::lasting(format!("make a mail of it: {error}; correct the channel")))?;
    let target = format!("{}:{}", email.host, email.port());
    let mut connection = connect(senders, email, &target).await?;
    let answer = hand_over(&mut connection, &mail, &target).await;
    // The mail is taken or not by now. A server that is slow to say farewell must not have it sent twice.
    tokio::spawn(async move { tokio::time::timeout(FAREWELL_MAX, connection.abort()).await });
    answer
}

/// The mail itself.
fn mail<S>(
    cluster: &str,
    channel: &str,
    email: &Email<S>,
    message: &Message,
) -> Result<lettre::Message, String> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text:?}: {error}"));
    let from = mailbox(&email.from)?;
    let domain = from.email.domain().to_owned();
    let header =
        |name: &'static str, value: String| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
    let time = UNIX_EPOCH + Duration::from_millis(u64::try_from(message.time.0).unwrap_or(0));
    let mut builder = MessageBuilder::new()
        .from(from)
        .date(time)
        .subject(message.subject())
        .message_id(Some(format!("<{}.{}@{domain}>", message.id, word(channel))))
        .raw_header(header("Auto-Submitted", "auto-generated".into()))
        .raw_header(header("X-Auto-Response-Suppress", "All".into()))
        .raw_header(header("List-Id", format!("<{}.topmast.{domain}>", word(cluster))))
        .raw_header(header("X-Topmast-Id", message.id.to_string()));
    if let [fact] = message.facts.as_slice()
        && message.left_out == 0
    {
        // The first mail of a thread does not come to everybody who gets a later one: all refer to a mail that is none.
        let root = format!("<problem-{}.{}@{domain}>", fact.problem, word(cluster));
        builder = builder
            .in_reply_to(root.clone())
            .references(root)
            .raw_header(header("X-Topmast-Problem", fact.problem.to_string()))
            .raw_header(header("X-Topmast-Severity", fact.severity.to_string()));
        if fact.severity == topmast_model::status::Severity::Critical && !fact.is_over() {
            builder = builder.raw_header(header("X-Priority", "1".into()));
        }
    }
    for to in &email.to {
        builder = builder.to(mailbox(to)?);
    }
    let text = format!("{}-- \nTopmast {cluster}, channel {channel}\n", message.text());
    let part = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(text);
    builder.singlepart(part).map_err(|error| error.to_string())
}

/// What may stand in the identity of a mail or a list.
fn word(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '-' }).collect()
}

async fn connect(
    senders: &Senders,
    email: &Email<Secret>,
    target: &str,
) -> Result<AsyncSmtpConnection, Failure> {
    let hello = email.hello.clone().unwrap_or_else(|| senders.config.host_name.clone());
    let hello = ClientId::Domain(hello);
    let stream = connection::connect(&email.host, email.port()).await?;
    let failed = |doing: &'static str| move |error: Error| failure(target, doing, &error);
    let mut connection = if email.security == SmtpSecurity::Tls {
        let stream = connection::secure(senders, &email.host, stream).await?;
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await
    } else {
        AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await
    }
    .map_err(failed("greet"))?;
    if email.security == SmtpSecurity::StartTls {
        if !connection.can_starttls() {
            return Err(Failure::lasting(format!(
                "{target} offers no STARTTLS; write security = \"tls\" for port 465, or \"none\" if the way there is safe"
            )));
        }
        let mut parameters = TlsParameters::builder(email.host.clone());
        if let Some(ca) = &senders.mail_ca {
            parameters = parameters.add_root_certificate(ca.clone());
        }
        let parameters = parameters.build_rustls().map_err(failed("prepare TLS with"))?;
        connection.starttls(parameters, &hello).await.map_err(failed("begin TLS with"))?;
    }
    if let (Some(user), Some(password)) = (&email.user, &email.password) {
        let credentials = Credentials::new(user.clone(), password.0.clone());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await.map_err(|error| {
            let mut failure = failure(target, "log in to", &error);
            if !failure.retry {
                failure.reason.push_str("; correct user and password of the channel");
            }
            failure
        })?;
    }
    Ok(connection)
}

/// Gives it to the server for every recipient that the server takes (EM-2).
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    mail: &lettre::Message,
    target: &str,
) -> Result<Delivery, Failure> {
    let envelope = mail.envelope();
    let mut options = Vec::new();
    if envelope.to().iter().chain(envelope.from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::lasting(format!(
                "{target} takes addresses of plain ASCII only; write the recipients without other letters"
            )));
        }
        options.push(MailParameter::SmtpUtfEight);
        options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let sender = Mail::new(envelope.from().cloned(), options);
    connection.command(sender).await.map_err(|error| failure(target, "name the sender to", &error))?;
    let mut refused: Vec<Failure> = Vec::new();
    for recipient in envelope.to() {
        if let Err(error) = connection.command(Rcpt::new(recipient.clone(), Vec::new())).await {
            let failure = failure(target, &format!("name the recipient {recipient} to"), &error);
            if error.status().is_none() {
                return Err(failure);
            }
            refused.push(failure);
        }
    }
    if refused.len() == envelope.to().len() {
        let retry = refused.iter().any(|failure| failure.retry);
        let reason = refused.swap_remove(0).reason;
        return Err(Failure { reason, retry, after: None });
    }
    connection.command(Data).await.map_err(|error| failure(target, "give the mail to", &error))?;
    let answer = connection
        .message(&mail.formatted())
        .await
        .map_err(|error| failure(target, "give the mail to", &error))?;
    let mut answer = said(&answer);
    for failure in &refused {
        answer = format!("{answer}; but {}", failure.reason);
    }
    Ok(Delivery { answer: told(&answer) })
}

fn said(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    told(&format!("{} {}", response.code(), lines.join(" ")))
}

/// 4xx passes, 5xx does not; what breaks off may be tried again.
fn failure(target: &str, doing: &str, error: &Error) -> Failure {
    let text = told(&with_sources(error));
    if error.is_tls() || (doing == "begin TLS with" && text.contains("certificate")) {
        return tls_failure(target, &text);
    }
    let retry = match error.status() {
        Some(code) => code.severity != Severity::PermanentNegativeCompletion,
        None => !error.is_client(),
    };
    Failure { reason: format!("{doing} {target}: {text}"), retry, after: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::message::tests::{fact, message};
    use topmast_model::problem::Notice;

    fn email() -> Email<Secret> {
        Email {
            host: "mail.example.com".into(),
            port: None,
            security: SmtpSecurity::StartTls,
            user: None,
            password: None,
            from: "Topmast <topmast@example.com>".into(),
            to: vec!["ann@example.com".into(), "Bob <bob@example.com>".into()],
            hello: None,
        }
    }

    fn formatted(message: &Message) -> String {
        let mail = mail("acme/main", "on-call", &email(), message).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    }

    #[test]
    fn mail_is_plain_text_with_the_headers_of_a_thread() {
        // EM-1
        let text = formatted(&message(vec![fact(Notice::Opened, "db-1 is DOWN")])).replace("\r\n", "\n");
        let expect = "\
From: Topmast <topmast@example.com>
Date: Sun, 29 Nov 2026 05:24:37 +0000
Subject: [CRITICAL] db-1 is DOWN
Message-ID: <01920000-0000-7000-8000-000000000001.on-call@example.com>
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: All
List-Id: <acme-main.topmast.example.com>
X-Topmast-Id: 01920000-0000-7000-8000-000000000001
In-Reply-To: <problem-17.acme-main@example.com>
References: <problem-17.acme-main@example.com>
X-Topmast-Problem: 17
X-Topmast-Severity: critical
X-Priority: 1
To: ann@example.com, Bob <bob@example.com>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

[CRITICAL] db-1 is DOWN

Object: acme/main/db-1
Since: 2026-11-29 05:12:03 UTC, 12m34s ago
Rule: server-down
Problem: 17

What to do: Is it reachable?
Does its agent run?

https://console.example.com/problems/17

-- 
Topmast acme/main, channel on-call

";
        assert_eq!(text, expect);
    }

    #[test]
    fn text_of_a_problem_makes_no_header_and_no_end_of_the_mail() {
        // SN-2
        let mut evil = fact(Notice::Opened, "a\r\nBcc: eve@example.com\r\n\r\n.\r\nQUIT");
        evil.advice = "a\r\n.\r\nMAIL FROM:<eve@example.com>\r\nä".into();
        let text = formatted(&message(vec![evil]));
        let (headers, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(!headers.lines().any(|line| line.starts_with("Bcc")), "{headers}");
        assert!(headers.is_ascii());
        // A line of one dot is the transport's to escape; it is tested with a real server.
        assert!(body.contains("MAIL FROM"), "{body}");
    }
}
