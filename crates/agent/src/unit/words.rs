//! Splits a command written as one text into words, without a shell.
//!
//! Blanks separate words; `'…'` and `"…"` keep them together; `\` takes the next character as it is, in
//! double quotes only before `"` and `\`. Everything else that a shell would act on is refused, for a
//! unit that looks as if a shell ran it would do something else than it says.

use super::CommandLine;

/// Why a text is not a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    #[error("is empty")]
    Empty,
    #[error("has a quote that is not closed")]
    Quote,
    #[error("ends with a \\")]
    Backslash,
    #[error(
        "has a {0:?} outside single quotes, and no shell reads it; quote it, or write [\"/bin/sh\", \"-c\", \"…\"]"
    )]
    Shell(char),
}

pub(super) fn split(text: &str) -> Result<CommandLine, WordsError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' | '\r' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next().ok_or(WordsError::Quote)? {
                        '\'' => break,
                        quoted => word.push(quoted),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next().ok_or(WordsError::Quote)? {
                        '"' => break,
                        '\\' => match letters.next().ok_or(WordsError::Quote)? {
                            escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                            other => word.extend(['\\', other]),
                        },
                        shell @ ('$' | '`') => return Err(WordsError::Shell(shell)),
                        quoted => word.push(quoted),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next().ok_or(WordsError::Backslash)?),
            shell @ ('$' | '`' | '|' | '&' | ';' | '<' | '>' | '(' | ')' | '*' | '?') => {
                return Err(WordsError::Shell(shell));
            }
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    if words.first().is_none_or(String::is_empty) { Err(WordsError::Empty) } else { Ok(CommandLine(words)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_keeps_quoted_words_together() {
        let check = |text: &str, words: &[&str]| assert_eq!(split(text).unwrap().words(), words, "{text}");
        check("./switch --port 8080", &["./switch", "--port", "8080"]);
        check("  a\t'b c'\n\"d 'e'\" f\\ g ", &["a", "b c", "d 'e'", "f g"]);
        check(r#"a '' "" x"y"'z'"#, &["a", "", "", "xyz"]);
        check(r#"a "\"\\\n" '$HOME|*'"#, &["a", r#""\\n"#, "$HOME|*"]);
    }

    #[test]
    fn split_refuses_what_only_a_shell_would_do() {
        for (text, error) in [
            ("", WordsError::Empty),
            (" ", WordsError::Empty),
            ("'' a", WordsError::Empty),
            ("a 'b", WordsError::Quote),
            ("a \"b\\\"", WordsError::Quote),
            ("a \\", WordsError::Backslash),
            ("a | b", WordsError::Shell('|')),
            ("a > b", WordsError::Shell('>')),
            ("a \"$HOME\"", WordsError::Shell('$')),
            ("a && b", WordsError::Shell('&')),
        ] {
            assert_eq!(split(text), Err(error), "{text}");
        }
    }
}
