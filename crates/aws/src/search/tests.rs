//! Searches: the examples of AWS's guide, what Grafana sends, and what is none.

use super::*;
use proptest::prelude::*;

fn finds(search: &str, name: &str) -> bool {
    let candidate = Candidate {
        namespace: "AWS/EC2",
        name,
        dimensions: &[("InstanceId", "i-1234567890123456"), ("Project Name", "ProjectA")],
        account_id: "123456789012",
    };
    Search::parse(search).unwrap_or_else(|error| panic!("{search}: {error}")).finds(&candidate)
}

#[test]
fn names_are_split_into_tokens() {
    for (name, expected) in [
        ("CustomCount1", &["Custom", "Count", "1"][..]),
        ("SDBFailure", &["SDB", "Failure"]),
        ("Project2-trial333", &["Project", "2", "trial", "333"]),
        ("couNT", &["cou", "NT"]),
        ("Network--Errors_2", &["Network", "Errors", "2"]),
        ("aB", &["a", "B"]),
        ("", &[]),
        ("--", &[]),
    ] {
        assert_eq!(tokens(name), expected, "{name}");
    }
}

#[test]
fn words_match_tokens_and_quotes_match_names() {
    for (search, name, expected) in [
        ("count", "CustomCount1", true),
        ("COUNT", "CustomCount1", true),
        ("couNT", "CustomCount1", false),
        ("CustomCount", "CustomCount1", true),
        ("Count1", "CustomCount1", true),
        ("customcount", "CustomCount1", false),
        ("count1", "CustomCount1", false),
        ("sdbfailure", "SDBFailure", true),
        ("network/errors", "Network-Errors-2", true),
        ("network+errors", "NetworkErrors2", true),
        ("Network_Errors", "NetworkErrors2", true),
        ("\"CustomCount1\"", "CustomCount1", true),
        ("\"customcount1\"", "CustomCount1", false),
        ("\"Custom\"", "CustomCount1", false),
        (r#""Europe\\France Traffic\(Network\)""#, r"Europe\France Traffic(Network)", true),
    ] {
        assert_eq!(finds(search, name), expected, "{search} in {name}");
    }
}

#[test]
fn properties_schemas_and_operators_narrow() {
    for (search, expected) in [
        ("{AWS/EC2,InstanceId,\"Project Name\"} MetricName=\"CPUUtilization\"", true),
        ("{\"AWS/EC2\", \"Project Name\", InstanceId}, CPUUtilization", true),
        ("{AWS/EC2,InstanceId} CPUUtilization", false),
        ("{AWS/EC2} CPUUtilization", false),
        ("{AWS/EC2,InstanceId,\"Project Name\"}", true),
        ("MetricName=utilization Namespace=\"AWS/EC2\"", true),
        ("Namespace=EC2", true),
        // Several tokens in one word, as they are written.
        ("Namespace=ec2", false),
        ("MetricName=ec2", false),
        ("InstanceId=\"i-1234567890123456\"", true),
        ("i-1234567890123456", true),
        ("cpu NOT i-1234567890123456", false),
        ("NOT Namespace=AWS", false),
        ("NOT \"ProjectB\" NOT \"ProjectC\"", true),
        ("(EC2 OR EBS) AND MetricName=CPUUtilization", true),
        ("(ECS OR EBS) MetricName=CPUUtilization", false),
        ("nothing OR cpu nothing OR cpu", true),
        ("nothing OR cpu nothing", false),
        ("\"Project Name\"=(\"ProjectA\" OR \"ProjectB\")", true),
        ("\"Project Name\"=(\"ProjectC\" OR \"ProjectB\")", false),
        (":aws.AccountId = \"123456789012\"", true),
        (":aws.AccountId = 1", false),
        ("and", false),
    ] {
        assert_eq!(finds(search, "CPUUtilization"), expected, "{search}");
    }
}

#[test]
fn what_is_no_search_is_refused_at_its_place() {
    for (search, message) in [
        ("", "a schema in braces or a term is expected at position 0"),
        ("{", "a namespace or the name of a dimension is expected at position 1"),
        ("{a", "a comma or } is expected at position 2"),
        ("\"a", "the quote is not closed at position 0"),
        ("(a", ") is expected at position 2"),
        ("a)", "the end is expected at position 1"),
        ("a AND", "a term is expected at position 5"),
        ("OR a", "a term is expected at position 0"),
        ("a=", "a term is expected at position 2"),
        ("a=b=c", "a term is expected at position 3"),
    ] {
        assert_eq!(Search::parse(search).unwrap_err().to_string(), message, "{search}");
    }
    assert!(Search::parse(&"a".repeat(1025)).unwrap_err().reason.contains("longer than 1024"));
    assert!(Search::parse(&"(".repeat(1024)).unwrap_err().reason.contains("deeper than 64"));
    assert!(Search::parse(&"NOT ".repeat(256)).unwrap_err().reason.contains("deeper than 64"));
}

proptest! {
    #[test]
    fn no_text_makes_a_search_panic(text in "[{}(),=\"\\\\ a-cA-C1ä]{0,24}( (AND|OR|NOT) [(\"a]{0,3}){0,3}") {
        if let Ok(search) = Search::parse(&text) {
            let candidate =
                Candidate { namespace: "aB1", name: &text, dimensions: &[("a", "ä")], account_id: "1" };
            let _ = search.finds(&candidate);
        }
    }
}
