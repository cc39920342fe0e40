//! One line: where it ends, and what its parts are, not unescaped yet.

use std::borrow::Cow;

/// Fields and tags of a line, at most.
const PARTS_MAX: usize = 1_024;

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Number(pub(super) f64);

/// The parts of a line.
#[derive(Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) measurement: &'a str,
    pub(super) tags: Vec<(&'a str, &'a str)>,
    /// Those that are numbers or truths.
    pub(super) fields: Vec<(&'a str, Number)>,
    /// Number of the others.
    pub(super) strings: u64,
    pub(super) time: Option<i64>,
}

/// Splits the first line off; a line feed within a string does not end one.
pub(super) fn split(body: &[u8]) -> (&[u8], &[u8]) {
    let (mut fields, mut quoted, mut escaped, mut first_feed) = (false, false, false, None);
    let mut before = 0;
    // A comment is all text.
    let comment = body.trim_ascii_start().starts_with(b"#");
    for (at, byte) in body.iter().enumerate() {
        if *byte == b'\n' {
            if !quoted {
                return (&body[..at], &body[at + 1..]);
            }
            first_feed = first_feed.or(Some(at));
        }
        if std::mem::take(&mut escaped) || comment {
            before = *byte;
            continue;
        }
        match byte {
            b'\\' => escaped = true,
            b' ' if !quoted => fields = true,
            // Only a value may be a string.
            b'"' if quoted => quoted = false,
            b'"' if fields && before == b'=' => quoted = true,
            _ => {}
        }
        before = *byte;
    }
    // A string that never ends takes no other line with it.
    match first_feed {
        Some(at) if quoted => (&body[..at], &body[at + 1..]),
        _ => (body, &[]),
    }
}

/// Splits at the first such byte that no backslash precedes; without one the second part is missing.
fn split_at(text: &str, is: impl Fn(u8) -> bool) -> (&str, Option<&str>) {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        if byte == b'\\' {
            escaped = true;
        } else if is(byte) {
            return (&text[..at], Some(&text[at + 1..]));
        }
    }
    (text, None)
}

/// Resolves the escapes of a name or a tag's value; a backslash before anything else stands for itself.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(',' | '=' | ' ' | '\\')) => plain.extend(characters.next()),
            _ => plain.push(character),
        }
    }
    Cow::Owned(plain)
}

impl<'a> Line<'a> {
    pub(super) fn read(line: &'a str) -> Result<Self, &'static str> {
        let (key, rest) = split_at(line, |byte| byte == b' ');
        let mut rest = rest.ok_or("it has no fields")?.trim_start();
        let (measurement, mut more) = split_at(key, |byte| byte == b',');
        if measurement.is_empty() {
            return Err("it has no measurement");
        }
        let mut tags = Vec::new();
        while let Some(text) = more {
            let (tag, next) = split_at(text, |byte| byte == b',');
            let (name, value) = split_at(tag, |byte| byte == b'=');
            let value = value.filter(|_| !name.is_empty()).ok_or("a tag is not NAME=VALUE")?;
            if tags.len() == PARTS_MAX {
                return Err("it has more than 1024 tags");
            }
            tags.push((name, value));
            more = next;
        }
        let (mut fields, mut strings) = (Vec::new(), 0);
        loop {
            let (name, value) = split_at(rest, |byte| byte == b'=');
            let value = value.filter(|_| !name.is_empty()).ok_or("a field is not NAME=VALUE")?;
            let after = if let Some(text) = value.strip_prefix('"') {
                strings += 1;
                split_at(text, |byte| byte == b'"').1.ok_or("a string does not end")?
            } else {
                let end = value.find([',', ' ']).unwrap_or(value.len());
                if fields.len() == PARTS_MAX {
                    return Err("it has more than 1024 fields");
                }
                fields.push((name, number(&value[..end])?));
                &value[end..]
            };
            if let Some(next) = after.strip_prefix(',') {
                rest = next;
                continue;
            }
            let time = after.strip_prefix(' ').map_or(after, str::trim);
            let time = match time {
                "" => None,
                time => Some(time.parse().map_err(|_| "its time is not a whole number")?),
            };
            return Ok(Self { measurement, tags, fields, strings, time });
        }
    }
}

fn number(text: &str) -> Result<Number, &'static str> {
    const WRONG: &str = "a field's value is no number, truth or string";
    let value = match text {
        "t" | "T" | "true" | "True" | "TRUE" => 1.0,
        "f" | "F" | "false" | "False" | "FALSE" => 0.0,
        _ => match text.as_bytes() {
            [.., b'i'] => text[..text.len() - 1].parse::<i64>().map_err(|_| WRONG)? as f64,
            [.., b'u'] => text[..text.len() - 1].parse::<u64>().map_err(|_| WRONG)? as f64,
            // No words: Rust would read "inf" and "nan".
            bytes if bytes.iter().any(|byte| byte.is_ascii_alphabetic() && !b"eE".contains(byte)) => {
                return Err(WRONG);
            }
            _ => text.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or(WRONG)?,
        },
    };
    Ok(Number(value))
}
