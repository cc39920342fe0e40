//! Response codes of ISO 8583 (field 39), as far as the switch answers them.

/// What an authorisation was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Response {
    /// 00
    Approved,
    /// 05
    DoNotHonour,
    /// 14
    InvalidCardNumber,
    /// 51
    InsufficientFunds,
    /// 54
    ExpiredCard,
    /// 55
    IncorrectPin,
    /// 91
    IssuerInoperative,
    /// 96
    SystemMalfunction,
}

impl Response {
    /// Every code, ascending.
    pub(crate) const ALL: [Self; 8] = [
        Self::Approved,
        Self::DoNotHonour,
        Self::InvalidCardNumber,
        Self::InsufficientFunds,
        Self::ExpiredCard,
        Self::IncorrectPin,
        Self::IssuerInoperative,
        Self::SystemMalfunction,
    ];

    /// The two digits on the line.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Approved => "00",
            Self::DoNotHonour => "05",
            Self::InvalidCardNumber => "14",
            Self::InsufficientFunds => "51",
            Self::ExpiredCard => "54",
            Self::IncorrectPin => "55",
            Self::IssuerInoperative => "91",
            Self::SystemMalfunction => "96",
        }
    }

    /// The code in words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::DoNotHonour => "do not honour",
            Self::InvalidCardNumber => "invalid card number",
            Self::InsufficientFunds => "insufficient funds",
            Self::ExpiredCard => "expired card",
            Self::IncorrectPin => "incorrect PIN",
            Self::IssuerInoperative => "issuer or switch inoperative",
            Self::SystemMalfunction => "system malfunction",
        }
    }

    /// True for a technical failure. A decline (05, 51 …) is the switch doing its work.
    pub(crate) fn is_error(self) -> bool {
        matches!(self, Self::IssuerInoperative | Self::SystemMalfunction)
    }

    /// The code's place in [`Response::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_only_91_and_96_are_errors() {
        assert!(Response::ALL.windows(2).all(|pair| pair[0].code() < pair[1].code()));
        assert!(Response::ALL.iter().enumerate().all(|(index, response)| response.index() == index));
        let errors: Vec<_> = Response::ALL.iter().filter(|r| r.is_error()).map(|r| r.code()).collect();
        assert_eq!(errors, ["91", "96"]);
    }
}
