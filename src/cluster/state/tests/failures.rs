//! Nodes and networks that fail.

use super::{World, with_seeds};
use crate::cluster::message::NodeFlags;

#[test]
fn a_dead_node_is_failed_by_the_majority_and_taken_back_when_it_returns() {
    with_seeds(5, |world| {
        let mut world = world.formed(5);
        let lost = world.nodes[4].cluster.myself().id;
        world.kill(4);
        world.run_until(10_000, |world| (0..4).all(|node| world.flagged(node, 4, NodeFlags::FAIL)));
        world.run(500);
        for node in 0..4 {
            assert!(!world.nodes[node].cluster.is_ok(), "a part of the slots is not served");
        }
        world.revive(4);
        assert_eq!(world.nodes[4].cluster.myself().id, lost);
        // A failed primary with slots is taken back after two node timeouts at the earliest.
        world.run_until(15_000, |world| world.nodes.iter().all(|node| node.cluster.is_ok()));
        world.expect_agreement();
    });
}

#[test]
fn one_node_alone_cannot_fail_another() {
    with_seeds(5, |world| {
        let mut world = world.formed(3);
        world.island.insert(2);
        world.run_until(10_000, |world| world.flagged(2, 0, NodeFlags::PFAIL));
        world.run(5000);
        assert!(!world.flagged(2, 0, NodeFlags::FAIL) && !world.flagged(2, 1, NodeFlags::FAIL));
        assert!(world.flagged(0, 2, NodeFlags::FAIL) && world.flagged(1, 2, NodeFlags::FAIL));
        world.island.clear();
        world.run_until(20_000, |world| {
            world.agreed() && world.nodes.iter().all(|node| node.cluster.is_ok())
        });
        for (by, node) in [(0, 1), (0, 2), (1, 2), (2, 0)] {
            let failing = NodeFlags::FAIL.or(NodeFlags::PFAIL);
            assert!(!world.flagged(by, node, failing), "{by} still holds {node} for failing");
        }
    });
}

#[test]
fn a_minority_stops_serving_and_the_majority_goes_on_where_coverage_is_not_required() {
    with_seeds(5, |mut world| {
        for _ in 0..5 {
            world.add(|settings| settings.require_full_coverage = false);
        }
        for node in 1..5 {
            world.meet(0, node);
        }
        world.run(4000);
        for node in 0..5 {
            world.take_slots(node, node as u16 * 3000, node as u16 * 3000 + 2999);
        }
        world.run(8000);
        world.expect_ok(&[0, 1, 2, 3, 4]);
        world.island = [3, 4].into();
        world.run_until(10_000, |world| (3..5).all(|node| !world.nodes[node].cluster.is_ok()));
        world.run(3000);
        world.expect_ok(&[0, 1, 2]);
        assert!(!world.nodes[3].cluster.is_ok());
        world.island.clear();
        world.run_until(20_000, |world| world.nodes.iter().all(|node| node.cluster.is_ok()));
    });
}

#[test]
fn a_primary_does_not_serve_right_after_its_start() {
    with_seeds(3, |world| {
        let mut world = world.formed(3);
        world.kill(0);
        world.run(200);
        world.revive(0);
        world.run(1500);
        assert!(!world.nodes[0].cluster.is_ok(), "it was replaced perhaps and cannot know yet");
        world.run(4000);
        world.expect_ok(&[0, 1, 2]);
    });
}

#[test]
fn reports_of_failure_are_forgotten_in_time() {
    with_seeds(3, |world| {
        let mut world = world.formed(4);
        let id = world.nodes[3].cluster.myself().id;
        world.kill(3);
        // Whoever declares the failure has heard of it from others; the rest may hear only that.
        let reports = |world: &World, node: usize, later_ms| {
            let cluster = &world.nodes[node].cluster;
            let key = cluster.find(&id).expect("known");
            cluster.failure_reports(world.now + later_ms, key)
        };
        world.run_until(10_000, |world| (0..3).any(|node| reports(world, node, 0) > 0));
        assert!((0..3).all(|node| reports(&world, node, 6000) == 0));
    });
}
