//! Which version of the package a binary is of.

/// The name and the version, together and once in the binary.
const PRODUCT: &str = concat!("offheap-keeper ", env!("CARGO_PKG_VERSION"));

/// The name and the version of this program.
pub(crate) fn product() -> &'static str {
    PRODUCT
}

/// This program's version.
pub(crate) fn own() -> &'static str {
    in_product(PRODUCT).unwrap_or_default()
}

/// The version in what a binary says of itself.
pub(crate) fn in_product(said: &str) -> Option<&str> {
    said.strip_prefix("offheap-keeper ")?.split_whitespace().next()
}

/// Whether a version is older than another. One that is none is older than all.
pub(crate) fn is_older(version: &str, than: &str) -> bool {
    rank(version) < rank(than)
}

/// What is before a release has its numbers, and comes before it.
fn rank(version: &str) -> Option<([u64; 3], bool)> {
    let (numbers, before) = version.split_once('-').map_or((version, false), |(v, _)| (v, true));
    let mut parts = numbers.split('.').map(str::parse);
    let mut next = || parts.next()?.ok();
    Some(([next()?, next()?, next()?], !before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_order() {
        let order = ["", "0.0.9", "0.1.0-beta.1", "0.1.0", "0.1.10", "0.2.0", "1.0.0", "10.0.0"];
        for (at, version) in order.iter().enumerate() {
            for (other, than) in order.iter().enumerate() {
                assert_eq!(is_older(version, than), at < other, "{version} {than}");
            }
        }
        for nonsense in ["1", "1.2", "x.y.z", "1.2.x", "-1.0.0"] {
            assert!(is_older(nonsense, "0.0.0"), "{nonsense}");
        }
    }

    #[test]
    fn a_binary_says_its_version() {
        assert_eq!(own(), env!("CARGO_PKG_VERSION"));
        assert_eq!(in_product("offheap-keeper 1.2.3 speaks 1..1 resumes 1"), Some("1.2.3"));
        assert_eq!(in_product("something else"), None);
    }
}
