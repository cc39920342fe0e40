//! What an event is about: an object, an action.

use super::EventBody;
use crate::application::ApplicationState;
use crate::cause::Cause;
use crate::code::CodeChange;
use crate::id::ActionId;
use crate::path::ObjectPath;
use crate::problem::{Mute, NewProblem, ProblemKey};

impl EventBody {
    /// The object it is about, for the journal's index and for permission.
    pub fn object(&self) -> Option<&ObjectPath> {
        match self {
            Self::StepStarted { target: path, .. }
            | Self::StepFinished { target: path, .. }
            | Self::StepExpired { target: path, .. }
            | Self::ServerRegistered { server: path, .. }
            | Self::ServerStatusChanged { server: path, .. }
            | Self::ServerRemoved { server: path }
            | Self::ReportsReceived { server: path, .. }
            | Self::ApplicationChanged { application: path, .. }
            | Self::ApplicationRemoved { application: path }
            | Self::ServiceChanged { service: path, .. }
            | Self::ServiceRemoved { service: path }
            | Self::TaskChanged { task: path, .. }
            | Self::TaskRemoved { task: path }
            | Self::TaskOrdered { task: path, .. }
            | Self::UnitFileRefused { server: path, .. }
            | Self::UnitFileAccepted { server: path, .. }
            | Self::AgentlessServerAdded { server: path, .. }
            | Self::HostKeysPinned { server: path, .. }
            | Self::AgentlessApplicationsSet { server: path, .. }
            | Self::ReadingFailed { server: path, .. }
            | Self::ReadingRecovered { server: path }
            | Self::GuestRegistered { server: path, .. }
            | Self::GuestsRefused { server: path, .. }
            | Self::GuestsAccepted { server: path }
            | Self::ProblemOpened {
                problem: NewProblem { key: ProblemKey { object: path, .. }, .. }, ..
            }
            | Self::ProblemConditionChanged { object: path, .. }
            | Self::ProblemSeverityChanged { object: path, .. }
            | Self::ProblemFlappingChanged { object: path, .. }
            | Self::ProblemGrouped { object: path, .. }
            | Self::ProblemSuppressed { object: path, .. }
            | Self::NoticeDecided { object: path, .. }
            | Self::ProblemClosed { object: path, .. }
            | Self::ProblemAcknowledged { object: path, .. }
            | Self::ProblemUnacknowledged { object: path, .. }
            | Self::ProblemCommented { object: path, .. }
            | Self::ObjectMuted { mute: Mute { object: path, .. }, .. }
            | Self::MuteEnded { object: path, .. }
            | Self::MaintenanceSet { within: path, .. }
            | Self::MaintenancePlanned { within: path, .. }
            | Self::MaintenanceEnded { within: path, .. }
            | Self::AwsAlarmPut { tenant: path, .. }
            | Self::AwsAlarmDeleted { tenant: path, .. }
            | Self::AwsAlarmStateChanged { tenant: path, .. }
            | Self::AwsAlarmHoldChanged { tenant: path, .. }
            | Self::AwsAlarmActionsSwitched { tenant: path, .. }
            | Self::AwsAlarmTagged { tenant: path, .. }
            | Self::AwsAlarmActed { tenant: path, .. }
            | Self::AwsAlarmsForgotten { tenant: path }
            | Self::DashboardPut { tenant: path, .. }
            | Self::DashboardDeleted { tenant: path, .. }
            | Self::DashboardTagged { tenant: path, .. }
            | Self::DashboardsForgotten { tenant: path }
            | Self::ParameterPut { tenant: path, .. }
            | Self::ParameterDeleted { tenant: path, .. }
            | Self::ParameterLabelled { tenant: path, .. }
            | Self::ParameterTagged { tenant: path, .. }
            | Self::ParametersForgotten { tenant: path }
            | Self::PackageChanged { tenant: path, .. }
            | Self::TrustKeyChanged { tenant: path, .. }
            | Self::ConfigurationChanged { object: path, .. }
            | Self::LogGroupChanged { tenant: path, .. }
            | Self::LogGroupsForgotten { tenant: path }
            | Self::ObjectTagged { path, .. }
            | Self::TagsForgotten { tenant: path }
            | Self::TenantChanged { tenant: path, .. }
            | Self::UsageNoted { tenant: path, .. }
            | Self::RecoveryUntold { object: path, .. }
            | Self::JoinTokenCreated { cluster: path, .. }
            | Self::AgentEnrolled { server: path, .. }
            | Self::AgentRenewed { server: path, .. }
            | Self::AgentRevoked { server: path } => Some(path),
            Self::RuleApplied { rule } => rule.within.as_ref(),
            Self::RouteApplied { route } => route.within.as_ref(),
            Self::ChannelApplied { channel } => channel.tenant.as_ref(),
            Self::CodeChanged {
                change: CodeChange::Kept { within, .. } | CodeChange::Released { within, .. },
            }
            | Self::RuleDeleted { within, .. }
            | Self::SafetyChanged { within, .. }
            | Self::ChannelDeleted { tenant: within, .. }
            | Self::RouteDeleted { within, .. }
            | Self::RoutePlanned { within, .. }
            | Self::NotificationDue { within, .. }
            | Self::NotificationBegun { within, .. }
            | Self::NotificationFinished { within, .. }
            | Self::NotificationAsked { within, .. }
            | Self::NotificationWithdrawn { within, .. } => within.as_ref(),
            // Of several servers of one tenant: the first stands for them.
            Self::PermitAsked { request, .. } | Self::PermitGoverned { request, .. } => {
                request.targets.first()
            }
            Self::NotificationSpared { told, .. } => Some(&told.object),
            _ => None,
        }
    }

    /// The action it belongs to: an action's own events, and the transitions that it caused.
    pub fn action(&self) -> Option<ActionId> {
        match self {
            Self::ActionAccepted { id, .. }
            | Self::BatchReleased { id, .. }
            | Self::ActionGoverned { id, .. }
            | Self::ActionCompleted { id, .. }
            | Self::ApplicationChanged {
                state: ApplicationState { cause: Cause::Action { id, .. }, .. },
                ..
            } => Some(*id),
            Self::StepStarted { step, .. }
            | Self::StepFinished { step, .. }
            | Self::StepExpired { step, .. } => Some(step.action),
            _ => None,
        }
    }
}
