//! The texts that old clients compress with lz-string and write as base64. It only decompresses.
//!
//! A code stands for a stretch of what was written before, so the dictionary is a list of places in
//! the output and costs nothing in proportion to what its entries stand for.

/// Why nothing is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    NoText,
    /// It grows past the limit; no more than that was written.
    TooLong,
}

/// The text, if it is one and has at most so many bytes of UTF-8.
pub(super) fn text(encoded: &[u8], bytes_max: usize) -> Result<String, Unreadable> {
    let mut out = Output { units: Vec::new(), bytes_left: bytes_max };
    unpack(Bits { encoded, left: 0, value: 0 }, &mut out)?;
    String::from_utf16(&out.units).map_err(|_| Unreadable::NoText)
}

/// What was written, and how much may be.
struct Output {
    units: Vec<u16>,
    bytes_left: usize,
}

impl Output {
    fn push(&mut self, unit: u16) -> Result<(), Unreadable> {
        let bytes = match unit {
            0..=0x7f => 1,
            // One half of a pair, which has four bytes.
            0x80..=0x7ff | 0xd800..=0xdfff => 2,
            0x800..=0xd7ff | 0xe000..=u16::MAX => 3,
        };
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(Unreadable::TooLong)?;
        self.units.push(unit);
        Ok(())
    }

    /// Writes a stretch once more. It may reach into what it writes.
    fn repeat(&mut self, found: Stretch) -> Result<(), Unreadable> {
        for place in found.from..found.from + found.units {
            let unit = *self.units.get(place).ok_or(Unreadable::NoText)?;
            self.push(unit)?;
        }
        Ok(())
    }
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

fn unpack(mut bits: Bits<'_>, out: &mut Output) -> Result<(), Unreadable> {
    match bits.number(2)? {
        END => return Ok(()),
        literal => out.push(bits.literal(literal)?)?,
    }
    let mut last = Stretch { from: 0, units: 1 };
    let mut entries = vec![last];
    let mut width = Width { bits: 3, room: 4 };
    loop {
        let from = out.units.len();
        match bits.number(width.bits)? {
            END => return Ok(()),
            code @ (BYTE | WIDE) => {
                out.push(bits.literal(code)?)?;
                entries.push(Stretch { from, units: 1 });
                width.entered();
            }
            code => {
                let place = code.checked_sub(FIRST).ok_or(Unreadable::NoText)?;
                let found = match entries.get(place) {
                    Some(entry) => *entry,
                    // The entry that this very code completes: the last, and its first unit again.
                    None if place == entries.len() => Stretch { units: last.units + 1, ..last },
                    None => return Err(Unreadable::NoText),
                };
                out.repeat(found)?;
            }
        }
        // The last stretch and the first unit of this one stand side by side: that is an entry,
        // too.
        entries.push(Stretch { units: last.units + 1, ..last });
        width.entered();
        last = Stretch { from, units: out.units.len() - from };
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
    fn literal(&mut self, code: usize) -> Result<u16, Unreadable> {
        let number = self.number(if code == BYTE { 8 } else { 16 })?;
        u16::try_from(number).map_err(|_| Unreadable::NoText)
    }

    /// A number whose lowest bit comes first.
    fn number(&mut self, bits: u32) -> Result<usize, Unreadable> {
        let mut number = 0;
        for place in 0..bits {
            let bit = self.bit().and_then(|bit| bit.checked_shl(place));
            number |= bit.ok_or(Unreadable::NoText)?;
        }
        Ok(number)
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
            assert_eq!(text(packed.as_bytes(), 1_000).as_deref(), Ok(plain));
        }
    }

    #[test]
    fn a_text_may_be_as_long_as_the_caller_says() {
        assert!(text(b"IY1/kA==", 20).is_ok());
        assert_eq!(text(b"IY1/kA==", 19), Err(Unreadable::TooLong));
    }

    /// One unit, and then each code stands for one unit more than the code before it.
    fn bomb(unit: u16, codes: usize) -> String {
        const SIGNS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut bits = Vec::new();
        let mut put = |number: usize, width: u32| {
            bits.extend((0..width).map(|place| number >> place & 1));
        };
        put(WIDE, 2);
        put(unit.into(), 16);
        let mut width = Width { bits: 3, room: 4 };
        for code in 0..codes {
            put(FIRST + 1 + code, width.bits);
            width.entered();
        }
        put(END, width.bits);
        let sign = |sign: &[usize]| {
            let value = sign.iter().chain([&0; 6]).take(6).fold(0, |value, bit| value << 1 | bit);
            char::from(SIGNS[value])
        };
        bits.chunks(6).map(sign).collect()
    }

    #[test]
    fn a_small_text_that_grows_without_end_is_not_written_to_its_end() {
        let small = bomb(b'a'.into(), 9);
        assert_eq!(text(small.as_bytes(), 55).as_deref(), Ok("a".repeat(55).as_str()));
        // 60 KB stand for 400 MB, and for three times as much in units of three bytes.
        for unit in [b'a'.into(), 0x20ac] {
            let large = bomb(unit, 28_000);
            assert!(large.len() < 80_000);
            let mut out = Output { units: Vec::new(), bytes_left: 1 << 20 };
            let bits = Bits { encoded: large.as_bytes(), left: 0, value: 0 };
            assert_eq!(unpack(bits, &mut out), Err(Unreadable::TooLong));
            assert!(out.units.capacity() <= 2 << 20);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let read = text(&bytes, 1_000);
            prop_assert!(!read.is_ok_and(|text| text.len() > 1_000));
        }

        #[test]
        fn nor_any_base64(encoded in "[A-Za-z0-9+/]{0,200}") {
            let read = text(encoded.as_bytes(), 1_000);
            prop_assert!(!read.is_ok_and(|text| text.len() > 1_000));
        }
    }
}
