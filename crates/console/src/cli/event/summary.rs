//! What an event says, in words: its payload without what the other columns show already.

mod safety;

use crate::cli::network;
use crate::cli::user::grants_text;
use serde_json::Value;
use topmast_api::event::Event;
use topmast_api::time::Timestamp;
use topmast_model::access::AccessChange;
use topmast_model::agentless::{AgentlessApplication, AgentlessHost};
use topmast_model::aws_alarm::Hold;
use topmast_model::code::CodeChange;
use topmast_model::command::{AgentCertificate, ServerRegistration};
use topmast_model::configuration::ConfigurationChange;
use topmast_model::event::EventBody;
use topmast_model::federation::{PassedAnswer, PassedRequest};
use topmast_model::guest::GuestCondition;
use topmast_model::log_group::LogGroupChange;
use topmast_model::notification::Outcome;
use topmast_model::package::PackageChange;
use topmast_model::package::key::TrustKeyChange;
use topmast_model::path::ObjectPath;
use topmast_model::permit::PermitRequest;
use topmast_model::principal::ActorKind;
use topmast_model::rule::Span;
use topmast_model::server::ServerRole;
use topmast_model::task_order::TaskFact;
use topmast_model::tenant::TenantOrder;
use topmast_model::terminal::PaneResult;
use topmast_model::time::UnixMillis;

/// Digits of a fingerprint that tell certificates apart for a person.
const FINGERPRINT_DIGITS: usize = 12;

/// One line; empty when the kind and the object say it all.
pub(crate) fn summary(event: &Event) -> String {
    match EventBody::from_parts(&event.kind, event.payload.clone()) {
        Ok(EventBody::Unrecognised { payload, .. }) => plain(&payload),
        Ok(body) => of_body(&body, event),
        // A newer master may have changed a shape that this build knows.
        Err(_) => plain(&event.payload),
    }
}

fn of_body(body: &EventBody, event: &Event) -> String {
    match body {
        EventBody::MasterActivated { epoch, name, .. } => match name {
            Some(name) => format!("{name}, epoch {}", epoch.0),
            None => format!("epoch {}", epoch.0),
        },
        EventBody::MasterHandedOver { to } => format!("to {to}"),
        EventBody::JournalRestored { epoch, backed_up_at } => {
            format!("backup of {}, epoch {}", Timestamp(*backed_up_at), epoch.0)
        }
        EventBody::ActionAccepted {
            operation,
            targets,
            reason,
            rolling,
            package,
            configuration,
            custom,
            terms,
            ..
        } => {
            let mut batches =
                rolling.map(|rolling| format!(", {} at a time", rolling.batch)).unwrap_or_default();
            batches.push_str(&safety::terms(terms));
            let package = package.as_ref().map(|package| format!(" to {}", package.id));
            let configuration = configuration.as_ref();
            let what = package
                .or_else(|| {
                    configuration.map(|what| format!(" with {} revision {}", what.name, what.revision))
                })
                .unwrap_or_default();
            let done = match custom {
                Some(custom) => format!("{custom} on"),
                None => format!("{operation} of"),
            };
            with(format!("{done} {}{what}{batches}", several(targets)), ": ", reason.as_deref())
        }
        EventBody::BatchReleased { up_to, .. } => format!("targets up to number {up_to} may begin"),
        EventBody::ActionGoverned { change, .. } => safety::governed(change),
        EventBody::PermitAsked { request, reason, approval, .. } => {
            let waits = format!("waits for approval by policy {}", approval.policies.join(", "));
            with(format!("{}, {waits}", wanted(request)), ": ", reason.as_deref())
        }
        EventBody::PermitGoverned { id, request, change } => {
            format!("permit {id} to {}: {}", wanted(request), safety::permitted(change))
        }
        EventBody::SafetyChanged { change, .. } => safety::changed(change),
        EventBody::TenantChanged { change, .. } => tenant(change),
        EventBody::UsageNoted { usage, .. } => {
            format!("{} samples and {} requests more", usage.samples, usage.requests)
        }
        EventBody::StepStarted { .. } => "begun by the agent".to_owned(),
        EventBody::StepFinished { outcome, .. } => {
            let status = if outcome.succeeded { "SUCCEEDED" } else { "FAILED" };
            with(status.to_owned(), " ", Some(&outcome.message))
        }
        EventBody::StepExpired { message, .. } => format!("UNKNOWN {message}"),
        EventBody::ActionCompleted { status, .. } => status.to_string(),
        EventBody::ServerRegistered { registration, .. } => registered(registration),
        EventBody::ServerStatusChanged { status, cause, .. } => format!("{status}, {cause}"),
        EventBody::ReportsReceived { up_to, .. } => format!("reports up to {up_to}"),
        EventBody::ApplicationChanged { state, .. } => {
            let process = state.pid.map(|pid| format!("process {pid}"));
            let version = state.version.as_ref().map(|version| format!("version {version}"));
            let known = with(state.status.to_string(), ", ", version.as_deref());
            format!("{}, {}", with(known, ", ", process.as_deref()), state.cause)
        }
        EventBody::ServiceChanged { state, .. } => {
            let status = with(state.status.to_string(), " ", Some(&state.codes.join(" ")));
            with(status, ", ", state.message.as_deref())
        }
        EventBody::TaskChanged { state, .. } => {
            with(state.status.to_string(), ", ", state.message.as_deref())
        }
        EventBody::TaskOrdered { fact, .. } => match fact {
            TaskFact::Run { reason, .. } => with("run now".to_owned(), ": ", reason.as_deref()),
            TaskFact::Expect { spec, .. } => {
                format!("a sign is expected every {}", Span::from_millis(spec.every_ms))
            }
            TaskFact::Forget => "signs are expected no longer".to_owned(),
        },
        EventBody::UnitFileRefused { file, problem, .. } => format!("{file}: {problem}"),
        EventBody::UnitFileAccepted { file, .. } => file.clone(),
        EventBody::AgentlessServerAdded { host, .. } => read_over_ssh(host),
        EventBody::HostKeysPinned { fingerprints, .. } => fingerprints.join(", "),
        EventBody::AgentlessApplicationsSet { applications, .. } => applications_over_ssh(applications),
        EventBody::TerminalOpened { targets, command, reason, account, .. } => {
            let what = command.as_deref().map_or_else(|| "a shell".to_owned(), one_line);
            let login = account.as_ref().map(|account| format!("as {account}"));
            let where_ = format!("{what} on {}", several(targets));
            with(with(where_, " ", login.as_deref()), ": ", reason.as_deref())
        }
        EventBody::TerminalClosed { results, .. } => ended(results),
        EventBody::LogsRead { reading } => {
            let of = format!("{} of {}", reading.purpose.as_str(), several(&reading.targets));
            let source = with(of, ", source ", reading.source.as_deref());
            with(source, ": ", reading.pattern.as_deref().map(one_line).as_deref())
        }
        EventBody::ReadingFailed { problem, .. } | EventBody::GuestsRefused { problem, .. } => {
            problem.clone()
        }
        EventBody::GuestRegistered { guest, .. } => {
            let state = match &guest.condition {
                GuestCondition::Runs(state) | GuestCondition::Stopped(state) => state.as_str(),
                GuestCondition::Untold => "",
                GuestCondition::Unlisted => "no longer listed",
            };
            with(format!("{} {} of {}", guest.kind, guest.name, guest.host.name()), ", ", Some(state))
        }
        EventBody::AwsAlarmPut { alarm, .. } => alarm.name.clone(),
        EventBody::AwsAlarmStateChanged { name, said, .. } => {
            format!("{name} {}, {}", said.state, one_line(&said.reason).trim_matches('`'))
        }
        EventBody::AwsAlarmHoldChanged { name, hold, .. } => {
            with(name.clone(), ", actions held back by ", hold.map(Hold::as_str))
        }
        EventBody::AwsAlarmActionsSwitched { name, enabled, .. } => {
            format!("{name}, actions {}", if *enabled { "on" } else { "off" })
        }
        EventBody::AwsAlarmActed { name, outcomes, .. } => {
            let failed = outcomes.iter().filter(|outcome| outcome.error.is_some()).count();
            format!("{name}, {} actions, {failed} failed", outcomes.len())
        }
        EventBody::UserCreated { name, grants, .. } | EventBody::GrantsSet { name, grants } => {
            format!("{name}: {}", grants_text(grants))
        }
        EventBody::PasswordSet { name, .. }
        | EventBody::UserDeleted { name }
        | EventBody::AwsAlarmDeleted { name, .. }
        | EventBody::AwsAlarmTagged { name, .. }
        | EventBody::DashboardPut { name, .. }
        | EventBody::DashboardDeleted { name, .. }
        | EventBody::DashboardTagged { name, .. }
        | EventBody::ParameterDeleted { name, .. }
        | EventBody::ParameterTagged { name, .. } => name.clone(),
        EventBody::ParameterPut { name, number, .. } => format!("{name}, version {number}"),
        EventBody::ParameterLabelled { name, number, labels, .. } => {
            format!("{name}, version {number}: {}", labels.join(", "))
        }
        EventBody::PackageChanged { change, .. } => match change {
            PackageChange::Added { package } => format!("{} added, {} bytes", package.id, package.size),
            PackageChange::Removed { id } => format!("{id} removed"),
        },
        EventBody::TrustKeyChanged { change, .. } => match change {
            TrustKeyChange::Added { id, comment: Some(comment), .. } => format!("key {id} added: {comment}"),
            TrustKeyChange::Added { id, .. } => format!("key {id} added"),
            TrustKeyChange::Removed { id } => format!("key {id} removed"),
        },
        EventBody::ConfigurationChanged { name, change, .. } => configuration_text(name, change),
        EventBody::CodeChanged { change } => match change {
            CodeChange::Kept { kind, name, .. } => format!("{kind} {name} is kept as code"),
            CodeChange::Released { kind, name, reason, .. } => {
                format!("{kind} {name} is no longer kept as code: {reason}")
            }
        },
        EventBody::LogGroupChanged { name, change, .. } => log_group_text(name, change),
        EventBody::ObjectTagged { path, application, tags } => {
            let whose = with(path.to_string(), ", applications ", application.as_deref());
            let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!(
                "{whose}: {}",
                if tags.is_empty() { "none".to_owned() } else { one_line(&tags.join(", ")) }
            )
        }
        EventBody::SessionOpened { user, expires_at, client, .. } => with(
            format!("{user}, {}", until(*expires_at)),
            ", with ",
            client.as_deref().map(one_line).as_deref(),
        ),
        EventBody::SessionClosed { user, .. } => match event.actor.kind {
            ActorKind::Master => format!("{user}, not used for long"),
            _ => user.clone(),
        },
        EventBody::LoginFailed { user } => with(user.clone(), " from ", event.actor.address.as_deref()),
        EventBody::AccessChanged { user, change } => access_text(user, change),
        EventBody::RequestPassedOn { request: PassedRequest { join, method, path, .. } } => {
            format!("{method} {path} to {join}")
        }
        EventBody::RequestAnswered { answer: PassedAnswer { join, status, action, message, .. } } => {
            let told =
                status.map_or_else(|| "did not answer".to_owned(), |status| format!("answered {status}"));
            let action = action.map(|action| action.to_string());
            with(with(format!("{join} {told}"), ", action ", action.as_deref()), ": ", message.as_deref())
        }
        EventBody::TokenCreated { name, owner, grants, expires_at, speaks_for_users, .. } => {
            let end = expires_at.map_or_else(|| "without an end".to_owned(), until);
            let whom = if *speaks_for_users { ", for every user" } else { "" };
            format!("{name} of {owner}: {}, {end}{whom}", grants_text(grants))
        }
        EventBody::AccessKeyCreated { id, name, owner, grants, expires_at, .. } => {
            let end = expires_at.map_or_else(|| "without an end".to_owned(), until);
            format!("{name} ({id}) of {owner}: {}, {end}", grants_text(grants))
        }
        EventBody::AccessKeyRevoked { id } => id.to_string(),
        EventBody::TokenRevoked { id } | EventBody::JoinTokenRevoked { id } => id.to_string(),
        EventBody::JoinTokenCreated { uses, expires_at, .. } => {
            format!("{uses} {}, {}", if *uses == 1 { "server" } else { "servers" }, until(*expires_at))
        }
        EventBody::AgentEnrolled { join_token, certificate, .. } => {
            format!("{}, join token {join_token}", issued(certificate))
        }
        EventBody::AgentRenewed { certificate, .. } => issued(certificate),
        // Removals and revocations name nothing but their object.
        _ => of_notification(body).unwrap_or_default(),
    }
}

fn access_text(user: &str, change: &AccessChange) -> String {
    match change {
        AccessChange::Locked { until: end } => format!("{user} locked, {}", until(*end)),
        AccessChange::Unlocked => format!("{user} unlocked"),
        AccessChange::SecondFactorSet { .. } => format!("{user} set a second factor"),
        AccessChange::SecondFactorUsed { .. } => format!("{user} gave a code"),
        AccessChange::RecoveryCodeUsed { .. } => format!("{user} gave a recovery code"),
        AccessChange::SecondFactorReset => format!("second factor of {user} taken away"),
        AccessChange::NetworksSet { token, networks } => {
            let whose = match (token, user) {
                (Some(id), _) => format!("token {id} of {user}"),
                (None, "") => "everybody".to_owned(),
                (None, user) => user.to_owned(),
            };
            format!("{whose} from {}", one_line(&network::text(networks)))
        }
        AccessChange::Admitted { outside, grants } => {
            format!("{user} of the {}: {}", outside.kind.as_str(), grants_text(grants))
        }
        AccessChange::Failed { count } => format!("{count} more logins failed"),
    }
}

fn configuration_text(name: &str, change: &ConfigurationChange) -> String {
    match change {
        ConfigurationChange::Revised { number, reason, .. } => {
            with(format!("{name}, revision {number}"), ": ", reason.as_deref())
        }
        ConfigurationChange::Deleted { reason } => with(format!("{name}, deleted"), ": ", reason.as_deref()),
        ConfigurationChange::Held { held } => {
            let drifted: Vec<&str> = held.drifted().map(|file| file.path.as_str()).collect();
            let drifted = if drifted.is_empty() { None } else { Some(drifted.join(", ")) };
            with(format!("{name}, revision {} lies there", held.revision), ", drifted: ", drifted.as_deref())
        }
    }
}

fn of_notification(body: &EventBody) -> Option<String> {
    // What receivers say may be a page.
    let line = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    Some(match body {
        EventBody::NotificationDue { channel, route, .. } => format!("channel {channel} by route {route}"),
        EventBody::NotificationAsked { channel, refused, .. } => {
            with(format!("channel {channel}"), ": ", refused.as_deref())
        }
        EventBody::NotificationFinished { outcome, .. } => match outcome {
            Outcome::Delivered { answer } => with("delivered".to_owned(), ": ", Some(&line(answer))),
            Outcome::Failed { reason, .. } => format!("failed: {}", line(reason)),
            Outcome::Unknown => "cut off by a restart".to_owned(),
        },
        EventBody::NotificationWithdrawn { reason, .. } => reason.clone(),
        EventBody::NotificationSpared { channel, route, by, .. } => {
            format!("channel {channel} by route {route}: notification {by} of the alarm itself told it")
        }
        _ => return None,
    })
}

/// A text with another one behind it, if there is one.
fn log_group_text(name: &str, change: &LogGroupChange) -> String {
    match change {
        LogGroupChange::Created { .. } => format!("{name}, created"),
        LogGroupChange::Deleted => format!("{name}, deleted"),
        LogGroupChange::Retained { days: Some(days) } => format!("{name}, kept for {days} days"),
        LogGroupChange::Retained { days: None } => format!("{name}, kept for ever"),
        LogGroupChange::Protected { is_protected: true } => format!("{name}, protected"),
        LogGroupChange::Protected { is_protected: false } => format!("{name}, protected no more"),
        LogGroupChange::Tagged { tags } => format!("{name}, {} tags", tags.len()),
        LogGroupChange::StreamCreated { stream } => format!("{name}, stream {stream} created"),
        LogGroupChange::StreamDeleted { stream } => format!("{name}, stream {stream} deleted"),
        LogGroupChange::FilterPut { filter, .. } => format!("{name}, metric filter {filter} put"),
        LogGroupChange::FilterDeleted { filter } => format!("{name}, metric filter {filter} deleted"),
    }
}

fn with(text: String, separator: &str, more: Option<&str>) -> String {
    match more.filter(|more| !more.is_empty()) {
        Some(more) => text + separator + more,
        None => text,
    }
}

fn several(targets: &[ObjectPath]) -> String {
    match targets {
        [one] => one.to_string(),
        targets => format!("{} targets", targets.len()),
    }
}

/// A script is told by its first line.
fn one_line(command: &str) -> String {
    format!("`{}`", first_line(command))
}

fn first_line(command: &str) -> String {
    let mut lines = command.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default().trim();
    if lines.next().is_some() { format!("{first} …") } else { first.to_owned() }
}

/// What a permit is for.
fn wanted(request: &PermitRequest) -> String {
    PermitRequest { command: request.command.as_deref().map(first_line), ..request.clone() }.to_string()
}

/// How many panes ended how, the most frequent first.
fn ended(results: &[PaneResult]) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for result in results {
        let end = result.end.to_string();
        match counts.iter_mut().find(|(known, _)| *known == end) {
            Some((_, count)) => *count += 1,
            None => counts.push((end, 1)),
        }
    }
    if let [(end, _)] = &counts[..] {
        return end.clone();
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.iter().map(|(end, count)| format!("{count} {end}")).collect::<Vec<_>>().join(", ")
}

fn registered(registration: &ServerRegistration) -> String {
    let address = match registration.role {
        ServerRole::Agentless => format!("read at {}", registration.address),
        ServerRole::Guest => registration.facts.virtualisation.clone(),
        _ => with(format!("topmast {}", registration.version), " from ", Some(&registration.address)),
    };
    with(address, ", ", Some(&registration.facts.os))
}

fn read_over_ssh(host: &AgentlessHost) -> String {
    let ways: Vec<String> = host.jumps.iter().map(ToString::to_string).collect();
    let through = with(format!("over ssh as {}", host.endpoint), " through ", Some(&ways.join(", ")));
    format!("{through}, with a {}, every {} s", host.login.kind.as_str(), host.interval_ms as f64 / 1_000.0)
}

/// Every command: who reads the audit must see what is run.
fn applications_over_ssh(applications: &[AgentlessApplication]) -> String {
    let told = applications.iter().map(|application| {
        let commands: Vec<String> =
            application.commands().map(|(field, command)| format!("{field} `{command}`")).collect();
        format!("{}: {}", application.name, commands.join(", "))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}

fn issued(certificate: &AgentCertificate) -> String {
    let digits: String = certificate.fingerprint.chars().take(FINGERPRINT_DIGITS).collect();
    format!("certificate {digits}… {}", until(certificate.not_after))
}

fn until(time: UnixMillis) -> String {
    format!("until {}", Timestamp(time))
}

/// The plain values of a payload that this build does not know.
fn plain(payload: &Value) -> String {
    let Value::Object(fields) = payload else { return String::new() };
    let said = fields.iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some(format!("{name} {text}")),
        Value::Number(number) => Some(format!("{name} {number}")),
        Value::Bool(flag) => Some(format!("{name} {flag}")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    said.collect::<Vec<_>>().join(", ")
}

/// What was said of a tenant.
fn tenant(change: &TenantOrder) -> String {
    match change {
        TenantOrder::Describe { title, quotas } => {
            let said = quotas.all().into_iter();
            let said = said.filter_map(|(what, most)| Some(format!(", at most {} {what}", most?)));
            format!("{title}{}", said.collect::<String>())
        }
        TenantOrder::Promise { of, objective } => {
            let of = of.as_deref().unwrap_or("all of it");
            match objective {
                Some(objective) => format!("{of} is promised to be available {} %", objective.percent()),
                None => format!("nothing is promised of {of} any more"),
            }
        }
        TenantOrder::Suspend { reason } => format!("suspended: {reason}"),
        TenantOrder::Resume => "resumed".to_owned(),
        TenantOrder::Forget => "title and quotas forgotten".to_owned(),
        TenantOrder::Remove { reason } => format!("removed with all that it had: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: &str, payload: &Value, expected: &str) {
        let event = json!({
            "seq": 1, "time": "2026-03-01T12:00:00.000Z", "tenant": "acme", "action": null, "object": null,
            "actor": {"kind": "user", "name": "eve", "auth": "session", "address": "10.0.0.9"},
            "kind": kind, "payload": payload,
        });
        assert_eq!(summary(&serde_json::from_value(event).unwrap()), expected, "{kind}");
    }

    #[test]
    fn restore_says_of_which_backup() {
        let restored = json!({"epoch": 1_772_366_500_000_u64, "backed_up_at": 1_772_366_400_000_u64});
        check("JournalRestored", &restored, "backup of 2026-03-01T12:00:00.000Z, epoch 1772366500000");
    }

    #[test]
    fn notification_says_whom_and_what_became_of_it() {
        let told = json!({
            "problem": 7, "object": "acme", "notice": "opened", "severity": "major", "notices": 1,
        });
        let spared = json!({"id": 3, "channel": "pager", "route": "all", "told": told, "by": 2});
        let words = "channel pager by route all: notification 2 of the alarm itself told it";
        check("NotificationSpared", &spared, words);
        let withdrawn = json!({"id": 3, "within": null, "reason": "its route does not tell of it any more"});
        check("NotificationWithdrawn", &withdrawn, "its route does not tell of it any more");
        let outcome = json!({"result": "failed", "reason": "no such\nroom", "retry": false});
        let failed = json!({"id": 3, "within": null, "attempt": 1, "outcome": outcome, "next_at": null});
        check("NotificationFinished", &failed, "failed: no such");
    }

    #[test]
    fn terminal_says_what_ran_where_and_how_it_ended() {
        let mut opened = json!({
            "id": "018f0000-0000-7000-8000-000000000000", "targets": ["acme/main/db"], "command": "\nset -e\nuptime",
            "reason": "slow", "account": "ann",
        });
        check("TerminalOpened", &opened, "`set -e …` on acme/main/db as ann: slow");
        opened["command"] = Value::Null;
        opened["targets"] = json!(["acme/main/db", "acme/main/web"]);
        check("TerminalOpened", &opened, "a shell on 2 targets as ann: slow");
        let request = json!({"kind": "open-terminal", "targets": ["acme/main/db"], "command": "uptime"});
        let approval = json!({"policies": ["two"], "expires_at": 0});
        let asked = json!({"id": 7, "request": request, "reason": "slow", "approval": approval});
        check("PermitAsked", &asked, "run `uptime` on acme/main/db, waits for approval by policy two: slow");
        let said = json!({"id": 7, "request": request, "change": {"approved": {"comment": "seen"}}});
        check("PermitGoverned", &said, "permit 7 to run `uptime` on acme/main/db: approved: seen");
        let closed =
            |results: Value| json!({"id": "018f0000-0000-7000-8000-000000000000", "results": results});
        let (good, bad) = (json!({"end": {"exited": 0}}), json!({"end": "stopped"}));
        check("TerminalClosed", &closed(json!([good, good])), "exited with code 0");
        check("TerminalClosed", &closed(json!([bad, good, good])), "2 exited with code 0, 1 stopped");
    }

    #[test]
    fn reading_of_logs_says_of_what_and_what_for() {
        let mut reading = json!({"purpose": "search", "pattern": "time.?out", "targets": ["acme/main/db/a"]});
        check("LogsRead", &json!({ "reading": reading }), "search of acme/main/db/a: `time.?out`");
        reading =
            json!({"purpose": "tail", "source": "output", "targets": ["acme/main/db/a", "acme/main/db/b"]});
        check("LogsRead", &json!({ "reading": reading }), "tail of 2 targets, source output");
    }

    #[test]
    fn every_telling_payload_is_told() {
        let id = "018f0000-0000-7000-8000-000000000000";
        check(
            "AgentlessServerAdded",
            &json!({"server": "acme/main/aix1", "host": {
                "endpoint": {"address": "aix1", "port": 22, "user": "monitor", "host_key": "first-use"},
                "jumps": [{"address": "gate", "port": 2222, "user": "ops", "host_key": {"pinned": "SHA256:x"}}],
                "login": {"kind": "key", "secret": "redacted"}, "interval_ms": 10_000,
            }}),
            "over ssh as monitor@aix1 through ops@gate:2222, with a key, every 10 s",
        );
        let targets = ["acme/main/db/one", "acme/main/db/two"];
        let accepted = |targets: &[&str]| json!({"id": id, "operation": "restart", "targets": targets, "reason": "new key", "expires_at": 0});
        check("ActionAccepted", &accepted(&targets), "restart of 2 targets: new key");
        check("ActionAccepted", &accepted(&targets[..1]), "restart of acme/main/db/one: new key");
        let mut rolling = accepted(&targets);
        rolling["rolling"] = json!({"batch": 1, "wait_ms": 0, "on_error": "stop"});
        check("ActionAccepted", &rolling, "restart of 2 targets, 1 at a time: new key");
        let released = json!({"id": id, "up_to": 2, "expires_at": 0});
        check("BatchReleased", &released, "targets up to number 2 may begin");
        let step = json!({"action": id, "target": 0});
        let outcome = json!({"succeeded": true, "message": "STARTED as process 1"});
        let finished = json!({"step": step, "target": targets[0], "outcome": outcome});
        check("StepFinished", &finished, "SUCCEEDED STARTED as process 1");
        let facts = json!({
            "hostname": "db", "os": "Debian GNU/Linux 13 (trixie)", "os_family": "linux", "kernel": "6.12",
            "architecture": "x86_64", "virtualisation": "none", "cpu_count": 2, "memory_bytes": 1, "boot_time": 0,
            "addresses": [],
        });
        let registration = json!({
            "instance": id, "role": "agent", "version": "0.1.0", "address": "10.0.0.1", "interval_ms": 1000,
            "facts": facts,
        });
        check(
            "ServerRegistered",
            &json!({"server": "acme/main/db", "registration": registration}),
            "topmast 0.1.0 from 10.0.0.1, Debian GNU/Linux 13 (trixie)",
        );
        let state = json!({
            "kind": "process", "status": "STARTED", "desired": "started", "version": "4.2", "pid": 7,
            "http_port": null, "restarts": 0, "started_at": null, "since": 0, "cause": {"kind": "agent_start"},
        });
        check(
            "ApplicationChanged",
            &json!({"application": targets[0], "state": state}),
            "STARTED, version 4.2, process 7, started with the agent",
        );
        let state =
            json!({"status": "MALFUNCTION", "codes": ["DISCONN01"], "message": "no line", "since": 0});
        check(
            "ServiceChanged",
            &json!({"service": "acme/main/db/one/MC", "state": state}),
            "MALFUNCTION DISCONN01, no line",
        );
        let grants = json!([{"role": "operator", "path": "acme/main"}]);
        check(
            "UserCreated",
            &json!({"name": "bob", "password_hash": "redacted", "grants": grants}),
            "bob: operator:acme/main",
        );
        let said = json!({"state": "ALARM", "reason": "Threshold Crossed"});
        let changed = json!({"tenant": "acme", "name": "cpu", "said": said});
        check("AwsAlarmStateChanged", &changed, "cpu ALARM, Threshold Crossed");
        let outcomes = json!([{"action": "arn:aws:sns:::a"}, {"action": "arn:b", "error": "not known"}]);
        let acted = json!({"tenant": "acme", "name": "cpu", "outcomes": outcomes});
        check("AwsAlarmActed", &acted, "cpu, 2 actions, 1 failed");
        check("LoginFailed", &json!({"user": "bob"}), "bob from 10.0.0.9");
        let guest = json!({
            "host": "acme/main/sol1", "kind": "zone", "name": "shop", "condition": {"says": "runs", "state": "running"},
        });
        check(
            "GuestRegistered",
            &json!({"server": "acme/main/sol1+shop", "guest": guest, "registration": registration}),
            "zone shop of sol1, running",
        );
        check("ServerRemoved", &json!({"server": "acme/main/db"}), "");
    }

    #[test]
    fn unknown_kind_and_unknown_shape_tell_their_plain_values() {
        check("ServerPainted", &json!({"colour": "red", "coats": 2, "by": ["x"]}), "coats 2, colour red");
        check("UserDeleted", &json!({"name": 4}), "name 4");
    }
}
