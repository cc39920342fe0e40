//! Problems from opening to closing, one scene each.

use crate::fixture::*;
use crate::{CLOSED_PROBLEMS_MAX, FLAPPING_STARTS, FLAPPING_WINDOW, concerns_problems, next_settlement};
use std::time::Duration;
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::problem::{
    Acknowledgement, Mute, Notice, Observation, ProblemId, ProblemKey, Suppression, Verdict,
};
use topmast_model::rule::{Span, text};
use topmast_model::status::{ServerStatus, ServiceStatus, Severity};
use uuid::Uuid;

const MINUTE: Duration = Duration::from_mins(1);

impl World {
    /// Two servers with an application and a service each.
    pub(crate) fn with_services() -> Self {
        let mut world = Self::with_applications(&["acme/main/db/switch", "acme/main/web/shop"]);
        for (server, application) in [("acme/main/db", "switch"), ("acme/main/web", "shop")] {
            world
                .report(&path(server), vec![service_report(application, "HSM", ServiceStatus::Started)])
                .unwrap();
        }
        world.by("root", create_user("oli", &["operator:acme/main/db"])).unwrap();
        world.pass(HOUR);
        world
    }

    /// A rule found this on an object; everything is settled then.
    pub(crate) fn find(&mut self, rule: &str, object: &str, verdict: Verdict) -> Vec<String> {
        let observations = vec![observation(rule, object, verdict, self)];
        let before = self.log.len();
        self.by_master(Command::ObserveProblems { observations }).unwrap();
        self.settle();
        self.told(before)
    }

    /// Settles: once is enough.
    pub(crate) fn settle(&mut self) {
        self.by_master(Command::SettleProblems).unwrap();
        assert_eq!(self.by_master(Command::SettleProblems), Ok(Vec::new()));
    }

    /// Does something as the operator, and settles; the notices.
    fn act(&mut self, command: Command) -> Vec<String> {
        let before = self.log.len();
        self.by("oli", command).unwrap();
        self.settle();
        self.told(before)
    }

    fn wait(&mut self, span: Duration) -> Vec<String> {
        let before = self.log.len();
        self.pass(span);
        self.settle();
        self.told(before)
    }

    /// Notices since an event: `1 opened`.
    fn told(&self, before: usize) -> Vec<String> {
        let notices = self.log[before..].iter().filter_map(|event| match &event.body {
            EventBody::NoticeDecided { id, notice, .. } => Some(format!("{id} {}", notice.as_str())),
            _ => None,
        });
        notices.collect()
    }

    fn suppression(&self, id: u64) -> Option<Suppression> {
        self.state.problem(ProblemId(id)).unwrap().suppression.clone()
    }

    fn server_is(&mut self, server: &str, status: ServerStatus) {
        let cause = Cause::Connection { message: "no data".into() };
        self.by_master(Command::ObserveServer { server: path(server), status, cause }).unwrap();
    }
}

pub(crate) fn observation(rule: &str, object: &str, verdict: Verdict, world: &World) -> Observation {
    let key = ProblemKey { object: path(object), rule: rule.into(), detail: String::new() };
    Observation { key, verdict, since: world.now, value: None, message: "it is so".into() }
}

fn acknowledge(id: u64, terms: Acknowledgement) -> Command {
    Command::AcknowledgeProblems { problems: vec![ProblemId(id)], acknowledgement: terms }
}

fn terms() -> Acknowledgement {
    Acknowledgement { comment: Some("on it".into()), expires_at: None, sticky: false }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const SERVICE: &str = "acme/main/db/switch/HSM";

#[test]
fn problem_is_told_when_it_opens_and_when_it_is_over() {
    let mut world = World::with_services();
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Ok), [""; 0]);
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Firing), ["1 opened"]);
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Firing), [""; 0], "again is no news");
    let problem = world.state.problem(ProblemId(1)).unwrap();
    assert_eq!((problem.what.severity, problem.what.message.as_str()), (Severity::Major, "it is so"));
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Unknown), [""; 0]);
    world.pass(MINUTE);
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Ok), ["1 recovered"]);
    let problem = world.state.problem(ProblemId(1)).unwrap();
    assert_eq!(problem.duration(world.now), MINUTE);
    assert!(world.state.open_problems().next().is_none());
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Firing), ["2 opened"]);
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Gone), ["2 recovered"]);
    // What no rule looks at, or is not there, makes no problem.
    world.find("no-such-rule", SERVICE, Verdict::Firing);
    world.find("service-malfunction", "acme/main/db/switch/nope", Verdict::Firing);
    assert!(world.state.open_problems().next().is_none());
}

#[test]
fn server_that_is_down_is_one_problem() {
    let mut world = World::with_services();
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Firing), ["1 opened"]);
    world.server_is("acme/main/db", ServerStatus::Stale);
    assert_eq!(world.find("processor-busy", "acme/main/db", Verdict::Firing), [""; 0]);
    let unseen = Suppression::ParentDown { object: path("acme/main/db"), problem: None };
    assert_eq!(world.suppression(2), Some(unseen));
    world.server_is("acme/main/db", ServerStatus::Down);
    assert_eq!(world.find("server-down", "acme/main/db", Verdict::Firing), ["3 opened"]);
    assert_eq!(world.find("application-failed", "acme/main/db/switch", Verdict::Firing), [""; 0]);
    assert_eq!(world.find("application-failed", "acme/main/web/shop", Verdict::Firing), ["5 opened"]);
    for symptom in [1, 2, 4] {
        let problem = world.state.problem(ProblemId(symptom)).unwrap();
        let down = Suppression::ParentDown { object: path("acme/main/db"), problem: Some(ProblemId(3)) };
        assert_eq!((problem.cause, &problem.suppression), (Some(ProblemId(3)), &Some(down)), "{symptom}");
    }
    // The end of what was told is told even now; of the rest what is left when the server is back.
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Ok), ["1 recovered"]);
    assert_eq!(world.find("processor-busy", "acme/main/db", Verdict::Ok), [""; 0]);
    world.server_is("acme/main/db", ServerStatus::Up);
    assert_eq!(world.find("server-down", "acme/main/db", Verdict::Ok), ["4 opened", "3 recovered"]);
    assert_eq!(world.state.problem(ProblemId(4)).unwrap().cause, None);
}

#[test]
fn failed_application_explains_its_services() {
    let mut world = World::with_services();
    assert_eq!(world.find("application-failed", "acme/main/db/switch", Verdict::Firing), ["1 opened"]);
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Firing), [""; 0]);
    assert_eq!(world.find("application-restarts", "acme/main/db/switch", Verdict::Firing), [""; 0]);
    assert_eq!(world.find("application-quarantined", "acme/main/db/switch", Verdict::Firing), ["4 opened"]);
    assert_eq!(world.state.problem(ProblemId(2)).unwrap().cause, Some(ProblemId(1)));
}

#[test]
fn acknowledged_problem_is_told_again_when_it_expires_or_becomes_worse() {
    let mut world = World::with_services();
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    let expires_at = Some(world.now.plus(HOUR));
    assert_eq!(world.act(acknowledge(1, Acknowledgement { expires_at, ..terms() })), [""; 0]);
    assert_eq!(world.suppression(1), Some(Suppression::Acknowledged));
    let owner = &world.state.problem(ProblemId(1)).unwrap().acknowledged.as_ref().unwrap().owner;
    assert_eq!(owner.to_string(), "user oli");
    assert_eq!(next_settlement(&world.state, world.now), expires_at);
    assert_eq!(world.wait(HOUR), ["1 still open"]);
    assert_eq!(world.wait(HOUR), [""; 0]);

    let worse = |severity: &str| {
        let rule = format!(
            "[[rule]]\nname = \"service-malfunction\"\nseverity = \"{severity}\"\n\
             when.service = {{ status = [\"MALFUNCTION\"] }}\nmessage = \"x\""
        );
        Command::ApplyRules { rules: text::read(&rule).unwrap(), prune: false }
    };
    world.act(acknowledge(1, terms()));
    world.by("root", worse("warning")).unwrap();
    assert_eq!(world.wait(MINUTE), [""; 0], "better is no news to who has it in hand");
    world.by("root", worse("critical")).unwrap();
    assert_eq!(world.wait(MINUTE), ["1 worse"]);
    assert_eq!(world.state.problem(ProblemId(1)).unwrap().acknowledged, None);
    world.by("root", worse("info")).unwrap();
    world.wait(MINUTE);
    world.act(acknowledge(1, Acknowledgement { sticky: true, ..terms() }));
    world.by("root", worse("critical")).unwrap();
    assert_eq!(world.wait(MINUTE), [""; 0], "a sticky one holds");
    assert_eq!(world.act(Command::UnacknowledgeProblems { problems: vec![ProblemId(1)] }), [""; 0]);
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Ok), ["1 recovered"]);
    refused(world.by("oli", acknowledge(1, terms())), "conflict", "problem 1 is over");
}

#[test]
fn flapping_problem_is_told_once_and_closes_when_it_is_quiet() {
    let mut world = World::with_services();
    let mut told = Vec::new();
    for _ in 0..10 {
        for verdict in [Verdict::Firing, Verdict::Ok] {
            world.pass(Duration::from_secs(10));
            told.extend(world.find("service-malfunction", SERVICE, verdict));
        }
    }
    let before: Vec<String> =
        (1..=2).flat_map(|id| [format!("{id} opened"), format!("{id} recovered")]).collect();
    assert_eq!(told, [&before[..], &["3 opened".to_owned()]].concat());
    assert_eq!(told.len(), FLAPPING_STARTS - 1, "the sixth change is not told");
    let problem = world.state.problem(ProblemId(3)).unwrap();
    assert!(problem.flapping && problem.suppression == Some(Suppression::Flapping));
    assert_eq!(problem.verdict, Verdict::Ok);
    assert_eq!(world.wait(FLAPPING_WINDOW), ["3 recovered"]);

    // Untold when it begins to flap, as after maintenance: told once.
    let mute = Mute { object: path(SERVICE), rule: None, until: world.now.plus(MINUTE * 2), comment: None };
    world.act(Command::MuteObject { id: id(1), mute });
    for _ in 0..5 {
        for verdict in [Verdict::Firing, Verdict::Ok] {
            world.pass(Duration::from_secs(10));
            assert_eq!(world.find("service-malfunction", SERVICE, verdict), [""; 0]);
        }
    }
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    assert_eq!(world.wait(MINUTE), ["6 flapping"]);
    assert_eq!(world.suppression(6), Some(Suppression::Flapping));
    assert_eq!(world.wait(FLAPPING_WINDOW), [""; 0], "it stays, and was told");
    let problem = world.state.problem(ProblemId(6)).unwrap();
    assert!(!problem.flapping && problem.closed.is_none() && problem.suppression.is_none());
}

#[test]
fn problem_that_flaps_from_its_beginning_is_told_so() {
    // B-5: the first change is forgotten when the seventh comes, so the sixth that counts is a beginning.
    let mut world = World::with_services();
    let start = world.now;
    let mut last = Vec::new();
    for (index, second) in [0, 60, 300, 360, 630, 636, 642].into_iter().enumerate() {
        world.now = start.plus(Duration::from_secs(second));
        let verdict = if index % 2 == 0 { Verdict::Firing } else { Verdict::Ok };
        last = world.find("service-malfunction", SERVICE, verdict);
    }
    assert_eq!(last, ["4 flapping"]);
    assert_eq!(world.suppression(4), Some(Suppression::Flapping));
}

#[test]
fn settling_that_was_cut_off_goes_on() {
    let mut world = World::with_services();
    let one = observation("filesystem-full", "acme/main/db", Verdict::Firing, &world);
    let named = |number: usize| {
        let key = ProblemKey { detail: format!("mount=\"/{number}\""), ..one.key.clone() };
        Observation { key, ..one.clone() }
    };
    let observations = (0..2_500).map(named).collect();
    world.by_master(Command::ObserveProblems { observations }).unwrap();
    let mut settle = || world.by_master(Command::SettleProblems).unwrap().len();
    assert_eq!([settle(), settle(), settle()], [2_000, 500, 0]);
}

#[test]
fn mute_ends_and_what_is_left_is_told() {
    let mut world = World::with_services();
    let until = world.now.plus(HOUR);
    let mute = |rule: Option<&str>| Mute {
        object: path("acme/main/db"),
        rule: rule.map(str::to_owned),
        until,
        comment: None,
    };
    world.act(Command::MuteObject { id: id(1), mute: mute(Some("service-malfunction")) });
    assert_eq!(world.find("service-malfunction", SERVICE, Verdict::Firing), [""; 0]);
    assert_eq!(world.suppression(1), Some(Suppression::Muted { id: id(1) }));
    assert_eq!(world.find("processor-busy", "acme/main/db", Verdict::Firing), ["2 opened"]);
    assert_eq!(next_settlement(&world.state, world.now), Some(until));
    assert_eq!(world.wait(HOUR), ["1 opened"]);
    assert!(world.state.mutes().is_empty());

    let for_ever = Mute { until: world.now.plus(HOUR * 24 * 401), ..mute(None) };
    refused(world.by("oli", Command::MuteObject { id: id(2), mute: for_ever }), "invalid", "400 days");
    refused(world.by("oli", Command::MuteObject { id: id(2), mute: mute(None) }), "invalid", "from now to");
    let elsewhere = Mute { object: path("acme/main/web"), until: world.now.plus(HOUR), ..mute(None) };
    refused(
        world.by("oli", Command::MuteObject { id: id(2), mute: elsewhere }),
        "forbidden",
        "handle problems",
    );
}

#[test]
fn maintenance_goes_before_everything_and_its_end_tells_what_is_left() {
    let mut world = World::with_services();
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    let window = Window::Once { starts_at: world.now.plus(MINUTE), ends_at: world.now.plus(HOUR) };
    let objects = vec![path("acme/main/db")];
    let maintenance = Maintenance { name: "kernel".into(), objects, window };
    world.act(Command::SetMaintenance { id: id(1), maintenance: maintenance.clone() });
    world.act(acknowledge(1, terms()));
    assert_eq!(world.suppression(1), Some(Suppression::Acknowledged), "it has not begun");
    world.wait(MINUTE);
    assert_eq!(world.suppression(1), Some(Suppression::Maintenance { id: id(1) }));
    assert_eq!(world.find("server-down", "acme/main/db", Verdict::Firing), [""; 0]);
    assert_eq!(
        world.find("service-malfunction", SERVICE, Verdict::Ok),
        ["1 recovered"],
        "it was told before"
    );
    assert_eq!(world.wait(HOUR), ["2 opened"]);
    assert!(world.state.maintenances().is_empty());
    refused(
        world.by("oli", Command::SetMaintenance { id: id(2), maintenance }),
        "invalid",
        "is over already",
    );
}

#[test]
fn flexible_maintenance_begins_with_the_first_problem() {
    let mut world = World::with_services();
    let window = Window::Flexible {
        starts_at: world.now,
        ends_at: world.now.plus(HOUR * 8),
        lasts: Span::from_hours(1),
    };
    let objects = vec![path("acme/main/db")];
    let maintenance = Maintenance { name: "disk".into(), objects, window };
    world.act(Command::SetMaintenance { id: id(1), maintenance });
    world.wait(HOUR * 2);
    assert!(world.state.maintenance_of(&path(SERVICE), world.now).is_none());
    assert_eq!(world.find("server-down", "acme/main/db", Verdict::Firing), [""; 0]);
    assert!(world.state.maintenance_of(&path(SERVICE), world.now).is_some());
    assert_eq!(world.wait(HOUR), ["1 opened"]);
    assert!(world.state.maintenances().is_empty(), "it is used up");
}

#[test]
fn what_goes_away_closes_its_problems() {
    let mut world = World::with_services();
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    world.find("processor-busy", "acme/main/web", Verdict::Firing);
    world.by("root", Command::RemoveServer { server: path("acme/main/db") }).unwrap();
    assert!(concerns_problems(&world.log.last().unwrap().body));
    assert_eq!(world.wait(MINUTE), ["1 recovered"]);
    let off = "[[rule]]\nname = \"processor-busy\"\nseverity = \"info\"\nwhen.server = { status = [\"DOWN\"] }\n\
               message = \"x\"\nenabled = false";
    world.by("root", Command::ApplyRules { rules: text::read(off).unwrap(), prune: false }).unwrap();
    assert_eq!(world.wait(MINUTE), ["2 recovered"]);
}

#[test]
fn people_close_what_is_not_so_and_comment() {
    let mut world = World::with_services();
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    let close = |comment: &str| Command::CloseProblems {
        problems: vec![ProblemId(1)],
        comment: Some(comment.into()),
    };
    refused(world.by("oli", close("x")), "conflict", "what problem 1 is about is still so");
    world.find("service-malfunction", SERVICE, Verdict::Unknown);
    assert_eq!(world.act(close("moved")), ["1 recovered"]);
    let comments = &world.state.problem(ProblemId(1)).unwrap().comments;
    assert_eq!((comments[0].text.as_str(), comments[0].actor.name.as_str()), ("moved", "oli"));
    let comment =
        |text: &str, id| Command::CommentProblems { problems: vec![ProblemId(id)], text: text.into() };
    refused(world.by("root", comment("x", 9)), "not_found", "there is no problem 9");
    refused(world.by("oli", comment(" ", 1)), "invalid", "write something");
    world.find("processor-busy", "acme/main/web", Verdict::Firing);
    refused(world.by("oli", comment("x", 2)), "forbidden", "acme/main/web");
}

#[test]
fn problems_that_are_over_make_room_but_not_before_it_was_told() {
    // B-2, E-9
    let mut world = World::with_services();
    let count = CLOSED_PROBLEMS_MAX + 100;
    let find = |world: &mut World, verdict| {
        let one = observation("filesystem-full", "acme/main/db", verdict, world);
        let named = |number: usize| {
            let key = ProblemKey { detail: format!("mount=\"/{number}\""), ..one.key.clone() };
            Observation { key, ..one.clone() }
        };
        let observations = (0..count).map(named).collect();
        world.by_master(Command::ObserveProblems { observations }).unwrap();
    };
    find(&mut world, Verdict::Firing);
    assert_eq!(world.wait(MINUTE).len(), count);
    find(&mut world, Verdict::Ok);
    assert_eq!(world.state.problems().count(), count, "nobody knows yet that they are over");
    assert_eq!(world.wait(MINUTE).len(), count);
    assert_eq!(world.state.problems().count(), CLOSED_PROBLEMS_MAX);
    assert_eq!(world.state.problems().next().unwrap().id, ProblemId(101), "the oldest went");
    find(&mut world, Verdict::Firing);
    find(&mut world, Verdict::Ok);
    assert_eq!(world.state.problems().count(), CLOSED_PROBLEMS_MAX, "of these nobody was told");
}

#[test]
fn notice_is_due_by_what_was_told() {
    let mut world = World::with_services();
    world.find("service-malfunction", SERVICE, Verdict::Firing);
    let problem = world.state.problem(ProblemId(1)).unwrap();
    assert_eq!(problem.due(Severity::Major, false, false), None);
    assert_eq!(problem.due(Severity::Critical, false, false), Some(Notice::Worse));
    assert_eq!(problem.due(Severity::Info, false, true), Some(Notice::StillOpen));
}
