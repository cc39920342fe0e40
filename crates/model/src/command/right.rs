//! The name of each command, and the right that it takes.

use super::{Command, MasterOrder};
use crate::code::{CodeKind, CodeOrder};
use crate::principal::Right;

impl Command {
    /// Its name in audit and errors.
    pub fn name(&self) -> &'static str {
        self.row().0
    }

    /// The right it needs, on every path that the command touches.
    pub fn right(&self) -> Right {
        self.row().1
    }

    /// The table of rights: one row a command. A new command does not compile without one.
    fn row(&self) -> (&'static str, Right) {
        match self {
            Self::OperateApplications { .. } => ("OperateApplications", Right::Operate),
            Self::GovernAction { order, .. } => ("GovernAction", order.right()),
            Self::GovernPermit { .. } => ("GovernPermit", Right::ApproveActions),
            Self::ChangeSafety { order } => ("ChangeSafety", order.right()),
            Self::ChangeTenant { .. } => ("ChangeTenant", Right::ManageAccess),
            Self::NoteUsage { .. } => ("NoteUsage", Right::Reconcile),
            Self::OrderTask { order, .. } => ("OrderTask", order.right()),
            Self::CancelAction { .. } => ("CancelAction", Right::Operate),
            Self::RegisterServer { .. } => ("RegisterServer", Right::Report),
            Self::ReportFacts { .. } => ("ReportFacts", Right::Report),
            Self::SkipReports { .. } => ("SkipReports", Right::Report),
            Self::ObserveServer { .. } => ("ObserveServer", Right::Reconcile),
            Self::ExpireActions => ("ExpireActions", Right::Reconcile),
            Self::AdvanceActions => ("AdvanceActions", Right::Reconcile),
            Self::ChangeMaster { order: MasterOrder::Activate { .. } } => {
                ("ActivateMaster", Right::Reconcile)
            }
            Self::ChangeMaster { order: MasterOrder::HandOver { .. } } => {
                ("HandOverMaster", Right::ManageServers)
            }
            Self::ChangeMaster { order: MasterOrder::Restore { .. } } => ("RestoreJournal", Right::Reconcile),
            Self::RemoveServer { .. } => ("RemoveServer", Right::ManageServers),
            Self::AddAgentlessServers { .. } => ("AddAgentlessServers", Right::ManageServers),
            Self::TrustHostKeys { .. } => ("TrustHostKeys", Right::ManageServers),
            Self::SetAgentlessApplications { .. } => ("SetAgentlessApplications", Right::ManageServers),
            Self::ReportOverSsh { .. } => ("ReportOverSsh", Right::Reconcile),
            Self::PinHostKeys { .. } => ("PinHostKeys", Right::Reconcile),
            Self::ReportReading { .. } => ("ReportReading", Right::Reconcile),
            Self::OpenTerminal { .. } => ("OpenTerminal", Right::RunCommands),
            Self::CloseTerminal { .. } => ("CloseTerminal", Right::Reconcile),
            Self::ReadLogs { .. } => ("ReadLogs", Right::ReadLogs),
            Self::ReportGuests { .. } => ("ReportGuests", Right::Reconcile),
            Self::ObserveProblems { .. } => ("ObserveProblems", Right::Reconcile),
            Self::SettleProblems => ("SettleProblems", Right::Reconcile),
            Self::AcknowledgeProblems { .. } => ("AcknowledgeProblems", Right::HandleProblems),
            Self::UnacknowledgeProblems { .. } => ("UnacknowledgeProblems", Right::HandleProblems),
            Self::CommentProblems { .. } => ("CommentProblems", Right::HandleProblems),
            Self::CloseProblems { .. } => ("CloseProblems", Right::HandleProblems),
            Self::MuteObject { .. } => ("MuteObject", Right::HandleProblems),
            Self::UnmuteObject { .. } => ("UnmuteObject", Right::HandleProblems),
            Self::SetMaintenance { .. } => ("SetMaintenance", Right::HandleProblems),
            Self::PlanMaintenance { .. } => ("PlanMaintenance", Right::Reconcile),
            Self::CancelMaintenance { .. } => ("CancelMaintenance", Right::HandleProblems),
            Self::ApplyRules { .. } => ("ApplyRules", Right::ManageRules),
            Self::DeleteRule { .. } => ("DeleteRule", Right::ManageRules),
            Self::PutAwsAlarm { .. } => ("PutAwsAlarm", Right::ManageRules),
            Self::DeleteAwsAlarms { .. } => ("DeleteAwsAlarms", Right::ManageRules),
            Self::TagAwsAlarm { .. } => ("TagAwsAlarm", Right::ManageRules),
            Self::SetAwsAlarmState { .. } => ("SetAwsAlarmState", Right::HandleProblems),
            Self::SwitchAwsAlarmActions { .. } => ("SwitchAwsAlarmActions", Right::HandleProblems),
            Self::ObserveAwsAlarms { .. } => ("ObserveAwsAlarms", Right::Reconcile),
            Self::RecordAwsAlarmActions { .. } => ("RecordAwsAlarmActions", Right::Reconcile),
            Self::ForgetAwsAlarms { .. } => ("ForgetAwsAlarms", Right::Reconcile),
            Self::ChangeDashboards { .. } => ("ChangeDashboards", Right::ManageRules),
            Self::ForgetDashboards { .. } => ("ForgetDashboards", Right::Reconcile),
            Self::ChangeParameters { .. } => ("ChangeParameters", Right::ManageServers),
            Self::ChangePackages { .. } => ("ChangePackages", Right::ManageServers),
            // Who adds packages would vouch for them otherwise.
            Self::ChangeTrustKeys { .. } => ("ChangeTrustKeys", Right::ManageAccess),
            Self::ForgetParameters { .. } => ("ForgetParameters", Right::Reconcile),
            Self::ChangeConfigurations { order } => ("ChangeConfigurations", order.right()),
            Self::ChangeAsCode { order: CodeOrder::Do(command) } => ("ChangeAsCode", command.right()),
            Self::ChangeAsCode { order: CodeOrder::Release { kind, .. } } => ("ChangeAsCode", release(*kind)),
            Self::ChangeLogGroup { order, .. } => ("ChangeLogGroup", order.right()),
            Self::ForgetLogGroups { .. } => ("ForgetLogGroups", Right::Reconcile),
            Self::TagObjects { .. } => ("TagObjects", Right::Operate),
            Self::ForgetTags { .. } => ("ForgetTags", Right::Reconcile),
            Self::ApplyChannels { .. } => ("ApplyChannels", Right::ManageNotifications),
            Self::DeleteChannel { .. } => ("DeleteChannel", Right::ManageNotifications),
            Self::TestChannel { .. } => ("TestChannel", Right::HandleProblems),
            Self::ApplyRoutes { .. } => ("ApplyRoutes", Right::ManageNotifications),
            Self::DeleteRoute { .. } => ("DeleteRoute", Right::ManageNotifications),
            Self::PlanRoute { .. } => ("PlanRoute", Right::Reconcile),
            Self::SettleNotifications => ("SettleNotifications", Right::Reconcile),
            Self::BeginNotification { .. } => ("BeginNotification", Right::Reconcile),
            Self::FinishNotification { .. } => ("FinishNotification", Right::Reconcile),
            Self::CreateUser { .. } => ("CreateUser", Right::ManageAccess),
            Self::SetPassword { .. } => ("SetPassword", Right::ManageAccess),
            Self::SetGrants { .. } => ("SetGrants", Right::ManageAccess),
            Self::DeleteUser { .. } => ("DeleteUser", Right::ManageAccess),
            Self::OpenSession { .. } => ("OpenSession", Right::Reconcile),
            Self::NotePassedOn { .. } => ("NotePassedOn", Right::Read),
            Self::ChangeAccess { order } => ("ChangeAccess", order.right()),
            Self::RecordLoginFailure { .. } => ("RecordLoginFailure", Right::Reconcile),
            Self::CreateToken { .. } => ("CreateToken", Right::ManageAccess),
            Self::RevokeToken { .. } => ("RevokeToken", Right::ManageAccess),
            Self::CreateAccessKey { .. } => ("CreateAccessKey", Right::ManageAccess),
            Self::RevokeAccessKey { .. } => ("RevokeAccessKey", Right::ManageAccess),
            Self::CreateJoinToken { .. } => ("CreateJoinToken", Right::ManageServers),
            Self::RevokeJoinToken { .. } => ("RevokeJoinToken", Right::ManageServers),
            Self::EnrolAgent { .. } => ("EnrolAgent", Right::Reconcile),
            Self::RenewAgent { .. } => ("RenewAgent", Right::Report),
            Self::RevokeAgent { .. } => ("RevokeAgent", Right::ManageServers),
        }
    }
}

/// What it takes to change a thing by hand, it takes to release it.
const fn release(kind: CodeKind) -> Right {
    match kind {
        CodeKind::Configuration => Right::ManageServers,
        CodeKind::Rule => Right::ManageRules,
        CodeKind::Channel | CodeKind::Route => Right::ManageNotifications,
        CodeKind::Maintenance => Right::HandleProblems,
    }
}
