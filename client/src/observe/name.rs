//! What an operation is called: `GET`, `PIPELINE GET`, `MULTI`.

use std::borrow::Cow;

use crate::request::Request;

/// Longest name of a command that is not in the table.
const NAME_BYTES_MAX: usize = 32;

/// The name of a command, with its subcommand if it has one that is known. Of what is not in the
/// table it is the first word, and only if that looks like a name.
pub(crate) fn command_name(request: &Request) -> Cow<'static, str> {
    if let Some(info) = request.info {
        return Cow::Borrowed(info.name);
    }
    let word = request.body.args().next().unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match std::str::from_utf8(word) {
        Ok(name)
            if !name.is_empty() && name.len() <= NAME_BYTES_MAX && word.iter().all(is_name) =>
        {
            Cow::Owned(name.to_ascii_uppercase())
        }
        _ => Cow::Borrowed("_OTHER"),
    }
}

/// The name of several commands: `kind`, and the commands' own if all have the same.
pub(crate) fn joint_name(kind: &'static str, requests: &mut [Request]) -> Cow<'static, str> {
    requests.iter_mut().for_each(Request::resolve);
    let mut names = requests.iter().map(command_name);
    match names.next() {
        Some(first) if names.all(|name| name == first) => Cow::Owned(format!("{kind} {first}")),
        _ => Cow::Borrowed(kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(command: &str) -> Request {
        let mut request = Request::raw(command);
        request.resolve();
        request
    }

    #[test]
    fn names_are_of_commands_and_of_nothing_else() {
        for (command, name) in [
            ("get secret", "GET"),
            ("OBJECT ENCODING secret", "OBJECT ENCODING"),
            ("json.set secret", "JSON.SET"),
            ("{\"secret\":1}", "_OTHER"),
            ("", "_OTHER"),
        ] {
            assert_eq!(command_name(&named(command)), name, "{command:?}");
        }
        assert_eq!(joint_name("PIPELINE", &mut [named("get a"), named("GET b")]), "PIPELINE GET");
        assert_eq!(joint_name("MULTI", &mut [named("get a"), named("set b c")]), "MULTI");
        assert_eq!(joint_name("PIPELINE", &mut []), "PIPELINE");
    }
}
