use std::time::Duration;

use offheap_pty::{ExitStatus, PtySize};
use proptest::prelude::*;

use super::*;

/// A time that travels whole: messages know milliseconds.
fn time() -> impl Strategy<Value = Duration> {
    any::<u64>().prop_map(Duration::from_millis)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    "[a-z0-9_-]{1,40}".prop_map(String::into_bytes)
}

fn status() -> impl Strategy<Value = ExitStatus> {
    (any::<i32>(), any::<i32>()).prop_map(|(code, signal)| ExitStatus { code, signal })
}

prop_compose! {
    fn spawn()(
        request in any::<u64>(),
        name in name(),
        file in name(),
        argv0 in prop::option::of(bytes()),
        args in prop::collection::vec(bytes(), 0..5),
        env in prop::collection::vec((name(), bytes()), 0..5),
        cwd in bytes(),
        size in any::<(u16, u16, u16, u16)>(),
        (uid, gid) in any::<(Option<u32>, Option<u32>)>(),
    ) -> Spawn {
        let (cols, rows, pixel_width, pixel_height) = size;
        let size = PtySize { cols, rows, pixel_width, pixel_height };
        Spawn { request, name, file, argv0, args, env, cwd, size, uid, gid }
    }
}

prop_compose! {
    fn hello()(
        versions in any::<(u64, u64)>(),
        takeover in any::<bool>(),
        drain_after in time(),
        orphan_timeout in time(),
    ) -> Hello {
        Hello { versions: versions.0..=versions.1, takeover, drain_after, orphan_timeout }
    }
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        hello().prop_map(Request::Hello),
        spawn().prop_map(Request::Spawn),
        any::<u64>().prop_map(|request| Request::Take { request }),
        Just(Request::Got),
        Just(Request::Again),
        any::<(u64, i32)>().prop_map(|(terminal, signal)| Request::Kill { terminal, signal }),
        (any::<u64>(), time()).prop_map(|(terminal, grace)| Request::Close { terminal, grace }),
        any::<u64>().prop_map(|terminal| Request::Noted { terminal }),
        any::<(u64, u64)>().prop_map(|(request, terminal)| Request::Name { request, terminal }),
        Just(Request::Left),
        (any::<u64>(), name(), any::<u32>(), 1_u8..3).prop_map(
            |(request, name, pid, descriptors)| {
                Request::Keep(Kept { request, name, pid, descriptors })
            }
        ),
        (any::<u64>(), bytes()).prop_map(|(request, binary)| Request::Upgrade { request, binary }),
    ]
}

prop_compose! {
    fn held()(
        terminal in any::<u64>(),
        name in name(),
        pid in any::<u32>(),
        status in prop::option::of(status()),
        descriptors in 0_u8..3,
    ) -> Held {
        Held { terminal, name, pid, status, descriptors }
    }
}

fn reply() -> impl Strategy<Value = Reply> {
    let text = || "\\PC{0,20}";
    prop_oneof![
        (any::<(u64, u64, u32, u64, u64)>(), text()).prop_map(
            |((version, generation, pid, namespace, terminals), product)| {
                let welcome = Welcome { version, generation, pid, namespace, terminals, product };
                Reply::Welcome(welcome)
            }
        ),
        (0_u64..4, any::<u32>(), text()).prop_map(|(reason, holder, problem)| {
            let reason = [Reason::Busy, Reason::Version, Reason::Elsewhere, Reason::Other]
                [usize::try_from(reason).expect("small")];
            Reply::Refused { reason, holder, problem }
        }),
        (any::<u64>(), held()).prop_map(|(request, held)| Reply::Spawned { request, held }),
        (any::<(u64, i32)>(), text(), text(), text()).prop_map(
            |((request, errno), syscall, path, message)| {
                Reply::SpawnFailed { request, errno, syscall, path, message }
            }
        ),
        (any::<(u64, bool)>(), prop::collection::vec(held(), 0..32))
            .prop_map(|((request, last), held)| Reply::Terminals { request, last, held }),
        (any::<u64>(), status()).prop_map(|(terminal, status)| Reply::Exited { terminal, status }),
        Just(Reply::Leave),
        (any::<u64>(), text()).prop_map(|(request, name)| Reply::Name { request, name }),
        (any::<(u64, u64)>(), text()).prop_map(|((request, terminal), problem)| Reply::Done {
            request,
            problem,
            terminal
        }),
        Just(Reply::Got),
    ]
}

/// A message taken apart: its header, and its fields.
fn parts(message: &[u8]) -> (Header, &[u8]) {
    let header = Header::read(message).expect("a header in bounds").expect("a whole header");
    assert_eq!(header.length, message.len() - HEADER);
    (header, &message[HEADER..])
}

/// The message with a field in front that nobody knows.
fn with_unknown_field(message: &[u8], value: &[u8]) -> Vec<u8> {
    let unknown = Writer::nested().bytes(60_000, value).into_fields();
    let mut longer = message.to_vec();
    longer.splice(HEADER..HEADER, unknown);
    let length = u32::try_from(longer.len() - 4).expect("a short message");
    longer[..4].copy_from_slice(&length.to_le_bytes());
    longer
}

proptest! {
    #[test]
    fn requests_come_back_as_they_were(request in request(), extra in bytes()) {
        for message in [request.encode(), with_unknown_field(&request.encode(), &extra)] {
            let (header, fields) = parts(&message);
            prop_assert_eq!(Request::decode(header.kind, fields), Ok(Some(request.clone())));
        }
    }

    #[test]
    fn replies_come_back_as_they_were(reply in reply(), extra in bytes()) {
        for message in [reply.encode(), with_unknown_field(&reply.encode(), &extra)] {
            let (header, fields) = parts(&message);
            prop_assert_eq!(header.descriptors, reply.descriptors());
            prop_assert_eq!(Reply::decode(header.kind, fields), Ok(Some(reply.clone())));
        }
    }

    #[test]
    fn hostile_bytes_are_an_error_and_not_a_panic(
        kind in 0_u16..16,
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = Header::read(&bytes);
        let _ = Request::decode(kind, &bytes);
        let _ = Reply::decode(kind, &bytes);
    }

    #[test]
    fn a_message_that_is_changed_anywhere_does_no_harm(
        request in request(),
        reply in reply(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        for mut message in [request.encode(), reply.encode()] {
            let at = at.index(message.len());
            message[at] = byte;
            if let Ok(Some(header)) = Header::read(&message) {
                let end = message.len().min(HEADER + header.length);
                let _ = Request::decode(header.kind, &message[HEADER..end]);
                let _ = Reply::decode(header.kind, &message[HEADER..end]);
            }
        }
    }
}

#[test]
fn bounds_are_kept() {
    let header = |length: u32, descriptors: u16| {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend([1, 0]);
        bytes.extend(descriptors.to_le_bytes());
        Header::read(&bytes)
    };
    assert_eq!(header(3, 0), Err(Malformed("too short")));
    assert_eq!(header(u32::MAX, 0), Err(Malformed("too long")));
    assert_eq!(header(4, 65), Err(Malformed("too many descriptors")));
    assert!(header(4, 64).expect("in bounds").is_some());
    assert_eq!(Header::read(&[0; HEADER - 1]), Ok(None));
}

#[test]
fn a_name_leads_nowhere_else() {
    for name in ["../other", "..", ".", "a/b", "a\0b", &"x".repeat(256)] {
        let kept =
            Request::Keep(Kept { request: 1, name: name.into(), pid: 2, descriptors: 1 }).encode();
        let (header, fields) = parts(&kept);
        let wrong = Err(Malformed("a name that is no file's"));
        assert_eq!(Request::decode(header.kind, fields), wrong, "{name}");
    }
}

#[test]
fn the_newest_version_that_both_speak_is_spoken() {
    assert_eq!(common_version(&(1..=1)), Some(1));
    assert_eq!(common_version(&(1..=9)), Some(1));
    assert_eq!(common_version(&(0..=1)), Some(1));
    assert_eq!(common_version(&(2..=9)), None);
    assert_eq!(common_version(&(0..=0)), None);
}

#[test]
fn unknown_kinds_are_skipped() {
    assert_eq!(Request::decode(999, &[]), Ok(None));
    assert_eq!(Reply::decode(999, &[]), Ok(None));
}
