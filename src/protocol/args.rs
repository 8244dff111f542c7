//! The argument vector of one command, borrowed from the bytes it arrived in.

use std::ops::Index;

/// Where one argument lies in the buffer of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end && end <= u32::MAX as usize);
        Self { start: start as u32, end: end as u32 }
    }

    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// `argv` of one command: `args[0]` is the command's name.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a> {
    base: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Args<'a> {
    pub fn new(base: &'a [u8], spans: &'a [Span]) -> Self {
        Self { base, spans }
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The argument at `index`, with the lifetime of the request rather than of this view.
    pub fn at(&self, index: usize) -> &'a [u8] {
        let span = self.spans[index];
        &self.base[span.start as usize..span.end as usize]
    }

    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        (index < self.spans.len()).then(|| self.at(index))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + DoubleEndedIterator + '_ {
        self.spans.iter().map(|span| &self.base[span.start as usize..span.end as usize])
    }

    /// The arguments from `index` on.
    pub fn from(&self, index: usize) -> Args<'a> {
        Args { base: self.base, spans: &self.spans[index.min(self.spans.len())..] }
    }

    /// The first `len` arguments.
    pub fn first(&self, len: usize) -> Args<'a> {
        Args { base: self.base, spans: &self.spans[..len.min(self.spans.len())] }
    }

    /// Whether the argument at `index` is `word`, whatever its case.
    pub fn is(&self, index: usize, word: &str) -> bool {
        self.at(index).eq_ignore_ascii_case(word.as_bytes())
    }

    /// Bytes of the request as it came: of its line, or in its multibulk form,
    /// `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`.
    pub fn wire_bytes(&self) -> u64 {
        if let Some(bytes) = self.inline_bytes() {
            return bytes;
        }
        let digits = |n: usize| n.checked_ilog10().unwrap_or(0) as usize + 1;
        let line = |n: usize| 1 + digits(n) + 2;
        let word = |span: &Span| line(span.len()) + span.len() + 2;
        (line(self.spans.len()) + self.spans.iter().map(word).sum::<usize>()) as u64
    }

    /// Bytes of an inline request, which its first argument begins: unlike in a multibulk request no
    /// length stands before it.
    fn inline_bytes(&self) -> Option<u64> {
        let (first, last) = (self.spans.first()?, self.spans.last()?);
        let before = &self.base[..first.start as usize];
        let rest = &self.base[last.end as usize..];
        let header = format!("${}\r\n", first.len());
        if before.ends_with(header.as_bytes()) {
            return None;
        }
        let end = last.end as usize + memchr::memchr(b'\n', rest)? + 1;
        Some((end - first.start as usize) as u64)
    }

    /// Bytes of all arguments together.
    pub fn total_bytes(&self) -> usize {
        self.spans.iter().map(|span| span.len()).sum()
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    fn index(&self, index: usize) -> &[u8] {
        self.at(index)
    }
}

/// An argument vector that owns its bytes: queued by MULTI, kept by a blocked client.
#[derive(Debug, Clone, Default)]
pub struct OwnedArgs {
    base: Vec<u8>,
    spans: Vec<Span>,
}

impl OwnedArgs {
    pub fn copy(args: &Args<'_>) -> Self {
        Self::of(args.iter())
    }

    pub fn of<'a>(items: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut owned = Self::default();
        for item in items {
            owned.push(item);
        }
        owned
    }

    pub fn push(&mut self, item: &[u8]) {
        let start = self.base.len();
        self.base.extend_from_slice(item);
        self.spans.push(Span::new(start, self.base.len()));
    }

    pub fn clear(&mut self) {
        self.base.clear();
        self.spans.clear();
    }

    pub fn view(&self) -> Args<'_> {
        Args::new(&self.base, &self.spans)
    }

    pub fn heap_bytes(&self) -> usize {
        self.base.capacity() + self.spans.capacity() * size_of::<Span>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_an_inline_request_are_those_of_its_line() {
        for (line, words) in [
            ("SET key value\r\n", &[(0, 3), (4, 7), (8, 13)][..]),
            ("PING\n", &[(0, 4)]),
            ("GET k  \r\nPING\r\n", &[(0, 3), (4, 5)]),
        ] {
            let spans: Vec<Span> = words.iter().map(|&(from, to)| Span::new(from, to)).collect();
            let len = line.find('\n').expect("a line") as u64 + 1;
            assert_eq!(Args::new(line.as_bytes(), &spans).wire_bytes(), len, "{line}");
        }
    }

    #[test]
    fn the_bytes_on_the_wire_are_those_of_the_multibulk_form() {
        let long = [b'x'; 100];
        let twelve = [&b"a"[..]; 12];
        for words in [&[&b"INFO"[..]][..], &[b"SET", b"key", b""], &[b"GET", &long], &twelve] {
            let mut wire = format!("*{}\r\n", words.len());
            for word in words {
                wire += &format!("${}\r\n{}\r\n", word.len(), String::from_utf8_lossy(word));
            }
            assert_eq!(OwnedArgs::of(words.iter().copied()).view().wire_bytes(), wire.len() as u64);
        }
    }
}
