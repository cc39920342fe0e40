//! The line `System configuration: lcpu=8 mem=2048MB ent=0.20` above many tables.

use crate::reading::Reading;
use crate::tool::row::fact;
use crate::tool::text::{self, Line};

/// Takes what the line says; `false` when it is another line.
pub(super) fn take(reading: &mut Reading, line: &Line<'_>) -> bool {
    // `Systemkonfiguration: lcpu=8 mem=8192MB`: the label is translated, the names are not.
    let lower = line.text.to_ascii_lowercase();
    let translated = || {
        let values = line.text.split_once([':', '\u{ff1a}']).map(|(_, values)| values.split_whitespace());
        values.is_some_and(|mut values| {
            values.clone().any(|word| word.starts_with("lcpu=")) && values.all(|word| word.contains('='))
        })
    };
    if !lower.trim_start().starts_with("system configuration") && !translated() {
        return false;
    }
    for (name, value) in line.words().filter_map(|word| word.split_once('=')) {
        let known = match name {
            "lcpu" => {
                reading.lcpu = text::count(value);
                reading.cpu_count = reading.lcpu;
                reading.lcpu.is_some()
            }
            "mem" => {
                reading.mem_total_bytes = text::size(value, 1 << 20);
                reading.mem_total_bytes.is_some()
            }
            "ent" => {
                reading.entitlement = text::number(value);
                reading.entitlement.is_some()
            }
            "type" | "mode" | "smt" => {
                fact(reading, name, value);
                true
            }
            _ => true,
        };
        if !known {
            reading.remark(line.number, format!("{name}: no number, left out"));
        }
    }
    true
}
