//! The tree of an expression: what the parser makes and the evaluator walks.
//!
//! Parentheses are gone: only the parser needs them.

use super::function::{Function, Type};
use super::labels::Projection;
use crate::matcher::Matcher;

/// One node.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    /// Byte of the text at which it begins.
    pub(super) at: usize,
    /// Levels below and with it.
    pub(super) depth: usize,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Number(f64),
    Text(String),
    Selector(Box<Selector>),
    Range(Box<RangeSelector>),
    Subquery(Box<Subquery>),
    Negate(Box<Expr>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregation>),
    Call(Box<Call>),
}

/// `name{label="value"} offset 5m @ 1700000000`
#[derive(Debug, Clone)]
pub(super) struct Selector {
    pub(super) matchers: Vec<Matcher>,
    pub(super) shift: Shift,
}

/// `selector[5m]`
#[derive(Debug, Clone)]
pub(super) struct RangeSelector {
    pub(super) selector: Selector,
    pub(super) range_ms: i64,
}

/// `expression[1h:1m]`
#[derive(Debug, Clone)]
pub(super) struct Subquery {
    pub(super) argument: Expr,
    pub(super) range_ms: i64,
    /// None takes the step of the options.
    pub(super) step_ms: Option<i64>,
    pub(super) shift: Shift,
}

/// What moves a selector in time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Shift {
    /// How much earlier, in ms; negative is later.
    pub(super) offset_ms: Option<i64>,
    pub(super) at: Option<At>,
}

/// What `@` fixes a selector to.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    Start,
    End,
    /// In ms since the Unix epoch.
    Time(i64),
}

/// Two operands.
#[derive(Debug, Clone)]
pub(super) struct Binary {
    pub(super) operator: Operator,
    pub(super) left: Expr,
    pub(super) right: Expr,
    /// Answer 1 or 0 instead of leaving out.
    pub(super) returns_bool: bool,
    /// None unless it was written.
    pub(super) matching: Option<Matching>,
}

/// Which series of both sides belong together.
#[derive(Debug, Clone)]
pub(super) struct Matching {
    /// `on(…)` keeps labels, `ignoring(…)` leaves them out.
    pub(super) projection: Projection,
    pub(super) many: Many,
    /// Labels that the many side takes from the one side.
    pub(super) include: Vec<Box<str>>,
}

/// The side on which several series may match one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Many {
    Neither,
    Left,
    Right,
}

/// What joins two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Atan2,
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    And,
    Or,
    Unless,
}

impl Operator {
    /// Its symbol or keyword in an expression.
    const WORDS: [(&'static str, Self); 16] = [
        ("+", Self::Add),
        ("-", Self::Subtract),
        ("*", Self::Multiply),
        ("/", Self::Divide),
        ("%", Self::Modulo),
        ("^", Self::Power),
        ("atan2", Self::Atan2),
        ("==", Self::Equal),
        ("!=", Self::NotEqual),
        (">", Self::Greater),
        (">=", Self::GreaterEqual),
        ("<", Self::Less),
        ("<=", Self::LessEqual),
        ("and", Self::And),
        ("or", Self::Or),
        ("unless", Self::Unless),
    ];

    /// The operator of a symbol or keyword.
    pub(super) fn of(word: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(known, _)| word.eq_ignore_ascii_case(known));
        found.map(|(_, operator)| *operator)
    }

    pub(super) fn word(self) -> &'static str {
        let found = Self::WORDS.iter().find(|(_, operator)| *operator == self);
        found.map_or("", |(word, _)| word)
    }

    /// How strongly it binds; a sign binds like [`Self::Multiply`].
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            _ if self.is_comparison() => 3,
            Self::Add | Self::Subtract => 4,
            Self::Power => 6,
            _ => 5,
        }
    }

    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::NotEqual | Self::Greater | Self::GreaterEqual | Self::Less | Self::LessEqual
        )
    }

    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }
}

/// `sum by (label) (expression)`
#[derive(Debug, Clone)]
pub(super) struct Aggregation {
    pub(super) aggregator: Aggregator,
    pub(super) parameter: Option<Expr>,
    pub(super) argument: Expr,
    pub(super) projection: Projection,
}

/// What makes one value of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregator {
    Sum,
    Average,
    Min,
    Max,
    Count,
    Group,
    StandardDeviation,
    Variance,
    Top,
    Bottom,
    Quantile,
    CountValues,
}

impl Aggregator {
    /// Its name in an expression.
    pub(super) const NAMES: [(&'static str, Self); 12] = [
        ("sum", Self::Sum),
        ("avg", Self::Average),
        ("min", Self::Min),
        ("max", Self::Max),
        ("count", Self::Count),
        ("group", Self::Group),
        ("stddev", Self::StandardDeviation),
        ("stdvar", Self::Variance),
        ("topk", Self::Top),
        ("bottomk", Self::Bottom),
        ("quantile", Self::Quantile),
        ("count_values", Self::CountValues),
    ];

    pub(super) fn of(word: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        found.map(|(_, aggregator)| *aggregator)
    }

    pub(super) fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(_, aggregator)| *aggregator == self);
        found.map_or("", |(name, _)| name)
    }

    /// What stands before the vector, if anything does.
    pub(super) fn parameter(self) -> Option<Type> {
        match self {
            Self::Top | Self::Bottom | Self::Quantile => Some(Type::Scalar),
            Self::CountValues => Some(Type::Text),
            _ => None,
        }
    }
}

/// `rate(argument)`
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) function: &'static Function,
    pub(super) arguments: Vec<Expr>,
}

impl Expr {
    /// What it evaluates to.
    pub(super) fn value_type(&self) -> Type {
        match &self.kind {
            Kind::Number(_) => Type::Scalar,
            Kind::Text(_) => Type::Text,
            Kind::Selector(_) | Kind::Aggregate(_) => Type::Vector,
            Kind::Range(_) | Kind::Subquery(_) => Type::Range,
            Kind::Negate(argument) => argument.value_type(),
            Kind::Binary(binary) => {
                if binary.left.value_type() == Type::Scalar && binary.right.value_type() == Type::Scalar {
                    Type::Scalar
                } else {
                    Type::Vector
                }
            }
            Kind::Call(call) => call.function.returns,
        }
    }

    /// True when it is the same at every step: all that it reads is fixed by `@`, and it does not ask the time.
    pub(super) fn is_fixed(&self) -> bool {
        match &self.kind {
            Kind::Number(_) | Kind::Text(_) => true,
            Kind::Selector(selector) => selector.shift.at.is_some(),
            Kind::Range(range) => range.selector.shift.at.is_some(),
            Kind::Subquery(subquery) => subquery.shift.at.is_some(),
            Kind::Negate(argument) => argument.is_fixed(),
            Kind::Binary(binary) => binary.left.is_fixed() && binary.right.is_fixed(),
            Kind::Aggregate(aggregation) => {
                aggregation.parameter.as_ref().is_none_or(Self::is_fixed) && aggregation.argument.is_fixed()
            }
            Kind::Call(call) => !call.function.asks_time() && call.arguments.iter().all(Self::is_fixed),
        }
    }
}
