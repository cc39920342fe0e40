//! Filters of a console, as a joined cluster has to be asked.
//!
//! The console sees `default/main@east/web-1` where the cluster itself says `default/main/web-1`, so what a filter
//! says of clusters and paths is said again without the mark `@east`; everything else stays as it is.
//!
//! ```text
//! cluster=main@east  ─► cluster=main        cluster=*@east ─► (all)      cluster=main ─► (none)
//! path=*/main@east/* ─► path=*/main/*       east           ─► (all)      web          ─► web
//! ```
//!
//! What a glob means of a text with a mark inside is found by taking the mark out of the glob in every way that there
//! is. A glob whose `*` reaches over the mark may let a path through that it should not; none is lost.

use super::matching::is_like;
use super::{FieldDef, Filter, Node, Pattern};
use std::collections::BTreeSet;

impl Filter {
    /// The filter that a joined cluster has to be asked for the same rows; `None` when none there can match.
    ///
    /// - `join`: the cluster's name here.
    ///
    /// ```
    /// use topmast_model::filter::{Filter, fields::SERVERS};
    /// let filter = |text| Filter::parse(text, SERVERS).unwrap();
    /// assert_eq!(filter("cluster=main@east cpu>80").in_join("east"), Some(filter("cluster=main cpu>80")));
    /// assert_eq!(filter("cluster=main@east").in_join("west"), None);
    /// ```
    pub fn in_join(&self, join: &str) -> Option<Self> {
        let mark = format!("@{}", join.to_lowercase());
        let root = Rewriting { fields: self.fields, mark: &mark }.node(&self.root);
        (root != NEVER).then_some(Self { fields: self.fields, root })
    }
}

/// Holds for every row.
const ALWAYS: Node = Node::All(Vec::new());
/// Holds for none.
const NEVER: Node = Node::Any(Vec::new());

struct Rewriting<'a> {
    fields: &'static [FieldDef],
    mark: &'a str,
}

impl Rewriting<'_> {
    fn node(&self, node: &Node) -> Node {
        match node {
            Node::All(nodes) => all(nodes.iter().map(|node| self.node(node))),
            Node::Any(nodes) => any(nodes.iter().map(|node| self.node(node))),
            Node::Not(node) => match self.node(node) {
                always if always == ALWAYS => NEVER,
                never if never == NEVER => ALWAYS,
                node => Node::Not(Box::new(node)),
            },
            Node::Word(pattern) => self.word(pattern),
            Node::Equal { field, negated, patterns, missing } => {
                let globs = patterns.iter().filter_map(glob_of);
                self.equal(*field, *negated, globs, *missing).unwrap_or_else(|| node.clone())
            }
            Node::Contains { field, negated, needles } => {
                let globs = needles.iter().filter_map(|needle| Some(format!("*{}*", plain(needle)?)));
                self.equal(*field, *negated, globs, false).unwrap_or_else(|| node.clone())
            }
            Node::Among { .. } | Node::Compare { .. } => node.clone(),
        }
    }

    /// A comparison of a field whose values have the mark; `None` for any other field.
    fn equal(
        &self,
        field: usize,
        negated: bool,
        globs: impl Iterator<Item = String>,
        missing: bool,
    ) -> Option<Node> {
        let name = self.fields[field].name;
        let globs: BTreeSet<String> = match name {
            "cluster" => globs.flat_map(|glob| of_cluster(&glob, self.mark)).collect(),
            "path" => globs.flat_map(|glob| of_path(&glob, self.mark)).collect(),
            // A name or a path.
            "parent" => globs.flat_map(|glob| [of_path(&glob, self.mark), vec![glob]].concat()).collect(),
            _ => return None,
        };
        let is_always_there = name != "parent";
        let matches_all = globs.contains("*");
        Some(match (globs.is_empty(), negated) {
            (true, false) if !missing => NEVER,
            (true, true) if is_always_there => ALWAYS,
            _ if matches_all && is_always_there && negated => NEVER,
            _ if matches_all && is_always_there => ALWAYS,
            (is_empty, _) => {
                let patterns = globs.into_iter().map(pattern_of).collect();
                Node::Equal { field, negated, patterns, missing: missing || is_empty }
            }
        })
    }

    /// Free text: as it is, or with the mark somewhere in it.
    fn word(&self, pattern: &Pattern) -> Node {
        let glob = match pattern {
            Pattern::Exact(word) => plain(word).map(|word| format!("*{word}*")),
            Pattern::Glob(glob) => Some(glob.clone()),
        };
        let Some(glob) = glob else { return Node::Word(pattern.clone()) };
        let mut ways = vec![Node::Word(pattern.clone())];
        for (name, globs) in [("cluster", of_cluster(&glob, self.mark)), ("path", of_path(&glob, self.mark))]
        {
            let Some(field) = self.fields.iter().position(|field| field.name == name) else { continue };
            if globs.iter().any(|glob| glob == "*") {
                return ALWAYS;
            }
            let patterns: Vec<Pattern> =
                globs.into_iter().filter(|other| *other != glob).map(pattern_of).collect();
            if !patterns.is_empty() {
                ways.push(Node::Equal { field, negated: false, patterns, missing: false });
            }
        }
        any(ways.into_iter())
    }
}

fn all(nodes: impl Iterator<Item = Node>) -> Node {
    let mut kept: Vec<Node> = nodes.filter(|node| *node != ALWAYS).collect();
    match kept.len() {
        _ if kept.contains(&NEVER) => NEVER,
        1 => kept.remove(0),
        _ => Node::All(kept),
    }
}

fn any(nodes: impl Iterator<Item = Node>) -> Node {
    let mut kept: Vec<Node> = nodes.filter(|node| *node != NEVER).collect();
    match kept.len() {
        _ if kept.contains(&ALWAYS) => ALWAYS,
        1 => kept.remove(0),
        _ => Node::Any(kept),
    }
}

fn glob_of(pattern: &Pattern) -> Option<String> {
    match pattern {
        Pattern::Exact(text) => plain(text),
        Pattern::Glob(glob) => Some(glob.clone()),
    }
}

fn pattern_of(glob: String) -> Pattern {
    if glob.contains(['*', '?']) { Pattern::Glob(glob) } else { Pattern::Exact(glob) }
}

/// A text as a glob; none for one that no name can be, with its own `*` or `?`.
fn plain(text: &str) -> Option<String> {
    (!text.contains(['*', '?'])).then(|| text.to_owned())
}

/// Globs of the clusters whose marked names a glob matches.
fn of_cluster(glob: &str, mark: &str) -> Vec<String> {
    let ways = around(glob, mark).into_iter();
    let whole = ways.filter(|(_, after)| after.chars().all(|sign| sign == '*'));
    distinct(whole.map(|(before, _)| before))
}

/// Globs of the paths whose marked forms a glob matches.
fn of_path(glob: &str, mark: &str) -> Vec<String> {
    let may_be = |(before, after): &(String, String)| {
        let slashes = before.matches('/').count();
        let is_cluster = slashes == 1 || slashes == 0 && before.contains('*');
        is_cluster && !before.ends_with('/') && (after.is_empty() || after.starts_with(['/', '?', '*']))
    };
    let ways = around(glob, mark).into_iter().filter(may_be);
    distinct(ways.map(|(before, after)| before + &after))
}

fn distinct(globs: impl Iterator<Item = String>) -> Vec<String> {
    let globs = globs.map(|mut glob| {
        while glob.contains("**") {
            glob = glob.replace("**", "*");
        }
        glob
    });
    let globs: BTreeSet<String> = globs.collect();
    // What another lets through as well need not be said.
    let says_less = |glob: &&String| {
        !globs.iter().any(|other| other != *glob && !other.contains('?') && is_like(glob, other))
    };
    globs.iter().filter(says_less).cloned().collect()
}

/// Every way in which what a glob matches can have a mark in it: what of the glob is before, and what after it.
fn around(glob: &str, mark: &str) -> Vec<(String, String)> {
    let glob: Vec<char> = glob.chars().collect();
    let text = |signs: &[char]| signs.iter().collect::<String>();
    let mut ways = Vec::new();
    for start in 0..=glob.len() {
        let mut places = BTreeSet::from([start]);
        // What ends before may go on inside.
        if start > 0 && glob[start - 1] == '*' {
            places.insert(start - 1);
        }
        for sign in mark.chars() {
            places = step(&glob, &places, sign);
        }
        ways.extend(places.into_iter().map(|end| (text(&glob[..start]), text(&glob[end..]))));
    }
    ways
}

/// Where one is in a glob after one more sign.
fn step(glob: &[char], places: &BTreeSet<usize>, sign: char) -> BTreeSet<usize> {
    let mut after = BTreeSet::new();
    for place in places {
        let mut place = *place;
        while glob.get(place) == Some(&'*') {
            after.insert(place);
            place += 1;
        }
        if glob.get(place).is_some_and(|wanted| *wanted == '?' || *wanted == sign) {
            after.insert(place + 1);
        }
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::fields::{APPLICATIONS, SERVERS, servers};
    use crate::filter::{FieldValue, Row};
    use proptest::prelude::*;

    fn in_east(text: &str) -> Option<String> {
        let filter = Filter::parse(text, SERVERS).unwrap().in_join("east")?;
        let said = filter.to_string();
        // What is sent is what was meant.
        let understood = Filter::parse(&said, SERVERS).unwrap_or_else(|error| panic!("{said}: {error}"));
        assert_eq!(understood.to_string(), said);
        Some(said)
    }

    #[test]
    fn terms_lose_the_mark_and_nothing_else() {
        for (asked, wanted) in [
            ("", Some("")),
            ("status=UP cpu>80", Some("status=UP cpu_pct>80")),
            ("cluster=main", None),
            ("cluster!=main status=UP", Some("status=UP")),
            ("cluster=main,main@east", Some("cluster=main")),
            ("cluster!=main@EAST", Some("cluster!=main")),
            ("cluster=*@east", Some("")),
            ("cluster!=*@east", None),
            ("cluster=*@west", None),
            ("cluster=ma*", Some("cluster=ma*")),
            ("cluster~east", Some("")),
            ("cluster=none or cpu>1", Some("cluster=none or cpu_pct>1")),
            ("path=acme/main@east/db-*", Some("path=acme/main/db-*")),
            ("path=acme/main/db-1", None),
            ("path=*/db-1", Some("path=*/db-1")),
            ("path~main@east/db", Some("path=*main/db*,*main@east/db*")),
            ("path~\"m*\"", None),
            ("parent=db-1", Some("parent=db-1")),
            ("parent=acme/main@east/db-1", Some("parent=acme/main/db-1,acme/main@east/db-1")),
            ("east", Some("")),
            ("-east", None),
            ("west", Some("west")),
            ("main@east", Some("main@east or cluster=*main or path=*main*")),
            ("(cluster=main or cluster=main@east) web", Some("cluster=main web")),
        ] {
            assert_eq!(in_east(asked).as_deref(), wanted, "{asked}");
        }
    }

    #[test]
    fn fields_of_other_kinds_are_left_alone() {
        let filter = Filter::parse("server=main@east", APPLICATIONS).unwrap();
        assert_eq!(filter.in_join("east"), Some(filter));
    }

    struct Server {
        cluster: String,
        path: String,
    }

    impl Row for Server {
        fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
            match field {
                servers::CLUSTER => each(FieldValue::Text(&self.cluster)),
                servers::PATH => each(FieldValue::Text(&self.path)),
                _ => {}
            }
        }
    }

    proptest! {
        #[test]
        fn no_row_that_matches_here_is_lost_there(
            field in "(cluster=|path=|cluster~|path~|)",
            text in "[*?]?[/a@e*?]{1,6}",
            (tenant, cluster, server) in ("[ae]{1,2}", "[ae][ae@]{0,2}", "[ae]{1,2}"),
        ) {
            let Ok(filter) = Filter::parse(&format!("{field}{text}"), SERVERS) else { return Ok(()) };
            let here = Server {
                cluster: format!("{cluster}@ea"),
                path: format!("{tenant}/{cluster}@ea/{server}"),
            };
            let there = Server { path: format!("{tenant}/{cluster}/{server}"), cluster };
            let asked = filter.in_join("ea");
            let found = asked.as_ref().is_some_and(|asked| asked.matches(&there));
            prop_assert!(found || !filter.matches(&here), "{filter} became {asked:?}");
            // Of a cluster's name it is exact.
            if field.starts_with("cluster") {
                prop_assert_eq!(found, filter.matches(&here), "{} became {:?}", filter, asked);
            }
        }
    }
}
