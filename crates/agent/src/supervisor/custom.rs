//! A step that does a custom action of the application's unit, with it or with a service of it.
//!
//! ```text
//! checked as the unit declares it ─ wrong ─► FAILED, nothing done
//!    └─ a program, or a request to 127.0.0.1 ─ ends well ─► SUCCEEDED, with what it printed or answered
//!                                           └─ else, or its time is over ─► FAILED, and nothing of it runs on
//! ```
//!
//! It is done whatever the application does, one step of an application after the other. When the agent ends meanwhile,
//! nobody knows how far it came: the step becomes UNKNOWN, and is not done again.

use super::StepRequest;
use super::application::{ActiveStep, Application};
use crate::endpoint::Endpoint;
use crate::http::{self, Answer};
use crate::task::run;
use crate::unit::{CommandLine, Unit};
use serde::Deserialize;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use topmast_model::application::Operation;
use topmast_model::custom::{CustomTarget, Method, Prepared};
use topmast_model::id::StepId;
use topmast_model::report::StepOutcome;

/// Most bytes told of an answer, as of what a program prints.
const TOLD_MAX: usize = 1 << 10;

/// A custom action under way; dropped before its end, it ends what it started.
pub(super) struct Acting(Pin<Box<dyn Future<Output = StepOutcome> + Send>>);

impl fmt::Debug for Acting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acting")
    }
}

/// It is over.
pub(super) async fn acted(acting: &mut Option<Acting>) -> StepOutcome {
    match acting {
        Some(Acting(work)) => work.await,
        None => std::future::pending().await,
    }
}

impl Application {
    /// Begins a step that the ledger has as begun.
    pub(super) fn begin_acting(&mut self, request: &StepRequest) {
        let step = request.step;
        match self.prepare(request) {
            Ok(work) => {
                self.active =
                    Some(ActiveStep { step, operation: Operation::Act, resumed: false, deployment: None });
                self.acting = Some(Acting(work));
            }
            Err(message) => self.shared.finish(step, StepOutcome { succeeded: false, message }),
        }
    }

    /// What is to be done, checked as the unit declares it: the file may have changed since the order was given.
    fn prepare(
        &self,
        request: &StepRequest,
    ) -> Result<Pin<Box<dyn Future<Output = StepOutcome> + Send>>, String> {
        let ordered = request.custom.as_deref();
        let ordered = ordered.ok_or("the order names no custom action; a master of this version does")?;
        let target =
            if ordered.service.is_some() { CustomTarget::Service } else { CustomTarget::Application };
        let is_it = |name: &str, of: CustomTarget| name == ordered.name && of == target;
        let declared = self.unit.actions.iter().find(|action| is_it(&action.name, action.target));
        let declared = declared.ok_or_else(|| {
            format!("{} declares no action {} of its {}", self.unit.name, ordered.name, target.as_str())
        })?;
        let arguments = declared.complete(&ordered.arguments).map_err(|error| error.to_string())?;
        let prepared = declared.prepare(ordered.service.as_deref(), &arguments);
        let prepared = prepared.map_err(|error| error.to_string())?;
        let timeout = Duration::from_millis(declared.timeout_ms);
        Ok(match prepared {
            Prepared::Command(words) => Box::pin(program(Arc::clone(&self.unit), words, timeout)),
            Prepared::Request { method, path, body } => {
                let port = self.unit.http_port.ok_or("the unit has no http_port any more")?;
                let endpoint = format!("http://127.0.0.1:{port}{path}");
                let endpoint: Endpoint = endpoint.parse().map_err(|error| format!("{error}"))?;
                Box::pin(request_to(endpoint, method, body, timeout))
            }
        })
    }

    /// Tells how it went.
    pub(super) fn acted(&mut self, outcome: StepOutcome) {
        self.acting = None;
        if let Some(active) = self.active.take() {
            self.shared.finish(active.step, outcome);
        }
    }

    /// Gives up what an earlier agent began: its program may have come to its end, or not.
    pub(super) fn resume_acting(&self, step: StepId) {
        self.shared
            .lose(step, "the agent ended while it was under way; how far it came is not known".to_owned());
    }
}

async fn program(unit: Arc<Unit>, words: Vec<String>, timeout: Duration) -> StepOutcome {
    let begun = Instant::now();
    let command = CommandLine::from_words(words);
    let ended = run::run(&unit, &command, timeout).await;
    let how = match (ended.code, &ended.problem) {
        (_, Some(problem)) => problem.clone(),
        (code, None) => format!(
            "{} ended with code {} after {}",
            command.program(),
            code.unwrap_or_default(),
            seconds(begun)
        ),
    };
    StepOutcome { succeeded: ended.is_good(), message: with(&how, &ended.output) }
}

async fn request_to(
    endpoint: Endpoint,
    method: Method,
    body: Option<String>,
    timeout: Duration,
) -> StepOutcome {
    let begun = Instant::now();
    let method = match method {
        Method::Post => hyper::Method::POST,
        Method::Put => hyper::Method::PUT,
        Method::Delete => hyper::Method::DELETE,
    };
    match http::send(&endpoint, method, body.unwrap_or_default().into(), timeout).await {
        Ok(Answer { status, body }) => {
            let how = format!("{} answered {status} after {}", endpoint.path(), seconds(begun));
            StepOutcome { succeeded: (200..=299).contains(&status), message: with(&how, &told(&body)) }
        }
        Err(error) => StepOutcome { succeeded: false, message: error.to_string() },
    }
}

/// What an application may say in words beside its status, as our own answers do.
#[derive(Deserialize)]
struct Words {
    #[serde(alias = "detail")]
    message: String,
}

/// What an answer says, in words.
fn told(body: &[u8]) -> String {
    let text = match serde_json::from_slice(body) {
        Ok(Words { message }) => message,
        Err(_) => String::from_utf8_lossy(&body[..body.len().min(TOLD_MAX)]).into_owned(),
    };
    let end = text.floor_char_boundary(TOLD_MAX);
    text[..end].chars().map(|char| if char.is_control() && char != '\n' { ' ' } else { char }).collect()
}

/// How it went, and below it what it said.
fn with(how: &str, said: &str) -> String {
    match said.trim() {
        "" => how.to_owned(),
        said => format!("{how}\n{said}"),
    }
}

fn seconds(begun: Instant) -> String {
    format!("{:.1} s", begun.elapsed().as_secs_f64())
}
