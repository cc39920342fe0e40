//! A command line's simple commands, with quotes taken away.

/// One command with its arguments.
#[derive(Debug, Default)]
pub(super) struct SimpleCommand {
    /// The command and its arguments.
    pub(super) words: Vec<String>,
    /// Files that its output goes to.
    pub(super) written: Vec<String>,
    /// Command lines in `$(…)` and `` `…` `` inside of double quotes.
    pub(super) inner: Vec<String>,
}

/// Most substitutions of one command that are looked into: each is a copy of the rest of the line.
const INNER_MAX: usize = 64;

/// What a line runs. Whatever separates commands ends one: that too many are seen does no harm.
pub(super) fn commands(line: &str) -> Vec<SimpleCommand> {
    let mut reader = Reader::default();
    let mut chars = line.chars().peekable();
    while let Some(char) = chars.next() {
        match (reader.quote, char) {
            (Some('\''), '\'') | (Some('"'), '"') => reader.quote = None,
            (Some('\''), _) => reader.word.push(char),
            (None, '\'' | '"') => {
                reader.quote = Some(char);
                reader.is_word = true;
            }
            // A backslash also stands in paths of Windows; the word keeps its letters either way.
            (_, '\\') => match chars.next() {
                Some('\n') | None => {}
                Some(next) => reader.letter(next),
            },
            (Some(_), '$' | '`') if reader.command.inner.len() < INNER_MAX => {
                let rest: String = chars.clone().collect();
                if let Some(inner) = if char == '`' { Some(rest.as_str()) } else { rest.strip_prefix('(') } {
                    let end = inner.find(if char == '`' { '`' } else { '"' }).unwrap_or(inner.len());
                    reader.command.inner.push(inner[..end].to_owned());
                }
                reader.word.push(char);
            }
            (Some(_), _) => reader.word.push(char),
            // `2>&1` and `&>file` are no ends of a command.
            (None, '&') if reader.is_redirected && reader.word.is_empty() => reader.is_redirected = false,
            (None, '&') if chars.peek() == Some(&'>') => {}
            (None, ';' | '|' | '&' | '\n' | '\r' | '(' | ')' | '`') => reader.end_command(),
            (None, '>') => {
                reader.end_word();
                reader.is_redirected = true;
            }
            (None, char) if char.is_whitespace() => reader.end_word(),
            (None, char) => reader.letter(char),
        }
    }
    reader.end_command();
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<SimpleCommand>,
    command: SimpleCommand,
    word: String,
    /// Also an empty one, as of `''`.
    is_word: bool,
    /// The next word is the file that output goes to.
    is_redirected: bool,
    quote: Option<char>,
}

impl Reader {
    fn letter(&mut self, char: char) {
        self.word.push(char);
        self.is_word = true;
    }

    fn end_word(&mut self) {
        if !std::mem::take(&mut self.is_word) {
            return;
        }
        let word = std::mem::take(&mut self.word);
        if std::mem::take(&mut self.is_redirected) {
            self.command.written.push(word);
        } else {
            self.command.words.push(word);
        }
    }

    fn end_command(&mut self) {
        self.end_word();
        self.is_redirected = false;
        let command = std::mem::take(&mut self.command);
        if !command.words.is_empty() || !command.written.is_empty() {
            self.commands.push(command);
        }
    }
}
