//! Writes the OpenAPI document to `openapi/v1.json`.

fn main() -> std::io::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/v1.json");
    std::fs::write(path, topmast_api::openapi::text())
}
