//! A response's body: read to its end, or to where it becomes too large.

use super::failure;
use crate::fetch::FetchError;
use bytes::{Buf, Bytes};
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::io::{self, Write};

/// How much room is made for a body because its `Content-Length` says so.
const MOST_AHEAD: u64 = 2 << 20;

/// Reads all of it, and no more than fits into `limit` bytes after decompression and what the
/// connection reads ahead.
pub(super) async fn read(body: Incoming, gzip: bool, limit: u64) -> Result<Bytes, FetchError> {
    // As the `Content-Length` says, if there is one; of a compressed body that says nothing.
    let announced = body.size_hint().lower();
    if announced > limit && !gzip {
        return Err(FetchError::TooLarge { limit });
    }
    match gzip {
        false => collect(body, Bounded::new(limit, announced)).await,
        true => collect(body, Gunzip::new(limit)).await,
    }
}

async fn collect(mut body: Incoming, mut into: impl Sink) -> Result<Bytes, FetchError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| failure::broken(&error))?;
        // Trailers are not kept.
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        while data.has_remaining() {
            let chunk = data.chunk();
            let length = chunk.len();
            into.put(chunk)?;
            data.advance(length);
        }
    }
    into.finish()
}

trait Sink {
    fn put(&mut self, chunk: &[u8]) -> Result<(), FetchError>;
    fn finish(self) -> Result<Bytes, FetchError>;
}

/// Bytes up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
    over: bool,
}

impl Bounded {
    /// `announced` is how many are expected, if that is known.
    fn new(limit: u64, announced: u64) -> Self {
        let expected = announced.min(limit).min(MOST_AHEAD);
        let expected = usize::try_from(expected).unwrap_or_default();
        Self {
            bytes: Vec::with_capacity(expected),
            limit,
            over: false,
        }
    }

    fn room(&self) -> usize {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        limit.saturating_sub(self.bytes.len())
    }

    fn too_large(&self) -> FetchError {
        FetchError::TooLarge { limit: self.limit }
    }

    /// Room for these, doubled as long as there is need, but never beyond the limit.
    fn reserve(&mut self, more: usize) {
        if self.bytes.capacity() - self.bytes.len() < more {
            let doubled = self.bytes.len().max(more).min(self.room());
            self.bytes.reserve_exact(doubled);
        }
    }
}

/// What the decompressor writes into.
impl Write for Bounded {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if chunk.len() > self.room() {
            self.over = true;
            return Err(io::Error::other("too large"));
        }
        self.reserve(chunk.len());
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Bounded {
    fn put(&mut self, chunk: &[u8]) -> Result<(), FetchError> {
        self.write_all(chunk).map_err(|_| self.too_large())
    }

    fn finish(self) -> Result<Bytes, FetchError> {
        Ok(self.bytes.into())
    }
}

/// Bytes that are decompressed on the way (RFC 1952).
struct Gunzip {
    decoder: MultiGzDecoder<Bounded>,
    empty: bool,
}

impl Gunzip {
    fn new(limit: u64) -> Self {
        Self {
            decoder: MultiGzDecoder::new(Bounded::new(limit, 0)),
            empty: true,
        }
    }

    fn failed(&self, error: &io::Error) -> FetchError {
        let bounded = self.decoder.get_ref();
        match bounded.over {
            true => bounded.too_large(),
            false => FetchError::Network {
                reason: format!("the gzip of the body can't be decompressed: {error}"),
            },
        }
    }
}

impl Sink for Gunzip {
    fn put(&mut self, chunk: &[u8]) -> Result<(), FetchError> {
        self.empty = false;
        let written = self.decoder.write_all(chunk);
        written.map_err(|error| self.failed(&error))
    }

    fn finish(mut self) -> Result<Bytes, FetchError> {
        // As after `HEAD`, which names the encoding all the same.
        if self.empty {
            return Ok(Bytes::new());
        }
        let ended = self.decoder.try_finish();
        ended.map_err(|error| self.failed(&error))?;
        Ok(std::mem::take(&mut self.decoder.get_mut().bytes).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn zip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn put(mut sink: impl Sink, bytes: &[u8], chunk: usize) -> Result<Bytes, FetchError> {
        for chunk in bytes.chunks(chunk) {
            sink.put(chunk)?;
        }
        sink.finish()
    }

    #[test]
    fn up_to_the_limit() {
        let bytes: Vec<u8> = (0..100_000_u32)
            .map(|n| (n.wrapping_mul(n) >> 7) as u8)
            .collect();
        for chunk in [1, 7, 4096, 200_000] {
            let whole = put(Bounded::new(100_000, 0), &bytes, chunk).unwrap();
            assert_eq!(whole, bytes);
            let zipped = put(Gunzip::new(100_000), &zip(&bytes), chunk).unwrap();
            assert_eq!(zipped, bytes);

            let limit = FetchError::TooLarge { limit: 99_999 };
            let over = put(Bounded::new(99_999, 0), &bytes, chunk).unwrap_err();
            assert_eq!(over, limit);
            let over = put(Gunzip::new(99_999), &zip(&bytes), chunk).unwrap_err();
            assert_eq!(over, limit);
        }
    }

    #[test]
    fn no_more_room_than_the_limit() {
        let mut bounded = Bounded::new(1_000_000, 0);
        for _ in 0..999 {
            bounded.put(&[0; 1_000]).unwrap();
            assert!(bounded.bytes.capacity() <= 1_000_000);
        }
        // What a header says costs nothing.
        let announced = Bounded::new(u64::MAX, u64::MAX);
        assert!(announced.bytes.capacity() <= 2 << 20);

        let mut gunzip = Gunzip::new(1_000_000);
        let bomb = zip(&vec![0; 50_000_000]);
        assert!(bomb.len() < 60_000);
        gunzip.put(&bomb).unwrap_err();
        assert!(gunzip.decoder.get_ref().bytes.capacity() <= 1_000_000);
    }

    #[test]
    fn what_is_no_gzip() {
        let zipped = zip(b"some text that is long enough to be cut somewhere");
        let cut = zipped.split_last().unwrap().1;
        let mut wrong_sum = zipped.clone();
        let sum = wrong_sum.len() - 6;
        wrong_sum[sum] ^= 1;
        for bad in [b"no gzip at all".as_slice(), cut, &wrong_sum, &zipped[..5]] {
            let error = put(Gunzip::new(1_000), bad, 3).unwrap_err();
            assert!(matches!(error, FetchError::Network { .. }), "{error}");
        }
        assert_eq!(put(Gunzip::new(1_000), b"", 3).unwrap(), "");
        let twice = [zip(b"one, "), zip(b"two")].concat();
        assert_eq!(put(Gunzip::new(1_000), &twice, 3).unwrap(), "one, two");
    }
}
