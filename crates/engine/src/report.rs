//! Reports: from an agent's numbered reports to facts, each once.

/// Most applications kept of one server.
pub const APPLICATIONS_MAX: usize = 1_000;
/// Most services kept of one server.
pub const SERVICES_MAX: usize = 10_000;
/// Most tasks kept of one server.
pub const TASKS_MAX: usize = 10_000;
/// The name among [`Server::unit_problems`](crate::Server) under which refused reports are shown. Not a file name.
pub const REPORT_PROBLEMS: &str = "(reports)";
