//! Metrics Insights: what a query says, which metrics it finds, and what is none.

use super::*;
use proptest::prelude::*;

const LAMBDA: Candidate<'_> = Candidate {
    namespace: "AWS/Lambda",
    name: "Invocations",
    dimensions: &[("FunctionName", "f"), ("Resource", "it's")],
    account_id: "1",
};

#[test]
fn a_query_is_read_with_all_its_clauses() {
    let query = Query::parse(
        "select avg(Invocations) FROM SCHEMA(\"AWS/Lambda\", FunctionName, Resource)\n WHERE FunctionName != 'g' AND \
         Resource = 'it''s' GROUP BY FunctionName, Resource ORDER BY SUM() DESC LIMIT 10",
    )
    .unwrap();
    assert_eq!((query.aggregate, query.metric.as_str()), (Aggregate::Avg, "Invocations"));
    assert_eq!(query.schema.as_deref(), Some(&["FunctionName".to_owned(), "Resource".to_owned()][..]));
    assert_eq!((query.order, query.limit), (Some((Aggregate::Sum, true)), 10));
    assert!(query.finds(&LAMBDA));
    assert_eq!(query.group(&LAMBDA), ["f", "it's"]);

    let query = Query::parse("SELECT MAX(\"my metric\") FROM \"NS\"").unwrap();
    assert_eq!((query.metric.as_str(), query.schema, query.limit), ("my metric", None, 500));
}

#[test]
fn a_query_finds_by_namespace_schema_and_values() {
    for (query, expected) in [
        ("SELECT SUM(Invocations) FROM \"AWS/Lambda\"", true),
        ("SELECT SUM(Errors) FROM \"AWS/Lambda\"", false),
        ("SELECT SUM(Invocations) FROM \"AWS/EC2\"", false),
        ("SELECT SUM(Invocations) FROM SCHEMA(\"AWS/Lambda\", Resource, FunctionName)", true),
        ("SELECT SUM(Invocations) FROM SCHEMA(\"AWS/Lambda\", FunctionName)", false),
        ("SELECT SUM(Invocations) FROM SCHEMA(\"AWS/Lambda\")", false),
        ("SELECT SUM(Invocations) FROM \"AWS/Lambda\" WHERE FunctionName = 'f'", true),
        ("SELECT SUM(Invocations) FROM \"AWS/Lambda\" WHERE FunctionName != 'f'", false),
        ("SELECT SUM(Invocations) FROM \"AWS/Lambda\" WHERE FunctionName = 'f' AND Resource != 'x'", true),
        ("SELECT SUM(Invocations) FROM \"AWS/Lambda\" WHERE Nothing != 'f'", false),
    ] {
        assert_eq!(Query::parse(query).unwrap().finds(&LAMBDA), expected, "{query}");
    }
    let query = Query::parse("SELECT SUM(Invocations) FROM \"AWS/Lambda\" GROUP BY Nothing").unwrap();
    assert_eq!(query.group(&LAMBDA), ["Other"]);
    assert!(is_query(" select x") && !is_query("SELECTED + 1") && !is_query("m1") && !is_query("SELECTé"));
}

#[test]
fn what_is_no_query_is_refused_at_its_place() {
    for (query, message) in [
        ("", "SELECT is expected at position 0"),
        ("SELECT P99(x) FROM y", "AVG, COUNT, MAX, MIN or SUM is expected at position 7"),
        ("SELECT SUM x FROM y", "( is expected at position 11"),
        ("SELECT SUM() FROM y", "a name is expected at position 11"),
        ("SELECT SUM(x)", "FROM is expected at position 13"),
        ("SELECT SUM(x) FROM \"y", "the quote is not closed at position 19"),
        ("SELECT SUM(x) FROM y WHERE a = b", "a value in single quotes is expected at position 31"),
        ("SELECT SUM(x) FROM y WHERE a > 'b'", "= is expected at position 29"),
        (
            "SELECT SUM(x) FROM y WHERE a = 'b' OR c = 'd'",
            "the end or another clause is expected at position 35",
        ),
        ("SELECT SUM(x) FROM y LIMIT 501", "a number from 1 to 500 is expected at position 27"),
        ("SELECT SUM(x) FROM y LIMIT 0", "a number from 1 to 500 is expected at position 27"),
    ] {
        assert_eq!(Query::parse(query).unwrap_err().to_string(), message, "{query}");
    }
    assert!(Query::parse(&"x".repeat(2049)).unwrap_err().reason.contains("longer than 2048"));
}

proptest! {
    #[test]
    fn no_text_makes_a_query_panic(
        text in "(SELECT SUM\\(x\\) FROM )?((SCHEMA|WHERE|GROUP BY|ORDER BY|LIMIT|AND|SUM|a)?[(),=!'\" 1é]{0,3}){0,8}"
    ) {
        if let Ok(query) = Query::parse(&text) {
            let _ = query.finds(&LAMBDA);
        }
    }
}
