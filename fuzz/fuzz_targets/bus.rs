//! The bus decoder: it never panics, and what it read it can write and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tsubame::cluster::message::Message;

fuzz_target!(|input: &[u8]| {
    // The length field is set right, or nearly every input would end at it.
    let mut packet = input.to_vec();
    if packet.len() >= 8 {
        let length = (packet.len() as u32).to_be_bytes();
        packet[..4].copy_from_slice(b"RCmb");
        packet[4..8].copy_from_slice(&length);
    }
    if let Ok(message) = Message::decode(&packet) {
        let again = Message::decode(&message.encode());
        assert_eq!(again, Ok(message));
    }
});
