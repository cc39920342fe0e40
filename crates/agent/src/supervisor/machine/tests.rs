//! The machine by table, and against a world that does anything.

use super::*;
use crate::unit::parse;
use proptest::prelude::*;

fn machine(text: &str) -> Machine {
    let unit = parse("x.toml", &format!("command = 'x'\n{text}")).unwrap();
    let cause = Cause::Observed { message: "new".into() };
    let stopped = ApplicationStatus::Stopped;
    Machine::restored(Rules::of(&unit), Desired::Stopped, stopped, cause, VecDeque::new(), 0)
}

fn asked() -> Cause {
    Cause::Action { id: topmast_model::id::ActionId(uuid::Uuid::nil()), principal: "user admin".into() }
}

fn died(code: i32) -> Event {
    Event::Ended { cause: Cause::Exit { code }, clean: code == 0 }
}

/// Brings a machine to STARTED at time 1000.
fn started(text: &str) -> Machine {
    let mut machine = machine(text);
    assert_eq!(machine.on(Event::Start(asked()), 0), Some(Effect::CheckDependencies));
    assert_eq!(machine.on(Event::DependenciesReady, 0), Some(Effect::Launch));
    assert_eq!(machine.on(Event::Launched, 0), None);
    if machine.rules.health {
        machine.on(Event::Healthy, 1_000);
    } else {
        machine.on(Event::Time, 1_000);
    }
    assert_eq!(machine.status(), ApplicationStatus::Started);
    machine
}

#[test]
fn start_is_done_when_it_ran_for_the_start_wait() {
    let mut machine = machine("start_wait = '2s'");
    machine.on(Event::Start(asked()), 0);
    machine.on(Event::DependenciesReady, 5);
    machine.on(Event::Launched, 10);
    machine.on(Event::Time, 2_009);
    assert_eq!((machine.status(), machine.settled(Operation::Start)), (ApplicationStatus::Starting, None));
    machine.on(Event::Time, 2_010);
    assert_eq!(machine.settled(Operation::Start), Some(Ok("STARTED".into())));
    assert_eq!(machine.cause(), &asked());
}

#[test]
fn stop_is_asked_for_then_killed_and_done_when_nothing_is_left() {
    let mut machine = started("stop_grace = '3s'");
    assert_eq!(machine.on(Event::Stop(asked()), 2_000), Some(Effect::Stop));
    assert_eq!(machine.on(Event::Time, 4_999), None);
    assert_eq!(machine.on(Event::Time, 5_000), Some(Effect::Kill));
    assert_eq!(machine.settled(Operation::Stop), None);
    assert_eq!(machine.clone().on(Event::Time, 15_000), Some(Effect::Kill));
    machine.on(Event::Gone, 5_100);
    assert_eq!(machine.settled(Operation::Stop), Some(Ok("STOPPED".into())));
    assert_eq!(machine.desired(), Desired::Stopped);
}

#[test]
fn failures_are_restarted_with_growing_waits_until_the_budget_is_spent() {
    // M-2
    let mut machine = started("[restart]\ninitial='1s'\nfactor=2\nmax='3s'\nmax_restarts=3\nwindow='1m'");
    let mut now = 2_000;
    for (attempt, delay) in [(1, 1_000), (2, 2_000), (3, 3_000)] {
        assert_eq!(machine.on(died(1), now), Some(Effect::Kill));
        machine.on(Event::Gone, now);
        assert_eq!(
            (machine.status(), machine.cause()),
            (ApplicationStatus::Failed, &Cause::Exit { code: 1 })
        );
        assert_eq!(machine.on(Event::Time, now + delay - 1), None);
        assert_eq!(machine.on(Event::Time, now + delay), Some(Effect::Launch));
        assert_eq!(machine.cause(), &Cause::Restart { attempt, delay_ms: delay.unsigned_abs() });
        now += delay;
        machine.on(Event::Launched, now);
    }
    machine.on(died(7), now);
    machine.on(Event::Gone, now);
    let last = "exited with code 7".to_owned();
    assert_eq!(machine.cause(), &Cause::Budget { restarts: 3, window_s: 60, last });
    assert_eq!((machine.status(), machine.restarts()), (ApplicationStatus::Quarantined, 3));
    for event in [Event::Boot(asked()), Event::Time, Event::DependenciesReady, Event::Healthy, Event::Gone] {
        assert_eq!(machine.on(event, now + 1_000_000), None);
        assert_eq!(machine.status(), ApplicationStatus::Quarantined);
    }
    assert_eq!(machine.on(Event::Start(asked()), now), Some(Effect::CheckDependencies));
}

#[test]
fn failures_that_left_the_window_do_not_count() {
    let mut machine = started("[restart]\nmax_restarts=1\nwindow='10s'\ninitial='0s'");
    for now in [20_000, 40_000, 60_000] {
        machine.on(died(1), now);
        machine.on(Event::Gone, now);
        assert_eq!(machine.on(Event::Time, now), Some(Effect::Launch), "at {now}");
        machine.on(Event::Launched, now);
        machine.on(Event::Time, now + 1_000);
    }
}

#[test]
fn policy_decides_what_an_end_means() {
    let check = |policy: &str, code: i32, status: ApplicationStatus, again: bool| {
        let mut machine = started(&format!("[restart]\npolicy='{policy}'"));
        machine.on(died(code), 5_000);
        machine.on(Event::Gone, 5_000);
        assert_eq!(machine.status(), status, "{policy} {code}");
        assert_eq!(machine.on(Event::Time, 1_000_000) == Some(Effect::Launch), again, "{policy} {code}");
    };
    check("never", 0, ApplicationStatus::Stopped, false);
    check("never", 1, ApplicationStatus::Failed, false);
    check("on-failure", 0, ApplicationStatus::Stopped, false);
    check("on-failure", 1, ApplicationStatus::Failed, true);
    check("always", 0, ApplicationStatus::Failed, true);
}

#[test]
fn unhealthy_is_restarted_or_left_by_the_policy() {
    let unhealthy = || Event::Unhealthy(Cause::Health { message: "no answer".into() });
    let health = "[health]\ntcp=1\n[restart]\npolicy=";
    let mut left = started(&format!("{health}'never'"));
    assert_eq!(left.on(unhealthy(), 2_000), None);
    assert_eq!(left.status(), ApplicationStatus::Failed);
    assert!(left.settled(Operation::Start).unwrap().is_err());
    left.on(Event::Healthy, 3_000);
    assert_eq!(left.status(), ApplicationStatus::Started);

    let mut restarted = started(&format!("{health}'on-failure'"));
    assert_eq!(restarted.on(unhealthy(), 2_000), Some(Effect::Stop));
    restarted.on(Event::Gone, 2_100);
    assert_eq!(restarted.on(Event::Time, 10_000), Some(Effect::Launch));
    restarted.on(Event::Launched, 10_000);
    assert_eq!(
        restarted.on(Event::Time, 70_000),
        Some(Effect::Stop),
        "not healthy within the start time-out"
    );
}

#[test]
fn start_without_its_dependency_fails_and_boot_goes_on_waiting() {
    let missing = || Cause::Dependency { application: "db".into(), message: "is STOPPED".into() };
    let mut by_operator = machine("");
    by_operator.on(Event::Start(asked()), 0);
    by_operator.on(Event::DependencyMissing(missing()), 0);
    assert_eq!(by_operator.settled(Operation::Start), Some(Err("FAILED: depends on db: is STOPPED".into())));
    let mut by_agent = machine("");
    by_agent.on(Event::Boot(Cause::AgentStart), 0);
    by_agent.on(Event::DependencyMissing(missing()), 0);
    assert_eq!((by_agent.status(), by_agent.deadline()), (ApplicationStatus::Starting, None));
    let mut pending = machine("start_timeout = '5s'");
    pending.on(Event::Start(asked()), 0);
    pending.on(Event::DependencyPending(missing()), 0);
    pending.on(Event::Time, 5_000);
    assert_eq!(pending.cause(), &missing());
}

/// What there really is, beside what the machine believes.
#[derive(Debug, Default)]
struct World {
    runs: bool,
    launching: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_of_events_keeps_one_process_the_quarantine_and_the_desired_state(
        steps in prop::collection::vec((0..14_u8, 0..20_000_i64, any::<bool>()), 1..120),
        policy in prop::sample::select(vec!["never", "on-failure", "always"]),
        health in any::<bool>(),
    ) {
        let health = if health { "[health]\ntcp=1" } else { "" };
        let mut machine = machine(&format!("[restart]\npolicy='{policy}'\nmax_restarts=2\nwindow='1m'\n{health}"));
        let mut world = World::default();
        let mut now = 0;
        for (choice, pause, flag) in steps {
            now += pause;
            let ends = Event::Ended { cause: Cause::Exit { code: i32::from(flag) }, clean: !flag };
            let event = match choice {
                0 => Event::Start(asked()),
                1 => Event::Stop(asked()),
                2 => Event::Restart(asked()),
                3 => Event::Boot(Cause::AgentStart),
                4 => Event::DependenciesReady,
                5 => Event::DependencyMissing(asked()),
                // The world answers a launch only when there was one.
                6 if world.launching && flag => { world = World { runs: true, launching: false }; Event::Launched }
                6 if world.launching => { world.launching = false; Event::LaunchFailed(asked()) }
                7 if world.runs => { world.runs = false; ends }
                8 if machine.is_going() && !world.launching => { world.runs = false; Event::Gone }
                9 if world.runs => Event::Healthy,
                10 if world.runs => Event::Unhealthy(asked()),
                11 => Event::DependencyPending(asked()),
                _ => Event::Time,
            };
            let by_person = matches!(event, Event::Start(_) | Event::Restart(_) | Event::Stop(_));
            let before = machine.clone();
            let effect = machine.on(event.clone(), now);
            if effect == Some(Effect::Launch) {
                prop_assert!(!world.runs && !world.launching, "M-1 {before:?} {event:?}");
                prop_assert_eq!(machine.desired(), Desired::Started, "M-3 {:?} {:?}", before, event);
                world.launching = true;
            }
            if before.status() == ApplicationStatus::Quarantined && !by_person {
                prop_assert_eq!(&machine, &before, "M-2 {:?}", event);
            }
            let asked_for = match event {
                Event::Start(_) | Event::Restart(_) | Event::Boot(_) if machine != before => Some(Desired::Started),
                Event::Stop(_) => Some(Desired::Stopped),
                _ => None,
            };
            if let Some(asked_for) = asked_for {
                prop_assert_eq!(machine.desired(), asked_for);
            } else if !matches!(event, Event::Start(_) | Event::Restart(_)) {
                prop_assert_eq!(machine.desired(), before.desired(), "{:?}", event);
            }
            if machine.status() == ApplicationStatus::Started {
                prop_assert!(world.runs, "{before:?} {event:?}");
            }
            prop_assert!(machine.window().len() <= 2);
        }
        // Left alone with time and answers, it settles.
        for _ in 0..50 {
            now += 100_000;
            let event = if world.launching {
                world = World { runs: true, launching: false };
                Event::Launched
            } else if machine.is_going() {
                world.runs = false;
                Event::Gone
            } else if machine.waits() {
                Event::DependenciesReady
            } else if world.runs && machine.deadline().is_some() {
                Event::Healthy
            } else {
                Event::Time
            };
            if machine.on(event, now) == Some(Effect::Launch) {
                world.launching = true;
            }
        }
        prop_assert!(machine.deadline().is_none() && !machine.is_going(), "{machine:?}");
        if machine.desired() == Desired::Stopped {
            prop_assert!(!world.runs, "{machine:?}");
        }
    }
}
