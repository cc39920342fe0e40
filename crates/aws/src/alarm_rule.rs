//! The rule of a composite alarm: `ALARM(cpu) AND NOT OK("disk full")`.
//!
//! ```text
//! rule = all {OR all}        all = one {AND one}        one = NOT one | TRUE | FALSE | ( rule ) | STATE(alarm)
//!      | AT_LEAST(n | p%, [NOT] STATE, (alarm, alarm, …))        STATE = ALARM | OK | INSUFFICIENT_DATA
//! ```
//!
//! Names stand bare or in quotes, or are ARNs. Length, number of parts, of alarms and depth are bounded. Elsewhere:
//! cycles of alarms, which one rule alone cannot show.

use std::collections::BTreeSet;
use std::fmt;

/// The longest rule, in characters.
pub const RULE_MAX: usize = 10_240;
/// The most alarms that a rule may name.
pub const CHILDREN_MAX: usize = 100;
/// The most parts (names, operators, constants) of a rule.
pub const PARTS_MAX: usize = 500;
/// How deep parentheses and NOT may go.
const DEPTH_MAX: usize = 64;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Within its bounds.
    Ok,
    /// Outside of its bounds.
    Alarm,
    /// Nobody can say.
    InsufficientData,
}

impl State {
    /// The name in rules and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// The state of a name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Ok, Self::Alarm, Self::InsufficientData].into_iter().find(|state| state.name() == name)
    }
}

/// How many of the alarms it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threshold {
    /// A number of them.
    Count(u32),
    /// A share of them, in percent, 1 to 100.
    Percent(u32),
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Always or never.
    Constant(bool),
    /// An alarm, by name or ARN, is in a state.
    State(State, String),
    /// So many of the alarms are in a state, or, when the flag is set, in another one.
    AtLeast(Threshold, bool, State, Vec<String>),
    /// The other way round.
    Not(Box<Rule>),
    /// All hold.
    And(Vec<Rule>),
    /// One holds.
    Or(Vec<Rule>),
}

/// Why a text is no rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// What is wrong.
    pub reason: String,
    /// At which byte.
    pub at: usize,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.reason, self.at)
    }
}

impl std::error::Error for RuleError {}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`RuleError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let mut parser = Parser { text, at: 0, parts: 0 };
        if text.chars().count() > RULE_MAX {
            return Err(parser.error(format!("the rule is longer than {RULE_MAX} characters")));
        }
        let rule = parser.any(0)?;
        parser.blanks();
        if parser.at < text.len() {
            return Err(parser.error("AND, OR or the end is expected"));
        }
        if rule.children().len() > CHILDREN_MAX {
            return Err(parser.error(format!("the rule names more than {CHILDREN_MAX} alarms")));
        }
        Ok(rule)
    }

    /// The alarms that the rule names, each once, as it names them.
    pub fn children(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.gather(&mut names);
        names
    }

    fn gather<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Self::Constant(_) => {}
            Self::State(_, name) => {
                names.insert(name);
            }
            Self::AtLeast(_, _, _, alarms) => names.extend(alarms.iter().map(String::as_str)),
            Self::Not(rule) => rule.gather(names),
            Self::And(rules) | Self::Or(rules) => rules.iter().for_each(|rule| rule.gather(names)),
        }
    }

    /// Whether the rule holds, by the states of its alarms.
    pub fn holds(&self, state_of: &dyn Fn(&str) -> State) -> bool {
        match self {
            Self::Constant(truth) => *truth,
            Self::State(state, name) => state_of(name) == *state,
            Self::AtLeast(threshold, is_not, state, alarms) => {
                let n = alarms.iter().filter(|name| (state_of(name) == *state) != *is_not).count();
                match threshold {
                    Threshold::Count(least) => n >= *least as usize,
                    // Without a fraction: n / all >= percent / 100.
                    Threshold::Percent(percent) => n * 100 >= alarms.len() * *percent as usize,
                }
            }
            Self::Not(rule) => !rule.holds(state_of),
            Self::And(rules) => rules.iter().all(|rule| rule.holds(state_of)),
            Self::Or(rules) => rules.iter().any(|rule| rule.holds(state_of)),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    parts: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, reason: impl Into<String>) -> RuleError {
        RuleError { reason: reason.into(), at: self.at }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn part(&mut self) -> Result<(), RuleError> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(self.error(format!("the rule has more than {PARTS_MAX} parts")));
        }
        Ok(())
    }

    /// Takes a sign, if it is next.
    fn takes(&mut self, sign: char) -> bool {
        self.blanks();
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len_utf8() } else { 0 };
        is_next
    }

    fn expect(&mut self, sign: char) -> Result<(), RuleError> {
        if self.takes(sign) { Ok(()) } else { Err(self.error(format!("{sign} is expected"))) }
    }

    /// The word that is next: letters and underscores.
    fn word(&mut self) -> &'a str {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    }

    /// Takes a word, if it is next.
    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.word() == word;
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn any(&mut self, depth: usize) -> Result<Rule, RuleError> {
        let mut rules = vec![self.all(depth)?];
        while self.takes_word("OR") {
            self.part()?;
            rules.push(self.all(depth)?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::Or(rules) })
    }

    fn all(&mut self, depth: usize) -> Result<Rule, RuleError> {
        let mut rules = vec![self.one(depth)?];
        while self.takes_word("AND") {
            self.part()?;
            rules.push(self.one(depth)?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::And(rules) })
    }

    fn one(&mut self, depth: usize) -> Result<Rule, RuleError> {
        if depth > DEPTH_MAX {
            return Err(self.error(format!("the rule is nested deeper than {DEPTH_MAX}")));
        }
        self.part()?;
        if self.takes('(') {
            let rule = self.any(depth + 1)?;
            self.expect(')')?;
            return Ok(rule);
        }
        let word = self.word();
        if let Some(state) = State::of(word) {
            self.at += word.len();
            self.expect('(')?;
            let name = self.name()?;
            self.expect(')')?;
            return Ok(Rule::State(state, name));
        }
        match word {
            "NOT" | "TRUE" | "FALSE" | "AT_LEAST" => self.at += word.len(),
            _ => return Err(self.error("NOT, TRUE, FALSE, AT_LEAST, a state or ( is expected")),
        }
        match word {
            "NOT" => Ok(Rule::Not(Box::new(self.one(depth + 1)?))),
            "AT_LEAST" => self.at_least(),
            other => Ok(Rule::Constant(other == "TRUE")),
        }
    }

    fn at_least(&mut self) -> Result<Rule, RuleError> {
        self.expect('(')?;
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: Option<u32> = rest[..end].parse().ok().filter(|number| *number > 0);
        let number = number.ok_or_else(|| self.error("a number of alarms is expected"))?;
        self.at += end;
        let threshold = if self.takes('%') {
            if number > 100 {
                return Err(self.error("a share of at most 100% is expected"));
            }
            Threshold::Percent(number)
        } else {
            Threshold::Count(number)
        };
        self.expect(',')?;
        let is_not = self.takes_word("NOT");
        let word = self.word();
        let state = State::of(word).ok_or_else(|| self.error("a state is expected"))?;
        self.at += word.len();
        self.expect(',')?;
        self.expect('(')?;
        let mut alarms = Vec::new();
        loop {
            self.part()?;
            alarms.push(self.name()?);
            if !self.takes(',') {
                break;
            }
        }
        self.expect(')')?;
        self.expect(')')?;
        if let Threshold::Count(least) = threshold
            && least as usize > alarms.len()
        {
            return Err(self.error("fewer alarms are named than are asked for"));
        }
        Ok(Rule::AtLeast(threshold, is_not, state, alarms))
    }

    /// A name or an ARN, bare up to a comma or parenthesis, or in quotes, where a backslash takes the next sign as it is.
    fn name(&mut self) -> Result<String, RuleError> {
        self.blanks();
        let begin = self.at;
        let quote = self.rest().chars().next().filter(|sign| matches!(sign, '"' | '\''));
        let mut name = String::new();
        if let Some(quote) = quote {
            self.at += 1;
            let mut is_escaped = false;
            loop {
                let Some(sign) = self.rest().chars().next() else {
                    return Err(RuleError { reason: "the quote is not closed".to_owned(), at: begin });
                };
                self.at += sign.len_utf8();
                match sign {
                    '\\' if !is_escaped => is_escaped = true,
                    sign if sign == quote && !is_escaped => break,
                    sign => {
                        name.push(sign);
                        is_escaped = false;
                    }
                }
            }
        } else {
            let rest = self.rest();
            let end = rest.find([',', '(', ')', '"']).unwrap_or(rest.len());
            self.at += end;
            name.push_str(rest[..end].trim());
        }
        if name.is_empty() {
            return Err(RuleError { reason: "the name of an alarm is expected".to_owned(), at: begin });
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests;
