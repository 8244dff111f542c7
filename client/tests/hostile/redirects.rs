//! Redirections, and what is sent again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tsubame_client::{Error, Executed, NodeAddr, Route, Slot, TopologyEvent, commands};

use crate::moves::until;
use crate::server::{Action, Hostile};

/// H7: nodes that send a command in a circle are left after the limit, without a storm.
#[tokio::test(start_paused = true)]
async fn a_ring_of_redirections_ends() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    let ports = hostile.world().ports.clone();
    hostile.script(move |call| {
        let slot = Slot::of(call.args.first()?.as_bytes());
        let next = ports[(call.node + 1) % 3];
        (call.name == "GET")
            .then(|| Action::Answer(format!("-MOVED {slot} 127.0.0.1:{next}\r\n").into()))
    });
    let tasks: Vec<_> = (0..50)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move { client.get(format!("key{n}")).await })
        })
        .collect();
    for task in tasks {
        let error = task.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::TooManyRedirects { hops: 6, .. }), "{error:?}");
    }
    assert!(hostile.calls("GET") <= 50 * 6);
    assert!(hostile.calls("CLUSTER SLOTS") <= 3 + 3);
}

/// Invariant I13: ASKING and its command are never separated, whoever else sends to that node. The
/// server checks it at each ASKING.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_and_its_command_stay_together() {
    let hostile = Hostile::start(2).await;
    let client = hostile.client().await;
    let slot = Slot::of(b"{moving}").get();
    let from = hostile.world().owner[usize::from(slot)];
    hostile.world().importing.insert(slot, 1 - from);
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let client = client.clone();
            tokio::spawn(async move {
                for n in 0..50 {
                    // Half of the tasks are redirected, the others keep both nodes busy.
                    let prefix = if task % 2 == 0 { "{moving}" } else { "other" };
                    client.incr(format!("{prefix}:{task}:{n}")).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Keys of the moving slot are created where it moves to.
    assert_eq!(client.stats().ask, 32 * 50);
    let world = hostile.world();
    assert_eq!(world.executed.len(), 64 * 50);
    assert_eq!(world.calls.get("CLUSTER SLOTS"), Some(&2), "ASK is no reason to ask for slots");
}

/// Invariants I11 and I12: a batch that meets moved slots executes each command once, and those of
/// a slot in their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redirected_batch_keeps_its_order_and_repeats_nothing() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    // Every second slot has gone elsewhere, and one is on its way.
    {
        let mut world = hostile.world();
        let moved = |(slot, owner): (usize, &usize)| (*owner + slot % 2) % 3;
        world.owner = world.owner.iter().enumerate().map(moved).collect();
        let slot = Slot::of(b"{5}").get();
        let target = (world.owner[usize::from(slot)] + 1) % 3;
        world.importing.insert(slot, target);
    }
    let mut batch = client.batch();
    for n in 0..300 {
        batch.push(commands::set(format!("{{{}}}", n % 20), n));
    }
    for result in batch.run().await.into_results() {
        result.unwrap();
    }
    let world = hostile.world();
    assert_eq!(world.executed.len(), 300);
    let mut last: HashMap<String, usize> = HashMap::new();
    for call in &world.executed {
        let n: usize = call.args[1].parse().unwrap();
        let before = last.insert(call.args[0].clone(), n);
        assert!(before < Some(n), "{} after {before:?} in {}", n, call.args[0]);
    }
}

/// C6: a write whose reply is lost is not repeated, and the error says that it may have happened; a
/// read is repeated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_harmless_commands_are_sent_again() {
    let hostile = Hostile::start(1).await;
    let client = hostile.client().await;
    client.set("n", 0).await.unwrap();
    let hang_up_once = |name: &'static str| {
        let mut done = false;
        hostile.script(move |call| {
            let now = call.name == name && !std::mem::replace(&mut done, true);
            now.then_some(Action::ExecuteAndHangUp)
        });
    };
    hang_up_once("INCR");
    let error = client.incr("n").await.unwrap_err();
    assert!(matches!(error, Error::MaybeExecuted { .. }), "{error:?}");
    assert_eq!(error.executed(), Executed::Maybe);
    assert_eq!((hostile.calls("INCR"), hostile.world().data["n"].as_str()), (1, "1"));
    hang_up_once("GET");
    assert_eq!(client.get("n").as_::<i64>().await.unwrap(), 1);
    assert_eq!(hostile.calls("GET"), 2);
    hang_up_once("INCR");
    assert_eq!(client.incr("n").idempotent().await.unwrap(), 3, "the caller took the risk");
    hang_up_once("GET");
    let error = client.get("n").no_retry().await.unwrap_err();
    assert_eq!(error.executed(), Executed::Maybe);
}

/// H13: states that pass are waited for, with growing pauses, and are no reason to ask for slots.
#[tokio::test(start_paused = true)]
async fn passing_states_are_waited_for() {
    for code in ["TRYAGAIN", "LOADING", "CLUSTERDOWN", "MASTERDOWN"] {
        let hostile = Hostile::start(1).await;
        let client = hostile.client().await;
        let until = Instant::now() + Duration::from_millis(400);
        hostile.script(move |call| {
            let answer = call.name == "INCR" && Instant::now() < until;
            answer.then(|| Action::Answer(format!("-{code} for now\r\n").into()))
        });
        assert_eq!(client.incr("n").await.unwrap(), 1, "{code}");
        assert!((3..=12).contains(&hostile.calls("INCR")), "{code}: {}", hostile.calls("INCR"));
        assert_eq!(hostile.calls("CLUSTER SLOTS"), 1, "{code}");
        hostile.script(move |call| {
            (call.name == "INCR").then(|| Action::Answer(format!("-{code} for ever\r\n").into()))
        });
        let start = Instant::now();
        let error = client.incr("n").timeout(Duration::from_millis(300)).await.unwrap_err();
        assert_eq!(error.code(), Some(code));
        assert!(start.elapsed() < Duration::from_millis(1000));
    }
}

/// H12, invariant I21: a thousand slots move one by one under load. No command fails, each moved
/// slot costs no more MOVED than there are tasks, and the topology is asked for within the budget.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slots_move_under_load() {
    const TASKS: u64 = 16;
    let hostile = Hostile::start(3).await;
    let start = Instant::now();
    let client = hostile.client().await;
    let keys: Vec<String> = {
        let mut by_slot: HashMap<u16, String> = HashMap::new();
        for n in 0.. {
            let key = format!("k{n}");
            let slot = Slot::of(key.as_bytes()).get();
            if slot < 1000 {
                by_slot.entry(slot).or_insert(key);
            }
            if by_slot.len() == 1000 {
                break;
            }
        }
        by_slot.into_values().collect()
    };
    let keys = Arc::new(keys);
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let (client, keys) = (client.clone(), keys.clone());
            let (stop, done) = (stop.clone(), done.clone());
            tokio::spawn(async move {
                let mut at = task as usize * 61;
                while !stop.load(Ordering::Relaxed) {
                    client.incr(&keys[at % 1000]).await.unwrap();
                    done.fetch_add(1, Ordering::Relaxed);
                    at += 7;
                }
            })
        })
        .collect();
    for slot in 0..1000u16 {
        hostile.world().importing.insert(slot, 1);
        if slot % 8 == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut world = hostile.world();
        world.importing.remove(&slot);
        world.owner[usize::from(slot)] = 1;
    }
    // Every slot is used again where it is now.
    let moved = done.load(Ordering::Relaxed);
    while done.load(Ordering::Relaxed) < moved + 1000 * TASKS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    let (stats, done) = (client.stats(), done.load(Ordering::Relaxed));
    assert!(stats.moved <= 1000 * (TASKS + 1), "{stats:?}");
    let minutes = start.elapsed().as_secs() / 60 + 1; // one, unless the machine has much else to do
    assert!(stats.topology_requests <= 3 + 15 * minutes, "{stats:?}");
    let sum: u64 = hostile.world().data.values().map(|value| value.parse::<u64>().unwrap()).sum();
    assert_eq!(sum, done, "each command was executed once");
}

/// A slot that moves from a node that a scan has still to see to one that it has seen: its keys are
/// found all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_finds_what_moves_behind_its_back() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    for n in 0..200 {
        client.set(format!("k{n}"), n).await.unwrap();
    }
    let mut scan = client.scan();
    let mut found = std::collections::HashSet::new();
    for _ in 0..100 {
        found.insert(scan.next().await.unwrap().unwrap());
    }
    // The first node is done by now; everything of the last moves to it.
    hostile.world().owner.iter_mut().filter(|owner| **owner == 2).for_each(|owner| *owner = 0);
    while let Some(key) = scan.next().await {
        found.insert(key.unwrap());
    }
    assert_eq!(found.len(), 200);
}

/// A transaction is redirected as a whole, and MULTI never leaves a trace on the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_follows_its_slot_as_a_whole() {
    let hostile = Hostile::start(2).await;
    let client = hostile.client().await;
    let mut events = client.topology_events();
    let slot = Slot::of(b"{t}");
    for round in 1..=3 {
        if round == 2 {
            let owner = &mut hostile.world().owner[usize::from(slot.get())];
            *owner = 1 - *owner;
        }
        let mut atomic = client.atomic();
        let a = atomic.push(commands::incr("{t}a"));
        let b = atomic.push(commands::incr("{t}b"));
        let mut replies = atomic.run().await.unwrap();
        assert_eq!((replies.take(a).unwrap(), replies.take(b).unwrap()), (round, round));
        if round == 2 {
            // Learned by the client's own task, which runs beside this one.
            until(
                &mut events,
                |event| matches!(event, TopologyEvent::SlotsMoved(slots) if slots.contains(&slot)),
            )
            .await;
        }
    }
    assert_eq!(hostile.calls("EXEC"), 4, "one transaction met the old owner");
    let mut wrong = client.atomic();
    wrong.push(commands::incr("a"));
    wrong.push(commands::incr("b"));
    assert!(matches!(wrong.run().await, Err(Error::CrossSlot)));
    assert_eq!(hostile.calls("EXEC"), 4, "nothing is sent that can't work");
}

/// Where the caller says that a command goes counts wherever the command is used, or is refused
/// before anything is sent; and what changes its connection goes on no shared one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_goes_where_its_caller_says_or_nowhere() {
    let hostile = Hostile::start(3).await;
    let client = hostile.client().await;
    let nodes = Arc::new(Mutex::new(Vec::new()));
    let seen = nodes.clone();
    hostile.script(move |call| {
        let answer = match call.name.as_str() {
            "ECHO" => "+x\r\n",
            "BLPOP" => "_\r\n",
            _ => return None,
        };
        seen.lock().unwrap().push(call.node);
        Some(Action::Answer(answer.into()))
    });
    let port = |node: usize| hostile.world().ports[node];
    let on = |node: usize| Route::Node(NodeAddr::new("127.0.0.1", port(node)));
    for node in 0..3 {
        let mut batch = client.batch();
        for _ in 0..4 {
            batch.push(commands::echo("x").on(on(node)));
        }
        batch.run().await.all::<String>().unwrap();
        assert_eq!(std::mem::take(&mut *nodes.lock().unwrap()), [node; 4]);
        client.blocking().run(commands::blpop(["k"], 1).on(on(node))).await.unwrap();
        assert_eq!(std::mem::take(&mut *nodes.lock().unwrap()), [node]);
    }
    let mut batch = client.batch();
    let everywhere = batch.push(commands::echo("x").on(Route::AllNodes));
    let refused = batch.run().await.take(everywhere);
    assert!(matches!(refused, Err(Error::NoRoute(_))), "{refused:?}");
    let mut atomic = client.atomic();
    atomic.push(commands::echo("x").on(on(0)));
    let refused = atomic.run().await;
    assert!(matches!(refused, Err(Error::NoRoute(_))), "{refused:?}");
    for route in [Route::AllNodes, Route::AllPrimaries, Route::AnyPrimary, on(1)] {
        let refused = client.cmd("SELECT").arg(1).on(route).await;
        assert!(matches!(refused, Err(Error::NoRoute(_))), "{refused:?}");
    }
    assert_eq!((hostile.calls("SELECT"), nodes.lock().unwrap().len()), (0, 0));
}

/// A command that its caller sent to a certain node goes the same way in a batch as alone: where that
/// node says, and it stays there while it is told to wait.
#[tokio::test(start_paused = true)]
async fn a_redirected_command_goes_the_same_way_in_a_batch_and_alone() {
    // (case, whether the slot is on its way, how often its new place says TRYAGAIN, nodes and ASKING)
    type Way<'a> = &'a [(usize, bool)];
    let (old, new) = (0, 1);
    let cases: [(&str, bool, u32, Way<'_>); 4] = [
        ("MOVED", false, 0, &[(old, false), (new, false)]),
        ("MOVED, and wait", false, 2, &[(old, false), (new, false), (new, false), (new, false)]),
        ("ASK", true, 0, &[(old, false), (new, true)]),
        // Without ASKING the new place sends it back to the old one, which asks again.
        (
            "ASK, and wait",
            true,
            1,
            &[(old, false), (new, true), (new, false), (old, false), (new, true)],
        ),
    ];
    for (case, moving, waits, way) in cases {
        for batched in [false, true] {
            let hostile = Hostile::start(3).await;
            let client = hostile.client().await;
            let slot = Slot::of(b"n").get();
            let on = Route::Node(NodeAddr::new("127.0.0.1", hostile.world().ports[old]));
            hostile.world().owner[usize::from(slot)] = if moving { old } else { new };
            if moving {
                hostile.world().importing.insert(slot, new);
            }
            let gone = Arc::new(Mutex::new(Vec::new()));
            let (seen, mut left) = (gone.clone(), waits);
            hostile.script(move |call| {
                if call.name != "INCR" || call.args[0] != "n" {
                    return None;
                }
                seen.lock().unwrap().push((call.node, call.asking));
                let waits = left > 0 && call.node == new;
                left -= u32::from(waits);
                waits.then(|| Action::Answer(b"-TRYAGAIN later\r\n".to_vec()))
            });
            let result = if batched {
                // Others of the batch, also of its slot, go where they belong.
                let mut batch = client.batch();
                batch.push(commands::incr("{n}other"));
                let ticket = batch.push(commands::incr("n").on(on));
                batch.push(commands::incr("elsewhere"));
                let mut replies = batch.run().await;
                let result = replies.take(ticket);
                assert_eq!(hostile.world().executed.len(), 3, "{case}");
                result
            } else {
                client.incr("n").on(on).await
            };
            assert_eq!(result.unwrap(), 1, "{case}, batched: {batched}");
            assert_eq!(*gone.lock().unwrap(), way, "{case}, batched: {batched}");
        }
    }
}
