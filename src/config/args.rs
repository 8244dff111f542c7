//! The command line: `tsubame [FILE] [--DIRECTIVE VALUE…]… [-]`.

use std::path::PathBuf;

use super::words::{quote, split_words};

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Start a server with this configuration.
    Serve(ConfigSource),
    /// `-v` or `--version`.
    Version,
    /// `-h` or `--help`.
    Help,
}

/// Where the configuration of a server comes from: three texts that are read as one, in this
/// order, so that the command line wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigSource {
    /// The file named by the first argument, as an absolute path.
    pub file: Option<PathBuf>,
    /// Whether the last argument is `-`.
    pub from_stdin: bool,
    /// What was read from standard input, if it was asked for.
    pub stdin: Vec<u8>,
    /// The options as lines of a configuration file.
    pub options: Vec<u8>,
}

impl Invocation {
    /// Reads the arguments that follow the program's name.
    pub fn parse(args: &[Vec<u8>]) -> Self {
        match args {
            [first, ..] if matches!(first.as_slice(), b"-v" | b"--version") => Self::Version,
            [first, ..] if matches!(first.as_slice(), b"-h" | b"--help") => Self::Help,
            _ => Self::Serve(parse_serve(args)),
        }
    }
}

fn parse_serve(args: &[Vec<u8>]) -> ConfigSource {
    use std::os::unix::ffi::OsStrExt;
    let mut source = ConfigSource::default();
    let mut args = args;
    if let [first, rest @ ..] = args
        && !first.starts_with(b"-")
    {
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(first));
        source.file = Some(std::path::absolute(&path).unwrap_or(path));
        args = rest;
    }
    if let [rest @ .., last] = args
        && last == b"-"
    {
        source.from_stdin = true;
        args = rest;
    }
    source.options = option_lines(args);
    source
}

/// The options as lines: `--port 7000` becomes `port "7000"`. A word with two dashes is an option
/// only where one may begin: after an option's first value, so that a value may begin with dashes.
fn option_lines(args: &[Vec<u8>]) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut may_begin = true;
    for (index, arg) in args.iter().enumerate() {
        let Some(option) = arg.strip_prefix(b"--").filter(|_| may_begin) else {
            lines.extend(quote(arg));
            lines.push(b' ');
            may_begin = true;
            continue;
        };
        if !lines.is_empty() {
            lines.push(b'\n');
        }
        lines.extend_from_slice(option);
        lines.push(b' ');
        // `"--port 7000"` as one argument brings its value along.
        may_begin = split_words(arg).is_none_or(|words| words.len() != 1);
        let next_is_option = args.get(index + 1).is_none_or(|next| next.starts_with(b"--"));
        if !may_begin && arg.eq_ignore_ascii_case(b"--save") && next_is_option {
            lines.extend_from_slice(b"\"\"");
            may_begin = true;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], options: &str) {
        let args: Vec<Vec<u8>> = args.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        let Invocation::Serve(source) = Invocation::parse(&args) else { panic!("not a server") };
        assert_eq!(String::from_utf8_lossy(&source.options), options);
    }

    #[test]
    fn options_become_lines() {
        check(&["--port", "7000", "--bind", "a", "b"], "port \"7000\" \nbind \"a\" \"b\" ");
        check(&["--port 7000", "--hz", "-1"], "port 7000 \nhz \"-1\" ");
        check(&["--save", "--port", "1"], "save \"\"\nport \"1\" ");
        check(&["--foo", "--bar"], "foo \"--bar\" ");
        check(&["-x"], "\"-x\" ");
    }

    #[test]
    fn a_file_comes_first_and_standard_input_last() {
        let args = [b"/etc/t.conf".to_vec(), b"--hz".to_vec(), b"5".to_vec(), b"-".to_vec()];
        let Invocation::Serve(source) = Invocation::parse(&args) else { panic!("not a server") };
        assert_eq!(source.file, Some(PathBuf::from("/etc/t.conf")));
        assert!(source.from_stdin);
        assert_eq!(source.options, b"hz \"5\" ");
    }

    #[test]
    fn version_and_help() {
        assert_eq!(Invocation::parse(&[b"--version".to_vec()]), Invocation::Version);
        assert_eq!(Invocation::parse(&[b"-v".to_vec(), b"x".to_vec()]), Invocation::Version);
        assert_eq!(Invocation::parse(&[b"-h".to_vec()]), Invocation::Help);
    }
}
