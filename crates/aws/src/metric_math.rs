//! Metric math: `SUM(METRICS("errors")) / m1 * 100`, from text to a tree and from there to series.
//!
//! ```text
//! or = and {OR and}   and = comparison {AND comparison}   comparison = sum [== != < <= > >= sum]
//! sum = product {+ - product}   product = sign {* / sign}   sign = - sign | power   power = primary [^ sign]
//! primary = number | "text" | id | FUNCTION(or, …) | [or, …] | (or)
//! ```
//!
//! Invariants
//! - M-1: length and depth of a text, and the points that an evaluation makes, are bounded.
//! - M-2: what is no number (a division by zero, a logarithm of nothing) is no point.
//!
//! Elsewhere: the order of expressions that name each other ([`order`] finds cycles), where series come from ([`Source`]).

mod evaluate;
mod function;

pub use evaluate::{Grid, Operand, POINTS_MAX, Series, Source, evaluate, evaluate_operand};

use std::collections::BTreeMap;
use std::fmt;

/// The longest expression, in characters.
pub const EXPRESSION_MAX: usize = 2048;
/// How deep an expression may be nested.
const DEPTH_MAX: usize = 64;

/// How many operators an expression may have: more than fit between 500 ids.
const OPERATORS_MAX: usize = 512;

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `^`
    Power,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `AND`, `&&`
    And,
    /// `OR`, `||`
    Or,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// A text in quotes, for METRICS and SEARCH.
    Text(String),
    /// A query of the same request, by its id.
    Id(String),
    /// A word in capitals that is no function: AVG, DESC, REPEAT.
    Word(String),
    /// The other sign.
    Negative(Box<Expression>),
    /// Two with an operator between them.
    Binary(Operator, Box<Expression>, Box<Expression>),
    /// A function.
    Call(String, Vec<Expression>),
    /// Several series.
    Array(Vec<Expression>),
}

/// Why a text is no expression, or an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MathError {
    /// What is wrong.
    pub reason: String,
    /// At which byte, when the text itself is wrong.
    pub at: Option<usize>,
}

impl MathError {
    pub(crate) fn of(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), at: None }
    }
}

impl fmt::Display for MathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at position {at}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for MathError {}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// [`MathError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, MathError> {
        let mut parser = Parser { text, at: 0, n_operators: 0 };
        if text.chars().count() > EXPRESSION_MAX {
            return Err(parser.error(format!("the expression is longer than {EXPRESSION_MAX} characters")));
        }
        let expression = parser.level(0, 0)?;
        parser.blanks();
        if parser.rest().is_empty() {
            Ok(expression)
        } else {
            Err(parser.error("an operator or the end is expected"))
        }
    }

    /// The ids of the queries that it names.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids = Vec::new();
        self.gather(&mut ids);
        ids
    }

    /// The periods in seconds that its searches name.
    pub fn search_periods(&self) -> Vec<i64> {
        match self {
            Self::Call(name, arguments) if name == "SEARCH" => match arguments.as_slice() {
                #[expect(clippy::cast_possible_truncation, reason = "a cast of floats stops at the bounds")]
                [_, _, Self::Number(period)] => vec![*period as i64],
                _ => Vec::new(),
            },
            Self::Call(_, several) | Self::Array(several) => {
                several.iter().flat_map(Self::search_periods).collect()
            }
            Self::Negative(one) => one.search_periods(),
            Self::Binary(_, left, right) => {
                left.search_periods().into_iter().chain(right.search_periods()).collect()
            }
            Self::Number(_) | Self::Text(_) | Self::Id(_) | Self::Word(_) => Vec::new(),
        }
    }

    fn gather<'a>(&'a self, ids: &mut Vec<&'a str>) {
        match self {
            Self::Id(id) => ids.push(id),
            Self::Negative(one) => one.gather(ids),
            Self::Binary(_, left, right) => {
                left.gather(ids);
                right.gather(ids);
            }
            Self::Call(_, several) | Self::Array(several) => several.iter().for_each(|one| one.gather(ids)),
            Self::Number(_) | Self::Text(_) | Self::Word(_) => {}
        }
    }
}

/// The order in which expressions can be evaluated, as indexes: each after those that it names. Ids that none of the
/// expressions has are left to the caller.
///
/// # Errors
/// The id of an expression that is named by itself, directly or through others.
pub fn order(expressions: &[(&str, &Expression)]) -> Result<Vec<usize>, String> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let places: BTreeMap<&str, usize> =
        expressions.iter().enumerate().map(|(index, (id, _))| (*id, index)).collect();
    let mut marks = vec![Mark::New; expressions.len()];
    let mut sorted = Vec::with_capacity(expressions.len());
    for root in 0..expressions.len() {
        // A stack of our own: five hundred queries may name each other in a row.
        let mut stack = vec![(root, false)];
        while let Some((at, is_leaving)) = stack.pop() {
            if is_leaving {
                marks[at] = Mark::Done;
                sorted.push(at);
                continue;
            }
            match marks[at] {
                Mark::Done => continue,
                Mark::Open => return Err(expressions[at].0.to_owned()),
                Mark::New => marks[at] = Mark::Open,
            }
            stack.push((at, true));
            for id in expressions[at].1.ids() {
                match places.get(id) {
                    Some(below) if marks[*below] == Mark::Open => return Err(id.to_owned()),
                    Some(below) if marks[*below] == Mark::New => stack.push((*below, false)),
                    _ => {}
                }
            }
            // One that is named twice stands on the stack twice; the second finds it done.
        }
    }
    Ok(sorted)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    n_operators: usize,
}

/// Operators by how much they bind, the least first; within a level the longer sign first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("OR", Operator::Or), ("||", Operator::Or)],
    &[("AND", Operator::And), ("&&", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide)],
];

impl<'a> Parser<'a> {
    fn error(&self, reason: impl Into<String>) -> MathError {
        MathError { reason: reason.into(), at: Some(self.at) }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, sign: &str) -> bool {
        self.blanks();
        let rest = self.rest();
        let is_word = sign.starts_with(|sign: char| sign.is_ascii_alphabetic());
        let goes_on =
            |rest: &str| rest[sign.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let is_next = rest.starts_with(sign) && !(is_word && goes_on(rest));
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    fn level(&mut self, level: usize, depth: usize) -> Result<Expression, MathError> {
        let Some(operators) = LEVELS.get(level) else { return self.sign(depth) };
        let mut left = self.level(level + 1, depth)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.takes(sign)) {
            // A long row of operators is a deep tree, to the left.
            self.n_operators += 1;
            if self.n_operators > OPERATORS_MAX {
                return Err(self.error("the expression has too many operators"));
            }
            let right = self.level(level + 1, depth)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn sign(&mut self, depth: usize) -> Result<Expression, MathError> {
        if depth > DEPTH_MAX {
            return Err(self.error(format!("the expression is nested deeper than {DEPTH_MAX}")));
        }
        if self.takes("-") {
            return Ok(Expression::Negative(Box::new(self.sign(depth + 1)?)));
        }
        let base = self.primary(depth)?;
        if self.takes("^") {
            let power = self.sign(depth + 1)?;
            return Ok(Expression::Binary(Operator::Power, Box::new(base), Box::new(power)));
        }
        Ok(base)
    }

    fn primary(&mut self, depth: usize) -> Result<Expression, MathError> {
        self.blanks();
        if self.takes("(") {
            let inner = self.level(0, depth + 1)?;
            return if self.takes(")") { Ok(inner) } else { Err(self.error(") is expected")) };
        }
        if self.takes("[") {
            return Ok(Expression::Array(self.list("]", depth)?));
        }
        let rest = self.rest();
        match rest.chars().next() {
            Some(quote @ ('"' | '\'' | '“' | '”')) => self.quoted(quote),
            Some(first) if first.is_ascii_digit() || first == '.' => self.number(),
            Some(first) if first.is_ascii_alphabetic() => {
                let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                let name = rest[..end].to_owned();
                self.at += end;
                if first.is_ascii_lowercase() {
                    return Ok(Expression::Id(name));
                }
                if self.takes("(") {
                    return Ok(Expression::Call(name, self.list(")", depth)?));
                }
                Ok(Expression::Word(name))
            }
            _ => Err(self.error("a number, an id, a function or ( is expected")),
        }
    }

    fn list(&mut self, end: &str, depth: usize) -> Result<Vec<Expression>, MathError> {
        let mut several = Vec::new();
        if self.takes(end) {
            return Ok(several);
        }
        loop {
            several.push(self.level(0, depth + 1)?);
            if self.takes(end) {
                return Ok(several);
            }
            if !self.takes(",") {
                return Err(self.error(format!("a comma or {end} is expected")));
            }
        }
    }

    fn number(&mut self) -> Result<Expression, MathError> {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let mut end = 0;
        while end < bytes.len() {
            let is_sign_of_exponent =
                matches!(bytes[end], b'+' | b'-') && end > 0 && matches!(bytes[end - 1], b'e' | b'E');
            if !(bytes[end].is_ascii_digit()
                || matches!(bytes[end], b'.' | b'e' | b'E')
                || is_sign_of_exponent)
            {
                break;
            }
            end += 1;
        }
        let number = rest[..end].parse().ok().filter(|number: &f64| number.is_finite());
        let number = number.ok_or_else(|| self.error("a number is expected"))?;
        self.at += end;
        Ok(Expression::Number(number))
    }

    fn quoted(&mut self, quote: char) -> Result<Expression, MathError> {
        let begin = self.at;
        let close = if quote == '“' { '”' } else { quote };
        self.at += quote.len_utf8();
        let rest = self.rest();
        let end = rest
            .find(close)
            .ok_or(MathError { reason: "the quote is not closed".to_owned(), at: Some(begin) })?;
        self.at += end + close.len_utf8();
        Ok(Expression::Text(rest[..end].to_owned()))
    }
}

#[cfg(test)]
mod tests;
