//! Properties of whole histories: random commands over a small universe of names.
//!
//! Every run uses the same seed, so that a failure is the same everywhere; set
//! `PROPTEST_RNG_SEED` to look further. proptest shrinks a failing history and prints it.

mod access;
mod generate;
mod notification;
mod problem;
mod restore;
mod safety;
mod tenant;

use crate::fixture::*;
use crate::{State, Submission, apply, decide, guests};
use generate::{any_move, any_report};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::slice;
use topmast_model::access::AccessOrder;
use topmast_model::action::Conduct;
use topmast_model::agentless::NewAgentlessServer;
use topmast_model::application::Operation;
use topmast_model::cause::Cause;
use topmast_model::command::{Command, MasterOrder};
use topmast_model::event::{Event, EventBody};
use topmast_model::guest::{GuestCondition, GuestKind, GuestReport};
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Principal};
use topmast_model::report::{NumberedReport, Report};
use topmast_model::rolling::{OnError, Rolling};
use topmast_model::status::{ActionStatus, ServerStatus, ServiceStatus, TaskStatus};
use topmast_model::terminal::{PaneEnd, PaneResult, TerminalId};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

const SEED: u64 = 0x70_90_57;
/// Histories tried, each of up to [`LENGTH`] commands: a few seconds.
const HISTORIES: u32 = 300;
const LENGTH: usize = 90;

const SERVERS: [&str; 3] = ["acme/main/db", "acme/main/web", "bolt/main/db"];
const APPLICATIONS: [&str; 2] = ["switch", "batch"];
const USERS: [&str; 4] = ["root", "ann", "eve", "zed"];
const GRANTS: [&str; 8] = [
    "admin",
    "admin:acme",
    "operator",
    "operator:acme/main",
    "viewer",
    "viewer:bolt",
    "auditor:acme",
    "terminal:acme/main",
];

/// Who submits a command of a random history.
#[derive(Debug, Clone)]
enum Who {
    Master,
    User(&'static str),
    Agent(&'static str),
    Nobody,
}

/// One step of a random history: time passes, then somebody submits something.
#[derive(Debug, Clone)]
struct Move {
    pass_ms: i64,
    who: Who,
    command: Command,
}

fn check_histories(check: impl Fn(&[Move])) {
    check_all(&prop::collection::vec(any_move(), 1..LENGTH), |moves| check(&moves));
}

pub(crate) fn check_all<S: Strategy>(inputs: &S, check: impl Fn(S::Value)) {
    check_many(HISTORIES, inputs, check);
}

fn check_many<S: Strategy>(cases: u32, inputs: &S, check: impl Fn(S::Value)) {
    let mut config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(SEED);
    }
    println!("seed {:?}", config.rng_seed);
    let outcome = TestRunner::new(config).run(inputs, |input| {
        check(input);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// A state in which most random commands find something: servers, applications and users.
fn inhabited() -> World {
    let paths: Vec<String> = SERVERS
        .iter()
        .flat_map(|server| APPLICATIONS.iter().map(move |application| format!("{server}/{application}")))
        .collect();
    let mut world = World::with_applications(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    for (user, grant) in USERS[1..].iter().zip(["admin:acme", "operator:acme/main", "viewer:bolt"]) {
        world.by("root", create_user(user, &[grant])).unwrap();
    }
    world
}

/// Plays a move; `None` when it was rejected.
fn play(world: &mut World, next: &Move) -> Option<Vec<EventBody>> {
    let submission = submission(world, next);
    world.submit(submission.principal, submission.command).ok()
}

/// Lets the move's time pass and gives its submission. Reports are numbered relative to
/// what the server's last number is now, for absolute numbers would hardly ever fit; and so are others.
fn submission(world: &mut World, next: &Move) -> Submission {
    world.now = UnixMillis(world.now.0 + next.pass_ms);
    let principal = principal_of(&world.state, &next.who);
    let mut command = next.command.clone();
    if let Command::ReportFacts { server, reports, .. } = &mut command {
        let received = world.state.server(server).map_or(0, |kept| kept.received);
        for report in reports {
            report.number += received;
        }
    }
    if let Command::SkipReports { server, up_to, .. } = &mut command {
        *up_to += world.state.server(server).map_or(0, |kept| kept.received);
    }
    if let Command::GovernPermit { id, .. } = &mut command
        && let Some((known, _)) = world.state.permits().iter().nth(usize::try_from(id.0).unwrap())
    {
        *id = known;
    }
    if let Command::ChangeMaster { order: MasterOrder::Activate { epoch, .. } } = &mut command {
        // Around the next.
        epoch.0 = (epoch.0 + world.state.epoch().0).saturating_sub(4);
    }
    notification::fitted(&world.state, &mut command);
    Submission { principal, command }
}

fn principal_of(state: &State, who: &Who) -> Principal {
    match who {
        Who::Master => Principal::master(),
        Who::User(name) => principal(name, state.user(name).map_or(&[], |user| &user.grants)),
        Who::Agent(server) => Principal::agent(&path(server), None),
        Who::Nobody => principal("nobody", &[]),
    }
}

fn replay(state: &mut State, events: &[Event]) {
    for event in events {
        apply(state, event);
    }
}

fn snapshot(state: &State) -> String {
    serde_json::to_string(state).unwrap()
}

#[test]
fn replay_from_the_first_event_or_a_snapshot_gives_the_same_state() {
    // E-2, E-3
    check_histories(|moves| {
        let mut world = inhabited();
        let mut halfway = snapshot(&world.state);
        for (index, next) in moves.iter().enumerate() {
            play(&mut world, next);
            if index == moves.len() / 2 {
                halfway = snapshot(&world.state);
            }
        }
        // Events go through their journal form, as a real replay's do.
        let text = serde_json::to_string(&world.log).unwrap();
        let log: Vec<Event> = serde_json::from_str(&text).unwrap();
        let mut replayed = State::default();
        replay(&mut replayed, &log);
        assert_eq!(snapshot(&replayed), snapshot(&world.state));
        let mut resumed: State = serde_json::from_str(&halfway).unwrap();
        replay(&mut resumed, &log);
        assert_eq!(resumed, world.state);
        replay(&mut resumed, &log);
        assert_eq!(resumed, world.state, "events already applied are skipped");
    });
}

#[test]
fn every_event_can_be_applied_to_any_state() {
    // E-2: a journal cut or reordered must not stop a master.
    check_histories(|moves| {
        let mut world = inhabited();
        for next in moves {
            play(&mut world, next);
        }
        let mut state = State::default();
        for (seq, event) in (1..).zip(world.log.iter().rev().step_by(2)) {
            let seq = topmast_model::id::Seq(seq);
            apply(&mut state, &Event { seq, ..event.clone() });
        }
        let kept: State = serde_json::from_str(&snapshot(&state)).unwrap();
        assert_eq!(kept, state);
    });
}

#[test]
fn guest_has_one_path_and_a_host_that_is_there() {
    // G-1
    let seen = RefCell::new(0_usize);
    check_histories(|moves| {
        let mut world = inhabited();
        for next in moves {
            play(&mut world, next);
            let mut own = BTreeSet::new();
            for (path, server) in world.state.servers().iter() {
                let Some(guest) = &server.guest else { continue };
                assert!(own.insert((&guest.host, guest.kind, &guest.name)), "{path} is there twice");
                assert!(world.state.server(&guest.host).is_some(), "{path} outlives its host");
                let listed = guests(&world.state, &guest.host).filter(|(one, ..)| *one == path).count();
                assert_eq!(listed, 1, "{path} is found below its host");
            }
            *seen.borrow_mut() += own.len();
        }
    });
    assert!(*seen.borrow() > 1_000, "{}", seen.borrow());
}

#[test]
fn action_status_always_follows_from_its_steps() {
    // E-5
    check_histories(|moves| {
        let mut world = inhabited();
        for next in moves {
            play(&mut world, next);
            for action in world.state.actions() {
                let has = |status| action.steps.iter().any(|step| step.status == status);
                let untouched = action.steps.iter().all(|step| step.status == ActionStatus::Pending);
                let expect = match () {
                    () if untouched => ActionStatus::Pending,
                    () if has(ActionStatus::Pending) || has(ActionStatus::Running) => ActionStatus::Running,
                    () if has(ActionStatus::Failed) => ActionStatus::Failed,
                    () if has(ActionStatus::Unknown) => ActionStatus::Unknown,
                    () => ActionStatus::Succeeded,
                };
                assert_eq!(action.status(), expect);
                assert_eq!(action.completed_at.is_some(), expect.is_final());
                let last = world.log.iter().rev().find_map(|event| match &event.body {
                    EventBody::ActionCompleted { id, status } if *id == action.id => Some(*status),
                    _ => None,
                });
                assert_eq!(last.unwrap_or(expect), expect, "the journal says so too");
                assert_eq!(last.is_some(), expect.is_final());
            }
            let open: BTreeSet<ActionId> = world.state.open_actions().map(|action| action.id).collect();
            let unfinished = world.state.actions().filter(|action| !action.status().is_final());
            assert_eq!(open, unfinished.map(|action| action.id).collect());
            let begun = world.state.actions().filter(|action| !action.is_held());
            let waiting: usize = begun.flat_map(|a| &a.steps).filter(|step| !step.status.is_final()).count();
            assert_eq!(world.state.open_steps(None).count(), waiting, "one open step a target");
        }
    });
}

#[test]
fn same_submission_again_changes_nothing() {
    // E-4
    check_histories(|moves| {
        let mut world = inhabited();
        let mut accepted = BTreeSet::new();
        for next in moves {
            let Submission { principal, command } = submission(&mut world, next);
            let facts = world.submit(principal.clone(), command.clone()).unwrap_or_default();
            for fact in &facts {
                if let EventBody::ActionAccepted { id, .. } = fact {
                    assert!(accepted.insert(*id), "{id} was accepted twice");
                }
            }
            // Failed logins, readings of logs, what was used, what was passed on and restores are told each for itself; a login
            // may have made room for itself.
            if matches!(
                next.command,
                Command::RecordLoginFailure { .. }
                    | Command::ReadLogs { .. }
                    | Command::ChangeMaster { order: MasterOrder::Restore { .. } }
                    | Command::NoteUsage { .. }
                    | Command::NotePassedOn { .. }
            ) {
                continue;
            }
            let each_for_itself = |order: &AccessOrder| {
                use AccessOrder::{RecordFailures, RecordLock, Unlock};
                matches!(order, RecordFailures { .. } | RecordLock { .. } | Unlock { .. })
            };
            if matches!(&next.command, Command::ChangeAccess { order } if each_for_itself(order)) {
                continue;
            }
            let again = world.submit(principal, command);
            assert!(again.is_err() || again == Ok(Vec::new()), "{next:?}: {again:?}");
        }
    });
}

#[test]
fn no_event_comes_from_a_principal_without_the_right() {
    // E-7; what is a user's own affair is told apart by hand.
    check_histories(|moves| {
        let mut world = inhabited();
        for next in moves {
            let who = principal_of(&world.state, &next.who);
            let before = world.state.clone();
            let facts = play(&mut world, next).unwrap_or_default();
            if facts.is_empty() {
                assert_eq!(world.state, before);
                continue;
            }
            let own = match &next.command {
                Command::SetPassword { name, .. } => Some(name),
                Command::CreateToken { speaks_for_users: true, .. } => None,
                Command::CreateToken { owner, .. } | Command::CreateAccessKey { owner, .. } => Some(owner),
                Command::RevokeAccessKey { id } => before.access_keys().get(id).map(|key| &key.owner),
                Command::RevokeToken { id } => before.tokens().get(id).map(|token| &token.owner),
                Command::ChangeAccess { order } => crate::access::whose(&before, order),
                _ => None,
            };
            let is_own = matches!(next.who, Who::User(name) if own.is_some_and(|own| own == name));
            let right = next.command.right();
            assert!(is_own || who.may_somewhere(right), "{next:?}");
            for fact in &facts {
                let touched: Vec<&ObjectPath> = match fact {
                    EventBody::ActionAccepted { targets, .. } | EventBody::TerminalOpened { targets, .. } => {
                        targets.iter().collect()
                    }
                    EventBody::LogsRead { reading } => reading.targets.iter().collect(),
                    // Steps expire and servers are removed by right on the server or by the master.
                    other => other.object().into_iter().collect(),
                };
                for path in touched {
                    assert!(is_own || who.may(right, Some(path)), "{next:?} touched {path}");
                }
                let given: &[Grant] = match fact {
                    EventBody::UserCreated { grants, .. } | EventBody::GrantsSet { grants, .. } => grants,
                    _ => &[],
                };
                assert!(given.iter().all(|grant| crate::grant::covers(&who.grants, grant)), "{next:?}"); // E-8
            }
            let admins = world.state.users().values();
            let unrestricted = Grant { role: topmast_model::principal::Role::Admin, path: None };
            assert!(admins.into_iter().any(|user| user.grants.contains(&unrestricted)), "{next:?}"); // E-8
        }
    });
}

#[test]
fn reports_count_once_however_they_are_cut_and_repeated() {
    // E-6
    // Cuts: where the next batch starts (a number back from where it could) and how long it is.
    let cuts = prop::collection::vec((0_u64..8, 1_usize..8), 1..80);
    let input = (prop::collection::vec(any_report(), 1..40), cuts);
    check_all(&input, |(reports, cuts)| {
        let fresh = || {
            let mut world = inhabited();
            world
                .by("root", overriding(restart(1, &["acme/main/db/switch", "acme/main/web/switch"])))
                .unwrap();
            world
        };
        let server = path(SERVERS[0]);
        let mut whole = fresh();
        let first = whole.state.server(&server).unwrap().received + 1;
        let numbered = numbered(first, reports);
        whole.report_numbered(&server, 1, numbered.clone()).unwrap();

        let mut cut = fresh();
        for (back, length) in cuts {
            let received = cut.state.server(&server).unwrap().received;
            let start = usize::try_from((received + 1 - first).saturating_sub(back)).unwrap();
            let batch: Vec<NumberedReport> =
                numbered[start.min(numbered.len())..].iter().take(length).cloned().collect();
            cut.report_numbered(&server, 1, batch).unwrap();
        }
        let received = cut.state.server(&server).unwrap().received;
        cut.report_numbered(&server, 1, numbered[usize::try_from(received + 1 - first).unwrap()..].to_vec())
            .unwrap();

        let facts = |world: &World| -> Vec<EventBody> {
            let received = |body: &EventBody| matches!(body, EventBody::ReportsReceived { .. });
            world.log.iter().map(|event| event.body.clone()).filter(|body| !received(body)).collect()
        };
        assert_eq!(facts(&whole), facts(&cut));
        cut.state.last_seq = whole.state.last_seq; // only the number of receipts differs
        assert_eq!(whole.state, cut.state);
    });
}

#[test]
fn random_histories_reach_every_kind_of_event() {
    // Else the properties above would hold of nothing. Some kinds are rare among so many: each is looked for in more
    // histories than the properties look at.
    let reached = RefCell::new(BTreeSet::new());
    let reach = |moves: Vec<Move>| {
        let mut world = inhabited();
        for next in &moves {
            play(&mut world, next);
        }
        reached.borrow_mut().extend(world.log.iter().flat_map(|event| kinds(slice::from_ref(&event.body))));
    };
    check_many(6 * HISTORIES, &prop::collection::vec(any_move(), 1..LENGTH), reach);
    check_many(HISTORIES, &prop::collection::vec(generate::any_told_move(), 1..LENGTH), reach);
    check_many(HISTORIES, &prop::collection::vec(safety::any_governed_move(), 1..LENGTH), reach);
    let reached = reached.into_inner();
    let all = "MasterActivated MasterHandedOver JournalRestored ActionAccepted BatchReleased StepStarted StepFinished StepExpired ActionCompleted \
               ServerRegistered ServerStatusChanged ServerRemoved ReportsReceived ApplicationChanged \
               ApplicationRemoved ServiceChanged ServiceRemoved TaskChanged TaskRemoved TaskOrdered UnitFileRefused \
               UnitFileAccepted UserCreated PasswordSet GrantsSet UserDeleted SessionOpened SessionClosed \
               LoginFailed AccessChanged TokenCreated TokenRevoked JoinTokenCreated JoinTokenRevoked AgentEnrolled \
               AgentRenewed AgentRevoked AgentlessServerAdded HostKeysPinned AgentlessApplicationsSet \
               ReadingFailed ReadingRecovered TerminalOpened TerminalClosed LogsRead GuestRegistered \
               ProblemOpened ProblemConditionChanged ProblemSeverityChanged ProblemGrouped \
               ProblemSuppressed NoticeDecided ProblemClosed ProblemAcknowledged ProblemUnacknowledged \
               ProblemCommented ObjectMuted MuteEnded MaintenanceSet MaintenancePlanned MaintenanceEnded RuleApplied \
               RuleDeleted AccessKeyCreated AccessKeyRevoked AwsAlarmPut AwsAlarmDeleted AwsAlarmStateChanged \
               AwsAlarmActionsSwitched AwsAlarmTagged AwsAlarmsForgotten DashboardPut DashboardDeleted \
               DashboardTagged DashboardsForgotten ParameterPut ParameterDeleted ParameterLabelled \
               ParameterTagged ParametersForgotten PackageChanged TrustKeyChanged LogGroupChanged LogGroupsForgotten ObjectTagged \
               TagsForgotten AwsAlarmActed ActionGoverned PermitAsked PermitGoverned SafetyChanged TenantChanged UsageNoted \
               RequestPassedOn RequestAnswered";
    let missed: Vec<&str> = all.split_whitespace().filter(|kind| !reached.contains(*kind)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}");
}

#[test]
fn decide_leaves_the_state_as_it_is() {
    // E-1: the compiler sees to it; this sees that deciding twice gives the same facts.
    check_histories(|moves| {
        let mut world = inhabited();
        for next in moves {
            let submission = submission(&mut world, next);
            let first = decide(&world.state, &submission, world.now);
            assert_eq!(decide(&world.state, &submission, world.now), first);
            assert_eq!(world.submit(submission.principal, submission.command), first);
        }
    });
}

#[test]
fn terminal_is_closed_once_and_has_a_result_for_each_pane() {
    // E-9 as well: nothing open is lost, whatever closes it.
    check_histories(|moves| {
        let mut world = inhabited();
        let (mut opened, mut closed) = (BTreeSet::new(), BTreeSet::new());
        for next in moves {
            for fact in play(&mut world, next).unwrap_or_default() {
                match fact {
                    EventBody::TerminalOpened { id, .. } => assert!(opened.insert(id), "{next:?}"),
                    EventBody::TerminalClosed { id, .. } => assert!(closed.insert(id), "{next:?}"),
                    _ => {}
                }
            }
            for (id, terminal) in world.state.terminals() {
                assert_eq!(terminal.closed_at.is_some(), closed.contains(id));
                let expected = if terminal.is_open() { 0 } else { terminal.targets.len() };
                assert_eq!(terminal.results.len(), expected);
            }
            assert_eq!(world.state.terminals().count(), opened.len());
        }
    });
}
