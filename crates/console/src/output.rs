//! How rows are shown: for people as a table, for programs as JSON or CSV.
//!
//! Invariants
//! - T-1: a status is a word; colour only repeats what a word says.
//! - T-2: JSON and CSV hold raw values and are never cut or coloured; tables hold humanised ones.

pub(crate) mod chart;
pub(crate) mod csv;
pub(crate) mod human;
pub(crate) mod qr;
mod table;
pub(crate) mod terminal;

pub(crate) use table::{Cell, Column, Grid, Style, Tone, cut, render, render_row};

use clap::ValueEnum;
use serde::Serialize;

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Form {
    /// Columns for people.
    #[default]
    Table,
    /// All columns for people.
    Wide,
    /// A JSON array of objects.
    Json,
    /// Comma-separated values (RFC 4180), one line a row.
    Csv,
}

/// Rows as text in some form.
pub(crate) fn format<R: Serialize>(
    form: Form,
    rows: &[R],
    columns: &[Column<R>],
    headers: bool,
    style: Style,
) -> Result<String, serde_json::Error> {
    match form {
        Form::Table => Ok(render(rows, columns.iter().filter(|column| !column.wide), headers, style)),
        Form::Wide => Ok(render(rows, columns.iter(), headers, style)),
        Form::Json => Ok(format!("{}\n", serde_json::to_string_pretty(rows)?)),
        Form::Csv => {
            let head = if headers { csv::head(columns) } else { String::new() };
            rows.iter().try_fold(head, |text, row| Ok(text + &csv::line(row, columns)?))
        }
    }
}

/// One row on one line, for a change that is shown as it comes.
pub(crate) fn format_line<R: Serialize>(
    form: Form,
    row: &R,
    columns: &[Column<R>],
    style: Style,
) -> Result<String, serde_json::Error> {
    match form {
        Form::Table => Ok(render_row(row, columns.iter().filter(|column| !column.wide), style)),
        Form::Wide => Ok(render_row(row, columns.iter(), style)),
        Form::Json => Ok(format!("{}\n", serde_json::to_string(row)?)),
        Form::Csv => csv::line(row, columns),
    }
}

#[cfg(test)]
mod columns;
#[cfg(test)]
mod tests;
