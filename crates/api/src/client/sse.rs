//! Server-sent events from bytes, however these are cut into pieces.
//!
//! Invariants
//! - S-1: any chunking of the same bytes yields the same events.
//! - S-2: an event is at most [`EVENT_MAX`] bytes; a longer one is an error, not a growing buffer.

/// Largest event: the snapshot of a window with the most rows has some 10 MB.
pub const EVENT_MAX: usize = 64 << 20;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SseEvent {
    /// Its name; `message` when the stream does not say.
    pub name: String,
    /// The lines of its data, joined.
    pub data: String,
    /// The last id that the stream gave, with this event or before.
    pub id: Option<String>,
}

/// A stream that is not one of events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// An event never ends.
    #[error("an event is larger than {EVENT_MAX} bytes")]
    TooLarge,
    /// A line is not UTF-8.
    #[error("the stream is not UTF-8")]
    NotUtf8,
}

/// Takes bytes, gives events.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// The last byte ended a line with a carriage return; a line feed now belongs to it.
    after_return: bool,
    started: bool,
    name: String,
    data: String,
    id: Option<String>,
}

impl Parser {
    /// Takes the next piece of the stream and adds the events it completes to `events`.
    ///
    /// # Errors
    /// [`SseError`]; the stream cannot be read on.
    pub fn push(&mut self, bytes: &[u8], events: &mut Vec<SseEvent>) -> Result<(), SseError> {
        for byte in bytes {
            let follows_return = std::mem::take(&mut self.after_return);
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => {
                    self.after_return = *byte == b'\r';
                    self.end_line(events)?;
                }
                other => {
                    if self.line.len() + self.data.len() >= EVENT_MAX {
                        return Err(SseError::TooLarge); // S-2
                    }
                    self.line.push(*other);
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<SseEvent>) -> Result<(), SseError> {
        let line = std::mem::take(&mut self.line);
        let line = str::from_utf8(&line).map_err(|_| SseError::NotUtf8)?;
        // A byte order mark may stand before the first line.
        let line = if std::mem::replace(&mut self.started, true) {
            line
        } else {
            line.trim_start_matches('\u{feff}')
        };
        if line.is_empty() {
            self.end_event(events);
            return Ok(());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // Comments, `retry` and what is not known.
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self, events: &mut Vec<SseEvent>) {
        let name = std::mem::take(&mut self.name);
        let mut data = std::mem::take(&mut self.data);
        if data.pop().is_none() {
            return; // Without data there is no event.
        }
        let name = if name.is_empty() { "message".to_owned() } else { name };
        events.push(SseEvent { name, data, id: self.id.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(pieces: &[&[u8]]) -> Result<Vec<SseEvent>, SseError> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece, &mut events)?;
        }
        Ok(events)
    }

    fn event(name: &str, data: &str, id: Option<&str>) -> SseEvent {
        SseEvent { name: name.into(), data: data.into(), id: id.map(Into::into) }
    }

    #[test]
    fn fields_comments_and_line_ends_are_read() {
        let stream = "\u{feff}: hello\nevent: delta\r\nid: 7\r\ndata: {\"a\":1}\r\ndata:second\r\n\r\nretry: 5\n\ndata\n\nevent: lost\n\n";
        let expected = [event("delta", "{\"a\":1}\nsecond", Some("7")), event("message", "", Some("7"))];
        assert_eq!(parse(&[stream.as_bytes()]).unwrap(), expected);
    }

    #[test]
    fn carriage_return_and_line_feed_in_two_pieces_are_one_line_end() {
        let events = parse(&[b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n"]).unwrap();
        assert_eq!(events, [event("message", "a\nb", None)]);
    }

    #[test]
    fn endless_event_is_refused() {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        let line = format!("data: {}\n", "x".repeat(1 << 20));
        let refused = (0..100).find_map(|_| parser.push(line.as_bytes(), &mut events).err());
        assert_eq!(refused, Some(SseError::TooLarge));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert_eq!(parse(&[b"data: \xff\n\n"]), Err(SseError::NotUtf8));
    }

    proptest! {
        // S-1
        #[test]
        fn any_chunking_yields_the_same_events(
            lines in proptest::collection::vec("(data|id|event|retry|:|x)?:? ?[a-zé\u{feff}]{0,6}(\n|\r|\r\n){1,2}", 0..20),
            cuts in proptest::collection::vec(0_usize..400, 0..12),
        ) {
            let stream = lines.concat().into_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < stream.len()).collect();
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut start = 0;
            for cut in cuts {
                pieces.push(&stream[start..cut]);
                start = cut;
            }
            pieces.push(&stream[start..]);
            prop_assert_eq!(parse(&pieces), parse(&[&stream]));
        }
    }
}
