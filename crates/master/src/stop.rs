//! The signal that the master stops, for everything that would go on by itself.

use std::future::Future;
use tokio::sync::watch;

/// Given once; whoever waits later sees it too.
#[derive(Debug, Default)]
pub(crate) struct StopSignal(watch::Sender<bool>);

impl StopSignal {
    /// Gives the signal.
    pub(crate) fn give(&self) {
        self.0.send_replace(true);
    }

    /// Ends when the signal was given.
    pub(crate) fn given(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut signal = self.0.subscribe();
        async move {
            // The sender's end is the end of everything as well.
            let _ = signal.wait_for(|given| *given).await;
        }
    }
}
