//! Money moves between accounts while everything goes wrong, for many seeds:
//! `cargo run -p lumenize-tests --release --bin transfers -- SEEDS`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let again = "cargo test -p lumenize-tests --test all money_is_neither";
    lumenize_tests::many::run(lumenize_tests::transfers::run, again)
}
