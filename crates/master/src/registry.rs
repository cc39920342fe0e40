//! Which agents are connected, and how to send them something; and where orders go for servers without one.
//!
//! Invariant
//! - one connection a server. The same agent coming again replaces its old connection; another
//!   agent with the same identity is refused while the first still answers.

mod panes;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use topmast_model::path::ObjectPath;
use topmast_wire::{Execute, MasterMessage};
use uuid::Uuid;

pub(crate) use self::panes::{AgentPanes, Inbox, PaneNews};

/// Messages that may wait for one agent; a bulk action has one a target.
const OUTGOING: usize = 16_384;
/// A connection that was silent for longer no longer defends its place.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The connected agents.
#[derive(Default)]
pub(crate) struct Registry {
    connections: Mutex<BTreeMap<ObjectPath, Connection>>,
    /// Servers that are read over ssh now, and by how many connections: the next one may begin before the last is over.
    read: Mutex<BTreeMap<ObjectPath, usize>>,
    entered: AtomicU64,
    /// Where steps go that the master carries out itself; nowhere before it does.
    orders: Mutex<Option<mpsc::UnboundedSender<Order>>>,
}

/// A step on a server without an agent.
pub(crate) type Order = (ObjectPath, Execute);

struct Connection {
    number: u64,
    instance: Uuid,
    address: String,
    outgoing: mpsc::Sender<MasterMessage>,
    panes: Arc<AgentPanes>,
    heard: Instant,
}

/// One connection of an agent, for what is of no use on another.
pub(crate) struct AgentLine {
    /// Weak, for who holds a line must not keep a connection alive that was replaced or cut.
    outgoing: mpsc::WeakSender<MasterMessage>,
    panes: Arc<AgentPanes>,
}

impl AgentLine {
    /// Sends over this connection and no other; false when it is over or too much waits for it.
    pub(crate) fn send(&self, message: MasterMessage) -> bool {
        self.outgoing.upgrade().is_some_and(|outgoing| outgoing.try_send(message).is_ok())
    }

    /// What the agent says of panes on it.
    pub(crate) fn panes(&self) -> &AgentPanes {
        &self.panes
    }
}

/// A place in the registry; leaving drops it.
pub(crate) struct Place {
    registry: Arc<Registry>,
    panes: Arc<AgentPanes>,
    server: ObjectPath,
    number: u64,
}

/// A server is read over ssh as long as this is held.
pub(crate) struct Reading {
    registry: Arc<Registry>,
    server: ObjectPath,
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut read = self.registry.lock_read();
        if let Some(count) = read.get_mut(&self.server) {
            *count -= 1;
            if *count == 0 {
                read.remove(&self.server);
            }
        }
    }
}

/// Another agent has this identity and answers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Where the other one is.
    pub(crate) address: String,
}

impl Registry {
    /// Takes the server's place for a connection. What is sent to the server comes out of the receiver;
    /// it closes when the same agent connects again.
    pub(crate) fn enter(
        self: &Arc<Self>,
        server: &ObjectPath,
        instance: Uuid,
        address: String,
        now: Instant,
    ) -> Result<(Place, mpsc::Receiver<MasterMessage>), Taken> {
        let mut connections = self.lock();
        if let Some(held) = connections.get(server)
            && held.instance != instance
            && now.saturating_duration_since(held.heard) < ANSWERS_WITHIN
        {
            return Err(Taken { address: held.address.clone() });
        }
        let number = self.entered.fetch_add(1, Ordering::Relaxed);
        let (outgoing, receiver) = mpsc::channel(OUTGOING);
        let panes = Arc::new(AgentPanes::default());
        let place =
            Place { registry: Arc::clone(self), panes: Arc::clone(&panes), server: server.clone(), number };
        connections
            .insert(server.clone(), Connection { number, instance, address, outgoing, panes, heard: now });
        Ok((place, receiver))
    }

    /// The line to a server's agent, if it is connected.
    pub(crate) fn line(&self, server: &ObjectPath) -> Option<AgentLine> {
        let connections = self.lock();
        let held = connections.get(server)?;
        Some(AgentLine { outgoing: held.outgoing.downgrade(), panes: Arc::clone(&held.panes) })
    }

    /// Sends to a server's agent. False when it is not connected or too much waits for it:
    /// what is not sent now is sent when it connects again.
    pub(crate) fn send(&self, server: &ObjectPath, message: MasterMessage) -> bool {
        self.lock().get(server).is_some_and(|held| held.outgoing.try_send(message).is_ok())
    }

    /// Orders a step on a server without an agent. The engine bounds how many can be open; what comes before anybody
    /// takes orders is ordered again then.
    pub(crate) fn order(&self, server: ObjectPath, execute: Execute) {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(orders) = &*orders {
            let _ = orders.send((server, execute));
        }
    }

    /// The orders from now on.
    pub(crate) fn orders(&self) -> mpsc::UnboundedReceiver<Order> {
        let (sender, receiver) = mpsc::unbounded_channel();
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        receiver
    }

    /// Ends a server's connection, as when its identity was revoked.
    pub(crate) fn disconnect(&self, server: &ObjectPath) {
        self.lock().remove(server);
    }

    /// True when the server's agent is connected, or the server is read over ssh now.
    pub(crate) fn is_connected(&self, server: &ObjectPath) -> bool {
        self.lock().contains_key(server) || self.lock_read().contains_key(server)
    }

    /// Says that a server is read over ssh, until what is returned is dropped.
    pub(crate) fn read(self: &Arc<Self>, server: &ObjectPath) -> Reading {
        *self.lock_read().entry(server.clone()).or_default() += 1;
        Reading { registry: Arc::clone(self), server: server.clone() }
    }

    fn lock_read(&self) -> MutexGuard<'_, BTreeMap<ObjectPath, usize>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many agents are connected.
    pub(crate) fn connected(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<ObjectPath, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// True until the same agent connected again or was disconnected.
    pub(crate) fn is_held(&self) -> bool {
        self.registry.lock().get(&self.server).is_some_and(|held| held.number == self.number)
    }

    /// What its agent says of panes.
    pub(crate) fn panes(&self) -> &AgentPanes {
        &self.panes
    }

    /// Notes that something came over the connection.
    pub(crate) fn heard(&self, now: Instant) {
        if let Some(held) = self.registry.lock().get_mut(&self.server)
            && held.number == self.number
        {
            held.heard = now;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.panes.end();
        let mut connections = self.registry.lock();
        if connections.get(&self.server).is_some_and(|held| held.number == self.number) {
            connections.remove(&self.server);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Uuid = Uuid::from_u128(1);
    const TWO: Uuid = Uuid::from_u128(2);

    fn server() -> ObjectPath {
        "acme/main/db".parse().unwrap()
    }

    fn ping() -> MasterMessage {
        MasterMessage::Ping { nonce: 1 }
    }

    #[test]
    fn same_agent_replaces_its_old_connection() {
        //
        let (registry, now) = (Arc::new(Registry::default()), Instant::now());
        let (old, mut old_messages) = registry.enter(&server(), ONE, "a".into(), now).ok().unwrap();
        let (_new, mut new_messages) = registry.enter(&server(), ONE, "b".into(), now).ok().unwrap();
        drop(old);
        assert!(registry.send(&server(), ping()));
        assert!(new_messages.try_recv().is_ok());
        assert_eq!(old_messages.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
    }

    #[test]
    fn other_agent_is_refused_until_the_first_is_silent() {
        //
        let (registry, now) = (Arc::new(Registry::default()), Instant::now());
        let (place, _messages) = registry.enter(&server(), ONE, "10.0.0.1".into(), now).ok().unwrap();
        let second = ANSWERS_WITHIN / 2;
        place.heard(now + second);
        let taken = registry.enter(&server(), TWO, "b".into(), now + ANSWERS_WITHIN).err().unwrap();
        assert_eq!(taken.address, "10.0.0.1");
        assert!(registry.enter(&server(), TWO, "b".into(), now + second + ANSWERS_WITHIN).is_ok());
    }

    #[test]
    fn connection_that_was_cut_leaves_a_later_one_alone() {
        //
        let (registry, now) = (Arc::new(Registry::default()), Instant::now());
        let (cut, _messages) = registry.enter(&server(), ONE, "a".into(), now).ok().unwrap();
        registry.disconnect(&server());
        assert!(!cut.is_held());
        let (later, _messages) = registry.enter(&server(), ONE, "b".into(), now).ok().unwrap();
        drop(cut);
        assert!(later.is_held() && registry.is_connected(&server()));
    }

    #[test]
    fn line_does_not_keep_a_connection_that_was_cut() {
        //
        let (registry, now) = (Arc::new(Registry::default()), Instant::now());
        let (place, mut messages) = registry.enter(&server(), ONE, "a".into(), now).ok().unwrap();
        let line = registry.line(&server()).unwrap();
        assert!(line.send(ping()) && messages.try_recv().is_ok());
        registry.disconnect(&server());
        assert_eq!(messages.try_recv(), Err(mpsc::error::TryRecvError::Disconnected));
        let (_later, mut later) = registry.enter(&server(), ONE, "a".into(), now).ok().unwrap();
        assert!(!line.send(ping()) && later.try_recv().is_err(), "it is no line to the next connection");
        drop(place);
        let pane = topmast_wire::PaneId { terminal: TWO, pane: 0 };
        assert!(line.panes().expect(pane, 1).is_none());
    }

    #[test]
    fn left_or_unknown_server_takes_nothing() {
        let registry = Arc::new(Registry::default());
        let entered = registry.enter(&server(), ONE, "a".into(), Instant::now()).ok().unwrap();
        drop(entered);
        assert!(!registry.send(&server(), ping()));
        assert_eq!(registry.connected(), 0);
    }
}
