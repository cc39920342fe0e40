//! `POST /api/v1/actions/{id}/order`: what people say of actions that were accepted.

use super::found;
use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::body::{Body, Named};
use crate::http::problem::Refusal;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;
use topmast_api::action::{Action, ActionOrder, ActionOrderRequest};
use topmast_engine::Submission;
use topmast_model::action::ActionOrder as Order;
use topmast_model::command::Command;
use topmast_model::id::ActionId;
use uuid::Uuid;

pub(super) async fn action_order(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<Uuid>,
    Body(request): Body<ActionOrderRequest>,
) -> Result<Json<Action>, Refusal> {
    let (principal, id) = (authenticated.principal, ActionId(id));
    // Who may see nothing of it is told that it is not there.
    found(&context.bus, id, Some(&principal))?;
    let ActionOrderRequest { order, comment } = request;
    let command = match order {
        ActionOrder::Approve => Command::GovernAction { id, order: Order::Approve { comment } },
        ActionOrder::Reject => Command::GovernAction { id, order: Order::Reject { comment } },
        ActionOrder::Continue => Command::GovernAction { id, order: Order::Continue },
        ActionOrder::Cancel => Command::CancelAction { id, within: Vec::new() },
    };
    context.bus.submit(Submission { principal: principal.clone(), command }).await?;
    Ok(Json(found(&context.bus, id, Some(&principal))?))
}
