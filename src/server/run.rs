//! From a configuration to running event loops, and back.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};

use mio::{Poll, Waker};
use rand::Rng;

use super::banner;
use super::cluster::{self, ClusterStartError};
use super::{CoreMailbox, Pause, Server, Shutdown, Testing, shutdown};
use crate::acl::{Limited, User, Users};
use crate::commands::CommandTable;
use crate::config::{AclPubsubDefault, Config};
use crate::keyspace::Store;
use crate::logging;
use crate::net::{EventLoop, ListenError, Listening, bind_all};
use crate::pubsub::PubSub;
use crate::scripting::Scripting;
use crate::session::Registry;
use crate::shard::Gate;
use crate::stats::{Accounting, CoreStats, Journal, Overrun};
use crate::sys::{LazyFree, affinity, process, title, unix_ms};

/// Stack of an event loop's thread, as large as that of the first by default: Lua's patterns nest deeply.
const STACK_BYTES: usize = 8 << 20;

/// Why the server did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Cluster(#[from] ClusterStartError),
    #[error(transparent)]
    Users(#[from] Limited),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs a server until it is told to stop.
pub fn run(config: Arc<Config>, declared: &[User]) -> Result<(), RunError> {
    affinity::pin(&config.server_cpulist.string());
    let threads = match config.threads.get() as usize {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    process::follow_huge_pages(&config);
    let is_cluster = config.cluster_enabled.get();
    let prepared = if is_cluster { Some(cluster::prepare(&config)?) } else { None };
    banner::show(&config, is_cluster);
    let all_channels = config.acl_pubsub_default.get() == AclPubsubDefault::AllChannels;
    let users = Users::new(declared, &config.requirepass.get(), all_channels)?;
    let listeners = bind_all(&config)?;
    let mut polls = Vec::new();
    let mut mailboxes = Vec::new();
    for _ in 0..threads {
        let poll = Poll::new()?;
        mailboxes.push(CoreMailbox::new(Waker::new(poll.registry(), EventLoop::wake_token())?));
        polls.push(poll);
    }
    let commands = CommandTable::get();
    // One share more, for the thread that frees.
    let accounting = Arc::new(Accounting::new(threads + 1));
    let freeing = accounting.clone();
    let lazy_free =
        LazyFree::start(config.bio_cpulist.string(), move || freeing.share(threads).publish())?;
    let server = Arc::new(Server {
        store: Store::new(config.clone(), threads, threads, is_cluster),
        gate: Gate::new(threads),
        mailboxes: mailboxes.into(),
        stats: (0..threads).map(|_| Arc::new(CoreStats::new(commands.all().len()))).collect(),
        clients: Registry::default(),
        loads: (0..threads).map(|_| AtomicUsize::new(0)).collect(),
        commands,
        pubsub: PubSub::default(),
        pause: Pause::default(),
        monitors: AtomicUsize::new(0),
        is_cluster,
        cluster: prepared.as_ref().map(|prepared| prepared.handle.clone()),
        testing: Testing::default(),
        shutdown: Shutdown::default(),
        listening: Listening::default(),
        started_ms: unix_ms(),
        run_id: run_id(),
        stopping: AtomicBool::new(false),
        wide_waiters: AtomicU64::new(0),
        lazy_free,
        accounting,
        overrun: Overrun::default(),
        journal: Journal::default(),
        clock: quanta::Clock::new(),
        scripting: Scripting::new(threads),
        users,
        config,
    });
    server.listening.note(&listeners);
    super::rebind::follow(&server);
    follow_requirepass(&server);
    follow_insecure_api(&server);
    write_users_back(&server);
    title::follow(&server.config);
    shutdown::follow_signals(server.clone())?;
    process::follow_oom_score_adj(&server.config, logging::is_replica);
    let mut polls = polls.into_iter().enumerate();
    let (_, first_poll) = polls.next().expect("there is at least one core");
    let first = EventLoop::new(0, server.clone(), first_poll, listeners)?;
    let bus = match prepared {
        Some(prepared) => Some(cluster::start(server.clone(), prepared)?),
        None => None,
    };
    server.accounting.share(0).publish();
    server.journal.note_start(server.accounting.used());
    tracing::info!("Server initialized");
    if server.config.port.get() != 0 {
        tracing::info!("Ready to accept connections tcp");
    }
    if !server.config.unixsocket.is_empty() {
        tracing::info!("Ready to accept connections unix");
    }
    process::notify_ready(&server.config);
    let others = polls
        .map(|(id, poll)| {
            let server = server.clone();
            let thread = std::thread::Builder::new().name(format!("core-{id}"));
            thread.stack_size(STACK_BYTES).spawn(move || {
                let result =
                    EventLoop::new(id, server.clone(), poll, Vec::new()).and_then(EventLoop::run);
                if result.is_err() {
                    server.stop();
                }
                result
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let result = first.run();
    server.stop();
    for other in others {
        if let Ok(Err(error)) = other.join() {
            tracing::warn!("An event loop ended: {error}");
        }
    }
    if let (Some(bus), Some(cluster)) = (bus, &server.cluster) {
        cluster.stop();
        if bus.join().is_err() {
            tracing::error!("The cluster bus ended by a panic");
        }
    }
    Ok(result?)
}

/// CONFIG SET requirepass is about the default user.
fn follow_requirepass(server: &Arc<Server>) {
    // The configuration belongs to the server, and must not keep it alive.
    let server_ref = Arc::downgrade(server);
    server.config.on_change(&["requirepass"], move |config| {
        if let Some(server) = server_ref.upgrade() {
            server.users.set_default_password(&config.requirepass.get());
        }
        Ok(())
    });
}

/// `lua-enable-insecure-api`, now and whenever it changes.
fn follow_insecure_api(server: &Arc<Server>) {
    let server_ref = Arc::downgrade(server);
    let apply = move |config: &Config| {
        if let Some(server) = server_ref.upgrade() {
            let flushed =
                server.scripting.cache.set_insecure_api(config.lua_enable_insecure_api.get());
            let count = flushed.len();
            server.lazy_free.free(flushed, count, false);
        }
        Ok(())
    };
    let _ = apply(&server.config);
    server.config.on_change(&["lua-enable-insecure-api"], apply);
}

/// CONFIG REWRITE writes the users, unless they have a file of their own.
fn write_users_back(server: &Arc<Server>) {
    let server_ref = Arc::downgrade(server);
    server.config.on_rewrite_users(move || {
        let server = server_ref.upgrade()?;
        server.config.aclfile.is_empty().then(|| server.users.describe())
    });
}

/// 40 random hexadecimal digits, as `run_id` and node ids are.
fn run_id() -> String {
    let mut rng = rand::rng();
    (0..40).map(|_| char::from_digit(rng.random_range(0..16), 16).unwrap_or('0')).collect()
}
