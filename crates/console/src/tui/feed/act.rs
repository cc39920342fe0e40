//! A plan; an action, handed in and followed.
//!
//! Invariants
//! - O-3: an action is sent with an id made here; sending it again after a lost answer asks for the same action.

use super::{Sender, retry};
use crate::cli::custom::order;
use crate::cli::failure::Failure;
use crate::tui::act::Custom;
use crate::tui::update::Message;
use topmast_api::action::{Action, ActionMessage, ActionRequest};
use topmast_api::client::{Client, ClientError};
use topmast_model::id::ActionId;
use uuid::Uuid;

/// Tries to hand an action in when the connection fails; the waits between them are half a minute together.
const TRIES: usize = 6;

/// Asks what would happen.
pub(super) async fn plan(
    client: Client,
    serial: u64,
    request: ActionRequest,
    custom: Option<Custom>,
    sender: Sender,
) {
    let plan = async {
        let custom = match (custom, request.targets.first()) {
            (Some(Custom { name, given, .. }), Some(first)) => {
                Some(order(&client, first, &name, &given).await.map_err(|failure| why(&failure))?.0)
            }
            _ => None,
        };
        let request = ActionRequest { custom, ..request };
        client.action_plan(&request).await.map_err(|error| error.to_string())
    };
    let plan = plan.await;
    // Nobody listens any more when the program ends.
    let _ = sender.send(Message::Planned(serial, plan));
}

fn why(failure: &Failure) -> String {
    failure.text().unwrap_or_default()
}

/// Hands an action in and follows it to its end.
pub(super) async fn submit(client: Client, serial: u64, request: ActionRequest, sender: Sender) {
    let id = ActionId(Uuid::now_v7());
    let request = ActionRequest { id: Some(id), ..request };
    match hand_in(&client, &request, id).await {
        Ok(action) => {
            let is_final = action.status.is_final();
            let _ = sender.send(Message::Acting(serial, Ok(Box::new(action))));
            if !is_final {
                follow(&client, serial, id, &sender).await;
            }
        }
        Err(why) => drop(sender.send(Message::Acting(serial, Err(why)))),
    }
}

/// Hands it in; after a lost answer again, with the same id (O-3).
async fn hand_in(client: &Client, request: &ActionRequest, id: ActionId) -> Result<Action, String> {
    let mut may_have_arrived = false;
    for failures in 0..TRIES {
        match client.action_create(request).await {
            Ok(action) => return Ok(action),
            Err(ClientError::Lost { .. } | ClientError::Timeout { .. }) => may_have_arrived = true,
            // The master may be on its way back with the action already in its journal.
            Err(error) if may_have_arrived && error.is_transient() => {}
            Err(error) => return Err(format!("nothing was done: {error}")),
        }
        tokio::time::sleep(retry(failures)).await;
    }
    Err(format!("no answer came: action {id} may have been accepted, look at the actions (5)"))
}

async fn follow(client: &Client, serial: u64, id: ActionId, sender: &Sender) {
    let mut stream = client.action_watch(id);
    let mut failures = 0;
    loop {
        let message = match stream.next().await {
            Ok(Some(ActionMessage::Snapshot(action))) => Message::Acting(serial, Ok(Box::new(action))),
            Ok(Some(ActionMessage::Progress(progress))) => Message::Progress(serial, Box::new(progress)),
            Ok(Some(ActionMessage::Heartbeat)) => continue,
            // The stream ends behind the final status.
            Ok(None) => return,
            Err(error) => {
                if sender.send(Message::ActTrouble(serial, error.to_string())).is_err() {
                    return;
                }
                tokio::time::sleep(retry(failures)).await;
                failures += 1;
                continue;
            }
        };
        failures = 0;
        if sender.send(message).is_err() {
            return;
        }
    }
}
