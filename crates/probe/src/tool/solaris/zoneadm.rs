//! `zoneadm list`: `-v` a table, `-p` fields between colons, and names alone.

use crate::error::{Fault, ParseError};
use crate::reading::{Reading, Zone};
use crate::tool::row::{Head, Row};
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut list: Vec<Zone> = Vec::new();
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words[..2.min(words.len())] == ["ID", "NAME"] {
            head = Some(Head::of(line.text));
            list.clear();
            understood = true;
        } else if let Some(head) = &head {
            let cells = if words.len() == head.len() { Some(words) } else { around_path(head, &words) };
            let row = cells.filter(|cells| cells.first().is_some_and(|id| is_id(id)));
            let Some(cells) = row else {
                reading.remark(line.number, "the row has not the columns of its header, left out");
                continue;
            };
            let row = Row::new(head, cells, line.number);
            list.push(Zone {
                id: row.count(&["ID"]),
                name: row.text(&["NAME"]).map(str::to_owned),
                state: row.text(&["STATUS", "STATE"]).map(str::to_owned),
                path: row.text(&["PATH"]).map(str::to_owned),
                brand: row.text(&["BRAND"]).map(str::to_owned),
                ip: row.text(&["IP"]).map(str::to_owned),
                ..Zone::default()
            });
            row.report(&mut reading);
        } else {
            match (&fields(line.text.trim())[..], &words[..]) {
                ([id, name, state, path, rest @ ..], _) if is_id(id) => {
                    let said =
                        |at: usize| rest.get(at).filter(|field| !field.is_empty() && *field != "-").cloned();
                    understood = true;
                    list.push(Zone {
                        id: text::count(id).filter(|_| id != "-"),
                        name: Some(name.clone()),
                        state: Some(state.clone()),
                        path: (!path.is_empty() && path != "-").then(|| path.clone()),
                        // The first one is its UUID.
                        brand: said(1),
                        ip: said(2),
                        ..Zone::default()
                    });
                }
                (_, [name]) if is_name(name) => {
                    understood = true;
                    list.push(Zone { name: Some((*name).to_owned()), ..Zone::default() });
                }
                _ => reading.remark(line.number, "no zone in this line, left out"),
            }
        }
    }
    if !understood {
        return Err(text.error(Fault::Missing("a list of zones")));
    }
    bound(&mut list, "zones", &mut reading);
    reading.zones = Some(list);
    Ok(reading)
}

/// A zone has a number while it runs.
fn is_id(word: &str) -> bool {
    word == "-" || (!word.is_empty() && text::count(word).is_some())
}

/// Whether a word can be the name of a zone; a banner is none.
fn is_name(word: &str) -> bool {
    word.starts_with(|char: char| char.is_ascii_alphanumeric())
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// Cells of a row of which just the path holds blanks: it starts with `/`, and what follows it is words.
fn around_path<'r>(head: &Head<'_>, words: &[&'r str]) -> Option<Vec<&'r str>> {
    let at = head.place("PATH")?;
    let after = head.len() - at - 1;
    (words.len() > head.len() && words.get(at)?.starts_with('/')).then_some(())?;
    let mut cells = words[..=at].to_vec();
    cells.extend(&words[words.len() - after..]);
    // The rest of the path cannot be told from its first word without the blanks between: it is left out.
    cells[at] = "-";
    Some(cells)
}

/// Parts at colons that no backslash escapes.
fn fields(text: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == ':' {
            fields.push(String::new());
            continue;
        }
        let char = if char == '\\' { chars.next().unwrap_or(char) } else { char };
        if let Some(field) = fields.last_mut() {
            field.push(char);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Zone> {
        parse(&Text::of("solaris zoneadm", text)).unwrap().zones.unwrap()
    }

    #[test]
    fn table_has_a_dash_where_a_zone_does_not_run() {
        let list = read(
            "  ID NAME             STATUS     PATH                           BRAND    IP\n\
             \x20  0 global           running    /                              native   shared\n\
             \x20  - shop-b           installed  /zones/shop-b                  solaris  excl\n",
        );
        assert_eq!(
            (list[0].id, list[0].path.as_deref(), list[0].ip.as_deref()),
            (Some(0), Some("/"), Some("shared"))
        );
        assert_eq!((list[1].id, list[1].state.as_deref()), (None, Some("installed")));
    }

    #[test]
    fn colons_of_paths_are_escaped() {
        let list = read(
            "0:global:running:/::solaris:shared:-:none:\n-:a:configured:/zones/a\\:b:1234-5:lx:excl:-::\n",
        );
        assert_eq!((list[0].brand.as_deref(), list[0].ip.as_deref()), (Some("solaris"), Some("shared")));
        assert_eq!((list[1].path.as_deref(), list[1].brand.as_deref()), (Some("/zones/a:b"), Some("lx")));
        assert_eq!(read("global\nshop\n")[1].name.as_deref(), Some("shop"));
    }
}
