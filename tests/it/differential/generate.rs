//! Random commands: templates filled with arguments that sit on edges, then sometimes broken on purpose.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use super::templates::{self, Rule, Template};

/// One request and how its reply is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) words: Vec<Vec<u8>>,
    pub(crate) rule: Rule,
}

/// A seeded run of commands: the same seed gives the same case.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) resp3: bool,
    pub(crate) commands: Vec<Command>,
}

/// The columns of the reference table that the generator needs.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) arity: i64,
}

const INTEGERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "-1",
    "-2",
    "10",
    "100",
    "-100",
    "127",
    "128",
    "255",
    "4095",
    "32767",
    "32768",
    "-32769",
    "8388607",
    "8388608",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "01",
    "+1",
    "-0",
    " 1",
    "1 ",
    "",
    "abc",
    "1.0",
    "0x10",
    "1e3",
];
const FLOATS: &[&str] = &[
    "0",
    "1",
    "-1",
    "0.1",
    "0.5",
    "1.5",
    "-2.25",
    "3.0",
    "1e3",
    "1E-3",
    "5.0e-324",
    "1.7976931348623157e308",
    "1e309",
    "1e17",
    "123456789012345678",
    "0.1e-20",
    "inf",
    "-inf",
    "+inf",
    "infinity",
    "nan",
    "-nan",
    "",
    " 1",
    "1 ",
    "abc",
    "0x1p3",
    "0x10",
    "-0",
    "-0.0",
    "1e-7",
    "100000000000000000000",
    "3.141592653589793238462643",
    "9007199254740993",
    "1.",
    ".5",
    "1e",
];
const TEXTS: &[&str] = &[
    "a",
    "b",
    "c",
    "hello",
    "",
    "x y",
    "WITHSCORES",
    "a\r\nb",
    "\u{e9}",
    "*",
    "nan",
    "-",
    "+",
    "foo:bar",
];

pub(crate) struct Generator<'a> {
    rng: StdRng,
    with_scripts: bool,
    known: &'a [Known],
}

impl<'a> Generator<'a> {
    pub(crate) fn new(seed: u64, known: &'a [Known]) -> Self {
        Generator { rng: StdRng::seed_from_u64(seed), with_scripts: false, known }
    }

    pub(crate) fn case(&mut self, length: usize) -> Case {
        let resp3 = self.rng.random_bool(0.5);
        // A case stays with few families, so that its commands meet on the same keys.
        let families: &[&[Template]] = match self.rng.random_range(0..12) {
            0 => &[templates::STRINGS],
            1 => &[templates::STRINGS, templates::GENERIC],
            2 => &[templates::LISTS, templates::BLOCKING],
            3 => &[templates::LISTS, templates::GENERIC],
            4 => &[templates::HASHES],
            5 => &[templates::HASHES, templates::GENERIC],
            6 => &[templates::SETS, templates::GENERIC],
            7 => &[templates::ZSETS],
            8 => &[templates::ZSETS, templates::SETS, templates::GENERIC],
            9 => &[templates::CONNECTION, templates::METADATA, templates::STRINGS],
            10 => &[templates::STRINGS, templates::LISTS, templates::HASHES, templates::ZSETS],
            _ => &[
                templates::STRINGS,
                templates::GENERIC,
                templates::LISTS,
                templates::BLOCKING,
                templates::HASHES,
                templates::SETS,
                templates::ZSETS,
            ],
        };
        let with_transactions = self.rng.random_bool(0.3);
        self.with_scripts = self.rng.random_bool(0.3);
        let mut commands = Vec::with_capacity(length);
        while commands.len() < length {
            if with_transactions && self.rng.random_bool(0.08) {
                self.transaction(families, &mut commands);
            } else if self.with_scripts && self.rng.random_bool(0.3) {
                let script = self.script(families);
                commands.push(script);
            } else if self.rng.random_bool(0.02) {
                commands.push(self.wrong_arity());
            } else {
                commands.push(self.command(families));
            }
        }
        Case { resp3, commands }
    }

    fn command(&mut self, families: &[&[Template]]) -> Command {
        let family = *families.choose(&mut self.rng).expect("a case has families");
        let total: u32 = family.iter().map(|template| template.weight).sum();
        let mut at = self.rng.random_range(0..total);
        let template = family
            .iter()
            .find(|template| {
                let hit = at < template.weight;
                at = at.saturating_sub(template.weight);
                hit
            })
            .expect("the weights add up");
        let tokens: Vec<&str> = template.text.split_whitespace().collect();
        let mut words = Vec::new();
        self.expand(&tokens, &mut words);
        // A broken HSETEX or HGETEX takes its key for an option in Valkey;
        // a broken SPOP pops at random, a broken count of random picks could ask for billions;
        // a broken BLPOP may wait for ever, a broken HELLO or CLIENT may tell of the process itself.
        let fragile = std::ptr::eq(family.as_ptr(), templates::BLOCKING.as_ptr())
            || matches!(
                words[0].as_slice(),
                b"HELLO"
                    | b"CLIENT"
                    | b"COMMAND"
                    | b"SCAN"
                    | b"SPOP"
                    | b"SRANDMEMBER"
                    | b"HSCAN"
                    | b"SSCAN"
                    | b"ZSCAN"
                    | b"HRANDFIELD"
                    | b"ZRANDMEMBER"
                    | b"HSETEX"
                    | b"HGETEX"
            )
            || template.rule == Rule::Shape;
        if !fragile && self.rng.random_bool(0.06) {
            self.mutate(&mut words);
        }
        if self.rng.random_bool(0.1) {
            words[0].make_ascii_lowercase();
        }
        let asks_encoding = template.text.starts_with("OBJECT ENCODING") && self.with_scripts;
        let rule = if asks_encoding { Rule::EncodingAfterScript } else { template.rule };
        Command { words, rule }
    }

    /// Fills one level of a template; brackets hold a level each.
    fn expand(&mut self, tokens: &[&str], words: &mut Vec<Vec<u8>>) {
        let mut index = 0;
        while index < tokens.len() {
            let token = tokens[index];
            let closing = match token {
                "[" => "]",
                "(" => ")",
                "{" => "}",
                "{{" => "}}",
                _ => {
                    let word = self.argument(token);
                    words.push(word);
                    index += 1;
                    continue;
                }
            };
            let end = matching(tokens, index, token, closing);
            let inside = &tokens[index + 1..end];
            match token {
                "[" => {
                    if self.rng.random_bool(0.35) {
                        self.expand(inside, words);
                    }
                }
                "(" => {
                    let choices = alternatives(inside);
                    let choice = *choices.choose(&mut self.rng).expect("split gives one or more");
                    self.expand(choice, words);
                }
                "{" => {
                    for _ in 0..self.rng.random_range(1..=3) {
                        self.expand(inside, words);
                    }
                }
                // Enough to leave the packed encodings.
                _ => {
                    for _ in 0..self.rng.random_range(20..=160) {
                        self.expand(inside, words);
                    }
                }
            }
            index = end + 1;
        }
    }

    fn argument(&mut self, token: &str) -> Vec<u8> {
        let rng = &mut self.rng;
        let text = match token {
            "$s" | "$l" | "$h" | "$t" | "$z" | "$x" | "$u" | "$k" | "$c" => return self.key(token),
            "#v" => return self.value(),
            "#i" => (*INTEGERS.choose(rng).expect("not empty")).to_owned(),
            "#f" => (*FLOATS.choose(rng).expect("not empty")).to_owned(),
            "#score" => match rng.random_range(0..10) {
                0 => (*FLOATS.choose(rng).expect("not empty")).to_owned(),
                1..4 => format!("{}.{}", rng.random_range(-9..99), rng.random_range(0..999)),
                _ => rng.random_range(-5..30).to_string(),
            },
            // A count of random picks: a negative one is answered in full, so it stays small.
            "#rnd" => match rng.random_range(0..8) {
                0 => (*["abc", "-9223372036854775808", "9223372036854775807", ""]
                    .choose(rng)
                    .expect("not empty"))
                .to_owned(),
                _ => rng.random_range(-20..20).to_string(),
            },
            "#idx" => match rng.random_range(0..20) {
                0 => (*INTEGERS.choose(rng).expect("not empty")).to_owned(),
                _ => rng.random_range(-12..13).to_string(),
            },
            "#cnt" => match rng.random_range(0..20) {
                0 => (*INTEGERS.choose(rng).expect("not empty")).to_owned(),
                _ => rng.random_range(0..6).to_string(),
            },
            "#offset" => match rng.random_range(0..12) {
                // Never a valid offset of hundreds of megabytes: both servers would really allocate it.
                0 => (*["-1", "536870912", "9223372036854775807", "abc", "2147483648"]
                    .choose(rng)
                    .expect("not empty"))
                .to_owned(),
                _ => rng.random_range(0..40).to_string(),
            },
            // Far away, so that it does not pass during the run, or long past.
            "#secs" => match rng.random_range(0..16) {
                0 => (*[
                    "0",
                    "-1",
                    "-100",
                    "9223372036854775807",
                    "-9223372036854775808",
                    "2147483648",
                    "abc",
                    "",
                    "1.0",
                ]
                .choose(rng)
                .expect("not empty"))
                .to_owned(),
                _ => rng.random_range(1_000_000..9_000_000).to_string(),
            },
            "#at" => match rng.random_range(0..10) {
                0 => (*INTEGERS.choose(rng).expect("not empty")).to_owned(),
                _ => rng.random_range(4_000_000_000_i64..9_000_000_000).to_string(),
            },
            "#ms" => match rng.random_range(0..10) {
                0 => (*INTEGERS.choose(rng).expect("not empty")).to_owned(),
                _ => rng.random_range(4_000_000_000_000_i64..9_000_000_000_000).to_string(),
            },
            "#db" => (*["0", "0", "1", "1", "2", "15", "16", "-1", "abc", "99999999999"]
                .choose(rng)
                .expect("not empty"))
            .to_owned(),
            "#fld" | "#mem" => match rng.random_range(0..14) {
                0 => return self.value(),
                1 => rng.random_range(-40_000..40_000).to_string(),
                2 => format!("member:{}", rng.random_range(0..300)),
                _ => ((b'a' + rng.random_range(0..12)) as char).to_string(),
            },
            "#bound" => match rng.random_range(0..12) {
                0 => "-inf".to_owned(),
                1 => "+inf".to_owned(),
                2 => (*["abc", "nan", "(", "((1", "", "(inf", "1e400"]
                    .choose(rng)
                    .expect("not empty"))
                .to_owned(),
                3..6 => format!("({}", rng.random_range(-5..30)),
                _ => rng.random_range(-5..30).to_string(),
            },
            "#lex" => match rng.random_range(0..10) {
                0 => "-".to_owned(),
                1 => "+".to_owned(),
                2 => (*["a", "", "[", "(", "((", "+a"].choose(rng).expect("not empty")).to_owned(),
                n => format!(
                    "{}{}",
                    if n < 6 { "[" } else { "(" },
                    (b'a' + rng.random_range(0..12)) as char
                ),
            },
            "#pat" => (*["*", "k*", "?", "[a-f]*", "*1", "[^a]", "\\*", "[", "a", "s?", "*:*", ""]
                .choose(rng)
                .expect("not empty"))
            .to_owned(),
            "#name" => {
                let known = self.known.choose(rng).expect("the table is not empty");
                known.name.to_lowercase().replace(' ', "|")
            }
            literal => literal.to_owned(),
        };
        text.into_bytes()
    }

    /// A key of the family, now and then of another one so that types are wrong.
    fn key(&mut self, token: &str) -> Vec<u8> {
        let family = match token {
            // A set or a sorted set: the commands that read both.
            "$u" => *["t", "z", "z"].choose(&mut self.rng).expect("not empty"),
            "$k" => *["s", "l", "h", "t", "z"].choose(&mut self.rng).expect("not empty"),
            // Members of one score: only these have an order that ranges by member are defined on.
            "$x" => "x",
            // Short strings: LCS takes the product of two lengths, and a debug build its time.
            "$c" => "c",
            own if self.rng.random_bool(0.96) => &own[1..],
            _ => *["s", "l", "h", "t", "z"].choose(&mut self.rng).expect("not empty"),
        };
        match self.rng.random_range(0..12) {
            0 => [family.as_bytes(), b"\x00\xff\r\n"].concat(),
            number => format!("{family}{}", number % 4).into_bytes(),
        }
    }

    fn value(&mut self) -> Vec<u8> {
        match self.rng.random_range(0..24) {
            0 => (0..self.rng.random_range(0..12)).map(|_| self.rng.random()).collect(),
            1 => vec![
                b'x';
                *[31, 43, 44, 45, 63, 64, 65, 127, 128, 300]
                    .choose(&mut self.rng)
                    .expect("not empty")
            ],
            2 => vec![b'y'; *[4095, 8192, 9000, 20_000].choose(&mut self.rng).expect("not empty")],
            3..7 => INTEGERS.choose(&mut self.rng).expect("not empty").as_bytes().to_vec(),
            7..9 => FLOATS.choose(&mut self.rng).expect("not empty").as_bytes().to_vec(),
            9..12 => self.rng.random_range(-1000..100_000).to_string().into_bytes(),
            _ => TEXTS.choose(&mut self.rng).expect("not empty").as_bytes().to_vec(),
        }
    }

    /// Breaks a request: what must be refused is refused alike.
    fn mutate(&mut self, words: &mut Vec<Vec<u8>>) {
        let at = self.rng.random_range(0..words.len());
        match self.rng.random_range(0..5) {
            0 if words.len() > 1 => {
                words.remove(at.max(1));
            }
            1 => words.insert(at.max(1), words[at].clone()),
            2 if at > 0 => words[at] = self.value(),
            3 if at > 1 => words.swap(at, at - 1),
            _ => {
                let junk = self.value();
                words.push(junk);
            }
        }
    }

    fn wrong_arity(&mut self) -> Command {
        let known = self.known.choose(&mut self.rng).expect("the table is not empty").clone();
        let mut words: Vec<Vec<u8>> =
            known.name.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        let bare = templates::NEVER_BARE.contains(&known.name.as_str())
            || known.arity.abs() <= words.len() as i64;
        let wanted = if bare {
            // A few words too many, which only an exact arity refuses.
            if known.arity < 0 {
                return Command {
                    words: vec![b"PING".to_vec(), b"1".to_vec(), b"2".to_vec()],
                    rule: Rule::Exact,
                };
            }
            known.arity + 1
        } else if known.arity > 0 && self.rng.random_bool(0.5) {
            known.arity + 1
        } else {
            known.arity.abs() - 1
        };
        while (words.len() as i64) < wanted {
            words.push(b"1".to_vec());
        }
        Command { words, rule: Rule::Exact }
    }

    fn transaction(&mut self, families: &[&[Template]], commands: &mut Vec<Command>) {
        let plain = |text: &str| Command {
            words: text.split(' ').map(|word| word.as_bytes().to_vec()).collect(),
            rule: Rule::Exact,
        };
        if self.rng.random_bool(0.3) {
            let mut watch = plain("WATCH");
            watch.words.push(self.key("$k"));
            commands.push(watch);
            if self.rng.random_bool(0.5) {
                commands.push(self.command(families));
            }
            if self.rng.random_bool(0.2) {
                commands.push(plain("UNWATCH"));
            }
        }
        commands.push(plain("MULTI"));
        for _ in 0..self.rng.random_range(0..6) {
            let command = if self.rng.random_bool(0.05) {
                self.wrong_arity()
            } else {
                self.command(families)
            };
            commands.push(command);
        }
        if self.rng.random_bool(0.05) {
            commands.push(plain(
                ["MULTI", "WATCH x", "UNWATCH", "EXEC extra"]
                    .choose(&mut self.rng)
                    .expect("not empty"),
            ));
        }
        commands.push(plain(if self.rng.random_bool(0.1) { "DISCARD" } else { "EXEC" }));
        if self.rng.random_bool(0.05) {
            commands.push(plain(["EXEC", "DISCARD"].choose(&mut self.rng).expect("not empty")));
        }
    }

    fn script(&mut self, families: &[&[Template]]) -> Command {
        let (body, rule, rest) = match self.rng.random_range(0..10) {
            0..4 => {
                let body = *templates::SCRIPTS.choose(&mut self.rng).expect("not empty");
                // A table with string keys has no order in Lua, and scripts that may return one say so.
                let rule = if body.contains("HGETALL") { Rule::Pairs } else { Rule::Exact };
                (body, rule, None)
            }
            _ => {
                let mut inner = self.command(families);
                // From a script, Valkey does not always turn what MSETNX stores into an integer.
                while inner.words[0].eq_ignore_ascii_case(b"MSETNX") {
                    inner = self.command(families);
                }
                let body = if self.rng.random_bool(0.5) {
                    "return redis.pcall(unpack(ARGV))"
                } else {
                    "return redis.call(unpack(ARGV))"
                };
                let rule = match inner.rule {
                    Rule::MultisetIfTable => Rule::Multiset,
                    Rule::PairsIfTable => Rule::Pairs,
                    other => other,
                };
                (body, rule, Some(inner.words))
            }
        };
        let name = if self.rng.random_bool(0.15) { "EVAL_RO" } else { "EVAL" };
        let mut words = vec![name.as_bytes().to_vec(), body.as_bytes().to_vec()];
        match rest {
            Some(inner) => {
                words.push(b"0".to_vec());
                words.extend(inner);
            }
            None => {
                words.push(b"1".to_vec());
                let key = self.key("$k");
                words.push(key);
                let value = self.value();
                words.push(value);
            }
        }
        Command { words, rule }
    }
}

fn matching(tokens: &[&str], open: usize, opening: &str, closing: &str) -> usize {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        if *token == opening {
            depth += 1;
        } else if *token == closing {
            depth -= 1;
            if depth == 0 {
                return index;
            }
        }
    }
    panic!("unbalanced template: {}", tokens.join(" "));
}

fn alternatives<'t, 's>(tokens: &'t [&'s str]) -> Vec<&'t [&'s str]> {
    let mut depth = 0;
    let mut choices = Vec::new();
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        match *token {
            "(" | "[" | "{" | "{{" => depth += 1,
            ")" | "]" | "}" | "}}" => depth -= 1,
            "|" if depth == 0 => {
                choices.push(&tokens[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    choices.push(&tokens[start..]);
    choices
}
