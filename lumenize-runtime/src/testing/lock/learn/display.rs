//! What types are called.

use super::super::probe::Name;

/// What people call a type: as in the source, without paths, if that is what serde calls it too.
pub(super) fn display(name: Name) -> String {
    let mut short = String::new();
    let mut word = String::new();
    let mut letters = name.rust.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ':' if letters.peek() == Some(&':') => {
                letters.next();
                word.clear();
            }
            letter if letter.is_alphanumeric() || "_{}#".contains(letter) => word.push(letter),
            letter => {
                short.push_str(&word);
                word.clear();
                short.push(letter);
            }
        }
    }
    short.push_str(&word);
    let own = short.split('<').next() == Some(name.serde);
    let is_plain = short
        .chars()
        .all(|letter| !"\n\"'->".contains(letter) || letter == '>')
        && !short.contains("->");
    if own && is_plain {
        return short;
    }
    let letter = |letter: char| {
        if letter.is_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    name.serde.chars().map(letter).collect()
}
