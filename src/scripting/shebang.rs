//! The first line of a script: `#!lua flags=no-writes,allow-stale`.

/// What a script declares about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScriptFlags {
    /// Scripts without a shebang line keep the rules from before there were flags: they may write, and
    /// each of their commands is checked for memory, staleness and slots on its own.
    pub declared: bool,
    pub no_writes: bool,
    pub allow_oom: bool,
    pub allow_stale: bool,
    pub no_cluster: bool,
    pub allow_cross_slot_keys: bool,
}

/// What is wrong with a shebang line; the text is what the client gets after `ERR `.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShebangError {
    #[error("Invalid script shebang")]
    NoEnd,
    #[error("Invalid engine in script shebang")]
    InvalidEngine,
    #[error("Could not find scripting engine '{0}'")]
    UnknownEngine(String),
    #[error("Unknown lua shebang option: {0}")]
    UnknownOption(String),
    #[error("Unexpected flag in script shebang: {0}")]
    UnknownFlag(String),
}

/// The flags, and the text after the shebang line. Its line end stays, so that lines keep their numbers.
pub(super) fn parse(source: &[u8]) -> Result<(ScriptFlags, &[u8]), ShebangError> {
    if !source.starts_with(b"#!") {
        return Ok((ScriptFlags::default(), source));
    }
    let end = memchr::memchr2(b'\n', 0, source)
        .filter(|&end| source[end] == b'\n')
        .ok_or(ShebangError::NoEnd)?;
    let words = split_words(&source[..end]).ok_or(ShebangError::InvalidEngine)?;
    let (engine, options) = words.split_first().ok_or(ShebangError::InvalidEngine)?;
    let mut flags = ScriptFlags { declared: true, ..ScriptFlags::default() };
    for option in options {
        let Some(list) = option.strip_prefix(b"flags=") else {
            return Err(ShebangError::UnknownOption(lossy(option)));
        };
        set_flags(&mut flags, list)?;
    }
    let engine = &engine[b"#!".len()..];
    if !engine.eq_ignore_ascii_case(b"lua") {
        return Err(ShebangError::UnknownEngine(lossy(engine)));
    }
    Ok((flags, &source[end..]))
}

fn set_flags(flags: &mut ScriptFlags, list: &[u8]) -> Result<(), ShebangError> {
    if list.is_empty() {
        return Ok(());
    }
    for flag in list.split(|&byte| byte == b',') {
        match flag {
            b"no-writes" => flags.no_writes = true,
            b"allow-oom" => flags.allow_oom = true,
            b"allow-stale" => flags.allow_stale = true,
            b"no-cluster" => flags.no_cluster = true,
            b"allow-cross-slot-keys" => flags.allow_cross_slot_keys = true,
            _ => return Err(ShebangError::UnknownFlag(lossy(flag))),
        }
    }
    Ok(())
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

/// Words separated by white space; quotes join, as in a configuration file. `None` if one is not closed.
fn split_words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.iter().copied().peekable();
    loop {
        while rest.next_if(u8::is_ascii_whitespace).is_some() {}
        if rest.peek().is_none() {
            return Some(words);
        }
        let mut word = Vec::new();
        while let Some(byte) = rest.next_if(|byte| !byte.is_ascii_whitespace()) {
            if !matches!(byte, b'"' | b'\'') {
                word.push(byte);
                continue;
            }
            loop {
                match rest.next()? {
                    end if end == byte => break,
                    b'\\' if byte == b'"' => word.push(rest.next()?),
                    quoted => word.push(quoted),
                }
            }
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> String {
        parse(line.as_bytes()).map(|_| ()).expect_err(line).to_string()
    }

    #[test]
    fn flags_are_read_and_lines_keep_their_numbers() {
        let (flags, rest) =
            parse(b"#!lua flags=no-writes,allow-stale flags=allow-oom\nreturn 1").unwrap();
        let expected = ScriptFlags {
            declared: true,
            no_writes: true,
            allow_stale: true,
            allow_oom: true,
            ..ScriptFlags::default()
        };
        assert_eq!((flags, rest), (expected, &b"\nreturn 1"[..]));
        for line in ["#!lua flags=\n", "#!LUA\n", "#!lua \"flags=no-writes\"\n", "#!lua \r\n"] {
            assert!(parse(line.as_bytes()).unwrap().0.declared, "{line}");
        }
        assert_eq!(parse(b"return 1").unwrap().0, ScriptFlags::default());
    }

    /// Texts taken from Valkey 9.1.
    #[test]
    fn a_bad_line_is_refused_with_its_reason() {
        assert_eq!(error("#!lua"), "Invalid script shebang");
        assert_eq!(error("#!lua\0x\n"), "Invalid script shebang");
        assert_eq!(error("#!py\n"), "Could not find scripting engine 'py'");
        assert_eq!(error("#!\n"), "Could not find scripting engine ''");
        assert_eq!(error("#!lua=5\n"), "Could not find scripting engine 'lua=5'");
        assert_eq!(error("#! lua\n"), "Unknown lua shebang option: lua");
        assert_eq!(error("#!lua \"flags\n"), "Invalid engine in script shebang");
        assert_eq!(error("#!lua foo=bar\n"), "Unknown lua shebang option: foo=bar");
        assert_eq!(error("#!lua flags=foo\n"), "Unexpected flag in script shebang: foo");
        assert_eq!(
            error("#!lua flags=no-writes, allow-stale\n"),
            "Unexpected flag in script shebang: "
        );
    }
}
