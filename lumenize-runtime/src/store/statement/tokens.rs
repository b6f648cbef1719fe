//! SQLite's tokens, exactly as SQLite's own tokenizer (`tokenize.c`) finds them: what it would read
//! differently could hide a statement from the rules. SQLite reads its text up to the first NUL;
//! here the end of the text reads as NUL, and a NUL within it is refused beforehand.

use super::StatementError;

/// What a token is, as far as the rules care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'s> {
    /// A keyword or a name without quotes.
    Word(&'s str),
    /// In quotes of any kind, with them: a name, or a string that SQLite may take for one.
    Quoted(&'s str),
    /// `?`, `?1`, `:a`, `@a`, `$a`.
    Parameter(&'s str),
    Semicolon,
    Open,
    Close,
    Comma,
    /// Numbers, blobs, operators.
    Other,
}

/// A token and where it stands in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'s> {
    pub(super) kind: Kind<'s>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Token<'_> {
    /// Whether it is this keyword, which is written in capitals.
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

/// All tokens but white space and comments.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token<'_>>, StatementError> {
    let text = Text(sql.as_bytes());
    let mut tokens = Vec::new();
    let mut start = 0;
    while start < sql.len() {
        let (class, end) = text.token(start);
        let slice = sql.get(start..end).unwrap_or_default();
        let kind = match class {
            Class::Blank => None,
            Class::Illegal(reason) => return Err(StatementError::Malformed { at: start, reason }),
            Class::Word => Some(Kind::Word(slice)),
            Class::Quoted => Some(Kind::Quoted(slice)),
            Class::Parameter => Some(Kind::Parameter(slice)),
            Class::Other => Some(match slice {
                ";" => Kind::Semicolon,
                "(" => Kind::Open,
                ")" => Kind::Close,
                "," => Kind::Comma,
                _ => Kind::Other,
            }),
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, start, end });
        }
        // Each token has a byte at least.
        start = end.max(start + 1);
    }
    Ok(tokens)
}

enum Class {
    Blank,
    Word,
    Quoted,
    Parameter,
    Other,
    Illegal(&'static str),
}

struct Text<'s>(&'s [u8]);

impl Text<'_> {
    fn at(&self, place: usize) -> u8 {
        self.0.get(place).copied().unwrap_or(0)
    }

    /// The first place from here on whose byte is none of these.
    fn after(&self, place: usize, are: impl Fn(u8) -> bool) -> usize {
        let rest = self.0.get(place..).unwrap_or_default();
        place + rest.iter().take_while(|byte| are(**byte)).count()
    }

    /// The token that begins here, and where it ends.
    fn token(&self, start: usize) -> (Class, usize) {
        let next = self.at(start + 1);
        match self.at(start) {
            // A vertical tab begins no white space, but goes on with it.
            b' ' | b'\t' | b'\n' | 0x0c | b'\r' => {
                let space = |byte| matches!(byte, b' ' | b'\t'..=b'\r');
                (Class::Blank, self.after(start, space))
            }
            b'-' if next == b'-' => (Class::Blank, self.after(start, |byte| byte != b'\n')),
            b'/' if next == b'*' && self.at(start + 2) != 0 => {
                (Class::Blank, self.comment_end(start))
            }
            quote @ (b'\'' | b'"' | b'`') => self.quoted(start, quote),
            b'[' => match self.after(start, |byte| byte != b']') {
                end if self.at(end) == b']' => (Class::Quoted, end + 1),
                end => (Class::Illegal("`[` is not closed"), end),
            },
            b'.' if !next.is_ascii_digit() => (Class::Other, start + 1),
            b'.' | b'0'..=b'9' => self.number(start),
            b'?' => (
                Class::Parameter,
                self.after(start + 1, |byte| byte.is_ascii_digit()),
            ),
            b'$' | b'@' | b':' => self.parameter(start),
            b'x' | b'X' if next == b'\'' => {
                let end = self.after(start + 2, |byte| byte.is_ascii_hexdigit());
                match self.at(end) == b'\'' && (end - start).is_multiple_of(2) {
                    true => (Class::Other, end + 1),
                    false => (
                        Class::Illegal("this is no blob: x'…' takes pairs of hexadecimal digits"),
                        end,
                    ),
                }
            }
            // A byte order mark is white space wherever a token may begin.
            0xef if next == 0xbb && self.at(start + 2) == 0xbf => (Class::Blank, start + 3),
            byte if names(byte) => (Class::Word, self.after(start, names)),
            b';' | b'(' | b')' | b',' | b'+' | b'-' | b'*' | b'/' | b'%' | b'=' | b'<' | b'>'
            | b'|' | b'&' | b'~' => (Class::Other, start + 1),
            b'!' if next == b'=' => (Class::Other, start + 2),
            _ => (Class::Illegal("SQLite has no such token"), start + 1),
        }
    }

    /// A comment that is not closed goes to the end of the text.
    fn comment_end(&self, start: usize) -> usize {
        let rest = self.0.get(start + 2..).unwrap_or_default();
        let close = rest.windows(2).position(|pair| pair == b"*/");
        close.map_or(self.0.len(), |at| start + 2 + at + 2)
    }

    fn quoted(&self, start: usize, quote: u8) -> (Class, usize) {
        let mut place = start + 1;
        loop {
            place = self.after(place, |byte| byte != quote);
            match (self.at(place) == quote, self.at(place + 1) == quote) {
                (true, true) => place += 2,
                (true, false) => return (Class::Quoted, place + 1),
                (false, _) => return (Class::Illegal("a quote is not closed"), place),
            }
        }
    }

    /// SQLite allows a separator, `_`, among the digits.
    fn number(&self, start: usize) -> (Class, usize) {
        let digits = |place| self.after(place, |byte| byte.is_ascii_digit() || byte == b'_');
        let mut end = start;
        let hexadecimal = self.at(start) == b'0'
            && matches!(self.at(start + 1), b'x' | b'X')
            && self.at(start + 2).is_ascii_hexdigit();
        if hexadecimal {
            end = self.after(start + 2, |byte| byte.is_ascii_hexdigit() || byte == b'_');
        } else {
            end = digits(end);
            if self.at(end) == b'.' {
                end = digits(end + 1);
            }
            let sign = usize::from(matches!(self.at(end + 1), b'+' | b'-'));
            if matches!(self.at(end), b'e' | b'E') && self.at(end + 1 + sign).is_ascii_digit() {
                end = digits(end + 1 + sign);
            }
        }
        match self.after(end, names) {
            after if after == end => (Class::Other, end),
            after => (Class::Illegal("a number ends in letters"), after),
        }
    }

    /// SQLite also has names as Tcl has them, `$a::b(c)`.
    fn parameter(&self, start: usize) -> (Class, usize) {
        let end = self.after(start + 1, names);
        let tcl = self.at(end) == b'(' || self.at(end) == b':' && self.at(end + 1) == b':';
        match end > start + 1 && !tcl {
            true => (Class::Parameter, end),
            false => (Class::Illegal("this is no name of a parameter"), end),
        }
    }
}

/// The bytes of names, SQLite's `IdChar`: all of UTF-8 beyond ASCII is among them.
fn names(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}
