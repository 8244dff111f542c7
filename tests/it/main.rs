//! Integration tests: a real server over a socket, in RESP2 and RESP3.

mod bad_input;
mod differential;
mod support;
