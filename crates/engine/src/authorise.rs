//! Permission: the one place where a submission is allowed or refused (E-7).
//!
//! A command needs its right on every path that it touches. A user's own password,
//! sessions, tokens and access keys are the user's own affair and need no right.

use crate::access;
use crate::code::place_of;
use crate::{Problem, Rejection, State, Submission};
use topmast_model::code::{CodeKind, CodeOrder};
use topmast_model::command::Command;
use topmast_model::configuration::ConfigurationOrder;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Actor, ActorKind, Grant};
use topmast_model::safety::SafetyOrder;

/// A path that a command touches; `None` is everywhere.
type Scope<'a> = Option<&'a ObjectPath>;

/// Lets the submission pass when its principal has the command's right wherever it is needed.
///
/// # Errors
/// [`Rejection::Forbidden`] with every path refused.
pub(crate) fn authorise(state: &State, submission: &Submission) -> Result<(), Rejection> {
    let Submission { principal, command } = submission;
    if is_own_affair(state, &principal.actor, command) {
        return Ok(());
    }
    let right = command.right();
    let mut refused = scopes(state, command);
    refused.retain(|path| !principal.may(right, *path));
    if refused.is_empty() { Ok(()) } else { Err(Rejection::forbidden(principal, right, refused)) }
}

/// Every path that a command touches. What it names but does not exist counts as everywhere,
/// so that only those who may see all can find out that it does not.
fn scopes<'a>(state: &'a State, command: &'a Command) -> Vec<Scope<'a>> {
    match command {
        Command::OperateApplications { targets, .. } | Command::OpenTerminal { targets, .. } => {
            targets.iter().map(Some).collect()
        }
        Command::ReadLogs { reading } => reading.targets.iter().map(Some).collect(),
        Command::CancelAction { id, within } => state.action(*id).map_or(vec![None], |action| {
            let meant = action.steps.iter().filter(|step| step.is_within(within));
            meant.map(|step| Some(&step.target)).collect()
        }),
        Command::GovernAction { id, .. } => state
            .action(*id)
            .map_or(vec![None], |action| action.steps.iter().map(|step| Some(&step.target)).collect()),
        Command::ChangeSafety { order } => safety(state, order),
        Command::OrderTask { task, .. } => vec![Some(task)],
        Command::AddAgentlessServers { servers, .. } => servers.iter().map(|new| Some(&new.server)).collect(),
        Command::RegisterServer { server, .. }
        | Command::ReportFacts { server, .. }
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
            problems.iter().map(|id| state.problems.get(*id).map(Problem::object)).collect()
        }
        Command::MuteObject { mute, .. } => vec![Some(&mute.object)],
        Command::UnmuteObject { id } => vec![state.problems.mutes.get(id).map(|mute| &mute.object)],
        Command::SetMaintenance { id, maintenance } => {
            let kept = state.maintenances.get(id).map(|kept| &kept.what.objects);
            kept.into_iter().flatten().chain(&maintenance.objects).map(Some).collect()
        }
        Command::CancelMaintenance { id } => {
            state.maintenances.get(id).map_or(vec![None], |kept| kept.what.objects.iter().map(Some).collect())
        }
        Command::ApplyRules { rules, prune } => {
            let kept = rules.iter().filter_map(|rule| state.rule(&rule.name));
            let pruned = state.rules.values().filter(|_| *prune);
            rules.iter().chain(kept).chain(pruned).map(|rule| rule.within.as_ref()).collect()
        }
        Command::DeleteRule { name } => vec![state.rules.get(name).and_then(|rule| rule.within.as_ref())],
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
        | Command::ChangeLogGroup { tenant, .. }
        | Command::ForgetLogGroups { tenant }
        | Command::ForgetTags { tenant } => vec![Some(tenant)],
        Command::ChangeConfigurations { order } => match order {
            ConfigurationOrder::Revise { configuration, .. } => {
                let kept = place_of(state, CodeKind::Configuration, &configuration.name);
                [Some(&configuration.within)].into_iter().chain(kept.map(Some)).collect()
            }
            ConfigurationOrder::Delete { name, .. } => vec![place_of(state, CodeKind::Configuration, name)],
            ConfigurationOrder::Apply(request) => request.targets.iter().map(Some).collect(),
        },
        Command::ChangeAsCode { order: CodeOrder::Do(command) } => scopes(state, command),
        Command::ChangeAsCode { order: CodeOrder::Release { kind, name, .. } } => {
            vec![place_of(state, *kind, name)]
        }
        Command::TagObjects { targets, .. } => targets.iter().map(|target| Some(&target.path)).collect(),
        Command::ApplyChannels { channels, prune } => {
            let kept = channels.iter().filter_map(|channel| state.channel(&channel.name));
            let pruned = state.channels().filter(|_| *prune).map(|kept| &kept.channel);
            channels.iter().chain(kept).chain(pruned).map(|channel| channel.tenant.as_ref()).collect()
        }
        Command::DeleteChannel { name } | Command::TestChannel { name } => {
            vec![state.channel(name).and_then(|channel| channel.tenant.as_ref())]
        }
        Command::ApplyRoutes { routes, prune } => {
            let kept = routes.iter().filter_map(|route| state.route(&route.name));
            let all = state.routes();
            let pruned = all.into_iter().filter(|_| *prune).map(|kept| &kept.route);
            routes.iter().chain(kept).chain(pruned).map(|route| route.within.as_ref()).collect()
        }
        Command::DeleteRoute { name } => vec![state.route(name).and_then(|route| route.within.as_ref())],
        Command::CreateJoinToken { cluster, .. } => vec![Some(cluster)],
        Command::RevokeJoinToken { id } => vec![state.join_tokens.get(id).map(|token| &token.cluster)],
        Command::CreateUser { grants, .. } => reach(grants),
        Command::SetGrants { name, grants } => {
            let mut paths = user(state, name);
            paths.extend(reach(grants));
            paths
        }
        Command::SetPassword { name, .. } | Command::DeleteUser { name } => user(state, name),
        Command::CreateToken { owner, .. } | Command::CreateAccessKey { owner, .. } => user(state, owner),
        Command::RevokeAccessKey { id } => {
            state.access_keys.get(id).map_or(vec![None], |key| user(state, &key.owner))
        }
        Command::RevokeToken { id } => {
            state.tokens.all().get(id).map_or(vec![None], |token| user(state, &token.owner))
        }
        Command::ChangeAccess { order } => {
            access::whose(state, order).map_or(vec![None], |name| user(state, name))
        }
        Command::CloseTerminal { .. }
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
        | Command::OpenSession { .. }
        | Command::RecordLoginFailure { .. } => vec![None],
    }
}

/// Where freezes and policies belong, as they are and as they are to be.
fn safety<'a>(state: &'a State, order: &'a SafetyOrder) -> Vec<Scope<'a>> {
    let objects = |id| state.freezes().get(id).map(|kept| &kept.announced.what.objects);
    let policy = |name: &String| state.approval_policies().get(name).map(|policy| policy.within.as_ref());
    match order {
        SafetyOrder::SetFreeze { id, freeze } => {
            objects(id).into_iter().flatten().chain(&freeze.what.objects).map(Some).collect()
        }
        SafetyOrder::LiftFreeze { id } => {
            objects(id).map_or(vec![None], |objects| objects.iter().map(Some).collect())
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
        Command::SetPassword { name, .. } => Some(name),
        Command::CreateToken { owner, .. } | Command::CreateAccessKey { owner, .. } => Some(owner),
        Command::RevokeAccessKey { id } => state.access_keys.get(id).map(|key| &key.owner),
        Command::RevokeToken { id } => state.tokens.all().get(id).map(|token| &token.owner),
        Command::ChangeAccess { order } if access::is_own_affair(order) => access::whose(state, order),
        _ => None,
    };
    actor.kind == ActorKind::User
        && owner.is_some_and(|owner| *owner == actor.name && state.users.contains_key(owner))
}
