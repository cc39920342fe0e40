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

/// Items that one thread takes at a time of many small ones.
const AT_ONCE: usize = 64;

/// Works on many small items, a part of the list at a time, on as many threads as they are worth; outcomes stand in
/// order.
///
/// # Errors
/// The first that the work ends with.
pub(crate) fn in_parts<I: Send, T: Send, E: Send>(
    items: Vec<I>,
    work: impl Fn(Vec<I>) -> Result<Vec<T>, E> + Sync,
) -> Result<Vec<T>, E> {
    let mut all = Vec::with_capacity(items.len());
    for outcomes in spread(threads(items.len()), parts(items), work) {
        all.append(&mut outcomes?);
    }
    Ok(all)
}

/// How many threads so many items are worth.
pub(crate) fn threads(items: usize) -> usize {
    static ALL: OnceLock<usize> = OnceLock::new();
    if items <= ALONE {
        return 1;
    }
    *ALL.get_or_init(|| thread::available_parallelism().map_or(1, |all| all.get().min(8)))
}

/// A list in parts, in its order.
fn parts<I>(items: Vec<I>) -> Vec<Vec<I>> {
    let mut items = items.into_iter();
    let part = || Some(items.by_ref().take(AT_ONCE).collect()).filter(|part: &Vec<I>| !part.is_empty());
    std::iter::from_fn(part).collect()
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
        let list: Vec<usize> = (0..=2 * AT_ONCE).collect();
        let expected = [&list[..AT_ONCE], &list[AT_ONCE..2 * AT_ONCE], &list[2 * AT_ONCE..]];
        assert_eq!(parts(list.clone()), expected);
        assert!(parts(Vec::<u8>::new()).is_empty());
        assert_eq!(in_parts(list.clone(), Ok::<_, ()>), Ok(list.clone()));
        assert_eq!(in_parts(list, |part| if part.contains(&70) { Err(70) } else { Ok(part) }), Err(70));
    }
}
