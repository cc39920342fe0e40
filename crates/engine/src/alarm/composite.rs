//! Alarms made of other alarms' states, in CloudWatch's grammar.
//!
//! ```text
//! or   = and { OR and }          and = not { AND not }          not = [NOT] prim
//! prim = TRUE | FALSE | ( or ) | STATE(x) | AT_LEAST(n or p%, [NOT] STATE, (x, x, …))
//! STATE = ALARM | OK | INSUFFICIENT_DATA          x = a name or ARN, with or without quotes
//! ```

use std::collections::{BTreeMap, BTreeSet};
use topmast_model::status::AlarmState;

/// Longest rule, in characters.
const TEXT_MAX: usize = 10_240;
/// Most different children.
const CHILDREN_MAX: usize = 100;
/// Most elements: words, states and operators.
const ELEMENTS_MAX: usize = 500;
/// Deepest nesting, so that reading it needs a bounded stack.
const NESTING_MAX: usize = 100;

/// A rule over other alarms' states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompositeRule(Node);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Constant(bool),
    State(AlarmState, String),
    Not(Box<Self>),
    All(Vec<Self>),
    Any(Vec<Self>),
    AtLeast { bound: Bound, negated: bool, state: AlarmState, children: Vec<String> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Count(usize),
    Percent(usize),
}

/// Why a text is not a composite rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {message}")]
pub struct CompositeError {
    /// In characters from 1.
    pub column: usize,
    /// What is wrong there, and what is expected.
    pub message: String,
}

impl CompositeRule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`CompositeError`] with the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, CompositeError> {
        if text.chars().count() > TEXT_MAX {
            let message = format!("the rule is longer than {TEXT_MAX} characters");
            return Err(CompositeError { column: 1, message });
        }
        let mut reader = Reader { text, at: 0, elements: 0, nesting: 0 };
        let root = reader.any()?;
        reader.space();
        if reader.at < text.len() {
            return Err(reader.wrong("nothing can follow here but AND or OR"));
        }
        let rule = Self(root);
        if rule.children().len() > CHILDREN_MAX {
            let message = format!("the rule names more than {CHILDREN_MAX} alarms");
            return Err(CompositeError { column: 1, message });
        }
        Ok(rule)
    }

    /// The alarms that it names, as it names them: by name or ARN.
    pub fn children(&self) -> BTreeSet<&str> {
        let mut children = BTreeSet::new();
        collect(&self.0, &mut children);
        children
    }

    /// Whether it holds.
    ///
    /// - `state_of`: the state of a child; one without is in no state.
    pub fn holds(&self, state_of: impl Fn(&str) -> Option<AlarmState>) -> bool {
        holds(&self.0, &state_of)
    }
}

fn collect<'a>(node: &'a Node, children: &mut BTreeSet<&'a str>) {
    match node {
        Node::Constant(_) => {}
        Node::State(_, child) => {
            children.insert(child);
        }
        Node::Not(node) => collect(node, children),
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| collect(node, children)),
        Node::AtLeast { children: named, .. } => children.extend(named.iter().map(String::as_str)),
    }
}

fn holds(node: &Node, state_of: &impl Fn(&str) -> Option<AlarmState>) -> bool {
    match node {
        Node::Constant(constant) => *constant,
        Node::State(state, child) => state_of(child) == Some(*state),
        Node::Not(node) => !holds(node, state_of),
        Node::All(nodes) => nodes.iter().all(|node| holds(node, state_of)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, state_of)),
        Node::AtLeast { bound, negated, state, children } => {
            let is_so = |child: &&String| (state_of(child) == Some(*state)) != *negated;
            let count = children.iter().filter(is_so).count();
            match bound {
                Bound::Count(least) => count >= *least,
                Bound::Percent(least) => count * 100 >= *least * children.len(),
            }
        }
    }
}

/// A circle among alarms, as the names on it: an alarm that, by its children, depends on itself.
///
/// - `children_of`: every composite alarm with the alarms that it names.
pub fn find_circle<'a>(children_of: &'a BTreeMap<String, BTreeSet<String>>) -> Option<Vec<&'a str>> {
    let (mut done, mut on_way) = (BTreeSet::new(), BTreeSet::new());
    for start in children_of.keys() {
        // The way down, with what is still to be looked at of each; no recursion, as chains may be long.
        let mut way: Vec<(&str, std::collections::btree_set::Iter<'a, String>)> = Vec::new();
        let mut enter = Some(start.as_str());
        loop {
            if let Some(name) = enter.take().filter(|name| !done.contains(name)) {
                if on_way.contains(name) {
                    let circle = way.iter().map(|(on, _)| *on).skip_while(|on| *on != name);
                    return Some(circle.collect());
                }
                if let Some(children) = children_of.get(name) {
                    way.push((name, children.iter()));
                    on_way.insert(name);
                }
            }
            let Some((name, children)) = way.last_mut() else { break };
            enter = children.next().map(String::as_str);
            if enter.is_none() {
                on_way.remove(name);
                done.insert(*name);
                way.pop();
            }
        }
    }
    None
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    elements: usize,
    nesting: usize,
}

impl Reader<'_> {
    fn any(&mut self) -> Result<Node, CompositeError> {
        self.joined("OR", Self::all, Node::Any)
    }

    fn all(&mut self) -> Result<Node, CompositeError> {
        self.joined("AND", Self::negation, Node::All)
    }

    fn joined(
        &mut self,
        operator: &str,
        part: impl Fn(&mut Self) -> Result<Node, CompositeError>,
        join: impl Fn(Vec<Node>) -> Node,
    ) -> Result<Node, CompositeError> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.word(operator)? {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { join(parts) })
    }

    fn negation(&mut self) -> Result<Node, CompositeError> {
        let negated = self.word("NOT")?;
        let node = self.primary()?;
        Ok(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn primary(&mut self) -> Result<Node, CompositeError> {
        if self.sign('(') {
            self.nesting += 1;
            if self.nesting > NESTING_MAX {
                return Err(self.wrong(&format!("more than {NESTING_MAX} parentheses are open")));
            }
            let node = self.any()?;
            self.expect(')')?;
            self.nesting -= 1;
            return Ok(node);
        }
        for (word, constant) in [("TRUE", true), ("FALSE", false)] {
            if self.word(word)? {
                return Ok(Node::Constant(constant));
            }
        }
        if self.word("AT_LEAST")? {
            return self.at_least();
        }
        let Some(state) = self.state()? else {
            return Err(self.wrong(
                "expected ALARM(…), OK(…), INSUFFICIENT_DATA(…), AT_LEAST(…), TRUE, FALSE, NOT or (",
            ));
        };
        self.expect('(')?;
        let child = self.child()?;
        self.expect(')')?;
        Ok(Node::State(state, child))
    }

    fn at_least(&mut self) -> Result<Node, CompositeError> {
        self.expect('(')?;
        self.space();
        let digits = self.rest().len() - self.rest().trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: usize =
            self.rest()[..digits].parse().map_err(|_| self.wrong("expected a number or percentage"))?;
        self.at += digits;
        let is_percent = self.sign('%');
        if number == 0 || (is_percent && number > 100) {
            return Err(self.wrong("give at least 1, and at most 100 %"));
        }
        let bound = if is_percent { Bound::Percent(number) } else { Bound::Count(number) };
        self.expect(',')?;
        let negated = self.word("NOT")?;
        let Some(state) = self.state()? else {
            return Err(self.wrong("expected ALARM, OK or INSUFFICIENT_DATA"));
        };
        self.expect(',')?;
        self.expect('(')?;
        let mut children = vec![self.child()?];
        while self.sign(',') {
            children.push(self.child()?);
        }
        self.expect(')')?;
        self.expect(')')?;
        if matches!(bound, Bound::Count(least) if least > children.len()) {
            return Err(self.wrong(&format!("only {} alarms are named", children.len())));
        }
        Ok(Node::AtLeast { bound, negated, state, children })
    }

    fn state(&mut self) -> Result<Option<AlarmState>, CompositeError> {
        for state in AlarmState::ALL {
            if self.word(state.as_str())? {
                return Ok(Some(*state));
            }
        }
        Ok(None)
    }

    /// A name or ARN: between quotes anything but a quote, else up to a space, comma or parenthesis.
    fn child(&mut self) -> Result<String, CompositeError> {
        self.count()?;
        let quote = self.rest().trim_start().chars().next().filter(|c| matches!(c, '"' | '\''));
        if let Some(quote) = quote {
            self.sign(quote);
            let end = self.rest().find(quote).ok_or_else(|| self.wrong("the quote is not closed"))?;
            let child = self.rest()[..end].to_owned();
            self.at += end + 1;
            return if child.is_empty() { Err(self.wrong("the name is empty")) } else { Ok(child) };
        }
        self.space();
        let end = self
            .rest()
            .find(|c: char| c.is_whitespace() || "(),\"'".contains(c))
            .unwrap_or(self.rest().len());
        if end == 0 {
            return Err(self.wrong("expected the name or ARN of an alarm"));
        }
        let child = self.rest()[..end].to_owned();
        self.at += end;
        Ok(child)
    }

    /// Takes a word, in any case, that ends here.
    fn word(&mut self, word: &str) -> Result<bool, CompositeError> {
        self.space();
        let Some((head, tail)) = self.rest().split_at_checked(word.len()) else { return Ok(false) };
        let ends = tail.chars().next().is_none_or(|next| !(next.is_ascii_alphanumeric() || next == '_'));
        if !head.eq_ignore_ascii_case(word) || !ends {
            return Ok(false);
        }
        self.at += word.len();
        self.count()?;
        Ok(true)
    }

    fn count(&mut self) -> Result<(), CompositeError> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(self.wrong(&format!("the rule has more than {ELEMENTS_MAX} elements")));
        }
        Ok(())
    }

    fn sign(&mut self, sign: char) -> bool {
        self.space();
        let is_there = self.rest().starts_with(sign);
        self.at += if is_there { sign.len_utf8() } else { 0 };
        is_there
    }

    fn expect(&mut self, sign: char) -> Result<(), CompositeError> {
        if self.sign(sign) { Ok(()) } else { Err(self.wrong(&format!("expected {sign}"))) }
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn wrong(&self, message: &str) -> CompositeError {
        CompositeError { column: self.text[..self.at].chars().count() + 1, message: message.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::properties::check_all;
    use proptest::prelude::*;

    fn state_of(name: &str) -> Option<AlarmState> {
        match name {
            "a" | "a b" | "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a" => Some(AlarmState::Alarm),
            "o" => Some(AlarmState::Ok),
            "i" => Some(AlarmState::InsufficientData),
            _ => None,
        }
    }

    #[test]
    fn composite_rule_holds_as_its_children_are() {
        let check = |text: &str, expect: bool| {
            let rule = CompositeRule::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(rule.holds(state_of), expect, "{text}");
        };
        check("TRUE", true);
        check("ALARM(a)", true);
        check(" alarm ( \"a b\" ) ", true);
        check("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:a)", true);
        check("OK('o') AND NOT ALARM(o)", true);
        check("INSUFFICIENT_DATA(i) AND OK(a)", false);
        // AND binds closer than OR, NOT closer than AND.
        check("TRUE OR TRUE AND FALSE", true);
        check("(TRUE OR TRUE) AND FALSE", false);
        check("NOT FALSE AND FALSE", false);
        check("NOT (FALSE AND FALSE)", true);
        check("ALARM(gone) OR OK(gone) OR INSUFFICIENT_DATA(gone)", false);
        check("AT_LEAST(1, ALARM, (a, o, i))", true);
        check("AT_LEAST(2, ALARM, (a, o, i))", false);
        check("AT_LEAST(2, NOT ALARM, (a, o, i))", true);
        check("AT_LEAST(33%, ALARM, (a, o, i))", true);
        check("AT_LEAST(34%, ALARM, (a, o, i)) OR FALSE", false);
    }

    #[test]
    fn what_is_wrong_has_its_column() {
        let check = |text: &str, column: usize, part: &str| {
            let error = CompositeRule::parse(text).unwrap_err();
            assert!(error.column == column && error.message.contains(part), "{text}: {error}");
        };
        check("", 1, "expected ALARM(…)");
        check("ALARM a", 7, "expected (");
        check("ALARM(a", 8, "expected )");
        check("ALARM()", 7, "name or ARN");
        check("ALARM(\"a)", 8, "quote is not closed");
        check("ALARM(a) OK(o)", 10, "AND or OR");
        check("ALARM(a) AND", 13, "expected ALARM(…)");
        check("ALARMS(a)", 1, "expected ALARM(…)");
        check("NOT NOT TRUE", 5, "expected ALARM(…)");
        check("AT_LEAST(0, ALARM, (a))", 11, "at least 1");
        check("AT_LEAST(101%, ALARM, (a))", 14, "at most 100 %");
        check("AT_LEAST(2, ALARM, (a))", 24, "only 1 alarms");
        check("AT_LEAST(x, ALARM, (a))", 10, "expected a number");
        check(&"(".repeat(5_000), 102, "parentheses");
        check(&"x".repeat(10_241), 1, "longer than 10240");
        let many = (0..101).map(|number| format!("OK(n{number})")).collect::<Vec<_>>().join(" OR ");
        check(&many, 1, "more than 100 alarms");
        let long = ["TRUE"; 300].join(" OR ");
        assert!(CompositeRule::parse(&long).unwrap_err().message.contains("500 elements"));
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let part = prop::sample::select(
            &[
                "ALARM", "OK", "(", ")", "a", "\"", ",", " AND ", " OR ", "NOT ", "AT_LEAST", "5", "%", "é",
                "TRUE",
            ][..],
        );
        check_all(&prop::collection::vec(part, 0..40), |parts| {
            if let Ok(rule) = CompositeRule::parse(&parts.concat()) {
                rule.holds(state_of);
                assert!(rule.children().len() <= parts.len());
            }
        });
    }

    #[test]
    fn circle_is_found_and_a_chain_is_none() {
        let check = |edges: &[(&str, &str)], expect: Option<&[&str]>| {
            let mut children: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (from, to) in edges {
                children.entry((*from).into()).or_default().insert((*to).into());
            }
            assert_eq!(find_circle(&children).as_deref(), expect);
        };
        check(&[("a", "b"), ("b", "c"), ("a", "c"), ("d", "a")], None);
        check(&[("a", "a")], Some(&["a"]));
        check(&[("a", "b"), ("b", "c"), ("c", "b")], Some(&["b", "c"]));
        let chain: BTreeMap<String, BTreeSet<String>> = (0..50_000)
            .map(|number| (format!("{number:06}"), BTreeSet::from([format!("{:06}", number + 1)])))
            .collect();
        assert_eq!(find_circle(&chain), None);
    }
}
