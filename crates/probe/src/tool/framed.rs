//! JSON among other lines: what a login says before it, the head of an answer over HTTP, a prompt behind it.
//!
//! Lines keep their numbers: those that are no JSON are left blank.

use serde::de::IgnoredAny;
use serde_json::Deserializer;
use std::borrow::Cow;

/// The text with just its JSON, if it has any; else as it is.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    let Some(start) = start(text) else { return Cow::Borrowed(text) };
    let (before, rest) = text.split_at(start);
    let (documents, behind) = rest.split_at(end(rest));
    if before.trim().is_empty() && behind.trim().is_empty() {
        return Cow::Borrowed(text);
    }
    let n_lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let end = if behind.is_empty() { "" } else { "\n" };
    Cow::Owned(["\n".repeat(n_lines).as_str(), documents, end].concat())
}

/// Where the first line is that can only be the start of JSON: an object with a name in quotes, or a list of such.
fn start(text: &str) -> Option<usize> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let from = at + line.len() - line.trim_start().len();
        at += line.len();
        // A blank line would be looked through to the end of the blank ones, each of them anew.
        (!line.trim().is_empty() && opens(text.get(from..)?)).then_some(from)
    })
}

fn opens(text: &str) -> bool {
    let mut marks = text.chars().filter(|char| !char.is_whitespace());
    match marks.next() {
        Some('{') => marks.next() == Some('"'),
        Some('[') => marks.next() == Some('{') && marks.next() == Some('"'),
        _ => false,
    }
}

/// Where the last document ends. One that is cut or garbled goes on to the end of the text.
fn end(text: &str) -> usize {
    let mut end = 0;
    let mut documents = Deserializer::from_str(text).into_iter::<IgnoredAny>();
    while text.get(end..).is_some_and(|rest| rest.trim_start().starts_with(['{', '['])) {
        match documents.next() {
            Some(Ok(_)) => end = documents.byte_offset(),
            _ => return text.len(),
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::super::find;
    use super::*;

    #[test]
    fn what_stands_around_json_is_left_blank() {
        assert_eq!(json("Last login: today\n\n[\n {\"a\": 1}\n]\n$ exit\n"), "\n\n[\n {\"a\": 1}\n]\n");
        assert_eq!(json("HTTP/1.1 200 OK\r\n\r\n1f\r\n{\"a\":1}\r\n0\r\n\r\n"), "\n\n\n{\"a\":1}\n");
        for whole in ["{\"a\":1}\n{\"b\":", "[01]: Intel\n", "", "  [] \n"] {
            assert_eq!(json(whole), whole);
        }
    }

    #[test]
    fn blank_lines_are_looked_through_once() {
        // Quadratic work on these would take minutes.
        for line in ["\n", "{\n", "[\n\n"] {
            let text = format!("a\n{}b", line.repeat(1 << 20));
            assert_eq!(json(&text), text);
        }
    }

    #[test]
    fn an_answer_may_have_a_banner() {
        let mpstat = find("linux", "mpstat").unwrap();
        let answer = "{\"sysstat\": {\"hosts\": [{\"number-of-cpus\": 2, \"statistics\": [{\"cpu-load\": [{\"cpu\": \"all\", \"usr\": 5.00, \"idle\": 90.90}]}]}]}}";
        let reading = mpstat.parse(format!("*** monitored ***\n\n{answer}\nlogout\n").as_bytes()).unwrap();
        assert_eq!((reading.cpu_idle_pct, reading.cpu_count), (Some(90.9), Some(2)));
    }
}
