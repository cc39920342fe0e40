//! Who may call what how, and that nobody learns from it what others have.

use super::*;
use crate::fixture::*;
use crate::properties::check_all;
use proptest::prelude::*;
use topmast_model::maintenance::{Maintenance, Window};
use topmast_model::notification::text::{read_channels, read_routes};
use topmast_model::notification::{Channel, Route};
use topmast_model::rule::Span;
use topmast_model::safety::ApprovalPolicy;
use topmast_model::time::UnixMillis;
use topmast_model::{configuration, rule};
use uuid::Uuid;

/// The tenant of the master's own cluster.
const OWN: &str = "home";

const KINDS: [&str; 8] =
    ["user", "rule", "rule as code", "channel", "route", "configuration", "policy", "maintenance as code"];

/// Makes a thing of a kind in a tenant.
fn make(kind: &str, name: &str, tenant: &str) -> Command {
    let as_code = |command| Command::ChangeAsCode { order: CodeOrder::Do(Box::new(command)) };
    let sealed =
        |_: &str, _: &_| Ok::<_, std::convert::Infallible>(topmast_model::agentless::Sealed("x".into()));
    match kind {
        "user" => create_user(name, &[&format!("viewer:{tenant}")]),
        "rule" => {
            let toml = format!(
                "[[rule]]\nname = {name:?}\nseverity = \"major\"\nmessage = \"m\"\nwithin = {tenant:?}\n\
                 when.threshold = {{ query = \"x\", compare = \">\", value = 1 }}\n"
            );
            Command::ApplyRules { rules: rule::text::read(&toml).unwrap(), prune: false }
        }
        "channel" => {
            let tenant = path(tenant).ancestor(Level::Tenant).unwrap().to_string();
            let toml = format!(
                "[[channel]]\nname = {name:?}\ntenant = {tenant:?}\nwebhook = {{ url = \"http://127.0.0.1:9/\" }}\n"
            );
            let read = read_channels(&toml).unwrap().remove(0).try_map(sealed);
            let channel: Channel = read.unwrap();
            Command::ApplyChannels { channels: vec![channel], prune: false }
        }
        "route" => {
            let toml = format!("[[route]]\nname = {name:?}\nwithin = {tenant:?}\nchannels = [\"all\"]\n");
            let routes: Vec<Route> = read_routes(&toml).unwrap();
            Command::ApplyRoutes { routes, prune: false }
        }
        "configuration" => {
            let toml = format!(
                "[[configuration]]\nname = {name:?}\nwithin = {tenant:?}\napplication = \"a\"\n\
                 [[configuration.file]]\npath = \"a\"\ncontent = \"c\"\n"
            );
            let configuration = configuration::text::read(&toml).unwrap().remove(0).try_map(sealed).unwrap();
            let order = configuration::ConfigurationOrder::Revise {
                configuration: Box::new(configuration),
                base: None,
                reason: None,
            };
            Command::ChangeConfigurations { order }
        }
        "policy" => {
            let policy = ApprovalPolicy {
                name: name.into(),
                operations: Vec::new(),
                actions: Vec::new(),
                requests: Vec::new(),
                within: Some(path(tenant)),
                only: rule::Scope::default(),
                expires: Span::from_hours(1),
            };
            Command::ChangeSafety { order: SafetyOrder::SetPolicy { policy: Box::new(policy) } }
        }
        "rule as code" => as_code(make("rule", name, tenant)),
        _ => {
            let window = Window::Once { starts_at: UnixMillis(1), ends_at: UnixMillis(9_000_000) };
            let maintenance = Maintenance { name: name.into(), objects: vec![path(tenant)], window };
            // As many as there are tenants and names.
            let id = tenant
                .bytes()
                .chain(name.bytes())
                .fold(7_u64, |id, byte| id.wrapping_mul(131) ^ u64::from(byte));
            as_code(Command::SetMaintenance { id: Uuid::from_u128(id.into()), maintenance })
        }
    }
}

/// Removes what [`make`] makes.
fn remove(kind: &str, name: &str) -> Command {
    let name = name.to_owned();
    let as_code = |command| Command::ChangeAsCode { order: CodeOrder::Do(Box::new(command)) };
    match kind {
        "user" => Command::DeleteUser { name },
        "rule" => Command::DeleteRule { name },
        "rule as code" => as_code(Command::DeleteRule { name }),
        "channel" => Command::DeleteChannel { name },
        "route" => Command::DeleteRoute { name },
        "policy" => Command::ChangeSafety { order: SafetyOrder::DeletePolicy { name } },
        _ => {
            let order = configuration::ConfigurationOrder::Delete { name, reason: None };
            Command::ChangeConfigurations { order }
        }
    }
}

/// Tenants whose names make it hard, each with its administrator.
const PEOPLE: [(&str, &str); 5] =
    [("ho", OWN), ("ann", "acme"), ("bo", "bolt"), ("dot", "acme.com"), ("at", "x@acme")];

fn world() -> World {
    let mut world = World::new();
    let place = None;
    let order = topmast_model::command::MasterOrder::Activate {
        name: "m1".into(),
        epoch: topmast_model::id::Epoch(1),
        place,
        tenant: OWN.into(),
    };
    world.by_master(Command::ChangeMaster { order }).unwrap();
    for (user, tenant) in PEOPLE {
        world.by("root", create_user(user, &[&format!("admin:{tenant}")])).unwrap();
    }
    let Command::ApplyChannels { mut channels, prune } = make("channel", "all", OWN) else { unreachable!() };
    channels[0].tenant = None;
    world.by("root", Command::ApplyChannels { channels, prune }).unwrap();
    world
}

#[test]
fn people_of_a_tenant_call_things_after_it() {
    let allowed = |user: &str, kind: &str, name: &str, tenant: &str| {
        let decision = world().by(user, make(kind, name, tenant));
        match decision {
            Ok(_) => String::new(),
            Err(Rejection::Invalid { field: "name", message }) => message,
            Err(other) => panic!("{user} {kind} {name} {other}"),
        }
    };
    for kind in KINDS {
        for (user, tenant, name, refusal) in [
            ("ann", "acme", "high@acme", ""),
            ("ann", "acme", "high", "that people of acme make end in @acme: call it high@acme"),
            ("ann", "acme", "high@bolt", "call it high@acme"),
            ("ann", "acme", "high@x@acme", "call it high@acme"),
            ("ann", "acme", "high@acme.com", "call it high@acme"),
            ("ann", "acme/main", "high@acme", ""),
            ("at", "x@acme", "high@x@acme", ""),
            ("at", "x@acme", "high@acme", "call it high@x@acme"),
            ("dot", "acme.com", "high@@acme.com", ""),
            ("dot", "acme.com", "high@acme.com", "end in @@acme.com: call it high@@acme.com"),
            ("ho", OWN, "high", ""),
            ("ho", OWN, "high@home", ""),
            ("ho", OWN, "high@bolt", "call it high, or high@home"),
            ("ho", OWN, "high@nobody", "call it high, or high@home"),
            ("root", "acme", "high", ""),
            ("root", "acme", "high@bolt", ""),
        ] {
            let told = allowed(user, kind, name, tenant);
            assert!(told.contains(refusal) && told.is_empty() == refusal.is_empty(), "{kind} {name}: {told}");
        }
        // E-mail addresses are for people.
        let told = allowed("ho", kind, "ann@acme.com", OWN);
        assert_eq!(told.is_empty(), kind == "user", "{told}");
    }
    assert!(allowed("ho", "user", "ann@bolt", OWN).ends_with("or the whole e-mail address"));
}

#[test]
fn old_names_are_changed_by_their_people_and_tell_nothing_to_others() {
    // ON-1
    for kind in KINDS {
        let mut world = world();
        let before = world.by("bo", make(kind, "old", "bolt"));
        world.by("root", make(kind, "old", "acme")).unwrap();
        assert_eq!(world.by("bo", make(kind, "old", "bolt")), before, "{kind}");
        refused(before, "invalid", "call it old@bolt");
        let again = world.by("ann", make(kind, "old", "acme"));
        match kind {
            "user" => refused(again, "invalid", "call it old@acme"),
            "configuration" => refused(again, "conflict", "was changed meanwhile"),
            _ => assert_eq!(again, Ok(Vec::new()), "{kind}"),
        }
    }
}

#[test]
fn who_has_roles_in_several_tenants_calls_things_after_where_they_lie() {
    let mut world = world();
    world.by("root", create_user("both", &["admin:acme", "admin:bolt"])).unwrap();
    refused(world.by("both", make("rule", "a@bolt", "acme")), "invalid", "call it a@acme");
    world.by("both", make("rule", "a@bolt", "bolt")).unwrap();
    // Somebody of both is called after one of them.
    let of_both = |name: &str| create_user(name, &["viewer:acme", "viewer:bolt"]);
    refused(world.by("both", of_both("eve")), "invalid", "call it eve@acme");
    world.by("both", of_both("eve@bolt")).unwrap();
    let suffix = |texts: &[&str]| world.state.name_suffix(&grants(texts));
    assert_eq!(suffix(&["admin:acme", "viewer:acme/main"]).as_deref(), Some("@acme"));
    assert_eq!(suffix(&["admin:acme.com"]).as_deref(), Some("@@acme.com"));
    for free in [&["admin"][..], &["admin:home"], &["admin:acme", "admin:bolt"], &[]] {
        assert_eq!(suffix(free), None);
    }
}

#[test]
fn what_people_of_a_tenant_are_told_is_the_same_whatever_others_make() {
    // ON-1, ON-2: each plays the same moves alone and beside all others.
    let endings = ["", "@home", "@acme", "@bolt", "@acme.com", "@@acme.com", "@x@acme"];
    let own = |(_, tenant): (&str, &'static str)| match tenant {
        OWN => String::new(),
        tenant => suffix(tenant),
    };
    let who = prop::sample::select(&PEOPLE[..]);
    let of_whom = who.prop_flat_map(move |who| {
        let ending =
            prop_oneof![Just(own(who)), prop::sample::select(endings.to_vec()).prop_map(str::to_owned)];
        (Just(who), ("[ab]", ending).prop_map(|(base, ending)| format!("{base}{ending}")))
    });
    let one = (of_whom, prop::sample::select(&KINDS[..]), prop::bool::weighted(0.7));
    let made = std::cell::Cell::new(0_usize);
    check_all(&prop::collection::vec(one, 1..60), |moves| {
        let (mut shared, mut alone) = (world(), PEOPLE.map(|_| world()));
        for ((who, name), kind, is_made) in moves {
            let place = PEOPLE.iter().position(|one| *one == who).unwrap();
            let command = if is_made { make(kind, &name, who.1) } else { remove(kind, &name) };
            let told = shared.by(who.0, command.clone());
            made.set(made.get() + usize::from(told.as_ref().is_ok_and(|facts| !facts.is_empty())));
            assert_eq!(told, alone[place].by(who.0, command), "{who:?} {kind} {name}");
        }
    });
    assert!(made.get() > 2_000, "{} things were made", made.get());
}
