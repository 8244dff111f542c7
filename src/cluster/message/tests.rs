//! The codec against itself, against garbage, and against packets that a Valkey 9.1.2 sent.

use proptest::prelude::*;

use super::*;

fn id(text: &str) -> NodeId {
    NodeId::parse(text.as_bytes()).expect("a test id")
}

/// Decodes a captured packet and expects the encoder to give the same bytes again.
fn check_captured(bytes: &[u8]) -> Message {
    let message = Message::decode(bytes).expect("a packet that Valkey sent");
    assert!(message.encode() == bytes, "encoding differs from the capture");
    message
}

#[test]
fn a_ping_of_valkey_with_all_its_extensions_reads_and_writes_back() {
    let message = check_captured(include_bytes!("captured/ping_with_extensions.bin"));
    let header = message.header.expect("a full header");
    assert_eq!(header.sender, id("009ef2a9e49a03e24d07d60477e5973054a5140b"));
    assert_eq!((header.current_epoch, header.config_epoch), (3, 3));
    assert_eq!(header.slots.ranges(), [(0, 5001)]);
    assert_eq!(header.replica_of, None);
    assert_eq!(header.ports, Ports { port: 27001, secondary: 0, bus: 37001 });
    assert!(header.flags.any(NodeFlags::PRIMARY) && header.flags.any(NodeFlags::LIGHT_PUBLISH));
    assert!(!header.cluster_ok);
    let Body::Beat { beat: Beat::Ping, gossip, invalid_gossip: 0, extensions } = message.body
    else {
        panic!("not a ping: {:?}", message.body);
    };
    assert_eq!(gossip.len(), 1);
    assert_eq!(gossip[0].ip, "127.0.0.1");
    assert_eq!(gossip[0].ports, Ports { port: 27003, secondary: 0, bus: 37003 });
    assert_eq!(
        extensions,
        [
            Extension::Hostname("one.example".into()),
            Extension::HumanNodename("first".into()),
            Extension::ClientIpv4("10.1.2.3".into()),
            Extension::ClientIpv6("::7".into()),
            Extension::ClientPort(7777),
            Extension::ClientTlsPort(7778),
            Extension::AvailabilityZone("az-1".into()),
            Extension::ForgottenNode {
                node: id("92e567ab5bfe1ffbfddb41fc5970cdbb8edecb4a"),
                ttl: 57
            },
            Extension::ShardId(id("83e4cfb436be4b88bb8e300c0d68ed709ddd13dd")),
        ]
    );
}

#[test]
fn pong_meet_fail_and_light_publish_of_valkey_read_and_write_back() {
    let pong = check_captured(include_bytes!("captured/pong.bin"));
    assert_eq!(pong.body.kind(), Some(Kind::Pong));

    // A first MEET goes to a node that is not yet known to understand extensions: none are sent,
    // but the flag says that they are welcome.
    let meet = check_captured(include_bytes!("captured/meet.bin"));
    assert_eq!(meet.body, Body::beat(Beat::Meet));
    let flags = meet.header.expect("a full header").message_flags;
    assert_eq!(flags, MessageFlags::EXTENSIONS);

    let fail = check_captured(include_bytes!("captured/fail.bin"));
    assert_eq!(fail.body, Body::Fail { node: id("85d9a2a4bd5327cba25cc3c2d2c8baf8c4af0ad9") });

    let publish = check_captured(include_bytes!("captured/publish_light.bin"));
    let body =
        Body::Publish { sharded: false, channel: b"chan".to_vec(), message: b"hello".to_vec() };
    assert_eq!(publish, Message { header: None, body });
}

fn captured_ping() -> Vec<u8> {
    include_bytes!("captured/ping_with_extensions.bin").to_vec()
}

/// The captured ping with the bytes at `offset` replaced must be refused.
#[track_caller]
fn check_refused(offset: usize, bytes: &[u8], why: impl Fn(&DecodeError) -> bool) {
    let mut packet = captured_ping();
    packet[offset..offset + bytes.len()].copy_from_slice(bytes);
    let error = Message::decode(&packet).expect_err("a damaged packet");
    assert!(why(&error), "refused for another reason: {error}");
}

#[test]
fn damaged_packets_are_refused_for_the_right_reason() {
    use DecodeError::*;
    check_refused(0, b"RCmc", |e| matches!(e, Frame(FrameError::Signature)));
    check_refused(4, &100u32.to_be_bytes(), |e| matches!(e, Frame(FrameError::Length { .. })));
    check_refused(4, &2600u32.to_be_bytes(), |e| matches!(e, Length { .. }));
    check_refused(8, &2u16.to_be_bytes(), |e| matches!(e, Version(2)));
    check_refused(12, &0x8000u16.to_be_bytes(), |e| matches!(e, NoLightForm(0)));
    check_refused(12, &3u16.to_be_bytes(), |e| matches!(e, Length { expected: 2296, .. }));
    check_refused(14, &9u16.to_be_bytes(), |e| matches!(e, GossipOverrun { count: 9, .. }));
    check_refused(14, &2u16.to_be_bytes(), |e| {
        matches!(e, Address | ExtensionOverrun { .. } | ExtensionPadding { .. })
    });
    check_refused(40, b"X", |e| matches!(e, NodeId));
    check_refused(2128, b"X", |e| matches!(e, NodeId));
    check_refused(2168, b"a b\0", |e| matches!(e, Address));
    check_refused(2214, &10u16.to_be_bytes(), |e| matches!(e, ExtensionOverrun { .. }));
    check_refused(2214, &8u16.to_be_bytes(), |e| matches!(e, Length { expected: 2544, .. }));
    check_refused(2360, &23u32.to_be_bytes(), |e| matches!(e, ExtensionPadding { len: 23, .. }));
    check_refused(2360, &0u32.to_be_bytes(), |e| matches!(e, ExtensionOverrun { .. }));
    check_refused(2360, &(u32::MAX - 7).to_be_bytes(), |e| matches!(e, ExtensionOverrun { .. }));
}

#[test]
fn gossip_with_a_damaged_id_is_counted_and_dropped() {
    let mut packet = captured_ping();
    packet[2256] = b'?';
    let Body::Beat { gossip, invalid_gossip, .. } = Message::decode(&packet).unwrap().body else {
        panic!("not a ping");
    };
    assert_eq!((gossip.len(), invalid_gossip), (0, 1));
}

#[test]
fn an_extension_with_text_that_nodes_conf_cannot_hold_is_set_aside() {
    let mut packet = captured_ping();
    packet[2368] = b',';
    let Body::Beat { extensions, .. } = Message::decode(&packet).unwrap().body else {
        panic!("not a ping");
    };
    assert!(matches!(&extensions[0], Extension::Unknown { kind: 0, .. }));
    assert_eq!(extensions[1], Extension::HumanNodename("first".into()));
}

#[test]
fn lengths_that_no_message_can_have_are_refused_before_they_are_buffered() {
    let mut start = *b"RCmb\0\0\x08\xd0\0\x01\0\0\0\0\0\0";
    assert_eq!(frame_len(&start), Ok(HEADER_LEN));
    start[4..8].copy_from_slice(&u32::MAX.to_be_bytes());
    for kind in 0..=0x10u16 {
        start[12..14].copy_from_slice(&kind.to_be_bytes());
        assert!(matches!(frame_len(&start), Err(FrameError::Length { .. })), "type {kind}");
    }
}

fn any_id() -> impl Strategy<Value = NodeId> {
    "[0-9a-z]{40}".prop_map(|text| id(&text))
}

fn any_ip() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[0-9a-f:.]{2,45}"]
}

fn any_slots() -> impl Strategy<Value = SlotSet> {
    proptest::collection::vec(0..16384u16, 0..20).prop_map(|slots| slots.into_iter().collect())
}

fn any_ports() -> impl Strategy<Value = Ports> {
    any::<(u16, u16, u16)>().prop_map(|(port, secondary, bus)| Ports { port, secondary, bus })
}

fn any_header() -> impl Strategy<Value = Header> {
    (
        (any_id(), any::<u64>(), any::<u64>(), any::<u64>(), any_slots()),
        (proptest::option::of(any_id()), any_ip(), any_ports(), any::<u16>(), any::<bool>()),
    )
        .prop_map(|((sender, current_epoch, config_epoch, repl_offset, slots), rest)| {
            let (replica_of, ip, ports, flags, cluster_ok) = rest;
            let flags = NodeFlags(flags);
            let message_flags = MessageFlags::EXTENSIONS;
            Header {
                sender,
                current_epoch,
                config_epoch,
                repl_offset,
                slots,
                replica_of,
                ip,
                ports,
                flags,
                cluster_ok,
                message_flags,
            }
        })
}

fn any_gossip() -> impl Strategy<Value = Gossip> {
    (any_id(), any::<u32>(), any::<u32>(), any_ip(), any_ports(), any::<u16>()).prop_map(
        |(node, ping_sent, pong_received, ip, ports, flags)| Gossip {
            node,
            ping_sent,
            pong_received,
            ip,
            ports,
            flags: NodeFlags(flags),
        },
    )
}

fn any_extension() -> impl Strategy<Value = Extension> {
    let text =
        || "[!-+\\-./0-9:;<=>?@A-Z\\[\\]^_a-z{|}~]{0,60}".prop_map(|t| t.replace(['"', '\''], ""));
    prop_oneof![
        text().prop_map(Extension::Hostname),
        text().prop_map(Extension::HumanNodename),
        (any_id(), any::<u64>()).prop_map(|(node, ttl)| Extension::ForgottenNode { node, ttl }),
        any_id().prop_map(Extension::ShardId),
        text().prop_map(Extension::ClientIpv4),
        text().prop_map(Extension::ClientIpv6),
        any::<u16>().prop_map(Extension::ClientPort),
        any::<u16>().prop_map(Extension::ClientTlsPort),
        text().prop_map(Extension::AvailabilityZone),
        (9..u16::MAX, proptest::collection::vec(any::<[u8; 8]>(), 0..5))
            .prop_map(|(kind, data)| Extension::Unknown { kind, data: data.concat() }),
    ]
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..100)
}

fn any_payload() -> impl Strategy<Value = Body> {
    prop_oneof![
        (any::<bool>(), any_bytes(), any_bytes())
            .prop_map(|(sharded, channel, message)| Body::Publish { sharded, channel, message }),
        (any::<u64>(), any::<u8>(), any_bytes()).prop_map(|(id, kind, payload)| Body::Module {
            id,
            kind,
            payload
        }),
    ]
}

fn any_body() -> impl Strategy<Value = Body> {
    prop_oneof![
        4 => (
            prop_oneof![Just(Beat::Ping), Just(Beat::Pong), Just(Beat::Meet)],
            proptest::collection::vec(any_gossip(), 0..5),
            proptest::collection::vec(any_extension(), 0..5),
        )
            .prop_map(|(beat, gossip, extensions)| {
                Body::Beat { beat, gossip, invalid_gossip: 0, extensions }
            }),
        1 => any_id().prop_map(|node| Body::Fail { node }),
        1 => any_payload(),
        1 => prop_oneof![
            Just(Body::FailoverAuthRequest),
            Just(Body::FailoverAuthAck),
            Just(Body::MfStart),
            (11..0x7fffu16).prop_map(Body::Unknown),
        ],
        1 => (any_id(), any::<u64>(), any_slots()).prop_map(|(node, config_epoch, slots)| {
            Body::Update { node, config_epoch, slots }
        }),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    prop_oneof![
        3 => (any_header(), any_body())
            .prop_map(|(header, body)| Message { header: Some(Box::new(header)), body }),
        1 => any_payload().prop_map(|body| Message { header: None, body }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(message in any_message()) {
        let bytes = message.encode();
        let start = bytes.first_chunk().expect("at least a light header");
        prop_assert_eq!(frame_len(start), Ok(bytes.len()));
        prop_assert_eq!(Message::decode(&bytes), Ok(message));
    }

    /// No damage panics, and what is still accepted is written no longer than it was (an early zero
    /// shortens a text) and read back as it was.
    #[test]
    fn damaged_messages_are_refused_or_read(
        message in any_message(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = message.encode();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(message) = Message::decode(&bytes) {
            let lost =
                matches!(message.body, Body::Beat { invalid_gossip: 1.., .. } | Body::Unknown(_));
            let written = message.encode();
            prop_assert!(written.len() <= bytes.len());
            prop_assert!(lost || Message::decode(&written) == Ok(message));
        }
    }

    #[test]
    fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..4000)) {
        prop_assert!(Message::decode(&bytes).is_err());
    }
}
