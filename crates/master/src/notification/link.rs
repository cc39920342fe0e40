//! Addresses of the console in messages: where master.toml says that people find it.

use topmast_model::problem::ProblemId;

/// Longest address, in bytes: longer ones are broken by mail programs.
const ADDRESS_MAX: usize = 200;

/// Makes links; none when nobody said where the console is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Links(Option<String>);

impl Links {
    pub(crate) fn new(public_url: Option<&str>) -> Self {
        Self(public_url.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// What is wrong with such an address, and what to write instead.
    pub(crate) fn check(public_url: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{what}; write it as https://console.example.com"));
        if public_url.len() > ADDRESS_MAX {
            return wrong("the address is too long");
        }
        let Ok(url) = reqwest::Url::parse(public_url) else { return wrong("this is no address") };
        match () {
            () if !matches!(url.scheme(), "http" | "https") => wrong("the address is not of http or https"),
            () if url.query().is_some() || url.fragment().is_some() => {
                wrong("the address has more than a path")
            }
            () if !url.username().is_empty() || url.password().is_some() => {
                wrong("the address holds a login")
            }
            // The console is made for the root of an address.
            () if url.path() != "/" => wrong("the console is at the root of its address"),
            () => Ok(()),
        }
    }

    pub(super) fn problem(&self, id: ProblemId) -> Option<String> {
        self.0.as_ref().map(|url| format!("{url}/problems?open={id}"))
    }

    pub(super) fn problems(&self) -> Option<String> {
        self.0.as_ref().map(|url| format!("{url}/problems"))
    }

    pub(super) fn alarms(&self) -> Option<String> {
        self.0.as_ref().map(|url| format!("{url}/problems?filter=rule%3Daws-alarm"))
    }

    pub(super) fn notifications(&self) -> Option<String> {
        self.0.as_ref().map(|url| format!("{url}/notifications"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_the_console_is_checked_and_makes_links() {
        for right in ["https://console.example.com", "http://10.0.0.7:7400/", "https://[::1]"] {
            Links::check(right).unwrap();
        }
        for wrong in [
            "console.example.com",
            "ftp://console.example.com",
            "https://console.example.com/topmast",
            "https://console.example.com/?a=1",
            "https://me:secret@console.example.com",
            "",
        ] {
            assert!(Links::check(wrong).unwrap_err().contains("write it as"), "{wrong}");
        }
        let links = Links::new(Some("https://console.example.com/"));
        assert_eq!(links.problem(ProblemId(17)).unwrap(), "https://console.example.com/problems?open=17");
        assert_eq!(Links::new(None).problem(ProblemId(17)), None);
    }
}
