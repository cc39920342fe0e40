//! Acting: start, stop, restart and custom actions, from the reason over the plan to the result of each target.
//!
//! ```text
//! Reason ─Enter─► Planning ─► Agree ─y or number─► Asking ─► Following ─► (closed by Esc; the action goes on)
//!    └─Esc: nothing was done      └─Esc, and any key that is not the answer: nothing was done
//! ```
//!
//! Invariants
//! - O-1: what is done is what the plan showed: its paths are sent, never a filter.
//! - O-2: only `y` agrees; to stop or restart more than five, only their number does. Where instances of one
//!   application would be down together, one is done after the other, and the first error ends it, unless somebody
//!   chooses otherwise.

use super::prompt::Prompt;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use std::collections::BTreeSet;
use topmast_api::action::{Action, ActionPlan, ActionRequest, Rolling};
use topmast_model::application::Operation;
use topmast_model::custom::CustomOrder;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::OnError;

/// Above this many targets, stop and restart ask for the number, as in the browser: five are still read one by one.
const READ_ONE_BY_ONE: usize = 5;
/// Longest reason, in bytes; the master's bound.
const REASON_MAX: usize = 1_000;

/// Where it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// The reason is being typed.
    Reason,
    /// The plan was asked for.
    Planning,
    /// The plan is shown; `y` agrees.
    Agree(ActionPlan),
    /// The action was asked for.
    Asking,
    /// The action goes on, or has ended.
    Following(Box<Action>),
    /// It came to nothing, or nobody knows; why.
    Failed(String),
}

/// A custom action as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Custom {
    /// Its name.
    pub(super) name: String,
    /// What its parameters are given.
    pub(super) given: Vec<(String, String)>,
    /// The same by the types of the parameters, with all defaults, as the plan showed it.
    pub(super) order: Option<CustomOrder>,
}

impl Custom {
    /// `rotate-keys keys=3 mode=soft`
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let name = words.next().ok_or("name a custom action: :act NAME parameter=value")?.to_owned();
        let pair = |word: &str| match word.split_once('=') {
            Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
            None => Err(format!("write parameter=value instead of {word}")),
        };
        Ok(Self { name, given: words.map(pair).collect::<Result<_, _>>()?, order: None })
    }
}

/// The dialog.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Act {
    /// Which of the dialogs opened: an answer for an earlier one is dropped.
    pub(super) serial: u64,
    /// What to do.
    pub(super) operation: Operation,
    /// Which custom action, of [`Operation::Act`].
    pub(super) custom: Option<Custom>,
    /// On what.
    pub(super) targets: Vec<ObjectPath>,
    /// Why.
    pub(super) reason: Prompt,
    /// What was typed of the number of targets.
    pub(super) number: Prompt,
    /// All at once instead of one after the other.
    pub(super) at_once: bool,
    /// Where it is.
    pub(super) step: Step,
    /// Why nothing is heard of the action now.
    pub(super) trouble: Option<String>,
    /// Lines of the targets above the screen.
    pub(super) scroll: usize,
}

/// What a key in the dialog leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// It stays open.
    Stay,
    /// The plan must be asked for.
    Plan,
    /// The action must be asked for.
    Submit,
    /// It is closed; a word on it.
    Close(Option<String>),
}

impl Act {
    /// Opens it: first the reason.
    pub(super) fn new(serial: u64, operation: Operation, targets: Vec<ObjectPath>) -> Self {
        let reason = Prompt::default();
        let names: BTreeSet<&str> = targets.iter().map(ObjectPath::name).collect();
        let at_once = operation == Operation::Start || names.len() == targets.len();
        Self {
            serial,
            operation,
            custom: None,
            targets,
            reason,
            number: Prompt::default(),
            at_once,
            step: Step::Reason,
            trouble: None,
            scroll: 0,
        }
    }

    /// The same with a custom action.
    pub(super) fn of_custom(self, custom: Option<Custom>) -> Self {
        Self { custom, ..self }
    }

    /// What is done, in a word.
    pub(super) fn word(&self) -> &str {
        self.custom.as_ref().map_or(self.operation.as_str(), |custom| &custom.name)
    }

    /// Takes the plan, whose order is the one that is agreed to.
    pub(super) fn planned(&mut self, plan: ActionPlan) {
        if let Some(custom) = &mut self.custom {
            custom.order.clone_from(&plan.custom);
        }
        self.step = Step::Agree(plan);
    }

    /// True when the number of targets is the answer, and not `y`.
    pub(super) fn asks_for_number(&self) -> bool {
        self.operation != Operation::Start && self.targets.len() > READ_ONE_BY_ONE
    }

    /// What is done on what, in words.
    pub(super) fn title(&self) -> String {
        match self.targets.as_slice() {
            [one] => format!("{} {one}", self.word()),
            targets => format!("{} {} applications", self.word(), targets.len()),
        }
    }

    /// Takes in pasted text where text is typed, and nowhere else.
    pub(super) fn paste(&mut self, text: &str) {
        if self.step == Step::Reason {
            text.chars().for_each(|character| self.write(super::prompt::Edit::Insert(character)));
        }
    }

    fn write(&mut self, edit: super::prompt::Edit) {
        let before = self.reason.clone();
        self.reason.edit(edit);
        if self.reason.text().len() > REASON_MAX {
            self.reason = before;
        }
    }

    /// As the API takes it, without an id.
    pub(super) fn request(&self) -> ActionRequest {
        let rolling = Rolling { batch: 1, percent: None, wait_ms: 0, on_error: OnError::Stop };
        ActionRequest {
            reason: Some(self.reason.text().trim().to_owned()).filter(|reason| !reason.is_empty()),
            rolling: (self.targets.len() > 1 && !self.at_once).then_some(rolling),
            custom: self.custom.as_ref().and_then(|custom| custom.order.clone()),
            ..ActionRequest::new(self.operation, self.targets.clone()) // O-1
        }
    }

    /// Takes one key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Down | KeyCode::PageDown if self.step != Step::Reason => self.scroll += 1,
            KeyCode::Up | KeyCode::PageUp if self.step != Step::Reason => {
                self.scroll = self.scroll.saturating_sub(1);
            }
            _ => return self.decide(key),
        }
        self.scroll = self.scroll.min(self.targets.len().saturating_sub(1));
        Outcome::Stay
    }

    fn decide(&mut self, key: KeyEvent) -> Outcome {
        match (&self.step, key.code) {
            (Step::Reason, KeyCode::Enter) => {
                self.step = Step::Planning;
                Outcome::Plan
            }
            (Step::Reason | Step::Agree(_), KeyCode::Esc) | (Step::Planning, _) => nothing(),
            (Step::Reason, _) => {
                if let Some(edit) = super::key::edit(key) {
                    self.write(edit);
                }
                Outcome::Stay
            }
            (Step::Agree(_), KeyCode::Char('b')) if self.targets.len() > 1 => {
                self.at_once = !self.at_once;
                self.step = Step::Planning;
                Outcome::Plan
            }
            (Step::Agree(_), _) if self.asks_for_number() => self.count(key),
            (Step::Agree(_), KeyCode::Char('y')) => {
                self.step = Step::Asking;
                Outcome::Submit
            }
            (Step::Agree(_), _) => nothing(),
            // What was asked for may have been accepted: the answer is worth waiting for.
            (Step::Asking, KeyCode::Esc) => {
                Outcome::Close(Some("it may have been accepted: look at the actions (5)".to_owned()))
            }
            (Step::Following(action), KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q')) => {
                Outcome::Close(Some(format!("{} {}: {}", action.operation, action.id, action.status)))
            }
            (Step::Failed(_), _) => Outcome::Close(None),
            (Step::Asking | Step::Following(_), _) => Outcome::Stay,
        }
    }
}

impl Act {
    /// A key while the number is typed; one that is no part of a number is a mistake, and nothing is done.
    fn count(&mut self, key: KeyEvent) -> Outcome {
        match (key.code, super::key::edit(key)) {
            (KeyCode::Enter, _) if self.number.text() == self.targets.len().to_string() => {
                self.step = Step::Asking;
                Outcome::Submit
            }
            (KeyCode::Enter, _) => Outcome::Stay,
            (KeyCode::Char(character), Some(super::prompt::Edit::Insert(_)))
                if !character.is_ascii_digit() =>
            {
                nothing()
            }
            (_, Some(edit)) => {
                self.number.edit(edit);
                Outcome::Stay
            }
            _ => Outcome::Stay,
        }
    }
}

fn nothing() -> Outcome {
    Outcome::Close(Some("nothing was done".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(targets: &[&str]) -> Act {
        Act::new(1, Operation::Stop, targets.iter().map(|path| path.parse().unwrap()).collect())
    }

    fn press(act: &mut Act, code: KeyCode) -> Outcome {
        act.key(KeyEvent::from(code))
    }

    fn no_plan() -> ActionPlan {
        let (targets, guards, approval) = (Vec::new(), Vec::new(), Vec::new());
        ActionPlan {
            operation: Operation::Stop,
            targets,
            guards,
            approval,
            at: None,
            custom: None,
            confirm: false,
        }
    }

    #[test]
    fn only_y_agrees() {
        // O-2
        let plan = no_plan();
        for code in [KeyCode::Enter, KeyCode::Char(' '), KeyCode::Char('n'), KeyCode::Char('Y'), KeyCode::Esc]
        {
            let mut act = act(&["a/b/c/d"]);
            act.step = Step::Agree(plan.clone());
            assert_eq!(press(&mut act, code), nothing(), "{code:?}");
        }
        let mut act = act(&["a/b/c/d"]);
        act.step = Step::Agree(plan);
        assert_eq!(press(&mut act, KeyCode::Char('y')), Outcome::Submit);
    }

    #[test]
    fn several_targets_are_done_one_after_the_other_unless_chosen_otherwise() {
        // O-2
        let mut act = act(&["a/b/c/d", "a/b/e/d"]);
        for code in [KeyCode::Char('w'), KeyCode::Char('y'), KeyCode::Enter] {
            press(&mut act, code);
        }
        let request = act.request();
        assert_eq!((request.reason.as_deref(), act.step.clone()), (Some("wy"), Step::Planning));
        assert_eq!(
            request.rolling.map(|rolling| (rolling.batch, rolling.on_error)),
            Some((1, OnError::Stop))
        );
        act.step = Step::Agree(no_plan());
        assert_eq!(press(&mut act, KeyCode::Char('b')), Outcome::Plan);
        assert_eq!(act.request().rolling, None);
    }

    #[test]
    fn different_applications_are_done_at_once_until_somebody_chooses_otherwise() {
        // O-2
        assert_eq!(act(&["a/b/c/d", "a/b/c/e"]).request().rolling, None);
        let paths = ["a/b/c/d", "a/b/e/d"].map(|path| path.parse().unwrap()).to_vec();
        assert_eq!(Act::new(1, Operation::Start, paths).request().rolling, None);
    }

    #[test]
    fn many_targets_are_agreed_to_by_their_number_alone() {
        // O-2
        let paths: Vec<String> = (0..6).map(|server| format!("a/b/s{server}/d")).collect();
        let mut act = act(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        act.step = Step::Agree(no_plan());
        assert_eq!(press(&mut act, KeyCode::Enter), Outcome::Stay);
        assert_eq!(press(&mut act, KeyCode::Char('7')), Outcome::Stay);
        assert_eq!(press(&mut act, KeyCode::Enter), Outcome::Stay);
        assert_eq!(press(&mut act, KeyCode::Backspace), Outcome::Stay);
        assert_eq!(press(&mut act, KeyCode::Char('6')), Outcome::Stay);
        assert_eq!(press(&mut act.clone(), KeyCode::Char('y')), nothing());
        assert_eq!(press(&mut act, KeyCode::Enter), Outcome::Submit);
    }

    #[test]
    fn custom_action_is_sent_as_its_plan_showed_it() {
        // O-1
        let custom = Custom::parse("rotate-keys keys=3").unwrap();
        assert_eq!(custom.given, [("keys".to_owned(), "3".to_owned())]);
        assert!(Custom::parse("rotate-keys keys").is_err() && Custom::parse(" ").is_err());
        let paths = ["a/b/c/d", "a/b/e/d"].map(|path| path.parse().unwrap()).to_vec();
        let mut act = Act::new(1, Operation::Act, paths).of_custom(Some(custom));
        assert_eq!(act.title(), "rotate-keys 2 applications");
        assert_eq!(act.request().custom, None);
        let order: CustomOrder =
            serde_json::from_value(serde_json::json!({ "name": "rotate-keys", "arguments": { "keys": 3 } }))
                .unwrap();
        act.planned(ActionPlan { custom: Some(order.clone()), ..no_plan() });
        assert_eq!(press(&mut act, KeyCode::Char('y')), Outcome::Submit);
        assert_eq!((act.request().operation, act.request().custom), (Operation::Act, Some(order)));
    }

    #[test]
    fn reason_is_never_longer_than_the_master_keeps() {
        let mut act = act(&["a/b/c/d"]);
        act.paste(&"ö".repeat(2_000));
        assert_eq!(act.reason.text().len(), REASON_MAX);
    }
}
