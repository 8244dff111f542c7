//! Lists. The commands that wait for an element need a connection of their own and are not here.

use bytes::Bytes;

use super::{commands, options};

commands! {
    /// LPUSH: prepends elements; returns the length.
    LPUSH lpush(key: key, elements: args) -> u64;
    /// RPUSH: appends elements; returns the length.
    RPUSH rpush(key: key, elements: args) -> u64;
    /// LPUSHX: prepends elements if the list exists.
    LPUSHX lpushx(key: key, elements: args) -> u64;
    /// RPUSHX: appends elements if the list exists.
    RPUSHX rpushx(key: key, elements: args) -> u64;
    /// LPOP: removes and returns the first element.
    LPOP lpop(key: key) -> Option<Bytes>;
    /// RPOP: removes and returns the last element.
    RPOP rpop(key: key) -> Option<Bytes>;
    /// LPOP with a count: removes and returns the first elements.
    LPOP lpop_count(key: key, count: arg) -> Vec<Bytes>;
    /// RPOP with a count: removes and returns the last elements.
    RPOP rpop_count(key: key, count: arg) -> Vec<Bytes>;
    /// LLEN: the length.
    LLEN llen(key: key) -> u64;
    /// LRANGE: elements; both ends are included, and negative ones count from the end.
    LRANGE lrange(key: key, start: arg, stop: arg) -> Vec<Bytes>;
    /// LINDEX: an element by its position.
    LINDEX lindex(key: key, index: arg) -> Option<Bytes>;
    /// LSET: replaces an element.
    LSET lset(key: key, index: arg, element: arg) -> ();
    /// LREM: removes equal elements: from the start, from the end (negative count), or all (0).
    LREM lrem(key: key, count: arg, element: arg) -> u64;
    /// LTRIM: keeps only a range.
    LTRIM ltrim(key: key, start: arg, stop: arg) -> ();
    /// LINSERT: inserts `BEFORE` or `AFTER` an element; the length, or -1 if there is none such.
    LINSERT linsert(key: key, place: arg, pivot: arg, element: arg) -> i64;
    /// LPOS: the position of an element.
    LPOS lpos(key: key, element: arg) -> Option<u64>, LposKind;
    /// LMOVE: moves an element between ends (`LEFT`, `RIGHT`) of two lists of one slot.
    LMOVE lmove(from: key, to: key, from_end: arg, to_end: arg) -> Option<Bytes>;
}

options! {
    /// Options of LPOS.
    LposKind;
    /// RANK: the how-manieth match; negative from the end.
    rank(rank) => "RANK";
    /// MAXLEN: looks at so many elements only.
    maxlen(count) => "MAXLEN";
}
