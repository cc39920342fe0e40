//! The text files of the checkout.

use anyhow::Context;
use std::fs;
use std::path::Path;

/// Folders that hold no source of ours: builds, downloads, found inputs.
const SKIPPED: [&str; 7] = [".git", "target", "node_modules", "dist", "data", "fuzz/corpus", "fuzz/crashes"];

/// One text file.
#[derive(Debug)]
pub(super) struct File {
    /// Path from the top of the checkout, with `/` between its parts.
    pub(super) path: String,
    /// What is in it.
    pub(super) text: String,
}

impl File {
    /// True for Rust source.
    pub(super) fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }

    /// True for a Markdown page.
    pub(super) fn is_page(&self) -> bool {
        has_extension(&self.path, "md")
    }

    /// The last part of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// True when a path ends in a dot and this extension.
pub(super) fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == wanted)
}

/// Reads every text file below `root`, in order of path. Recorded inputs under `fixtures`
/// are data of other programs, and whatever is not UTF-8 is no text; both are left out.
///
/// # Errors
/// A folder or file that cannot be read, by name.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    read_folder(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_folder(root: &Path, folder: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    let full = root.join(folder);
    for entry in fs::read_dir(&full).with_context(|| format!("read folder {}", full.display()))? {
        let entry = entry.with_context(|| format!("read folder {}", full.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        if SKIPPED.contains(&name.as_str()) || SKIPPED.contains(&path.as_str()) || name == "fixtures" {
            continue;
        }
        let kind = entry.file_type().with_context(|| format!("look at {path}"))?;
        if kind.is_dir() {
            read_folder(root, &path, files)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).with_context(|| format!("read {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File { path, text });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_and_leaves_out_builds_and_recorded_inputs() {
        let root = tempfile::tempdir().unwrap();
        for path in ["a/x.rs", "target/y.rs", "a/fixtures/z.md", "fuzz/corpus/w", ".ci/run"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        fs::write(root.path().join("a/binary"), [0xff, 0xfe]).unwrap();
        let paths: Vec<_> = read(root.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, [".ci/run", "a/x.rs"]);
    }
}
