//! `/api/v1/terminals/connect`: the WebSocket over which commands and shells run.
//!
//! ```text
//! hear: requests ─► Session ─► panes ─► frames (bounded) ─► speak: texts, output, pings
//! guard, each second: do the credentials hold?
//! ```
//!
//! A client that reads slowly makes the programs wait; one that takes nothing for [`SEND_WITHIN`], or from which
//! nothing comes for [`SILENCE_MAX`] although it is pinged, is gone, and everything that it began is ended.

use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::v1::socket::{self, Ended, Upgrade};
use crate::http::{Context, Mounting};
use crate::terminal::{Frame, Session};
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::terminal::{TERMINAL_REQUEST_MAX, TerminalMessage, TerminalRequest};

/// Messages to a client that wait: 2 MiB of output at most.
const WAITING: usize = 64;
/// For the first request.
const OPEN_WITHIN: Duration = Duration::from_secs(30);
/// A client that takes nothing for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// For a goodbye to reach somebody who may be gone already.
const GOODBYE_WITHIN: Duration = Duration::from_secs(1);
/// Time between two pings.
const PING_EVERY: Duration = Duration::from_secs(10);
/// A client of which nothing comes for so long, not even an answer to a ping, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// Time between two looks at the credentials.
const GUARD_EVERY: Duration = Duration::from_secs(1);

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting.route(&route::TERMINAL_CONNECT, terminal_connect)
}

async fn terminal_connect(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    upgrade: Upgrade,
) -> Result<Response, Refusal> {
    let serving = Arc::clone(&context);
    socket::accept(&context, upgrade, async move |socket: WebSocket| {
        serve(&serving, authenticated, socket).await;
    })
}

async fn serve(context: &Arc<Context>, authenticated: Authenticated, socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let (frames, mut queue) = mpsc::channel(WAITING);
    let mut session = match open(context, &authenticated, &mut stream, frames).await {
        Ok(session) => session,
        Err(ended) => return part(&mut sink, ended).await,
    };
    let ended = tokio::select! {
        () = context.stop.given() => Ended::Stopping,
        Err(ended) = hear(context, &authenticated, &mut session, &mut stream) => ended,
        Err(ended) = speak(&mut sink, &mut queue) => ended,
        Err(ended) = guard(context, &authenticated) => ended,
    };
    // Before the farewell: programs that wait for their reader are told at once.
    drop(queue);
    tokio::join!(session.finish(), part(&mut sink, ended));
}

async fn open(
    context: &Arc<Context>,
    authenticated: &Authenticated,
    stream: &mut SplitStream<WebSocket>,
    frames: mpsc::Sender<Frame>,
) -> Result<Session, Ended> {
    let request = timeout(OPEN_WITHIN, receive(stream)).await.map_err(|_| Ended::Gone)??;
    let TerminalRequest::Open(open) = request else {
        return Err(Refusal::new(ProblemCode::Invalid, "the first message is `open`").into());
    };
    if !authenticated.holds(context) {
        return Err(Refusal::wrong_credentials().into());
    }
    Ok(Session::open(context, authenticated.principal.clone(), open, frames).await?)
}

async fn hear(
    context: &Context,
    authenticated: &Authenticated,
    session: &mut Session,
    stream: &mut SplitStream<WebSocket>,
) -> Result<Infallible, Ended> {
    loop {
        let request = receive(stream).await?;
        authenticated.note_use(context);
        session.take(request).await?;
    }
}

/// Whoever lost the right, or whose session is over, runs nothing any more.
async fn guard(context: &Context, authenticated: &Authenticated) -> Result<Infallible, Ended> {
    let mut timer = interval(GUARD_EVERY);
    loop {
        timer.tick().await;
        if !authenticated.holds(context) {
            return Err(Refusal::wrong_credentials().into());
        }
    }
}

async fn speak(
    sink: &mut SplitSink<WebSocket, Message>,
    queue: &mut mpsc::Receiver<Frame>,
) -> Result<Infallible, Ended> {
    let mut timer = interval(PING_EVERY);
    loop {
        let message = tokio::select! {
            _ = timer.tick() => Message::Ping(axum::body::Bytes::new()),
            // The session holds a sender as long as it is polled beside this.
            frame = queue.recv() => match frame.ok_or(Ended::Gone)? {
                Frame::Text(text) => Message::Text(text.into()),
                Frame::Output(bytes) => Message::Binary(bytes.into()),
            },
        };
        send(sink, message).await?;
    }
}

/// The next request of the client.
async fn receive(stream: &mut SplitStream<WebSocket>) -> Result<TerminalRequest, Ended> {
    loop {
        match timeout(SILENCE_MAX, stream.next()).await.map_err(|_| Ended::Gone)? {
            Some(Ok(Message::Text(text))) if text.len() > TERMINAL_REQUEST_MAX => {
                let detail =
                    format!("a message has at most {TERMINAL_REQUEST_MAX} bytes; paste less at once");
                return Err(Refusal::new(ProblemCode::TooLarge, detail).into());
            }
            Some(Ok(Message::Text(text))) => {
                return serde_json::from_str(&text).map_err(|error| {
                    let detail = format!("the message is not what is expected here: {error}");
                    Refusal::new(ProblemCode::Invalid, detail).into()
                });
            }
            Some(Ok(Message::Binary(_))) => {
                return Err(Refusal::new(ProblemCode::Invalid, "messages are JSON texts, not binary").into());
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Ended::Gone),
        }
    }
}

async fn send(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> Result<(), Ended> {
    match timeout(SEND_WITHIN, sink.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(Ended::Gone),
    }
}

/// Says why it is over, to whom still listens.
async fn part(sink: &mut SplitSink<WebSocket, Message>, ended: Ended) {
    let code = match ended {
        Ended::Gone => {
            // Who said goodbye hears it back.
            let _ = timeout(GOODBYE_WITHIN, sink.close()).await;
            return;
        }
        Ended::Stopping => close_code::AWAY,
        Ended::Refused(refusal) => {
            let refused = TerminalMessage::Refused(refusal.problem().clone());
            if let Frame::Text(text) = Frame::text(&refused) {
                let _ = send(sink, Message::Text(text.into())).await;
            }
            close_code::POLICY
        }
    };
    let frame = CloseFrame { code, reason: Utf8Bytes::default() };
    let _ = send(sink, Message::Close(Some(frame))).await;
}
