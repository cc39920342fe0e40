//! Patterns: what they find, what is none, and that no text is too much.

use super::*;
use proptest::prelude::*;

fn found<'a>(pattern: &str, messages: &[&'a str]) -> Vec<&'a str> {
    let pattern = Pattern::parse(pattern).unwrap();
    messages.iter().copied().filter(|message| pattern.finds(message)).collect()
}

fn refusal(pattern: &str) -> String {
    Pattern::parse(pattern).unwrap_err().to_string()
}

#[test]
fn terms_are_all_there_or_any_or_none() {
    let messages = ["hello", "world", "hello world", "goodbye world", "hello cruela", "goodbye cruel world"];
    for (pattern, expect) in [
        ("", &messages[..]),
        ("  ", &messages[..]),
        ("hello", &["hello", "hello world", "hello cruela"]),
        ("goodbye world", &["goodbye world", "goodbye cruel world"]),
        ("\"hello cruel\"", &["hello cruela"]),
        ("-hello", &["world", "goodbye world", "goodbye cruel world"]),
        ("world -cruel", &["world", "hello world", "goodbye world"]),
        ("?cruela ?goodbye", &["goodbye world", "hello cruela", "goodbye cruel world"]),
        ("?cruela world", &["world", "hello world", "goodbye world", "goodbye cruel world"]),
        ("Hello", &[]),
        ("%^h.*d$%", &["hello world"]),
    ] {
        assert_eq!(found(pattern, &messages), expect, "{pattern}");
    }
    assert_eq!(found(r#""say \"x\\\"""#, &[r#"say "x\""#, "say x"]), [r#"say "x\""#]);
    assert_eq!(found("f\u{fc}r", &["f\u{fc}r", "fur"]), ["f\u{fc}r"]);
}

#[test]
fn longest_text_that_must_be_there_is_told() {
    for (pattern, expect) in [
        ("", None),
        ("error \"time out\" -retry", Some("time out")),
        ("?error ?refused", None),
        ("-error", None),
        ("%error%", None),
        ("[ip, user]", None),
        ("{ $.error = 1 }", None),
    ] {
        assert_eq!(Pattern::parse(pattern).unwrap().required(), expect, "{pattern}");
    }
}

#[test]
fn columns_are_counted_and_compared() {
    let messages = [
        r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#,
        r#"127.0.0.2 - eve [10/Oct/2000:13:25:16 -0700] "GET /a HTTP/1.0" 500 99"#,
        "ERROR 7",
    ];
    let [frank, eve, error] = messages;
    for (pattern, expect) in [
        ("[ip, id, user, timestamp, request, status, bytes]", &[frank, eve][..]),
        ("[ip, id, user, timestamp, request=*.html*, status=4*, bytes]", &[frank]),
        ("[ip, id, user, timestamp, request, status=404 || status=500, bytes]", &[frank, eve]),
        ("[ip, id, user, timestamp, request, status, bytes>1000]", &[frank]),
        ("[ip, id, user, timestamp, request, status>=400 && status<500, bytes]", &[frank]),
        ("[..., status!=404, bytes]", &[eve, error]),
        ("[ip!=127.0.0.1, ..., bytes]", &[eve, error]),
        ("[w1=ERROR, w2]", &[error]),
        ("[w1=%^E.*R$%, w2<8]", &[error]),
        ("[ , id = \"-\", ...]", &[frank, eve]),
        ("[ , , user=\"eve\", timestamp=*25:16*, ...]", &[eve]),
        ("[a, b, c]", &[]),
    ] {
        assert_eq!(found(pattern, &messages), expect, "{pattern}");
    }
}

#[test]
fn json_is_selected_and_compared() {
    let messages = [
        r#"{"a": {"b-c": [1, {"d": "xyz"}]}, "n": 5, "t": true, "z": null, "list": [1, 7]}"#,
        r#"{"a": 2, "n": 404, "t": false, "dotted.name": "q"}"#,
        "{ no JSON",
        "plain",
    ];
    let [first, second, ..] = messages;
    for (pattern, expect) in [
        (r#"{ $.a.b-c[1].d = "x*z" }"#, &[first][..]),
        ("{ $.a.b-c[1].d = xyz }", &[first]),
        ("{ $.n > 4 && $.n < 10 }", &[first]),
        ("{ $.n = 4* }", &[second]),
        ("{ $.n != 5 }", &[second]),
        ("{ $.missing != 5 }", &[]),
        ("{ ($.n = 5 || $.n = 404) && $.t IS FALSE }", &[second]),
        ("{ $.z IS NULL }", &[first]),
        ("{ $.z NOT EXISTS }", &[second]),
        ("{ $.t IS TRUE }", &[first]),
        ("{ $.list[*] = 7 }", &[first]),
        ("{ $['dotted.name'] = \"q\" }", &[second]),
        ("{ $.n = 4.04e2 }", &[second]),
        ("{ $.a.b-c[1].d = %y.% }", &[first]),
        ("{$.message = \"hello\"}", &[]),
    ] {
        assert_eq!(found(pattern, &messages), expect, "{pattern}");
    }
}

#[test]
fn what_is_no_pattern_is_refused_in_the_words_of_aws() {
    for (pattern, expect) in [
        ("?Status: timeout", "Invalid character(s) in term ':'"),
        ("a,b", "Invalid character(s) in term ','"),
        ("ERROR (x)", "Invalid character(s) in term '('"),
        ("\"\"", "Invalid character(s) in term '\"\"'"),
        ("{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"),
        ("{$.\"sc-status\" = 5*}", "Invalid character(s) in term '$.\"'"),
        ("\"open", "Invalid filter pattern"),
        ("{ $.a }", "Invalid filter pattern"),
        ("{ $.a = 1 && }", "Invalid filter pattern"),
        ("{}", "Invalid filter pattern"),
        ("[a, ..., b, ...]", "Invalid filter pattern"),
        ("[a = ]", "Invalid filter pattern"),
        ("%[%", "Invalid filter pattern"),
        ("%(a{100}){100}%", "Invalid filter pattern"),
        ("?", "Invalid filter pattern"),
    ] {
        assert_eq!(refusal(pattern), expect, "{pattern}");
    }
    assert_eq!(refusal(&format!("{{ {}$.a = 1 }}", "(".repeat(500))), "Invalid filter pattern");
    assert_eq!(refusal(&"a".repeat(PATTERN_MAX + 1)), "Invalid filter pattern");
}

proptest! {
    #[test]
    fn no_text_is_too_much(pattern in r#"[\[{]?[a$.\[\]"'%*=!<>&|() ,?0-9-]{0,60}[\]}]?"#, message in ".{0,60}") {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            let _ = (pattern.finds(&message), pattern.finds(r#"{"a": [0, {"a": "b"}]}"#));
        }
    }

    #[test]
    fn a_quoted_text_finds_what_contains_it(before in ".{0,10}", text in ".{1,10}", after in ".{0,10}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let pattern = Pattern::parse(&quoted).unwrap();
        let message = format!("{before}{text}{after}");
        prop_assert!(pattern.finds(&message));
    }
}

#[test]
fn what_a_pattern_names_is_taken_from_a_message() {
    let access = r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /a HTTP/1.0" 200 1534"#;
    let json =
        r#"{"ms": 12.5, "user": {"name": "eve", "roles": ["a", {"b": null}]}, "ok": true, "none": null}"#;
    for (pattern, message, expect) in [
        (
            "[..., size]",
            access,
            &[
                ("$1", "127.0.0.1"),
                ("$2", "-"),
                ("$3", "frank"),
                ("$4", "10/Oct/2000:13:25:15 -0700"),
                ("$5", "GET /a HTTP/1.0"),
                ("$6", "200"),
                ("$size", "1534"),
            ][..],
        ),
        (
            "[ip, ..., status > 100 && status < 300, ]",
            "a b 200 7",
            &[("$2", "b"), ("$4", "7"), ("$ip", "a"), ("$status", "200")],
        ),
        ("[a, b]", access, &[]),
        (
            "{ ($.user.name = e* || $.none IS NULL) && $.user.roles[0] = * && $.ok IS TRUE }",
            json,
            &[("$.ok", "true"), ("$.user.name", "eve"), ("$.user.roles[0]", "a")],
        ),
        ("{ $.ms > 1 }", "no json", &[]),
        ("eve", json, &[]),
    ] {
        let extracted = Pattern::parse(pattern).unwrap().extracted(message);
        let extracted: Vec<_> = extracted.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(extracted, expect, "{pattern}");
    }
}

#[test]
fn fields_are_read_as_far_as_they_are_there() {
    let read = |pattern: &str, message: &str, field: &str| {
        let field = Field::parse(field).unwrap();
        Pattern::parse(pattern).unwrap().read(message, &[&field])[0].clone()
    };
    let json = r#"{"ms": 12.5, "a": [{"b": 1}, {"b": 2}], "none": null}"#;
    for (pattern, message, field, expect) in [
        ("{ $.ms = * }", json, "$.ms", Some("12.5")),
        ("{ $.ms = * }", json, "$.a[1].b", Some("2")),
        ("{ $.ms = * }", json, "$.a[*].b", Some("1")),
        ("{ $.ms = * }", json, "$['ms']", Some("12.5")),
        ("{ $.ms = * }", json, "$.none", None),
        ("{ $.ms = * }", json, "$.a", None),
        ("{ $.ms = * }", json, "$ms", None),
        ("[word, number]", "took 7", "$number", Some("7")),
        ("[word, number]", "took 7", "$1", None),
        ("[, number]", "took 7", "$1", Some("took")),
        ("[word, number]", "took", "$number", None),
        ("[word, number]", "took 7", "$.number", None),
        ("took", "took 7", "$1", None),
    ] {
        assert_eq!(read(pattern, message, field).as_deref(), expect, "{pattern} {field}");
    }
    for wrong in ["", "$", "ms", "1", "$.", "$.a b", "$.a[", "$.a[x]"] {
        assert!(Field::parse(wrong).is_none(), "{wrong}");
    }
}
