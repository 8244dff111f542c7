//! CONFIG GET and CONFIG SET: many directives at once, all or none, with hooks that may object.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parking_lot::{Mutex, RwLock};

use super::directive::{Directive, Source, lookup};
use super::table::{Config, DIRECTIVES};
use crate::glob;

/// Acts on a change; its error text undoes the whole CONFIG SET.
type Hook = Box<dyn Fn(&Config) -> Result<(), String> + Send + Sync>;

/// Gives the `user` lines without their first word, or `None` if users live elsewhere.
pub(super) type DescribeUsers = Box<dyn Fn() -> Option<Vec<Vec<u8>>> + Send + Sync>;

/// What belongs to a configuration beside the values.
#[derive(Default)]
pub(super) struct Runtime {
    hooks: RwLock<Vec<(Vec<&'static str>, Hook)>>,
    /// Held by whoever changes several values together.
    changing: Mutex<()>,
    /// The absolute path of the file that was read at start.
    pub(super) file: RwLock<Option<PathBuf>>,
    /// Says which `user` lines a rewritten file holds.
    pub(super) users: RwLock<Option<DescribeUsers>>,
}

/// Who asks for a change, and when.
#[derive(Debug, Clone, Copy, Default)]
pub struct SetContext {
    /// Whether `enable-protected-configs` allows this client to change protected directives.
    pub protected_allowed: bool,
    /// Whether a dataset is being loaded.
    pub loading: bool,
}

/// Why CONFIG SET changed nothing. The text is the reply without its `ERR` code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// There is no such directive.
    #[error("Unknown option or number of arguments for CONFIG SET - '{0}'")]
    Unknown(String),
    /// The directive does not take this value, now or ever.
    #[error("CONFIG SET failed (possibly related to argument '{name}') - {reason}")]
    Failed {
        /// The directive.
        name: String,
        /// Why.
        reason: String,
    },
    /// The directive cannot be changed while a dataset is loading; the reply has the code LOADING.
    #[error("the dataset is being loaded")]
    Loading,
}

impl Config {
    /// Has `hook` called after CONFIG SET changed one of `names`, once for all of them. The new
    /// values are already visible; if the hook objects, all old values come back, the hooks that
    /// ran before are called again, and the client gets the text.
    pub fn on_change(
        &self,
        names: &[&'static str],
        hook: impl Fn(&Config) -> Result<(), String> + Send + Sync + 'static,
    ) {
        for name in names {
            let known = lookup(name.as_bytes()).is_some_and(|i| DIRECTIVES[i].name() == *name);
            assert!(known, "a hook on the unknown directive {name}");
        }
        self.runtime.hooks.write().push((names.to_vec(), Box::new(hook)));
    }

    /// CONFIG GET: names and values of everything that a pattern matches, sorted by name. A
    /// pattern without wildcards is a name in any case, and is answered as it was spelled.
    pub fn get(&self, patterns: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
        // Lower-case name → the spelling to answer with and the directive.
        let mut found: BTreeMap<Vec<u8>, (Vec<u8>, usize)> = BTreeMap::new();
        for pattern in patterns {
            if !glob::is_pattern(pattern) {
                if let Some(index) = lookup(pattern) {
                    let entry = (pattern.to_vec(), index);
                    found.entry(pattern.to_ascii_lowercase()).or_insert(entry);
                }
                continue;
            }
            for (index, directive) in DIRECTIVES.iter().enumerate() {
                if directive.properties().hidden {
                    continue;
                }
                for name in [Some(directive.name()), directive.alias()].into_iter().flatten() {
                    if glob::matches_ignore_case(pattern, name.as_bytes()) {
                        let entry = (name.as_bytes().to_vec(), index);
                        found.entry(name.as_bytes().to_vec()).or_insert(entry);
                    }
                }
            }
        }
        let mut answer: Vec<_> = found.into_values().collect();
        answer.sort();
        answer.into_iter().map(|(name, index)| (name, DIRECTIVES[index].show(self))).collect()
    }

    /// The value of one directive as CONFIG GET shows it.
    pub fn show(&self, name: &str) -> Option<Vec<u8>> {
        Some(DIRECTIVES[lookup(name.as_bytes())?].show(self))
    }

    /// Whether the value of this directive must be kept out of logs and MONITOR.
    pub fn is_sensitive(name: &[u8]) -> bool {
        lookup(name).is_some_and(|index| DIRECTIVES[index].properties().sensitive)
    }

    /// CONFIG SET: all pairs take effect, or none.
    pub fn set(&self, pairs: &[(&[u8], &[u8])], context: SetContext) -> Result<(), SetError> {
        let directives = resolve(pairs, context)?;
        let _changing = self.runtime.changing.lock();
        let old: Vec<Vec<u8>> = directives.iter().map(|d| d.show(self)).collect();
        let mut changed: Vec<&'static str> = Vec::new();
        for (count, (directive, (name, value))) in directives.iter().zip(pairs).enumerate() {
            match self.set_one(*directive, value) {
                Ok(true) => changed.push(directive.name()),
                Ok(false) => {}
                Err(reason) => {
                    self.restore(&directives[..=count], &old);
                    return Err(SetError::Failed { name: known_name(name), reason });
                }
            }
        }
        self.normalize();
        self.run_hooks(&directives, &old, &changed)
    }

    /// Some values are hints: any is accepted, and brought into its bounds.
    pub(super) fn normalize(&self) {
        self.hz.store(self.hz.get().clamp(1, 500));
        self.repl_backlog_size.store(self.repl_backlog_size.get().max(16 << 10));
    }

    /// How many event loops to run: `threads`, or the CPUs that this process may use (by its
    /// affinity and its cgroup's quota).
    pub fn thread_count(&self) -> usize {
        match self.threads.get_usize() {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            count => count,
        }
    }

    fn set_one(&self, directive: &dyn Directive, value: &[u8]) -> Result<bool, String> {
        let words: Vec<&[u8]> = match directive.properties().multi {
            true if value.is_empty() => Vec::new(),
            true => value.split(|b| *b == b' ').collect(),
            false => vec![value],
        };
        directive.set(self, &words, Source::ConfigSet)
    }

    /// Calls each hook on a changed directive, in the order of the directives.
    fn run_hooks(
        &self,
        directives: &[&'static dyn Directive],
        old: &[Vec<u8>],
        changed: &[&'static str],
    ) -> Result<(), SetError> {
        let hooks = self.runtime.hooks.read();
        let mut ran: Vec<usize> = Vec::new();
        for name in changed {
            for (index, (names, hook)) in hooks.iter().enumerate() {
                if !names.contains(name) || ran.contains(&index) {
                    continue;
                }
                ran.push(index);
                let Err(reason) = hook(self) else { continue };
                tracing::warn!(
                    "Failed applying new configuration. Possibly related to new {name} setting. \
                     Restoring previous settings."
                );
                self.restore(directives, old);
                for index in &ran {
                    if let Err(error) = hooks[*index].1(self) {
                        tracing::warn!(
                            "Failed applying restored failed CONFIG SET command: {error}"
                        );
                    }
                }
                return Err(SetError::Failed { name: (*name).to_owned(), reason });
            }
        }
        Ok(())
    }

    fn restore(&self, directives: &[&'static dyn Directive], old: &[Vec<u8>]) {
        for (directive, value) in directives.iter().zip(old) {
            if let Err(error) = self.set_one(*directive, value) {
                tracing::warn!(
                    "Failed restoring failed CONFIG SET command. Error setting {} to '{}': {error}",
                    directive.name(),
                    String::from_utf8_lossy(value)
                );
            }
        }
    }
}

/// A name that is known to exist, as it is declared: in lower case, alias or not.
fn known_name(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

/// The directives of the pairs, if each may be set. The first unknown name is reported before
/// anything else that comes later in the line.
fn resolve(
    pairs: &[(&[u8], &[u8])],
    context: SetContext,
) -> Result<Vec<&'static dyn Directive>, SetError> {
    let mut directives: Vec<&'static dyn Directive> = Vec::new();
    for (position, (name, _)) in pairs.iter().enumerate() {
        let spelled = || String::from_utf8_lossy(name).into_owned();
        let failed =
            |reason: &str| Err(SetError::Failed { name: spelled(), reason: reason.to_owned() });
        let Some(index) = lookup(name) else { return Err(SetError::Unknown(spelled())) };
        let directive = DIRECTIVES[index];
        let properties = directive.properties();
        if properties.immutable {
            return failed("can't set immutable config");
        }
        if properties.protected && !context.protected_allowed {
            return failed("can't set protected config");
        }
        if properties.deny_loading && context.loading {
            return Err(SetError::Loading);
        }
        // Like Valkey, a name beside its own alias is let through; the later one wins.
        if pairs[..position].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name)) {
            return failed("duplicate parameter");
        }
        directives.push(directive);
    }
    Ok(directives)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    use super::*;

    const MAY: SetContext = SetContext { protected_allowed: false, loading: false };

    fn set(config: &Config, pairs: &[(&str, &str)]) -> Result<(), String> {
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        config.set(&pairs, MAY).map_err(|error| error.to_string())
    }

    fn show(config: &Config, name: &str) -> String {
        String::from_utf8(config.show(name).expect("a directive")).expect("text")
    }

    #[test]
    fn a_bad_value_undoes_the_good_ones() {
        let config = Config::default();
        let error = set(&config, &[("maxmemory", "100mb"), ("maxmemory-samples", "65")]);
        assert_eq!(
            error.unwrap_err(),
            "CONFIG SET failed (possibly related to argument 'maxmemory-samples') - argument must \
             be between 1 and 64 inclusive"
        );
        assert_eq!(config.maxmemory.get(), 0);
        set(&config, &[("maxmemory", "100mb"), ("maxmemory-samples", "64")]).unwrap();
        assert_eq!(config.maxmemory.get(), 100 << 20);
    }

    #[test]
    fn a_hook_that_objects_undoes_everything_and_is_told() {
        let config = Config::default();
        let seen = Arc::new(AtomicI64::new(0));
        let told = seen.clone();
        config.on_change(&["maxclients"], move |c| {
            told.store(c.maxclients.get(), Relaxed);
            if c.maxclients.get() > 20_000 { Err("too many".to_owned()) } else { Ok(()) }
        });
        let error = set(&config, &[("timeout", "7"), ("maxclients", "30000")]).unwrap_err();
        let prefix = "CONFIG SET failed (possibly related to argument 'maxclients') - ";
        assert_eq!(error, format!("{prefix}too many"));
        assert_eq!((config.timeout.get(), config.maxclients.get()), (0, 10_000));
        assert_eq!(seen.load(Relaxed), 10_000);
    }

    #[test]
    fn unknown_immutable_and_repeated_directives_are_refused() {
        let config = Config::default();
        let check = |pairs: &[(&str, &str)], text: &str| {
            assert_eq!(set(&config, pairs).unwrap_err(), text);
        };
        check(&[("x", "1")], "Unknown option or number of arguments for CONFIG SET - 'x'");
        check(
            &[("Databases", "1")],
            "CONFIG SET failed (possibly related to argument 'Databases') - can't set immutable \
             config",
        );
        check(
            &[("dir", "/")],
            "CONFIG SET failed (possibly related to argument 'dir') - can't set protected config",
        );
        check(
            &[("slave-priority", "1"), ("SLAVE-priority", "2")],
            "CONFIG SET failed (possibly related to argument 'SLAVE-priority') - duplicate \
             parameter",
        );
    }

    #[test]
    fn names_come_sorted_with_aliases_and_without_the_hidden() {
        let config = Config::default();
        let names = |patterns: &[&[u8]]| -> Vec<String> {
            let found = config.get(patterns);
            found.into_iter().map(|(n, _)| String::from_utf8(n).expect("text")).collect()
        };
        assert_eq!(names(&[b"*-priority"]), ["replica-priority", "slave-priority"]);
        assert_eq!(names(&[b"MAXMEMORY", b"maxmemory"]), ["MAXMEMORY"]);
        assert_eq!(names(&[b"watchdog*"]), [""; 0]);
        assert_eq!(names(&[b"watchdog-period"]), ["watchdog-period"]);
        assert_eq!(names(&[b"nope"]), [""; 0]);
    }

    #[test]
    fn every_shown_value_is_accepted_back() {
        let config = Config::default();
        for directive in DIRECTIVES {
            let value = directive.show(&config);
            // The working directory belongs to the whole test process.
            if directive.properties().immutable || directive.name() == "dir" {
                continue;
            }
            let result = config.set_one(*directive, &value);
            assert!(result.is_ok(), "{}: {result:?}", directive.name());
            assert_eq!(directive.show(&config), value, "{}", directive.name());
        }
    }

    #[test]
    fn values_are_shown_as_valkey_shows_them() {
        let config = Config::default();
        let check = |name: &str, given: &str, shown: &str| {
            set(&config, &[(name, given)]).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(show(&config, name), shown, "{name}");
        };
        check("notify-keyspace-events", "KA", "AK");
        check("notify-keyspace-events", "Ex$gm", "g$xEm");
        check("maxmemory-clients", "5%", "5%");
        check("maxmemory-clients", "1mb", "1048576");
        check("oom-score-adj", "relative", "yes");
        check(
            "client-output-buffer-limit",
            "replica 1mb 2k 3",
            "normal 0 0 0 slave 1048576 2000 3 pubsub 33554432 8388608 60",
        );
        check("latency-tracking-info-percentiles", "50.0 99.90 100", "50 99.9 100");
        check("save", "", "");
        check("save", "10 5 1 2", "10 5 1 2");
        check("shutdown-on-sigterm", "nosave now", "nosave now");
        check("bind", "127.0.0.1 -::1", "127.0.0.1 -::1");
    }
}
