//! Entries as they are read, and compared.

/// One entry as read: integers come out as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    Str(&'a [u8]),
    Int(i64),
}

impl<'a> Value<'a> {
    /// The value as its bytes, written into `digits` if it is an integer.
    pub fn bytes<'b>(self, digits: &'b mut itoa::Buffer) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Value::Str(bytes) => bytes,
            Value::Int(int) => digits.format(int).as_bytes(),
        }
    }

    pub fn to_vec(self) -> Vec<u8> {
        self.bytes(&mut itoa::Buffer::new()).to_vec()
    }

    /// Appends the bytes to `out`.
    pub fn append_to(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bytes(&mut itoa::Buffer::new()));
    }

    /// Length in bytes of the string form.
    pub fn len(self) -> usize {
        self.bytes(&mut itoa::Buffer::new()).len()
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

impl PartialEq<[u8]> for Value<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.bytes(&mut itoa::Buffer::new()) == other
    }
}

/// The integer whose canonical decimal form `bytes` is: no sign but `-`, no leading zeros, in range.
pub fn canonical_int(bytes: &[u8]) -> Option<i64> {
    let (negative, digits) = match bytes {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    let mut magnitude = 0u64;
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // 19 digits cannot overflow a u64.
        magnitude = magnitude * 10 + u64::from(digit);
    }
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// A value prepared for comparison: parsed once, not once per entry.
pub struct Needle<'a> {
    bytes: &'a [u8],
    int: Option<i64>,
}

impl<'a> Needle<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, int: canonical_int(bytes) }
    }

    pub fn matches(&self, value: Value<'_>) -> bool {
        match value {
            Value::Str(bytes) => bytes == self.bytes,
            Value::Int(int) => Some(int) == self.int,
        }
    }
}
