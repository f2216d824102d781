//! The log: standard error, as text or as JSON.

use tracing_subscriber::EnvFilter;

use super::{exit::Failure, output};
use crate::config::{Config, LogFormat};

/// Starts the log.
pub fn start(config: &Config) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|why| Failure::usage(format!("--log {:?} is no filter of the log: {why}", config.log)))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => log.with_ansi(output::is_coloured()).try_init(),
        LogFormat::Json => log.json().flatten_event(true).with_ansi(false).try_init(),
    };
    started.map_err(|why| Failure::fault(format!("the log cannot be started: {why}")))
}
