//! Configuration files: their lines, `include`, and the report of a fatal error.

use std::io;
use std::path::{Path, PathBuf};

use super::directive::{Source, lookup};
use super::table::{Config, DIRECTIVES};
use super::words::split_words;
use super::{ConfigSource, VALKEY_VERSION};
use crate::acl::User;
use crate::glob;
use crate::sys::error_text;

/// Directives of the past, which are read (with one value) and have no effect.
const DEPRECATED: [&str; 7] = [
    "list-max-ziplist-entries",
    "list-max-ziplist-value",
    "lua-replicate-commands",
    "io-threads-do-reads",
    "dynamic-hz",
    "events-per-io-thread",
    "sanitize-dump-payload",
];

/// An include of an include of an include … of itself ends here instead of on the stack's end.
const INCLUDE_DEPTH_MAX: usize = 64;

/// Why the server cannot start with this configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadError {
    /// A line, or the configuration as a whole, is wrong: [`std::fmt::Display`] is the report for
    /// standard error.
    Fatal {
        /// Number (from 1) and text of the line, unless the whole is meant.
        line: Option<(usize, String)>,
        /// What is wrong.
        reason: String,
    },
    /// The log line to end with, for standard output or the log file.
    Logged(String),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Logged(text) => f.write_str(text),
            Self::Fatal { line, reason } => {
                writeln!(f, "\n*** FATAL CONFIG FILE ERROR (Version {VALKEY_VERSION}) ***")?;
                if let Some((number, text)) = line {
                    writeln!(f, "Reading the configuration file, at line {number}")?;
                    writeln!(f, ">>> '{text}'")?;
                }
                f.write_str(reason)
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// What a configuration says beside the values of directives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declarations {
    /// `rename-command OLD NEW`, in order; an empty NEW removes the command.
    pub renames: Vec<(Vec<u8>, Vec<u8>)>,
    /// The `user` lines.
    pub users: Vec<User>,
}

/// Reads configurations into a [`Config`].
pub(super) struct Loader<'a> {
    pub(super) config: &'a Config,
    pub(super) declarations: Declarations,
    /// Whether a command of this name exists, for `rename-command`.
    pub(super) is_command: &'a dyn Fn(&[u8]) -> bool,
}

impl Loader<'_> {
    /// The content of a file, or of all files that a pattern matches.
    pub(super) fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
        use std::os::unix::ffi::OsStrExt;
        let cannot_open = |path: &Path, error: &io::Error| {
            let text = error_text(error);
            LoadError::Logged(format!(
                "Fatal error, can't open config file '{}': {text}",
                path.display()
            ))
        };
        if !glob::is_pattern(path.as_os_str().as_bytes()) {
            return match std::fs::read(path) {
                Ok(content) => Ok(content),
                // A folder opens and has no lines, as fopen and fgets see it.
                Err(error) if error.kind() == io::ErrorKind::IsADirectory => Ok(Vec::new()),
                Err(error) => Err(cannot_open(path, &error)),
            };
        }
        let mut content = Vec::new();
        for file in expand(path) {
            content.extend(std::fs::read(&file).map_err(|error| cannot_open(&file, &error))?);
        }
        Ok(content)
    }

    /// Takes every line of `content` into effect, then checks the whole.
    pub(super) fn load(&mut self, content: &[u8], depth: usize) -> Result<(), LoadError> {
        for (index, line) in content.split(|b| *b == b'\n').enumerate() {
            let line = trim(line);
            if matches!(line, [] | [b'#', ..]) {
                continue;
            }
            self.line(line, depth).map_err(|error| match error {
                LineError::Reason(reason) => LoadError::Fatal {
                    line: Some((index + 1, String::from_utf8_lossy(line).into_owned())),
                    reason,
                },
                LineError::Included(error) => error,
            })?;
        }
        self.check_whole()
    }

    fn line(&mut self, line: &[u8], depth: usize) -> Result<(), LineError> {
        let words = split_words(line).ok_or("Unbalanced quotes in configuration line")?;
        let Some((name, values)) = words.split_first() else { return Ok(()) };
        let name = name.to_ascii_lowercase();
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        match lookup(&name) {
            Some(index) => Ok(self.directive(index, &values)?),
            None => self.declaration(&name, &values, depth),
        }
    }

    fn directive(&self, index: usize, values: &[&[u8]]) -> Result<(), String> {
        let directive = DIRECTIVES[index];
        match (directive.properties().multi, values) {
            (false, [_]) => {}
            (false, _) => return Err("wrong number of arguments".to_owned()),
            // `--save "900 1"`: one quoted argument may hold all the words.
            (true, [words]) if !words.is_empty() => {
                let words = split_words(words).unwrap_or_default();
                let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
                return directive.set(self.config, &words, Source::File).map(drop);
            }
            (true, _) => {}
        }
        directive.set(self.config, values, Source::File).map(drop)
    }

    fn declaration(
        &mut self,
        name: &[u8],
        values: &[&[u8]],
        depth: usize,
    ) -> Result<(), LineError> {
        match (name, values) {
            (b"include", [path]) => {
                use std::os::unix::ffi::OsStrExt;
                if depth == INCLUDE_DEPTH_MAX {
                    return Err(LineError::from("Too many levels of include"));
                }
                let path = Path::new(std::ffi::OsStr::from_bytes(path));
                let content = Self::read(path).map_err(LineError::Included)?;
                self.load(&content, depth + 1).map_err(LineError::Included)
            }
            (b"rename-command", [from, to]) => Ok(self.rename(from, to)?),
            (b"user", [name, rules @ ..]) => Ok(self.user(name, rules)?),
            (b"loadmodule", [path, ..]) => {
                let path = String::from_utf8_lossy(path);
                let text = format!("Can't load module from {path}: server aborting");
                Err(LineError::Included(LoadError::Logged(text)))
            }
            (b"sentinel", _) => Err("sentinel directive while not in sentinel mode".into()),
            _ if name.contains(&b'.') => match values {
                [] => Err("Module config specified without value".into()),
                _ => Err(LineError::Included(LoadError::Logged(
                    "Module Configuration detected without loadmodule directive or no ApplyConfig \
                     call: aborting"
                        .to_owned(),
                ))),
            },
            (_, [_]) if DEPRECATED.iter().any(|old| old.as_bytes() == name) => Ok(()),
            _ => Err("Bad directive or wrong number of arguments".into()),
        }
    }

    /// The place of the rule is counted from the word `user`, as Valkey 9.1 does it, and so names
    /// another word than the wrong one.
    fn user(&mut self, name: &[u8], rules: &[&[u8]]) -> Result<(), String> {
        let refusal = |word: &[u8], reason: &str| {
            format!("Error in user declaration '{}': {reason}", String::from_utf8_lossy(word))
        };
        let users = &mut self.declarations.users;
        if users.iter().any(|user| user.name == name) {
            let reason = "Duplicate user found. A user can only be defined once in config files";
            return Err(refusal(name, reason));
        }
        let user = User::parse(name, rules).map_err(|(at, error)| {
            let words: Vec<&[u8]> = [b"user", name].iter().chain(rules).copied().collect();
            refusal(words[at], &error.to_string())
        })?;
        users.push(user);
        Ok(())
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), &'static str> {
        let renames = &mut self.declarations.renames;
        let same = |a: &[u8], b: &[u8]| a.eq_ignore_ascii_case(b);
        let exists = |name: &[u8], renames: &[(Vec<u8>, Vec<u8>)]| {
            // The last line that speaks of the name decides.
            let last = renames.iter().rev().find_map(|(from, to)| {
                if same(to, name) { Some(true) } else { same(from, name).then_some(false) }
            });
            last.unwrap_or_else(|| (self.is_command)(name))
        };
        if !exists(from, renames) {
            return Err("No such command in rename-command");
        }
        if !to.is_empty() && !same(from, to) && exists(to, renames) {
            return Err("Target command name already exists");
        }
        renames.push((from.to_vec(), to.to_vec()));
        Ok(())
    }

    fn check_whole(&self) -> Result<(), LoadError> {
        let fatal = |reason: String| Err(LoadError::Fatal { line: None, reason });
        if !self.config.logfile.is_empty() {
            let mut options = std::fs::OpenOptions::new();
            let path = self.config.logfile.path();
            if let Err(error) = options.append(true).create(true).open(path) {
                return fatal(format!("Can't open the log file: {}", error_text(&error)));
            }
        }
        if self.config.cluster_enabled.get() && self.config.replicaof.get().is_some() {
            return fatal("replicaof directive not allowed in cluster mode".to_owned());
        }
        self.config.normalize();
        Ok(())
    }
}

enum LineError {
    Reason(String),
    /// An error that is not about this line: it happened in an included file.
    Included(LoadError),
}

impl From<&str> for LineError {
    fn from(reason: &str) -> Self {
        Self::Reason(reason.to_owned())
    }
}

impl From<String> for LineError {
    fn from(reason: String) -> Self {
        Self::Reason(reason)
    }
}

fn trim(line: &[u8]) -> &[u8] {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let start = line.iter().position(|b| !is_blank(b)).unwrap_or(line.len());
    let end = line.iter().rposition(|b| !is_blank(b)).map_or(start, |last| last + 1);
    &line[start..end]
}

/// The existing paths that a pattern matches, sorted; wildcards may stand in any component, and
/// do not match a leading dot.
fn expand(pattern: &Path) -> Vec<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let mut paths = vec![PathBuf::new()];
    for component in pattern.components() {
        let name = component.as_os_str().as_bytes();
        if !glob::is_pattern(name) {
            paths.iter_mut().for_each(|path| path.push(component));
            continue;
        }
        paths = paths.iter().flat_map(|folder| matching(folder, name)).collect();
    }
    paths.retain(|path| path.exists());
    paths.sort();
    paths
}

fn matching(folder: &Path, pattern: &[u8]) -> Vec<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = std::fs::read_dir(listed) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name());
    names
        .filter(|name| {
            let bytes = name.as_bytes();
            let dots_agree = !bytes.starts_with(b".") || pattern.starts_with(b".");
            dots_agree && glob::matches(pattern, bytes)
        })
        .map(|name| folder.join(name))
        .collect()
}

impl Config {
    /// Reads one configuration text into this configuration.
    pub fn load(
        &self,
        source: &ConfigSource,
        is_command: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Declarations, LoadError> {
        let mut content = match &source.file {
            Some(path) => Loader::read(path)?,
            None => Vec::new(),
        };
        content.extend_from_slice(&source.stdin);
        if !source.options.is_empty() {
            // The line numbers of a report count this newline, even without a file.
            content.push(b'\n');
            content.extend_from_slice(&source.options);
        }
        let mut loader = Loader { config: self, declarations: Declarations::default(), is_command };
        loader.load(&content, 0)?;
        Ok(loader.declarations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<(Config, Declarations), String> {
        let config = Config::default();
        let source = ConfigSource { options: text.as_bytes().to_vec(), ..Default::default() };
        let is_command = |name: &[u8]| name.eq_ignore_ascii_case(b"get");
        let declarations = config.load(&source, &is_command).map_err(|error| error.to_string())?;
        Ok((config, declarations))
    }

    fn check_fatal(text: &str, report: &str) {
        let head = "\n*** FATAL CONFIG FILE ERROR (Version 9.1.2) ***\n";
        assert_eq!(load(text).err(), Some(format!("{head}{report}")), "{text}");
    }

    #[test]
    fn lines_take_effect() {
        let (config, declarations) = load(
            "# comment\n  PORT 7000 \r\n\nsave 1 2\nsave 3 4\nbind 127.0.0.1 -::1\n\
             client-output-buffer-limit \"pubsub 1 2 3\"\nuser bob on >x\nrename-command GET G\n\
             lua-replicate-commands yes\nhz 1000",
        )
        .unwrap();
        assert_eq!(config.port.get(), 7000);
        assert_eq!(config.show("save").unwrap(), b"1 2 3 4");
        assert_eq!(config.bind.get().len(), 2);
        assert_eq!(
            config.client_output_buffer_limit.get(crate::config::ClientClass::Pubsub).hard,
            1
        );
        assert_eq!(config.hz.get(), 500);
        assert_eq!(declarations.renames, [(b"GET".to_vec(), b"G".to_vec())]);
        assert_eq!(declarations.users, [User::parse(b"bob", &[b"on", b">x"]).unwrap()]);
    }

    #[test]
    fn a_wrong_user_line_is_told_by_the_word_that_valkey_names() {
        let check = |text: &str, reason: &str| {
            let error = load(text).map(drop).unwrap_err().to_string();
            let expected = format!("Error in user declaration {reason}");
            assert!(error.contains(&expected), "{text}: {error}");
        };
        check("user bob on blah", "'bob': Syntax error");
        check("user bob #zz", "'user': The password hash must be exactly 64 characters");
        check("user bob <x", "'user': The password you are trying to remove");
        check("user bob ~a &c %R~x %RW~y %Z~y", "'%R~x': Syntax error");
        check("user bob on\nuser bob off", "'bob': Duplicate user found.");
    }

    #[test]
    fn a_bad_line_is_reported_as_valkey_reports_it() {
        // The options begin on the second line: a newline parts them from the file.
        let at = |line: &str, text: &str, reason: &str| {
            format!("Reading the configuration file, at line {line}\n>>> '{text}'\n{reason}")
        };
        let bad = "Bad directive or wrong number of arguments";
        check_fatal("foo 1", &at("2", "foo 1", bad));
        check_fatal("port 0\n  FOO  bar ", &at("3", "FOO  bar", bad));
        check_fatal("port", &at("2", "port", "wrong number of arguments"));
        check_fatal("port a b", &at("2", "port a b", "wrong number of arguments"));
        check_fatal("hz \"1", &at("2", "hz \"1", "Unbalanced quotes in configuration line"));
        check_fatal(
            "rename-command nope x",
            &at("2", "rename-command nope x", "No such command in rename-command"),
        );
        check_fatal(
            "replicaof h 1\ncluster-enabled yes",
            "replicaof directive not allowed in cluster mode",
        );
        check_fatal("logfile /nonexistent/x", "Can't open the log file: No such file or directory");
    }

    #[test]
    fn included_files_report_their_own_line() {
        let folder = std::env::temp_dir().join(format!("tsubame-load-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("a.conf"), "timeout 5\n").unwrap();
        std::fs::write(folder.join("b.conf"), "\nbogus 1\n").unwrap();
        let path = folder.display();
        let (config, _) =
            load(&format!("include {path}/a*.conf\ninclude {path}/none*.conf")).unwrap();
        assert_eq!(config.timeout.get(), 5);
        let report = load(&format!("port 1\ninclude {path}/b.conf")).err().unwrap();
        assert!(report.contains("at line 2\n>>> 'bogus 1'"), "{report}");
        let report = load(&format!("include {path}/none.conf")).err().unwrap();
        let expected = format!("Fatal error, can't open config file '{path}/none.conf': ");
        assert_eq!(report, expected + "No such file or directory");
        std::fs::write(folder.join("c.conf"), format!("include {path}/c.conf\n")).unwrap();
        assert!(load(&format!("include {path}/c.conf")).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
