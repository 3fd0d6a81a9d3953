//! Bounded stores for what does not fit a cell: links and combined characters.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A hyperlink of OSC 8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The `id` given by the program, empty if none.
    pub(super) id: Box<str>,
    /// Where the link leads.
    pub(super) uri: Box<str>,
}

/// Links by number. Number 0 means no link.
#[derive(Clone, Debug, Default)]
pub(super) struct LinkTable {
    links: Vec<Link>,
    /// Numbers by the hash of a link. Of two links with one hash, the newer is found.
    numbers: HashMap<u64, u32>,
    bytes: usize,
    /// Links opened since unused ones were last looked for.
    opened: usize,
}

const MAX_LINK: usize = 4096;
const MAX_LINKS: usize = 4096;
const MAX_LINK_BYTES: usize = 128 * 1024;
/// Links opened between two sweeps of a full store.
const SWEEP_AFTER: usize = 1024;

impl LinkTable {
    /// The link of a number.
    pub(super) fn get(&self, number: u32) -> Option<&Link> {
        self.links.get((number as usize).checked_sub(1)?)
    }

    fn is_full(&self, id: &str, uri: &str) -> bool {
        self.links.len() >= MAX_LINKS || self.bytes + id.len() + uri.len() > MAX_LINK_BYTES
    }

    /// Whether no other link of this size fits and it is time to look for
    /// unused ones.
    pub(super) fn is_due(&self, id: &str, uri: &str) -> bool {
        self.opened >= SWEEP_AFTER && self.is_full(id, uri)
    }

    /// The number of a link, 0 if it is too long or the store is full.
    pub(super) fn insert(&mut self, id: &str, uri: &str) -> u32 {
        self.opened += 1;
        let hash = hash(id, uri);
        let known = self.numbers.get(&hash).copied().unwrap_or(0);
        if self.get(known).is_some_and(|link| &*link.id == id && &*link.uri == uri) {
            return known;
        }
        if id.len() + uri.len() > MAX_LINK || self.is_full(id, uri) {
            return 0;
        }
        self.bytes += id.len() + uri.len();
        self.links.push(Link { id: id.into(), uri: uri.into() });
        let number = u32::try_from(self.links.len()).unwrap_or(0);
        self.numbers.insert(hash, number);
        number
    }

    /// Keeps the links marked as used, numbers from 0 on; returns their new numbers.
    pub(super) fn sweep(&mut self, used: &[bool]) -> Vec<u32> {
        let mut renumbered = vec![0];
        let mut number = 0;
        let mut index = 0;
        self.links.retain(|_| {
            index += 1;
            let keep = used.get(index) == Some(&true);
            number += u32::from(keep);
            renumbered.push(if keep { number } else { 0 });
            keep
        });
        self.bytes = self.links.iter().map(|link| link.id.len() + link.uri.len()).sum();
        self.opened = 0;
        let hashes = self.links.iter().map(|link| hash(&link.id, &link.uri));
        self.numbers = hashes.zip(1..).collect();
        renumbered
    }

    /// Links known.
    pub(super) fn len(&self) -> usize {
        self.links.len()
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        let index = self.numbers.capacity() * size_of::<(u64, u32)>();
        self.bytes + self.links.capacity() * size_of::<Link>() + index
    }
}

fn hash(id: &str, uri: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (id, uri).hash(&mut hasher);
    hasher.finish()
}

/// Characters with combining marks, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterTable {
    texts: Vec<String>,
    /// Numbers by text, but for long texts.
    numbers: HashMap<Box<str>, u32>,
    /// The long cluster that was made or grew last. It is in one cell only, since
    /// nothing else was joined meanwhile.
    growing: Option<u32>,
    /// Memory that the clusters take.
    bytes: usize,
    /// Memory that was asked for since the last sweep, granted or not.
    asked: usize,
    /// How much of that makes a sweep worth while.
    sweep_after: usize,
}

/// Bytes of one cluster. More marks than that are dropped.
const MAX_CLUSTER: usize = 4096;
/// Bytes of clusters that cells share. Longer ones grow in place, as copying them
/// for every mark would cost too much.
const MAX_SHARED: usize = 128;
/// Memory of one cluster beside its text, for which twice its length is counted:
/// it is kept twice, or has room to grow.
const CLUSTER_COST: usize = 64;
/// Memory of all clusters. Marks that would take more are dropped.
const MAX_CLUSTER_BYTES: usize = 8 << 20;
/// Memory asked for without looking for unused clusters.
const SWEEP_FLOOR: usize = 32 * 1024;

impl ClusterTable {
    /// The text of a number.
    pub(super) fn get(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }

    /// The number of `first` with `mark` added; none if it does not fit.
    pub(super) fn join(&mut self, first: char, mark: char) -> Option<u32> {
        self.insert(String::from_iter([first, mark]))
    }

    /// The number of a cluster, in the cell that was printed last, with `mark` added;
    /// none if it does not fit.
    pub(super) fn extend(&mut self, number: u32, mark: char) -> Option<u32> {
        let len = self.get(number).len() + mark.len_utf8();
        if len > MAX_CLUSTER {
            return None;
        }
        if self.growing == Some(number) {
            if !self.grant(mark.len_utf8() * 2) {
                return None;
            }
            self.texts.get_mut(number as usize)?.push(mark);
            return Some(number);
        }
        let mut text = String::with_capacity(len);
        text.push_str(self.get(number));
        text.push(mark);
        self.insert(text)
    }

    /// The number of `text`; none if the store is full.
    pub(super) fn insert(&mut self, text: String) -> Option<u32> {
        self.growing = None;
        if let Some(&number) = self.numbers.get(text.as_str()) {
            return Some(number);
        }
        if !self.grant(text.len() * 2 + CLUSTER_COST) {
            return None;
        }
        let number = u32::try_from(self.texts.len()).ok()?;
        if text.len() > MAX_SHARED {
            self.growing = Some(number);
        } else {
            self.numbers.insert(text.as_str().into(), number);
        }
        self.texts.push(text);
        Some(number)
    }

    /// Asks for memory; `false` if there is no more.
    const fn grant(&mut self, cost: usize) -> bool {
        self.asked += cost;
        let fits = self.bytes + cost <= MAX_CLUSTER_BYTES;
        if fits {
            self.bytes += cost;
        }
        fits
    }

    /// Whether it is time to look for unused clusters.
    pub(super) fn is_due(&self) -> bool {
        self.asked >= self.sweep_after.max(SWEEP_FLOOR)
    }

    /// Clusters known.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// Keeps the clusters marked as used; returns their new numbers.
    /// To look through so many cells must be worth while the next time, too.
    pub(super) fn sweep(&mut self, used: &[bool], cells: usize) -> Vec<u32> {
        let old = std::mem::take(&mut self.texts);
        self.numbers = HashMap::new();
        self.bytes = 0;
        let mut renumbered = vec![0; old.len()];
        for (index, text) in old.into_iter().enumerate() {
            if used.get(index) == Some(&true) {
                renumbered[index] = self.insert(text).unwrap_or(0);
            }
        }
        // The last one that was put back need not be the one that grew.
        self.growing = None;
        self.asked = 0;
        self.sweep_after = self.bytes.max(cells);
        renumbered
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.bytes + self.texts.capacity() * size_of::<String>()
    }
}
