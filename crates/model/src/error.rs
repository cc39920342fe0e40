//! Errors in words, for logs and answers.

use std::error::Error;

/// An error with its causes, on one line: `open journal data/journal.db: permission denied`.
pub fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Step {
        text: &'static str,
        source: Option<Box<Step>>,
    }

    #[test]
    fn causes_follow_from_the_outermost_to_the_first() {
        let disk = Step { text: "disk full", source: None };
        let write = Step { text: "write segment", source: Some(Box::new(disk)) };
        let append = Step { text: "append", source: Some(Box::new(write)) };
        assert_eq!(with_sources(&append), "append: write segment: disk full");
    }
}
