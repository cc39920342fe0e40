//! Over ssh: a connection of its own for each pane, so that one that is slow holds up no other.
//!
//! Invariants
//! - TS-1: the hosts between are logged in to as the master always does; an own login is shown to the server alone.
//! - TS-2: what a host sends before it was read is bounded by its channel's window.

use crate::http::Context;
use crate::ssh::connect::{self, Connection, FirstUse, Login};
use crate::ssh::fault::Fault;
use crate::stop::StopSignal;
use crate::terminal::process::{Event, Order, Process, Spec, WAITING};
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use topmast_api::terminal::{OutputStream, TERMINAL_OUTPUT_MAX, TerminalLogin};
use topmast_model::agentless::AgentlessHost;
use topmast_model::path::ObjectPath;

/// For a host to say whether it runs something: a login shell's files are read after that.
const BEGIN_WITHIN: Duration = Duration::from_secs(15);
/// After the signal, until the host's own tools are asked to send it.
const GRACE: Duration = Duration::from_secs(1);
/// After all of that, until the connection is cut.
const CUT_AFTER: Duration = Duration::from_secs(4);
/// Ends everything that this connection's server has begun for it but this. Each session is a group of its own, and
/// a child of the same process.
const END_ALL: &str = "exec /bin/sh -c 'end() { ps -A -o pid= -o ppid= | while read a b; do \
    if [ \"$b\" = \"$PPID\" ] && [ \"$a\" != \"$$\" ]; then kill -s \"$1\" -- \"-$a\"; fi; done; }; \
    end TERM; sleep 2; end KILL'";
/// The terminal that programs are told they have: what every emulator understands.
const TERMINAL: &str = "xterm-256color";
/// Standard error, in the numbers of the protocol.
const STDERR: u32 = 1;

/// Connects and logs in.
pub(super) async fn connect(
    context: &Context,
    server: &ObjectPath,
    host: &AgentlessHost,
    own: Option<&TerminalLogin>,
) -> Result<Connection, Fault> {
    let own = own.map(|own| Login::of(own.kind, &own.secret)).transpose()?;
    let kept = || -> Result<Login, Fault> {
        Login::of(host.login.kind, &context.seal.reveal(server, &host.login.secret)?)
    };
    let _turn = context.terminals.connecting.acquire().await.map_err(|_| Fault::Stopping)?;
    let reached = match own {
        Some(own) if host.jumps.is_empty() => connect::reach(host, own, FirstUse::Show).await?,
        Some(own) => connect::reach(host, kept()?, FirstUse::Show).await?.with_login(own), // TS-1
        None => connect::reach(host, kept()?, FirstUse::Show).await?,
    };
    reached.log_in().await
}

/// Begins with a command or a shell.
pub(super) async fn begin(connection: Connection, account: String, spec: &Spec) -> Result<Process, Fault> {
    let late = |_| Fault::Late {
        endpoint: connection.endpoint().to_owned(),
        what: "begin to run anything",
        within: BEGIN_WITHIN,
    };
    let (read, write) = timeout(BEGIN_WITHIN, ask(&connection, spec)).await.map_err(late)??;
    let (sender, events) = mpsc::channel(WAITING);
    let (orders, receiver) = mpsc::channel(WAITING);
    let stop = Arc::new(StopSignal::default());
    let is_command = spec.command.is_some();
    let stopped = Arc::clone(&stop);
    tokio::spawn(async move {
        drive(&connection, read, write, is_command, sender, receiver, &stopped).await;
        connection.close().await;
    });
    Ok(Process { account, events, orders, stop })
}

type Halves = (ChannelReadHalf, ChannelWriteHalf<Msg>);

/// Asks for it, and waits for the answer.
async fn ask(connection: &Connection, spec: &Spec) -> Result<Halves, Fault> {
    let broken = |error: russh::Error| connection.broken("a session was opened", &error);
    let handle = connection.handle().ok_or_else(|| broken(russh::Error::Disconnect))?;
    let mut channel = handle.channel_open_session().await.map_err(broken)?;
    if let Some(command) = &spec.command {
        channel.exec(true, command.as_bytes()).await.map_err(broken)?;
        answer(&mut channel, connection, "runs no command for this account").await?;
        // Nobody types: a program that reads finds its end at once.
        channel.eof().await.map_err(broken)?;
    } else {
        let (columns, rows) = (u32::from(spec.size.columns), u32::from(spec.size.rows));
        channel.request_pty(true, TERMINAL, columns, rows, 0, 0, &[]).await.map_err(broken)?;
        answer(&mut channel, connection, "gives this account no terminal").await?;
        channel.request_shell(true).await.map_err(broken)?;
        answer(&mut channel, connection, "gives this account no shell").await?;
    }
    Ok(channel.split())
}

async fn answer(
    channel: &mut russh::Channel<Msg>,
    connection: &Connection,
    refusal: &'static str,
) -> Result<(), Fault> {
    loop {
        match channel.wait().await {
            Some(ChannelMsg::Success) => return Ok(()),
            Some(ChannelMsg::Failure | ChannelMsg::Close) | None => {
                return Err(Fault::Unwilling { endpoint: connection.endpoint().to_owned(), refusal });
            }
            Some(_) => {}
        }
    }
}

/// Carries everything between the channel and the pane until one of them ends.
async fn drive(
    connection: &Connection,
    read: ChannelReadHalf,
    write: ChannelWriteHalf<Msg>,
    is_command: bool,
    events: mpsc::Sender<Event>,
    orders: mpsc::Receiver<Order>,
    stop: &StopSignal,
) {
    tokio::select! {
        () = read_all(connection, read, &events) => {}
        () = write_all(&write, orders) => {}
        () = end(connection, &write, is_command, stop) => {}
        () = events.closed() => {}
    }
}

async fn read_all(connection: &Connection, mut read: ChannelReadHalf, events: &mpsc::Sender<Event>) {
    let mut has_ended = false;
    while let Some(message) = read.wait().await {
        let (stream, data) = match message {
            ChannelMsg::Data { data } => (OutputStream::Output, data),
            ChannelMsg::ExtendedData { data, ext: STDERR } => (OutputStream::Error, data),
            ChannelMsg::ExitStatus { exit_status } => {
                has_ended = true;
                // It is an int there, and -1 is written as the largest number.
                let code = i32::from_ne_bytes(exit_status.to_ne_bytes());
                if events.send(Event::Exited(code)).await.is_err() {
                    return;
                }
                continue;
            }
            ChannelMsg::ExitSignal { signal_name, .. } => {
                has_ended = true;
                if events.send(Event::Signalled(name(&signal_name))).await.is_err() {
                    return;
                }
                continue;
            }
            ChannelMsg::Close => break,
            _ => continue,
        };
        // The last bytes of a message are the pane's number and stream.
        for chunk in data.chunks(TERMINAL_OUTPUT_MAX - 16) {
            if events.send(Event::Output(stream, chunk.to_vec())).await.is_err() {
                return;
            }
        }
    }
    if !has_ended {
        let words = format!(
            "the connection to {} broke while it ran; whether it still runs there is not known",
            connection.endpoint()
        );
        let _ = events.send(Event::Broken(words)).await;
    }
}

/// Never ends by itself: a program that takes nothing more may still print.
async fn write_all(write: &ChannelWriteHalf<Msg>, mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        let written = match order {
            Order::Input(bytes) => write.data_bytes(bytes).await,
            Order::Resize(size) => {
                write.window_change(u32::from(size.columns), u32::from(size.rows), 0, 0).await
            }
        };
        if written.is_err() {
            break;
        }
    }
    std::future::pending::<()>().await;
}

/// Ends the program when the signal is given. A shell gets the hang-up that its terminal's end is. A command has no
/// terminal, and nothing would tell it that its connection is gone: it is sent a signal, as OpenSSH does since 7.9 for
/// every account but root; where that does not help, another session ends it with the host's own tools.
async fn end(connection: &Connection, write: &ChannelWriteHalf<Msg>, is_command: bool, stop: &StopSignal) {
    stop.given().await;
    if is_command {
        let _ = write.signal(Sig::TERM).await;
        sleep(GRACE).await;
        let _ = write.signal(Sig::KILL).await;
        if let Some(handle) = connection.handle()
            && let Ok(channel) = handle.channel_open_session().await
        {
            let _ = channel.exec(false, END_ALL).await;
            sleep(CUT_AFTER).await;
        }
    } else {
        let _ = write.close().await;
        sleep(CUT_AFTER).await;
    }
}

fn name(signal: &Sig) -> String {
    match signal {
        Sig::ABRT => "ABRT",
        Sig::ALRM => "ALRM",
        Sig::FPE => "FPE",
        Sig::HUP => "HUP",
        Sig::ILL => "ILL",
        Sig::INT => "INT",
        Sig::KILL => "KILL",
        Sig::PIPE => "PIPE",
        Sig::QUIT => "QUIT",
        Sig::SEGV => "SEGV",
        Sig::TERM => "TERM",
        Sig::USR1 => "USR1",
        Sig::Custom(name) => name,
    }
    .to_owned()
}
