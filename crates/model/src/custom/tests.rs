//! What custom actions may be, what arguments they take, and where those go.

use super::*;
use serde_json::json;

fn rotate() -> CustomAction {
    let json = json!({
        "name": "rotate-keys", "means": { "command": ["/opt/rotate", "{keys}", "--note={note}"] },
        "timeout_ms": 60_000,
        "parameters": [
            { "name": "keys", "type": "integer", "min": 1, "max": 10, "default": 2 },
            { "name": "note", "type": "text", "max_length": 20 },
        ],
    });
    serde_json::from_value(json).unwrap()
}

fn sign_on() -> CustomAction {
    let json = json!({
        "name": "sign-on", "target": "service", "timeout_ms": 5_000,
        "means": { "request": { "method": "POST", "path": "/services/{service}/sign-on" } },
        "parameters": [{ "name": "force", "type": "boolean", "default": false }],
    });
    serde_json::from_value(json).unwrap()
}

fn given(json: serde_json::Value) -> Arguments {
    serde_json::from_value(json).unwrap()
}

#[test]
fn argument_is_one_word_of_a_program_whatever_is_in_it() {
    // CU-1
    let all = rotate().complete(&given(json!({ "note": "a; rm -rf / $(x) \"" }))).unwrap();
    let Prepared::Command(words) = rotate().prepare(None, &all).unwrap() else { panic!() };
    assert_eq!(words, ["/opt/rotate", "2", "--note=a; rm -rf / $(x) \""]);
}

#[test]
fn argument_is_one_segment_of_a_path_or_one_member_of_the_body() {
    // CU-1
    let all = sign_on().complete(&Arguments::new()).unwrap();
    let prepared = sign_on().prepare(Some("MC CREDIT/../x"), &all).unwrap();
    assert_eq!(
        prepared.to_string(),
        r#"asks for POST /services/MC%20CREDIT%2F..%2Fx/sign-on with {"force":false}"#
    );
    assert_eq!(sign_on().prepare(Some(".."), &all).unwrap_err().field, "service");
}

#[test]
fn arguments_are_checked_by_type_bounds_and_name() {
    // CU-2
    let check = |json: serde_json::Value, field: &str, text: &str| {
        let error = rotate().complete(&given(json)).unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.message.contains(text), "{error}");
    };
    check(json!({ "note": "x", "keys": 11 }), "keys", "give an integer from 1 to 10");
    check(json!({ "note": "x", "keys": "3" }), "keys", "give an integer");
    check(json!({ "note": "x", "keys": 2.5 }), "keys", "give an integer");
    check(json!({ "keys": 3 }), "note", "is missing");
    check(json!({ "note": "x".repeat(21) }), "note", "at most 20 characters");
    check(json!({ "note": "two\nlines" }), "note", "give a text");
    check(json!({ "note": "-rf" }), "note", "does not begin with -");
    check(json!({ "note": "x", "other": 1 }), "other", "its parameters: keys, note");
}

#[test]
fn kinds_take_what_they_say() {
    let check = |kind: serde_json::Value, argument: serde_json::Value, taken: Option<&str>| {
        let kind: ParameterKind = serde_json::from_value(kind).unwrap();
        let argument: Argument = serde_json::from_value(argument).unwrap();
        assert_eq!(kind.take(&argument).ok().map(|taken| taken.to_string()).as_deref(), taken, "{kind}");
    };
    check(json!({ "type": "number", "min": 0 }), json!(1), Some("1"));
    check(json!({ "type": "number", "min": 0 }), json!(0.123_456_7), Some("0.1234567"));
    check(json!({ "type": "number", "min": 0 }), json!(-0.5), None);
    check(json!({ "type": "choice", "values": ["a", "b"] }), json!("b"), Some("b"));
    check(json!({ "type": "choice", "values": ["a", "b"] }), json!("c"), None);
    check(json!({ "type": "text", "pattern": "[a-z]+|-v" }), json!("-v"), Some("-v"));
    check(json!({ "type": "text", "pattern": "[a-z]+" }), json!("abc1"), None);
    check(json!({ "type": "boolean" }), json!("true"), None);
}

#[test]
fn command_line_text_is_read_by_type() {
    let [keys, note] = rotate().parameters.try_into().unwrap();
    assert_eq!(keys.read("3"), Ok(Argument::Integer(3)));
    assert!(keys.read("three").unwrap_err().contains("an integer from 1 to 10"));
    assert_eq!(note.read("3"), Ok(Argument::Text("3".into())));
}

#[test]
fn declaration_is_refused_with_the_field_that_is_wrong() {
    // CU-3
    let check = |change: &dyn Fn(&mut CustomAction), field: &str, text: &str| {
        let mut action = rotate();
        change(&mut action);
        let error = action.check().unwrap_err();
        assert_eq!(error.field, field, "{error}");
        assert!(error.message.contains(text), "{error}");
    };
    let command = |words: &[&str]| Means::Command(words.iter().map(|word| (*word).to_owned()).collect());
    rotate().check().unwrap();
    sign_on().check().unwrap();
    check(&|action| action.name = "restart".into(), "name", "an operation");
    check(&|action| action.timeout_ms = 1, "timeout", "1s to 12h");
    check(&|action| action.means = command(&["/bin/sh", "-c", "x {keys}"]), "command", "a word of its own");
    check(
        &|action| action.means = command(&["/bin/x", "{keys}"]),
        "command",
        "does not use the parameter note",
    );
    check(&|action| action.means = command(&["/bin/x", "{kyes}"]), "command", "no such parameter");
    check(&|action| action.parameters[1].name = "keys".into(), "parameter.name", "is taken");
    check(&|action| action.parameters[1].name = "service".into(), "parameter.name", "is taken");
    check(
        &|action| action.parameters[0].default = Some(Argument::Integer(11)),
        "parameter.default",
        "of keys",
    );
    let bad = ParameterKind::Text { pattern: Some("(".into()), max_length: 9 };
    check(&|action| action.parameters[1].kind = bad.clone(), "parameter.pattern", "no regular expression");
    let mut wide = sign_on();
    wide.disrupts = true;
    assert_eq!(wide.check().unwrap_err().field, "disrupts");
    wide = sign_on();
    wide.means = Means::Request(Request { method: Method::Post, path: "/a/{other}".into() });
    assert_eq!(wide.check().unwrap_err().field, "path");
    // What looks like a name in braces and is none stays as it is.
    let mut literal = rotate();
    literal.means = command(&["/bin/sh", "-c", "awk '{print}'", "sh", "{keys}", "{note}"]);
    literal.check().unwrap();
}

#[test]
fn declaration_survives_its_json() {
    for action in [rotate(), sign_on()] {
        let json = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<CustomAction>(&json).unwrap(), action, "{json}");
    }
    assert_eq!(
        check_all(&[rotate(), rotate()]).unwrap_err().message,
        "\"rotate-keys\" is declared twice; choose another name"
    );
}

#[test]
fn use_is_written_with_its_arguments() {
    let CustomAction { name, right, disrupts, .. } = rotate();
    let arguments = given(json!({ "keys": 3, "note": "x" }));
    let used = CustomUse { name, arguments, right, disrupts };
    assert_eq!(used.to_string(), "rotate-keys keys=3 note=x");
    let step = used.step(&"acme/main/db/switch/MC".parse().unwrap());
    assert_eq!(step.service.as_deref(), Some("MC"));
}
