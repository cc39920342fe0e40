//! What a console passes on to joined clusters: noted before it is sent, and how it was answered.
//!
//! Nothing is decided about it here: whoever may read something may have it passed on, and the cluster that it goes to says
//! what comes of it.

use crate::Rejection;
use topmast_model::event::EventBody;
use topmast_model::federation::{PassedAnswer, PassedNote, PassedRequest};
use topmast_model::path::check_name;

/// Longest path and message that are kept, in bytes.
const TEXT_MAX: usize = 1_024;
/// Longest method: that of `PROPPATCH`, and some.
const METHOD_MAX: usize = 16;

/// Decides `NotePassedOn`.
pub(crate) fn note(note: &PassedNote) -> Result<Vec<EventBody>, Rejection> {
    let (PassedNote::Request(PassedRequest { join, .. }) | PassedNote::Answer(PassedAnswer { join, .. })) =
        note;
    check_name(join).map_err(|error| Rejection::invalid("join", error.to_string()))?;
    Ok(vec![match note {
        PassedNote::Request(request) => {
            let method = &request.method;
            if method.is_empty() || method.len() > METHOD_MAX {
                return Err(Rejection::invalid("method", "is none of HTTP"));
            }
            let path = cut(&request.path);
            EventBody::RequestPassedOn { request: PassedRequest { path, ..request.clone() } }
        }
        PassedNote::Answer(answer) => {
            let message = answer.message.as_deref().map(cut);
            EventBody::RequestAnswered { answer: PassedAnswer { message, ..answer.clone() } }
        }
    }])
}

fn cut(text: &str) -> String {
    text[..text.floor_char_boundary(TEXT_MAX)].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;
    use uuid::Uuid;

    #[test]
    fn whoever_reads_something_has_it_noted_and_nobody_else() {
        let mut world = World::new();
        world.by("root", create_user("eve", &["viewer:acme/main"])).unwrap();
        world.by("root", create_user("writer", &["writer"])).unwrap();
        let request = PassedRequest {
            id: Uuid::from_u128(1),
            join: "east".into(),
            method: "POST".into(),
            path: "ü".repeat(TEXT_MAX),
        };
        let note = |request: &PassedRequest| Command::NotePassedOn {
            note: Box::new(PassedNote::Request(request.clone())),
        };
        let facts = world.by("eve", note(&request)).unwrap();
        let [EventBody::RequestPassedOn { request: noted }] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!((noted.path.len(), noted.join.as_str()), (TEXT_MAX, "east"));
        refused(world.by("writer", note(&request)), "forbidden", "read");
        let wrong = PassedRequest { join: "a b".into(), ..request };
        refused(world.by("eve", note(&wrong)), "invalid", "join");
    }
}
