//! Tests of the text form, the checks and the forms of secrets.

use super::*;
use crate::notification::{HIDDEN, Secret};

fn read(toml: &str) -> Result<Channel<Secret>, String> {
    let channel: Channel<Secret> = toml::from_str(toml).map_err(|error| error.message().to_owned())?;
    channel.check().map_err(|error| error.to_string())?;
    channel.check_secrets().map_err(|error| error.to_string())?;
    Ok(channel)
}

const ALL: [&str; 8] = [
    r#"name = "on-call"
       email = { host = "mail.example.com", user = "topmast", password = "hush", from = "Topmast <topmast@example.com>", to = ["a@example.com"] }"#,
    r#"name = "relay"
       tenant = "acme"
       enabled = false
       email = { host = "127.0.0.1", port = 2525, security = "none", from = "topmast@example.com", to = ["a@example.com"], hello = "m1.example.com" }"#,
    r#"name = "hook"
       webhook = { url = "https://hooks.example.com/in?key=hush", secret = "hush", headers = { X-Token = "hush" } }"#,
    r##"name = "ops"
       chat = { url = "https://hooks.example.com/services/hush", channel = "#ops" }"##,
    r#"name = "log"
       syslog = { host = "log.example.com", transport = "tls", facility = "local3", app_name = "topmast" }"#,
    r#"name = "nms"
       snmp_trap = { host = "nms.example.com", version = { v2c = { community = "hush" } }, inform = false }"#,
    r#"name = "nms3"
       snmp_trap = { host = "nms.example.com", port = 1162, version = { v3 = { user = "topmast", auth = { password = "hush-hush" }, privacy = { protocol = "aes256", password = "hush-hush" } } } }"#,
    r#"name = "page"
       script = { program = "/etc/topmast/notify/page", arguments = ["--loud"], timeout = "5s" }"#,
];

#[test]
fn channel_of_every_kind_is_read_as_it_was_written() {
    for text in ALL {
        let channel = read(text).unwrap();
        let json = serde_json::to_string(&channel).unwrap();
        assert_eq!(serde_json::from_str::<Channel<Secret>>(&json).unwrap(), channel, "{text}");
        let again = toml::to_string(&channel).unwrap();
        assert_eq!(toml::from_str::<Channel<Secret>>(&again).unwrap(), channel, "{text}");
    }
    let kinds: Vec<&str> = ALL.iter().map(|text| read(text).unwrap().kind.as_str()).collect();
    assert!(ChannelKind::<Secret>::WORDS.iter().all(|word| kinds.contains(word)));
}

#[test]
fn secret_of_a_channel_is_neither_shown_nor_printed() {
    // CH-1
    for text in ALL {
        let channel = read(text).unwrap();
        let mut places = Vec::new();
        let sealed: Channel<Sealed> = channel
            .try_map(|place, secret| {
                places.push(place.to_owned());
                Ok::<_, ()>(Sealed(format!("sealed {}", secret.0.len())))
            })
            .unwrap();
        let shown = [
            serde_json::to_string(&channel.hidden()).unwrap(),
            serde_json::to_string(&sealed).unwrap(),
            format!("{channel:?} {channel} {}", channel.target()),
        ];
        assert!(shown.iter().all(|shown| !shown.contains("hush")), "{shown:?}");
        assert_eq!(shown[0].matches(HIDDEN).count(), places.len(), "{shown:?}");
        let distinct: std::collections::BTreeSet<&String> = places.iter().collect();
        assert_eq!(distinct.len(), places.len(), "{places:?}");
        // What is shown can be written back; whoever takes it puts the old secrets in.
        let back: Channel<Secret> = serde_json::from_str(&shown[0]).unwrap();
        back.try_map(|_, secret| if secret.is_hidden() { Ok(()) } else { Err(()) }).unwrap();
    }
}

#[test]
fn target_tells_where_it_goes_without_what_is_secret() {
    let targets: Vec<String> = ALL.iter().map(|text| read(text).unwrap().target()).collect();
    let expect = [
        "a@example.com",
        "a@example.com",
        "https://hooks.example.com",
        "#ops at https://hooks.example.com",
        "log.example.com:6514",
        "nms.example.com:162",
        "nms.example.com:1162",
        "/etc/topmast/notify/page",
    ];
    assert_eq!(targets, expect);
}

#[test]
fn wrong_channel_is_refused_with_its_field_and_the_remedy() {
    let email = |rest: &str| {
        format!(
            r#"name = "x"
                   email = {{ host = "mail", from = "t@example.com", to = ["a@example.com"], {rest} }}"#
        )
    };
    let many = vec![r#""a@example.com""#; 51].join(",");
    let check = |text: &str, expect: &str| {
        let error = read(text).unwrap_err();
        assert!(error.contains(expect), "{text}\n{error}");
    };
    check(r#"name = "x""#, "give it exactly one of email");
    check("name = \"x\"\nscript = { program = \"/a\" }\nsyslog = { host = \"a\" }", "has 2 kinds");
    check("name = \"x\"\nemial = {}", "unknown field `emial`");
    check("name = \"x y\"\nscript = { program = \"/a\" }", "name: ");
    check("name = \"x\"\ntenant = \"a/b\"\nscript = { program = \"/a\" }", "tenant: is not");
    check(&email("port = 0"), "email.port: write 1");
    check(&email(r#"user = "a""#), "email.password: is missing");
    check(&email(r#"password = "a""#), "email.user: is missing");
    check(&email(r#"user = "a", password = "b", security = "none""#), "not sent in the clear");
    check(&email("user = \"a\\nb\", password = \"b\""), "email.user: write");
    check(&email(r#"hello = "a b""#), "email.hello: write");
    let one = |from: &str, to: &str| {
        format!("name = \"x\"\nemail = {{ host = \"mail\", from = {from}, to = [{to}] }}")
    };
    check(&one(r#""t@example.com""#, ""), "has 0; give 1 to 50");
    check(&one(r#""t@example.com""#, &many), "has 51; give 1 to 50");
    for bad in [r#""t""#, r#""t@""#, r#""@e""#, r#""t@e, u@e""#, r#""a <t@e""#, "\"t@e\\r\\nBcc: u@e\""] {
        check(&one(bad, r#""a@example.com""#), "email.from: ");
        check(&one(r#""t@example.com""#, bad), "email.to: ");
    }
    let hook = |rest: &str| format!("name = \"x\"\nwebhook = {{ {rest} }}");
    for url in ["", "ftp://a/b", "file:///etc/passwd", "https://", "https://u:p@a/", "https://a/ b"] {
        check(&hook(&format!("url = {url:?}")), "webhook.url: ");
    }
    check(&hook(r#"url = "https://a", headers = { "a b" = "c" }"#), "is not the name of a header");
    check(&hook(r#"url = "https://a", headers = { Topmast-Signature = "c" }"#), "is set by topmast");
    check(&hook("url = \"https://a\", headers = { a = \"c\\nd\" }"), "webhook.headers: ");
    check("name = \"x\"\nsyslog = { host = \"a\", app_name = \"a b\" }", "syslog.app_name: ");
    check("name = \"x\"\nsyslog = { host = \"a\", transport = \"sctp\" }", "unknown variant `sctp`");
    let trap =
        |version: &str| format!("name = \"x\"\nsnmp_trap = {{ host = \"a\", version = {{ {version} }} }}");
    check(&trap(r#"v3 = { user = "u", auth = { password = "short" } }"#), "8 to 1024 bytes");
    check(&trap(r#"v3 = { user = "u", privacy = { password = "long enough" } }"#), "goes only with auth");
    check(&trap(&format!("v3 = {{ user = \"{}\" }}", "u".repeat(33))), "1 to 32 bytes");
    let trap =
        "name = \"x\"\nsnmp_trap = { host = \"a\", inform = false, version = { v3 = { user = \"u\" } } }";
    check(trap, "v3 sends informs only");
    check("name = \"x\"\nscript = { program = \"page\" }", "script.program: write an absolute path");
    check("name = \"x\"\nscript = { program = \"/a/../b\" }", "without ..");
    check("name = \"x\"\nscript = { program = \"/a\", timeout = \"31s\" }", "give 1s to 30s");
}
