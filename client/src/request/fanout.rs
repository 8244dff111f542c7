//! Commands that concern several nodes or slots, and how their replies become one.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::{KeySlot, Request, Route, execute_all, follow_place, route_slot, send_and_follow};
use crate::error::{Error, Result};
use crate::node::{Lost, NodeHandle, Sending, Why};
use crate::slot::Slot;
use crate::table::{Flags, KeySpec, RequestPolicy, ResponsePolicy};
use crate::value::Value;
use crate::view::{Core, Place, Routed};

/// Sends `request` to all nodes that it concerns.
pub(super) async fn everywhere(core: &Core, request: Request, deadline: Instant) -> Result<Value> {
    let all = request.info.is_some_and(|info| info.request == RequestPolicy::AllNodes);
    let nodes = core.view.load().fan(all);
    join(&request, on_nodes(core, &request, nodes, deadline).await)
}

/// Where the caller wants `request` to go, if it may go there on a shared connection.
pub(super) fn wished(core: &Core, request: &mut Request, route: &Route) -> Result<Routed> {
    let query = request.query();
    if query.blocking || query.info.is_some_and(|info| info.flags.has(Flags::CONNECTION)) {
        return Err(Error::NoRoute("the command can't be sent on a shared connection"));
    }
    place_of(core, route)
}

/// What `route` means by what is known now.
pub(crate) fn place_of(core: &Core, route: &Route) -> Result<Routed> {
    match route {
        Route::AllPrimaries | Route::AllNodes => Ok(Routed::FanOut),
        Route::Slot(slot) => route_slot(core, KeySlot::One(*slot)).map(Routed::Node),
        Route::Node(addr) => core
            .redirected(addr)
            .map(|node| Routed::Node(Place::of(node)))
            .ok_or(Error::NoRoute("too many nodes that the topology does not name")),
        Route::AnyPrimary => core.view.load().any_primary().map(Place::of).map(Routed::Node),
    }
}

/// Sends `request` where the caller said.
pub(super) async fn on_route(
    core: &Core,
    mut request: Request,
    route: &Route,
    deadline: Instant,
) -> Result<Value> {
    match wished(core, &mut request, route)? {
        Routed::Node(place) => send_and_follow(core, &request, place, deadline).await,
        Routed::FanOut | Routed::Split => {
            let nodes = core.view.load().fan(*route == Route::AllNodes);
            join(&request, on_nodes(core, &request, nodes, deadline).await)
        }
    }
}

/// Sends `request` to each of `nodes` at the same time.
pub(crate) async fn on_nodes(
    core: &Core,
    request: &Request,
    nodes: Vec<Arc<NodeHandle>>,
    deadline: Instant,
) -> Vec<Result<Value>> {
    if nodes.len() > 1 {
        request.seen.at_several();
    }
    // All are queued before the first is awaited.
    let sent: Vec<_> = nodes
        .into_iter()
        .map(|node| (node.mux(request.slot()).submit(&request.body, Sending::now(deadline)), node))
        .collect();
    let mut results = Vec::with_capacity(sent.len());
    for (sent, node) in sent {
        let outcome = match sent {
            Ok(rx) => rx.await.unwrap_or(Err(Lost { sent: true, why: Why::Closed })),
            Err(lost) => Err(lost),
        };
        let mut pinned = request.clone();
        pinned.route = Some(Route::Node(node.addr().clone()));
        results.push(follow_place(core, &pinned, Place::of(node), outcome, deadline).await);
    }
    results
}

/// Cuts `request` into one for each slot and joins the replies in the order of the keys.
pub(super) async fn split(core: &Core, request: Request, deadline: Instant) -> Result<Value> {
    let Some(info) = request.info else { return Err(Error::CrossSlot) };
    let KeySpec::Range { first, last: -1, step } = info.keys else { return Err(Error::CrossSlot) };
    if info.response == ResponsePolicy::AllSucceeded && !request.non_atomic {
        return Err(Error::CrossSlot);
    }
    let args: Vec<&[u8]> = request.body.args().skip(usize::from(first)).collect();
    let mut parts: BTreeMap<Slot, (Request, Vec<usize>)> = BTreeMap::new();
    for (position, unit) in args.chunks(usize::from(step.max(1))).enumerate() {
        let (part, positions) = parts.entry(Slot::of(unit[0])).or_insert_with(|| {
            let mut part = Request::new(info);
            part.idempotent = request.idempotent;
            part.read_from = request.read_from.clone();
            part.no_retry = request.no_retry;
            part.seen = request.seen.clone();
            (part, Vec::new())
        });
        part.key(unit[0]);
        unit[1..].iter().for_each(|arg| part.arg(*arg));
        positions.push(position);
    }
    let (parts, positions): (Vec<_>, Vec<_>) = parts.into_values().unzip();
    let results = execute_all(core, parts, deadline).await;
    if info.response != ResponsePolicy::Default {
        return join(&request, results);
    }
    let total = positions.iter().map(Vec::len).sum();
    let mut joined = vec![Value::Null; total];
    for (values, positions) in succeeded(results)?.into_iter().zip(positions) {
        let Value::Array(values) = values else {
            return Err(Error::Convert { expected: "an array", got: values.kind().to_owned() });
        };
        values.into_iter().zip(positions).for_each(|(value, at)| joined[at] = value);
    }
    Ok(Value::Array(joined))
}

/// All values, or one error that says how many failed.
fn succeeded(results: Vec<Result<Value>>) -> Result<Vec<Value>> {
    let total = results.len();
    let (mut values, mut errors) = (Vec::with_capacity(total), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error),
        }
    }
    let failed = errors.len();
    match errors.into_iter().next() {
        None => Ok(values),
        Some(error) if total == 1 => Err(error),
        Some(first) => Err(Error::Partial { failed, total, first: Box::new(first) }),
    }
}

fn join(request: &Request, results: Vec<Result<Value>>) -> Result<Value> {
    let policy = request.info.map_or(ResponsePolicy::Default, |info| info.response);
    if policy == ResponsePolicy::OneSucceeded {
        let mut last = Error::NoRoute("no primary is known");
        for result in results {
            match result {
                Ok(value) => return Ok(value),
                Err(error) => last = error,
            }
        }
        return Err(last);
    }
    let values = succeeded(results)?;
    let integers = || values.iter().filter_map(Value::as_int);
    Ok(match policy {
        ResponsePolicy::Sum => Value::Int(integers().sum()),
        ResponsePolicy::Min => integers().min().map_or(Value::Null, Value::Int),
        ResponsePolicy::LogicalAnd => and(&values),
        ResponsePolicy::Default
            if values.iter().all(|v| matches!(v, Value::Array(_) | Value::Set(_))) =>
        {
            let mut all = Vec::new();
            for value in values {
                if let Value::Array(items) | Value::Set(items) = value {
                    all.extend(items);
                }
            }
            Value::Array(all)
        }
        _ => values.into_iter().next().unwrap_or(Value::Null),
    })
}

fn and(values: &[Value]) -> Value {
    let rows: Vec<&[Value]> = values.iter().filter_map(Value::as_slice).collect();
    let len = rows.first().map_or(0, |row| row.len());
    let all = |at: usize| rows.iter().all(|row| row.get(at).and_then(Value::as_int) == Some(1));
    Value::Array((0..len).map(|at| Value::Int(i64::from(all(at)))).collect())
}
