//! Agents: enrolment, renewal and revocation of their certificates.

use crate::secret::check_digest;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use topmast_model::command::AgentCertificate;
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most agents: three times the largest fleet this is measured with.
const AGENTS_MAX: usize = 30_000;
/// Most valid certificates of one agent: the one in use and three whose delivery may have failed,
/// so that renewals cut off half way lock no agent out.
const CERTIFICATES_MAX: usize = 4;

/// An agent that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The join token that admitted it.
    pub join_token: Uuid,
    /// When it was admitted.
    pub enrolled_at: UnixMillis,
    /// When its certificates were refused for good.
    pub revoked_at: Option<UnixMillis>,
    /// Its certificates, the newest last.
    pub certificates: Vec<AgentCertificate>,
}

impl Agent {
    /// True when a certificate with this fingerprint is good at `now`.
    pub fn admits(&self, fingerprint: &str, now: UnixMillis) -> bool {
        self.revoked_at.is_none()
            && self
                .certificates
                .iter()
                .any(|certificate| certificate.fingerprint == fingerprint && certificate.not_after > now)
    }

    /// True when the agent can connect at `now` with some certificate.
    pub fn is_live(&self, now: UnixMillis) -> bool {
        self.revoked_at.is_none() && self.certificates.iter().any(|certificate| certificate.not_after > now)
    }
}

/// Refuses a server whose agent was never enrolled or was revoked.
pub(crate) fn check_admitted(state: &State, server: &ObjectPath) -> Result<(), Rejection> {
    match state.agents.get(server) {
        Some(Agent { revoked_at: None, .. }) => Ok(()),
        Some(_) => Err(Rejection::conflict(format!(
            "the agent of {server} was revoked; enrol it again with a new join token"
        ))),
        None => Err(Rejection::conflict(format!("{server} is not enrolled; enrol it with a join token"))),
    }
}

/// Decides `EnrolAgent`.
pub(crate) fn enrol(
    state: &State,
    secret_hash: &str,
    server: &ObjectPath,
    certificate: &AgentCertificate,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.agents.get(server);
    if kept.is_some_and(|agent| agent.is_live(now) && agent.certificates.contains(certificate)) {
        return Ok(Vec::new());
    }
    let unknown = || Rejection::expired("this join token is wrong or was revoked; ask for a new one");
    let (id, token) =
        state.join_tokens.iter().find(|(_, token)| token.secret_hash == secret_hash).ok_or_else(unknown)?;
    if token.expires_at <= now {
        return Err(Rejection::expired("this join token is over; ask for a new one"));
    }
    if token.uses_left == 0 {
        return Err(Rejection::expired(format!(
            "this join token has admitted all of its {} servers; ask for a new one",
            token.uses
        )));
    }
    if server.level() != Level::Server || !server.is_within(&token.cluster) {
        return Err(Rejection::invalid(
            "server",
            format!("{server} is not a server of {}, which this join token is for", token.cluster),
        ));
    }
    check_certificate(certificate, now)?;
    if state.agentless.get(server).is_some() {
        return Err(Rejection::conflict(format!(
            "{server} is read over ssh; remove it first with `topmast servers remove {server}`"
        )));
    }
    if kept.is_some_and(|agent| agent.is_live(now)) {
        return Err(Rejection::conflict(format!(
            "{server} is enrolled already; choose another name, or run `topmast agents revoke {server}` first"
        )));
    }
    if kept.is_none() && state.agents.len() >= AGENTS_MAX {
        return Err(Rejection::limit(format!(
            "{AGENTS_MAX} servers are enrolled; remove some that are gone first"
        )));
    }
    Ok(vec![EventBody::AgentEnrolled {
        server: server.clone(),
        join_token: *id,
        certificate: certificate.clone(),
    }])
}

/// Decides `RenewAgent`.
pub(crate) fn renew(
    state: &State,
    server: &ObjectPath,
    certificate: &AgentCertificate,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    check_admitted(state, server)?;
    if state.agents.get(server).is_some_and(|agent| agent.certificates.contains(certificate)) {
        return Ok(Vec::new());
    }
    check_certificate(certificate, now)?;
    Ok(vec![EventBody::AgentRenewed { server: server.clone(), certificate: certificate.clone() }])
}

/// Decides `RevokeAgent`.
pub(crate) fn revoke(state: &State, server: &ObjectPath) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.agents.get(server).ok_or_else(|| Rejection::no_server(server))?;
    if kept.revoked_at.is_some() {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::AgentRevoked { server: server.clone() }])
}

fn check_certificate(certificate: &AgentCertificate, now: UnixMillis) -> Result<(), Rejection> {
    check_digest("fingerprint", &certificate.fingerprint)?;
    if certificate.not_after <= now {
        return Err(Rejection::invalid("not_after", "the certificate is over already; check the clocks"));
    }
    Ok(())
}

pub(crate) fn enrolled(
    state: &mut State,
    server: &ObjectPath,
    join_token: Uuid,
    certificate: &AgentCertificate,
    time: UnixMillis,
) {
    if let Some(token) = state.join_tokens.get_mut(&join_token) {
        token.uses_left = token.uses_left.saturating_sub(1);
    }
    let certificates = vec![certificate.clone()];
    let agent = Agent { join_token, enrolled_at: time, revoked_at: None, certificates };
    state.agents.insert(server.clone(), agent);
}

pub(crate) fn renewed(
    state: &mut State,
    server: &ObjectPath,
    certificate: &AgentCertificate,
    time: UnixMillis,
) {
    let Some(agent) = state.agents.get_mut(server) else { return };
    agent.certificates.retain(|kept| kept.not_after > time);
    agent.certificates.push(certificate.clone());
    let surplus = agent.certificates.len().saturating_sub(CERTIFICATES_MAX);
    agent.certificates.drain(..surplus);
}

pub(crate) fn revoked(state: &mut State, server: &ObjectPath, time: UnixMillis) {
    if let Some(agent) = state.agents.get_mut(server) {
        agent.revoked_at = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;

    const TOKEN: Uuid = Uuid::from_u128(77);

    /// With a join token of two uses and one hour, whose secret is 7.
    fn world() -> World {
        let mut world = World::new();
        let expires_at = world.now.plus(HOUR);
        world.by("root", create_join_token(TOKEN, &path("acme/main"), 7, 2, expires_at)).unwrap();
        world
    }

    fn try_enrol(world: &mut World, secret: usize, server: &str, fingerprint: usize) -> Decision {
        let not_after = world.now.plus(HOUR * 24);
        world.by_master(enrol_command(secret, &path(server), certificate(fingerprint, not_after)))
    }

    #[test]
    fn join_token_admits_servers_of_its_cluster_until_it_is_used_up() {
        let mut world = world();
        refused(try_enrol(&mut world, 8, "acme/main/db", 1), "expired", "wrong or was revoked");
        refused(try_enrol(&mut world, 7, "acme/south/db", 1), "invalid", "not a server of acme/main,");
        refused(
            try_enrol(&mut world, 7, "acme/main", 1),
            "invalid",
            "acme/main is not a server of acme/main",
        );
        try_enrol(&mut world, 7, "acme/main/db", 1).unwrap();
        assert_eq!(try_enrol(&mut world, 7, "acme/main/db", 1), Ok(Vec::new()), "a repeat is not a use");
        assert!(world.state.usable_join_token(&digest(7), world.now).is_some());
        try_enrol(&mut world, 7, "acme/main/web", 2).unwrap();
        refused(try_enrol(&mut world, 7, "acme/main/x", 3), "expired", "admitted all of its 2 servers");
        assert!(world.state.usable_join_token(&digest(7), world.now).is_none());
    }

    #[test]
    fn join_token_ends_by_time_and_by_revocation() {
        let mut late = world();
        late.pass(HOUR);
        refused(try_enrol(&mut late, 7, "acme/main/db", 1), "expired", "is over; ask for a new one");
        let mut revoked = world();
        revoked.by("root", Command::RevokeJoinToken { id: TOKEN }).unwrap();
        refused(try_enrol(&mut revoked, 7, "acme/main/db", 1), "expired", "was revoked");
        refused(revoked.by("root", Command::RevokeJoinToken { id: TOKEN }), "not_found", "revoked already");
    }

    #[test]
    fn name_of_a_live_agent_is_taken_until_it_is_revoked_or_its_certificates_end() {
        let mut world = world();
        try_enrol(&mut world, 7, "acme/main/db", 1).unwrap();
        let decision = try_enrol(&mut world, 7, "acme/main/db", 2);
        refused(decision, "conflict", "run `topmast agents revoke acme/main/db` first");
        let server = path("acme/main/db");
        assert!(world.state.agent_certificate_valid(&server, &digest(1), world.now));
        world.by("root", Command::RevokeAgent { server: server.clone() }).unwrap();
        assert!(!world.state.agent_certificate_valid(&server, &digest(1), world.now));
        assert_eq!(world.by("root", Command::RevokeAgent { server: server.clone() }), Ok(Vec::new()));
        try_enrol(&mut world, 7, "acme/main/db", 2).unwrap();
        assert!(!world.state.agent_certificate_valid(&server, &digest(1), world.now));
        world.pass(HOUR * 24);
        let expires_at = world.now.plus(HOUR);
        let id = Uuid::from_u128(78);
        world.by("root", create_join_token(id, &path("acme/main"), 8, 1, expires_at)).unwrap();
        assert!(!world.state.agent_certificate_valid(&server, &digest(2), world.now));
        try_enrol(&mut world, 8, "acme/main/db", 3).unwrap();
    }

    #[test]
    fn renewal_keeps_the_certificate_in_use_though_its_answers_are_lost() {
        let mut world = world();
        let server = path("acme/main/db");
        try_enrol(&mut world, 7, "acme/main/db", 1).unwrap();
        let renew = |world: &mut World, number: usize| {
            let certificate = certificate(number, world.now.plus(HOUR * 24));
            world.by_agent(&server, Command::RenewAgent { server: server.clone(), certificate })
        };
        for number in 2..=4 {
            assert_eq!(kinds(&renew(&mut world, number).unwrap()), ["AgentRenewed"]);
            assert_eq!(renew(&mut world, number), Ok(Vec::new()));
            assert!(world.state.agent_certificate_valid(&server, &digest(1), world.now));
        }
        renew(&mut world, 5).unwrap();
        assert!(!world.state.agent_certificate_valid(&server, &digest(1), world.now));
        assert!(world.state.agent_certificate_valid(&server, &digest(5), world.now));
        assert!(!world.state.agent_certificate_valid(&path("acme/main/x"), &digest(5), world.now));
        world.by("root", Command::RevokeAgent { server: server.clone() }).unwrap();
        refused(renew(&mut world, 6), "conflict", "was revoked");
    }

    #[test]
    fn certificate_must_be_well_formed_and_not_over() {
        let mut world = world();
        let server = path("acme/main/db");
        let bad = AgentCertificate { fingerprint: "AB".into(), not_after: UnixMillis(i64::MAX) };
        refused(world.by_master(enrol_command(7, &server, bad)), "invalid", "64 digits");
        let over = certificate(1, world.now);
        refused(world.by_master(enrol_command(7, &server, over)), "invalid", "check the clocks");
    }
}
