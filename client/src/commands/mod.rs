//! Typed commands, a file per family.
//!
//! Each comes in two forms: as a method of [`Client`](crate::Client), to be awaited, and as a function
//! of this module, for batches, transactions and the cache. Those that wait on the server are methods
//! of [`Blocking`](crate::Blocking) instead. The files are written out from `data/typed.txt`.

mod cluster;
mod connection;
mod geo;
mod hashes;
mod hyperloglog;
mod keys;
mod lists;
mod scripts;
mod server;
mod sets;
mod sorted_sets;
mod streams;
mod strings;

pub use cluster::*;
pub use connection::*;
pub use geo::*;
pub use hashes::*;
pub use hyperloglog::*;
pub use keys::*;
pub use lists::*;
pub use scripts::*;
pub use server::*;
pub use sets::*;
pub use sorted_sets::*;
pub use streams::*;
pub use strings::*;

/// Declares commands: `NAME function(argument: form, …) -> Reply;`, or with options
/// `-> Reply, Kind;`. The forms:
///
/// * `key`, `arg`: one argument; `keys`, `args`: any number of them; `pairs`: pairs of arguments,
///   `keyed`: pairs of which the first is a key;
/// * `keys_n`, `args_n`, `keyed_n`: a number of arguments after their count;
/// * `fields`, `fields_pairs`: the same behind the word FIELDS; `triples`: three arguments each;
/// * `streams`: pairs of key and id, all keys first, behind the word STREAMS; `group` and `block`: an
///   argument behind the word GROUP or BLOCK.
macro_rules! commands {
    ($(
        $(#[doc = $doc:literal])+
        $info:ident $name:ident($($arg:ident: $form:ident),* $(,)?) -> $reply:ty $(, $kind:ident)?;
    )*) => {
        $(
            $crate::commands::function! {
                concat!("[`Client::", stringify!($name), "`](crate::Client::", stringify!($name),
                    ") as a value, for batches, transactions and the cache.");
                $info $name($($arg: $form),*) -> $reply $(, $kind)?
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

/// Like [`commands`], for commands that wait on the server: they are methods of
/// [`Blocking`](crate::Blocking).
macro_rules! blocking_commands {
    ($(
        $(#[doc = $doc:literal])+
        $info:ident $name:ident($($arg:ident: $form:ident),* $(,)?) -> $reply:ty;
    )*) => {
        $(
            $crate::commands::function! {
                concat!("[`Blocking::", stringify!($name), "`](crate::Blocking::", stringify!($name),
                    ") as a value. In a transaction it does not wait.");
                $info $name($($arg: $form),*) -> $reply
            }
        )*

        impl $crate::Blocking<'_> {
            $(
                $(#[doc = $doc])+
                pub fn $name(
                    &self,
                    $($arg: $crate::commands::form_type!($form)),*
                ) -> impl Future<Output = $crate::Result<$reply>> + Send {
                    self.run($name($($arg),*))
                }
            )*
        }
    };
}

/// The function of one command.
macro_rules! function {
    ($doc:expr; $info:ident $name:ident($($arg:ident: $form:ident),*) -> $reply:ty $(, $kind:ident)?) => {
        #[doc = $doc]
        pub fn $name(
            $($arg: $crate::commands::form_type!($form)),*
        ) -> $crate::Command<$reply, $crate::commands::kind_type!($($kind)?)> {
            #[allow(unused_mut, reason = "some commands have no argument")]
            let mut request = $crate::request::Request::new(&$crate::table::known::$info);
            $($crate::commands::push_form!(request, $arg, $form);)*
            $crate::Command::new(request, $crate::Detached)
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
    (keyed_n) => { impl IntoIterator<Item = (impl $crate::ToArg, impl $crate::ToArg)> };
    (fields) => { impl IntoIterator<Item = impl $crate::ToArg> };
    (fields_pairs) => { impl IntoIterator<Item = (impl $crate::ToArg, impl $crate::ToArg)> };
    (triples) => {
        impl IntoIterator<Item = (impl $crate::ToArg, impl $crate::ToArg, impl $crate::ToArg)>
    };
    (streams) => { impl IntoIterator<Item = (impl $crate::ToArg, impl $crate::ToArg)> };
    (group) => { impl $crate::ToArg };
    (block) => { impl $crate::ToArg };
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
    ($request:ident, $arg:ident, keyed_n) => {
        let all: Vec<_> = $arg.into_iter().collect();
        $request.arg(all.len());
        for (key, value) in all {
            $request.key(key);
            $request.arg(value);
        }
    };
    ($request:ident, $arg:ident, fields) => {
        $request.arg("FIELDS");
        $crate::commands::push_form!($request, $arg, args_n);
    };
    ($request:ident, $arg:ident, fields_pairs) => {
        let all: Vec<_> = $arg.into_iter().collect();
        $request.arg("FIELDS");
        $request.arg(all.len());
        for (field, value) in all {
            $request.arg(field);
            $request.arg(value);
        }
    };
    ($request:ident, $arg:ident, triples) => {
        for (first, second, third) in $arg {
            $request.arg(first);
            $request.arg(second);
            $request.arg(third);
        }
    };
    ($request:ident, $arg:ident, streams) => {
        $request.arg("STREAMS");
        let (keys, ids): (Vec<_>, Vec<_>) = $arg.into_iter().unzip();
        keys.into_iter().for_each(|key| $request.key(key));
        ids.into_iter().for_each(|id| $request.arg(id));
    };
    ($request:ident, $arg:ident, group) => {
        $request.arg("GROUP");
        $request.arg($arg);
    };
    ($request:ident, $arg:ident, block) => {
        $request.arg("BLOCK");
        $request.arg($arg);
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

pub(crate) use {blocking_commands, commands, form_type, function, kind_type, options, push_form};
