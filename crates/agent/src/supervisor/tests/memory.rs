//! A process that the kernel really kills for want of memory: it runs in a control group with little of it.
//!
//! It takes root and a memory control group, of version 1 or 2, that can be written; where they are missing the
//! test says so and does nothing.

use super::*;

/// What the application may have, in bytes: enough for a shell, and soon used up.
const LIMIT: &str = "33554432";

/// A control group with a memory limit.
struct Group(PathBuf);

impl Group {
    /// `Err` with the reason when there cannot be one here.
    fn new() -> Result<Self, String> {
        let mounts = fs::read_to_string("/proc/self/mounts").map_err(|error| error.to_string())?;
        let mounts = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
        let mut reasons = vec!["no memory control group is mounted".to_owned()];
        for words in mounts.filter(|words| words.len() > 3) {
            let (root, kind, options) = (Path::new(words[1]), words[2], words[3]);
            let limit = match kind {
                "cgroup" if options.split(',').any(|option| option == "memory") => "memory.limit_in_bytes",
                "cgroup2" => "memory.max",
                _ => continue,
            };
            let path = root.join(format!("topmast-test-{}", Uuid::new_v4()));
            let made = fs::create_dir(&path).map(|()| Self(path.clone()));
            // A file that is not there belongs to a controller that is not on; it cannot be made either.
            match made.and_then(|group| fs::write(path.join(limit), LIMIT).map(|()| group)) {
                Ok(group) => return Ok(group),
                Err(error) => reasons.push(format!("{}: {error}", path.join(limit).display())),
            }
        }
        Err(reasons.join("; "))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The kernel refuses while a process is in it, and the test has failed then.
        let _ = fs::remove_dir(&self.0);
    }
}

#[tokio::test]
async fn process_killed_for_want_of_memory_says_so() {
    let group = match Group::new() {
        Ok(group) => group,
        Err(reason) => {
            eprintln!("skipped, nothing was tested: {reason}");
            return;
        }
    };
    let command = format!("echo $$ > {}/cgroup.procs && exec tail /dev/zero", group.0.display());
    let bench = Bench::start(&[("app", &unit(&command, "[restart]\npolicy = 'never'"))]).await;
    let view = bench.status("app", Failed).await;
    assert_eq!(view.state.cause, Cause::OutOfMemory);
}
