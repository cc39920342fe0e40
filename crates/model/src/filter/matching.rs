//! Asking a filter about a row.

use super::{FieldDef, FieldKind, FieldValue, Node, Order, Pattern, Row};

pub(super) fn holds(node: &Node, fields: &[FieldDef], row: &dyn Row) -> bool {
    match node {
        Node::All(nodes) => nodes.iter().all(|node| holds(node, fields, row)),
        Node::Any(nodes) => nodes.iter().any(|node| holds(node, fields, row)),
        Node::Not(node) => !holds(node, fields, row),
        Node::Word(pattern) => {
            let found = |text: &str| match pattern {
                Pattern::Exact(needle) => contains(text, needle),
                Pattern::Glob(glob) => is_like(text, glob),
            };
            (0..).zip(fields).any(|(position, field)| is_read(field) && any_text(row, position, found).1)
        }
        Node::Equal { field, negated, patterns, missing } => {
            decide(any_text(row, *field, |text| is_one_of(text, patterns)), *negated, *missing)
        }
        Node::Contains { field, negated, needles } => {
            decide(any_text(row, *field, |text| contains_one(text, needles)), *negated, false)
        }
        Node::Among { field, negated, numbers, missing } => {
            decide(any_number(row, *field, |number| numbers.contains(&number)), *negated, *missing)
        }
        Node::Compare { field, order, number: bound } => {
            let compare = |number: f64| match order {
                Order::Greater => number > *bound,
                Order::GreaterOrEqual => number >= *bound,
                Order::Less => number < *bound,
                Order::LessOrEqual => number <= *bound,
            };
            any_number(row, *field, compare).1
        }
    }
}

/// Whether a node holds for all rows with these texts, or for none of them; `None` when other values decide.
///
/// - `known`: the only value of a field, if it is known.
pub(super) fn holds_with<'a>(node: &Node, known: &dyn Fn(usize) -> Option<&'a str>) -> Option<bool> {
    let among = |nodes: &[Node], enough: bool| {
        let mut is_open = false;
        for node in nodes {
            match holds_with(node, known) {
                Some(held) if held == enough => return Some(enough),
                Some(_) => {}
                None => is_open = true,
            }
        }
        (!is_open).then_some(!enough)
    };
    match node {
        Node::All(nodes) => among(nodes, false),
        Node::Any(nodes) => among(nodes, true),
        Node::Not(node) => holds_with(node, known).map(|held| !held),
        Node::Equal { field, negated, patterns, missing } => {
            known(*field).map(|text| decide((true, is_one_of(text, patterns)), *negated, *missing))
        }
        Node::Contains { field, negated, needles } => {
            known(*field).map(|text| decide((true, contains_one(text, needles)), *negated, false))
        }
        Node::Word(_) | Node::Among { .. } | Node::Compare { .. } => None,
    }
}

/// Whether a node looks at the values of a field.
pub(super) fn asks(node: &Node, fields: &[FieldDef], asked: usize) -> bool {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(|node| asks(node, fields, asked)),
        Node::Not(node) => asks(node, fields, asked),
        Node::Word(_) => fields.get(asked).is_some_and(is_read),
        Node::Equal { field, .. }
        | Node::Contains { field, .. }
        | Node::Among { field, .. }
        | Node::Compare { field, .. } => *field == asked,
    }
}

/// True for the fields that free text looks at.
fn is_read(field: &FieldDef) -> bool {
    matches!(field.kind, FieldKind::Text | FieldKind::Status(_))
}

/// From "has a value" and "one of them passes the test" to the answer (L-2).
fn decide((present, passed): (bool, bool), negated: bool, missing: bool) -> bool {
    if negated { present && !passed } else { passed || (missing && !present) }
}

/// Whether the field has a value, and whether one of them passes.
fn any_text(row: &dyn Row, field: usize, passes: impl Fn(&str) -> bool) -> (bool, bool) {
    let (mut present, mut passed) = (false, false);
    row.values(field, &mut |value| {
        present = true;
        passed = passed || matches!(value, FieldValue::Text(text) if passes(text));
    });
    (present, passed)
}

fn any_number(row: &dyn Row, field: usize, passes: impl Fn(f64) -> bool) -> (bool, bool) {
    let (mut present, mut passed) = (false, false);
    row.values(field, &mut |value| {
        present = true;
        passed = passed || matches!(value, FieldValue::Number(number) if passes(number));
    });
    (present, passed)
}

fn is_one_of(text: &str, patterns: &[Pattern]) -> bool {
    patterns.iter().any(|pattern| match pattern {
        Pattern::Exact(exact) => is_equal(text, exact),
        Pattern::Glob(glob) => is_like(text, glob),
    })
}

fn contains_one(text: &str, needles: &[String]) -> bool {
    needles.iter().any(|needle| contains(text, needle))
}

/// Text equals the lower-case `exact` but for case.
fn is_equal(text: &str, exact: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(exact) } else { text.to_lowercase() == exact }
}

/// Text contains the lower-case `needle` but for case.
fn contains(text: &str, needle: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(needle);
    }
    let Some(first) = needle.bytes().next() else { return true };
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.windows(needle.len())
        .any(|window| window[0].to_ascii_lowercase() == first && window.eq_ignore_ascii_case(needle))
}

/// Text matches the lower-case `glob` from end to end, but for case.
pub(super) fn is_like(text: &str, glob: &str) -> bool {
    if text.is_ascii() {
        let bytes = text.as_bytes();
        is_like_at(bytes.len(), |at| char::from(bytes[at].to_ascii_lowercase()), glob)
    } else {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        is_like_at(text.len(), |at| text[at], glob)
    }
}

/// Goes back to the last `*` only, so the cost is at most length × length of the glob.
fn is_like_at(length: usize, character: impl Fn(usize) -> char, glob: &str) -> bool {
    let (mut at, mut rest) = (0, glob.chars());
    let mut last_star = None;
    loop {
        match rest.next() {
            Some('*') => last_star = Some((at, rest.clone())),
            Some(wanted) if at < length && (wanted == '?' || wanted == character(at)) => at += 1,
            None if at == length => return true,
            _ => match &mut last_star {
                Some((from, after)) if *from < length => {
                    *from += 1;
                    at = *from;
                    rest = after.clone();
                }
                _ => return false,
            },
        }
    }
}
