//! One neighbour's task: reading after reading, on a grid of its own within the interval.

use super::{Client, Found, Neighbour};
use crate::guest::Guests;
use crate::http::Context;
use crate::reading::{self, Intake};
use crate::ssh::back_off;
use std::sync::Arc;
use std::time::Duration;
use topmast_model::command::{Command, ServerRegistration};
use topmast_model::path::ObjectPath;
use topmast_model::server::ServerFacts;
use uuid::Uuid;

/// Reads a neighbour for as long as it is polled.
pub(crate) async fn run(context: Arc<Context>, neighbour: Neighbour) {
    let mut poll = Poll {
        client: Client::new(&neighbour),
        intake: Intake::new(&context, &neighbour.server, neighbour.every),
        guests: Guests::default(),
        found: Found { facts: ServerFacts::default(), version: String::new() },
        ours: None,
        said: None,
        context,
        neighbour,
    };
    let every = poll.neighbour.every;
    // It is in the lists before it is read.
    if let Err(trouble) = poll.register().await {
        poll.say(Err(trouble));
    }
    tokio::time::sleep(offset(&poll.neighbour.server, every)).await;
    let mut timer = tokio::time::interval(every);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        timer.tick().await;
        let outcome = poll.once().await;
        poll.say(outcome);
    }
}

/// Where on its interval a neighbour is read: the first time soon.
fn offset(server: &ObjectPath, every: Duration) -> Duration {
    back_off::share(server, 0, every.min(Duration::from_secs(5)))
}

struct Poll {
    context: Arc<Context>,
    neighbour: Neighbour,
    client: Client,
    intake: Intake,
    guests: Guests,
    found: Found,
    /// The instance under which it is registered.
    ours: Option<Uuid>,
    /// What was last said to be wrong.
    said: Option<String>,
}

impl Poll {
    /// Registers, reads and tells once.
    async fn once(&mut self) -> Result<(), String> {
        if !self.is_registered() {
            self.register().await?;
        }
        if self.intake.frame.is_worn() {
            self.begin();
        }
        // NB-1
        let read = tokio::time::timeout(self.neighbour.every, self.client.read(&mut self.intake.frame)).await;
        let read = read.unwrap_or_else(|_| {
            Err(super::ReadError {
                address: self.neighbour.address.clone(),
                message: format!(
                    "a reading took longer than the {} s to the next one; give it a longer `every`",
                    self.neighbour.every.as_secs_f64()
                ),
            })
        });
        self.context.neighbours.count(read.is_err());
        if let Some(found) = read.map_err(|error| error.to_string())?
            && found != self.found
        {
            self.found = found;
            self.register().await?;
        }
        self.tell()?;
        self.tell_guests().await
    }

    fn is_registered(&self) -> bool {
        let state = self.context.bus.state();
        let kept = state.server(&self.neighbour.server).map(|server| server.registration.instance);
        kept.is_some() && kept == self.ours
    }

    /// Makes it a server, or says that it is one still with what is known of it now.
    async fn register(&mut self) -> Result<(), String> {
        let Neighbour { server, role, address, every, labels, .. } = &self.neighbour;
        let role = *role;
        let kept = {
            let state = self.context.bus.state();
            state
                .server(server)
                .filter(|kept| kept.registration.role == role)
                .map(|kept| kept.registration.clone())
        };
        if let Some(kept) = &kept
            && self.found.version.is_empty()
        {
            // After a restart, until it is read again.
            self.found = Found { facts: kept.facts.clone(), version: kept.version.clone() };
        }
        let instance = kept.map_or_else(Uuid::new_v4, |kept| kept.instance);
        let registration = ServerRegistration {
            instance,
            role,
            version: self.found.version.clone(),
            address: address.clone(),
            interval_ms: u64::try_from(every.as_millis()).unwrap_or(u64::MAX),
            abilities: [].into(),
            labels: labels.clone(),
            facts: self.found.facts.clone(),
        };
        let command = Command::RegisterServer { server: server.clone(), registration };
        reading::submit(&self.context, command).await?;
        if self.ours.replace(instance) != Some(instance) {
            self.begin();
        }
        Ok(())
    }

    /// Begins with a new dictionary.
    fn begin(&mut self) {
        self.intake = Intake::new(&self.context, &self.neighbour.server, self.neighbour.every);
    }

    /// Tells a reading to the live model and the history.
    fn tell(&mut self) -> Result<(), String> {
        // It was removed, or an agent came, while it was read (NB-3).
        if !self.is_registered() {
            return Ok(());
        }
        match self.intake.take(&self.context) {
            Ok(None) => {}
            Ok(Some(refusals)) => return Err(refusals),
            Err(_) => self.begin(),
        }
        self.intake.frame.refusals().map_or(Ok(()), |refusals| Err(refusals.to_owned()))
    }

    /// Tells what the reading says of the systems inside.
    async fn tell_guests(&mut self) -> Result<(), String> {
        let Neighbour { server, every, guests: are_servers, .. } = &self.neighbour;
        let Some(listing) = self.client.guests() else { return Ok(()) };
        if !self.is_registered() {
            return Ok(());
        }
        if *are_servers {
            return self.guests.tell(&self.context, server, *every, listing).await;
        }
        // They were servers before the configuration said otherwise.
        let before: Vec<ObjectPath> = {
            let state = self.context.bus.state();
            topmast_engine::guests(&state, server).map(|(path, ..)| path.clone()).collect()
        };
        for path in before {
            reading::submit(&self.context, Command::RemoveServer { server: path.clone() }).await?;
            self.context.live.forget(&path);
        }
        Ok(())
    }

    /// Logs what is wrong when it is new, and shows it with the server's status (NB-2).
    fn say(&mut self, outcome: Result<(), String>) {
        let server = &self.neighbour.server;
        let trouble = outcome.err();
        if trouble != self.said {
            if let Some(trouble) = &trouble {
                tracing::warn!(%server, trouble, "neighbour not read");
            } else {
                tracing::info!(%server, "neighbour read again");
            }
        }
        if self.is_registered() {
            self.intake.set_trouble(trouble.as_deref());
        }
        self.said = trouble;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_spread_and_read_soon() {
        let of =
            |number: u32| offset(&format!("acme/main/db{number}").parse().unwrap(), Duration::from_mins(5));
        assert!((0..100).all(|number| of(number) < Duration::from_secs(5)));
        let early = (0..1_000).filter(|number| of(*number) < Duration::from_millis(2_500)).count();
        assert!((400..600).contains(&early), "{early} of 1000");
    }
}
