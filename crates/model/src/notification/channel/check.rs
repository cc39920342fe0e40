//! What is checked of a channel before it is taken.

use super::{
    ARGUMENTS_MAX, Channel, ChannelKind, Email, HEADERS_MAX, RECIPIENTS_MAX, SCRIPT_TIMEOUT_MAX, SECRET_MAX,
    Script, SmtpSecurity, SnmpAccess, SnmpTrap, URL_MAX, WORD_MAX,
};
use crate::notification::Secret;
use crate::path::{Level, check_name};
use crate::rule::{NAME_MAX, Span};

/// Shortest password of SNMP v3, by RFC 3414.
const SNMP_PASSWORD_MIN: usize = 8;

/// What is wrong with a channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("channel {channel:?}, {field}: {message}")]
pub struct ChannelError {
    /// The channel's name.
    pub channel: String,
    /// The field, as the text form calls it.
    pub field: &'static str,
    /// What is wrong with it, and what to write instead.
    pub message: String,
}

/// A field and what is wrong with it.
type Wrong = (&'static str, String);

impl<S> Channel<S> {
    /// Checks all but the secrets.
    ///
    /// # Errors
    /// [`ChannelError`] with the first field that is wrong.
    pub fn check(&self) -> Result<(), ChannelError> {
        self.check_plain().map_err(|wrong| self.error(wrong))
    }

    fn error(&self, (field, message): Wrong) -> ChannelError {
        ChannelError { channel: self.name.clone(), field, message }
    }

    fn check_plain(&self) -> Result<(), Wrong> {
        check_name(&self.name).map_err(|error| ("name", error.to_string()))?;
        if self.name.len() > NAME_MAX {
            return wrong("name", format!("is longer than {NAME_MAX} bytes; shorten it"));
        }
        if self.tenant.as_ref().is_some_and(|tenant| tenant.level() != Level::Tenant) {
            return wrong("tenant", "is not the name of a tenant".to_owned());
        }
        match &self.kind {
            ChannelKind::Email(email) => check_email(email),
            ChannelKind::Webhook(hook) => {
                if hook.headers.len() > HEADERS_MAX {
                    return wrong("webhook.headers", format!("are more than {HEADERS_MAX}; remove some"));
                }
                hook.headers.keys().try_for_each(|name| check_header(name))
            }
            ChannelKind::Chat(chat) => {
                chat.channel.as_ref().map_or(Ok(()), |channel| check_word("chat.channel", channel))
            }
            ChannelKind::Syslog(syslog) => {
                check_host("syslog.host", &syslog.host)?;
                check_port("syslog.port", syslog.port)?;
                match &syslog.app_name {
                    // RFC 5424: APP-NAME is 1 to 48 printable characters of ASCII.
                    Some(name)
                        if !(1..=48).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_graphic()) =>
                    {
                        wrong("syslog.app_name", "write 1 to 48 printable characters without spaces".into())
                    }
                    _ => Ok(()),
                }
            }
            ChannelKind::SnmpTrap(trap) => check_trap(trap),
            ChannelKind::Script(script) => check_script(script),
        }
    }
}

impl Channel<Secret> {
    /// Checks the secrets, which is only possible while they are in the clear.
    ///
    /// # Errors
    /// [`ChannelError`] with the first field that is wrong; it never holds a secret.
    pub fn check_secrets(&self) -> Result<(), ChannelError> {
        self.check_secret_fields().map_err(|wrong| self.error(wrong))
    }

    fn check_secret_fields(&self) -> Result<(), Wrong> {
        match &self.kind {
            ChannelKind::Email(Email { password: Some(password), .. }) => {
                check_secret("email.password", password, 1)
            }
            ChannelKind::Webhook(hook) => {
                check_url("webhook.url", &hook.url)?;
                if let Some(secret) = &hook.secret {
                    check_secret("webhook.secret", secret, 1)?;
                }
                hook.headers.values().try_for_each(|value| {
                    check_secret("webhook.headers", value, 1)?;
                    if value.0.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
                        Ok(())
                    } else {
                        wrong("webhook.headers", "a value has characters that no header may have".into())
                    }
                })
            }
            ChannelKind::Chat(chat) => check_url("chat.url", &chat.url),
            ChannelKind::SnmpTrap(SnmpTrap { version, .. }) => match version {
                SnmpAccess::V2c { community } => check_secret("snmp_trap.version", community, 1),
                SnmpAccess::V3 { auth, privacy, .. } => {
                    let passwords = auth.iter().map(|auth| &auth.password);
                    passwords.chain(privacy.iter().map(|privacy| &privacy.password)).try_for_each(
                        |password| check_secret("snmp_trap.version", password, SNMP_PASSWORD_MIN),
                    )
                }
            },
            ChannelKind::Email(_) | ChannelKind::Syslog(_) | ChannelKind::Script(_) => Ok(()),
        }
    }

    /// Where it goes, for people, without what is secret of it: `https://hooks.example.com`, `a@example.com, …`.
    pub fn target(&self) -> String {
        match &self.kind {
            ChannelKind::Email(email) => email.to.join(", "),
            ChannelKind::Webhook(hook) => origin(&hook.url.0).to_owned(),
            ChannelKind::Chat(chat) => match &chat.channel {
                Some(channel) => format!("{channel} at {}", origin(&chat.url.0)),
                None => origin(&chat.url.0).to_owned(),
            },
            ChannelKind::Syslog(syslog) => format!("{}:{}", syslog.host, syslog.port()),
            ChannelKind::SnmpTrap(trap) => format!("{}:{}", trap.host, trap.port),
            ChannelKind::Script(script) => script.program.clone(),
        }
    }
}

/// The part of a web address that is no secret: scheme, host and port.
fn origin(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once("://") else { return "" };
    let host = rest.find(['/', '?', '#']).map_or(rest, |end| &rest[..end]);
    // A name and a password may stand before the host; such addresses are refused, but this is what is shown.
    if host.contains('@') { "" } else { &url[..scheme.len() + "://".len() + host.len()] }
}

/// True for a host that is this machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn wrong(field: &'static str, message: String) -> Result<(), Wrong> {
    Err((field, message))
}

fn check_email<S>(email: &Email<S>) -> Result<(), Wrong> {
    check_host("email.host", &email.host)?;
    check_port("email.port", email.port)?;
    check_mailbox("email.from", &email.from)?;
    if !(1..=RECIPIENTS_MAX).contains(&email.to.len()) {
        return wrong("email.to", format!("has {}; give 1 to {RECIPIENTS_MAX} recipients", email.to.len()));
    }
    email.to.iter().try_for_each(|to| check_mailbox("email.to", to))?;
    if let Some(hello) = &email.hello {
        check_host("email.hello", hello)?;
    }
    if let Some(user) = &email.user {
        check_word("email.user", user)?;
    }
    match (&email.user, &email.password) {
        (Some(_), None) => wrong("email.password", "is missing beside user".into()),
        (None, Some(_)) => wrong("email.user", "is missing beside password".into()),
        (Some(_), Some(_)) if email.security == SmtpSecurity::None && !is_loopback(&email.host) => wrong(
            "email.security",
            "a password is not sent in the clear; write \"starttls\" or \"tls\"".into(),
        ),
        _ => Ok(()),
    }
}

fn check_trap<S>(trap: &SnmpTrap<S>) -> Result<(), Wrong> {
    check_host("snmp_trap.host", &trap.host)?;
    check_port("snmp_trap.port", Some(trap.port))?;
    match &trap.version {
        SnmpAccess::V2c { .. } => Ok(()),
        // A trap of v3 is checked against a counter of the sender's starts, which no receiver would have.
        SnmpAccess::V3 { .. } if !trap.inform => {
            wrong("snmp_trap.inform", "v3 sends informs only; remove inform = false".into())
        }
        SnmpAccess::V3 { auth: None, privacy: Some(_), .. } => {
            wrong("snmp_trap.version", "privacy goes only with auth; add it".into())
        }
        // RFC 3414: a user name has at most 32 octets.
        SnmpAccess::V3 { user, .. } if !(1..=32).contains(&user.len()) => {
            wrong("snmp_trap.version", "a user's name has 1 to 32 bytes".into())
        }
        SnmpAccess::V3 { user, .. } => check_word("snmp_trap.version", user),
    }
}

fn check_script(script: &Script) -> Result<(), Wrong> {
    let program = &script.program;
    if !program.starts_with('/') || program.len() > WORD_MAX || program.chars().any(char::is_control) {
        return wrong("script.program", format!("write an absolute path of at most {WORD_MAX} bytes"));
    }
    if program.split('/').any(|part| part == "..") {
        return wrong("script.program", "write the path without ..".into());
    }
    if script.arguments.len() > ARGUMENTS_MAX {
        return wrong("script.arguments", format!("are more than {ARGUMENTS_MAX}; remove some"));
    }
    if script.arguments.iter().any(|text| text.len() > SECRET_MAX || text.contains('\0')) {
        return wrong("script.arguments", format!("one is longer than {SECRET_MAX} bytes or has a NUL"));
    }
    if script.timeout < Span::from_secs(1) || script.timeout > SCRIPT_TIMEOUT_MAX {
        return wrong("script.timeout", format!("give 1s to {SCRIPT_TIMEOUT_MAX}"));
    }
    Ok(())
}

fn check_host(field: &'static str, host: &str) -> Result<(), Wrong> {
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    if (1..=WORD_MAX).contains(&host.len()) && !host.starts_with('-') && host.bytes().all(is_host) {
        return Ok(());
    }
    wrong(field, "write a host name or an IP address".into())
}

fn check_port(field: &'static str, port: Option<u16>) -> Result<(), Wrong> {
    if port == Some(0) { wrong(field, "write 1 to 65535".into()) } else { Ok(()) }
}

fn check_word(field: &'static str, word: &str) -> Result<(), Wrong> {
    if (1..=WORD_MAX).contains(&word.len()) && !word.chars().any(char::is_control) {
        return Ok(());
    }
    wrong(field, format!("write 1 to {WORD_MAX} bytes without control characters"))
}

/// `local@host`, or `Name <local@host>`.
fn check_mailbox(field: &'static str, mailbox: &str) -> Result<(), Wrong> {
    check_word(field, mailbox)?;
    let address = match mailbox.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>').unwrap_or_default(),
        None => mailbox,
    };
    let is_part = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>,;:\"()[]\\@".contains(c))
    };
    match address.rsplit_once('@') {
        Some((local, host)) if is_part(local) && is_part(host) => Ok(()),
        _ => wrong(field, format!("{mailbox:?} is not a mail address; write name@example.com")),
    }
}

fn check_header(name: &str) -> Result<(), Wrong> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=WORD_MAX).contains(&name.len()) || !name.bytes().all(is_token) {
        return wrong("webhook.headers", format!("{name:?} is not the name of a header"));
    }
    let lower = name.to_ascii_lowercase();
    let ours = ["host", "content-length", "content-type", "transfer-encoding", "connection"];
    if ours.contains(&lower.as_str()) || lower.starts_with("topmast-") || lower == "idempotency-key" {
        return wrong("webhook.headers", format!("{name} is set by topmast; remove it"));
    }
    Ok(())
}

fn check_secret(field: &'static str, secret: &Secret, least: usize) -> Result<(), Wrong> {
    if (least..=SECRET_MAX).contains(&secret.0.len()) && !secret.0.chars().any(char::is_control) {
        return Ok(());
    }
    wrong(field, format!("a secret has {least} to {SECRET_MAX} bytes without control characters"))
}

fn check_url(field: &'static str, url: &Secret) -> Result<(), Wrong> {
    let text = &url.0;
    let scheme = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme));
    let Some(rest) = scheme.and_then(|scheme| text.strip_prefix(scheme)) else {
        return wrong(field, "write an address that begins with https:// or http://".into());
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        return wrong(field, "has a name before its host; put that into a header".into());
    }
    if host.is_empty() || text.len() > URL_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong(field, format!("write an address of at most {URL_MAX} bytes, without spaces"));
    }
    Ok(())
}
