//! Parameters of a control sequence.

/// Parameters and sub-parameters kept of one sequence; more are dropped.
const MAX_PARAMS: usize = 32;

/// What `:` leaves empty.
pub(crate) const OMITTED: i32 = -1;

/// The parameters of a sequence: at least one, 0 where omitted.
#[derive(Clone, Debug)]
pub(crate) struct Params {
    values: [i32; MAX_PARAMS],
    subs: [i32; MAX_PARAMS],
    /// For each parameter, where its sub-parameters start and end.
    ranges: [(u8, u8); MAX_PARAMS],
    len: u8,
    subs_len: u8,
    reject: bool,
    reject_subs: bool,
    in_sub: bool,
}

impl Params {
    /// One parameter, 0.
    pub(crate) const fn new() -> Self {
        Self {
            values: [0; MAX_PARAMS],
            subs: [0; MAX_PARAMS],
            ranges: [(0, 0); MAX_PARAMS],
            len: 1,
            subs_len: 0,
            reject: false,
            reject_subs: false,
            in_sub: false,
        }
    }

    /// Forgets the sequence before.
    #[inline]
    pub(crate) const fn reset(&mut self) {
        self.values[0] = 0;
        self.ranges[0] = (0, 0);
        self.len = 1;
        self.subs_len = 0;
        self.reject = false;
        self.reject_subs = false;
        self.in_sub = false;
    }

    /// Takes one byte of `0-9`, `:` or `;`.
    #[inline]
    pub(crate) fn take(&mut self, byte: u8) {
        match byte {
            b';' => self.add(),
            b':' => self.add_sub(),
            _ => self.digit(i32::from(byte) - i32::from(b'0')),
        }
    }

    fn add(&mut self) {
        self.in_sub = false;
        let at = usize::from(self.len);
        if at >= MAX_PARAMS {
            self.reject = true;
            return;
        }
        self.ranges[at] = (self.subs_len, self.subs_len);
        self.values[at] = 0;
        self.len += 1;
    }

    fn add_sub(&mut self) {
        self.in_sub = true;
        let at = usize::from(self.subs_len);
        if self.reject || at >= MAX_PARAMS {
            self.reject_subs = true;
            return;
        }
        self.subs[at] = OMITTED;
        self.subs_len += 1;
        self.ranges[usize::from(self.len) - 1].1 += 1;
    }

    #[inline]
    fn digit(&mut self, digit: i32) {
        if self.reject || self.in_sub && self.reject_subs {
            return;
        }
        let value = if self.in_sub {
            &mut self.subs[usize::from(self.subs_len) - 1]
        } else {
            &mut self.values[usize::from(self.len) - 1]
        };
        *value =
            if *value == OMITTED { digit } else { value.saturating_mul(10).saturating_add(digit) };
    }

    /// All parameters.
    #[inline]
    pub(crate) fn values(&self) -> &[i32] {
        &self.values[..usize::from(self.len)]
    }

    /// The parameter at `index`, 0 if there is none.
    pub(crate) fn get(&self, index: usize) -> i32 {
        self.values().get(index).copied().unwrap_or(0)
    }

    /// The parameter at `index`, 1 if it is 0 or missing.
    pub(crate) fn count(&self, index: usize) -> usize {
        usize::try_from(self.get(index)).unwrap_or(0).max(1)
    }

    /// The sub-parameters of the parameter at `index`.
    pub(crate) fn subs(&self, index: usize) -> &[i32] {
        let (start, end) = self.ranges[index % MAX_PARAMS];
        &self.subs[usize::from(start)..usize::from(end)]
    }

    /// Writes the parameters as they stand in a sequence; nothing if there is
    /// but one and it is 0.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        if self.values() == [0] && self.subs(0).is_empty() {
            return;
        }
        for (index, &value) in self.values().iter().enumerate() {
            if index > 0 {
                out.push(b';');
            }
            out.extend_from_slice(value.to_string().as_bytes());
            for &sub in self.subs(index) {
                out.push(b':');
                if sub != OMITTED {
                    out.extend_from_slice(sub.to_string().as_bytes());
                }
            }
        }
    }
}
