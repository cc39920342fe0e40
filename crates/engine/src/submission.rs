//! What the bus is asked.

use topmast_model::command::Command;
use topmast_model::principal::Principal;

/// A command with who asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Who asks, authenticated by the surface.
    pub principal: Principal,
    /// What for.
    pub command: Command,
}
