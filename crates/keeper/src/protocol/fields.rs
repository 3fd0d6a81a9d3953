//! Fields: what messages are made of.

use super::{HEADER, Malformed};

/// Writes one message.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a message of a kind, with which so many descriptors travel.
    #[must_use]
    pub(crate) fn new(kind: u16, descriptors: usize) -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_le_bytes());
        bytes.extend(u16::try_from(descriptors).unwrap_or(u16::MAX).to_le_bytes());
        Self(bytes)
    }

    /// Begins a list of fields that is a field's value.
    #[must_use]
    pub(crate) fn nested() -> Self {
        Self(Vec::new())
    }

    /// Adds a field.
    #[must_use]
    pub(crate) fn bytes(mut self, tag: u16, value: &[u8]) -> Self {
        self.0.extend(tag.to_le_bytes());
        self.0.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.0.extend(value);
        self
    }

    /// Adds a number.
    #[must_use]
    pub(crate) fn number(self, tag: u16, value: u64) -> Self {
        self.bytes(tag, &value.to_le_bytes())
    }

    /// Adds a number that may be negative.
    #[must_use]
    pub(crate) fn signed(self, tag: u16, value: i32) -> Self {
        self.number(tag, i64::from(value).cast_unsigned())
    }

    /// Adds a number if there is one.
    #[must_use]
    pub(crate) fn maybe(self, tag: u16, value: Option<u64>) -> Self {
        match value {
            Some(value) => self.number(tag, value),
            None => self,
        }
    }

    /// The fields alone, for a field's value.
    #[must_use]
    pub(crate) fn into_fields(self) -> Vec<u8> {
        self.0
    }

    /// The message, its length filled in.
    #[must_use]
    pub(crate) fn finish(mut self) -> Vec<u8> {
        debug_assert!(self.0.len() >= HEADER, "begun as a message");
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX);
        self.0[..4].copy_from_slice(&length.to_le_bytes());
        self.0
    }
}

/// Reads fields one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The fields in `bytes`.
    #[must_use]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next field; `None` after the last.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut off.
    pub(crate) fn next_field(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let cut = Malformed("a field is cut off");
        let ([a, b, length @ ..], rest) = self.0.split_first_chunk::<6>().ok_or(cut)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (value, rest) = rest.split_at_checked(length).ok_or(cut)?;
        self.0 = rest;
        Ok(Some(Field { tag: u16::from_le_bytes([*a, *b]), value }))
    }
}

/// A tag and its value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// The tag.
    pub(crate) tag: u16,
    /// The value.
    pub(crate) value: &'a [u8],
}

impl Field<'_> {
    /// The value as a number.
    ///
    /// # Errors
    /// [`Malformed`] unless it is 8 bytes long.
    pub(crate) fn number(&self) -> Result<u64, Malformed> {
        let bytes = self.value.try_into().map_err(|_| Malformed("a number is not 8 bytes long"))?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// The value as a number within the bounds of a type.
    ///
    /// # Errors
    /// [`Malformed`] when it is out of them.
    pub(crate) fn small<T: TryFrom<u64>>(&self) -> Result<T, Malformed> {
        T::try_from(self.number()?).map_err(|_| Malformed("a number is out of bounds"))
    }

    /// The value as a number that may be negative.
    ///
    /// # Errors
    /// [`Malformed`] when it is out of bounds.
    pub(crate) fn signed(&self) -> Result<i32, Malformed> {
        let number = self.number()?.cast_signed();
        i32::try_from(number).map_err(|_| Malformed("a number is out of bounds"))
    }

    /// The value as text; what is no UTF-8 in it is replaced.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.value).into_owned()
    }
}
