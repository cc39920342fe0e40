//! Random commands about rules, problems, mutes and maintenance.

use super::Who;
use super::generate::any_server;
use crate::fixture::*;
use proptest::prelude::*;
use topmast_model::command::Command;
use topmast_model::maintenance::{Days, Maintenance, Period, Window};
use topmast_model::problem::{Acknowledgement, Mute, Observation, ProblemId, ProblemKey, Verdict};
use topmast_model::rule::{Rule, Span};
use topmast_model::status::Severity;
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// A command with somebody who fits it.
pub(super) fn any_problem() -> impl Strategy<Value = (Who, Command)> {
    let id = || (0_u128..3).prop_map(Uuid::from_u128);
    let problems = || prop::collection::vec((1_u64..4).prop_map(ProblemId), 1..3);
    let rule = || prop::sample::select(&["server-down", "processor-busy", "ours"][..]);
    let observation =
        (rule(), any_server(), prop::sample::select(Verdict::ALL)).prop_map(|(rule, server, verdict)| {
            let key = ProblemKey { object: path(server), rule: rule.into(), detail: String::new() };
            Observation { key, verdict, since: UnixMillis(1), value: None, message: "it is so".into() }
        });
    let observe = prop::collection::vec(observation, 1..4)
        .prop_map(|observations| Command::ObserveProblems { observations });
    let acknowledge = (problems(), prop::option::of(1_000_000_i64..9_000_000)).prop_map(|(problems, end)| {
        let acknowledgement =
            Acknowledgement { comment: None, expires_at: end.map(UnixMillis), sticky: false };
        Command::AcknowledgeProblems { problems, acknowledgement }
    });
    let mute = (id(), any_server(), 1_000_000_i64..2_000_000).prop_map(|(id, server, until)| {
        let mute = Mute { object: path(server), rule: None, until: UnixMillis(until), comment: None };
        Command::MuteObject { id, mute }
    });
    let maintenance = (id(), any_server(), any::<bool>()).prop_map(|(id, server, recurring)| {
        let (starts_at, ends_at) = (UnixMillis(1_000_000), UnixMillis(1_500_000));
        let at = "02:30".to_owned().try_into().unwrap();
        let (on, zone, lasts) = (Days::Daily, "UTC".into(), Span::from_hours(1));
        let window = if recurring {
            Window::Recurring { on, at, zone, lasts, until: None }
        } else {
            Window::Once { starts_at, ends_at }
        };
        let maintenance = Maintenance { name: "x".into(), objects: vec![path(server)], window };
        Command::SetMaintenance { id, maintenance }
    });
    let plan = (id(), 1_000_000_i64..2_000_000).prop_map(|(id, from)| {
        let periods = vec![Period { from: UnixMillis(from), to: UnixMillis(from + 60_000) }];
        Command::PlanMaintenance { id, periods }
    });
    let apply =
        (rule(), prop::sample::select(Severity::ALL), any::<bool>()).prop_map(|(name, severity, prune)| {
            let rule = crate::shipped_rules()["server-down"].clone();
            let rules = vec![Rule { name: name.into(), severity, ..rule }];
            Command::ApplyRules { rules, prune }
        });
    prop_oneof![
        20 => observe.prop_map(|command| (Who::Master, command)),
        20 => Just((Who::Master, Command::SettleProblems)),
        2 => plan.prop_map(|command| (Who::Master, command)),
        6 => acknowledge.prop_map(|command| (Who::User("root"), command)),
        3 => problems().prop_map(|problems| (Who::User("root"), Command::UnacknowledgeProblems { problems })),
        2 => problems().prop_map(|problems| {
            (Who::User("root"), Command::CommentProblems { problems, text: "hm".into() })
        }),
        2 => problems().prop_map(|problems| (Who::User("root"), Command::CloseProblems { problems, comment: None })),
        2 => mute.prop_map(|command| (Who::User("root"), command)),
        2 => id().prop_map(|id| (Who::User("root"), Command::UnmuteObject { id })),
        2 => maintenance.prop_map(|command| (Who::User("root"), command)),
        1 => id().prop_map(|id| (Who::User("root"), Command::CancelMaintenance { id })),
        3 => apply.prop_map(|command| (Who::User("root"), command)),
        2 => rule().prop_map(|name| (Who::User("root"), Command::DeleteRule { name: name.into() })),
    ]
}
