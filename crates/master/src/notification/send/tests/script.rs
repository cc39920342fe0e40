//! Programs that are run.

use super::*;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A folder of programs with one in it, senders that may run it, and its channel.
fn world(text: &str) -> (tempfile::TempDir, World, Channel<Secret>) {
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("scripts");
    std::fs::create_dir(&scripts).unwrap();
    write(&scripts.join("page"), text, 0o755);
    let channel = page(&scripts.join("page"), "");
    (folder, World::with_scripts(Some(scripts)), channel)
}

fn page(program: &Path, rest: &str) -> Channel<Secret> {
    channel(&format!("script = {{ program = \"{}\"{rest} }}", program.display()))
}

#[tokio::test]
async fn program_gets_the_facts_in_its_environment_and_on_its_input() {
    let (folder, world, channel) = world(
        "#!/bin/sh\nenv | sort >\"$(dirname \"$0\")/../env\"\ncat >\"$(dirname \"$0\")/../input\"\nprintf 'paged\\nann'\n",
    );
    let evil = "$(touch /tmp/never) `id` '; exit 1'\n\0x=y";
    let told = message(vec![fact(Notice::Opened, evil), fact(Notice::Recovered, "web-1")]);
    assert_eq!(world.send(&channel, &told).await.unwrap().answer, "paged ann");
    let env = std::fs::read_to_string(folder.path().join("env")).unwrap();
    assert!(env.contains("TOPMAST_MESSAGE=$(touch /tmp/never) `id` '; exit 1'\n"), "{env}");
    for line in
        ["TOPMAST_SEVERITY=critical", "TOPMAST_NOTICE=opened", "TOPMAST_COUNT=2", "TOPMAST_PROBLEM=17"]
    {
        assert!(env.lines().any(|found| found == line), "{line}: {env}");
    }
    // SC-2: what the master was started with is none of its business.
    assert!(!env.contains("CARGO") && !env.contains("HOME="), "{env}");
    let input = std::fs::read_to_string(folder.path().join("input")).unwrap();
    let input: serde_json::Value = serde_json::from_str(&input).unwrap();
    assert_eq!(input["problems"].as_array().unwrap().len(), 2);
    assert_eq!(input["problems"][0]["message"], evil);
}

#[tokio::test]
async fn program_that_anybody_could_have_put_there_is_not_run() {
    // SC-1
    let (folder, world, right) = world("#!/bin/sh\ntouch \"$(dirname \"$0\")/../ran\"\n");
    let scripts = folder.path().join("scripts");
    let refused = async |channel: &Channel<Secret>, text: &str| {
        let failure = world.send(channel, &down()).await.unwrap_err();
        assert!(!failure.retry && failure.reason.contains(text), "{failure:?}");
    };
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    refused(&page(Path::new("/bin/true"), ""), "the only folder whose programs this master runs").await;
    std::os::unix::fs::symlink("/bin/true", scripts.join("true")).unwrap();
    refused(&page(&scripts.join("true"), ""), "the only folder whose programs this master runs").await;
    refused(&page(&scripts.join("none"), ""), "No such file").await;
    refused(&page(&scripts, ""), "is not in").await;
    for bad in [0o775, 0o757] {
        mode(&scripts.join("page"), bad);
        refused(&right, "can be written by others").await;
    }
    mode(&scripts.join("page"), 0o644);
    refused(&right, "can it be executed?").await;
    mode(&scripts.join("page"), 0o755);
    mode(&scripts, 0o777);
    refused(&right, "can be written by others").await;
    mode(&scripts, 0o755);
    let off = World::new().send(&right, &down()).await.unwrap_err();
    assert!(!off.retry && off.reason.contains("notification.scripts"), "{off:?}");
    assert!(!folder.path().join("ran").exists(), "one of them was run");
    world.send(&right, &down()).await.unwrap();
    assert!(folder.path().join("ran").exists(), "what is right is not run");
}

#[tokio::test]
async fn program_that_does_not_end_is_killed_with_its_children() {
    // SC-2: the child holds a lock for as long as it lives.
    let (folder, world, _) =
        world("#!/bin/sh\ncd \"$(dirname \"$0\")/..\"\nflock lock sleep 1000 &\necho began\nwait\n");
    let channel = page(&folder.path().join("scripts/page"), ", timeout = \"1s\"");
    let failure = world.send(&channel, &down()).await.unwrap_err();
    assert!(failure.retry && failure.reason.contains("did not end within 1s and was killed"), "{failure:?}");
    assert!(failure.reason.contains("it said: began"), "{failure:?}");
    // Taken as soon as the killed child is gone; never, if it were alive.
    let mut lock = tokio::process::Command::new("flock");
    lock.arg(folder.path().join("lock")).arg("true").kill_on_drop(true);
    assert!(tokio::time::timeout(DEADLINE, lock.status()).await.expect("it lives").unwrap().success());
}

#[tokio::test]
async fn program_that_floods_is_read_to_a_bound_and_its_code_says_the_rest() {
    // SN-1
    let (_folder, world, channel) =
        world("#!/bin/sh\nhead -c 3000000 /dev/zero | tr '\\0' x\necho no >&2\nexit 75\n");
    let failure = world.send(&channel, &down()).await.unwrap_err();
    assert!(failure.retry && failure.reason.contains("exit status: 75"), "{failure:?}");
    assert!(failure.reason.chars().count() < 500, "{failure:?}");
    let (_folder, world, channel) = self::world("#!/bin/sh\necho 'no such pager' >&2\nexit 78\n");
    let failure = world.send(&channel, &down()).await.unwrap_err();
    assert!(!failure.retry && failure.reason.ends_with("it said: no such pager"), "{failure:?}");
}
