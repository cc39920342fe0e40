//! A machine that is not well: small libraries, made by the C compiler that building needs, stand before the system's.
//!
//! One says another time of day; what counts time that passes is left alone, as on such a machine. The other lets each
//! sync of a file take long, as a disk does that is failing, or that others use.

use anyhow::ensure;
use std::path::Path;
use std::process::Command;

const CLOCK: &str = r#"
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

const DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slowly(const char *name, int file) {
    if (access(getenv("SLOW_WHILE"), F_OK) == 0) usleep(500 * 1000);
    return ((int (*)(int)) dlsym(RTLD_NEXT, name))(file);
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
"#;

/// The environment of a process whose clock is wrong by so many seconds; the library is put into a folder.
pub(super) fn skewed(folder: &Path, seconds: i64) -> anyhow::Result<Vec<(String, String)>> {
    Ok(vec![preload(folder, "clock", CLOCK)?, ("SKEW_SECONDS".to_owned(), seconds.to_string())])
}

/// The environment of a process whose disk is slow as long as a file is there.
pub(super) fn slow_while(folder: &Path, file: &Path) -> anyhow::Result<Vec<(String, String)>> {
    Ok(vec![preload(folder, "disk", DISK)?, ("SLOW_WHILE".to_owned(), file.display().to_string())])
}

/// The variable that puts a library before the system's.
fn preload(folder: &Path, name: &str, code: &str) -> anyhow::Result<(String, String)> {
    let (source, library) = (folder.join(name).with_extension("c"), folder.join(name).with_extension("so"));
    std::fs::write(&source, code)?;
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .arg("-ldl")
        .output()?;
    ensure!(made.status.success(), "cc: {}", String::from_utf8_lossy(&made.stderr));
    Ok(("LD_PRELOAD".to_owned(), library.display().to_string()))
}
