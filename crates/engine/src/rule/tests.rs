//! Shipped rules, and rules of ours beside and in the place of them.

use super::*;
use crate::fixture::*;
use topmast_model::command::Command;
use topmast_model::status::Severity;

fn rules(text: &str) -> Vec<Rule> {
    text::read(text).unwrap()
}

fn own(name: &str, severity: &str, more: &str) -> Rule {
    let text = format!(
        "[[rule]]\nname = \"{name}\"\nseverity = \"{severity}\"\nwhen.server = {{ status = [\"DOWN\"] }}\n\
         message = \"{{name}} is down\"\n{more}"
    );
    rules(&text).remove(0)
}

fn apply(rules: &[Rule], prune: bool) -> Command {
    Command::ApplyRules { rules: rules.to_vec(), prune }
}

#[test]
fn shipped_rules_are_read_and_ask_for_metrics_that_there_are() {
    let shipped = rules(SHIPPED);
    assert_eq!(shipped.len(), shipped_rules().len());
    println!("{} shipped rules", shipped.len());
    for rule in &shipped {
        assert!(rule.enabled && !rule.advice.is_empty(), "{}", rule.name);
        let query = rule.when.query().unwrap_or_default();
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let metrics = words.filter(|word| word.contains('_')).filter(|word| !word.starts_with('_'));
        for metric in metrics {
            assert!(topmast_model::catalogue::find(metric).is_some(), "{}: {metric}", rule.name);
        }
    }
}

#[test]
fn our_rules_stand_beside_shipped_ones_and_in_their_place() {
    let mut world = World::new();
    let shipped = shipped_rules().len();
    let ours = [own("db-down", "critical", ""), own("server-down", "info", "enabled = false")];
    let plan = plan_rules(&world.state, &Principal::master(), &ours, true).unwrap();
    assert_eq!((plan.added, plan.changed), (vec!["db-down".to_owned()], vec!["server-down".to_owned()]));
    assert_eq!(world.state.rules().count(), shipped, "a plan changes nothing");

    let facts = world.by("root", apply(&ours, false)).unwrap();
    assert_eq!(kinds(&facts), ["RuleApplied", "RuleApplied"]);
    assert_eq!(world.state.rules().count(), shipped + 1);
    assert!(!world.state.rule("server-down").unwrap().enabled && world.state.is_own_rule("server-down"));
    assert_eq!(world.by("root", apply(&ours, false)), Ok(Vec::new()), "again is no change");

    let facts = world.by("root", apply(&[own("db-down", "major", "")], true)).unwrap();
    assert_eq!(kinds(&facts), ["RuleApplied", "RuleDeleted"]);
    assert_eq!(
        world.state.rule("server-down").unwrap().severity,
        Severity::Critical,
        "the shipped one counts again"
    );
    world.by("root", Command::DeleteRule { name: "db-down".into() }).unwrap();
    assert!(world.state.rule("db-down").is_none());
}

#[test]
fn rules_that_make_no_sense_are_refused_wholly() {
    let mut world = World::new();
    let mut wrong = own("a", "info", "");
    wrong.name = "a b".into();
    refused(world.by("root", apply(&[own("b", "info", ""), wrong], false)), "invalid", "only letters");
    let twice = [own("a", "info", ""), own("a", "major", "")];
    refused(world.by("root", apply(&twice, false)), "invalid", "two rules \"a\"");
    assert!(world.state.rule("b").is_none());
    refused(
        world.by("root", Command::DeleteRule { name: "nope".into() }),
        "not_found",
        "there is no rule nope",
    );
    let shipped = Command::DeleteRule { name: "server-down".into() };
    refused(world.by("root", shipped), "conflict", "`enabled = false`");
}

#[test]
fn rules_of_a_tenant_are_its_admins_and_everybodys_are_not() {
    // E-7
    let mut world = World::new();
    world.by("root", create_user("ann", &["admin:acme"])).unwrap();
    world.by("root", create_user("oli", &["operator"])).unwrap();
    let inside = own("down@acme", "info", "within = \"acme/main\"");
    world.by("ann", apply(std::slice::from_ref(&inside), false)).unwrap();
    refused(world.by("oli", apply(&[inside], false)), "forbidden", "manage rules");
    refused(world.by("ann", apply(&[own("down", "info", "")], false)), "forbidden", "everything");
    let shipped = own("server-down", "info", "within = \"acme\"");
    refused(world.by("ann", apply(&[shipped], false)), "invalid", "call it server-down@acme");
    world.by("root", apply(&[own("all", "info", "")], false)).unwrap();
    refused(world.by("ann", Command::DeleteRule { name: "all".into() }), "forbidden", "everything");
    // What others have stays.
    assert_eq!(kinds(&world.by("ann", apply(&[], true)).unwrap()), ["RuleDeleted"]);
    assert!(world.state.rule("down@acme").is_none() && world.state.rule("all").is_some());
}
