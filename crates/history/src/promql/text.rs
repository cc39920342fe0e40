//! Expressions as text, with parentheses wherever they could be needed: what is read of it is what was written.

use super::labels::Projection;
use super::syntax::{Aggregation, At, Binary, Call, Expr, Kind, Many, Matching, Selector, Shift, Subquery};
use super::token::is_label_name;
use crate::matcher::{METRIC_NAME, Matcher, Operator};
use std::fmt::{Display, Formatter, Result, Write};

/// A selector of the series that all matchers mean.
pub fn selector(matchers: &[Matcher]) -> String {
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = braces(&mut text, matchers.iter());
    text
}

/// An expression whose selectors have other matchers on one label.
pub(super) struct Text<'a> {
    pub(super) expr: &'a Expr,
    pub(super) label: &'a str,
    pub(super) matchers: &'a [Matcher],
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.expr.kind {
            // As it is read: an exponent or a word, and never a sign.
            Kind::Number(value) if value.is_sign_negative() && !value.is_nan() => {
                write!(f, "(-{:?})", -value)
            }
            Kind::Number(value) => write!(f, "{value:?}"),
            Kind::Text(text) => quoted(f, text),
            Kind::Selector(selector) => {
                self.selector(f, selector)?;
                shift(f, selector.shift)
            }
            Kind::Range(range) => {
                self.selector(f, &range.selector)?;
                write!(f, "[{}ms]", range.range_ms)?;
                shift(f, range.selector.shift)
            }
            Kind::Subquery(subquery) => self.subquery(f, subquery),
            Kind::Negate(argument) => write!(f, "(-{})", self.of(argument)),
            Kind::Binary(binary) => self.binary(f, binary),
            Kind::Aggregate(aggregation) => self.aggregation(f, aggregation),
            Kind::Call(call) => self.call(f, call),
        }
    }
}

impl<'a> Text<'a> {
    fn of(&self, expr: &'a Expr) -> Self {
        Self { expr, ..*self }
    }

    fn selector(&self, f: &mut Formatter<'_>, selector: &Selector) -> Result {
        let others = selector.matchers.iter().filter(|matcher| *matcher.name != *self.label);
        braces(f, others.chain(self.matchers))
    }

    fn subquery(&self, f: &mut Formatter<'_>, subquery: &'a Subquery) -> Result {
        write!(f, "({})[{}ms:", self.of(&subquery.argument), subquery.range_ms)?;
        if let Some(step) = subquery.step_ms {
            write!(f, "{step}ms")?;
        }
        f.write_char(']')?;
        shift(f, subquery.shift)
    }

    fn binary(&self, f: &mut Formatter<'_>, binary: &'a Binary) -> Result {
        write!(f, "({} {}", self.of(&binary.left), binary.operator.word())?;
        if binary.returns_bool {
            f.write_str(" bool")?;
        }
        if let Some(Matching { projection, many, include }) = &binary.matching {
            match projection {
                Projection::By(names) => labels(f, " on", names)?,
                Projection::Without(names) => labels(f, " ignoring", names)?,
            }
            match many {
                Many::Neither => {}
                Many::Left => labels(f, " group_left", include)?,
                Many::Right => labels(f, " group_right", include)?,
            }
        }
        write!(f, " {})", self.of(&binary.right))
    }

    fn aggregation(&self, f: &mut Formatter<'_>, aggregation: &'a Aggregation) -> Result {
        f.write_str(aggregation.aggregator.name())?;
        match &aggregation.projection {
            Projection::By(names) => labels(f, " by", names)?,
            Projection::Without(names) => labels(f, " without", names)?,
        }
        f.write_str(" (")?;
        if let Some(parameter) = &aggregation.parameter {
            write!(f, "{}, ", self.of(parameter))?;
        }
        write!(f, "{})", self.of(&aggregation.argument))
    }

    fn call(&self, f: &mut Formatter<'_>, call: &'a Call) -> Result {
        write!(f, "{}(", call.function.name)?;
        for (position, argument) in call.arguments.iter().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(f, "{comma}{}", self.of(argument))?;
        }
        f.write_char(')')
    }
}

fn braces<'a>(out: &mut impl Write, mut matchers: impl Iterator<Item = &'a Matcher> + Clone) -> Result {
    out.write_char('{')?;
    let mut comma = "";
    for matcher in matchers.clone() {
        out.write_str(comma)?;
        comma = ",";
        name(out, &matcher.name)?;
        out.write_str(match matcher.operator {
            Operator::Equal => "=",
            Operator::NotEqual => "!=",
            Operator::Matches(_) => "=~",
            Operator::NotMatches(_) => "!~",
        })?;
        quoted(out, &matcher.value)?;
    }
    if matchers.all(|matcher| matcher.accepts("")) {
        // A selector that means everything is refused, but every series has a name.
        write!(out, "{comma}{METRIC_NAME}!=\"\"")?;
    }
    out.write_char('}')
}

fn labels(out: &mut impl Write, word: &str, names: &[Box<str>]) -> Result {
    write!(out, "{word} (")?;
    for (position, label) in names.iter().enumerate() {
        if position > 0 {
            out.write_char(',')?;
        }
        name(out, label)?;
    }
    out.write_char(')')
}

/// The name of a label.
fn name(out: &mut impl Write, name: &str) -> Result {
    if is_label_name(name) { out.write_str(name) } else { quoted(out, name) }
}

fn quoted(out: &mut impl Write, text: &str) -> Result {
    out.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            '\n' => out.write_str("\\n")?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char('"')
}

fn shift(out: &mut impl Write, shift: Shift) -> Result {
    if let Some(offset) = shift.offset_ms {
        let sign = if offset < 0 { "-" } else { "" };
        write!(out, " offset {sign}{}ms", offset.unsigned_abs())?;
    }
    match shift.at {
        None => Ok(()),
        Some(At::Start) => out.write_str(" @ start()"),
        Some(At::End) => out.write_str(" @ end()"),
        Some(At::Time(time)) => {
            let (sign, time) = (if time < 0 { "-" } else { "" }, time.unsigned_abs());
            write!(out, " @ {sign}{}.{:03}", time / 1_000, time % 1_000)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::parse;

    fn printed(text: &str) -> String {
        let query = parse(text).unwrap();
        Text { expr: &query.expr, label: "", matchers: &[] }.to_string()
    }

    #[test]
    fn text_is_read_as_what_it_was_written_of() {
        for (text, expected) in [
            (r#"up{job="a\"b\\c\nd",x!~""}"#, r#"{__name__="up",job="a\"b\\c\nd",x!~""}"#),
            ("rate(x[5m] offset -1h @ -1.5)", r#"rate({__name__="x"}[300000ms] offset -3600000ms @ -1.500)"#),
            ("max_over_time((a)[1h:] @ end())", r#"max_over_time(({__name__="a"})[3600000ms:] @ end())"#),
            ("-2 ^ 2", "(-(2.0 ^ 2.0))"),
            ("1e300 + Inf * NaN", "(1e300 + (inf * NaN))"),
            (
                "a > bool on(b,c) group_left(d) e",
                r#"({__name__="a"} > bool on (b,c) group_left (d) {__name__="e"})"#,
            ),
            ("quantile without (le) (.5, a)", r#"quantile without (le) (0.5, {__name__="a"})"#),
            ("sum(a) and avg by (b) (a)", r#"(sum by () ({__name__="a"}) and avg by (b) ({__name__="a"}))"#),
            ("label_join(a, 'x', ',', 'y')", r#"label_join({__name__="a"}, "x", ",", "y")"#),
        ] {
            assert_eq!(printed(text), expected, "{text}");
            assert_eq!(printed(expected), expected, "{text}");
        }
    }

    #[test]
    fn selector_of_everything_is_one_that_is_answered() {
        let everything = [Matcher::equal("a", "")];
        assert_eq!(selector(&everything), r#"{a="",__name__!=""}"#);
        assert_eq!(selector(&[]), r#"{__name__!=""}"#);
        assert!(parse(&selector(&[])).is_ok());
    }

    #[test]
    fn matchers_on_one_label_are_exchanged() {
        let query = parse(r#"sum by (cluster) (a{cluster="x@y",b="c"}) / on (cluster) d"#).unwrap();
        let matchers = [Matcher::equal("cluster", "x")];
        let text = Text { expr: &query.expr, label: "cluster", matchers: &matchers }.to_string();
        let expected = concat!(
            r#"(sum by (cluster) ({__name__="a",b="c",cluster="x"}) / on (cluster) "#,
            r#"{__name__="d",cluster="x"})"#
        );
        assert_eq!(text, expected);
    }
}
