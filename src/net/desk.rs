//! Serves a core's clients while a script keeps the core from its loop.
//!
//! The round lends its connections to the desk, all but the script's own. Past `busy-reply-threshold` the
//! script's host comes here now and then: new connections are accepted, and requests of clients whose earlier
//! requests are all answered are looked at where they lie, in the kernel's buffers. What needs no locks is run,
//! on a core of the desk's own that holds none: most is refused with BUSY, but HELLO, AUTH, MULTI or SCRIPT
//! KILL work. What does need locks stays where it is, for the loop. Well before that, replies that were
//! complete when the script began are sent from here.

use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use mio::Registry;

use super::conn::Standing;
use super::conns::Conns;
use super::event_loop::{admit, refusal};
use super::round::{Outcome, deliver};
use super::socket::{Listener, Socket};
use crate::dispatch::{BusyDesk, Core, Next, Withheld, process};
use crate::protocol::{Args, Progress, parse_request};
use crate::server::Server;
use crate::session::{ClientFlags, Message};

/// Between two looks at the clients.
const PERIOD: Duration = Duration::from_millis(5);

/// Requests beyond this are not looked at.
const LOOK_BYTES: usize = 16 * 1024;

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

/// See the module documentation.
pub(super) struct Desk {
    /// Never enters the gate and holds nothing.
    core: Core,
    registry: Registry,
    entrances: Vec<Entrance>,
    /// Those of the loop, while the desk is open; else none.
    conns: Conns,
    is_open: bool,
    /// Messages to the core, which wait for the loop.
    deferred: Vec<Message>,
    /// What the loop has to know of connections that were served.
    outcomes: Vec<Outcome>,
    looked_at: Instant,
    /// Since it was opened.
    has_looked: bool,
    bytes: Vec<u8>,
}

impl Desk {
    /// `registry` is that of the loop.
    pub(super) fn new(core: usize, server: &Arc<Server>, registry: Registry) -> Desk {
        Desk {
            core: Core::new(core, server.clone()),
            registry,
            entrances: Vec::new(),
            conns: Conns::default(),
            is_open: false,
            deferred: Vec::new(),
            outcomes: Vec::new(),
            looked_at: Instant::now(),
            has_looked: false,
            bytes: vec![0; LOOK_BYTES],
        }
    }

    /// Accepts from these listeners from now on.
    pub(super) fn listen(&mut self, listeners: &[Listener]) -> io::Result<()> {
        self.entrances = listeners.iter().map(Entrance::of).collect::<io::Result<_>>()?;
        Ok(())
    }

    /// Takes the connections over: a script begins.
    pub(super) fn open(&mut self, conns: &mut Conns) {
        std::mem::swap(&mut self.conns, conns);
        self.is_open = true;
    }

    /// Gives the connections back, and what is left to do, to the core whose script has ended.
    pub(super) fn close(
        &mut self,
        core: &mut Core,
        conns: &mut Conns,
        done: &mut impl FnMut(Outcome),
    ) {
        std::mem::swap(&mut self.conns, conns);
        self.is_open = false;
        if !std::mem::take(&mut self.has_looked) {
            return;
        }
        for message in self.deferred.drain(..) {
            core.server.post(core.id, message);
        }
        self.outcomes.drain(..).for_each(done);
        core.stale_watches.append(&mut self.core.stale_watches);
    }

    fn accept(&mut self, conns: &mut Conns) {
        let Self { core, registry, entrances, .. } = self;
        for entrance in entrances {
            while let Ok(mut socket) = entrance.accept() {
                if let Some(refusal) = refusal(&core.server, &socket) {
                    core.stats.connections_rejected.add(1);
                    let _ = io::Write::write(&mut socket, refusal);
                    continue;
                }
                core.server.loads[core.id].fetch_add(1, Ordering::Relaxed);
                admit(core, registry, conns, socket);
            }
        }
    }

    fn take_mail(&mut self, conns: &mut Conns) {
        let mut inbox = Vec::new();
        self.core.server.mailboxes[self.core.id].take(&mut inbox);
        for message in inbox {
            match message {
                Message::Accepted(socket) => {
                    admit(&self.core, &self.registry, conns, socket);
                }
                other => self.deferred.push(other),
            }
        }
    }

    /// Serves the requests at the front of a connection's socket, up to the first that needs more.
    fn serve(&mut self, conns: &mut Conns, slot: usize) {
        let Self { core, bytes, outcomes, .. } = self;
        let conn = &mut conns[slot];
        let Ok(len) = conn.socket.peek(&mut *bytes) else { return };
        // Inline requests are unquoted in place, so what is parsed is a copy.
        let mut copy = bytes[..len].to_vec();
        let (mut at, mut taken) = (0, 0);
        let (mut spans, mut resume, mut replies) = (Vec::new(), None, Vec::new());
        let closing = ClientFlags::CLOSE_AFTER_REPLY.or(ClientFlags::CLOSE_ASAP);
        while !conn.client.flags.has(closing) {
            spans.clear();
            let limits = conn.limits(&core.server);
            // What is wrong with a request is for the loop to tell.
            let Ok(Progress::Request) =
                parse_request(&mut copy, &mut at, &mut spans, limits, &mut resume)
            else {
                break;
            };
            if !spans.is_empty() {
                let args = Args::new(&copy, &spans);
                if process(core, &mut conn.client, &args, &mut replies) != Next::Continue {
                    break;
                }
            }
            taken = at;
        }
        if taken == 0 {
            return;
        }
        let _ = conn.socket.receive(&mut bytes[..taken]);
        core.stats.reads.add(1);
        core.stats.net_input_bytes.add(taken as u64);
        conn.note_received(taken, core.now_ms);
        let info = &conn.client.info;
        info.commands.store(conn.client.commands, Ordering::Relaxed);
        let lost = !deliver(core, conn, &replies, 0);
        conn.client.info.in_hand.store(conn.pending_bytes() > 0, Ordering::Relaxed);
        if lost || conn.client.flags.has(closing) {
            if lost || conn.pending_bytes() == 0 {
                conn.socket.shut_down();
            }
            outcomes.push(Outcome { conn: slot, stopped: None, lost });
        }
    }
}

impl BusyDesk for Desk {
    fn send(&mut self, withheld: &mut Withheld) {
        let Self { core, conns, .. } = self;
        withheld.send_all(|client, replies| {
            // What the socket does not take, and what went wrong with it, is for the loop.
            let conn = conns.get_mut(client.conn.slot as usize);
            let sent = conn.and_then(|conn| io::Write::write(&mut conn.socket, replies).ok());
            let sent = sent.unwrap_or(0);
            core.stats.writes.add(1);
            core.stats.net_output_bytes.add(sent as u64);
            client.note_replies(sent);
            sent
        });
    }

    fn look(&mut self) {
        if !self.is_open || self.looked_at.elapsed() < PERIOD {
            return;
        }
        self.has_looked = true;
        let mut conns = std::mem::take(&mut self.conns);
        self.core.read_clock();
        self.accept(&mut conns);
        self.take_mail(&mut conns);
        let is_free = |standing| matches!(standing, Standing::Idle | Standing::Queued);
        let free: Vec<usize> = (conns.iter())
            .filter(|(_, conn)| {
                is_free(conn.standing) && !conn.client.info.in_hand.load(Ordering::Relaxed)
            })
            .map(|(slot, _)| slot)
            .collect();
        for slot in free {
            self.serve(&mut conns, slot);
        }
        self.conns = conns;
        self.looked_at = Instant::now();
    }
}
