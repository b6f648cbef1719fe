//! The documents show what is built.

#[test]
fn the_worker_that_the_guide_shows_is_the_one_that_is_built() {
    let guide = include_str!("../../docs/deploy.md");
    let built = include_str!("../../benches/size/counter/lib.rs");
    let (_, shown) = guide.split_once("```rust,ignore\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let (_, code) = built
        .split_once("#![cfg(target_family = \"wasm\")]\n\n")
        .unwrap();
    assert_eq!(shown, code);
}

#[test]
fn the_test_that_is_shown_is_the_one_that_is_run() {
    let run = include_str!("../../examples/task-scheduler/tests/all/world.rs");
    let (_, code) = run.split_once("\n\n").unwrap();
    let (_, test) = code.split_once("#[test]\n").unwrap();
    assert!(test.lines().count() < 20);
    for page in [
        include_str!("../../README.md"),
        include_str!("../../docs/testing.md"),
    ] {
        assert!(page.contains(&format!("```rs\n{code}```\n")));
    }
}
