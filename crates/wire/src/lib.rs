//! The agent ↔ master protocol: messages, and columnar frames of samples.
//!
//! One WebSocket binary message is one [`AgentMessage`] or [`MasterMessage`]. Here
//! is only their shape: no socket, no clock, no thread. Portable to every system,
//! either byte order: every number on the wire is a varint or little-endian.
//!
//! ```text
//! agent   ── Hello · Frame · Reports · Refused · RenewRequest · Pong ──►  master
//!         ── PaneStarted · PaneOutput · PaneEnded ──────────────────────►
//!         ◄─ Challenge · Welcome · ReportsAcknowledged · Execute ───────
//!         ◄─ Credit · Certificate · Ping · Goodbye ─────────────────────
//!         ◄─ OpenPane · PaneInput · ResizePane · StopPane · PaneCredit · OpenLog ──
//! ```
//!
//! Invariants
//! - W-1: a field or message kind unknown to this build is skipped, never an error.
//! - W-2: whatever arrives is bounded ([`limits`]) before memory is taken for it.
//! - W-3: a sample that is decoded has the very bits that were encoded.
//! - W-4: a frame is taken once and in order, or refused; never guessed.
//!
//! Bytes: docs/formats/wire.md. Why so: docs/adr/0003-agent-protocol.md.
//!
//! In reading order:

pub mod limits;

pub mod challenge;
pub mod message;

pub mod frame;

pub use challenge::challenge_text;
pub use frame::{FrameDecoder, FrameEncoder, FrameError, FrameSink, FrameStats, SeriesError, TickError};
pub use message::{
    AgentMessage, DecodeError, Execute, Hello, MasterMessage, OpenLog, OpenPane, PackagePiece, PaneId,
    PaneOutcome, PaneSize, PaneStream, PieceRequest, RunTask, report_batch,
};

/// Version of the protocol that this build speaks: messages and frames together.
///
/// It changes only when an old peer would misread a new one; added fields and
/// message kinds do not need it (W-1).
pub const PROTOCOL: u32 = 1;
