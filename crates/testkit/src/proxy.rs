//! A TCP proxy whose line can be cut: how a network fails between two processes of one machine.
//!
//! A line that is cut is silent. Nothing is forwarded and nothing is closed; who connects gets a connection that says
//! nothing. Once it is whole again the bytes that waited go on, as a network's do that are sent again.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Bytes forwarded at a time.
const PIECE: usize = 64 << 10;

/// A line to one address, in the runtime that made it. Its connections end with it.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    target: SocketAddr,
    is_whole: watch::Sender<bool>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Listens on `listen` and forwards to `target`, which need not be there yet.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(listen: Ipv4Addr, target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((listen, target.port())).await?;
        let address = listener.local_addr()?;
        let (is_whole, line) = watch::channel(true);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, target, line));
        Ok(Self { address, target, is_whole, _accepting: accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it leads.
    pub fn target(&self) -> SocketAddr {
        self.target
    }

    /// Lets nothing through from now on.
    pub fn cut(&self) {
        self.is_whole.send_replace(false);
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.is_whole.send_replace(true);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, line: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // One that has gone again already is no loss.
                if let Ok((from, _)) = accepted {
                    connections.spawn(carry(from, target, line.clone()));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn carry(from: TcpStream, target: SocketAddr, mut line: watch::Receiver<bool>) {
    if line.wait_for(|is_whole| *is_whole).await.is_err() {
        return;
    }
    // Nobody there: the connection ends, as one does that is refused.
    let Ok(to) = TcpStream::connect(target).await else { return };
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    let ((from_read, from_write), (to_read, to_write)) = (from.into_split(), to.into_split());
    tokio::join!(pump(from_read, to_write, line.clone()), pump(to_read, from_write, line));
}

/// Forwards one direction; an end is forwarded as well.
async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut line: watch::Receiver<bool>) {
    let mut piece = vec![0; PIECE];
    loop {
        let read = from.read(&mut piece).await;
        if line.wait_for(|is_whole| *is_whole).await.is_err() {
            return;
        }
        let forwarded = match read {
            Ok(count) if count > 0 => to.write_all(&piece[..count]).await,
            _ => {
                let _ = to.shutdown().await;
                return;
            }
        };
        if forwarded.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::loopback;

    #[tokio::test]
    async fn bytes_wait_while_the_line_is_cut() {
        let server = TcpListener::bind((loopback(), 7400)).await.unwrap();
        let proxy = Proxy::start(loopback(), server.local_addr().unwrap()).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut served, _) = server.accept().await.unwrap();
        client.write_all(b"a").await.unwrap();
        assert_eq!(served.read_u8().await.unwrap(), b'a');
        proxy.cut();
        client.write_all(b"b").await.unwrap();
        // Another line to the same server passes meanwhile, and this one does not.
        let other = Proxy::start(loopback(), server.local_addr().unwrap()).await.unwrap();
        let mut passing = TcpStream::connect(other.address()).await.unwrap();
        passing.write_all(b"c").await.unwrap();
        let (mut other_served, _) = server.accept().await.unwrap();
        assert_eq!(other_served.read_u8().await.unwrap(), b'c');
        assert_eq!(served.try_read(&mut [0; 1]).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        proxy.mend();
        assert_eq!(served.read_u8().await.unwrap(), b'b');
        drop(client);
        assert_eq!(served.read(&mut [0; 1]).await.unwrap(), 0);
    }
}
