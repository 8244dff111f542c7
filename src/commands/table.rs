//! All commands by name, with ids for statistics and what dispatch derives from their specs.

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use smallvec::SmallVec;

use super::FAMILIES;
use super::spec::{Begin, CommandSpec, Find, Flags, KeyFlags, KeySpec, Run};
use crate::protocol::{Args, parse_i64};

/// Names longer than this are not commands.
const NAME_BYTES_MAX: usize = 256;

/// A command or subcommand at run time.
pub struct Command {
    /// Its index in [`CommandTable::all`], and in every core's statistics.
    pub id: usize,
    pub spec: &'static CommandSpec,
    /// `get`, or `config|get` for a subcommand.
    pub full_name: String,
    /// What clients call it: its name, unless `rename-command` gave it another.
    called: String,
    /// `rename-command` took it out.
    is_removed: bool,
    /// The flags of the spec with those that follow from its keys.
    pub flags: Flags,
    /// The place of the key, for commands whose only key has a fixed place and whose shard is all
    /// that must be held: nearly all traffic.
    single_key: Option<SingleKey>,
    pub parent: Option<usize>,
    subcommands: HashMap<Vec<u8>, usize>,
}

/// Where a command has its key, as long as that is the only one.
#[derive(Debug, Clone, Copy)]
struct SingleKey {
    index: usize,
    /// With more arguments there are more keys.
    args_max: usize,
}

impl SingleKey {
    fn of(spec: &CommandSpec) -> Option<Self> {
        let (Run::OnShard(_), [keys], None) = (spec.run, spec.keys, spec.find_keys) else {
            return None;
        };
        match (keys.begin, keys.find) {
            (Begin::Index(index), Find::Range { last: 0, .. }) => {
                Some(Self { index, args_max: usize::MAX })
            }
            // `DEL key [key ...]` and `MSET key value [key value ...]`, mostly given one.
            (Begin::Index(index), Find::Range { last: -1, step, limit: 0 }) => {
                Some(Self { index, args_max: index + step })
            }
            _ => None,
        }
    }
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.full_name)
    }
}

/// A key among the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPosition {
    pub index: usize,
    pub flags: KeyFlags,
}

/// The keys of one command: most have few.
pub type KeyPositions = SmallVec<[KeyPosition; 16]>;

impl Command {
    pub fn has_subcommands(&self) -> bool {
        !self.subcommands.is_empty()
    }

    /// The index of the key among so many arguments, if it is the only one and its shard all that must be held.
    #[inline]
    pub fn single_key(&self, args: usize) -> Option<usize> {
        self.single_key.filter(|key| args <= key.args_max && key.index < args).map(|key| key.index)
    }

    pub fn is_write(&self) -> bool {
        self.flags.has(Flags::WRITE)
    }

    /// The keys among `args`; `None` if the arguments do not make sense (the command will say so).
    pub fn keys(&self, args: &Args<'_>) -> Option<KeyPositions> {
        if let Some(find) = self.spec.find_keys {
            let flags = self.spec.keys.first().map_or(KeyFlags::NONE, |spec| spec.flags);
            let found = find(args)?;
            return Some(found.into_iter().map(|index| KeyPosition { index, flags }).collect());
        }
        let mut found = KeyPositions::new();
        for spec in self.spec.keys {
            if !spec.flags.has(KeyFlags::NOT_KEY) {
                positions(spec, args, &mut found)?;
            }
        }
        if let Some(flags) = self.spec.key_flags {
            found.iter_mut().for_each(|key: &mut KeyPosition| key.flags = flags(args));
        }
        Some(found)
    }

    /// As [`Command::keys`], with the arguments that merely hash like keys: shard channels.
    pub fn routing_keys(&self, args: &Args<'_>) -> Option<KeyPositions> {
        let mut found = self.keys(args)?;
        for spec in self.spec.keys.iter().filter(|spec| spec.flags.has(KeyFlags::NOT_KEY)) {
            positions(spec, args, &mut found)?;
        }
        Some(found)
    }
}

fn positions(spec: &KeySpec, args: &Args<'_>, found: &mut KeyPositions) -> Option<()> {
    let len = args.len() as i64;
    let begin = match spec.begin {
        Begin::Index(index) => index as i64,
        Begin::Unknown => return Some(()),
        Begin::Keyword { word, start } => {
            let start = i64::from(start);
            let at = if start > 0 {
                (start..len).find(|at| args.is(*at as usize, word))
            } else {
                (1..=len + start).rev().find(|at| args.is(*at as usize, word))
            };
            match at {
                Some(at) => at + 1,
                None => return Some(()),
            }
        }
    };
    let (first, last, step) = match spec.find {
        Find::Unknown => return Some(()),
        Find::Range { last, step, limit } => {
            let last = if last >= 0 {
                begin + i64::from(last)
            } else if limit <= 1 {
                len + i64::from(last)
            } else {
                begin + (len - begin) / limit as i64 + i64::from(last)
            };
            (begin, last, step as i64)
        }
        Find::KeyNum { count_at, first, step } => {
            let count_at = begin + count_at as i64;
            let count = parse_i64(args.get(usize::try_from(count_at).ok()?)?)?;
            if count < 0 || count > len {
                return None;
            }
            let first = begin + first as i64;
            (first, first + (count - 1) * step as i64, step as i64)
        }
    };
    if first <= last && (first < 1 || last >= len) {
        return None;
    }
    let mut at = first;
    while at <= last {
        found.push(KeyPosition { index: at as usize, flags: spec.flags });
        at += step;
    }
    Some(())
}

/// All commands of the server.
pub struct CommandTable {
    all: Vec<Command>,
    names: HashMap<Vec<u8>, usize>,
    /// Open addressing by a hash of the name's word: the first step of every command.
    buckets: Box<[Option<Name>]>,
}

/// A name as the table looks for it.
#[derive(Debug, Clone, Copy)]
struct Name {
    word: u64,
    len: u16,
    id: u16,
    /// Word and length say all: no other name has them.
    is_exact: bool,
}

/// Places for names: so many that most names are found at once.
const BUCKETS: usize = 1024;

static TABLE: LazyLock<CommandTable> = LazyLock::new(CommandTable::build);

/// What `rename-command` said, in order.
static RENAMES: OnceLock<Vec<(Vec<u8>, Vec<u8>)>> = OnceLock::new();

/// Whether a command of this name is declared, in any case.
pub fn is_declared(name: &[u8]) -> bool {
    let mut specs = FAMILIES.iter().copied().flatten().copied().flatten();
    specs.any(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))
}

/// Renames commands (to nothing: removes them). Only before the table is first used.
pub fn set_renames(renames: Vec<(Vec<u8>, Vec<u8>)>) {
    // A second call comes too late, and is a mistake of the program.
    assert!(RENAMES.set(renames).is_ok(), "commands are renamed once, at the start");
}

impl CommandTable {
    /// The process's table.
    pub fn get() -> &'static CommandTable {
        &TABLE
    }

    fn build() -> Self {
        let mut table = Self { all: Vec::new(), names: HashMap::new(), buckets: Box::default() };
        for spec in FAMILIES.iter().copied().flatten().copied().flatten() {
            let id = table.add(spec, None);
            let earlier = table.names.insert(spec.name.as_bytes().to_vec(), id);
            assert!(earlier.is_none(), "{} is declared twice", spec.name);
        }
        for (from, to) in RENAMES.get().into_iter().flatten() {
            table.rename(from, to);
        }
        table.buckets = vec![None; BUCKETS].into_boxed_slice();
        for (name, &id) in table.names.iter().filter(|(name, _)| name.len() <= NAME_BYTES_MAX) {
            let word = name_word(name);
            let mut at = home_of(word, name.len());
            while table.buckets[at % BUCKETS].is_some() {
                at += 1;
            }
            let is_exact = name.len() <= 8 && name.iter().all(u8::is_ascii_alphabetic);
            let name = Name { word, len: name.len() as u16, id: id as u16, is_exact };
            table.buckets[at % BUCKETS] = Some(name);
        }
        table
    }

    /// Gives a command another name, or takes it out if that is empty.
    fn rename(&mut self, from: &[u8], to: &[u8]) {
        let Some(id) = self.names.remove(&from.to_ascii_lowercase()) else { return };
        if to.is_empty() {
            self.all[id].is_removed = true;
        } else {
            self.all[id].called = String::from_utf8_lossy(to).into_owned();
            self.names.insert(to.to_ascii_lowercase(), id);
        }
    }

    fn add(&mut self, spec: &'static CommandSpec, parent: Option<usize>) -> usize {
        let id = self.all.len();
        let full_name = match parent {
            Some(parent) => format!("{}|{}", self.all[parent].spec.name, spec.name),
            None => spec.name.to_owned(),
        };
        self.all.push(Command {
            id,
            spec,
            full_name,
            called: spec.name.to_owned(),
            is_removed: false,
            flags: spec.all_flags(),
            single_key: SingleKey::of(spec),
            parent,
            subcommands: HashMap::new(),
        });
        for sub in spec.subcommands {
            let sub_id = self.add(sub, Some(id));
            self.all[id].subcommands.insert(sub.name.as_bytes().to_vec(), sub_id);
        }
        id
    }

    /// Every command and subcommand, also those that were taken out; a command's index is its id.
    pub fn all(&self) -> &[Command] {
        &self.all
    }

    /// Top-level commands that can be called.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.all.iter().filter(|command| command.parent.is_none() && !command.is_removed)
    }

    /// Commands and subcommands that can be called.
    pub fn callable(&self) -> impl Iterator<Item = &Command> {
        self.all.iter().filter(|command| !self.all[command.parent.unwrap_or(command.id)].is_removed)
    }

    pub fn subcommands<'t>(&'t self, of: &'t Command) -> impl Iterator<Item = &'t Command> {
        self.all.iter().filter(move |command| command.parent == Some(of.id))
    }

    /// A top-level command by name, whatever the case.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<&Command> {
        if name.len() > NAME_BYTES_MAX {
            return None;
        }
        let word = name_word(name);
        let mut at = home_of(word, name.len());
        loop {
            let found = self.buckets[at % BUCKETS].as_ref()?;
            if found.word == word && usize::from(found.len) == name.len() {
                let command = &self.all[usize::from(found.id)];
                if found.is_exact || command.called.as_bytes().eq_ignore_ascii_case(name) {
                    return Some(command);
                }
            }
            at += 1;
        }
    }

    /// A subcommand of `command` by name, whatever the case.
    pub fn find_sub(&self, command: &Command, name: &[u8]) -> Option<&Command> {
        let id = command.subcommands.get(&name.to_ascii_lowercase())?;
        Some(&self.all[*id])
    }
}

/// What there is of a name in eight bytes, all with bit 5 set, which tells a lower-case letter: of two names
/// of one length up to 8, both of letters, the words are the same if the names are, whatever the case.
#[inline]
fn name_word(name: &[u8]) -> u64 {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    // Loads that may overlap, and no copy: its length would be unknown to the compiler.
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        let more = if name.len() > 8 { (last | LOWER).rotate_left(1) } else { 0 };
        return (first | LOWER) ^ more;
    }
    if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return u64::from(first) | u64::from(last) << 32 | LOWER;
    }
    match name {
        [] => LOWER,
        [first, ..] => {
            let [middle, last] = [name[name.len() / 2], name[name.len() - 1]];
            u64::from(*first) | u64::from(middle) << 8 | u64::from(last) << 16 | LOWER
        }
    }
}

/// Where a name is looked for first.
#[inline]
fn home_of(word: u64, len: usize) -> usize {
    ((word ^ (len as u64) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte of every name, with every bit changed: found is what is the name in another case.
    #[test]
    fn names_are_found_in_any_case_and_nothing_else_is() {
        let table = CommandTable::get();
        for command in table.commands() {
            let name = command.spec.name.as_bytes();
            assert_eq!(table.find(name).map(|found| found.id), Some(command.id));
            assert_eq!(
                table.find(&name.to_ascii_uppercase()).map(|found| found.id),
                Some(command.id)
            );
            for at in 0..name.len() {
                for bit in 0..8 {
                    let mut other = name.to_vec();
                    other[at] ^= 1 << bit;
                    let is_same = other.eq_ignore_ascii_case(name);
                    let found = table.find(&other).is_some_and(|found| found.id == command.id);
                    assert_eq!(found, is_same, "{}", other.escape_ascii());
                }
            }
            assert!(table.find(&[name, b"x"].concat()).is_none_or(|found| found.id != command.id));
        }
        assert!(table.find(b"").is_none());
    }

    #[test]
    fn a_command_that_takes_several_keys_has_a_single_one_if_it_is_given_one() {
        for (name, args, key) in [
            ("get", 2, Some(1)),
            ("get", 1, None),
            ("set", 6, Some(1)),
            ("del", 1, None),
            ("del", 2, Some(1)),
            ("del", 3, None),
            ("mset", 3, Some(1)),
            ("mset", 5, None),
            ("smove", 4, None),
            ("zunion", 3, None),
            ("blpop", 3, None),
            ("eval", 4, None),
            ("ping", 2, None),
        ] {
            let command = CommandTable::get().find(name.as_bytes()).expect("a command");
            assert_eq!(command.single_key(args), key, "{name} with {args} arguments");
        }
    }
}
