//! Between who wants bytes of a package and the link to the active master.
//!
//! Questions wait here until a link takes them; an answer goes to who asked. A link that breaks loses its questions,
//! and who waits for them asks again.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use topmast_model::package::Digest;
use topmast_wire::{PackagePiece, PieceRequest};

/// Longest wait for a piece before it is asked for again: a quarter of a MiB over a modem.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Why there is no piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PieceError {
    /// No link answered: none is up, or it broke.
    Silent,
    /// The master has none.
    Refused(String),
}

/// Carries questions and answers.
#[derive(Debug)]
pub struct Courier {
    state: Mutex<State>,
    asked: watch::Sender<()>,
    turn: tokio::sync::Mutex<()>,
}

/// Where the bytes of a piece go, or why there are none.
type Answer = oneshot::Sender<Result<Vec<u8>, String>>;

#[derive(Debug, Default)]
struct State {
    questions: VecDeque<PieceRequest>,
    waiting: HashMap<(Digest, u64), Answer>,
}

impl Default for Courier {
    fn default() -> Self {
        Self { state: Mutex::default(), asked: watch::channel(()).0, turn: tokio::sync::Mutex::default() }
    }
}

impl Courier {
    /// Held while a package comes in.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Asks for a piece and waits for it.
    pub(super) async fn piece(&self, request: PieceRequest) -> Result<Vec<u8>, PieceError> {
        let key = (request.sha256.clone(), request.offset);
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.state();
            state.waiting.insert(key.clone(), answer);
            state.questions.push_back(request.clone());
        }
        self.asked.send_replace(());
        match tokio::time::timeout(ANSWER_WITHIN, answered).await {
            Ok(Ok(Ok(bytes))) => Ok(bytes),
            Ok(Ok(Err(problem))) => Err(PieceError::Refused(problem)),
            Ok(Err(_)) | Err(_) => {
                let mut state = self.state();
                state.waiting.remove(&key);
                state.questions.retain(|question| *question != request);
                Err(PieceError::Silent)
            }
        }
    }

    /// Changes when there are questions.
    pub(crate) fn asked(&self) -> watch::Receiver<()> {
        self.asked.subscribe()
    }

    /// The next question, for a link that may carry it.
    pub(crate) fn next(&self) -> Option<PieceRequest> {
        self.state().questions.pop_front()
    }

    /// A link broke, and with it what it was asked: who waits asks again.
    pub(crate) fn broke(&self) {
        let mut state = self.state();
        let State { questions, waiting } = &mut *state;
        waiting.retain(|(sha256, offset), _| {
            questions.iter().any(|question| question.sha256 == *sha256 && question.offset == *offset)
        });
    }

    /// Takes an answer; one that nobody waits for any more is dropped.
    pub(crate) fn answer(&self, piece: PackagePiece) {
        let waiting = self.state().waiting.remove(&(piece.sha256, piece.offset));
        if let Some(waiting) = waiting {
            // An error means that who asked has given up just now.
            let _ = waiting.send(piece.content);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // One insertion or removal at a time: a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
