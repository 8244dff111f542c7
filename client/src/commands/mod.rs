//! Typed commands, a file per family.
//!
//! Each is declared once and comes in two forms: as a method of [`Client`](crate::Client), to be
//! awaited, and as a function of this module, for batches.

mod connection;
mod hashes;
mod keys;
mod lists;
mod scripts;
mod sets;
mod sorted_sets;
mod strings;

pub use connection::*;
pub use hashes::*;
pub use keys::*;
pub use lists::*;
pub use scripts::*;
pub use sets::*;
pub use sorted_sets::*;
pub use strings::*;

/// Declares commands: `NAME function(argument: form, …) -> Reply;`, or with options
/// `-> Reply, Kind;`. The forms:
///
/// * `key`, `arg`: one argument; `keys`, `args`: any number of them; `pairs`: pairs of arguments,
///   `keyed`: pairs of which the first is a key;
/// * `keys_n`, `args_n`: a number of arguments after their count.
macro_rules! commands {
    ($(
        $(#[doc = $doc:literal])+
        $info:ident $name:ident($($arg:ident: $form:ident),* $(,)?) -> $reply:ty $(, $kind:ident)?;
    )*) => {
        $(
            $(#[doc = $doc])+
            pub fn $name(
                $($arg: $crate::commands::form_type!($form)),*
            ) -> $crate::Command<$reply, $crate::commands::kind_type!($($kind)?)> {
                #[allow(unused_mut, reason = "some commands have no argument")]
                let mut request = $crate::request::Request::new(&$crate::table::known::$info);
                $($crate::commands::push_form!(request, $arg, $form);)*
                $crate::Command::new(request, $crate::Detached)
            }
        )*

        impl $crate::Client {
            $(
                $(#[doc = $doc])+
                pub fn $name(
                    &self,
                    $($arg: $crate::commands::form_type!($form)),*
                ) -> $crate::Command<$reply, $crate::commands::kind_type!($($kind)?), &$crate::Client> {
                    $crate::Command::new($name($($arg),*).detach(), self)
                }
            )*
        }
    };
}

macro_rules! kind_type {
    () => {
        $crate::Plain
    };
    ($kind:ident) => {
        $kind
    };
}

macro_rules! form_type {
    (key) => { impl $crate::ToArg };
    (arg) => { impl $crate::ToArg };
    (keys) => { impl IntoIterator<Item = impl $crate::ToArg> };
    (args) => { impl IntoIterator<Item = impl $crate::ToArg> };
    (keys_n) => { impl IntoIterator<Item = impl $crate::ToArg> };
    (args_n) => { impl IntoIterator<Item = impl $crate::ToArg> };
    (pairs) => { impl IntoIterator<Item = (impl $crate::ToArg, impl $crate::ToArg)> };
    (keyed) => { impl IntoIterator<Item = (impl $crate::ToArg, impl $crate::ToArg)> };
}

macro_rules! push_form {
    ($request:ident, $arg:ident, key) => {
        $request.key($arg)
    };
    ($request:ident, $arg:ident, arg) => {
        $request.arg($arg)
    };
    ($request:ident, $arg:ident, keys) => {
        $arg.into_iter().for_each(|key| $request.key(key))
    };
    ($request:ident, $arg:ident, args) => {
        $arg.into_iter().for_each(|arg| $request.arg(arg))
    };
    ($request:ident, $arg:ident, keys_n) => {
        let all: Vec<_> = $arg.into_iter().collect();
        $request.arg(all.len());
        all.into_iter().for_each(|key| $request.key(key));
    };
    ($request:ident, $arg:ident, args_n) => {
        let all: Vec<_> = $arg.into_iter().collect();
        $request.arg(all.len());
        all.into_iter().for_each(|arg| $request.arg(arg));
    };
    ($request:ident, $arg:ident, pairs) => {
        for (first, second) in $arg {
            $request.arg(first);
            $request.arg(second);
        }
    };
    ($request:ident, $arg:ident, keyed) => {
        for (key, value) in $arg {
            $request.key(key);
            $request.arg(value);
        }
    };
}

/// Declares the options of a kind of command: `function(argument: type) => WORD argument;`. Each
/// appends a word, and its arguments.
macro_rules! options {
    ($(#[doc = $kind_doc:literal])+ $kind:ident;
     $($(#[doc = $doc:literal])+ $name:ident($($arg:ident),*) => $($word:literal)?;)*) => {
        $(#[doc = $kind_doc])+
        #[derive(Debug)]
        pub enum $kind {}

        impl<T, E> $crate::Command<T, $kind, E> {
            $(
                $(#[doc = $doc])+
                pub fn $name(mut self, $($arg: impl $crate::ToArg),*) -> Self {
                    $(self.request.arg($word);)?
                    $(self.request.arg($arg);)*
                    self
                }
            )*
        }
    };
}

pub(crate) use {commands, form_type, kind_type, options, push_form};
