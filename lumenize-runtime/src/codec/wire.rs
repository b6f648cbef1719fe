//! Postcard's form of numbers and texts, as its [wire format](https://postcard.jamesmunns.com/wire-format)
//! has it. It is written and read here and not by `postcard`, whose code is compiled anew for each width
//! of number, and writes a byte at a time.

/// Appends a number: seven bits in each byte, the lowest first, and all but the last with the highest
/// bit set.
pub(super) fn put(out: &mut Vec<u8>, number: u64) {
    match number {
        0..0x80 => out.push(number as u8),
        _ => put_long(out, number),
    }
}

#[inline(never)]
fn put_long(out: &mut Vec<u8>, number: u64) {
    if number >= 1 << 56 {
        return put_wide(out, number.into());
    }
    // The bits are spread by halves: 28 into each half of eight bytes, 14 into each quarter, 7 into each.
    let spread = (number & 0x0fff_ffff) | ((number & (0x0fff_ffff << 28)) << 4);
    let spread = (spread & 0x3fff_0000_3fff) | ((spread & (0x3fff_0000_3fff << 14)) << 2);
    let spread = (spread & 0x007f_007f_007f_007f) | ((spread & (0x007f_007f_007f_007f << 7)) << 1);
    let bits = u64::BITS - number.leading_zeros();
    let len = bits.div_ceil(7);
    let more = 0x8080_8080_8080_8080 & ((1 << (8 * (len - 1))) - 1);
    let end = out.len() + len as usize;
    // Eight bytes at once, whatever they are, cost less than the right number of them.
    out.extend_from_slice(&(spread | more).to_le_bytes());
    out.truncate(end);
}

/// As [`put`], of up to 128 bits.
#[inline(never)]
pub(super) fn put_wide(out: &mut Vec<u8>, mut number: u128) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends a number with its sign.
pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put(out, ((number << 1) ^ (number >> 63)) as u64);
}

/// As [`put_signed`], of up to 128 bits.
pub(super) fn put_wide_signed(out: &mut Vec<u8>, number: i128) {
    put_wide(out, ((number << 1) ^ (number >> 127)) as u128);
}

/// Appends bytes, and how many they are.
pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What a number of some type is at most, and how many bytes it takes then.
#[derive(Clone, Copy)]
pub(super) struct Width {
    max: u64,
    len: usize,
}

pub(super) const U16: Width = Width {
    max: u16::MAX as u64,
    len: 3,
};
pub(super) const U32: Width = Width {
    max: u32::MAX as u64,
    len: 5,
};
pub(super) const U64: Width = Width {
    max: u64::MAX,
    len: 10,
};
const USIZE: Width = if usize::BITS == 32 { U32 } else { U64 };

/// Bytes that are read from the first to the last. There is nothing, where what is asked for does not
/// come next.
#[derive(Clone, Copy)]
pub(super) struct Source<'b> {
    pub(super) rest: &'b [u8],
}

impl<'b> Source<'b> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn number(&mut self, width: Width) -> Option<u64> {
        match self.rest {
            [first @ 0..0x80, rest @ ..] => {
                self.rest = rest;
                Some((*first).into())
            }
            _ => self.long(width),
        }
    }

    #[inline(never)]
    fn long(&mut self, width: Width) -> Option<u64> {
        let word = match self.rest.first_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => padded(self.rest),
        };
        let (number, len) = match gathered(word) {
            Some(number) => number,
            None => self.slowly()?,
        };
        self.rest = self.rest.get(len..)?;
        (number <= width.max && len <= width.len).then_some(number)
    }

    /// A number of at most 64 bits, and how many bytes it has.
    #[cold]
    #[inline(never)]
    fn slowly(&self) -> Option<(u64, usize)> {
        let mut source = *self;
        let number = u64::try_from(source.wide()?).ok()?;
        Some((number, self.rest.len() - source.rest.len()))
    }

    /// A number of at most 128 bits.
    pub(super) fn wide(&mut self) -> Option<u128> {
        let mut number = 0;
        for at in (0..u128::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f) << at;
            if byte < 0x80 {
                return (at < 126 || byte < 4).then_some(number);
            }
        }
        None
    }

    /// A number with its sign.
    pub(super) fn signed(&mut self, width: Width) -> Option<i64> {
        let number = self.number(width)?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// A number with its sign, of at most 128 bits.
    pub(super) fn wide_signed(&mut self) -> Option<i128> {
        let number = self.wide()?;
        Some((number >> 1) as i128 ^ -((number & 1) as i128))
    }

    /// How many parts or bytes follow.
    pub(super) fn len(&mut self) -> Option<usize> {
        usize::try_from(self.number(USIZE)?).ok()
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'b [u8]> {
        let len = self.len()?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    pub(super) fn text(&mut self) -> Option<&'b str> {
        str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn letter(&mut self) -> Option<char> {
        let text = self.text()?;
        let letter = text.chars().next()?;
        (letter.len_utf8() == text.len()).then_some(letter)
    }
}

/// At most eight bytes. Where there is none, a number would end: behind the last.
fn padded(bytes: &[u8]) -> u64 {
    let word = bytes.iter().rev();
    word.fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The number that these eight bytes begin with, if it ends in them, and how many it has.
fn gathered(word: u64) -> Option<(u64, usize)> {
    let ends = !word & 0x8080_8080_8080_8080;
    if ends == 0 {
        return None;
    }
    // As they were spread, from the last halves to the first.
    let spread = word & (ends ^ (ends - 1)) & 0x7f7f_7f7f_7f7f_7f7f;
    let spread = (spread & 0x007f_007f_007f_007f) | ((spread & (0x007f_007f_007f_007f << 8)) >> 1);
    let spread = (spread & 0x3fff_0000_3fff) | ((spread & (0x3fff_0000_3fff << 16)) >> 2);
    let number = (spread & 0x0fff_ffff) | ((spread & (0x0fff_ffff << 32)) >> 4);
    Some((number, ends.trailing_zeros() as usize / 8 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Debug;

    fn written(put: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = vec![9];
        put(&mut out);
        out.split_off(1)
    }

    /// What postcard reads is read, as the same and to the same end, and nothing else.
    fn as_postcard<'b, T: serde::Deserialize<'b> + PartialEq + Debug>(
        bytes: &'b [u8],
        take: impl FnOnce(&mut Source<'b>) -> Option<T>,
    ) {
        let mut source = Source { rest: bytes };
        let taken = take(&mut source).map(|value| (value, source.rest));
        assert_eq!(taken, postcard::take_from_bytes(bytes).ok(), "{bytes:?}");
    }

    fn read_all(bytes: &[u8]) {
        as_postcard(bytes, Source::byte);
        as_postcard(bytes, Source::flag);
        as_postcard(bytes, |source| source.number(U16).map(|n| n as u16));
        as_postcard(bytes, |source| source.number(U32).map(|n| n as u32));
        as_postcard(bytes, |source| source.number(U64));
        as_postcard(bytes, |source| source.signed(U16).map(|n| n as i16));
        as_postcard(bytes, |source| source.signed(U32).map(|n| n as i32));
        as_postcard(bytes, |source| source.signed(U64));
        as_postcard(bytes, Source::wide);
        as_postcard(bytes, Source::wide_signed);
        as_postcard(bytes, Source::len);
        as_postcard(bytes, Source::text);
        as_postcard(bytes, Source::letter);
        as_postcard(bytes, Source::bytes);
        as_postcard(bytes, Source::array::<4>);
    }

    fn numbers(number: u128) {
        let short = number as u64;
        let plain = |bytes: Vec<u8>, postcard: postcard::Result<Vec<u8>>| {
            assert_eq!(bytes, postcard.unwrap(), "{number}");
            read_all(&bytes);
        };
        plain(written(|out| put(out, short)), postcard::to_stdvec(&short));
        plain(
            written(|out| put_signed(out, short as i64)),
            postcard::to_stdvec(&(short as i64)),
        );
        plain(
            written(|out| put_wide(out, number)),
            postcard::to_stdvec(&number),
        );
        plain(
            written(|out| put_wide_signed(out, number as i128)),
            postcard::to_stdvec(&(number as i128)),
        );
    }

    #[test]
    fn numbers_of_every_length_are_as_postcard_has_them() {
        for bits in 0..128 {
            for near in [-2, -1, 0, 1, 2] {
                numbers((1_u128 << bits).wrapping_add_signed(near));
            }
        }
    }

    #[test]
    fn numbers_at_their_longest_have_no_bit_too_many() {
        for len in 1..=20 {
            for last in 0..=u8::MAX {
                let mut bytes = vec![0xff; len];
                bytes.push(last);
                read_all(&bytes);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_number(number in any::<u128>(), bits in 0..128_u32) {
            numbers(number >> bits);
        }

        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..24), len in 0..6_u8) {
            read_all(&bytes);
            read_all(&[&[len][..], &bytes].concat());
        }

        #[test]
        fn any_text(text in any::<String>(), letter in any::<char>()) {
            let out = written(|out| put_bytes(out, text.as_bytes()));
            prop_assert_eq!(&out, &postcard::to_stdvec(&text).unwrap());
            read_all(&out);
            read_all(&postcard::to_stdvec(&letter).unwrap());
        }
    }
}
