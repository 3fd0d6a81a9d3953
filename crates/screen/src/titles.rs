//! Window title, icon name and the stacks they are saved on.

use super::client::Client;
use super::parser::params::Params;

/// A title and the ones saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TitleStack {
    /// The title in force.
    pub(super) current: String,
    /// The titles saved, oldest first.
    pub(super) saved: Vec<String>,
}

/// Titles saved at most, as in xterm.js; the oldest are lost.
const DEPTH: usize = 10;
/// Bytes of a title. What is longer is cut.
const MAX_TITLE: usize = 4096;

impl TitleStack {
    fn set(&mut self, title: &str) {
        let end = title.floor_char_boundary(MAX_TITLE);
        self.current.clear();
        self.current.push_str(&title[..end]);
        self.current.shrink_to(64);
    }

    fn push(&mut self) {
        if self.saved.len() == DEPTH {
            self.saved.remove(0);
        }
        self.saved.push(self.current.clone());
    }

    fn pop(&mut self) {
        if let Some(title) = self.saved.pop() {
            self.current = title;
        }
    }

    fn bytes_held(&self) -> usize {
        self.saved.iter().map(String::capacity).sum::<usize>() + self.current.capacity()
    }
}

/// Window title and icon name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Titles {
    pub(super) window: TitleStack,
    pub(super) icon: TitleStack,
}

impl Titles {
    /// Sets the window title, the icon name or both.
    pub(super) fn set(&mut self, window: bool, icon: bool, title: &str) {
        if window {
            self.window.set(title);
        }
        if icon {
            self.icon.set(title);
        }
    }

    /// Saves (22) or restores (23) titles, where the client allows it.
    pub(super) fn window_option(&mut self, params: &Params, client: &Client) {
        let which = params.get(1);
        let stacks = [(&mut self.window, 2), (&mut self.icon, 1)];
        for (stack, number) in stacks {
            if which != 0 && which != number {
                continue;
            }
            match params.get(0) {
                22 if client.push_title => stack.push(),
                23 if client.pop_title => stack.pop(),
                _ => {}
            }
        }
    }

    /// Forgets the titles saved.
    pub(super) fn forget_saved(&mut self) {
        self.window.saved = Vec::new();
        self.icon.saved = Vec::new();
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.window.bytes_held() + self.icon.bytes_held()
    }
}
