//! The `topmast` source: JSON that an application serves about its own services and tasks.
//!
//! The contract is in docs/guide/services.md. Unknown fields are left alone, so that an
//! application may be newer than the agent; a wrong type or an unknown status word is an error
//! that names its place.

use super::{
    CODE_MAX, CheckError, FIGURES_MAX, Figures, Observation, RESPONSES_MAX, SERVICES_MAX, ServiceObservation,
    TaskObservation, shortened, some_text,
};
use crate::supervisor::VERSION_MAX;
use serde::Deserialize;
use std::collections::BTreeMap;
use topmast_model::path::check_name;
use topmast_model::service::CODES_MAX;
use topmast_model::status::{ServiceStatus, TaskStatus};
use topmast_model::task::TaskProgress;
use topmast_model::time::UnixMillis;

#[derive(Deserialize)]
struct Answer {
    version: Option<String>,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    tasks: Vec<Task>,
}

#[derive(Deserialize)]
struct Service {
    name: String,
    status: ServiceStatus,
    #[serde(default)]
    codes: Vec<String>,
    message: Option<String>,
    since: Option<UnixMillis>,
    transactions_total: Option<f64>,
    errors_total: Option<f64>,
    #[serde(default)]
    responses: BTreeMap<String, f64>,
    #[serde(default)]
    latency_seconds: BTreeMap<String, f64>,
}

#[derive(Deserialize)]
struct Task {
    name: String,
    status: TaskStatus,
    schedule: Option<String>,
    last_started: Option<UnixMillis>,
    last_finished: Option<UnixMillis>,
    next_due: Option<UnixMillis>,
    message: Option<String>,
    done: Option<u64>,
    total: Option<u64>,
}

/// Reads an answer.
///
/// # Errors
/// [`CheckError::Answer`] with the line and column, or the name, that is wrong.
pub(super) fn parse(body: &[u8]) -> Result<Observation, CheckError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| wrong(error.to_string()))?;
    if answer.services.len() > SERVICES_MAX || answer.tasks.len() > SERVICES_MAX {
        return Err(wrong(format!("more than {SERVICES_MAX} services or tasks")));
    }
    let names = answer.services.iter().map(|service| &service.name);
    for name in names.chain(answer.tasks.iter().map(|task| &task.name)) {
        check_name(name).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(Observation {
        version: answer
            .version
            .as_deref()
            .and_then(some_text)
            .map(|version| shortened(&version, VERSION_MAX)),
        services: answer.services.into_iter().map(service).collect(),
        tasks: answer.tasks.into_iter().map(task).collect(),
    })
}

fn wrong(reason: String) -> CheckError {
    CheckError::Answer { source_name: "topmast", reason }
}

fn service(service: Service) -> ServiceObservation {
    let named = |map: BTreeMap<String, f64>, max: usize| {
        map.into_iter().take(max).map(|(name, value)| (shortened(&name, CODE_MAX), value)).collect()
    };
    ServiceObservation {
        name: service.name,
        status: service.status,
        codes: service.codes.iter().take(CODES_MAX).map(|code| shortened(code, CODE_MAX)).collect(),
        message: service.message.as_deref().and_then(some_text),
        since: service.since,
        figures: Figures {
            transactions_total: service.transactions_total,
            errors_total: service.errors_total,
            responses: named(service.responses, RESPONSES_MAX),
            latency_seconds: named(service.latency_seconds, FIGURES_MAX),
            values: Vec::new(),
        },
    }
}

fn task(task: Task) -> TaskObservation {
    TaskObservation {
        name: task.name,
        status: task.status,
        schedule: task.schedule.as_deref().and_then(some_text),
        last_started: task.last_started,
        last_finished: task.last_finished,
        next_due: task.next_due,
        message: task.message.as_deref().and_then(some_text),
        progress: task
            .done
            .zip(task.total)
            .map(|(done, total)| TaskProgress { done: done.min(total), total }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answer_of_the_contract_is_read_whole() {
        let observation = parse(
            br#"{"version":"2.4.1","services":[{"name":"MC_CREDIT","status":"MALFUNCTION",
                "codes":["DISCONN01"],"message":"no link","since":1700000000000,"transactions_total":123,
                "errors_total":4,"responses":{"00":119,"05":3},"latency_seconds":{"0.5":0.021,"0.95":0.08}}],
                "tasks":[{"name":"end-of-day","status":"LATE","schedule":"every day","last_started":1,
                "last_finished":null,"next_due":3,"message":null}],"future":true}"#,
        )
        .unwrap();
        assert_eq!(observation.version.as_deref(), Some("2.4.1"));
        let service = &observation.services[0];
        assert_eq!((service.name.as_str(), service.status), ("MC_CREDIT", ServiceStatus::Malfunction));
        assert_eq!(service.codes, ["DISCONN01"]);
        assert_eq!(service.since, Some(UnixMillis(1_700_000_000_000)));
        assert_eq!(service.figures.transactions_total, Some(123.0));
        assert_eq!(service.figures.responses, [("00".to_owned(), 119.0), ("05".to_owned(), 3.0)]);
        assert_eq!(service.figures.latency_seconds[1], ("0.95".to_owned(), 0.08));
        let task = &observation.tasks[0];
        assert_eq!((task.status, task.next_due), (TaskStatus::Late, Some(UnixMillis(3))));
    }

    #[test]
    fn wrong_answers_name_the_place() {
        for (body, expected) in [
            (b"\xff\xfe".as_slice(), "line 1 column"),
            (b"", "EOF"),
            (b"[]", "invalid"),
            (br#"{"services":[{"name":"A","status":"UP"}]}"#, "unknown variant `UP`"),
            (br#"{"services":[{"name":"a/b","status":"STARTED"}]}"#, "\"a/b\" is not"),
            (br#"{"services":[{"name":"A","status":"STARTED","transactions_total":"12"}]}"#, "line 1 column"),
        ] {
            let error = parse(body).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} does not hold {expected:?}");
        }
    }

    #[test]
    fn more_services_than_the_bound_are_refused() {
        // S-3
        let one = r#"{"name":"A","status":"STARTED"}"#;
        let body = format!("{{\"services\":[{}]}}", vec![one; SERVICES_MAX + 1].join(","));
        assert!(parse(body.as_bytes()).is_err());
    }
}
