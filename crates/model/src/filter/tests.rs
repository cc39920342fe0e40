//! The grammar as its users meet it.

use super::fields::{APPLICATIONS, SERVERS, servers};
use super::*;
use proptest::prelude::*;

/// A server by field name; a field can have several values.
struct Sample(Vec<(usize, FieldValue<'static>)>);

impl Row for Sample {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        self.0.iter().filter(|(position, _)| *position == field).for_each(|(_, value)| each(*value));
    }
}

fn server() -> Sample {
    use FieldValue::{Number, Text};
    Sample(vec![
        (servers::NAME, Text("db-1")),
        (servers::PATH, Text("acme/main/db-1")),
        (servers::STATUS, Text("UP")),
        (servers::CPU_PCT, Number(85.5)),
        (servers::MEMORY_PCT, Number(40.0)),
        (servers::MEMORY_BYTES, Number(4_294_967_296.0)),
        (servers::UPTIME_S, Number(90_000.0)),
        (servers::OS, Text("Débian GNU/Linux 12 (bookworm)")),
        (servers::OS, Text("linux")),
        (servers::AGE_MS, Number(900.0)),
    ])
}

fn matches(text: &str) -> bool {
    Filter::parse(text, SERVERS).unwrap_or_else(|error| panic!("{text}: {error}")).matches(&server())
}

/// A server that notes what it is asked for.
#[derive(Default)]
struct Asked(std::cell::RefCell<Vec<usize>>);

impl Row for Asked {
    fn values(&self, field: usize, _: &mut dyn FnMut(FieldValue<'_>)) {
        self.0.borrow_mut().push(field);
    }
}

#[test]
fn filter_asks_for_the_fields_that_it_says_it_does() {
    for text in ["", "cpu>80", "status=UP,none or (os~aix -age<5s)", "-(memory>2GiB or uptime<5m)", "word"] {
        let filter = Filter::parse(text, SERVERS).unwrap();
        let row = Asked::default();
        // Nothing holds here, so each alternative is looked at; of terms that must all hold perhaps not.
        filter.matches(&row);
        for field in row.0.into_inner() {
            assert!(filter.asks(field), "{text}: {}", SERVERS[field].name);
        }
    }
    let asked = |text| {
        let filter = Filter::parse(text, SERVERS).unwrap();
        let fields = SERVERS.iter().enumerate().filter(|(field, _)| filter.asks(*field));
        fields.map(|(_, field)| field.name).collect::<Vec<_>>()
    };
    assert_eq!(asked("-(cpu>80 os~aix) or role=agent,none"), ["role", "cpu_pct", "os"]);
    assert!(asked("word").contains(&"cause") && !asked("word").contains(&"stale"));
}

#[test]
fn filter_rules_out_only_what_it_never_holds_for() {
    // With nothing known but the name.
    let rules_out = |text: &str| {
        let filter = Filter::parse(text, SERVERS).unwrap_or_else(|error| panic!("{text}: {error}"));
        filter.rules_out(&|field| (field == servers::NAME).then_some("db-1"))
    };
    for text in [
        "name=web",
        "name=web cpu>80",
        "name=web,db-2",
        "name!=DB-1",
        "-name=db-*",
        "name~web",
        "(name=web or name=app) status=UP",
        "name=web or (name=app cpu>80)",
        "-(name=db-1 or cpu>80)",
        "name=none",
    ] {
        assert!(rules_out(text), "{text}");
    }
    for text in
        ["", "name=DB-1", "name=db-? cpu>80", "name=web or cpu>80", "web", "cpu>80", "os=none", "-web"]
    {
        assert!(!rules_out(text), "{text}");
    }
}

#[test]
fn filter_holds_as_its_words_say() {
    for text in [
        "",
        "  ",
        "db-1",
        "DB",
        "name=db-*",
        "name=DB-1",
        "name=web-1,db-?",
        "status=up",
        "status!=STALE,DOWN",
        "os=linux",
        "os~débian",
        "os~DÉBIAN",
        "os!~aix",
        "cpu>80",
        "cpu>80%",
        "cpu >= 85.5",
        "memory>2GiB",
        "memory=40%",
        "uptime>1d",
        "age<1s",
        "age_ms<=900",
        "version=none",
        "version=-",
        "name!=none",
        "-version=1",
        "!aix",
        "aix or linux",
        "aix | linux",
        "(aix or linux) status:UP",
        "-(aix status=UP)",
        "\"GNU/Linux 12\"",
        "cpu>80 and name=db*",
        "status=U*",
        "name=\"db-1\"",
        "--db-1",
        "address=none,10.1.1.1",
    ] {
        assert!(matches(text), "{text}");
    }
    for text in [
        "aix",
        "name=db",
        "name=\"db-*\"",
        "status!=UP",
        "status=DOWN",
        "cpu<80",
        "memory>80%",
        "version=1",
        "version!=1",
        "version~1",
        "cpu=none",
        "-db-1",
        "aix linux",
        "aix or solaris",
        "name!~db",
        "os!=linux",
        "db-1 -(linux or aix)",
        "address!=1",
        "db-1-*",
    ] {
        assert!(!matches(text), "{text}");
    }
}

#[test]
fn error_points_at_the_column_and_says_what_to_write() {
    for (text, column, message) in [
        ("cpu>80 stauts=UP", 8, "there is no field stauts; do you mean status?"),
        ("é colour=red", 3, "there is no field colour; there are name, path"),
        ("status=UPP", 8, "\"UPP\" is not a status here; it is one of UP, STALE, DOWN, UNKNOWN"),
        ("status>UP", 1, "status is a text, so > cannot be used; use = != ~ or !~"),
        ("cpu~8", 1, "cpu_pct is a number, so ~ cannot be used"),
        ("cpu>high", 5, "\"high\" is not a number like 80 or 80%, which cpu_pct needs"),
        ("uptime>3x", 8, "\"3x\" is not a span of time like 90s, 1h30m or 3d, which uptime_s needs"),
        ("age<5", 5, "say in which unit: 5ms, 5s, 5m, which age_ms needs"),
        ("cpu>1,2", 7, "> takes one value, not a list"),
        ("name=", 6, "a value after name= is missing"),
        ("name=a,", 8, "a value after name= is missing"),
        ("=5", 1, "a field's name is missing before ="),
        ("(db", 1, "the group that opens here is not closed; add )"),
        ("db)", 3, "no group is open here"),
        ("()", 2, "a term is missing"),
        ("db or", 6, "a term is missing"),
        ("or db", 1, "a term is missing before this"),
        ("db and", 7, "a term is missing"),
        ("- db", 1, "a term is missing; write -term without a blank"),
        ("name=\"a", 6, "the quote that opens here is not closed"),
        ("\"a\\b\"", 3, "after a backslash comes"),
    ] {
        let error = Filter::parse(text, SERVERS).expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message.starts_with(message), "{text}: {error}");
    }
}

#[test]
fn short_name_means_the_first_field_that_understands_the_value() {
    let canonical = |text, fields| Filter::parse(text, fields).unwrap().to_string();
    assert_eq!(
        canonical("memory>80 memory>1G mem=none", SERVERS),
        "memory_pct>80 memory_bytes>1073741824 memory_pct=none"
    );
    assert_eq!(canonical("memory>80", APPLICATIONS), "memory_bytes>80");
}

#[test]
fn error_draws_a_caret_below_the_column() {
    let text = "é\tstauts=UP";
    let error = Filter::parse(text, SERVERS).unwrap_err();
    assert_eq!(error.caret(text), "é stauts=UP\n  ^");
}

#[test]
fn bounds_are_told_and_kept() {
    let parse = |text: &str| Filter::parse(text, SERVERS);
    assert!(parse(&"a ".repeat(TERMS_MAX)).is_ok());
    assert!(parse(&"a ".repeat(TERMS_MAX + 1)).unwrap_err().message.contains("at most 64 terms"));
    assert!(
        parse(&format!("name={}", "a,".repeat(TERMS_MAX + 1))).unwrap_err().message.contains("at most 64")
    );
    let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(NESTING_MAX)).is_ok());
    assert_eq!(parse(&nested(NESTING_MAX + 1)).unwrap_err().column, NESTING_MAX + 1);
    assert!(parse(&"-".repeat(TEXT_MAX)).unwrap_err().message.contains("nest deeper than 16"));
    assert!(parse(&"a".repeat(TEXT_MAX + 1)).unwrap_err().message.contains("at most 4096 bytes"));
    let long = format!("mem={}none", "1000000000000000,".repeat(60));
    assert!(parse(&long).is_ok());
}

#[test]
fn glob_with_many_stars_answers_at_once() {
    let name = "a".repeat(2_000);
    let row = Sample(vec![(servers::NAME, FieldValue::Text(name.leak()))]);
    let filter = Filter::parse(&format!("name={}b", "a*".repeat(500)), SERVERS).unwrap();
    assert!(!filter.matches(&row)); // would never end if every star were tried at every place
}

/// Pieces of filters, good and bad, so that most texts get past the first sign.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "cpu", "name", "memory", "status", "age_ms", "uptime", "os", "=", "!=", ":", ">", ">=", "<",
            "<=", "~", "!~", " ", " ", " ", ",", "(", ")", "|", "or ", " and ", "-", "!", "none", "UP",
            "stale", "80%", "2GiB", "3d", "1e30", "0.001", "-7", "db-*", "?", "\"", "\\", "\"a b\"",
            "\"none\"", "\"or\"", "É", "ß", "İ",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9.]{1,6}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn canonical_text_parses_to_an_equal_filter(text in pieces()) { // L-1
        match Filter::parse(&text, SERVERS) {
            Ok(filter) => {
                let canonical = filter.to_string();
                let again = Filter::parse(&canonical, SERVERS)
                    .unwrap_or_else(|error| panic!("{text:?} prints as {canonical:?}: {error}"));
                prop_assert_eq!(&again, &filter, "{:?} prints as {:?}", text, canonical);
                prop_assert_eq!(again.to_string(), canonical);
                filter.matches(&server());
            }
            Err(error) => {
                prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{}", error);
                error.caret(&text);
            }
        }
    }
}
