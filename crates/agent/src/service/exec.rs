//! The `exec` source: a command ends with code 0.

use super::ServiceObservation;
use super::command::Finished;
use topmast_model::status::ServiceStatus;

/// STARTED for code 0, else MALFUNCTION with code `EXIT<code>`; the first line printed is the message.
pub(super) fn parse(name: &str, finished: &Finished) -> ServiceObservation {
    let text = finished.output.lines().next().unwrap_or("");
    match finished.code {
        0 => ServiceObservation::new(name, ServiceStatus::Started).message(text),
        code => ServiceObservation::new(name, ServiceStatus::Malfunction)
            .code(&format!("EXIT{code}"))
            .message(if text.trim().is_empty() { "the command printed nothing" } else { text }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_decides_and_first_line_is_the_message() {
        let finished = |code, output: &str| Finished { code, output: output.to_owned() };
        assert_eq!(parse("x", &finished(0, "")).status, ServiceStatus::Started);
        let failed = parse("x", &finished(2, "no disk\nmore"));
        assert_eq!((failed.status, failed.message.as_deref()), (ServiceStatus::Malfunction, Some("no disk")));
        assert_eq!(failed.codes, ["EXIT2"]);
    }
}
