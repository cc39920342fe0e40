//! Bounds of configurations, their text and what servers get of them.

use super::*;
use crate::notification::{Hidden, Secret};
use std::convert::Infallible;

pub(crate) const SHOP: &str = r#"
[[configuration]]
name = "shop"
within = "acme/main"
application = "switch"
check = "sh {dir}/check.sh"

[[configuration.file]]
path = "conf/shop.conf"
mode = "0640"
template = true
content = """
port = {{ value.port }}
on = {{ server.name }}
password = {{ secret.password }}
"""

[configuration.values."acme/main"]
port = "80"

[configuration.values."acme/main/db"]
port = "81"

[configuration.secrets]
password = "hush"
"#;

fn shop() -> Configuration<Secret> {
    text::read(SHOP).unwrap().remove(0)
}

fn content(application: &str) -> String {
    let files = shop().files_for(&application.parse().unwrap(), |secret| secret.0.clone());
    files.unwrap().remove(0).content
}

#[test]
fn nearest_value_counts() {
    assert_eq!(content("acme/main/db/switch"), "port = 81\non = db\npassword = hush\n");
    assert_eq!(content("acme/main/web/switch"), "port = 80\non = web\npassword = hush\n");
}

#[test]
fn text_reads_back_and_hides_secrets() {
    // CF-2
    let written = text::write(&[shop()]).unwrap();
    assert_eq!(text::read(&written).unwrap(), [shop()]);
    let hidden = shop().try_map(|_, _| Ok::<_, Infallible>(Hidden)).unwrap();
    let shown = text::write(&[hidden]).unwrap();
    assert!(!shown.contains("hush") && shown.contains("<secret>"), "{shown}");
    assert!(!format!("{:?}", shop()).contains("hush"));
}

#[test]
fn value_that_a_server_lacks_is_told_with_file_and_line() {
    let mut shop = shop();
    shop.values.remove("acme/main");
    shop.check().unwrap();
    let error = shop.files_for(&"acme/main/web/switch".parse().unwrap(), |_| String::new()).unwrap_err();
    assert!(error.message.starts_with("conf/shop.conf for acme/main/web: line 1: "), "{error}");
}

#[test]
fn what_is_wrong_is_refused_with_its_field() {
    // CF-1
    fn check(change: impl FnOnce(&mut Configuration<Secret>), field: &str) {
        let mut shop = shop();
        change(&mut shop);
        assert_eq!(shop.check().unwrap_err().field, field);
    }
    check(|shop| shop.name = "a/b".into(), "name");
    check(|shop| shop.within = "acme/main/db/switch".parse().unwrap(), "within");
    check(|shop| shop.files.clear(), "file");
    for path in ["../x", "/", "a//b", "a/../b", "./a", "a\\b", ""] {
        check(|shop| shop.files[0].path = path.into(), "path");
    }
    check(|shop| shop.files.push(shop.files[0].clone()), "path");
    for mode in ["0", "0040", "1777", "0x64", "rw"] {
        check(|shop| shop.files[0].mode = Some(mode.into()), "mode");
    }
    check(|shop| shop.files[0].content = "x".repeat(FILE_MAX + 1).into(), "content");
    check(|shop| shop.files[0].content = "a\0".into(), "content");
    check(|shop| shop.files[0].content = "{{ secret.other }}".into(), "content");
    check(|shop| shop.after = AfterApply::Reload, "reload");
    check(|shop| shop.check = Some(" ".into()), "check");
    check(|shop| _ = shop.values.insert("bolt".parse().unwrap(), BTreeMap::new()), "values");
    check(|shop| _ = shop.secrets.insert("a b".into(), Secret("x".into())), "secrets");
}

#[test]
fn mistake_in_a_text_is_told_with_its_line() {
    let text = SHOP.replace("conf/shop.conf", "../x");
    assert_eq!(text::read(&text).unwrap_err().line, 2, "{}", text::read(&text).unwrap_err());
    assert_eq!(text::read("\n[[configuration]]\nname = 1\n").unwrap_err().line, 3);
    assert!(text::read(&" ".repeat(text::BYTES_MAX + 1)).is_err());
}
