//! What a person has done at a joined cluster, in this master's journal: before it is sent, and how it was answered.

use crate::bus::SubmitError;
use crate::http::Context;
use topmast_engine::Submission;
use topmast_model::command::Command;
use topmast_model::federation::{PassedAnswer, PassedNote, PassedRequest};
use topmast_model::id::ActionId;
use topmast_model::principal::Principal;
use uuid::Uuid;

/// A request that is in the journal and may be sent.
#[must_use = "how it was answered is noted as well"]
pub(crate) struct Noted {
    id: Uuid,
    join: String,
}

impl Noted {
    /// Notes a request that is about to be sent.
    ///
    /// - `join`: the cluster that it goes to.
    /// - `path`: behind `/api/v1/`.
    ///
    /// # Errors
    /// [`SubmitError`] when it is not in the journal; it must not be sent then.
    pub(crate) async fn sent(
        context: &Context,
        principal: &Principal,
        join: &str,
        method: &str,
        path: &str,
    ) -> Result<Self, SubmitError> {
        let noted = Self { id: Uuid::now_v7(), join: join.to_owned() };
        let (id, join) = (noted.id, noted.join.clone());
        let request = PassedRequest { id, join, method: method.to_owned(), path: path.to_owned() };
        submit(context, principal, PassedNote::Request(request)).await?;
        Ok(noted)
    }

    /// Notes what came of it. Where that fails the request stands in the journal without an outcome.
    ///
    /// - `status`: that it was answered with; none when it was not, for which `message` says why.
    pub(crate) async fn answered(
        self,
        context: &Context,
        principal: &Principal,
        status: Option<u16>,
        action: Option<ActionId>,
        message: Option<String>,
    ) {
        let Self { id, join } = self;
        let answer = PassedAnswer { id, join, status, action, message };
        if let Err(error) = submit(context, principal, PassedNote::Answer(answer)).await {
            tracing::error!(%error, "the answer of a joined cluster could not be noted");
        }
    }
}

async fn submit(context: &Context, principal: &Principal, note: PassedNote) -> Result<(), SubmitError> {
    let command = Command::NotePassedOn { note: Box::new(note) };
    context.bus.submit(Submission { principal: principal.clone(), command }).await?;
    Ok(())
}
