//! Replies as Rust types.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use bytes::Bytes;

use super::Value;
use crate::error::{Error, Result, ServerError};

/// A type that a reply can be turned into.
///
/// `Option<T>` takes null as `None`; collections take arrays and sets, maps take RESP3 maps and
/// flat arrays of pairs; numbers are also read from strings.
///
/// ```
/// # tsubame_client_testing::with_server(async |client| {
/// use tsubame_client::{FromReply, Result, Value};
/// struct Celsius(f64);
/// impl FromReply for Celsius {
///     fn from_reply(reply: Value) -> Result<Self> {
///         f64::from_reply(reply).map(Celsius)
///     }
/// }
/// client.set("oslo", "-3.5").await?;
/// assert_eq!(client.get("oslo").as_::<Celsius>().await?.0, -3.5);
/// # Ok(()) });
/// ```
pub trait FromReply: Sized {
    /// Converts `reply`, or says what it is instead.
    fn from_reply(reply: Value) -> Result<Self>;
}

fn mismatch<T>(expected: &'static str, reply: &Value) -> Result<T> {
    Err(Error::Convert { expected, got: reply.kind().to_owned() })
}

impl FromReply for Value {
    fn from_reply(reply: Value) -> Result<Self> {
        Ok(reply)
    }
}

impl FromReply for () {
    fn from_reply(reply: Value) -> Result<Self> {
        match reply {
            Value::Error(error) => Err(Error::Server(error)),
            _ => Ok(()),
        }
    }
}

impl FromReply for Bytes {
    fn from_reply(reply: Value) -> Result<Self> {
        match reply {
            Value::Simple(bytes) | Value::Bulk(bytes) | Value::BigNumber(bytes) => Ok(bytes),
            Value::Verbatim(_, bytes) => Ok(bytes),
            Value::Int(n) => Ok(Bytes::copy_from_slice(itoa::Buffer::new().format(n).as_bytes())),
            Value::Double(n) => Ok(Bytes::copy_from_slice(ryu::Buffer::new().format(n).as_bytes())),
            Value::Error(error) => Err(Error::Server(error)),
            other => mismatch("a string", &other),
        }
    }
}

impl FromReply for Vec<u8> {
    fn from_reply(reply: Value) -> Result<Self> {
        Bytes::from_reply(reply).map(Vec::from)
    }
}

impl FromReply for String {
    fn from_reply(reply: Value) -> Result<Self> {
        String::from_utf8(Vec::from_reply(reply)?)
            .map_err(|_| Error::Convert { expected: "UTF-8 text", got: "other bytes".to_owned() })
    }
}

impl FromReply for bool {
    fn from_reply(reply: Value) -> Result<Self> {
        match &reply {
            Value::Bool(yes) => Ok(*yes),
            Value::Int(n) => Ok(*n != 0),
            Value::Null => Ok(false),
            Value::Error(error) => Err(Error::Server(error.clone())),
            other => match other.as_str() {
                Some("OK" | "1" | "true") => Ok(true),
                Some("0" | "false") => Ok(false),
                _ => mismatch("a boolean", other),
            },
        }
    }
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl FromReply for $t {
            fn from_reply(reply: Value) -> Result<Self> {
                let n = match &reply {
                    Value::Int(n) => <$t>::try_from(*n).ok(),
                    Value::Bool(yes) => Some(<$t>::from(*yes)),
                    Value::Error(error) => return Err(Error::Server(error.clone())),
                    other => other.as_str().and_then(|text| text.parse().ok()),
                };
                n.map_or_else(|| mismatch(concat!("an integer (", stringify!($t), ")"), &reply), Ok)
            }
        }
    )*};
}
integers!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);

impl FromReply for f64 {
    fn from_reply(reply: Value) -> Result<Self> {
        match &reply {
            Value::Double(n) => Ok(*n),
            Value::Int(n) => Ok(*n as f64),
            Value::Error(error) => Err(Error::Server(error.clone())),
            other => match other.as_str().map(str::parse) {
                Some(Ok(n)) => Ok(n),
                _ => mismatch("a number", other),
            },
        }
    }
}

impl<T: FromReply> FromReply for Option<T> {
    fn from_reply(reply: Value) -> Result<Self> {
        match reply {
            Value::Null => Ok(None),
            other => T::from_reply(other).map(Some),
        }
    }
}

/// A result per element: for replies in which single elements can be errors.
impl<T: FromReply> FromReply for Result<T, ServerError> {
    fn from_reply(reply: Value) -> Result<Self> {
        match reply {
            Value::Error(error) => Ok(Err(error)),
            other => T::from_reply(other).map(Ok),
        }
    }
}

/// The elements of an aggregate; a map gives its pairs as arrays of two.
fn elements(reply: Value) -> Result<Vec<Value>> {
    match reply {
        Value::Array(items) | Value::Set(items) | Value::Push(items) => Ok(items),
        Value::Map(pairs) => Ok(pairs.into_iter().map(|(k, v)| Value::Array(vec![k, v])).collect()),
        Value::Null => Ok(Vec::new()),
        Value::Error(error) => Err(Error::Server(error)),
        other => mismatch("an array", &other),
    }
}

/// The pairs of a map, of a flat array, or of an array of pairs.
fn pairs(reply: Value) -> Result<Vec<(Value, Value)>> {
    let items = match reply {
        Value::Map(pairs) => return Ok(pairs),
        other => elements(other)?,
    };
    let is_pair = |item: &Value| item.as_slice().is_some_and(|pair| pair.len() == 2);
    let mut pairs = Vec::with_capacity(items.len());
    if !items.is_empty() && items.iter().all(is_pair) {
        for item in items {
            let mut pair = elements(item)?.into_iter();
            pairs.extend(pair.next().zip(pair.next()));
        }
        return Ok(pairs);
    }
    if items.len() % 2 != 0 {
        return Err(Error::Convert { expected: "pairs", got: "an odd number of elements".into() });
    }
    let mut items = items.into_iter();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        pairs.push((key, value));
    }
    Ok(pairs)
}

macro_rules! collections {
    ($($t:ident: $($bound:ident)+),*) => {$(
        impl<T: FromReply $(+ $bound)+> FromReply for $t<T> {
            fn from_reply(reply: Value) -> Result<Self> {
                elements(reply)?.into_iter().map(T::from_reply).collect()
            }
        }
    )*};
}
collections!(BTreeSet: Ord);

/// Element types of which a `Vec` is read from an array; all but `u8`, whose `Vec` is a string.
macro_rules! vec_of {
    ($($t:ty),*) => {$(
        impl FromReply for Vec<$t> {
            fn from_reply(reply: Value) -> Result<Self> {
                elements(reply)?.into_iter().map(<$t>::from_reply).collect()
            }
        }
    )*};
}
vec_of!(Value, Bytes, String, Vec<u8>, bool, i8, i16, i32, i64, isize, u16, u32, u64, usize, f64);

impl<T: FromReply> FromReply for Vec<Option<T>> {
    fn from_reply(reply: Value) -> Result<Self> {
        elements(reply)?.into_iter().map(Option::from_reply).collect()
    }
}

impl<T: FromReply> FromReply for Vec<Result<T, ServerError>> {
    fn from_reply(reply: Value) -> Result<Self> {
        elements(reply)?.into_iter().map(FromReply::from_reply).collect()
    }
}

/// Pairs in the server's order.
impl<A: FromReply, B: FromReply> FromReply for Vec<(A, B)> {
    fn from_reply(reply: Value) -> Result<Self> {
        pairs(reply)?.into_iter().map(|(a, b)| Ok((A::from_reply(a)?, B::from_reply(b)?))).collect()
    }
}

macro_rules! vec_of_tuples {
    ($(($($t:ident),+))*) => {$(
        impl<$($t: FromReply),+> FromReply for Vec<($($t,)+)> {
            fn from_reply(reply: Value) -> Result<Self> {
                elements(reply)?.into_iter().map(FromReply::from_reply).collect()
            }
        }
    )*};
}
vec_of_tuples!((A, B, C)(A, B, C, D));

impl<T: FromReply + Eq + Hash, S: BuildHasher + Default> FromReply for HashSet<T, S> {
    fn from_reply(reply: Value) -> Result<Self> {
        elements(reply)?.into_iter().map(T::from_reply).collect()
    }
}

impl<K: FromReply + Eq + Hash, V: FromReply, S: BuildHasher + Default> FromReply
    for HashMap<K, V, S>
{
    fn from_reply(reply: Value) -> Result<Self> {
        pairs(reply)?.into_iter().map(|(k, v)| Ok((K::from_reply(k)?, V::from_reply(v)?))).collect()
    }
}

impl<K: FromReply + Ord, V: FromReply> FromReply for BTreeMap<K, V> {
    fn from_reply(reply: Value) -> Result<Self> {
        pairs(reply)?.into_iter().map(|(k, v)| Ok((K::from_reply(k)?, V::from_reply(v)?))).collect()
    }
}

macro_rules! tuples {
    ($(($len:literal, $($t:ident),+))*) => {$(
        impl<$($t: FromReply),+> FromReply for ($($t,)+) {
            fn from_reply(reply: Value) -> Result<Self> {
                let items = elements(reply)?;
                if items.len() != $len {
                    return Err(Error::Convert {
                        expected: concat!("an array of ", $len),
                        got: format!("an array of {}", items.len()),
                    });
                }
                let mut items = items.into_iter();
                Ok(($($t::from_reply(items.next().unwrap_or(Value::Null))?,)+))
            }
        }
    )*};
}
tuples!((2, A, B)(3, A, B, C)(4, A, B, C, D));

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::Bulk(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn a_map_is_read_from_both_protocols() {
        let resp2 = Value::Array(vec![bulk("a"), bulk("1"), bulk("b"), bulk("2")]);
        let resp3 = Value::Map(vec![(bulk("a"), Value::Int(1)), (bulk("b"), Value::Int(2))]);
        let nested = Value::Array(vec![
            Value::Array(vec![bulk("a"), Value::Double(1.0)]),
            Value::Array(vec![bulk("b"), Value::Double(2.0)]),
        ]);
        for reply in [resp2, resp3, nested] {
            let pairs = Vec::<(String, f64)>::from_reply(reply).unwrap();
            assert_eq!(pairs, [("a".to_owned(), 1.0), ("b".to_owned(), 2.0)]);
        }
    }

    #[test]
    fn a_number_out_of_range_is_an_error_and_says_so() {
        let error = u8::from_reply(Value::Int(256)).unwrap_err();
        assert_eq!(error.to_string(), "expected an integer (u8), the reply is an integer");
        assert_eq!(error.executed(), crate::Executed::Yes);
    }

    #[test]
    fn null_is_none_and_never_an_empty_string() {
        assert_eq!(Option::<Bytes>::from_reply(Value::Null).unwrap(), None);
        assert!(Bytes::from_reply(Value::Null).is_err());
    }
}
