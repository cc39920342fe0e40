//! Who is told what a reading finds.

use topmast_model::log::LogRecord;

/// Somebody who listens to a reading, and may wait before the next word is taken.
pub trait Told {
    /// Tells something; false when nobody listens any more.
    fn tell(&mut self, record: LogRecord) -> bool;
    /// Lets go of what waits for company; false when nobody listens any more.
    fn flush(&mut self) -> bool;
    /// True when nobody listens any more.
    fn is_closed(&self) -> bool;
}
