//! The agent for other systems: built or type-checked here, and run where an emulator is.
//!
//! ```text
//! Debian's rustc + the sources of std + a C compiler for the target -> cargo build -> wine, qemu: system tests
//! ```
//!
//! The toolchain of rustup has no std for these targets, and none is fetched: Debian's `rustc-web` builds it from
//! `rust-web-src`. What is missing is said, with the package that has it, and is no failure.
//!
//! Elsewhere: the system tests (`crates/testkit/tests/it/cross.rs`); what runs where (docs/guide/platforms.md).

use crate::outcome::Outcome;
use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Debian's compiler, whose release fits its sources of std.
const RUSTC: Needed = Needed { path: "/usr/bin/rustc", package: "rustc-web" };
const STD: Needed =
    Needed { path: "/usr/lib/rustlib/src/rust/library/std/Cargo.toml", package: "rust-web-src" };
/// A C compiler that makes empty files.
const NO_CC: &str = "scripts/no-cc";
/// Everything that is built here; not the folder of other builds, whose compiler is another.
const FOLDER: &str = "target/cross";
/// The unit tests that only Windows has.
const UNITS: &str = "platform::windows";
/// Small code, as it is shipped.
const PROFILE: &str = "agent";

/// A file that a step cannot do without, and the package of Debian that it is in.
#[derive(Debug, Clone, Copy)]
struct Needed {
    path: &'static str,
    package: &'static str,
}

/// A system to build for.
#[derive(Debug)]
struct Target {
    /// Shown in the table.
    name: &'static str,
    triple: &'static str,
    /// The C compiler; without one the target is type-checked only.
    compiler: Option<Compiler>,
    /// Linked and run, or checked with its C code compiled.
    doing: Doing,
}

#[derive(Debug)]
struct Compiler {
    /// Beginning of the names of its programs.
    prefix: &'static str,
    needed: Needed,
}

#[derive(Debug, PartialEq, Eq)]
enum Doing {
    Build(Emulator),
    Check,
}

/// What runs the program here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Emulator {
    Wine,
    QemuS390x,
}

impl Emulator {
    const fn needed(self) -> Needed {
        match self {
            Self::Wine => Needed { path: "/usr/lib/wine/wine64", package: "wine64" },
            Self::QemuS390x => Needed { path: "/usr/bin/qemu-s390x", package: "qemu-user" },
        }
    }

    /// Its row in the table, and the system test to run.
    const fn test(self) -> (&'static str, &'static str) {
        match self {
            Self::Wine => ("wine", "cross::agent_of_windows"),
            Self::QemuS390x => ("qemu s390x", "cross::agent_of_a_big_endian_machine"),
        }
    }
}

const fn gcc(prefix: &'static str, path: &'static str, package: &'static str) -> Compiler {
    Compiler { prefix, needed: Needed { path, package } }
}

const TARGETS: [Target; 6] = [
    Target {
        name: "windows",
        // Windows 7 and 2008 R2 and later, so 2012 R2 too; wine runs it, for it needs no newer library.
        triple: "x86_64-win7-windows-gnu",
        compiler: Some(gcc("x86_64-w64-mingw32-", "/usr/bin/x86_64-w64-mingw32-gcc", "mingw-w64")),
        doing: Doing::Build(Emulator::Wine),
    },
    Target {
        name: "s390x",
        triple: "s390x-unknown-linux-gnu",
        compiler: Some(gcc("s390x-linux-gnu-", "/usr/bin/s390x-linux-gnu-gcc", "gcc-s390x-linux-gnu")),
        doing: Doing::Build(Emulator::QemuS390x),
    },
    Target {
        name: "arm64",
        triple: "aarch64-unknown-linux-gnu",
        compiler: Some(gcc("aarch64-linux-gnu-", "/usr/bin/aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu")),
        doing: Doing::Check,
    },
    Target {
        name: "ppc64le",
        triple: "powerpc64le-unknown-linux-gnu",
        compiler: Some(gcc(
            "powerpc64le-linux-gnu-",
            "/usr/bin/powerpc64le-linux-gnu-gcc",
            "gcc-powerpc64le-linux-gnu",
        )),
        doing: Doing::Check,
    },
    Target { name: "sparcv9", triple: "sparcv9-sun-solaris", compiler: None, doing: Doing::Check },
    Target { name: "solaris x86", triple: "x86_64-pc-solaris", compiler: None, doing: Doing::Check },
];

/// Builds and checks every target that can be, and prints a table of them.
///
/// # Errors
/// When one fails, by name; not when something is missing.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let mut table = Vec::new();
    for target in &TARGETS {
        step(&mut table, target.name, target.triple, || match missing(target) {
            Some(reason) => Ok(Outcome::NotRun(reason)),
            None => build(root, target),
        })?;
    }
    for target in &TARGETS {
        let Doing::Build(emulator) = &target.doing else { continue };
        let built =
            table.iter().any(|(name, outcome, _)| *name == target.name && *outcome == Outcome::Passed);
        let reason = if built {
            absent(&[emulator.needed()])
        } else {
            Some(format!("{} was not built", target.triple))
        };
        if *emulator == Emulator::Wine {
            step(&mut table, "wine units", UNITS, || match &reason {
                Some(reason) => Ok(Outcome::NotRun(reason.clone())),
                None => unit_tests(root, target, *emulator),
            })?;
        }
        let (name, test) = emulator.test();
        step(&mut table, name, test, || match &reason {
            Some(reason) => Ok(Outcome::NotRun(reason.clone())),
            None => system_test(root, test),
        })?;
    }
    println!("\n=== results ===");
    for (name, outcome, seconds) in &table {
        println!("{}", outcome.row(name, *seconds));
    }
    for target in TARGETS.iter().filter(|target| target.doing != Doing::Check) {
        let program = program(root, target);
        if let Ok(metadata) = fs::metadata(&program) {
            println!(
                "{:>9} bytes  {}",
                metadata.len(),
                program.strip_prefix(root).unwrap_or(&program).display()
            );
        }
    }
    let failed: Vec<_> = table.iter().filter(|row| row.1 == Outcome::Failed).map(|row| row.0).collect();
    if !failed.is_empty() {
        bail!("cross failed: {}", failed.join(", "));
    }
    Ok(())
}

type Row = (&'static str, Outcome, u64);

fn step(
    table: &mut Vec<Row>,
    name: &'static str,
    what: &str,
    work: impl FnOnce() -> anyhow::Result<Outcome>,
) -> anyhow::Result<()> {
    println!("\n=== {name} ===  {what}");
    let start = Instant::now();
    let outcome = work()?;
    if let Outcome::NotRun(reason) = &outcome {
        println!("not run: {reason}");
    }
    table.push((name, outcome, start.elapsed().as_secs()));
    Ok(())
}

/// Why a target cannot be built here.
fn missing(target: &Target) -> Option<String> {
    let compiler = target.compiler.as_ref().map(|compiler| compiler.needed);
    absent(&[RUSTC, STD].into_iter().chain(compiler).collect::<Vec<_>>())
}

/// Names what is not there.
fn absent(needed: &[Needed]) -> Option<String> {
    let absent: Vec<&Needed> = needed.iter().filter(|needed| !Path::new(needed.path).exists()).collect();
    let paths: Vec<&str> = absent.iter().map(|needed| needed.path).collect();
    let packages: Vec<&str> = absent.iter().map(|needed| needed.package).collect();
    let are = if absent.len() == 1 { "is" } else { "are" };
    (!absent.is_empty())
        .then(|| format!("{} {are} missing: apt-get install {}", paths.join(", "), packages.join(" ")))
}

fn build(root: &Path, target: &Target) -> anyhow::Result<Outcome> {
    let mut cargo = Command::new("cargo");
    cargo.arg(if target.doing == Doing::Check { "check" } else { "build" });
    cargo.args(["--locked", "--package", "topmast-agent", "--profile", PROFILE]);
    // It is there for whoever builds std; the compiler is a released one.
    cargo.args(["-Zbuild-std=std,panic_abort", "--target", target.triple, "--target-dir", FOLDER]);
    cargo.env("RUSTC", RUSTC.path).env("RUSTC_BOOTSTRAP", "1");
    cargo.envs(variables(root, target)).current_dir(root);
    let status = cargo.status().context("run cargo")?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

/// What tells cargo and the build of C code which programs to use.
fn variables(root: &Path, target: &Target) -> Vec<(String, PathBuf)> {
    let triple = target.triple.replace('-', "_");
    let (compiler, archiver) = match &target.compiler {
        Some(Compiler { prefix, .. }) => {
            (PathBuf::from(format!("{prefix}gcc")), PathBuf::from(format!("{prefix}ar")))
        }
        None => (root.join(NO_CC), root.join(NO_CC)),
    };
    vec![
        (format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase()), compiler.clone()),
        (format!("CC_{triple}"), compiler),
        (format!("AR_{triple}"), archiver),
        // Its assembler for Windows is a package of its own; the crate has the objects with it.
        ("AWS_LC_SYS_PREBUILT_NASM".to_owned(), "1".into()),
    ]
}

fn program(root: &Path, target: &Target) -> PathBuf {
    let name = if target.triple.contains("windows") { "topmast-agent.exe" } else { "topmast-agent" };
    root.join(FOLDER).join(target.triple).join(PROFILE).join(name)
}

/// Runs the unit tests that are for Windows alone, in a Windows of their own.
fn unit_tests(root: &Path, target: &Target, emulator: Emulator) -> anyhow::Result<Outcome> {
    let wine = root.join(FOLDER).join("wine");
    let triple = target.triple.replace('-', "_").to_uppercase();
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--locked", "--package", "topmast-agent", "--lib"]);
    cargo.args([
        "-Zbuild-std=std,panic_abort",
        "--target",
        target.triple,
        "--target-dir",
        FOLDER,
        "--",
        UNITS,
    ]);
    cargo.env("RUSTC", RUSTC.path).env("RUSTC_BOOTSTRAP", "1");
    cargo.env(format!("CARGO_TARGET_{triple}_RUNNER"), emulator.needed().path);
    cargo.env("WINEPREFIX", &wine).env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
    let status = cargo.envs(variables(root, target)).current_dir(root).status().context("run cargo test")?;
    // The server of this Windows goes on for a while after its last program, and its folder is large.
    Command::new("wineserver").args(["-k", "-w"]).env("WINEPREFIX", &wine).status().context("end wine")?;
    if wine.exists() {
        fs::remove_dir_all(&wine).context("remove the folder of wine")?;
    }
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

/// Runs one system test with a real master, which is built first.
fn system_test(root: &Path, test: &str) -> anyhow::Result<Outcome> {
    let built = Command::new("cargo").args(["build", "--locked"]).current_dir(root).status();
    if !built.context("run cargo build")?.success() {
        return Ok(Outcome::Failed);
    }
    let mut cargo = Command::new("cargo");
    cargo.args([
        "test",
        "--locked",
        "--package",
        "topmast-testkit",
        "--test",
        "it",
        "--",
        "--nocapture",
        test,
    ]);
    cargo.env("TOPMAST_CROSS", root.join(FOLDER)).current_dir(root);
    let status = cargo.status().context("run cargo test")?;
    Ok(if status.success() { Outcome::Passed } else { Outcome::Failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_its_package() {
        let here = Needed { path: "/", package: "base" };
        let compiler = Needed { path: "/no/such/gcc", package: "gcc-x" };
        let sources = Needed { path: "/no/such/src", package: "src-x" };
        assert_eq!(absent(&[here]), None);
        assert_eq!(absent(&[here, compiler]).unwrap(), "/no/such/gcc is missing: apt-get install gcc-x");
        assert_eq!(
            absent(&[compiler, here, sources]).unwrap(),
            "/no/such/gcc, /no/such/src are missing: apt-get install gcc-x src-x"
        );
    }

    #[test]
    fn compilers_are_told_by_the_names_that_cargo_and_cc_ask_for() {
        let told = variables(Path::new("/top"), &TARGETS[0]);
        let value = |name: &str| told.iter().find(|(told, _)| told == name).unwrap().1.to_str().unwrap();
        assert_eq!(value("CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_LINKER"), "x86_64-w64-mingw32-gcc");
        assert_eq!(value("AR_x86_64_win7_windows_gnu"), "x86_64-w64-mingw32-ar");
        let solaris = variables(Path::new("/top"), &TARGETS[4]);
        assert!(solaris.contains(&("CC_sparcv9_sun_solaris".to_owned(), "/top/scripts/no-cc".into())));
    }
}
