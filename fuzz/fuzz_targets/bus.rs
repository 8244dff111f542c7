//! The decoder of the cluster bus: it never panics, refuses lengths before they are buffered, and
//! what it accepts is written back no longer than it came and read back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tsubame_fuzz::cluster::message::{Body, LIGHT_HEADER_LEN, Message, frame_len};

fn check(packet: &[u8]) {
    let Some(start) = packet.first_chunk::<LIGHT_HEADER_LEN>() else {
        assert!(Message::decode(packet).is_err(), "shorter than any header");
        return;
    };
    let decoded = Message::decode(packet);
    match frame_len(start) {
        Ok(len) => assert!(decoded.is_err() || len == packet.len(), "bytes outside of the frame"),
        Err(_) => assert!(decoded.is_err(), "a frame that cannot be was decoded"),
    }
    let Ok(message) = decoded else { return };
    let encoded = message.encode();
    // Extensions may come with more padding than they need. Gossip with a damaged id is dropped as
    // a whole, and of unknown messages only the header is kept.
    assert!(encoded.len() <= packet.len(), "written longer than it came");
    let kept = !matches!(message.body, Body::Beat { invalid_gossip: 1.., .. } | Body::Unknown(_));
    let again = Message::decode(&encoded).expect("what was written can be read");
    assert!(!kept || again == message, "read back as something else");
    // Any other length is noticed.
    assert!(Message::decode(&packet[..packet.len() - 1]).is_err(), "cut short");
    assert!(Message::decode(&[packet, &[0]].concat()).is_err(), "with a byte too many");
}

fuzz_target!(|input: &[u8]| {
    check(input);
    // Nearly every input would end at its signature or its length: set right, more of them go on.
    let mut packet = input.to_vec();
    if packet.len() >= 8 {
        let length = (packet.len() as u32).to_be_bytes();
        packet[..4].copy_from_slice(b"RCmb");
        packet[4..8].copy_from_slice(&length);
        check(&packet);
    }
});
