//! HELLO and AUTH.

use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::config::{TSUBAME_VERSION, VALKEY_VERSION};
use crate::protocol::{Args, RespVersion, parse_i64};
use crate::session::ClientFlags;

static AUTH: CommandSpec = CommandSpec {
    name: "auth",
    summary: "Proves who the client is.",
    since: "1.0.0",
    complexity: "O(N) where N is the number of passwords defined for the user",
    group: Group::Connection,
    arity: Arity::AtLeast(2),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::NO_AUTH)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::string("username").optional().since("6.0.0"), Arg::string("password")],
    history: &[("6.0.0", "A user can be named.")],
    run: Run::Local(auth),
    ..CommandSpec::DEFAULT
};

static HELLO: CommandSpec = CommandSpec {
    name: "hello",
    summary: "Agrees on a protocol version and says what the server is; authenticates and names the connection on the way.",
    since: "6.0.0",
    complexity: "O(1)",
    group: Group::Connection,
    arity: Arity::AtLeast(1),
    flags: Flags::NOSCRIPT
        .or(Flags::LOADING)
        .or(Flags::STALE)
        .or(Flags::FAST)
        .or(Flags::NO_AUTH)
        .or(Flags::ALLOW_BUSY),
    acl: Acl::CONNECTION,
    args: &[Arg::block(
        "arguments",
        &[
            Arg::integer("protover"),
            Arg::block("auth", &[Arg::string("username"), Arg::string("password")])
                .token("AUTH")
                .optional(),
            Arg::string("clientname").token("SETNAME").optional(),
        ],
    )
    .optional()],
    history: &[
        ("8.1.0", "The reply has `availability_zone` where the directive of that name is set."),
        ("6.2.0", "Without a version, the connection stays as it is and is described."),
    ],
    run: Run::Local(hello),
    ..CommandSpec::DEFAULT
};
fn auth(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() > 3 {
        return Err(CommandError::Syntax);
    }
    let (user, password) = match (args.at(1), args.get(2)) {
        (user, Some(password)) => (user, password),
        (password, None) => {
            if cx.server.config.requirepass.is_empty() {
                return Err(CommandError::err(
                    "AUTH <password> called without any password configured for the default \
                     user. Are you sure your configuration is correct?",
                ));
            }
            (b"default".as_slice(), password)
        }
    };
    authenticate(cx, user, password)?;
    cx.reply.ok();
    Ok(())
}

/// Checks a password; the client is the user from then on.
fn authenticate(cx: &mut Cx<'_>, user: &[u8], password: &[u8]) -> CommandResult {
    let wanted = cx.server.config.requirepass.get();
    let is_right = user == b"default" && (wanted.is_empty() || same(&wanted, password));
    if !is_right {
        return Err(CommandError::WrongPass);
    }
    cx.client.set_flag(ClientFlags::UNAUTHENTICATED, false);
    Ok(())
}

/// Compares without telling by its duration where the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0u8, |acc, (x, y)| acc | (x ^ y));
    a.len() == b.len() && differing == 0
}

/// Whether a name is fit for CLIENT LIST: no blanks, no line ends.
pub(crate) fn is_clean_name(name: &[u8]) -> bool {
    name.iter().all(|byte| (b'!'..=b'~').contains(byte))
}

fn hello(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    let mut version = None;
    if let Some(text) = args.get(1) {
        let number = parse_i64(text)
            .ok_or(CommandError::err("Protocol version is not an integer or out of range"))?;
        version = Some(match number {
            2 => RespVersion::Resp2,
            3 => RespVersion::Resp3,
            _ => return Err(CommandError::NoProto),
        });
    }
    let (mut login, mut name) = (None, None);
    let mut index = 2;
    while index < args.len() {
        let more = args.len() - 1 - index;
        if args.is(index, "auth") && more >= 2 {
            login = Some((args.at(index + 1), args.at(index + 2)));
            index += 3;
        } else if args.is(index, "setname") && more >= 1 {
            name = Some(args.at(index + 1));
            index += 2;
        } else {
            let option = String::from_utf8_lossy(args.at(index));
            return Err(CommandError::text(format!("Syntax error in HELLO option '{option}'")));
        }
    }
    if let Some((user, password)) = login {
        authenticate(cx, user, password)?;
    }
    if cx.client.flags.has(ClientFlags::UNAUTHENTICATED) {
        return Err(CommandError::Line(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the \
             HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and \
             select the RESP protocol version at the same time"
                .to_owned(),
        ));
    }
    if let Some(name) = name {
        if !is_clean_name(name) {
            return Err(CommandError::err(
                "Client names cannot contain spaces, newlines or special characters.",
            ));
        }
        cx.client.info.names.lock().name = name.to_vec();
    }
    if let Some(version) = version {
        cx.client.set_resp(version);
        cx.reply.set_version(version);
    }
    describe(cx);
    Ok(())
}

/// The reply of HELLO. Our own name is among the modules: an added field is what broke clients.
fn describe(cx: &mut Cx<'_>) {
    let mode = if cx.server.is_cluster { "cluster" } else { "standalone" };
    let zone = cx.server.config.availability_zone.get();
    cx.reply.map(if zone.is_empty() { 7 } else { 8 });
    for (field, value) in [("server", "valkey"), ("version", VALKEY_VERSION)] {
        cx.reply.bulk_str(field);
        cx.reply.bulk_str(value);
    }
    cx.reply.bulk_str("proto");
    cx.reply.int(if cx.client.is_resp3() { 3 } else { 2 });
    cx.reply.bulk_str("id");
    cx.reply.int(cx.client.id as i64);
    cx.reply.bulk_str("mode");
    cx.reply.bulk_str(mode);
    cx.reply.bulk_str("role");
    cx.reply.bulk_str("master");
    if !zone.is_empty() {
        cx.reply.bulk_str("availability_zone");
        cx.reply.bulk(&zone);
    }
    cx.reply.bulk_str("modules");
    cx.reply.array(1);
    cx.reply.map(4);
    cx.reply.bulk_str("name");
    cx.reply.bulk_str("tsubame");
    cx.reply.bulk_str("ver");
    cx.reply.int(version_number());
    cx.reply.bulk_str("path");
    cx.reply.bulk_str("");
    cx.reply.bulk_str("args");
    cx.reply.array(0);
}

/// Our version as one number: 1.2.3 is 10203.
fn version_number() -> i64 {
    let digits = TSUBAME_VERSION.split('.').map(|part| part.parse().unwrap_or(0));
    digits.fold(0, |number: i64, part: i64| number * 100 + part)
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&AUTH, &HELLO];
