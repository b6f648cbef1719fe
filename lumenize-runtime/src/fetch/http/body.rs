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

/// How a body is read.
#[derive(Clone, Copy)]
pub(super) struct Reading {
    /// It is compressed.
    pub gzip: bool,
    /// There is none, whatever the `Content-Length` says (RFC 9110, 8.6).
    pub absent: bool,
    /// How many bytes it may have after decompression.
    pub limit: u64,
    /// Of one that has more, one byte more is kept, and it is no error.
    pub cut: bool,
}

/// Reads all of it, and no more than fits into the limit and what the connection reads ahead.
pub(super) async fn read(body: Incoming, reading: Reading) -> Result<Bytes, FetchError> {
    // As the `Content-Length` says, if there is one; of a compressed body that says nothing.
    let announced = match reading.absent || reading.gzip {
        true => 0,
        false => body.size_hint().lower(),
    };
    if announced > reading.limit && !reading.cut {
        let limit = reading.limit;
        return Err(FetchError::TooLarge { limit });
    }
    let bounded = Bounded::new(reading, announced);
    match reading.gzip {
        false => collect(body, bounded).await,
        true => collect(body, Gunzip::new(bounded)).await,
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
            if let Err(error) = into.put(chunk) {
                return into.cut().ok_or(error);
            }
            data.advance(length);
        }
    }
    into.finish()
}

trait Sink {
    fn put(&mut self, chunk: &[u8]) -> Result<(), FetchError>;
    /// What is kept of a body that is over the limit, if anything is.
    fn cut(self) -> Option<Bytes>;
    fn finish(self) -> Result<Bytes, FetchError>;
}

/// Bytes up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
    cut: bool,
    over: bool,
}

impl Bounded {
    /// `announced` is how many are expected, if that is known.
    fn new(Reading { limit, cut, .. }: Reading, announced: u64) -> Self {
        let expected = announced.min(limit).min(MOST_AHEAD);
        let expected = usize::try_from(expected).unwrap_or_default();
        Self {
            bytes: Vec::with_capacity(expected),
            limit,
            cut,
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
            if self.cut {
                self.bytes.extend(chunk.iter().take(self.room() + 1));
            }
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

    fn cut(self) -> Option<Bytes> {
        (self.over && self.cut).then(|| self.bytes.into())
    }

    fn finish(self) -> Result<Bytes, FetchError> {
        Ok(self.bytes.into())
    }
}

/// Bytes that are decompressed on the way (RFC 1952).
struct Gunzip {
    decoder: MultiGzDecoder<Bounded>,
    /// How many there were, compressed.
    taken: u64,
}

/// How much longer than the limit a body may be while it is compressed. What can't be compressed grows by
/// a thousandth, and each member has a header; but empty members could go on for ever.
fn longest_compressed(limit: u64) -> u64 {
    limit.saturating_add(limit / 1_000).saturating_add(64 << 10)
}

impl Gunzip {
    fn new(bounded: Bounded) -> Self {
        Self {
            decoder: MultiGzDecoder::new(bounded),
            taken: 0,
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
        self.taken = self.taken.saturating_add(chunk.len() as u64);
        let bounded = self.decoder.get_ref();
        if self.taken > longest_compressed(bounded.limit) {
            return Err(bounded.too_large());
        }
        let written = self.decoder.write_all(chunk);
        written.map_err(|error| self.failed(&error))
    }

    fn cut(mut self) -> Option<Bytes> {
        let bounded = self.decoder.get_mut();
        (bounded.over && bounded.cut).then(|| std::mem::take(&mut bounded.bytes).into())
    }

    fn finish(mut self) -> Result<Bytes, FetchError> {
        // As after `HEAD`, which names the encoding all the same.
        if self.taken == 0 {
            return Ok(Bytes::new());
        }
        if let Err(error) = self.decoder.try_finish() {
            let failed = self.failed(&error);
            return self.cut().ok_or(failed);
        }
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

    fn up_to(limit: u64) -> Bounded {
        let reading = Reading {
            gzip: false,
            absent: false,
            limit,
            cut: false,
        };
        Bounded::new(reading, 0)
    }

    fn cutting(limit: u64) -> Bounded {
        Bounded {
            cut: true,
            ..up_to(limit)
        }
    }

    fn put(mut sink: impl Sink, bytes: &[u8], chunk: usize) -> Result<Bytes, FetchError> {
        for chunk in bytes.chunks(chunk) {
            if let Err(error) = sink.put(chunk) {
                return sink.cut().ok_or(error);
            }
        }
        sink.finish()
    }

    #[test]
    fn up_to_the_limit() {
        let bytes: Vec<u8> = (0..100_000_u32)
            .map(|n| (n.wrapping_mul(n) >> 7) as u8)
            .collect();
        for chunk in [1, 7, 4096, 200_000] {
            let whole = put(up_to(100_000), &bytes, chunk).unwrap();
            assert_eq!(whole, bytes);
            let zipped = put(Gunzip::new(up_to(100_000)), &zip(&bytes), chunk).unwrap();
            assert_eq!(zipped, bytes);

            let limit = FetchError::TooLarge { limit: 99_999 };
            let over = put(up_to(99_999), &bytes, chunk).unwrap_err();
            assert_eq!(over, limit);
            let over = put(Gunzip::new(up_to(99_999)), &zip(&bytes), chunk).unwrap_err();
            assert_eq!(over, limit);

            for limit in [0, 1, 99_998, 99_999] {
                let kept = &bytes[..=limit as usize];
                assert_eq!(put(cutting(limit), &bytes, chunk).unwrap(), kept);
                let zipped = Gunzip::new(cutting(limit));
                assert_eq!(put(zipped, &zip(&bytes), chunk).unwrap(), kept);
            }
            assert_eq!(put(cutting(100_000), &bytes, chunk).unwrap(), bytes);
        }
    }

    #[test]
    fn empty_members_end() {
        let mut gunzip = Gunzip::new(up_to(100));
        let member = zip(b"");
        let mut members = 0;
        while gunzip.put(&member).is_ok() {
            members += 1;
        }
        let most = longest_compressed(100) / member.len() as u64;
        assert_eq!(members, most);
        // What can't be compressed has its place.
        let noise: Vec<u8> = (0..1_000_000_u64)
            .map(|n| (xxhash_rust::xxh64::xxh64(&n.to_le_bytes(), 0) & 0xff) as u8)
            .collect();
        let zipped = zip(&noise);
        assert!(zipped.len() > noise.len());
        let read = put(Gunzip::new(up_to(1_000_000)), &zipped, 4096);
        assert_eq!(read.unwrap(), noise);
    }

    #[test]
    fn no_more_room_than_the_limit() {
        let mut bounded = up_to(1_000_000);
        for _ in 0..999 {
            bounded.put(&[0; 1_000]).unwrap();
            assert!(bounded.bytes.capacity() <= 1_000_000);
        }
        // What a header says costs nothing.
        let reading = Reading {
            gzip: false,
            absent: false,
            limit: u64::MAX,
            cut: false,
        };
        let announced = Bounded::new(reading, u64::MAX);
        assert!(announced.bytes.capacity() <= 2 << 20);

        let mut gunzip = Gunzip::new(up_to(1_000_000));
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
            let error = put(Gunzip::new(up_to(1_000)), bad, 3).unwrap_err();
            assert!(matches!(error, FetchError::Network { .. }), "{error}");
        }
        assert_eq!(put(Gunzip::new(up_to(1_000)), b"", 3).unwrap(), "");
        let twice = [zip(b"one, "), zip(b"two")].concat();
        assert_eq!(
            put(Gunzip::new(up_to(1_000)), &twice, 3).unwrap(),
            "one, two"
        );
    }
}
