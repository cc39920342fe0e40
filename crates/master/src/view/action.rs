//! Actions as a filter sees them.

use super::{maybe_text, number, text, time};
use topmast_api::action::Action;
use topmast_model::filter::fields::actions;
use topmast_model::filter::{FieldValue, Row};
use topmast_model::path::Level;

/// An action of which only the visible targets are left, so that no filter finds out about the others.
pub(crate) struct FilterableAction<'a>(pub(crate) &'a Action);

impl Row for FilterableAction<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let Self(action) = self;
        let mut names = |level| {
            for target in &action.targets {
                maybe_text(each, target.path.name_at(level));
            }
        };
        match field {
            actions::ID => text(each, &action.id.to_string()),
            actions::OPERATION => text(each, action.operation.as_str()),
            actions::STATUS => text(each, action.status.as_str()),
            actions::PRINCIPAL => {
                text(each, &action.principal);
                // `user admin` is also found as `admin`.
                maybe_text(each, action.principal.split_once(' ').map(|(_, name)| name));
            }
            actions::REASON => maybe_text(each, action.reason.as_deref()),
            actions::PATH => action.targets.iter().for_each(|target| text(each, target.path.as_str())),
            actions::TENANT => names(Level::Tenant),
            actions::CLUSTER => names(Level::Cluster),
            actions::SERVER => names(Level::Server),
            actions::APPLICATION => names(Level::Application),
            actions::MESSAGE => {
                action.targets.iter().for_each(|target| maybe_text(each, target.message.as_deref()));
            }
            actions::TARGETS => number(each, Some(action.targets.len() as f64)),
            actions::CREATED_AT => time(each, Some(action.created_at.0)),
            actions::COMPLETED_AT => time(each, action.completed_at.map(|at| at.0)),
            actions::EXPIRES_AT => time(each, Some(action.expires_at.0)),
            _ => {}
        }
    }
}
