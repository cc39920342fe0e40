//! What stands behind an operand or an operator: ranges, `offset`, `@`, and how both sides match.

use super::Parser;
use crate::promql::TIME_MAX_MS;
use crate::promql::error::ParseError;
use crate::promql::labels::Projection;
use crate::promql::number::DURATION_MAX_MS;
use crate::promql::syntax::{At, Expr, Kind, Many, Matching, RangeSelector, Shift, Subquery};
use crate::promql::token::Token;

impl Parser<'_> {
    /// Applies what follows an operand. In parentheses it is no selector any more.
    pub(super) fn modified(&mut self, operand: Expr, parenthesised: bool) -> Result<Expr, ParseError> {
        let mut operand = operand;
        let mut parenthesised = parenthesised;
        loop {
            let at = self.at();
            if self.takes("[") {
                operand = self.ranged(operand, parenthesised, at)?;
                parenthesised = false;
            } else if self.takes_word("offset") {
                let negative = self.takes("-");
                let _ = !negative && self.takes("+");
                let length = self.duration()?;
                let shift = shift_of(&mut operand, parenthesised, at)?;
                if shift.offset_ms.replace(if negative { -length } else { length }).is_some() {
                    return Err(ParseError::new(at, "there are two offsets").hint("keep one"));
                }
            } else if self.takes("@") {
                let time = self.time()?;
                let shift = shift_of(&mut operand, parenthesised, at)?;
                if shift.at.replace(time).is_some() {
                    return Err(ParseError::new(at, "there are two @").hint("keep one"));
                }
            } else {
                return Ok(operand);
            }
        }
    }

    /// `5m]` or `1h:1m]`
    fn ranged(&mut self, operand: Expr, parenthesised: bool, at: usize) -> Result<Expr, ParseError> {
        let range_ms = self.duration_above_zero()?;
        if self.takes(":") {
            let step_ms = match self.peek() {
                Token::Symbol("]") => None,
                _ => Some(self.duration_above_zero()?),
            };
            self.expect("]")?;
            let below = operand.depth;
            let start = operand.at;
            let subquery = Subquery { argument: operand, range_ms, step_ms, shift: Shift::default() };
            return Self::node(start, below, Kind::Subquery(Box::new(subquery)));
        }
        self.expect("]")?;
        match operand.kind {
            Kind::Selector(selector) if !parenthesised => {
                if selector.shift.offset_ms.is_some() || selector.shift.at.is_some() {
                    return Err(ParseError::new(at, "the range stands behind an offset or @")
                        .hint("put the range first: metric[5m] offset 1h"));
                }
                let range = RangeSelector { selector: *selector, range_ms };
                Self::node(operand.at, 0, Kind::Range(Box::new(range)))
            }
            _ => Err(ParseError::new(at, "only a selector has a range")
                .hint("give an expression a range and a step: (expression)[5m:1m]")),
        }
    }

    fn duration(&mut self) -> Result<i64, ParseError> {
        match *self.peek() {
            Token::Duration(ms) => {
                self.next += 1;
                Ok(ms)
            }
            Token::Number(seconds) if seconds >= 0.0 && seconds * 1e3 <= DURATION_MAX_MS as f64 => {
                self.next += 1;
                Ok(rounded(seconds * 1e3))
            }
            _ => Err(self.unexpected("a duration").hint("write a number and a unit, as in 5m")),
        }
    }

    fn duration_above_zero(&mut self) -> Result<i64, ParseError> {
        let at = self.at();
        match self.duration()? {
            0 => Err(ParseError::new(at, "a duration here must be longer than nothing")),
            ms => Ok(ms),
        }
    }

    /// What stands behind `@`.
    fn time(&mut self) -> Result<At, ParseError> {
        let at = self.at();
        for (word, time) in [("start", At::Start), ("end", At::End)] {
            if self.takes_word(word) {
                self.expect("(")?;
                self.expect(")")?;
                return Ok(time);
            }
        }
        let sign = if self.takes("-") { -1.0 } else { 1.0 };
        let _ = sign > 0.0 && self.takes("+");
        let Token::Number(seconds) = *self.peek() else {
            return Err(self.unexpected("a time").hint("write seconds since 1970, start() or end()"));
        };
        self.next += 1;
        let ms = (sign * seconds * 1e3).round();
        if ms.is_nan() || ms.abs() > TIME_MAX_MS as f64 {
            return Err(ParseError::new(at, "this time is too far away").hint("write seconds since 1970"));
        }
        Ok(At::Time(rounded(ms)))
    }

    /// How both sides of an operator match, when it is written.
    pub(super) fn matching(&mut self) -> Result<Option<Matching>, ParseError> {
        let projection = if self.takes_word("on") {
            Projection::By(self.label_names()?)
        } else if self.takes_word("ignoring") {
            Projection::Without(self.label_names()?)
        } else if matches!(self.peek(), Token::Name(word) if is_many(word)) {
            return Err(self.unexpected("on(…) or ignoring(…)").hint("say first which labels match"));
        } else {
            return Ok(None);
        };
        let many = if self.takes_word("group_left") {
            Many::Left
        } else if self.takes_word("group_right") {
            Many::Right
        } else {
            Many::Neither
        };
        // A parenthesis behind on(…) alone begins the right side; behind group_left it lists labels.
        let listed = many != Many::Neither && matches!(self.peek(), Token::Symbol("("));
        let include = if listed { self.label_names()? } else { Vec::new() };
        Ok(Some(Matching { projection, many, include }))
    }
}

fn is_many(word: &str) -> bool {
    word.eq_ignore_ascii_case("group_left") || word.eq_ignore_ascii_case("group_right")
}

fn shift_of(operand: &mut Expr, parenthesised: bool, at: usize) -> Result<&mut Shift, ParseError> {
    match &mut operand.kind {
        Kind::Selector(selector) if !parenthesised => Ok(&mut selector.shift),
        Kind::Range(range) if !parenthesised => Ok(&mut range.selector.shift),
        Kind::Subquery(subquery) if !parenthesised => Ok(&mut subquery.shift),
        _ => Err(ParseError::new(at, "only a selector or a subquery can be moved in time")
            .hint("write offset or @ behind the metric")),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the callers have bounded it to some hundred years")]
fn rounded(ms: f64) -> i64 {
    ms.round() as i64
}
