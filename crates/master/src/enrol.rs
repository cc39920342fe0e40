//! How servers join the cluster: join tokens, enrolment, renewal.

use crate::access::secret;
use crate::bus::SubmitError;
use crate::ca::{CaError, SignedAgent};
use crate::http::Context;
use std::time::Duration;
use topmast_engine::{Rejection, Submission};
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal, Role};
use uuid::Uuid;

/// A join token just made; its secret is shown this once.
pub(crate) struct JoinTokenMade {
    pub(crate) id: Uuid,
    /// `tmj_SECRET.CA-FINGERPRINT`: admits a server and tells it which CA to trust.
    pub(crate) secret: String,
}

/// A server just enrolled.
pub(crate) struct Enrolled {
    pub(crate) server: ObjectPath,
    pub(crate) certificate_pem: String,
}

/// Why a server was not enrolled or renewed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error("the join token is wrong, used up or expired; make a new one with `topmast join-tokens create`")]
    Token,
    #[error("server: {0}")]
    Name(#[from] topmast_model::path::PathError),
    #[error(transparent)]
    Ca(#[from] CaError),
    #[error(transparent)]
    Submit(#[from] SubmitError),
}

/// Makes a join token for `cluster`, or for this master's own cluster.
pub(crate) async fn make_join_token(
    context: &Context,
    principal: Principal,
    cluster: Option<ObjectPath>,
    uses: u32,
    lifetime: Duration,
) -> Result<JoinTokenMade, SubmitError> {
    let id = Uuid::now_v7();
    let secret = secret::generate(secret::JOIN).map_err(|error| SubmitError::Storage(error.to_string()))?;
    let command = Command::CreateJoinToken {
        id,
        cluster: cluster.unwrap_or_else(|| context.cluster.clone()),
        secret_hash: secret::fingerprint(&secret),
        uses,
        expires_at: context.bus.clock().now().plus(lifetime),
    };
    context.bus.submit(Submission { principal, command }).await?;
    Ok(JoinTokenMade { id, secret: format!("{secret}.{}", context.ca.fingerprint()) })
}

/// Admits a server: checks the join token, signs the agent's key, writes it down.
pub(crate) async fn enrol(
    context: &Context,
    join_token: &str,
    server_name: &str,
    request_pem: &str,
    address: Option<String>,
) -> Result<Enrolled, EnrolError> {
    let secret = join_token.split_once('.').map_or(join_token, |(secret, _)| secret);
    let secret_hash = secret::fingerprint(secret);
    let now = context.bus.clock().now();
    let cluster = context.bus.state().usable_join_token(&secret_hash, now).map(|token| token.cluster.clone());
    let server = cluster.ok_or(EnrolError::Token)?.join(server_name)?;
    let signed = sign(context, request_pem, &server)?;
    let (kind, auth) = (ActorKind::Agent, AuthMethod::Join);
    let actor = Actor { kind, name: server.to_string(), auth, address, through: None };
    let command =
        Command::EnrolAgent { secret_hash, server: server.clone(), certificate: signed.certificate };
    match context.bus.submit(Submission { principal: on_behalf(actor), command }).await {
        Ok(_) => Ok(Enrolled { server, certificate_pem: signed.pem }),
        // Used up between the look and the command.
        Err(SubmitError::Rejected(Rejection::Expired { .. })) => Err(EnrolError::Token),
        Err(error) => Err(error.into()),
    }
}

/// Gives a connected agent its next certificate.
pub(crate) async fn renew(
    context: &Context,
    principal: Principal,
    server: &ObjectPath,
    request_pem: &str,
) -> Result<String, EnrolError> {
    let signed = sign(context, request_pem, server)?;
    let command = Command::RenewAgent { server: server.clone(), certificate: signed.certificate };
    context.bus.submit(Submission { principal, command }).await?;
    Ok(signed.pem)
}

fn sign(context: &Context, request_pem: &str, server: &ObjectPath) -> Result<SignedAgent, CaError> {
    let lifetime = Duration::from_secs(u64::from(context.config.certificate_hours) * 3_600);
    context.ca.sign_agent(request_pem, server, context.bus.clock().now(), lifetime)
}

/// The master acting for somebody who has just proved who it is, e.g. by a password.
pub(crate) fn on_behalf(actor: Actor) -> Principal {
    Principal { actor, grants: vec![Grant { role: Role::Master, path: None }] }
}
