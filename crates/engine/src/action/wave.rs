//! Waves: targets in the order of what they depend on.
//!
//! An application comes after those that its unit file names, wherever in its cluster they are, and after what those
//! come after, targets or not. Stopping goes the other way round.
//!
//! Invariants
//! - W-1: of two targets in one cluster of which one comes after the other, directly or not, the other is in an
//!   earlier wave.
//! - W-2: names that come after one another in a circle are refused, and the circle is named.

use crate::{Rejection, State};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::application::Operation;
use topmast_model::path::{Level, ObjectPath};

/// What a name comes after, in one cluster.
type Edges<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

/// The targets in the order of their waves, those of one wave in the order given, and where each wave ends.
pub(crate) fn arranged(
    state: &State,
    operation: Operation,
    targets: &[ObjectPath],
) -> Result<(Vec<ObjectPath>, Vec<u32>), Rejection> {
    let clusters: BTreeSet<ObjectPath> =
        targets.iter().filter_map(|path| path.ancestor(Level::Cluster)).collect();
    let mut depths = BTreeMap::new();
    for cluster in &clusters {
        let edges = edges(state, cluster.as_str());
        let mut heights = BTreeMap::new();
        for target in targets.iter().filter(|target| target.is_within(cluster)) {
            let height =
                height(&edges, target.name(), &mut heights).map_err(|circle| refused(cluster, &circle))?;
            depths.insert(target, height);
        }
    }
    // Heights without a target are no waves.
    let mut levels: BTreeMap<u32, Vec<ObjectPath>> = BTreeMap::new();
    for target in targets {
        levels.entry(depths.get(target).copied().unwrap_or_default()).or_default().push(target.clone());
    }
    let mut waves: Vec<Vec<ObjectPath>> = levels.into_values().collect();
    if operation == Operation::Stop {
        waves.reverse();
    }
    let mut end = 0;
    let ends = waves.iter().map(|wave| {
        end += u32::try_from(wave.len()).unwrap_or(u32::MAX);
        end
    });
    let ends = ends.collect();
    Ok((waves.into_iter().flatten().collect(), ends))
}

/// What each name in a cluster comes after; without those that come after none.
pub(crate) fn edges<'a>(state: &'a State, cluster: &str) -> Edges<'a> {
    let mut edges = Edges::new();
    for (name, namesakes) in state.applications.names(cluster) {
        let mut after = namesakes.after().peekable();
        if after.peek().is_some() {
            edges.insert(name, after.collect());
        }
    }
    edges
}

/// The longest way down from a name; 0 of one that comes after none.
///
/// - `known`: heights found so far.
///
/// # Errors
/// The names of a circle, the first one again at its end.
fn height<'a>(
    edges: &Edges<'a>,
    name: &'a str,
    known: &mut BTreeMap<&'a str, u32>,
) -> Result<u32, Vec<&'a str>> {
    // Without recursion: a chain may be as long as there are names.
    let mut way: Vec<(&str, Vec<&str>, u32)> = Vec::new();
    let after = |name| edges.get(name).into_iter().flatten().copied().collect::<Vec<_>>();
    way.push((name, after(name), 0));
    loop {
        let Some((here, rest, least)) = way.last_mut() else {
            return Ok(known.get(name).copied().unwrap_or_default());
        };
        let Some(next) = rest.pop() else {
            known.insert(here, *least);
            let below = *least + 1;
            way.pop();
            if let Some((_, _, least)) = way.last_mut() {
                *least = (*least).max(below);
            }
            continue;
        };
        if let Some(height) = known.get(next) {
            *least = (*least).max(height + 1);
            continue;
        }
        if let Some(start) = way.iter().position(|(name, ..)| *name == next) {
            let mut circle: Vec<&str> = way[start..].iter().map(|(name, ..)| *name).collect();
            circle.push(next);
            return Err(circle);
        }
        way.push((next, after(next), 0));
    }
}

fn refused(cluster: &ObjectPath, circle: &[&str]) -> Rejection {
    Rejection::conflict(format!(
        "applications of {cluster} come after one another in a circle: {}; take one of these out of `after` or \
         `depends_on` in a unit file, or act without waves",
        circle.join(" after ")
    ))
}

#[cfg(test)]
mod tests;
