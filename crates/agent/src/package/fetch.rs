//! Brings the bytes of a package: piece by piece, on from what is there, at the speed allowed, verified as they come.

use super::courier::{Courier, PieceError};
use super::policy::{PackagePolicy, Signed};
use crate::platform::file;
use aws_lc_rs::digest::{Context as Hash, SHA256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;
use topmast_model::package::{Digest, Package};
use topmast_wire::PieceRequest;
use topmast_wire::limits::PIECE_MAX;

/// Bytes read at once of what is there already.
const READ_BUFFER: usize = 64 << 10;

/// Fetches a package into a file, whose path it returns once the bytes are whole and verified (PI-1).
pub(super) async fn fetch(
    courier: &Courier,
    policy: &PackagePolicy,
    data_dir: &Path,
    package: &Package,
    signed: Option<Signed>,
    within: Duration,
) -> Result<PathBuf, String> {
    let until = Instant::now() + within;
    let directory = data_dir.join("packages");
    let path = directory.join(format!("{}.part", package.sha256));
    let on_disk = |error: io::Error| format!("keep {} on disk: {error}; free some space", package.id);
    file::create_directories(&directory).map_err(on_disk)?;
    let mut part = OpenOptions::new().read(true).append(true).create(true).open(&path).map_err(on_disk)?;
    let mut hash = Hash::new(&SHA256);
    let mut verifier = signed.as_ref().map(Signed::verifier).transpose()?;
    let mut take = |bytes: &[u8]| {
        hash.update(bytes);
        if let Some(verifier) = &mut verifier {
            verifier.update(bytes);
        }
    };
    let mut have = read_back(&mut part, &mut take).map_err(on_disk)?;
    if have > 0 {
        tracing::info!(package = %package.id, have, of = package.size, "goes on with what was fetched before");
    }
    let piece = piece_length(policy.max_bytes_per_s);
    while have < package.size {
        let began = Instant::now();
        let length = u32::try_from((package.size - have).min(piece)).unwrap_or(u32::MAX);
        let request = PieceRequest { sha256: package.sha256.clone(), offset: have, length };
        match courier.piece(request).await {
            Ok(bytes) if bytes.is_empty() || bytes.len() as u64 > u64::from(length) => {
                return Err(format!(
                    "the master has {have} bytes of {} instead of {}",
                    package.id, package.size
                ));
            }
            Ok(bytes) => {
                part.write_all(&bytes).map_err(on_disk)?;
                take(&bytes);
                have += bytes.len() as u64;
                if let Some(pause) = policy.max_bytes_per_s.map(|speed| time_of(bytes.len(), speed)) {
                    tokio::time::sleep_until(began + pause).await;
                }
            }
            Err(PieceError::Refused(problem)) => return Err(problem),
            Err(PieceError::Silent) => {}
        }
        if have < package.size && Instant::now() > until {
            return Err(format!(
                "only {have} of {} bytes of {} came in time; they are kept, so ask again",
                package.size, package.id
            ));
        }
    }
    part.sync_all().map_err(on_disk)?;
    let found = Digest::of_bytes(hash.finish().as_ref()).map_err(|error| error.to_string())?;
    let wrong = if found != package.sha256 || have != package.size {
        Some(format!("{} arrived with SHA-256 {found} instead of {}; ask again", package.id, package.sha256))
    } else {
        let verified = verifier.as_mut().map_or(Ok(()), minisign_verify::StreamVerifier::finalize);
        verified.err().map(|error| format!("the signature of {} does not fit its bytes: {error}", package.id))
    };
    match wrong {
        None => Ok(path),
        Some(wrong) => {
            // Nobody goes on from wrong bytes.
            let _ = std::fs::remove_file(&path);
            Err(wrong)
        }
    }
}

/// Hashes what is there of an earlier try; how much it is.
fn read_back(part: &mut File, take: &mut impl FnMut(&[u8])) -> io::Result<u64> {
    let mut buffer = vec![0; READ_BUFFER];
    let mut have = 0;
    loop {
        let count = part.read(&mut buffer)?;
        if count == 0 {
            return Ok(have);
        }
        take(&buffer[..count]);
        have += count as u64;
    }
}

/// Small pieces where little is allowed, so that a second's worth is never taken at once.
fn piece_length(speed: Option<u64>) -> u64 {
    speed.map_or(PIECE_MAX as u64, |speed| (speed / 4).clamp(1, PIECE_MAX as u64))
}

/// How long so many bytes take at a speed.
fn time_of(bytes: usize, speed: u64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / speed.max(1) as f64)
}

#[cfg(test)]
mod tests;
