//! Rust values as arguments of commands.

use std::borrow::Cow;

use bytes::Bytes;

use crate::request::Body;

/// Where [`ToArg`] writes its one argument.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{ArgWriter, ToArg};
/// struct UserId(u32);
/// impl ToArg for UserId {
///     fn write_arg(&self, to: ArgWriter<'_>) {
///         to.bytes(format!("user:{}", self.0).as_bytes());
///     }
/// }
/// client.set(UserId(7), "Ada").await?;
/// assert_eq!(client.get("user:7").await?.unwrap(), "Ada");
/// # Ok(()) });
/// ```
pub struct ArgWriter<'a> {
    body: &'a mut Body,
    is_key: bool,
}

impl<'a> ArgWriter<'a> {
    pub(crate) fn new(body: &'a mut Body) -> Self {
        Self { body, is_key: false }
    }

    /// What is written decides where the command goes.
    pub(crate) fn of_key(body: &'a mut Body) -> Self {
        Self { body, is_key: true }
    }

    /// Writes the argument. Call it exactly once.
    ///
    /// ```
    /// use tsubame_client::{ArgWriter, ToArg};
    /// struct UserId(u32);
    /// impl ToArg for UserId {
    ///     fn write_arg(&self, to: ArgWriter<'_>) {
    ///         to.bytes(format!("user:{}", self.0).as_bytes());
    ///     }
    /// }
    /// ```
    pub fn bytes(self, bytes: &[u8]) {
        match self.is_key {
            true => self.body.push_key(bytes),
            false => self.body.push(bytes),
        }
    }
}

/// A type that can be an argument: strings, bytes and numbers.
///
/// ```
/// use tsubame_client::{ArgWriter, ToArg};
/// struct UserKey(u64);
/// impl ToArg for UserKey {
///     fn write_arg(&self, out: ArgWriter<'_>) {
///         out.bytes(format!("user:{}", self.0).as_bytes());
///     }
/// }
/// ```
pub trait ToArg {
    /// Writes `self` as one argument.
    fn write_arg(&self, out: ArgWriter<'_>);
}

impl<T: ToArg + ?Sized> ToArg for &T {
    fn write_arg(&self, out: ArgWriter<'_>) {
        (**self).write_arg(out);
    }
}

macro_rules! as_bytes {
    ($($t:ty),*) => {$(
        impl ToArg for $t {
            fn write_arg(&self, out: ArgWriter<'_>) {
                out.bytes(self.as_ref());
            }
        }
    )*};
}
as_bytes!([u8], Vec<u8>, Bytes);

impl ToArg for str {
    fn write_arg(&self, out: ArgWriter<'_>) {
        out.bytes(self.as_bytes());
    }
}

impl ToArg for String {
    fn write_arg(&self, out: ArgWriter<'_>) {
        out.bytes(self.as_bytes());
    }
}

impl<const N: usize> ToArg for [u8; N] {
    fn write_arg(&self, out: ArgWriter<'_>) {
        out.bytes(self);
    }
}

impl<T: ToArg + ToOwned + ?Sized> ToArg for Cow<'_, T> {
    fn write_arg(&self, out: ArgWriter<'_>) {
        (**self).write_arg(out);
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl ToArg for $t {
            fn write_arg(&self, out: ArgWriter<'_>) {
                out.bytes(itoa::Buffer::new().format(*self).as_bytes());
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, i128, u128);

impl ToArg for f64 {
    fn write_arg(&self, out: ArgWriter<'_>) {
        // "inf" and "-inf" are what servers read; ryu writes them as "inf" too, but not "NaN".
        let mut buffer = ryu::Buffer::new();
        out.bytes(buffer.format(*self).as_bytes());
    }
}

impl ToArg for f32 {
    fn write_arg(&self, out: ArgWriter<'_>) {
        let mut buffer = ryu::Buffer::new();
        out.bytes(buffer.format(*self).as_bytes());
    }
}
