//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tsubame_client::{Client, ClientBuilder, Credentials, Mode, ReadFrom, Tls};

use crate::Failure;

const COMMANDS: &str = "\
COMMAND TEMPLATES
  A template is a command line as redis-cli takes it, with places that are filled in for each command:
    {key}     a key, drawn as --keys and --distribution say
    {key*N}   N keys, each an argument
    {value}   a value of --value-size bytes
    {n}       a number that counts up
    {N..M}    a number from N to M
  Other braces stay as they are, so {user}:{key} is a key with a hash tag. A number and * in front are
  the template's weight in the mix:
    --command '9*GET {key}' --command '1*HSET h:{key} field {value}'

WHAT IS MEASURED
  Without --rate, each of --tasks sends its next command when it has the reply to the last (closed
  loop), and a latency is the time from sending to the reply. With --rate, commands are due by a
  schedule that no reply can delay (open loop), and a latency counts from when the command was due:
  a server that stalls for a second shows as a second. Of a batch, every command has the latency of
  the whole.

EXAMPLES
  tsubame-bench 10.0.0.1:7000,10.0.0.2:7000 --fill --tasks 128 --duration 30s
  tsubame-bench rediss://app@db:6379 --ca ca.crt --rate 50000 --distribution zipf
  tsubame-bench unix:///run/tsubame.sock --command 'MGET {key*16}' --requests 1000000
  tsubame-bench 10.0.0.1:7000 --interval 100ms --csv series.csv --by-shard

It exits with 1 if a command failed and with 2 if there was no load at all.";

/// Loads a cluster or a single server and says what it took: throughput, latencies, and what the
/// client had to do besides (redirections, topology requests, retries, connections).
#[derive(Debug, Clone, Parser)]
#[command(version, after_long_help = COMMANDS, max_term_width = 100)]
pub(crate) struct Options {
    /// Where: HOST:PORT[,HOST:PORT...], redis://[USER:PASSWORD@]HOST:PORT[/DATABASE], rediss://... for
    /// TLS, or unix:///PATH. Any node of a cluster will do.
    #[arg(default_value = "127.0.0.1:6379", value_name = "WHERE")]
    pub(crate) url: String,

    /// Cluster or single server.
    #[arg(long, value_enum, default_value = "auto", help_heading = "Connection")]
    pub(crate) mode: ModeName,
    /// User to authenticate as.
    #[arg(long, requires = "password", help_heading = "Connection")]
    pub(crate) user: Option<String>,
    /// Password of the user, or of the default user.
    #[arg(long, env = "TSUBAME_PASSWORD", hide_env_values = true, help_heading = "Connection")]
    pub(crate) password: Option<String>,
    /// Encrypts connections, trusting what the system trusts or --ca.
    #[arg(long, help_heading = "Connection")]
    pub(crate) tls: bool,
    /// PEM file of the authorities to trust; implies --tls.
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub(crate) ca: Option<PathBuf>,
    /// PEM file of our certificate.
    #[arg(long, value_name = "FILE", requires_all = ["ca", "cert_key"], help_heading = "Connection")]
    pub(crate) cert: Option<PathBuf>,
    /// PEM file of its key.
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = "Connection")]
    pub(crate) cert_key: Option<PathBuf>,
    /// Name that the servers' certificates must have, instead of the host that is dialled.
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) server_name: Option<String>,
    /// Connections to each node; all tasks share them.
    #[arg(long, default_value_t = 1, value_parser = at_least_one, help_heading = "Connection")]
    pub(crate) connections: usize,
    /// Who answers reads.
    #[arg(long, value_enum, default_value = "primary", help_heading = "Connection")]
    pub(crate) read_from: ReadFromName,
    /// Deadline of a command, retries included.
    #[arg(long, default_value = "5s", value_parser = duration, help_heading = "Connection")]
    pub(crate) timeout: Duration,

    /// Commands per second of all tasks together, by a schedule; see WHAT IS MEASURED in --help.
    #[arg(short, long, value_name = "PER_SECOND", value_parser = rate, help_heading = "Load")]
    pub(crate) rate: Option<f64>,
    /// Gaps of the schedule.
    #[arg(long, value_enum, default_value = "even", requires = "rate", help_heading = "Load")]
    pub(crate) arrivals: Arrivals,
    /// Most commands (or batches) of the schedule that may be under way.
    #[arg(long, default_value_t = 10_000, requires = "rate", value_parser = at_least_one, help_heading = "Load")]
    pub(crate) in_flight_max: usize,
    /// Tasks that each send one command (or batch) at a time, without --rate.
    #[arg(short = 'c', long, default_value_t = 64, conflicts_with = "rate", value_parser = at_least_one, help_heading = "Load")]
    pub(crate) tasks: usize,
    /// Commands in a batch; a batch may span all slots.
    #[arg(short = 'P', long, default_value_t = 1, value_parser = at_least_one, help_heading = "Load")]
    pub(crate) batch: usize,
    /// How long: 30s, 500ms, 2m.
    #[arg(short = 't', long, default_value = "10s", value_parser = duration, help_heading = "Load")]
    pub(crate) duration: Duration,
    /// Ends after so many commands instead of --duration; without a warm-up.
    #[arg(
        short = 'n',
        long,
        value_name = "COUNT",
        conflicts_with = "duration",
        help_heading = "Load"
    )]
    pub(crate) requests: Option<u64>,
    /// Load before the measurement that is not counted.
    #[arg(long, default_value = "1s", value_parser = duration, help_heading = "Load")]
    pub(crate) warmup: Duration,
    /// Threads that send.
    #[arg(long, default_value_t = threads(), value_parser = at_least_one, help_heading = "Load")]
    pub(crate) threads: usize,

    /// Percent of SETs, the rest GETs.
    #[arg(long, default_value_t = 10.0, value_parser = percent, conflicts_with = "command", help_heading = "Commands")]
    pub(crate) sets: f64,
    /// A command template instead of GET and SET, [WEIGHT*]COMMAND; may be repeated.
    #[arg(long, value_name = "TEMPLATE", help_heading = "Commands")]
    pub(crate) command: Vec<String>,
    /// Number of keys.
    #[arg(short, long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..), help_heading = "Commands")]
    pub(crate) keys: u64,
    /// What keys begin with; twelve digits follow.
    #[arg(long, default_value = "key:", help_heading = "Commands")]
    pub(crate) key_prefix: String,
    /// How often which key is taken.
    #[arg(short, long, value_enum, default_value = "uniform", help_heading = "Commands")]
    pub(crate) distribution: Distribution,
    /// How steep zipf is; 0 is uniform.
    #[arg(long, default_value_t = 0.99, value_name = "S", value_parser = exponent, help_heading = "Commands")]
    pub(crate) zipf_exponent: f64,
    /// Bytes of a value: N, or N..M for sizes between.
    #[arg(short = 'v', long, default_value = "64", value_parser = sizes, help_heading = "Commands")]
    pub(crate) value_size: (usize, usize),
    /// Sets every key before the load.
    #[arg(long, help_heading = "Commands")]
    pub(crate) fill: bool,
    /// Seed of keys, values, mix and arrivals; random and told if not given.
    #[arg(long, help_heading = "Commands")]
    pub(crate) seed: Option<u64>,

    /// Prints all percentiles down to the last command.
    #[arg(long, help_heading = "Output")]
    pub(crate) histogram: bool,
    /// Counts commands by the shard of their first key, as the slots were at the start.
    #[arg(long, help_heading = "Output")]
    pub(crate) by_shard: bool,
    /// Length of a step of the live line and of the series.
    #[arg(long, default_value = "1s", value_parser = step, help_heading = "Output")]
    pub(crate) interval: Duration,
    /// Writes the result and the series as JSON; - is the standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the series as CSV; - is the standard output.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) csv: Option<PathBuf>,
    /// No live line.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ModeName {
    /// What the servers say they are.
    Auto,
    Cluster,
    Standalone,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ReadFromName {
    Primary,
    Replica,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arrivals {
    /// All the same.
    Even,
    /// Random, as of many independent clients.
    Poisson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Distribution {
    /// Each as often as any other.
    Uniform,
    /// A few very often, the first key most.
    Zipf,
    /// One after the other.
    Sequential,
}

impl Options {
    pub(crate) fn client(&self) -> Result<ClientBuilder, Failure> {
        let mut builder = Client::builder();
        if self.tls || self.ca.is_some() || self.server_name.is_some() {
            builder = builder.tls(self.tls_settings()?);
        }
        builder = builder
            .url(&self.url)?
            .mode(match self.mode {
                ModeName::Auto => Mode::Auto,
                ModeName::Cluster => Mode::Cluster,
                ModeName::Standalone => Mode::Standalone,
            })
            .connections_per_node(self.connections)
            .requests_per_connection_max(self.requests_per_connection())
            .read_from(match self.read_from {
                ReadFromName::Primary => ReadFrom::Primary,
                ReadFromName::Replica => ReadFrom::Replica,
                ReadFromName::Any => ReadFrom::Any,
            })
            .timeout(self.timeout)
            .client_name("tsubame-bench");
        if let Some(password) = &self.password {
            let user = self.user.as_deref().unwrap_or("default");
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(builder)
    }

    /// So many that the client refuses nothing that the load asks for.
    fn requests_per_connection(&self) -> usize {
        let under_way = if self.rate.is_some() { self.in_flight_max } else { self.tasks };
        (under_way * self.batch + 1_000).max(10_000)
    }

    fn tls_settings(&self) -> Result<Tls, Failure> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let tls = match (&self.ca, &self.cert, &self.cert_key) {
            (Some(ca), Some(cert), Some(key)) => {
                Tls::mutual(&read(ca)?, &read(cert)?, &read(key)?)?
            }
            (Some(ca), ..) => Tls::trusting(&read(ca)?)?,
            _ => Tls::system()?,
        };
        Ok(match &self.server_name {
            Some(name) => tls.server_name(name),
            None => tls,
        })
    }

    /// Whether the standard output is for JSON or CSV.
    pub(crate) fn writes_to_stdout(&self) -> bool {
        [&self.json, &self.csv].into_iter().flatten().any(|path| path.as_os_str() == "-")
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(4)
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        other => return Err(format!("{other:?} is no unit; use ms, s, m or h")),
    };
    let number: f64 = digits.parse().map_err(|_| format!("{digits:?} is not a number"))?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

fn step(text: &str) -> Result<Duration, String> {
    let step = duration(text)?;
    if step < Duration::from_millis(10) {
        return Err("a step takes at least 10ms".to_owned());
    }
    Ok(step)
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least 1".to_owned()),
        Ok(n) => Ok(n),
        Err(_) => Err("not a number".to_owned()),
    }
}

fn number(text: &str, good: impl Fn(f64) -> bool, wanted: &str) -> Result<f64, String> {
    text.parse().ok().filter(|n: &f64| good(*n)).ok_or_else(|| wanted.to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    number(text, |n| n > 0.0 && n.is_finite(), "a number above 0")
}

fn percent(text: &str) -> Result<f64, String> {
    number(text, |n| (0.0..=100.0).contains(&n), "a number from 0 to 100")
}

fn exponent(text: &str) -> Result<f64, String> {
    number(text, |n| n >= 0.0 && n.is_finite(), "a number of at least 0")
}

fn sizes(text: &str) -> Result<(usize, usize), String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let bytes = |text: &str| text.parse::<usize>().map_err(|_| "a size, or N..M".to_owned());
    let (least, most) = (bytes(least)?, bytes(most)?);
    if least > most || most > 512 << 20 {
        return Err("sizes rise, up to 512 MiB".to_owned());
    }
    Ok((least, most))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn durations_and_sizes() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        for bad in ["", "s", "-1s", "1d", "1ss"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert_eq!(sizes("64"), Ok((64, 64)));
        assert_eq!(sizes("16..1024"), Ok((16, 1024)));
        assert!(sizes("2..1").is_err() && sizes("x").is_err());
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for line in [
            &["--rate", "10", "--tasks", "3"][..],
            &["--sets", "5", "--command", "PING"],
            &["--user", "a"],
            &["--arrivals", "poisson"],
            &["--rate", "0"],
            &["--batch", "0"],
            &["--cert", "x"],
        ] {
            let line = std::iter::once("tsubame-bench").chain(line.iter().copied());
            assert!(
                Options::try_parse_from(line.clone()).is_err(),
                "{:?}",
                line.collect::<Vec<_>>()
            );
        }
    }
}
