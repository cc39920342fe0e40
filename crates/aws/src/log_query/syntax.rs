//! From a query's text to its commands.

use super::aggregate::{Aggregate, Kind};
use super::capture::{Capture, How, regex};
use super::datum::Datum;
use super::expression::{Expression, Operator};
use super::function::{ARGUMENTS_MAX, Function};
use super::scan::{Scanner, Token};
use super::{Command, DEPTH_MAX, Named, QUERY_MAX, Query, QueryError, ROWS_MAX, Stats};
use crate::relation::Relation;

/// Regular expressions of a query: each may take memory of its own.
const EXPRESSIONS_MAX: usize = 20;

pub(super) fn query(text: &str) -> Result<Query, QueryError> {
    let mut reader = Reader { scanner: Scanner::new(text), expressions: 0, aggregates: None };
    if text.chars().count() > QUERY_MAX {
        return Err(reader.scanner.wrong(format!("a query has at most {QUERY_MAX} characters"), 0, 0));
    }
    let mut commands = Vec::new();
    // Some tools begin with a bar.
    reader.takes("|");
    loop {
        commands.push(reader.command()?);
        if !reader.takes("|") {
            break;
        }
    }
    match reader.scanner.peek() {
        Token::End => Ok(Query { commands }),
        _ => Err(reader.scanner.unexpected()),
    }
}

struct Reader<'a> {
    scanner: Scanner<'a>,
    expressions: usize,
    /// Those of the `stats` that is read, while they are allowed.
    aggregates: Option<Vec<Aggregate>>,
}

impl Reader<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        let is_there = matches!(self.scanner.peek(), Token::Sign(found) if found == sign);
        if is_there {
            self.scanner.next();
        }
        is_there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let peek = self.scanner.peek();
        let is_there = matches!(&peek, Token::Name(name, false) if name.eq_ignore_ascii_case(word));
        if is_there {
            self.scanner.next();
        }
        is_there
    }

    fn expects(&mut self, sign: &str) -> Result<(), QueryError> {
        if self.takes(sign) { Ok(()) } else { Err(self.scanner.unexpected()) }
    }

    fn command(&mut self) -> Result<Command, QueryError> {
        let before = self.scanner;
        let Token::Name(name, false) = self.scanner.next() else { return Err(before.unexpected()) };
        match name.to_ascii_lowercase().as_str() {
            "fields" => Ok(Command::Fields(self.list(Self::named)?)),
            "display" => Ok(Command::Display(self.list(Self::named)?)),
            "filter" | "where" => Ok(Command::Filter(self.expression(0)?)),
            "parse" => Ok(Command::Parse(self.capture()?)),
            "stats" => Ok(Command::Stats(self.stats()?)),
            "sort" | "order" => {
                if name.eq_ignore_ascii_case("order") && !self.takes_word("by") {
                    return Err(self.scanner.unexpected());
                }
                Ok(Command::Sort(self.list(Self::ordered)?))
            }
            "limit" | "head" => self.limit().map(Command::Limit),
            "dedup" => Ok(Command::Dedup(self.list(|reader| reader.expression(0))?)),
            _ => Err(before.unexpected()),
        }
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, QueryError>) -> Result<Vec<T>, QueryError> {
        let mut list = vec![read(self)?];
        while self.takes(",") {
            list.push(read(self)?);
        }
        Ok(list)
    }

    /// An expression, called as it is written if it is not called otherwise.
    fn named(&mut self) -> Result<Named, QueryError> {
        self.scanner.skip();
        let start = self.scanner.place();
        let expression = self.expression(0)?;
        let written = self.scanner.between(start, self.scanner.place()).to_owned();
        let name = match (&expression, self.takes_word("as")) {
            (_, true) => self.name()?,
            (Expression::Field(name), false) => name.clone(),
            (_, false) => written,
        };
        Ok(Named { name, expression })
    }

    fn name(&mut self) -> Result<String, QueryError> {
        let before = self.scanner;
        match self.scanner.next() {
            Token::Name(name, _) => Ok(name),
            _ => Err(before.unexpected()),
        }
    }

    fn ordered(&mut self) -> Result<(Expression, bool), QueryError> {
        let expression = self.expression(0)?;
        let is_down = self.takes_word("desc");
        if !is_down {
            self.takes_word("asc");
        }
        Ok((expression, is_down))
    }

    fn limit(&mut self) -> Result<usize, QueryError> {
        let before = self.scanner;
        match self.scanner.next() {
            Token::Number(number) if number.fract() == 0.0 && (1.0..=ROWS_MAX as f64).contains(&number) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
                let limit = number as usize;
                Ok(limit)
            }
            _ => Err(before.unexpected()),
        }
    }

    fn capture(&mut self) -> Result<Capture, QueryError> {
        let starts_with_text = matches!(self.scanner.peek(), Token::Text(_) | Token::Sign("/"));
        let of = if starts_with_text { Expression::Field("@message".to_owned()) } else { self.primary(0)? };
        let before = self.scanner;
        if matches!(self.scanner.peek(), Token::Sign("/")) {
            let regex = self.regex()?;
            if regex.capture_names().flatten().next().is_none() {
                return Err(before.unexpected());
            }
            return Ok(Capture { of, how: How::Expression(regex) });
        }
        let Token::Text(template) = self.scanner.next() else { return Err(before.unexpected()) };
        let parts: Vec<String> = template.split('*').map(str::to_owned).collect();
        if !self.takes_word("as") {
            return Err(self.scanner.unexpected());
        }
        let names = self.list(Self::name)?;
        if parts.len() != names.len() + 1 {
            return Err(before.unexpected());
        }
        Ok(Capture { of, how: How::Template(parts, names) })
    }

    fn stats(&mut self) -> Result<Stats, QueryError> {
        self.aggregates = Some(Vec::new());
        let columns = self.list(Self::named)?;
        let aggregates = self.aggregates.take().unwrap_or_default();
        if aggregates.is_empty() {
            return Err(self.scanner.unexpected());
        }
        let by = if self.takes_word("by") { self.list(Self::named)? } else { Vec::new() };
        Ok(Stats { columns, aggregates, by })
    }

    fn regex(&mut self) -> Result<regex::Regex, QueryError> {
        let before = self.scanner;
        self.expressions += 1;
        let text = self.scanner.expression().filter(|_| self.expressions <= EXPRESSIONS_MAX);
        text.and_then(|text| regex(&text.replace("\\/", "/"))).ok_or_else(|| before.unexpected())
    }

    fn expression(&mut self, depth: usize) -> Result<Expression, QueryError> {
        if depth > DEPTH_MAX {
            return Err(self.scanner.unexpected());
        }
        let mut any = vec![self.all(depth)?];
        while self.takes_word("or") {
            any.push(self.all(depth)?);
        }
        Ok(single(any).unwrap_or_else(Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let mut all = vec![self.not(depth)?];
        while self.takes_word("and") {
            all.push(self.not(depth)?);
        }
        Ok(single(all).unwrap_or_else(Expression::All))
    }

    fn not(&mut self, depth: usize) -> Result<Expression, QueryError> {
        if depth > DEPTH_MAX {
            return Err(self.scanner.unexpected());
        }
        if self.takes_word("not") {
            return Ok(Expression::Not(Box::new(self.not(depth + 1)?)));
        }
        self.comparison(depth)
    }

    fn comparison(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let left = self.sum(depth)?;
        let is_not = self.takes_word("not");
        let found = if self.takes_word("like") || (!is_not && self.takes("=~")) {
            if matches!(self.scanner.peek(), Token::Sign("/")) {
                Expression::Matches(Box::new(left), self.regex()?)
            } else {
                Expression::Contains(Box::new((left, self.sum(depth)?)))
            }
        } else if self.takes_word("in") {
            self.expects("[")?;
            let list = self.list(|reader| reader.sum(depth))?;
            self.expects("]")?;
            Expression::In(Box::new(left), list)
        } else if is_not {
            return Err(self.scanner.unexpected());
        } else {
            let relation = match self.scanner.peek() {
                Token::Sign("==") => Some(Relation::Equal),
                Token::Sign(sign) => Relation::of(sign),
                _ => None,
            };
            let Some(relation) = relation else { return Ok(left) };
            self.scanner.next();
            Expression::Compare(relation, Box::new((left, self.sum(depth)?)))
        };
        Ok(if is_not { Expression::Not(Box::new(found)) } else { found })
    }

    fn sum(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let mut left = self.product(depth)?;
        let mut deep = depth;
        loop {
            let operator = match self.scanner.peek() {
                Token::Sign("+") => Operator::Add,
                Token::Sign("-") => Operator::Subtract,
                _ => return Ok(left),
            };
            self.scanner.next();
            // Each makes the tree one deeper.
            deep += 1;
            if deep > DEPTH_MAX {
                return Err(self.scanner.unexpected());
            }
            left = Expression::Work(operator, Box::new((left, self.product(depth)?)));
        }
    }

    fn product(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let mut left = self.power(depth)?;
        let mut deep = depth;
        loop {
            let operator = match self.scanner.peek() {
                Token::Sign("*") => Operator::Multiply,
                Token::Sign("/") => Operator::Divide,
                Token::Sign("%") => Operator::Remainder,
                _ => return Ok(left),
            };
            self.scanner.next();
            deep += 1;
            if deep > DEPTH_MAX {
                return Err(self.scanner.unexpected());
            }
            left = Expression::Work(operator, Box::new((left, self.power(depth)?)));
        }
    }

    fn power(&mut self, depth: usize) -> Result<Expression, QueryError> {
        if depth > DEPTH_MAX {
            return Err(self.scanner.unexpected());
        }
        if self.takes("-") {
            return Ok(Expression::Negate(Box::new(self.power(depth + 1)?)));
        }
        let base = self.primary(depth)?;
        if self.takes("^") {
            return Ok(Expression::Work(Operator::Power, Box::new((base, self.power(depth + 1)?))));
        }
        Ok(base)
    }

    fn primary(&mut self, depth: usize) -> Result<Expression, QueryError> {
        let before = self.scanner;
        Ok(match self.scanner.next() {
            Token::Number(number) | Token::Span(number) => Expression::Literal(Datum::Number(number)),
            Token::Text(text) => Expression::Literal(Datum::Text(text)),
            Token::Sign("(") => {
                let inside = self.expression(depth + 1)?;
                self.expects(")")?;
                inside
            }
            Token::Name(name, is_quoted) => {
                if !is_quoted && self.takes("(") {
                    return self.call(&name, before, depth + 1);
                }
                match name.as_str() {
                    _ if is_quoted => Expression::Field(name),
                    "true" => Expression::Literal(Datum::Boolean(true)),
                    "false" => Expression::Literal(Datum::Boolean(false)),
                    _ => Expression::Field(name),
                }
            }
            _ => return Err(before.unexpected()),
        })
    }

    fn call(&mut self, name: &str, before: Scanner<'_>, depth: usize) -> Result<Expression, QueryError> {
        if let Some(kind) = Kind::named(name)
            && let Some(aggregates) = self.aggregates.take()
        {
            // No aggregate of aggregates.
            let aggregate = self.aggregate(kind, depth)?;
            let mut aggregates = aggregates;
            aggregates.push(aggregate);
            let place = aggregates.len() - 1;
            self.aggregates = Some(aggregates);
            return Ok(Expression::Aggregate(place));
        }
        let Some((function, least, most)) = Function::named(name) else { return Err(before.unexpected()) };
        let mut arguments = Vec::new();
        if !self.takes(")") {
            arguments = self.list(|reader| reader.expression(depth))?;
            self.expects(")")?;
        }
        if !(least..=most.min(ARGUMENTS_MAX)).contains(&arguments.len()) {
            return Err(before.unexpected());
        }
        Ok(Expression::Call(function, arguments))
    }

    fn aggregate(&mut self, kind: Kind, depth: usize) -> Result<Aggregate, QueryError> {
        if kind == Kind::Count && (self.takes("*") || matches!(self.scanner.peek(), Token::Sign(")"))) {
            self.expects(")")?;
            return Ok(Aggregate { kind, of: None, percent: 0.0 });
        }
        let of = self.expression(depth)?;
        let mut percent = 0.0;
        if kind == Kind::Percentile {
            self.expects(",")?;
            let before = self.scanner;
            let Token::Number(number) = self.scanner.next() else { return Err(before.unexpected()) };
            percent = number;
        }
        self.expects(")")?;
        Ok(Aggregate { kind, of: Some(of), percent })
    }
}

/// The only one of a list, or the list.
fn single(mut list: Vec<Expression>) -> Result<Expression, Vec<Expression>> {
    match list.pop() {
        Some(only) if list.is_empty() => Ok(only),
        Some(last) => {
            list.push(last);
            Err(list)
        }
        None => Err(list),
    }
}
