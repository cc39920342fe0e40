//! Search expressions: `{AWS/EC2,InstanceId} MetricName="CPUUtilization" NOT test`, as of the metric math function `SEARCH`.
//!
//! ```text
//! search = [{namespace, dimension, …} [,]] [any]      any = all {OR all}      all = one {[AND] one}
//! one = NOT one | ( any ) | [property =] word | [property =] "exact" | property = ( any )
//! ```
//!
//! A schema means exactly these dimensions. Bare words match tokens of names, case apart; several tokens in one word
//! match such as stand next to each other; quoted ones match a whole name. Without a property, all names and values
//! of a metric are looked at.

use std::fmt;

/// The longest expression, in characters.
pub const SEARCH_MAX: usize = 1024;
/// How deep parentheses and NOT may go.
const DEPTH_MAX: usize = 64;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// Namespace and names of dimensions, in the order of the text.
    pub schema: Option<(String, Vec<String>)>,
    term: Option<Term>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The metric's name.
    pub name: &'a str,
    /// Names and values of its dimensions.
    pub dimensions: &'a [(&'a str, &'a str)],
    /// The account that it belongs to.
    pub account_id: &'a str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Any(Vec<Term>),
    All(Vec<Term>),
    Not(Box<Term>),
    Exact(Option<String>, String),
    Word(Option<String>, Word),
}

/// A bare word, as its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    tokens: Vec<String>,
    /// With separators between them, tokens match whatever their case.
    is_separated: bool,
}

/// Why a text is no search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchError {
    /// What is wrong.
    pub reason: String,
    /// At which byte.
    pub at: usize,
}

impl fmt::Display for SearchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.reason, self.at)
    }
}

impl std::error::Error for SearchError {}

impl Search {
    /// Reads an expression, the text between the single quotes.
    ///
    /// # Errors
    /// [`SearchError`] with the place of what is wrong.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        let mut parser = Parser { text, at: 0 };
        if text.chars().count() > SEARCH_MAX {
            return Err(parser.error(format!("the search is longer than {SEARCH_MAX} characters")));
        }
        let schema = parser.schema()?;
        parser.blanks();
        let term = if parser.rest().is_empty() { None } else { Some(parser.any(None, 0)?) };
        parser.blanks();
        if !parser.rest().is_empty() {
            return Err(parser.error("the end is expected"));
        }
        if schema.is_none() && term.is_none() {
            return Err(parser.error("a schema in braces or a term is expected"));
        }
        Ok(Self { schema, term })
    }

    /// Whether a metric is found.
    pub fn finds(&self, candidate: &Candidate<'_>) -> bool {
        let is_of_schema = self.schema.as_ref().is_none_or(|(namespace, names)| {
            candidate.namespace == namespace
                && candidate.dimensions.len() == names.len()
                && names.iter().all(|name| candidate.dimensions.iter().any(|(other, _)| other == name))
        });
        is_of_schema && self.term.as_ref().is_none_or(|term| term.finds(candidate))
    }
}

impl Term {
    fn finds(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::Any(terms) => terms.iter().any(|term| term.finds(candidate)),
            Self::All(terms) => terms.iter().all(|term| term.finds(candidate)),
            Self::Not(term) => !term.finds(candidate),
            Self::Exact(property, text) => {
                looked_at(candidate, property.as_deref(), &mut |name| name == text)
            }
            Self::Word(property, word) => {
                looked_at(candidate, property.as_deref(), &mut |name| word.is_in(name))
            }
        }
    }
}

/// Whether one of the names and values that a property means, all without one, is such.
fn looked_at(
    candidate: &Candidate<'_>,
    property: Option<&str>,
    is_such: &mut dyn FnMut(&str) -> bool,
) -> bool {
    match property {
        Some("MetricName") => is_such(candidate.name),
        Some("Namespace") => is_such(candidate.namespace),
        Some(":aws.AccountId") => is_such(candidate.account_id),
        Some(name) => candidate.dimensions.iter().any(|(other, value)| *other == name && is_such(value)),
        None => {
            is_such(candidate.name)
                || is_such(candidate.namespace)
                || candidate.dimensions.iter().any(|(name, value)| is_such(name) || is_such(value))
        }
    }
}

impl Word {
    fn of(text: &str) -> Self {
        let is_separated = text.chars().any(|sign| !sign.is_alphanumeric());
        Self { tokens: tokens(text), is_separated }
    }

    fn is_in(&self, name: &str) -> bool {
        let of = tokens(name);
        let is_same = |a: &String, b: &String| {
            if self.tokens.len() > 1 && !self.is_separated {
                a == b
            } else {
                a.to_lowercase() == b.to_lowercase()
            }
        };
        match self.tokens.as_slice() {
            [] => false,
            // All tokens in one are a token too.
            [one] if of.concat().to_lowercase() == one.to_lowercase() => true,
            several => {
                of.windows(several.len()).any(|part| part.iter().zip(several).all(|(a, b)| is_same(a, b)))
            }
        }
    }
}

/// The tokens of a name: parts between signs, split before capitals and digits. `SDBFailure1` is SDB, Failure, 1.
fn tokens(name: &str) -> Vec<String> {
    #[derive(PartialEq, Clone, Copy)]
    enum Sort {
        Upper,
        Lower,
        Digit,
        Sign,
    }
    let sort = |sign: char| match sign {
        sign if sign.is_numeric() => Sort::Digit,
        sign if sign.is_uppercase() => Sort::Upper,
        sign if sign.is_alphabetic() => Sort::Lower,
        _ => Sort::Sign,
    };
    let mut tokens: Vec<String> = Vec::new();
    let mut before = Sort::Sign;
    for sign in name.chars() {
        let now = sort(sign);
        match (before, now) {
            (_, Sort::Sign) => {}
            // The last capital of several begins the word that follows it.
            (Sort::Upper, Sort::Lower) => {
                if let Some(token) = tokens.last_mut().filter(|token| token.chars().count() > 1) {
                    let capital = token.pop().unwrap_or_default();
                    tokens.push([capital, sign].iter().collect());
                } else if let Some(token) = tokens.last_mut() {
                    token.push(sign);
                }
            }
            (before, now) if before == now => {
                if let Some(token) = tokens.last_mut() {
                    token.push(sign);
                }
            }
            _ => tokens.push(sign.to_string()),
        }
        before = now;
    }
    tokens
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn error(&self, reason: impl Into<String>) -> SearchError {
        SearchError { reason: reason.into(), at: self.at }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, sign: char) -> bool {
        self.blanks();
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len_utf8() } else { 0 };
        is_next
    }

    fn schema(&mut self) -> Result<Option<(String, Vec<String>)>, SearchError> {
        if !self.takes('{') {
            return Ok(None);
        }
        let mut names = Vec::new();
        loop {
            self.blanks();
            let name = if let Some(name) = self.quoted()? {
                name
            } else {
                let rest = self.rest();
                let end = rest.find([',', '}', '{', '"']).unwrap_or(rest.len());
                self.at += end;
                rest[..end].trim().to_owned()
            };
            if name.is_empty() {
                return Err(self.error("a namespace or the name of a dimension is expected"));
            }
            names.push(name);
            if self.takes('}') {
                break;
            }
            if !self.takes(',') {
                return Err(self.error("a comma or } is expected"));
            }
        }
        let namespace = names.remove(0);
        self.takes(',');
        Ok(Some((namespace, names)))
    }

    /// A text in double quotes, if one is next; a backslash takes the next sign as it is.
    fn quoted(&mut self) -> Result<Option<String>, SearchError> {
        self.blanks();
        let begin = self.at;
        if !self.takes('"') {
            return Ok(None);
        }
        let mut text = String::new();
        let mut is_escaped = false;
        for sign in self.rest().chars() {
            self.at += sign.len_utf8();
            match sign {
                '\\' if !is_escaped => is_escaped = true,
                '"' if !is_escaped => return Ok(Some(text)),
                sign => {
                    text.push(sign);
                    is_escaped = false;
                }
            }
        }
        Err(SearchError { reason: "the quote is not closed".to_owned(), at: begin })
    }

    /// The bare word that is next.
    fn bare(&mut self) -> &'a str {
        self.blanks();
        let rest = self.rest();
        let end = rest.find(|sign: char| sign.is_whitespace() || matches!(sign, '(' | ')' | '"' | '='));
        &rest[..end.unwrap_or(rest.len())]
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = self.bare() == word;
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    fn any(&mut self, property: Option<&str>, depth: usize) -> Result<Term, SearchError> {
        let mut terms = vec![self.all(property, depth)?];
        while self.takes_word("OR") {
            terms.push(self.all(property, depth)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Term::Any(terms) })
    }

    fn all(&mut self, property: Option<&str>, depth: usize) -> Result<Term, SearchError> {
        let mut terms = vec![self.one(property, depth)?];
        loop {
            let is_and = self.takes_word("AND");
            self.blanks();
            if !is_and && (self.rest().is_empty() || self.rest().starts_with(')') || self.bare() == "OR") {
                break;
            }
            terms.push(self.one(property, depth)?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Term::All(terms) })
    }

    fn one(&mut self, property: Option<&str>, depth: usize) -> Result<Term, SearchError> {
        if depth > DEPTH_MAX {
            return Err(self.error(format!("the search is nested deeper than {DEPTH_MAX}")));
        }
        if self.takes_word("NOT") {
            return Ok(Term::Not(Box::new(self.one(property, depth + 1)?)));
        }
        if self.takes('(') {
            let term = self.any(property, depth + 1)?;
            return if self.takes(')') { Ok(term) } else { Err(self.error(") is expected")) };
        }
        let (text, is_exact) = if let Some(text) = self.quoted()? {
            (text, true)
        } else {
            let word = self.bare();
            if word.is_empty() || matches!(word, "AND" | "OR") {
                return Err(self.error("a term is expected"));
            }
            self.at += word.len();
            (word.to_owned(), false)
        };
        if property.is_none() && self.takes('=') {
            self.blanks();
            return self.one(Some(&text), depth + 1);
        }
        let property = property.map(str::to_owned);
        Ok(if is_exact { Term::Exact(property, text) } else { Term::Word(property, Word::of(&text)) })
    }
}

#[cfg(test)]
mod tests;
