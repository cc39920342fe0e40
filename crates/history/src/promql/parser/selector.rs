//! Selectors: a name, matchers between braces, and lists of label names.

use super::Parser;
use crate::matcher::{METRIC_NAME, Matcher};
use crate::promql::error::ParseError;
use crate::promql::syntax::{Expr, Kind, Selector, Shift};
use crate::promql::token::{Token, is_label_name};

/// Most matchers of one selector.
const MATCHERS_MAX: usize = 100;

impl Parser<'_> {
    /// `name{label="value"}`, where one of both may be missing; the name has not been taken yet.
    pub(super) fn selector(&mut self, name: Option<&str>) -> Result<Expr, ParseError> {
        let at = self.at();
        let mut matchers = Vec::new();
        if let Some(name) = name {
            self.next += 1;
            matchers.push(Matcher::equal(METRIC_NAME, name));
        }
        if self.takes("{") {
            while !self.takes("}") {
                let place = self.at();
                let matcher = self.matcher()?;
                if name.is_some() && *matcher.name == *METRIC_NAME {
                    return Err(ParseError::new(place, "the name of the metric is given twice")
                        .hint("keep the one before the braces, or the one within"));
                }
                matchers.push(matcher);
                if matchers.len() > MATCHERS_MAX {
                    return Err(ParseError::new(
                        place,
                        format!("a selector has at most {MATCHERS_MAX} matchers"),
                    ));
                }
                if !self.takes(",") && !matches!(self.peek(), Token::Symbol("}")) {
                    return Err(self.unexpected("\",\" or \"}\""));
                }
            }
        }
        if matchers.iter().all(|matcher| matcher.accepts("")) {
            return Err(ParseError::new(at, "the selector means every series there is")
                .hint("name a metric, or match a label with a value that is not empty"));
        }
        let selector = Selector { matchers, shift: Shift::default() };
        Self::node(at, 0, Kind::Selector(Box::new(selector)))
    }

    fn matcher(&mut self) -> Result<Matcher, ParseError> {
        let at = self.at();
        let label = match self.take() {
            Token::Name(name) if is_label_name(name) => name.to_owned(),
            Token::Text(name) => {
                if matches!(self.peek(), Token::Symbol("," | "}")) {
                    return Ok(Matcher::equal(METRIC_NAME, &name));
                }
                name
            }
            _ => {
                self.next -= 1;
                return Err(self.unexpected("the name of a label"));
            }
        };
        let operator_at = self.at();
        let operator = self.take();
        let value = match self.take() {
            Token::Text(value) => value,
            _ if matches!(operator, Token::Symbol("=" | "!=" | "=~" | "!~")) => {
                self.next -= 1;
                return Err(self.unexpected("a text").hint("put the value between quotes"));
            }
            _ => String::new(),
        };
        let matcher = match operator {
            Token::Symbol("=") => Ok(Matcher::equal(&label, &value)),
            Token::Symbol("!=") => Ok(Matcher::not_equal(&label, &value)),
            Token::Symbol("=~") => Matcher::matching(&label, &value),
            Token::Symbol("!~") => Matcher::not_matching(&label, &value),
            _ => {
                return Err(ParseError::new(operator_at, format!("label {label:?} is not compared"))
                    .hint("write =, !=, =~ or !~ and a text behind it"));
            }
        };
        matcher.map_err(|error| ParseError::new(at, error.to_string()))
    }

    /// `(label, label)`
    pub(super) fn label_names(&mut self) -> Result<Vec<Box<str>>, ParseError> {
        self.expect("(")?;
        let mut names: Vec<Box<str>> = Vec::new();
        while !self.takes(")") {
            match self.peek() {
                Token::Name(name) if is_label_name(name) => names.push((*name).into()),
                Token::Text(name) => names.push(name.as_str().into()),
                _ => return Err(self.unexpected("the name of a label")),
            }
            self.next += 1;
            if !self.takes(",") && !matches!(self.peek(), Token::Symbol(")")) {
                return Err(self.unexpected("\",\" or \")\""));
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }
}
