//! What a session says of its shell, and to whom.

use std::time::{Duration, Instant};

use super::Session;
use super::shell::{Command, Facts, Integration, Item, Notice, Progress, RemoteDirectory};
use super::stream::Stream;

/// Something new about a session's shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellNews {
    /// The window title or the icon name is another one.
    Title {
        /// The title.
        title: Option<String>,
        /// The icon name.
        icon_name: Option<String>,
    },
    /// The shell is somewhere else.
    Directory {
        /// Where it is on this machine.
        path: Option<String>,
        /// Where a shell on another machine is.
        remote: Option<RemoteDirectory>,
    },
    /// A command has begun.
    Started(Command),
    /// A command has ended.
    Finished(Command),
    /// A program is further, or shows no progress any more.
    Progress(Option<Progress>),
    /// The bell rang, so many times.
    Bell(u32),
    /// A program notifies its user.
    Notification(Notice),
}

impl ShellNews {
    fn of(item: Item, facts: &Facts) -> Self {
        match item {
            Item::Title => {
                Self::Title { title: facts.title.clone(), icon_name: facts.icon_name.clone() }
            }
            Item::Directory => {
                Self::Directory { path: facts.directory.clone(), remote: facts.remote.clone() }
            }
            Item::Progress => Self::Progress(facts.progress),
            Item::Started(command) => Self::Started(command),
            Item::Finished(command) => Self::Finished(command),
            Item::Bell(count) => Self::Bell(count),
            Item::Notice(notice) => Self::Notification(notice),
        }
    }
}

impl Stream {
    /// What is to be told now, and after what time to come again for more.
    fn take_news(&mut self, now: Instant) -> (Vec<ShellNews>, Option<Duration>) {
        let shell = &mut self.mirror.shell;
        let (items, later) = shell.take_news(now);
        let news: Vec<_> =
            items.into_iter().map(|item| ShellNews::of(item, &shell.facts)).collect();
        if !news.is_empty() {
            self.keep_shell();
        }
        (news, later)
    }
}

impl Session {
    /// What is known of the session's shell now. Nothing without a screen, whose
    /// parser finds it in the output.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.stream.lock().mirror.shell.facts.clone()
    }

    /// Where the shell is: as it says, or else, on Linux and macOS, the directory of
    /// the process in the foreground.
    #[must_use]
    pub fn working_directory(&self) -> Option<String> {
        let told = self.stream.lock().mirror.shell.facts.directory.clone();
        told.or_else(|| self.pty()?.directory())
    }

    /// Says how the shell that is about to be started is integrated, and returns how
    /// the one before was.
    pub(crate) fn integrate(&self, integration: Option<Integration>) -> Option<Integration> {
        let mut stream = self.stream.lock();
        let is_new = integration != stream.mirror.shell.facts.integration;
        let before = stream.mirror.shell.start(integration);
        if is_new {
            stream.keep_shell();
        }
        before
    }

    /// What is to be told of the shell now, and after what time to come again for
    /// more. Until then nobody is told that there is news.
    pub(crate) fn take_news(&self) -> (Vec<ShellNews>, Option<Duration>) {
        self.stream.lock().take_news(Instant::now())
    }

    /// Tells what was printed of the shell while no process listened, of a session
    /// that is restored.
    pub(crate) fn hear_restored(&self) {
        let mut stream = self.stream.lock();
        stream.hear_restored();
        let has_news = stream.mirror.shell.has_news();
        drop(stream);
        self.tell_news_if(has_news);
    }

    /// Whether there is news, and nobody is on the way to take it.
    pub(crate) fn has_news(&self) -> bool {
        self.stream.lock().mirror.shell.has_news()
    }

    /// Tells the owner that there is news. No lock is held meanwhile.
    #[inline]
    pub(super) fn tell_news_if(&self, has_news: bool) {
        if has_news && let Some(owner) = self.owner.get() {
            owner.news(self);
        }
    }
}
