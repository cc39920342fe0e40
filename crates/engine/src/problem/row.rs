//! A problem as filters ask about it: in lists, and for routes of notices.

use super::Problem;
use topmast_model::filter::fields::problems;
use topmast_model::filter::{FieldValue, Row};
use topmast_model::path::Level;
use topmast_model::problem::Suppression;
use topmast_model::time::UnixMillis;

/// A problem with what a filter may ask beside it.
#[derive(Debug, Clone, Copy)]
pub struct ProblemRow<'a> {
    /// Which.
    pub problem: &'a Problem,
    /// Open problems that it explains.
    pub symptoms: u32,
    /// The present, for how long it has lasted.
    pub now: UnixMillis,
}

impl Row for ProblemRow<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let Self { problem, symptoms, now } = *self;
        let object = problem.object();
        let text = match field {
            problems::STATUS => Some(problem.status().as_str()),
            problems::SEVERITY => Some(problem.what.severity.as_str()),
            problems::RULE => Some(problem.what.key.rule.as_str()),
            problems::PATH => Some(object.as_str()),
            problems::DETAIL => Some(problem.what.key.detail.as_str()).filter(|detail| !detail.is_empty()),
            problems::TENANT => object.name_at(Level::Tenant),
            problems::CLUSTER => object.name_at(Level::Cluster),
            problems::SERVER => object.name_at(Level::Server),
            problems::APPLICATION => object.name_at(Level::Application),
            problems::MESSAGE => Some(problem.what.message.as_str()),
            problems::OWNER => {
                problem.acknowledged.as_ref().map(|acknowledged| acknowledged.owner.name.as_str())
            }
            problems::ACKNOWLEDGED => Some(flag(problem.acknowledged.is_some())),
            problems::SUPPRESSED => problem.suppression.as_ref().map(Suppression::as_str),
            problems::FLAPPING => Some(flag(problem.flapping)),
            _ => None,
        };
        if let Some(text) = text {
            return each(FieldValue::Text(text));
        }
        let number = match field {
            problems::ID => Some(problem.id.0 as f64),
            problems::SINCE => Some(problem.what.since.0 as f64),
            problems::CLOSED_AT => problem.closed.map(|closed| closed.at.0 as f64),
            problems::DURATION_MS => Some(problem.duration(now).as_millis() as f64),
            problems::CAUSE => problem.cause.map(|cause| cause.0 as f64),
            problems::SYMPTOMS => Some(f64::from(symptoms)),
            _ => None,
        };
        if let Some(number) = number {
            return each(FieldValue::Number(number));
        }
        if field == problems::LABEL {
            for (name, value) in &problem.what.labels {
                each(FieldValue::Text(&format!("{name}={value}")));
            }
        }
    }
}

const fn flag(is: bool) -> &'static str {
    if is { "true" } else { "false" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use topmast_model::filter::Filter;
    use topmast_model::filter::fields::PROBLEMS;
    use topmast_model::problem::{Acknowledgement, ProblemId, Verdict};

    #[test]
    fn problem_is_found_by_what_people_ask() {
        let mut world = World::with_services();
        world.find("service-malfunction", "acme/main/db/switch/HSM", Verdict::Firing);
        let problems = vec![ProblemId(1)];
        let acknowledgement = Acknowledgement { comment: None, expires_at: None, sticky: false };
        world.by("root", Command::AcknowledgeProblems { problems, acknowledgement }).unwrap();
        world.settle();
        world.pass(HOUR);
        let problem = world.state.problem(ProblemId(1)).unwrap();
        let row = ProblemRow { problem, symptoms: 0, now: world.now };
        let check = |text: &str, expect: bool| {
            assert_eq!(Filter::parse(text, PROBLEMS).unwrap().matches(&row), expect, "{text}");
        };
        for text in [
            "status=OPEN severity=major rule=service-*",
            "path=acme/main/* server=db application=switch",
            "owner=root acknowledged=true suppressed=acknowledged",
            "duration>59m duration<61m id=1 symptoms=0",
            "cause=none closed=none flapping=false detail=none",
            "\"it is so\"",
        ] {
            check(text, true);
        }
        for text in ["status=CLOSED", "severity=critical", "owner=oli", "suppressed=none", "duration<59m"] {
            check(text, false);
        }
    }
}
