//! HELLO and AUTH.

use crate::acl::DEFAULT_USER;
use crate::commands::{
    Acl, Arg, Arity, CommandError, CommandResult, CommandSpec, Cx, Flags, Group, Run,
};
use crate::config::{REDIS_VERSION, TSUBAME_VERSION, VALKEY_VERSION};
use crate::protocol::{Args, Reply, RespVersion, parse_i64, shown};
use crate::server::Server;
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
            if cx.server.users.default_needs_no_password() {
                return Err(CommandError::err(
                    "AUTH <password> called without any password configured for the default \
                     user. Are you sure your configuration is correct?",
                ));
            }
            (DEFAULT_USER.as_bytes(), password)
        }
    };
    authenticate(cx, user, password)?;
    cx.reply.ok();
    Ok(())
}

/// Checks a password; the client is the user from then on.
fn authenticate(cx: &mut Cx<'_>, user: &[u8], password: &[u8]) -> CommandResult {
    if !cx.server.users.log_in(user, password) {
        return Err(CommandError::WrongPass);
    }
    cx.client.info.names.lock().user = String::from_utf8_lossy(user).into_owned();
    cx.client.set_flag(ClientFlags::UNAUTHENTICATED, false);
    Ok(())
}

/// Whether a name is fit for CLIENT LIST: no blanks, no line ends.
pub(crate) fn is_clean_name(name: &[u8]) -> bool {
    listed(name).iter().all(|byte| (b'!'..=b'~').contains(byte))
}

/// What CLIENT LIST shows of a name: up to a NUL, where names end for Valkey.
pub(super) fn listed(name: &[u8]) -> &[u8] {
    name.split(|&byte| byte == 0).next().unwrap_or_default()
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
            let option = shown(args.at(index));
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
    describe(&mut cx.reply, cx.server, cx.client.id);
    Ok(())
}

/// The reply of HELLO. Our own name is among the modules: an added field is what broke clients.
fn describe(reply: &mut Reply<'_>, server: &Server, id: u64) {
    let mode = if server.is_cluster { "cluster" } else { "standalone" };
    let zone = server.config.availability_zone.get();
    reply.map(if zone.is_empty() { 7 } else { 8 });
    let (name, version) = match server.config.extended_redis_compatibility.get() {
        true => ("redis", REDIS_VERSION),
        false => ("valkey", VALKEY_VERSION),
    };
    for (field, value) in [("server", name), ("version", version)] {
        reply.bulk_str(field);
        reply.bulk_str(value);
    }
    reply.bulk_str("proto");
    reply.int(if reply.is_resp3() { 3 } else { 2 });
    reply.bulk_str("id");
    reply.int(id as i64);
    reply.bulk_str("mode");
    reply.bulk_str(mode);
    reply.bulk_str("role");
    reply.bulk_str("master");
    if !zone.is_empty() {
        reply.bulk_str("availability_zone");
        reply.bulk(&zone);
    }
    reply.bulk_str("modules");
    reply.array(1);
    reply.map(4);
    reply.bulk_str("name");
    reply.bulk_str("tsubame");
    reply.bulk_str("ver");
    reply.int(version_number());
    reply.bulk_str("path");
    reply.bulk_str("");
    reply.bulk_str("args");
    reply.array(0);
}

/// Our version as one number: 1.2.3 is 10203.
fn version_number() -> i64 {
    let digits = TSUBAME_VERSION.split('.').map(|part| part.parse().unwrap_or(0));
    digits.fold(0, |number: i64, part: i64| number * 100 + part)
}

pub(super) static COMMANDS: &[&CommandSpec] = &[&AUTH, &HELLO];
