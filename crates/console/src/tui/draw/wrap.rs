//! Lines that are longer than their place, broken between words.

use super::canvas::Piece;
use crate::output::Tone;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Breaks lines at a width; what goes on begins below the text, not below its label.
///
/// - `indent`: columns of the label.
pub(crate) fn wrapped(lines: Vec<Vec<Piece>>, width: usize, indent: usize) -> Vec<Vec<Piece>> {
    // In a narrow place there is no room to show where a text began.
    let indent = if width >= 3 * indent { indent } else { 0 };
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        if width == 0 || line.iter().map(|piece| piece.text.width()).sum::<usize>() <= width {
            all.push(line);
        } else {
            wrap(line, width, indent, &mut all);
        }
    }
    all
}

fn wrap(line: Vec<Piece>, width: usize, indent: usize, into: &mut Vec<Vec<Piece>>) {
    let mut current: Vec<Piece> = Vec::new();
    let mut used = 0;
    for Piece { text, tone } in line {
        let mut kept = String::new();
        for word in words(&text, width - indent) {
            let word_width = word.trim_end().width();
            if used + word_width > width && used > indent {
                current.push(Piece::new(std::mem::take(&mut kept), tone));
                into.push(std::mem::take(&mut current));
                current.push(Piece::new(" ".repeat(indent), Tone::Plain));
                used = indent;
            }
            used += word.width();
            kept.push_str(word);
        }
        current.push(Piece::new(kept, tone));
    }
    into.push(current);
}

/// Words with the blanks behind them; one that is too long for a line is cut into parts that are not.
fn words(text: &str, room: usize) -> Vec<&str> {
    let mut words = Vec::new();
    for mut word in text.split_inclusive(' ') {
        while word.trim_end().width() > room {
            let mut used = 0;
            let fits = |character: &char| {
                used += character.width().unwrap_or(0);
                used <= room
            };
            let end: usize = word.chars().take_while(fits).map(char::len_utf8).sum();
            // A character wider than the room is taken all the same, so that there is an end.
            let end = if end == 0 { word.chars().next().map_or(word.len(), char::len_utf8) } else { end };
            let (part, rest) = word.split_at(end);
            words.push(part);
            word = rest;
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], width: usize, indent: usize, expected: &[&str]) {
        let line = texts.iter().map(|text| Piece::plain(*text)).collect();
        let lines: Vec<String> = wrapped(vec![line], width, indent)
            .into_iter()
            .map(|line| line.into_iter().map(|piece| piece.text).collect::<String>().trim_end().to_owned())
            .collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        check(&["cause ", "it was asked for"], 30, 6, &["cause it was asked for"]);
        check(&["cause ", "it was asked for by eve"], 18, 6, &["cause it was asked", "      for by eve"]);
        check(&["cause ", "a/long/path/of/it"], 18, 6, &["cause a/long/path/", "      of/it"]);
        check(&["日本日本"], 5, 0, &["日本", "日本"]);
        check(&["日本"], 1, 0, &["日", "本"]);
        check(&["a b"], 0, 13, &["a b"]);
    }
}
