//! The client's readers of what servers tell of the cluster: they are total, invent no owner, and
//! what is added to a reply changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tsubame_fuzz_client::metadata;

fuzz_target!(|stream: &[u8]| metadata::check(stream));
