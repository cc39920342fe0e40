//! Removing a tenant: everything that there is of it, each part with the commands that remove it.
//!
//! A plan and its carrying out are the same list, so what was shown is what is done. Each part can be removed once
//! the parts before it are.
//!
//! Invariants
//! - TR-1: when all commands are done, nothing in the state is the tenant's any more, and nothing else has changed.

use crate::State;
use topmast_model::command::Command;
use topmast_model::configuration::ConfigurationOrder;
use topmast_model::package::PackageOrder;
use topmast_model::package::key::TrustKeyOrder;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Grant;
use topmast_model::safety::SafetyOrder;

/// Things of one kind that a tenant has.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What they are, as people call several of them.
    pub what: &'static str,
    /// Which.
    pub names: Vec<String>,
    /// What removes them; nothing of what goes with something else.
    pub commands: Vec<Command>,
    /// True when the master does it by itself, for people have no command for it.
    pub by_master: bool,
}

/// All that there is of a tenant, in the order in which it is removed. `reason` is noted where a command takes one.
pub fn content(state: &State, tenant: &ObjectPath, reason: &str) -> Vec<Part> {
    let mut parts = people(state, tenant);
    parts.extend(rules(state, tenant, reason));
    parts.extend(servers(state, tenant));
    parts.extend(packages(state, tenant));
    parts.extend(of_tools(state, tenant));
    parts.retain(|part| !part.names.is_empty());
    parts
}

/// A part whose things are each removed by a command.
fn part(what: &'static str, all: impl IntoIterator<Item = (String, Command)>) -> Part {
    let (names, commands) = all.into_iter().unzip();
    Part { what, names, commands, by_master: false }
}

/// Users, and what they gave to programs.
fn people(state: &State, tenant: &ObjectPath) -> Vec<Part> {
    let inside = |grant: &Grant| grant.path.as_ref().is_some_and(|path| path.is_within(tenant));
    let is_own = |grants: &[Grant]| !grants.is_empty() && grants.iter().all(inside);
    let own = state.users.iter().filter(|(_, user)| is_own(&user.grants));
    let users = own.map(|(name, _)| (name.clone(), Command::DeleteUser { name: name.clone() }));
    // What a provider or directory gives is given again at the next login: its groups say so, not we.
    let shared = state.users.iter().filter(|(_, user)| {
        user.outside.is_none() && !is_own(&user.grants) && user.grants.iter().any(inside)
    });
    let grants = shared.map(|(name, user)| {
        let grants = user.grants.iter().filter(|grant| !inside(grant)).cloned().collect();
        (name.clone(), Command::SetGrants { name: name.clone(), grants })
    });
    // Those of users who go are gone with them.
    let stays = |owner: &String| state.users.get(owner).is_some_and(|user| !is_own(&user.grants));
    let tokens = state.tokens().iter().filter(|(_, token)| stays(&token.owner) && is_own(&token.grants));
    let tokens = tokens.map(|(id, token)| (token.name.clone(), Command::RevokeToken { id: *id }));
    let keys =
        state.access_keys.iter().filter(|(_, key)| stays(&key.owner) && key.tenant() == tenant.as_str());
    let keys = keys.map(|(id, _)| (id.to_string(), Command::RevokeAccessKey { id: id.clone() }));
    let joins = state.join_tokens.iter().filter(|(_, token)| token.cluster.is_within(tenant));
    let joins = joins
        .map(|(id, token)| (format!("{} of {}", id, token.cluster), Command::RevokeJoinToken { id: *id }));
    vec![
        part("users", users),
        part("grants of other users", grants),
        part("API tokens", tokens),
        part("access keys", keys),
        part("join tokens", joins),
    ]
}

/// What is said about its objects: rules, who is told, configurations, and when not to do what.
fn rules(state: &State, tenant: &ObjectPath, reason: &str) -> Vec<Part> {
    let is_inside = |within: Option<&ObjectPath>| within.is_some_and(|within| within.is_within(tenant));
    let rules = state.rules.values().filter(|rule| is_inside(rule.within.as_ref()));
    let rules = rules.map(|rule| (rule.name.clone(), Command::DeleteRule { name: rule.name.clone() }));
    let routes = state.routes().into_iter().filter(|kept| is_inside(kept.route.within.as_ref()));
    let routes =
        routes.map(|kept| (kept.route.name.clone(), Command::DeleteRoute { name: kept.route.name.clone() }));
    let channels = state.channels().filter(|kept| is_inside(kept.channel.tenant.as_ref()));
    let channels = channels
        .map(|kept| (kept.channel.name.clone(), Command::DeleteChannel { name: kept.channel.name.clone() }));
    let configurations = state
        .configurations()
        .all()
        .iter()
        .filter(|(_, kept)| is_inside(kept.now().map(|configuration| &configuration.within)));
    let configurations = configurations.map(|(name, _)| {
        let order = ConfigurationOrder::Delete { name: name.clone(), reason: Some(reason.to_owned()) };
        (name.clone(), Command::ChangeConfigurations { order })
    });
    let policies = state.approval_policies().values().filter(|policy| is_inside(policy.within.as_ref()));
    let policies = policies.map(|policy| {
        let order = SafetyOrder::DeletePolicy { name: policy.name.clone() };
        (policy.name.clone(), Command::ChangeSafety { order })
    });
    let freezes = state.freezes().iter().filter(|(_, kept)| kept.announced.within.is_within(tenant));
    let freezes = freezes.map(|(id, kept)| {
        (
            kept.announced.what.name.clone(),
            Command::ChangeSafety { order: SafetyOrder::LiftFreeze { id: *id } },
        )
    });
    let maintenances = state.maintenances.iter().filter(|(_, kept)| kept.within.is_within(tenant));
    let maintenances =
        maintenances.map(|(id, kept)| (kept.what.name.clone(), Command::CancelMaintenance { id: *id }));
    let mutes = state.mutes().iter().filter(|(_, mute)| mute.object.is_within(tenant));
    let mutes = mutes.map(|(id, mute)| (mute.object.to_string(), Command::UnmuteObject { id: *id }));
    vec![
        part("rules", rules),
        part("routes", routes),
        part("channels", channels),
        part("configurations", configurations),
        part("approval policies", policies),
        part("freezes", freezes),
        part("maintenances", maintenances),
        part("mutes", mutes),
    ]
}

/// Servers with all that runs on them, and what their agents prove themselves with.
fn servers(state: &State, tenant: &ObjectPath) -> Vec<Part> {
    let mut servers: std::collections::BTreeSet<&ObjectPath> =
        state.servers.within(Some(tenant)).map(|(path, _)| path).collect();
    servers.extend(state.agents.within(Some(tenant)).map(|(path, _)| path));
    servers.extend(state.agentless.within(Some(tenant)).map(|(path, _)| path));
    // Guests go with their host; asked for once more they are not there, which is what is wanted.
    let removed = servers.iter().map(|path| {
        let server = (*path).clone();
        (path.to_string(), Command::RemoveServer { server })
    });
    let names = |names: Vec<String>, what| Part { what, names, commands: Vec::new(), by_master: false };
    let applications = state.applications.within(Some(tenant)).map(|(path, _)| path.to_string()).collect();
    let services = state.services.within(Some(tenant)).map(|(path, _)| path.to_string()).collect();
    let tasks = state.tasks.within(Some(tenant)).map(|(path, _)| path.to_string()).collect();
    vec![
        part("servers", removed),
        names(applications, "applications"),
        names(services, "services"),
        names(tasks, "tasks"),
    ]
}

fn packages(state: &State, tenant: &ObjectPath) -> Vec<Part> {
    let packages = state.packages(tenant).keys().map(|id| {
        let order = PackageOrder::Remove { id: id.clone() };
        (id.to_string(), Command::ChangePackages { tenant: tenant.clone(), order })
    });
    let keys = state.trust_keys(tenant).keys().map(|id| {
        let order = TrustKeyOrder::Remove { id: *id };
        (id.to_string(), Command::ChangeTrustKeys { tenant: tenant.clone(), order })
    });
    vec![part("packages", packages), part("trust keys", keys)]
}

/// What AWS' tools put.
fn of_tools(state: &State, tenant: &ObjectPath) -> Vec<Part> {
    let part =
        |what, names: Vec<String>, command| Part { what, names, commands: vec![command], by_master: true };
    let of = || tenant.clone();
    let alarms = state.aws_alarms(tenant).all().keys().cloned().collect();
    let dashboards = state.dashboards(tenant).keys().cloned().collect();
    let parameters = state.parameters(tenant).all().keys().cloned().collect();
    let groups = state.log_groups(tenant).keys().cloned().collect();
    let tagged = state.tags.within(Some(tenant)).map(|(path, _)| path.to_string()).collect();
    vec![
        part("alarms", alarms, Command::ForgetAwsAlarms { tenant: of() }),
        part("dashboards", dashboards, Command::ForgetDashboards { tenant: of() }),
        part("parameters", parameters, Command::ForgetParameters { tenant: of() }),
        part("log groups", groups, Command::ForgetLogGroups { tenant: of() }),
        part("tags", tagged, Command::ForgetTags { tenant: of() }),
    ]
}
