//! How image files and kitty's commands move the cursor. Values are those of xterm.js'
//! image add-ons 0.9 and 0.10, of which `__test__/browser/images.spec.js` asks the same
//! and more.

use super::super::{Client, ImageSupport, Screen, ScreenOptions, XtermVersion};
use super::{client, snapshot};
use proptest::prelude::*;

const OLD: Client = with(XtermVersion::V6_0);
const NEW: Client = with(XtermVersion::V6_1);
/// A GIF of 30 by 60 pixels, of which nothing but the size matters here.
const GIF: &str = "R0lGODlhHgA8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
/// Its bytes.
const SIZE: usize = 34;

const fn with(version: XtermVersion) -> Client {
    Client {
        version,
        images: ImageSupport::ALL,
        unicode: super::super::UnicodeVersion::V6,
        push_title: false,
        pop_title: false,
        scroll_on_erase: false,
        reflow_cursor_line: false,
        convert_eol: false,
        tab_stop_width: 8,
    }
}

/// A screen of 40 by 10 characters, each 10 by 20 pixels.
fn make(client: Client, text: &str) -> Screen {
    let options = ScreenOptions { cols: 40, rows: 10, client, ..ScreenOptions::default() };
    let mut screen = Screen::new(&options);
    screen.set_exact_cell_size(10.0, 20.0);
    screen.feed(text.as_bytes());
    screen
}

fn answers(screen: &mut Screen, text: &str) -> String {
    let mut answers = Vec::new();
    screen.feed_answering(text.as_bytes(), &mut answers);
    String::from_utf8(answers).expect("ASCII")
}

/// The row and the column of the cursor.
fn place(screen: &mut Screen) -> String {
    let place = answers(screen, "\x1b[6n");
    place.trim_start_matches("\x1b[").trim_end_matches('R').to_owned()
}

fn cursor(client: Client, text: &str) -> String {
    place(&mut make(client, &format!("ab{text}")))
}

fn file(fields: &str) -> String {
    format!("\x1b]1337;File=inline=1;size={SIZE}{fields}:{GIF}\x07")
}

#[test]
fn a_file_takes_the_size_that_it_asks_for() {
    for (fields, old, new) in [
        ("", "3:3", "3:6"),
        (";width=auto;height=auto", "3:3", "3:6"),
        (";width=6", "6:3", "6:9"),
        (";width=61px", "7:3", "7:10"),
        (";height=2", "2:3", "2:5"),
        (";height=50%", "5:3", "5:8"),
        (";width=10%;height=10%", "4:3", "4:7"),
        (";width=8;height=2;preserveAspectRatio=0", "2:3", "2:11"),
        (";width=8;height=2;preserveAspectRatio=1", "8:3", "8:11"),
        (";width=100%;height=3;preserveAspectRatio=0", "3:3", "3:41"),
        (";width=0", "3:3", "3:6"),
        (";name=YS5naWY=", "3:3", "3:6"),
        (";unknown=x", "3:3", "3:6"),
    ] {
        let place = |place: &str| place.replace(':', ";");
        assert_eq!(cursor(OLD, &file(fields)), place(old), "{fields:?}");
        assert_eq!(cursor(NEW, &file(fields)), place(new), "{fields:?}");
    }
}

#[test]
fn what_the_add_on_refuses_moves_nothing() {
    let of = |fields: &str, data: &str| format!("\x1b]1337;File={fields}:{data}\x07");
    let both = [
        of("inline=0;size=34", GIF),
        of("size=34", GIF),
        of("inline=1;size=34;width=6em", GIF),
        of("inline=1;size=34;width=", GIF),
        of("inline=1;size=x", GIF),
        of("inline=1;;size=34", GIF),
        of("inline=1;size=34;name=YS5na", GIF),
        of("inline=1;size=34", &GIF.replace("AAAA", "AA A")),
        of("inline=1;size=34", &GIF.replace("R0lG", "R0lH")),
        of("inline=1;size=34", "R0lGODlhHgA8AAAAAAAAAAAAAAAA"),
        of("inline=1;size=34;width=200000px", GIF),
        format!("\x1b]1337;File=inline=1;size=34:{GIF}\x18"),
        format!("\x1b]1338;File=inline=1;size=34:{GIF}\x07"),
        format!("\x1b]1337;File;inline=1;size=34:{GIF}\x07"),
    ];
    for text in both {
        assert_eq!(cursor(OLD, &text), "1;3", "{text:?}");
        assert_eq!(cursor(NEW, &text), "1;3", "{text:?}");
    }
    // Add-on 0.9 wants to know the size, and 0.10 no type.
    for size in [33, 35, 0] {
        let text = of(&format!("inline=1;size={size}"), GIF);
        assert_eq!((cursor(OLD, &text), cursor(NEW, &text)), ("1;3".into(), "3;6".into()));
    }
    let text = file(";type=image/gif");
    assert_eq!((cursor(OLD, &text), cursor(NEW, &text)), ("3;3".into(), "1;3".into()));
}

#[test]
fn only_what_the_client_has_is_read() {
    let none = Client { images: ImageSupport::NONE, ..NEW };
    let sixel = Client { images: ImageSupport { sixel: true, ..ImageSupport::NONE }, ..NEW };
    let kitty = &format!("\x1b_Ga=T,f=100;{GIF}\x1b\\");
    for client in [none, sixel] {
        assert_eq!(cursor(client, &file("")), "1;3");
        assert_eq!(cursor(client, kitty), "1;3");
    }
    assert_eq!(cursor(OLD, kitty), "1;3");
    assert_eq!(cursor(NEW, kitty), "3;6");
    let image = "\x1bPq\"1;1;20;60~\x1b\\";
    assert_eq!((cursor(none, image), cursor(sixel, image)), ("1;3".into(), "3;3".into()));
    // A mode of sixels stops files as well in add-on 0.9.
    let text = "\x1b[?80h".to_owned() + &file("");
    assert_eq!((cursor(OLD, &text), cursor(NEW, &text)), ("1;3".into(), "3;6".into()));
}

#[test]
fn a_file_comes_in_pieces() {
    let (one, two) = GIF.split_at(17);
    let begin = "\x1b]1337;MultipartFile=inline=1;width=6\x07";
    let end = "\x1b]1337;FileEnd\x07";
    let part = |data: &str| format!("\x1b]1337;FilePart={data}\x07");
    let whole = format!("{begin}{}x{}{end}", part(one), part(two));
    assert_eq!((cursor(NEW, &whole), cursor(OLD, &whole)), ("6;10".into(), "1;4".into()));
    for text in [
        format!("{}{}{end}", part(one), part(two)),
        format!("{begin}{}{end}", part(one)),
        format!("{begin}{}{}", part(one), part(two)),
        format!("{begin}{}\x1bc{}{end}", part(one), part(two)),
    ] {
        assert!(["1;3", "1;1"].contains(&&*cursor(NEW, &text)), "{text:?}");
    }
    // A whole file ends one in pieces.
    let text = format!("{begin}{}{}{}{end}", part(one), file(""), part(two));
    assert_eq!(cursor(NEW, &text), "3;6");
}

#[test]
fn a_command_shows_an_image_where_it_says() {
    let command = |control: &str| format!("\x1b_G{control};{GIF}\x1b\\");
    for (control, place) in [
        ("a=T,f=100", "3;6"),
        ("a=t,f=100", "1;3"),
        ("f=100", "1;3"),
        ("a=T,f=100,C=1", "1;3"),
        ("a=T,f=100,c=5", "5;8"),
        ("a=T,f=100,r=2", "2;5"),
        ("a=T,f=100,c=50,r=2", "2;41"),
        ("a=T,f=100,x=10,y=20", "2;5"),
        ("a=T,f=100,w=11,h=1", "1;5"),
        ("a=T,f=100,X=5,Y=5", "4;7"),
        ("a=T,f=100,X=5,Y=50,c=2,r=1", "1;5"),
        ("a=T,f=100,i=3,I=4", "1;3"),
        ("a=T,f=100,t=f", "1;3"),
        ("a=T,f=100,c=0", "1;3"),
        ("a=T,f=100,c=x", "1;3"),
        ("a=T,f=100,x=30", "1;3"),
        ("a=T,f=100,c=1000,r=1000", "1;3"),
        ("a=T,f=32,s=2,v=4", "1;4"),
        ("a=T,f=24,s=2,v=5", "1;4"),
        ("a=T,s=3,v=3", "1;3"),
        ("a=T,f=32", "1;3"),
        ("a=T,f=24,s=200,v=100,o=z", "5;23"),
        ("a=T,f=100,o=z", "1;3"),
    ] {
        assert_eq!(cursor(NEW, &command(control)), place, "{control:?}");
    }
    let spoilt = format!("\x1b_Ga=T,f=100;{}\x1b\\", GIF.replace("AAAA", "AA\rA"));
    assert_eq!(cursor(NEW, &spoilt), "1;3");
    for text in [
        format!("\x1b_ Ga=T,f=100;{GIF}\x1b\\"),
        format!("\x1b_Ga=T,f=100,{}=1;{GIF}\x1b\\", "x".repeat(512)),
    ] {
        assert_eq!(cursor(NEW, &text), "1;3", "{text:.30?}");
    }
    // At the bottom, where the image scrolls.
    let mut screen = make(NEW, "\x1b[10;3H\x1b_Ga=T,f=100,C=1;");
    screen.feed(format!("{GIF}\x1b\\").as_bytes());
    assert_eq!(place(&mut screen), "8;3");
}

#[test]
fn images_are_kept_to_be_shown_again() {
    let transmit = format!("\x1b_Gi=7,f=100;{GIF}\x1b\\");
    let show = "\x1b_Ga=p,i=7\x1b\\";
    let shown = |between: &str| cursor(NEW, &format!("{transmit}{between}\x1b[1;3H{show}"));
    assert_eq!(shown(""), "3;6");
    assert_eq!(shown("\x1b_Ga=d,d=i,i=8\x1b\\"), "3;6");
    for gone in ["\x1b_Ga=d,d=i,i=7\x1b\\", "\x1b_Ga=d\x1b\\", "\x1bc", "\x1b[!p"] {
        assert_eq!(shown(gone), "1;3", "{gone:?}");
    }
    // What was last shown in the alternate buffer goes with it.
    assert_eq!(shown("\x1b[?1049h\x1b[?1049l"), "3;6");
    assert_eq!(shown(&format!("\x1b[?1049h{show}\x1b[?1049l")), "1;3");
    // Without an identifier, what was last transmitted without one.
    let text = format!("\x1b_Gf=100;{GIF}\x1b\\\x1b_Ga=T,f=100,t=f;AAAA\x1b\\");
    assert_eq!(cursor(NEW, &text), "3;6");
    // The oldest go that are not shown.
    let many: String = (100..=354).map(|id| format!("\x1b_Gi={id},f=100;{GIF}\x1b\\")).collect();
    assert_eq!(shown(&many), "3;6");
    assert_eq!(shown(&(many + "\x1b_Gi=9,f=100;AAAA\x1b\\")), "1;3");
}

#[test]
fn data_comes_in_pieces() {
    let (one, two) = GIF.split_at(17);
    let text = format!("\x1b_Ga=T,f=100,i=5,m=1;{one}\x1b\\x\x1b_Gm=0;{two}\x1b\\");
    assert_eq!(cursor(NEW, &text), "3;7");
    let text = format!("\x1b_Ga=T,f=100,m=1;{one}\x1b\\\x1b_Ga=d\x1b\\\x1b_Gm=0;{two}\x1b\\");
    assert_eq!(cursor(NEW, &text), "1;3");
    let (one, rest) = GIF.split_at(8);
    let text = format!("\x1b_Ga=T,f=100,m=1;{one}\x1b\\\x1b_Gm=1;{rest}\x1b\\\x1b_Gm=0;\x1b\\");
    assert_eq!(cursor(NEW, &text), "3;6");
}

#[test]
fn commands_are_answered() {
    let mut screen = make(NEW, "");
    for (text, answer) in [
        ("\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", "i=31;OK"),
        ("\x1b_Gi=31,s=1,v=2,a=q,f=24;AAAA\x1b\\", "i=31;EINVAL:insufficient pixel data"),
        (
            "\x1b_Gi=1,a=q,f=24;AAAA\x1b\\",
            "i=1;EINVAL:width and height required for raw pixel data",
        ),
        ("\x1b_Gi=31,a=q,t=s;AAAA\x1b\\", "i=31;EINVAL:unsupported transmission medium"),
        ("\x1b_Gi=31,a=q;A\x1b\\", "i=31;EINVAL:invalid base64 data"),
        ("\x1b_Ga=q\x1b\\", "i=0;OK"),
        ("\x1b_Gi=2,f=24,s=1,v=1;AAAA\x1b\\", "i=2;OK"),
        ("\x1b_Gi=2,f=24,s=1,v=1,q=1;AAAA\x1b\\", ""),
        ("\x1b_Gf=24,s=1,v=1;AAAA\x1b\\", ""),
        ("\x1b_Ga=T,i=2,f=24,s=1,v=1;AAAA\x1b\\", "i=2;OK"),
        ("\x1b_Ga=T,i=2,f=24,s=1,v=9;AAAA\x1b\\", "i=2;EINVAL:image rendering failed"),
        ("\x1b_Ga=p,i=9,p=4\x1b\\", "i=9,p=4;ENOENT:image not found"),
        ("\x1b_Ga=p,i=9,q=2\x1b\\", ""),
        ("\x1b_Ga=f,i=2\x1b\\", "i=2;EINVAL:unsupported action"),
        ("\x1b_Gi=2,I=3;AAAA\x1b\\", "i=2;EINVAL:cannot specify both i and I keys"),
    ] {
        let expected =
            if answer.is_empty() { String::new() } else { format!("\x1b_G{answer}\x1b\\") };
        assert_eq!(answers(&mut screen, text), expected, "{text:?}");
    }
    assert_eq!(answers(&mut make(OLD, ""), "\x1b_Ga=q\x1b\\"), "");
}

/// Sequences whose images end elsewhere than they begin, in one or several pieces.
fn sequences() -> Vec<String> {
    let long = "A".repeat(100_000);
    let (one, two) = GIF.split_at(17);
    let size = 36 + 75_000;
    let gif = GIF.trim_end_matches('=');
    vec![
        file(";height=4"),
        format!("\x1b]1337;File=inline=1;size={size}:{gif}AA{long}\x07"),
        format!(
            "\x1b]1337;MultipartFile=inline=1;height=4\x07\x1b]1337;FilePart={one}\x07\
             \x1b]1337;FilePart={two}\x07\x1b]1337;FileEnd\x07"
        ),
        format!("\x1b_Ga=T,f=100,r=4,i=9;{GIF}\x1b\\"),
        format!("\x1b_Ga=T,f=24,s=100,v=80,i=9;{long}\x1b\\"),
        format!("\x1b_Ga=T,f=100,i=5,m=1;{one}\x1b\\\x1b_Gm=0;{two}\x1b\\"),
        format!("\x1b_Gi=5,f=100;{GIF}\x1b\\\x1b_Ga=p,i=5\x1b\\"),
    ]
}

#[test]
fn an_image_that_is_cut_ends_where_it_would_have() {
    for (index, text) in sequences().iter().enumerate() {
        let client = NEW;
        let expected = cursor(client, text);
        assert!(expected.as_str() > "2", "{index}: {expected:?}");
        for at in (1..text.len().min(260)).chain([text.len() / 2, text.len() - 3]) {
            let (begun, rest) = text.split_at(at);
            let screen = make(client, &format!("ab{begun}"));
            let mut copy = make(client, "");
            copy.feed(&snapshot(&screen));
            copy.feed(rest.as_bytes());
            assert_eq!(place(&mut copy), expected, "{index} cut at {at}");
            assert!(snapshot(&screen).len() < 70_000);
        }
    }
}

#[test]
fn no_image_is_kept() {
    let mut screen = make(NEW, "");
    let before = screen.bytes_held();
    screen.feed(format!("\x1b]1337;File=inline=1:{GIF}").trim_end_matches('=').as_bytes());
    for _ in 0..1000 {
        screen.feed(&[b'A'; 10_000]);
    }
    assert!(screen.bytes_held() < before + 2048);
    screen.feed(b"\x1b\\\x1b_Ga=T,f=100;R0lGODlhHgA8AAAA");
    screen.feed(&[b'A'; 100_000]);
    assert!(screen.bytes_held() < before + 4096);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_fails_or_takes_long(
        client in client(),
        pieces in prop::collection::vec(
            prop_oneof![
                "\x1b\\]1337;(File|MultipartFile|FilePart|FileEnd)=?([a-z]{1,6}=[0-9a-z%]{0,5};?){0,3}:?",
                "\x1b_G([aiIsvxywhXYcrmqCpotfd]=[0-9a-zA-Z-]{0,3},?){0,6};?",
                "[A-Za-z0-9+/=]{0,40}",
                "R0lGODlhHgA8AAAA|iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB|/9j/4AAQSkZJRgABAQAAAQABAAD/",
                "(\x1b\\\\|\x07|\x18|\x1bc|\x1b\\[\\?1049[hl])",
            ],
            1..20,
        ),
    ) {
        let text = pieces.concat();
        let mut screen = make(client, &text);
        let mut pieced = make(client, "");
        for byte in text.as_bytes() {
            pieced.feed(&[*byte]);
        }
        prop_assert_eq!(snapshot(&pieced), snapshot(&screen));
        let mut copy = make(client, "");
        copy.feed(&snapshot(&screen));
        prop_assert_eq!(place(&mut copy), place(&mut screen));
    }
}
