//! What a type is given where it asks for a value without parts. Types that refuse most values take one of
//! these.

pub(super) const NUMBERS: &[i16] = &[1, 0, 2, 3, 7, 10, 12, 100, 1_000, -1];

pub(super) const LETTERS: &[char] = &['a', 'A', '0', ' '];

pub(super) const TEXTS: &[&str] = &[
    "",
    "a",
    "1",
    "null",
    "{}",
    "[]",
    "\"a\"",
    "true",
    "abcdefgh",
    "Aa1!Aa1!Aa1!",
    "00000000-0000-0000-0000-000000000001",
    "2000-01-01T00:00:00Z",
    "2000-01-01T00:00:00",
    "2000-01-01",
    "00:00:00",
    "+00:00",
    "Mon",
    "January",
    "UTC",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "127.0.0.0/8",
    "localhost",
    "example.com",
    "https://example.com/",
    "a@example.com",
    "+12025550100",
    "1.0.0",
    "1.5",
    "en",
    "EUR",
    "GET",
    "text/plain",
    "#000000",
    "0000000000000000",
    "00000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
];

pub(super) const BYTES: &[&[u8]] = &[
    &[],
    b"a",
    &[0; 2],
    &[0; 4],
    &[0; 6],
    &[0; 8],
    &[0; 12],
    &[0; 16],
    &[0; 20],
    &[0; 24],
    &[0; 32],
    &[0; 64],
];
