//! The store: tenants with their segments.

use crate::index::{Gathered, Part};
use crate::page::{Direction, Gathering, Page};
use crate::record::{Event, Head, Position, Seen, decode, encode};
use crate::segment::{Segment, Wrong, number_of, read};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a store may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one tenant.
    pub tenant_bytes: u64,
    /// Bytes of a segment, about: what goes at once when there are too many.
    pub segment_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tenant_bytes: 1 << 30, segment_bytes: 8 << 20 }
    }
}

/// Why events cannot be put or read.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The file system.
    #[error("read or write the logs in {}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// More at once than a record holds.
    #[error("the events are too many bytes for one request")]
    TooLarge,
}

/// What was found wrong when the store was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Files whose last record was cut short and dropped.
    pub torn: Vec<PathBuf>,
    /// Files that are damaged: what is behind the damage is not read.
    pub damaged: Vec<PathBuf>,
}

/// Which events to read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Streams, each with the first millisecond that is read of it.
    pub streams: BTreeMap<u64, i64>,
    /// The millisecond before which events are read.
    pub before: i64,
}

impl Selection {
    fn takes(&self, seen: &Seen<'_>) -> bool {
        let time = seen.position.timestamp;
        time < self.before && self.streams.get(&seen.stream).is_some_and(|since| time >= *since)
    }

    fn takes_part(&self, stream: u64, part: &Part) -> bool {
        part.first < self.before && self.streams.get(&stream).is_some_and(|since| part.last >= *since)
    }
}

/// What there is of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Time of the oldest event.
    pub first: i64,
    /// Time of the newest event.
    pub last: i64,
    /// When the last event came.
    pub ingested_at: i64,
    /// How many events.
    pub events: u64,
    /// Bytes of their texts, with what each counts for besides.
    pub bytes: u64,
}

/// The store. See the crate.
#[derive(Debug)]
pub struct Logs {
    folder: PathBuf,
    limits: Limits,
    tenants: Mutex<BTreeMap<String, Tenant>>,
}

#[derive(Debug)]
struct Tenant {
    folder: PathBuf,
    /// Oldest first; the last is written to.
    segments: VecDeque<Segment>,
    /// The last segment's file, once something was put.
    file: Option<File>,
    /// What all segments have of each stream.
    streams: BTreeMap<u64, Part>,
    /// Number of the next event.
    next: u64,
    is_dirty: bool,
}

/// Records to read of one segment.
struct Plan {
    path: PathBuf,
    offsets: Vec<u32>,
    end: u64,
    first: i64,
    last: i64,
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> LogsError {
    let path = path.to_owned();
    move |source| LogsError::File { path, source }
}

impl Logs {
    /// Opens the store in a folder, or makes it there.
    ///
    /// # Errors
    /// [`LogsError::File`].
    pub fn open(folder: &Path, limits: Limits) -> Result<(Self, Report), LogsError> {
        std::fs::create_dir_all(folder).map_err(failed(folder))?;
        let (mut tenants, mut report) = (BTreeMap::new(), Report::default());
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if path.is_dir() {
                tenants.insert(name.to_owned(), Tenant::open(&path, &mut report)?);
            }
        }
        Ok((Self { folder: folder.to_owned(), limits, tenants: Mutex::new(tenants) }, report))
    }

    fn tenants(&self) -> MutexGuard<'_, BTreeMap<String, Tenant>> {
        // A panic in between leaves a record that is not in the index: it is read at the next start.
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts events of a stream, all or none (S-1); the number of the last.
    ///
    /// # Errors
    /// [`LogsError`]; nothing is put then.
    pub fn put(
        &self,
        tenant: &str,
        stream: u64,
        ingested_at: i64,
        events: &[(i64, &str)],
    ) -> Result<u64, LogsError> {
        let mut tenants = self.tenants();
        if !tenants.contains_key(tenant) {
            let folder = self.folder.join(tenant);
            std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
            tenants.insert(tenant.to_owned(), Tenant::open(&folder, &mut Report::default())?);
        }
        let Some(tenant) = tenants.get_mut(tenant) else { return Ok(0) };
        tenant.put(stream, ingested_at, events, self.limits)
    }

    /// What there is of a stream.
    pub fn totals(&self, tenant: &str, stream: u64) -> Option<Totals> {
        let tenants = self.tenants();
        let Part { first, last, ingested_at, events, bytes, .. } =
            *tenants.get(tenant)?.streams.get(&stream)?;
        Some(Totals { first, last, ingested_at, events, bytes })
    }

    /// The events of a page of what is selected, in order of time.
    ///
    /// - `is_wanted`: whether a text is one to tell.
    ///
    /// # Errors
    /// [`LogsError::File`].
    pub fn page(
        &self,
        tenant: &str,
        selection: &Selection,
        page: Page,
        mut is_wanted: impl FnMut(&str) -> bool,
    ) -> Result<Vec<Event>, LogsError> {
        let mut plans = self.plans(tenant, selection);
        if page.direction == Direction::Backward {
            plans.reverse();
        }
        let mut gathering = Gathering::new(page);
        for plan in plans {
            if !gathering.wants_span(plan.first, plan.last) {
                continue;
            }
            plan.read(|seen| {
                if selection.takes(&seen) && gathering.wants(seen.position) && is_wanted(seen.message) {
                    gathering.add(seen.to_event());
                }
            })?;
        }
        Ok(gathering.events())
    }

    /// Gives every event that is selected, in the order in which they were put, until somebody has had enough.
    ///
    /// # Errors
    /// [`LogsError::File`].
    pub fn scan(
        &self,
        tenant: &str,
        selection: &Selection,
        mut each: impl FnMut(u64, Position, i64, &str) -> ControlFlow<()>,
    ) -> Result<(), LogsError> {
        let mut flow = ControlFlow::Continue(());
        for plan in self.plans(tenant, selection) {
            plan.read(|seen| {
                if flow.is_continue() && selection.takes(&seen) {
                    flow = each(seen.stream, seen.position, seen.ingested_at, seen.message);
                }
            })?;
            if flow.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn plans(&self, tenant: &str, selection: &Selection) -> Vec<Plan> {
        let tenants = self.tenants();
        let Some(tenant) = tenants.get(tenant) else { return Vec::new() };
        tenant.segments.iter().filter_map(|segment| Plan::of(segment, selection)).collect()
    }

    /// Removes segments of which nobody sees anything any more.
    ///
    /// - `streams`: the streams of a tenant, each with the first millisecond that is seen of it. It is asked for while
    ///   nothing can be put, and so does not miss a stream that is made in the meantime.
    ///
    /// # Errors
    /// [`LogsError::File`]; the others are removed all the same the next time.
    pub fn maintain(&self, streams: impl Fn(&str) -> BTreeMap<u64, i64>) -> Result<(), LogsError> {
        let mut tenants = self.tenants();
        for (name, tenant) in tenants.iter_mut() {
            let newest = tenant.segments.len().saturating_sub(1);
            let streams = streams(name);
            let is_seen =
                |(stream, part): (&u64, &Part)| streams.get(stream).is_some_and(|since| part.last >= *since);
            let gone: Vec<usize> = (0..newest)
                .rev()
                .filter(|index| !tenant.segments[*index].index.parts.iter().any(is_seen))
                .collect();
            for index in gone {
                tenant.remove(index)?;
            }
        }
        Ok(())
    }

    /// Makes what was put last through a crash of the machine.
    ///
    /// # Errors
    /// [`LogsError::File`].
    pub fn sync(&self) -> Result<(), LogsError> {
        // Cloned, so that nobody waits for the disk.
        let dirty: Vec<(PathBuf, File)> = {
            let mut tenants = self.tenants();
            let mut dirty = Vec::new();
            for tenant in tenants.values_mut().filter(|tenant| tenant.is_dirty) {
                if let Some(file) = &tenant.file {
                    dirty.push((tenant.folder.clone(), file.try_clone().map_err(failed(&tenant.folder))?));
                }
                tenant.is_dirty = false;
            }
            dirty
        };
        for (folder, file) in dirty {
            file.sync_data().map_err(failed(&folder))?;
        }
        Ok(())
    }

    /// Forgets all of a tenant.
    ///
    /// # Errors
    /// [`LogsError::File`].
    pub fn clear(&self, tenant: &str) -> Result<(), LogsError> {
        let mut tenants = self.tenants();
        let Some(cleared) = tenants.remove(tenant) else { return Ok(()) };
        std::fs::remove_dir_all(&cleared.folder).map_err(failed(&cleared.folder))
    }
}

impl Plan {
    fn of(segment: &Segment, selection: &Selection) -> Option<Self> {
        let mut plan = Self {
            path: segment.path.clone(),
            offsets: Vec::new(),
            end: segment.length,
            first: i64::MAX,
            last: i64::MIN,
        };
        let mut take = |stream: u64, part: &Part| {
            if selection.takes_part(stream, part) {
                plan.offsets.extend_from_slice(&part.offsets);
                plan.first = plan.first.min(part.first);
                plan.last = plan.last.max(part.last);
            }
        };
        // Whichever are fewer: a query asks for one stream of many, or for many of which one is here.
        if selection.streams.len() < segment.index.parts.len() {
            for stream in selection.streams.keys() {
                if let Some(part) = segment.index.parts.get(stream) {
                    take(*stream, part);
                }
            }
        } else {
            for (stream, part) in &segment.index.parts {
                take(*stream, part);
            }
        }
        plan.offsets.sort_unstable();
        (!plan.offsets.is_empty()).then_some(plan)
    }

    fn read(&self, each: impl FnMut(Seen<'_>)) -> Result<(), LogsError> {
        // One that is gone in the meantime was removed for its age or for room.
        read(&self.path, &self.offsets, self.end, each).map_err(failed(&self.path)).map(|_| ())
    }
}

impl Tenant {
    fn open(folder: &Path, report: &mut Report) -> Result<Self, LogsError> {
        let mut found: Vec<(u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            found.extend(number_of(&path).map(|number| (number, path)));
        }
        found.sort_unstable();
        let mut tenant = Self {
            folder: folder.to_owned(),
            segments: VecDeque::new(),
            file: None,
            streams: BTreeMap::new(),
            next: 0,
            is_dirty: false,
        };
        for (number, path) in found {
            let (segment, next, wrong) = Segment::open(path.clone(), number).map_err(failed(&path))?;
            match wrong {
                Wrong::Nothing => {}
                Wrong::Torn => report.torn.push(path),
                Wrong::Damaged => report.damaged.push(path),
            }
            tenant.next = tenant.next.max(next);
            tenant.add(&segment);
            tenant.segments.push_back(segment);
        }
        // Nothing is written behind a damage: it would not be read.
        if let Some(last) = tenant.segments.back() {
            if report.damaged.contains(&last.path) || last.length == 0 {
                // A number that no file has, for the damaged one keeps its own.
                tenant.next += 1;
                tenant.begin()?;
            } else {
                tenant.file = Some(last.reopen().map_err(failed(&last.path))?);
            }
        }
        Ok(tenant)
    }

    fn add(&mut self, segment: &Segment) {
        for (stream, part) in &segment.index.parts {
            match self.streams.get_mut(stream) {
                Some(kept) => kept.add(part),
                None => {
                    self.streams.insert(*stream, part.bare());
                }
            }
        }
    }

    /// Begins the next segment.
    fn begin(&mut self) -> Result<(), LogsError> {
        if let Some(file) = self.file.take() {
            file.sync_data().map_err(failed(&self.folder))?;
        }
        let (segment, file) = Segment::create(&self.folder, self.next).map_err(failed(&self.folder))?;
        self.segments.push_back(segment);
        self.file = Some(file);
        Ok(())
    }

    fn put(
        &mut self,
        stream: u64,
        ingested_at: i64,
        events: &[(i64, &str)],
        limits: Limits,
    ) -> Result<u64, LogsError> {
        let count = u32::try_from(events.len()).map_err(|_| LogsError::TooLarge)?;
        let head = Head { stream, ingested_at, first: self.next, count };
        let bytes = encode(head, events).ok_or(LogsError::TooLarge)?;
        let is_full = self
            .segments
            .back()
            .is_none_or(|last| last.length >= limits.segment_bytes && !last.index.parts.is_empty());
        if is_full || self.file.is_none() {
            self.begin()?;
        }
        let (Some(segment), Some(file)) = (self.segments.back_mut(), &mut self.file) else {
            return Err(LogsError::TooLarge);
        };
        let offset = u32::try_from(segment.length).map_err(|_| LogsError::TooLarge)?;
        segment.append(file, &bytes).map_err(failed(&segment.path))?;
        let mut gathered = Gathered::new();
        decode(&bytes[crate::record::FRAME..], |seen| gathered.event(&seen));
        if let Some(part) = gathered.part() {
            match self.streams.get_mut(&stream) {
                Some(kept) => kept.add(part),
                None => {
                    self.streams.insert(stream, part.bare());
                }
            }
        }
        segment.index.record(head, offset, gathered);
        self.next += u64::from(count);
        self.is_dirty = true;
        self.make_room(limits)?;
        Ok(self.next.saturating_sub(1))
    }

    /// Removes the oldest segments while there are too many bytes (S-3).
    fn make_room(&mut self, limits: Limits) -> Result<(), LogsError> {
        let mut bytes: u64 = self.segments.iter().map(|segment| segment.length).sum();
        while bytes > limits.tenant_bytes && self.segments.len() > 1 {
            bytes -= self.segments[0].length;
            self.remove(0)?;
        }
        Ok(())
    }

    fn remove(&mut self, index: usize) -> Result<(), LogsError> {
        let path = self.segments[index].path.clone();
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path)(error)),
            _ => {}
        }
        let Some(removed) = self.segments.remove(index) else { return Ok(()) };
        for stream in removed.index.parts.keys() {
            self.streams.remove(stream);
            for segment in &self.segments {
                let Some(part) = segment.index.parts.get(stream) else { continue };
                match self.streams.get_mut(stream) {
                    Some(kept) => kept.add(part),
                    None => {
                        self.streams.insert(*stream, part.bare());
                    }
                }
            }
        }
        Ok(())
    }
}
