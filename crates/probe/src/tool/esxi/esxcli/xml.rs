//! `esxcli --formatter=xml`: structures of fields, each with a value of some type.
//!
//! ```text
//! <structure typeName="Filesystem">
//! <field name="Free"><integer>549755813888</integer></field>
//! ```

use crate::tool::record::{MOST_RECORDS, Record};

/// Each structure as a record; of one that is cut the fields before the cut count.
pub(super) fn records(text: &str) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    // The name of the field that is open.
    let mut field: Option<String> = None;
    for tag in text.split('<').skip(1) {
        let Some((tag, content)) = tag.split_once('>') else { break };
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name {
            "structure" => {
                if records.len() >= MOST_RECORDS {
                    break;
                }
                records.push(Record::default());
                field = None;
            }
            "field" => field = attribute(tag, "name").map(|name| plain(name).to_lowercase()),
            "/field" | "/structure" => field = None,
            // `<integer>7</integer>`: the tag that closes it has nothing behind it.
            _ if !name.starts_with('/') => {
                if let (Some(field), Some(record)) = (field.take(), records.last_mut()) {
                    record.set(&field, &plain(content));
                }
            }
            _ => {}
        }
    }
    records
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// Text with its entities.
fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    for (entity, char) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")] {
        plain = plain.replace(entity, char);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_are_records_of_their_fields() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<output><root><list type=\"structure\">\n<structure typeName=\"Filesystem\">\n<field name=\"Free\"><integer>512</integer></field>\n<field name=\"VolumeName\"><string>a &amp; b</string></field>\n<field name=\"Label\"><string></string></field>\n</structure>\n<structure typeName=\"Filesystem\">\n<field name=\"Free\"><integer>7</integer></field>\n<field name=\"Size\"><inte";
        let records = records(text);
        assert_eq!(
            (records.len(), records[0].count("free"), records[0].text("volumename")),
            (2, Some(512), Some("a & b"))
        );
        assert_eq!(
            (records[0].text("label"), records[1].count("free"), records[1].count("size")),
            (None, Some(7), None)
        );
    }
}
