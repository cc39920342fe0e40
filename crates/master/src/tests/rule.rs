//! Shipped rules: what the engine cannot know of them.

use topmast_history::promql;

#[test]
fn shipped_rules_ask_in_promql() {
    let mut asked = 0;
    for rule in topmast_engine::shipped_rules().values() {
        let Some(query) = rule.when.query() else { continue };
        if let Err(error) = promql::parse(query) {
            panic!("{}: {error}: {query}", rule.name);
        }
        asked += 1;
    }
    assert!(asked > 10, "only {asked} of them ask");
}
