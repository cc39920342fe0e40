//! Watches that a console keeps at one cluster: each is a stream there, of which its masters have a bounded number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most watches at one cluster: a fifth of the streams that its master has.
const WATCHES_MAX: usize = 400;
/// Most of them for one person, so that nobody takes them from all: two tabs in which all is watched that can be.
const WATCHES_OF_PERSON_MAX: usize = 64;

/// Why a cluster is not watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WatchError {
    /// One person watches enough.
    #[error(
        "{user} watches {WATCHES_OF_PERSON_MAX} lists of {join} already; close tabs and programs that watch, or try again in \
         a moment"
    )]
    OfPerson {
        /// Who.
        user: String,
        /// The cluster.
        join: String,
    },
    /// All people together do.
    #[error(
        "{WATCHES_MAX} lists of {join} are watched through this master already; close some, or look at that cluster itself"
    )]
    OfAll {
        /// The cluster.
        join: String,
    },
}

/// How many watches are open at one cluster, by the name of who looks.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<HashMap<String, usize>>);

/// A place for one watch, for as long as it lives.
#[derive(Debug)]
pub(crate) struct WatchPlace {
    watches: Arc<Watches>,
    user: String,
}

impl Watches {
    /// Takes a place.
    ///
    /// # Errors
    /// [`WatchError`] when there is none.
    pub(super) fn enter(self: &Arc<Self>, user: &str, join: &str) -> Result<WatchPlace, WatchError> {
        let mut open = self.open();
        if open.values().sum::<usize>() >= WATCHES_MAX {
            return Err(WatchError::OfAll { join: join.to_owned() });
        }
        let own = open.entry(user.to_owned()).or_default();
        if *own >= WATCHES_OF_PERSON_MAX {
            return Err(WatchError::OfPerson { user: user.to_owned(), join: join.to_owned() });
        }
        *own += 1;
        Ok(WatchPlace { watches: Arc::clone(self), user: user.to_owned() })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WatchPlace {
    fn drop(&mut self) {
        let mut open = self.watches.open();
        if let Some(own) = open.get_mut(&self.user) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_places_and_all_are_bounded() {
        let watches = Arc::new(Watches::default());
        let enter = |user: &str| watches.enter(user, "east");
        let mut of_ann: Vec<_> = (0..WATCHES_OF_PERSON_MAX).map(|_| enter("ann").unwrap()).collect();
        let told = enter("ann").unwrap_err();
        assert!(told.to_string().starts_with("ann watches 64 lists of east already; close"), "{told}");
        of_ann.pop();
        of_ann.push(enter("ann").unwrap());
        let others: Vec<_> = (WATCHES_OF_PERSON_MAX..WATCHES_MAX)
            .map(|number| enter(&format!("user{}", number % 9)))
            .collect();
        assert!(others.iter().all(Result::is_ok));
        assert_eq!(enter("eve").unwrap_err(), WatchError::OfAll { join: "east".into() });
        drop((of_ann, others));
        assert!(watches.open().is_empty(), "who left is forgotten");
    }
}
