//! Lists against the plainest reading of what they are: every row made, and asked by its JSON.

use super::fleet::Fleet;
use super::{
    Applications, Query, Selection, Servers, Services, Sight, Tasks, View, matching, page, rows_within,
};
use crate::live::LiveModel;
use crate::merged::{JoinedRow, page_of_all};
use fastrand::Rng;
use serde_json::Value;
use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Instant;
use topmast_api::page::{FACET_VALUES_MAX, Facet, FacetValue, ListQuery, Page};
use topmast_api::row::Row as _;
use topmast_api::time::Timestamp;
use topmast_model::filter::{FieldDef, FieldKind, FieldValue, Row as Filterable};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Principal;

/// Fleets, and queries of each kind of row on each.
const FLEETS: usize = 5;
const QUERIES: usize = 40;

/// What one field of a row says.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Text(String),
    Number(f64),
}

/// A row as its reader has it.
struct Naive {
    path: ObjectPath,
    json: Value,
    fields: &'static [FieldDef],
}

impl Naive {
    fn of<V: View>(row: &V::Row) -> Self {
        Self { path: row.path().clone(), json: serde_json::to_value(row).unwrap(), fields: V::FIELDS }
    }

    fn said(&self, field: usize) -> Vec<Said> {
        let FieldDef { name, kind, .. } = &self.fields[field];
        let level =
            |level| self.path.name_at(level).map(|name| Said::Text(name.into())).into_iter().collect();
        let read = |value: &Value| match value {
            Value::Null => None,
            Value::Bool(flag) => Some(Said::Text(flag.to_string())),
            Value::Number(number) => number.as_f64().map(Said::Number),
            Value::String(text) if *kind == FieldKind::Time => {
                Some(Said::Number(text.parse::<Timestamp>().unwrap().as_millis() as f64))
            }
            Value::String(text) => Some(Said::Text(text.clone())),
            other => panic!("{name}: {other}"),
        };
        match *name {
            "tenant" => level(Level::Tenant),
            "cluster" => level(Level::Cluster),
            "label" => self.json["labels"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| Said::Text(format!("{name}={}", value.as_str().unwrap())))
                .collect(),
            "unit_problems" => self.json[name]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|problem| read(&problem["file"]))
                .collect(),
            "last_action" => read(&self.json[name]["at"]).into_iter().collect(),
            "codes" => self.json[name].as_array().unwrap().iter().filter_map(read).collect(),
            _ => read(self.json.get(name).unwrap_or_else(|| panic!("no {name}"))).into_iter().collect(),
        }
    }

    /// What a sort goes by: statuses by their place, what is missing last either way.
    fn compare(&self, other: &Self, field: usize, descending: bool) -> Ordering {
        let key = |row: &Self| {
            let first = row.said(field).into_iter().next();
            first.map(|first| match (&first, self.fields[field].kind) {
                (Said::Text(text), FieldKind::Status(words) | FieldKind::Choice(words)) => {
                    Said::Number(words.iter().position(|word| word == text).unwrap() as f64)
                }
                _ => first,
            })
        };
        let order = match (key(self), key(other)) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Greater,
            (Some(_), None) => return Ordering::Less,
            (Some(Said::Text(one)), Some(Said::Text(other))) => one.cmp(&other),
            (Some(Said::Number(one)), Some(Said::Number(other))) => one.total_cmp(&other),
            mixed => panic!("{mixed:?}"),
        };
        if descending { order.reverse() } else { order }
    }
}

impl Filterable for Naive {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        for said in self.said(field) {
            match &said {
                Said::Text(text) => each(FieldValue::Text(text)),
                Said::Number(number) => each(FieldValue::Number(*number)),
            }
        }
    }
}

/// Every row that a principal may read, by path.
fn all<V: View>(sight: &Sight<'_>, principal: &Principal) -> Vec<V::Row> {
    let mut rows: Vec<V::Row> = Vec::new();
    for tenant in ["acme", "acme-b", "bolt"] {
        rows.extend(rows_within::<V>(sight, principal, &tenant.parse().unwrap()));
    }
    rows.retain(|row| principal.may(topmast_model::principal::Right::Read, Some(row.path())));
    rows
}

fn position<V: View>(name: &str) -> usize {
    V::FIELDS.iter().position(|field| field.name == name).unwrap()
}

/// The page that is to be, from every row.
fn naive<V: View>(rows: &[V::Row], query: &Query) -> Page<V::Row> {
    let mut left: Vec<(Naive, &V::Row)> = rows.iter().map(|row| (Naive::of::<V>(row), row)).collect();
    left.retain(|(naive, _)| query.filter.matches(naive));
    let facets = query.facets.iter().map(|name| facet(&left, name, position::<V>(name))).collect();
    let total = left.len() as u64;
    left.sort_by(|(one, _), (other, _)| {
        let keys = query.sort.iter();
        let mut orders = keys.map(|key| one.compare(other, position::<V>(&key.field), key.descending));
        orders.find(|order| order.is_ne()).unwrap_or_else(|| one.path.cmp(&other.path))
    });
    let shown = left.iter().skip(query.offset).take(query.limit);
    Page {
        items: shown.map(|(_, row)| (*row).clone()).collect(),
        total,
        revision: 1,
        facets,
        missing: Vec::new(),
    }
}

fn facet<R>(rows: &[(Naive, &R)], name: &str, field: usize) -> Facet {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (row, _) in rows {
        let texts = row.said(field).into_iter().filter_map(|said| match said {
            Said::Text(text) => Some(text),
            Said::Number(_) => None,
        });
        for text in texts.collect::<BTreeSet<_>>() {
            *counts.entry(text).or_default() += 1;
        }
    }
    let mut values: Vec<FacetValue> =
        counts.into_iter().map(|(value, count)| FacetValue { value, count }).collect();
    values.sort_by_key(|value| std::cmp::Reverse(value.count));
    let more = values.len() > FACET_VALUES_MAX;
    values.truncate(FACET_VALUES_MAX);
    Facet { field: name.into(), values, more }
}

/// A term about a field, mostly about a value that some row has.
fn term<V: View>(random: &mut Rng, rows: &[V::Row]) -> String {
    let field = random.usize(..V::FIELDS.len());
    let FieldDef { name, kind, .. } = V::FIELDS[field];
    let row = random.choice(rows).map(Naive::of::<V>);
    let said = row.and_then(|row| row.said(field).into_iter().next());
    let not = *random.choice(&["", "", "-"]).unwrap();
    match (said, kind.is_text()) {
        (None, _) => format!("{not}{name}=none"),
        (Some(Said::Text(text)), _) => match random.u32(..5) {
            0 => format!("{not}\"{}\"", text.get(..3).unwrap_or(&text)),
            1 if kind == FieldKind::Text => format!("{not}{name}~\"{}\"", text.get(1..4).unwrap_or(&text)),
            2 => format!("{not}{name}!=\"{text}\""),
            3 => format!("{not}{name}=\"{text}\",none"),
            _ => format!("{not}{name}=\"{text}\""),
        },
        (Some(Said::Number(number)), _) => {
            let sign = random.choice(&["=", "!=", ">", ">=", "<", "<="]).unwrap();
            match kind {
                FieldKind::Time => {
                    #[expect(clippy::cast_possible_truncation, reason = "it was whole milliseconds")]
                    let time = Timestamp(topmast_model::time::UnixMillis(number as i64));
                    format!("{not}{name}{sign}{time}").replace(".000Z", "")
                }
                FieldKind::Millis => format!("{not}{name}{sign}{number}ms"),
                FieldKind::Seconds => format!("{not}{name}{sign}{number}s"),
                _ => format!("{not}{name}{sign}{number}"),
            }
        }
    }
}

fn query<V: View>(random: &mut Rng, rows: &[V::Row]) -> (String, Query) {
    let terms: Vec<String> = (0..random.usize(..3)).map(|_| term::<V>(random, rows)).collect();
    let filter = terms.join(*random.choice(&[" ", " or "]).unwrap());
    let name = |random: &mut Rng| V::FIELDS[random.usize(..V::FIELDS.len())].name;
    let keys = 0..random.usize(..3);
    let sort: Vec<String> =
        keys.map(|_| format!("{}{}", random.choice(&["", "-"]).unwrap(), name(random))).collect();
    let texts: Vec<&str> =
        V::FIELDS.iter().filter(|field| field.kind.is_text()).map(|field| field.name).collect();
    let facets: Vec<&str> = (0..random.usize(..3)).map(|_| *random.choice(&texts).unwrap()).collect();
    let asked = ListQuery {
        filter: Some(filter),
        sort: Some(sort.join(",")),
        limit: Some(random.u32(1..12)),
        offset: Some(random.u64(..6) * random.u64(..6)),
        facets: Some(facets.join(",")),
        at: None,
    };
    let text = format!("{} {asked:?}", V::NOUN);
    let query = Query::parse::<V>(&asked).unwrap_or_else(|error| panic!("{text}: {error}"));
    (text, query)
}

fn principals() -> Vec<Principal> {
    let of = |grants: &[&str]| Principal {
        grants: grants.iter().map(|grant| grant.parse().unwrap()).collect(),
        ..Principal::master()
    };
    vec![
        of(&["admin"]),
        of(&["viewer:acme/main"]),
        of(&["viewer:acme/main/db", "viewer:bolt", "viewer:acme/main-2/db/switch"]),
        of(&[]),
    ]
}

fn seeded() -> Rng {
    let seed = std::env::var("TOPMAST_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TOPMAST_SEED={seed}");
    Rng::with_seed(seed)
}

/// Checks random queries, each again after some changes with the selection that was made first.
fn check<V: View<Row: Debug>>(random: &mut Rng, fleet: &mut Fleet) {
    let now = Instant::now();
    for _ in 0..QUERIES {
        let principals = principals();
        let principal = random.choice(&principals).unwrap();
        let rows = all::<V>(&fleet.at(now), principal);
        let (text, query) = query::<V>(random, &rows);
        let mut last = None;
        for change in 0..6 {
            let rows = all::<V>(&fleet.at(now), principal);
            let see = |look: &mut dyn FnMut(&Sight<'_>)| look(&fleet.at(now));
            let found = page::<V>(&see, principal, &query, 1, &mut last);
            let expected = naive::<V>(&rows, &query);
            assert!(found == expected, "{text} after {change}: {found:#?}\nexpected {expected:#?}");
            if query.sort.is_empty() && query.offset == 0 && query.facets.is_empty() {
                let paths = matching::<V>(&see, principal, &query.filter);
                assert!(paths.iter().zip(&expected.items).all(|(path, row)| path == row.path()), "{text}");
                assert_eq!(paths.len() as u64, expected.total, "{text}");
            }
            match change {
                // Numbers alone, with which a settled selection goes on.
                0 | 3 => {
                    let servers: Vec<ObjectPath> =
                        fleet.state.servers().iter().map(|(path, _)| path.clone()).collect();
                    for server in &servers {
                        fleet.feed(server, random);
                    }
                }
                _ => {
                    (0..random.usize(..4)).for_each(|_| fleet.change(random));
                    if random.u32(..8) == 0 {
                        fleet.remove(random);
                    }
                }
            }
        }
    }
}

#[test]
fn pages_are_what_every_row_filtered_sorted_and_counted_gives() {
    let mut random = seeded();
    for _ in 0..FLEETS {
        let changes = random.usize(..400);
        let mut fleet = Fleet::random(&mut random, changes);
        check::<Servers>(&mut random, &mut fleet);
        check::<Applications>(&mut random, &mut fleet);
        check::<Services>(&mut random, &mut fleet);
        check::<Tasks>(&mut random, &mut fleet);
    }
}

#[test]
fn pages_of_several_clusters_merge_to_the_page_of_all() {
    fn check<V: View<Row: Debug + JoinedRow>>(random: &mut Rng, fleet: &Fleet) {
        let now = Instant::now();
        let see = |look: &mut dyn FnMut(&Sight<'_>)| look(&fleet.at(now));
        let who = |grant: &str| Principal { grants: vec![grant.parse().unwrap()], ..Principal::master() };
        for _ in 0..QUERIES {
            let (text, query) = query::<V>(random, &all::<V>(&fleet.at(now), &who("admin")));
            let part = |grant, query: &Query| page::<V>(&see, &who(grant), query, 1, &mut None);
            // What is apart by tenant is as much apart as what is by cluster.
            let parts = ["viewer:acme", "viewer:acme-b", "viewer:bolt"];
            let found =
                page_of_all(&query, |query| parts.into_iter().map(|grant| part(grant, query)).collect());
            let expected = part("admin", &query);
            let is_equal = found.items.iter().map(AsRef::as_ref).eq(&expected.items);
            assert!(is_equal, "{text}: {found:#?}\nexpected {expected:#?}");
            assert_eq!(found.total, expected.total, "{text}");
            // Beyond the most frequent values each cluster tells its own only.
            let whole = expected.facets.iter().zip(&found.facets).filter(|(expected, _)| !expected.more);
            whole.for_each(|(expected, found)| assert_eq!(found, expected, "{text}"));
        }
    }
    let mut random = seeded();
    for _ in 0..FLEETS {
        let fleet = Fleet::random(&mut random, 300);
        check::<Servers>(&mut random, &fleet);
        check::<Applications>(&mut random, &fleet);
        check::<Services>(&mut random, &fleet);
        check::<Tasks>(&mut random, &fleet);
    }
}

/// What a field says of every object.
fn values<V: View>(sight: &Sight<'_>, field: usize) -> Vec<Vec<Said>> {
    let principal = Principal { grants: vec!["admin".parse().unwrap()], ..Principal::master() };
    all::<V>(sight, &principal).iter().map(|row| Naive::of::<V>(row).said(field)).collect()
}

#[test]
fn settled_fields_change_with_no_number_and_no_time() {
    fn check<V: View>(fleet: &Fleet) -> BTreeSet<&'static str> {
        let (now, none) = (Instant::now(), LiveModel::default());
        let (here, later) = (fleet.at(now), fleet.without_numbers(&none, now));
        for field in V::SETTLED {
            let name = V::FIELDS[*field].name;
            assert_eq!(values::<V>(&here, *field), values::<V>(&later, *field), "{} {name}", V::NOUN);
        }
        let fields = (0..V::FIELDS.len()).filter(|field| !V::SETTLED.contains(field));
        fields
            .filter(|field| values::<V>(&here, *field) != values::<V>(&later, *field))
            .map(|field| V::FIELDS[field].name)
            .collect()
    }
    let mut random = seeded();
    let mut moving = [BTreeSet::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    // Tasks that are late by a time are few: of as many fleets as elsewhere one run in seventy had none.
    for _ in 0..4 * FLEETS {
        let fleet = Fleet::random(&mut random, 400);
        moving[0].extend(check::<Servers>(&fleet));
        moving[1].extend(check::<Applications>(&fleet));
        moving[2].extend(check::<Services>(&fleet));
        moving[3].extend(check::<Tasks>(&fleet));
    }
    // So that it would be seen.
    for (moving, name) in moving.iter().zip(["cpu_pct", "tps", "tps", "late_s"]) {
        assert!(moving.contains(name) && moving.contains("stale"), "{moving:?}");
    }
}

#[test]
fn page_of_a_fleet_that_changes_meanwhile_never_contradicts_itself() {
    fn check<V: View<Row: Debug>>(random: &RefCell<Rng>, fleet: &RefCell<Fleet>) {
        let now = Instant::now();
        let principal = Principal { grants: vec!["admin".parse().unwrap()], ..Principal::master() };
        for _ in 0..QUERIES {
            let rows = all::<V>(&fleet.borrow().at(now), &principal);
            let (text, query) = query::<V>(&mut random.borrow_mut(), &rows);
            let see = |look: &mut dyn FnMut(&Sight<'_>)| {
                fleet.borrow_mut().change(&mut random.borrow_mut());
                look(&fleet.borrow().at(now));
            };
            let found = page::<V>(&see, &principal, &query, 1, &mut None::<Selection>);
            let rows: Vec<Naive> = found.items.iter().map(Naive::of::<V>).collect();
            assert!(rows.len() <= query.limit && rows.len() as u64 <= found.total, "{text}");
            // What was counted around a row may be as old as the count.
            if query.asks::<V>(V::AROUND) {
                continue;
            }
            assert!(rows.iter().all(|row| query.filter.matches(row)), "{text}: {found:#?}");
            let in_order = rows.is_sorted_by(|one, other| {
                let keys = query.sort.iter();
                let mut orders =
                    keys.map(|key| one.compare(other, position::<V>(&key.field), key.descending));
                orders.find(|order| order.is_ne()).unwrap_or_else(|| one.path.cmp(&other.path)).is_lt()
            });
            assert!(in_order, "{text}: {found:#?}");
        }
    }
    let random = RefCell::new(seeded());
    for _ in 0..FLEETS {
        let fleet = RefCell::new(Fleet::random(&mut random.borrow_mut(), 300));
        check::<Servers>(&random, &fleet);
        check::<Applications>(&random, &fleet);
        check::<Services>(&random, &fleet);
        check::<Tasks>(&random, &fleet);
    }
}
