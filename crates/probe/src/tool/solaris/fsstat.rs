//! `fsstat`: what filesystems were asked to do, by type or mount. A reading has no key for operations: they are facts.

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::fact;
use crate::tool::text::{self, Text};

/// The columns of the form without options, of which the header has two lines.
const USUAL: &[&str] = &[
    "new files",
    "name remov",
    "name chng",
    "attr get",
    "attr set",
    "lookup ops",
    "rddir ops",
    "read ops",
    "read bytes",
    "write ops",
    "write bytes",
];

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut usual = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.contains(&"lookup") && words.contains(&"rddir") {
            usual = words.first() == Some(&"new");
            continue;
        }
        if !usual || words[0] == "file" {
            continue;
        }
        let figure = |word: &&str| text::size(word, 1).is_some() || *word == "-";
        match words.split_at_checked(USUAL.len()) {
            Some((figures, name)) if !name.is_empty() && figures.iter().all(figure) => {
                let name = name.join(" ");
                for (what, value) in USUAL.iter().zip(figures) {
                    if what.starts_with("read") || what.starts_with("write") {
                        fact(&mut reading, &format!("{name} {what}"), value);
                    }
                }
            }
            _ => reading.remark(line.number, "the row has not the columns of its header, left out"),
        }
    }
    if reading.facts.is_some() { Ok(reading) } else { Err(text.error(Fault::Missing("a row of fsstat"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_are_facts() {
        let text = " new  name   name  attr  attr lookup rddir  read read  write write\n \
                    file remov  chng   get   set    ops   ops   ops bytes   ops bytes\n \
                    1K    10     5   20K    30  40.1K   500   7K  8.5M   600  900K zfs\n  0  0\n";
        let reading = parse(&Text::of("solaris fsstat", text)).unwrap();
        let facts = reading.facts.unwrap();
        assert_eq!(facts.len(), 4);
        assert_eq!(facts[1], ("zfs read bytes".to_owned(), "8.5M".to_owned()));
        assert_eq!(reading.remarks.len(), 1);
    }
}
