//! What may not leave a server: card numbers, and whatever its own rules name.
//!
//! A *card number* has 13 to 19 digits that pass the check of Luhn, in one piece or in groups of at least four with one
//! kind of separator between them. Its first six and last four digits stay, which is what may be shown (PCI DSS 3.4).
//!
//! Invariants
//! - RD-1: of every card number in a line at most the first six and the last four digits are left, whatever other numbers
//!   stand beside it: each digit that is in the middle of any number that could be one is hidden.
//! - RD-2: nothing but those digits and what rules match is changed.

use regex::bytes::Regex;
use std::borrow::Cow;

/// Digits of a card number.
const CARD: std::ops::RangeInclusive<usize> = 13..=19;
/// Digits that stay at its ends.
const SHOWN: (usize, usize) = (6, 4);
/// Fewest digits of a group, but for the last.
const GROUP: usize = 4;

/// Hides what may not be shown.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    /// Card numbers.
    pub cards: bool,
    /// What else, and what stands in its place; `$1` is a group of the expression.
    pub rules: Vec<(Regex, String)>,
}

impl Redactor {
    /// The line as it may be shown.
    pub fn apply<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        let mut shown = Cow::Borrowed(line);
        if self.cards {
            let hidden = middles(&shown);
            if !hidden.is_empty() {
                let line = shown.to_mut();
                for at in hidden {
                    line[at] = b'*';
                }
            }
        }
        for (pattern, with) in &self.rules {
            if let Cow::Owned(changed) = pattern.replace_all(&shown, with.as_bytes()) {
                shown = Cow::Owned(changed);
            }
        }
        shown
    }
}

/// Places of the digits that card numbers of a line hide.
fn middles(line: &[u8]) -> Vec<usize> {
    let mut hidden = Vec::new();
    let mut at = 0;
    while at < line.len() {
        if !line[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let groups = run(line, at);
        at = groups.last().map_or(at + 1, |group| group.1);
        for first in 0..groups.len() {
            candidates(line, &groups[first..], &mut hidden);
        }
    }
    hidden
}

/// The groups of digits from a place on, each with its begin and end, with one separator between each two.
fn run(line: &[u8], begin: usize) -> Vec<(usize, usize)> {
    let mut groups = Vec::new();
    let mut at = begin;
    loop {
        let end = at + line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        groups.push((at, end));
        let goes_on = matches!(line.get(end), Some(b' ' | b'-' | b'.' | b'_' | b'/'))
            && line.get(end + 1).is_some_and(u8::is_ascii_digit);
        if !goes_on {
            return groups;
        }
        at = end + 1;
    }
}

/// Adds what is hidden of each number that begins with the first group.
fn candidates(line: &[u8], groups: &[(usize, usize)], hidden: &mut Vec<usize>) {
    let Some(&(begin, first_end)) = groups.first() else { return };
    let separator = line.get(first_end);
    let mut digits: Vec<usize> = Vec::with_capacity(*CARD.end());
    for (place, &(from, to)) in groups.iter().enumerate() {
        // One kind of separator; a group that is too short was the last of a number.
        let joins = place == 0 || {
            let (before_from, before_to) = groups[place - 1];
            before_to - before_from >= GROUP && line.get(before_to) == separator
        };
        if !joins || digits.len() + (to - from) > *CARD.end() {
            return;
        }
        digits.extend(from..to);
        if CARD.contains(&digits.len()) && may_be_card(line[begin], digits.len()) && luhn(line, &digits) {
            hidden.extend(&digits[SHOWN.0..digits.len() - SHOWN.1]);
        }
    }
}

/// No issuer has numbers that begin with 0; those that begin with 1 have 15 digits, unlike times in milliseconds.
const fn may_be_card(first: u8, digits: usize) -> bool {
    match first {
        b'0' => false,
        b'1' => digits == 15,
        _ => true,
    }
}

/// The check of ISO/IEC 7812-1.
fn luhn(line: &[u8], digits: &[usize]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, at)| {
            let digit = u32::from(line[*at] - b'0');
            let doubled = digit * 2;
            match (place % 2, doubled > 9) {
                (0, _) => digit,
                (_, true) => doubled - 9,
                (_, false) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cards() -> Redactor {
        Redactor { cards: true, rules: Vec::new() }
    }

    fn check(line: &str, expect: &str) {
        assert_eq!(String::from_utf8_lossy(&cards().apply(line.as_bytes())), expect);
    }

    #[test]
    fn card_numbers_keep_their_ends() {
        check("pan=4111111111111111 ok", "pan=411111******1111 ok");
        check("4111 1111 1111 1111", "4111 11** **** 1111");
        check("5500-0000-0000-0004,", "5500-00**-****-0004,");
        check("amex 3782 822463 10005", "amex 3782 82**** *0005");
        check("4222222222222", "422222***2222");
        check("x4111111111111111x4012888888881881", "x411111******1111x401288******1881");
    }

    #[test]
    fn what_is_no_card_number_stays() {
        for line in [
            "4111111111111112",
            "1795958430123 took 5 ms",
            "2026-11-29 13:20:30.123 up",
            "411111111111",
            "41111111111111111111111111",
            "0000000000000000",
            "4111  1111  1111  1111",
        ] {
            check(line, line);
        }
    }

    #[test]
    fn numbers_beside_a_card_number_do_not_save_it() {
        check("id 1234 4111 1111 1111 1111 5678", "id 1234 4111 11** **** 1111 5678");
        check("2026-11-29 4111-1111-1111-1111", "2026-11-29 4111-11**-****-1111");
    }

    #[test]
    fn rules_of_the_server_are_applied_after_cards() {
        let rule = (Regex::new("(password=)\\S+").unwrap(), "${1}***".to_owned());
        let redactor = Redactor { cards: true, rules: vec![rule] };
        let shown = redactor.apply(b"password=hunter2 4111111111111111");
        assert_eq!(&*shown, b"password=*** 411111******1111");
        assert_eq!(&*Redactor::default().apply(b"4111111111111111"), b"4111111111111111");
    }

    /// A number of so many digits that passes the check.
    fn card() -> impl Strategy<Value = Vec<u8>> {
        (prop::collection::vec(0_u8..10, 12..=18), 2_u8..10).prop_map(|(mut digits, first)| {
            digits[0] = first;
            let all: Vec<u8> = digits.iter().map(|digit| digit + b'0').chain([b'0']).collect();
            let places: Vec<usize> = (0..all.len()).collect();
            let check = (0..10)
                .map(|last| [&all[..all.len() - 1], &[b'0' + last]].concat())
                .find(|all| luhn(all, &places));
            check.unwrap()
        })
    }

    proptest! {
        #[test]
        fn no_card_number_leaves_more_than_its_ends(card in card(), before in "[0-9 a-z./-]{0,24}[ :]", after in "[ ,][0-9 a-z-]{0,24}", group in 4_usize..=6, separator in "[ -]?") {
            // RD-1
            let mut text = Vec::new();
            let mut places = Vec::new();
            let line_begin = before.len();
            for (place, digit) in card.iter().enumerate() {
                if place > 0 && place % group == 0 {
                    text.extend(separator.as_bytes());
                }
                places.push(line_begin + text.len());
                text.push(*digit);
            }
            let line = [before.as_bytes(), &text, after.as_bytes()].concat();
            let shown = cards().apply(&line).into_owned();
            for at in &places[6..places.len() - 4] {
                prop_assert_eq!(shown[*at], b'*', "{}", String::from_utf8_lossy(&shown));
            }
        }

        #[test]
        fn only_digits_are_changed_and_only_to_stars(line: Vec<u8>) {
            // RD-2
            let shown = cards().apply(&line).into_owned();
            prop_assert_eq!(shown.len(), line.len());
            for (was, is) in line.iter().zip(&shown) {
                prop_assert!(was == is || (was.is_ascii_digit() && *is == b'*'));
            }
        }

        #[test]
        fn number_that_fails_the_check_stays(card in card(), wrong in 1_u8..10) {
            let mut digits = card;
            let last = digits.len() - 1;
            digits[last] = b'0' + (digits[last] - b'0' + wrong) % 10;
            prop_assert_eq!(&*cards().apply(&digits), &digits[..]);
        }
    }
}
