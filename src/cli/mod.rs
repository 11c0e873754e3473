//! The command: one file each. Every command says what it did; a failure says on standard error what to do, and ends non-zero.

mod admin;
mod audit;
mod config;
mod demo;
mod files;
mod keys;
mod load;
mod log;
mod mail;
mod migrate;
mod openapi;
mod reminders;
mod serve;
mod supporters;

use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Settings, environment};

/// The backend on which a multi-stakeholder initiative runs its working groups.
///
/// Settings come from the built-in defaults, over them a file named by --config (or PLENARY_CONFIG), over that environment variables
/// PLENARY_… . `plenary config check` shows what is in force.
#[derive(Parser)]
#[command(name = "plenary", version, arg_required_else_help = true, propagate_version = true)]
struct Arguments {
    /// Settings file (TOML), over the defaults and under the environment
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API until SIGTERM or Ctrl-C
    Serve,
    /// Create ./data with the Paris Call and a coming Forum in it, and serve it; again: serve what is there
    Demo,
    /// Load a call file: the whole file, or nothing; again: what changed of it
    Load(load::Arguments),
    /// Bring the database's schema up to date
    Migrate(migrate::Arguments),
    /// Work on the administrators' accounts
    #[command(subcommand)]
    Admin(admin::Command),
    /// Work on the record of who did what
    #[command(subcommand)]
    Audit(audit::Command),
    /// Work on the keys that access tokens are signed with
    #[command(subcommand)]
    Keys(keys::Command),
    /// Look after the files that were uploaded
    #[command(subcommand)]
    Files(files::Command),
    /// Look at the settings
    #[command(subcommand)]
    Config(config::Command),
    /// Work on the register of supporters
    #[command(subcommand)]
    Supporters(supporters::Command),
    /// Look after the mails that are queued and sent
    #[command(subcommand)]
    Mail(mail::Command),
    /// Queue the reminders of a day, and show them
    Reminders(reminders::Arguments),
    /// Print the OpenAPI document
    Openapi,
}

/// Why a command did not do its work, and what to do; printed behind `plenary: `.
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

type Outcome = Result<(), Failure>;

/// Runs the command that the process's arguments name. Exit codes: 0 done, 1 failed, 2 the arguments are wrong.
pub fn main() -> ExitCode {
    let Arguments { config, command } = Arguments::parse();
    let config = config.or_else(|| std::env::var_os("PLENARY_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from));
    let settings = || settings(config);
    let outcome = match command {
        Command::Serve => settings().and_then(serve::run),
        Command::Demo => settings().and_then(demo::run),
        Command::Load(arguments) => settings().and_then(|settings| load::run(&arguments, &settings)),
        Command::Supporters(command) => settings().and_then(|settings| supporters::run(&command, &settings)),
        Command::Migrate(arguments) => settings().and_then(|settings| migrate::run(&arguments, &settings)),
        Command::Admin(command) => settings().and_then(|settings| admin::run(&command, &settings)),
        Command::Audit(command) => settings().and_then(|settings| audit::run(&command, &settings)),
        Command::Keys(command) => settings().and_then(|settings| keys::run(&command, &settings)),
        Command::Files(command) => settings().and_then(|settings| files::run(&command, &settings)),
        Command::Config(command) => settings().and_then(|settings| config::run(&command, &settings)),
        Command::Mail(command) => settings().and_then(|settings| mail::run(&command, &settings)),
        Command::Reminders(arguments) => settings().and_then(|settings| reminders::run(&arguments, &settings)),
        Command::Openapi => openapi::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(why)) => {
            // Nobody is left to tell when that does not go through either.
            drop(writeln!(std::io::stderr(), "plenary: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn settings(file: Option<PathBuf>) -> Result<Settings, Failure> {
    Settings::load(file.as_deref(), environment())
        .map_err(|faults| Failure(format!("these settings are wrong:\n{faults}\n`config/default.toml` explains every setting.")))
}

/// Prints a line of what was done. A reader who has gone (`| head`) is no failure of the command.
fn say(line: impl Display) {
    drop(writeln!(std::io::stdout(), "{line}"));
}

/// Says something on standard error, where standard output is for programs.
fn say_aside(line: impl Display) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
