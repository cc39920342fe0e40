//! Which servers are begun with when: the canary alone, then so many at a time, and no more after an error if that
//! is what is wanted.

use std::collections::BTreeSet;
use topmast_model::rolling::OnError;

/// How to go over the servers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// Servers at a time.
    pub(super) at_once: usize,
    /// The first one, alone.
    pub(super) canary: Option<u16>,
    pub(super) on_error: OnError,
}

/// How far it is.
#[derive(Debug)]
pub(super) struct Course {
    rules: Rules,
    /// Not begun yet, the next last.
    waiting: Vec<u16>,
    running: BTreeSet<u16>,
    is_held: bool,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Begin with these; none when others must end first.
    Start(Vec<u16>),
    /// The canary did not exit 0: somebody must say whether to go on.
    Ask,
    /// Nothing more is begun, and nothing runs.
    Over,
}

impl Course {
    pub(super) fn new(count: u16, rules: Rules) -> Self {
        let mut waiting: Vec<u16> = (0..count).filter(|pane| Some(*pane) != rules.canary).rev().collect();
        waiting.extend(rules.canary);
        Self { rules, waiting, running: BTreeSet::new(), is_held: rules.canary.is_some() }
    }

    /// What may begin at the start.
    pub(super) fn begin(&mut self) -> Next {
        self.next()
    }

    /// A server is over.
    pub(super) fn ended(&mut self, pane: u16, has_succeeded: bool) -> Next {
        self.running.remove(&pane);
        if self.rules.canary == Some(pane) {
            if !has_succeeded && !self.waiting.is_empty() {
                return Next::Ask;
            }
            self.is_held = false;
        } else if !has_succeeded && self.rules.on_error == OnError::Stop {
            self.waiting.clear();
        }
        self.next()
    }

    /// Goes on although the canary failed.
    pub(super) fn go_on(&mut self) -> Next {
        self.is_held = false;
        self.next()
    }

    /// Begins with nothing more.
    pub(super) fn halt(&mut self) -> Next {
        self.waiting.clear();
        self.next()
    }

    pub(super) fn running(&self) -> Vec<u16> {
        self.running.iter().copied().collect()
    }

    fn next(&mut self) -> Next {
        let room = if self.is_held { 1 } else { self.rules.at_once }.saturating_sub(self.running.len());
        let count = if self.is_held && !self.running.is_empty() { 0 } else { room.min(self.waiting.len()) };
        let start = self.waiting.split_off(self.waiting.len() - count);
        self.running.extend(&start);
        if self.running.is_empty() {
            return Next::Over;
        }
        Next::Start(start.into_iter().rev().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(count: u16, at_once: usize, canary: Option<u16>, on_error: OnError) -> Course {
        Course::new(count, Rules { at_once, canary, on_error })
    }

    fn start(panes: &[u16]) -> Next {
        Next::Start(panes.to_vec())
    }

    #[test]
    fn so_many_at_a_time_in_order() {
        let mut course = course(4, 2, None, OnError::Continue);
        assert_eq!(course.begin(), start(&[0, 1]));
        assert_eq!(course.ended(1, false), start(&[2]));
        assert_eq!(course.ended(0, true), start(&[3]));
        assert_eq!(course.ended(3, true), start(&[]));
        assert_eq!(course.ended(2, true), Next::Over);
    }

    #[test]
    fn nothing_more_is_begun_after_an_error_and_what_runs_goes_on() {
        let mut course = course(5, 2, None, OnError::Stop);
        course.begin();
        assert_eq!(course.ended(0, false), start(&[]));
        assert_eq!(course.running(), [1]);
        assert_eq!(course.ended(1, true), Next::Over);
    }

    #[test]
    fn canary_is_alone_and_decides() {
        let mut course = course(3, 9, Some(1), OnError::Continue);
        assert_eq!(course.begin(), start(&[1]));
        assert_eq!(course.ended(1, true), start(&[0, 2]));

        let mut course = self::course(3, 9, Some(1), OnError::Continue);
        course.begin();
        assert_eq!(course.ended(1, false), Next::Ask);
        assert_eq!(course.go_on(), start(&[0, 2]));

        let mut course = self::course(3, 9, Some(1), OnError::Continue);
        course.begin();
        course.ended(1, false);
        assert_eq!(course.halt(), Next::Over);
    }

    #[test]
    fn nobody_is_asked_when_the_canary_is_all_there_is() {
        let mut course = course(1, 9, Some(0), OnError::Continue);
        course.begin();
        assert_eq!(course.ended(0, false), Next::Over);
    }
}
