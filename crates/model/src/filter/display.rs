//! The canonical text of a filter, which parses to the same one (L-1).

use super::parse::is_keyword;
use super::{FieldDef, FieldKind, Filter, Node, Order, Pattern};
use std::fmt::{self, Write};

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_node(&self.root, self.fields, f)
    }
}

fn write_node(node: &Node, fields: &[FieldDef], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match node {
        Node::All(nodes) => write_joined(nodes, " ", f, |node, f| match node {
            Node::Any(_) => write_group(node, fields, f),
            _ => write_node(node, fields, f),
        }),
        Node::Any(nodes) => write_joined(nodes, " or ", f, |node, f| write_node(node, fields, f)),
        Node::Not(node) => {
            f.write_char('-')?;
            match &**node {
                Node::All(_) | Node::Any(_) => write_group(node, fields, f),
                _ => write_node(node, fields, f),
            }
        }
        Node::Word(Pattern::Exact(word)) => write_text(word, f),
        Node::Word(Pattern::Glob(glob)) => f.write_str(glob),
        Node::Equal { field, negated, patterns, missing } => {
            let FieldDef { name, kind, .. } = &fields[*field];
            write!(f, "{name}{}", if *negated { "!=" } else { "=" })?;
            let is_status = matches!(kind, FieldKind::Status(_));
            write_joined(patterns, ",", f, |pattern, f| match pattern {
                Pattern::Exact(word) if is_status => f.write_str(&word.to_uppercase()),
                Pattern::Exact(text) => write_text(text, f),
                Pattern::Glob(glob) => f.write_str(glob),
            })?;
            write_missing(*missing, patterns.is_empty(), f)
        }
        Node::Contains { field, negated, needles } => {
            write!(f, "{}{}", fields[*field].name, if *negated { "!~" } else { "~" })?;
            write_joined(needles, ",", f, |needle, f| write_text(needle, f))
        }
        Node::Among { field, negated, numbers, missing } => {
            write!(f, "{}{}", fields[*field].name, if *negated { "!=" } else { "=" })?;
            write_joined(numbers, ",", f, |number, f| write_number(*number, f))?;
            write_missing(*missing, numbers.is_empty(), f)
        }
        Node::Compare { field, order, number } => {
            let order = match order {
                Order::Greater => ">",
                Order::GreaterOrEqual => ">=",
                Order::Less => "<",
                Order::LessOrEqual => "<=",
            };
            write!(f, "{}{order}", fields[*field].name)?;
            write_number(*number, f)
        }
    }
}

fn write_joined<T>(
    items: &[T],
    between: &str,
    f: &mut fmt::Formatter<'_>,
    each: impl Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_str(between)?;
        }
        each(item, f)?;
    }
    Ok(())
}

fn write_group(node: &Node, fields: &[FieldDef], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('(')?;
    write_node(node, fields, f)?;
    f.write_char(')')
}

fn write_missing(missing: bool, alone: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match (missing, alone) {
        (false, _) => Ok(()),
        (true, true) => f.write_str("none"),
        (true, false) => f.write_str(",none"),
    }
}

/// In quotes unless it is plainly a word and nothing else.
fn write_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let plain = |c: char| c.is_alphanumeric() || "_./@+-".contains(c);
    if text.starts_with(char::is_alphanumeric) && text.chars().all(plain) && !is_keyword(text) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

/// In the field's own unit; very large and small ones with an exponent, which is shorter.
fn write_number(number: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-5..1e15).contains(&magnitude) {
        write!(f, "{number:e}")
    } else {
        write!(f, "{number}")
    }
}
