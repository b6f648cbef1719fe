//! Objects fetch while everything goes wrong, for many seeds:
//! `cargo run -p lumenize-tests --release --bin fetches -- SEEDS`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let again = "cargo test -p lumenize-tests --test all each_fetch_has_one_outcome";
    lumenize_tests::many::run(lumenize_tests::fetching::run, again)
}
