use std::time::Duration;

use offheap_screen::ScreenOptions;
use proptest::prelude::*;

use super::news::News;
use super::*;

/// A shell whose screen is fed in one piece after another.
struct Bench {
    shell: Shell,
    screen: Screen,
    at: u64,
    now: Instant,
}

impl Bench {
    fn new() -> Self {
        let mut screen = Screen::new(&ScreenOptions::default());
        screen.listen();
        Self { shell: Shell::new(), screen, at: 0, now: Instant::now() }
    }

    fn integrated() -> Self {
        let mut bench = Self::new();
        bench.shell.start(Some(Integration { shell: "bash".into(), nonce: "secret".into() }));
        bench
    }

    fn print(&mut self, text: &str) {
        self.screen.feed(text.as_bytes());
        self.shell.hear(&mut self.screen, self.at, self.now);
        self.at += text.len() as u64;
    }

    fn facts(&self) -> &Facts {
        &self.shell.facts
    }

    /// All that is told, however long that takes.
    fn news(&mut self) -> Vec<Item> {
        let mut all = Vec::new();
        loop {
            let (items, later) = self.shell.take_news(self.now);
            all.extend(items);
            let Some(later) = later else { return all };
            self.now += later;
        }
    }
}

#[test]
fn a_title_is_bounded_and_has_no_control_characters() {
    let mut bench = Bench::new();
    bench.print("\x1b]0; one two \x07");
    assert_eq!(bench.facts().title.as_deref(), Some("one two"));
    assert_eq!(bench.facts().icon_name.as_deref(), Some("one two"));
    assert_eq!(bench.news(), [Item::Title]);
    bench.print("\x1b]2;one two\x07");
    assert_eq!(bench.news(), []);
    bench.print(&format!("\x1b]2;{}\x07", "é".repeat(3000)));
    assert_eq!(bench.facts().title.as_deref(), Some(&*"é".repeat(512)));
    // More than a terminal takes at all.
    bench.print(&format!("\x1b]2;{}\x07", "x".repeat(1 << 20)));
    assert_eq!(bench.facts().title.as_deref(), Some(&*"é".repeat(512)));
    bench.print("\x1b]2;\x07");
    assert_eq!(bench.facts().title, None);
}

#[test]
fn directories_are_told_in_four_ways_and_only_where_they_are_some() {
    let told = |text: &str| {
        let mut bench = Bench::new();
        bench.print(text);
        bench.facts().directory.clone()
    };
    for text in [
        "\x1b]7;file:///tmp/a%20b\x07",
        "\x1b]7;file://localhost/tmp/a b\x1b\\",
        "\x1b]7;kitty-shell-cwd:///tmp/a b\x07",
        "\x1b]633;P;Cwd=/tmp/a\\x20b\x07",
        "\x1b]1337;CurrentDir=/tmp/a b\x07",
        "\x1b]9;9;\"/tmp/a b\"\x07",
    ] {
        assert_eq!(told(text).as_deref(), Some("/tmp/a b"), "{text:?}");
    }
    assert_eq!(told("\x1b]7;file:///C:/Users\x07").as_deref(), Some("C:/Users"));
    for text in [
        "\x1b]7;file://relative\x07",
        "\x1b]7;file:///tmp/%0A\x07",
        "\x1b]7;file:///%ff%fe\x07",
        "\x1b]7;http://localhost/tmp\x07",
        "\x1b]633;P;Cwd=a/b\x07",
        "\x1b]633;P;Cwd=/tmp/\\x1b[2J\x07",
        "\x1b]1337;CurrentDir=\x07",
    ] {
        assert_eq!(told(text), None, "{text:?}");
    }
    assert_eq!(told(&format!("\x1b]1337;CurrentDir=/{}\x07", "x".repeat(5000))), None);
}

#[test]
fn a_directory_of_another_machine_is_kept_apart() {
    let mut bench = Bench::new();
    bench.print("\x1b]7;file:///home\x07\x1b]7;file://far.example/srv\x07");
    assert_eq!(bench.facts().directory.as_deref(), Some("/home"));
    let far = RemoteDirectory { host: "far.example".into(), path: "/srv".into() };
    assert_eq!(bench.facts().remote, Some(far));
    bench.print("\x1b]7;file:///tmp\x07");
    assert_eq!((bench.facts().directory.as_deref(), &bench.facts().remote), (Some("/tmp"), &None));
}

#[test]
fn a_command_is_told_when_it_begins_and_when_it_ends() {
    let mut bench = Bench::new();
    bench.print("\x1b]133;A\x07$ \x1b]133;B\x07make; x\r\n");
    bench.print("\x1b]633;E;make\\x3b x\\x0aall;nonce\x07\x1b]133;C\x07");
    let begun = bench.facts().command.clone().expect("a command");
    assert_eq!(begun.line.as_deref(), Some("make; x all"));
    assert_eq!((begun.output_start, begun.output_end, begun.trusted), (bench.at, None, false));
    let start = bench.at;
    bench.now += Duration::from_secs(3);
    bench.print("output\r\n\x1b]133;D;2\x07");
    assert_eq!(bench.facts().command, None);
    let ended = bench.facts().last_command.clone().expect("a command");
    assert_eq!((ended.exit_code, ended.duration), (Some(2), Some(Duration::from_secs(3))));
    assert_eq!(ended.output_end, Some(start + 8));
    assert_eq!(bench.news(), [Item::Started(begun), Item::Finished(ended)]);
}

#[test]
fn marks_that_never_end_or_lie_leave_no_command_behind() {
    let mut bench = Bench::new();
    bench.print("\x1b]133;D;7\x07\x1b]133;B\x07");
    assert_eq!((&bench.facts().command, &bench.facts().last_command), (&None, &None));
    bench.print("\x1b]133;C\x07one\x1b]133;C\x07two");
    assert_eq!(bench.facts().last_command.as_ref().map(|last| last.exit_code), Some(None));
    bench.print("\x1b]133;A\x07");
    assert_eq!(bench.facts().command, None);
    bench.print("\x1b]133;C\x07");
    bench.shell.exited(bench.at, bench.now);
    assert_eq!(bench.facts().command, None);
    assert_eq!(bench.news().len(), 6);
}

#[test]
fn a_shell_with_a_nonce_has_to_show_it() {
    let mut bench = Bench::integrated();
    bench.print("\x1b]133;A;aid=secret\x07\x1b]133;B;aid=secret\x07");
    assert!(bench.shell.is_ready());
    bench.print(
        "\x1b]633;E;rm -rf;\x07\x1b]633;E;rm -rf;guess\x07\x1b]133;C\x07\x1b]133;C;aid=x\x07",
    );
    assert_eq!(bench.facts().command, None);
    bench.print("\x1b]633;E;ls;secret\x07\x1b]133;C;aid=secret\x07");
    bench.print("\x1b]133;D;0\x07\x1b]633;D;0\x07\x1b]133;A\x07\x1b]633;E;other;x\x07");
    let command = bench.facts().command.as_ref().expect("it runs on");
    assert_eq!((command.line.as_deref(), command.trusted), (Some("ls"), true));
    bench.print("\x1b]133;D;1;aid=secret\x07");
    assert_eq!(bench.facts().last_command.as_ref().and_then(|last| last.exit_code), Some(1));
}

#[test]
fn the_line_of_a_command_is_text() {
    let mut bench = Bench::new();
    let long = "x".repeat(10_000);
    for (said, line) in [
        ("a\\\\b", Some("a\\b")),
        ("a\\x1b[31m\\x07\\x9b", None),
        ("a\\x1b[31m", Some("a [31m")),
        ("\\xzz\\x1", Some("\\xzz\\x1")),
        ("  ", None),
        (&*long, Some(&long[..4096])),
    ] {
        bench.print(&format!("\x1b]633;A\x07\x1b]633;E;{said}\x07\x1b]633;C\x07"));
        let command = bench.facts().command.clone().expect("a command");
        assert_eq!(command.line.as_deref(), line, "{said}");
    }
}

#[test]
fn progress_goes_with_the_next_prompt() {
    let mut bench = Bench::new();
    let told = |bench: &Bench| bench.facts().progress.map(|at| (at.state.name(), at.value));
    for (text, expected) in [
        ("1;40", Some(("normal", Some(40)))),
        ("2;400", Some(("error", Some(100)))),
        ("3;5", Some(("indeterminate", None))),
        ("9;5", Some(("indeterminate", None))),
        ("4", Some(("warning", None))),
        ("0", None),
        ("1;7", Some(("normal", Some(7)))),
    ] {
        bench.print(&format!("\x1b]9;4;{text}\x07"));
        assert_eq!(told(&bench), expected, "{text}");
    }
    bench.print("\x1b]133;A\x07");
    assert_eq!(told(&bench), None);
}

#[test]
fn notifications_come_in_three_ways() {
    let notices = |text: &str| {
        let mut bench = Bench::new();
        bench.print(text);
        let notice = |item| match item {
            Item::Notice(notice) => Some((notice.title, notice.body)),
            _ => None,
        };
        bench.news().into_iter().filter_map(notice).collect::<Vec<_>>()
    };
    let of = |title: &str, body: &str| vec![(title.to_owned(), body.to_owned())];
    assert_eq!(notices("\x1b]9;done;ok\x07"), of("", "done;ok"));
    assert_eq!(notices("\x1b]777;notify;Build;it is; done\x07"), of("Build", "it is; done"));
    assert_eq!(notices("\x1b]99;;Hello\x1b\\"), of("Hello", ""));
    assert_eq!(
        notices(
            "\x1b]99;i=1:d=0;Hel\x1b\\\x1b]99;i=1:d=0:e=1;bG8=\x1b\\\x1b]99;i=1:p=body;there\x1b\\"
        ),
        of("Hello", "there")
    );
    assert_eq!(notices("\x1b]99;i=1:d=0;lost\x1b\\\x1b]99;i=2;kept\x1b\\"), of("kept", ""));
    for text in ["\x1b]9;1;100\x07", "\x1b]777;precmd\x07", "\x1b]99;p=?;\x07", "\x1b]9;\x07"] {
        assert_eq!(notices(text), [], "{text:?}");
    }
}

#[test]
fn what_comes_too_fast_is_told_later_or_less() {
    let mut bench = Bench::new();
    for number in 0..10_000 {
        bench.print(&format!("\x1b]0;{number}\x07\x07\x1b]9;{number}\x07\x1b]133;C\x07"));
    }
    let (first, later) = bench.shell.take_news(bench.now);
    assert!(first.len() <= 36, "{}", first.len());
    assert!(later.is_some() && !bench.shell.has_news(), "somebody comes for the rest");
    let rest = bench.news();
    let count = |is: fn(&Item) -> bool| first.iter().chain(&rest).filter(|item| is(item)).count();
    assert_eq!(count(|item| matches!(item, Item::Title)), 1);
    assert_eq!(count(|item| matches!(item, Item::Started(_) | Item::Finished(_))), 32);
    assert_eq!(count(|item| matches!(item, Item::Bell(10_000))), 1);
    assert_eq!(count(|item| matches!(item, Item::Notice(_))), 4);
    assert_eq!(bench.facts().title.as_deref(), Some("9999"));
    bench.now += Duration::from_secs(60);
    bench.print("\x07");
    assert_eq!(bench.shell.take_news(bench.now), (vec![Item::Bell(1)], None));
}

#[test]
fn what_is_known_survives() {
    let mut bench = Bench::integrated();
    bench.print("\x1b]2;a title\x07\x1b]7;file:///tmp\x07");
    bench.print("\x1b]633;E;false;secret\x07\x1b]133;C;aid=secret\x07\x1b]133;D;1;aid=secret\x07");
    bench.print("\x1b]633;E;sleep 9;secret\x07\x1b]133;C;aid=secret\x07");
    let restored = Shell::restored(&bench.shell.keep(bench.at));
    let expected = Facts { seen: Default::default(), ..bench.facts().clone() };
    assert_eq!((restored.facts, restored.phase), (expected, Phase::Running));
    bench.print("\x1b]133;D;0;aid=secret\x07\x1b]133;A;aid=secret\x07\x1b]133;B;aid=secret\x07");
    assert_eq!(Shell::restored(&bench.shell.keep(bench.at)).phase, Phase::Ready);
    assert_eq!(Shell::restored("").facts, Facts::default());
    assert_eq!(Shell::restored("command=1 2\nlast=x\nat=-1\nshell=zsh").facts, Facts::default());
}

#[test]
fn what_was_known_is_not_heard_again() {
    let mut bench = Bench::new();
    bench.print("\x1b]133;C\x07\x1b]133;D;1\x07");
    let mut restored = Shell::restored(&bench.shell.keep(bench.at));
    let text = "\x1b]133;C\x07\x1b]133;D;1\x07\x07\x1b]133;C\x07";
    let mut screen = Screen::new(&ScreenOptions::default());
    screen.listen();
    screen.feed(text.as_bytes());
    restored.hear_again(&mut screen, 0, bench.now);
    let (items, later) = restored.take_news(bench.now);
    assert!(matches!(&items[..], [Item::Started(_)]) && later.is_none(), "{items:?}");
}

#[test]
fn news_waits_for_who_was_told_to_come() {
    let mut news = News::new();
    let now = Instant::now();
    assert!(!news.is_due());
    for _ in 0..5 {
        news.add(Item::Bell(1));
        let _ = news.take(now);
    }
    news.add(Item::Title);
    assert!(!news.is_due());
    let (items, later) = news.take(now + Duration::from_millis(500));
    assert_eq!((items, later), (vec![Item::Title, Item::Bell(1)], None));
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "\x1b]133;A\x07",
            "\x1b]133;B\x07",
            "\x1b]133;C\x07",
            "\x1b]133;D;1\x1b\\",
            "\x1b]633;E;ls;n\x07",
            "\x1b]7;file:///tmp\x07",
            "\x1b]9;4;1;5\x07",
            "\x1b]99;i=1:d=0;x\x07",
            "\x1b]0;t\x07",
            "text\r\n",
            "\x07",
            "\x1bc",
            "\x1b[22t",
            "\x1b[23t",
            "\x1b]133;",
            "\x1b",
            "\u{9d}133;C\u{9c}",
        ])
        .prop_map(str::to_owned),
        "(\\PC|[\\x00-\\x1f]){0,6}",
        "[ABCDEP;=a-z%\\\\0-9]{0,12}"
            .prop_map(|text| format!("\x1b]133;{text}\x07\x1b]633;{text}\x07\x1b]99;{text}\x07")),
    ]
}

proptest! {
    /// Whatever is printed, and wherever it is cut, what is known is the same, is
    /// bounded and survives.
    #[test]
    fn any_output_is_understood_the_same_in_any_pieces(
        pieces in prop::collection::vec(piece(), 0..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let text = pieces.concat();
        let mut whole = Bench::new();
        whole.print(&text);
        let mut cut = Bench::new();
        let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        ends.push(text.len());
        ends.sort_unstable();
        let mut start = 0;
        for end in ends {
            cut.screen.feed(&text.as_bytes()[start..end]);
            cut.shell.hear(&mut cut.screen, start as u64, cut.now);
            start = end;
        }
        let plain = |facts: &Facts| {
            let untimed = |command: &Option<Command>| command.as_ref().map(|command| {
                (command.line.clone(), command.exit_code, command.output_end.is_some())
            });
            (facts.title.clone(), facts.directory.clone(), facts.progress, untimed(&facts.command), untimed(&facts.last_command))
        };
        prop_assert_eq!(plain(whole.facts()), plain(cut.facts()));
        prop_assert_eq!(whole.shell.phase, cut.shell.phase);
        let kept = whole.shell.keep(whole.at);
        prop_assert!(kept.len() < 8 * 1024);
        let (restored, known) = (Shell::restored(&kept), whole.facts());
        prop_assert_eq!(&restored.facts.title, &known.title);
        prop_assert_eq!(&restored.facts.command, &known.command);
    }
}
