//! Random commands about channels, routes and notifications, and what must hold of them in whole histories.

use super::{Move, Who, check_many, inhabited, play};
use crate::aws_alarm::observations as observations_of;
use crate::aws_alarm::tests::metric_alarm;
use crate::fixture::*;
use crate::notification::properties::{
    CHANNELS, both, calm, check_alarms, check_recoveries, check_suppression, check_told, settle,
};
use crate::notification::tests::{channel, routes};
use crate::{State, Submission};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use topmast_model::aws_alarm::{ActionOutcome, AwsAlarm, PROBLEM_RULE, StateSaid};
use topmast_model::command::Command;
use topmast_model::maintenance::Period;
use topmast_model::notification::{Channel, NotificationId, Outcome, Route};
use topmast_model::problem::{Observation, ProblemKey, Verdict};
use topmast_model::status::AlarmState;
use topmast_model::time::UnixMillis;

/// Fewer than of the other properties: each of these ends with hours in which channels take everything.
const HISTORIES: u32 = 300;

/// A command with somebody who fits it. Which notification it is about, [`fitted`] finds.
pub(super) fn any_notification() -> impl Strategy<Value = (Who, Command)> {
    let name = || prop::sample::select(&CHANNELS[..]).prop_map(str::to_owned);
    let route = || prop::sample::select(&["all", "bad", "night", "acme"][..]).prop_map(str::to_owned);
    let one = (name(), prop_oneof![4 => Just(None), 1 => Just(Some("acme"))], 0_u8..5);
    let one = one.prop_map(|(name, tenant, off)| {
        let mut channel: Channel = channel(&name);
        channel.tenant = tenant.map(path);
        channel.enabled = off > 0;
        channel
    });
    let channels = prop::collection::btree_map(name(), one, 1..3).prop_map(|named| {
        named.into_iter().map(|(name, channel)| Channel { name, ..channel }).collect::<Vec<_>>()
    });
    let apply = (channels, prop::bool::weighted(0.1))
        .prop_map(|(channels, prune)| Command::ApplyChannels { channels, prune });
    let apply_routes = (prop::sample::subsequence(all_routes(), 1..4), prop::bool::weighted(0.2))
        .prop_map(|(routes, prune)| Command::ApplyRoutes { routes, prune });
    let plan = (route(), 1_000_000_i64..9_000_000).prop_map(|(name, from)| {
        let periods = vec![Period { from: UnixMillis(from), to: UnixMillis(from + 3_600_000) }];
        Command::PlanRoute { name, periods }
    });
    let which = || (0_u64..4).prop_map(NotificationId);
    let outcome = prop_oneof![
        5 => Just(Outcome::Delivered { answer: "ok".into() }),
        3 => Just(Outcome::Failed { reason: "refused".into(), retry: true, after: None }),
        1 => Just(Outcome::Failed { reason: "no such room".into(), retry: false, after: None }),
        1 => Just(Outcome::Unknown),
    ];
    let finish =
        (which(), outcome).prop_map(|(id, outcome)| Command::FinishNotification { id, attempt: 1, outcome });
    let by_root = prop_oneof![
        6 => apply,
        1 => name().prop_map(|name| Command::DeleteChannel { name }),
        4 => apply_routes,
        1 => route().prop_map(|name| Command::DeleteRoute { name }),
        1 => name().prop_map(|name| Command::TestChannel { name }),
    ];
    let by_master = prop_oneof![
        2 => plan,
        6 => Just(Command::SettleNotifications),
        6 => which().prop_map(|id| Command::BeginNotification { id }),
        6 => finish,
    ];
    prop_oneof![
        1 => by_root.prop_map(|command| (Who::User("root"), command)),
        4 => by_master.prop_map(|command| (Who::Master, command)),
    ]
}

/// An alarm that tells channels comes and goes, is seen as a problem, and its actions are done.
pub(super) fn any_telling_alarm() -> impl Strategy<Value = (Who, Command)> {
    let tenant = || path("acme");
    let name = || prop::sample::select(&["a", "b"][..]).prop_map(str::to_owned);
    let arns = || {
        prop::sample::subsequence(CHANNELS.to_vec(), 0..3).prop_map(|names| {
            names.iter().map(|name| format!("arn:aws:sns:us-east-1:000000000001:{name}")).collect::<Vec<_>>()
        })
    };
    let put = (name(), arns(), arns()).prop_map(move |(name, alarm_actions, ok_actions)| {
        let alarm = Box::new(AwsAlarm { alarm_actions, ok_actions, ..metric_alarm(&name) });
        Command::PutAwsAlarm { tenant: tenant(), alarm, tags: BTreeMap::new() }
    });
    let set = (name(), prop::sample::select(AlarmState::ALL)).prop_map(move |(name, state)| {
        let said = StateSaid { state, reason: "by hand".into(), data: None };
        Command::SetAwsAlarmState { tenant: tenant(), name, said }
    });
    let act = name().prop_map(move |name| Command::RecordAwsAlarmActions {
        tenant: tenant(),
        name,
        state_at: UnixMillis(0),
        outcomes: Vec::new(),
    });
    let key = ProblemKey { object: tenant(), rule: PROBLEM_RULE.into(), detail: String::new() };
    let since = UnixMillis(1);
    let seen = Observation { key, verdict: Verdict::Ok, since, value: None, message: String::new() };
    let observe = Just(Command::ObserveProblems { observations: vec![seen] });
    prop_oneof![
        1 => put.prop_map(|command| (Who::User("root"), command)),
        3 => set.prop_map(|command| (Who::User("root"), command)),
        3 => act.prop_map(|command| (Who::Master, command)),
        3 => observe.prop_map(|command| (Who::Master, command)),
    ]
}

/// Those that histories apply.
fn all_routes() -> Vec<Route> {
    let more = routes(
        r#"
        [[route]]
        name = "night"
        order = 50
        schedule = [{ at = "02:00", lasts = "1h" }]
        channels = ["boss"]
        [[route]]
        name = "acme"
        within = "acme"
        filter = "server=db"
        channels = ["boss", "chat"]
        "#,
    );
    both().into_iter().chain(more).collect()
}

/// The command about what there is now: numbers that nobody gave yet would hardly ever fit.
pub(super) fn fitted(state: &State, command: &mut Command) {
    let open =
        |under_way: bool| state.open_notifications().filter(move |open| open.is_under_way() == under_way);
    let pick = |id: NotificationId, count: usize| usize::try_from(id.0).unwrap() % count.max(1);
    match command {
        Command::BeginNotification { id } => {
            if let Some(found) = open(false).nth(pick(*id, open(false).count())) {
                *id = found.id;
            }
        }
        Command::FinishNotification { id, attempt, .. } => {
            if let Some(found) = open(true).nth(pick(*id, open(true).count())) {
                (*id, *attempt) = (found.id, u32::try_from(found.attempts.len()).unwrap());
            }
        }
        Command::ObserveProblems { observations }
            if observations.iter().any(|one| one.key.rule == PROBLEM_RULE) =>
        {
            *observations = observations_of(state, &path("acme"));
        }
        Command::RecordAwsAlarmActions { tenant, name, state_at, outcomes } => {
            let mut all = state.aws_alarms(tenant).all().values();
            let named = state.aws_alarms(tenant).get(name).filter(|kept| !kept.due.is_empty());
            if let Some(kept) = named.or_else(|| all.find(|kept| !kept.due.is_empty())) {
                name.clone_from(&kept.what.name);
                let done = |action: &String| ActionOutcome { action: action.clone(), error: None };
                (*state_at, *outcomes) = (kept.state_at, kept.due.iter().map(done).collect());
            }
        }
        _ => {}
    }
}

/// Whatever happened to channels, routes and who may change them: all are there again.
fn restore(world: &mut World) {
    let root = || principal("root", &grants(&["admin"]));
    for route in all_routes() {
        let _ = world.submit(root(), Command::DeleteRoute { name: route.name });
    }
    let channels: Vec<Channel> = CHANNELS.iter().map(|name| channel(name)).collect();
    world.submit(root(), Command::ApplyChannels { channels, prune: true }).unwrap();
    let mut routes = all_routes();
    routes.truncate(2);
    world.submit(root(), Command::ApplyRoutes { routes, prune: true }).unwrap();
}

/// Plays histories in which problems are told as well; each begins with channels and routes.
fn check(check: impl Fn(&mut World)) {
    let moves = prop::collection::vec(super::generate::any_told_move(), 1..2 * super::LENGTH);
    check_many(HISTORIES, &moves, |moves: Vec<Move>| {
        let mut world = inhabited();
        restore(&mut world);
        for next in &moves {
            play(&mut world, next);
        }
        check(&mut world);
    });
}

#[test]
fn whole_histories_lose_no_recovery_and_leave_nothing_silent() {
    // N-1, N-3, N-5
    let (recoveries, looked) = (Cell::new(0), Cell::new(0));
    check(|world| {
        restore(world);
        calm(world);
        recoveries.set(recoveries.get() + check_recoveries(world));
        looked.set(looked.get() + check_told(world));
    });
    println!("{} recoveries, {} open problems told", recoveries.get(), looked.get());
    assert!(recoveries.get() > 50 && looked.get() > 100, "else this held of nothing");
}

#[test]
fn whole_histories_tell_no_change_of_an_alarm_twice() {
    // N-7
    let (spared, told) = (Cell::new(0), Cell::new(0));
    check(|world| {
        restore(world);
        calm(world);
        let counted = check_alarms(world);
        spared.set(spared.get() + counted.0);
        told.set(told.get() + counted.1);
    });
    println!("{} spared, {} told by routes", spared.get(), told.get());
    // A handful is enough to see it break; how many there are changes with every command that is added.
    assert!(spared.get() > 5 && told.get() > 20, "else this held of nothing");
}

#[test]
fn whole_histories_tell_nothing_of_what_is_suppressed() {
    // N-2
    let begun = Cell::new(0);
    check(|world| begun.set(begun.get() + check_suppression(world).0));
    println!("{} begun", begun.get());
    assert!(begun.get() > 100, "else this held of nothing");
}

#[test]
fn whole_histories_reach_every_kind_of_event_of_notifications() {
    // Else the properties would hold of nothing.
    let reached = RefCell::new(BTreeSet::new());
    check(|world| {
        reached.borrow_mut().extend(world.log.iter().flat_map(|event| kinds(slice::from_ref(&event.body))));
    });
    let reached = reached.into_inner();
    let all = "ChannelApplied ChannelDeleted RouteApplied RouteDeleted RoutePlanned NotificationDue \
               NotificationAsked NotificationBegun NotificationFinished NotificationWithdrawn \
               NotificationSpared";
    let missed: Vec<&str> = all.split_whitespace().filter(|kind| !reached.contains(*kind)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}

#[test]
fn settling_ends_and_what_it_made_due_is_there() {
    check(|world| {
        settle(world);
        let submission = Submission {
            principal: topmast_model::principal::Principal::master(),
            command: Command::SettleNotifications,
        };
        assert_eq!(crate::decide(&world.state, &submission, world.now), Ok(Vec::new()));
        for open in world.state.open_notifications() {
            assert_eq!(open.told.is_empty(), open.why.is_asked(), "{open:?}");
            assert!(world.state.channel(&open.channel).is_some(), "{open:?}");
        }
    });
}
