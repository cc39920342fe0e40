//! How a custom action is done: by a program, or by a request to the application; and where arguments go.

use super::{Arguments, CustomError, SERVICE};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

/// Most words of a command, and most bytes of them together.
const WORDS_MAX: usize = 100;
const WORDS_BYTES_MAX: usize = 4 << 10;
/// Longest path of a request, in bytes.
const PATH_MAX: usize = 500;

/// How a custom action is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    /// A program with its arguments, run as those of the application. `{NAME}` is the argument of a parameter.
    Command(Vec<String>),
    /// A request to the application's HTTP port.
    Request(Request),
}

/// A request to the application's HTTP port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path, in which `/{NAME}/` is the argument of a parameter; the other arguments are its body, as JSON.
    pub path: String,
}

/// A method that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Does something.
    Post,
    /// Puts something in place.
    Put,
    /// Takes something away.
    Delete,
}

impl Method {
    /// All that there are here.
    pub const ALL: &'static [Self] = &[Self::Post, Self::Put, Self::Delete];

    /// As HTTP has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// What is to be done, with every argument in its place.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Run this program with these arguments.
    Command(Vec<String>),
    /// Send this request.
    Request {
        /// Its method.
        method: Method,
        /// Its path, escaped.
        path: String,
        /// Its body, as JSON; none without arguments.
        body: Option<String>,
    },
}

/// As people read it: `runs /opt/switch/bin/rotate 3`.
impl fmt::Display for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(words) => {
                f.write_str("runs")?;
                words.iter().try_for_each(|word| {
                    let is_plain =
                        !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == '"');
                    if is_plain { write!(f, " {word}") } else { write!(f, " {word:?}") }
                })
            }
            Self::Request { method, path, body } => {
                write!(f, "asks for {} {path}", method.as_str())?;
                body.as_ref().map_or(Ok(()), |body| write!(f, " with {body}"))
            }
        }
    }
}

impl Means {
    /// - `names`: what may stand in braces; each but the service has to.
    pub(super) fn check(&self, names: &BTreeSet<&str>) -> Result<(), CustomError> {
        match self {
            Self::Command(words) => check_command(words, names),
            Self::Request(request) => request.check(names),
        }
    }

    /// - `words`: what stands for each name.
    /// - `arguments`: those that are not in the path of a request are its body.
    pub(super) fn prepare(
        &self,
        words: &BTreeMap<&str, String>,
        arguments: &Arguments,
    ) -> Result<Prepared, CustomError> {
        match self {
            Self::Command(command) => {
                let filled = command.iter().map(|word| match slot(word) {
                    Some((before, name)) if words.contains_key(name) => {
                        format!("{before}{}", words.get(name).map_or("", String::as_str))
                    }
                    _ => word.clone(),
                });
                Ok(Prepared::Command(filled.collect()))
            }
            Self::Request(request) => request.prepare(words, arguments),
        }
    }
}

/// What comes before a name in braces at the end of a word, and the name: `--keys={keys}`, `{keys}`.
fn slot(word: &str) -> Option<(&str, &str)> {
    let (before, name) = word.strip_suffix('}')?.rsplit_once('{')?;
    // Anything else around it may be read by somebody as more than one word (CU-1).
    let is_option = before.starts_with('-')
        && before.strip_suffix('=').is_some_and(|option| {
            option.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        });
    (before.is_empty() || is_option).then_some((before, name))
}

fn check_command(words: &[String], names: &BTreeSet<&str>) -> Result<(), CustomError> {
    let wrong = |message: String| Err(CustomError::new("command", message));
    if words.first().is_none_or(|program| program.is_empty() || program.contains('{')) {
        return wrong("does not begin with a program; write one first, as in [\"/usr/bin/program\"]".into());
    }
    if words.len() > WORDS_MAX || words.iter().map(String::len).sum::<usize>() > WORDS_BYTES_MAX {
        return wrong(format!("is too long; write at most {WORDS_MAX} words of {WORDS_BYTES_MAX} bytes"));
    }
    let mut used = BTreeSet::new();
    for word in words {
        let slot = slot(word).map(|(_, name)| name);
        if let Some(part) =
            names.iter().find(|name| word.contains(&format!("{{{name}}}")) && slot != Some(name))
        {
            return wrong(format!(
                "has {{{part}}} inside {word:?}; an argument is a word of its own, or follows an option as in \"--{part}={{{part}}}\""
            ));
        }
        match slot {
            Some(name) if names.contains(name) => {
                used.insert(name);
            }
            Some(name) if is_name(name) => {
                return wrong(format!("has {{{name}}}, and there is no such parameter; declare it"));
            }
            _ => {}
        }
    }
    let unused = names.iter().find(|name| **name != SERVICE && !used.contains(**name));
    unused.map_or(Ok(()), |name| {
        wrong(format!("does not use the parameter {name}; write \"{{{name}}}\" into it"))
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
}

impl Request {
    fn check(&self, names: &BTreeSet<&str>) -> Result<(), CustomError> {
        let wrong = |message: String| Err(CustomError::new("path", message));
        let is_good = |byte: u8| byte.is_ascii_graphic() && !b"#?\\\"<>".contains(&byte);
        if !self.path.starts_with('/') || self.path.len() > PATH_MAX || !self.path.bytes().all(is_good) {
            return wrong(format!("is {:?}; write a path like \"/services/{{service}}/reset\"", self.path));
        }
        for segment in self.path.split('/').filter(|segment| segment.contains(['{', '}'])) {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if name.is_none_or(|name| !names.contains(name)) {
                return wrong(format!(
                    "has {segment:?}; what stands between two / is {{NAME}} of a parameter, or has no braces"
                ));
            }
        }
        Ok(())
    }

    fn prepare(
        &self,
        words: &BTreeMap<&str, String>,
        arguments: &Arguments,
    ) -> Result<Prepared, CustomError> {
        let mut path = String::new();
        let mut used = BTreeSet::new();
        for segment in self.path.split('/').skip(1) {
            path.push('/');
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let Some((name, word)) = name.and_then(|name| words.get_key_value(name)) else {
                path.push_str(segment);
                continue;
            };
            // These lead elsewhere, however they are escaped.
            if matches!(word.as_str(), "" | "." | "..") {
                let message = format!("is {word:?}, which cannot be a part of a path; give another");
                return Err(CustomError::new(*name, message));
            }
            escape(word, &mut path);
            used.insert(*name);
        }
        let rest: BTreeMap<_, _> =
            arguments.iter().filter(|(name, _)| !used.contains(name.as_str())).collect();
        let body =
            serde_json::to_string(&rest).map_err(|error| CustomError::new("arguments", error.to_string()))?;
        Ok(Prepared::Request { method: self.method, path, body: (!rest.is_empty()).then_some(body) })
    }
}

/// A text as one segment of a path.
fn escape(text: &str, path: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            path.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
}
