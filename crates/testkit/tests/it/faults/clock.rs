//! A machine whose clock is wrong: a small library, made by the C compiler that building needs, stands before the
//! system's and says another time of day. What counts time that passes is left alone, as on such a machine.

use anyhow::ensure;
use std::path::Path;
use std::process::Command;

const SOURCE: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    int (*system)(clockid_t, struct timespec *) =
        (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int result = system(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += atol(getenv("SKEW_SECONDS"));
    return result;
}
"#;

/// The environment of a process whose clock is wrong by so many seconds; the library is put into a folder.
pub(super) fn skewed(folder: &Path, seconds: i64) -> anyhow::Result<Vec<(String, String)>> {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, SOURCE)?;
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .output()?;
    ensure!(made.status.success(), "cc: {}", String::from_utf8_lossy(&made.stderr));
    let library = library.display().to_string();
    Ok(vec![("LD_PRELOAD".to_owned(), library), ("SKEW_SECONDS".to_owned(), seconds.to_string())])
}
