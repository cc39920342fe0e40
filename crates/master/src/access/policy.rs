//! Which passwords are taken: long ones that are not the first to be guessed.
//!
//! No rule about capitals and digits: they make passwords that are hard for people and easy for programs.

use topmast_api::user::PASSWORD_MAX;

/// Characters that must be left of a password without its user's name.
const BESIDE_NAME_MIN: usize = 8;
/// Fewer different characters are a pattern.
const DIFFERENT_MIN: usize = 5;
/// The most guessed, in lower case and without digits and signs at their ends.
const COMMON: &str = include_str!("common-passwords.txt");

/// Why a password is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Too short or too long.
    #[error(
        "a password has at least {least} characters and at most {PASSWORD_MAX} bytes; this one has {found} characters"
    )]
    Length {
        /// The shortest that is taken.
        least: usize,
        /// What it has.
        found: usize,
    },
    /// The user's name with little more.
    #[error("the password is little more than the user's name; choose other words")]
    Name,
    /// On the list.
    #[error(
        "the password is among the first that are guessed; choose several words that have nothing to do with each other"
    )]
    Common,
    /// The same again and again.
    #[error("the password repeats the same few characters; choose several words")]
    Pattern,
}

/// Checks a new password of a user. `least`: the shortest that is taken, in characters.
///
/// # Errors
/// [`PolicyError`] with what to do.
pub fn check(least: usize, user: &str, password: &str) -> Result<(), PolicyError> {
    let characters = password.chars().count();
    if characters < least || password.len() > PASSWORD_MAX {
        return Err(PolicyError::Length { least, found: characters });
    }
    let lower = password.to_lowercase();
    let user = user.to_lowercase();
    if user.chars().count() >= 3
        && lower.contains(&user)
        && lower.replace(&user, "").chars().count() < BESIDE_NAME_MIN
    {
        return Err(PolicyError::Name);
    }
    let bare = lower.trim_matches(|character: char| !character.is_alphabetic());
    if COMMON.lines().any(|line| line == lower || (!bare.is_empty() && line == bare)) {
        return Err(PolicyError::Common);
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_MIN || is_repeated(&lower) {
        return Err(PolicyError::Pattern);
    }
    Ok(())
}

/// True when it is a common word or few characters, several times: `passwordpassword`, `abcabcabcabc`.
fn is_repeated(lower: &str) -> bool {
    let characters: Vec<char> = lower.chars().collect();
    let count = characters.len();
    (1..=count / 2).filter(|length| count.is_multiple_of(*length)).any(|length| {
        let (unit, rest) = characters.split_at(length);
        let again = rest.chunks(length).all(|chunk| chunk == unit);
        let unit: String = unit.iter().collect();
        again && (length <= 6 || COMMON.lines().any(|line| line == unit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_passwords_are_taken_and_guessable_ones_refused() {
        use PolicyError::{Common, Name, Pattern};
        for (user, password, expect) in [
            ("eve", "correct horse battery", Ok(())),
            ("eve", "correct-horse-battery", Ok(())),
            ("eve", "zwölf Zeichen sind genug", Ok(())),
            ("eve", "every evening we sing", Ok(())),
            ("a", "a plain sentence", Ok(())),
            ("eve", "short", Err(PolicyError::Length { least: 12, found: 5 })),
            ("eve", "ÄÖÜäöüßÄÖÜä", Err(PolicyError::Length { least: 12, found: 11 })),
            ("administrator", "Administrator1", Err(Name)),
            ("operations", "operations-2026", Err(Name)),
            ("eve", "Password123456", Err(Common)),
            ("eve", "!!!Qwertyuiop99", Err(Common)),
            ("eve", "123456789012", Err(Common)),
            ("eve", "correcthorsebatterystaple", Err(Common)),
            ("eve", "aaaaaaaaaaaaaaaa", Err(Pattern)),
            ("eve", "abcdefabcdef", Err(Pattern)),
            ("eve", "passwordpassword", Err(Pattern)),
        ] {
            assert_eq!(check(12, user, password), expect, "{user} {password}");
        }
        let endless = "long and many words ".repeat(60);
        assert!(matches!(check(12, "eve", &endless), Err(PolicyError::Length { .. })));
        assert_eq!(check(8, "eve", "t4bl3 c8"), Ok(()));
    }

    #[test]
    fn no_error_repeats_the_password() {
        for password in ["Password123456", "hunter2", "evexevexevex"] {
            let error = check(12, "eve", password).unwrap_err().to_string();
            assert!(!error.contains(password), "{error}");
        }
    }

    #[test]
    fn the_list_is_in_the_form_that_is_looked_up() {
        for line in COMMON.lines() {
            assert_eq!(line, line.to_lowercase().trim(), "{line}");
            assert!(!line.is_empty());
        }
    }
}
