//! From an event to the next state: dispatch only.

use crate::State;
use crate::permit::Permit;
use crate::{
    access, access_key, action, agent, agentless, application, aws_alarm, code, configuration, dashboard,
    guest, history, join_token, log_group, maintenance, master, notification, package, parameter, safety,
    server, service, session, tag, task, task_order, tenant, terminal, token, user,
};
use topmast_model::event::{Event, EventBody};
use topmast_model::principal::ActorKind;
use topmast_model::status::ActionStatus;

/// Makes the state what it is after `event`.
///
/// Never fails (E-2): an event that finds nothing to change moves the position
/// only, and one at or before the state's position is skipped, so that a replay
/// may start before the snapshot's end.
pub fn apply(state: &mut State, event: &Event) {
    if event.seq <= state.last_seq {
        return;
    }
    state.last_seq = event.seq;
    let time = event.time;
    match &event.body {
        EventBody::MasterActivated { epoch, name, place, tenant } => {
            master::activated(state, *epoch, name.as_deref(), place.as_ref(), tenant.as_deref());
        }
        EventBody::MasterHandedOver { to } => state.handed_to = Some(to.clone()),
        EventBody::JournalRestored { epoch, .. } => master::restored(state, *epoch),
        EventBody::ActionAccepted {
            id,
            operation,
            targets,
            reason,
            expires_at,
            rolling,
            package,
            configuration,
            custom,
            terms,
        } => {
            let action = action::Action::new(
                *id,
                *operation,
                event.actor.clone(),
                reason.clone(),
                time,
                *expires_at,
                targets,
            );
            let action = action.on_terms(*rolling, terms.as_ref().clone()).bringing(package.clone());
            state.actions.accept(action.laying_down(configuration.clone()).acting(custom.clone()));
            history::operated(state, *id, *operation, targets);
            tenant::acted(state, &event.tenant, time);
        }
        EventBody::ActionGoverned { id, change } => action::governed(state, *id, change, &event.actor, time),
        EventBody::PermitAsked { id, request, reason, approval } => {
            let asked = Permit::new(request, reason.as_ref(), &event.actor, time, approval);
            state.permits.ask(*id, asked, time);
        }
        EventBody::PermitGoverned { id, change, .. } => state.permits.govern(*id, change, &event.actor, time),
        EventBody::SafetyChanged { within, change } => {
            safety::changed(state, within.as_ref(), change, &event.actor, time);
        }
        EventBody::BatchReleased { id, up_to, expires_at } => state.actions.release(*id, *up_to, *expires_at),
        EventBody::StepStarted { step, .. } => state.actions.advance(*step, ActionStatus::Running, "", time),
        EventBody::StepFinished { step, outcome, .. } => {
            state.actions.advance(*step, action::outcome_status(outcome), &outcome.message, time);
        }
        EventBody::StepExpired { step, message, .. } => {
            state.actions.advance(*step, ActionStatus::Unknown, message, time);
        }
        EventBody::ActionCompleted { id, .. } => state.actions.complete(*id, time),
        EventBody::ServerRegistered { server, registration } => {
            server::registered(state, server, registration, time);
        }
        EventBody::ServerStatusChanged { server, status, cause } => {
            server::status_changed(state, server, *status, cause, time);
        }
        EventBody::ServerRemoved { server } => server::removed(state, server),
        EventBody::ReportsReceived { server, up_to } => server::received(state, server, *up_to),
        EventBody::ApplicationChanged { application, state: reported } => {
            application::changed(state, application, reported, time);
        }
        EventBody::ApplicationRemoved { application } => application::removed(state, application),
        EventBody::ServiceChanged { service, state: reported } => service::changed(state, service, reported),
        EventBody::ServiceRemoved { service } => service::removed(state, service),
        EventBody::TaskChanged { task, state: reported } => {
            task_order::seen(state, task, reported.status, time);
            task::changed(state, task, reported);
        }
        EventBody::TaskOrdered { task, fact } => task_order::ordered(state, task, fact, time),
        EventBody::TaskRemoved { task } => task::removed(state, task),
        EventBody::UnitFileRefused { server, file, problem } => {
            server::unit_refused(state, server, file, problem);
        }
        EventBody::UnitFileAccepted { server, file } => server::unit_accepted(state, server, file),
        EventBody::AgentlessServerAdded { server, host } => agentless::added(state, server, host),
        EventBody::HostKeysPinned { server, fingerprints } => agentless::pinned(state, server, fingerprints),
        EventBody::AgentlessApplicationsSet { server, applications } => {
            agentless::applications_set(state, server, applications);
        }
        EventBody::ReadingFailed { server, problem } => {
            server::unit_refused(state, server, agentless::READING, problem);
        }
        EventBody::GuestRegistered { server, guest, registration } => {
            guest::registered(state, server, guest, registration, time);
        }
        EventBody::GuestsRefused { server, problem } => {
            server::unit_refused(state, server, guest::GUESTS, problem);
        }
        EventBody::GuestsAccepted { server } => server::unit_accepted(state, server, guest::GUESTS),
        EventBody::ReadingRecovered { server } => server::unit_accepted(state, server, agentless::READING),
        EventBody::TerminalOpened { id, targets, command, reason, account } => {
            let opened = terminal::Terminal {
                actor: event.actor.clone(),
                targets: targets.clone(),
                command: command.clone(),
                reason: reason.clone(),
                account: account.clone(),
                opened_at: time,
                closed_at: None,
                results: Vec::new(),
            };
            state.terminals.open(*id, opened);
        }
        EventBody::TerminalClosed { id, results } => state.terminals.close(*id, results, time),
        EventBody::ProblemOpened { id, problem } => state.problems.opened(*id, problem, time),
        EventBody::ProblemConditionChanged { id, verdict, .. } => {
            state.problems.condition_changed(*id, *verdict, time);
        }
        EventBody::ProblemSeverityChanged { id, severity, .. } => {
            state.problems.change(*id, |problem| problem.what.severity = *severity);
        }
        EventBody::ProblemFlappingChanged { id, flapping, .. } => {
            state.problems.change(*id, |problem| problem.flapping = *flapping);
        }
        EventBody::ProblemGrouped { id, cause, .. } => {
            state.problems.change(*id, |problem| problem.cause = *cause);
        }
        EventBody::ProblemSuppressed { id, suppression, .. } => {
            state.problems.change(*id, |problem| problem.suppression.clone_from(suppression));
        }
        EventBody::NoticeDecided { id, notice, severity, .. } => {
            notification::noticed(state, *id, *notice, time);
            state.problems.decided(*id, *notice, *severity, time);
        }
        EventBody::ProblemClosed { id, reason, .. } => state.problems.closed(*id, *reason, time),
        EventBody::ProblemAcknowledged { id, acknowledgement, .. } => {
            state.problems.acknowledged(*id, acknowledgement, event);
        }
        EventBody::ProblemUnacknowledged { id, end, .. } => {
            state.problems.unacknowledged(*id, *end);
            if let Some(telling) = state.notifications.tellings.get_mut(id) {
                telling.since = time;
            }
        }
        EventBody::ProblemCommented { id, text, .. } => state.problems.commented(*id, text, event),
        EventBody::ObjectMuted { id, mute } => {
            state.problems.mutes.insert(*id, mute.clone());
        }
        EventBody::MuteEnded { id, .. } => {
            state.problems.mutes.remove(id);
        }
        EventBody::MaintenanceSet { id, within, maintenance } => {
            maintenance::was_set(state, *id, within, maintenance, &event.actor, time);
        }
        EventBody::MaintenancePlanned { id, periods, .. } => maintenance::was_planned(state, *id, periods),
        EventBody::MaintenanceEnded { id, .. } => {
            state.maintenances.remove(id);
        }
        EventBody::RuleApplied { rule } => {
            state.rules.insert(rule.name.clone(), rule.as_ref().clone());
        }
        EventBody::RuleDeleted { name, .. } => {
            state.rules.remove(name);
        }
        EventBody::AwsAlarmPut { tenant, alarm, grants, tags } => {
            aws_alarm::was_put(state, tenant, alarm, (&event.actor, grants), tags, time);
        }
        EventBody::AwsAlarmDeleted { tenant, name } => aws_alarm::deleted(state, tenant, name, time),
        EventBody::AwsAlarmStateChanged { tenant, name, said, hold } => {
            let is_set = event.actor.kind != ActorKind::Master;
            aws_alarm::state_changed(state, tenant, name, said, *hold, (is_set, time));
        }
        EventBody::AwsAlarmHoldChanged { tenant, name, hold } => {
            aws_alarm::hold_changed(state, tenant, name, *hold);
        }
        EventBody::AwsAlarmActionsSwitched { tenant, name, enabled } => {
            aws_alarm::switched(state, tenant, name, *enabled, time);
        }
        EventBody::AwsAlarmTagged { tenant, name, tags } => aws_alarm::tagged(state, tenant, name, tags),
        EventBody::AwsAlarmActed { tenant, name, outcomes } => {
            aws_alarm::acted(state, tenant, name, outcomes, time);
        }
        EventBody::AwsAlarmsForgotten { tenant } => {
            state.aws_alarms.remove(tenant.as_str());
        }
        EventBody::DashboardPut { tenant, name, body, tags } => {
            dashboard::was_put(state, tenant, name, body, tags, time);
        }
        EventBody::DashboardDeleted { tenant, name } => dashboard::deleted(state, tenant, name),
        EventBody::DashboardTagged { tenant, name, tags } => dashboard::tagged(state, tenant, name, tags),
        EventBody::DashboardsForgotten { tenant } => {
            state.dashboards.remove(tenant.as_str());
        }
        EventBody::ParameterPut { tenant, name, number, version, tags } => {
            parameter::was_put(state, tenant, name, (*number, version), tags, time);
        }
        EventBody::ParameterDeleted { tenant, name } => parameter::deleted(state, tenant, name),
        EventBody::ParameterLabelled { tenant, name, number, labels } => {
            parameter::labelled(state, tenant, name, *number, labels);
        }
        EventBody::ParameterTagged { tenant, name, tags } => parameter::tagged(state, tenant, name, tags),
        EventBody::ParametersForgotten { tenant } => {
            state.parameters.remove(tenant.as_str());
        }
        EventBody::PackageChanged { tenant, change } => {
            package::changed(state, tenant, change, &event.actor, time);
        }
        EventBody::TrustKeyChanged { tenant, change } => {
            package::key::changed(state, tenant, change, &event.actor, time);
        }
        EventBody::ConfigurationChanged { object, name, change } => {
            configuration::changed(state, object, name, change, event);
        }
        EventBody::CodeChanged { change } => code::changed(state, change),
        EventBody::LogGroupChanged { tenant, name, change } => {
            log_group::changed(state, tenant, name, change, event.seq, time);
        }
        EventBody::LogGroupsForgotten { tenant } => {
            state.log_groups.remove(tenant.as_str());
        }
        EventBody::ObjectTagged { path, application, tags } => {
            tag::tagged(state, path, application.as_deref(), tags);
        }
        EventBody::UsageNoted { tenant, day, usage } => tenant::used(state, tenant.as_str(), *day, usage),
        EventBody::TenantChanged { tenant, change } => tenant::changed(state, tenant, change, time),
        EventBody::TagsForgotten { tenant } => state.tags.remove_within(tenant),
        EventBody::ChannelApplied { channel } => notification::channel_applied(state, channel, time),
        EventBody::ChannelDeleted { name, .. } => notification::channel_deleted(state, name),
        EventBody::RouteApplied { route } => notification::route_applied(state, route),
        EventBody::RouteDeleted { name, .. } => {
            state.notifications.routes.remove(name);
        }
        EventBody::RoutePlanned { name, periods, .. } => notification::route_planned(state, name, periods),
        EventBody::NotificationDue { id, within, channel, route, why, told } => {
            notification::due(state, *id, within.as_ref(), channel, route, *why, told, time);
        }
        EventBody::NotificationAsked { id, within, channel, why, alarm, refused } => {
            let (within, alarm, refused) = (within.as_ref(), alarm.as_deref(), refused.as_deref());
            notification::asked(state, *id, within, channel, *why, alarm, refused, time);
        }
        EventBody::NotificationBegun { id, told, .. } => notification::begun(state, *id, told, time),
        EventBody::NotificationFinished { id, outcome, next_at, .. } => {
            notification::finished(state, *id, outcome, *next_at, time);
        }
        EventBody::NotificationWithdrawn { id, reason, .. } => notification::withdrawn(state, *id, reason),
        EventBody::NotificationSpared { id, channel, route, told, by } => {
            notification::spared(state, *id, (channel, route), told, *by, time);
        }
        EventBody::RecoveryUntold { id, channels, .. } => notification::untold(state, *id, channels),
        EventBody::UserCreated { name, password_hash, grants } => {
            user::created(state, name, password_hash, grants, time);
        }
        EventBody::PasswordSet { name, password_hash } => {
            user::password_set(state, name, password_hash, time);
        }
        EventBody::GrantsSet { name, grants } => user::grants_set(state, name, grants),
        EventBody::UserDeleted { name } => user::deleted(state, name),
        EventBody::SessionOpened { user, secret_hash, expires_at, id, client } => {
            let session = session::Session {
                id: id.unwrap_or_default(),
                user: user.clone(),
                opened_at: time,
                expires_at: *expires_at,
                address: event.actor.address.clone(),
                client: client.clone(),
            };
            state.sessions.open(secret_hash, session);
        }
        EventBody::SessionClosed { secret_hash, .. } => state.sessions.close(secret_hash),
        EventBody::TokenCreated { id, name, owner, secret_hash, grants, expires_at, speaks_for_users } => {
            let token = token::Token {
                name: name.clone(),
                owner: owner.clone(),
                secret_hash: secret_hash.clone(),
                grants: grants.clone(),
                created_at: time,
                expires_at: *expires_at,
                networks: Vec::new(),
                speaks_for_users: *speaks_for_users,
            };
            state.tokens.create(*id, token);
        }
        EventBody::TokenRevoked { id } => state.tokens.revoke(*id),
        EventBody::AccessKeyCreated { id, name, owner, account, grants, expires_at } => {
            let key = access_key::AccessKey {
                name: name.clone(),
                owner: owner.clone(),
                account: account.clone(),
                grants: grants.clone(),
                created_at: time,
                expires_at: *expires_at,
            };
            access_key::created(state, id, key);
        }
        EventBody::AccessKeyRevoked { id } => {
            state.access_keys.remove(id);
        }
        EventBody::JoinTokenCreated { id, cluster, secret_hash, uses, expires_at } => {
            let token = join_token::JoinToken {
                cluster: cluster.clone(),
                secret_hash: secret_hash.clone(),
                uses: *uses,
                uses_left: *uses,
                created_at: time,
                expires_at: *expires_at,
            };
            join_token::created(state, *id, token);
        }
        EventBody::JoinTokenRevoked { id } => join_token::revoked(state, *id),
        EventBody::AgentEnrolled { server, join_token, certificate } => {
            agent::enrolled(state, server, *join_token, certificate, time);
        }
        EventBody::AgentRenewed { server, certificate } => agent::renewed(state, server, certificate, time),
        EventBody::AgentRevoked { server } => agent::revoked(state, server, time),
        EventBody::AccessChanged { user, change } => access::apply(state, user, change, time),
        // A failed login changes nothing; a kind of a newer master means nothing here (and
        // `EventBody` may grow, so the compiler asks for this arm).
        _ => {}
    }
    code::after(state, &event.body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use uuid::Uuid;

    #[test]
    fn event_already_applied_is_skipped() {
        // E-3: an enrolment applied twice would take two uses from its join token.
        let mut world = World::new();
        let id = Uuid::from_u128(7);
        let end = world.now.plus(HOUR);
        world.by("root", create_join_token(id, &path("acme/main"), 7, 5, end)).unwrap();
        world.by_master(enrol_command(7, &path("acme/main/db"), certificate(1, end))).unwrap();
        assert_eq!(world.state.join_tokens()[&id].uses_left, 4);
        let before = world.state.clone();
        for event in world.log.iter().rev() {
            apply(&mut world.state, event);
        }
        assert_eq!(world.state, before);
    }
}
