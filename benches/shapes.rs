//! What shapes cost, against plain postcard: `cargo bench -p lumenize-benches --bench shapes`.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lumenize_runtime::codec::{Payload, decode_with_reference, encode_into};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

/// A single struct.
#[derive(Clone, Serialize, Deserialize)]
struct Order {
    id: u64,
    customer: String,
    address: Option<String>,
    total_cents: i64,
    kind: Kind,
}

#[derive(Clone, Serialize, Deserialize)]
enum Kind {
    Delivery { express: bool },
    Pickup,
}

/// As a later release has it: read by name.
#[derive(Serialize, Deserialize)]
struct LaterOrder {
    kind: LaterKind,
    customer: String,
    #[serde(default)]
    note: String,
    total_cents: i64,
    address: Option<String>,
    id: u64,
}

#[derive(Serialize, Deserialize)]
enum LaterKind {
    Pickup,
    Delivery { express: bool },
}

fn order(id: u64) -> Order {
    Order {
        id,
        customer: "Ada Lovelace".to_owned(),
        address: (!id.is_multiple_of(3)).then(|| "12 St James's Square, London".to_owned()),
        total_cents: 12_345 * id as i64,
        kind: match id % 2 {
            0 => Kind::Pickup,
            _ => Kind::Delivery { express: true },
        },
    }
}

fn encoded<T: Payload>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    assert!(encode_into(value, &mut out).is_ok());
    out
}

fn compare<T: Payload, L: Payload>(criterion: &mut Criterion, name: &str, value: &T) {
    let plain = postcard::to_stdvec(value).unwrap_or_default();
    // What is stored by one that has never written the later type, as after a redeploy, is read by
    // name; but this process would soon know it. So it is asked for a type that never fits by place.
    let shaped = encoded(value);
    let mut group = criterion.benchmark_group(name);
    group.bench_function(BenchmarkId::new("encode", "postcard"), |b| {
        b.iter(|| postcard::to_stdvec(black_box(value)));
    });
    group.bench_function(BenchmarkId::new("encode", "with its shape"), |b| {
        b.iter(|| encoded(black_box(value)));
    });
    // What was read is handed on, by both: of one that is thrown away on the spot the compiler need not make all.
    group.bench_function(BenchmarkId::new("decode", "postcard"), |b| {
        b.iter(|| postcard::from_bytes::<T>(black_box(&plain)));
    });
    group.bench_function(BenchmarkId::new("decode", "by position"), |b| {
        b.iter(|| decode_with_reference::<T>(black_box(&shaped)));
    });
    assert!(decode_with_reference::<L>(&shaped).is_ok());
    group.bench_function(BenchmarkId::new("decode", "by name"), |b| {
        b.iter(|| decode_with_reference::<L>(black_box(&shaped)));
    });
    group.finish();
}

fn benchmarks(criterion: &mut Criterion) {
    // What is known of the type: all variants, with an address and without.
    encoded(&vec![order(1), order(2), order(3)]);
    for id in 1..7 {
        encoded(&order(id));
    }
    compare::<_, LaterOrder>(criterion, "a struct", &order(5));
    let orders: Vec<Order> = (1..101).map(order).collect();
    encoded(&orders);
    compare::<_, Vec<LaterOrder>>(criterion, "100 structs", &orders);
    let numbers: Vec<u64> = (0..1_000_u64).map(|n| n * n * 1_003).collect();
    compare::<_, Vec<i64>>(criterion, "1,000 numbers", &numbers);
}

criterion_group!(shapes, benchmarks);
criterion_main!(shapes);
