//! What the numbers in cells stand for.

use super::store::{ClusterTable, LinkTable};
use super::style::StyleTable;
use super::width::UnicodeVersion;

/// The styles, links and clusters of all cells, and the width table behind them.
#[derive(Clone, Debug)]
pub(super) struct Tables {
    pub(super) styles: StyleTable,
    pub(super) links: LinkTable,
    pub(super) clusters: ClusterTable,
    pub(super) unicode: UnicodeVersion,
}

impl Tables {
    /// Tables without entries.
    pub(super) fn new(unicode: UnicodeVersion) -> Self {
        Self {
            styles: StyleTable::new(),
            links: LinkTable::default(),
            clusters: ClusterTable::default(),
            unicode,
        }
    }

    /// Bytes of memory held.
    pub(super) fn bytes_held(&self) -> usize {
        self.styles.bytes_held() + self.links.bytes_held() + self.clusters.bytes_held()
    }
}
