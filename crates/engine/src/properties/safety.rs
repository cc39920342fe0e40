//! Random freezes, policies and what people say of actions; and what holds of actions that two persons are needed for.

use super::generate::{any_operation, any_terminal};
use super::*;
use crate::action::person;
use topmast_model::action::{ActionChange, ActionOrder};
use topmast_model::maintenance::{Days, Maintenance, Period, Window};
use topmast_model::permit::{PermitChange, PermitId, PermitKind, PermitVerdict};
use topmast_model::rule::{Scope, Span};
use topmast_model::safety::{ApprovalPolicy, Freeze, SafetyOrder};

/// A command with somebody who fits it.
pub(super) fn any_safety() -> impl Strategy<Value = (Who, Command)> {
    let id = || (0_u128..3).prop_map(Uuid::from_u128);
    let within = || prop::sample::select(&["acme", "acme/main", "acme/main/db", "bolt"][..]).prop_map(path);
    let only = || {
        prop::sample::select(&["", "name=switch", "server=db"][..])
            .prop_map(|text| Scope::parse(text).unwrap())
    };
    let name = || prop::sample::select(&["two", "night"][..]).prop_map(str::to_owned);
    let freeze = (id(), within(), only(), any::<bool>()).prop_map(|(id, object, only, recurring)| {
        let at = "02:30".to_owned().try_into().unwrap();
        let window = if recurring {
            let lasts = Span::from_hours(1);
            Window::Recurring { on: Days::Daily, at, zone: "UTC".into(), lasts, until: None }
        } else {
            Window::Once { starts_at: UnixMillis(1_000_000), ends_at: UnixMillis(1_050_000) }
        };
        let what = Maintenance { name: "x".into(), objects: vec![object], window };
        SafetyOrder::SetFreeze { id, freeze: Box::new(Freeze { what, only }) }
    });
    let requests = prop::sample::subsequence(PermitKind::ALL, 0..2);
    let policy =
        (name(), prop::option::of(within()), only(), requests).prop_map(|(name, within, only, requests)| {
            let operations = vec![Operation::Stop, Operation::Restart];
            let policy = ApprovalPolicy {
                name,
                operations,
                actions: Vec::new(),
                requests,
                within,
                only,
                expires: Span::from_hours(1),
            };
            SafetyOrder::SetPolicy { policy: Box::new(policy) }
        });
    let plan = (id(), 1_000_000_i64..2_000_000).prop_map(|(id, from)| {
        let periods = vec![Period { from: UnixMillis(from), to: UnixMillis(from + 10_000) }];
        (Who::Master, Command::ChangeSafety { order: SafetyOrder::PlanFreeze { id, periods } })
    });
    let order = prop_oneof![
        2 => freeze,
        2 => id().prop_map(|id| SafetyOrder::LiftFreeze { id }),
        4 => policy,
        1 => name().prop_map(|name| SafetyOrder::DeletePolicy { name }),
    ];
    let said = prop_oneof![
        4 => Just(ActionOrder::Approve { comment: None }),
        1 => Just(ActionOrder::Reject { comment: Some("no".into()) }),
        3 => Just(ActionOrder::Continue),
    ];
    let govern = (0_u128..8, said, prop::sample::select(&["root", "ann"][..]))
        .prop_map(|(id, order, who)| (Who::User(who), Command::GovernAction { id: action_id(id), order }));
    let permit = (0_u64..3, any::<bool>(), prop::sample::select(&["root", "ann"][..])).prop_map(
        |(id, approved, who)| {
            let verdict = PermitVerdict { approved, comment: None };
            (Who::User(who), Command::GovernPermit { id: PermitId(id), verdict })
        },
    );
    prop_oneof![
        4 => permit,
        4 => order.prop_map(|order| (Who::User("root"), Command::ChangeSafety { order })),
        1 => plan,
        8 => govern,
    ]
}

/// A move of a history in which mostly people ask for actions, approve them and let them go on.
pub(super) fn any_governed_move() -> impl Strategy<Value = Move> {
    let pass = prop_oneof![8 => 0_i64..2_000, 1 => 0_i64..200_000];
    let asks = prop::sample::select(&["root", "ann", "eve"][..]);
    let next = prop_oneof![
        6 => any_safety(),
        4 => (asks, any_operation()).prop_map(|(who, command)| (Who::User(who), command)),
        2 => any_terminal(),
        4 => Just((Who::Master, Command::AdvanceActions)),
        1 => Just((Who::Master, Command::ExpireActions)),
    ];
    (pass, next).prop_map(|(pass_ms, (who, command))| Move { pass_ms, who, command })
}

#[test]
fn nothing_under_a_policy_begins_without_a_second_person() {
    // B-4, AP-1
    let begun = RefCell::new(0_usize);
    check_all(&prop::collection::vec(any_governed_move(), 1..LENGTH), |moves| {
        let mut world = inhabited();
        for next in &moves {
            let facts = play(&mut world, next).unwrap_or_default();
            for fact in &facts {
                match fact {
                    EventBody::ActionGoverned { id, change: ActionChange::Approved { .. } } => {
                        let action = world.state.action(*id).unwrap();
                        let verdict = action.verdict.as_ref().unwrap();
                        assert_ne!(person(&verdict.by), person(&action.actor), "{next:?}");
                    }
                    EventBody::BatchReleased { id, .. } => {
                        let action = world.state.action(*id).unwrap();
                        if action.terms.approval.is_some() {
                            assert!(
                                action.verdict.as_ref().is_some_and(|verdict| verdict.approved),
                                "{next:?}"
                            );
                            *begun.borrow_mut() += 1;
                        }
                    }
                    _ => {}
                }
            }
            for action in world.state.actions().filter(|action| action.terms.approval.is_some()) {
                let has_begun = action.steps.iter().any(|step| step.started_at.is_some());
                let approved = action.verdict.as_ref().is_some_and(|verdict| verdict.approved);
                assert!(approved || !has_begun && action.is_held(), "{next:?}");
            }
        }
    });
    assert!(begun.into_inner() > 5, "else this held of nothing");
}

#[test]
fn no_command_of_any_kind_goes_round_a_policy_on_everything() {
    // Every command of the table is played by everybody: those that act on applications wait, whoever gives them.
    let (held, asked) = (RefCell::new(0_usize), RefCell::new(0_usize));
    check_histories(|moves| {
        let mut world = inhabited();
        let scope = Scope::parse("").unwrap();
        let policy = ApprovalPolicy {
            name: "always".into(),
            operations: Vec::new(),
            actions: Vec::new(),
            requests: Vec::new(),
            within: None,
            only: scope,
            expires: Span::from_hours(1),
        };
        let requests =
            ApprovalPolicy { name: "requests".into(), requests: PermitKind::ALL.to_vec(), ..policy.clone() };
        for policy in [policy, requests] {
            let order = SafetyOrder::SetPolicy { policy: Box::new(policy) };
            world.by("root", Command::ChangeSafety { order }).unwrap();
        }
        for next in moves {
            let facts = play(&mut world, next).unwrap_or_default();
            let has = |is: fn(&EventBody) -> bool| facts.iter().any(is);
            let is_done = has(|fact| {
                matches!(fact, EventBody::TerminalOpened { .. } | EventBody::ServerRemoved { .. })
            });
            let is_permitted =
                has(|fact| matches!(fact, EventBody::PermitGoverned { change: PermitChange::Used, .. }));
            let is_by_person = matches!(next.who, Who::User(_));
            assert!(!is_done || !is_by_person || is_permitted, "{next:?}");
            for (_, permit) in world.state.permits().iter().filter(|(_, permit)| permit.is_approved()) {
                let said = permit.verdict.as_ref().unwrap();
                assert_ne!(person(&said.by), person(&permit.actor), "{next:?}"); // PE-1
            }
            let is_asked = has(|fact| matches!(fact, EventBody::PermitAsked { .. }));
            *asked.borrow_mut() += usize::from(is_asked);
            for action in world.state.actions() {
                assert!(action.terms.approval.is_some(), "{next:?}");
                let said = action.verdict.as_ref().filter(|verdict| verdict.approved);
                let is_by_another = said.is_some_and(|said| person(&said.by) != person(&action.actor));
                assert!(is_by_another || action.is_held(), "{next:?}");
                *held.borrow_mut() += usize::from(action.is_held());
            }
        }
    });
    assert!(held.into_inner() > 1_000 && asked.into_inner() > 10, "else this held of nothing");
}
