//! Laying files down and taking them back, with real files and real check commands.

use super::lay::{Order, lay, recover};
use super::*;
use crate::unit::{Unit, parse};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;
use tempfile::TempDir;
use topmast_model::configuration::{AfterApply, Held, Rendered, RenderedFile};
use topmast_model::id::ActionId;
use topmast_model::notification::Secret;
use uuid::Uuid;

struct Bench {
    dir: TempDir,
    roots: Vec<PathBuf>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "data", "etc", "other"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let roots = vec![dir.path().join("etc")];
        Self { dir, roots }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn unit(&self) -> Arc<Unit> {
        let home = self.path("home");
        let text = format!("command = \"sleep 1\"\nworking_directory = {:?}\n", home.display().to_string());
        Arc::new(parse("switch.toml", &text).unwrap())
    }

    fn order(&self, number: u32, rendered: Rendered) -> Order {
        Order {
            unit: self.unit(),
            roots: self.roots.clone(),
            data_dir: self.path("data"),
            step: StepId { action: ActionId(Uuid::from_u128(1)), target: number },
            rendered: Arc::new(rendered),
        }
    }

    async fn lay(&self, rendered: Rendered) -> Result<Laid, String> {
        let revision = u32::try_from(rendered.revision).unwrap();
        lay(self.order(revision, rendered)).await
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    fn held(&self) -> Held {
        held(&self.path("data"), "switch", "shop")
    }
}

fn set(revision: u64, files: &[(&str, &str)]) -> Rendered {
    let file = |(path, content): &(&str, &str)| RenderedFile {
        path: (*path).to_owned(),
        mode: None,
        content: (*content).to_owned(),
    };
    Rendered {
        name: "shop".into(),
        revision,
        check: None,
        after: AfterApply::Nothing,
        reload: None,
        overwrite: false,
        files: files.iter().map(file).collect(),
        secrets: vec![Secret("hush".into())],
    }
}

#[tokio::test]
async fn files_are_put_in_place_and_taken_back() {
    let bench = Bench::new();
    fs::write(bench.path("home/a.conf"), "by hand").unwrap();
    fs::set_permissions(bench.path("home/a.conf"), fs::Permissions::from_mode(0o604)).unwrap();
    let etc = bench.path("etc/b.conf").display().to_string();
    let first = bench.lay(set(1, &[("a.conf", "one"), ("conf/c.conf", "one"), (&etc, "one")])).await.unwrap();
    assert_eq!(first.summary, "3 files of shop revision 1 in place");
    first.commit();
    let mode = fs::metadata(bench.path("home/a.conf")).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode, bench.held().revision, bench.held().drifted().count()), (0o604, 1, 0));
    let second = bench.lay(set(2, &[("a.conf", "two")])).await.unwrap();
    assert_eq!((bench.read("home/a.conf").unwrap(), bench.read("home/conf/c.conf")), ("two".into(), None));
    assert_eq!(second.restore(), "the files of revision 1 are back");
    for name in ["home/a.conf", "home/conf/c.conf", "etc/b.conf"] {
        assert_eq!(bench.read(name).as_deref(), Some("one"), "{name}");
    }
    assert_eq!((bench.held().revision, bench.held().drifted().count()), (1, 0));
}

#[tokio::test]
async fn check_refuses_before_anything_is_changed_and_tells_no_secret() {
    // AC-4
    let bench = Bench::new();
    let check = "sh -c 'cat \"$1/a.conf\"; echo; pwd; exit 3' check {dir}";
    let rendered = Rendered { check: Some(check.into()), ..set(1, &[("a.conf", "password = hush")]) };
    let refused = bench.lay(rendered).await.unwrap_err();
    let home = fs::canonicalize(bench.path("home")).unwrap();
    let expect = format!(
        "the check refused revision 1: sh ended with code 3: password = <secret> / {}; nothing was changed",
        home.display()
    );
    assert_eq!(refused, expect);
    assert_eq!((bench.read("home/a.conf"), bench.held().revision), (None, 0));
    assert!(!bench.path("data/configurations/switch/shop/staged").exists());
}

#[tokio::test]
async fn reload_that_fails_brings_the_files_before_back() {
    let bench = Bench::new();
    bench.lay(set(1, &[("a.conf", "good")])).await.unwrap().commit();
    let reload = Some("grep -q good a.conf".to_owned());
    let rendered = Rendered { after: AfterApply::Reload, reload, ..set(2, &[("a.conf", "bad")]) };
    let refused = bench.lay(rendered).await.unwrap_err();
    assert!(refused.ends_with("the files of revision 1 are back and reloaded again"), "{refused}");
    assert_eq!(bench.read("home/a.conf").as_deref(), Some("good"));
}

#[tokio::test]
async fn file_changed_by_hand_is_drift_and_not_written_over() {
    let bench = Bench::new();
    bench.lay(set(1, &[("a.conf", "one")])).await.unwrap().commit();
    fs::write(bench.path("home/a.conf"), "by hand").unwrap();
    assert_eq!(bench.held().drifted().count(), 1);
    let refused = bench.lay(set(2, &[("a.conf", "two")])).await.unwrap_err();
    assert!(refused.starts_with("a.conf was changed on the server since revision 1"), "{refused}");
    assert_eq!(bench.read("home/a.conf").as_deref(), Some("by hand"));
    // What somebody wrote that is wanted now is no reason to stop.
    bench.lay(set(2, &[("a.conf", "by hand")])).await.unwrap().commit();
    fs::remove_file(bench.path("home/a.conf")).unwrap();
    let refused = bench.lay(set(3, &[("a.conf", "three")])).await.unwrap_err();
    assert!(refused.starts_with("a.conf was removed on the server"), "{refused}");
    let rendered = Rendered { overwrite: true, ..set(3, &[("a.conf", "three")]) };
    bench.lay(rendered).await.unwrap().commit();
    assert_eq!((bench.held().revision, bench.held().drifted().count()), (3, 0));
}

#[tokio::test]
async fn files_lie_where_the_agent_allows_only() {
    // AC-1
    let bench = Bench::new();
    symlink(bench.path("other"), bench.path("home/link")).unwrap();
    fs::create_dir(bench.path("home/folder")).unwrap();
    symlink(bench.path("other/x"), bench.path("home/x.conf")).unwrap();
    let (other, data) = (bench.path("other/a.conf"), bench.path("data/identity.json"));
    for (path, words) in [
        (other.to_str().unwrap(), "does not allow files in"),
        (data.to_str().unwrap(), "is in the agent's own data"),
        ("link/a.conf", "does not allow files in"),
        ("../other/a.conf", "has .. in it"),
        ("folder", "is no regular file"),
        ("x.conf", "is no regular file"),
    ] {
        let refused = bench.lay(set(1, &[("good.conf", "x"), (path, "x")])).await.unwrap_err();
        assert!(refused.contains(words), "{path}: {refused}");
        assert_eq!(bench.read("home/good.conf"), None, "{path}");
    }
    assert!(!bench.path("other/a.conf").exists());
}

#[tokio::test]
async fn switch_of_an_agent_that_died_is_taken_back() {
    // AC-3
    let bench = Bench::new();
    let data = bench.path("data");
    let step = |target| StepId { action: ActionId(Uuid::from_u128(1)), target };
    assert_eq!(recover(&data, "switch", step(1)), None);
    bench.lay(set(1, &[("a.conf", "one")])).await.unwrap().commit();
    assert_eq!(recover(&data, "switch", step(1)), Some(Ok(1)));
    let second = bench.lay(set(2, &[("a.conf", "two"), ("b.conf", "two")])).await.unwrap();
    drop(second);
    assert_eq!(recover(&data, "switch", step(2)), Some(Err("the files before are back".into())));
    assert_eq!((bench.read("home/a.conf").as_deref(), bench.read("home/b.conf")), (Some("one"), None));
    assert_eq!(bench.held().revision, 1);
}
