//! DEBUG's subcommands that look at keys, or make them.

use crate::commands::generic::encoding_of;
use crate::commands::{CommandError, CommandResult};
use crate::dispatch::{Core, Flow};
use crate::keyspace::{Key, KeyRef, Keyspace, Obj, ValueRef};
use crate::protocol::{Args, parse_i64};
use crate::session::Client;
use crate::shard::ShardSet;

/// Runs `f` on the keyspace with the shard of `key` held.
fn on_key<R>(
    flow: &mut Flow<'_>,
    key: &Key<'_>,
    f: impl FnOnce(&mut Keyspace<'_>) -> R,
) -> Result<R, CommandError> {
    let mut set = ShardSet::EMPTY;
    set.insert(flow.core.server.store.shards.of_slot(key.slot));
    flow.with_shards(&set, |core, client, _| keyspace(core, client, f))
}

fn keyspace<R>(core: &mut Core, client: &Client, f: impl FnOnce(&mut Keyspace<'_>) -> R) -> R {
    let server = core.server.clone();
    let mut ks = Keyspace::new(
        &server.store,
        &mut core.held,
        &mut core.effects,
        &core.stats,
        client.db,
        core.now_ms,
    );
    let result = f(&mut ks);
    core.stats.dirty.add(ks.dirty);
    result
}

/// What `describe` says of a key that is there.
fn describe(
    flow: &mut Flow<'_>,
    name: &[u8],
    describe: impl FnOnce(KeyRef<'_>) -> Result<String, CommandError>,
) -> CommandResult {
    let key = Key::new(name);
    // Also a key that has expired and is still there.
    let text = on_key(flow, &key, |ks| {
        let db = ks.db;
        match ks.shard_of_mut(&key).db(db).find(&key) {
            Some(found) => describe(KeyRef::from(found)),
            None => Err(CommandError::NoSuchKey),
        }
    })??;
    flow.reply().simple(&text);
    Ok(())
}

/// What a value takes in an RDB file where nothing is compressed; for a collection, about.
fn serialized_bytes(found: KeyRef<'_>) -> usize {
    let text = |bytes: &[u8]| match parse_i64(bytes) {
        Some(int) => serialized_int(int),
        None => serialized_text(bytes.len()),
    };
    match found.value() {
        ValueRef::Bytes(bytes) => text(bytes),
        ValueRef::Obj(Obj::Raw(bytes)) => text(bytes),
        ValueRef::Int(int) => serialized_int(int),
        ValueRef::Obj(Obj::Int(int)) => serialized_int(*int),
        ValueRef::Obj(_) => super::super::memory::value_bytes(found, usize::MAX),
    }
}

/// A number of up to 32 bits follows a byte that tells its width; others are text.
fn serialized_int(int: i64) -> usize {
    if i8::try_from(int).is_ok() {
        2
    } else if i16::try_from(int).is_ok() {
        3
    } else if i32::try_from(int).is_ok() {
        5
    } else {
        serialized_text(int.to_string().len())
    }
}

/// Text follows its length, which takes 6 bits, 14 bits or 4 bytes with a mark of which it is.
fn serialized_text(len: usize) -> usize {
    match len {
        0..0x40 => 1 + len,
        0x40..0x4000 => 2 + len,
        _ => 5 + len,
    }
}

pub(super) fn object(flow: &mut Flow<'_>, name: &[u8]) -> CommandResult {
    describe(flow, name, |found| {
        let encoding = encoding_of(found);
        let mut text = format!(
            "Value at:{:#x} refcount:1 encoding:{encoding} serializedlength:{} lru:{} \
             lru_seconds_idle:0",
            std::ptr::from_ref(found.key_bytes()).addr(),
            serialized_bytes(found),
            found.access(),
        );
        if let Some(Obj::List(list)) = found.obj()
            && encoding == "quicklist"
        {
            let nodes = list.node_count();
            let average = list.len() as f64 / nodes.max(1) as f64;
            text.push_str(&format!(
                " ql_nodes:{nodes} ql_avg_node:{average:.2} ql_listpack_max:-2 ql_compressed:0 \
                 ql_uncompressed_size:{}",
                list.heap_bytes(usize::MAX)
            ));
        }
        Ok(text)
    })
}

pub(super) fn listpack(flow: &mut Flow<'_>, name: &[u8]) -> CommandResult {
    describe(flow, name, |found| match encoding_of(found) {
        "listpack" => Ok(format!(
            "{{total bytes {}}} {{num entries {}}}",
            super::super::memory::value_bytes(found, usize::MAX),
            super::super::memory::element_count(found)
        )),
        _ => Err(CommandError::err("Not a listpack encoded object.")),
    })
}

pub(super) fn sdslen(flow: &mut Flow<'_>, name: &[u8]) -> CommandResult {
    describe(flow, name, |found| {
        if found.kind() != crate::keyspace::ObjType::String || encoding_of(found) == "int" {
            return Err(CommandError::err("Not an sds encoded string."));
        }
        let key = found.key_bytes().len();
        let value = super::super::memory::string_len(found);
        let bytes = found.size();
        Ok(format!(
            "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {bytes}, val_sds_len:{value}, \
             val_sds_avail:0, val_zmalloc: {bytes}"
        ))
    })
}

pub(super) fn htstats_key(flow: &mut Flow<'_>, name: &[u8]) -> CommandResult {
    let key = Key::new(name);
    let text = on_key(flow, &key, |ks| {
        let found = ks.glance(&key).ok_or(CommandError::NoSuchKey)?;
        match encoding_of(found) {
            "hashtable" | "skiplist" => {
                let count = super::super::memory::element_count(found);
                Ok(format!("Hash table 0 stats (main hash table):\n number of elements: {count}\n"))
            }
            _ => Err(CommandError::err(
                "The value stored at the specified key is not represented using an hash table",
            )),
        }
    })??;
    flow.reply().verbatim("txt", text.as_bytes());
    Ok(())
}

pub(super) fn htstats(flow: &mut Flow<'_>, db: &[u8]) -> CommandResult {
    let databases = flow.core.server.store.databases();
    let db = parse_i64(db)
        .and_then(|db| u16::try_from(db).ok())
        .filter(|db| *db < databases)
        .ok_or(CommandError::err("Out of range database"))?;
    let count = super::super::key_counts(flow, db..db + 1)?[0];
    let text = format!(
        "[Dictionary HT]\nHash table 0 stats (main hash table):\n number of entries: {}\n\
         [Expires HT]\nHash table 0 stats (main hash table):\n number of entries: {}\n",
        count.keys, count.expires
    );
    flow.reply().verbatim("txt", text.as_bytes());
    Ok(())
}

/// POPULATE COUNT [PREFIX] [SIZE]: keys that are there stay as they are.
pub(super) fn populate(flow: &mut Flow<'_>, args: &Args<'_>) -> CommandResult {
    let number = |index: usize, default: usize| match args.get(index) {
        None => Ok(default),
        Some(text) => {
            parse_i64(text).and_then(|n| usize::try_from(n).ok()).ok_or(CommandError::NotPositive)
        }
    };
    let count = number(2, 0)?;
    let prefix = String::from_utf8_lossy(args.get(3).unwrap_or(b"key")).into_owned();
    let size = number(4, 0)?;
    flow.with_gate(|core, client, _| {
        keyspace(core, client, |ks| {
            for n in 0..count {
                let name = format!("{prefix}:{n}");
                let key = Key::new(name.as_bytes());
                if ks.peek(&key).is_some() {
                    continue;
                }
                let mut value = format!("value:{n}").into_bytes();
                if size > 0 {
                    value.resize(size, 0);
                }
                ks.set_string(&key, &value, false);
                ks.dirty += 1;
            }
        });
    })?;
    flow.reply().ok();
    Ok(())
}
