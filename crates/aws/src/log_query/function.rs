//! Functions of a record.

use super::datum::Datum;
use super::expression::{Expression, Scope};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Most arguments.
pub(super) const ARGUMENTS_MAX: usize = 100;
/// Bytes of a text that is made.
const TEXT_MAX: usize = 1 << 20;

macro_rules! functions {
    ($($function:ident $name:literal $least:literal $most:expr;)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($function,)* }

        impl Function {
            /// The function of a name, with the least and the most arguments that it takes.
            pub(super) fn named(name: &str) -> Option<(Self, usize, usize)> {
                match name.to_ascii_lowercase().as_str() {
                    $($name => Some((Self::$function, $least, $most)),)*
                    _ => None,
                }
            }
        }
    };
}

functions! {
    Abs "abs" 1 1; Ceil "ceil" 1 1; Floor "floor" 1 1; Round "round" 1 1; Log "log" 1 1; Sqrt "sqrt" 1 1;
    Greatest "greatest" 1 ARGUMENTS_MAX; Least "least" 1 ARGUMENTS_MAX;
    IsPresent "ispresent" 1 1; IsEmpty "isempty" 1 1; IsBlank "isblank" 1 1; Coalesce "coalesce" 1 ARGUMENTS_MAX;
    If "if" 3 3; Concat "concat" 1 ARGUMENTS_MAX; Trim "trim" 1 2; LeftTrim "ltrim" 1 2; RightTrim "rtrim" 1 2;
    Length "strlen" 1 1; Upper "toupper" 1 1; Lower "tolower" 1 1; Part "substr" 2 3; Replace "replace" 3 3;
    Contains "strcontains" 2 2;
    Bin "bin" 1 1; DateFloor "datefloor" 2 2; DateCeil "dateceil" 2 2; FromMillis "frommillis" 1 1;
    ToMillis "tomillis" 1 1; Now "now" 0 0;
    IsIp "isvalidip" 1 1; IsIpv4 "isvalidipv4" 1 1; IsIpv6 "isvalidipv6" 1 1;
    InSubnet "isipinsubnet" 2 2; InSubnet4 "isipv4insubnet" 2 2; InSubnet6 "isipv6insubnet" 2 2;
}

impl Function {
    pub(super) fn call(self, arguments: &[Expression], scope: Scope<'_>) -> Datum {
        let value = |place: usize| arguments.get(place).map_or(Datum::Missing, |one| one.value(scope));
        let number = |place: usize| value(place).number();
        let text = |place: usize| value(place).text().map(std::borrow::Cow::into_owned);
        let of_number =
            |work: fn(f64) -> f64| number(0).map_or(Datum::Missing, |n| Datum::of_number(work(n)));
        let of_text = |made: Option<String>| {
            made.filter(|made| made.len() <= TEXT_MAX).map_or(Datum::Missing, Datum::Text)
        };
        let numbers = || arguments.iter().filter_map(|one| one.value(scope).number());
        match self {
            Self::Abs => of_number(f64::abs),
            Self::Ceil => of_number(f64::ceil),
            Self::Floor => of_number(f64::floor),
            Self::Round => of_number(f64::round),
            Self::Log => of_number(f64::ln),
            Self::Sqrt => of_number(f64::sqrt),
            Self::Greatest => numbers().reduce(f64::max).map_or(Datum::Missing, Datum::Number),
            Self::Least => numbers().reduce(f64::min).map_or(Datum::Missing, Datum::Number),
            Self::IsPresent => Datum::Boolean(!value(0).is_missing()),
            Self::IsEmpty => Datum::Boolean(text(0).is_none_or(|text| text.is_empty())),
            Self::IsBlank => Datum::Boolean(text(0).is_none_or(|text| text.trim().is_empty())),
            Self::Coalesce => {
                let mut values = arguments.iter().map(|one| one.value(scope));
                values.find(|value| !value.is_missing()).unwrap_or(Datum::Missing)
            }
            Self::If => value(if value(0).is_true() { 1 } else { 2 }),
            Self::Concat => {
                let mut all = String::new();
                for one in arguments {
                    all.push_str(&one.value(scope).text().unwrap_or_default());
                    if all.len() > TEXT_MAX {
                        return Datum::Missing;
                    }
                }
                Datum::Text(all)
            }
            Self::Trim | Self::LeftTrim | Self::RightTrim => of_text(text(0).map(|whole| {
                let cut = text(1);
                let is_cut = |c: char| cut.as_ref().map_or_else(|| c.is_whitespace(), |cut| cut.contains(c));
                match self {
                    Self::LeftTrim => whole.trim_start_matches(is_cut),
                    Self::RightTrim => whole.trim_end_matches(is_cut),
                    _ => whole.trim_matches(is_cut),
                }
                .to_owned()
            })),
            Self::Length => text(0).map_or(Datum::Missing, |text| Datum::Number(text.chars().count() as f64)),
            Self::Upper => of_text(text(0).map(|text| text.to_uppercase())),
            Self::Lower => of_text(text(0).map(|text| text.to_lowercase())),
            Self::Part => {
                let (start, length) = (number(1).map(whole), number(2).map(whole));
                of_text(text(0).zip(start).map(|(text, start)| {
                    text.chars().skip(start).take(length.unwrap_or(usize::MAX)).collect()
                }))
            }
            Self::Replace => of_text(text(0).zip(text(1)).zip(text(2)).map(|((whole, old), new)| {
                // What would grow without bound is left.
                let count = if old.is_empty() { 0 } else { whole.matches(&old).count() };
                let is_large = count.saturating_mul(new.len()) > TEXT_MAX;
                if count == 0 || is_large { whole } else { whole.replace(&old, &new) }
            })),
            Self::Contains => {
                let both = text(0).zip(text(1));
                Datum::Boolean(both.is_some_and(|(text, part)| text.contains(&part)))
            }
            Self::Bin => floor(scope.record.get("@timestamp").number(), number(0), f64::floor),
            Self::DateFloor => floor(number(0), number(1), f64::floor),
            Self::DateCeil => floor(number(0), number(1), f64::ceil),
            Self::FromMillis => number(0).map_or(Datum::Missing, |millis| Datum::Time(instant(millis))),
            Self::ToMillis => number(0).map_or(Datum::Missing, Datum::Number),
            Self::Now => Datum::Number(scope.now.div_euclid(1_000) as f64),
            Self::IsIp => Datum::Boolean(parsed::<IpAddr>(text(0)).is_some()),
            Self::IsIpv4 => Datum::Boolean(parsed::<Ipv4Addr>(text(0)).is_some()),
            Self::IsIpv6 => Datum::Boolean(parsed::<Ipv6Addr>(text(0)).is_some()),
            Self::InSubnet | Self::InSubnet4 | Self::InSubnet6 => {
                let address = parsed::<IpAddr>(text(0)).filter(|address| match self {
                    Self::InSubnet4 => address.is_ipv4(),
                    Self::InSubnet6 => address.is_ipv6(),
                    _ => true,
                });
                let both = address.zip(text(1));
                Datum::Boolean(both.is_some_and(|(address, net)| is_inside(address, &net).unwrap_or(false)))
            }
        }
    }
}

fn parsed<T: std::str::FromStr>(text: Option<String>) -> Option<T> {
    text?.trim().parse().ok()
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond the bounds becomes the bound")]
fn instant(millis: f64) -> i64 {
    millis as i64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as above, and none is negative")]
fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}

/// A time made a multiple of a span.
fn floor(time: Option<f64>, span: Option<f64>, round: fn(f64) -> f64) -> Datum {
    match (time, span) {
        (Some(time), Some(span)) if span >= 1.0 => Datum::Time(instant(round(time / span) * span)),
        _ => Datum::Missing,
    }
}

fn is_inside(address: IpAddr, net: &str) -> Option<bool> {
    let (base, bits) = net.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    match (address, base.parse().ok()?) {
        (IpAddr::V4(address), IpAddr::V4(base)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            Some(u32::from(address) & mask == u32::from(base) & mask)
        }
        (IpAddr::V6(address), IpAddr::V6(base)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            Some(u128::from(address) & mask == u128::from(base) & mask)
        }
        _ => None,
    }
}
