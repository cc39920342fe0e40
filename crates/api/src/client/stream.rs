//! Streams of messages: watches, actions, events, exports.
//!
//! A stream never ends silently: when its connection breaks, `next` returns the error once,
//! and the call after it connects again — events go on behind the last one seen, watches
//! begin with a new snapshot. How long to wait in between is the caller's affair.

use super::sse::{Parser, SseEvent};
use super::{Client, ClientError};
use crate::action::ActionMessage;
use crate::event::{EventMessage, EventQuery};
use crate::page::{ListQuery, Page};
use crate::route::{self, Route};
use crate::row::{Kind, Row};
use crate::watch::{HEARTBEAT, WatchMessage};
use reqwest::Response;
use reqwest::header::{CONTENT_DISPOSITION, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::marker::PhantomData;
use std::time::Duration;
use topmast_model::id::{ActionId, Seq};

/// Silence after which a stream counts as broken: three heartbeats.
const SILENCE_MAX: Duration = HEARTBEAT.saturating_mul(3);

/// An open connection with what was read of it and not yet handed out.
struct Connection {
    response: Response,
    parser: Parser,
    waiting: VecDeque<SseEvent>,
}

/// The events of one address, over as many connections as it takes.
struct Events<Q> {
    client: Client,
    route: &'static Route,
    arguments: Vec<String>,
    query: Q,
    last_id: Option<String>,
    connection: Option<Connection>,
}

impl<Q: Serialize> Events<Q> {
    fn new(client: &Client, route: &'static Route, arguments: Vec<String>, query: Q) -> Self {
        Self { client: client.clone(), route, arguments, query, last_id: None, connection: None }
    }

    /// The next event; `None` when the master ended the stream in good order.
    async fn next(&mut self) -> Result<Option<SseEvent>, ClientError> {
        if self.connection.is_none() {
            self.connection = Some(self.connect().await?);
        }
        let read = self.read().await;
        if !matches!(read, Ok(Some(_))) {
            self.connection = None;
        }
        if let Ok(Some(event)) = &read {
            self.last_id.clone_from(&event.id);
        }
        read
    }

    async fn connect(&self) -> Result<Connection, ClientError> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut headers = HeaderMap::new();
        if let Some(value) = self.last_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(HeaderName::from_static("last-event-id"), value);
        }
        let call = self.client.call(self.route, &arguments).query(&self.query).headers(headers);
        let response = call.events().await?;
        Ok(Connection { response, parser: Parser::default(), waiting: VecDeque::new() })
    }

    async fn read(&mut self) -> Result<Option<SseEvent>, ClientError> {
        let Some(connection) = &mut self.connection else { return Ok(None) };
        let url = self.client.url();
        loop {
            if let Some(event) = connection.waiting.pop_front() {
                return Ok(Some(event));
            }
            let silent = |_| ClientError::Lost {
                url: url.to_owned(),
                reason: format!("nothing was heard for {} s", SILENCE_MAX.as_secs()),
            };
            let chunk =
                tokio::time::timeout(SILENCE_MAX, connection.response.chunk()).await.map_err(silent)?;
            let Some(chunk) = chunk.map_err(|source| ClientError::connection(url, &source))? else {
                return Ok(None);
            };
            let mut events = Vec::new();
            connection
                .parser
                .push(&chunk, &mut events)
                .map_err(|error| self.client.strange(error.to_string()))?;
            connection.waiting.extend(events);
        }
    }

    fn parse<T: DeserializeOwned>(&self, event: &SseEvent) -> Result<T, ClientError> {
        let wrong = |error| self.client.strange(format!("cannot read its event {:?}: {error}", event.name));
        serde_json::from_str(&event.data).map_err(wrong)
    }

    fn ended(&self) -> ClientError {
        ClientError::Lost { url: self.client.url().to_owned(), reason: "the master ended it".to_owned() }
    }
}

/// A watch of a list.
pub struct WatchStream<R> {
    events: Events<ListQuery>,
    rows: PhantomData<R>,
}

impl<R: Row> WatchStream<R> {
    pub(super) fn new(client: &Client, query: ListQuery) -> Self {
        let route = match R::KIND {
            Kind::Servers => &route::SERVER_WATCH,
            Kind::Applications => &route::APPLICATION_WATCH,
            Kind::Services => &route::SERVICE_WATCH,
            Kind::Tasks => &route::TASK_WATCH,
        };
        Self { events: Events::new(client, route, Vec::new(), query), rows: PhantomData }
    }

    /// The next message; the first one, also after an error, is a snapshot.
    ///
    /// # Errors
    /// [`ClientError`]; when it is transient, call again.
    pub async fn next(&mut self) -> Result<WatchMessage<R>, ClientError> {
        // A watch has no ids: what was missed comes as a new snapshot.
        loop {
            let Some(event) = self.events.next().await? else { return Err(self.events.ended()) };
            match event.name.as_str() {
                "snapshot" => return self.events.parse(&event).map(WatchMessage::Snapshot),
                "delta" => return self.events.parse(&event).map(WatchMessage::Delta),
                "heartbeat" => return Ok(WatchMessage::Heartbeat),
                // A newer master may say more.
                _ => {}
            }
        }
    }

    /// Gives the connection up; the next message is a new snapshot.
    pub fn restart(&mut self) {
        self.events.connection = None;
    }
}

/// A list that comes whole each time that it changed, such as that of problems.
pub struct PageStream<R> {
    events: Events<ListQuery>,
    rows: PhantomData<R>,
}

impl<R: DeserializeOwned> PageStream<R> {
    pub(super) fn new(client: &Client, route: &'static Route, query: ListQuery) -> Self {
        Self { events: Events::new(client, route, Vec::new(), query), rows: PhantomData }
    }

    /// The next list; `None` when it is as it was.
    ///
    /// # Errors
    /// [`ClientError`]; when it is transient, call again.
    pub async fn next(&mut self) -> Result<Option<Page<R>>, ClientError> {
        loop {
            let Some(event) = self.events.next().await? else { return Err(self.events.ended()) };
            match event.name.as_str() {
                "snapshot" => return self.events.parse(&event).map(Some),
                "heartbeat" => return Ok(None),
                // A newer master may say more.
                _ => {}
            }
        }
    }
}

/// The progress of an action.
pub struct ActionStream {
    events: Events<()>,
}

impl ActionStream {
    pub(super) fn new(client: &Client, id: ActionId) -> Self {
        Self { events: Events::new(client, &route::ACTION_WATCH, vec![id.to_string()], ()) }
    }

    /// The next message; `None` after the one with the final status.
    ///
    /// # Errors
    /// [`ClientError`]; when it is transient, call again.
    pub async fn next(&mut self) -> Result<Option<ActionMessage>, ClientError> {
        loop {
            let Some(event) = self.events.next().await? else { return Ok(None) };
            match event.name.as_str() {
                "snapshot" => return self.events.parse(&event).map(ActionMessage::Snapshot).map(Some),
                "progress" => return self.events.parse(&event).map(ActionMessage::Progress).map(Some),
                "heartbeat" => return Ok(Some(ActionMessage::Heartbeat)),
                _ => {}
            }
        }
    }
}

/// The journal from some position on.
pub struct EventStream {
    events: Events<EventQuery>,
}

impl EventStream {
    pub(super) fn new(client: &Client, query: EventQuery) -> Self {
        Self { events: Events::new(client, &route::EVENT_STREAM, Vec::new(), query) }
    }

    /// The next message.
    ///
    /// # Errors
    /// [`ClientError`]; when it is transient, call again: nothing is missed and nothing comes twice.
    pub async fn next(&mut self) -> Result<EventMessage, ClientError> {
        loop {
            let Some(event) = self.events.next().await? else { return Err(self.events.ended()) };
            match event.name.as_str() {
                "event" => return self.events.parse(&event).map(EventMessage::Event),
                "heartbeat" => return Ok(EventMessage::Heartbeat),
                _ => {}
            }
        }
    }

    /// Position behind which the next connection goes on.
    pub fn cursor(&self) -> Option<Seq> {
        let stream = self.events.last_id.as_deref().and_then(|id| id.parse().ok()).map(Seq);
        stream.or(self.events.query.after)
    }
}

/// An export, as it comes.
pub struct ExportStream {
    pub(super) url: String,
    pub(super) response: Response,
}

impl ExportStream {
    /// What it says of its place among files, as its `Content-Disposition`.
    pub fn disposition(&self) -> Option<&str> {
        self.response.headers().get(CONTENT_DISPOSITION)?.to_str().ok()
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`ClientError`] when the connection breaks; what came before is not the whole export.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ClientError> {
        let chunk = self.response.chunk().await;
        let chunk = chunk.map_err(|source| ClientError::connection(&self.url, &source))?;
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }
}
