//! The words of a `PromQL` text, with their places.
//!
//! Invariants
//! - T-1: the last token is [`Token::End`], and no other is.
//! - T-2: a place is a byte of the text where a character begins, or its end.

use super::error::ParseError;
use super::number;

/// One word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// A metric, label, function or keyword: letters, digits, `_` and `:`.
    Name(&'a str),
    /// A number.
    Number(f64),
    /// A length of time with its units, in ms.
    Duration(i64),
    /// What stood between quotes, with its escapes resolved.
    Text(String),
    /// Everything else.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

/// A word and the byte at which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Placed<'a> {
    pub(super) token: Token<'a>,
    pub(super) at: usize,
}

/// Longer symbols stand before those that they begin with.
const SYMBOLS: [&str; 24] = [
    "==", "=~", "!=", "!~", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "%", "^", "(", ")", "{", "}", "[",
    "]", ",", ":", "@",
];

/// Cuts a text into words.
pub(super) fn tokens(text: &str) -> Result<Vec<Placed<'_>>, ParseError> {
    let mut found = Vec::new();
    let mut at = 0;
    // Between brackets a colon parts range and step; elsewhere it may begin the name of a rule.
    let mut bracketed = false;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '"' | '\'' | '`' => quoted(rest, first, at)?,
            '0'..='9' => numeric(rest, at)?,
            '.' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => numeric(rest, at)?,
            ':' if bracketed => (Token::Symbol(":"), 1),
            _ if is_name_start(first) || first == ':' => {
                let length = rest.find(|c: char| !is_name_part(c) && c != ':').unwrap_or(rest.len());
                (Token::Name(&rest[..length]), length)
            }
            _ => {
                let symbol = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol));
                let symbol = symbol.ok_or_else(|| {
                    ParseError::new(at, format!("{first:?} has no meaning in an expression"))
                })?;
                match symbol {
                    "[" => bracketed = true,
                    "]" => bracketed = false,
                    _ => {}
                }
                (Token::Symbol(symbol), symbol.len())
            }
        };
        found.push(Placed { token, at });
        at += length;
    }
    found.push(Placed { token: Token::End, at });
    Ok(found)
}

/// True when a text can be the name of a label.
pub(super) fn is_label_name(name: &str) -> bool {
    name.starts_with(is_name_start) && name.chars().all(is_name_part)
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn numeric(rest: &str, at: usize) -> Result<(Token<'_>, usize), ParseError> {
    let length = number::length(rest);
    let word = &rest[..length];
    if let Some(duration) = number::duration(word) {
        let ms = duration.map_err(|reason| ParseError::new(at, reason))?;
        return Ok((Token::Duration(ms), length));
    }
    let value = number::number(word)
        .ok_or_else(|| ParseError::new(at, format!("{word:?} is neither a number nor a duration")))?;
    Ok((Token::Number(value), length))
}

fn quoted(rest: &str, quote: char, at: usize) -> Result<(Token<'static>, usize), ParseError> {
    let raw = quote == '`';
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((offset, character)) = characters.next() {
        match character {
            _ if character == quote => return Ok((Token::Text(text), offset + 1)),
            '\\' if !raw => text.push(escaped(&mut characters, quote).ok_or_else(|| {
                ParseError::new(at + offset, "this escape is not known")
                    .hint("write a backslash twice, or put the text between backticks")
            })?),
            '\n' if !raw => break,
            _ => text.push(character),
        }
    }
    Err(ParseError::new(at, "this text does not end").hint(format!("close it with {quote}")))
}

/// What follows a backslash, as in Go.
fn escaped(characters: &mut impl Iterator<Item = (usize, char)>, quote: char) -> Option<char> {
    let (_, kind) = characters.next()?;
    let mut digits = |first: u32, count: usize, radix: u32| {
        (0..count).try_fold(first, |value, _| {
            let (_, digit) = characters.next()?;
            value.checked_mul(radix)?.checked_add(digit.to_digit(radix)?)
        })
    };
    match kind {
        'a' => Some('\u{7}'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\u{b}'),
        '\\' => Some('\\'),
        'x' => char::from_u32(digits(0, 2, 16)?),
        'u' => char::from_u32(digits(0, 4, 16)?),
        'U' => char::from_u32(digits(0, 8, 16)?),
        '0'..='7' => char::from_u32(digits(kind.to_digit(8)?, 2, 8)?),
        _ => (kind == quote).then_some(quote),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Token<'_>> {
        tokens(text).unwrap().into_iter().map(|placed| placed.token).collect()
    }

    #[test]
    fn tokens_tell_names_numbers_durations_and_texts_apart() {
        use Token::{Duration, End, Name, Number, Symbol, Text};
        assert_eq!(words("a:b_1 # note"), [Name("a:b_1"), End]);
        assert_eq!(
            words("x[5m:1m30s]"),
            [Name("x"), Symbol("["), Duration(300_000), Symbol(":"), Duration(90_000), Symbol("]"), End]
        );
        assert_eq!(
            words("1e3 0x1F 0755 .5 08"),
            [Number(1000.0), Number(31.0), Number(493.0), Number(0.5), Number(8.0), End]
        );
        assert_eq!(
            words(r#"'a\'b' "\x41\n" `\n`"#),
            [Text("a'b".into()), Text("A\n".into()), Text("\\n".into()), End]
        );
    }

    #[test]
    fn tokens_refuse_what_has_no_meaning_with_its_place() {
        for (text, at) in [("a ? b", 2), ("a + 'open", 4), (r"'\q'", 1), ("1e", 0), ("a[99999999999y]", 2)] {
            assert_eq!(tokens(text).unwrap_err().position, at, "{text}");
        }
    }
}
