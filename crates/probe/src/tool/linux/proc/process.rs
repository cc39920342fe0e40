//! `/proc/N/stat` and `/proc/N/status`: one process each.

use super::super::super::figures::amount;
use super::super::super::text::count;
use crate::reading::Process;

/// `/proc/N/stat`: the name is in parentheses and may hold anything, hence the last one of them.
pub(super) fn of_stat(text: &str) -> Option<Process> {
    let (pid, rest) = text.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    let pid = count(pid).filter(|_| !pid.is_empty())?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    // From the state on, as the kernel's manual counts from three.
    let at = |field: usize| words.get(field - 3).copied();
    let state = at(3).filter(|state| state.len() == 1 && words.len() > 20)?;
    Some(Process {
        pid: Some(pid),
        ppid: at(4).and_then(count),
        state: Some(state.to_owned()),
        nlwp: at(20).and_then(count),
        virt_bytes: at(23).and_then(count),
        command: Some(name.to_owned()),
        ..Process::default()
    })
}

/// A line of `/proc/N/status`, which begins with the name; false when it is none.
pub(super) fn status_line(process: &mut Option<Process>, text: &str) -> bool {
    let Some((name, value)) = text.split_once(":\t") else { return false };
    let value = value.trim();
    if name == "Name" {
        *process = Some(Process { command: Some(value.to_owned()), ..Process::default() });
        return true;
    }
    let Some(process) = process else { return false };
    let words = || value.split_whitespace();
    let kibibytes = || amount(value.strip_suffix("kB")?.trim_end(), 1024);
    match name {
        "State" => process.state = words().next().map(str::to_owned),
        "Pid" => process.pid = count(value),
        "PPid" => process.ppid = count(value),
        "Uid" => process.user = words().next().map(str::to_owned),
        "VmSize" => process.virt_bytes = kibibytes(),
        "VmRSS" => process.rss_bytes = kibibytes(),
        "Threads" => process.nlwp = count(value),
        _ => return name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_more_than_a_stat() {
        let mut process = None;
        for line in [
            "Name:\tWeb Content",
            "State:\tS (sleeping)",
            "Pid:\t4711",
            "PPid:\t1",
            "Uid:\t1000\t1000\t1000\t1000",
            "VmSize:\t    2048 kB",
            "VmRSS:\t    1024 kB",
            "Threads:\t12",
        ] {
            assert!(status_line(&mut process, line), "{line}");
        }
        let process = process.unwrap();
        assert_eq!((process.pid, process.ppid, process.nlwp), (Some(4711), Some(1), Some(12)));
        assert_eq!((process.rss_bytes, process.virt_bytes), (Some(1 << 20), Some(2 << 20)));
        assert_eq!((process.state.as_deref(), process.command.as_deref()), (Some("S"), Some("Web Content")));
        assert!(!status_line(&mut None, "Pid:\t1"));
    }
}
