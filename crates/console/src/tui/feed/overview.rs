//! Who asks, and counts of everything, again and again.

use super::Sender;
use crate::tui::update::Message;
use std::time::Duration;
use topmast_api::client::{Client, ClientError};

/// Time between two looks: a list says within a second what happened; this is how much of it there is.
const INTERVAL: Duration = Duration::from_secs(3);
/// Looks between two questions who asks: rights change rarely.
const WHO_EVERY: u32 = 20;

/// Asks until it is aborted.
pub(super) async fn run(client: Client, sender: Sender) {
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut until_who = 0;
    loop {
        tick.tick().await;
        if until_who == 0 {
            // One that cannot be told now is asked for at the next look.
            if let Ok(message) = who(&client).await {
                until_who = WHO_EVERY;
                if sender.send(message).is_err() {
                    return;
                }
            }
        }
        until_who = until_who.saturating_sub(1);
        // Lists say themselves that they are not heard of.
        let Ok(message) = counts(&client).await else { continue };
        if sender.send(message).is_err() {
            return;
        }
    }
}

/// Who asks.
pub(in crate::tui) async fn who(client: &Client) -> Result<Message, ClientError> {
    Ok(Message::Who(Box::new(client.session_get().await?)))
}

/// Counts of everything.
pub(in crate::tui) async fn counts(client: &Client) -> Result<Message, ClientError> {
    Ok(Message::Overview(Box::new(client.overview_get().await?)))
}
