//! A line that is being typed.

use unicode_width::UnicodeWidthStr;

/// Longest text, in characters: what a filter may have.
const LENGTH_MAX: usize = 1_000;

/// The text, and where the next character goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Prompt {
    before: String,
    after: String,
}

/// What a key does to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edit {
    /// Types a character.
    Insert(char),
    /// Removes the one before the cursor.
    Backspace,
    /// Removes the one behind it.
    Delete,
    /// One to the left.
    Left,
    /// One to the right.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// Removes all before the cursor.
    Clear,
    /// Removes the word before the cursor.
    Word,
}

impl Prompt {
    /// A text with the cursor at its end.
    pub(crate) fn new(text: &str) -> Self {
        Self { before: text.to_owned(), after: String::new() }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// Columns before the cursor.
    pub(crate) fn cursor(&self) -> usize {
        self.before.width()
    }

    /// Takes one key.
    pub(crate) fn edit(&mut self, edit: Edit) {
        match edit {
            Edit::Insert(character) => {
                let length = self.before.chars().count() + self.after.chars().count();
                if !character.is_control() && length < LENGTH_MAX {
                    self.before.push(character);
                }
            }
            Edit::Backspace => drop(self.before.pop()),
            Edit::Delete => self.after = self.after.chars().skip(1).collect(),
            Edit::Left => {
                if let Some(character) = self.before.pop() {
                    self.after.insert(0, character);
                }
            }
            Edit::Right => {
                if let Some(character) = self.after.chars().next() {
                    self.after.remove(0);
                    self.before.push(character);
                }
            }
            Edit::Home => {
                self.after = self.text();
                self.before.clear();
            }
            Edit::End => {
                self.before = self.text();
                self.after.clear();
            }
            Edit::Clear => self.before.clear(),
            Edit::Word => {
                let kept = self.before.trim_end().rfind(' ').map_or(0, |blank| blank + 1);
                self.before.truncate(kept);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_keeps_whole_characters() {
        let mut prompt = Prompt::new("größe");
        for edit in [Edit::Left, Edit::Left, Edit::Backspace, Edit::Insert('日'), Edit::Insert('\u{1b}')] {
            prompt.edit(edit);
        }
        assert_eq!((prompt.text().as_str(), prompt.cursor()), ("gr日ße", 4));
    }

    #[test]
    fn words_and_lines_are_removed_before_the_cursor() {
        let mut prompt = Prompt::new("status!=UP cpu>80");
        prompt.edit(Edit::Word);
        assert_eq!(prompt.text(), "status!=UP ");
        prompt.edit(Edit::Home);
        prompt.edit(Edit::Delete);
        assert_eq!(prompt.text(), "tatus!=UP ");
        prompt.edit(Edit::End);
        prompt.edit(Edit::Clear);
        assert_eq!(prompt.text(), "");
    }
}
