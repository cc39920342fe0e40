//! Reads small kernel files again and again: kept open, read from the start, into one buffer.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use topmast_probe::MAX_SOURCE_BYTES;

/// What a first read asks for; most kernel files are shorter.
const FIRST_READ: usize = 16 << 10;

/// A file that is read at every tick.
#[derive(Debug)]
pub(crate) struct KeptFile {
    path: &'static str,
    open: Option<File>,
}

impl KeptFile {
    /// Opens nothing yet.
    pub(crate) const fn new(path: &'static str) -> Self {
        Self { path, open: None }
    }

    /// Reads the whole file, at most [`MAX_SOURCE_BYTES`].
    ///
    /// # Errors
    /// The system's; the file is opened anew next time.
    pub(crate) fn read<'b>(&mut self, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        let file = match &self.open {
            Some(file) => file,
            None => self.open.insert(File::open(self.path)?),
        };
        match read_whole(file, buffer) {
            Ok(length) => Ok(&buffer[..length]),
            Err(error) => {
                // What stood behind the descriptor is gone, as after a remount.
                self.open = None;
                Err(error)
            }
        }
    }
}

/// Reads a file from its start; returns how many bytes of `buffer` hold it. The buffer only grows.
pub(crate) fn read_whole(file: &File, buffer: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    if buffer.is_empty() {
        buffer.resize(FIRST_READ, 0);
    }
    loop {
        if length == buffer.len() {
            if length >= MAX_SOURCE_BYTES {
                return Ok(MAX_SOURCE_BYTES);
            }
            buffer.resize((length * 2).min(MAX_SOURCE_BYTES), 0);
        }
        match file.read_at(&mut buffer[length..], length as u64) {
            Ok(0) => return Ok(length),
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_file_shows_what_the_kernel_says_now() {
        let mut uptime = KeptFile::new("/proc/self/stat");
        let mut buffer = Vec::new();
        let first = uptime.read(&mut buffer).unwrap().to_vec();
        assert!(first.starts_with(std::process::id().to_string().as_bytes()));
        assert_eq!(uptime.read(&mut buffer).unwrap()[..4], first[..4]);
        assert!(KeptFile::new("/nonexistent").read(&mut buffer).is_err());
    }

    #[test]
    fn long_file_is_read_up_to_the_bound() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("long");
        std::fs::write(&path, vec![7; MAX_SOURCE_BYTES + 5]).unwrap();
        let mut buffer = Vec::new();
        assert_eq!(read_whole(&File::open(&path).unwrap(), &mut buffer).unwrap(), MAX_SOURCE_BYTES);
    }
}
