//! Every text of a folder of real outputs, where one is given: `TOPMAST_SAMPLES=DIR`, laid out as `OS/TOOL/*.txt`.
//!
//! What a text means only people know; here each has to be of a known tool, and to be understood or refused in
//! words. `--no-capture` prints what was understood.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the crate reads no files; a test reads those it is given, and fails on others"
)]

use std::path::{Path, PathBuf};
use topmast_probe::tool;

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    entries
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn every_sample_is_understood_or_refused_in_words() {
    let Some(samples) = std::env::var_os("TOPMAST_SAMPLES") else {
        eprintln!("TOPMAST_SAMPLES is not set: nothing to read");
        return;
    };
    let mut count = 0;
    for system in folder(Path::new(&samples)).iter().filter(|path| path.is_dir()) {
        for tool in folder(system) {
            let parser = tool::find(name(system), name(&tool));
            let parser = parser.unwrap_or_else(|| panic!("no parser for {} {}", name(system), name(&tool)));
            for text in folder(&tool).iter().filter(|path| path.extension().is_some_and(|end| end == "txt")) {
                println!("== {} {} {}", name(system), name(&tool), name(text));
                match parser.parse(&std::fs::read(text).unwrap()) {
                    Ok(reading) => println!("{}", serde_json::to_string(&reading).unwrap()),
                    Err(error) => println!("error: {error}"),
                }
                count += 1;
            }
        }
    }
    assert!(count > 0, "no OS/TOOL/*.txt in {}", samples.display());
}
