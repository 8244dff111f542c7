//! Commands with places that are filled in, and the mix of them.

use std::sync::atomic::{AtomicU64, Ordering};

use rand::Rng;
use rand::rngs::SmallRng;
use tsubame_client::{Client, Command, RawKind, Slot, Value};

use crate::keys::Keys;

/// One command of the mix.
#[derive(Debug)]
pub(crate) struct Template {
    /// As it was written, without the weight.
    pub(crate) text: String,
    pub(crate) weight: f64,
    args: Vec<Vec<Part>>,
    /// The client's table knows where the keys are; else places for keys say it.
    known: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Key,
    /// So many keys, each an argument.
    Keys(usize),
    Value,
    Counter,
    Between(i64, i64),
}

/// What places are filled with.
#[derive(Debug)]
pub(crate) struct Filling {
    pub(crate) keys: Keys,
    pub(crate) value_size: (usize, usize),
    /// Random bytes that values are cut from.
    pub(crate) noise: Vec<u8>,
    /// Counts for all tasks.
    pub(crate) counter: AtomicU64,
}

/// A command that was filled in. The same is filled again and again, so that it allocates little.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filled {
    /// Which of the mix.
    pub(crate) which: usize,
    bytes: Vec<u8>,
    /// Where each argument ends, and whether it is a key.
    args: Vec<(usize, bool)>,
}

impl Template {
    /// Reads `[WEIGHT*]COMMAND`.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let (weight, text) = match line.split_once('*') {
            Some((weight, text)) if weight.trim().parse::<f64>().is_ok() => {
                (weight.trim().parse().unwrap_or_default(), text.trim())
            }
            _ => (1.0, line.trim()),
        };
        if !(weight > 0.0 && f64::is_finite(weight)) {
            return Err(format!("{line:?}: a weight is above 0"));
        }
        let words = words(text)?;
        let args: Vec<Vec<Part>> =
            words.iter().map(|word| parts(word)).collect::<Result<_, _>>()?;
        let name = words.first().ok_or_else(|| format!("{line:?} has no command"))?;
        let known = tsubame_client::lookup(name.as_bytes(), words.get(1).map(String::as_bytes));
        Ok(Self { text: text.to_owned(), weight, args, known: known.is_some() })
    }

    fn fill(&self, filling: &Filling, rng: &mut SmallRng, out: &mut Filled) {
        use std::io::Write;
        out.bytes.clear();
        out.args.clear();
        for parts in &self.args {
            let mut is_key = false;
            for part in parts {
                match part {
                    Part::Text(text) => out.bytes.extend_from_slice(text.as_bytes()),
                    Part::Key => {
                        filling.keys.write(filling.keys.draw(rng), &mut out.bytes);
                        is_key = true;
                    }
                    Part::Keys(count) => {
                        for n in 0..*count {
                            if n > 0 {
                                out.args.push((out.bytes.len(), true));
                            }
                            filling.keys.write(filling.keys.draw(rng), &mut out.bytes);
                        }
                        is_key = true;
                    }
                    Part::Value => out.bytes.extend_from_slice(filling.value(rng)),
                    Part::Counter => {
                        let n = filling.counter.fetch_add(1, Ordering::Relaxed);
                        let _ = write!(out.bytes, "{n}"); // a Vec takes everything
                    }
                    Part::Between(least, most) => {
                        let _ = write!(out.bytes, "{}", rng.random_range(*least..=*most));
                    }
                }
            }
            out.args.push((out.bytes.len(), is_key));
        }
    }
}

impl Filling {
    fn value(&self, rng: &mut SmallRng) -> &[u8] {
        let (least, most) = self.value_size;
        let len = if least == most { least } else { rng.random_range(least..=most) };
        let from = rng.random_range(0..=self.noise.len() - len);
        &self.noise[from..from + len]
    }
}

impl Filled {
    fn args(&self) -> impl Iterator<Item = (&[u8], bool)> {
        let mut start = 0;
        self.args.iter().map(move |(end, is_key)| {
            let arg = &self.bytes[start..*end];
            start = *end;
            (arg, *is_key)
        })
    }

    /// The slot of its first key.
    pub(crate) fn slot(&self) -> Option<Slot> {
        self.args().find(|(_, is_key)| *is_key).map(|(key, _)| Slot::of(key))
    }
}

/// The commands of a load and how often each is taken.
#[derive(Debug)]
pub(crate) struct Mix {
    pub(crate) templates: Vec<Template>,
    pub(crate) filling: Filling,
    weights: f64,
}

impl Mix {
    pub(crate) fn new(templates: Vec<Template>, filling: Filling) -> Self {
        let weights = templates.iter().map(|template| template.weight).sum();
        Self { templates, filling, weights }
    }

    /// Fills in a command that is drawn by weight.
    pub(crate) fn draw(&self, rng: &mut SmallRng, out: &mut Filled) {
        let mut left = rng.random_range(0.0..self.weights);
        let mut which = 0;
        while which + 1 < self.templates.len() && left >= self.templates[which].weight {
            left -= self.templates[which].weight;
            which += 1;
        }
        self.templates[which].fill(&self.filling, rng, out);
        out.which = which;
    }

    /// The command for the client.
    pub(crate) fn command<'c>(
        &self,
        filled: &Filled,
        client: &'c Client,
    ) -> Command<Value, RawKind, &'c Client> {
        let known = self.templates[filled.which].known;
        filled.args().fold(client.cmd(""), |command, (arg, is_key)| {
            if is_key && !known { command.key(arg) } else { command.arg(arg) }
        })
    }
}

/// Splits at spaces, except within quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in text.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || c == '\'' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err(format!("a quote is open: {text}")) } else { Ok(words) }
}

/// What an argument consists of.
fn parts(word: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = word;
    let mut text = String::new();
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        rest = &rest[open..];
        let place = rest.find('}').and_then(|close| Some((place(&rest[1..close])?, close)));
        match place {
            Some((part, close)) => {
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(part);
                rest = &rest[close + 1..];
            }
            None => {
                text.push('{');
                rest = &rest[1..];
            }
        }
    }
    text.push_str(rest);
    if !text.is_empty() || parts.is_empty() {
        parts.push(Part::Text(text));
    }
    let several = parts.iter().any(|part| matches!(part, Part::Keys(_)));
    if several && parts.len() > 1 {
        return Err(format!("{word:?}: several keys are arguments of their own"));
    }
    Ok(parts)
}

/// A place; `None` if the braces are the user's own.
fn place(inner: &str) -> Option<Part> {
    match inner {
        "key" => Some(Part::Key),
        "value" => Some(Part::Value),
        "n" => Some(Part::Counter),
        _ => {
            if let Some(count) = inner.strip_prefix("key*") {
                return count.parse().ok().filter(|count| *count > 0).map(Part::Keys);
            }
            let (least, most) = inner.split_once("..")?;
            let (least, most) = (least.parse().ok()?, most.parse().ok()?);
            (least <= most).then_some(Part::Between(least, most))
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;
    use crate::options::Distribution;

    fn filling() -> Filling {
        Filling {
            keys: Keys::new("k", 10, Distribution::Sequential, 0.0),
            value_size: (3, 5),
            noise: b"abcdefghij".to_vec(),
            counter: AtomicU64::new(41),
        }
    }

    fn filled(line: &str) -> Vec<String> {
        let mix = Mix::new(vec![Template::parse(line).unwrap()], filling());
        let mut out = Filled::default();
        mix.draw(&mut SmallRng::seed_from_u64(1), &mut out);
        out.args().map(|(arg, _)| String::from_utf8_lossy(arg).into_owned()).collect()
    }

    #[test]
    fn places_are_filled_in() {
        let line = "HSET {user}:{key} 'a field' {n} \"\"";
        assert_eq!(filled(line), ["HSET", "{user}:k000000000000", "a field", "41", ""]);
        let keys = ["MGET", "k000000000000", "k000000000001", "k000000000002"];
        assert_eq!(filled("MGET {key*3}"), keys);
        assert_eq!(filled("X {7..7}{x"), ["X", "7{x"]);
        let value = &filled("ECHO {value}")[1];
        assert!((3..=5).contains(&value.len()) && "abcdefghij".contains(value.as_str()), "{value}");
    }

    #[test]
    fn a_weight_is_a_number_and_a_star() {
        let read = |line| Template::parse(line).map(|it| (it.weight, it.text));
        assert_eq!(read("9*GET {key}"), Ok((9.0, "GET {key}".to_owned())));
        assert_eq!(read("0.5 * PING"), Ok((0.5, "PING".to_owned())));
        assert_eq!(read("KEYS *"), Ok((1.0, "KEYS *".to_owned())));
        for bad in ["0*PING", "-1*PING", "", "1*", "GET 'x", "GET a{key*2}", "inf*PING"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_mix_is_drawn_by_weight() {
        let templates = ["7*GET {key}", "2*SET {key} {value}", "PING"];
        let templates = templates.map(|line| Template::parse(line).unwrap()).into();
        let mix = Mix::new(templates, filling());
        let (mut seen, mut out) = ([0u32; 3], Filled::default());
        let mut rng = SmallRng::seed_from_u64(5);
        for _ in 0..100_000 {
            mix.draw(&mut rng, &mut out);
            seen[out.which] += 1;
        }
        for (seen, expected) in seen.iter().zip([70_000u32, 20_000, 10_000]) {
            assert!(seen.abs_diff(expected) < 1_000, "{seen} of {expected}");
        }
    }

    #[test]
    fn the_slot_is_that_of_the_first_key() {
        let mix = Mix::new(vec![Template::parse("SET {t}{key} {value}").unwrap()], filling());
        let mut out = Filled::default();
        mix.draw(&mut SmallRng::seed_from_u64(1), &mut out);
        assert_eq!(out.slot(), Some(Slot::of(b"t")));
    }
}
