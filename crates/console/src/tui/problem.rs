//! What is done about a problem: the line that is typed for it, and the request that comes of it.
//!
//! The words are those of the command line: `4h sticky disk is on its way` is `--for 4h --sticky -m "disk is on its way"`.

use std::time::Duration;
use topmast_api::fleet_problem::{
    AcknowledgeRequest, CloseRequest, CommentRequest, MuteRequest, ProblemRow, UnacknowledgeRequest,
};
use topmast_model::path::ObjectPath;
use topmast_model::problem::ProblemId;
use topmast_model::rule::Span;

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Takes it in hand.
    Acknowledge,
    /// Gives it out of hand.
    Unacknowledge,
    /// Mutes its object.
    Mute,
    /// Writes something about it.
    Comment,
    /// Closes it.
    Close,
}

/// A problem, and what is done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handling {
    /// What.
    pub(super) deed: Deed,
    /// About which.
    pub(super) id: ProblemId,
    /// On what it is.
    pub(super) object: ObjectPath,
}

/// What is asked of the master.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Request {
    /// See [`Deed::Acknowledge`].
    Acknowledge(AcknowledgeRequest),
    /// See [`Deed::Unacknowledge`].
    Unacknowledge(UnacknowledgeRequest),
    /// See [`Deed::Mute`].
    Mute(MuteRequest),
    /// See [`Deed::Comment`].
    Comment(CommentRequest),
    /// See [`Deed::Close`].
    Close(CloseRequest),
}

impl Handling {
    /// Of a row.
    pub(super) fn new(deed: Deed, row: &ProblemRow) -> Self {
        Self { deed, id: row.id, object: row.object.clone() }
    }

    /// What stands before the text that is typed.
    pub(super) fn label(&self) -> String {
        let Self { deed, id, object } = self;
        match deed {
            Deed::Acknowledge => format!("acknowledge {id}, [for] [sticky] comment: "),
            Deed::Unacknowledge => format!("unacknowledge {id}, Enter does it: "),
            Deed::Mute => format!("mute {object}, for comment: "),
            Deed::Comment => format!("comment on {id}: "),
            Deed::Close => format!("close {id}, comment: "),
        }
    }

    /// What the text asks for; in words, why it asks for nothing.
    pub(super) fn request(&self, text: &str) -> Result<Request, &'static str> {
        let problems = vec![self.id];
        let comment = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(match self.deed {
            Deed::Acknowledge => {
                let (lasts, rest) = span(text);
                let (sticky, rest) = match rest.strip_prefix("sticky") {
                    Some(rest) if rest.is_empty() || rest.starts_with(' ') => (true, rest),
                    _ => (false, rest),
                };
                let expires_in_s = lasts.map(|lasts| lasts.as_secs());
                let comment = comment(rest);
                Request::Acknowledge(AcknowledgeRequest { problems, comment, expires_in_s, sticky })
            }
            Deed::Unacknowledge => Request::Unacknowledge(UnacknowledgeRequest { problems }),
            Deed::Mute => {
                let (Some(lasts), rest) = span(text) else {
                    return Err("write first for how long, e.g. 2h: there is no mute for ever");
                };
                let (object, ends_in_s) = (self.object.clone(), lasts.as_secs());
                Request::Mute(MuteRequest { object, rule: None, ends_in_s, comment: comment(rest) })
            }
            Deed::Comment => {
                let text = comment(text).ok_or("nothing was written")?;
                Request::Comment(CommentRequest { problems, text })
            }
            Deed::Close => Request::Close(CloseRequest { problems, comment: comment(text) }),
        })
    }

    /// That it was done.
    pub(super) fn done(&self) -> String {
        let Self { deed, id, object } = self;
        match deed {
            Deed::Acknowledge => format!("acknowledged problem {id}"),
            Deed::Unacknowledge => format!("no longer acknowledged: problem {id}"),
            Deed::Mute => format!("muted {object}"),
            Deed::Comment => format!("commented problem {id}"),
            Deed::Close => format!("closed problem {id}"),
        }
    }
}

/// A span at the beginning of a text, and the rest of it.
fn span(text: &str) -> (Option<Duration>, &str) {
    let text = text.trim_start();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word.parse::<Span>() {
        Ok(span) => (Some(span.duration()), rest.trim_start()),
        Err(_) => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(deed: Deed, text: &str) -> Result<Request, &'static str> {
        Handling { deed, id: ProblemId(7), object: "a/b/c".parse().unwrap() }.request(text)
    }

    #[test]
    fn texts_mean_what_the_flags_of_the_command_line_mean() {
        let acknowledge = |comment: Option<&str>, expires_in_s, sticky| {
            let (problems, comment) = (vec![ProblemId(7)], comment.map(str::to_owned));
            Ok(Request::Acknowledge(AcknowledgeRequest { problems, comment, expires_in_s, sticky }))
        };
        for (text, expect) in [
            ("", acknowledge(None, None, false)),
            ("on its way", acknowledge(Some("on its way"), None, false)),
            ("4h sticky on its way", acknowledge(Some("on its way"), Some(14_400), true)),
            ("sticky", acknowledge(None, None, true)),
            ("stickyness", acknowledge(Some("stickyness"), None, false)),
        ] {
            assert_eq!(request(Deed::Acknowledge, text), expect, "{text}");
        }
        let Ok(Request::Mute(mute)) = request(Deed::Mute, "2h cabling") else { panic!("it is a mute") };
        assert_eq!((mute.ends_in_s, mute.comment.as_deref()), (7_200, Some("cabling")));
        assert!(request(Deed::Mute, "cabling").is_err());
        assert!(request(Deed::Comment, "  ").is_err());
    }
}
