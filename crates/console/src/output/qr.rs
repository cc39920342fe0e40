//! A QR code in a terminal: two lines of modules in one of half blocks.

/// Light modules around a code, which scanners need to find it.
const QUIET: usize = 4;

/// Draws a code, line by line `1` for dark and `0` for light. The colours are said, so that it is dark on light whatever the
/// terminal's are; without colours the blocks stand for what is light, as most terminals are dark.
pub(crate) fn draw(lines: &[String], colour: bool) -> String {
    let width = lines.len() + 2 * QUIET;
    let is_dark = |x: usize, y: usize| {
        let line = y.checked_sub(QUIET).and_then(|y| lines.get(y));
        line.zip(x.checked_sub(QUIET)).is_some_and(|(line, x)| line.as_bytes().get(x) == Some(&b'1'))
    };
    let line = |y: usize| {
        let line = (0..width).map(|x| match (is_dark(x, y), is_dark(x, y + 1)) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        });
        let line: String = line.collect();
        if colour { format!("\x1b[97;40m{line}\x1b[0m\n") } else { format!("{line}\n") }
    };
    (0..width).step_by(2).map(line).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lines_are_one_of_half_blocks_with_light_around() {
        let drawn = draw(&["10".to_owned(), "01".to_owned()], false);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines, ["██████████", "██████████", "████▄▀████", "██████████", "██████████"]);
        assert!(draw(&["1".to_owned()], true).starts_with("\u{1b}[97;40m"));
    }
}
