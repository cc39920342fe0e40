//! Texts of tools: whatever the text, a parser answers, and what it answers can be printed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_probe::tool::{SYSTEMS, Tool, find};

/// A first line with the names of a system and its tool chooses it, as the seeds do; else the first byte does.
fn choose(input: &[u8]) -> Option<(&'static Tool, &[u8])> {
    let end = input.iter().position(|&byte| byte == b'\n').unwrap_or(input.len());
    let (line, text) = input.split_at(end);
    let names = std::str::from_utf8(line).ok().and_then(|line| line.split_once(' '));
    if let Some(tool) = names.and_then(|(system, tool)| find(system, tool)) {
        return Some((tool, text.get(1..).unwrap_or_default()));
    }
    let (&choice, text) = input.split_first()?;
    let tools: Vec<&Tool> = SYSTEMS.iter().flat_map(|system| system.tools).collect();
    Some((tools.get(usize::from(choice) % tools.len().max(1))?, text))
}

fuzz_target!(|input: &[u8]| {
    let Some((tool, text)) = choose(input) else { return };
    match tool.parse(text) {
        Ok(reading) => assert!(serde_json::to_string(&reading).is_ok()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
