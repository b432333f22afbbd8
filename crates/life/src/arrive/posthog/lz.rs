//! The texts that old clients compress with lz-string and write as base64. It only decompresses.
//!
//! A code stands for a stretch of what was written before, so the dictionary is a list of places in
//! the output and costs nothing in proportion to what its entries stand for.

/// The text, if it is one and has at most so many units of UTF-16.
pub(super) fn text(encoded: &[u8], units_max: usize) -> Option<String> {
    let units = units(Bits { encoded, left: 0, value: 0 }, units_max)?;
    String::from_utf16(&units).ok()
}

/// Codes that stand for no entry: a unit of one byte, one of two bytes, the end.
const BYTE: usize = 0;
const WIDE: usize = 1;
const END: usize = 2;
/// The code of the first entry.
const FIRST: usize = 3;

/// A stretch of the output.
#[derive(Clone, Copy)]
struct Stretch {
    from: usize,
    units: usize,
}

/// How many bits a code has, and after how many entries it has one more.
struct Width {
    bits: u32,
    room: usize,
}

impl Width {
    fn entered(&mut self) {
        self.room -= 1;
        if self.room == 0 {
            self.room = 1 << self.bits;
            self.bits += 1;
        }
    }
}

fn units(mut bits: Bits<'_>, units_max: usize) -> Option<Vec<u16>> {
    let first = match bits.number(2)? {
        END => return Some(Vec::new()),
        literal => bits.literal(literal)?,
    };
    let mut out = vec![first];
    let mut last = Stretch { from: 0, units: 1 };
    let mut entries = vec![last];
    let mut width = Width { bits: 3, room: 4 };
    loop {
        let from = out.len();
        match bits.number(width.bits)? {
            END => return Some(out),
            code @ (BYTE | WIDE) => {
                out.push(bits.literal(code)?);
                entries.push(Stretch { from, units: 1 });
                width.entered();
            }
            code => {
                let place = code.checked_sub(FIRST)?;
                let found = match entries.get(place) {
                    Some(entry) => *entry,
                    // The entry that this very code completes: the last, and its first unit again.
                    None if place == entries.len() => Stretch { units: last.units + 1, ..last },
                    None => return None,
                };
                if from + found.units > units_max {
                    return None;
                }
                for place in found.from..found.from + found.units {
                    out.push(*out.get(place)?);
                }
            }
        }
        if out.len() > units_max {
            return None;
        }
        // The last stretch and the first unit of this one stand side by side: that is an entry,
        // too.
        entries.push(Stretch { units: last.units + 1, ..last });
        width.entered();
        last = Stretch { from, units: out.len() - from };
    }
}

/// The bits of base64, read one after the other: the highest of a sign first.
struct Bits<'a> {
    encoded: &'a [u8],
    /// How many bits of the sign at hand are left.
    left: u32,
    value: u8,
}

impl Bits<'_> {
    /// The unit of UTF-16 that stands behind its code.
    fn literal(&mut self, code: usize) -> Option<u16> {
        u16::try_from(self.number(if code == BYTE { 8 } else { 16 })?).ok()
    }

    /// A number whose lowest bit comes first.
    fn number(&mut self, bits: u32) -> Option<usize> {
        let mut number = 0;
        for place in 0..bits {
            number |= self.bit()?.checked_shl(place)?;
        }
        Some(number)
    }

    fn bit(&mut self) -> Option<usize> {
        if self.left == 0 {
            let (sign, rest) = self.encoded.split_first()?;
            self.encoded = rest;
            self.value = value(*sign)?;
            self.left = 6;
        }
        self.left -= 1;
        Some(usize::from(self.value >> self.left & 1))
    }
}

/// What a sign of base64 stands for; a space is a plus that nobody escaped.
fn value(sign: u8) -> Option<u8> {
    Some(match sign {
        b'A'..=b'Z' => sign - b'A',
        b'a'..=b'z' => sign - b'a' + 26,
        b'0'..=b'9' => sign - b'0' + 52,
        b'+' | b'-' | b' ' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_of_the_original_are_read() {
        for (packed, plain) in [
            ("Q===", ""),
            ("IZA=", "a"),
            ("IY1/kA==", "aaaaaaaaaaaaaaaaaaaa"),
            ("IYIwxqHpPeQ=", "abcabcabcabcabcabcabc"),
            (
                "N4IgpgbmB2AuIC4QB3oHuDGB7AJmABIDwbgkfsgA0IOAlgM6xXQawD6VOilAjCAL5A==",
                r#"{"event":"Ünïcode 🎉","distinct_id":"d1"}"#,
            ),
        ] {
            assert_eq!(text(packed.as_bytes(), 1_000).as_deref(), Some(plain));
        }
    }

    #[test]
    fn a_text_may_be_as_long_as_the_caller_says() {
        assert!(text(b"IY1/kA==", 20).is_some());
        assert!(text(b"IY1/kA==", 19).is_none());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let read = text(&bytes, 1_000);
            prop_assert!(read.is_none_or(|text| text.encode_utf16().count() <= 1_000));
        }

        #[test]
        fn nor_any_base64(encoded in "[A-Za-z0-9+/]{0,200}") {
            let read = text(encoded.as_bytes(), 1_000);
            prop_assert!(read.is_none_or(|text| text.encode_utf16().count() <= 1_000));
        }
    }
}
