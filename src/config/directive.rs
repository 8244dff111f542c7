//! What a directive is: a name, flags and a cell of [`Config`], behind one interface for every
//! type of value.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::cell::{
    Bool, BoolSpec, Enum, Flags, FlagsSpec, Int, IntSpec, Size, Text, TextSpec, Unit,
};
use super::check::{Check, TextCheck};
use super::enums::{BitWords, Choice};
use super::table::{Config, DIRECTIVES};

/// Where a new value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// A configuration file or the command line, where a repeated `save` adds save points.
    File,
    /// CONFIG SET, where a value replaces the old one.
    ConfigSet,
}

/// What CONFIG REWRITE does about a directive.
pub(super) enum Rewrite {
    /// Lines that set it are removed from the file.
    Absent,
    /// These lines (without the name). A line that is not forced is only written over an old one.
    Lines(Vec<(Vec<u8>, bool)>),
}

impl Rewrite {
    pub(super) fn line(value: impl Into<Vec<u8>>, force: bool) -> Self {
        Self::Lines(vec![(value.into(), force)])
    }
}

/// A type of value. Only declarations and the code behind CONFIG use this; the server reads a
/// cell through its own methods.
pub(super) trait Cell: Send + Sync + Sized + 'static {
    /// What a declaration says about one directive of this type.
    type Spec: Copy + Send + Sync + 'static;

    /// A cell with the default value.
    fn new(spec: &Self::Spec) -> Self;
    /// Checks and stores; says whether the value is another one than before.
    fn set(&self, spec: &Self::Spec, words: &[&[u8]], source: Source) -> Result<bool, String>;
    /// The value as CONFIG GET shows it; `set` accepts it back.
    fn show(&self, spec: &Self::Spec) -> Vec<u8>;
    /// The value as CONFIG REWRITE writes it.
    fn rewrite(&self, spec: &Self::Spec) -> Rewrite;
}

/// Properties beside the value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Properties {
    /// CONFIG SET is refused.
    pub(super) immutable: bool,
    /// Takes several words.
    pub(super) multi: bool,
    /// CONFIG GET shows it by its exact name only.
    pub(super) hidden: bool,
    /// The value is kept out of logs.
    pub(super) sensitive: bool,
    /// CONFIG SET needs `enable-protected-configs`.
    pub(super) protected: bool,
    /// CONFIG SET is refused while a dataset is loading.
    pub(super) deny_loading: bool,
    /// Setting the same value again counts as a change: what it names may have changed.
    pub(super) volatile: bool,
}

/// The declaration of a directive whose value is a `C`.
#[derive(Clone, Copy)]
pub(super) struct Declaration<C: Cell> {
    name: &'static str,
    alias: Option<&'static str>,
    properties: Properties,
    pub(super) spec: C::Spec,
}

impl<C: Cell> Declaration<C> {
    const fn new(name: &'static str, spec: C::Spec) -> Self {
        let properties = Properties {
            immutable: false,
            multi: false,
            hidden: false,
            sensitive: false,
            protected: false,
            deny_loading: false,
            volatile: false,
        };
        Self { name, alias: None, properties, spec }
    }

    pub(super) const fn alias(mut self, alias: &'static str) -> Self {
        self.alias = Some(alias);
        self
    }

    pub(super) const fn immutable(mut self) -> Self {
        self.properties.immutable = true;
        self
    }

    pub(super) const fn multi(mut self) -> Self {
        self.properties.multi = true;
        self
    }

    pub(super) const fn hidden(mut self) -> Self {
        self.properties.hidden = true;
        self
    }

    pub(super) const fn sensitive(mut self) -> Self {
        self.properties.sensitive = true;
        self
    }

    pub(super) const fn protected(mut self) -> Self {
        self.properties.protected = true;
        self
    }

    pub(super) const fn deny_loading(mut self) -> Self {
        self.properties.deny_loading = true;
        self
    }

    pub(super) const fn volatile(mut self) -> Self {
        self.properties.volatile = true;
        self
    }
}

impl Declaration<Bool> {
    pub(super) const fn check(mut self, check: Check<bool>) -> Self {
        self.spec.check = Some(check);
        self
    }
}

impl Declaration<Text> {
    pub(super) const fn check(mut self, check: TextCheck) -> Self {
        self.spec.check = Some(check);
        self
    }
}

pub(super) const fn yes_no(name: &'static str, default: bool) -> Declaration<Bool> {
    Declaration::new(name, BoolSpec { default, check: None })
}

pub(super) const fn int(name: &'static str, default: i64, min: i64, max: i64) -> Declaration<Int> {
    number(name, default, min, max, Unit::Plain)
}

pub(super) const fn memory(
    name: &'static str,
    default: i64,
    min: i64,
    max: i64,
) -> Declaration<Int> {
    number(name, default, min, max, Unit::Memory)
}

pub(super) const fn memory_or_percent(
    name: &'static str,
    default: i64,
    min: i64,
    max: i64,
) -> Declaration<Int> {
    number(name, default, min, max, Unit::MemoryOrPercent)
}

pub(super) const fn memory_or_none(
    name: &'static str,
    default: i64,
    min: i64,
    max: i64,
) -> Declaration<Int> {
    number(name, default, min, max, Unit::MemoryOrNone)
}

pub(super) const fn octal(
    name: &'static str,
    default: i64,
    min: i64,
    max: i64,
) -> Declaration<Int> {
    number(name, default, min, max, Unit::Octal)
}

const fn number(
    name: &'static str,
    default: i64,
    min: i64,
    max: i64,
    unit: Unit,
) -> Declaration<Int> {
    Declaration::new(name, IntSpec { default, min, max, unit })
}

pub(super) const fn size(name: &'static str, default: u64) -> Declaration<Size> {
    Declaration::new(name, default)
}

/// A text that is not set by default; empty means not set.
pub(super) const fn text(name: &'static str) -> Declaration<Text> {
    Declaration::new(name, TextSpec { default: None, check: None })
}

/// A text that has a default.
pub(super) const fn text_or(name: &'static str, default: &'static str) -> Declaration<Text> {
    Declaration::new(name, TextSpec { default: Some(default), check: None })
}

pub(super) const fn choice<E: Choice>(name: &'static str, default: E) -> Declaration<Enum<E>> {
    Declaration::new(name, default)
}

pub(super) const fn flags<B: BitWords>(
    name: &'static str,
    check: Check<u32>,
) -> Declaration<Flags<B>> {
    Declaration::new(name, FlagsSpec { check }).multi()
}

/// A value with a syntax of its own.
pub(super) const fn special<C: Cell<Spec = ()>>(name: &'static str) -> Declaration<C> {
    Declaration::new(name, ())
}

/// A declaration and the field of [`Config`] that it describes.
pub(super) struct Bound<C: Cell> {
    pub(super) declaration: Declaration<C>,
    pub(super) cell: fn(&Config) -> &C,
}

/// A directive of any type.
pub(super) trait Directive: Sync {
    fn name(&self) -> &'static str;
    fn alias(&self) -> Option<&'static str>;
    fn properties(&self) -> Properties;
    /// Checks and stores; says whether what depends on the value must be told.
    fn set(&self, config: &Config, words: &[&[u8]], source: Source) -> Result<bool, String>;
    fn show(&self, config: &Config) -> Vec<u8>;
    fn rewrite(&self, config: &Config) -> Rewrite;
}

impl<C: Cell> Directive for Bound<C> {
    fn name(&self) -> &'static str {
        self.declaration.name
    }

    fn alias(&self) -> Option<&'static str> {
        self.declaration.alias
    }

    fn properties(&self) -> Properties {
        self.declaration.properties
    }

    fn set(&self, config: &Config, words: &[&[u8]], source: Source) -> Result<bool, String> {
        let changed = (self.cell)(config).set(&self.declaration.spec, words, source)?;
        Ok(changed || self.declaration.properties.volatile)
    }

    fn show(&self, config: &Config) -> Vec<u8> {
        (self.cell)(config).show(&self.declaration.spec)
    }

    fn rewrite(&self, config: &Config) -> Rewrite {
        (self.cell)(config).rewrite(&self.declaration.spec)
    }
}

/// The index of a directive in the table, by lower-case name or alias.
static BY_NAME: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let entries = DIRECTIVES.iter().enumerate();
    entries
        .flat_map(|(index, directive)| {
            let names = [Some(directive.name()), directive.alias()];
            names.into_iter().flatten().map(move |name| (name, index))
        })
        .collect()
});

/// The index in [`DIRECTIVES`] of the directive of this name or alias, in any case.
pub(super) fn lookup(name: &[u8]) -> Option<usize> {
    let name = name.to_ascii_lowercase();
    BY_NAME.get(std::str::from_utf8(&name).ok()?).copied()
}
