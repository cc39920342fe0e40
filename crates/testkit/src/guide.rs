//! Guides that are run: the `sh` blocks of a page, in order, in one shell, with the files that the page shows.
//!
//! A page is Markdown. Comments before a block, which readers do not see, say what a runner needs to know:
//!
//! ````text
//! <!-- file: routes.toml -->           the next block is a file of this name in the folder of the run
//! <!-- not run: it never ends -->      the next block is left out, and why
//! ```sh                                run; every other language is for readers
//! ````
//!
//! What stands for something else in a page (a number, a path, a secret) is put in by [`Guide::with`].
//!
//! Invariants
//! - G-1: the first command that fails ends the run, and the error has its line in the page.
//! - G-2: a comment of these kinds that no block follows is an error: it would be silently of no use.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

/// Longest time for a whole page.
const DEADLINE: Duration = Duration::from_mins(5);

/// Why a guide was not read or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuideError {
    /// The page or a file of it.
    #[error("{doing} {}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The page is not as it should be.
    #[error("{page}, line {line}: {message}")]
    Page {
        /// Which page.
        page: String,
        /// Where.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A command of it failed.
    #[error("{page}, line {line}: a command failed\n{said}")]
    Failed {
        /// Which page.
        page: String,
        /// Where it stands.
        line: usize,
        /// What all commands printed.
        said: String,
    },
}

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of its first line of text, from 1.
    pub line: usize,
    /// What stands behind its opening fence: `sh`, `toml`.
    pub language: String,
    /// Its text.
    pub text: String,
    /// The file that it is.
    pub file: Option<String>,
    /// Why it is not run.
    pub not_run: Option<String>,
}

/// A page with what its placeholders stand for.
#[derive(Debug)]
pub struct Guide {
    page: String,
    blocks: Vec<Block>,
    stands_for: Vec<(String, String)>,
}

impl Guide {
    /// Reads a page of `docs/guide`, e.g. `problems.md`.
    ///
    /// # Errors
    /// [`GuideError::File`] and [`GuideError::Page`].
    pub fn read(page: &str) -> Result<Self, GuideError> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide").join(page);
        let text = fs::read_to_string(&path).map_err(|source| GuideError::File {
            doing: "read",
            path: path.clone(),
            source,
        })?;
        let blocks = blocks(&text).map_err(|(line, message)| GuideError::Page {
            page: page.to_owned(),
            line,
            message,
        })?;
        Ok(Self { page: page.to_owned(), blocks, stands_for: Vec::new() })
    }

    /// Its blocks, in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Puts something in where a word stands for it, as `17` for a number that there is. Words end where letters and
    /// digits do.
    #[must_use]
    pub fn with(mut self, word: &str, meant: &str) -> Self {
        self.stands_for.push((word.to_owned(), meant.to_owned()));
        self
    }

    /// Writes the page's files into a folder and runs its `sh` blocks there; what they printed.
    ///
    /// # Errors
    /// [`GuideError::Failed`] with the line of the first command that failed (G-1).
    pub async fn run(&self, folder: &Path, environment: &[(&str, &str)]) -> Result<String, GuideError> {
        for block in &self.blocks {
            if let Some(name) = &block.file {
                let path = folder.join(name);
                fs::write(&path, self.filled(&block.text)).map_err(|source| GuideError::File {
                    doing: "write",
                    path,
                    source,
                })?;
            }
        }
        let mut command = Command::new("bash");
        command.arg("-c").arg(self.script()).current_dir(folder).envs(environment.iter().copied());
        command.stdin(Stdio::null()).kill_on_drop(true);
        let ran = tokio::time::timeout(DEADLINE, command.output()).await;
        let failed = |line, said| GuideError::Failed { page: self.page.clone(), line, said };
        let output = match ran {
            Err(_) => return Err(failed(0, format!("it was not done within {} s", DEADLINE.as_secs()))),
            Ok(Err(source)) => {
                return Err(GuideError::File { doing: "run bash in", path: folder.to_owned(), source });
            }
            Ok(Ok(output)) => output,
        };
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        let line = said.rsplit_once(FAILED).and_then(|(_, rest)| rest.lines().next()?.trim().parse().ok());
        Err(failed(line.unwrap_or(0), said))
    }

    /// One shell for the whole page, so that what a block exports is there in the next one.
    fn script(&self) -> String {
        let mut script =
            format!("set -Eeuo pipefail\ntrap 'echo \"{FAILED} $((LINENO - offset))\" >&2' ERR\n");
        for block in self.blocks.iter().filter(|block| block.language == "sh" && block.not_run.is_none()) {
            // Lines of the script become those of the page.
            let here = script.lines().count() + 2;
            let offset = here.cast_signed() - block.line.cast_signed();
            let _ = writeln!(script, "offset={offset}");
            script.push_str(&self.filled(&block.text));
        }
        script
    }

    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (word, meant) in &self.stands_for {
            filled = put_in(&filled, word, meant);
        }
        filled
    }
}

/// What the shell says before the line that failed.
const FAILED: &str = "guide: failed at line";

fn put_in(text: &str, word: &str, meant: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, behind) = (&rest[..at], &rest[at + word.len()..]);
        let is_inner = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        let begins = !word.starts_with(char::is_alphanumeric) || !is_inner(before.chars().next_back());
        let ends = !word.ends_with(char::is_alphanumeric) || !is_inner(behind.chars().next());
        out.push_str(before);
        out.push_str(if begins && ends { meant } else { word });
        rest = behind;
    }
    out + rest
}

/// The blocks of a page, or the line that is wrong and why.
fn blocks(page: &str) -> Result<Vec<Block>, (usize, String)> {
    let mut blocks = Vec::new();
    let (mut file, mut not_run) = (None, None);
    let mut said_at = 0;
    let mut open: Option<(Block, String)> = None;
    for (number, line) in (1..).zip(page.lines()) {
        if let Some((mut block, fence)) = open.take() {
            if line.trim() == fence {
                blocks.push(block);
            } else {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some((block, fence));
            }
            continue;
        }
        let fence: String = line.chars().take_while(|char| *char == '`').collect();
        if fence.len() >= 3 {
            let language = line[fence.len()..].trim().to_owned();
            let (file, not_run) = (file.take(), not_run.take());
            let block = Block { line: number + 1, language, text: String::new(), file, not_run };
            open = Some((block, fence));
        } else if let Some(said) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) {
            match said.split_once(": ") {
                Some(("file", name)) if !name.contains('/') => file = Some(name.to_owned()),
                Some(("not run", why)) if !why.trim().is_empty() => not_run = Some(why.to_owned()),
                _ if said.starts_with("file") || said.starts_with("not run") => {
                    return Err((number, format!("write \"file: NAME\" or \"not run: WHY\", not {said:?}")));
                }
                _ => continue,
            }
            said_at = number;
        } else if !line.trim().is_empty() && (file.is_some() || not_run.is_some()) {
            return Err((said_at, "no block follows this comment".to_owned())); // G-2
        }
    }
    match open {
        Some((block, _)) => Err((block.line - 1, "this block has no end".to_owned())),
        None if file.is_some() || not_run.is_some() => {
            Err((said_at, "no block follows this comment".to_owned()))
        }
        None => Ok(blocks),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# A page\n\n\
        <!-- file: greeting.txt -->\n```text\nhello 17\n```\n\n\
        ```sh\nexport WORD=there      # a remark\ncat greeting.txt\n```\n\n\
        <!-- not run: it never ends -->\n\n```sh\nsleep infinity\n```\n\n\
        ```sh\necho \"$WORD\" 170 17\n```\n";

    fn guide(page: &str) -> Guide {
        Guide { page: "page.md".into(), blocks: blocks(page).unwrap(), stands_for: Vec::new() }
    }

    #[tokio::test]
    async fn blocks_are_run_in_one_shell_with_their_files() {
        let folder = tempfile::tempdir().unwrap();
        let said = guide(PAGE).with("17", "42").run(folder.path(), &[]).await.unwrap();
        assert_eq!(said, "hello 42\nthere 170 42\n");
    }

    #[tokio::test]
    async fn command_that_fails_is_told_with_its_line_and_ends_the_run() {
        // G-1
        let folder = tempfile::tempdir().unwrap();
        for (broken, line) in [("cat greeting.txt", 10), ("echo \"$WORD\"", 20)] {
            let page = PAGE.replace(broken, "false");
            let error = guide(&page).run(folder.path(), &[]).await.unwrap_err().to_string();
            assert!(error.starts_with(&format!("page.md, line {line}: ")), "{error}");
        }
    }

    #[test]
    fn comments_that_mean_nothing_are_refused() {
        // G-2
        for (page, line) in [
            ("<!-- file: a.txt -->\nwords\n", 1),
            ("\n<!-- not run: a -->\n", 2),
            ("<!-- not run -->\n```sh\n```\n", 1),
            ("<!-- file: ../a -->\n```sh\n```\n", 1),
            ("words\n```sh\nls\n", 2),
        ] {
            assert_eq!(blocks(page).unwrap_err().0, line, "{page}");
        }
        assert!(blocks("<!-- any other remark -->\nwords\n").unwrap().is_empty());
    }
}
