//! A line, read from its beginning to its end.

use super::Result;

/// A place in a line.
pub(super) struct Scanner<'t>(pub(super) &'t str);

/// The length of an array that a type may have at most.
const MAX_LENGTH: usize = 4_096;

impl Scanner<'_> {
    /// Goes behind this, and blanks around it, if it is there.
    pub(super) fn takes(&mut self, text: &str) -> bool {
        match self.0.strip_prefix(text) {
            Some(rest) => {
                self.0 = rest.trim_start();
                true
            }
            None => false,
        }
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<()> {
        match self.takes(text) {
            true => Ok(()),
            false => Err(format!("`{text}` is expected before `{}`", self.0)),
        }
    }

    pub(super) fn end(&self) -> Result<()> {
        match self.0 {
            "" => Ok(()),
            rest => Err(format!("`{rest}` is left over")),
        }
    }

    /// What is before the first letter that is none of it.
    fn span(&mut self, is_in: impl Fn(char) -> bool) -> String {
        let end = self.0.find(|letter| !is_in(letter)).unwrap_or(self.0.len());
        let (span, rest) = self.0.split_at(end);
        self.0 = rest.trim_start();
        span.to_owned()
    }

    pub(super) fn number(&mut self) -> Result<usize> {
        match self.span(|letter| letter.is_ascii_digit()).parse() {
            Ok(number) if number <= MAX_LENGTH => Ok(number),
            _ => Err(format!("a number up to {MAX_LENGTH} is expected")),
        }
    }

    pub(super) fn name(&mut self) -> Result<String> {
        if self.0.starts_with('"') {
            return self.quoted();
        }
        match self.span(|letter| letter.is_alphanumeric() || letter == '_') {
            name if name.is_empty() => Err(format!("a name is expected before `{}`", self.0)),
            name => Ok(name),
        }
    }

    /// A name in quotes, as Rust writes it.
    fn quoted(&mut self) -> Result<String> {
        let literal = self
            .0
            .char_indices()
            .skip(1)
            .scan(false, |escaped, (place, letter)| {
                let ends = letter == '"' && !*escaped;
                *escaped = letter == '\\' && !*escaped;
                Some((place, ends))
            });
        let end = literal
            .into_iter()
            .find_map(|(place, ends)| ends.then_some(place + 1));
        let Some((literal, rest)) = end.and_then(|end| self.0.split_at_checked(end)) else {
            return Err("the quotes are not closed".to_owned());
        };
        self.0 = rest.trim_start();
        unescape(literal).ok_or_else(|| format!("{literal} is no text in quotes"))
    }

    /// The words that each have this before them.
    pub(super) fn words(&mut self, before: &str) -> Result<Vec<String>> {
        let mut words = Vec::new();
        while self.takes(before) {
            words.push(self.name()?);
        }
        Ok(words)
    }

    /// The name of a type: letters, and whatever is in angle brackets.
    pub(super) fn type_name(&mut self) -> Result<String> {
        let mut depth = 0_usize;
        let end = self.0.find(|letter: char| {
            match letter {
                '<' => depth += 1,
                '>' if depth > 0 => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0 && !letter.is_alphanumeric() && !"_#".contains(letter)
        });
        let (name, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest.trim_start();
        match name {
            "" => Err(format!("a type is expected before `{}`", self.0)),
            name => Ok(name.to_owned()),
        }
    }
}

fn unescape(literal: &str) -> Option<String> {
    let mut letters = literal.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '0' => '\0',
                'u' => {
                    let code: String = letters
                        .by_ref()
                        .take_while(|letter| *letter != '}')
                        .collect();
                    let code = u32::from_str_radix(code.strip_prefix('{')?, 16).ok()?;
                    char::from_u32(code)?
                }
                other => other,
            },
            letter => letter,
        });
    }
    Some(text)
}
