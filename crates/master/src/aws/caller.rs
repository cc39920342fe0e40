//! Whoever signed a request: the key's principal, its tenant and account.
//!
//! A temporary key is its lasting key with less: a role, policies, an end (TC-1).

use crate::access::signing;
use crate::access::temporary::{self, Holder, Temporary};
use crate::http::Context;
use topmast_aws::policy::{Judgement, Policy};
use topmast_aws::signature::{Key, Rules, unknown_key};
use topmast_aws::{Authorization, Call, Common, Fault, Request};
use topmast_model::account::{AccessKeyId, AccountId};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal, Right, Role};
use topmast_model::time::UnixMillis;

/// Keys that a test-only master knows, with their secrets.
const TEST_KEYS: [(&str, &str); 2] = [("FOOBARKEY", "FOOBARSECRET"), ("test", "test")];
/// The account of the test keys.
const TEST_ACCOUNT: u64 = 123_456_789_012;

/// Beginnings of regions, and the partitions that they are in; all others are in `aws`.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// Who asks, and where.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Who, with what the key may do.
    pub(crate) principal: Principal,
    /// The one tenant that it acts in.
    pub(crate) tenant: ObjectPath,
    /// The tenant's number.
    pub(crate) account: AccountId,
    /// The lasting key.
    pub(crate) key: AccessKeyId,
    /// The key that signed: the same, or a temporary one of it.
    pub(crate) signed_with: AccessKeyId,
    /// The region that the tool thinks of; any will do.
    pub(crate) region: String,
    /// When the lasting key ends, if it does.
    pub(crate) key_expires_at: Option<UnixMillis>,
    /// Of a temporary key: what it is good for.
    pub(crate) session: Option<Temporary>,
}

impl Caller {
    /// Finds out who signed a request, and whether the signature holds at `now`.
    pub(crate) fn of(
        context: &Context,
        request: &Request<'_>,
        address: Option<String>,
        now: UnixMillis,
    ) -> Result<Self, Fault> {
        let claim = Authorization::of(request)?;
        let key: AccessKeyId = claim.access_key_id.parse().map_err(|_| unknown_key())?;
        let region = claim.region.clone();
        if !signing::is_temporary(&key) {
            let (caller, secret) = Self::lasting(context, &key, address, region, now)?;
            let known = Key { secret: &secret, session_token: None, expires_at: None };
            claim.verify(request, &known, now.0, Rules::default())?;
            return Ok(caller);
        }
        let token = claim.session_token.as_deref().ok_or_else(unknown_key)?;
        let temporary = Temporary::open(&context.seal, &key, token).ok_or_else(unknown_key)?;
        let (mut caller, _) = Self::lasting(context, &temporary.parent, address, region, now)?;
        let secret = temporary::secret(&context.seal, &key);
        let expires_at = Some(temporary.expires_at.0);
        let known = Key { secret: &secret, session_token: Some(token), expires_at };
        claim.verify(request, &known, now.0, Rules::default())?;
        if let Holder::Role { role, .. } = &temporary.holder {
            caller.principal.grants = caller.within(*role);
        }
        if let Holder::Role { session: name, .. } | Holder::Federated { name } = &temporary.holder {
            caller.principal.actor.name = format!("{}/{name}", caller.principal.actor.name);
        }
        caller.session = Some(temporary);
        caller.signed_with = key;
        Ok(caller)
    }

    /// Whoever has a lasting key, and the key's secret.
    fn lasting(
        context: &Context,
        key: &AccessKeyId,
        address: Option<String>,
        region: String,
        now: UnixMillis,
    ) -> Result<(Self, String), Fault> {
        if let Some(secret) = test_secret(context, key) {
            return Ok((Self::test(context, key.clone(), address, region)?, secret.to_owned()));
        }
        let state = context.bus.state();
        let from = address.as_deref().and_then(|address| address.parse().ok());
        let principal = state.authenticate_access_key(key, address, now).ok_or_else(unknown_key)?;
        let kept = state.access_keys().get(key).ok_or_else(unknown_key)?;
        if !state.admits_user(&kept.owner, from) {
            // As of a key that does not exist: nothing was proved yet.
            return Err(unknown_key());
        }
        let caller = Self {
            principal,
            tenant: kept.tenant().parse().map_err(|_| unknown_key())?,
            account: kept.account.clone(),
            key: key.clone(),
            signed_with: key.clone(),
            region,
            key_expires_at: kept.expires_at,
            session: None,
        };
        Ok((caller, signing::secret(&context.seal, key)))
    }

    /// What is left of the grants in a role.
    pub(crate) fn within(&self, role: Role) -> Vec<Grant> {
        let all = Grant { role, path: Some(self.tenant.clone()) };
        topmast_engine::intersection(&[all], &self.principal.grants)
    }

    /// Whoever uses one of the test keys: an administrator of this master's tenant.
    fn test(
        context: &Context,
        key: AccessKeyId,
        address: Option<String>,
        region: String,
    ) -> Result<Self, Fault> {
        let tenant = context.cluster.ancestor(Level::Tenant).ok_or_else(unknown_key)?;
        let actor = Actor {
            kind: ActorKind::AccessKey,
            name: format!("test/{key}"),
            auth: AuthMethod::Signature,
            address,
            through: None,
        };
        let grants = vec![Grant { role: Role::Admin, path: Some(tenant.clone()) }];
        let principal = Principal { actor, grants };
        let account = AccountId::of(TEST_ACCOUNT);
        let signed_with = key.clone();
        Ok(Self { principal, tenant, account, key, signed_with, region, key_expires_at: None, session: None })
    }

    /// Refuses what a policy of the session does not allow. Who one is may always be asked.
    pub(crate) fn is_permitted(&self, call: &Call) -> Result<(), Fault> {
        let (service, operation) = (call.service.name.as_str(), call.operation.name.as_str());
        if operation == "GetCallerIdentity" {
            return Ok(());
        }
        let service = if service == "resourcegroupstaggingapi" { "tag" } else { service };
        let action = format!("{service}:{operation}");
        let none_allows = || format!("because no session policy allows the {action} action");
        let policies = self.session.as_ref().map_or(&[][..], |session| &session.policies);
        if self.federated().is_some() && policies.is_empty() {
            return Err(self.denied(&format!("{action} {}", none_allows())));
        }
        for text in policies {
            let why = match Policy::parse(text).map(|policy| policy.judge(&action)) {
                Ok(Judgement::Allowed) => continue,
                Ok(Judgement::Denied) => "with an explicit deny in a session policy".to_owned(),
                Ok(Judgement::NotAllowed) | Err(_) => none_allows(),
            };
            return Err(self.denied(&format!("{action} {why}")));
        }
        Ok(())
    }

    /// Refuses whoever has not this right in the whole tenant.
    pub(crate) fn needs(&self, right: Right, action: &str) -> Result<(), Fault> {
        if self.principal.may(right, Some(&self.tenant)) {
            return Ok(());
        }
        Err(self.denied(action))
    }

    /// Refuses whoever has this right nowhere.
    pub(crate) fn needs_somewhere(&self, right: Right, action: &str) -> Result<(), Fault> {
        if self.principal.may_somewhere(right) { Ok(()) } else { Err(self.denied(action)) }
    }

    /// True for what the key may read.
    pub(crate) fn sees(&self, path: &ObjectPath) -> bool {
        path.is_within(&self.tenant) && self.principal.may(Right::Read, Some(path))
    }

    /// Refuses who may not act on one of these.
    pub(crate) fn may_operate<'a>(
        &self,
        mut paths: impl Iterator<Item = &'a ObjectPath>,
        action: &str,
    ) -> Result<(), Fault> {
        if paths.all(|path| self.principal.may(Right::Operate, Some(path))) {
            return Ok(());
        }
        Err(self.denied(action))
    }

    /// The name of something in the key's account and region: `arn:aws:ecs:eu-central-1:123456789012:cluster/main`.
    pub(crate) fn arn_of(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", partition(&self.region), self.region, self.account)
    }

    /// The fault for what the key may not do.
    pub(crate) fn denied(&self, action: &str) -> Fault {
        Fault::common(
            Common::AccessDenied,
            format!("User: {} is not authorized to perform: {action}", self.arn()),
        )
    }

    /// Who asks, as AWS names it.
    pub(crate) fn arn(&self) -> String {
        let (service, resource) = match (self.role_session(), self.federated()) {
            (Some((role, name)), _) => ("sts", format!("assumed-role/{role}/{name}")),
            (None, Some(name)) => ("sts", format!("federated-user/{name}")),
            (None, None) => ("iam", format!("user/{}", self.principal.actor.name)),
        };
        self.global_arn(service, &resource)
    }

    /// The name of something that belongs to no region.
    pub(crate) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}::{}:{resource}", partition(&self.region), self.account)
    }

    /// The role that was assumed, and the session's name.
    pub(crate) fn role_session(&self) -> Option<(Role, &str)> {
        match &self.session.as_ref()?.holder {
            Holder::Role { role, session } => Some((*role, session)),
            Holder::Key | Holder::Federated { .. } => None,
        }
    }

    /// The name of whom the key vouches for.
    pub(crate) fn federated(&self) -> Option<&str> {
        match &self.session.as_ref()?.holder {
            Holder::Federated { name } => Some(name),
            Holder::Key | Holder::Role { .. } => None,
        }
    }
}

/// The part of AWS that a region belongs to.
fn partition(region: &str) -> &'static str {
    let is_in = |row: &&(&str, &str)| region.starts_with(row.0);
    PARTITIONS.iter().find(is_in).map_or("aws", |(_, partition)| partition)
}

fn test_secret(context: &Context, key: &AccessKeyId) -> Option<&'static str> {
    let (_, secret) = TEST_KEYS.iter().find(|(id, _)| *id == key.as_str())?;
    context.config.aws_test_keys.then_some(*secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_the_partition_that_its_name_begins_with() {
        for (region, expect) in [
            ("us-east-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
            ("anywhere", "aws"),
        ] {
            assert_eq!(partition(region), expect, "{region}");
        }
    }
}
