//! Backups of a real master that runs, and masters made of them.

use crate::masters::{Master, here, topmast};
use crate::{client, finish};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use topmast_api::join_token::JoinTokenRequest;

/// What a backup printed: how many records, and the last one's hash.
fn head_of(out: &str) -> (u64, String) {
    let (records, rest) = out.split_once(": ").unwrap().1.split_once(' ').unwrap();
    let hash = rest.split("head ").nth(1).unwrap().split(',').next().unwrap();
    (records.parse().unwrap(), hash.to_owned())
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

#[tokio::test]
async fn master_is_restored_from_a_backup_made_amid_writes() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = Master::new(folder.path(), "one");
    let config = one.configure("");
    one.start().await;
    let program = folder.path().join("tool");
    fs::write(&program, "#!/bin/sh\nexec sleep 1000\n").unwrap();
    one.done(&["packages", "add", &text(&program), "--name", "tool", "--version", "1.0"]).await;
    let middle = one.head().await;
    let out = folder.path().join("backup.tar.zst");
    let backup = ["backup", "--config", &config, "--with-history", "--out", &text(&out)];
    // Commands go on while the file is made.
    let writer = client(&one.url);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        let mut count = 0;
        while stopped.try_recv().is_err() {
            writer.join_token_create(&JoinTokenRequest::default()).await.unwrap();
            count += 1;
        }
        count
    });
    let made = here(&backup).await;
    stop.send(()).unwrap();
    assert!(writing.await.unwrap() > 0);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.err.contains("UNSEALED"), "{}", made.err);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    let head = head_of(&made.out);
    assert!(head.0 >= middle.0 && head.0 <= one.head().await.0);
    let again = here(&backup).await;
    assert!(again.code == 1 && again.err.contains("is there already"), "{}", again.err);
    one.stop().await;

    // As of then.
    let mut whole = Master::new(folder.path(), "whole");
    whole.configure("");
    let restored = here(&["restore", &text(&out), "--data", &text(&whole.data())]).await;
    assert_eq!(restored.code, 0, "{}", restored.err);
    assert!(
        restored.out.contains(&format!("{} of {0} records, head {}", head.0, head.1)),
        "{}",
        restored.out
    );
    assert_eq!(fs::read(whole.data().join("master.toml")).unwrap(), fs::read(&config).unwrap());
    for name in ["ca/ca.key", "seal.key"] {
        assert_eq!(fs::read(one.data().join(name)).unwrap(), fs::read(whole.data().join(name)).unwrap());
        assert_eq!(fs::metadata(whole.data().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(!is_empty(&whole.data().join("packages/sha256")));
    let full = here(&["restore", &text(&out), "--data", &text(&whole.data())]).await;
    assert!(full.code == 1 && full.err.contains("is not empty"), "{}", full.err);
    whole.start().await;
    let export = whole.done(&["audit", "export"]).await;
    let last = export.lines().nth(usize::try_from(head.0).unwrap() - 1).unwrap();
    assert!(last.contains(&head.1), "{last}");
    let next = export.lines().nth(usize::try_from(head.0).unwrap()).unwrap();
    assert!(next.contains("JournalRestored") && next.contains("backed_up_at"), "{next}");
    assert!(whole.done(&["packages"]).await.contains("tool"));
    let deeds = whole.done(&["audit", "search", "--kind", "PackageChanged"]).await;
    assert!(deeds.contains("tool@1.0 added"), "{deeds}");
    whole.head().await;
    whole.stop().await;

    // As of an earlier record.
    let mut earlier = Master::new(folder.path(), "earlier");
    earlier.configure("");
    let until = middle.0.to_string();
    let data = text(&earlier.data());
    let cut = here(&["restore", &text(&out), "--data", &data, "--until", &until]).await;
    assert!(
        cut.code == 0 && cut.out.contains(&format!("{until} of {} records, head {}", head.0, middle.1)),
        "{}{}",
        cut.out,
        cut.err
    );
    earlier.start().await;
    assert!(earlier.done(&["audit", "export"]).await.contains(&middle.1));
    earlier.stop().await;
    let nowhere = folder.path().join("nowhere");
    for (until, words) in [("999999", "has no record 999999"), ("2001-01-01T00:00:00Z", "begins later")] {
        let refused = here(&["restore", &text(&out), "--data", &text(&nowhere), "--until", until]).await;
        assert!(refused.code == 1 && refused.err.contains(words), "{}", refused.err);
        assert!(!nowhere.exists());
    }
}

#[tokio::test]
async fn damaged_sealed_and_newer_backups_leave_the_directory_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut one = Master::new(folder.path(), "one");
    let config = one.configure("");
    one.start().await;
    one.stop().await;
    let path = |name: &str| folder.path().join(name);
    let (out, sealed) = (path("a.tar.zst"), path("b.sealed"));
    fs::write(path("pass"), "four words of mine\n").unwrap();
    fs::write(path("wrong"), "four words of yours\n").unwrap();
    let made = here(&["backup", "--config", &config, "--out", &text(&out)]).await;
    assert_eq!(made.code, 0, "{}", made.err);
    let pass = text(&path("pass"));
    let made =
        here(&["backup", "--config", &config, "--out", &text(&sealed), "--passphrase-file", &pass]).await;
    assert!(made.code == 0 && !made.err.contains("UNSEALED"), "{}", made.err);
    let key = fs::read(one.data().join("ca/ca.key")).unwrap();
    assert!(!fs::read(&sealed).unwrap().windows(16).any(|bytes| bytes == &key[40..56]));

    let data = path("data");
    fs::create_dir(&data).unwrap();
    let restore = async |file: &Path, more: &[&str], words: &str| {
        let (file, data) = (text(file), text(&data));
        let run = here(&[&["restore", &file, "--data", &data][..], more].concat()).await;
        assert!(run.code == 1 && run.err.contains(words), "{}", run.err);
        assert!(is_empty(Path::new(&data)), "{words}");
    };
    let bytes = fs::read(&out).unwrap();
    fs::write(path("cut"), &bytes[..bytes.len() / 2]).unwrap();
    restore(&path("cut"), &[], "the backup is damaged").await;
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    fs::write(path("flipped"), &flipped).unwrap();
    restore(&path("flipped"), &[], "the backup is damaged").await;
    fs::write(path("text"), "no backup").unwrap();
    restore(&path("text"), &[], "the backup is damaged").await;
    restore(&path("missing"), &[], "read ").await;
    restore(&sealed, &[], "--passphrase-file").await;
    restore(&sealed, &["--passphrase-file", &text(&path("wrong"))], "the passphrase is not the one").await;

    // Unpacked, changed and packed again by hand: of a later release, and with a way out of the directory.
    let unpacked = path("unpacked");
    fs::create_dir(&unpacked).unwrap();
    let shell = |script: &str| {
        let done = std::process::Command::new("sh").args(["-ec", script]).current_dir(&unpacked).status();
        assert!(done.unwrap().success(), "{script}");
    };
    shell("tar --zstd -xf ../a.tar.zst && sha256sum --quiet -c SHA256SUMS");
    shell(
        "sed -i 's/\"format\": 1/\"format\": 2/' manifest.json
         tar --format=ustar --zstd -cf ../newer manifest.json journal.db ca/ca.pem ca/ca.key seal.key SHA256SUMS",
    );
    restore(&path("newer"), &[], "format 2 is newer").await;
    shell(
        "sed -i 's/\"format\": 2/\"format\": 1/' manifest.json
         tar --format=ustar --zstd -P --transform 's|seal.key|../evil|' -cf ../evil.tar manifest.json seal.key SHA256SUMS",
    );
    restore(&path("evil.tar"), &[], "is no name of a backup's file").await;
    assert!(!path("evil").exists());

    let opened = here(&["restore", &text(&sealed), "--data", &text(&data), "--passphrase-file", &pass]).await;
    assert_eq!(opened.code, 0, "{}", opened.err);
}

/// A tmpfs of two MiB; only root can mount one.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(path: &'a Path) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
            .arg(path)
            .output()
            .unwrap();
        mounted.status.success().then_some(Self(path))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[tokio::test]
async fn full_disk_leaves_no_half_backup_and_no_half_master() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disk");
    let Some(_disk) = SmallDisk::mount(&path) else {
        println!("not tested: a tmpfs cannot be mounted here");
        return;
    };
    let mut one = Master::new(folder.path(), "one");
    let config = one.configure("");
    one.start().await;
    one.stop().await;
    let run = here(&["backup", "--config", &config, "--out", &text(&path.join("backup"))]).await;
    assert_eq!(run.code, 1, "{}", run.out);
    assert!(is_empty(&path), "{}", run.err);
    let out = folder.path().join("backup");
    let made = finish(topmast(&["backup", "--config", &config, "--out", &text(&out)])).await;
    assert_eq!(made.code, 0, "{}", made.err);
    let run = here(&["restore", &text(&out), "--data", &text(&path)]).await;
    assert!(run.code == 1 && run.err.contains("the disk has space"), "{}", run.err);
    assert!(is_empty(&path));
}
