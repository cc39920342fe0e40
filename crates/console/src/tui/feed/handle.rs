//! What somebody does about a problem, handed in.

use super::Sender;
use crate::tui::problem::{Handling, Request};
use crate::tui::update::Message;
use topmast_api::client::Client;

/// Does it, and says what came of it. It is not tried again: who acknowledged may have changed their mind.
pub(super) async fn handle(client: Client, handling: Handling, request: Request, sender: Sender) {
    let answer = match request {
        Request::Acknowledge(request) => client.problem_acknowledge(&request).await,
        Request::Unacknowledge(request) => client.problem_unacknowledge(&request).await,
        Request::Mute(request) => client.mute_create(&request).await.map(drop),
        Request::Comment(request) => client.problem_comment(&request).await,
        Request::Close(request) => client.problem_close(&request).await,
    };
    let word = answer.map_or_else(|error| error.to_string(), |()| handling.done());
    // Nobody listens any more when the program ends.
    let _ = sender.send(Message::Handled(word));
}
