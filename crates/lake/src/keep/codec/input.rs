//! Bytes that are taken from the front. What is not there is `None`, never a panic.

/// The rest of a section.
#[derive(Debug, Clone, Copy)]
pub(in crate::keep) struct Input<'a>(pub(in crate::keep) &'a [u8]);

impl<'a> Input<'a> {
    pub(in crate::keep) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(in crate::keep) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number of seven bits a byte, the lowest first.
    pub(in crate::keep) fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(in crate::keep) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }
}

pub(in crate::keep) fn put_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
