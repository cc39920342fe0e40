//! Text to tree: precedence climbing over the tokens.
//!
//! Written by hand, because what a person typed wrong has to be answered with its place and a way out, and
//! because no input may cost more than its length.
//!
//! Invariants
//! - P-1: no tree is deeper than [`DEPTH_MAX`], so whoever walks it may recurse.

mod modifier;
mod selector;

use super::error::ParseError;
use super::function::{FUNCTIONS, Function, Type, nearest};
use super::labels::Projection;
use super::syntax::{Aggregation, Aggregator, Binary, Call, Expr, Kind, Operator};
use super::token::{Placed, Token, tokens};

/// Longest text of a query, in bytes; the longest that dashboards send are a few thousand.
pub(super) const TEXT_MAX: usize = 1 << 16;
/// Deepest tree. Each level of an evaluation takes some kilobytes of stack.
pub(super) const DEPTH_MAX: usize = 100;

/// Words with a meaning of their own that no metric can have as its name.
const RESERVED: [&str; 5] = ["bool", "on", "ignoring", "group_left", "group_right"];

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Expr, ParseError> {
    if text.len() > TEXT_MAX {
        return Err(ParseError::new(TEXT_MAX, format!("the expression is longer than {TEXT_MAX} bytes"))
            .hint("match several values with one =~"));
    }
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0 };
    if parser.peek() == &Token::End {
        return Err(ParseError::new(0, "the expression is empty").hint("name a metric"));
    }
    let expr = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'a> {
    tokens: Vec<Placed<'a>>,
    next: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Token<'a> {
        self.tokens.get(self.next).map_or(&Token::End, |placed| &placed.token)
    }

    fn peek_second(&self) -> &Token<'a> {
        self.tokens.get(self.next + 1).map_or(&Token::End, |placed| &placed.token)
    }

    /// Byte at which the next token begins.
    fn at(&self) -> usize {
        self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |placed| placed.at)
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(found) if *found == symbol);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), ParseError> {
        if self.takes(symbol) { Ok(()) } else { Err(self.unexpected(&format!("{symbol:?}"))) }
    }

    /// The next word, when it is this one in any case of letters.
    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(name) if name.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn unexpected(&self, wanted: &str) -> ParseError {
        let found = match self.peek() {
            Token::Name(name) => format!("{name:?}"),
            Token::Number(value) => value.to_string(),
            Token::Duration(_) => "a duration".to_owned(),
            Token::Text(text) => format!("the text {text:?}"),
            Token::Symbol(symbol) => format!("{symbol:?}"),
            Token::End => "the end".to_owned(),
        };
        ParseError::new(self.at(), format!("found {found} where {wanted} should stand"))
    }

    fn node(at: usize, below: usize, kind: Kind) -> Result<Expr, ParseError> {
        let depth = below + 1;
        if depth > DEPTH_MAX {
            return Err(too_deep(at));
        }
        Ok(Expr { at, depth, kind })
    }

    /// Operands joined by operators that bind at least so strongly.
    fn expression(&mut self, binds: u8) -> Result<Expr, ParseError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(too_deep(self.at()));
        }
        let mut left = self.operand()?;
        loop {
            let operator = match self.peek() {
                Token::Symbol(word) | Token::Name(word) => Operator::of(word),
                _ => None,
            };
            let Some(operator) = operator.filter(|operator| operator.precedence() >= binds) else { break };
            let at = self.at();
            self.next += 1;
            let returns_bool = self.takes_word("bool");
            let matching = self.matching()?;
            let stronger = u8::from(operator != Operator::Power);
            let right = self.expression(operator.precedence() + stronger)?;
            let below = left.depth.max(right.depth);
            let binary = Binary { operator, left, right, returns_bool, matching };
            left = Self::node(at, below, Kind::Binary(Box::new(binary)))?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn operand(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        if self.takes("-") {
            let argument = self.expression(Operator::Power.precedence())?;
            return match argument.kind {
                Kind::Number(value) => Self::node(at, 0, Kind::Number(-value)),
                _ => Self::node(at, argument.depth, Kind::Negate(Box::new(argument))),
            };
        }
        if self.takes("+") {
            let argument = self.expression(Operator::Power.precedence())?;
            return match argument.value_type() {
                Type::Scalar | Type::Vector => Ok(argument),
                other => Err(ParseError::new(at, format!("a sign cannot stand before a {}", other.name()))),
            };
        }
        let parenthesised = matches!(self.peek(), Token::Symbol("("));
        let operand = self.primary()?;
        self.modified(operand, parenthesised)
    }

    fn primary(&mut self) -> Result<Expr, ParseError> {
        let at = self.at();
        match self.peek().clone() {
            Token::Number(value) => {
                self.next += 1;
                Self::node(at, 0, Kind::Number(value))
            }
            Token::Text(text) => {
                self.next += 1;
                Self::node(at, 0, Kind::Text(text))
            }
            Token::Symbol("(") => {
                self.next += 1;
                let inner = self.expression(0)?;
                self.expect(")")?;
                Ok(inner)
            }
            Token::Symbol("{") => self.selector(None),
            Token::Name(name) => self.named(name),
            Token::Duration(_) => Err(self.unexpected("a value").hint("write it as a number of seconds")),
            Token::Symbol(_) | Token::End => Err(self.unexpected("a metric, a number or a function")),
        }
    }

    /// A function, an aggregation, a number with a name, or a metric.
    fn named(&mut self, name: &'a str) -> Result<Expr, ParseError> {
        let at = self.at();
        let called = matches!(self.peek_second(), Token::Symbol("("));
        if let Some(aggregator) = Aggregator::of(name)
            && (called || matches!(self.peek_second(), Token::Name(word) if is_grouping(word)))
        {
            self.next += 1;
            return self.aggregation(aggregator, at);
        }
        if called {
            return self.call(name);
        }
        let value = match name.to_ascii_lowercase().as_str() {
            "inf" => f64::INFINITY,
            "nan" => f64::NAN,
            word if RESERVED.contains(&word) => {
                return Err(ParseError::new(at, format!("{name:?} cannot stand here"))
                    .hint(format!("if it is the name of a metric, write {{__name__={name:?}}}")));
            }
            _ => return self.selector(Some(name)),
        };
        self.next += 1;
        Self::node(at, 0, Kind::Number(value))
    }

    fn call(&mut self, name: &str) -> Result<Expr, ParseError> {
        let at = self.at();
        let Some(function) = Function::of(name) else {
            let known = FUNCTIONS.iter().map(|function| function.name);
            let known = known.chain(Aggregator::NAMES.iter().map(|(name, _)| *name));
            let error = ParseError::new(at, format!("there is no function {name:?}"));
            return Err(match nearest(name, known) {
                Some(meant) => error.hint(format!("did you mean {meant:?}")),
                None => error,
            });
        };
        self.next += 1;
        let arguments = self.arguments()?;
        let below = arguments.iter().map(|argument| argument.depth).max().unwrap_or_default();
        Self::node(at, below, Kind::Call(Box::new(Call { function, arguments })))
    }

    /// `(argument, argument)`
    fn arguments(&mut self) -> Result<Vec<Expr>, ParseError> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if self.takes(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            if self.takes(")") {
                return Ok(arguments);
            }
            if !self.takes(",") {
                return Err(self.unexpected("\",\" or \")\""));
            }
        }
    }

    /// What follows the name of an aggregation.
    fn aggregation(&mut self, aggregator: Aggregator, at: usize) -> Result<Expr, ParseError> {
        let before = self.grouping()?;
        let mut arguments = self.arguments()?;
        let projection = match before {
            Some(projection) => projection,
            None => self.grouping()?.unwrap_or(Projection::By(Vec::new())),
        };
        let wanted = 1 + usize::from(aggregator.parameter().is_some());
        let found = arguments.len();
        let name = aggregator.name();
        let argument = arguments.pop().filter(|_| found == wanted).ok_or_else(|| {
            let hint = match aggregator.parameter() {
                Some(parameter) => format!("write {name}({}, vector)", parameter.name()),
                None => format!("write {name}(vector)"),
            };
            ParseError::new(at, format!("{name} has {found} arguments, and takes {wanted}")).hint(hint)
        })?;
        let parameter = arguments.pop();
        let below = parameter.as_ref().map_or(0, |parameter| parameter.depth).max(argument.depth);
        let aggregation = Aggregation { aggregator, parameter, argument, projection };
        Self::node(at, below, Kind::Aggregate(Box::new(aggregation)))
    }

    /// `by (…)` or `without (…)`, when one stands here.
    fn grouping(&mut self) -> Result<Option<Projection>, ParseError> {
        if self.takes_word("by") {
            return Ok(Some(Projection::By(self.label_names()?)));
        }
        if self.takes_word("without") {
            return Ok(Some(Projection::Without(self.label_names()?)));
        }
        Ok(None)
    }
}

fn is_grouping(word: &str) -> bool {
    word.eq_ignore_ascii_case("by") || word.eq_ignore_ascii_case("without")
}

fn too_deep(at: usize) -> ParseError {
    ParseError::new(at, format!("the expression is nested deeper than {DEPTH_MAX} levels"))
        .hint("match several series with one =~ instead of joining them")
}
