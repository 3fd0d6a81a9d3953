//! Numbers in bytes, little-endian, and the checksum over them.

use crc32fast::Hasher;

/// Takes numbers from the front of bytes. Past the end every number is 0: the
/// caller looks at records of fixed size.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().unwrap_or([0; N])
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    pub(crate) fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    pub(crate) fn i32(&mut self) -> i32 {
        i32::from_le_bytes(self.array())
    }

    pub(crate) fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}

/// Puts numbers to the front of a record of fixed size.
pub(crate) struct Writer<'a> {
    record: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(record: &'a mut [u8]) -> Self {
        Self { record, at: 0 }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.record[self.at..][..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
        self
    }

    pub(crate) fn u16(&mut self, value: u16) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn i32(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.bytes(&value.to_le_bytes())
    }
}

/// The CRC-32 of bytes that follow others, whose checksum is `before`.
pub(crate) fn crc(before: u32, bytes: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(before);
    hasher.update(bytes);
    hasher.finalize()
}

/// Ends a record with the checksum of what is before it. `seed` is the
/// journal's own, so that a record of another journal is never taken for one.
pub(crate) fn seal(record: &mut [u8], seed: u32) {
    let at = record.len() - 4;
    let sum = crc(seed, &record[..at]);
    record[at..].copy_from_slice(&sum.to_le_bytes());
}

/// Whether a record is whole and of this journal.
pub(crate) fn is_sealed(record: &[u8], seed: u32) -> bool {
    let (bytes, sum) = record.split_at(record.len() - 4);
    sum == crc(seed, bytes).to_le_bytes()
}
