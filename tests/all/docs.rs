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
