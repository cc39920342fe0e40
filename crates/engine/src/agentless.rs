//! Servers that are read over ssh: how they are reached, which keys they must show, what is wrong with reading them.

mod application;

pub(crate) use application::{applications_set, is_defined, set_applications};

use crate::text::clip;
use crate::{Rejection, State, guest, server};
use std::collections::BTreeSet;
use topmast_model::agentless::{
    ADDED_MAX, AgentlessHost, HostKey, JUMPS_MAX, NewAgentlessServer, SEALED_MAX, SSH_TEXT_MAX, SshEndpoint,
};
use topmast_model::command::ServerRegistration;
use topmast_model::event::EventBody;
use topmast_model::label::{LABELS_MAX, check_label};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::time::UnixMillis;

/// Most servers read over ssh: what one master can read every minute.
const HOSTS_MAX: usize = 10_000;
/// Shortest time between two readings: a cycle starts processes on the host.
const INTERVAL_MS_MIN: u64 = 1_000;
/// The name under which a problem with reading stands beside those of unit files.
pub const READING: &str = "ssh";

/// Decides `AddAgentlessServers`: all of them, or none.
pub(crate) fn add(
    state: &State,
    servers: &[NewAgentlessServer],
    replace: bool,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    if servers.len() > ADDED_MAX {
        return Err(Rejection::limit(format!("at most {ADDED_MAX} servers are added at once")));
    }
    let (mut seen, mut added, mut facts) = (BTreeSet::new(), 0, Vec::new());
    for new in servers {
        if !seen.insert(&new.server) {
            return Err(Rejection::conflict(format!("{} is named twice", new.server)));
        }
        added += usize::from(state.agentless.get(&new.server).is_none());
        if state.agentless.len() + added > HOSTS_MAX {
            return Err(Rejection::limit(format!(
                "at most {HOSTS_MAX} servers are read over ssh; remove some that are gone first"
            )));
        }
        facts.extend(add_one(state, new, replace, now)?);
    }
    Ok(facts)
}

fn add_one(
    state: &State,
    new: &NewAgentlessServer,
    replace: bool,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let NewAgentlessServer { server, host, instance } = new;
    if server.level() != Level::Server {
        return Err(Rejection::invalid("server", format!("{server} is not the path of a server")));
    }
    check(host)?;
    if state.agents.get(server).is_some_and(|agent| agent.is_live(now)) {
        return Err(Rejection::conflict(format!(
            "{server} has an agent; choose another name, or run `topmast agents revoke {server}` first"
        )));
    }
    let kept = state.agentless.get(server);
    if kept.is_some_and(|kept| kept == host) {
        return Ok(Vec::new());
    }
    if kept.is_some() && !replace {
        return Err(Rejection::conflict(format!(
            "{server} is read over ssh already; choose another name, or say --replace to read it another way"
        )));
    }
    let before = state.servers.get(server).filter(|kept| kept.registration.role == ServerRole::Agentless);
    let (instance, facts) = before.map_or_else(
        || (*instance, ServerFacts::default()),
        |kept| (kept.registration.instance, kept.registration.facts.clone()),
    );
    let registration = ServerRegistration {
        instance,
        role: ServerRole::Agentless,
        version: String::new(),
        address: host.endpoint.address.clone(),
        interval_ms: host.interval_ms,
        abilities: [].into(),
        labels: host.labels.clone(),
        facts,
    };
    let mut facts = vec![
        EventBody::AgentlessServerAdded { server: server.clone(), host: host.clone() },
        EventBody::ServerRegistered { server: server.clone(), registration },
    ];
    if !host.guests {
        facts.extend(guest::remove_all(state, server));
        if before.is_some_and(|kept| kept.unit_problems.contains_key(guest::GUESTS)) {
            facts.push(EventBody::GuestsAccepted { server: server.clone() });
        }
    }
    // What was wrong was wrong with how it was read before.
    if before.is_some_and(|kept| kept.unit_problems.contains_key(READING)) {
        facts.push(EventBody::ReadingRecovered { server: server.clone() });
    }
    Ok(facts)
}

fn check(host: &AgentlessHost) -> Result<(), Rejection> {
    if host.jumps.len() > JUMPS_MAX {
        return Err(Rejection::invalid("jumps", format!("at most {JUMPS_MAX} hosts can be between")));
    }
    host.endpoints().try_for_each(check_endpoint)?;
    if host.login.secret.0.is_empty() || host.login.secret.0.len() > SEALED_MAX {
        return Err(Rejection::invalid("login", format!("the sealed secret has 1 to {SEALED_MAX} bytes")));
    }
    let (least, most) = (INTERVAL_MS_MIN, *server::INTERVALS_MS.end());
    if !(least..=most).contains(&host.interval_ms) {
        return Err(Rejection::invalid(
            "interval_ms",
            format!("{} is out of range; give {least} to {most}", host.interval_ms),
        ));
    }
    if host.labels.len() > LABELS_MAX {
        return Err(Rejection::invalid("labels", format!("a server has at most {LABELS_MAX}")));
    }
    for (name, value) in &host.labels {
        check_label(name, value).map_err(|error| Rejection::invalid("labels", error.to_string()))?;
    }
    Ok(())
}

fn check_endpoint(endpoint: &SshEndpoint) -> Result<(), Rejection> {
    let is_word = |text: &str| {
        (1..=SSH_TEXT_MAX).contains(&text.len())
            && !text.starts_with('-')
            && !text.chars().any(|char| char.is_whitespace() || char.is_control())
    };
    if !is_word(&endpoint.address) {
        return Err(Rejection::invalid("address", "write a host name or an IP address"));
    }
    if !is_word(&endpoint.user) {
        return Err(Rejection::invalid("user", "write the name of an account"));
    }
    if endpoint.port == 0 {
        return Err(Rejection::invalid("port", "write 1 to 65535"));
    }
    match &endpoint.host_key {
        HostKey::Pinned(fingerprint) => check_fingerprint(fingerprint),
        HostKey::FirstUse => Ok(()),
    }
}

/// `SHA256:` and the digest's 32 bytes in base64 without padding.
fn check_fingerprint(fingerprint: &str) -> Result<(), Rejection> {
    let digest = fingerprint.strip_prefix("SHA256:").unwrap_or_default();
    if digest.len() == 43 && digest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
    {
        return Ok(());
    }
    Err(Rejection::invalid(
        "fingerprint",
        "write it as `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints it: SHA256: and 43 characters",
    ))
}

/// Decides `PinHostKeys`: only what was to be trusted at first use is pinned.
pub(crate) fn pin(
    state: &State,
    server: &ObjectPath,
    fingerprints: &[String],
) -> Result<Vec<EventBody>, Rejection> {
    let kept = checked(state, server, fingerprints)?;
    let pinned: Vec<String> = kept
        .endpoints()
        .zip(fingerprints)
        .map(|(endpoint, seen)| match &endpoint.host_key {
            HostKey::Pinned(known) => known.clone(),
            HostKey::FirstUse => seen.clone(),
        })
        .collect();
    Ok(news(kept, server, pinned))
}

/// Decides `TrustHostKeys`.
pub(crate) fn trust(
    state: &State,
    server: &ObjectPath,
    fingerprints: &[String],
) -> Result<Vec<EventBody>, Rejection> {
    let kept = checked(state, server, fingerprints)?;
    Ok(news(kept, server, fingerprints.to_vec()))
}

fn checked<'a>(
    state: &'a State,
    server: &ObjectPath,
    fingerprints: &[String],
) -> Result<&'a AgentlessHost, Rejection> {
    let kept = state
        .agentless
        .get(server)
        .ok_or_else(|| Rejection::conflict(format!("{server} is not read over ssh; add it first")))?;
    if fingerprints.len() != kept.jumps.len() + 1 {
        return Err(Rejection::invalid(
            "fingerprints",
            format!("give {}: one for each host between and one for the server", kept.jumps.len() + 1),
        ));
    }
    fingerprints.iter().try_for_each(|fingerprint| check_fingerprint(fingerprint))?;
    Ok(kept)
}

fn news(kept: &AgentlessHost, server: &ObjectPath, fingerprints: Vec<String>) -> Vec<EventBody> {
    let is_known = |(endpoint, fingerprint): (&SshEndpoint, &String)| matches!(&endpoint.host_key, HostKey::Pinned(known) if known == fingerprint);
    if kept.endpoints().zip(&fingerprints).all(is_known) {
        return Vec::new();
    }
    vec![EventBody::HostKeysPinned { server: server.clone(), fingerprints }]
}

/// Decides `ReportReading`: only news are facts.
pub(crate) fn report(
    state: &State,
    server: &ObjectPath,
    problem: Option<&str>,
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.servers.get(server).ok_or_else(|| Rejection::no_server(server))?;
    let (server, known) = (server.clone(), kept.unit_problems.get(READING));
    Ok(match problem.map(clip) {
        Some(problem) if known != Some(&problem) => vec![EventBody::ReadingFailed { server, problem }],
        None if known.is_some() => vec![EventBody::ReadingRecovered { server }],
        _ => Vec::new(),
    })
}

/// Refuses to read a server over ssh that was not added to be read so.
pub(crate) fn check_added(state: &State, server: &ObjectPath) -> Result<(), Rejection> {
    if state.agentless.get(server).is_some() {
        return Ok(());
    }
    Err(Rejection::conflict(format!("{server} is not read over ssh; add it first")))
}

pub(crate) fn added(state: &mut State, server: &ObjectPath, host: &AgentlessHost) {
    state.agentless.insert(server.clone(), host.clone());
}

pub(crate) fn pinned(state: &mut State, server: &ObjectPath, fingerprints: &[String]) {
    let Some(kept) = state.agentless.get_mut(server) else { return };
    let AgentlessHost { jumps, endpoint, .. } = kept;
    for (endpoint, fingerprint) in jumps.iter_mut().chain([endpoint]).zip(fingerprints) {
        endpoint.host_key = HostKey::Pinned(fingerprint.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::status::ServerStatus;
    use uuid::Uuid;

    fn add(world: &mut World, host: &AgentlessHost, replace: bool) -> Decision {
        let (server, host) = (path("acme/main/aix1"), host.clone());
        let servers = vec![NewAgentlessServer { server, host, instance: Uuid::from_u128(1) }];
        world.by("root", Command::AddAgentlessServers { servers, replace })
    }

    fn fingerprint(key: char) -> String {
        format!("SHA256:{}", key.to_string().repeat(43))
    }

    fn report(world: &mut World, problem: Option<&str>) -> Decision {
        let server = path("acme/main/aix1");
        world.by_master(Command::ReportReading { server, problem: problem.map(str::to_owned) })
    }

    #[test]
    fn added_server_is_known_before_it_is_read_and_up_when_it_was() {
        let mut world = World::new();
        assert_eq!(
            kinds(&add(&mut world, &host(), false).unwrap()),
            ["AgentlessServerAdded", "ServerRegistered"]
        );
        let server = path("acme/main/aix1");
        let kept = world.state.server(&server).unwrap();
        assert_eq!((kept.status, kept.registration.role), (ServerStatus::Unknown, ServerRole::Agentless));
        assert_eq!(kept.cause.to_string(), "it has not been read yet");
        let mut registration = kept.registration.clone();
        registration.facts.hostname = "aix1".into();
        let command = Command::RegisterServer { server: server.clone(), registration };
        assert_eq!(
            kinds(&world.by_master(command.clone()).unwrap()),
            ["ServerRegistered", "ServerStatusChanged"]
        );
        assert_eq!(
            world.state.server(&server).unwrap().cause.to_string(),
            "it was read over ssh at aix1.example"
        );
        world.by("root", Command::RemoveServer { server: server.clone() }).unwrap();
        assert!(world.state.agentless().get(&server).is_none());
        refused(world.by_master(command), "conflict", "acme/main/aix1 is not read over ssh");
    }

    #[test]
    fn name_is_either_an_agents_or_read_over_ssh() {
        let mut world = World::new();
        let server = path("acme/main/aix1");
        world.enrol(&server);
        refused(add(&mut world, &host(), false), "conflict", "has an agent");
        world.by("root", Command::RevokeAgent { server: server.clone() }).unwrap();
        add(&mut world, &host(), false).unwrap();
        assert_eq!(add(&mut world, &host(), false), Ok(Vec::new()));
        let mut other = host();
        other.endpoint.port = 2222;
        refused(add(&mut world, &other, false), "conflict", "is read over ssh already");
        add(&mut world, &other, true).unwrap();
        assert_eq!(world.state.agentless().get(&server), Some(&other));
        let (token, end) = (Uuid::from_u128(5), world.now.plus(HOUR));
        world.by("root", create_join_token(token, &path("acme/main"), 5, 1, end)).unwrap();
        let decision = world.by_master(enrol_command(5, &server, certificate(1, end)));
        refused(decision, "conflict", "is read over ssh; remove it first");
    }

    #[test]
    fn keys_are_pinned_where_first_use_was_said_and_nowhere_else() {
        let mut world = World::new();
        let mut between = host();
        between.endpoint.host_key = HostKey::Pinned(fingerprint('k'));
        between.jumps = vec![SshEndpoint { host_key: HostKey::FirstUse, ..host().endpoint }];
        add(&mut world, &between, false).unwrap();
        let server = path("acme/main/aix1");
        let pin = |world: &mut World, keys: &str| {
            let fingerprints = keys.chars().map(fingerprint).collect();
            world.by_master(Command::PinHostKeys { server: server.clone(), fingerprints })
        };
        let keys = |world: &World| -> Vec<HostKey> {
            let kept = world.state.agentless().get(&server).unwrap();
            kept.endpoints().map(|endpoint| endpoint.host_key.clone()).collect()
        };
        let pinned = |keys: &str| -> Vec<HostKey> {
            keys.chars().map(|key| HostKey::Pinned(fingerprint(key))).collect()
        };
        refused(pin(&mut world, "a"), "invalid", "one for each host");
        pin(&mut world, "ab").unwrap();
        assert_eq!(keys(&world), pinned("ak"));
        assert_eq!(pin(&mut world, "xy"), Ok(Vec::new()), "pinned for good");
        let trust = Command::TrustHostKeys {
            server: server.clone(),
            fingerprints: vec![fingerprint('a'), fingerprint('n')],
        };
        world.by("root", trust).unwrap();
        assert_eq!(keys(&world), pinned("an"), "a person said so");
    }

    #[test]
    fn all_servers_are_added_or_none() {
        let mut world = World::new();
        let new = |name: &str, host: AgentlessHost| NewAgentlessServer {
            server: path(&format!("acme/main/{name}")),
            host,
            instance: Uuid::from_u128(1),
        };
        let mut wrong = host();
        wrong.endpoint.port = 0;
        let add = |world: &mut World, servers: Vec<NewAgentlessServer>| {
            world.by("root", Command::AddAgentlessServers { servers, replace: false })
        };
        refused(add(&mut world, vec![new("a", host()), new("b", wrong)]), "invalid", "port");
        refused(add(&mut world, vec![new("a", host()), new("a", host())]), "conflict", "named twice");
        assert!(world.state.agentless().is_empty());
        assert_eq!(add(&mut world, vec![new("a", host()), new("b", host())]).unwrap().len(), 4);
    }

    #[test]
    fn problem_with_reading_stands_until_it_is_over_and_only_news_are_facts() {
        let mut world = World::new();
        add(&mut world, &host(), false).unwrap();
        assert_eq!(report(&mut world, None), Ok(Vec::new()));
        assert_eq!(kinds(&report(&mut world, Some("it hangs")).unwrap()), ["ReadingFailed"]);
        assert_eq!(report(&mut world, Some("it hangs")), Ok(Vec::new()));
        let server = path("acme/main/aix1");
        assert_eq!(world.state.server(&server).unwrap().unit_problems[READING], "it hangs");
        assert_eq!(kinds(&report(&mut world, None).unwrap()), ["ReadingRecovered"]);
        assert!(world.state.server(&server).unwrap().unit_problems.is_empty());
    }

    #[test]
    fn host_that_cannot_be_reached_so_is_refused() {
        let mut world = World::new();
        let mut check = |change: &dyn Fn(&mut AgentlessHost), expected: &str| {
            let mut wrong = host();
            change(&mut wrong);
            refused(add(&mut world, &wrong, false), "invalid", expected);
        };
        check(&|host| host.endpoint.address = "-oProxyCommand=x".into(), "address");
        check(&|host| host.endpoint.user = "a b".into(), "user");
        check(&|host| host.endpoint.port = 0, "port");
        check(&|host| host.endpoint.host_key = HostKey::Pinned("aa:bb".into()), "SHA256:");
        check(&|host| host.interval_ms = 999, "give 1000 to");
        check(&|host| host.jumps = vec![host.endpoint.clone(); 5], "at most 4");
        check(&|host| host.login.secret.0.clear(), "sealed");
    }
}
