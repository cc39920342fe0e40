//! From a command to the facts it makes: dispatch only.

use crate::action::{self, Request};
use crate::authorise::authorise;
use crate::{Rejection, State, Submission, federation};
use crate::{
    access, access_key, agent, agentless, aws_alarm, code, configuration, dashboard, guest, join_token, log,
    log_group, maintenance, master, notification, package, parameter, permit, problem, report, rule, safety,
    server, session, tag, task_order, tenant, terminal, token, user,
};
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::principal::Principal;
use topmast_model::time::UnixMillis;

/// Decides what a submission makes happen at `now`, in the order in which it happens.
///
/// Never changes the state (E-1). No facts means that there is nothing to change,
/// as after a repeat; for a repeated `OperateApplications` the existing action is
/// `state.action(id)`.
///
/// # Errors
/// A [`Rejection`] when the principal may not, or the command makes no sense now. Nothing of it is done then.
pub fn decide(state: &State, submission: &Submission, now: UnixMillis) -> Result<Vec<EventBody>, Rejection> {
    authorise(state, submission)?;
    let (who, command) = (&submission.principal, &submission.command);
    code::check(state, who, command)?;
    act(state, who, command, now)
}

/// What a command that is allowed makes happen.
pub(crate) fn act(
    state: &State,
    who: &Principal,
    command: &Command,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    match command {
        Command::OperateApplications { .. } => action::operate(state, who, &Request::of(command)?, now),
        Command::GovernAction { id, order } => action::govern(state, who, *id, order, now),
        Command::GovernPermit { id, verdict } => permit::govern(state, who, *id, verdict, now),
        Command::ChangeSafety { order } => safety::change(state, order, now),
        Command::ChangeTenant { tenant, order } => tenant::change(state, tenant, order),
        Command::NoteUsage { notes } => Ok(tenant::note_usage(notes)),
        Command::OrderTask { task, order } => task_order::order(state, task, order, now),
        Command::CancelAction { id, within } => action::cancel(state, who, *id, within),
        Command::ExpireActions => Ok(action::expire(state, now)),
        Command::AdvanceActions => Ok(action::advance(state, now)),
        Command::RegisterServer { server, registration } => server::register(state, server, registration),
        Command::ReportFacts { server, instance, reports } => {
            report::receive(state, server, *instance, reports)
        }
        Command::SkipReports { server, instance, up_to } => report::skip(state, server, *instance, *up_to),
        Command::ObserveServer { server, status, cause } => server::observe(state, server, *status, cause),
        Command::RemoveServer { server } => {
            permit::hold(state, who, permit::Wanted::removal(server), server::remove(state, server)?, now)
        }
        Command::AddAgentlessServers { servers, replace } => agentless::add(state, servers, *replace, now),
        Command::TrustHostKeys { server, fingerprints } => agentless::trust(state, server, fingerprints),
        Command::PinHostKeys { server, fingerprints } => agentless::pin(state, server, fingerprints),
        Command::ReportReading { server, problem } => agentless::report(state, server, problem.as_deref()),
        Command::ReportGuests { host, interval_ms, complete, guests } => {
            guest::report(state, host, *interval_ms, complete, guests)
        }
        Command::SetAgentlessApplications { server, applications } => {
            agentless::set_applications(state, server, applications, now)
        }
        Command::ReportOverSsh { server, reports } => report::receive_over_ssh(state, server, reports),
        Command::ChangeMaster { order } => master::decide(state, order, now),
        Command::OpenTerminal { id, targets, command, reason, account } => {
            let request = terminal::Request { id: *id, targets, command, reason, account };
            permit::hold(
                state,
                who,
                permit::Wanted::terminal(&request),
                terminal::open(state, &request)?,
                now,
            )
        }
        Command::ReadLogs { reading } => log::read(state, reading),
        Command::CloseTerminal { id, results } => terminal::close(state, *id, results),
        Command::ObserveProblems { observations } => problem::observe(state, observations, now),
        Command::SettleProblems => Ok(problem::settle(state, now)),
        Command::AcknowledgeProblems { problems, acknowledgement } => {
            problem::acknowledge(state, &who.actor, problems, acknowledgement, now)
        }
        Command::UnacknowledgeProblems { problems } => problem::unacknowledge(state, problems),
        Command::CommentProblems { problems, text } => problem::comment(state, problems, text),
        Command::CloseProblems { problems, comment } => problem::close(state, problems, comment.as_deref()),
        Command::MuteObject { id, mute } => problem::mute(state, *id, mute, now),
        Command::UnmuteObject { id } => Ok(problem::unmute(state, *id)),
        Command::SetMaintenance { id, maintenance } => maintenance::set(state, *id, maintenance, now),
        Command::PlanMaintenance { id, periods } => maintenance::plan(state, *id, periods),
        Command::CancelMaintenance { id } => Ok(maintenance::cancel(state, *id)),
        Command::ApplyRules { rules, prune } => rule::apply_rules(state, who, rules, *prune),
        Command::DeleteRule { name } => rule::delete(state, name),
        Command::PutAwsAlarm { tenant, alarm, tags } => aws_alarm::put(state, who, tenant, alarm, tags),
        Command::DeleteAwsAlarms { tenant, names } => aws_alarm::delete(state, tenant, names),
        Command::SetAwsAlarmState { tenant, name, said } => {
            aws_alarm::set_state(state, tenant, name, said, now)
        }
        Command::SwitchAwsAlarmActions { tenant, names, enabled } => {
            aws_alarm::switch(state, tenant, names, *enabled, now)
        }
        Command::TagAwsAlarm { tenant, name, tags, removed } => {
            aws_alarm::tag(state, tenant, name, tags, removed)
        }
        Command::ObserveAwsAlarms { tenant, seen } => aws_alarm::observe(state, tenant, seen, now),
        Command::RecordAwsAlarmActions { tenant, name, state_at, outcomes } => {
            aws_alarm::record(state, tenant, name, *state_at, outcomes)
        }
        Command::ForgetAwsAlarms { tenant } => Ok(aws_alarm::forget(state, tenant)),
        Command::ChangeDashboards { tenant, order } => dashboard::change(state, tenant, order),
        Command::ForgetDashboards { tenant } => Ok(dashboard::forget(state, tenant)),
        Command::ChangeParameters { tenant, order } => parameter::change(state, tenant, order),
        Command::ForgetParameters { tenant } => Ok(parameter::forget(state, tenant)),
        Command::ChangePackages { tenant, order } => package::change(state, tenant, order),
        Command::ChangeTrustKeys { tenant, order } => package::key::change(state, tenant, order),
        Command::ChangeConfigurations { order } => configuration::change(state, who, order, now),
        Command::ChangeAsCode { order } => code::change(state, who, order, now),
        Command::ChangeLogGroup { tenant, name, order } => log_group::change(state, tenant, name, order),
        Command::ForgetLogGroups { tenant } => Ok(log_group::forget(state, tenant)),
        Command::TagObjects { targets, tags, removed } => tag::tag(state, targets, tags, removed),
        Command::ForgetTags { tenant } => Ok(tag::forget(state, tenant)),
        Command::ApplyChannels { channels, prune } => {
            notification::apply_channels(state, who, channels, *prune)
        }
        Command::DeleteChannel { name } => notification::delete_channel(state, name),
        Command::TestChannel { name } => notification::test(state, name),
        Command::ApplyRoutes { routes, prune } => notification::apply_routes(state, who, routes, *prune),
        Command::DeleteRoute { name } => notification::delete_route(state, name),
        Command::PlanRoute { name, periods } => notification::plan(state, name, periods),
        Command::SettleNotifications => Ok(notification::settle(state, now)),
        Command::BeginNotification { id } => notification::begin(state, *id, now),
        Command::FinishNotification { id, attempt, outcome } => {
            Ok(notification::finish(state, *id, *attempt, outcome, now))
        }
        Command::CreateUser { name, password_hash, grants } => {
            user::create(state, who, name, password_hash, grants)
        }
        Command::SetPassword { name, password_hash } => user::set_password(state, name, password_hash),
        Command::SetGrants { name, grants } => user::set_grants(state, who, name, grants),
        Command::DeleteUser { name } => user::delete(state, name),
        Command::OpenSession { session } => session::open(state, session, now),
        Command::NotePassedOn { note } => federation::note(note),
        Command::ChangeAccess { order } => access::change(state, who, order),
        Command::RecordLoginFailure { user } => Ok(session::record_failure(user)),
        Command::CreateToken { id, name, owner, secret_hash, grants, expires_at, speaks_for_users } => {
            let token = token::Token {
                name: name.clone(),
                owner: owner.clone(),
                secret_hash: secret_hash.clone(),
                grants: grants.clone(),
                created_at: now,
                expires_at: *expires_at,
                networks: Vec::new(),
                speaks_for_users: *speaks_for_users,
            };
            token::create(state, *id, token, now)
        }
        Command::RevokeToken { id } => token::revoke(state, *id),
        Command::CreateAccessKey { id, name, owner, account, grants, expires_at } => {
            let key = access_key::AccessKey {
                name: name.clone(),
                owner: owner.clone(),
                account: account.clone(),
                grants: grants.clone(),
                created_at: now,
                expires_at: *expires_at,
            };
            access_key::create(state, id, key, now)
        }
        Command::RevokeAccessKey { id } => access_key::revoke(state, id),
        Command::CreateJoinToken { id, cluster, secret_hash, uses, expires_at } => {
            let token = join_token::JoinToken {
                cluster: cluster.clone(),
                secret_hash: secret_hash.clone(),
                uses: *uses,
                uses_left: *uses,
                created_at: now,
                expires_at: *expires_at,
            };
            join_token::create(state, *id, token, now)
        }
        Command::RevokeJoinToken { id } => join_token::revoke(state, *id),
        Command::EnrolAgent { secret_hash, server, certificate } => {
            agent::enrol(state, secret_hash, server, certificate, now)
        }
        Command::RenewAgent { server, certificate } => agent::renew(state, server, certificate, now),
        Command::RevokeAgent { server } => agent::revoke(state, server),
    }
}
