//! Tests of hosts.

use super::*;
use std::io::Write as _;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn hosts(text: &str, defaults: &str) -> Result<Hosts, String> {
    let mut all = vec!["x".to_owned()];
    all.extend(words(defaults).unwrap());
    let defaults = Line::try_parse_from(all).unwrap().host_arguments;
    let file = file(text);
    of_file(file.path(), &defaults, Some("secret")).map_err(|failure| failure.text().unwrap())
}

fn through(server: &AgentlessServer) -> String {
    let all = server.jumps.iter().chain([&server.endpoint]);
    let all: Vec<String> =
        all.map(|endpoint| format!("{}@{}:{}", endpoint.user, endpoint.address, endpoint.port)).collect();
    all.join(" ")
}

#[test]
fn lines_say_what_the_command_line_does_not() {
    let text = "# the frames\n\naix1 --os aix --interval 60  # slow\nroot@db1:2222 --name db --label site=north --jump 'gate,[fe80::1]:2022'\nfe80::2 --accept-new\n";
    let hosts = hosts(text, "--user ops --jump first.example --label tier=gold").unwrap();
    assert_eq!(hosts.lines, [3, 4, 5]);
    assert_eq!((hosts.place(0).as_str(), hosts.logins.len()), ("line 3: ", 1));
    let [aix, db, six] = &hosts.servers[..] else { panic!("{hosts:?}") };
    assert_eq!(through(aix), "ops@first.example:22 ops@aix1:22");
    assert_eq!((aix.os, aix.interval_ms, aix.name.as_str()), (Some(HostSystem::Aix), Some(60_000), "aix1"));
    assert_eq!(through(db), "ops@gate:22 ops@fe80::1:2022 root@db1:2222");
    assert_eq!((db.name.as_str(), db.labels.len()), ("db", 2));
    assert_eq!((six.endpoint.address.as_str(), six.accept_new), ("fe80::2", true));
}

#[test]
fn every_bad_line_is_named_and_nothing_is_added() {
    let text = "good\nbad --os vms\n\nworse --prot 22\nhost --interval 0\nhost:port\n'open\ngood\nkey --key /nowhere/key\nmany --jump a,b,c,d,e\n";
    let said = hosts(text, "").unwrap_err();
    for expected in [
        "nothing was added",
        "line 2: invalid value 'vms' for '--os <SYSTEM>': there are linux, aix",
        "line 4: unexpected argument '--prot'",
        "line 5: invalid value '0' for '--interval <SECONDS>': 0 is not in 1..=3600",
        "line 6: \"host:port\" is no [USER@]HOST[:PORT]",
        "line 7: a quote is not closed",
        "line 8: good is named twice",
        "line 9: /nowhere/key",
        "line 10: at most 4 hosts",
    ] {
        assert!(said.contains(expected), "{said}\nlacks {expected:?}");
    }
    assert!(!said.contains("line 1:"), "{said}");
}

#[test]
fn files_secret_is_read_once_for_all_that_share_it() {
    let secret = file("hunter2\nmore\n");
    let text = format!("a --password-file {0}\nb --password-file {0}\nc\n", secret.path().display());
    let hosts = hosts(&text, "").unwrap();
    assert_eq!(hosts.servers.iter().map(|server| server.login).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!(hosts.logins[0].password.as_deref(), Some("hunter2"));
    assert_eq!(hosts.logins[1].password.as_deref(), Some("secret"));
}

#[test]
fn endpoint_is_written_as_for_ssh() {
    let check = |text: &str, expected: Option<(&str, &str, u16)>| {
        let found = endpoint(text, "monitor").ok();
        let found = found.as_ref().map(|found| (found.user.as_str(), found.address.as_str(), found.port));
        assert_eq!(found, expected, "{text}");
    };
    check("db1", Some(("monitor", "db1", 22)));
    check("a@b@db1:2222", Some(("a@b", "db1", 2222)));
    check("::1", Some(("monitor", "::1", 22)));
    check("[::1]", Some(("monitor", "::1", 22)));
    check("[::1]:23", Some(("monitor", "::1", 23)));
    for wrong in ["", "@db1", "db1:", "db1:0", "db1:99999", "[::1", "[::1]x", "[]:22"] {
        check(wrong, None);
    }
}
