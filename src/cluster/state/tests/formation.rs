//! Nodes find each other and agree.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::Rng;

use super::with_seeds;
use super::world::World;
use crate::cluster::settings::{AnnounceSettings, ClientAnnounce};
use crate::cluster::state::{AdminError, Cluster, SetSlot};

#[test]
fn nodes_that_meet_agree_and_get_epochs_of_their_own() {
    with_seeds(10, |world| {
        let world = world.formed(5);
        let epochs: BTreeSet<u64> =
            world.nodes.iter().map(|node| node.cluster.myself().config_epoch).collect();
        assert_eq!(epochs.len(), 5, "config epochs {epochs:?} collide");
        for node in &world.nodes {
            assert_eq!((node.cluster.nodes().count(), node.cluster.size()), (5, 5));
        }
    });
}

#[test]
fn connections_that_break_delay_agreement_and_do_not_prevent_it() {
    with_seeds(10, |mut world| {
        world.breaking = 15;
        for _ in 0..4 {
            world.add(|_| {});
        }
        for node in 1..4 {
            world.meet(node, node - 1);
        }
        for node in 0..4 {
            world.take_slots(node, node as u16 * 4096, node as u16 * 4096 + 4095);
        }
        world.run_until(60_000, |world| {
            world.agreed() && world.nodes.iter().all(|node| node.cluster.nodes().count() == 4)
        });
        world.breaking = 0;
        world.run(10_000);
        world.expect_ok(&[0, 1, 2, 3]);
    });
}

#[test]
fn what_a_node_announces_reaches_everybody() {
    with_seeds(2, |mut world| {
        let client = ClientAnnounce {
            hostname: "one.example".into(),
            human_nodename: "first".into(),
            ipv4: "10.1.2.3".into(),
            ipv6: "::7".into(),
            port: 7777,
            tls_port: 7778,
            availability_zone: "az-1".into(),
        };
        let announce = AnnounceSettings { client: client.clone(), ..AnnounceSettings::default() };
        world.add(|settings| settings.announce = announce.clone());
        world.add(|_| {});
        world.add(|_| {});
        world.meet(1, 0);
        world.meet(1, 2);
        world.run(5000);
        let (id, shard) = {
            let me = world.nodes[0].cluster.myself();
            (me.id, me.shard)
        };
        for node in &world.nodes {
            let key = node.cluster.find(&id).expect("everybody knows it");
            let node = node.cluster.node(key);
            assert_eq!((&node.announce, node.shard), (&client, shard));
            assert_eq!(node.address.ip, "127.0.0.1");
        }
    });
}

/// A node that was forgotten, and still knows the others, sends them a MEET when they do not connect
/// to it. A MEET is trusted, in Valkey too, so the node is known again until the next ping of
/// somebody whose blacklist has it.
#[test]
fn a_forgotten_node_that_knocks_again_is_sent_away_for_as_long_as_it_is_blacklisted() {
    with_seeds(3, |world| {
        let mut world = world.formed(4);
        let id = world.nodes[3].cluster.myself().id;
        world.kill(3);
        let now = world.now;
        world.nodes[0].cluster.forget(now, id.as_str().as_bytes()).expect("it is known");
        world.settle(0);
        // The order travels with the pings of node 0.
        world.run(5000);
        for node in 0..3 {
            assert!(!world.knows(node, 3), "node {node} still knows it");
        }
        let now = world.now;
        let again = world.nodes[1].cluster.forget(now, id.as_str().as_bytes());
        assert_eq!(again, Ok(()), "forgotten already");
        world.revive(3);
        let mut known_since = [None; 3];
        for _ in 0..200 {
            world.run(100);
            for (node, since) in known_since.iter_mut().enumerate() {
                *since = world.knows(node, 3).then(|| since.unwrap_or(world.now));
                let known = world.now - since.unwrap_or(world.now);
                assert!(known < 5000, "node {node} has known it for {known} ms");
            }
        }
    });
}

#[test]
fn of_two_claims_the_one_with_the_newer_epoch_wins_everywhere() {
    with_seeds(5, |world| {
        let mut world = world.formed(3);
        // Node 2 takes a slot of node 1 while nobody can tell node 1.
        world.island.insert(1);
        world.run(100);
        let cluster = &mut world.nodes[2].cluster;
        cluster.drop_slots([6000]).expect("node 1 has it");
        cluster.take_slots([6000]).expect("it is free now");
        cluster.bump_epoch_by_order();
        world.settle(2);
        world.run(1000);
        world.island.clear();
        world.run_until(20_000, World::agreed);
        let owner = world.nodes[1].cluster.owner(6000).expect("somebody serves it");
        let owner = world.nodes[1].cluster.node(owner).id;
        assert_eq!(owner, world.nodes[2].cluster.myself().id);
        let lost = &world.nodes[1].lost;
        assert_eq!(lost.len(), 1, "node 1 has to drop the keys of the slot it lost");
        assert_eq!(lost[0].ranges(), [(6000, 6000)]);
    });
}

#[test]
fn a_slot_moves_by_setslot() {
    with_seeds(3, |world| {
        let mut world = world.formed(3);
        let ids: Vec<String> =
            world.nodes.iter().map(|node| node.cluster.myself().id.to_string()).collect();
        let id = |node: usize| ids[node].as_bytes();
        let order = |world: &mut World, node: usize, order, keys| {
            let result = world.nodes[node].cluster.set_slot(100, order, keys);
            world.settle(node);
            result
        };
        assert_eq!(
            order(&mut world, 1, SetSlot::Migrating(id(2)), 0),
            Err(AdminError::NotOwner(100))
        );
        assert_eq!(
            order(&mut world, 0, SetSlot::Importing(id(1)), 0),
            Err(AdminError::AlreadyOwner(100))
        );
        order(&mut world, 2, SetSlot::Importing(id(0)), 0).expect("importing");
        order(&mut world, 0, SetSlot::Migrating(id(2)), 3).expect("migrating");
        assert_eq!(
            order(&mut world, 0, SetSlot::Node(id(2)), 3),
            Err(AdminError::SlotHasKeys(100))
        );
        let text = world.nodes[0].cluster.nodes_conf().to_text();
        assert!(text.contains(&format!(" [100->-{}]", ids[2])), "{text}");
        order(&mut world, 2, SetSlot::Node(id(2)), 3).expect("the target first");
        order(&mut world, 0, SetSlot::Node(id(2)), 0).expect("then the source");
        world.run_until(10_000, World::agreed);
        for node in &world.nodes {
            let owner = node.cluster.owner(100).expect("somebody serves it");
            assert_eq!(node.cluster.node(owner).id.as_str(), ids[2]);
            assert!(node.cluster.migrating().is_empty() && node.cluster.importing().is_empty());
        }
    });
}

#[test]
fn a_hard_reset_makes_another_node_of_it() {
    with_seeds(3, |world| {
        let mut world = world.formed(3);
        let before = world.nodes[2].cluster.myself().id;
        let now = world.now;
        world.nodes[2].cluster.reset(now, true, false).expect("no keys");
        world.settle(2);
        assert_ne!(world.nodes[2].cluster.myself().id, before);
        assert_eq!(world.nodes[2].cluster.nodes().count(), 1);
        world.run(10_000);
        // The others met a stranger where they knew a node: that node is gone for good.
        let cluster = &world.nodes[0].cluster;
        let old = cluster.node(cluster.find(&before).expect("still in the table"));
        assert!(old.is(crate::cluster::message::NodeFlags::NOADDR));
        assert!(!cluster.is_ok());
        world.meet(0, 2);
        world.run(5000);
        assert!(world.knows(0, 2) && world.knows(2, 1));
    });
}

#[test]
fn orders_are_refused_in_the_words_of_valkey() {
    with_seeds(1, |world| {
        let mut world = world.formed(2);
        let me = world.nodes[0].cluster.myself().id.to_string();
        let now = world.now;
        let cluster = &mut world.nodes[0].cluster;
        let check = |result: Result<(), AdminError>, text: &str| {
            assert_eq!(result.expect_err("refused").to_string(), text);
        };
        check(cluster.take_slots([3]), "ERR Slot 3 is already busy");
        check(cluster.forget(now, me.as_bytes()), "ERR I tried hard but I can't forget myself...");
        check(cluster.forget(now, b"nobody"), "ERR Unknown node nobody");
        check(cluster.set_config_epoch(-1), "ERR Invalid config epoch specified: -1");
        check(
            cluster.set_config_epoch(7),
            "ERR The user can assign a config epoch only when the node does not know any other \
             node.",
        );
        check(
            cluster.reset(now, false, true),
            "ERR CLUSTER RESET can't be called with master nodes containing keys",
        );
        cluster.drop_slots([1, 2]).expect("ours");
        check(cluster.drop_slots([1]), "ERR Slot 1 is already unassigned");
        check(cluster.take_slots([1, 2, 1]), "ERR Slot 1 specified multiple times");
        assert_eq!(cluster.owner(1), None, "nothing of a refused order is done");
    });
}

/// Whatever is done to the nodes, no invariant breaks, and after it ends they agree.
#[test]
fn nodes_survive_random_orders_breaks_and_restarts() {
    with_seeds(6, |world| {
        let mut world = world.formed(4);
        for _ in 0..60 {
            world.breaking = world.rng.random_range(0..10);
            let node = world.rng.random_range(0..4);
            let other = world.rng.random_range(0..4);
            let slot = world.rng.random_range(0..16384);
            let now = world.now;
            let id = world.nodes[other].cluster.myself().id.to_string();
            let id = id.as_bytes();
            let kind = world.rng.random_range(0..9);
            if !world.nodes[node].alive {
                world.revive(node);
                continue;
            }
            let cluster = &mut world.nodes[node].cluster;
            // Orders that are refused are part of the test.
            let _ = match kind {
                0 => cluster.drop_slots([slot]),
                1 => cluster.take_slots([slot]),
                2 => cluster.set_slot(slot, SetSlot::Importing(id), 0),
                3 => cluster.set_slot(slot, SetSlot::Migrating(id), 0),
                4 => cluster.set_slot(slot, SetSlot::Node(id), 0),
                5 => {
                    cluster.bump_epoch_by_order();
                    Ok(())
                }
                6 => cluster.reset(now, false, false),
                7 if world.living().count() > 2 => {
                    world.kill(node);
                    Ok(())
                }
                _ => {
                    world.island = if world.island.is_empty() { [node].into() } else { [].into() };
                    Ok(())
                }
            };
            if world.nodes[node].alive {
                world.settle(node);
            }
            let first = world.living().next().expect("two live");
            world.meet(first, other);
            let time = world.rng.random_range(0..3000);
            world.run(time);
        }
        world.breaking = 0;
        world.island.clear();
        for node in 0..4 {
            if !world.nodes[node].alive {
                world.revive(node);
            }
        }
        for (from, to) in [(0, 1), (0, 2), (0, 3)] {
            world.meet(from, to);
        }
        world.run_until(120_000, |world| (0..4).all(|by| (0..4).all(|node| world.knows(by, node))));
    });
}

#[test]
fn a_node_starts_again_as_it_was_saved() {
    with_seeds(2, |world| {
        let world = world.formed(3);
        let before = &world.nodes[1];
        let conf = before.cluster.nodes_conf();
        let settings = before.cluster.settings().clone();
        let loaded = Cluster::load(&conf, Arc::clone(&settings), 1, world.now);
        let after = loaded.nodes_conf();
        assert_eq!((after.current_epoch, after.nodes.len()), (conf.current_epoch, 3));
        for (old, new) in conf.nodes.iter().zip(&after.nodes) {
            assert_eq!((old.id, old.shard, &old.slots), (new.id, new.shard, &new.slots));
            assert_eq!(old.address, new.address);
        }
        assert_eq!(loaded.myself().id, before.cluster.myself().id);
    });
}
