//! `/api/v1/agentless`: servers that are read over ssh.

mod application;

use super::object::readable;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::ssh::connect::{self, FirstUse, Login};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::{StreamExt as _, stream};
use std::sync::Arc;
use topmast_api::agentless::{
    AgentlessPlan, AgentlessRequest, AgentlessRow, AgentlessServer, Endpoint, INTERVAL_MS_DEFAULT,
    LoginRequest, PlannedCommand, PlannedServer, PlannedSystem, ShownKeys, ShownServer, TrustRequest,
};
use topmast_api::page::Page;
use topmast_api::route;
use topmast_engine::Submission;
use topmast_engine::agentless::READING;
use topmast_model::agentless::{
    ADDED_MAX, AgentlessHost, HostKey, HostSystem, LoginKind, NewAgentlessServer, SEALED_MAX, Sealed,
    SshEndpoint, SshLogin,
};
use topmast_model::command::Command;
use topmast_model::error::with_sources;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};
use topmast_probe::plan::{Part, Plan, identity, script};
use uuid::Uuid;

/// Hosts whose keys are asked for at a time.
const ASKED_AT_ONCE: usize = 32;
/// Problems spelt out in one refusal; a dry run tells all.
const TOLD_MAX: usize = 20;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::AGENTLESS_LIST, agentless_list)
        .route(&route::AGENTLESS_ADD, agentless_add)
        .route(&route::AGENTLESS_KEYS, agentless_keys)
        .route(&route::AGENTLESS_TRUST, agentless_trust)
        .route(&route::AGENTLESS_APPLICATIONS_GET, application::agentless_applications_get)
        .route(&route::AGENTLESS_APPLICATIONS_SET, application::agentless_applications_set)
}

async fn agentless_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<AgentlessRow>> {
    let state = context.bus.state();
    let shown = state
        .agentless()
        .iter()
        .filter(|(path, _)| authenticated.principal.may(Right::ManageServers, Some(path)));
    let items = shown.map(|(path, host)| AgentlessRow {
        server: path.clone(),
        through: through(host),
        fingerprints: host
            .endpoints()
            .map(|endpoint| match &endpoint.host_key {
                HostKey::Pinned(fingerprint) => Some(fingerprint.clone()),
                HostKey::FirstUse => None,
            })
            .collect(),
        login: host.login.kind.as_str().to_owned(),
        os: host.system,
        shell: host.shell,
        interval_ms: host.interval_ms,
        guests: host.guests,
        connected: context.registry.is_connected(path),
        problem: state.server(path).and_then(|kept| kept.unit_problems.get(READING).cloned()),
    });
    Json(Page::whole(items.collect(), state.last_seq().0))
}

async fn agentless_add(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<AgentlessRequest>,
) -> Result<(StatusCode, Json<AgentlessPlan>), Refusal> {
    let asked = Asked::of(&request)?;
    let (mut added, mut planned) = (Vec::new(), Vec::new());
    for server in &request.servers {
        let mut row = PlannedServer {
            name: server.name.clone(),
            server: path(&context, server).ok(),
            through: endpoints(server)
                .map(|endpoint| ssh_endpoint(endpoint, HostKey::FirstUse).to_string())
                .collect(),
            systems: server.os.map_or_else(|| HostSystem::ALL.to_vec(), |system| vec![system]),
            problem: None,
        };
        match new_server(&context, &asked, server, Keys::Needed) {
            Ok(new) => {
                // Each by itself, so that every one that is wrong is named.
                let command =
                    Command::AddAgentlessServers { servers: vec![new.clone()], replace: request.replace };
                let submission = Submission { principal: authenticated.principal.clone(), command };
                row.problem = context.bus.rehearse(&submission).err().map(|rejection| rejection.to_string());
                added.push(new);
            }
            Err(problem) => row.problem = Some(problem),
        }
        planned.push(row);
    }
    let plan = AgentlessPlan { systems: systems(&planned), servers: planned };
    if request.dry_run {
        return Ok((StatusCode::OK, Json(plan)));
    }
    let problems: Vec<String> = plan
        .servers
        .iter()
        .filter_map(|row| row.problem.as_ref().map(|problem| format!("{}: {problem}", row.name)))
        .collect();
    if !problems.is_empty() {
        let (told, more) = problems.split_at(problems.len().min(TOLD_MAX));
        let more = if more.is_empty() { String::new() } else { format!("; and {} more", more.len()) };
        return Err(Refusal::invalid("servers", format!("nothing was added: {}{more}", told.join("; "))));
    }
    let command = Command::AddAgentlessServers { servers: added, replace: request.replace };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok((StatusCode::CREATED, Json(plan)))
}

async fn agentless_keys(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<AgentlessRequest>,
) -> Result<Json<ShownKeys>, Refusal> {
    let asked = Asked::of(&request)?;
    let prepared: Vec<(String, Result<Knockable, String>)> = request
        .servers
        .iter()
        .map(|server| (server.name.clone(), knockable(&context, &authenticated.principal, &asked, server)))
        .collect();
    let shown = prepared.into_iter().map(|(name, prepared)| async move {
        let shown = match prepared {
            Ok((host, login)) => {
                let reached = connect::reach(&host, login, FirstUse::Show).await;
                reached.map(|reached| reached.fingerprints).map_err(|fault| with_sources(&fault))
            }
            Err(problem) => Err(problem),
        };
        match shown {
            Ok(fingerprints) => ShownServer { name, fingerprints, problem: None },
            Err(problem) => ShownServer { name, fingerprints: Vec::new(), problem: Some(problem) },
        }
    });
    // In the order of the request.
    let servers = stream::iter(shown).buffered(ASKED_AT_ONCE).collect().await;
    Ok(Json(ShownKeys { servers }))
}

/// How a host is reached whose key is asked for, and with what one logs in to those before it.
type Knockable = (AgentlessHost, Login);

/// A server whose key may be asked for: what may not be added may not be knocked at either.
fn knockable(
    context: &Context,
    principal: &Principal,
    asked: &Asked<'_>,
    server: &AgentlessServer,
) -> Result<Knockable, String> {
    let new = new_server(context, asked, server, Keys::Optional)?;
    let host = new.host.clone();
    let command = Command::AddAgentlessServers { servers: vec![new], replace: true };
    let submission = Submission { principal: principal.clone(), command };
    context.bus.rehearse(&submission).map_err(|rejection| rejection.to_string())?;
    let (kind, secret) = asked.login(server)?;
    Ok((host, Login::of(kind, secret).map_err(|fault| fault.to_string())?))
}

async fn agentless_trust(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Body(request): Body<TrustRequest>,
) -> Result<StatusCode, Refusal> {
    let server = readable(&authenticated.principal, &path, Level::Server, "server")?;
    let command = Command::TrustHostKeys { server, fingerprints: request.fingerprints };
    context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A request's logins, checked.
struct Asked<'a> {
    logins: Vec<(LoginKind, &'a str)>,
}

impl<'a> Asked<'a> {
    fn of(request: &'a AgentlessRequest) -> Result<Self, Refusal> {
        if request.servers.is_empty() || request.servers.len() > ADDED_MAX {
            return Err(Refusal::invalid("servers", format!("name 1 to {ADDED_MAX} servers")));
        }
        let login = |(place, login): (usize, &'a LoginRequest)| {
            let wrong = |reason: String| Refusal::invalid("logins", format!("login {place}: {reason}"));
            let (kind, secret) = match (&login.private_key, &login.password) {
                (Some(key), None) => (LoginKind::Key, key.as_str()),
                (None, Some(password)) => (LoginKind::Password, password.as_str()),
                _ => return Err(wrong("give a private key or a password".into())),
            };
            // Sealed and in base64 it is a third longer.
            if secret.is_empty() || secret.len() > SEALED_MAX / 2 {
                return Err(wrong(format!("it has 1 to {} bytes", SEALED_MAX / 2)));
            }
            Login::of(kind, secret).map_err(|fault| wrong(fault.to_string()))?;
            Ok((kind, secret))
        };
        let logins = request.logins.iter().enumerate().map(login).collect::<Result<_, _>>()?;
        Ok(Self { logins })
    }

    fn login(&self, server: &AgentlessServer) -> Result<(LoginKind, &'a str), String> {
        let login = self.logins.get(server.login as usize).copied();
        login.ok_or_else(|| format!("there is no login {} in the request", server.login))
    }
}

/// Whether a host without a fingerprint is an error.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    Needed,
    Optional,
}

fn new_server(
    context: &Context,
    asked: &Asked<'_>,
    request: &AgentlessServer,
    keys: Keys,
) -> Result<NewAgentlessServer, String> {
    let server = path(context, request)?;
    let endpoint = |endpoint: &Endpoint| match &endpoint.fingerprint {
        Some(fingerprint) => Ok(ssh_endpoint(endpoint, HostKey::Pinned(fingerprint.clone()))),
        None if request.accept_new || keys == Keys::Optional => Ok(ssh_endpoint(endpoint, HostKey::FirstUse)),
        None => Err(format!(
            "the host key of {} is not known: give its fingerprint, or accept the first one that it shows",
            endpoint.address
        )),
    };
    let (kind, secret) = asked.login(request)?;
    let kept = context.bus.state().agentless().get(&server).map(|kept| kept.login.clone());
    let host = AgentlessHost {
        endpoint: endpoint(&request.endpoint)?,
        login: SshLogin { kind, secret: sealed(context, &server, kind, secret, kept)? },
        jumps: request.jumps.iter().map(endpoint).collect::<Result<_, _>>()?,
        system: request.os,
        shell: request.shell,
        interval_ms: request.interval_ms.unwrap_or(INTERVAL_MS_DEFAULT),
        labels: request.labels.clone(),
        guests: request.guests.unwrap_or(true),
    };
    Ok(NewAgentlessServer { server, host, instance: Uuid::now_v7() })
}

/// The secret, sealed: as it was when it is the same one, so that asking twice changes nothing.
fn sealed(
    context: &Context,
    server: &ObjectPath,
    kind: LoginKind,
    secret: &str,
    kept: Option<SshLogin>,
) -> Result<Sealed, String> {
    if let Some(kept) = kept.filter(|kept| kept.kind == kind)
        && context.seal.reveal(server, &kept.secret).is_ok_and(|known| known == secret)
    {
        return Ok(kept.secret);
    }
    context.seal.seal(server, secret).map_err(|error| error.to_string())
}

fn path(context: &Context, request: &AgentlessServer) -> Result<ObjectPath, String> {
    let cluster = request.cluster.as_ref().unwrap_or(&context.cluster);
    cluster.join(&request.name).map_err(|error| error.to_string())
}

fn endpoints(server: &AgentlessServer) -> impl Iterator<Item = &Endpoint> {
    server.jumps.iter().chain([&server.endpoint])
}

fn ssh_endpoint(endpoint: &Endpoint, host_key: HostKey) -> SshEndpoint {
    let Endpoint { address, port, user, .. } = endpoint.clone();
    SshEndpoint { address, port, user, host_key }
}

fn through(host: &AgentlessHost) -> Vec<String> {
    host.endpoints().map(ToString::to_string).collect()
}

/// What is run on every system that one of the servers may be.
fn systems(servers: &[PlannedServer]) -> Vec<PlannedSystem> {
    let may_be = |system: &&HostSystem| servers.iter().any(|row| row.systems.contains(system));
    HostSystem::ALL.iter().filter(may_be).map(|system| planned(*system)).collect()
}

fn planned(system: HostSystem) -> PlannedSystem {
    let plan = Plan::of(system);
    let once = identity();
    let command = |part: &Part, when: String| PlannedCommand {
        name: part.name.to_owned(),
        when,
        command: part.command.to_string(),
    };
    let facts = once.iter().chain(&plan.facts).map(|part| command(part, "once a connection".to_owned()));
    let cycle = plan.cycle.iter().map(|part| {
        let when = match part.every_s {
            0 => "every reading".to_owned(),
            seconds => format!("every {seconds} s"),
        };
        command(part, when)
    });
    PlannedSystem { system, commands: facts.chain(cycle).collect(), script: script(&plan.whole()) }
}
