//! Notifications of SNMP: one for each problem. The protocol is the crate `async-snmp`'s.
//!
//! Informs, which a receiver acknowledges; as v2c also traps, of which nobody knows whether they came. A trap of v3
//! would need an engine of our own with a counter of its starts at every receiver; an inform uses the receiver's.
//! The objects are those of docs/TOPMAST-MIB.txt.

use super::{Delivery, Failure, Senders};
use crate::notification::message::line;
use crate::notification::{Fact, Message};
use async_snmp::v3::ReportStatus;
use async_snmp::varbind::VarBind;
use async_snmp::{Auth, AuthProtocol, Client, Error, Oid, PrivProtocol, Retry, UsmConfig, Value};
use std::time::Duration;
use topmast_model::notification::Secret;
use topmast_model::notification::channel::{SnmpAccess, SnmpAuthentication, SnmpPrivacy, SnmpTrap};
use topmast_model::problem::Notice;
use topmast_model::status::{AlarmState, Severity};

/// `topmast`, in that part of Net-SNMP's range which is for whoever has no number of his own.
const ROOT: [u32; 10] = [1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 7400];
/// Longest text, in bytes: that of an `SnmpAdminString`.
const TEXT_MAX: usize = 255;
/// How long one acknowledgement is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// A packet may get lost, and its answer.
const RETRIES: u32 = 2;

pub(super) async fn send(
    senders: &Senders,
    trap: &SnmpTrap<Secret>,
    message: &Message,
) -> Result<Delivery, Failure> {
    let target = if trap.host.contains(':') {
        format!("[{}]:{}", trap.host, trap.port)
    } else {
        format!("{}:{}", trap.host, trap.port)
    };
    let auth = auth(&trap.version)
        .map_err(|error| Failure::lasting(format!("credentials of the channel: {error}")))?;
    let retry = Retry::fixed(RETRIES, Duration::ZERO).map_err(|error| Failure::lasting(error.to_string()))?;
    let building = Client::builder(target.as_str(), auth)
        .request_timeout(ANSWER_MAX)
        .construction_timeout(ANSWER_MAX)
        .retry(retry);
    let client = building.connect().await.map_err(|error| failure(&target, &error))?;
    let uptime = u32::try_from(senders.started.elapsed().as_millis() / 10).unwrap_or(u32::MAX);
    let notifications = notifications(&senders.config.cluster, message);
    let count = notifications.len();
    for (notification, objects) in notifications {
        if trap.inform {
            client.send_inform(&notification, uptime, objects).await
        } else {
            client.send_trap(&notification, uptime, objects).await
        }
        .map_err(|error| failure(&target, &error))?;
    }
    let answer = if trap.inform { "acknowledged" } else { "sent; nobody says whether a trap came" };
    Ok(Delivery { answer: if count == 1 { answer.into() } else { format!("{count} {answer}") } })
}

fn auth(version: &SnmpAccess<Secret>) -> Result<Auth, String> {
    let (user, auth, privacy) = match version {
        SnmpAccess::V2c { community } => return Ok(Auth::v2c(&community.0)),
        SnmpAccess::V3 { user, auth, privacy } => (user, auth, privacy),
    };
    let config = UsmConfig::new(user.clone());
    let config = match (auth, privacy) {
        (None, _) => Ok(config),
        (Some(auth), None) => config.auth(authentication(auth.protocol), auth.password.0.as_str()),
        (Some(auth), Some(privacy)) => config.auth_priv(
            authentication(auth.protocol),
            auth.password.0.as_str(),
            cipher(privacy.protocol),
            privacy.password.0.as_str(),
        ),
    };
    config.map(Auth::from).map_err(|error| error.to_string())
}

const fn authentication(protocol: SnmpAuthentication) -> AuthProtocol {
    match protocol {
        SnmpAuthentication::Sha1 => AuthProtocol::Sha1,
        SnmpAuthentication::Sha224 => AuthProtocol::Sha224,
        SnmpAuthentication::Sha256 => AuthProtocol::Sha256,
        SnmpAuthentication::Sha384 => AuthProtocol::Sha384,
        SnmpAuthentication::Sha512 => AuthProtocol::Sha512,
    }
}

const fn cipher(protocol: SnmpPrivacy) -> PrivProtocol {
    match protocol {
        SnmpPrivacy::Aes128 => PrivProtocol::Aes128,
        SnmpPrivacy::Aes192 => PrivProtocol::Aes192Blumenthal,
        SnmpPrivacy::Aes256 => PrivProtocol::Aes256Blumenthal,
    }
}

/// A notification's identity and its objects, for each problem, or for an alarm or a test.
fn notifications(cluster: &str, message: &Message) -> Vec<(Oid, Vec<VarBind>)> {
    let notification = |number| Oid::from_slice(&[&ROOT[..], &[0, number]].concat());
    let shared = || vec![text(1, &message.id.to_string()), text(2, cluster)];
    if let Some(alarm) = &message.alarm {
        let mut objects = shared();
        objects.extend([
            text(7, &format!("{}: {}", alarm.title(), alarm.reason)),
            text(8, &super::webhook::rfc3339(alarm.at)),
            text(14, message.link.as_deref().unwrap_or_default()),
            text(15, &alarm.name),
            object(16, Value::Integer(number_of(alarm.to))),
            object(17, Value::Integer(number_of(alarm.from))),
        ]);
        return vec![(notification(7), objects)];
    }
    if message.facts.is_empty() {
        let mut objects = shared();
        objects.push(text(7, &message.subject()));
        return vec![(notification(6), objects)];
    }
    let each = message.facts.iter().map(|fact| {
        let mut objects = shared();
        objects.extend(facts(fact));
        let number = match fact.notice {
            _ if message.test => 6,
            Notice::Opened => 1,
            Notice::Flapping => 2,
            Notice::Worse => 3,
            Notice::StillOpen => 4,
            Notice::Recovered => 5,
        };
        (notification(number), objects)
    });
    each.collect()
}

const fn number_of(state: AlarmState) -> i32 {
    match state {
        AlarmState::Ok => 1,
        AlarmState::Alarm => 2,
        AlarmState::InsufficientData => 3,
    }
}

fn facts(fact: &Fact) -> Vec<VarBind> {
    let severity = match fact.severity {
        Severity::Info => 1,
        Severity::Warning => 2,
        Severity::Major => 3,
        Severity::Critical => 4,
    };
    let number = |number: u64| Value::Gauge32(u32::try_from(number).unwrap_or(u32::MAX));
    vec![
        object(3, number(fact.problem.0)),
        object(4, Value::Integer(severity)),
        text(5, fact.object.as_str()),
        text(6, &fact.rule),
        text(7, &fact.message),
        text(8, &super::webhook::rfc3339(fact.since)),
        object(9, number(fact.duration.as_secs())),
        text(10, &fact.detail),
        text(11, fact.cause.as_deref().unwrap_or_default()),
        text(12, fact.owner.as_deref().unwrap_or_default()),
        text(13, &fact.advice),
        text(14, fact.link.as_deref().unwrap_or_default()),
    ]
}

fn object(number: u32, value: Value) -> VarBind {
    VarBind::new(Oid::from_slice(&[&ROOT[..], &[1, number, 0]].concat()), value)
}

fn text(number: u32, value: &str) -> VarBind {
    let mut value = line(value);
    value.truncate(value.floor_char_boundary(TEXT_MAX));
    object(number, Value::from(value.as_str()))
}

/// What is wrong, and what to do.
fn failure(target: &str, error: &Error) -> Failure {
    let text = match error {
        Error::SharedOperation { source } => return failure(target, source),
        Error::Exchange { source, .. } => return failure(target, source),
        Error::Timeout { .. } => {
            "no acknowledgement: does a receiver run there, does it know this community or this user with these \
             passwords (snmptrapd.conf), and do firewalls let UDP through?"
        }
        Error::ConstructionTimeout { .. } => "its name was not found in time; look at the resolver",
        Error::Network { source, .. } => {
            return Failure::passing(format!("send to {target}: {source}; does a receiver run there?"));
        }
        Error::Auth { .. } => {
            return Failure::lasting(format!(
                "{target}: its answer is not signed with our key: look at auth"
            ));
        }
        Error::Report { status, .. } => {
            let hint = match &**status {
                ReportStatus::UnknownUserName { .. } => {
                    "it does not know the user; add it there (createUser and authUser in snmptrapd.conf)".into()
                }
                ReportStatus::WrongDigest { .. } => "it refuses the signature: look at auth".into(),
                ReportStatus::DecryptionError { .. } => "it cannot decrypt: look at privacy".into(),
                ReportStatus::UnsupportedSecurityLevel { .. } => {
                    "the user is set up for another level there: give auth and privacy as the receiver has them".into()
                }
                status => format!("it reports {status}"),
            };
            return Failure::lasting(format!("{target}: {hint}"));
        }
        error => return Failure::passing(format!("send to {target}: {error}")),
    };
    Failure::passing(format!("send to {target}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::message::tests::{alarm, fact, message};

    #[test]
    fn notification_has_the_objects_of_the_mib() {
        let mut told = fact(Notice::StillOpen, "db-1 is down");
        told.cause = Some("ä".repeat(200));
        let told = notifications("acme/main", &message(vec![told, fact(Notice::Recovered, "x")]));
        let written: Vec<String> =
            told[0].1.iter().map(|bound| format!("{} = {}", bound.oid, bound.value)).collect();
        assert_eq!(told[0].0.to_string(), "1.3.6.1.4.1.8072.9999.9999.7400.0.4");
        assert_eq!(told[1].0.to_string(), "1.3.6.1.4.1.8072.9999.9999.7400.0.5");
        let root = "1.3.6.1.4.1.8072.9999.9999.7400.1";
        assert_eq!(written[1], format!("{root}.2.0 = acme/main"));
        assert_eq!(written[2], format!("{root}.3.0 = 17"));
        assert_eq!(written[3], format!("{root}.4.0 = 4"));
        assert_eq!(written[6], format!("{root}.7.0 = db-1 is down"));
        assert_eq!(written[8], format!("{root}.9.0 = 754"));
        assert_eq!(written[10], format!("{root}.11.0 = {}", "ä".repeat(127)));
        assert_eq!(written.len(), 14);
        let told = notifications("acme/main", &alarm("cpu", "Threshold Crossed"));
        let written: Vec<String> =
            told[0].1.iter().map(|bound| format!("{} = {}", bound.oid, bound.value)).collect();
        assert_eq!(told[0].0.to_string(), "1.3.6.1.4.1.8072.9999.9999.7400.0.7");
        assert_eq!(written[5], format!("{root}.15.0 = cpu"));
        assert_eq!(written[6..], [format!("{root}.16.0 = 2"), format!("{root}.17.0 = 1")]);
        // Every object and notification is in the MIB.
        let mib = include_str!("../../../../../docs/TOPMAST-MIB.txt");
        for number in 1..=17 {
            assert!(mib.contains(&format!("::= {{ topmastObjects {number} }}")), "{number}");
        }
        for number in 1..=7 {
            assert!(mib.contains(&format!("::= {{ topmastNotifications {number} }}")), "{number}");
        }
    }
}
