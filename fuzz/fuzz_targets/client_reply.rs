//! The client's decoder: it never panics, cutting the stream differently changes nothing, and it
//! reads what the crate redis-protocol reads. The first byte says how the stream is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tsubame_fuzz_client::reply;

fuzz_target!(|bytes: &[u8]| {
    if let [step, stream @ ..] = bytes {
        reply::check(stream, usize::from(*step));
    }
});
