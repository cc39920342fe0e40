//! Where files of configurations may lie (AC-1).

use crate::unit::Unit;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where a path of a configuration is on this server, links in the folders above it resolved.
///
/// # Errors
/// In words, why it may not be there.
pub(super) fn place(unit: &Unit, roots: &[PathBuf], data_dir: &Path, path: &str) -> Result<PathBuf, String> {
    let home = unit.working_directory.as_deref();
    let wanted = match home {
        _ if Path::new(path).is_absolute() => PathBuf::from(path),
        Some(home) => home.join(path),
        None => {
            return Err(format!(
                "{path}: the unit of {} has no working_directory that it could be in; give it one, or write an absolute path",
                unit.name
            ));
        }
    };
    if wanted.components().any(|part| matches!(part, Component::ParentDir)) {
        return Err(format!("{path}: has .. in it"));
    }
    let real = resolve(&wanted).ok_or_else(|| format!("{path}: no folder above it can be read"))?;
    let within = |root: &Path| {
        fs::canonicalize(root).is_ok_and(|root| root.parent().is_some() && real.starts_with(root))
    };
    let own = fs::canonicalize(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let home_is_inside = home
        .and_then(|home| fs::canonicalize(home).ok())
        .is_some_and(|home| home != own && home.starts_with(&own));
    if real.starts_with(&own) && !home_is_inside {
        return Err(format!("{path}: is in the agent's own data, where nothing else is written"));
    }
    if !home.into_iter().chain(roots.iter().map(PathBuf::as_path)).any(within) {
        return Err(format!(
            "{path}: this server's agent does not allow files in {}; allow it in agent.toml with [configurations] roots = [\"…\"]",
            real.parent().unwrap_or(&real).display()
        ));
    }
    Ok(real)
}

/// The path with the links of the nearest folder that there is resolved.
fn resolve(path: &Path) -> Option<PathBuf> {
    let mut missing = vec![path.file_name()?];
    let mut above = path.parent()?;
    loop {
        if let Ok(real) = fs::canonicalize(above) {
            return Some(missing.iter().rev().fold(real, |real, part| real.join(part)));
        }
        missing.push(above.file_name()?);
        above = above.parent()?;
    }
}
