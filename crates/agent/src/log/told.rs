//! What a reading tells, on its way from a thread that may wait to the connection.

use tokio::sync::mpsc;
use topmast_logfile::Told;
use topmast_model::log::LogRecord;
use topmast_wire::limits::OUTPUT_MAX;

/// Records as lines of JSON, many in one piece.
pub(super) struct Pieces<'a> {
    pieces: &'a mpsc::Sender<Vec<u8>>,
    waiting: Vec<u8>,
}

impl<'a> Pieces<'a> {
    pub(super) const fn new(pieces: &'a mpsc::Sender<Vec<u8>>) -> Self {
        Self { pieces, waiting: Vec::new() }
    }
}

impl Told for Pieces<'_> {
    /// Waits as long as nobody takes it.
    fn tell(&mut self, record: LogRecord) -> bool {
        // Plain data always has a JSON; should that ever break, the line is left out.
        if let Ok(line) = serde_json::to_vec(&record) {
            self.waiting.extend(line);
            self.waiting.push(b'\n');
        }
        if self.waiting.len() >= OUTPUT_MAX {
            return self.flush();
        }
        !self.is_closed()
    }

    fn flush(&mut self) -> bool {
        if self.waiting.is_empty() {
            return !self.is_closed();
        }
        self.pieces.blocking_send(std::mem::take(&mut self.waiting)).is_ok()
    }

    fn is_closed(&self) -> bool {
        self.pieces.is_closed()
    }
}
