//! Configurations as code: a TOML file of `[[configuration]]` tables, read with the place of what is wrong.

use super::Configuration;
use crate::notification::Secret;
use crate::rule::text::RulesTextError as TextError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;
use toml::de::DeTable;

/// Largest text, in bytes.
pub const BYTES_MAX: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    configuration: Vec<Configuration<Secret>>,
}

#[derive(Serialize)]
struct Written<'a, S> {
    configuration: &'a [Configuration<S>],
}

/// Reads and checks configurations. A secret may be `<secret>`: the one that there is.
///
/// # Errors
/// [`TextError`] with the first thing that is wrong.
pub fn read(text: &str) -> Result<Vec<Configuration<Secret>>, TextError> {
    if text.len() > BYTES_MAX {
        let most = BYTES_MAX >> 20;
        let message = format!("{} bytes are too many; a text has at most {most} MiB: split it", text.len());
        return Err(TextError::within(text, &(0..0), &message));
    }
    let file = toml::from_str::<File>(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        TextError::within(text, &span, error.message().trim_end_matches('.'))
    })?;
    let mut names = BTreeSet::new();
    for (index, one) in file.configuration.iter().enumerate() {
        let at =
            |field: &str, message: &str| Err(TextError::within(text, &place(text, index, field), message));
        if let Err(error) = one.check() {
            return at(error.field, &format!("configuration {:?}, {error}", one.name));
        }
        if !names.insert(one.name.as_str()) {
            return at("name", &format!("there are two configurations {:?}; rename one", one.name));
        }
    }
    Ok(file.configuration)
}

/// Writes configurations in the form that [`read`] reads.
///
/// # Errors
/// Those of the serialiser, which are bugs here: every configuration is plain data.
pub fn write<S: Serialize>(configurations: &[Configuration<S>]) -> Result<String, toml::ser::Error> {
    toml::to_string_pretty(&Written { configuration: configurations })
}

fn place(text: &str, index: usize, field: &str) -> Range<usize> {
    let file = DeTable::parse(text).ok();
    let one =
        file.as_ref().and_then(|file| file.get_ref().get("configuration")?.get_ref().as_array()?.get(index));
    let key = one.and_then(|one| one.get_ref().as_table()?.get_key_value(field));
    key.map(|(key, _)| key.span()).or_else(|| one.map(toml::Spanned::span)).unwrap_or(0..0)
}
