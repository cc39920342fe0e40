//! What one query may cost: samples read, and a word that ends it early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The bounds of one query. Whoever works for it charges it often: a query that nobody waits for any
/// more ends at the next charge.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    used: AtomicU64,
    stopped: Arc<AtomicBool>,
}

/// Why a query ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// It reads too much.
    #[error(
        "the query reads more than {limit} samples: ask for a shorter range, fewer series or a longer step"
    )]
    Samples {
        /// Samples that it may read.
        limit: u64,
    },
    /// It took too long, or nobody waits for it.
    #[error("the query was stopped: it took too long, or its asker left")]
    Stopped,
}

impl Budget {
    /// A budget of `limit` samples, ended early once `stopped` is true.
    pub fn new(limit: u64, stopped: Arc<AtomicBool>) -> Self {
        Self { limit, used: AtomicU64::new(0), stopped }
    }

    /// A budget that never ends.
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, Arc::default())
    }

    /// Takes samples from the budget.
    ///
    /// # Errors
    /// [`BudgetError`] when the query has to end.
    pub fn charge(&self, samples: u64) -> Result<(), BudgetError> {
        let used = self.used.fetch_add(samples, Ordering::Relaxed).saturating_add(samples);
        if used > self.limit {
            return Err(BudgetError::Samples { limit: self.limit });
        }
        if self.stopped.load(Ordering::Relaxed) {
            return Err(BudgetError::Stopped);
        }
        Ok(())
    }

    /// Samples charged so far.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charge_beyond_the_limit_or_after_the_stop_ends_the_query() {
        let stopped = Arc::new(AtomicBool::new(false));
        let budget = Budget::new(10, Arc::clone(&stopped));
        assert_eq!(budget.charge(10), Ok(()));
        assert_eq!(budget.charge(1), Err(BudgetError::Samples { limit: 10 }));
        let budget = Budget::new(10, Arc::clone(&stopped));
        stopped.store(true, Ordering::Relaxed);
        assert_eq!(budget.charge(1), Err(BudgetError::Stopped));
    }
}
