//! The arguments of a command, encoded as they are added.

use bytes::{BufMut, BytesMut};
use smallvec::SmallVec;

use crate::slot::Slot;
use crate::table::CommandInfo;

/// Which slots the keys are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum KeySlot {
    /// No key so far.
    #[default]
    None,
    /// All keys are in this one.
    One(Slot),
    /// The keys are in different ones.
    Several,
}

impl KeySlot {
    pub(crate) fn add(&mut self, slot: Slot) {
        *self = match *self {
            KeySlot::None => KeySlot::One(slot),
            KeySlot::One(other) if other == slot => KeySlot::One(slot),
            _ => KeySlot::Several,
        };
    }
}

/// The arguments as RESP bulk strings. Only the array header is missing, because their number is
/// known late. Short commands live inline: building one allocates nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body {
    bytes: SmallVec<[u8; 128]>,
    argc: u32,
    pub(crate) slot: KeySlot,
}

impl Body {
    pub(crate) fn new(info: &CommandInfo) -> Self {
        let mut bytes = SmallVec::new();
        bytes.extend_from_slice(info.encoded);
        Self { bytes, argc: u32::from(info.words), slot: KeySlot::None }
    }

    /// Appends an argument.
    pub(crate) fn push(&mut self, arg: &[u8]) {
        self.bytes.reserve(COUNT_LEN_MAX + arg.len() + 2);
        with_count(b'$', arg.len(), |line| self.bytes.extend_from_slice(line));
        self.bytes.extend_from_slice(arg);
        self.bytes.extend_from_slice(b"\r\n");
        self.argc += 1;
    }

    /// Appends an argument that is a key.
    pub(crate) fn push_key(&mut self, key: &[u8]) {
        self.slot.add(Slot::of(key));
        self.push(key);
    }

    pub(crate) fn argc(&self) -> usize {
        self.argc as usize
    }

    /// The arguments as they are sent, without the header.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn args(&self) -> Args<'_> {
        Args(&self.bytes)
    }

    /// Appends the whole command to `out`.
    pub(crate) fn write_frame(&self, out: &mut BytesMut) {
        out.reserve(COUNT_LEN_MAX + self.bytes.len());
        with_count(b'*', self.argc(), |line| out.put_slice(line));
        out.put_slice(&self.bytes);
    }
}

/// Bytes of a line that counts, at most.
const COUNT_LEN_MAX: usize = 1 + 20 + 2;

/// Gives `write` the line that says how many of something follow: `sign`, the number, CR LF.
#[inline]
fn with_count(sign: u8, count: usize, write: impl FnOnce(&[u8])) {
    if count < 10 {
        return write(&[sign, b'0' + count as u8, b'\r', b'\n']);
    }
    let mut line = [sign; COUNT_LEN_MAX];
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(count).as_bytes();
    let end = 1 + digits.len();
    line[1..end].copy_from_slice(digits);
    line[end..end + 2].copy_from_slice(b"\r\n");
    write(&line[..end + 2]);
}

/// The arguments of a [`Body`], the name's words first.
#[derive(Debug, Clone)]
pub(crate) struct Args<'a>(&'a [u8]);

impl<'a> Iterator for Args<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = memchr::memchr(b'\n', self.0)?;
        let len: usize = std::str::from_utf8(&self.0[1..line - 1]).ok()?.parse().ok()?;
        let arg = &self.0[line + 1..line + 1 + len];
        self.0 = &self.0[line + 1 + len + 2..];
        Some(arg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::known;

    #[test]
    fn a_frame_is_what_redis_cli_would_send() {
        let mut body = Body::new(&known::SCRIPT_LOAD);
        body.push(b"return 1\r\n");
        let mut out = BytesMut::new();
        body.write_frame(&mut out);
        assert_eq!(&out[..], b"*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n$10\r\nreturn 1\r\n\r\n");
        let args: Vec<_> = body.args().collect();
        assert_eq!(args, [&b"SCRIPT"[..], b"LOAD", b"return 1\r\n"]);
        assert_eq!(body.argc(), 3);
    }

    #[test]
    fn keys_of_one_slot_stay_one_slot() {
        let mut slot = KeySlot::None;
        slot.add(Slot::of(b"{a}1"));
        slot.add(Slot::of(b"{a}2"));
        assert_eq!(slot, KeySlot::One(Slot::of(b"a")));
        slot.add(Slot::of(b"b"));
        slot.add(Slot::of(b"{a}1"));
        assert_eq!(slot, KeySlot::Several);
    }
}
