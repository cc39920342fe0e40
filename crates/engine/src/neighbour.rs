//! Neighbours: servers without an agent of ours, which a master reads through what runs there anyway.

use crate::agent::Agent;
use crate::{Rejection, State};
use topmast_model::path::ObjectPath;

/// Refuses a neighbour where an agent is admitted, or a host is read over ssh. Where both are, these stand: they
/// know more, and somebody enrolled or added them.
pub(crate) fn check_free(state: &State, server: &ObjectPath) -> Result<(), Rejection> {
    if state.agentless.get(server).is_some() {
        return Err(Rejection::conflict(format!(
            "{server} is read over ssh; take it out of [[neighbours]] in master.toml, or run `topmast servers remove {server}`"
        )));
    }
    match state.agents.get(server) {
        Some(Agent { revoked_at: None, .. }) => Err(Rejection::conflict(format!(
            "{server} has an agent; take it out of [[neighbours]] in master.toml, or run `topmast agents revoke {server}`"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::*;
    use topmast_model::command::{Command, ServerRegistration};
    use topmast_model::server::ServerRole;
    use topmast_model::status::ServerStatus;

    fn register(world: &mut World, version: &str) -> Decision {
        let registration =
            ServerRegistration { role: ServerRole::Zabbix, version: version.into(), ..registration(1) };
        world.by_master(Command::RegisterServer { server: path("acme/main/db"), registration })
    }

    #[test]
    fn neighbour_needs_no_enrolment_and_is_unknown_until_it_is_read() {
        let mut world = World::new();
        assert_eq!(kinds(&register(&mut world, "").unwrap()), ["ServerRegistered"]);
        let kept = world.state.server(&path("acme/main/db")).unwrap();
        assert_eq!(kept.status, ServerStatus::Unknown);
        assert_eq!(kept.cause.to_string(), "it has not been read yet");
        assert_eq!(register(&mut world, ""), Ok(Vec::new()));
        assert_eq!(kinds(&register(&mut world, "6.0").unwrap()), ["ServerRegistered"]);
    }

    #[test]
    fn agent_stands_where_both_would_be() {
        let mut world = World::new();
        let server = path("acme/main/db");
        register(&mut world, "").unwrap();
        world.enrol(&server);
        world.register(&server, 2).unwrap();
        refused(register(&mut world, ""), "conflict", "has an agent; take it out of [[neighbours]]");
        world.by("root", Command::RevokeAgent { server }).unwrap();
        register(&mut world, "").unwrap();
    }
}
