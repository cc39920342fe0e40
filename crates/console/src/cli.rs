//! The command line: arguments, dispatch, exit.
//!
//! One file a noun, as in every layer. Each has its arguments and a `run`.

#![expect(
    clippy::doc_markdown,
    reason = "documentation of arguments is their help text, where backticks would be shown"
)]

mod access_key;
pub(crate) mod action;
mod agent;
pub(crate) mod application;
mod approval;
mod audit;
mod backup;
mod cluster;
mod code;
mod completion;
mod configuration;
mod connection;
pub(crate) mod custom;
mod daemon;
mod dashboard;
pub(crate) mod event;
mod exec;
pub(crate) mod failure;
mod freeze;
mod heartbeat;
mod history;
mod join_token;
mod joined;
mod journal;
pub(crate) mod list;
mod log;
mod maintenance;
mod master;
mod moment;
mod multi;
mod mute;
pub(crate) mod network;
mod notification;
mod operate;
pub(crate) mod own_login;
mod package;
mod page_watch;
mod parse;
pub(crate) mod problem;
mod profile;
mod query;
mod rule;
mod second_factor;
pub(crate) mod server;
pub(crate) mod service;
mod session;
pub(crate) mod target;
pub(crate) mod task;
mod tenant;
mod terminal;
mod token;
mod top;
mod user;
mod why;

use crate::output::terminal as screen;
use clap::{CommandFactory, Parser, Subcommand};
use connection::ConnectionArguments;
use failure::Failure;
use std::process::ExitCode;
use topmast_api::action::ActionOrder;
use topmast_model::application::Operation;

/// The operations console for a fleet you run yourself.
#[derive(Debug, Parser)]
#[command(name = "topmast", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done; 1 a target failed; 2 wrong usage; 3 not reached or refused; 4 outcome unknown."
)]
struct Arguments {
    #[command(flatten)]
    connection: ConnectionArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the fleet live on the whole terminal; ? lists the keys
    Top(top::Arguments),
    /// List servers, or add and remove some
    #[command(visible_alias = "server")]
    Servers(server::Arguments),
    /// List applications
    #[command(visible_alias = "applications")]
    Apps(list::ListArguments),
    /// List services
    #[command(visible_alias = "service")]
    Services(list::ListArguments),
    /// List tasks, show what became of the runs of one, or run one now
    #[command(visible_alias = "task")]
    Tasks(task::Arguments),
    /// List tasks that others run and give signs of, or expect signs of one
    #[command(visible_alias = "heartbeat")]
    Heartbeats(heartbeat::Arguments),
    /// Give a sign of a task that others run
    Ping(heartbeat::PingArguments),
    /// Start applications
    Start(operate::Arguments),
    /// Stop applications
    Stop(operate::Arguments),
    /// Restart applications; lifts a quarantine
    Restart(operate::Arguments),
    /// Do a custom action with applications or services, as their unit files declare it
    Act(custom::Arguments),
    /// Start again, in waves, what ran before its server or agent went away
    Recover(operate::RecoverArguments),
    /// Let an action be done that another person asked for
    Approve(approval::Verdict),
    /// Let an action not be done that another person asked for
    Reject(approval::Verdict),
    /// Let an action go on that asks before its next batch
    Continue(approval::Which),
    /// Begin nothing more of an action
    Cancel(approval::Which),
    /// List packages, add one, or remove one
    #[command(visible_alias = "package")]
    Packages(package::Arguments),
    /// Install a package on servers, as a new application or in the place of an older version
    Install(package::InstallArguments),
    /// Bring applications to a version; one that does not become healthy goes back by itself
    Upgrade(package::UpgradeArguments),
    /// Bring applications back to the version before, or to an earlier one
    Rollback(package::RollbackArguments),
    /// Stop applications and remove their versions
    Uninstall(operate::Arguments),
    /// Run a command on many servers and see where its results differ
    Exec(exec::Arguments),
    /// Open shells on many servers, tiled on one terminal; typing goes to one, a group or all
    Multi(multi::Arguments),
    /// List what was run on servers, show one, or play its recording
    #[command(visible_alias = "terminal")]
    Terminals(terminal::Arguments),
    /// List actions, the newest first, or show one
    Actions(action::Arguments),
    /// List open problems, or show one
    #[command(visible_alias = "problem")]
    Problems(problem::ListArguments),
    /// Take problems in hand: nobody else is told of them meanwhile
    Ack(problem::AcknowledgeArguments),
    /// Give problems out of hand
    Unack(problem::Which),
    /// Write something about problems
    Comment(problem::CommentArguments),
    /// Close problems whose condition is no longer known to be so
    Close(problem::CloseArguments),
    /// Tell nobody of problems on an object for a time, or list what is muted
    Mute(mute::Arguments),
    /// End a mute
    Unmute(mute::EndArguments),
    /// List maintenances, announce one, or cancel one
    Maintenance(maintenance::Arguments),
    /// List freezes, in which nothing is acted on, announce one, or lift one
    Freeze(freeze::Arguments),
    /// List the policies that say what another person has to approve, set one, or delete one
    #[command(visible_alias = "policy")]
    Policies(approval::Arguments),
    /// List what waits for another person beside actions: terminals and removals of servers
    #[command(visible_alias = "permit")]
    Permits(list::ShowArguments),
    /// List the rules that make problems, or apply some from a file
    #[command(visible_alias = "rule")]
    Rules(rule::Arguments),
    /// List configurations: sets of files of applications; change, compare, apply or roll back one
    #[command(visible_alias = "configuration")]
    Configurations(configuration::Arguments),
    /// Apply configurations, rules, channels, routes and maintenance as code: the files of a folder, planned first
    Apply(code::Arguments),
    /// Let something that is kept as code be changed by hand until it is applied the next time
    Release(code::ReleaseArguments),
    /// List dashboards that AWS' tools put, or what stands on one
    #[command(visible_alias = "dashboard")]
    Dashboards(dashboard::Arguments),
    /// List the channels on which problems are told, apply some from a file, or test one
    #[command(visible_alias = "channel")]
    Channels(notification::ChannelArguments),
    /// List the routes by which problems are told, or apply some from a file
    #[command(visible_alias = "route")]
    Routes(notification::RouteArguments),
    /// List what channels were told, or say why
    #[command(visible_alias = "notification")]
    Notifications(notification::NotificationArguments),
    /// Say why an object is as it is: who or what caused it, what is in the way, what depends on it
    Why(why::Arguments),
    /// List events of the journal, or follow it
    Events(event::Arguments),
    /// Follow logs of applications on many servers at once, or search back in them
    #[command(visible_alias = "log")]
    Logs(log::Arguments),
    /// Ask the history in PromQL: a table of now, or a chart of a range
    Query(query::Arguments),
    /// Show what the history keeps and what it costs
    #[command(subcommand)]
    History(history::Command),
    /// Say what the output of a system's tool says: text in, figures out
    Parse(parse::Arguments),
    /// Find who did what; verify or export the journal
    #[command(subcommand)]
    Audit(audit::Command),
    /// Bring a master's journal to the stream that masters share, repair it there, or compare the two
    #[command(subcommand)]
    Journal(journal::Command),
    /// Back a master up to one file while it runs
    Backup(backup::BackupArguments),
    /// Make a master's data directory of a backup, as it was then or at an earlier time
    Restore(backup::RestoreArguments),
    /// List tenants with what they may use and use, or change one
    #[command(visible_alias = "tenant")]
    Tenants(tenant::Arguments),
    /// Manage users
    Users(user::Arguments),
    /// List open sessions, one's own and of users whom one manages, or end some
    #[command(visible_alias = "session")]
    Sessions(session::open::Arguments),
    /// Manage API tokens
    Tokens(token::Arguments),
    /// Show or say from which networks everybody, a user or a token may come
    #[command(visible_alias = "network")]
    Networks(network::Arguments),
    /// Manage the keys with which AWS' own tools sign their requests
    AccessKeys(access_key::Arguments),
    /// Manage the tokens with which servers join
    JoinTokens(join_token::Arguments),
    /// List clusters: the own one and those that are joined, with the freshness of each
    #[command(visible_alias = "cluster")]
    Clusters(cluster::Arguments),
    /// List the masters of the cluster, or make another one the active one
    Masters(master::Arguments),
    /// List enrolled agents, or revoke one
    Agents(agent::Arguments),
    /// Log in to a master and remember the session as a profile
    Login(session::LoginArguments),
    /// End the session of a profile
    Logout,
    /// Show who you are and what you may do
    Whoami,
    /// Set, show or remove your own second factor: a code that logins need beside the password
    #[command(subcommand)]
    SecondFactor(second_factor::Command),
    /// List profiles, or choose one
    #[command(subcommand)]
    Profile(profile::Command),
    /// Print the completion script of a shell
    Completion(completion::Arguments),
    /// Run a master, an agent and a demo on this machine, to try things out
    Dev(daemon::DevArguments),
    /// Run a master
    Master(daemon::MasterArguments),
    /// Run an agent
    Agent(topmast_agent::program::Arguments),
}

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    let mut given = std::env::args_os();
    if given.next().is_some_and(|name| top::is_shell(&name)) {
        return exit(in_runtime(top::shell(&given.collect::<Vec<_>>())));
    }
    let arguments = Arguments::parse();
    let Some(command) = arguments.command else {
        return match screen::print(&Arguments::command().render_help().to_string()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    };
    exit(run(&arguments.connection, command))
}

/// Tells why a command failed, and says so by the exit code.
fn exit(result: Result<(), Failure>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if let Some(text) = failure.text() {
                screen::notice(&format!("topmast: {text}"));
            }
            ExitCode::from(failure.code())
        }
    }
}

fn run(connection: &ConnectionArguments, command: Command) -> Result<(), Failure> {
    match command {
        Command::Dev(arguments) => daemon::dev(&arguments),
        Command::Master(arguments) => daemon::master(arguments),
        Command::Agent(arguments) => daemon::agent(arguments),
        Command::Journal(command) => journal::run(command),
        Command::Backup(arguments) => backup::backup(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::Parse(arguments) => parse::run(&arguments),
        Command::Servers(arguments) if arguments.is_local() => arguments.run_here(),
        command => in_runtime(async {
            let done = Box::pin(dispatch(connection, command)).await;
            connection.remember().await;
            done
        }),
    }
}

/// Runs what talks to a master.
fn in_runtime(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    // Two providers are a mistake of the build; one that is there already serves as well.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Output)?;
    let result = runtime.block_on(command);
    // A name that is still being looked up holds nobody up who wants to leave.
    runtime.shutdown_background();
    result
}

async fn dispatch(connection: &ConnectionArguments, command: Command) -> Result<(), Failure> {
    match command {
        Command::Top(arguments) => top::run(connection, arguments).await,
        Command::Servers(arguments) => server::run(&connection.client()?, arguments).await,
        Command::Apps(arguments) => {
            list::run::<topmast_api::application::ApplicationRow>(&connection.client()?, &arguments).await
        }
        Command::Services(arguments) => {
            list::run::<topmast_api::service::ServiceRow>(&connection.client()?, &arguments).await
        }
        Command::Tasks(arguments) => task::run(&connection.client()?, arguments).await,
        Command::Heartbeats(arguments) => heartbeat::run(&connection.client()?, arguments).await,
        Command::Ping(arguments) => heartbeat::ping(&connection.client()?, arguments).await,
        Command::Start(arguments) => operate::run(&connection.client()?, Operation::Start, arguments).await,
        Command::Stop(arguments) => operate::run(&connection.client()?, Operation::Stop, arguments).await,
        Command::Restart(arguments) => {
            operate::run(&connection.client()?, Operation::Restart, arguments).await
        }
        Command::Act(arguments) => custom::run(&connection.client()?, arguments).await,
        Command::Packages(arguments) => package::run(&connection.client()?, arguments).await,
        Command::Install(arguments) => package::install(&connection.client()?, arguments).await,
        Command::Upgrade(arguments) => package::upgrade(&connection.client()?, arguments).await,
        Command::Rollback(arguments) => package::rollback(&connection.client()?, arguments).await,
        Command::Uninstall(arguments) => {
            operate::run(&connection.client()?, Operation::Uninstall, arguments).await
        }
        Command::Exec(arguments) => exec::run(&connection.client()?, arguments).await,
        Command::Multi(arguments) => multi::run(connection.client()?, arguments).await,
        Command::Terminals(arguments) => terminal::run(&connection.client()?, arguments).await,
        Command::Actions(arguments) => action::run(&connection.client()?, arguments).await,
        Command::Problems(arguments) => problem::list(&connection.client()?, arguments).await,
        Command::Ack(arguments) => problem::acknowledge(&connection.client()?, arguments).await,
        Command::Unack(which) => problem::unacknowledge(&connection.client()?, which).await,
        Command::Comment(arguments) => problem::comment(&connection.client()?, arguments).await,
        Command::Close(arguments) => problem::close(&connection.client()?, arguments).await,
        Command::Mute(arguments) => mute::run(&connection.client()?, arguments).await,
        Command::Unmute(arguments) => mute::end(&connection.client()?, arguments).await,
        Command::Recover(arguments) => operate::recover(&connection.client()?, arguments).await,
        Command::Approve(verdict) => {
            approval::say(&connection.client()?, ActionOrder::Approve, verdict).await
        }
        Command::Reject(verdict) => approval::say(&connection.client()?, ActionOrder::Reject, verdict).await,
        Command::Continue(which) => {
            approval::order(&connection.client()?, ActionOrder::Continue, &which).await
        }
        Command::Cancel(which) => approval::order(&connection.client()?, ActionOrder::Cancel, &which).await,
        Command::Freeze(arguments) => freeze::run(&connection.client()?, arguments).await,
        Command::Policies(arguments) => approval::run(&connection.client()?, arguments).await,
        Command::Permits(show) => approval::permits(&connection.client()?, &show).await,
        Command::Maintenance(arguments) => maintenance::run(&connection.client()?, arguments).await,
        Command::Rules(arguments) => rule::run(&connection.client()?, arguments).await,
        Command::Configurations(arguments) => configuration::run(&connection.client()?, arguments).await,
        Command::Apply(arguments) => code::run(&connection.client()?, arguments).await,
        Command::Release(arguments) => code::release(&connection.client()?, arguments).await,
        Command::Dashboards(arguments) => dashboard::run(&connection.client()?, arguments).await,
        Command::Channels(arguments) => notification::channels(&connection.client()?, arguments).await,
        Command::Routes(arguments) => notification::routes(&connection.client()?, arguments).await,
        Command::Notifications(arguments) => {
            notification::notifications(&connection.client()?, arguments).await
        }
        Command::Why(arguments) => why::run(&connection.client()?, arguments).await,
        Command::Events(arguments) => event::run(&connection.client()?, arguments).await,
        Command::Logs(arguments) => log::run(&connection.client()?, arguments).await,
        Command::Query(arguments) => query::run(&connection.client()?, arguments).await,
        Command::History(command) => history::run(&connection.client()?, command).await,
        Command::Audit(command) => audit::run(&connection.client()?, command).await,
        Command::Tenants(arguments) => tenant::run(&connection.client()?, arguments).await,
        Command::Users(arguments) => user::run(&connection.client()?, arguments).await,
        Command::Sessions(arguments) => session::open::run(&connection.client()?, arguments).await,
        Command::Tokens(arguments) => token::run(&connection.client()?, arguments).await,
        Command::Networks(arguments) => network::run(&connection.client()?, arguments).await,
        Command::AccessKeys(arguments) => access_key::run(&connection.client()?, arguments).await,
        Command::Clusters(arguments) => cluster::run(&connection.client()?, arguments).await,
        Command::Masters(arguments) => master::run(&connection.client()?, arguments).await,
        Command::JoinTokens(arguments) => join_token::run(&connection.client()?, arguments).await,
        Command::Agents(arguments) => agent::run(&connection.client()?, arguments).await,
        Command::Login(arguments) => session::login(connection, arguments).await,
        Command::Logout => session::logout(connection).await,
        Command::SecondFactor(command) => second_factor::run(&connection.client()?, command).await,
        Command::Whoami => session::whoami(&connection.client()?).await,
        Command::Profile(command) => profile::run(&command),
        Command::Completion(arguments) => completion::run(&arguments, &mut Arguments::command()),
        // These are run above, without a client.
        Command::Dev(_)
        | Command::Master(_)
        | Command::Agent(_)
        | Command::Journal(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Parse(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
