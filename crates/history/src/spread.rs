//! Work on several threads at once, its outcomes in the order of the work.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

/// Works on each item, this thread and up to `threads - 1` others together, whoever is free on the next one.
///
/// A thread costs as much as some hundred samples: for less, ask for one.
pub(crate) fn spread<I: Send, T: Send>(
    threads: usize,
    items: Vec<I>,
    work: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let helpers = threads.min(items.len()).saturating_sub(1);
    if helpers == 0 {
        return items.into_iter().map(work).collect();
    }
    let items = Mutex::new(items.into_iter().enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let until_done = || {
        let mut done = Vec::new();
        while let Some((place, item)) = next() {
            done.push((place, work(item)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others = (0..helpers).map(|_| thread::Builder::new().spawn_scoped(scope, until_done));
        // Where no thread can be had, this one does it all.
        let others: Vec<_> = others.flatten().collect();
        let mut done = until_done();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Items below which other threads cost more than they save.
const ALONE: usize = 128;

/// How many threads so many items are worth.
pub(crate) fn threads(items: usize) -> usize {
    static ALL: OnceLock<usize> = OnceLock::new();
    if items <= ALONE {
        return 1;
    }
    *ALL.get_or_init(|| thread::available_parallelism().map_or(1, |all| all.get().min(8)))
}

/// Parts of a list, in its order, of at most `most` items each.
pub(crate) fn parts<I>(items: Vec<I>, most: usize) -> Vec<Vec<I>> {
    let mut items = items.into_iter();
    std::iter::from_fn(|| Some(items.by_ref().take(most).collect()).filter(|part: &Vec<I>| !part.is_empty()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_stand_in_the_order_of_the_work_and_each_is_done_once() {
        for threads in [0, 1, 3, 200] {
            let squares = spread(threads, (0..100_u64).collect(), |number| number * number);
            assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<_>>());
        }
        assert!(spread(4, Vec::<u8>::new(), |byte| byte).is_empty());
    }

    #[test]
    #[should_panic(expected = "the seventh")]
    fn panic_of_one_thread_is_that_of_all() {
        spread(2, (0..100).collect(), |number| assert_ne!(number, 7, "the seventh"));
    }

    #[test]
    fn parts_are_the_list_again() {
        assert_eq!(parts(vec![1, 2, 3, 4, 5], 2), [vec![1, 2], vec![3, 4], vec![5]]);
        assert!(parts(Vec::<u8>::new(), 2).is_empty());
    }
}
