//! The groups of a user, from `/etc/group`: Solaris before 11.4 has no call that lists them without taking them on.

use nix::unistd::Gid;

/// Every group of a user, and the primary one that it is to have; `None` when that cannot be told.
pub(crate) fn groups_of(user: &str, primary: Gid) -> Option<Vec<Gid>> {
    let text = std::fs::read_to_string("/etc/group").ok()?;
    Some(groups_in(&text, user, primary))
}

/// Lines are `NAME:PASSWORD:NUMBER:USER,USER`.
fn groups_in(text: &str, user: &str, primary: Gid) -> Vec<Gid> {
    let mut groups = vec![primary];
    for line in text.lines() {
        let mut fields = line.split(':').skip(2);
        let (Some(number), Some(users)) =
            (fields.next().and_then(|number| number.parse().ok()), fields.next())
        else {
            continue;
        };
        let group = Gid::from_raw(number);
        if users.split(',').any(|member| member == user) && !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}
