//! Values without parts.

use super::{Comparison, Impact, text};
use crate::codec::Scalar;

/// How many of the values of one are read as another.
enum Reads {
    All,
    Some,
    None,
}

impl Comparison<'_> {
    pub(super) fn scalars(&mut self, old: Scalar, new: Scalar, place: &str) {
        if old == new {
            return;
        }
        let what = format!("`{}` becomes `{}`", text::word(old), text::word(new));
        match reads(old, new) {
            Reads::All => self.tell(Impact::Safe, place, what, String::new()),
            Reads::Some => {
                let then = format!("a value that is none of `{}` is parked", text::word(new));
                self.tell(Impact::Breaking, place, what, then);
            }
            Reads::None => {
                let (old, new) = (old.text(), new.text());
                let then = format!("it is parked: {old} was stored, {new} is expected");
                self.tell(Impact::Breaking, place, what, then);
            }
        }
    }
}

/// The bits of the greatest magnitude, and whether there are negative numbers.
fn integer(scalar: Scalar) -> Option<(u32, bool)> {
    Some(match scalar {
        Scalar::U8 => (8, false),
        Scalar::U16 => (16, false),
        Scalar::U32 => (32, false),
        Scalar::U64 => (64, false),
        Scalar::U128 => (128, false),
        Scalar::I8 => (7, true),
        Scalar::I16 => (15, true),
        Scalar::I32 => (31, true),
        Scalar::I64 => (63, true),
        Scalar::I128 => (127, true),
        _ => return None,
    })
}

/// The bits of integers that are all exact.
fn float(scalar: Scalar) -> Option<u32> {
    match scalar {
        Scalar::F32 => Some(24),
        Scalar::F64 => Some(53),
        _ => None,
    }
}

fn reads(old: Scalar, new: Scalar) -> Reads {
    let all = |all| if all { Reads::All } else { Reads::Some };
    match (integer(old), integer(new), float(old), float(new)) {
        (Some((old, is_signed)), Some((new, takes_signed)), ..) => {
            all(old <= new && (takes_signed || !is_signed))
        }
        (Some((bits, _)), _, _, Some(exact)) => all(bits <= exact),
        (_, _, Some(old), Some(new)) => all(old <= new),
        _ => match (old, new) {
            (Scalar::Char, Scalar::Str) => Reads::All,
            // One letter is a text, and a text may be bytes.
            (Scalar::Str | Scalar::Bytes, Scalar::Char | Scalar::Str | Scalar::Bytes)
            | (Scalar::Char, Scalar::Bytes) => Reads::Some,
            _ => Reads::None,
        },
    }
}
