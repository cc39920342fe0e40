//! The `tcp` source: a connection is accepted.

use super::ServiceObservation;
use std::time::Duration;
use tokio::net::TcpStream;
use topmast_model::status::ServiceStatus;

/// Connects, and hangs up at once. Not being connected is MALFUNCTION: that is what the check is for.
pub(super) async fn observe(name: &str, host: &str, port: u16, timeout: Duration) -> ServiceObservation {
    match tokio::time::timeout(timeout, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => ServiceObservation::new(name, ServiceStatus::Started),
        Ok(Err(error)) => ServiceObservation::new(name, ServiceStatus::Malfunction)
            .code("REFUSED")
            .message(&format!("connect to {host}:{port}: {error}")),
        Err(_) => ServiceObservation::new(name, ServiceStatus::Malfunction)
            .code("TIMEOUT")
            .message(&format!("connect to {host}:{port}: no answer within {} ms", timeout.as_millis())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn open_port_is_started_and_closed_port_malfunction() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let long = Duration::from_mins(1);
        assert_eq!(observe("db", "127.0.0.1", port, long).await.status, ServiceStatus::Started);
        drop(listener);
        let closed = observe("db", "127.0.0.1", port, long).await;
        assert_eq!((closed.status, closed.codes), (ServiceStatus::Malfunction, vec!["REFUSED".to_owned()]));
    }
}
