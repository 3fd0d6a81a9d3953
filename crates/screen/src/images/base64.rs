//! Base64 as the decoders of the image add-ons take it: the standard alphabet, with
//! nothing between the characters.

/// Characters of a group, which stand for three bytes.
const GROUP: usize = 4;
const NONE: u8 = 0xff;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut value = 0_u8;
    while (value as usize) < ALPHABET.len() {
        values[ALPHABET[value as usize] as usize] = value;
        value += 1;
    }
    values
}

/// How an add-on judges what comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// As add-on 0.9 does.
    Lenient,
    /// As 0.10 does: what is filled up is a whole group.
    Strict,
}

/// What has been read of some base64. The last group waits, because what may stand
/// in it depends on whether anything follows.
#[derive(Clone, Debug, Default)]
pub(super) struct Base64 {
    held: [u8; GROUP],
    held_len: usize,
    groups: usize,
    is_broken: bool,
}

impl Base64 {
    /// Takes characters, and gives away the bytes that they stand for as long as
    /// somebody wants any.
    pub(super) fn take(&mut self, text: &[u8], mut sink: impl FnMut([u8; 3]) -> bool) {
        let mut wanted = true;
        let mut rest = text;
        while !rest.is_empty() {
            if self.held_len == GROUP {
                self.held_len = 0;
                self.group(self.held, &mut wanted, &mut sink);
            }
            if self.held_len == 0 && rest.len() > GROUP {
                rest = self.groups_of(rest, &mut wanted, &mut sink);
            }
            let taken = rest.len().min(GROUP - self.held_len);
            self.held[self.held_len..][..taken].copy_from_slice(&rest[..taken]);
            self.held_len += taken;
            rest = &rest[taken..];
        }
    }

    /// Takes all groups that something follows; returns the rest.
    fn groups_of<'a>(
        &mut self,
        text: &'a [u8],
        wanted: &mut bool,
        sink: &mut impl FnMut([u8; 3]) -> bool,
    ) -> &'a [u8] {
        let (groups, _) = text[..text.len() - 1].as_chunks::<GROUP>();
        let mut done = 0;
        while *wanted && done < groups.len() {
            self.group(groups[done], wanted, sink);
            done += 1;
        }
        let rest = &text[done * GROUP..groups.len() * GROUP];
        self.groups += groups.len() - done;
        self.is_broken |= !is_text(rest);
        &text[groups.len() * GROUP..]
    }

    fn group(
        &mut self,
        group: [u8; GROUP],
        wanted: &mut bool,
        sink: &mut impl FnMut([u8; 3]) -> bool,
    ) {
        self.groups += 1;
        self.is_broken |= !is_text(&group);
        if *wanted {
            *wanted = sink(decode(group));
        }
    }

    /// Characters so far.
    pub(super) const fn len(&self) -> usize {
        self.groups * GROUP + self.held_len
    }

    /// How many bytes the whole groups stand for that something follows, and the
    /// characters after them; none if it is no base64.
    pub(super) fn parts(&self) -> Option<(usize, &[u8])> {
        (!self.is_broken).then(|| (self.groups * 3, &self.held[..self.held_len]))
    }

    /// The last bytes, and how many there are in all; none if it is no base64.
    pub(super) fn end(&self, ending: Ending) -> Option<([u8; 3], usize, usize)> {
        let mut group = self.held;
        let (padded, len) = (group.map(|byte| byte == b'='), self.held_len);
        let last = match ending {
            _ if len < 2 => return None,
            Ending::Lenient => {
                let third = usize::from(len > 2 && !padded[2]);
                1 + third + usize::from(len == GROUP && !padded[3])
            }
            Ending::Strict if len == GROUP => 3 - usize::from(padded[2]) - usize::from(padded[3]),
            Ending::Strict => len - 1,
        };
        for (index, byte) in group.iter_mut().enumerate().skip(2) {
            let is_absent = match ending {
                Ending::Lenient => index >= len || padded[index],
                Ending::Strict => index > last,
            };
            if is_absent {
                *byte = ALPHABET[0];
            }
        }
        let is_right = !self.is_broken && is_text(&group);
        is_right.then(|| (decode(group), last, self.groups * 3 + last))
    }
}

/// Whether all of it are characters of the alphabet.
#[inline]
fn is_text(text: &[u8]) -> bool {
    text.iter().fold(0, |all, &byte| all | VALUES[usize::from(byte)]) != NONE
}

fn decode(group: [u8; GROUP]) -> [u8; 3] {
    let [a, b, c, d] = group.map(|byte| VALUES[usize::from(byte)]);
    [a << 2 | b >> 4 & 3, b << 4 | c >> 2 & 15, c << 6 | d & 63]
}

/// Writes bytes as base64, filled up with zeros to whole groups.
pub(super) fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for part in bytes.chunks(3) {
        let byte = |index: usize| u32::from(part.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        out.extend([18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift & 63) as usize]));
    }
}
