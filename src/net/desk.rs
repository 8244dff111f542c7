//! What a core's clients are told while a script keeps the core from its loop.
//!
//! Past `busy-reply-threshold` the script's host comes here now and then. Requests of clients
//! whose earlier requests are all answered are looked at where they lie, in the kernel's buffers. Those that
//! have an answer without being run (BUSY, mostly, and SCRIPT KILL) are taken out and answered;
//! the others stay for the loop. Transactions are begun, spoilt by what is refused, and ended here too;
//! the loop is told when the script has ended. Well before that, replies that were complete when the script
//! began are sent from here. New connections are accepted and served the same way, and go to
//! the loop in the end.
#![expect(unsafe_code, reason = "borrows the descriptors of connections that the loop owns")]

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::event_loop::refusal;
use super::socket::{Listener, Socket};
use crate::commands::{CommandError, hello_while_busy};
use crate::dispatch::{BusyAnswer, BusyDesk, Withheld, answer_while_busy, is_queued_while_busy};
use crate::protocol::{Args, Limits, OwnedArgs, Progress, Reply, RespVersion, parse_request};
use crate::server::Server;
use crate::session::{ClientFlags, ClientInfo, ConnId, Message, MultiChange};
use crate::stats::CoreStats;

/// Between two looks at the clients.
const PERIOD: Duration = Duration::from_millis(5);

/// Requests beyond this are not looked at.
const LOOK_BYTES: usize = 16 * 1024;

/// States in which the answer is more than a line, or is not to be sent at once.
const LEFT_ALONE: ClientFlags = ClientFlags(
    ClientFlags::BLOCKED.0
        | ClientFlags::UNAUTHENTICATED.0
        | ClientFlags::REPLY_OFF.0
        | ClientFlags::REPLY_SKIP.0
        | ClientFlags::CLOSE_AFTER_REPLY.0
        | ClientFlags::CLOSE_ASAP.0,
);

/// A second handle on a listening socket.
enum Entrance {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Entrance {
    fn of(listener: &Listener) -> io::Result<Entrance> {
        Ok(match listener {
            Listener::Tcp(listener) => Entrance::Tcp(listener.as_fd().try_clone_to_owned()?.into()),
            Listener::Unix(listener, _) => {
                Entrance::Unix(listener.as_fd().try_clone_to_owned()?.into())
            }
        })
    }

    fn accept(&self) -> io::Result<Socket> {
        match self {
            Entrance::Tcp(listener) => {
                let (socket, _) = listener.accept()?;
                socket.set_nonblocking(true)?;
                let _ = socket.set_nodelay(true);
                Ok(Socket::Tcp(mio::net::TcpStream::from_std(socket)))
            }
            Entrance::Unix(listener) => {
                let (socket, _) = listener.accept()?;
                socket.set_nonblocking(true)?;
                Ok(Socket::Unix(mio::net::UnixStream::from_std(socket)))
            }
        }
    }
}

/// What became of a client's transaction beside the script.
#[derive(Default)]
struct Transaction {
    change: Option<MultiChange>,
    queued: Vec<OwnedArgs>,
}

impl Transaction {
    /// It begins or ends, with which all that was queued is gone.
    fn turn(&mut self, change: MultiChange) {
        *self = Self { change: Some(change), queued: Vec::new() };
    }
}

/// See the module documentation.
pub(super) struct Desk {
    entrances: Vec<Entrance>,
    /// Accepted here or sent here by the accepting core, for the loop to take over.
    accepted: Vec<Socket>,
    /// Other messages to the core, which wait for the loop.
    deferred: Vec<Message>,
    /// What became of clients' transactions, for the loop to know when the script has ended.
    transactions: HashMap<ConnId, Transaction>,
    looked_at: Instant,
    bytes: Vec<u8>,
}

impl Desk {
    pub(super) fn new(listeners: &[Listener]) -> io::Result<Desk> {
        Ok(Desk {
            entrances: listeners.iter().map(Entrance::of).collect::<io::Result<_>>()?,
            accepted: Vec::new(),
            deferred: Vec::new(),
            transactions: HashMap::new(),
            looked_at: Instant::now(),
            bytes: vec![0; LOOK_BYTES],
        })
    }

    fn accept(&mut self, server: &Server, core: usize) {
        for entrance in &self.entrances {
            while let Ok(mut socket) = entrance.accept() {
                if let Some(refusal) = refusal(server, &socket) {
                    server.stats[core].connections_rejected.add(1);
                    let _ = socket.write(refusal);
                    continue;
                }
                server.loads[core].fetch_add(1, Ordering::Relaxed);
                self.accepted.push(socket);
            }
        }
    }

    fn take_mail(&mut self, server: &Server, core: usize) {
        let mut inbox = Vec::new();
        server.mailboxes[core].take(&mut inbox);
        for message in inbox {
            match message {
                Message::Accepted(socket) => self.accepted.push(socket),
                other => self.deferred.push(other),
            }
        }
    }

    fn serve_accepted(&mut self, server: &Arc<Server>) {
        if !server.users.is_open() {
            return;
        }
        for socket in &self.accepted {
            serve(server, socket.as_fd(), &mut self.bytes, |args| answer_while_busy(server, args));
        }
    }
}

impl BusyDesk for Desk {
    fn send(&mut self, stats: &CoreStats, withheld: &mut Withheld) {
        withheld.send_all(|client, replies| {
            // SAFETY: as in `look`.
            let socket = unsafe { BorrowedFd::borrow_raw(client.fd as i32) };
            // What the socket does not take, and what went wrong with it, is for the loop.
            let sent =
                send(socket, replies, SendFlags::DONTWAIT | SendFlags::NOSIGNAL).unwrap_or(0);
            stats.writes.add(1);
            stats.net_output_bytes.add(sent as u64);
            client.note_replies(sent);
            sent
        });
    }

    fn look(&mut self, server: &Arc<Server>, core: usize) {
        if self.looked_at.elapsed() < PERIOD {
            return;
        }
        self.accept(server, core);
        self.take_mail(server, core);
        self.serve_accepted(server);
        for info in server.clients.list() {
            if usize::from(info.conn.core) != core
                || info.in_hand.load(Ordering::Relaxed)
                || info.flags().has(LEFT_ALONE)
            {
                continue;
            }
            // SAFETY: the descriptor belongs to a connection of this core, and only this thread closes
            // those; it is in the script's host now.
            let socket = unsafe { BorrowedFd::borrow_raw(info.fd as i32) };
            let transactions = &mut self.transactions;
            serve(server, socket, &mut self.bytes, |args| {
                answer_known(server, transactions, &info, args)
            });
        }
        self.looked_at = Instant::now();
    }

    fn close(&mut self, server: &Arc<Server>, core: usize) {
        for (conn, Transaction { change, queued }) in self.transactions.drain() {
            // Most clients who were answered have no transaction.
            if change.is_some() || !queued.is_empty() {
                server.post(core, Message::Multi { conn, change, queued });
            }
        }
        for message in self.deferred.drain(..) {
            server.post(core, message);
        }
        for socket in self.accepted.drain(..) {
            server.post(core, Message::Accepted(socket));
        }
    }
}

/// The answer to a client of the core, which may be in a transaction.
fn answer_known(
    server: &Server,
    transactions: &mut HashMap<ConnId, Transaction>,
    client: &ClientInfo,
    args: &Args<'_>,
) -> BusyAnswer {
    let transaction = transactions.entry(client.conn).or_default();
    let is_open = match transaction.change {
        None => client.flags().has(ClientFlags::MULTI),
        Some(change) => change != MultiChange::Ended,
    };
    if !is_open && args.is(0, "hello") {
        return hello_while_busy(server, client, args).map_or(BusyAnswer::Leave, BusyAnswer::Bytes);
    }
    if !is_open {
        if args.is(0, "multi") && args.len() == 1 {
            transaction.turn(MultiChange::Begun { is_dirty: false });
            return BusyAnswer::Ok;
        }
        return answer_while_busy(server, args);
    }
    if args.is(0, "discard") && args.len() == 1 {
        transaction.turn(MultiChange::Ended);
        return BusyAnswer::Ok;
    }
    if is_queued_while_busy(args) {
        transaction.queued.push(OwnedArgs::copy(args));
        return BusyAnswer::Bytes(b"+QUEUED\r\n".to_vec());
    }
    let BusyAnswer::Error(error) = answer_while_busy(server, args) else {
        return BusyAnswer::Leave;
    };
    if args.is(0, "exec") {
        transaction.turn(MultiChange::Ended);
        return BusyAnswer::Error(CommandError::ExecRefused(
            error.to_string().replacen("ERR ", "", 1),
        ));
    }
    transaction.change = Some(match transaction.change {
        Some(MultiChange::Begun { .. }) => MultiChange::Begun { is_dirty: true },
        _ => MultiChange::Spoilt,
    });
    BusyAnswer::Error(error)
}

/// Answers what has an answer among the requests at the front of a socket's buffer.
fn serve(
    server: &Server,
    socket: BorrowedFd<'_>,
    bytes: &mut [u8],
    mut answer: impl FnMut(&Args<'_>) -> BusyAnswer,
) {
    let Ok((len, _)) = recv(socket, &mut *bytes, RecvFlags::PEEK | RecvFlags::DONTWAIT) else {
        return;
    };
    let limits =
        Limits { bulk_bytes_max: server.config.proto_max_bulk_len.get(), authenticated: true };
    let (mut at, mut taken) = (0, 0);
    let mut out = Vec::new();
    // Inline requests are unquoted in place, so what is parsed is a copy.
    let mut copy = bytes[..len].to_vec();
    let mut spans = Vec::new();
    let mut resume = None;
    loop {
        spans.clear();
        match parse_request(&mut copy, &mut at, &mut spans, limits, &mut resume) {
            Ok(Progress::Request) => {}
            Ok(Progress::Incomplete) | Err(_) => break,
        }
        if spans.is_empty() {
            taken = at;
            continue;
        }
        let given = answer(&Args::new(&copy, &spans));
        let mut reply = Reply::new(&mut out, RespVersion::Resp2);
        match given {
            BusyAnswer::Leave => break,
            BusyAnswer::Silence => {}
            BusyAnswer::Ok => reply.ok(),
            BusyAnswer::Error(error) => reply.error(&error.to_string()),
            BusyAnswer::Bytes(bytes) => out.extend_from_slice(&bytes),
        }
        taken = at;
    }
    if taken > 0 {
        let _ = recv(socket, &mut bytes[..taken], RecvFlags::DONTWAIT);
        // All earlier replies were sent, so there is room for these lines.
        let _ = send(socket, &out, SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    }
}
