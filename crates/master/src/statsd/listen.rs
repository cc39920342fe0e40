//! The sockets of StatsD: packets by UDP, lines by TCP.

use crate::http::Context;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use topmast_ingest::statsd::LINE_MAX;

/// Bytes of a packet: UDP has no longer ones.
const PACKET_MAX: usize = 64 << 10;
/// Connections at one time; who comes then waits to be accepted.
const CONNECTIONS_MAX: usize = 256;
/// A connection that says nothing for so long is ended.
const SILENT: Duration = Duration::from_mins(10);
/// Pause after an accept that failed: mostly there are no file descriptors, which a retry at once does not mend.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Both sockets, on one port.
pub(crate) struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
}

impl Sockets {
    /// # Errors
    /// What the system answered.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let tcp = TcpListener::bind(address).await?;
        let udp = UdpSocket::bind(tcp.local_addr()?).await?;
        Ok(Self { udp, tcp })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// What the system answered.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// Takes lines for as long as it is polled.
    pub(crate) async fn run(self, context: &Arc<Context>) {
        tokio::join!(packets(self.udp, context), connections(self.tcp, context));
    }
}

async fn packets(socket: UdpSocket, context: &Context) {
    let mut packet = vec![0; PACKET_MAX];
    loop {
        match socket.recv_from(&mut packet).await {
            Ok((length, sender)) if context.statsd.lets_in(sender.ip()) => {
                context.statsd.take_silently(&packet[..length], context.bus.clock().now().0);
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "receive a packet of StatsD");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connections(listener: TcpListener, context: &Arc<Context>) {
    let (places, mut tasks) = (Arc::new(Semaphore::new(CONNECTIONS_MAX)), JoinSet::new());
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, sender)) if context.statsd.lets_in(sender.ip()) => {
                let context = Arc::clone(context);
                tasks.spawn(async move {
                    let _place = place;
                    lines(stream, &context).await;
                });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "accept a connection of StatsD");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
}

/// Takes whole lines as they come; the last of a connection needs no end.
async fn lines(mut stream: TcpStream, context: &Context) {
    let mut held = Vec::new();
    let mut chunk = vec![0; LINE_MAX];
    while let Ok(Ok(length)) = tokio::time::timeout(SILENT, stream.read(&mut chunk)).await {
        if length == 0 {
            break;
        }
        held.extend_from_slice(&chunk[..length]);
        let whole = held.iter().rposition(|byte| *byte == b'\n').map(|end| end + 1);
        // What is too long for a line is taken as one, which is counted as wrong.
        let whole = whole.unwrap_or(if held.len() > LINE_MAX { held.len() } else { 0 });
        if whole > 0 {
            context.statsd.take_silently(&held[..whole], context.bus.clock().now().0);
            held.drain(..whole);
        }
    }
    if !held.is_empty() {
        context.statsd.take_silently(&held, context.bus.clock().now().0);
    }
}
