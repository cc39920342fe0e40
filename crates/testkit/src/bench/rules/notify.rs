//! Many open problems and many routes: what it costs to find out who is to be told of what.

use super::fleet::{Fleet, server};
use super::{Bound, Figure, median, strange};
use crate::bench::BenchError;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;
use topmast_engine::OPEN_PROBLEMS_MAX;
use topmast_model::command::Command;
use topmast_model::event::EventBody;
use topmast_model::notification::{Channel, NotificationId, Outcome, text};
use topmast_model::problem::{NewProblem, ProblemId, ProblemKey};
use topmast_model::status::Severity;

/// Routes: as many as there may be.
const ROUTES: usize = 200;
/// The rules whose problems there are.
const RULES: [&str; 2] = ["processor-busy", "memory-short"];
/// A second: the time in which a settling has to be done.
const SETTLED_MS: f64 = 1_000.0;

pub(super) fn measure(servers: usize, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut fleet = Fleet::of(servers)?;
    problems(&mut fleet, servers)?;
    while fleet.submit(Command::SettleProblems)? > 0 {}
    let open = fleet.state.open_problems().count();
    let (took, _) = median(|| fleet.decide(Command::SettleProblems))?;
    let note = format!("{open} open problems on {servers} servers, nothing to be done");
    show(Figure::new("settling problems", took, "ms").target(Bound::AtMost(SETTLED_MS)).note(note));

    for channel in ["chat", "mail"] {
        let channel = serde_json::json!({ "name": channel, "webhook": { "url": "c2VhbGVk" } });
        let channel: Channel = serde_json::from_value(channel).map_err(strange)?;
        fleet.apply(EventBody::ChannelApplied { channel: Box::new(channel) });
    }
    // All but the last take none of the problems, each for another reason to find out.
    let mut routes = String::new();
    for number in 0..ROUTES - 1 {
        let filter = format!("rule=other-{number} server=web-*");
        let _ =
            writeln!(routes, "[[route]]\nname = \"r{number}\"\nfilter = \"{filter}\"\nchannels = [\"mail\"]");
    }
    routes += "[[route]]\nname = \"all\"\norder = 1000\nchannels = [\"chat\"]\nper_hour = 1000\ngroup = { by = \"route\" }\n";
    for route in text::read_routes(&routes).map_err(strange)? {
        fleet.apply(EventBody::RouteApplied { route: Box::new(route) });
    }
    let (took, facts) = median(|| fleet.decide(Command::SettleNotifications))?;
    if facts.is_empty() {
        return Err(strange("nobody is to be told of anything"));
    }
    let note = format!("{OPEN_PROBLEMS_MAX} problems × {ROUTES} routes, of which the last takes them all");
    show(
        Figure::new("settling notifications, all to be told", took, "ms")
            .target(Bound::AtMost(SETTLED_MS))
            .note(note),
    );
    // As many as a channel has under way at a time.
    while fleet.submit(Command::SettleNotifications)? > 0 {}
    let open = fleet.state.open_notifications().count();
    let (took, _) = median(|| fleet.decide(Command::SettleNotifications))?;
    let note = format!("{open} notifications under way");
    show(
        Figure::new("settling notifications, while some are sent", took, "ms")
            .target(Bound::AtMost(SETTLED_MS))
            .note(note),
    );
    loop {
        let open: Vec<NotificationId> = fleet.state.open_notifications().map(|open| open.id).collect();
        if open.is_empty() {
            break;
        }
        for id in open {
            fleet.submit(Command::BeginNotification { id })?;
            let outcome = Outcome::Delivered { answer: "ok".into() };
            fleet.submit(Command::FinishNotification { id, attempt: 1, outcome })?;
        }
        fleet.now = fleet.now.plus(Duration::from_hours(1));
        while fleet.submit(Command::SettleNotifications)? > 0 {}
    }
    let (took, _) = median(|| fleet.decide(Command::SettleNotifications))?;
    show(
        Figure::new("settling notifications, all were told", took, "ms")
            .target(Bound::AtMost(SETTLED_MS))
            .note("nothing to be done"),
    );
    Ok(())
}

fn problems(fleet: &mut Fleet, servers: usize) -> Result<(), BenchError> {
    for number in 0..OPEN_PROBLEMS_MAX {
        // Rules that there are: problems of others are over.
        let rule = RULES[number % RULES.len()].to_owned();
        let detail = format!("number={}", number / servers / RULES.len());
        let key = ProblemKey { object: server(number / RULES.len() % servers)?, rule, detail };
        let problem = NewProblem {
            key,
            severity: Severity::Warning,
            since: fleet.now,
            message: "it is so".into(),
            value: None,
            outage: false,
            labels: BTreeMap::new(),
        };
        fleet.apply(EventBody::ProblemOpened { id: ProblemId(number as u64 + 1), problem });
    }
    Ok(())
}
