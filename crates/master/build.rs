//! Embeds the console anew when it was built anew: its files have other names then.
//!
//! Elsewhere: what is done with them (`src/http/ui.rs`).

fn main() {
    let built = "../../ui/dist";
    // To cargo, a folder that is missing has changed at every build. Where none can be made, that is all.
    let _ = std::fs::create_dir_all(built);
    println!("cargo::rerun-if-changed={built}");
}
