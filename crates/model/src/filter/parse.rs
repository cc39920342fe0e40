//! From text to filter: recursive descent, one function a rule.
//!
//! ```text
//! any   = all { ("or" | "|") all }
//! all   = not { ["and"] not }
//! not   = { "-" | "!" } term
//! term  = "(" any ")" │ field operator value { "," value } │ word
//! ```

use super::suggestion::unknown_field;
use super::{
    FieldDef, FieldKind, Filter, FilterError, NESTING_MAX, Node, Order, Pattern, TERMS_MAX, TEXT_MAX, literal,
};

/// Operators, the longer first where one begins another.
const OPERATORS: [&str; 9] = ["!=", "!~", ">=", "<=", "=", ":", ">", "<", "~"];

pub(super) fn parse(text: &str, fields: &'static [FieldDef]) -> Result<Filter, FilterError> {
    if text.len() > TEXT_MAX {
        let message = format!("a filter has at most {TEXT_MAX} bytes; this one has {}", text.len());
        return Err(FilterError { column: 1, message });
    }
    let mut parser = Parser { text, at: 0, fields, terms: 0, nesting: 0 };
    parser.skip_blanks();
    let root = if parser.rest().is_empty() { Node::All(Vec::new()) } else { parser.any()? };
    if parser.rest().starts_with(')') {
        return Err(parser.error(parser.at, "no group is open here; leave the ) out or put it in quotes"));
    }
    let filter = Filter { fields, root };
    // So that L-1 holds at the edge: the canonical text can be longer than the one given.
    if filter.to_string().len() > TEXT_MAX {
        return Err(
            parser.error(0, format!("with its fields' full names the filter exceeds {TEXT_MAX} bytes"))
        );
    }
    Ok(filter)
}

/// Words that join terms; as free text they need quotes.
pub(super) fn is_keyword(word: &str) -> bool {
    ["or", "and", "none"].iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

struct Parser<'a> {
    text: &'a str,
    /// Position in bytes.
    at: usize,
    fields: &'static [FieldDef],
    terms: usize,
    nesting: usize,
}

/// One value of a list, and where it begins.
struct Value {
    text: String,
    quoted: bool,
    at: usize,
}

impl Value {
    /// Whether it says "no value".
    fn is_missing(&self) -> bool {
        !self.quoted && (self.text == "-" || self.text.eq_ignore_ascii_case("none"))
    }

    fn pattern(&self) -> Pattern {
        let text = self.text.to_lowercase();
        if !self.quoted && text.contains(['*', '?']) { Pattern::Glob(text) } else { Pattern::Exact(text) }
    }
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all()?];
        while self.eat("|") || self.eat_word("or") {
            nodes.push(self.all()?);
        }
        Ok(join(nodes, Node::Any, |node| match node {
            Node::Any(nodes) => Ok(nodes),
            other => Err(other),
        }))
    }

    fn all(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.not()?];
        loop {
            let joined = self.eat_word("and");
            let ends = self.rest().is_empty() || self.rest().starts_with([')', '|']) || self.is_at_word("or");
            if ends && !joined {
                break;
            }
            nodes.push(self.not()?);
        }
        Ok(join(nodes, Node::All, |node| match node {
            Node::All(nodes) => Ok(nodes),
            other => Err(other),
        }))
    }

    fn not(&mut self) -> Result<Node, FilterError> {
        if !self.rest().starts_with(['-', '!']) || self.operator().is_some() {
            return self.term();
        }
        let start = self.at;
        self.at += 1;
        if self.rest().is_empty() || self.rest().starts_with(char::is_whitespace) {
            return Err(self.error(start, "a term is missing; write -term without a blank between them"));
        }
        let node = self.nested(start, Self::not)?;
        Ok(match node {
            Node::Not(node) => *node,
            node => Node::Not(Box::new(node)),
        })
    }

    fn term(&mut self) -> Result<Node, FilterError> {
        let start = self.at;
        if self.eat("(") {
            let node = self.nested(start, Self::any)?;
            if !self.eat(")") {
                return Err(self.error(start, "the group that opens here is not closed; add )"));
            }
            return Ok(node);
        }
        let name_length =
            self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let name = &self.rest()[..name_length];
        if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            self.at += name_length;
            // A colon belongs to the name before it only when they touch, as in "a :b".
            let touches = self.rest().starts_with(':');
            self.skip_blanks();
            match self.operator() {
                Some(operator) if operator != ":" || touches => {
                    self.at += operator.len();
                    self.skip_blanks();
                    return self.comparison(name, start, operator);
                }
                _ => self.at = start,
            }
        }
        self.word()
    }

    fn word(&mut self) -> Result<Node, FilterError> {
        let start = self.at;
        if let Some(operator) = self.operator() {
            return Err(self.error(start, format!("a field's name is missing before {operator}")));
        }
        if self.is_at_word("or") || self.is_at_word("and") {
            return Err(
                self.error(start, "a term is missing before this; put the word in quotes to search for it")
            );
        }
        let value = self.value("a term")?;
        self.count_term(start)?;
        self.skip_blanks();
        Ok(Node::Word(value.pattern()))
    }

    fn comparison(&mut self, name: &str, name_at: usize, operator: &str) -> Result<Node, FilterError> {
        let named = |field: &&FieldDef| field.name.eq_ignore_ascii_case(name);
        let by_alias = !self.fields.iter().any(|field| named(&field));
        let candidates: Vec<usize> = (0..self.fields.len())
            .filter(|position| {
                let field = &self.fields[*position];
                named(&field)
                    || by_alias && field.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
            })
            .collect();
        if candidates.is_empty() {
            return Err(self.error(name_at, unknown_field(name, self.fields)));
        }
        let mut values = Vec::new();
        loop {
            values.push(self.value(&format!("a value after {name}{operator}"))?);
            self.count_term(name_at)?;
            if !self.rest().starts_with(',') {
                break;
            }
            self.at += 1;
            self.skip_blanks();
        }
        self.skip_blanks();
        // Of fields that share the short name, the first that understands the values; else its error.
        let mut first_error = None;
        for field in candidates {
            match self.compare_field(field, by_alias, name_at, operator, &values) {
                Ok(node) => return Ok(node),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Err(first_error.unwrap_or_else(|| self.error(name_at, unknown_field(name, self.fields))))
    }

    fn compare_field(
        &self,
        field: usize,
        by_alias: bool,
        name_at: usize,
        operator: &str,
        values: &[Value],
    ) -> Result<Node, FilterError> {
        let FieldDef { name, kind, .. } = &self.fields[field];
        let is_text = kind.is_text();
        let negated = operator.starts_with('!');
        let missing = values.iter().any(Value::is_missing);
        let present = || values.iter().filter(|value| !value.is_missing());
        let number = |value: &Value| {
            literal::parse(&value.text, *kind, by_alias)
                .map_err(|message| self.error(value.at, format!("{message}, which {name} needs")))
        };
        match operator {
            "=" | "!=" | ":" if is_text => {
                if let FieldKind::Status(words) | FieldKind::Choice(words) = kind {
                    present().try_for_each(|value| self.check_word(value, name, words))?;
                }
                Ok(Node::Equal { field, negated, patterns: present().map(Value::pattern).collect(), missing })
            }
            "=" | "!=" | ":" => {
                let numbers = present().map(number).collect::<Result<_, _>>()?;
                Ok(Node::Among { field, negated, numbers, missing })
            }
            "~" | "!~" if is_text => {
                let needles = values.iter().map(|value| value.text.to_lowercase()).collect();
                Ok(Node::Contains { field, negated, needles })
            }
            "~" | "!~" => {
                let message =
                    format!("{name} is a number, so {operator} cannot be used; use = != > >= < or <=");
                Err(self.error(name_at, message))
            }
            _ if is_text => {
                let message = format!("{name} is a text, so {operator} cannot be used; use = != ~ or !~");
                Err(self.error(name_at, message))
            }
            _ => {
                if let [_, second, ..] = values {
                    return Err(self.error(second.at, format!("{operator} takes one value, not a list")));
                }
                let order = match operator {
                    ">" => Order::Greater,
                    ">=" => Order::GreaterOrEqual,
                    "<" => Order::Less,
                    _ => Order::LessOrEqual,
                };
                Ok(Node::Compare { field, order, number: number(&values[0])? })
            }
        }
    }

    fn check_word(&self, value: &Value, name: &str, words: &[&str]) -> Result<(), FilterError> {
        let is_known = match value.pattern() {
            Pattern::Glob(_) => true,
            Pattern::Exact(text) => words.iter().any(|word| word.eq_ignore_ascii_case(&text)),
        };
        if is_known {
            return Ok(());
        }
        Err(self.error(
            value.at,
            format!("{:?} is not a {name} here; it is one of {}", value.text, words.join(", ")),
        ))
    }

    /// Reads one value or word, in quotes or not.
    fn value(&mut self, what: &str) -> Result<Value, FilterError> {
        let at = self.at;
        if self.rest().starts_with('"') {
            return self.quoted();
        }
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '|' | '"');
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        if length == 0 {
            return Err(self.error(at, format!("{what} is missing; put signs like , ( ) | in quotes")));
        }
        self.at += length;
        Ok(Value { text: self.text[at..self.at].to_owned(), quoted: false, at })
    }

    fn quoted(&mut self) -> Result<Value, FilterError> {
        let at = self.at;
        let mut text = String::new();
        let mut characters = self.text[at + 1..].char_indices();
        while let Some((position, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = at + 1 + position + 1;
                    return Ok(Value { text, quoted: true, at });
                }
                '\\' => {
                    let Some((_, escaped @ ('"' | '\\'))) = characters.next() else {
                        let message = "after a backslash comes \" or another backslash";
                        return Err(self.error(at + 1 + position, message));
                    };
                    text.push(escaped);
                }
                other => text.push(other),
            }
        }
        Err(self.error(at, "the quote that opens here is not closed; add \""))
    }

    fn nested(
        &mut self,
        start: usize,
        inner: fn(&mut Self) -> Result<Node, FilterError>,
    ) -> Result<Node, FilterError> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.error(start, format!("groups and negations nest deeper than {NESTING_MAX}")));
        }
        let node = inner(self);
        self.nesting -= 1;
        node
    }

    fn count_term(&mut self, at: usize) -> Result<(), FilterError> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(self.error(at, format!("a filter has at most {TERMS_MAX} terms and values")));
        }
        Ok(())
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn operator(&self) -> Option<&'static str> {
        OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator))
    }

    fn is_at_word(&self, word: &str) -> bool {
        let end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '|' | '"');
        let length = self.rest().find(end).unwrap_or(self.rest().len());
        self.rest()[..length].eq_ignore_ascii_case(word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_at_word(word);
        if found {
            self.at += word.len();
            self.skip_blanks();
        }
        found
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
            self.skip_blanks();
        }
        found
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn error(&self, at: usize, message: impl Into<String>) -> FilterError {
        FilterError { column: self.text[..at].chars().count() + 1, message: message.into() }
    }
}

/// One node as it is, several joined; a joined one inside is taken apart, so that equal meanings are equal.
fn join(nodes: Vec<Node>, joined: fn(Vec<Node>) -> Node, inner: fn(Node) -> Result<Vec<Node>, Node>) -> Node {
    let mut flat = Vec::with_capacity(nodes.len());
    for node in nodes {
        match inner(node) {
            Ok(nodes) => flat.extend(nodes),
            Err(node) => flat.push(node),
        }
    }
    match <[Node; 1]>::try_from(flat) {
        Ok([node]) => node,
        Err(flat) => joined(flat),
    }
}
