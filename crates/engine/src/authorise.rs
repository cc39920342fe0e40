//! Permission: the one place where a submission is allowed or refused (E-7).
//!
//! A command needs its right on every path that it touches. A user's own password,
//! sessions, tokens and access keys are the user's own affair and need no right,
//! unless a console only says that it is the user.
//!
//! What is in another tenant is to a principal as if it were not there: a refusal tells neither that something of a name
//! exists nor whose it is.

use crate::access;
use crate::code::place_of;
use crate::{Problem, Rejection, State, Submission, owned_name};
use topmast_model::code::{CodeKind, CodeOrder};
use topmast_model::command::Command;
use topmast_model::configuration::ConfigurationOrder;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Actor, ActorKind, AuthMethod, Grant, Principal};
use topmast_model::safety::SafetyOrder;

/// A path that a command touches; `None` is everywhere.
type Scope<'a> = Option<&'a ObjectPath>;

/// Lets the submission pass when its principal has the command's right wherever it is needed.
///
/// # Errors
/// [`Rejection::Forbidden`] with every path refused, or what `owned_name` says of a name.
pub fn authorise(state: &State, submission: &Submission) -> Result<(), Rejection> {
    let Submission { principal, command } = submission;
    if is_own_affair(state, &principal.actor, command) {
        return Ok(());
    }
    let right = command.right();
    // It is about nothing here: the cluster that it goes to decides.
    if matches!(command, Command::NotePassedOn { .. }) && principal.may_somewhere(right) {
        return Ok(());
    }
    let mut refused = scopes(state, principal, command);
    refused.retain(|path| !principal.may(right, *path));
    // Beside a place that is named, that there is another one is not told.
    if refused.iter().any(Option::is_some) {
        refused.retain(Option::is_some);
    } else {
        // Before it shows that somebody has the name.
        owned_name::check(state, principal, command)?;
    }
    refused.dedup();
    if refused.is_empty() { Ok(()) } else { Err(Rejection::forbidden(principal, right, refused)) }
}

/// Every path that a command touches. What it names but does not exist counts as everywhere, so that only those who may see
/// all can find out that it does not; and so does what exists in a tenant in which the principal has no role.
fn scopes<'a>(state: &'a State, principal: &Principal, command: &'a Command) -> Vec<Scope<'a>> {
    let kept = |path: Option<&'a ObjectPath>| seen(principal, path);
    let user = |name: &str| user(state, name).into_iter().map(kept).collect::<Vec<_>>();
    match command {
        Command::OperateApplications { targets, .. } | Command::OpenTerminal { targets, .. } => {
            targets.iter().map(Some).collect()
        }
        Command::ReadLogs { reading } => reading.targets.iter().map(Some).collect(),
        Command::CancelAction { id, within } => state.action(*id).map_or(vec![None], |action| {
            let meant = action.steps.iter().filter(|step| step.is_within(within));
            meant.map(|step| kept(Some(&step.target))).collect()
        }),
        Command::GovernAction { id, .. } => state
            .action(*id)
            .map_or(vec![None], |action| action.steps.iter().map(|step| kept(Some(&step.target))).collect()),
        Command::GovernPermit { id, .. } => state.permits().get(*id).map_or(vec![None], |permit| {
            permit.request.targets.iter().map(|target| kept(Some(target))).collect()
        }),
        Command::ChangeSafety { order } => safety(state, principal, order),
        Command::OrderTask { task, .. } => vec![Some(task)],
        Command::AddAgentlessServers { servers, .. } => servers.iter().map(|new| Some(&new.server)).collect(),
        Command::RegisterServer { server, .. }
        | Command::ReportFacts { server, .. }
        | Command::SkipReports { server, .. }
        | Command::ObserveServer { server, .. }
        | Command::RemoveServer { server }
        | Command::TrustHostKeys { server, .. }
        | Command::PinHostKeys { server, .. }
        | Command::ReportReading { server, .. }
        | Command::ReportGuests { host: server, .. }
        | Command::SetAgentlessApplications { server, .. }
        | Command::ReportOverSsh { server, .. }
        | Command::EnrolAgent { server, .. }
        | Command::RenewAgent { server, .. }
        | Command::RevokeAgent { server } => vec![Some(server)],
        Command::AcknowledgeProblems { problems, .. }
        | Command::UnacknowledgeProblems { problems }
        | Command::CommentProblems { problems, .. }
        | Command::CloseProblems { problems, .. } => {
            problems.iter().map(|id| kept(state.problems.get(*id).map(Problem::object))).collect()
        }
        Command::MuteObject { mute, .. } => vec![Some(&mute.object)],
        Command::UnmuteObject { id } => vec![kept(state.problems.mutes.get(id).map(|mute| &mute.object))],
        Command::SetMaintenance { id, maintenance } => {
            let objects = state.maintenances.get(id).map(|known| &known.what.objects);
            let known = objects.into_iter().flatten().map(Some).map(kept);
            known.chain(maintenance.objects.iter().map(Some)).collect()
        }
        Command::CancelMaintenance { id } => state
            .maintenances
            .get(id)
            .map_or(vec![None], |known| known.what.objects.iter().map(Some).map(kept).collect()),
        // What goes with `prune` is theirs alone.
        Command::ApplyRules { rules, .. } => {
            let known = rules.iter().filter_map(|rule| state.rule(&rule.name));
            let known = known.map(|rule| kept(rule.within.as_ref()));
            rules.iter().map(|rule| rule.within.as_ref()).chain(known).collect()
        }
        Command::DeleteRule { name } => {
            vec![kept(state.rules.get(name).and_then(|rule| rule.within.as_ref()))]
        }
        Command::PutAwsAlarm { tenant, .. }
        | Command::DeleteAwsAlarms { tenant, .. }
        | Command::SetAwsAlarmState { tenant, .. }
        | Command::SwitchAwsAlarmActions { tenant, .. }
        | Command::TagAwsAlarm { tenant, .. }
        | Command::ObserveAwsAlarms { tenant, .. }
        | Command::RecordAwsAlarmActions { tenant, .. }
        | Command::ForgetAwsAlarms { tenant }
        | Command::ChangeDashboards { tenant, .. }
        | Command::ForgetDashboards { tenant }
        | Command::ChangeParameters { tenant, .. }
        | Command::ForgetParameters { tenant }
        | Command::ChangePackages { tenant, .. }
        | Command::ChangeTrustKeys { tenant, .. }
        | Command::ChangeLogGroup { tenant, .. }
        | Command::ForgetLogGroups { tenant }
        | Command::ForgetTags { tenant } => vec![Some(tenant)],
        Command::ChangeConfigurations { order } => match order {
            ConfigurationOrder::Revise { configuration, .. } => {
                let known = place_of(state, CodeKind::Configuration, &configuration.name);
                [Some(&configuration.within)].into_iter().chain(known.map(Some).map(kept)).collect()
            }
            ConfigurationOrder::Delete { name, .. } => {
                vec![kept(place_of(state, CodeKind::Configuration, name))]
            }
            ConfigurationOrder::Apply(request) => request.targets.iter().map(Some).collect(),
        },
        Command::ChangeAsCode { order: CodeOrder::Do(command) } => scopes(state, principal, command),
        Command::ChangeAsCode { order: CodeOrder::Release { kind, name, .. } } => {
            vec![kept(place_of(state, *kind, name))]
        }
        Command::TagObjects { targets, .. } => targets.iter().map(|target| Some(&target.path)).collect(),
        Command::ApplyChannels { channels, .. } => {
            let known = channels.iter().filter_map(|channel| state.channel(&channel.name));
            let known = known.map(|channel| kept(channel.tenant.as_ref()));
            channels.iter().map(|channel| channel.tenant.as_ref()).chain(known).collect()
        }
        Command::DeleteChannel { name } | Command::TestChannel { name } => {
            vec![kept(state.channel(name).and_then(|channel| channel.tenant.as_ref()))]
        }
        Command::ApplyRoutes { routes, .. } => {
            let known = routes.iter().filter_map(|route| state.route(&route.name));
            let known = known.map(|route| kept(route.within.as_ref()));
            routes.iter().map(|route| route.within.as_ref()).chain(known).collect()
        }
        Command::DeleteRoute { name } => {
            vec![kept(state.route(name).and_then(|route| route.within.as_ref()))]
        }
        Command::CreateJoinToken { cluster, .. } => vec![Some(cluster)],
        Command::RevokeJoinToken { id } => vec![kept(state.join_tokens.get(id).map(|token| &token.cluster))],
        Command::CreateUser { grants, .. } => reach(grants),
        Command::SetGrants { name, grants } => {
            let mut paths = user(name);
            paths.extend(reach(grants));
            paths
        }
        Command::SetPassword { name, .. } | Command::DeleteUser { name } => user(name),
        // Whoever has it is every user, as far as its grants reach.
        Command::CreateToken { owner, grants, speaks_for_users: true, .. } => {
            let mut paths = user(owner);
            paths.extend(reach(grants));
            paths
        }
        Command::CreateToken { owner, .. } | Command::CreateAccessKey { owner, .. } => user(owner),
        Command::RevokeAccessKey { id } => {
            state.access_keys.get(id).map_or(vec![None], |key| user(&key.owner))
        }
        Command::RevokeToken { id } => {
            state.tokens.all().get(id).map_or(vec![None], |token| user(&token.owner))
        }
        Command::ChangeAccess { order } => access::whose(state, order).map_or(vec![None], |name| user(name)),
        // Who is kept out is not decided by those inside.
        Command::ChangeTenant { .. }
        | Command::NoteUsage { .. }
        | Command::CloseTerminal { .. }
        | Command::ObserveProblems { .. }
        | Command::SettleProblems
        | Command::PlanMaintenance { .. }
        | Command::PlanRoute { .. }
        | Command::SettleNotifications
        | Command::BeginNotification { .. }
        | Command::FinishNotification { .. }
        | Command::ExpireActions
        | Command::AdvanceActions
        | Command::ChangeMaster { .. }
        | Command::NotePassedOn { .. }
        | Command::OpenSession { .. }
        | Command::RecordLoginFailure { .. } => vec![None],
    }
}

/// A place that the state knows and the command does not name: everywhere for who is of other tenants, as for what does not exist.
fn seen<'a>(principal: &Principal, path: Option<&'a ObjectPath>) -> Scope<'a> {
    let is_known = |path: &ObjectPath| {
        let tenant = path.name_at(Level::Tenant);
        let mut places = principal.grants.iter().map(|grant| grant.path.as_ref());
        places.any(|place| place.is_none_or(|place| place.name_at(Level::Tenant) == tenant))
    };
    path.filter(|path| is_known(path))
}

/// Where freezes and policies belong, as they are and as they are to be.
fn safety<'a>(state: &'a State, principal: &Principal, order: &'a SafetyOrder) -> Vec<Scope<'a>> {
    let kept = |path: Option<&'a ObjectPath>| seen(principal, path);
    let objects = |id| state.freezes().get(id).map(|known| &known.announced.what.objects);
    let policy =
        |name: &String| state.approval_policies().get(name).map(|policy| kept(policy.within.as_ref()));
    match order {
        SafetyOrder::SetFreeze { id, freeze } => {
            let known = objects(id).into_iter().flatten().map(Some).map(kept);
            known.chain(freeze.what.objects.iter().map(Some)).collect()
        }
        SafetyOrder::LiftFreeze { id } => {
            objects(id).map_or(vec![None], |objects| objects.iter().map(Some).map(kept).collect())
        }
        SafetyOrder::PlanFreeze { .. } => vec![None],
        SafetyOrder::SetPolicy { policy: new } => {
            policy(&new.name).into_iter().chain([new.within.as_ref()]).collect()
        }
        SafetyOrder::DeletePolicy { name } => vec![policy(name).flatten()],
    }
}

/// Where a user has grants: whoever manages the user needs the right in all these places.
fn user<'a>(state: &'a State, name: &str) -> Vec<Scope<'a>> {
    state.users.get(name).map_or(vec![None], |user| reach(&user.grants))
}

/// No grant at all counts as everywhere: a user without a place belongs to no tenant's admin.
fn reach(grants: &[Grant]) -> Vec<Scope<'_>> {
    if grants.is_empty() { vec![None] } else { grants.iter().map(|grant| grant.path.as_ref()).collect() }
}

fn is_own_affair(state: &State, actor: &Actor, command: &Command) -> bool {
    let owner = match command {
        // What a user would keep of it reaches further than the console's token does.
        _ if actor.auth == AuthMethod::Console => None,
        Command::SetPassword { name, .. } => Some(name),
        Command::CreateToken { speaks_for_users: true, .. } => None,
        Command::CreateToken { owner, .. } | Command::CreateAccessKey { owner, .. } => Some(owner),
        Command::RevokeAccessKey { id } => state.access_keys.get(id).map(|key| &key.owner),
        Command::RevokeToken { id } => state.tokens.all().get(id).map(|token| &token.owner),
        Command::ChangeAccess { order } if access::is_own_affair(order) => access::whose(state, order),
        _ => None,
    };
    actor.kind == ActorKind::User
        && owner.is_some_and(|owner| *owner == actor.name && state.users.contains_key(owner))
}

#[cfg(test)]
mod tests {
    use crate::fixture::*;
    use topmast_model::command::Command;

    #[test]
    fn what_is_in_another_tenant_is_refused_as_what_does_not_exist() {
        let mut world = World::with_applications(&["acme/main/db/a", "bolt/main/db/a"]);
        world.by("root", create_user("ann", &["admin:acme"])).unwrap();
        world.by("root", create_user("bo", &["admin:bolt"])).unwrap();
        let delete = |name: &str| Command::DeleteUser { name: name.into() };
        let hidden = world.by("bo", delete("ann")).unwrap_err();
        let absent = world.by("bo", delete("nobody")).unwrap_err();
        assert_eq!(hidden, absent);
        refused(world.by("bo", delete("ann")), "forbidden", "everything");
        // What the command names itself is told back, whether it is there or not.
        refused(world.by("bo", create_user("eve", &["viewer:acme"])), "forbidden", "on acme;");
    }
}
