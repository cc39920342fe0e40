//! What only the active master does: orders, reconcilers, rules, notifications, and reading what has no agent.

use super::{create_first_user, given_password};
use crate::access::idle;
use crate::bus::MasterRole;
use crate::http::Context;
use crate::neighbour::config::Neighbour;
use crate::scrape::config::Job;
use crate::{
    audit, aws, dispatch, neighbour, notification, problem, reconcile, scrape, ssh, tenant, terminal,
};
use std::sync::Arc;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::task::JoinSet;
use topmast_model::event::{Event, EventBody};

/// What only the active master does: waits until this one is it, then runs all of it for ever.
pub(super) async fn run(context: Arc<Context>, jobs: Vec<Job>, neighbours: Vec<Neighbour>) {
    let bus = context.bus.clone();
    // Before anything is decided, so that none of it is missed.
    let events = bus.events();
    let mut role = bus.standing().watch();
    if role.wait_for(|role| *role == MasterRole::Active).await.is_err() {
        return;
    }
    if context.config.journal.is_shared() {
        first_user_of_all(&context).await;
    }
    let mut tasks = JoinSet::new();
    tasks.spawn(hand_over(Arc::clone(&context), bus.events()));
    tasks.spawn(dispatch::run(Arc::clone(&context), events));
    tasks.spawn(reconcile::run(bus, Arc::clone(&context.live), Arc::clone(&context.config)));
    for job in jobs {
        tasks.spawn(scrape::run(Arc::clone(&context), Arc::new(job)));
    }
    for neighbour in neighbours {
        tasks.spawn(neighbour::run(Arc::clone(&context), neighbour));
    }
    tasks.spawn(ssh::operate::run(Arc::clone(&context)));
    tasks.spawn(ssh::run(Arc::clone(&context)));
    tasks.spawn(terminal::run(Arc::clone(&context)));
    tasks.spawn(idle::run(Arc::clone(&context)));
    tasks.spawn(aws::run(Arc::clone(&context)));
    tasks.spawn(tenant::run(Arc::clone(&context)));
    tasks.spawn(problem::run(Arc::clone(&context)));
    tasks.spawn(notification::deliver::run(Arc::clone(&context)));
    if let Some(stream) = context.config.audit.syslog.clone() {
        tasks.spawn(audit::run(Arc::clone(&context), stream));
    }
    // A deposed master does none of it any more.
    let _ = role.wait_for(|role| *role == MasterRole::Deposed).await;
    tasks.shutdown().await;
}

/// Gives the lead away as soon as the journal says so.
async fn hand_over(context: Arc<Context>, mut events: broadcast::Receiver<Arc<Event>>) {
    loop {
        match events.recv().await {
            Ok(event) => {
                if let EventBody::MasterHandedOver { to } = &event.body {
                    context.members.give_to(to);
                }
            }
            // One that was missed is asked for again by a person.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Makes the first user of masters that share a journal. The password must be given, for nobody may be there to read one.
async fn first_user_of_all(context: &Context) {
    let bus = &context.bus;
    if !bus.state().users().is_empty() {
        return;
    }
    let made = match given_password().filter(|password| !password.is_empty()) {
        Some(password) => create_first_user(bus, context.config.access.password_min, Some(password))
            .await
            .map(drop)
            .map_err(|error| error.to_string()),
        None => Err("set TOPMAST_ADMIN_PASSWORD and start the masters again".to_owned()),
    };
    if let Err(reason) = made {
        tracing::error!(reason, "there is no user, so nobody can log in");
    }
}
