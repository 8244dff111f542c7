//! DEBUG DIGEST: a signature that two datasets share if they hold the same.
//!
//! The order of keys, and of what has no order inside a value, does not count: the signatures of
//! the parts are combined by exclusive or.

use sha1::{Digest as _, Sha1};

use crate::commands::CommandResult;
use crate::dispatch::Flow;
use crate::keyspace::{Key, KeyRef, Keyspace, Obj, ValueRef};
use crate::protocol::Args;
use crate::types::listpack::Value;

type Signature = [u8; 20];

pub(super) fn all(flow: &mut Flow<'_>) -> CommandResult {
    let signature = flow.with_gate(|core, _, _| {
        let server = core.server.clone();
        let mut total = Signature::default();
        for db in 0..server.store.databases() {
            for shard in 0..server.store.shards.count() {
                let data = server.store.shards.data(&core.held, shard);
                for table in data.db(db).tables() {
                    for entry in table.iter() {
                        let found = KeyRef::from(entry);
                        let key = found.key_bytes();
                        let parts = [&db.to_be_bytes()[..], key, &of_value(found)];
                        xor(&mut total, &hash(&parts));
                    }
                }
            }
        }
        total
    })?;
    write(flow, &signature);
    Ok(())
}

pub(super) fn values(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let names: Vec<&[u8]> = args.from(2).iter().collect();
    let signatures = flow.with_gate(|core, client, _| {
        let server = core.server.clone();
        let mut ks = Keyspace::new(
            &server.store,
            &mut core.held,
            &mut core.effects,
            &core.stats,
            client.db,
            core.now_ms,
        );
        let signature_of = |name: &&[u8]| ks.peek(&Key::new(name)).map_or([0; 20], of_value);
        names.iter().map(signature_of).collect::<Vec<Signature>>()
    })?;
    flow.reply().array(signatures.len());
    for signature in signatures {
        write(flow, &signature);
    }
    Ok(())
}

fn write(flow: &mut Flow<'_>, signature: &Signature) {
    let text: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    flow.reply().simple(&text);
}

fn of_value(found: KeyRef<'_>) -> Signature {
    let mut digits = itoa::Buffer::new();
    let mut signature = match found.value() {
        ValueRef::Int(int) => hash(&[digits.format(int).as_bytes()]),
        ValueRef::Bytes(bytes) => hash(&[bytes]),
        ValueRef::Obj(obj) => of_obj(obj),
    };
    if found.deadline().is_some() {
        xor(&mut signature, &hash(&[b"!!expire!!"]));
    }
    signature
}

fn of_obj(obj: &Obj) -> Signature {
    let mut total = Signature::default();
    let text = |value: Value<'_>| value.to_vec();
    match obj {
        Obj::Int(int) => total = hash(&[int.to_string().as_bytes()]),
        Obj::Raw(bytes) => total = hash(&[bytes]),
        Obj::List(list) => {
            for item in list.iter() {
                total = hash(&[&total, &text(item)]);
            }
        }
        Obj::Set(set) => set.iter().for_each(|item| xor(&mut total, &hash(&[&text(item)]))),
        Obj::Zset(zset) => {
            for (member, score) in zset.iter(0..zset.len()) {
                xor(&mut total, &hash(&[&text(member), b":", &score.to_be_bytes()]));
            }
        }
        Obj::Hash(fields) => {
            for (field, value, deadline) in fields.iter_all() {
                let deadline = deadline.unwrap_or(0).to_be_bytes();
                xor(&mut total, &hash(&[&text(field), b":", &text(value), &deadline]));
            }
        }
    }
    total
}

fn hash(parts: &[&[u8]]) -> Signature {
    let mut sha1 = Sha1::new();
    for part in parts {
        sha1.update((part.len() as u64).to_be_bytes());
        sha1.update(part);
    }
    sha1.finalize().into()
}

fn xor(total: &mut Signature, part: &Signature) {
    total.iter_mut().zip(part).for_each(|(a, b)| *a ^= b);
}
