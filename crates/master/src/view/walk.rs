//! Going over the objects of the state: a slice at a time, server by server.
//!
//! ```text
//! see ─► slice of a map, in order of paths ─► the objects of one server ─► each, with the server's figures
//!   ▲         └ the state is let go of after each ┘    └ locked once ┘
//!   └ taken up again behind the last path
//! ```
//!
//! What changes between two slices is seen as it was or as it is; nothing is seen twice, and what stays
//! where it is, is not left out (paths order everything).

use super::{Sight, sized};
use crate::live::{ServerLive, lock};
use std::time::Duration;
use topmast_engine::{PathMap, Server, State};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ServerStatus;

/// Intervals after which data is late (DESIGN section 5).
const LATE_INTERVALS: u32 = 3;
/// Objects looked at before the state is let go of, so that the writer waits for a millisecond or two only.
const SLICE: usize = sized(4_096);

/// Shows everything to a closure, and lets go of it; called again and again, never within itself.
pub(crate) type See<'a> = &'a dyn Fn(&mut dyn FnMut(&Sight<'_>));

/// Objects with their paths.
pub(super) type Objects<'i, 's, T> = &'i mut (dyn Iterator<Item = (&'s ObjectPath, &'s T)> + 'i);

/// Goes over the objects of a map at a path or inside it, everywhere for `None`, in order of their paths.
/// What `each` leaves of a slice is passed over.
pub(super) fn in_slices<T>(
    see: See<'_>,
    objects: impl for<'s> Fn(&'s State) -> &'s PathMap<T>,
    within: Option<&ObjectPath>,
    each: &mut dyn for<'s> FnMut(&'s Sight<'s>, Objects<'_, 's, T>),
) {
    let mut after: Option<ObjectPath> = None;
    let mut is_over = false;
    while !is_over {
        see(&mut |sight| {
            let (mut count, mut last) = (0, None);
            let slice = objects(sight.state).within_after(within, after.as_ref()).take(SLICE);
            let mut slice = slice.inspect(|(path, _)| {
                count += 1;
                last = Some(*path);
            });
            each(sight, &mut slice);
            slice.for_each(drop);
            is_over = count < SLICE;
            let last = last.cloned();
            after = last;
        });
    }
}

/// The server that objects are on, while it is looked at.
pub(crate) struct Here<'a> {
    pub(super) sight: &'a Sight<'a>,
    pub(super) path: &'a ObjectPath,
    /// `None` when it is not known.
    pub(super) server: Option<&'a Server>,
    pub(super) live: &'a ServerLive,
    pub(super) aged: Aged,
}

impl Here<'_> {
    /// The path of its cluster, as a text.
    pub(super) fn cluster(&self) -> &str {
        self.path.as_str().rsplit_once('/').map_or("", |(cluster, _)| cluster)
    }
}

/// The age of a server's data, for all that is on it.
#[derive(Clone, Copy)]
pub(super) struct Aged {
    pub(super) age_ms: Option<u64>,
    pub(super) stale: bool,
}

/// Calls `each` with every object and the server that it is on. Those of one server must come one after the
/// other, as in order of their paths, for its numbers to be looked up and locked once.
pub(super) fn on_servers<'s, T>(
    sight: &'s Sight<'s>,
    objects: Objects<'_, 's, T>,
    server: impl Fn(&ObjectPath, &'s T) -> Option<&'s Server>,
    each: &mut dyn FnMut(&Here<'_>, &'s ObjectPath, &'s T),
) {
    let mut objects = objects.peekable();
    while let Some((first, object)) = objects.peek() {
        let Some(path) = first.ancestor(Level::Server) else { return };
        let server = server(&path, object);
        let live = sight.live.server(&path);
        let live = lock(&live);
        let here = Here { sight, path: &path, server, live: &live, aged: aged(sight, server, &live) };
        while let Some((path, object)) = objects.next_if(|(next, _)| next.is_within(here.path)) {
            each(&here, path, object);
        }
    }
}

fn aged(sight: &Sight<'_>, server: Option<&Server>, live: &ServerLive) -> Aged {
    let age = live.age(sight.now);
    let stale = server.is_none_or(|server| {
        let interval = Duration::from_millis(server.registration.interval_ms);
        server.status != ServerStatus::Up || age.is_none_or(|age| age >= interval * LATE_INTERVALS)
    });
    Aged { age_ms: age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)), stale }
}
