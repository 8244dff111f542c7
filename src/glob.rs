//! Glob patterns as KEYS, SCAN, PSUBSCRIBE, ACL and CONFIG GET understand them.
//!
//! `*` any bytes, `?` one byte, `[abc]`, `[^a-z]`, and `\` before a byte that is meant literally.
//! Linear in pattern × text, whatever the pattern: only the last `*` is ever tried again.

/// Stars that may be passed on the way to a match. Valkey's matcher calls itself for each and gives
/// up here, so that a pattern with more of them matches nothing.
const STARS_MAX: usize = 1000;

/// Whether `pattern` matches all of `text`. The empty text matches the empty pattern only, not
/// `*`: that is how Valkey's matcher answers.
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    Matcher::<false> { pattern }.run(text)
}

/// [`matches`] with ASCII letters compared without case.
pub fn matches_ignore_case(pattern: &[u8], text: &[u8]) -> bool {
    Matcher::<true> { pattern }.run(text)
}

/// Whether a pattern is needed at all: a text without these bytes only matches itself.
pub fn is_pattern(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'*' | b'?' | b'['))
}

struct Matcher<'a, const IGNORE_CASE: bool> {
    pattern: &'a [u8],
}

impl<const IGNORE_CASE: bool> Matcher<'_, IGNORE_CASE> {
    fn run(&self, text: &[u8]) -> bool {
        if text.is_empty() {
            return self.pattern.is_empty();
        }
        let (mut p, mut t) = (0, 0);
        // Where to go on after a mismatch: behind the last `*`, which then takes one byte more.
        let mut retry: Option<(usize, usize)> = None;
        let mut stars = 0;
        while t < text.len() {
            if self.pattern.get(p) == Some(&b'*') {
                while self.pattern.get(p) == Some(&b'*') {
                    p += 1;
                }
                if p == self.pattern.len() {
                    return true;
                }
                stars += 1;
                if stars > STARS_MAX {
                    return false;
                }
                retry = Some((p, t));
                continue;
            }
            match self.one(p, text[t]) {
                Some(next) => {
                    p = next;
                    t += 1;
                }
                None => {
                    let Some((star, taken)) = retry else { return false };
                    retry = Some((star, taken + 1));
                    (p, t) = (star, taken + 1);
                }
            }
            if t == text.len() {
                if self.pattern[p..].iter().all(|b| *b == b'*') {
                    return true;
                }
                let Some((star, taken)) = retry else { return false };
                retry = Some((star, taken + 1));
                (p, t) = (star, taken + 1);
            }
        }
        false
    }

    /// Matches one byte with the element at `p`: where the next element starts, if it matches.
    fn one(&self, p: usize, byte: u8) -> Option<usize> {
        match *self.pattern.get(p)? {
            b'?' => Some(p + 1),
            b'[' => self.class(p + 1, byte),
            b'\\' if p + 1 < self.pattern.len() => {
                self.same(self.pattern[p + 1], byte).then_some(p + 2)
            }
            literal => self.same(literal, byte).then_some(p + 1),
        }
    }

    /// A class without its closing bracket ends with the pattern.
    fn class(&self, mut p: usize, byte: u8) -> Option<usize> {
        let negated = self.pattern.get(p) == Some(&b'^');
        if negated {
            p += 1;
        }
        let mut found = false;
        loop {
            match &self.pattern[p..] {
                [] => break,
                [b'\\', literal, ..] => {
                    found |= *literal == byte;
                    p += 2;
                }
                [b']', ..] => {
                    p += 1;
                    break;
                }
                [first, b'-', last, ..] => {
                    found |= self.in_range(*first, *last, byte);
                    p += 3;
                }
                [literal, ..] => {
                    found |= self.same(*literal, byte);
                    p += 1;
                }
            }
        }
        (found != negated).then_some(p)
    }

    fn same(&self, a: u8, b: u8) -> bool {
        if IGNORE_CASE { a.eq_ignore_ascii_case(&b) } else { a == b }
    }

    /// Bytes compare as signed, as `char` does where Valkey runs; the bounds in any order.
    fn in_range(&self, first: u8, last: u8, byte: u8) -> bool {
        let fold = |b: u8| (if IGNORE_CASE { b.to_ascii_lowercase() } else { b }) as i8;
        let (low, high) = if first as i8 > last as i8 { (last, first) } else { (first, last) };
        (fold(low)..=fold(high)).contains(&fold(byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: bool) {
        let got = matches(pattern.as_bytes(), text.as_bytes());
        assert_eq!(got, expected, "{pattern} against {text}");
    }

    #[test]
    fn stars_and_question_marks() {
        check("h?llo", "hello", true);
        check("h?llo", "hllo", false);
        check("h*llo", "heeello", true);
        check("*", "x", true);
        check("*", "", false);
        check("", "", true);
        check("a*b*c", "aXbYbZc", true);
        check("a*b*c", "aXbYbZ", false);
        check("a**", "a", true);
        check("*a", "ba", true);
        check("*a?", "ba", false);
    }

    #[test]
    fn classes() {
        check("h[ae]llo", "hallo", true);
        check("h[^e]llo", "hello", false);
        check("h[a-c]llo", "hbllo", true);
        check("h[c-a]llo", "hbllo", true);
        check("h[a-c", "hb", true);
        check("[\\]]", "]", true);
        check("[]", "a", false);
    }

    #[test]
    fn a_backslash_takes_the_meaning_away() {
        check("a\\*b", "a*b", true);
        check("a\\*b", "axb", false);
        check("a\\", "a\\", true);
    }

    #[test]
    fn letters_may_compare_without_case() {
        assert!(matches_ignore_case(b"MAX[M]*", b"maxmemory"));
        assert!(matches_ignore_case(b"[A-C]", b"b"));
        assert!(!matches(b"MAX*", b"maxmemory"));
    }

    #[test]
    fn a_pattern_of_very_many_stars_matches_nothing() {
        let text = b"a".repeat(2000);
        assert!(matches(&b"*a".repeat(STARS_MAX), &text));
        assert!(!matches(&b"*a".repeat(STARS_MAX + 1), &text));
        assert!(matches(&b"*".repeat(50_000), &text), "stars in a row are one");
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = b"a*".repeat(50);
        let text = b"a".repeat(5000);
        assert!(matches(&pattern, &text));
        assert!(!matches(&[&pattern[..], b"b"].concat(), &text));
    }
}
