//! Build and encode, then decode and run: `cargo bench -p lumenize-benches`.

use criterion::{Criterion, criterion_group, criterion_main};
use lumenize_benches::{
    Adder, Task, encode_one, encode_three, json_encode_one, json_encode_three, json_run, run,
};
use std::hint::black_box;

fn benchmarks(criterion: &mut Criterion) {
    let task = Task::sample();
    let mut adder = Adder::default();

    let mut group = criterion.benchmark_group("one step");
    group.bench_function("continuation", |b| {
        b.iter(|| assert!(run(&mut adder, &encode_one(black_box(task.clone())))));
    });
    group.bench_function("typed JSON", |b| {
        b.iter(|| {
            let bytes = json_encode_one(black_box(task.clone()));
            assert!(json_run(&mut adder, &bytes));
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("three steps");
    group.bench_function("continuation", |b| {
        b.iter(|| assert!(run(&mut adder, &encode_three(black_box(task.clone())))));
    });
    group.bench_function("typed JSON", |b| {
        b.iter(|| {
            let bytes = json_encode_three(black_box(task.clone()));
            assert!(json_run(&mut adder, &bytes));
        });
    });
    group.finish();
}

criterion_group!(continuations, benchmarks);
criterion_main!(continuations);
