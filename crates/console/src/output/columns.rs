//! Every column of the CLI names a field that its row has: read from the sources and the API's schemas, so that no
//! table can be forgotten.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The `const` of a table: whose rows it shows, and the field of each column.
struct Table<'a> {
    file: &'a Path,
    source: &'a str,
    row: &'a str,
    fields: Vec<&'a str>,
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// The tables of a file: what stands between `&[Column<ROW>] = &[` and `];`.
fn tables<'a>(file: &'a Path, source: &'a str) -> Vec<Table<'a>> {
    let mut tables = Vec::new();
    for (at, mark) in source.match_indices("[Column<") {
        let (row, rest) = source[at + mark.len()..].split_once(">]").unwrap();
        let Some(columns) = rest.strip_prefix(" = &[") else { continue };
        let columns =
            &columns[..["\n];", "\n    ];"].iter().filter_map(|end| columns.find(end)).min().unwrap()];
        // The title is the first text of a column, its field the second.
        let fields = columns.split("Column::").skip(1).map(|column| column.split('"').nth(3).unwrap());
        let row = match row {
            "Self" => source[..at].rsplit_once("impl Listed for ").unwrap().1.split_once(' ').unwrap().0,
            row => row,
        };
        tables.push(Table { file, source, row, fields: fields.collect() });
    }
    tables
}

/// What a schema says of a field; null where it has none.
fn field<'a>(schemas: &'a Value, schema: &'a Value, name: &str) -> &'a Value {
    let parts = ["oneOf", "anyOf", "allOf"].into_iter().filter_map(|of| schema[of].as_array()).flatten();
    let referred = schema["$ref"].as_str().map(|to| &schemas[to.rsplit('/').next().unwrap()]);
    let found = parts.chain(referred).map(|part| field(schemas, part, name)).find(|found| !found.is_null());
    found.unwrap_or(&schema["properties"][name])
}

/// True when a row that is a type of the CLI's own has the field, itself or in what is flattened into it.
fn is_own(schemas: &Value, table: &Table<'_>, name: &str) -> bool {
    let head = format!("struct {} {{", table.row);
    let body = table.source.split_once(&head).map(|(_, rest)| rest.split_once("\n}").unwrap().0);
    let lines: Vec<&str> = body.unwrap_or_default().lines().map(str::trim).collect();
    let flattened = |pair: &[&str]| {
        let whose = pair[1].rsplit(' ').next().unwrap().trim_end_matches(',');
        pair[0] == "#[serde(flatten)]" && !field(schemas, &schemas[whose], name).is_null()
    };
    lines.iter().any(|line| line.starts_with(&format!("{name}: "))) || lines.windows(2).any(flattened)
}

#[test]
fn every_column_is_a_field_of_its_row() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let contract = fs::read_to_string(root.join("../../openapi/v1.json")).unwrap();
    let contract: Value = serde_json::from_str(&contract).unwrap();
    let schemas = &contract["components"]["schemas"];
    let mut files = Vec::new();
    sources(&root.join("src/cli"), &mut files);
    let files: Vec<(PathBuf, String)> =
        files.into_iter().map(|file| (file.clone(), fs::read_to_string(file).unwrap())).collect();
    let tables: Vec<Table<'_>> = files.iter().flat_map(|(file, source)| tables(file, source)).collect();
    assert!(tables.len() > 40, "only {} tables were found", tables.len());
    let mut wrong = Vec::new();
    for table in &tables {
        for path in &table.fields {
            let found =
                path.split('.').fold(&schemas[table.row], |schema, name| field(schemas, schema, name));
            if found.is_null() && !is_own(schemas, table, path) {
                wrong.push(format!("{}: {} has no field {path}", table.file.display(), table.row));
            }
        }
    }
    assert!(wrong.is_empty(), "no row can fill these columns:\n{}", wrong.join("\n"));
}
