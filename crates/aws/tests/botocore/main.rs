//! Botocore's own fixtures against our side of the wire: its protocol cases and its signature vectors.
//!
//! They are not copied here: `TOPMAST_BOTOCORE` names an unpacked sdist (`pip download --no-deps --no-binary :all: botocore`);
//! without it these tests say so and pass. Requests that the fixtures expect of a client are decoded and must give
//! what the client was asked to send; answers are encoded, read back like a client does, and must be what the client
//! is expected to see. The fixtures' own answers go through the same reader, so that it is known to be right.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a fixture that cannot be read has failed")]
#![expect(clippy::print_stdout, reason = "a test that is skipped says so, and cases are counted")]

mod protocol;
mod signature;
mod xml;

use std::path::PathBuf;

/// The unpacked sdist, if one is named.
#[expect(clippy::disallowed_methods, reason = "where third-party fixtures are is the tester's to say")]
fn botocore() -> Option<PathBuf> {
    let folder = std::env::var_os("TOPMAST_BOTOCORE").map(PathBuf::from);
    if folder.is_none() {
        println!("not run: TOPMAST_BOTOCORE names no botocore sdist");
    }
    folder
}

/// The text of a file of the sdist.
#[expect(clippy::disallowed_methods, reason = "a test reads its fixtures")]
fn text(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
