//! `/api/v1/events`: the journal as people and programs may read it.
//!
//! The stream is durable: it goes on after any position, first from the journal,
//! then live. Secrets' hashes never leave; who may see an event depends on what
//! it is about.

use crate::bus::CommandBus;
use crate::http::authenticate::Authenticated;
use crate::http::body::Asked;
use crate::http::problem::Refusal;
use crate::http::stream::{self, Position};
use crate::http::{Context, Message, Messages, Mounting};
use crate::view::{FilterableEvent, QueryError};
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::broadcast::{self, error::RecvError};
use topmast_api::event::{EVENTS_DEFAULT, EVENTS_MAX, Event, EventOrder, EventPage, EventQuery};
use topmast_api::live::LiveEvent;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_journal::RecordQuery;
use topmast_model::event::{Event as Fact, EventBody};
use topmast_model::filter::Filter;
use topmast_model::filter::fields::EVENTS;
use topmast_model::id::Seq;
use topmast_model::permit::PermitKind;
use topmast_model::principal::{Principal, Right};

/// Events read from the journal at a time.
const CHUNK: usize = 1_000;
/// Chunks looked through for one page before it ends early, so that a rare match cannot walk a year.
const CHUNKS_MAX: usize = 20;

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::EVENT_LIST, event_list).route(&route::EVENT_STREAM, event_stream)
}

async fn event_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<EventQuery>,
) -> Result<Json<EventPage>, Refusal> {
    let limit = query.limit.unwrap_or(EVENTS_DEFAULT);
    if !(1..=EVENTS_MAX).contains(&limit) {
        return Err(Refusal::invalid("limit", format!("limit is 1 to {EVENTS_MAX}")));
    }
    let limit = limit as usize;
    let filter = to_filter(&query)?;
    let ascending = match query.order {
        Some(order) => order == EventOrder::Asc,
        None => query.after.is_some(),
    };
    let head_seq = context.bus.state().last_seq();
    let mut records = to_records(&query, !ascending);
    let (mut items, mut next) = (Vec::new(), None);
    for _ in 0..CHUNKS_MAX {
        let facts = context.journal.select(records.clone()).await?;
        // Nothing is left: there is no next page.
        let Some(last) = facts.last().map(|fact| fact.seq) else {
            return Ok(Json(EventPage { items, head_seq, next: None }));
        };
        for fact in &facts {
            if let Some(event) = told(&context.bus, &authenticated.principal, &filter, fact)? {
                items.push(event);
                if items.len() == limit {
                    return Ok(Json(EventPage { items, head_seq, next: Some(fact.seq) }));
                }
            }
        }
        next = Some(last);
        if ascending {
            records.after = next;
        } else {
            records.before = next;
        }
    }
    // The look was cut short; the next page goes on here.
    Ok(Json(EventPage { items, head_seq, next }))
}

async fn event_stream(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    headers: HeaderMap,
    Asked(query): Asked<EventQuery>,
) -> Result<impl IntoResponse, Refusal> {
    let cursor = match headers.get("last-event-id") {
        Some(id) => Some(id.to_str().ok().and_then(|text| text.parse().ok()).map(Seq).ok_or_else(|| {
            Refusal::invalid("Last-Event-ID", "Last-Event-ID is the number that the last event carried")
        })?),
        None => query.after,
    };
    let place = context.streams.enter()?;
    let position = Position::default();
    let query = EventQuery { after: cursor, ..query };
    let messages = follow(&context, authenticated.principal.clone(), query, &position)?;
    Ok(stream::answer(&context, authenticated, place, Some(position), messages))
}

/// What a principal is told of the events after `query.after`, from now on without it; for ever.
///
/// - `position`: kept at where a reader that comes again goes on.
pub(super) fn follow(
    context: &Arc<Context>,
    principal: Principal,
    query: EventQuery,
    position: &Position,
) -> Result<Messages, Refusal> {
    for (field, given) in [
        ("before", query.before.is_some()),
        ("limit", query.limit.is_some()),
        ("until", query.until.is_some()),
        ("order", query.order.is_some()),
    ] {
        if given {
            return Err(Refusal::invalid(
                field,
                format!("{field} is not for the stream, which goes on for ever"),
            ));
        }
    }
    let filter = to_filter(&query)?;
    let live = context.bus.events();
    let head = context.bus.state().last_seq();
    let position = position.clone();
    position.set(query.after.unwrap_or(head));
    let context = Arc::clone(context);
    let ready = VecDeque::new();
    let follower = Follower { context, principal, query, filter, position, live, ready, behind: true };
    Ok(unfold(follower, async |mut follower| Some((follower.next().await?, follower))).boxed())
}

/// A reader of the stream.
struct Follower {
    context: Arc<Context>,
    principal: Principal,
    query: EventQuery,
    filter: Filter,
    /// Everything up to here was told, is ready, or did not concern the reader.
    position: Position,
    live: broadcast::Receiver<Arc<Fact>>,
    ready: VecDeque<Message>,
    /// True while the journal may hold what the live events no longer do.
    behind: bool,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Message, Refusal>> {
        loop {
            if let Some(message) = self.ready.pop_front() {
                return Some(Ok(message));
            }
            if self.behind {
                if let Err(refusal) = self.catch_up().await {
                    return Some(Err(refusal));
                }
                continue;
            }
            match self.live.recv().await {
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => self.behind = true,
                Ok(fact) if fact.seq > self.position.get() => {
                    self.position.set(fact.seq);
                    if self.wants(&fact) {
                        self.tell(&fact);
                    }
                }
                Ok(_) => {}
            }
        }
    }

    /// Reads the next chunk of the journal.
    async fn catch_up(&mut self) -> Result<(), Refusal> {
        let head = self.context.bus.state().last_seq();
        let query = EventQuery { after: Some(self.position.get()), ..self.query.clone() };
        let facts = self.context.journal.select(to_records(&query, false)).await?;
        for fact in &facts {
            self.position.set(fact.seq);
            self.tell(fact);
        }
        if facts.is_empty() {
            // Nothing more matches up to the head as it was before this look; later events come live.
            self.position.set(self.position.get().max(head));
            self.behind = false;
        }
        Ok(())
    }

    fn tell(&mut self, fact: &Fact) {
        if let Ok(Some(event)) = told(&self.context.bus, &self.principal, &self.filter, fact) {
            let message = Message::new(LiveEvent::Event, &event);
            self.ready.push_back(Message { position: Some(fact.seq), ..message });
        }
    }

    fn wants(&self, fact: &Fact) -> bool {
        let EventQuery { object, kind, action, since, .. } = &self.query;
        let about = |prefix| fact.body.object().is_some_and(|object| object.is_within(prefix));
        object.as_ref().is_none_or(about)
            && kind.as_deref().is_none_or(|kind| fact.body.to_parts().is_ok_and(|(found, _)| found == kind))
            && action.is_none_or(|action| fact.action == Some(action))
            && since.is_none_or(|since| fact.time >= since.0)
    }
}

fn to_filter(query: &EventQuery) -> Result<Filter, QueryError> {
    Ok(Filter::parse(query.filter.as_deref().unwrap_or_default(), EVENTS)?)
}

fn to_records(query: &EventQuery, newest_first: bool) -> RecordQuery {
    RecordQuery {
        after: query.after,
        before: query.before,
        since: query.since.map(|time| time.0),
        until: query.until.map(|time| time.0),
        object_prefix: query.object.as_ref().map(ToString::to_string),
        kinds: query.kind.iter().cloned().collect(),
        actions: query.action.iter().map(ToString::to_string).collect(),
        newest_first,
        limit: CHUNK,
        ..RecordQuery::default()
    }
}

/// Whether a principal may see an event: by its object, by its action's targets, else as an auditor.
pub(super) fn visible(bus: &CommandBus, principal: &Principal, fact: &Fact) -> bool {
    if principal.may(Right::ReadAudit, None) {
        return true;
    }
    let reads = |path| principal.may(Right::Read, Some(path));
    let runs = |path| principal.may(Right::RunCommands, Some(path));
    match &fact.body {
        // Expressions tell what somebody looked for.
        EventBody::LogsRead { reading } => {
            reading.targets.iter().any(|path| principal.may(Right::ReadLogs, Some(path)))
        }
        EventBody::ActionAccepted { targets, .. } => targets.iter().any(reads),
        EventBody::PermitAsked { request, .. } | EventBody::PermitGoverned { request, .. } => {
            let right = match request.kind {
                PermitKind::OpenTerminal => Right::RunCommands,
                PermitKind::RemoveServer => Right::Read,
            };
            let may = |right| request.targets.iter().any(|path| principal.may(right, Some(path)));
            may(right) || may(Right::ApproveActions)
        }
        // Command lines tell more than what happened: who may not run any does not read them.
        EventBody::TerminalOpened { targets, .. } => targets.iter().any(runs),
        EventBody::TerminalClosed { id, .. } => {
            bus.state().terminal(*id).is_some_and(|terminal| terminal.targets.iter().any(runs))
        }
        EventBody::BatchReleased { id, .. }
        | EventBody::ActionGoverned { id, .. }
        | EventBody::ActionCompleted { id, .. } => {
            bus.state().action(*id).is_some_and(|action| action.steps.iter().any(|step| reads(&step.target)))
        }
        body => body.object().is_some_and(reads),
    }
}

/// The event as it is told; `None` when the principal may not see it or did not ask for it.
fn told(
    bus: &CommandBus,
    principal: &Principal,
    filter: &Filter,
    fact: &Fact,
) -> Result<Option<Event>, Refusal> {
    if !visible(bus, principal, fact) {
        return Ok(None);
    }
    let event = to_api(fact)?;
    Ok(filter.matches(&FilterableEvent(&event)).then_some(event))
}

/// The event as it is told, without its secrets.
pub(super) fn to_api(fact: &Fact) -> Result<Event, Refusal> {
    let (kind, payload) = fact
        .body
        .redacted()
        .to_parts()
        .map_err(|error| Refusal::new(topmast_api::problem::ProblemCode::Internal, error.to_string()))?;
    Ok(Event {
        seq: fact.seq,
        time: Timestamp(fact.time),
        tenant: fact.tenant.clone(),
        actor: fact.actor.clone().into(),
        action: fact.action,
        kind,
        object: fact.body.object().cloned(),
        payload,
    })
}
