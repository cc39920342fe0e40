//! STS: who a key is, and temporary credentials of it.
//!
//! A role is one of ours, in the whole tenant: whoever assumes it keeps of their own rights what the role has, and so never
//! more than they have (TC-1). A federated user is anybody whom a key vouches for, within a policy.

use super::{Caller, internal, not_here};
use crate::access::signing;
use crate::access::temporary::{Holder, Temporary};
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::policy::{POLICY_MAX, Policy};
use topmast_aws::{Call, Common, Fault, Value};
use topmast_model::principal::Role;
use topmast_model::time::UnixMillis;

/// How long credentials last when nothing is said, in seconds.
const ASSUMED_S: i64 = 3_600;
const SESSION_S: i64 = 43_200;
/// Longest for a role that was assumed by the credentials of a role, in seconds.
const CHAINED_S_MAX: i64 = 3_600;
/// Most bytes of all policies that bound a session.
const POLICIES_MAX: usize = 2 * POLICY_MAX;

pub(super) fn answer(context: &Context, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let input = &call.input;
    match call.operation.name.as_str() {
        "GetCallerIdentity" => Ok(Value::map([
            ("UserId", user_id(caller).into()),
            ("Account", caller.account.to_string().into()),
            ("Arn", caller.arn().into()),
        ])),
        "AssumeRole" => assume_role(context, caller, input),
        "GetSessionToken" => get_session_token(context, caller, input),
        "GetFederationToken" => get_federation_token(context, caller, input),
        "GetAccessKeyInfo" => get_access_key_info(context, caller, input),
        _ => Err(not_here(call)),
    }
}

fn user_id(caller: &Caller) -> String {
    match (caller.role_session(), caller.federated()) {
        (Some((role, name)), _) => format!("{}:{name}", signing::role_id(&caller.account, role.as_str())),
        (None, Some(name)) => format!("{}:{name}", caller.account),
        (None, None) => caller.key.to_string(),
    }
}

fn assume_role(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let arn = input.text("RoleArn").unwrap_or_default();
    let (account, name) =
        role_of(arn).ok_or_else(|| Fault::common(Common::Validation, format!("{arn} is invalid")))?;
    has_no_second_factor(input)?;
    let transitive = transitive_tags(caller, input)?;
    let is_own = account == caller.account.as_str();
    let role = Role::GRANTABLE.iter().copied().find(|role| role.as_str() == name).filter(|_| is_own);
    // A role that there is not is refused as one that may not be assumed: nobody learns which there are.
    let role = role.filter(|role| caller.within(*role).iter().any(|grant| grant.role == *role));
    // As at AWS, a federated user may not go on from there.
    let role = role.filter(|_| caller.federated().is_none());
    let role = role.ok_or_else(|| caller.denied(&format!("sts:AssumeRole on resource: {arn}")))?;
    let asked = input.integer("DurationSeconds");
    if caller.role_session().is_some() && asked.is_some_and(|seconds| seconds > CHAINED_S_MAX) {
        return Err(Fault::common(
            Common::Validation,
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    let mut policies = caller.session.as_ref().map(|session| session.policies.clone()).unwrap_or_default();
    let packed = input.text("Policy").map(|policy| bound(policy, &mut policies)).transpose()?;
    has_no_managed_policies(input)?;
    let session = input.text("RoleSessionName").unwrap_or_default().to_owned();
    let holder = Holder::Role { role, session: session.clone() };
    let made = Made { policies, transitive, ..Made::of(holder) };
    let credentials = issue(context, caller, made, asked.unwrap_or(ASSUMED_S))?;
    let id = signing::role_id(&caller.account, role.as_str());
    Ok(Value::map([
        ("Credentials", credentials),
        (
            "AssumedRoleUser",
            Value::map([
                ("AssumedRoleId", format!("{id}:{session}").into()),
                ("Arn", caller.global_arn("sts", &format!("assumed-role/{role}/{session}")).into()),
            ]),
        ),
        ("PackedPolicySize", packed.into()),
        ("SourceIdentity", input.text("SourceIdentity").map(str::to_owned).into()),
    ]))
}

fn get_session_token(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    is_lasting(caller, "GetSessionToken")?;
    has_no_second_factor(input)?;
    let seconds = input.integer("DurationSeconds").unwrap_or(SESSION_S);
    Ok(Value::map([("Credentials", issue(context, caller, Made::of(Holder::Key), seconds)?)]))
}

fn get_federation_token(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    is_lasting(caller, "GetFederationToken")?;
    transitive_tags(caller, input)?;
    has_no_managed_policies(input)?;
    let mut policies = Vec::new();
    let packed = input.text("Policy").map(|policy| bound(policy, &mut policies)).transpose()?;
    let name = input.text("Name").unwrap_or_default();
    let seconds = input.integer("DurationSeconds").unwrap_or(SESSION_S);
    let made = Made { policies, ..Made::of(Holder::Federated { name: name.to_owned() }) };
    Ok(Value::map([
        ("Credentials", issue(context, caller, made, seconds)?),
        (
            "FederatedUser",
            Value::map([
                ("FederatedUserId", format!("{}:{name}", caller.account).into()),
                ("Arn", caller.global_arn("sts", &format!("federated-user/{name}")).into()),
            ]),
        ),
        ("PackedPolicySize", packed.unwrap_or(0).into()),
    ]))
}

/// The account of a key: the caller's own, for other tenants' keys are not seen (AW-1) and nothing is kept of temporary ones.
fn get_access_key_info(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("AccessKeyId").unwrap_or_default();
    let is_known = text.parse().is_ok_and(|id| {
        let state = context.bus.state();
        let kept = state.access_keys().get(&id);
        kept.is_some_and(|key| key.account == caller.account) || caller.signed_with == id
    });
    // A master of test keys has the one account, which suites take every key for one of.
    if is_known || context.config.aws_test_keys {
        return Ok(Value::map([("Account", caller.account.to_string().into())]));
    }
    Err(Fault::common(Common::Validation, format!("The access key {text} is not one of this account")))
}

/// Refuses temporary credentials, which do not make others of these kinds.
fn is_lasting(caller: &Caller, operation: &str) -> Result<(), Fault> {
    match caller.session {
        None => Ok(()),
        Some(_) => Err(Fault::common(
            Common::AccessDenied,
            format!("Cannot call {operation} with session credentials"),
        )),
    }
}

fn has_no_managed_policies(input: &Value) -> Result<(), Fault> {
    if input.list("PolicyArns").is_empty() {
        return Ok(());
    }
    Err(Fault::common(
        Common::Validation,
        "PolicyArns is not answered here, for there are no managed policies; give Policy",
    ))
}

/// Account and name of `arn:aws:iam::ACCOUNT:role/NAME`.
fn role_of(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let is_arn = parts.next()? == "arn" && !parts.next()?.is_empty() && parts.next()? == "iam";
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("role/")?;
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    (is_arn && region.is_empty() && !name.is_empty()).then_some((account, name))
}

/// Nobody here has a device whose codes could be asked for.
fn has_no_second_factor(input: &Value) -> Result<(), Fault> {
    if input.text("SerialNumber").is_none() && input.text("TokenCode").is_none() {
        return Ok(());
    }
    Err(Fault::common(
        Common::AccessDenied,
        "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
    ))
}

/// Tags of a session mean nothing here; what AWS refuses of them is refused. The keys, in lower case, of those that go on
/// from session to session.
fn transitive_tags(caller: &Caller, input: &Value) -> Result<BTreeSet<String>, Fault> {
    let wrong = |message| Err(Fault::coded("InvalidParameterValue", 400, message));
    let mut keys = BTreeSet::new();
    for key in input.list("Tags").iter().filter_map(|tag| tag.text("Key")) {
        if !keys.insert(key.to_lowercase()) {
            return wrong("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
        }
    }
    let mut transitive: BTreeSet<String> = input.texts("TransitiveTagKeys").map(str::to_lowercase).collect();
    if !transitive.is_subset(&keys) {
        return wrong("The specified transitive tag key must be included in the requested tags.");
    }
    let handed_on = caller.session.as_ref().map(|session| &session.transitive);
    if handed_on.is_some_and(|handed_on| !handed_on.is_disjoint(&keys)) {
        return wrong(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from \
             the calling session.",
        );
    }
    transitive.extend(handed_on.into_iter().flatten().cloned());
    Ok(transitive)
}

/// What new credentials are made of.
struct Made {
    holder: Holder,
    policies: Vec<String>,
    transitive: BTreeSet<String>,
}

impl Made {
    fn of(holder: Holder) -> Self {
        Self { holder, policies: Vec::new(), transitive: BTreeSet::new() }
    }
}

/// Adds a policy to those that bound the session; the per cent of a policy's most that it takes.
fn bound(policy: &str, policies: &mut Vec<String>) -> Result<i64, Fault> {
    Policy::parse(policy)
        .map_err(|error| Fault::modelled("MalformedPolicyDocumentException", error.to_string()))?;
    let total: usize = policies.iter().map(String::len).sum::<usize>() + policy.len();
    let percent = (policy.len() * 100).div_ceil(POLICY_MAX);
    if percent > 100 || total > POLICIES_MAX {
        let percent = percent.max((total * 100).div_ceil(POLICIES_MAX));
        return Err(Fault::modelled(
            "PackedPolicyTooLargeException",
            format!("Packed policy consumes {percent}% of allotted space, please use smaller policy."),
        ));
    }
    policies.push(policy.to_owned());
    Ok(i64::try_from(percent).unwrap_or(100))
}

/// New credentials; they end with those that they are made by, if not before.
fn issue(
    context: &Context,
    caller: &Caller,
    Made { holder, policies, transitive }: Made,
    seconds: i64,
) -> Result<Value, Fault> {
    // AWS tells whole seconds.
    let end = context.bus.clock().now().0.div_euclid(1_000).saturating_add(seconds).saturating_mul(1_000);
    let ends = [caller.key_expires_at, caller.session.as_ref().map(|session| session.expires_at)];
    let expires_at = ends.into_iter().flatten().fold(UnixMillis(end), UnixMillis::min);
    let temporary = Temporary { parent: caller.key.clone(), holder, policies, transitive, expires_at };
    let made = temporary.issue(&context.seal).map_err(|error| internal(&error))?;
    Ok(Value::map([
        ("AccessKeyId", made.id.to_string().into()),
        ("SecretAccessKey", made.secret.into()),
        ("SessionToken", made.token.into()),
        ("Expiration", Value::Timestamp(expires_at.0)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_in_its_arn() {
        for (arn, expect) in [
            ("arn:aws:iam::123456789012:role/viewer", Some(("123456789012", "viewer"))),
            ("arn:aws-cn:iam::1:role/path/to/viewer", Some(("1", "viewer"))),
            ("arn:aws:iam::1:user/viewer", None),
            ("arn:aws:sts::1:role/viewer", None),
            ("arn::iam::1:role/viewer", None),
            ("arn:aws:iam::1:role/", None),
            ("arn:aws:iam::1", None),
            ("nothing-valid-in-here", None),
        ] {
            assert_eq!(role_of(arn), expect, "{arn}");
        }
    }

    #[test]
    fn policies_of_a_chain_stay_bounded() {
        let policy = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
        let wide = format!("{policy}{}", " ".repeat(POLICY_MAX - policy.len()));
        let mut policies = Vec::new();
        assert_eq!((bound(&wide, &mut policies), bound(&wide, &mut policies)), (Ok(100), Ok(100)));
        assert!(bound(policy, &mut policies).is_err() && policies.len() == 2);
        assert!(bound(&format!("{wide} "), &mut Vec::new()).is_err());
    }
}
