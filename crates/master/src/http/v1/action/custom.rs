//! Custom actions in orders and plans: how long they may take, and what they would do.

use topmast_api::action::TIMEOUT_MS_DEFAULT;
use topmast_engine::State;
use topmast_model::custom::{CustomOrder, CustomUse, MARGIN_MS};
use topmast_model::path::{Level, ObjectPath};

/// The time for an order that does not say: what the action may take on its slowest target, and a margin.
pub(super) fn timeout_ms(state: &State, order: Option<&CustomOrder>, targets: &[ObjectPath]) -> u64 {
    let Some(order) = order else { return TIMEOUT_MS_DEFAULT };
    let declared = targets.iter().filter_map(|target| state.custom_action(target, &order.name));
    // Without any the engine says that there is none.
    declared.map(|action| action.timeout_ms + MARGIN_MS).max().unwrap_or(TIMEOUT_MS_DEFAULT)
}

/// What it would do to a target, in words: `runs /opt/switch/bin/rotate 3`.
pub(super) fn effect(state: &State, target: &ObjectPath, custom: &CustomUse) -> Option<String> {
    let service = (target.level() == Level::Service).then(|| target.name());
    let declared = state.custom_action(target, &custom.name)?;
    Some(
        declared
            .prepare(service, &custom.arguments)
            .map_or_else(|error| error.to_string(), |what| what.to_string()),
    )
}

/// True when it is to be asked about before it is ordered.
pub(super) fn is_asked_about(state: &State, targets: &[ObjectPath], custom: &CustomUse) -> bool {
    let mut declared = targets.iter().filter_map(|target| state.custom_action(target, &custom.name));
    declared.any(|action| action.confirm)
}

/// As it is told.
pub(super) fn told(custom: &CustomUse) -> CustomOrder {
    CustomOrder { name: custom.name.clone(), arguments: custom.arguments.clone() }
}
